//! Few-shot adaptation: what a few dozen labelled sentences teach about where
//! sentences end in texts of their kind.
//!
//! A scorer's logits and the verdicts of the rules are features of a logistic
//! regression, beside hashed features of the text around each place (after the
//! "mixtures" of Minixhofer, Pfeiffer & Vulić, *Where's the Point?*, ACL 2023,
//! which know the logits alone). Legal text, forms and scripts differ less in
//! their words than in their conventions: headings, list items, citations.

mod features;
mod fit;
mod places;
mod regression;

use places::{NEVER, checked, places};

pub use places::rule_logits;

use crate::{Error, SentenceSegmenter};

/// One text to learn from. All offsets are bytes, rising.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'t> {
    /// The text.
    pub text: &'t str,
    /// Where the scorer's tokens end.
    pub ends: &'t [usize],
    /// Its logit of a boundary at each of them.
    pub logits: &'t [f32],
    /// Where the sentences end.
    pub gold: &'t [usize],
}

/// How well boundaries are found, by cross-validation: each part of the
/// sentences with weights and threshold from the others. In `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Sentences that were learned from.
    pub sentences: usize,
    /// Places where a sentence could have ended.
    pub places: usize,
    /// F1 of the scorer with the threshold that it came with.
    pub f1_before: f64,
    /// F1 of the scorer with a threshold of its own for these texts.
    pub f1_threshold: f64,
    /// F1 of the adapter.
    pub f1: f64,
    /// Precision of the adapter.
    pub precision: f64,
    /// Recall of the adapter.
    pub recall: f64,
    /// Strength of the penalty that did best; 0 where a threshold is all.
    pub penalty: f64,
}

/// The weights of a regression in thousandths, as they are stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    /// One for each number that a place has.
    pub dense: Vec<i32>,
    /// One for each hash of a feature that is known, sorted by hash.
    pub sparse: Vec<(u32, i32)>,
}

/// Corrects the logits of a scorer for texts of one kind. Immutable.
///
/// ```
/// use scriptio::adapt::{Adapter, Sample, rule_logits};
/// use scriptio::{Lang, SentenceSegmenter};
/// let rules = SentenceSegmenter::new(Lang::new("en")?);
/// let text = "it rained; we left; it was late; no one came; he slept; she read; ".repeat(3);
/// let (ends, logits) = rule_logits(&rules, &text);
/// let gold: Vec<usize> = text.match_indices(';').map(|(at, _)| at + 1).collect();
/// let sample = Sample { text: &text, ends: &ends, logits: &logits, gold: &gold };
/// let (adapter, report) = Adapter::fit(&rules, &[sample], 0.5)?;
/// assert!(report.f1 > report.f1_before);
///
/// let (ends, logits) = rule_logits(&rules, "we rained; it left");
/// let logits = adapter.logits("we rained; it left", &ends, &logits)?;
/// assert_eq!(ends, [2, 10, 13, 18]);
/// let threshold = adapter.threshold() as f32;
/// let is_boundary = |logit: &f32| 1.0 / (1.0 + (-logit).exp()) >= threshold;
/// assert_eq!(logits[..3].iter().map(is_boundary).collect::<Vec<_>>(), [false, true, false]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adapter {
    segmenter: SentenceSegmenter,
    base_threshold: f64,
    threshold: f64,
    weights: Option<Weights>,
}

impl Adapter {
    /// Number of [`Weights::dense`].
    pub const DENSE: usize = features::DENSE;
    /// Version of the features; weights of another are of no use.
    pub const VERSION: u32 = features::VERSION;

    /// Learn from `samples`; `base_threshold` is the probability from which
    /// the scorer, as it is, sees a boundary.
    ///
    /// Deterministic. Time grows with the places of the samples, by about a
    /// thousand passes over them.
    ///
    /// # Errors
    /// If offsets and logits of a sample do not fit its text, if
    /// `base_threshold` is not between 0 and 1, or if there are too few boundaries.
    pub fn fit(
        segmenter: &SentenceSegmenter,
        samples: &[Sample<'_>],
        base_threshold: f64,
    ) -> Result<(Self, Report), Error> {
        checked_threshold("base_threshold", base_threshold)?;
        for sample in samples {
            checked(sample.text, sample.ends, sample.logits)?;
        }
        fit::fit(segmenter, samples, base_threshold)
    }

    /// An adapter of parts that were stored.
    ///
    /// # Errors
    /// If a threshold is not between 0 and 1, or the weights are not what
    /// [`weights`](Self::weights) gives.
    pub fn from_parts(
        segmenter: &SentenceSegmenter,
        base_threshold: f64,
        threshold: f64,
        weights: Option<Weights>,
    ) -> Result<Self, Error> {
        checked_threshold("base_threshold", base_threshold)?;
        checked_threshold("threshold", threshold)?;
        if let Some(weights) = &weights {
            if weights.dense.len() != Self::DENSE {
                return Err(Error::invalid(format!(
                    "dense holds {} weights, expected {}",
                    weights.dense.len(),
                    Self::DENSE
                )));
            }
            if !weights.sparse.is_sorted_by(|a, b| a.0 < b.0) {
                return Err(Error::invalid("hashes are not in rising order"));
            }
        }
        Ok(Self { segmenter: segmenter.clone(), base_threshold, threshold, weights })
    }

    /// The segmenter whose rules are asked.
    pub fn segmenter(&self) -> &SentenceSegmenter {
        &self.segmenter
    }

    /// The probability from which an adapted logit is a boundary.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The probability from which the scorer, as it was, saw a boundary.
    pub fn base_threshold(&self) -> f64 {
        self.base_threshold
    }

    /// The weights; none where a threshold was all that helped.
    pub fn weights(&self) -> Option<&Weights> {
        self.weights.as_ref()
    }

    /// The adapted logits of a scorer's `logits` at `ends`.
    ///
    /// Where no segment can end, such as inside a word, the logit is far below
    /// any threshold; the end of the text keeps its own. Linear.
    ///
    /// # Errors
    /// If `ends` and `logits` do not fit `text`.
    pub fn logits(&self, text: &str, ends: &[usize], logits: &[f32]) -> Result<Vec<f32>, Error> {
        checked(text, ends, logits)?;
        let Some(weights) = &self.weights else { return Ok(logits.to_vec()) };
        let places = places(&self.segmenter, text, ends, logits, self.base_threshold);
        let rows = features::rows(text, &places);
        let whole = text.trim_end().len();
        let mut out: Vec<f32> = ends
            .iter()
            .zip(logits)
            .map(|(&end, &logit)| if end >= whole { logit } else { NEVER })
            .collect();
        for (place, row) in places.iter().zip(&rows) {
            if let Some(logit) = out.get_mut(place.index) {
                *logit = fit::logit(weights, row);
            }
        }
        Ok(out)
    }
}

fn checked_threshold(name: &str, value: f64) -> Result<(), Error> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(Error::invalid(format!("{name} must lie between 0 and 1, not {value}")))
}
