//! [`Learner`]: which pair of tokens is the commonest, while pairs are merged.
//!
//! Tokens are a list in which each knows its neighbours of the same word. A pair
//! knows its places, which arise in one go: all of them when the younger of its two
//! tokens is made. So they lie in order, those that are gone are merely passed over,
//! and counts fall after that but never rise, which lets a queue hold old counts and
//! correct an entry when it comes to the front.
//!
//! A pair of two equal tokens counts half the length of each *run* of them, rounded
//! down. Runs are eaten from their ends and grow at their right alone, so knowing the
//! two ends of each is enough.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::dynamic::{Merged, Sequence};

type Pair = (u32, u32);

/// No token: the neighbour of a word's first and last one, and what a token is that has become
/// part of the one before. No token has this id.
const NONE: u32 = u32::MAX;

#[derive(Default)]
struct Places {
    count: usize,
    /// Of the left token, rising. Some may be gone.
    at: Vec<u32>,
}

/// What the first and the last token of a run of equal ones know of it.
#[derive(Clone, Copy, Default)]
struct Run {
    other_end: u32,
    len: u32,
}

pub(super) struct Learner {
    tokens: Vec<u32>,
    before: Vec<u32>,
    next: Vec<u32>,
    runs: Vec<Run>,
    pairs: HashMap<Pair, Places>,
    /// Counts that may be too high by now. Of equal ones the smaller pair comes first.
    queue: BinaryHeap<(usize, Reverse<Pair>)>,
    /// Pairs that arose since the queue was last filled.
    fresh: Vec<Pair>,
}

