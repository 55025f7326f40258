//! Fitting: from texts with their boundaries to weights and a threshold,
//! judged by cross-validation.

use std::collections::HashMap;

use super::features::{self, Row};
use super::places::{Place, logit_of, places};
use super::regression::{NO_COLUMN, Problem, log_one_plus_exp, scale};
use super::{Adapter, Report, Sample, Weights};
use crate::{Error, SentenceSegmenter};

/// Fewest boundaries from which anything can be learned and checked.
pub(crate) const FEWEST: usize = 7;
/// Parts of the sentences that are left out in turn.
const FOLDS: usize = 5;
/// Strengths of the penalty that are tried, strongest first so that each fit
/// starts from a simpler one.
const PENALTIES: [f64; 4] = [8.0, 3.0, 1.0, 0.4];
/// So many boundaries are needed to move the threshold of a regression half-way to what they say.
const CAUTION: f64 = 1000.0;
/// How far from its boundary a place may lie to be learned in its stead, in
/// code points that are no white space: a scorer's token may swallow a mark.
const NEAR: usize = 3;
/// Weights below this many thousandths are dropped.
const SMALL: i32 = 10;
/// Hashed weights that are kept, at most: the strongest.
const KEPT: usize = 6000;

/// One place of one sample, ready to be learned from.
struct Case {
    row: Row,
    base: f32,
    target: bool,
    /// Whether the place is exactly that of a boundary.
    gold: bool,
    fold: usize,
}

/// How many boundaries were found, predicted, and there.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    found: usize,
    predicted: usize,
    gold: usize,
}

