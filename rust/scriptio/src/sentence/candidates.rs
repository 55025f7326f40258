//! Candidates: every place where a sentence could end, in one pass.
//!
//! A candidate is a gap between two pieces of text. White space is a gap when
//! it holds a line break or when what stands before it is no letter or digit:
//! any punctuation will do, the scorer decides. Where a terminator needs no
//! white space after it (`。`, `।`) or has none (`end.Next`), the gap is empty.
//!
//! The scan classifies 64 bytes at a time into bit masks and looks at single
//! bytes only where a mask says so. It is linear: white space and runs of
//! punctuation are walked once.

use wide::u8x16;

use super::context::{is_note, without_note};
use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};

/// A gap in the text; white space belongs to the segment before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// End of what stands before.
    pub(crate) start: usize,
    /// Start of what follows.
    pub(crate) end: usize,
    /// Line breaks in the gap: 0, 1, or 2 for a blank line.
    pub(crate) newlines: u8,
}

impl Gap {
    /// 0: nothing, 1: one white space byte, 2: more, 3: a line break, 4: a blank line.
    pub(crate) fn kind(&self) -> u8 {
        match self.newlines {
            0 => (self.end - self.start).min(2) as u8,
            n => 2 + n,
        }
    }
}

/// Bytes of a block of 64, as bit masks.
struct Masks {
    /// Bytes at which something may begin.
    events: u64,
    /// For the next block: was the last byte no word byte; was it `.`, `!`, `?`.
    edge: u64,
    stop: u64,
}

/// Finds the gaps of a text from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Scan<'t> {
    text: &'t str,
    /// Start of the next block.
    block: usize,
    /// Events of the current block that are left, and where that block starts.
    events: u64,
    base: usize,
    /// Everything before this offset is settled.
    done: usize,
    edge: u64,
    stop: u64,
    /// Whether a space between two letters of a script without sentence marks counts.
    spaces: bool,
}

const ZERO: [u8; 64] = [0; 64];

impl<'t> Scan<'t> {
    /// Scan `text` from byte offset `from`, which must not lie inside a gap or
    /// between a mark and the closers behind it.
    ///
    /// With `spaces`, white space between two letters of a Southeast Asian
    /// script is a gap too.
    pub(crate) fn new(text: &'t str, from: usize, spaces: bool) -> Self {
        let before =
            from.checked_sub(1).and_then(|i| text.as_bytes().get(i)).copied().unwrap_or(b' ');
        let edge = !before.is_ascii_alphabetic() && !matches!(before, b' ' | b'\t'..=b'\r');
        let stop = matches!(before, b'.' | b'!' | b'?');
        let (edge, stop) = (u64::from(edge), u64::from(stop));
        Self { text, block: from, events: 0, base: from, done: from, edge, stop, spaces }
    }

    #[inline]
    fn load(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let Some(rest) = bytes.get(self.block..) else {
            return false;
        };
        let masks = if let Some(block) = rest.first_chunk::<64>() {
            classify(block, self.edge, self.stop, rest.get(64).copied().unwrap_or(0))
        } else if rest.is_empty() {
            return false;
        } else {
            let mut block = ZERO;
            for (to, from) in block.iter_mut().zip(rest) {
                *to = *from;
            }
            let mut masks = classify(&block, self.edge, self.stop, 0);
            masks.events &= (1 << rest.len()) - 1;
            masks
        };
        self.base = self.block;
        self.block += 64;
        self.events = masks.events;
        self.edge = masks.edge;
        self.stop = masks.stop;
        true
    }

