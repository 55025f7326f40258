//! [`Word`]: the words on both sides of a candidate as the scorer sees them.

use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};

/// Code points of a word that count; a longer one is cut on its far side.
pub(crate) const LONGEST: usize = 24;

/// A word in a few numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Hash of the word in lower case, inner full stops included; 0 if there is none.
    pub(crate) hash: u32,
    /// Hash of the three letters next to the candidate.
    pub(crate) affix: u32,
    /// Code points, at most [`LONGEST`].
    pub(crate) len: u8,
    /// [`shape`] bits.
    pub(crate) shape: u8,
    /// Its first letter, in lower case: for its writing system.
    pub(crate) letter: char,
}

/// Bits of [`Word::shape`].
pub(crate) mod shape {
    /// The first letter is upper case.
    pub(crate) const INITIAL: u8 = 1;
    /// There is a lower case letter.
    pub(crate) const LOWER: u8 = 2;
    /// There is an upper case letter.
    pub(crate) const UPPER: u8 = 4;
    /// There is a digit.
    pub(crate) const DIGIT: u8 = 8;
    /// There is a full stop inside.
    pub(crate) const DOTTED: u8 = 16;
    /// There is a letter without case.
    pub(crate) const CASELESS: u8 = 32;
}

#[inline]
fn shape_of(class: Class) -> u8 {
    match class {
        Class::Upper => shape::UPPER,
        Class::Lower => shape::LOWER,
        Class::Letter => shape::CASELESS,
        Class::Digit => shape::DIGIT,
        Class::Stop => shape::DOTTED,
        _ => 0,
    }
}

/// Marks that belong to a word when letters or digits stand on both sides.
#[inline]
fn joins(c: char) -> bool {
    matches!(c, '.' | '\'' | '-' | '’')
}

/// Letters behind an apostrophe that belongs to the word, at most: `isn't`,
/// `we're`. Before more of them it elides an article: `l'avvocato`.
const CONTRACTED: u8 = 2;

/// Whether the apostrophe `c` elides, with `run` letters behind it.
#[inline]
fn elides(c: char, run: u8) -> bool {
    matches!(c, '\'' | '’') && run > CONTRACTED
}

/// The word that ends at byte `end`, and where it starts; `longest` limits it.
#[inline]
pub(crate) fn word_before(text: &str, end: usize, longest: u8) -> (Word, usize) {
    let (mut start, mut len, mut bits, mut ascii) = (end, 0_u8, 0_u8, true);
    let mut initial = Class::Other;
    // Letters since the last joining mark.
    let mut run = 0;
    let limit = char_before(text, end).map_or(0, |(c, _)| limit_of(c)).min(longest);
    while let Some((c, class)) = char_before(text, start) {
        if len == limit {
            break;
        }
        if class.is_word() {
            initial = if class == Class::Mark { initial } else { class };
            run += 1;
        } else {
            let inside = len > 0 && joins(c) && !elides(c, run);
            run = 0;
            if !(inside
                && char_before(text, start - c.len_utf8())
                    .is_some_and(|(_, class)| class.is_word()))
            {
                break;
            }
            initial = class;
        }
        bits |= shape_of(class);
        ascii &= c.is_ascii();
        len += 1;
        start -= c.len_utf8();
    }
    if initial == Class::Upper {
        bits |= shape::INITIAL;
    }
    let word = text.get(start..end).unwrap_or_default();
    (finish(word, len, bits, ascii, true), start)
}

/// The word that starts at byte `start`, and where it ends.
#[inline]
pub(crate) fn word_after(text: &str, start: usize) -> (Word, usize) {
    let (mut end, mut len, mut bits, mut ascii) = (start, 0_u8, 0_u8, true);
    let limit = char_at(text, start).map_or(0, |(c, _)| limit_of(c));
    while let Some((c, class)) = char_at(text, end) {
        if len == limit {
            break;
        }
        if !class.is_word() {
            let inside = len > 0 && joins(c) && !elides(c, run_after(text, end + c.len_utf8()));
            if !(inside
                && char_at(text, end + c.len_utf8()).is_some_and(|(_, class)| class.is_word()))
            {
                break;
            }
        }
        if len == 0 && class == Class::Upper {
            bits |= shape::INITIAL;
        }
        bits |= shape_of(class);
        ascii &= c.is_ascii();
        len += 1;
        end += c.len_utf8();
    }
    let word = text.get(start..end).unwrap_or_default();
    (finish(word, len, bits, ascii, false), end)
}

