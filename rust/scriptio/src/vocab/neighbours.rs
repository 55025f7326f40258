//! Which tokens byte-pair encoding never puts behind a given one.
//!
//! While the bytes of two neighbours `l r` merge, `l` shows a growing token at
//! its right end (its right spine) and `r` one at its left end (its left
//! spine), each from the merge that makes it to the merge that takes it. If a
//! merge of two facing tokens falls into the time of both, it happens, and
//! `l r` is no encoding. (The pair rule of the `bpe` crate's corollaries.)
//!
//! Tokens that have `b` on their left spine at least until rank `r` are `b`
//! and the trees below those of its children (tokens made of `b` and
//! something) whose rank is not below `r`: with children in order of rank, one
//! run of a walk through the forest of left parts. So the tokens that cannot
//! follow `l` are a few runs for each merge of its spine.

use super::{Merges, NONE, Vocab};

/// The forest of left parts of a vocabulary, and its merges by left part.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// Last merge of every token, right part and rank; [`NONE`] for symbols.
    right: Vec<u32>,
    rank: Vec<u32>,
    /// Merges of a left part: `merges[starts[l]..starts[l + 1]]`, as (rank, right part).
    merge_starts: Vec<u32>,
    merges: Vec<(u32, u32)>,
    /// Children of a left part, in order of rank: `children[starts[l]..starts[l + 1]]`.
    child_starts: Vec<u32>,
    children: Vec<u32>,
    /// Where the walk meets a token, and where it has left the tree below it.
    enter: Vec<u32>,
    leave: Vec<u32>,
    /// The places in [`Vocab::order`] of the tokens, as the walk meets them.
    walk: Vec<u32>,
}

impl Neighbours {
    pub(super) fn new(vocab: &Vocab, merges: &Merges) -> Self {
        let count = vocab.len();
        let (mut right, mut rank) = (vec![NONE; count], vec![NONE; count]);
        let (mut by_left, mut tree) = (Vec::new(), Vec::new());
        for (l, r, merge_rank, _) in merges.iter() {
            by_left.push((l, (merge_rank, r)));
        }
        let mut roots = Vec::new();
        for id in 0..count as u32 {
            match merges.derivation(id) {
                Some((l, r, merge_rank)) => {
                    if let (Some(to), Some(at)) =
                        (right.get_mut(id as usize), rank.get_mut(id as usize))
                    {
                        (*to, *at) = (r, merge_rank);
                    }
                    tree.push((l, (merge_rank, id)));
                }
                None => roots.push(id),
            }
        }
        let (merge_starts, merges) = grouped(by_left, count);
        let (child_starts, children) = grouped(tree, count);
        let children: Vec<u32> = children.into_iter().map(|(_, id)| id).collect();
        let mut found = Self {
            right,
            rank,
            merge_starts,
            merges,
            child_starts,
            children,
            enter: vec![0; count],
            leave: vec![0; count],
            walk: Vec::with_capacity(count),
        };
        found.number(vocab, roots);
        found
    }

    /// Walks the forest, children in order of rank.
    fn number(&mut self, vocab: &Vocab, roots: Vec<u32>) {
        // A token is met when it is taken from the stack first, left at the second time.
        let mut stack: Vec<(u32, bool)> = roots.into_iter().rev().map(|id| (id, false)).collect();
        while let Some((id, met)) = stack.pop() {
            let now = self.walk.len() as u32;
            if met {
                if let Some(leave) = self.leave.get_mut(id as usize) {
                    *leave = now;
                }
                continue;
            }
            if let Some(enter) = self.enter.get_mut(id as usize) {
                *enter = now;
            }
            self.walk.push(vocab.rank(id));
            stack.push((id, true));
            let children = range(&self.child_starts, id);
            let children = self.children.get(children).unwrap_or_default();
            stack.extend(children.iter().rev().map(|&child| (child, false)));
        }
    }

    /// Sets the bits, by place in [`Vocab::order`], of the tokens that no
    /// encoding has behind `left`.
    pub(super) fn mark_invalid(&self, left: u32, bits: &mut [u64]) {
        let mut spine = left;
        let mut taken = NONE; // The rank of the merge that takes it: none takes `left` itself.
        loop {
            let merges = range(&self.merge_starts, spine);
            for &(rank, right) in self.merges.get(merges).unwrap_or_default() {
                // Of two merges of one rank the left one comes first: the one inside `left`.
                if rank >= taken {
                    break;
                }
                self.mark_from(right, rank, bits);
            }
            let place = spine as usize;
            let (Some(&next), Some(&rank)) = (self.right.get(place), self.rank.get(place)) else {
                break;
            };
            if next == NONE {
                break;
            }
            (spine, taken) = (next, rank);
        }
    }

    /// `token`, and the tokens that have it at their left end when the merges
    /// of `rank` come.
    fn mark_from(&self, token: u32, rank: u32, bits: &mut [u64]) {
        let place = token as usize;
        let (Some(&enter), Some(&leave)) = (self.enter.get(place), self.leave.get(place)) else {
            return;
        };
        self.mark_walk(enter, enter + 1, bits);
        let children = self.children.get(range(&self.child_starts, token)).unwrap_or_default();
        let rank_of = |child: &u32| self.rank.get(*child as usize).copied().unwrap_or(NONE);
        let later = children.partition_point(|child| rank_of(child) < rank);
        if let Some(&child) = children.get(later) {
            let from = self.enter.get(child as usize).copied().unwrap_or(leave);
            self.mark_walk(from, leave, bits);
        }
    }

    fn mark_walk(&self, from: u32, to: u32, bits: &mut [u64]) {
        for &place in self.walk.get(from as usize..to as usize).unwrap_or_default() {
            if let Some(word) = bits.get_mut(place as usize / 64) {
                *word |= 1 << (place % 64);
            }
        }
    }
}

fn range(starts: &[u32], id: u32) -> std::ops::Range<usize> {
    let at = |i: usize| starts.get(i).copied().unwrap_or(0) as usize;
    at(id as usize)..at(id as usize + 1)
}

/// `items` by their key, sorted within each: starts of the groups, and the items.
fn grouped(mut items: Vec<(u32, (u32, u32))>, count: usize) -> (Vec<u32>, Vec<(u32, u32)>) {
    items.sort_unstable();
    let mut starts = vec![0; count + 1];
    for (key, _) in &items {
        if let Some(start) = starts.get_mut(*key as usize + 1) {
            *start += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    (starts, items.into_iter().map(|(_, item)| item).collect())
}
