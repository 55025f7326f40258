//! Ranks of similarities, row by row.

use std::collections::VecDeque;
use std::ops::Range;

use super::terms::Bags;

/// A rank counts the neighbours in a square of 11 by 11 similarities: this
/// many on either side.
const HALF: usize = 5;

/// Similarities of units by the cosine of their counts, and the ranks of
/// these among their neighbours.
///
/// Nothing of the matrices is kept: rows are made as they are asked for, from
/// lists of the units that each term is in.
pub(super) struct Ranks {
    units: Vec<Vec<(u32, u32)>>,
    /// Of each term the units that it is in, in order, and how often.
    postings: Vec<Vec<(u32, u32)>>,
    /// Sum of the squared counts of each unit.
    squares: Vec<f64>,
    /// What a rank of 1 is written as.
    scale: u64,
}

impl Ranks {
    pub(super) fn new(bags: Bags<'_>) -> Self {
        let mut postings = vec![Vec::new(); bags.len()];
        for (i, unit) in bags.units.iter().enumerate() {
            for &(term, count) in unit {
                if let Some(list) = postings.get_mut(term as usize) {
                    list.push((i as u32, count));
                }
            }
        }
        let square = |unit: &Vec<(u32, u32)>| {
            unit.iter().map(|&(_, count)| f64::from(count) * f64::from(count)).sum()
        };
        let squares: Vec<f64> = bags.units.iter().map(square).collect();
        // Fixed point, so that sums do not depend on their order. The square of the number of
        // units times the scale must fit into 64 bits.
        let bits = usize::BITS - squares.len().leading_zeros();
        let scale = 1_u64 << 63_u32.saturating_sub(2 * bits).clamp(1, 30);
        Self { units: bags.units, postings, squares, scale }
    }

    /// Number of units.
    pub(super) fn len(&self) -> usize {
        self.squares.len()
    }

    /// Similarities of unit `i` with the units `columns`.
    fn similarities(&self, i: usize, columns: &Range<usize>, sums: &mut Vec<f64>) -> Vec<f32> {
        sums.clear();
        sums.resize(columns.len(), 0.0);
        for &(term, count) in self.units.get(i).into_iter().flatten() {
            let list = self.postings.get(term as usize).map_or(&[][..], Vec::as_slice);
            let first = list.partition_point(|&(unit, _)| (unit as usize) < columns.start);
            for &(unit, other) in list.get(first..).unwrap_or_default() {
                match sums.get_mut(unit as usize - columns.start) {
                    Some(sum) => *sum += f64::from(count) * f64::from(other),
                    None => break,
                }
            }
        }
        let own = self.squares.get(i).copied().unwrap_or_default();
        let others = self.squares.get(columns.clone()).unwrap_or_default();
        let cosine = |(&sum, &other): (&f64, &f64)| {
            if sum > 0.0 { (sum / (own * other).sqrt()) as f32 } else { 0.0 }
        };
        sums.iter().zip(others).map(cosine).collect()
    }

    /// Calls `take` with each of `rows` and its ranks in `columns`.
    ///
    /// A rank is the share of the neighbours whose similarity is smaller, in
    /// fixed point. Works in memory for eleven rows.
    pub(super) fn each(
        &self,
        rows: Range<usize>,
        columns: &Range<usize>,
        mut take: impl FnMut(usize, &[u64]),
    ) {
        let n = self.len();
        let wide = columns.start.saturating_sub(HALF)..(columns.end + HALF).min(n);
        let mut near: VecDeque<Vec<f32>> = VecDeque::new();
        let mut first = rows.start.saturating_sub(HALF);
        let mut sums = Vec::new();
        let mut counts = vec![0_u32; columns.len()];
        let mut ranks = vec![0_u64; columns.len()];
        for i in rows {
            while first < i.saturating_sub(HALF) {
                near.pop_front();
                first += 1;
            }
            while first + near.len() < (i + HALF + 1).min(n) {
                let row = self.similarities(first + near.len(), &wide, &mut sums);
                near.push_back(row);
            }
            let inner = columns.start - wide.start..columns.end - wide.start;
            let Some(own) = near.get(i - first).and_then(|row| row.get(inner)) else { return };
            counts.fill(0);
            for row in &near {
                count_smaller(row, own, columns, &wide, &mut counts);
            }
            self.ranks_of(&counts, near.len(), columns, &mut ranks);
            take(i, &ranks);
        }
    }

    /// `counts` of smaller neighbours as shares of all neighbours, where `rows`
    /// rows are near.
    fn ranks_of(&self, counts: &[u32], rows: usize, columns: &Range<usize>, ranks: &mut [u64]) {
        let n = self.len();
        let share = |count: u64, width: usize| {
            (count * self.scale).checked_div((rows * width) as u64 - 1).unwrap_or(0)
        };
        let side = 2 * HALF + 1;
        let usual: Vec<u64> = (0..(side * side) as u64).map(|count| share(count, side)).collect();
        for ((j, &count), rank) in columns.clone().zip(counts).zip(ranks) {
            let width = (j + HALF + 1).min(n) - j.saturating_sub(HALF);
            *rank = match usual.get(count as usize) {
                Some(&known) if width == side => known,
                _ => share(u64::from(count), width),
            };
        }
    }
}

/// Adds to `counts` how many of the neighbours in `row` are smaller than the
/// similarities `own` in `columns`; `row` holds the columns `wide`.
fn count_smaller(
    row: &[f32],
    own: &[f32],
    columns: &Range<usize>,
    wide: &Range<usize>,
    counts: &mut [u32],
) {
    for shift in 0..=2 * HALF {
        // Column j is compared with column j + shift - HALF, where there is such a column.
        let from = columns.start.max((wide.start + HALF).saturating_sub(shift));
        let to = columns.end.min((wide.end + HALF).saturating_sub(shift));
        if from >= to {
            continue;
        }
        let here = from - columns.start..to - columns.start;
        let there = from + shift - HALF - wide.start..to + shift - HALF - wide.start;
        let (Some(counts), Some(own), Some(others)) =
            (counts.get_mut(here.clone()), own.get(here), row.get(there))
        else {
            continue;
        };
        for ((count, own), other) in counts.iter_mut().zip(own).zip(others) {
            *count += u32::from(other < own);
        }
    }
}