/// Letters from byte `at` on, counted no further than needed.
fn run_after(text: &str, mut at: usize) -> u8 {
    let mut run = 0;
    while let Some((c, class)) = char_at(text, at) {
        if !class.is_word() || run > CONTRACTED {
            break;
        }
        run += 1;
        at += c.len_utf8();
    }
    run
}

#[inline]
fn finish(word: &str, len: u8, shape: u8, ascii: bool, before: bool) -> Word {
    if len == 0 {
        return Word::default();
    }
    let bytes = word.as_bytes();
    if ascii {
        let mut folded = [0; LONGEST];
        for (to, from) in folded.iter_mut().zip(bytes) {
            *to = from | FOLD;
        }
        let folded = folded.get(..bytes.len()).unwrap_or_default();
        let letter = bytes.first().map_or('\0', |&b| (b | FOLD) as char);
        let (hash, affix) = hashes(folded, 3.min(bytes.len()), before);
        return Word { hash, affix, len, shape, letter };
    }
    finish_folded(word, len, shape, before)
}

/// The same for words beyond ASCII, which are put into lower case first.
fn finish_folded(word: &str, len: u8, shape: u8, before: bool) -> Word {
    // Lower case may need more bytes than upper case, never more than double.
    let mut folded = [0_u8; 8 * LONGEST];
    let (mut size, mut cuts, mut count) = (0, [0; LONGEST + 1], 0);
    let mut letter = '\0';
    for c in word.chars().take(LONGEST) {
        let c = lower(c);
        if letter == '\0' {
            letter = c;
        }
        if let Some(room) = folded.get_mut(size..size + 4) {
            size += c.encode_utf8(room).len();
        }
        count += 1;
        if let Some(cut) = cuts.get_mut(count) {
            *cut = size;
        }
    }
    let whole = folded.get(..size).unwrap_or_default();
    let edge = if before {
        size - cuts.get(count.saturating_sub(3)).copied().unwrap_or(0)
    } else {
        cuts.get(count.min(3)).copied().unwrap_or(0)
    };
    let (hash, affix) = hashes(whole, edge, before);
    Word { hash, affix, len, shape, letter }
}

#[inline]
fn lower(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else if Class::of(c) == Class::Upper {
        c.to_lowercase().next().unwrap_or(c)
    } else {
        c
    }
}

/// How many code points of a word count, by its first letter from the
/// candidate: where words are not set apart, few.
#[inline]
fn limit_of(c: char) -> u8 {
    match c as u32 {
        0x0E00..0x1100 | 0x1780..0x1800 | 0x2E80..0xAC00 | 0xF900..0xFB00 | 0x2_0000.. => 4,
        _ => LONGEST as u8,
    }
}

/// Hash of a word of at most [`LONGEST`] code points, whatever its case, as
/// [`Word::hash`] has it for a word before a gap or behind one.
pub(crate) fn hash_word(word: &str, before: bool) -> u32 {
    let len = word.chars().take(LONGEST).count() as u8;
    finish(word, len, 0, word.is_ascii() && word.len() <= LONGEST, before).hash
}

/// The bit that makes an ASCII letter small. Digits and the marks inside words
/// have it anyway, so it may be set in all bytes of an ASCII word.
pub(crate) const FOLD: u8 = 0x20;

/// Hash of folded bytes, and of the `edge` of them next to the candidate.
/// Bytes are taken by eights from the candidate on, 24 at most.
fn hashes(bytes: &[u8], edge: usize, before: bool) -> (u32, u32) {
    let eight = |n: usize| {
        let mut out = [0_u8; 8];
        let (from, to) = if before {
            (bytes.len().saturating_sub(8 * n + 8), bytes.len().saturating_sub(8 * n))
        } else {
            (bytes.len().min(8 * n), bytes.len().min(8 * n + 8))
        };
        let part = bytes.get(from..to).unwrap_or_default();
        for (to, from) in out.iter_mut().zip(part) {
            *to = *from;
        }
        u64::from_le_bytes(out)
    };
    let near = eight(0);
    let affix = match (before, edge) {
        (_, 8..) => near,
        (true, _) => {
            let len = bytes.len().min(8);
            near >> (8 * (len - edge.min(len)))
        }
        (false, _) => near & ((1 << (8 * edge)) - 1),
    };
    (mix(near, eight(1), eight(2), bytes.len()), mix(affix, 0, 0, 3))
}

/// One hash of three eights and a length.
#[inline]
pub(crate) fn mix(near: u64, middle: u64, far: u64, len: usize) -> u32 {
    let sum = near
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(middle.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
        .wrapping_add(far.wrapping_mul(0x1656_67B1_9E37_79F9))
        .wrapping_add(len as u64);
    ((sum ^ (sum >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32) as u32
}
