//! C99: divisive clustering of ranked similarities.
//!
//! Choi 2000, *Advances in domain independent linear text segmentation*,
//! NAACL. Units are compared by the cosine of their terms' counts; each
//! similarity becomes its rank among its 11 by 11 neighbours; then the text is
//! cut, again and again. The best place inside a segment is the one that makes
//! the mean rank inside its two parts the largest; the segment to cut is the one
//! whose cut makes the mean rank inside all segments the largest. Of equal
//! places and of equal segments the last counts, as the logs of the paper show.
//!
//! The matrix of ranks is never kept. A segment needs two sums for each of its
//! units, those of the squares from its start to there and from there to its
//! end. When it is cut, the smaller part is computed anew and what it shared
//! with the larger part is taken off there. Each pair of units is separated
//! once, so that about `n²` ranks are computed in all, however uneven the cuts
//! are, in memory proportional to the terms of the text.

use super::ranks::Ranks;
use super::terms::Bags;

/// Weights that gains are smoothed with.
const SMOOTHING: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 4.0, 2.0, 1.0];

/// By how many standard deviations a gain must exceed the mean.
pub(super) const DEVIATIONS: f64 = 1.2;

/// The units before which C99 cuts, in order.
pub(super) fn c99(
    bags: Bags<'_>,
    count: Option<usize>,
    deviations: f64,
    min_units: usize,
) -> Vec<usize> {
    let mut division = Division::new(Ranks::new(bags), min_units.max(1));
    let most = count.map_or(usize::MAX, |count| count.saturating_sub(1));
    let mut cuts = Vec::new();
    let mut densities = vec![division.density()];
    while cuts.len() < most
        && let Some(cut) = division.best()
    {
        // The work below serves the next cut alone.
        if cuts.len() + 1 < most {
            division.cut(cut);
            densities.push(division.density());
        }
        cuts.push(cut.at);
    }
    if count.is_none() {
        cuts.truncate(worth(&densities, deviations));
    }
    cuts.sort_unstable();
    cuts
}

/// How many cuts are worth it: as long as the smoothed gain in density is
/// above the mean by `deviations` standard deviations.
fn worth(densities: &[f64], deviations: f64) -> usize {
    let gains: Vec<f64> = densities
        .iter()
        .zip(densities.iter().skip(1))
        .map(|(before, after)| after - before)
        .collect();
    let reach = SMOOTHING.len() / 2;
    let smooth = |i: usize| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (weight, at) in SMOOTHING.iter().zip(i..) {
            if let Some(gain) = at.checked_sub(reach).and_then(|at| gains.get(at)) {
                sum += weight * gain;
                weights += weight;
            }
        }
        sum / weights
    };
    let smoothed: Vec<f64> = (0..gains.len()).map(smooth).collect();
    let n = smoothed.len() as f64;
    let mean = smoothed.iter().sum::<f64>() / n;
    let variance = smoothed.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / n;
    let least = mean + deviations * variance.sqrt();
    smoothed.iter().take_while(|&&gain| gain > least).count()
}

/// A segment, and the unit before which it is best cut, if it can be.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    at: Option<usize>,
}

/// The best cut: the index of the part, and the unit.
#[derive(Debug, Clone, Copy)]
struct Cut {
    part: usize,
    at: usize,
}

/// Segments with the sums that cutting them takes.
struct Division {
    ranks: Ranks,
    parts: Vec<Part>,
    /// Of each unit the sum of the ranks among the units from the start of its
    /// segment to it.
    before: Vec<u64>,
    /// And among those from it to the end of its segment.
    behind: Vec<u64>,
    sum: u64,
    area: u64,
    min_units: usize,
}

fn area(start: usize, end: usize) -> u64 {
    let length = (end - start) as u64;
    length * length
}

impl Division {
    fn new(ranks: Ranks, min_units: usize) -> Self {
        let n = ranks.len();
        let mut division = Self {
            ranks,
            parts: Vec::new(),
            before: vec![0; n],
            behind: vec![0; n],
            sum: 0,
            area: area(0, n),
            min_units,
        };
        division.sums(0, n, 0..0);
        division.sum = division.before.last().copied().unwrap_or_default();
        division.parts.push(division.part(0, n));
        division
    }

