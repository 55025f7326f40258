//! Boundary edit distance, and the similarities B and S made from it.

use std::collections::BTreeMap;

use super::{InnerEnds, units};
use crate::Error;

/// What turns one segmentation into the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoundaryEdits {
    /// Boundaries that both segmentations have.
    pub matches: usize,
    /// Boundaries that one segmentation has and the other has not, not even
    /// near by: additions and deletions, full misses.
    pub additions: usize,
    /// Near misses: offsets of a boundary of one segmentation and of the one
    /// in the other that it is paired with, the smaller first, sorted.
    pub transpositions: Vec<(usize, usize)>,
}

impl BoundaryEdits {
    /// Cost of all edits: 1 for a full miss, distance / `n_t` for a near one.
    fn cost(&self, n_t: usize) -> f64 {
        let distance: usize = self.transpositions.iter().map(|(left, right)| right - left).sum();
        self.additions as f64 + distance as f64 / n_t as f64
    }
}

/// Boundary edit distance between two segmentations of one text, by masses.
///
/// Boundaries of one segmentation alone are paired with one of the other that
/// is less than `n_t` units away: the closest pairs first, among equals from
/// left to right, each boundary at most once. The usual `n_t` of 2 pairs
/// neighbours only; with 1 there are no near misses.
///
/// Fournier 2013, *Evaluating text segmentation using boundary edit distance*,
/// ACL; the order of pairing is that of the author's package `segeval`.
///
/// # Errors
///
/// If a mass is 0, the totals differ, or `n_t` is 0.
///
/// ```
/// use scriptio::metrics::boundary_edits;
/// let edits = boundary_edits(&[2, 2, 7], &[2, 3, 6], 2)?;
/// assert_eq!((edits.matches, edits.additions), (1, 0));
/// assert_eq!(edits.transpositions, [(4, 5)]);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn boundary_edits(
    reference: &[usize],
    hypothesis: &[usize],
    n_t: usize,
) -> Result<BoundaryEdits, Error> {
    units(reference, hypothesis)?;
    if n_t == 0 {
        return Err(Error::invalid(
            "n_t is 0; pass 1 for no near misses, or 2 for those that are one unit away",
        ));
    }
    let (matches, unmatched) = compare(reference, hypothesis);
    let transpositions = pair(&unmatched, n_t);
    let additions = unmatched.len() - 2 * transpositions.len();
    Ok(BoundaryEdits { matches, additions, transpositions })
}

/// B: 1 minus the mean cost of an edit, matches counted as edits of cost 0.
/// 1 is perfect; two segmentations without a boundary agree perfectly.
///
/// Arguments and errors are those of [`boundary_edits`]; a near miss costs its
/// distance divided by `n_t`, half of a full miss at the usual `n_t` of 2.
///
/// # Errors
///
/// As [`boundary_edits`].
///
/// ```
/// use scriptio::metrics::boundary_similarity;
/// let value = boundary_similarity(&[3, 4, 2, 6, 1, 4], &[3, 3, 3, 6, 2, 3], 2)?;
/// assert!((value - 0.8).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn boundary_similarity(
    reference: &[usize],
    hypothesis: &[usize],
    n_t: usize,
) -> Result<f64, Error> {
    let edits = boundary_edits(reference, hypothesis, n_t)?;
    let pairs = edits.matches + edits.additions + edits.transpositions.len();
    Ok(one_minus(edits.cost(n_t), pairs))
}

/// S: 1 minus the cost of all edits per place where a boundary could be.
/// 1 is perfect.
///
/// Arguments and costs are those of [`boundary_similarity`]. Long segments
/// bring S close to 1 whatever the boundaries are, so prefer B; S is here to
/// compare with published values.
///
/// Fournier & Inkpen 2012, *Segmentation similarity and agreement*, NAACL,
/// with the edit distance of Fournier 2013.
///
/// # Errors
///
/// As [`boundary_edits`].
///
/// ```
/// use scriptio::metrics::segmentation_similarity;
/// let value = segmentation_similarity(&[3, 4, 2, 6, 1, 4], &[3, 3, 3, 6, 2, 3], 2)?;
/// assert!((value - 18.0 / 19.0).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn segmentation_similarity(
    reference: &[usize],
    hypothesis: &[usize],
    n_t: usize,
) -> Result<f64, Error> {
    let edits = boundary_edits(reference, hypothesis, n_t)?;
    let places = units(reference, hypothesis)?.saturating_sub(1);
    Ok(one_minus(edits.cost(n_t), places))
}

