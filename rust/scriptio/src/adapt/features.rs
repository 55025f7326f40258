//! What is seen at a place where a segment could end: numbers from the scorer
//! and the rules, and hashed features of the text around it.
//!
//! The features are about conventions (what a line begins with, which mark
//! stands before which kind of word) more than about words, because a few
//! dozen sentences show conventions many times and most words once.

use super::places::{Gap, Place};
use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};

/// Version of the features; weights of another version mean nothing.
pub(crate) const VERSION: u32 = 1;

/// Features that are numbers.
pub(crate) const DENSE: usize = 12;
/// Hashed features of conventions; they come first.
pub(crate) const COARSE: usize = 24;
/// Hashed features in all: the others are about single words.
pub(crate) const SPARSE: usize = COARSE + 11;

/// Code points of a token that are read, at most.
const TOKEN: usize = 24;
/// Bytes of a line that are looked at to describe it, at most.
const LINE: usize = 256;
/// Bytes in which an open bracket is looked for.
const BRACKET: usize = 96;

/// What is seen at one place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) dense: [f32; DENSE],
    pub(crate) sparse: [u32; SPARSE],
}

/// Neighbours on either side whose logits a place is compared with.
const NEIGHBOURS: usize = 8;

/// What is seen at every place of `text`. Linear: each looks at a bounded
/// piece of the text.
pub(crate) fn rows(text: &str, places: &[Place]) -> Vec<Row> {
    let mut line_start = 0;
    let mut seen = 0;
    let row = |(at, place): (usize, &Place)| {
        let passed = text.as_bytes().get(seen..place.end).unwrap_or_default();
        if let Some(newline) = memchr::memrchr(b'\n', passed) {
            line_start = seen + newline + 1;
        }
        seen = place.end;
        Row { dense: dense(places, at, place), sparse: sparse(text, place, line_start) }
    };
    places.iter().enumerate().map(row).collect()
}

/// The numbers, scaled so that all lie in about the same range.
fn dense(places: &[Place], at: usize, place: &Place) -> [f32; DENSE] {
    let base = |i: Option<usize>| i.and_then(|i| places.get(i)).map_or(-10.0, |p| p.base);
    let before = places.get(at.saturating_sub(NEIGHBOURS)..at).unwrap_or_default();
    let after = places.get(at + 1..places.len().min(at + 1 + NEIGHBOURS)).unwrap_or_default();
    let around = || before.iter().chain(after).map(|p| p.base);
    let highest = around().fold(-10.0, f32::max);
    let mean = around().sum::<f32>() / (before.len() + after.len()).max(1) as f32;
    let rule = &place.rule;
    let flag = |yes: bool| f32::from(u8::from(yes));
    [
        2.0,
        place.base / 2.0,
        (place.base - highest) / 6.0,
        (place.base - mean) / 6.0,
        1.0 / (1.0 + (-place.base).exp()),
        base(at.checked_sub(1)) / 6.0,
        base(Some(at + 1)) / 6.0,
        rule.logit / 4.0,
        flag(rule.candidate),
        flag(rule.boundary),
        flag(rule.open),
        if rule.open { rule.logit / 4.0 } else { 0.0 },
    ]
}

/// The odd constant of splitmix64, here to spread what is mixed.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hash of a few numbers; never 0, which stands for no feature.
fn join(template: u32, parts: &[u32]) -> u32 {
    let mut hash = u64::from(template).wrapping_add(1).wrapping_mul(SPREAD);
    for &part in parts {
        hash = (hash ^ u64::from(part)).wrapping_mul(SPREAD);
        hash ^= hash >> 29;
    }
    ((hash >> 32) as u32).max(1)
}

/// Hash of a piece of text.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// Hash of a piece of text whatever its case.
fn folded(text: &str) -> u32 {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.fold(0x811C_9DC5, |h, c| (h ^ c as u32).wrapping_mul(0x0100_0193))
}

/// Bytes from which a token ends at `end`, without white space in it.
fn token_before(text: &str, end: usize) -> &str {
    let mut at = end;
    for _ in 0..TOKEN {
        match char_before(text, at) {
            Some((c, class)) if !class.is_white() => at -= c.len_utf8(),
            _ => break,
        }
    }
    text.get(at..end).unwrap_or_default()
}

/// The token that starts at `start`.
fn token_after(text: &str, start: usize) -> &str {
    let mut at = start;
    for _ in 0..TOKEN {
        match char_at(text, at) {
            Some((c, class)) if !class.is_white() => at += c.len_utf8(),
            _ => break,
        }
    }
    text.get(start..at).unwrap_or_default()
}

/// A token without the marks on either side.
fn word(token: &str) -> &str {
    token.trim_matches(|c| !Class::of(c).is_word())
}

