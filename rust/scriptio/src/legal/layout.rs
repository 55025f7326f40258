//! Headings that carry no number, told by layout: terms of service.
//!
//! Most headings of web pages are short lines in no series. A linear model
//! over hashed features of the line and its neighbours tells them: lengths,
//! first and last letters, capitals, the first word. `scripts/fit_headings.py`
//! fits it and has the same features in the same order; a test holds the two
//! together by a checksum of slots.

use std::borrow::Cow;
use std::collections::HashMap;

use super::lines::Lines;
use super::outline::Draft;

/// One weight a slot, 24 a unit of the logit.
static WEIGHTS: &[u8] = include_bytes!("../../data/legal/headings.bin");
/// A line whose weights sum to more is a heading: logit above -0.5, where F1 on documents left out
/// of training is best.
const THRESHOLD: i32 = -12;

/// Longer paragraphs are no headings.
const LONGEST: usize = 250;
const LENGTHS: [usize; 11] = [1, 6, 12, 20, 30, 40, 55, 75, 100, 150, 250];
const COUNTS: [usize; 5] = [1, 3, 6, 10, 20];

const STOP: [&str; 37] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from", "how",
    "if", "in", "is", "it", "its", "may", "not", "of", "on", "or", "our", "that", "the", "these",
    "this", "to", "us", "we", "what", "will", "with", "you", "your",
];
const VERBS: [&str; 16] = [
    "agree", "are", "be", "can", "do", "has", "have", "is", "may", "must", "please", "shall",
    "use", "we", "will", "you",
];

/// What is asked of a line more than once.
struct Shape<'t> {
    text: &'t str,
    chars: usize,
    length: usize,
    opening: Opening,
    ending: char,
    capitals: bool,
}

/// How a line begins.
#[derive(Clone, Copy)]
struct Opening(char, usize);

/// A piece of a feature.
#[derive(Clone, Copy)]
enum Piece<'t> {
    Count(usize),
    Letter(char),
    Begin(Opening),
    Word(&'t str),
    Bar,
}

/// FNV-1a, fed piece by piece.
struct Hash(u64);

impl Hash {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }

    fn letter(&mut self, letter: char) {
        let mut bytes = [0; 4];
        for byte in letter.encode_utf8(&mut bytes).bytes() {
            self.byte(byte);
        }
    }

    /// A number in digits.
    fn count(&mut self, count: usize) {
        if count > 9 {
            self.count(count / 10);
        }
        self.byte(b'0' + (count % 10) as u8);
    }

    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Count(count) => self.count(count),
            Piece::Letter(letter) => self.letter(letter),
            Piece::Begin(Opening(class, parts)) => {
                self.letter(class);
                if class == 'n' {
                    self.count(parts);
                }
            }
            Piece::Word(word) => {
                for byte in word.bytes() {
                    self.byte(byte);
                }
            }
            Piece::Bar => self.byte(b'|'),
        }
    }
}

/// Sums up the weights of features.
struct Sum {
    count: usize,
    weight: i32,
    /// Of all slots, for the test.
    check: u64,
}