    /// Mean rank inside the segments, in fixed point.
    fn density(&self) -> f64 {
        self.sum as f64 / (self.area as f64).max(1.0)
    }

    /// Sums of the ranks inside the parts that cutting `start` to `end` before
    /// `at` makes.
    fn halves(&self, at: usize) -> u64 {
        let before = at.checked_sub(1).and_then(|last| self.before.get(last));
        before.copied().unwrap_or_default() + self.behind.get(at).copied().unwrap_or_default()
    }

    /// The segment from `start` to `end` with its best cut.
    fn part(&self, start: usize, end: usize) -> Part {
        if end - start < 2 * self.min_units {
            return Part { start, end, at: None };
        }
        let first = start + self.min_units;
        let (mut at, mut most) = (first, 0.0);
        for place in first..=end - self.min_units {
            let density =
                self.halves(place) as f64 / (area(start, place) + area(place, end)) as f64;
            if density > 0.0 && density >= most {
                (at, most) = (place, density);
            }
        }
        Part { start, end, at: Some(at) }
    }

    /// The cut after which the density is greatest.
    fn best(&self) -> Option<Cut> {
        let mut best: Option<(f64, Cut)> = None;
        for (part, &Part { start, end, at }) in self.parts.iter().enumerate() {
            let Some(at) = at else { continue };
            let whole = self.before.get(end - 1).copied().unwrap_or_default();
            let sum = self.sum - whole + self.halves(at);
            let area = self.area - area(start, end) + area(start, at) + area(at, end);
            let density = sum as f64 / area as f64;
            if best.is_none_or(|(most, _)| density >= most) {
                best = Some((density, Cut { part, at }));
            }
        }
        best.map(|(_, cut)| cut)
    }

    fn cut(&mut self, Cut { part, at }: Cut) {
        let Some(&Part { start, end, .. }) = self.parts.get(part) else { return };
        let whole = self.before.get(end - 1).copied().unwrap_or_default();
        let first = self.before.get(at - 1).copied().unwrap_or_default();
        let second = self.behind.get(at).copied().unwrap_or_default();
        self.sum = self.sum - whole + first + second;
        self.area = self.area - area(start, end) + area(start, at) + area(at, end);
        if at - start <= end - at {
            let shared = self.sums(start, at, at..end);
            let mut off = first;
            for (before, shared) in self.before.iter_mut().skip(at).zip(shared) {
                off += 2 * shared;
                *before -= off;
            }
        } else {
            let shared = self.sums(at, end, start..at);
            let mut off = second;
            let rest = self.behind.get_mut(start..at).unwrap_or_default();
            for (behind, shared) in rest.iter_mut().rev().zip(shared.iter().rev()) {
                off += 2 * shared;
                *behind -= off;
            }
        }
        let parts = [self.part(start, at), self.part(at, end)];
        self.parts.splice(part..=part, parts);
    }

    /// Computes the sums of the segment from `start` to `end`, and returns for
    /// each of the units `other`, next to it, the sum of the ranks with it.
    fn sums(&mut self, start: usize, end: usize, other: std::ops::Range<usize>) -> Vec<u64> {
        let columns = match () {
            () if other.is_empty() => start..end,
            () => start.min(other.start)..end.max(other.end),
        };
        let mut shared = vec![0; other.len()];
        let (own, apart) = (start - columns.start, other.start.saturating_sub(columns.start));
        let mut sum = 0;
        let (before, behind) = (&mut self.before, &mut self.behind);
        self.ranks.each(start..end, &columns, |i, ranks| {
            let Some(inside) = ranks.get(own..own + (end - start)) else { return };
            let (left, right) = inside.split_at(i - start);
            let itself = right.first().copied().unwrap_or_default();
            sum += 2 * left.iter().sum::<u64>() + itself;
            if let (Some(before), Some(behind)) = (before.get_mut(i), behind.get_mut(i)) {
                *before = sum;
                *behind = 2 * right.iter().sum::<u64>() - itself;
            }
            for (shared, rank) in shared.iter_mut().zip(ranks.iter().skip(apart)) {
                *shared += rank;
            }
        });
        let mut sum = 0;
        for behind in behind.get_mut(start..end).unwrap_or_default().iter_mut().rev() {
            sum += *behind;
            *behind = sum;
        }
        shared
    }
}