impl Counts {
    fn f1(self) -> f64 {
        ratio(2 * self.found, self.predicted + self.gold)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Fit an adapter, as [`Adapter::fit`] says.
pub(crate) fn fit(
    segmenter: &SentenceSegmenter,
    samples: &[Sample<'_>],
    base_threshold: f64,
) -> Result<(Adapter, Report), Error> {
    let (cases, gold) = cases(segmenter, samples, base_threshold);
    if gold < FEWEST {
        return Err(Error::invalid(format!(
            "documents hold {gold} boundaries between sentences; at least {FEWEST} are needed, \
             so pass more sentences"
        )));
    }
    let columns = columns(&cases);
    let mut problem = Problem::new(columns.len());
    for case in &cases {
        let column = |hash: u32| columns.get(&hash).copied().unwrap_or(NO_COLUMN);
        problem.push(&case.row, case.target, column);
    }

    let (penalty, outside) = cross_validate(&problem, &cases);
    let base: Vec<f64> = cases.iter().map(|case| f64::from(case.base)).collect();
    // The logits of a regression are probabilities already: their cut moves slowly.
    let trust = gold as f64 / (gold as f64 + CAUTION);
    let before = counts(&cases, &base, 0.0, gold, |_| true);
    let tuned = nested(&cases, &base, gold, 1.0);
    let after = nested(&cases, &outside, gold, trust);

    // In the order of what they need: a later one must be better than those before it.
    let learned = after.f1() > before.f1().max(tuned.f1());
    let (weights, cut, reached) = if learned {
        let all: Vec<u32> = (0..cases.len() as u32).collect();
        let weights = problem.minimise(&all, penalty, problem.prior());
        let cut = trust * best_cut(&cases, &outside, gold, |_| true);
        (Some(kept(&weights, &columns)), cut, after)
    } else if tuned.f1() > before.f1() {
        (None, best_cut(&cases, &base, gold, |_| true), tuned)
    } else {
        (None, 0.0, before)
    };
    // Without weights the logits stay as they are, so the cut moves with the scorer's threshold.
    let shift = if learned { 0.0 } else { logit_of(base_threshold) };
    let threshold = 1.0 / (1.0 + (-(cut + shift)).exp());
    let report = Report {
        sentences: samples.iter().map(|sample| sample.gold.len()).sum(),
        places: cases.len(),
        f1_before: before.f1(),
        f1_threshold: tuned.f1(),
        f1: reached.f1(),
        precision: ratio(reached.found, reached.predicted),
        recall: ratio(reached.found, reached.gold),
        penalty: if learned { penalty } else { 0.0 },
    };
    let adapter = Adapter { segmenter: segmenter.clone(), base_threshold, threshold, weights };
    Ok((adapter, report))
}

/// The places of all samples, and how many boundaries there are to be found.
fn cases(
    segmenter: &SentenceSegmenter,
    samples: &[Sample<'_>],
    base_threshold: f64,
) -> (Vec<Case>, usize) {
    let mut out = Vec::new();
    let mut total = 0;
    let sizes: Vec<usize> = samples.iter().map(|sample| sample.gold.len()).collect();
    let folds = Folds::new(&sizes);
    for (number, sample) in samples.iter().enumerate() {
        let text = sample.text;
        let places = places(segmenter, text, sample.ends, sample.logits, base_threshold);
        let rows = features::rows(text, &places);
        let gold = inner_boundaries(text, sample.gold);
        total += gold.len();
        let targets = targets(text, &places, &gold);
        let mut sentence = 0;
        for ((row, place), (target, exact)) in rows.into_iter().zip(&places).zip(targets) {
            while gold.get(sentence).is_some_and(|&end| end < place.end) {
                sentence += 1;
            }
            let fold = folds.of(number, sentence);
            out.push(Case { row, base: place.base, target, gold: exact, fold });
        }
    }
    (out, total)
}

/// The boundaries inside `text`, each at the end of what is no white space.
fn inner_boundaries(text: &str, ends: &[usize]) -> Vec<usize> {
    let whole = text.trim_end().len();
    let mut out = Vec::with_capacity(ends.len());
    let mut seen = 0;
    for &end in ends {
        let inside = text.get(seen..end).unwrap_or_default().trim_end().len();
        if inside > 0 && seen + inside < whole {
            out.push(seen + inside);
        }
        seen = end;
    }
    out
}

/// For each place whether it is to be learned as a boundary, and whether it is one exactly.
fn targets(text: &str, places: &[Place], gold: &[usize]) -> Vec<(bool, bool)> {
    let mut out = vec![(false, false); places.len()];
    for &end in gold {
        let after = places.partition_point(|place| place.end < end);
        let distance = |at: usize| {
            let place = places.get(at)?;
            let between = text.get(place.end.min(end)..place.end.max(end))?;
            let apart = between.chars().filter(|c| !c.is_whitespace()).take(NEAR + 1).count();
            (apart <= NEAR).then_some((apart, at))
        };
        let before = after.checked_sub(1).and_then(distance);
        let nearest = [distance(after), before].into_iter().flatten().min();
        if let Some((apart, at)) = nearest
            && let Some(target) = out.get_mut(at)
        {
            *target = (true, target.1 || apart == 0);
        }
    }
    out
}

/// Which part of the sentences a place belongs to.
struct Folds {
    /// Number of the first sentence of each sample.
    starts: Vec<usize>,
    total: usize,
    /// Whether samples are kept whole.
    whole: bool,
}

impl Folds {
    fn new(sizes: &[usize]) -> Self {
        let mut total = 0;
        let mut starts = Vec::with_capacity(sizes.len());
        for size in sizes {
            starts.push(total);
            total += size;
        }
        // Whole documents are the honest test; few of them would make lopsided parts.
        let largest = sizes.iter().copied().max().unwrap_or_default();
        let whole = sizes.len() >= 2 * FOLDS && largest * FOLDS <= 2 * total;
        Self { starts, total, whole }
    }

    /// The fold of sentence `sentence` of sample `sample`.
    fn of(&self, sample: usize, sentence: usize) -> usize {
        if self.whole {
            return sample % FOLDS;
        }
        // Contiguous blocks of sentences.
        let number = self.starts.get(sample).copied().unwrap_or_default() + sentence;
        (number * FOLDS / self.total.max(1)).min(FOLDS - 1)
    }
}

/// A column for every hashed feature that is seen twice.
fn columns(cases: &[Case]) -> HashMap<u32, u32> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for case in cases {
        for &hash in &case.row.sparse {
            *counts.entry(hash).or_default() += 1;
        }
    }
    // In the order of the hashes, so that sums do not depend on that of a map.
    let mut often: Vec<u32> =
        counts.into_iter().filter(|&(_, count)| count > 1).map(|(hash, _)| hash).collect();
    often.sort_unstable();
    often.into_iter().zip(0..).collect()
}

/// The best strength of the penalty, and the logit of every case from weights that did not see it.
fn cross_validate(problem: &Problem, cases: &[Case]) -> (f64, Vec<f64>) {
    let mut warm = vec![problem.prior(); FOLDS];
    let mut best: Option<(f64, f64, Vec<f64>)> = None;
    for penalty in PENALTIES {
        let mut logits = vec![0.0; cases.len()];
        for (fold, weights) in warm.iter_mut().enumerate() {
            let rows = |inside: bool| {
                let chosen = cases.iter().enumerate();
                chosen
                    .filter(move |(_, case)| (case.fold == fold) == inside)
                    .map(|(row, _)| row as u32)
            };
            let train: Vec<u32> = rows(false).collect();
            *weights = problem.minimise(&train, penalty, std::mem::take(weights));
            for row in rows(true) {
                if let Some(logit) = logits.get_mut(row as usize) {
                    *logit = problem.logit(weights, row as usize);
                }
            }
        }
        // The loss tells more than F1 does on a few sentences.
        let loss = cases
            .iter()
            .zip(&logits)
            .map(|(case, &logit)| log_one_plus_exp(if case.target { -logit } else { logit }));
        let loss = loss.sum::<f64>();
        if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, penalty, logits));
        }
    }
    best.map_or_else(|| (1.0, Vec::new()), |(_, penalty, logits)| (penalty, logits))
}

