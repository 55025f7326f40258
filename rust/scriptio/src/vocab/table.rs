//! [`Table`]: byte strings to ids.

use super::{NONE, Vocab};

/// What an entry is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    /// The byte string itself if it has at most eight bytes, else its hash.
    key: u64,
    len: u32,
    /// [`NONE`] in an empty slot.
    id: u32,
}

/// A hash table of tokens by their bytes, which it leaves to the vocabulary.
///
/// One look at one slot answers for tokens of at most eight bytes, that is for
/// most of the pieces of a text.
#[derive(Debug, Clone)]
pub(super) struct Table {
    slots: Box<[Slot]>,
    shift: u32,
}

impl Table {
    /// The table of the tokens `ids` of `vocab`; of equal byte strings the
    /// first counts.
    pub(super) fn new(vocab: &Vocab, ids: &[u32]) -> Self {
        let size = (ids.len() * 2).next_power_of_two().max(2);
        let empty = Slot { key: 0, len: 0, id: NONE };
        let mut table = Self {
            slots: vec![empty; size].into_boxed_slice(),
            shift: u64::BITS - size.trailing_zeros(),
        };
        for &id in ids {
            let Some(bytes) = vocab.token_bytes(id) else { continue };
            if table.find(vocab, bytes).is_some() {
                continue;
            }
            let (key, len) = (key_of(bytes), bytes.len() as u32);
            let mut at = table.home(key, len);
            while let Some(slot) = table.slots.get_mut(at) {
                if slot.id == NONE {
                    *slot = Slot { key, len, id };
                    break;
                }
                at = (at + 1) & (size - 1);
            }
        }
        table
    }

    #[inline]
    fn home(&self, key: u64, len: u32) -> usize {
        (folded(key ^ u64::from(len) << 56, MULTIPLIER) >> self.shift) as usize
    }

    /// The token of `vocab` that writes `bytes`.
    #[inline]
    pub(super) fn find(&self, vocab: &Vocab, bytes: &[u8]) -> Option<u32> {
        let (key, len) = (key_of(bytes), bytes.len() as u32);
        let mut at = self.home(key, len);
        loop {
            let slot = self.slots.get(at)?;
            if slot.id == NONE {
                return None;
            }
            if slot.key == key
                && slot.len == len
                && (len <= 8 || vocab.token_bytes(slot.id) == Some(bytes))
            {
                return Some(slot.id);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

/// Odd, without a pattern: the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Both halves of a product, so that all bits reach the upper ones.
#[inline]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product >> 64) as u64 ^ product as u64
}

/// Up to eight bytes as a number.
#[inline]
fn number(bytes: &[u8]) -> u64 {
    if let Some(chunk) = bytes.first_chunk::<8>() {
        return u64::from_le_bytes(*chunk);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // What both read is read alike, so the number holds each byte once.
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first))
                | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
        }
        _ => bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

#[inline]
fn key_of(bytes: &[u8]) -> u64 {
    if bytes.len() <= 8 {
        return number(bytes);
    }
    let (chunks, _) = bytes.as_chunks::<8>();
    let last = bytes.last_chunk::<8>().map_or(0, |last| u64::from_le_bytes(*last));
    let hash = chunks.iter().fold(MULTIPLIER, |hash, chunk| {
        folded(hash ^ u64::from_le_bytes(*chunk), 0xD6E8_FEB8_6659_FD93)
    });
    folded(hash ^ last, 0xA076_1D64_78BD_642F)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;

    #[test]
    fn finds_what_it_holds_and_nothing_else() {
        let tokens: Vec<Vec<u8>> = (0..2000_u32)
            .map(|i| (0..=i % 19).map(|k| (i.wrapping_mul(k + 7) >> 3) as u8 % 5).collect())
            .collect();
        let vocab = Vocab::new(tokens.iter().map(Some)).unwrap();
        let table = Table::new(&vocab, vocab.order());
        for token in &tokens {
            assert_eq!(table.find(&vocab, token), vocab.ids_of(token).first().copied());
            let longer = [token.as_slice(), &[77]].concat();
            assert_eq!(table.find(&vocab, &longer), None);
        }
        assert_eq!(table.find(&vocab, b""), None);
        assert_eq!(Table::new(&vocab, &[]).find(&vocab, b"\x01"), None);
    }

    #[test]
    fn zeros_are_bytes() {
        let vocab = Vocab::new([Some(&b"\0"[..]), Some(b"\0\0"), Some(b"a\0\0\0\0")]).unwrap();
        let table = Table::new(&vocab, vocab.order());
        for id in 0..3 {
            assert_eq!(table.find(&vocab, vocab.token_bytes(id).unwrap()), Some(id));
        }
        assert_eq!(table.find(&vocab, b"\0\0\0"), None);
        assert_eq!(table.find(&vocab, b"a"), None);
    }
}
