//! The best way through the cuts of a stretch of text.
//!
//! A segmentation is a path from the stretch's start to its end over some of
//! the nodes between. It has a *cost*, an integer that says how far it is from
//! what was asked for, and a *score*, the sum of logarithms of priors and
//! probabilities. Best is the smallest cost, and of those the largest score.
//!
//! The dynamic programme asks, at each node, which one was best to come from.
//! Lengths within the prior's reach are asked for one by one, blocks of nodes
//! that cannot win aside; beyond, the prior's logarithm is a straight line, so
//! that the best of a sliding window is the head of a monotone queue. Time is
//! `O(n · c)`, where `c` is the number of nodes within the reach or the
//! maximal length, whichever is less; `O(n)` for the uniform prior.

use std::collections::VecDeque;

use super::prior::Prior;

/// Cost of a segment that is shorter than the minimum. Each kind of cost is
/// 4096 times the next, so that in effect they are compared one after another;
/// a sum over 10⁸ segments still fits.
const SHORT: i64 = 1 << 36;
/// Cost of passing over a boundary that a line break forces.
pub(crate) const FORCED: i64 = 1 << 24;
/// Cost of cutting where the segment asked for needed no cut.
pub(crate) const BROKEN: i64 = 1 << 12;
/// Cost of passing over a boundary that was asked for.
pub(crate) const LOST: i64 = 1;

/// Bounds of the length of a segment in code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) min: usize,
    /// `usize::MAX` if there is none.
    pub(crate) max: usize,
}

/// A place that the path may touch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// Code points from the start of the stretch.
    pub(crate) at: usize,
    /// Logarithm of the probability.
    pub(crate) gain: f64,
    /// Cost of touching it.
    pub(crate) cost: i64,
    /// Cost of passing over it.
    pub(crate) loss: i64,
}

impl Node {
    /// The start or the end of a stretch.
    pub(crate) fn edge(at: usize) -> Self {
        Self { at, gain: 0.0, cost: 0, loss: 0 }
    }
}

/// Cost and score of a path, or of its last step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value {
    pub(crate) cost: i64,
    pub(crate) score: f64,
}

impl Value {
    const NONE: Self = Self { cost: i64::MAX, score: f64::NEG_INFINITY };

    fn beats(self, other: Self) -> bool {
        self.cost < other.cost || self.cost == other.cost && self.score > other.score
    }
}

/// A stretch of text: its nodes, the first of which is its start and the last
/// its end. No two neighbours are farther apart than the maximum.
pub(crate) struct Stretch<'a> {
    nodes: &'a [Node],
    limits: Limits,
    prior: &'a Prior,
    /// The prior's logarithm for each length within its reach.
    table: &'a [f64],
    /// The cost of passing over all nodes up to each.
    losses: Vec<i64>,
}

impl<'a> Stretch<'a> {
    /// `table` is room for the prior's logarithms, which grows as longer
    /// stretches with the same limits and prior need more of them.
    pub(crate) fn new(
        nodes: &'a [Node],
        limits: Limits,
        prior: &'a Prior,
        table: &'a mut Vec<f64>,
    ) -> Self {
        let length = nodes.last().map_or(0, |node| node.at);
        let reach = prior.reach().min(limits.max).min(length);
        table.extend((table.len()..=reach).map(|len| prior.log(len.max(1))));
        let mut loss = 0;
        let losses = nodes
            .iter()
            .map(|node| {
                loss += node.loss;
                loss
            })
            .collect();
        Self { nodes, limits, prior, table, losses }
    }

    fn at(&self, index: usize) -> usize {
        self.nodes.get(index).map_or(0, |node| node.at)
    }

    /// What passing over the nodes between two costs.
    fn loss(&self, from: usize, to: usize) -> i64 {
        let up_to = |index: usize| self.losses.get(index).copied().unwrap_or_default();
        up_to(to.saturating_sub(1)) - up_to(from)
    }

    fn log(&self, len: usize) -> f64 {
        self.table.get(len).copied().unwrap_or_else(|| self.prior.log(len))
    }

    fn short(&self, len: usize) -> i64 {
        if len < self.limits.min { SHORT } else { 0 }
    }

