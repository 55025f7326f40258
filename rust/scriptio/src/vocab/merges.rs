//! [`Merges`]: which pairs of tokens merge, when, and into what.

use super::{NONE, Vocab};
use crate::Error;

/// A pair that merges. `left` is [`NONE`] in an empty slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Merge {
    left: u32,
    right: u32,
    rank: u32,
    result: u32,
}

const EMPTY: Merge = Merge { left: NONE, right: NONE, rank: NONE, result: NONE };

/// Which pairs merge, when, and into what.
#[derive(Debug, Clone)]
pub struct Merges {
    /// All merges in order of rank, equal ranks in the order of their splits.
    list: Box<[Merge]>,
    /// A hash table of the same, its length a power of two.
    slots: Box<[Merge]>,
    shift: u32,
    /// The last merge of each id; [`EMPTY`] if there is none.
    derived: Box<[Merge]>,
    reachable: Box<[bool]>,
    /// The token that each byte begins as; [`NONE`] if there is none.
    bytes: Box<[u32; 256]>,
}

impl Merges {
    /// The merges `(left, right, result)`, in order of rank.
    ///
    /// # Errors
    /// If a merge names a token that is not in `vocab`, a pair repeats, or a
    /// result does not write what its parts write.
    pub fn from_pairs(vocab: &Vocab, pairs: &[(u32, u32, u32)]) -> Result<Self, Error> {
        let mut list = Vec::with_capacity(pairs.len());
        for (&(left, right, result), rank) in pairs.iter().zip(0..) {
            let parts = (vocab.token_bytes(left), vocab.token_bytes(right));
            let (Some(first), Some(second)) = parts else {
                return Err(Error::invalid(format!(
                    "merge {rank} is of ids {left} and {right}, which do not both write text"
                )));
            };
            if vocab.token_bytes(result) != Some([first, second].concat().as_slice()) {
                return Err(Error::invalid(format!(
                    "merge {rank} makes id {result} of ids {left} and {right}, but it does not \
                     write what these write"
                )));
            }
            list.push(Merge { left, right, rank, result });
        }
        Self::build(vocab, list)
    }

    /// The merges of a vocabulary of ranks, as tiktoken has them: the rank of
    /// a token is its id, and all splits of a token into two tokens merge.
    ///
    /// # Errors
    /// If two tokens write the same bytes.
    pub fn from_ranks(vocab: &Vocab) -> Result<Self, Error> {
        let mut list = Vec::new();
        for result in 0..vocab.len() as u32 {
            let Some(bytes) = vocab.token_bytes(result) else { continue };
            if let &[first, second, ..] = vocab.ids_of(bytes) {
                return Err(Error::invalid(format!(
                    "tokens {first} and {second} of the ranks write the same bytes; expected each \
                     token once"
                )));
            }
            for at in 1..bytes.len() {
                let Some((left, right)) = bytes.split_at_checked(at) else { continue };
                if let (&[left], &[right]) = (vocab.ids_of(left), vocab.ids_of(right)) {
                    list.push(Merge { left, right, rank: result, result });
                }
            }
        }
        Self::build(vocab, list)
    }

    fn build(vocab: &Vocab, list: Vec<Merge>) -> Result<Self, Error> {
        let size = (list.len() * 2).next_power_of_two().max(2);
        let mut merges = Self {
            slots: vec![EMPTY; size].into_boxed_slice(),
            shift: u64::BITS - size.trailing_zeros(),
            derived: vec![EMPTY; vocab.len()].into_boxed_slice(),
            reachable: vec![false; vocab.len()].into_boxed_slice(),
            bytes: Box::new([NONE; 256]),
            list: list.into_boxed_slice(),
        };
        for &merge in &merges.list {
            let mut at = merges.home(merge.left, merge.right);
            while let Some(slot) = merges.slots.get_mut(at) {
                if *slot == EMPTY {
                    *slot = merge;
                    break;
                }
                if (slot.left, slot.right) == (merge.left, merge.right) {
                    return Err(Error::invalid(format!(
                        "merges {} and {} are of the same pair, ids {} and {}",
                        slot.rank, merge.rank, merge.left, merge.right
                    )));
                }
                at = (at + 1) & (size - 1);
            }
        }
        Ok(merges)
    }

    fn home(&self, left: u32, right: u32) -> usize {
        let key = u64::from(left) << 32 | u64::from(right);
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    /// Rank and result of a pair; `None` if it does not merge.
    #[inline]
    pub fn get(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let mut at = self.home(left, right);
        loop {
            let slot = self.slots.get(at)?;
            if (slot.left, slot.right) == (left, right) {
                return Some((slot.rank, slot.result));
            }
            if slot.left == NONE {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// All merges: left, right, rank and result, in order of rank.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, u32, u32)> {
        self.list.iter().map(|merge| (merge.left, merge.right, merge.rank, merge.result))
    }

    /// Append the tokens of `bytes` as one piece: of all pairs that merge, the
    /// one of the lowest rank does, the leftmost of equals, until none is left.
    pub fn encode_bytes(&self, bytes: &[u8], out: &mut Vec<u32>) {
        out.extend(bytes.iter().filter_map(|&byte| self.bytes.get(usize::from(byte))));
    }

    /// How encoding makes the token `id` of its own bytes: left, right and
    /// rank of the last merge. `None` for tokens that are there from the
    /// beginning, and for those that encoding never makes.
    #[inline]
    pub fn derivation(&self, id: u32) -> Option<(u32, u32, u32)> {
        let merge = self.derived.get(id as usize).filter(|merge| merge.left != NONE)?;
        Some((merge.left, merge.right, merge.rank))
    }

    /// Whether encoding the token's own bytes gives the token.
    #[inline]
    pub fn reachable(&self, id: u32) -> bool {
        self.reachable.get(id as usize).copied().unwrap_or(false)
    }

    /// Whether encoding what two tokens write gives these two tokens.
    pub fn valid_pair(&self, left: u32, right: u32) -> bool {
        self.reachable(left) && self.reachable(right) && self.get(left, right).is_none()
    }
}
