//! [`Merges`]: which pairs of tokens merge, when, and into what.
//!
//! Byte-pair encoding merges, of all pairs of neighbours that may, the one of
//! the lowest rank, the leftmost of equals, until none is left. Two facts
//! about it do most of the work here. Merges inside of a token's bytes do not
//! depend on what surrounds them unless one crosses the token's edge. So a
//! token that is ever made is made in one way, its *derivation*; and a
//! sequence of tokens is what encoding gives if and only if each pair of
//! neighbours is, because a first crossing merge concerns two neighbours (van
//! Antwerpen and Neubeck, "So many tokens, so little time", 2024). Whether a
//! pair is can be seen by undoing the derivations on both sides of its edge.
//!
//! That needs tokens whose last merge comes behind those of their parts. Lists
//! of merges that learning gives have no others, but files that were made from
//! `SentencePiece` models have some (runs of spaces). These are found out when
//! the list is read, and pairs with them are told by encoding them.

use std::sync::OnceLock;

use super::trie::Trie;
use super::word::{MANY, Word};
use super::{NONE, Vocab};
use crate::Error;

/// A pair that merges. `left` is [`NONE`] where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Merge {
    left: u32,
    right: u32,
    rank: u32,
    result: u32,
}

const EMPTY: Merge = Merge { left: NONE, right: NONE, rank: NONE, result: NONE };

/// The tokens that a text is before the first merge.
#[derive(Debug, Clone)]
pub(super) struct Initial {
    /// The token of each byte; [`NONE`] if there is none.
    pub bytes: Box<[u32; 256]>,
    /// The token of each code point, or [`NONE`]; those that have none, and
    /// those beyond, are bytes. `None` if all are bytes.
    pub chars: Option<Box<[u32]>>,
}

/// Which pairs merge, when, and into what.
///
/// ```
/// use scriptio::vocab::{Merges, Vocab};
///
/// let vocab = Vocab::new(["a", "b", "ab", "bb", "abb"].map(Some))?;
/// let merges = Merges::from_pairs(&vocab, &[(0, 1, 2), (1, 1, 3), (2, 1, 4)])?;
/// let mut ids = Vec::new();
/// merges.encode_bytes(b"abbbb", &mut ids);
/// assert_eq!(ids, [2, 3, 1]);
/// assert_eq!(merges.derivation(4), Some((2, 1, 2)));
/// assert!(merges.valid_pair(2, 3));
/// assert!(!merges.valid_pair(2, 1)); // They merge.
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Merges {
    /// All merges in order of rank, equal ranks in the order of their splits.
    list: Box<[Merge]>,
    /// A hash table of the same, its length a power of two.
    slots: Box<[Merge]>,
    shift: u32,
    initial: Initial,
    /// Rank and result of pairs of single bytes.
    byte_pairs: Box<[(u32, u32)]>,
    /// One bit for each two bytes between which some merge joins.
    joints: Box<[u64; 1024]>,
    /// The last merge of each id; [`EMPTY`] if there is none.
    derived: Box<[Merge]>,
    reachable: Box<[bool]>,
    /// Whether each merge of a token's derivation comes behind those of the
    /// parts it joins.
    orderly: Box<[bool]>,
    /// What the tokens write, and where each begins, and at last where all end.
    text: Box<[u8]>,
    starts: Box<[u32]>,
    proper: bool,
    /// The reachable tokens from their beginnings, with the longest token that
    /// each begins with.
    forward: Trie,
    shorter: Box<[u32]>,
    /// The reachable tokens from their ends.
    backward: OnceLock<Trie>,
}

impl Merges {
    /// The merges `(left, right, result)`, in order of rank. A byte that
    /// several tokens write is at first the one that merges, or that of the
    /// lowest id.
    ///
    /// # Errors
    /// If a merge names a token that is not in `vocab`, a pair repeats, or a
    /// result does not write what its parts write.
    pub fn from_pairs(vocab: &Vocab, pairs: &[(u32, u32, u32)]) -> Result<Self, Error> {
        let mut merging = vec![false; vocab.len()];
        for &(left, right, _) in pairs {
            for id in [left, right] {
                if let Some(place) = merging.get_mut(id as usize) {
                    *place = true;
                }
            }
        }
        let merges = |id: &&u32| merging.get(**id as usize) == Some(&true);
        let mut bytes = Box::new([NONE; 256]);
        for (place, byte) in bytes.iter_mut().zip(0..=u8::MAX) {
            let ids = vocab.ids_of(&[byte]);
            *place = ids.iter().find(merges).or(ids.first()).copied().unwrap_or(NONE);
        }
        Self::with_initial(vocab, pairs, Initial { bytes, chars: None })
    }

