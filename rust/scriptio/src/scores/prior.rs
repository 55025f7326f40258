//! [`Prior`]: how welcome a segment of some length is.

use super::lengths::LENGTHS;
use crate::{Error, Lang};

/// Length of segments in a language that nothing is known of, and its spread.
const UNKNOWN: (f64, f64) = (70.0, 25.0);

/// What the logarithm of a prior of zero counts as: worse than any number of
/// improbable cuts in a text of usual length, yet a number, so that a text
/// which no segmentation within the prior fits still has a best one.
const LOG_ZERO: f64 = -1e6;

/// Bounds of a logarithm and of its fall per code point, so that spreads far
/// below 1 give no infinities to calculate with.
const LOWEST: f64 = -1e12;
const STEEPEST: f64 = 1e9;

/// From this length on at the earliest a prior's logarithm is continued by
/// its tangent.
const EXACT_TO: f64 = 1024.0;

/// How many spreads beyond the target the formula holds at least.
const EXACT_SPREADS: f64 = 8.0;

/// The form of a [`Prior`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PriorShape {
    /// All lengths are alike.
    #[default]
    Uniform,
    /// `exp(-((len - target) / spread)² / 2)`
    Gaussian,
    /// `max(0, 1 - ((len - target) / spread)²)`
    ClippedPolynomial,
    /// `exp(-((ln len - μ) / σ)² / 2) / len` with `σ = spread / target` and
    /// `μ = ln target + σ²`, which has its peak at the target.
    Lognormal,
}

impl PriorShape {
    /// `uniform`, `gaussian`, `clipped_polynomial` or `lognormal`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "uniform" => Ok(Self::Uniform),
            "gaussian" => Ok(Self::Gaussian),
            "clipped_polynomial" => Ok(Self::ClippedPolynomial),
            "lognormal" => Ok(Self::Lognormal),
            _ => Err(Error::invalid(format!(
                "unknown prior {name:?}; known: uniform, gaussian, clipped_polynomial, lognormal"
            ))),
        }
    }
}

/// How welcome a segment is by its length, in code points; not normalised.
///
/// The formulas are those of wtpsplit's length-constrained segmentation. Two
/// things are added so that decoding is never quadratic and always has a best
/// segmentation: beyond 1024 code points and eight spreads above the target
/// the logarithm falls along its tangent; and where the polynomial is zero,
/// its logarithm is -10⁶ and a spread farther off -2·10⁶, so that a length
/// outside is taken only where none inside is left, and the nearer the better.
///
/// ```
/// use scriptio::scores::{Prior, PriorShape};
/// let prior = Prior::new(PriorShape::Gaussian, 70.0, 25.0)?;
/// assert_eq!(prior.log(70), 0.0);
/// assert_eq!(prior.log(45), -0.5);
/// assert_eq!(prior.log(95), -0.5);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    shape: PriorShape,
    target: f64,
    spread: f64,
    /// Last length for which the formula holds; see `slope`.
    reach: f64,
}

impl Default for Prior {
    fn default() -> Self {
        Self { shape: PriorShape::Uniform, target: UNKNOWN.0, spread: UNKNOWN.1, reach: 0.0 }
    }
}

impl Prior {
    /// A prior that likes segments of about `target` code points best.
    ///
    /// # Errors
    /// If `target` or `spread` is not finite and above 0.
    pub fn new(shape: PriorShape, target: f64, spread: f64) -> Result<Self, Error> {
        for (name, value) in [("target_length", target), ("spread", spread)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::invalid(format!(
                    "{name} is {value}; it counts code points, so pass a finite number above 0"
                )));
            }
        }
        let reach = match shape {
            PriorShape::Uniform => 0.0,
            // Zero beyond, so there is nothing to be exact about.
            PriorShape::ClippedPolynomial => (target + spread).ceil(),
            PriorShape::Gaussian | PriorShape::Lognormal => {
                (target + EXACT_SPREADS * spread).ceil().max(EXACT_TO)
            }
        };
        Ok(Self { shape, target, spread, reach })
    }

    /// The logarithm of the prior of a segment of `len` code points.
    pub fn log(&self, len: usize) -> f64 {
        let len = len as f64;
        if len <= self.reach { self.formula(len) } else { self.tail(len) }.max(LOWEST)
    }

    /// The length up to which every length has to be asked for by itself;
    /// beyond, the logarithm falls by [`Self::slope`] a code point.
    pub(crate) fn reach(&self) -> usize {
        self.reach as usize
    }

    /// The length that is liked best.
    pub(crate) fn peak(&self) -> f64 {
        self.target
    }

    /// By how much the logarithm falls with each code point beyond the reach.
    pub(crate) fn slope(&self) -> f64 {
        let slope = match self.shape {
            PriorShape::Uniform => 0.0,
            PriorShape::Gaussian => (self.reach - self.target) / self.spread / self.spread,
            PriorShape::ClippedPolynomial => -LOG_ZERO / self.spread,
            PriorShape::Lognormal => {
                let (mean, deviation) = self.of_logarithm();
                ((self.reach.ln() - mean) / deviation / deviation + 1.0) / self.reach
            }
        };
        slope.min(STEEPEST)
    }

    fn tail(&self, len: f64) -> f64 {
        self.formula(self.reach).max(LOWEST) - self.slope() * (len - self.reach)
    }

    fn formula(&self, len: f64) -> f64 {
        let off = (len - self.target) / self.spread;
        match self.shape {
            PriorShape::Uniform => 0.0,
            PriorShape::Gaussian => -0.5 * off * off,
            PriorShape::ClippedPolynomial => {
                let value = 1.0 - off * off;
                if value > 0.0 { value.ln() } else { LOG_ZERO * off.abs() }
            }
            PriorShape::Lognormal => {
                let (mean, deviation) = self.of_logarithm();
                let off = (len.ln() - mean) / deviation;
                -0.5 * off * off - len.ln()
            }
        }
    }

    /// Mean and deviation of the logarithm of a length.
    fn of_logarithm(&self) -> (f64, f64) {
        let deviation = self.spread / self.target;
        (self.target.ln() + deviation * deviation, deviation)
    }
}

