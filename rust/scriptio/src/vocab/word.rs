//! [`Word`]: one piece while its pairs merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::NONE;
use super::merges::Merges;

/// From this many symbols on a heap finds the next merge. Fewer are searched
/// from left to right, which is faster as long as they fit a cache line or two.
pub(super) const MANY: usize = 40;

/// A token of the word, and what becomes of it and its right neighbour.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    id: u32,
    /// Bytes of the text that it stands for.
    len: u32,
    /// [`NONE`] if the pair does not merge.
    rank: u32,
    result: u32,
}

/// The symbols of one piece. Kept from piece to piece for its memory.
#[derive(Debug, Default)]
pub(super) struct Word {
    symbols: Vec<Symbol>,
    /// Neighbours of each symbol while a heap is used.
    links: Vec<(u32, u32)>,
    heap: Vec<Reverse<u64>>,
}

impl Word {
    pub(super) fn clear(&mut self) {
        self.symbols.clear();
    }

    /// Append a token that stands for `len` bytes.
    #[inline]
    pub(super) fn push(&mut self, id: u32, len: u32) {
        self.symbols.push(Symbol { id, len, rank: NONE, result: NONE });
    }

    /// The tokens and how many bytes each stands for.
    #[inline]
    pub(super) fn tokens(&self) -> impl ExactSizeIterator<Item = (u32, u32)> {
        self.symbols.iter().map(|symbol| (symbol.id, symbol.len))
    }

    /// Merge pairs, the lowest rank first and of equals the leftmost, until
    /// none is left. The last merge, if there was one: left, right, rank,
    /// result.
    pub(super) fn merge(&mut self, merges: &Merges) -> Option<(u32, u32, u32, u32)> {
        let mut next = NONE;
        for symbol in self.symbols.iter_mut().rev() {
            (symbol.rank, symbol.result) = merges.pair(symbol.id, next);
            next = symbol.id;
        }
        self.run(merges)
    }

    /// [`Word::merge`] of the tokens of single bytes, which `pairs` tells the
    /// merges of.
    #[inline]
    pub(super) fn merge_bytes(&mut self, bytes: &[u8], merges: &Merges) {
        self.symbols.clear();
        let mut bytes = bytes.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let id = merges.byte(byte);
            let (rank, result) =
                bytes.peek().map_or((NONE, NONE), |&next| merges.byte_pair(byte, next));
            self.symbols.push(Symbol { id, len: 1, rank, result });
        }
        self.run(merges);
    }

    fn run(&mut self, merges: &Merges) -> Option<(u32, u32, u32, u32)> {
        if self.symbols.len() < MANY { self.merge_few(merges) } else { self.merge_many(merges) }
    }

    fn merge_few(&mut self, merges: &Merges) -> Option<(u32, u32, u32, u32)> {
        let mut last = None;
        loop {
            let (mut lowest, mut at) = (NONE, 0);
            for (i, symbol) in self.symbols.iter().enumerate() {
                if symbol.rank < lowest {
                    (lowest, at) = (symbol.rank, i);
                }
            }
            if lowest == NONE {
                return last;
            }
            let right = self.symbols.remove(at + 1);
            let behind = self.symbols.get(at + 1).map_or(NONE, |symbol| symbol.id);
            let merged = self.symbols.get_mut(at)?;
            last = Some((merged.id, right.id, merged.rank, merged.result));
            merged.id = merged.result;
            merged.len += right.len;
            (merged.rank, merged.result) = merges.pair(merged.id, behind);
            let id = merged.id;
            if let Some(before) = at.checked_sub(1).and_then(|at| self.symbols.get_mut(at)) {
                (before.rank, before.result) = merges.pair(before.id, id);
            }
        }
    }

    fn merge_many(&mut self, merges: &Merges) -> Option<(u32, u32, u32, u32)> {
        let count = self.symbols.len() as u32;
        self.links.clear();
        self.links.extend(
            (0..count).map(|at| (at.wrapping_sub(1), if at + 1 == count { NONE } else { at + 1 })),
        );
        let mut entries = std::mem::take(&mut self.heap);
        entries.clear();
        let ranked = self.symbols.iter().zip(0..).filter(|(symbol, _)| symbol.rank != NONE);
        entries.extend(ranked.map(|(symbol, at)| entry(symbol.rank, at)));
        let mut heap = BinaryHeap::from(entries);
        let mut last = None;
        while let Some(Reverse(top)) = heap.pop() {
            let (rank, at) = ((top >> 32) as u32, top as u32);
            // A symbol that was merged away has no rank, and one whose pair changed another.
            if self.symbols.get(at as usize).is_none_or(|symbol| symbol.rank != rank) {
                continue;
            }
            let Some(&(before, right)) = self.links.get(at as usize) else { continue };
            let Some(&(_, behind)) = self.links.get(right as usize) else { continue };
            let Some(second) = self.symbols.get_mut(right as usize) else { continue };
            let (second_id, second_len) = (second.id, std::mem::take(&mut second.len));
            second.rank = NONE;
            if let Some(link) = self.links.get_mut(at as usize) {
                link.1 = behind;
            }
            let mut behind_id = NONE;
            if let Some(link) = self.links.get_mut(behind as usize) {
                link.0 = at;
                behind_id = self.symbols.get(behind as usize).map_or(NONE, |symbol| symbol.id);
            }
            let Some(merged) = self.symbols.get_mut(at as usize) else { continue };
            last = Some((merged.id, second_id, rank, merged.result));
            merged.id = merged.result;
            merged.len += second_len;
            (merged.rank, merged.result) = merges.pair(merged.id, behind_id);
            let id = merged.id;
            if merged.rank != NONE {
                heap.push(entry(merged.rank, at));
            }
            if let Some(symbol) = self.symbols.get_mut(before as usize) {
                (symbol.rank, symbol.result) = merges.pair(symbol.id, id);
                if symbol.rank != NONE {
                    heap.push(entry(symbol.rank, before));
                }
            }
        }
        self.heap = heap.into_vec();
        self.symbols.retain(|symbol| symbol.len > 0);
        last
    }
}

/// An entry of the heap: lowest rank first, then leftmost.
fn entry(rank: u32, at: u32) -> Reverse<u64> {
    Reverse(u64::from(rank) << 32 | u64::from(at))
}
