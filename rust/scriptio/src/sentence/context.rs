//! [`Context`]: what stands around one candidate, read once from the text.

use super::candidates::Gap;
use super::lexicon::{Abbreviation, Lexicon};
use crate::text::class::Class;

/// Code points that are read on either side of a candidate, at most.
pub(crate) const WINDOW: usize = super::LOOK_AHEAD;
/// Letters of a word that are hashed; longer words are cut on the far side.
const WORD: usize = 24;

/// A word as the scorer sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Hash of the word in lower case, inner full stops included.
    pub(crate) hash: u32,
    /// Hash of its three letters next to the candidate.
    pub(crate) affix: u32,
    /// Code points, at most [`WORD`].
    pub(crate) len: u8,
    /// [`shape`] bits.
    pub(crate) shape: u8,
}

/// Bits of [`Word::shape`].
pub(crate) mod shape {
    /// The first letter is upper case.
    pub(crate) const INITIAL: u8 = 1;
    /// A letter after the first is lower case.
    pub(crate) const LOWER: u8 = 2;
    /// A letter after the first is upper case.
    pub(crate) const UPPER: u8 = 4;
    /// There is a digit.
    pub(crate) const DIGIT: u8 = 8;
    /// There is a letter.
    pub(crate) const LETTER: u8 = 16;
    /// There is a full stop inside.
    pub(crate) const DOTTED: u8 = 32;
    /// There is a letter without case.
    pub(crate) const CASELESS: u8 = 64;
}

/// The surroundings of one candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// Hash of the punctuation between the last word and the gap.
    pub(crate) tail: u32,
    /// How many code points that is, at most 8.
    pub(crate) tail_len: u8,
    /// The first of it, next to the word; `Other` if there is none.
    pub(crate) first: Class,
    /// The last of it, next to the gap.
    pub(crate) last: Class,
    /// The mark that could end the sentence: the last terminator of the tail.
    pub(crate) mark: char,
    /// The last word.
    pub(crate) word: Word,
    /// What stands before it.
    pub(crate) before: Class,
    /// The word before that one.
    pub(crate) previous: Word,
    /// What stands between the two words, hashed.
    pub(crate) between: u32,
    /// Hash of the punctuation after the gap, before the next word.
    pub(crate) head: u32,
    /// Class of the first code point after the gap; `Newline` at the end of the text.
    pub(crate) next: Class,
    /// The first word after the gap.
    pub(crate) following: Word,
    /// What stands after that word.
    pub(crate) after: Class,
    /// Class of the first code point of the second word after the gap.
    pub(crate) second: Class,
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

#[inline]
fn mix(hash: u32, value: u32) -> u32 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B1)
}

#[inline]
fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// Hash of a word in lower case, letter by letter from its end, as [`Word::hash`] before a gap.
pub(crate) fn hash_backward(word: &str) -> u32 {
    word.chars().rev().take(WORD).fold(0, |hash, c| mix(hash, lower(c) as u32))
}

/// Hash of a word in lower case from its start, as [`Word::hash`] behind a gap.
pub(crate) fn hash_forward(word: &str) -> u32 {
    word.chars().take(WORD).fold(0, |hash, c| mix(hash, lower(c) as u32))
}

