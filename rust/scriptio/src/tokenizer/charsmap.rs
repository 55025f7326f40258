//! [`Charsmap`]: what a tokenizer writes for the characters of a text before
//! it looks for pieces.
//!
//! `SentencePiece` keeps its normalisation (usually NFKC with white space
//! unified and controls deleted) as a map from short strings to strings, the
//! `precompiled_charsmap`: a double array over bytes and the replacements,
//! each ended by a NUL. Here the map is read once and its keys are sorted out:
//! those of one code point become a table, the few others a list.

use std::ops::RangeInclusive;

use unicode_segmentation::UnicodeSegmentation;

use crate::Error;

/// Graphemes of this many bytes and more are looked up by code point only, in
/// Hugging Face's reading of the map; longer keys are never found.
pub(super) const CLUSTER_BYTES: usize = 6;

/// Replacements of code points and of short clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Charsmap {
    /// What is written for single code points, sorted by code point.
    pub singles: Vec<(char, Box<str>)>,
    /// What is written for keys of several code points, sorted by key.
    pub clusters: Vec<(Box<str>, Box<str>)>,
    /// Whether graphemes are looked up before their code points are, as the
    /// `Precompiled` normaliser does.
    pub graphemes: bool,
}

impl Charsmap {
    /// The map of a `precompiled_charsmap` as `tokenizer.json` spells it.
    pub(super) fn from_base64(text: &str) -> Result<Self, Error> {
        let blob = decode_base64(text).ok_or_else(|| damaged("it is not base64"))?;
        Self::from_blob(&blob)
    }

    /// The map of a `precompiled_charsmap`: the length of the double array in
    /// bytes, the array, the replacements.
    fn from_blob(blob: &[u8]) -> Result<Self, Error> {
        let (length, rest) =
            blob.split_first_chunk::<4>().ok_or_else(|| damaged("it has no length"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (array, strings) =
            rest.split_at_checked(length / 4 * 4).ok_or_else(|| damaged("it is cut short"))?;
        let units = array.as_chunks::<4>().0.iter().map(|&unit| u32::from_le_bytes(unit));
        let strings =
            str::from_utf8(strings).map_err(|_| damaged("its replacements are not UTF-8"))?;
        let mut keys = Keys { units: units.collect(), budget: 0, found: Vec::new() };
        keys.budget = keys.units.len();
        keys.collect(&mut Vec::new(), 0)?;

        let mut map = Self { graphemes: true, ..Self::default() };
        for (key, value) in keys.found {
            let replacement = strings
                .get(value..)
                .and_then(|rest| rest.split('\0').next())
                .ok_or_else(|| damaged("a replacement lies outside of it"))?;
            let Ok(key) = String::from_utf8(key) else {
                return Err(damaged("a key is not UTF-8"));
            };
            let mut chars = key.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => map.singles.push((c, replacement.into())),
                _ => map.clusters.push((key.into(), replacement.into())),
            }
        }
        map.singles.sort_unstable();
        map.clusters.sort_unstable();
        Ok(map)
    }
}

fn damaged(reason: &str) -> Error {
    Error::invalid(format!("precompiled_charsmap of the tokenizer is damaged: {reason}"))
}

/// Collects the keys of a Darts double array (Yata 2013, darts-clone), whose
/// units hold a label, an offset to the children, and a leaf flag.
struct Keys {
    units: Vec<u32>,
    /// Nodes that may still be visited: every node of a sound array has one
    /// parent, so more visits than units mean damage.
    budget: usize,
    found: Vec<(Vec<u8>, usize)>,
}

impl Keys {
    /// All keys of fewer than [`CLUSTER_BYTES`] bytes below the unit at `at`,
    /// which `key` leads to. The depth of the recursion is that bound.
    fn collect(&mut self, key: &mut Vec<u8>, at: usize) -> Result<(), Error> {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| damaged("its array has cycles"))?;
        let Some(&unit) = self.units.get(at) else {
            return if at == 0 { Ok(()) } else { Err(damaged("its array is cut short")) };
        };
        let children = at ^ offset(unit);
        if unit & LEAF != 0 && !key.is_empty() {
            let value = self.units.get(children).ok_or_else(|| damaged("a value is missing"))?;
            self.found.push((key.clone(), (value & !VALUE) as usize));
        }
        if key.len() + 1 == CLUSTER_BYTES {
            return Ok(());
        }
        for label in 1..=u8::MAX {
            let child = children ^ usize::from(label);
            if self.units.get(child).is_some_and(|unit| unit & (VALUE | 0xFF) == u32::from(label)) {
                key.push(label);
                self.collect(key, child)?;
                key.pop();
            }
        }
        Ok(())
    }
}