/// Typical length of a sentence in code points, and its spread: of the
/// language `code`, or 70 and 25 where there are no numbers for it.
///
/// Medians and interquartile ranges of free treebanks and news; a region or
/// script subtag is dropped.
///
/// ```
/// use scriptio::scores::length_prior;
/// assert!(length_prior("zh").0 < length_prior("de-AT").0);
/// assert_eq!(length_prior("und"), (70.0, 25.0));
/// ```
pub fn length_prior(code: &str) -> (f64, f64) {
    let code = Lang::new(code).map_or("und", Lang::code);
    LENGTHS
        .binary_search_by(|(known, ..)| known.cmp(&code))
        .ok()
        .and_then(|index| LENGTHS.get(index))
        .map_or(UNKNOWN, |&(_, target, spread)| (f64::from(target), f64::from(spread)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    const SHAPES: [PriorShape; 3] =
        [PriorShape::Gaussian, PriorShape::ClippedPolynomial, PriorShape::Lognormal];

    fn prior(shape: PriorShape, target: f64, spread: f64) -> Prior {
        Prior::new(shape, target, spread).unwrap()
    }

    #[test]
    fn formulas_give_what_they_say() {
        let polynomial = prior(PriorShape::ClippedPolynomial, 50.0, 20.0);
        assert!((polynomial.log(60).exp() - 0.75).abs() < 1e-12);
        assert!(polynomial.log(70) <= LOG_ZERO && polynomial.log(30) <= LOG_ZERO);
        let lognormal = prior(PriorShape::Lognormal, 70.0, 25.0);
        let deviation = 25.0 / 70.0_f64;
        let mean = 70_f64.ln() + deviation * deviation;
        let by_hand = (-0.5 * ((100_f64.ln() - mean) / deviation).powi(2)).exp() / 100.0;
        assert!((lognormal.log(100).exp() - by_hand).abs() < 1e-12);
        assert!(Prior::default().log(1).abs() < 1e-12);
    }

    #[test]
    fn the_peak_is_at_the_target_and_lengths_fall_on_both_sides() {
        for shape in SHAPES {
            let prior = prior(shape, 70.0, 25.0);
            for len in 1..70 {
                assert!(prior.log(len) < prior.log(len + 1), "{shape:?} {len}");
            }
            for len in 70..5_000 {
                assert!(prior.log(len) > prior.log(len + 1), "{shape:?} {len}");
            }
        }
    }

    #[test]
    fn the_tail_goes_on_where_the_formula_ends() {
        for shape in SHAPES {
            let prior = prior(shape, 70.0, 25.0);
            let reach = prior.reach();
            let steps = [reach, reach + 1].map(|len| prior.log(len) - prior.log(len + 1));
            assert!((steps[0] - steps[1]).abs() < 1e-6, "{shape:?} {steps:?}");
            assert!((steps[1] - prior.slope()).abs() < 1e-6, "{shape:?}");
        }
    }

    #[test]
    fn languages_are_sorted_and_have_sensible_numbers() {
        assert!(LENGTHS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(LENGTHS.len() > 50);
        for &(code, target, spread) in LENGTHS {
            assert_eq!(length_prior(code), (f64::from(target), f64::from(spread)), "{code}");
            assert!((20..=200).contains(&target) && (5..=100).contains(&spread), "{code}");
        }
        assert_eq!(length_prior("no"), length_prior("nb"));
        assert_eq!(length_prior("tlh"), UNKNOWN);
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Prior::new(PriorShape::Gaussian, bad, 1.0).unwrap_err().to_string();
            assert!(error.contains("target_length"), "{error}");
            let error = Prior::new(PriorShape::Uniform, 1.0, bad).unwrap_err().to_string();
            assert!(error.contains("spread"), "{error}");
        }
        let error = PriorShape::new("normal").unwrap_err().to_string();
        assert!(error.contains("normal") && error.contains("lognormal"), "{error}");
    }
}
