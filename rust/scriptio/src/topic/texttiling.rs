//! `TextTiling`: depths of the valleys between blocks of words.
//!
//! Hearst 1997, *`TextTiling`: segmenting text into multi-paragraph subtopic
//! passages*, Computational Linguistics 23(1), with the settings given there:
//! sequences of 20 words, blocks of up to 10 sequences, one round of smoothing
//! over a gap and its neighbours. The bottom of a valley is a boundary if its
//! depth is greater than the mean less half a standard deviation and no deeper
//! one lies within three sequences; it moves to the nearest place between two
//! units.

use std::collections::HashMap;

use super::select::Spaced;

/// Words of a sequence.
const SEQUENCE: usize = 20;

/// Sequences of a block at most.
const BLOCK: usize = 10;

/// Sequences that lie between two boundaries at least.
const APART: usize = 3;

/// By how many standard deviations a depth may be below the mean.
pub(super) const DEVIATIONS: f64 = -0.5;

/// The units before which `TextTiling` cuts, in order.
///
/// Of every unit the words: a term's number, or none of a stop word, which
/// has a length and tells nothing.
pub(super) fn texttiling(
    units: &[Vec<Option<u32>>],
    count: Option<usize>,
    deviations: f64,
    min_units: usize,
) -> Vec<usize> {
    let words: Vec<Option<u32>> = units.iter().flatten().copied().collect();
    let sequences: Vec<&[Option<u32>]> = words.chunks(SEQUENCE).collect();
    let scores = smoothed(&similarities(&sequences));
    let depths = depths(&scores);
    let least = if count.is_some() { 0.0 } else { cutoff(&depths, deviations).max(0.0) };
    let mut order: Vec<(usize, f64)> = depths.into_iter().enumerate().collect();
    order.retain(|&(gap, depth)| depth > least && is_valley(&scores, gap));
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));

    let starts = starts(units);
    let most = count.map_or(usize::MAX, |count| count.saturating_sub(1));
    let mut gaps = Spaced::new(sequences.len(), APART + 1, false);
    let mut places = Spaced::new(units.len(), min_units.max(1), true);
    for (gap, _) in order {
        if places.len() >= most {
            break;
        }
        // The gap behind sequence 0 is the first.
        let gap = gap + 1;
        if gaps.fits(gap)
            && let Some(place) = nearest(&starts, gap * SEQUENCE)
            && places.fits(place)
        {
            gaps.put(gap);
            places.put(place);
        }
    }
    places.into_vec()
}

/// Of every gap between sequences the cosine of the blocks beside it.
fn similarities(sequences: &[&[Option<u32>]]) -> Vec<f64> {
    let gaps = 1..sequences.len().max(1);
    gaps.map(|gap| {
        let reach = BLOCK.min(gap).min(sequences.len() - gap);
        let bag = |from: usize, to: usize| {
            let mut counts: HashMap<u32, f64> = HashMap::new();
            let block = sequences.get(from..to).unwrap_or_default();
            for &term in block.iter().copied().flatten().flatten() {
                *counts.entry(term).or_default() += 1.0;
            }
            counts
        };
        let (left, right) = (bag(gap - reach, gap), bag(gap, gap + reach));
        // Sums of whole numbers are exact, in whatever order a map gives them.
        let square = |bag: &HashMap<u32, f64>| bag.values().map(|count| count * count).sum::<f64>();
        let both =
            |(term, count): (&u32, &f64)| count * right.get(term).copied().unwrap_or_default();
        let product: f64 = left.iter().map(both).sum();
        if product > 0.0 { product / (square(&left) * square(&right)).sqrt() } else { 0.0 }
    })
    .collect()
}

/// The mean of every score and its neighbours.
fn smoothed(scores: &[f64]) -> Vec<f64> {
    let mean = |i: usize| {
        let near = scores.get(i.saturating_sub(1)..(i + 2).min(scores.len())).unwrap_or_default();
        near.iter().sum::<f64>() / near.len() as f64
    };
    (0..scores.len()).map(mean).collect()
}

