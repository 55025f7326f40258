//! [`Context`]: what stands around one candidate, read once from the text.

use super::ascii;
use super::candidates::Gap;
use super::lexicon::{Abbreviation, Lexicon};
use super::quotes::without_closing;
use super::word::{LONGEST, Word, mix, shape, word_after, word_before};
use crate::Span;
use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};

/// Code points that are read on either side of a candidate, at most.
pub(crate) const WINDOW: usize = super::LOOK_AHEAD;
/// Marks that are read before a gap, between two words, and behind a gap. With
/// two words of [`LONGEST`](super::word::LONGEST) they fit into the window.
pub(crate) const TAIL: u8 = 8;
pub(crate) const BETWEEN: u8 = 4;
pub(crate) const HEAD: u8 = 4;
/// Code points of the word before the last that count.
pub(crate) const PREVIOUS: u8 = 12;

/// What stands before a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Hash of the punctuation between the last word and the gap.
    pub(crate) tail: u32,
    /// How many code points that is, at most [`TAIL`].
    pub(crate) tail_len: u8,
    /// The first of it, next to the word; `Other` if there is none.
    pub(crate) first: Class,
    /// The last of it, next to the gap.
    pub(crate) last: Class,
    /// The mark that could end the sentence: the last terminator of the tail.
    pub(crate) mark: char,
    /// The last word, and where it stands.
    pub(crate) word: Word,
    pub(crate) word_span: Span,
    /// What stands before it.
    pub(crate) before: Class,
    /// What stands between the two words, hashed.
    pub(crate) between: u32,
    /// The word before that one.
    pub(crate) previous: Word,
}

/// What stands behind a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Right {
    /// Hash of the punctuation after the gap, before the next word.
    pub(crate) head: u32,
    /// Class of the first code point after the gap; `Newline` at the end of the text.
    pub(crate) next: Class,
    /// The first word after the gap.
    pub(crate) following: Word,
    /// What stands after that word.
    pub(crate) after: Class,
    /// What stands behind one space after that word.
    pub(crate) second: Class,
}

/// The surroundings of one candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) left: Left,
    pub(crate) right: Right,
    /// What kind of abbreviation the last word is, if a full stop alone is behind it.
    pub(crate) abbreviation: Abbreviation,
    /// Whether the word behind the gap has a capital that only a sentence start gives it.
    pub(crate) starter: bool,
    /// Brackets around: 0 none, 1 one opened before, 2 closed behind as well.
    pub(crate) bracket: u8,
    /// Writing system of what follows, or else of what precedes.
    pub(crate) script: u8,
    /// Kind of gap.
    pub(crate) gap: u8,
    /// Whether capitals are in use around a mark with a small letter behind
    /// it: 0 not asked, 1 none in the window, 2 one, 3 more.
    pub(crate) capitals: u8,
    /// Shape of the lines around a line break.
    pub(crate) lines: Lines,
}

/// What the lines around a line break look like; all 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Length of the line before, in steps.
    pub(crate) length: u8,
    /// Whether the next word would have fitted, judged by the line before that.
    pub(crate) room: u8,
    /// Length of the line after as far as it is seen, and how it ends.
    pub(crate) after: u8,
}

/// Coarse writing system of a letter.
fn script_of(c: char) -> u8 {
    match c as u32 {
        0 => 0,
        1..0x250 | 0x1E00..0x1F00 => 1,
        0x370..0x400 | 0x1F00..0x2000 => 2,
        0x400..0x530 => 3,
        0x530..0x590 => 4,
        0x590..0x600 => 5,
        0x600..0x700 | 0x750..0x780 | 0x8A0..0x900 | 0xFB50..0xFE00 | 0xFE70..0xFF00 => 6,
        0x900..0x0E00 => 7,
        0xE00..0xE80 => 8,
        0xE80..0xF00 => 9,
        0xF00..0x1000 => 10,
        0x1000..0x10A0 => 11,
        0x10A0..0x1100 | 0x1C90..0x1CC0 | 0x2D00..0x2D30 => 12,
        0x1100..0x1200 | 0xAC00..0xD7B0 => 13,
        0x1200..0x13A0 => 14,
        0x1780..0x1800 => 15,
        0x2E80..0x3040 | 0x3400..0xA000 | 0xF900..0xFB00 | 0x2_0000..0x4_0000 => 16,
        0x3040..0x3100 | 0x31F0..0x3200 => 17,
        _ => 18,
    }
}