    /// The value of one step of a path.
    pub(crate) fn step(&self, from: usize, to: usize) -> Value {
        let len = self.at(to) - self.at(from);
        let (gain, cost) = self.nodes.get(to).map_or((0.0, 0), |node| (node.gain, node.cost));
        Value { cost: self.loss(from, to) + self.short(len) + cost, score: self.log(len) + gain }
    }

    /// The nodes of the best path, without the start.
    pub(crate) fn best(&self) -> Vec<usize> {
        let count = self.nodes.len();
        let mut done = Done::with_capacity(count);
        let reach = self.table.len() - 1;
        let Limits { min, max } = self.limits;
        // Up to the reach lengths differ one by one; beyond it only by the slope, so that there
        // is one queue for lengths that are too short and one for the others.
        let line = |low: usize, high: usize, cost: i64| Band {
            low,
            high,
            cost,
            slope: self.prior.slope(),
            first: self.prior.log(low.max(1)),
            next: 0,
            queue: VecDeque::new(),
        };
        let mut bands = Vec::new();
        if min > reach + 1 {
            bands.push(line(reach + 1, min - 1, SHORT));
        }
        if max > reach {
            bands.push(line(min.max(reach + 1), max, 0));
        }
        done.push(Value { cost: 0, score: 0.0 }, 0, 0);
        let mut nearest = 0;
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            while self.at(nearest) + reach < node.at {
                nearest += 1;
            }
            let (mut best, mut from) = self.nearby(&done, index, nearest);
            for band in &mut bands {
                if let Some((value, head)) = band.head(self.nodes, &done, index)
                    && value.beats(best)
                {
                    (best, from) = (value, head);
                }
            }
            let passed = self.losses.get(index - 1).copied().unwrap_or_default();
            let lost = self.losses.get(index).copied().unwrap_or_default();
            best.cost += passed + node.cost - lost;
            best.score += node.gain;
            done.push(best, from, index);
        }
        done.path()
    }

    /// The best node to come from to `index` within the reach of the prior,
    /// from `nearest` on.
    fn nearby(&self, done: &Done, index: usize, nearest: usize) -> (Value, usize) {
        let to = self.at(index);
        let (mut best, mut from) = (Value::NONE, index);
        let worth = |value: Value, at: usize| {
            let len = to - at;
            Value { cost: value.cost + self.short(len), score: value.score + self.log(len) }
        };
        // Where the last node came from is a good place for this one, too: what is worse than
        // that need not be looked at.
        let guess = done.from.last().map_or(nearest, |&from| nearest.max(from as usize));
        let least = done.values.get(guess).map_or(Value::NONE, |&v| worth(v, self.at(guess)));
        let mut right = index;
        while right > nearest {
            let block = (right - 1) / BLOCK;
            let left = (block * BLOCK).max(nearest);
            let whole = (block + 1) * BLOCK;
            // A whole block whose best would not do is passed by.
            if right == whole
                && let Some(&bound) = done.blocks.get(block)
            {
                let log = self.highest(to - self.at(right - 1), to - self.at(left));
                let bound = Value { cost: bound.cost, score: bound.score + log };
                if !bound.beats(best) || least.beats(bound) {
                    right = left;
                    continue;
                }
            }
            let values = done.values.get(left..right).unwrap_or_default().iter();
            let nodes = self.nodes.get(left..right).unwrap_or_default().iter();
            for (offset, (value, node)) in values.zip(nodes).enumerate().rev() {
                let value = worth(*value, node.at);
                if value.beats(best) {
                    (best, from) = (value, left + offset);
                }
            }
            right = left;
        }
        (best, from)
    }

    /// The largest logarithm of the prior of lengths from `low` to `high`.
    fn highest(&self, low: usize, high: usize) -> f64 {
        let peak = self.prior.peak();
        if high as f64 <= peak {
            self.log(high.min(self.table.len() - 1))
        } else if low as f64 >= peak {
            self.log(low)
        } else {
            self.log(peak.floor() as usize).max(self.log(peak.ceil() as usize))
        }
    }

    /// The nodes of the path that takes the best step each time, without the
    /// start. The end has no probability, as in [`Self::best`].
    ///
    /// A step is sought among the nodes within the maximum, and no farther
    /// than the prior could still be worth it.
    pub(crate) fn greedy(&self) -> Vec<usize> {
        let end = self.nodes.len().saturating_sub(1);
        let mut path = Vec::new();
        let mut from = 0;
        while from < end {
            let start = self.at(from);
            let (mut best, mut to) = (Value::NONE, from + 1);
            for index in from + 1..=end {
                let len = self.at(index) - start;
                let loss = self.loss(from, index);
                let falls = len as f64 > self.prior.peak() && self.log(len) < best.score;
                if len > self.limits.max || loss > best.cost || loss == best.cost && falls {
                    break;
                }
                let value = self.step(from, index);
                // The longer of two equals.
                if !best.beats(value) {
                    (best, to) = (value, index);
                }
            }
            path.push(to);
            from = to;
        }
        path
    }
}

