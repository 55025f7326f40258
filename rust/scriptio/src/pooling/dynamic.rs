//! [`DynamicBpe`]: the commonest pairs of neighbouring tokens of a batch become
//! tokens of their own.
//!
//! This is byte-pair encoding on top of the tokens that a model knows: a batch
//! becomes shorter, and each new token stands for a stretch of old ones, of
//! whose vectors a model makes one. Feher, Vulić & Minixhofer 2025,
//! "Retrofitting Large Language Models with Dynamic Tokenization", ACL.
//!
//! A pair counts as often as it can be merged, so `a a a` holds `a a` once: with
//! each merge the batch loses as many tokens as the pair has counted. Of pairs that
//! count alike the one with the smaller ids is merged first. What is learned is
//! thereby a function of the set of sequences, whatever their order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::learner::Learner;
use crate::Error;

/// The tokens of one text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sequence<'a> {
    /// Their ids.
    pub ids: &'a [u32],
    /// At which tokens a word starts, rising. Tokens of two words are never
    /// merged; without any the whole sequence is one word.
    pub word_starts: &'a [usize],
}

/// When to stop: as soon as one of these is reached, or no pair counts enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// That many merges were made.
    pub merges: Option<usize>,
    /// The batch has lost this share of its tokens.
    pub reduction: Option<f64>,
    /// A pair is merged only if it counts as often as this.
    pub min_count: usize,
}

/// Two tokens became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The new token.
    pub id: u32,
    /// Its left half: an id of the batch, or of an earlier merge.
    pub left: u32,
    /// Its right half.
    pub right: u32,
    /// How often they were merged in the batch; 0 if the table was not learned
    /// but given.
    pub count: usize,
}

/// A sequence after the merges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// Its tokens.
    pub ids: Vec<u32>,
    /// Where each ends, counted in tokens of the sequence before the merges:
    /// the spans between them partition it.
    pub ends: Vec<usize>,
}

/// Merges of tokens, learned from a batch.
///
/// ```
/// use scriptio::pooling::{DynamicBpe, Goal, Sequence};
///
/// let sequence = Sequence { ids: &[7, 8, 9, 7, 8, 5, 7, 8, 9], word_starts: &[] };
/// let goal = Goal { merges: Some(2), reduction: None, min_count: 2 };
/// let (bpe, merged) = DynamicBpe::learn(&[sequence], 100, goal)?;
/// assert_eq!(merged[0].ids, [101, 100, 5, 101]);
/// assert_eq!(merged[0].ends, [3, 5, 6, 9]);
/// assert_eq!(bpe.expand(&merged[0].ids)?, sequence.ids);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DynamicBpe {
    first_id: u32,
    merges: Vec<Merge>,
    /// How many original tokens each new one stands for.
    lengths: Vec<u32>,
    /// Which merge a pair is.
    ranks: HashMap<(u32, u32), u32>,
}