    /// The gap that the event at `at` belongs to, if it is one.
    fn gap_at(&mut self, at: usize) -> Option<Gap> {
        let bytes = self.text.as_bytes();
        let (_, class) = char_at(self.text, at)?;
        if class.is_white() {
            let start = white_start(self.text, at, self.done);
            let (end, newlines) = white_end(self.text, start);
            self.done = end;
            let gap = Gap { start, end, newlines };
            if start == 0 || end == bytes.len() {
                return None;
            }
            if newlines > 0 {
                return Some(gap);
            }
            let (before, class) = char_before(self.text, start)?;
            if !class.is_word() {
                // A note belongs to the sentence before it.
                if class.is_terminator() && is_note(self.text.get(end..)?) {
                    return None;
                }
                return Some(gap);
            }
            // `word.12 Next`: a note number glued to the mark.
            if before.is_ascii_digit() && without_note(self.text, start) != start {
                return Some(gap);
            }
            if self.spaces && is_unspaced(before) && is_unspaced(char_at(self.text, end)?.0) {
                return Some(gap);
            }
            return None;
        }
        // A terminator without white space: walk over the marks and closers
        // that belong to it. The event is the mark itself or what follows it.
        let mark = if class.is_terminator() { class } else { char_before(self.text, at)?.1 };
        if !mark.is_terminator() {
            return None;
        }
        let mut end = at;
        let mut full = mark == Class::Full;
        while let Some((c, class)) = char_at(self.text, end) {
            full |= class == Class::Full;
            let joins = class.is_terminator()
                || matches!(class, Class::Close | Class::Quote | Class::Mark)
                || matches!(c, ')' | ']' | '"');
            if !joins {
                break;
            }
            end += c.len_utf8();
        }
        if end > at {
            self.done = end;
        }
        let (_, follows) = char_at(self.text, end)?;
        if follows.is_white() || end == 0 {
            return None;
        }
        let gap = Gap { start: end, end, newlines: 0 };
        if full {
            return (follows != Class::Comma).then_some(gap);
        }
        // A mark with white space before it belongs to what follows: `!Xun`.
        if char_before(self.text, end)?.1.is_terminator() && self.starts_token(end) {
            return None;
        }
        // `U.S.A`: a full stop behind a capital and before one is inside a word.
        if self.text.as_bytes().get(end - 1) == Some(&b'.')
            && char_before(self.text, end - 1).is_none_or(|(_, class)| class == Class::Upper)
        {
            return None;
        }
        matches!(follows, Class::Upper | Class::Letter | Class::Open).then_some(gap)
    }
}

impl Scan<'_> {
    /// Whether white space, an opening mark or nothing stands before the one mark that ends at `end`.
    fn starts_token(&self, end: usize) -> bool {
        let mark = char_before(self.text, end).map_or(0, |(c, _)| c.len_utf8());
        let before = char_before(self.text, end - mark).map_or(Class::Space, |(_, class)| class);
        before.is_white() || before == Class::Open
    }
}

impl Iterator for Scan<'_> {
    type Item = Gap;

    #[inline]
    fn next(&mut self) -> Option<Gap> {
        loop {
            while self.events == 0 {
                if !self.load() {
                    return None;
                }
            }
            let at = self.base + self.events.trailing_zeros() as usize;
            self.events &= self.events - 1;
            if at < self.done {
                continue;
            }
            if let Some(gap) = self.gap_at(at) {
                return Some(gap);
            }
        }
    }
}

/// Scripts that write sentences without marks between them, and white space
/// only between phrases.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..0x0F00 | 0x1000..0x10A0 | 0x1780..0x1800)
}

/// Start of the white space that holds `at`, not before `from`.
#[inline]
fn white_start(text: &str, at: usize, from: usize) -> usize {
    let mut start = at;
    while start > from {
        match char_before(text, start) {
            Some((c, class)) if class.is_white() => start -= c.len_utf8(),
            _ => break,
        }
    }
    start
}

/// End of the white space that starts at `start`, and the line breaks in it:
/// 0, 1, or 2 for a blank line or a paragraph separator.
#[inline]
fn white_end(text: &str, start: usize) -> (usize, u8) {
    let mut newlines = 0_u8;
    let mut previous = '\0';
    let mut end = start;
    while let Some((c, class)) = char_at(text, end) {
        match class {
            Class::Space => {}
            Class::Newline if c == '\u{2029}' => newlines = 2,
            Class::Newline if c == '\n' && previous == '\r' => {}
            Class::Newline => newlines = (newlines + 1).min(2),
            _ => break,
        }
        previous = c;
        end += c.len_utf8();
    }
    (end, newlines)
}

/// Classify one block. `edge` and `stop` say of the byte before it, and `after`
/// is the byte behind it.
#[inline]
fn classify(block: &[u8; 64], edge: u64, stop: u64, after: u8) -> Masks {
    let (mut white, mut line, mut word, mut mark) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut high, mut upper, mut open, mut digit) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (i, lane) in block.as_chunks::<16>().0.iter().enumerate() {
        let v = u8x16::new(*lane);
        let folded = v | u8x16::splat(0x20);
        let shift = 16 * i;
        let eq = |b: u8| v.simd_eq(u8x16::splat(b));
        let within = |v: u8x16, low: u8, high: u8| {
            let moved = v - u8x16::splat(low);
            moved.min(u8x16::splat(high - low)).simd_eq(moved)
        };
        let bits = |v: u8x16| u64::from(v.to_bitmask()) << shift;
        let lines = within(v, b'\n', b'\r');
        let letters = within(folded, b'a', b'z');
        line |= bits(lines);
        white |= bits(lines | eq(b' ') | eq(b'\t'));
        let digits = within(v, b'0', b'9');
        digit |= bits(digits);
        word |= bits(letters | digits);
        upper |= bits(within(v, b'A', b'Z'));
        mark |= bits(eq(b'.') | eq(b'!') | eq(b'?'));
        open |= bits(eq(b'"') | eq(b'\'') | eq(b'(') | eq(b')') | eq(b'[') | eq(b']'));
        high |= u64::from(v.to_bitmask()) << shift;
    }
    // White space behind anything but a letter or digit, or with a line break.
    let breaks = !(word | white);
    let mut events = white & ((breaks | digit) << 1 | edge) | line;
    // A mark with a letter, a quote or a bracket right behind it.
    events |= (upper | open | high) & (mark << 1 | stop);
    if high != 0 {
        events |= wide_marks(block, after) & high;
    }
    Masks { events, edge: (breaks | digit) >> 63, stop: mark >> 63 }
}

