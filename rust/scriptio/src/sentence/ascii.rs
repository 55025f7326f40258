//! The words around a candidate in ASCII text, found with bit masks.
//!
//! [`Left::read`] and [`Right::read`] go from letter to letter; most of their
//! time is mispredicted branches. Here 32 bytes are classified at once and the
//! ends of the words are counted in the masks. Where a byte beyond ASCII or
//! the edge of those bytes is met, nothing is returned, and the caller reads
//! letter by letter. Both must agree in everything; a test holds them together.

use wide::u8x16;

use super::context::{BETWEEN, HEAD, Left, PREVIOUS, Right, TAIL};
use super::word::{FOLD, LONGEST, Word, mix, shape};
use crate::Span;
use crate::text::class::Class;

/// Bytes that are looked at on either side.
const WIDTH: usize = 32;

/// One bit a byte.
struct Masks {
    /// Letters and digits.
    word: u32,
    upper: u32,
    digit: u32,
    white: u32,
    /// Full stops, and the other marks that join words.
    stop: u32,
    joiner: u32,
    apostrophe: u32,
    /// `.`, `!`, `?`, `:`, `;`.
    mark: u32,
    high: u32,
}

#[inline]
fn masks(window: &[u8; WIDTH]) -> Masks {
    let mut m = Masks {
        word: 0,
        upper: 0,
        digit: 0,
        white: 0,
        stop: 0,
        joiner: 0,
        apostrophe: 0,
        mark: 0,
        high: 0,
    };
    for (i, lane) in window.as_chunks::<16>().0.iter().enumerate() {
        let v = u8x16::new(*lane);
        let eq = |b: u8| v.simd_eq(u8x16::splat(b));
        let within = |v: u8x16, low: u8, high: u8| {
            let moved = v - u8x16::splat(low);
            moved.min(u8x16::splat(high - low)).simd_eq(moved)
        };
        let bits = |v: u8x16| v.to_bitmask() << (16 * i);
        let digit = within(v, b'0', b'9');
        let stop = eq(b'.');
        m.digit |= bits(digit);
        m.upper |= bits(within(v, b'A', b'Z'));
        m.word |= bits(within(v | u8x16::splat(FOLD), b'a', b'z') | digit);
        m.white |= bits(eq(b' ') | within(v, b'\t', b'\r'));
        m.stop |= bits(stop);
        m.joiner |= bits(stop | eq(b'-'));
        m.apostrophe |= bits(eq(b'\''));
        m.mark |= bits(stop | eq(b'!') | eq(b'?') | eq(b':') | eq(b';'));
        m.high |= v.to_bitmask() << (16 * i);
    }
    m
}

impl Masks {
    /// Word bytes and the joiners between two of them.
    fn words(&self) -> u32 {
        // An apostrophe joins no more than two letters: see `elides`.
        let short = !(self.word >> 2) | !(self.word >> 3);
        let joiner = self.joiner | self.apostrophe & short;
        self.word | joiner & (self.word << 1) & (self.word >> 1)
    }

    /// Shape of the word in the bytes `range`, which starts at bit `first`.
    fn shape(&self, range: u32, first: u32) -> u8 {
        let bit = |mask: u32, bit: u8| if mask & range == 0 { 0 } else { bit };
        let initial = if self.upper >> first & 1 == 0 { 0 } else { shape::INITIAL };
        initial
            | bit(self.upper, shape::UPPER)
            | bit(self.word & !self.upper & !self.digit, shape::LOWER)
            | bit(self.digit, shape::DIGIT)
            | bit(self.stop, shape::DOTTED)
    }
}

/// The lowest `n` bits.
#[inline]
fn low(n: u32) -> u32 {
    1_u32.checked_shl(n).map_or(u32::MAX, |bit| bit - 1)
}