impl DynamicBpe {
    /// The merges of a batch, most frequent first, and the batch after them. New
    /// tokens have the ids from `first_id` on.
    ///
    /// `O(n log n)` for a batch of `n` tokens and all merges together: each merge
    /// looks at the places of its pair alone, and each place at its two neighbours.
    ///
    /// # Errors
    /// `goal` names neither a number of merges nor a reduction, the reduction is not
    /// from 0 to 1, `min_count` is 0, an id is not below `first_id`, word starts do not
    /// rise or leave their sequence, or there are more tokens or ids than 32 bits hold.
    pub fn learn(
        batch: &[Sequence<'_>],
        first_id: u32,
        goal: Goal,
    ) -> Result<(Self, Vec<Merged>), Error> {
        goal.check()?;
        for (index, sequence) in batch.iter().enumerate() {
            sequence.check(&format!("batch[{index}]"))?;
            if let Some((at, id)) = sequence.ids.iter().enumerate().find(|&(_, &id)| id >= first_id)
            {
                return Err(Error::invalid(format!(
                    "batch[{index}] holds the id {id} at {at}, which first_id ({first_id}) makes \
                     the id of a new token; pass a first_id above every id of the batch"
                )));
            }
        }
        let total: usize = batch.iter().map(|sequence| sequence.ids.len()).sum();
        let Some(mut learner) = Learner::new(batch) else {
            return Err(Error::invalid(format!(
                "the batch holds {total} tokens; at most {} can be merged at once, so pass fewer \
                 sequences",
                u32::MAX - 1
            )));
        };
        let mut bpe = Self::empty(first_id);
        let mut lost = 0;
        while !goal.is_reached(bpe.merges.len(), lost, total) {
            let Some(((left, right), count)) = learner.best(goal.min_count) else { break };
            let id = bpe.push(left, right, count)?;
            learner.merge((left, right), id);
            lost += count;
        }
        Ok((bpe, learner.merged(batch)))
    }

    /// The merges `pairs`, in their order, whose new ids count up from `first_id`:
    /// what [`Self::merges`] of another told.
    ///
    /// # Errors
    /// A half of a pair is neither below `first_id` nor the id of an earlier pair, a
    /// pair comes twice, or ids or lengths are more than 32 bits hold.
    pub fn from_pairs(first_id: u32, pairs: &[(u32, u32)]) -> Result<Self, Error> {
        let mut bpe = Self::empty(first_id);
        for &(left, right) in pairs {
            bpe.push(left, right, 0)?;
        }
        Ok(bpe)
    }

    fn empty(first_id: u32) -> Self {
        Self { first_id, merges: Vec::new(), lengths: Vec::new(), ranks: HashMap::new() }
    }

    /// Adds a merge, and gives its id.
    fn push(&mut self, left: u32, right: u32, count: usize) -> Result<u32, Error> {
        let rank = self.merges.len();
        let id = u32::try_from(rank)
            .ok()
            .and_then(|rank| self.first_id.checked_add(rank))
            .filter(|&id| id < u32::MAX)
            .ok_or_else(|| {
                Error::invalid(format!(
                    "first_id is {}, which leaves no 32-bit id for merge number {rank}; pass a \
                     smaller one",
                    self.first_id
                ))
            })?;
        if let Some(half) = [left, right].into_iter().find(|&half| half >= id) {
            return Err(Error::invalid(format!(
                "merge number {rank} is of {left} and {right}, but {half} is no token yet; ids \
                 below first_id ({}) and those of earlier merges are",
                self.first_id
            )));
        }
        let length = self.length(left).saturating_add(self.length(right));
        if length == u32::MAX {
            return Err(Error::invalid(format!(
                "merge number {rank}, of {left} and {right}, stands for more tokens than 32 bits \
                 count; leave it out"
            )));
        }
        if let Some(earlier) = self.ranks.insert((left, right), rank as u32) {
            return Err(Error::invalid(format!(
                "merge number {rank}, of {left} and {right}, is merge number {earlier} again; \
                 leave it out"
            )));
        }
        self.merges.push(Merge { id, left, right, count });
        self.lengths.push(length);
        Ok(id)
    }

    /// The merge that made `id`, if one did.
    fn rank(&self, id: u32) -> Option<usize> {
        let rank = id.checked_sub(self.first_id)? as usize;
        (rank < self.merges.len()).then_some(rank)
    }

    /// How many original tokens `id` stands for.
    fn length(&self, id: u32) -> u32 {
        self.rank(id).and_then(|rank| self.lengths.get(rank).copied()).unwrap_or(1)
    }

    /// The id of the first new token.
    pub fn first_id(&self) -> u32 {
        self.first_id
    }

    /// The merges, in the order in which they are made.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The original tokens that `ids` stand for, one after another.
    ///
    /// Linear in what comes out.
    ///
    /// # Errors
    /// An id is neither original nor of this table, or there is no memory for so many.
    pub fn expand(&self, ids: &[u32]) -> Result<Vec<u32>, Error> {
        let mut total = 0_usize;
        for (index, &id) in ids.iter().enumerate() {
            if id >= self.first_id && self.rank(id).is_none() {
                return Err(Error::invalid(format!(
                    "ids[{index}] is {id}, which is no token; the {} new tokens have the ids from \
                     {} on",
                    self.merges.len(),
                    self.first_id
                )));
            }
            total = total.saturating_add(self.length(id) as usize);
        }
        let mut out = Vec::new();
        out.try_reserve_exact(total).map_err(|_| {
            Error::invalid(format!(
                "ids stand for {total} tokens, for which there is no memory; expand them in parts"
            ))
        })?;
        let mut stack = Vec::new();
        for &id in ids {
            stack.push(id);
            while let Some(id) = stack.pop() {
                match self.rank(id).and_then(|rank| self.merges.get(rank)) {
                    Some(merge) => stack.extend([merge.right, merge.left]),
                    None => out.push(id),
                }
            }
        }
        Ok(out)
    }

    /// A sequence after the merges. One of the batch that they were learned from
    /// becomes what it became there.
    ///
    /// `O(n log n)` for a word of `n` tokens.
    ///
    /// # Errors
    /// Word starts do not rise or leave the sequence, or it is longer than 32 bits hold.
    pub fn apply(&self, sequence: Sequence<'_>) -> Result<Merged, Error> {
        sequence.check("the sequence")?;
        if u32::try_from(sequence.ids.len()).is_err() {
            return Err(Error::invalid("the sequence has more tokens than 32 bits count"));
        }
        let mut out = Merged::default();
        let mut word = Word::default();
        for (start, end) in sequence.words() {
            if let Some(ids) = sequence.ids.get(start..end) {
                word.merge(ids, self);
                for (at, id) in word.left() {
                    if at > 0 {
                        out.ends.push(start + at);
                    }
                    out.ids.push(id);
                }
                out.ends.push(end);
            }
        }
        Ok(out)
    }
}

impl Goal {
    fn check(&self) -> Result<(), Error> {
        if self.merges.is_none() && self.reduction.is_none() {
            return Err(Error::invalid(
                "neither merges nor reduction is given; pass the number of merges, the share of \
                 tokens to lose, or both",
            ));
        }
        if let Some(share) = self.reduction.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::invalid(format!(
                "reduction is {share}; pass the share of tokens to lose, from 0 to 1"
            )));
        }
        if self.min_count == 0 {
            return Err(Error::invalid("min_count is 0; a pair to merge must occur, so pass 1"));
        }
        Ok(())
    }

    fn is_reached(&self, merges: usize, lost: usize, total: usize) -> bool {
        self.merges.is_some_and(|most| merges >= most)
            || self.reduction.is_some_and(|share| lost as f64 >= share * total as f64)
    }
}

