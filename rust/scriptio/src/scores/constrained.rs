//! Segments within limits of length: which cuts of a text to take.
//!
//! The text is worked off in *stretches*, each of which has a best path of its
//! own. A stretch ends where a cut is certain, and before a piece longer than
//! the maximum that no candidate divides: that piece is cut by hard rules.
//! What is too short in the end is mended with a neighbour.

use super::cuts::Cut;
use super::decoder::{Algorithm, Decoder, Meaning};
use super::hard::place;
use super::path::{BROKEN, FORCED, LOST, Limits, Node, Stretch};

/// What a probability of zero counts as: the smallest number above it.
const LEAST: f32 = f32::from_bits(1);

/// The ends of the segments of a text, the text's own `end` included. `cuts`
/// are all there are, however improbable.
pub(crate) fn decode(decoder: &Decoder, text: &str, cuts: &[Cut], end: Cut) -> Vec<Cut> {
    let limits = decoder.limits;
    let sentences = decoder.meaning == Meaning::Sentences;
    let wanted = |cut: &Cut| cut.forced || sentences && cut.probability > decoder.threshold;
    let mut walk = Walk::new(decoder, text);
    let mut from = 0;
    let mut rest = cuts;
    // From one boundary that is wanted to the next.
    while !rest.is_empty() {
        let inside = rest.iter().position(wanted).unwrap_or(rest.len());
        let boundary = rest.get(inside);
        let to = boundary.unwrap_or(&end).char;
        // A sentence that fits is cut only where one beside it is too short otherwise.
        let whole = sentences && to - from <= limits.max;
        if !whole || limits.min > 1 {
            let cost = if whole { BROKEN } else { 0 };
            rest.iter().take(inside).for_each(|&cut| walk.take(cut, cost, 0));
        }
        if let Some(&cut) = boundary {
            walk.take(cut, 0, if cut.forced { FORCED } else { LOST });
            if limits.min == 1 {
                walk.close();
            }
        }
        from = to;
        rest = rest.get(inside + 1..).unwrap_or_default();
    }
    walk.take(end, 0, 0);
    walk.close();
    if limits.min == 1 { walk.ends } else { mend(text, cuts, limits, &walk.ends) }
}

/// Goes from cut to cut and closes one stretch after another.
struct Walk<'a> {
    decoder: &'a Decoder,
    text: &'a str,
    /// Ends of segments that are settled.
    ends: Vec<Cut>,
    /// The start of the open stretch, and its cuts.
    start: Cut,
    cuts: Vec<Cut>,
    /// The same as nodes, the start among them.
    nodes: Vec<Node>,
    /// What stretches share.
    table: Vec<f64>,
}

impl<'a> Walk<'a> {
    fn new(decoder: &'a Decoder, text: &'a str) -> Self {
        let (start, nodes) = (Cut::hard(0, 0), vec![Node::edge(0)]);
        let (ends, cuts, table) = (Vec::new(), Vec::new(), Vec::new());
        Self { decoder, text, ends, start, cuts, nodes, table }
    }

    /// The next cut, what it costs to take it, and to pass over it.
    fn take(&mut self, cut: Cut, cost: i64, loss: i64) {
        let last = self.cuts.last().copied().unwrap_or(self.start);
        if cut.char - last.char > self.decoder.limits.max {
            self.close();
            self.start = self.cut_hard(last, cut);
        }
        let gain = f64::from(cut.probability.max(LEAST)).ln();
        self.nodes.push(Node { at: cut.char - self.start.char, gain, cost, loss });
        self.cuts.push(cut);
    }

    /// Cut between two cuts that are too far apart; the last place that was
    /// found, which is near enough to the second.
    fn cut_hard(&mut self, from: Cut, to: Cut) -> Cut {
        let limits = self.decoder.limits;
        let mut last = from;
        while to.char - last.char > limits.max {
            let (low, high) = window(to.char - last.char, limits);
            let (bytes, chars) = place(self.text, last.byte, low, high);
            last = Cut::hard(last.byte + bytes, last.char + chars);
            self.ends.push(last);
        }
        last
    }