impl Context {
    /// Read the surroundings of `gap` in `text`.
    #[inline]
    pub(crate) fn read(text: &str, gap: &Gap, lexicon: &Lexicon) -> Self {
        let end = without_closing(text, without_note(text, gap.start));
        let left = ascii::left(text.as_bytes(), end).unwrap_or_else(|| Left::read(text, end));
        let right =
            ascii::right(text.as_bytes(), gap.end).unwrap_or_else(|| Right::read(text, gap.end));
        let stop = left.mark == '.' && left.tail_len == 1;
        let lower = right.next == Class::Lower && left.mark != '\0';
        let following = &right.following;
        Self {
            abbreviation: if stop {
                lexicon.abbreviation(left.word.hash)
            } else {
                Abbreviation::No
            },
            starter: following.shape & shape::INITIAL != 0 && lexicon.is_starter(following.hash),
            bracket: bracket(text, end, gap.end),
            script: script_of(if following.letter == '\0' {
                left.word.letter
            } else {
                following.letter
            }),
            gap: gap.kind(),
            capitals: if lower { capitals(text, end, gap.end) } else { 0 },
            lines: if gap.newlines > 0 {
                Lines::read(text, gap, following.len)
            } else {
                Lines::default()
            },
            left,
            right,
        }
    }
}

impl Left {
    /// Read what stands before byte `end`.
    pub(crate) fn read(text: &str, end: usize) -> Self {
        let mut at = end;
        let last = char_before(text, at).map_or(Class::Newline, |(_, class)| class);
        let (mut tail_len, mut first, mut mark) = (0_u8, Class::Other, '\0');
        while let Some((c, class)) = char_before(text, at) {
            if class.is_word() || class.is_white() || tail_len == TAIL {
                break;
            }
            tail_len += 1;
            if mark == '\0' && (class.is_terminator() || class == Class::Colon) {
                mark = c;
            }
            first = class;
            at -= c.len_utf8();
        }
        let tail = hash_marks(text, at, end);
        let (word, start) = word_before(text, at, LONGEST as u8);
        let word_span = Span::new(start, at);
        at = start;
        let before = char_before(text, at).map_or(Class::Newline, |(_, class)| class);
        let mut between_len = 0;
        while let Some((c, class)) = char_before(text, at) {
            if class.is_word() || between_len == BETWEEN {
                break;
            }
            between_len += 1;
            at -= c.len_utf8();
        }
        let between = hash_marks(text, at, start);
        let (previous, _) = word_before(text, at, PREVIOUS);
        Self { tail, tail_len, first, last, mark, word, word_span, before, between, previous }
    }
}

impl Right {
    /// Read what stands behind byte `start`.
    pub(crate) fn read(text: &str, start: usize) -> Self {
        let mut at = start;
        let next = char_at(text, at).map_or(Class::Newline, |(_, class)| class);
        let mut head_len = 0;
        while let Some((c, class)) = char_at(text, at) {
            if class.is_word() || class == Class::Newline || head_len == HEAD {
                break;
            }
            head_len += 1;
            at += c.len_utf8();
        }
        let head = hash_marks(text, start, at);
        let (following, mut at) = word_after(text, at);
        let mut after = char_at(text, at).map_or(Class::Newline, |(_, class)| class);
        let mut second = after;
        if after == Class::Space {
            at += char_at(text, at).map_or(0, |(c, _)| c.len_utf8());
            second = char_at(text, at).map_or(Class::Newline, |(_, class)| class);
        }
        // Deep inside a long word there is nothing to tell apart.
        if after.is_word() {
            (after, second) = (Class::Other, Class::Other);
        }
        Self { head, next, following, after, second }
    }
}

/// Hash of a few marks, byte for byte; 0 if there are none.
fn hash_marks(text: &str, start: usize, end: usize) -> u32 {
    let marks = text.as_bytes().get(start..end).unwrap_or_default();
    match marks.len() {
        0 => 0,
        1..=8 => {
            let mut bytes = [0; 8];
            for (to, from) in bytes.iter_mut().zip(marks) {
                *to = *from;
            }
            mix(u64::from_le_bytes(bytes), 0, 0, 0)
        }
        _ => marks.iter().fold(1, |hash, &b| mix(u64::from(hash), u64::from(b), 0, 0)),
    }
}

/// End of the text before a note that stands behind a mark: `word. [12]`,
/// `word.[a]`, `word.12`. The mark before it decides, not the note.
#[inline]
pub(crate) fn without_note(text: &str, end: usize) -> usize {
    match text.as_bytes().get(end.wrapping_sub(1)) {
        Some(b']' | b'0'..=b'9') => before_note(text, end),
        _ => end,
    }
}

fn before_note(text: &str, end: usize) -> usize {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let mut at = end;
    let mut notes = 0;
    // Notes come in rows: `[7][8]`.
    while at > 0 && byte(at - 1) == b']' && notes < 4 {
        let inside = bytes.get(at.saturating_sub(8)..at - 1).unwrap_or_default();
        let Some(open) = memchr::memrchr(b'[', inside) else { break };
        let note = inside.get(open + 1..).unwrap_or_default();
        let number = note.iter().all(u8::is_ascii_digit);
        if note.is_empty() || !(number || note.len() == 1 && byte(at - 2).is_ascii_lowercase()) {
            break;
        }
        at -= note.len() + 2;
        notes += 1;
    }
    if notes > 0 {
        let before = if at > 0 && byte(at - 1) == b' ' { at - 1 } else { at };
        let closed = before > 0 && matches!(byte(before - 1), b'"' | b'\'' | b')');
        let mark = before.wrapping_sub(1 + usize::from(closed));
        return if matches!(byte(mark), b'.' | b'!' | b'?') { before } else { end };
    }
    let digits = bytes.get(at.saturating_sub(3)..at).unwrap_or_default();
    let count = digits.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if count > 0 && at > count + 2 && matches!(byte(at - count - 1), b'.' | b'!' | b'?') {
        let before = byte(at - count - 2);
        if before.is_ascii_lowercase() || matches!(before, b')' | b'"') {
            return at - count;
        }
    }
    end
}