/// What a token looks like: runs of letters and digits become one or two
/// signs, marks stand for themselves. `Art.` and `Sec.` look alike, as do
/// `(a)` and `(b)`.
fn shape(token: &str) -> u32 {
    let (mut hash, mut last, mut run, mut signs) = (0x811C_9DC5_u32, ' ', 0, 0);
    for c in token.chars() {
        let sign = match Class::of(c) {
            Class::Upper => 'X',
            Class::Lower => 'x',
            Class::Digit => '9',
            Class::Letter | Class::Mark => 'c',
            _ => c,
        };
        run = if sign == last { run + 1 } else { 0 };
        last = sign;
        if run < 2 && signs < 10 {
            signs += 1;
            hash = (hash ^ sign as u32).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

/// A mark by itself, or the kind of letter.
fn sign(c: Option<(char, Class)>) -> u32 {
    match c {
        None => 1,
        Some((_, Class::Upper)) => 2,
        Some((_, Class::Lower)) => 3,
        Some((_, Class::Letter | Class::Mark)) => 4,
        Some((_, Class::Digit)) => 5,
        Some((_, Class::Newline)) => 6,
        Some((c, _)) => 16 + c as u32,
    }
}

/// Whether the letters are none, all capitals, capitalised, or small ones.
fn capitals(text: &str) -> u32 {
    let (mut upper, mut lower, mut first) = (0, 0, 0);
    for c in text.chars() {
        match Class::of(c) {
            Class::Upper => upper += 1,
            Class::Lower => lower += 1,
            _ => continue,
        }
        if upper + lower == 1 {
            first = upper;
        }
    }
    match (upper, lower) {
        (0, 0) => 0,
        (_, 0) => 1,
        _ if upper > 2 * lower => 2,
        _ if first == 1 => 3,
        _ => 4,
    }
}

/// Small steps for small numbers, large ones for large numbers.
fn step(n: usize) -> u32 {
    match n {
        0..=3 => n as u32,
        4..=5 => 4,
        6..=10 => 5,
        11..=20 => 6,
        21..=40 => 7,
        41..=60 => 8,
        61..=90 => 9,
        91..=160 => 10,
        _ => 11,
    }
}

/// The line up to a place.
struct Line {
    /// Bytes, in steps.
    length: u32,
    /// Tokens, up to 5; 6 if the line is longer than what is looked at.
    tokens: u32,
    capitals: u32,
    /// Look of its first token, and its first word.
    first: u32,
    word: u32,
}

impl Line {
    fn read(text: &str, start: usize, end: usize) -> Self {
        let first = token_after(text, skip_white(text, start, end));
        let long = end.saturating_sub(start) > LINE;
        let line = if long { "" } else { text.get(start..end).unwrap_or_default() };
        Self {
            length: step(end.saturating_sub(start).div_ceil(3)),
            tokens: if long { 6 } else { line.split_whitespace().take(5).count() as u32 },
            capitals: if long { 5 } else { capitals(line) },
            first: shape(first),
            word: folded(word(first)),
        }
    }
}

/// The first byte from `at` on, before `end`, that is no space or tab; a long
/// run is not walked through.
fn skip_white(text: &str, at: usize, end: usize) -> usize {
    let line = text.as_bytes().get(at..end.min(at + LINE)).unwrap_or_default();
    at + line.iter().take_while(|&&b| b == b' ' || b == b'\t').count()
}

/// How long the line is that begins at `start`, and whether a mark ends it.
fn next_line(text: &str, start: usize) -> (u32, u32) {
    let bytes = text.as_bytes();
    let window = bytes.get(start..bytes.len().min(start + LINE)).unwrap_or_default();
    let end = memchr::memchr(b'\n', window).unwrap_or(window.len());
    let line = window.get(..end).unwrap_or_default().trim_ascii_end();
    (step(line.len().div_ceil(3)), line.last().map_or(0, |&b| sign_of_byte(b)))
}

fn sign_of_byte(byte: u8) -> u32 {
    if byte.is_ascii_punctuation() { u32::from(byte) } else { 1 }
}

/// Whether a bracket is open at `end`.
fn open_bracket(text: &str, end: usize) -> u32 {
    let before = text.as_bytes().get(end.saturating_sub(BRACKET)..end).unwrap_or_default();
    let last = memchr::memrchr2(b'(', b')', before).and_then(|at| before.get(at));
    u32::from(last == Some(&b'('))
}

/// The hashed features of `place` in `text`, whose line begins at `line_start`.
fn sparse(text: &str, place: &Place, line_start: usize) -> [u32; SPARSE] {
    let (end, next) = (place.end, place.next);
    let last = token_before(text, end);
    let white = |at: usize| char_before(text, at).is_some_and(|(_, class)| class.is_white());
    let mut earlier = end - last.len();
    // One white-space character, or a run that is not worth walking through.
    for _ in 0..4 {
        if white(earlier) {
            earlier -= char_before(text, earlier).map_or(0, |(c, _)| c.len_utf8());
        }
    }
    let previous = token_before(text, earlier);
    let following = token_after(text, next);
    let second = {
        let at = next + following.len();
        let step = char_at(text, at).map_or(0, |(c, _)| c.len_utf8());
        token_after(text, at + step)
    };
    let line = Line::read(text, line_start, end);
    let (room, closing) = next_line(text, next);

    let g = match place.gap {
        Gap::None => 0,
        Gap::Space | Gap::Spaces => 1,
        Gap::Newline => 3,
        Gap::Blank => 4,
    };
    let broken = u32::from(g > 2);
    // Told in one feature alone: who types two spaces behind a sentence would
    // else have it learned that one space ends none.
    let wide = u32::from(place.gap == Gap::Spaces);
    let m = sign(char_before(text, end));
    let n = sign(char_at(text, next));
    let rule = hash(place.rule.reason) << 1 | u32::from(place.rule.boundary);
    let (ls, ns, ss, ps) = (shape(last), shape(following), shape(second), shape(previous));
    let (lw, nw, pw) = (folded(word(last)), folded(word(following)), folded(word(previous)));
    let case = capitals(following);
    let bracket = open_bracket(text, end);
    // Where no white space stands between words, a token says nothing.
    let tail: String = last.chars().rev().take(2).collect();
    let head: String = following.chars().take(2).collect();
    [
        join(0, &[g]),
        join(1, &[g, m]),
        join(2, &[g, n, case]),
        join(3, &[m, n]),
        join(4, &[g, m, n]),
        join(5, &[rule]),
        join(6, &[rule, g]),
        join(7, &[rule, m, n]),
        join(8, &[g, m, line.length]),
        join(9, &[broken, n, room]),
        join(10, &[g, closing, room.min(7), m]),
        join(11, &[ls, g]),
        join(12, &[ls, n]),
        join(13, &[ns, g, m]),
        join(14, &[ls, ns]),
        join(15, &[line.tokens, m, n]),
        join(16, &[line.first, line.tokens, m]),
        join(17, &[bracket, m, g]),
        join(18, &[line.capitals, g, case]),
        join(19, &[ns, ss, g]),
        join(20, &[line.capitals, line.length, g]),
        join(21, &[ps, ls]),
        join(22, &[ns, g]),
        join(23, &[line.first, g, n]),
        join(32, &[lw, m]),
        join(33, &[lw, n]),
        join(34, &[nw, g]),
        join(35, &[nw, m]),
        join(36, &[pw, hash(last)]),
        join(37, &[hash(previous), n]),
        join(38, &[line.word, line.tokens, g]),
        join(39, &[hash(following), folded(word(second))]),
        join(40, &[hash(&tail), n]),
        join(41, &[hash(&head), m]),
        join(42, &[wide, m, n]),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::super::places::{places, rule_logits};
    use super::*;
    use crate::{Lang, SentenceSegmenter};

    #[test]
    fn shapes_tell_conventions_not_words() {
        assert_eq!(shape("Art."), shape("Sec."));
        assert_eq!(shape("Article"), shape("Paragraph"));
        assert_eq!(shape("(a)"), shape("(b)"));
        assert_eq!(shape("2016"), shape("123456"));
        assert_ne!(shape("Art."), shape("ART."));
        assert_ne!(shape("(a)"), shape("a)"));
        assert_ne!(shape("1."), shape("I."));
    }

    #[test]
    fn capitals_are_told_apart() {
        let kinds = ["12", "TITLE", "McDONALD", "Title of it", "title"].map(capitals);
        assert_eq!(kinds, [0, 1, 2, 3, 4]);
    }

    /// What is far away changes nothing, so that documents of any length agree.
    #[test]
    fn features_see_a_bounded_piece() {
        let rules = SentenceSegmenter::new(Lang::new("en").unwrap());
        let middle = "The law of 1990 applies;\n(a) to all; Sec. 2 does not. ";
        let last = |text: &str| {
            let (ends, logits) = rule_logits(&rules, text);
            let places = places(&rules, text, &ends, &logits, 0.5);
            let rows = rows(text, &places);
            let at = text.find("applies;").unwrap() + 8;
            let place = places.iter().position(|place| place.end == at).unwrap();
            rows[place].clone()
        };
        let rest = "More words that follow here. ".repeat(40);
        let near = format!("{rest}\n{middle}{rest}");
        let far = format!("{rest}{rest}\n{middle}{rest}{rest}");
        assert_eq!(last(&near), last(&far));
    }
}
