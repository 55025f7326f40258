//! [`Decoder`]: from probabilities that the topic changes to boundaries.

use std::collections::BTreeSet;

use crate::Error;

/// Which of the places between units are boundaries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decoder {
    /// Those with a probability greater than this.
    Threshold(f64),
    /// So many that there are this many segments, the most probable first.
    Count(usize),
    /// Those more probable than both neighbours, and than one of them by at
    /// least this; of a run of equal ones the first, by the one before it.
    /// With cohesion for one less the probability, these are the minima of
    /// Meta-Chunking (Zhao et al. 2024), where a place at the edge of a text
    /// has a neighbour of probability 0.
    Minima(f64),
    /// Those with a probability greater than the mean of the text by this many
    /// standard deviations.
    Adaptive(f64),
}

impl Decoder {
    /// The units before which the text is cut, in order.
    ///
    /// `probabilities` holds one for each place between two units. Where two
    /// boundaries would leave fewer than `min_units` units between them, or to
    /// either end, the more probable one stays, of equal ones the first.
    ///
    /// # Errors
    /// If a probability is not from 0 to 1.
    ///
    /// ```
    /// use scriptio::topic::Decoder;
    /// let probabilities = [0.1, 0.8, 0.2, 0.7, 0.6];
    /// assert_eq!(Decoder::Threshold(0.5).cuts(&probabilities, 1)?, [2, 4, 5]);
    /// assert_eq!(Decoder::Threshold(0.5).cuts(&probabilities, 2)?, [2, 4]);
    /// assert_eq!(Decoder::Count(2).cuts(&probabilities, 1)?, [2]);
    /// assert_eq!(Decoder::Minima(0.3).cuts(&probabilities, 1)?, [2, 4]);
    /// # Ok::<(), scriptio::Error>(())
    /// ```
    pub fn cuts(self, probabilities: &[f64], min_units: usize) -> Result<Vec<usize>, Error> {
        let bad = |(_, p): &(usize, &f64)| !(0.0..=1.0).contains(*p);
        if let Some((i, p)) = probabilities.iter().enumerate().find(bad) {
            return Err(Error::invalid(format!(
                "the probability that the topic changes behind unit {i} is {p}; \
                 it must be from 0 to 1: check the scorer"
            )));
        }
        let at = |i: Option<usize>| i.and_then(|i| probabilities.get(i)).copied().unwrap_or(0.0);
        let (mean, deviation) = moments(probabilities);
        let passes = |i: usize, p: f64| match self {
            Self::Threshold(least) => p > least,
            Self::Count(_) => true,
            Self::Adaptive(deviations) => p > mean + deviations * deviation,
            Self::Minima(least) => {
                let (rise, fall) = (p - at(i.checked_sub(1)), p - at(Some(i + 1)));
                let last = i + 1 == probabilities.len();
                rise > 0.0
                    && (fall > 0.0 && (rise >= least || fall >= least)
                        || fall == 0.0 && !last && rise >= least)
            }
        };
        let mut order: Vec<(usize, f64)> = probabilities.iter().copied().enumerate().collect();
        order.retain(|&(i, p)| passes(i, p));
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let most = match self {
            Self::Count(count) => count.saturating_sub(1),
            _ => usize::MAX,
        };
        let mut cuts = Spaced::new(probabilities.len() + 1, min_units.max(1), true);
        for (i, _) in order {
            if cuts.len() < most && cuts.fits(i + 1) {
                cuts.put(i + 1);
            }
        }
        Ok(cuts.into_vec())
    }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = (values.len() as f64).max(1.0);
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// Places in a row of units with at least so many units between them.
pub(super) struct Spaced {
    places: BTreeSet<usize>,
    apart: usize,
    /// The first and the last place that may be taken.
    first: usize,
    last: usize,
}

impl Spaced {
    /// None of the places in `units` units; with `edges` the distance counts
    /// for both ends, too.
    pub(super) fn new(units: usize, apart: usize, edges: bool) -> Self {
        let margin = if edges { apart } else { 1 };
        Self {
            places: BTreeSet::new(),
            apart,
            first: margin,
            // Less than `first` where no place is far enough from both ends.
            last: units.saturating_sub(margin),
        }
    }

    pub(super) fn fits(&self, place: usize) -> bool {
        let before = self.places.range(..=place).next_back();
        let after = self.places.range(place..).next();
        (self.first..=self.last).contains(&place)
            && before.is_none_or(|before| place - before >= self.apart)
            && after.is_none_or(|after| after - place >= self.apart)
    }

    pub(super) fn put(&mut self, place: usize) {
        self.places.insert(place);
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn into_vec(self) -> Vec<usize> {
        self.places.into_iter().collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    #[test]
    fn minima_keep_the_first_of_a_run_and_count_the_edges_as_zero() {
        let cuts = |p: &[f64], least| Decoder::Minima(least).cuts(p, 1).unwrap();
        assert_eq!(cuts(&[0.5], 0.5), [1]);
        assert_eq!(cuts(&[0.5], 0.6), [0_usize; 0]);
        assert_eq!(cuts(&[0.1, 0.4, 0.4, 0.1], 0.2), [2]);
        assert_eq!(cuts(&[0.3, 0.3, 0.3], 0.0), [1]);
        assert_eq!(cuts(&[0.0, 0.0], 0.0), [0_usize; 0]);
    }

    #[test]
    fn adaptive_is_relative_to_the_text() {
        let cuts = Decoder::Adaptive(1.0).cuts(&[0.1, 0.1, 0.1, 0.2], 1).unwrap();
        assert_eq!(cuts, [4]);
        assert!(Decoder::Adaptive(0.0).cuts(&[], 1).unwrap().is_empty());
    }

    #[test]
    fn wrong_probabilities_are_refused() {
        for p in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            let error = Decoder::Threshold(0.5).cuts(&[0.1, p], 1).unwrap_err();
            assert!(error.to_string().contains("unit 1"), "{error}");
        }
    }
}