#[inline]
fn eight(window: &[u8; WIDTH], at: usize) -> u64 {
    let part = window.get(at..).and_then(|rest| rest.first_chunk::<8>());
    part.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

const FOLDS: u64 = 0x2020_2020_2020_2020;

/// The last `n` (0 to 8) of eight bytes, moved to the front.
#[inline]
fn last_of(bytes: u64, n: u32) -> u64 {
    bytes.checked_shr(64 - 8 * n).unwrap_or(0)
}

/// The first `n` (0 to 8) of eight bytes.
#[inline]
fn first_of(bytes: u64, n: u32) -> u64 {
    bytes & 1_u64.checked_shl(8 * n).map_or(u64::MAX, |bit| bit.wrapping_sub(1))
}

/// The word of `len` bytes that ends before bit `end`.
#[inline]
fn word_ending(window: &[u8; WIDTH], m: &Masks, end: u32, len: u32) -> Word {
    if len == 0 {
        return Word::default();
    }
    let start = end - len;
    // Loads that begin before the window are moved in; what they lack is cut anyway.
    let load = |n: u32| {
        let from = (end as usize).saturating_sub(8 * n as usize + 8);
        let missing = 8 * (8 * n + 8).saturating_sub(end);
        (eight(window, from) | FOLDS).checked_shl(missing).unwrap_or(0)
    };
    let part = |n: u32| last_of(load(n), len.saturating_sub(8 * n).min(8));
    let near = part(0);
    Word {
        hash: mix(near, part(1), part(2), len as usize),
        affix: mix(last_of(load(0), len.min(3)), 0, 0, 3),
        len: len as u8,
        shape: m.shape(low(end) & !low(start), start),
        letter: window.get(start as usize).map_or('\0', |&b| (b | FOLD) as char),
    }
}

#[inline]
fn class(window: &[u8; WIDTH], at: u32) -> Class {
    window.get(at as usize).map_or(Class::Other, |&b| Class::of_ascii(b))
}

/// Hash of the marks in `start..end` of the window, as `hash_marks` makes it.
#[inline]
fn marks(window: &[u8; WIDTH], start: u32, end: u32) -> u32 {
    if start == end {
        return 0;
    }
    let from = (end as usize).saturating_sub(8);
    let bytes = eight(window, from).checked_shl(8 * 8_u32.saturating_sub(end)).unwrap_or(0);
    mix(last_of(bytes, end - start), 0, 0, 0)
}

/// What stands before byte `end`, if it is ASCII and near.
#[inline]
pub(crate) fn left(bytes: &[u8], end: usize) -> Option<Left> {
    let window: &[u8; WIDTH] = bytes.get(end.checked_sub(WIDTH)?..end)?.first_chunk()?;
    let m = masks(window);
    let words = m.words();
    let tail_len = (!(m.word | m.white)).leading_ones();
    let tail_start = 32 - tail_len;
    if tail_len > u32::from(TAIL) || tail_start == 0 {
        return None;
    }
    let len = (words << tail_len).leading_ones();
    let start = tail_start.checked_sub(len)?;
    // One byte before the word must be seen, and one before a joiner.
    if start < 2 || len > LONGEST as u32 {
        return None;
    }
    let gap = (!m.word & low(start)) << (32 - start);
    let between_len = gap.leading_ones().min(u32::from(BETWEEN));
    let between_start = start - between_len.min(start);
    let in_reach = (words & low(between_start)).checked_shl(32 - between_start).unwrap_or(0);
    let previous_len = in_reach.leading_ones();
    if previous_len + 1 >= between_start && previous_len < u32::from(PREVIOUS) {
        return None;
    }
    let previous_len = previous_len.min(u32::from(PREVIOUS));
    if m.high >> (between_start - previous_len).saturating_sub(2) != 0 {
        return None;
    }
    let mark = m.mark & !low(tail_start);
    let mark = if mark == 0 {
        '\0'
    } else {
        window.get(31 - mark.leading_zeros() as usize).map_or('\0', |&b| b as char)
    };
    Some(Left {
        tail: marks(window, tail_start, 32),
        tail_len: tail_len as u8,
        first: if tail_len == 0 { Class::Other } else { class(window, tail_start) },
        last: class(window, 31),
        mark,
        word: word_ending(window, &m, tail_start, len),
        word_span: Span::new(end - 32 + start as usize, end - tail_len as usize),
        before: class(window, start - 1),
        between: marks(window, between_start, start),
        previous: word_ending(window, &m, between_start, previous_len),
    })
}

/// What stands behind byte `start`, if it is ASCII and near.
#[inline]
pub(crate) fn right(bytes: &[u8], start: usize) -> Option<Right> {
    let window: &[u8; WIDTH] = bytes.get(start..)?.first_chunk()?;
    let m = masks(window);
    let words = m.words();
    let next = class(window, 0);
    let newline = m.white & line_breaks(window);
    let head_len = (!m.word & !newline).trailing_ones().min(u32::from(HEAD));
    let len = (words >> head_len).trailing_ones();
    let end = head_len + len;
    // Three bytes behind the word have a say in an apostrophe.
    if len > LONGEST as u32 || end + 4 > 32 {
        return None;
    }
    if m.high & low(end + 4) != 0 {
        return None;
    }
    let after = class(window, end);
    let second = if after == Class::Space { class(window, end + 1) } else { after };
    let load = |n: u32| eight(window, (head_len + 8 * n).min(24) as usize) | FOLDS;
    let part = |n: u32| {
        // A load that would pass the window begins earlier; drop what came before.
        let over = 8 * (head_len + 8 * n).saturating_sub(24);
        let bytes = load(n).checked_shr(over).unwrap_or(0);
        first_of(bytes, len.saturating_sub(8 * n).min(8))
    };
    let following = if len == 0 {
        Word::default()
    } else {
        Word {
            hash: mix(part(0), part(1), part(2), len as usize),
            affix: mix(first_of(part(0), len.min(3)), 0, 0, 3),
            len: len as u8,
            shape: m.shape(low(end) & !low(head_len), head_len),
            letter: window.get(head_len as usize).map_or('\0', |&b| (b | FOLD) as char),
        }
    };
    Some(Right { head: marks(window, 0, head_len), next, following, after, second })
}

/// Line breaks in the window.
#[inline]
fn line_breaks(window: &[u8; WIDTH]) -> u32 {
    let mut out = 0;
    for (i, lane) in window.as_chunks::<16>().0.iter().enumerate() {
        let moved = u8x16::new(*lane) - u8x16::splat(b'\n');
        out |= moved.min(u8x16::splat(3)).simd_eq(moved).to_bitmask() << (16 * i);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::cursor::char_before;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn masks_agree_with_letters(
            text in "([a-z]{1,14}|[A-Z]|[0-9]{1,3}|[ .,!?:;'\"()\\-]|\\. | |\\n|é|”|\\PC){0,60}",
            at in 0_usize..400,
        ) {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            // Nothing ends in white space.
            let white = char_before(&text, at).is_some_and(|(_, class)| class.is_white());
            if let Some(left) = left(text.as_bytes(), at).filter(|_| !white) {
                prop_assert_eq!(left, Left::read(&text, at));
            }
            if let Some(right) = right(text.as_bytes(), at) {
                prop_assert_eq!(right, Right::read(&text, at));
            }
        }
    }
}