/// Lead bytes of code points above ASCII that may be white space or a
/// terminator. The pairs of bytes are chosen so that letters do not match:
/// in kana, Thai or Devanagari every letter has the lead byte of a mark.
#[inline]
fn wide_marks(block: &[u8; 64], after: u8) -> u64 {
    let mut shifted = [after; 64];
    shifted[..63].copy_from_slice(&block[1..]);
    let mut events = 0;
    let pairs = block.as_chunks::<16>().0.iter().zip(shifted.as_chunks::<16>().0);
    for (i, (lead, second)) in pairs.enumerate() {
        let (v, w) = (u8x16::new(*lead), u8x16::new(*second));
        let lead = |b: u8| v.simd_eq(u8x16::splat(b));
        let second = |b: u8| w.simd_eq(u8x16::splat(b));
        let from = |low: u8| w.max(u8x16::splat(low)).simd_eq(w);
        let found = lead(0xC2) & (second(0x85) | second(0xA0) | second(0xA1) | second(0xBF))
            | lead(0xCD) & second(0xBE)
            | lead(0xD6) & second(0x89)
            | lead(0xD8) & second(0x9F)
            | lead(0xDB) & second(0x94)
            | lead(0xDC) & (w.min(u8x16::splat(0x8D)).simd_eq(w))
            | lead(0xDF) & second(0xB9)
            | lead(0xE0) & (second(0xA5) | second(0xBC))
            | lead(0xE1) & (second(0x81) | second(0x8D) | from(0x99))
            | lead(0xE2) & (second(0x80) | second(0x81) | second(0x8B) | from(0xB0))
            | lead(0xE3) & second(0x80)
            | lead(0xEA) & (w.min(u8x16::splat(0xAF)).simd_eq(w))
            | lead(0xEF) & from(0xB8)
            | lead(0xF0) & (second(0x91) | second(0x9D));
        events |= u64::from(found.to_bitmask()) << (16 * i);
    }
    events
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every offset is asked for a gap, whatever the masks say.
    fn slow(text: &str, spaces: bool) -> Vec<Gap> {
        let mut scan = Scan::new(text, 0, spaces);
        let mut gaps = Vec::new();
        for (at, _) in text.char_indices() {
            if at >= scan.done {
                gaps.extend(scan.gap_at(at));
            }
        }
        gaps.dedup();
        gaps
    }

    const PIECES: &[&str] = &[
        "word",
        "Word",
        "A",
        "3",
        "é",
        "É",
        "слово",
        "文",
        "ที่",
        "கா",
        "ስም",
        ".",
        "!",
        "?",
        "…",
        "。",
        "！",
        "।",
        "؟",
        "։",
        "።",
        "။",
        "។",
        "།",
        "᠃",
        "꓿",
        "܀",
        "߹",
        "᰻",
        "‼",
        "\"",
        "'",
        "”",
        "」",
        "»",
        ")",
        "]",
        "[1]",
        "(",
        "“",
        " ",
        " ",
        "\n",
        "\r\n",
        "\n\n",
        "\u{a0}",
        "\u{85}",
        "\u{2029}",
        "\u{3000}",
        "\u{200d}",
    ];

    #[test]
    fn every_mark_is_seen() {
        for mark in
            ('\0'..=char::MAX).filter(|&c| Class::of(c).is_terminator() || Class::of(c).is_white())
        {
            for text in
                [format!("文{mark}文"), format!("文字{mark} Word"), format!("word{mark}Word")]
            {
                let fast: Vec<Gap> = Scan::new(&text, 0, false).collect();
                assert_eq!(fast, slow(&text, false), "{text:?} {mark:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_gap_is_missed(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..160), spaces: bool) {
            let text = pieces.concat();
            let mut fast: Vec<Gap> = Scan::new(&text, 0, spaces).collect();
            // A mark and the letter behind it may both lead to their gap.
            fast.dedup();
            prop_assert_eq!(fast, slow(&text, spaces));
        }
    }
}