/// What a cut at `cut` finds among the cases that `wanted` accepts; `gold` is how many there are.
fn counts(
    cases: &[Case],
    logits: &[f64],
    cut: f64,
    gold: usize,
    wanted: impl Fn(&Case) -> bool,
) -> Counts {
    let mut out = Counts { gold, ..Counts::default() };
    for (case, &logit) in cases.iter().zip(logits) {
        if wanted(case) && logit > cut {
            out.predicted += 1;
            out.found += usize::from(case.gold);
        }
    }
    out
}

/// The cut that finds most, by the F1 of it and of its neighbours: a lone peak
/// is chance. Of equals the one nearest to 0.
fn best_cut(
    cases: &[Case],
    logits: &[f64],
    gold: usize,
    wanted: impl Fn(&Case) -> bool + Copy,
) -> f64 {
    let at = |i: i32| f64::from(i) * 0.2;
    let f1 = |i: i32| counts(cases, logits, at(i), gold, wanted).f1();
    let all: Vec<f64> = (-42..=42).map(f1).collect();
    let smooth = all.windows(5).map(|w| w.iter().sum::<f64>() / 5.0).zip(-40_i32..);
    let mut best = (0.0, 0_i32);
    for (value, i) in smooth {
        let nearer = value > best.0 - 1e-9 && i.abs() < best.1.abs();
        if value > best.0 + 1e-9 || nearer {
            best = (value, i);
        }
    }
    at(best.1)
}

/// What is found when the cut of each part is chosen on the others, and moved
/// there from 0 by the share `trust`.
fn nested(cases: &[Case], logits: &[f64], gold: usize, trust: f64) -> Counts {
    let mut out = Counts { gold, ..Counts::default() };
    for fold in 0..FOLDS {
        let others = cases.iter().filter(|case| case.fold != fold && case.gold).count();
        let cut = trust * best_cut(cases, logits, others, |case| case.fold != fold);
        let part = counts(cases, logits, cut, 0, |case| case.fold == fold);
        out.found += part.found;
        out.predicted += part.predicted;
    }
    out
}

/// The weights that are worth keeping.
fn kept(weights: &[f64], columns: &HashMap<u32, u32>) -> Weights {
    let round = |w: f64| (w * 1000.0).round() as i32;
    let (dense, rest) = weights.split_at(features::DENSE.min(weights.len()));
    let weight = |column: u32| rest.get(column as usize).map_or(0, |&w| round(w));
    let mut sparse: Vec<(u32, i32)> = columns
        .iter()
        .map(|(&hash, &column)| (hash, weight(column)))
        .filter(|(_, w)| w.abs() >= SMALL)
        .collect();
    // By weight, then by hash: the order of a map must not matter.
    sparse.sort_unstable_by_key(|&(hash, w)| (std::cmp::Reverse(w.abs()), hash));
    sparse.truncate(KEPT);
    sparse.sort_unstable_by_key(|&(hash, _)| hash);
    let dense = dense.iter().map(|&w| round(w)).collect();
    Weights { dense, sparse }
}