impl Sequence<'_> {
    fn check(&self, name: &str) -> Result<(), Error> {
        let mut before = None;
        for &start in self.word_starts {
            if start >= self.ids.len() {
                return Err(Error::invalid(format!(
                    "a word of {name} starts at {start}, but the sequence has {} tokens; word \
                     starts are indices of tokens",
                    self.ids.len()
                )));
            }
            if before.is_some_and(|before| start <= before) {
                return Err(Error::invalid(format!(
                    "a word of {name} starts at {start} after one that starts at {}; word starts \
                     must rise",
                    before.unwrap_or_default()
                )));
            }
            before = Some(start);
        }
        Ok(())
    }

    /// Start and end of each word; none is empty.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let ends = self.word_starts.iter().copied().chain([self.ids.len()]);
        let mut start = 0;
        ends.filter_map(move |end| {
            let word = (start, end);
            start = end;
            (word.0 < word.1).then_some(word)
        })
    }
}

/// The tokens of a word while they are merged.
#[derive(Default)]
struct Word {
    /// The token that starts at each place, if one does.
    tokens: Vec<Option<u32>>,
    /// Where the next token and the one before start.
    next: Vec<usize>,
    before: Vec<usize>,
    /// Merges that could be made: the earliest first, and of one merge the leftmost place.
    queue: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Word {
    fn token(&self, at: usize) -> Option<u32> {
        self.tokens.get(at).copied().flatten()
    }

    fn merge(&mut self, ids: &[u32], bpe: &DynamicBpe) {
        let len = ids.len();
        self.tokens.clear();
        self.tokens.extend(ids.iter().map(|&id| Some(id)));
        self.next.clear();
        self.next.extend(1..=len);
        self.before.clear();
        self.before.extend((0..len).map(|at| at.wrapping_sub(1)));
        for at in 1..len {
            self.offer(at - 1, at, bpe);
        }
        while let Some(Reverse((rank, at))) = self.queue.pop() {
            let (Some(merge), Some(&right)) = (bpe.merges.get(rank as usize), self.next.get(at))
            else {
                continue;
            };
            // What the queue holds may be gone by now.
            if self.token(at) != Some(merge.left) || self.token(right) != Some(merge.right) {
                continue;
            }
            let behind = self.next.get(right).copied().unwrap_or(len);
            put(&mut self.tokens, at, Some(merge.id));
            put(&mut self.tokens, right, None);
            put(&mut self.next, at, behind);
            put(&mut self.before, behind, at);
            let before = self.before.get(at).copied().unwrap_or(usize::MAX);
            self.offer(before, at, bpe);
            self.offer(at, behind, bpe);
        }
    }

    /// Puts the merge of two neighbours into the queue, if there is one.
    fn offer(&mut self, at: usize, next: usize, bpe: &DynamicBpe) {
        if let (Some(left), Some(right)) = (self.token(at), self.token(next))
            && let Some(&rank) = bpe.ranks.get(&(left, right))
        {
            self.queue.push(Reverse((rank, at)));
        }
    }

    /// What is left: where each token starts, and its id.
    fn left(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.tokens.iter().enumerate().filter_map(|(at, &id)| Some((at, id?)))
    }
}

fn put<T>(items: &mut [T], at: usize, value: T) {
    if let Some(item) = items.get_mut(at) {
        *item = value;
    }
}