    /// The last cut ends a segment, whatever follows.
    fn close(&mut self) {
        let (Some(&end), Some(node)) = (self.cuts.last(), self.nodes.last_mut()) else {
            return;
        };
        *node = Node::edge(node.at);
        if self.cuts.len() == 1 {
            self.ends.push(end);
        } else {
            let Decoder { limits, prior, algorithm, .. } = self.decoder;
            let stretch = Stretch::new(&self.nodes, *limits, prior, &mut self.table);
            let path = match algorithm {
                Algorithm::Viterbi => stretch.best(),
                Algorithm::Greedy => stretch.greedy(),
            };
            self.ends.extend(path.iter().filter_map(|&node| self.cuts.get(node - 1)));
        }
        self.start = end;
        self.cuts.clear();
        self.nodes.truncate(1);
    }
}

/// How long the first segment of `rest` code points, which are too many for
/// one, may be if the others are to be within the limits as well.
fn window(rest: usize, limits: Limits) -> (usize, usize) {
    let Limits { min, max } = limits;
    if min <= max.div_ceil(2) {
        return (min, max.min(rest - min));
    }
    let others = rest.div_ceil(max) - 1;
    if others.saturating_add(1).saturating_mul(min) > rest {
        return (min, max);
    }
    (min.max(rest.saturating_sub(others.saturating_mul(max))), max.min(rest - others * min))
}

/// Joins segments that are too short with a neighbour, or where both together
/// would be too long, moves the boundary between them.
///
/// The path has done so wherever candidates allow it; what is left are the
/// edges of its stretches, greedy ends, and text with too few candidates. Where
/// the minimum is at most half the maximum, rounded up, nothing short is left
/// but a text that is short itself.
fn mend(text: &str, cuts: &[Cut], limits: Limits, found: &[Cut]) -> Vec<Cut> {
    let mut ends = Vec::with_capacity(found.len());
    for (index, &cut) in found.iter().enumerate() {
        settle(text, cuts, limits, &mut ends, cut, found.get(index + 1));
    }
    // The last one cannot wait for a neighbour any more.
    if let Some(last) = ends.pop() {
        settle(text, cuts, limits, &mut ends, last, None);
    }
    ends
}

/// Add the segment that ends at `cut`; `next` ends the one after it.
fn settle(
    text: &str,
    cuts: &[Cut],
    limits: Limits,
    ends: &mut Vec<Cut>,
    cut: Cut,
    next: Option<&Cut>,
) {
    let Limits { min, max } = limits;
    let Some(middle) = ends.pop() else {
        ends.push(cut);
        return;
    };
    let start = ends.last().copied().unwrap_or(Cut::hard(0, 0));
    let (left, right) = (middle.char - start.char, cut.char - middle.char);
    let both = left + right;
    let strength = |cut: &Cut| (cut.forced, cut.probability);
    let fits_next = next.is_some_and(|next| next.char - middle.char <= max);
    if left < min || right < min {
        let waits = left >= min && fits_next && (both > max || strength(&middle) > strength(&cut));
        if !waits && both <= max {
            ends.push(cut);
            return;
        }
        if !waits && both >= min.saturating_mul(2) {
            ends.push(divide(text, cuts, start, (min.max(both - max), max.min(both - min))));
            ends.push(cut);
            return;
        }
    }
    ends.push(middle);
    ends.push(cut);
}

/// The best place for a boundary in a window of code points behind `start`:
/// the most probable candidate, or by hard rules where there is none.
fn divide(text: &str, cuts: &[Cut], start: Cut, (low, high): (usize, usize)) -> Cut {
    let first = cuts.partition_point(|cut| cut.char < start.char + low);
    let beyond = cuts.partition_point(|cut| cut.char <= start.char + high);
    let candidates = cuts.get(first..beyond).unwrap_or_default().iter();
    candidates.copied().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_else(
        || {
            let (bytes, chars) = place(text, start.byte, low, high);
            Cut::hard(start.byte + bytes, start.char + chars)
        },
    )
}