fn one_minus(cost: f64, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { 1.0 - cost / whole as f64 }
}

/// A boundary that only one of the segmentations has.
#[derive(Debug, Clone, Copy)]
struct Unmatched {
    offset: usize,
    in_reference: bool,
}

/// The number of shared boundaries, and all others in order.
fn compare(reference: &[usize], hypothesis: &[usize]) -> (usize, Vec<Unmatched>) {
    let mut reference = InnerEnds::new(reference);
    let mut hypothesis = InnerEnds::new(hypothesis);
    let (mut matches, mut unmatched) = (0, Vec::new());
    loop {
        let [expected, got] = [reference.peek(), hypothesis.peek()];
        let offset = match (expected, got) {
            (None, None) => return (matches, unmatched),
            (Some(end), None) | (None, Some(end)) => end,
            (Some(expected), Some(got)) => expected.min(got),
        };
        let in_reference = expected == Some(offset);
        let in_hypothesis = got == Some(offset);
        if in_reference {
            reference.advance();
        }
        if in_hypothesis {
            hypothesis.advance();
        }
        if in_reference && in_hypothesis {
            matches += 1;
        } else {
            unmatched.push(Unmatched { offset, in_reference });
        }
    }
}

/// Pairs boundaries of different sides, closest first.
///
/// Only neighbours among those still unpaired can be the next pair: one
/// between them would be of the other side to one of them, and closer. So it
/// is enough to keep a linked list of the unpaired and to look at the two that
/// become neighbours when the pair between them goes; these are further apart,
/// so pairs of one distance are all known when its turn comes.
fn pair(unmatched: &[Unmatched], n_t: usize) -> Vec<(usize, usize)> {
    let distance = |left: usize, right: usize| {
        let (left, right) = (unmatched.get(left)?, unmatched.get(right)?);
        let distance = right.offset - left.offset;
        (left.in_reference != right.in_reference && distance < n_t).then_some(distance)
    };
    // Left members of possible pairs, by distance.
    let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for left in 0..unmatched.len() {
        if let Some(distance) = distance(left, left + 1) {
            waiting.entry(distance).or_default().push(left);
        }
    }
    if waiting.is_empty() {
        return Vec::new();
    }

    let mut list = Unpaired::new(unmatched.len());
    let mut pairs = Vec::new();
    while let Some((current, mut lefts)) = waiting.pop_first() {
        lefts.sort_unstable();
        for left in lefts {
            let Some(right) = list.after(left) else {
                continue;
            };
            // The right member may have gone to another pair since.
            if distance(left, right) != Some(current) {
                continue;
            }
            pairs.push((unmatched[left].offset, unmatched[right].offset));
            if let Some((outer, next)) = list.remove(left, right)
                && let Some(distance) = distance(outer, next)
            {
                waiting.entry(distance).or_default().push(outer);
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// A doubly linked list of the indices `0..len` that are not yet paired.
struct Unpaired {
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Unpaired {
    /// In `before` and `after`: there is none, or the index itself is gone.
    const NONE: usize = usize::MAX;

    fn new(len: usize) -> Self {
        let before = (0..len).map(|i| i.wrapping_sub(1)).collect();
        let after = (1..=len).map(|i| if i < len { i } else { Self::NONE }).collect();
        Self { before, after }
    }

    /// What follows `i`, if `i` is in the list and not last.
    fn after(&self, i: usize) -> Option<usize> {
        self.after.get(i).copied().filter(|&after| after != Self::NONE)
    }

    /// Takes out two neighbours; returns those that become neighbours by it.
    fn remove(&mut self, left: usize, right: usize) -> Option<(usize, usize)> {
        let (outer, next) = (self.before[left], self.after[right]);
        self.after[left] = Self::NONE;
        self.after[right] = Self::NONE;
        if let Some(slot) = self.after.get_mut(outer) {
            *slot = next;
        }
        if let Some(slot) = self.before.get_mut(next) {
            *slot = outer;
        }
        (outer != Self::NONE && next != Self::NONE).then_some((outer, next))
    }
}