/// Nodes in a block that is passed by as a whole.
const BLOCK: usize = 32;

/// The nodes that are done: what it is worth to be there, and from where.
struct Done {
    /// Costs are less by what the nodes so far would cost to pass over, so
    /// that those of different nodes compare for a common next one.
    values: Vec<Value>,
    from: Vec<u32>,
    /// The least cost and the largest score of each block, though not of one
    /// node.
    blocks: Vec<Value>,
}

impl Done {
    fn with_capacity(count: usize) -> Self {
        Self {
            values: Vec::with_capacity(count),
            from: Vec::with_capacity(count),
            blocks: Vec::with_capacity(count / BLOCK + 1),
        }
    }

    fn push(&mut self, value: Value, from: usize, index: usize) {
        match self.blocks.last_mut().filter(|_| !index.is_multiple_of(BLOCK)) {
            Some(block) => {
                block.cost = block.cost.min(value.cost);
                block.score = block.score.max(value.score);
            }
            None => self.blocks.push(value),
        }
        self.values.push(value);
        self.from.push(from as u32);
    }

    fn path(&self) -> Vec<usize> {
        let mut path = Vec::new();
        let mut index = self.from.len().saturating_sub(1);
        while index > 0 {
            path.push(index);
            index = self.from.get(index).map_or(0, |&from| from as usize);
        }
        path.reverse();
        path
    }
}

/// Lengths over which the prior's logarithm is a straight line: the best node
/// to come from is the head of a queue.
struct Band {
    low: usize,
    high: usize,
    /// What a segment of these lengths costs.
    cost: i64,
    slope: f64,
    /// The prior's logarithm at `low`.
    first: f64,
    /// The next node to be queued.
    next: usize,
    queue: VecDeque<usize>,
}