/// Whether what follows a gap is a note in brackets: `[12]`.
pub(crate) fn is_note(right: &str) -> bool {
    let Some(rest) = right.strip_prefix('[') else { return false };
    let digits = rest.bytes().take(5).take_while(u8::is_ascii_digit).count();
    digits > 0 && rest.as_bytes().get(digits) == Some(&b']')
}

/// The look-ahead behind a gap: [`WINDOW`] code points, not past a blank line.
pub(crate) fn window_after(right: &str) -> &str {
    let mut breaks = 0;
    for (seen, (at, c)) in right.char_indices().enumerate() {
        match Class::of(c) {
            Class::Newline => breaks += 1,
            Class::Space => {}
            _ => breaks = 0,
        }
        if seen == WINDOW || breaks > 1 || c == '\u{2029}' {
            return right.get(..at).unwrap_or_default();
        }
    }
    right
}

/// Whether a bracket is open in the window before a gap, and closed in the one behind.
#[inline]
fn bracket(text: &str, end: usize, start: usize) -> u8 {
    let bytes = text.as_bytes();
    let before = bytes.get(end.saturating_sub(WINDOW)..end).unwrap_or_default();
    let Some(open) = memchr::memrchr2(b'(', b')', before).and_then(|i| before.get(i)) else {
        return 0;
    };
    if *open == b')' {
        return 0;
    }
    let after = bytes.get(start..bytes.len().min(start + WINDOW)).unwrap_or_default();
    let close = memchr::memchr3(b'(', b')', b'\n', after).and_then(|i| after.get(i));
    if close == Some(&b')') { 2 } else { 1 }
}

/// How many capitals there are on both sides, in steps.
fn capitals(text: &str, end: usize, start: usize) -> u8 {
    let left = text.get(..end).unwrap_or_default();
    let right = text.get(start..).unwrap_or_default();
    let is_upper = |c: &char| Class::of(*c) == Class::Upper;
    let before = left.chars().rev().take(WINDOW).filter(is_upper).count();
    let after = window_after(right).chars().filter(is_upper).count();
    1 + (before + after).min(2) as u8
}

/// Bytes before a line break that are looked at to judge its lines.
pub(crate) const LINE_WINDOW: usize = 1024;

impl Lines {
    /// The lines around the line break in `gap`.
    fn read(text: &str, gap: &Gap, next_word: u8) -> Self {
        let bytes = text.as_bytes();
        let window = gap.start.saturating_sub(LINE_WINDOW);
        let before = bytes.get(window..gap.start).unwrap_or_default();
        let (start, whole) = match memchr::memrchr(b'\n', before) {
            Some(at) => (at + 1, true),
            None => (0, window == 0),
        };
        let chars = crate::offsets::count_chars(before.get(start..).unwrap_or_default());
        let length = if whole { (chars / 8).min(20) as u8 + 1 } else { 22 };

        // The line before this one, unless a blank line stands between.
        let room = match before.get(..start.saturating_sub(1)) {
            Some(earlier) if start > 1 && !earlier.ends_with(b"\n") => {
                let from = memchr::memrchr(b'\n', earlier).map_or(0, |at| at + 1);
                let width = crate::offsets::count_chars(earlier.get(from..).unwrap_or_default());
                let left = width as isize - (chars + 1 + next_word as usize) as isize;
                match left {
                    ..=-40 => 1,
                    -39..=-16 => 2,
                    -15..=-1 => 3,
                    0..=3 => 4,
                    4..=12 => 5,
                    13..=40 => 6,
                    _ => 7,
                }
            }
            _ => 0,
        };

        // A byte is no more than a code point, so this stays in the look-ahead.
        let rest = bytes.get(gap.end..).unwrap_or_default();
        let window = rest.get(..rest.len().min(WINDOW)).unwrap_or_default();
        let (line, closed) = match memchr::memchr(b'\n', window) {
            Some(at) => (window.get(..at).unwrap_or_default(), true),
            None => (window, false),
        };
        let marked = matches!(line.trim_ascii_end().last(), Some(b'.' | b'!' | b'?'));
        let after = if closed {
            3 + 2 * (line.len() / 22) as u8 + u8::from(marked)
        } else if rest.len() < WINDOW {
            1 + u8::from(marked)
        } else {
            9
        };
        Self { length, room, after }
    }
}