/// Flag of a unit whose children include a value.
const LEAF: u32 = 1 << 8;

/// Flag of a unit that is a value.
const VALUE: u32 = 1 << 31;

/// Distance from a unit to its children, to be applied by exclusive or.
fn offset(unit: u32) -> usize {
    ((unit >> 10) as usize) << ((unit & (1 << 9)) >> 6)
}

/// The bytes that `text` spells in base64 with padding; nothing if it does not.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

/// Whether `c` may belong to one grapheme with what is next to it, in a way
/// that matters to graphemes of fewer than [`CLUSTER_BYTES`] bytes: with what
/// precedes it, and with what follows it.
///
/// What joins by longer contexts alone (emoji, Indic conjuncts) need not be
/// told: the marks in between tell of it.
pub(super) fn joins(c: char) -> (bool, bool) {
    /// Blocks of characters that join nothing; most of all code points.
    const APART: [RangeInclusive<char>; 16] = [
        ' '..='~',
        '\u{A1}'..='\u{A8}',
        '\u{AE}'..='\u{2FF}',
        '\u{370}'..='\u{482}',
        '\u{1E00}'..='\u{200A}',
        '\u{2100}'..='\u{2CEE}',
        '\u{3041}'..='\u{3096}',
        '\u{30A0}'..='\u{A4FF}',
        '\u{AC00}'..='\u{D7A3}',
        '\u{E000}'..='\u{FB1D}',
        '\u{FB1F}'..='\u{FDFF}',
        '\u{10000}'..='\u{101FC}',
        '\u{13460}'..='\u{160FF}',
        '\u{17000}'..='\u{1BC9C}',
        '\u{1F200}'..='\u{1F3FA}',
        '\u{1F400}'..='\u{1FFFF}',
    ];
    if c > '\u{1FFFF}' && !('\u{E0000}'..='\u{E0FFF}').contains(&c)
        || APART.iter().any(|range| range.contains(&c))
    {
        return (false, false);
    }
    let mut buffer = [0; 12];
    let mut one = |first: char, second: char| {
        let middle = first.encode_utf8(&mut buffer).len();
        let rest = buffer.get_mut(middle..).map_or(0, |rest| second.encode_utf8(rest).len());
        let pair = buffer.get(..middle + rest).and_then(|pair| str::from_utf8(pair).ok());
        pair.is_some_and(|pair| pair.graphemes(true).nth(1).is_none())
    };
    // Jamo and regional indicators join only among themselves.
    let jamo =
        matches!(c, '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97C}' | '\u{D7B0}'..='\u{D7FB}');
    let pairs = jamo || matches!(c, '\u{1F1E6}'..='\u{1F1FF}');
    (pairs || c == '\n' || one('a', c), pairs || c == '\r' || one(c, 'a'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_back() {
        assert_eq!(decode_base64("").unwrap(), b"");
        assert_eq!(decode_base64("Zg==").unwrap(), b"f");
        assert_eq!(decode_base64("Zm9v").unwrap(), b"foo");
        assert_eq!(decode_base64("+/8=").unwrap(), [0xFB, 0xFF]);
        for wrong in ["Zg=", "Zg", "Z===", "Zm9v!AAA", "Zm 9"] {
            assert_eq!(decode_base64(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn damaged_maps_are_errors() {
        for blob in [&b""[..], &[1], &[255, 255, 255, 255, 0, 0], &[4, 0, 0, 0, 0]] {
            let error = Charsmap::from_blob(blob).unwrap_err().to_string();
            assert!(error.contains("damaged"), "{error}");
        }
    }

    #[test]
    fn what_is_said_to_stand_apart_does() {
        // `joins` answers for most code points without asking; here all are asked.
        for c in '\0'..=char::MAX {
            let joined = |text: String| text.graphemes(true).count() == 1;
            let (before, behind) = joins(c);
            assert!(before || !joined(format!("a{c}")), "{c:?}");
            // What joins a character of three bytes, and has four, is too long to matter.
            let short = c <= '\u{FFFF}';
            assert!(before || !short || !joined(format!("\u{AC00}{c}")), "{c:?}");
            assert!(behind || !joined(format!("{c}a")), "{c:?}");
            assert!(before || behind || !short || !joined(format!("{c}{c}")), "{c:?}");
        }
    }
}