impl Learner {
    /// None if there are too many tokens.
    pub(super) fn new(batch: &[Sequence<'_>]) -> Option<Self> {
        let total: usize = batch.iter().map(|sequence| sequence.ids.len()).sum();
        if total >= NONE as usize {
            return None;
        }
        let mut learner = Self {
            tokens: Vec::with_capacity(total),
            before: Vec::with_capacity(total),
            next: Vec::with_capacity(total),
            runs: vec![Run::default(); total],
            pairs: HashMap::new(),
            queue: BinaryHeap::new(),
            fresh: Vec::new(),
        };
        for sequence in batch {
            for (start, end) in sequence.words() {
                learner.add(sequence.ids.get(start..end).unwrap_or_default());
            }
        }
        learner.queue_fresh();
        Some(learner)
    }

    /// Adds a word.
    fn add(&mut self, ids: &[u32]) {
        let mut before = NONE;
        for (index, &id) in ids.iter().enumerate() {
            let at = self.tokens.len() as u32;
            self.tokens.push(id);
            self.before.push(before);
            self.next.push(if index + 1 < ids.len() { at + 1 } else { NONE });
            self.place(at);
            before = at;
        }
    }

    /// The token at a place. `NONE` has none.
    fn token(&self, at: u32) -> u32 {
        get(&self.tokens, at)
    }

    /// The pair that counts most, and its count, if that is at least `min_count`.
    pub(super) fn best(&mut self, min_count: usize) -> Option<(Pair, usize)> {
        while let Some((count, Reverse(pair))) = self.queue.pop() {
            if count < min_count {
                return None;
            }
            match self.pairs.get(&pair).map_or(0, |places| places.count) {
                now if now == count => return Some((pair, count)),
                0 => {
                    self.pairs.remove(&pair);
                }
                now => self.queue.push((now, Reverse(pair))),
            }
        }
        None
    }

    /// Makes a pair the token `id`, wherever it is: from left to right.
    pub(super) fn merge(&mut self, pair: Pair, id: u32) {
        let places = self.pairs.remove(&pair).unwrap_or_default();
        for at in places.at {
            let right = get(&self.next, at);
            if self.token(at) == pair.0 && self.token(right) == pair.1 {
                self.join(at, right, id);
            }
        }
        self.queue_fresh();
    }

    /// Makes the tokens at `left` and `right` one.
    fn join(&mut self, left: u32, right: u32, id: u32) {
        let (before, behind) = (get(&self.before, left), get(&self.next, right));
        let pair = (self.token(left), self.token(right));
        // Pairs with the neighbours that are no more. Equal neighbours are of one run.
        if self.token(before) != pair.0 {
            self.lose((self.token(before), pair.0));
        }
        if self.token(behind) != pair.1 {
            self.lose((pair.1, self.token(behind)));
        }
        if pair.0 == pair.1 {
            self.shrink_at_start(left, behind, 2);
        } else {
            self.shrink_at_end(left, before);
            self.shrink_at_start(right, behind, 1);
        }
        put(&mut self.tokens, left, id);
        put(&mut self.tokens, right, NONE);
        put(&mut self.next, left, behind);
        put(&mut self.before, behind, left);
        self.place(left);
        if behind != NONE {
            self.gain((id, self.token(behind)), left, 1);
        }
    }

    /// A new token stands at `at`: its run, and its pair with the one before.
    fn place(&mut self, at: u32) {
        let (before, id) = (get(&self.before, at), self.token(at));
        if self.token(before) != id || before == NONE {
            put(&mut self.runs, at, Run { other_end: at, len: 1 });
            if before != NONE {
                self.gain((self.token(before), id), before, 1);
            }
            return;
        }
        let run = get(&self.runs, before);
        self.set_run(run.other_end, at, run.len + 1);
        self.gain((id, id), before, usize::from(run.len % 2 == 1));
    }

    /// The first `by` tokens of the run that starts at `start` leave it; `next` is behind them.
    fn shrink_at_start(&mut self, start: u32, next: u32, by: u32) {
        let run = get(&self.runs, start);
        self.resize((next, run.other_end), get(&self.tokens, start), run.len, by);
    }

    /// The last token of the run that ends at `end` leaves it; `before` is the one before.
    fn shrink_at_end(&mut self, end: u32, before: u32) {
        let run = get(&self.runs, end);
        self.resize((run.other_end, before), get(&self.tokens, end), run.len, 1);
    }

    /// A run of `len` tokens `id` loses `by` of them, which leaves those from `start` to `end`.
    fn resize(&mut self, (start, end): (u32, u32), id: u32, len: u32, by: u32) {
        let left = len.saturating_sub(by);
        if left > 0 {
            self.set_run(start, end, left);
        }
        for _ in left / 2..len / 2 {
            self.lose((id, id));
        }
    }

    fn set_run(&mut self, start: u32, end: u32, len: u32) {
        put(&mut self.runs, start, Run { other_end: end, len });
        put(&mut self.runs, end, Run { other_end: start, len });
    }

    fn lose(&mut self, pair: Pair) {
        // The pair that is being merged is no longer there.
        if let Some(places) = self.pairs.get_mut(&pair) {
            places.count = places.count.saturating_sub(1);
        }
    }

    fn gain(&mut self, pair: Pair, at: u32, count: usize) {
        let places = self.pairs.entry(pair).or_default();
        if places.at.is_empty() {
            self.fresh.push(pair);
        }
        places.at.push(at);
        places.count += count;
    }

    fn queue_fresh(&mut self) {
        for pair in self.fresh.drain(..) {
            match self.pairs.get(&pair).map_or(0, |places| places.count) {
                0 => {
                    self.pairs.remove(&pair);
                }
                count => self.queue.push((count, Reverse(pair))),
            }
        }
    }

    /// What the sequences of the batch have become.
    pub(super) fn merged(&self, batch: &[Sequence<'_>]) -> Vec<Merged> {
        let mut start = 0;
        let of_one = |sequence: &Sequence<'_>| {
            let len = sequence.ids.len();
            let tokens = self.tokens.get(start..start + len).unwrap_or_default();
            start += len;
            let left = || tokens.iter().enumerate().filter(|&(_, &id)| id != NONE);
            let ends = left().map(|(at, _)| at).skip(1).chain((len > 0).then_some(len));
            Merged { ids: left().map(|(_, &id)| id).collect(), ends: ends.collect() }
        };
        batch.iter().map(of_one).collect()
    }
}

trait Missing: Copy {
    const MISSING: Self;
}

impl Missing for u32 {
    const MISSING: Self = NONE;
}

impl Missing for Run {
    const MISSING: Self = Self { other_end: NONE, len: 0 };
}

fn get<T: Missing>(items: &[T], at: u32) -> T {
    items.get(at as usize).copied().unwrap_or(T::MISSING)
}

/// Nothing is kept at `NONE`.
fn put<T>(items: &mut [T], at: u32, value: T) {
    if let Some(item) = items.get_mut(at as usize) {
        *item = value;
    }
}