/// Coarse writing system of a letter.
fn script_of(c: char) -> u8 {
    match c as u32 {
        0..0x250 | 0x1E00..0x1F00 => 1,
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

/// Reads code points in one direction, at most [`WINDOW`].
struct Reader<I> {
    chars: I,
    left: usize,
    peeked: Option<(char, Class)>,
}

impl<I: Iterator<Item = char>> Reader<I> {
    #[inline]
    fn new(chars: I) -> Self {
        let mut reader = Self { chars, left: WINDOW, peeked: None };
        reader.advance();
        reader
    }

    #[inline]
    fn advance(&mut self) {
        self.peeked = if self.left == 0 {
            None
        } else {
            self.left -= 1;
            self.chars.next().map(|c| (c, Class::of(c)))
        };
    }

    /// Class of the code point after the one in hand; white at the window's end.
    #[inline]
    fn second_class(&self) -> Class
    where
        I: Clone,
    {
        if self.left == 0 { Class::Space } else { self.chars.clone().next().map_or(Class::Space, Class::of) }
    }

    #[inline]
    fn class(&self) -> Class {
        self.peeked.map_or(Class::Newline, |(_, class)| class)
    }
}

/// Collects a word letter by letter, towards or away from the candidate.
#[derive(Default)]
struct WordBuilder {
    word: Word,
    script: u8,
}

impl WordBuilder {
    #[inline]
    fn push(&mut self, c: char, class: Class) {
        let word = &mut self.word;
        if word.len as usize >= WORD {
            return;
        }
        word.hash = mix(word.hash, lower(c) as u32);
        if word.len < 3 {
            word.affix = word.hash;
        }
        word.len += 1;
        word.shape |= match class {
            Class::Upper => shape::LETTER | shape::UPPER,
            Class::Lower => shape::LETTER | shape::LOWER,
            Class::Letter => shape::LETTER | shape::CASELESS,
            Class::Digit => shape::DIGIT,
            Class::Stop => shape::DOTTED,
            _ => 0,
        };
        if self.script == 0 && matches!(class, Class::Upper | Class::Lower | Class::Letter) {
            self.script = script_of(c);
        }
    }
}

/// A word read backwards: inner full stops, hyphens and apostrophes belong to
/// it when a letter or digit stands before them.
#[inline]
fn word_before<I: Iterator<Item = char> + Clone>(reader: &mut Reader<I>) -> (Word, u8) {
    let mut builder = WordBuilder::default();
    let mut initial = Class::Other;
    while let Some((c, class)) = reader.peeked {
        if !class.is_word() {
            let joins = matches!(class, Class::Stop) || matches!(c, '\'' | '’' | '-');
            if !(joins && builder.word.len > 0 && reader.second_class().is_word()) {
                break;
            }
        } else if class != Class::Mark {
            initial = class;
        }
        builder.push(c, class);
        reader.advance();
    }
    builder.finish(initial)
}

/// A word read forwards.
#[inline]
fn word_after<I: Iterator<Item = char> + Clone>(reader: &mut Reader<I>) -> (Word, u8) {
    let mut builder = WordBuilder::default();
    let initial = reader.class();
    while let Some((c, class)) = reader.peeked {
        if !class.is_word() {
            let joins = matches!(class, Class::Stop) || matches!(c, '\'' | '’' | '-');
            if !(joins && builder.word.len > 0 && reader.second_class().is_word()) {
                break;
            }
        }
        builder.push(c, class);
        reader.advance();
    }
    builder.finish(initial)
}

impl WordBuilder {
    fn finish(mut self, initial: Class) -> (Word, u8) {
        if initial == Class::Upper {
            self.word.shape |= shape::INITIAL;
        }
        (self.word, self.script)
    }
}

impl Context {
    /// Read the surroundings of `gap` in `text`.
    pub(crate) fn read(text: &str, gap: &Gap, lexicon: &Lexicon) -> Self {
        let left = text.get(..without_note(text, gap.start)).unwrap_or_default();
        let right = text.get(gap.end..).unwrap_or_default();

        let mut reader = Reader::new(left.chars().rev());
        let last = reader.class();
        let (mut tail, mut tail_len, mut first, mut mark) = (0, 0_u8, Class::Other, '\0');
        while let Some((c, class)) = reader.peeked {
            if class.is_word() || class.is_white() {
                break;
            }
            if tail_len < 8 {
                tail = mix(tail, c as u32);
                tail_len += 1;
            }
            if mark == '\0' && (class.is_terminator() || class == Class::Colon) {
                mark = c;
            }
            first = class;
            reader.advance();
        }
        let (word, script_left) = word_before(&mut reader);
        let before = reader.class();
        let mut between = 0;
        while let Some((c, class)) = reader.peeked {
            if class.is_word() {
                break;
            }
            between = mix(between, if class.is_white() { class as u32 } else { c as u32 });
            reader.advance();
        }
        let (previous, _) = word_before(&mut reader);

        let mut reader = Reader::new(right.chars());
        let next = reader.class();
        let mut head = 0;
        let mut head_len = 0;
        while let Some((c, class)) = reader.peeked {
            if class.is_word() || class == Class::Newline || head_len >= 4 {
                break;
            }
            head = mix(head, if class == Class::Space { 1 } else { c as u32 });
            head_len += 1;
            reader.advance();
        }
        let (following, script_right) = word_after(&mut reader);
        let after = reader.class();
        while reader.class() == Class::Space {
            reader.advance();
        }
        let second = reader.class();

        let stop = mark == '.' && tail_len == 1;
        Self {
            abbreviation: if stop { lexicon.abbreviation(word.hash) } else { Abbreviation::No },
            starter: following.shape & shape::INITIAL != 0 && lexicon.is_starter(following.hash),
            bracket: bracket(left, right),
            tail,
            tail_len,
            first,
            last,
            mark,
            word,
            before,
            previous,
            between,
            head,
            next,
            following,
            after,
            second,
            script: if script_right == 0 { script_left } else { script_right },
            gap: gap.kind(),
            capitals: if next == Class::Lower && mark != '\0' { capitals(left, right) } else { 0 },
            lines: if gap.newlines > 0 { Lines::read(text, gap, following.len) } else { Lines::default() },
        }
    }
}

/// End of the text before a note that stands behind a mark: `word. [12]`,
/// `word.[a]`, `word.12`. The mark before it decides, not the note.
pub(crate) fn without_note(text: &str, end: usize) -> usize {
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
fn bracket(left: &str, right: &str) -> u8 {
    let bytes = left.as_bytes();
    let before = bytes.get(bytes.len().saturating_sub(WINDOW)..).unwrap_or_default();
    let Some(open) = memchr::memrchr2(b'(', b')', before).and_then(|i| before.get(i)) else {
        return 0;
    };
    if *open == b')' {
        return 0;
    }
    let after = right.as_bytes();
    let after = after.get(..after.len().min(WINDOW)).unwrap_or_default();
    let close = memchr::memchr3(b'(', b')', b'\n', after).and_then(|i| after.get(i));
    if close == Some(&b')') { 2 } else { 1 }
}

/// How many capitals there are on both sides, in steps.
fn capitals(left: &str, right: &str) -> u8 {
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

        let rest = text.get(gap.end..).unwrap_or_default();
        let (mut seen, mut ends) = (0_usize, Class::Other);
        let mut closed = false;
        for c in rest.chars().take(WINDOW) {
            if c == '\n' {
                closed = true;
                break;
            }
            let class = Class::of(c);
            if !class.is_white() {
                ends = class;
            }
            seen += 1;
        }
        let after = if seen == rest.len() && !closed {
            1 + u8::from(ends.is_terminator())
        } else if closed {
            3 + 2 * (seen / 22) as u8 + u8::from(ends.is_terminator())
        } else {
            9
        };
        Self { length, room, after }
    }
}