/// How far each score lies below the peaks on either side of it, in sum.
fn depths(scores: &[f64]) -> Vec<f64> {
    let climb = |scores: &mut dyn Iterator<Item = &f64>| {
        let (mut before, mut peak) = (f64::NEG_INFINITY, 0.0);
        // Read against the direction of the climb: a peak holds until the scores rise again.
        let peak_of = |&score: &f64| {
            if score > before {
                peak = score;
            }
            before = score;
            peak
        };
        scores.map(peak_of).collect::<Vec<f64>>()
    };
    let left = climb(&mut scores.iter());
    let mut right = climb(&mut scores.iter().rev());
    right.reverse();
    let depth = |((score, left), right): ((&f64, &f64), &f64)| left - score + right - score;
    scores.iter().zip(&left).zip(&right).map(depth).collect()
}

/// Whether neither neighbour of a score is smaller: slopes have depths, too.
fn is_valley(scores: &[f64], gap: usize) -> bool {
    let at = |i: Option<usize>| i.and_then(|i| scores.get(i)).copied().unwrap_or(f64::INFINITY);
    let own = at(Some(gap));
    own <= at(gap.checked_sub(1)) && own <= at(Some(gap + 1))
}

fn cutoff(depths: &[f64], deviations: f64) -> f64 {
    let n = (depths.len() as f64).max(1.0);
    let mean = depths.iter().sum::<f64>() / n;
    let variance = depths.iter().map(|depth| (depth - mean).powi(2)).sum::<f64>() / n;
    mean + deviations * variance.sqrt()
}

/// The number of words before each unit but the first.
fn starts(units: &[Vec<Option<u32>>]) -> Vec<usize> {
    let mut words = 0;
    let mut start = |unit: &Vec<Option<u32>>| {
        words += unit.len();
        words
    };
    let before_last = units.len().saturating_sub(1);
    units.iter().take(before_last).map(&mut start).collect()
}

/// The unit whose start is nearest to `word`; of two the first.
fn nearest(starts: &[usize], word: usize) -> Option<usize> {
    let after = starts.partition_point(|&start| start < word);
    let distance = |at: usize| starts.get(at).map(|start| (start.abs_diff(word), at + 1));
    let before = after.checked_sub(1).and_then(|last| {
        // Units without words start where the one before them does.
        let same = starts.get(last).copied()?;
        distance(starts.partition_point(|&start| start < same))
    });
    let (_, unit) = before.into_iter().chain(distance(after)).min()?;
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_the_climb_to_both_peaks() {
        let near = |a: &[f64], b: &[f64]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
        };
        assert!(near(&depths(&[]), &[]));
        assert!(near(&depths(&[0.5]), &[0.0]));
        // The peak on the left of the last valley is .6, not the higher .9 behind the first one.
        let found = depths(&[0.9, 0.2, 0.6, 0.1, 0.4]);
        assert!(near(&found, &[0.0, 0.7 + 0.4, 0.0, 0.5 + 0.3, 0.0]), "{found:?}");
    }

    #[test]
    fn cuts_where_the_words_change() {
        let unit = |word: u32| vec![Some(word); 10];
        let units: Vec<_> = (0..40).map(|i| unit(u32::from(i >= 20))).collect();
        assert_eq!(texttiling(&units, None, DEVIATIONS, 1), [20]);
        assert_eq!(texttiling(&units, Some(1), DEVIATIONS, 1), [0_usize; 0]);
        assert_eq!(texttiling(&units, None, DEVIATIONS, 21), [0_usize; 0]);
    }

    #[test]
    fn nearest_start_of_a_unit() {
        let units = vec![vec![None; 4], vec![], vec![None; 6], vec![None; 1]];
        let starts = starts(&units);
        assert_eq!(starts, [4, 4, 10]);
        assert_eq!(nearest(&starts, 0), Some(1));
        assert_eq!(nearest(&starts, 5), Some(1));
        assert_eq!(nearest(&starts, 7), Some(1));
        assert_eq!(nearest(&starts, 8), Some(3));
        assert_eq!(nearest(&starts, 99), Some(3));
        assert_eq!(nearest(&[], 3), None);
    }
}