    /// [`Merges::from_pairs`] of a text that is `initial` at first.
    pub(super) fn with_initial(
        vocab: &Vocab,
        pairs: &[(u32, u32, u32)],
        initial: Initial,
    ) -> Result<Self, Error> {
        let mut list = Vec::with_capacity(pairs.len());
        let mut joined = Vec::new();
        for (&(left, right, result), rank) in pairs.iter().zip(0..) {
            let parts = (vocab.token_bytes(left), vocab.token_bytes(right));
            let (Some(first), Some(second)) = parts else {
                return Err(Error::invalid(format!(
                    "merge {rank} is of ids {left} and {right}, which do not both write text; \
                     expected ids of the vocabulary"
                )));
            };
            joined.clear();
            joined.extend_from_slice(first);
            joined.extend_from_slice(second);
            if vocab.token_bytes(result) != Some(&joined) {
                return Err(Error::invalid(format!(
                    "merge {rank} makes id {result} of ids {left} and {right}, but it does not \
                     write what these write"
                )));
            }
            list.push(Merge { left, right, rank, result });
        }
        Self::build(vocab, list, initial)
    }

    /// The merges of a vocabulary of ranks, as tiktoken has them: the rank of
    /// a token is its id, and all splits of a token into two tokens merge.
    ///
    /// # Errors
    /// If two tokens write the same bytes.
    pub fn from_ranks(vocab: &Vocab) -> Result<Self, Error> {
        let table = super::table::Table::new(vocab, vocab.order());
        let mut list = Vec::new();
        for result in 0..vocab.len() as u32 {
            let Some(bytes) = vocab.token_bytes(result) else { continue };
            if let Some(first) = table.find(vocab, bytes).filter(|&first| first != result) {
                return Err(Error::invalid(format!(
                    "tokens {first} and {result} of the ranks write the same bytes; expected each \
                     token once"
                )));
            }
            for at in 1..bytes.len() {
                let Some((left, right)) = bytes.split_at_checked(at) else { continue };
                let Some(left) = table.find(vocab, left) else { continue };
                let Some(right) = table.find(vocab, right) else { continue };
                list.push(Merge { left, right, rank: result, result });
            }
        }
        let mut bytes = Box::new([NONE; 256]);
        for (place, byte) in bytes.iter_mut().zip(0..=u8::MAX) {
            *place = table.find(vocab, &[byte]).unwrap_or(NONE);
        }
        Self::build(vocab, list, Initial { bytes, chars: None })
    }