impl Band {
    /// The best node to come from to `index`, and what the step is worth.
    fn head(&mut self, nodes: &[Node], done: &Done, index: usize) -> Option<(Value, usize)> {
        let at = |index: usize| nodes.get(index).map_or(0, |node| node.at);
        let to = at(index);
        let worth = |index: usize| {
            let value = done.values.get(index).copied().unwrap_or(Value::NONE);
            Value { cost: value.cost, score: value.score + self.slope * at(index) as f64 }
        };
        while self.next < index && to - at(self.next) >= self.low {
            let new = worth(self.next);
            while self.queue.back().is_some_and(|&back| !worth(back).beats(new)) {
                self.queue.pop_back();
            }
            self.queue.push_back(self.next);
            self.next += 1;
        }
        while self.queue.front().is_some_and(|&front| to - at(front) > self.high) {
            self.queue.pop_front();
        }
        let &front = self.queue.front()?;
        let value = done.values.get(front)?;
        let score = value.score + self.first - self.slope * (to - at(front) - self.low) as f64;
        Some((Value { cost: value.cost + self.cost, score }, front))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use proptest::prelude::*;

    use super::super::prior::PriorShape;
    use super::*;

    fn value(stretch: &Stretch, path: &[usize]) -> Value {
        let mut sum = Value { cost: 0, score: 0.0 };
        let mut from = 0;
        for &to in path {
            let step = stretch.step(from, to);
            sum = Value { cost: sum.cost + step.cost, score: sum.score + step.score };
            from = to;
        }
        sum
    }

    /// Every set of nodes is tried.
    fn brute_force(stretch: &Stretch) -> Value {
        let end = stretch.nodes.len() - 1;
        let mut best = Value::NONE;
        for set in 0_u32..1 << (end - 1) {
            let mut path: Vec<usize> = (1..end).filter(|i| set >> (i - 1) & 1 == 1).collect();
            path.push(end);
            let mut ends = vec![0];
            ends.extend(&path);
            let at = |i: usize| stretch.nodes[i].at;
            if ends.windows(2).any(|pair| at(pair[1]) - at(pair[0]) > stretch.limits.max) {
                continue;
            }
            let value = value(stretch, &path);
            if value.beats(best) {
                best = value;
            }
        }
        best
    }

    fn nodes(longest: usize, most: usize) -> impl Strategy<Value = Vec<Node>> {
        let costs = prop::sample::select(&[0, 0, 0, LOST, BROKEN, FORCED][..]);
        let node = (1..=longest, 1e-6_f64..1.0, costs.clone(), costs);
        prop::collection::vec(node, 1..=most).prop_map(|steps| {
            let mut at = 0;
            let mut nodes = vec![Node::edge(0)];
            let count = steps.len();
            for (i, (step, probability, cost, loss)) in steps.into_iter().enumerate() {
                at += step;
                nodes.push(if i + 1 == count {
                    Node::edge(at)
                } else {
                    Node { at, gain: probability.ln(), cost, loss }
                });
            }
            nodes
        })
    }

    fn prior() -> impl Strategy<Value = Prior> {
        let shapes = [
            PriorShape::Uniform,
            PriorShape::Gaussian,
            PriorShape::ClippedPolynomial,
            PriorShape::Lognormal,
        ];
        (prop::sample::select(shapes.to_vec()), 1.0..40.0, 0.5..20.0)
            .prop_map(|(shape, target, spread)| Prior::new(shape, target, spread).unwrap())
    }

    fn close(a: Value, b: Value) -> bool {
        a.cost == b.cost && (a.score - b.score).abs() <= 1e-9 * b.score.abs().max(1.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_path_is_the_best_of_all(
            nodes in nodes(8, 12), prior in prior(), min in 1_usize..20, over in 0_usize..30,
        ) {
            let mut table = Vec::new();
            for max in [min.max(8) + over, usize::MAX] {
                let stretch = Stretch::new(&nodes, Limits { min, max }, &prior, &mut table);
                let (found, best) = (value(&stretch, &stretch.best()), brute_force(&stretch));
                prop_assert!(close(found, best), "{found:?} {best:?}");
                // Greedy is legal, and never better.
                let greedy = stretch.greedy();
                prop_assert_eq!(greedy.last(), Some(&(nodes.len() - 1)));
                let mut start = 0;
                for &index in &greedy {
                    prop_assert!(nodes[index].at - start <= max);
                    start = nodes[index].at;
                }
                prop_assert!(!value(&stretch, &greedy).beats(found) || close(value(&stretch, &greedy), found));
            }
        }

        /// Blocks that are passed by, and lengths beyond the reach, change nothing.
        #[test]
        fn a_long_path_is_that_of_the_plain_recurrence(
            nodes in nodes(200, 400), prior in prior(), min in 1_usize..400, over in 0_usize..3000,
        ) {
            let mut table = Vec::new();
            for max in [min.max(200) + over, usize::MAX] {
                let stretch = Stretch::new(&nodes, Limits { min, max }, &prior, &mut table);
                let mut best = vec![Value { cost: 0, score: 0.0 }];
                for to in 1..nodes.len() {
                    let mut top = Value::NONE;
                    for (from, &value) in best.iter().enumerate() {
                        if nodes[to].at - nodes[from].at <= max {
                            let step = stretch.step(from, to);
                            let value = Value { cost: value.cost + step.cost, score: value.score + step.score };
                            if value.beats(top) {
                                top = value;
                            }
                        }
                    }
                    best.push(top);
                }
                let found = value(&stretch, &stretch.best());
                prop_assert!(close(found, best[nodes.len() - 1]), "{found:?} {:?}", best.last());
            }
        }
    }
}