impl Sum {
    fn add(&mut self, feature: &[Piece<'_>]) {
        let mut hash = Hash(0xCBF2_9CE4_8422_2325);
        hash.count(self.count);
        hash.byte(b':');
        for &piece in feature {
            hash.piece(piece);
        }
        let slot = (hash.0 ^ (hash.0 >> 29)) as usize % WEIGHTS.len().max(1);
        self.count += 1;
        self.check = self.check.wrapping_mul(31).wrapping_add(slot as u64);
        self.weight += WEIGHTS.get(slot).map_or(0, |&weight| i32::from(weight as i8));
    }
}

/// Which lines are headings; of a heading that is wrapped, the first.
pub(super) fn headings(text: &str, lines: &Lines) -> Vec<bool> {
    let mut found = vec![false; lines.lines.len()];
    for (first, sum) in sums(text, lines) {
        if let Some(place) = found.get_mut(first) {
            *place = sum.is_some_and(|sum| sum.weight > THRESHOLD);
        }
    }
    found
}

/// Paragraphs: the first line of each, and its text in one line.
fn paragraphs<'t>(text: &'t str, lines: &Lines) -> Vec<(usize, Cow<'t, str>)> {
    let mut out: Vec<(usize, Cow<'t, str>)> = Vec::with_capacity(lines.lines.len());
    for (index, line) in lines.lines.iter().enumerate() {
        let body = text.get(line.start..line.end).unwrap_or_default();
        match out.last_mut() {
            // What is too long already is only known to be too long.
            Some((_, held)) if line.soft && held.len() > 4 * LONGEST => {}
            Some((_, held)) if line.soft => {
                let held = held.to_mut();
                held.push(' ');
                held.push_str(body);
            }
            _ => out.push((index, Cow::Borrowed(body))),
        }
    }
    out
}

/// The first line of each paragraph, and what speaks for it to be a heading.
fn sums(text: &str, lines: &Lines) -> Vec<(usize, Option<Sum>)> {
    let paragraphs = paragraphs(text, lines);
    let shapes: Vec<Shape<'_>> = paragraphs.iter().map(|(_, text)| Shape::new(text)).collect();
    let mut repeats: HashMap<&str, usize> = HashMap::new();
    for shape in shapes.iter().filter(|shape| shape.chars < LONGEST) {
        *repeats.entry(shape.text).or_default() += 1;
    }
    let short = |shape: &&Shape<'_>| shape.chars < 90;
    let numbered = shapes.iter().filter(short).filter(|s| s.opening.0 == 'n').count();
    let capitals = shapes.iter().filter(short).filter(|s| s.capitals).count();
    let style = (bucket(numbered, &COUNTS), bucket(capitals, &COUNTS));
    let blank = Shape::new("");
    (0..shapes.len())
        .zip(&paragraphs)
        .map(|(at, &(first, _))| {
            let around = |back: usize| at.checked_sub(back).and_then(|at| shapes.get(at));
            let near = [
                around(2).unwrap_or(&blank),
                around(1).unwrap_or(&blank),
                around(0).unwrap_or(&blank),
                shapes.get(at + 1).unwrap_or(&blank),
                shapes.get(at + 2).unwrap_or(&blank),
            ];
            let repeated = repeats.get(near[2].text).copied().unwrap_or(1);
            let short = near[2].chars < LONGEST;
            (first, short.then(|| features(&near, at, shapes.len(), repeated, style)))
        })
        .collect()
}

/// The features of the third of five lines.
#[allow(clippy::many_single_char_names)] // Forty lines below read as the table that they are.
fn features(
    near: &[&Shape<'_>; 5],
    at: usize,
    lines: usize,
    repeated: usize,
    style: (usize, usize),
) -> Sum {
    let [earlier, before, line, behind, later] = *near;
    let words = line.text.split(' ').count();
    let (mut plain, mut upper_words, mut low, mut verbs) = (0, 0, 0, 0);
    for word in line.text.split(' ') {
        let word = word.trim_matches(['.', ',', ':', ';', '(', ')', '"', '“', '”', '’']);
        let Some(first) = word.chars().next().filter(|c| c.is_alphabetic()) else { continue };
        plain += 1;
        upper_words += usize::from(first.is_uppercase());
        low += usize::from(first.is_lowercase() && !STOP.contains(&word));
        verbs += usize::from(VERBS.contains(&word.to_lowercase().as_str()));
    }
    let low = low.min(5);
    let share = (5 * upper_words).checked_div(plain).unwrap_or(0);
    let ratio = if behind.chars * 8 > line.chars {
        let ratio = behind.chars.max(1) as f64 / line.chars.max(1) as f64;
        (ratio.log2() + 2.0).trunc().clamp(0.0, 6.0) as usize
    } else {
        0
    };
    let (n, p, q) = (line.length, before.length, behind.length);
    let (e, pe, qe) = (line.ending, before.ending, behind.ending);
    let (o, po, qo) = (line.opening, before.opening, behind.opening);
    let mut sum = Sum { count: 0, weight: 0, check: 0 };
    let mut add = |feature: &[Piece<'_>]| sum.add(feature);
    let (c, l, b) = (Piece::Count, Piece::Letter, Piece::Begin);
    add(&[c(n)]);
    add(&[c(p)]);
    add(&[c(q)]);
    add(&[l(e)]);
    add(&[l(pe)]);
    add(&[l(qe)]);
    add(&[b(o)]);
    add(&[b(po)]);
    add(&[b(qo)]);
    add(&[b(po), b(o), b(qo)]);
    add(&[c(share)]);
    add(&[c(low)]);
    add(&[c(usize::from(line.capitals))]);
    add(&[c(usize::from(before.capitals))]);
    add(&[c(usize::from(behind.capitals))]);
    add(&[c(words.min(14))]);
    add(&[c(verbs.min(3))]);
    add(&[c(repeated.min(3))]);
    add(&[c(usize::from(at == 0))]);
    add(&[c(usize::from(at < 6))]);
    add(&[c((10 * at / lines.max(1)).min(9))]);
    add(&[c(ratio)]);
    add(&[l(e), Piece::Bar, c(n)]);
    add(&[c(n), Piece::Bar, c(q)]);
    add(&[b(o), Piece::Bar, c(n), Piece::Bar, l(e)]);
    add(&[l(pe), Piece::Bar, l(e)]);
    add(&[b(o), Piece::Bar, l(qe)]);
    add(&[c(p), Piece::Bar, c(n)]);
    add(&[c(q), Piece::Bar, c(later.length)]);
    add(&[c(earlier.length), Piece::Bar, c(p)]);
    add(&[c(low), Piece::Bar, l(e), Piece::Bar, c(words.min(10))]);
    add(&[c(line.text.matches(", ").count().min(3))]);
    add(&[c(usize::from(line.text.contains(": ")))]);
    let tail = line.text.char_indices().nth(4).and_then(|(at, _)| line.text.get(at..));
    add(&[c(usize::from(tail.is_some_and(|tail| tail.contains(". "))))]);
    let link = ["http", "@", "www."].iter().any(|mark| line.text.contains(mark));
    add(&[c(usize::from(link))]);
    add(&[c(style.0), Piece::Bar, b(o)]);
    add(&[c(style.1), Piece::Bar, c(usize::from(line.capitals))]);
    let digits = line.text.chars().filter(char::is_ascii_digit).count();
    add(&[c(digits.min(6))]);
    let first = line.text.split(' ').next().unwrap_or_default().to_lowercase();
    let first: String =
        first.chars().filter(|c| c.is_alphanumeric() || *c == '_').take(12).collect();
    add(&[Piece::Word(&first)]);
    sum
}

impl<'t> Shape<'t> {
    fn new(text: &'t str) -> Self {
        let chars = text.chars().count();
        Self {
            text,
            chars,
            length: bucket(chars, &LENGTHS),
            opening: opening(text),
            ending: ending(text),
            capitals: text.chars().any(char::is_alphabetic)
                && !text.chars().any(char::is_lowercase),
        }
    }
}

fn bucket(count: usize, bounds: &[usize]) -> usize {
    bounds.iter().filter(|&&bound| count >= bound).count()
}

fn ending(text: &str) -> char {
    match text.chars().next_back() {
        None => '0',
        Some(c) if ".:;,?!)\"”*|>-–".contains(c) => c,
        Some(c) if c.is_ascii_digit() => 'd',
        Some(c) if c.is_alphabetic() => 'a',
        Some(_) => 'o',
    }
}

fn opening(text: &str) -> Opening {
    let Some(first) = text.chars().next() else { return Opening('0', 0) };
    if let Some(parts) = numbered(text) {
        return Opening('n', parts.min(3));
    }
    let bytes = text.as_bytes();
    let body = bytes.strip_prefix(b"(").unwrap_or(bytes);
    let letters = body.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let marker = body.get(letters..).is_some_and(|tail| matches!(tail, [b'.' | b')', b' ', ..]));
    if (1..=4).contains(&letters) && marker {
        return Opening('l', 0);
    }
    let class = match first {
        '-' | '•' | '*' | '·' | '–' | '—' | '●' => 'b',
        c if c.is_uppercase() => 'u',
        c if c.is_lowercase() => 'w',
        c if c.is_ascii_digit() => 'd',
        '"' | '“' | '\'' | '‘' => 'q',
        _ => 'o',
    };
    Opening(class, 0)
}

/// How many parts the number has that a line begins with: two for `1.2 `.
fn numbered(text: &str) -> Option<usize> {
    let mut rest = text.as_bytes();
    let mut parts = 0;
    loop {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            break;
        }
        parts += 1;
        rest = rest.get(digits..)?;
        match rest {
            [b'.', next, ..] if next.is_ascii_digit() => rest = rest.get(1..)?,
            _ => break,
        }
    }
    if let [b'.' | b')', tail @ ..] = rest {
        rest = tail;
    }
    (parts > 0 && matches!(rest.first(), Some(b' ' | b'\t'))).then_some(parts)
}

/// Gives headings depths by their style: a style seen first is inside what is open, a style seen
/// before closes what came since.
pub(super) fn nest(text: &str, drafts: &mut [Draft]) {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for draft in drafts {
        if draft.section {
            let line = text.get(draft.heading.range()).unwrap_or_default();
            let style = (numbered(line).unwrap_or(0), Shape::new(line).capitals);
            match open.iter().position(|known| *known == style) {
                Some(at) => open.truncate(at + 1),
                None => open.push(style),
            }
            draft.depth = open.len() as u16;
        } else {
            draft.depth += open.len().saturating_sub(1) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_script_that_fits_the_weights() {
        // Computed with `features` and `slot` of scripts/fit_headings.py.
        let text =
            "Terms of Service\nLast updated: May 1, 2024.\n1. Your account\nYou must keep it.";
        let sums = sums(text, &Lines::new(text));
        let checks: Vec<u64> = sums.into_iter().filter_map(|(_, sum)| Some(sum?.check)).collect();
        assert_eq!(checks, CHECKS);
    }

    const CHECKS: [u64; 4] = [
        18_280_276_872_347_798_657,
        10_432_107_473_812_549_053,
        6_058_148_421_831_499_925,
        3_689_143_937_851_091_431,
    ];

    #[test]
    fn short_lines_above_paragraphs_are_headings() {
        let paragraph = "You agree that we may change these terms at any time without notice, and \
                         that your continued use of the service is acceptance of the change.";
        let text =
            format!("Terms\n{paragraph}\nPrivacy Policy\n{paragraph}\nTermination\n{paragraph}");
        let found = headings(&text, &Lines::new(&text));
        assert_eq!(found, [true, false, true, false, true, false]);
    }
}
