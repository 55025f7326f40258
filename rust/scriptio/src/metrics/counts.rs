//! [`BoundaryScore`]: precision, recall and F1 of boundary positions.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::check_ends;
use crate::Error;

/// Counts of matched, predicted and gold boundaries, and the ratios of them.
///
/// Scores of several texts add up to the micro average over all of them.
///
/// ```
/// use scriptio::metrics::{BoundaryScore, boundary_score};
/// let texts = [
///     boundary_score(&[3, 7, 9], &[3, 6, 9], None)?,
///     boundary_score(&[5, 8], &[5, 8], None)?,
/// ];
/// let all: BoundaryScore = texts.into_iter().sum();
/// assert_eq!(all, BoundaryScore { matched: 2, predicted: 3, gold: 3 });
/// assert!((all.f1() - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct BoundaryScore {
    /// Boundaries that are both predicted and gold: true positives.
    pub matched: usize,
    /// Predicted boundaries.
    pub predicted: usize,
    /// Gold boundaries.
    pub gold: usize,
}

impl BoundaryScore {
    /// Share of the predicted boundaries that are gold.
    ///
    /// With nothing predicted: 1 if there is nothing to find, otherwise 0.
    pub fn precision(self) -> f64 {
        self.ratio(self.matched, self.predicted)
    }

    /// Share of the gold boundaries that are predicted.
    ///
    /// With nothing to find: 1 if nothing is predicted, otherwise 0.
    pub fn recall(self) -> f64 {
        self.ratio(self.matched, self.gold)
    }

    /// Harmonic mean of precision and recall; 1 if both sides are empty.
    pub fn f1(self) -> f64 {
        self.ratio(2 * self.matched, self.predicted + self.gold)
    }

    fn ratio(self, part: usize, whole: usize) -> f64 {
        if whole > 0 {
            part as f64 / whole as f64
        } else if self.predicted == self.gold {
            1.0
        } else {
            0.0
        }
    }
}

impl Add for BoundaryScore {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            matched: self.matched + other.matched,
            predicted: self.predicted + other.predicted,
            gold: self.gold + other.gold,
        }
    }
}

impl AddAssign for BoundaryScore {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for BoundaryScore {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), Add::add)
    }
}

/// Compares the boundary positions `pred` with `gold`: exact matches only.
///
/// Both are end offsets of segments in one text. The end of the text counts
/// neither as found nor as missed. Without `length` the offsets must be those
/// of whole segmentations, so that both end at the same offset, which is left
/// out. With `length` they may also be boundaries inside the text alone, and
/// only the offset `length` is left out.
///
/// # Errors
///
/// If offsets do not rise strictly from above 0, lie past `length`, or, where
/// that is not given, do not end together.
///
/// ```
/// use scriptio::metrics::boundary_score;
/// let score = boundary_score(&[3, 7, 9, 15, 16, 20], &[3, 6, 9, 15, 17, 20], None)?;
/// assert_eq!((score.matched, score.predicted, score.gold), (3, 5, 5));
/// assert_eq!(score, boundary_score(&[3, 7, 9, 15, 16], &[3, 6, 9, 15, 17], Some(20))?);
/// assert!((score.precision() - 0.6).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn boundary_score(
    gold: &[usize],
    pred: &[usize],
    length: Option<usize>,
) -> Result<BoundaryScore, Error> {
    check_ends("gold", gold)?;
    check_ends("pred", pred)?;
    let length = match length {
        Some(length) => length,
        None => shared_end(gold, pred)?,
    };
    let gold = inside("gold", gold, length)?;
    let pred = inside("pred", pred, length)?;
    Ok(BoundaryScore { matched: count_shared(gold, pred), predicted: pred.len(), gold: gold.len() })
}

fn shared_end(gold: &[usize], pred: &[usize]) -> Result<usize, Error> {
    let [gold_end, pred_end] = [gold, pred].map(|ends| ends.last().copied().unwrap_or(0));
    if gold_end == pred_end {
        return Ok(gold_end);
    }
    Err(Error::invalid(format!(
        "gold ends at {gold_end} and pred at {pred_end}; \
         pass length, the length of the text, unless both should end at it"
    )))
}

/// `ends` without the end of the text.
fn inside<'e>(name: &str, ends: &'e [usize], length: usize) -> Result<&'e [usize], Error> {
    match ends.split_last() {
        Some((&last, _)) if last > length => Err(Error::invalid(format!(
            "{name} has offset {last} in a text of length {length}; \
             give both in the same unit (code points, bytes, tokens)"
        ))),
        Some((&last, inner)) if last == length => Ok(inner),
        _ => Ok(ends),
    }
}

fn count_shared(gold: &[usize], pred: &[usize]) -> usize {
    let mut gold = gold.iter().peekable();
    let mut shared = 0;
    for end in pred {
        while gold.next_if(|&other| other < end).is_some() {}
        shared += usize::from(gold.next_if_eq(&end).is_some());
    }
    shared
}