/// The logit of a row under `weights`.
pub(crate) fn logit(weights: &Weights, row: &Row) -> f32 {
    let numbers = weights.dense.iter().zip(&row.dense).map(|(&w, &x)| f64::from(w) * f64::from(x));
    let hashed = row.sparse.iter().enumerate().map(|(slot, hash)| {
        let at = weights.sparse.binary_search_by_key(hash, |&(hash, _)| hash);
        let weight = at.ok().and_then(|at| weights.sparse.get(at)).map_or(0, |&(_, w)| w);
        f64::from(weight) * scale(slot)
    });
    ((numbers.sum::<f64>() + hashed.sum::<f64>()) / 1000.0) as f32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::*;
    use crate::Lang;
    use crate::adapt::rule_logits;

    fn rules() -> SentenceSegmenter {
        SentenceSegmenter::new(Lang::new("en").unwrap())
    }

    #[test]
    fn gold_without_a_place_is_learned_nearby() {
        let text = "one; two three";
        let segmenter = rules();
        // The token `;` swallowed nothing here, but this scorer has no end at 4.
        let places = places(&segmenter, text, &[3, 8, 14], &[0.0; 3], 0.5);
        let ends: Vec<_> = places.iter().map(|place| place.end).collect();
        assert_eq!(ends, [3, 8]);
        assert_eq!(targets(text, &places, &[4]), [(true, false), (false, false)]);
        assert_eq!(targets(text, &places, &[8]), [(false, false), (true, true)]);
    }

    #[test]
    fn boundaries_are_inside_and_at_letters() {
        assert_eq!(inner_boundaries("a. b. c.\n", &[3, 5, 6, 9]), [2, 5]);
        assert!(inner_boundaries("a", &[1]).is_empty());
    }

    #[test]
    fn folds_keep_documents_or_blocks_together() {
        let folds = Folds::new(&[3; 12]);
        assert!(folds.whole);
        assert_eq!(folds.of(7, 0), folds.of(7, 2));
        let folds = Folds::new(&[50]);
        let numbers: Vec<usize> = (0..50).map(|sentence| folds.of(0, sentence)).collect();
        assert!(numbers.is_sorted());
        assert!((0..FOLDS).all(|fold| numbers.iter().filter(|&&n| n == fold).count() == 10));
        // One long document among short ones would be most of a fold.
        let mut sizes = vec![1; 12];
        sizes[3] = 100;
        assert!(!Folds::new(&sizes).whole);
    }

    #[test]
    fn lone_peaks_choose_no_cut() {
        let case = |gold| Case {
            row: Row { dense: [0.0; features::DENSE], sparse: [0; features::SPARSE] },
            base: 0.0,
            target: gold,
            gold,
            fold: 0,
        };
        let cases = [case(true), case(true), case(false), case(false)];
        assert!(best_cut(&cases, &[2.0, 2.0, -2.0, -2.0], 2, |_| true).abs() < 1e-9);
        let low = best_cut(&cases, &[-3.0, -3.0, -7.0, -7.0], 2, |_| true);
        assert!(low < -3.0 && low > -7.0, "{low}");
    }

    #[test]
    fn a_scorer_that_is_right_is_left_alone() {
        let text = "It rained. We left. ".repeat(10);
        let (ends, logits) = rule_logits(&rules(), &text);
        let gold: Vec<usize> = text.match_indices(". ").map(|(at, _)| at + 2).collect();
        let sample = Sample { text: &text, ends: &ends, logits: &logits, gold: &gold };
        let (adapter, report) = Adapter::fit(&rules(), &[sample], 0.5).unwrap();
        assert!(adapter.weights().is_none());
        assert!((adapter.threshold() - 0.5).abs() < 1e-12);
        assert!((report.f1 - 1.0).abs() < 1e-12);
        assert_eq!(adapter.logits(&text, &ends, &logits).unwrap(), logits);
    }

    #[test]
    fn a_threshold_that_is_too_high_is_lowered() {
        let text = "It rained. We left. ".repeat(10);
        let (ends, mut logits) = rule_logits(&rules(), &text);
        for logit in &mut logits {
            *logit -= 4.0;
        }
        let gold: Vec<usize> = text.match_indices(". ").map(|(at, _)| at + 2).collect();
        let sample = Sample { text: &text, ends: &ends, logits: &logits, gold: &gold };
        let (adapter, report) = Adapter::fit(&rules(), &[sample], 0.5).unwrap();
        assert!(adapter.weights().is_none() && adapter.threshold() < 0.5);
        assert!(report.f1_before < report.f1_threshold, "{report:?}");
        assert!((report.f1 - 1.0).abs() < 1e-12);
    }
}