    fn build(vocab: &Vocab, list: Vec<Merge>, initial: Initial) -> Result<Self, Error> {
        let size = (list.len() * 2).next_power_of_two().max(2);
        let mut merges = Self {
            list: list.into_boxed_slice(),
            slots: vec![EMPTY; size].into_boxed_slice(),
            shift: u64::BITS - size.trailing_zeros(),
            initial,
            byte_pairs: Box::default(),
            joints: Box::new([0; 1024]),
            derived: vec![EMPTY; vocab.len()].into_boxed_slice(),
            reachable: vec![false; vocab.len()].into_boxed_slice(),
            orderly: Box::default(),
            text: Box::default(),
            starts: Box::default(),
            proper: false,
            forward: Trie::new(&[]),
            shorter: Box::default(),
            backward: OnceLock::new(),
        };
        merges.fill_slots()?;
        let bytes = *merges.initial.bytes;
        merges.byte_pairs = bytes
            .iter()
            .flat_map(|&left| bytes.iter().map(move |&right| (left, right)))
            .map(|(left, right)| merges.pair(left, right))
            .collect();
        for merge in &merges.list {
            let ends = (vocab.token_bytes(merge.left), vocab.token_bytes(merge.right));
            if let (Some(&[.., before]), Some(&[behind, ..])) = ends {
                let bit = usize::from(before) << 8 | usize::from(behind);
                if let Some(word) = merges.joints.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
        let (mut text, mut starts) = (Vec::new(), vec![0]);
        for id in 0..vocab.len() as u32 {
            text.extend_from_slice(vocab.token_bytes(id).unwrap_or_default());
            starts.push(text.len() as u32);
        }
        (merges.text, merges.starts) = (text.into(), starts.into());
        merges.derive(vocab);
        merges.find_orderly();
        merges.index(vocab);
        Ok(merges)
    }

    fn fill_slots(&mut self) -> Result<(), Error> {
        for &merge in &self.list {
            let mut at = self.home(merge.left, merge.right);
            while let Some(slot) = self.slots.get_mut(at) {
                if slot.left == NONE {
                    *slot = merge;
                    break;
                }
                if (slot.left, slot.right) == (merge.left, merge.right) {
                    return Err(Error::invalid(format!(
                        "merges {} and {} are of the same pair, ids {} and {}; expected each pair \
                         once",
                        slot.rank, merge.rank, merge.left, merge.right
                    )));
                }
                at = (at + 1) & (self.slots.len() - 1);
            }
        }
        Ok(())
    }

    /// Encode every token's bytes.
    fn derive(&mut self, vocab: &Vocab) {
        let mut word = Word::default();
        let (mut derived, mut reachable) =
            (std::mem::take(&mut self.derived), std::mem::take(&mut self.reachable));
        for ((id, last), reachable) in (0..).zip(&mut derived).zip(&mut reachable) {
            let Some(bytes) = vocab.token_bytes(id) else { continue };
            word.clear();
            self.begin(bytes, |id, len| word.push(id, len));
            let merge = word.merge(self);
            let mut tokens = word.tokens();
            if tokens.len() != 1 || tokens.next() != Some((id, bytes.len() as u32)) {
                continue;
            }
            *reachable = true;
            if let Some((left, right, rank, result)) = merge {
                *last = Merge { left, right, rank, result };
            }
        }
        (self.derived, self.reachable) = (derived, reachable);
    }

    fn find_orderly(&mut self) {
        let mut orderly = vec![true; self.derived.len()];
        // Parts are shorter than what they make.
        let mut ids: Vec<u32> = (0..self.derived.len() as u32).collect();
        ids.sort_by_key(|&id| self.token_len(id));
        for id in ids {
            let Some((left, right, rank)) = self.derivation(id) else { continue };
            let of = |part: u32| orderly.get(part as usize) == Some(&true);
            let comes_last = self.time(left).max(self.time(right)) <= rank;
            let is_orderly = of(left) && of(right) && comes_last;
            if let Some(place) = orderly.get_mut(id as usize) {
                *place = is_orderly;
            }
        }
        self.proper = orderly.iter().all(|&orderly| orderly);
        self.orderly = orderly.into();
    }

    fn index(&mut self, vocab: &Vocab) {
        let entries: Vec<(&[u8], u32)> = vocab
            .order()
            .iter()
            .filter(|&&id| self.reachable(id))
            .filter_map(|&id| Some((vocab.token_bytes(id)?, id)))
            .collect();
        self.forward = Trie::new(&entries);
        // Sorted tokens: what a token begins with precedes it, all that lie between begin alike.
        let mut shorter = vec![NONE; vocab.len()];
        let mut stack: Vec<(&[u8], u32)> = Vec::new();
        for &(bytes, id) in &entries {
            while stack.last().is_some_and(|(start, _)| !bytes.starts_with(start)) {
                stack.pop();
            }
            if let (Some(&(_, before)), Some(place)) = (stack.last(), shorter.get_mut(id as usize))
            {
                *place = before;
            }
            stack.push((bytes, id));
        }
        self.shorter = shorter.into_boxed_slice();
    }

    fn home(&self, left: u32, right: u32) -> usize {
        let key = u64::from(left) << 32 | u64::from(right);
        let hash = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash >> self.shift) as usize
    }

    /// Rank and result of a pair; twice [`NONE`] if it does not merge.
    #[inline]
    pub(super) fn pair(&self, left: u32, right: u32) -> (u32, u32) {
        let mut at = self.home(left, right);
        while let Some(slot) = self.slots.get(at) {
            if slot.left == left && slot.right == right {
                return (slot.rank, slot.result);
            }
            if slot.left == NONE {
                break;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        (NONE, NONE)
    }

    /// [`Merges::pair`] of the tokens of two bytes.
    #[inline]
    pub(super) fn byte_pair(&self, left: u8, right: u8) -> (u32, u32) {
        let at = usize::from(left) << 8 | usize::from(right);
        self.byte_pairs.get(at).copied().unwrap_or((NONE, NONE))
    }

    /// The token of a byte; [`NONE`] if there is none.
    #[inline]
    pub(super) fn byte(&self, byte: u8) -> u32 {
        self.initial.bytes.get(usize::from(byte)).copied().unwrap_or(NONE)
    }

    /// The token that a character is at first; `None` if it is bytes.
    #[inline]
    pub(super) fn char(&self, c: char) -> Option<u32> {
        let chars = self.initial.chars.as_ref()?;
        chars.get(c as usize).copied().filter(|&id| id != NONE)
    }

    /// Whether merging begins with characters, not with bytes.
    pub fn by_chars(&self) -> bool {
        self.initial.chars.is_some()
    }

    /// Whether no merge joins what ends with the byte `before` and what begins
    /// with the byte `behind`: no token reaches over such a place.
    #[inline]
    pub fn always_apart(&self, before: u8, behind: u8) -> bool {
        let bit = usize::from(before) << 8 | usize::from(behind);
        self.joints.get(bit / 64).is_none_or(|word| word >> (bit % 64) & 1 == 0)
    }

    /// Rank and result of a pair; `None` if it does not merge.
    #[inline]
    pub fn get(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        Some(self.pair(left, right)).filter(|&(rank, _)| rank != NONE)
    }

    /// All merges: left, right, rank and result, in order of rank.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, u32, u32)> {
        self.list.iter().map(|merge| (merge.left, merge.right, merge.rank, merge.result))
    }

    /// The tokens that `bytes` are at first, with their lengths. Bytes that
    /// no token writes are left out.
    fn begin(&self, mut bytes: &[u8], mut push: impl FnMut(u32, u32)) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.by_chars()
                && let Some(c) = first_char(bytes)
                && let Some(id) = self.char(c)
            {
                push(id, c.len_utf8() as u32);
                bytes = bytes.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
            let id = self.byte(byte);
            if id != NONE {
                push(id, 1);
            }
            bytes = rest;
        }
    }

    /// Append the tokens of `bytes` as one piece: of all pairs that merge, the
    /// one of the lowest rank does, the leftmost of equals, until none is
    /// left. Bytes that no token writes are left out.
    ///
    /// Linear in the bytes, or at most `n log n` where merging begins with
    /// characters.
    pub fn encode_bytes(&self, bytes: &[u8], out: &mut Vec<u32>) {
        self.encode_with(bytes, &mut Word::default(), out);
    }

    /// [`Merges::encode_bytes`] with the memory of `word`.
    pub(super) fn encode_with(&self, bytes: &[u8], word: &mut Word, out: &mut Vec<u32>) {
        if bytes.len() >= MANY && !self.by_chars() && self.encode_long(bytes, out) {
            return;
        }
        word.clear();
        self.begin(bytes, |id, len| word.push(id, len));
        word.merge(self);
        out.extend(word.tokens().map(|(id, _)| id));
    }

    /// [`Merges::encode_bytes`] by trying the longest token first and going
    /// back where no token follows.
    ///
    /// A place that is reached over valid pairs is reached by the encoding of
    /// what precedes it, of which there is one; so a place that led nowhere
    /// once never will, and each is tried once. `false`, and nothing appended,
    /// if there is no way.
    pub(super) fn encode_long(&self, bytes: &[u8], out: &mut Vec<u32>) -> bool {
        let mut dead = vec![0_u64; bytes.len() / 64 + 1];
        let (base, mut at) = (out.len(), 0);
        let mut candidate = self.longest(bytes);
        loop {
            let previous = out.get(base..).and_then(<[u32]>::last).copied();
            let mut end = at;
            while candidate != NONE {
                end = at + self.token_len(candidate);
                let is_dead = dead.get(end / 64).is_some_and(|word| word >> (end % 64) & 1 == 1);
                if !is_dead && previous.is_none_or(|left| self.valid_pair(left, candidate)) {
                    break;
                }
                candidate = self.shorter.get(candidate as usize).copied().unwrap_or(NONE);
            }
            if candidate != NONE {
                out.push(candidate);
                at = end;
                if at == bytes.len() {
                    return true;
                }
                candidate = self.longest(bytes.get(at..).unwrap_or_default());
                continue;
            }
            if let Some(word) = dead.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
            let Some(last) = previous else { return false };
            out.pop();
            at -= self.token_len(last);
            candidate = self.shorter.get(last as usize).copied().unwrap_or(NONE);
        }
    }

    /// The longest reachable token at the beginning of `bytes`, or [`NONE`].
    fn longest(&self, bytes: &[u8]) -> u32 {
        self.forward.walk(bytes.iter().copied()).last().map_or(NONE, |(token, _)| token)
    }

    /// The reachable tokens from their ends.
    pub(super) fn backward(&self, vocab: &Vocab) -> &Trie {
        self.backward.get_or_init(|| {
            let reversed = |id: u32| -> Option<(Vec<u8>, u32)> {
                Some((vocab.token_bytes(id)?.iter().rev().copied().collect(), id))
            };
            let ids = vocab.order().iter().copied().filter(|&id| self.reachable(id));
            let mut reversed: Vec<(Vec<u8>, u32)> = ids.filter_map(reversed).collect();
            reversed.sort_unstable();
            let entries: Vec<(&[u8], u32)> =
                reversed.iter().map(|(bytes, id)| (bytes.as_slice(), *id)).collect();
            Trie::new(&entries)
        })
    }

    /// Bytes that the token writes.
    #[inline]
    pub(super) fn token_len(&self, id: u32) -> usize {
        let place = |at: usize| self.starts.get(at).copied().unwrap_or_default() as usize;
        place(id as usize + 1).saturating_sub(place(id as usize))
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

    /// Whether every token's last merge comes behind those of its parts. If
    /// not, [`Merges::valid_pair`] must encode pairs with those of which it
    /// does not.
    pub fn is_proper(&self) -> bool {
        self.proper
    }

    /// Whether encoding what two tokens write gives these two tokens.
    ///
    /// A sequence of tokens is the encoding of what it writes if and only if
    /// all its pairs of neighbours are valid. That does not hold for tokens of
    /// single bytes that spell a character, where merging begins with
    /// characters ([`Merges::by_chars`]).
    #[inline]
    pub fn valid_pair(&self, left: u32, right: u32) -> bool {
        if !self.reachable(left) || !self.reachable(right) {
            return false;
        }
        if self.by_chars() && (self.is_byte(left) || self.is_byte(right)) {
            return self.encodes_as(left, right);
        }
        self.are_apart(left, right)
    }

    /// Whether two reachable tokens that are neighbours remain so, where
    /// nothing but merges could join them.
    #[inline]
    pub(super) fn are_apart(&self, left: u32, right: u32) -> bool {
        if !(self.proper || self.is_orderly(left) && self.is_orderly(right)) {
            return self.encodes_as(left, right);
        }
        self.pair(left, right).0 == NONE && !self.meet(left, right)
    }

    fn is_orderly(&self, id: u32) -> bool {
        self.orderly.get(id as usize) == Some(&true)
    }

    fn is_byte(&self, id: u32) -> bool {
        self.initial.bytes.contains(&id)
    }

    fn encodes_as(&self, left: u32, right: u32) -> bool {
        let mut word = Word::default();
        let bytes = [self.written(left), self.written(right)].concat();
        self.begin(&bytes, |id, len| word.push(id, len));
        word.merge(self);
        let mut tokens = word.tokens().map(|(id, _)| id);
        tokens.next() == Some(left) && tokens.next() == Some(right) && tokens.next().is_none()
    }

    /// What a token writes.
    fn written(&self, id: u32) -> &[u8] {
        let start = self.starts.get(id as usize).copied().unwrap_or_default() as usize;
        self.text.get(start..start + self.token_len(id)).unwrap_or_default()
    }

    /// One more than the rank of the last merge of a token; 0 if it has none.
    #[inline]
    fn time(&self, id: u32) -> u32 {
        self.derived.get(id as usize).map_or(0, |merge| merge.rank.wrapping_add(1))
    }

    /// Whether something merges over the edge between two reachable tokens
    /// before both of them are there.
    ///
    /// Their last merges are undone, the later first. What faces each other
    /// over the edge then must not merge before the merge just undone: of
    /// equal ranks the left one comes first, so on the left side the rank must
    /// be lower, on the right it may be equal.
    #[inline]
    fn meet(&self, mut left: u32, mut right: u32) -> bool {
        let (mut left_time, mut right_time) = (self.time(left), self.time(right));
        loop {
            let limit = if left_time > right_time {
                left = self.derived.get(left as usize).map_or(NONE, |merge| merge.right);
                let limit = left_time - 1;
                left_time = self.time(left);
                limit
            } else if right_time > 0 {
                right = self.derived.get(right as usize).map_or(NONE, |merge| merge.left);
                let limit = right_time;
                right_time = self.time(right);
                limit
            } else {
                return false;
            };
            // No pair has the rank `NONE`, and no limit is above it.
            if self.pair(left, right).0 < limit {
                return true;
            }
        }
    }
}

/// The first character of `bytes`, if they begin with one.
pub(super) fn first_char(bytes: &[u8]) -> Option<char> {
    let len = match bytes.first()? {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    str::from_utf8(bytes.get(..len)?).ok()?.chars().next()
}
