//! [`Classes`]: what the patterns of pre-tokenizers call letters, numbers,
//! white space, marks.

use std::collections::HashMap;

use regex_syntax::hir::{Class, HirKind};

/// Flags of a code point, one for each set that patterns ask for.
pub(super) mod flag {
    /// `\p{L}`
    pub const LETTER: u8 = 1;
    /// `\p{N}`
    pub const NUMBER: u8 = 2;
    /// `\s`
    pub const SPACE: u8 = 4;
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    pub const UPPER: u8 = 8;
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    pub const LOWER: u8 = 16;
    /// `\p{P}` and what ASCII has of symbols
    pub const PUNCTUATION: u8 = 32;
    /// `\p{Mn}`
    pub const NONSPACING: u8 = 64;
    /// `[\p{Cc}\p{Cf}\p{Co}]`
    pub const CONTROL: u8 = 128;
}

const SETS: [(u8, &str); 8] = [
    (flag::LETTER, r"\p{L}"),
    (flag::NUMBER, r"\p{N}"),
    (flag::SPACE, r"\s"),
    (flag::UPPER, r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"),
    (flag::LOWER, r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"),
    (flag::PUNCTUATION, r"[\p{P}[:punct:]]"),
    (flag::NONSPACING, r"\p{Mn}"),
    (flag::CONTROL, r"[\p{Cc}\p{Cf}\p{Co}]"),
];

/// Code points of a row of the table.
const ROW: usize = 256;

/// Flags of all code points in a table of two stages.
///
/// Made from the tables of the crate `regex`, so that patterns that are read
/// here and patterns that it runs agree on every code point.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    ascii: [u8; 128],
    /// Each row of code points to its place in `rows`.
    places: Box<[u16]>,
    rows: Box<[[u8; ROW]]>,
}

impl Classes {
    pub(super) fn new() -> Self {
        let mut flags = vec![0_u8; 0x11_0000];
        for (flag, set) in SETS {
            for (start, end) in ranges(set) {
                for place in flags.get_mut(start as usize..=end as usize).unwrap_or_default() {
                    *place |= flag;
                }
            }
        }
        let mut known = HashMap::new();
        let mut rows: Vec<[u8; ROW]> = Vec::new();
        let places = flags.as_chunks::<ROW>().0.iter().map(|row| {
            *known.entry(*row).or_insert_with(|| {
                rows.push(*row);
                rows.len() as u16 - 1
            })
        });
        let places = places.collect();
        let ascii = flags.first_chunk::<128>().copied().unwrap_or([0; 128]);
        Self { ascii, places, rows: rows.into() }
    }

    /// The flags of the character at byte `at` of a text, and its length; no
    /// flags and no length at the end.
    #[inline]
    pub(super) fn at(&self, text: &[u8], at: usize) -> (u8, usize) {
        match text.get(at) {
            None => (0, 0),
            Some(&byte) => match self.ascii.get(usize::from(byte)) {
                Some(&flags) => (flags, 1),
                None => self.beyond_ascii(text, at),
            },
        }
    }

    fn beyond_ascii(&self, text: &[u8], at: usize) -> (u8, usize) {
        let tail = |at: usize| u32::from(text.get(at).copied().unwrap_or_default() & 0x3F);
        let lead = u32::from(text.get(at).copied().unwrap_or_default());
        let (c, len) = match lead {
            0..0xE0 => ((lead & 0x1F) << 6 | tail(at + 1), 2),
            0xE0..0xF0 => ((lead & 0xF) << 12 | tail(at + 1) << 6 | tail(at + 2), 3),
            _ => {
                let high = (lead & 7) << 18 | tail(at + 1) << 12;
                (high | tail(at + 2) << 6 | tail(at + 3), 4)
            }
        };
        (self.of(c), len)
    }

    #[inline]
    fn of(&self, c: u32) -> u8 {
        let place = self.places.get(c as usize / ROW).copied().unwrap_or_default();
        let row = self.rows.get(usize::from(place));
        row.and_then(|row| row.get(c as usize % ROW)).copied().unwrap_or_default()
    }

    /// The flags of `c`.
    #[inline]
    pub(super) fn of_char(&self, c: char) -> u8 {
        self.of(u32::from(c))
    }
}

/// The code points of a character class.
fn ranges(set: &str) -> Vec<(u32, u32)> {
    let Ok(hir) = regex_syntax::parse(set) else { return Vec::new() };
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;

    #[test]
    fn agrees_with_regex_on_every_code_point() {
        let classes = Classes::new();
        for (flag, set) in SETS {
            let regex = regex::Regex::new(&format!("^{set}$")).unwrap();
            for c in ('\0'..=char::MAX).step_by(if flag == flag::LETTER { 1 } else { 7 }) {
                let text = c.to_string();
                let (flags, len) = classes.at(text.as_bytes(), 0);
                assert_eq!(len, c.len_utf8());
                assert_eq!(flags & flag != 0, regex.is_match(&text), "{set} {c:?}");
                assert_eq!(flags, classes.of_char(c));
            }
        }
    }

    #[test]
    fn nothing_is_behind_the_end() {
        assert_eq!(Classes::new().at(b"a", 1), (0, 0));
    }
}
