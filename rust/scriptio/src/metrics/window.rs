//! Pk and `WindowDiff`: a window slides over both segmentations and asks in
//! each position whether they agree.

use super::{InnerEnds, units};
use crate::Error;

/// The usual window size: half the mean mass of the reference's segments,
/// rounded half to even, at least 2.
///
/// This is the rule of the `segeval` package. Others round half up or count
/// boundaries in place of segments, so a published value may need its own `k`.
///
/// ```
/// use scriptio::metrics::window_size;
/// assert_eq!(window_size(&[5, 6]), 3); // 2.75
/// assert_eq!(window_size(&[4, 6]), 2); // 2.5
/// assert_eq!(window_size(&[1, 1]), 2); // 0.5
/// ```
pub fn window_size(reference: &[usize]) -> usize {
    let segments = reference.len().max(1);
    let sum = reference.iter().fold(0_usize, |sum, &mass| sum.saturating_add(mass));
    let (half, rest) = (sum / (2 * segments), sum % (2 * segments));
    let up = rest > segments || (rest == segments && half % 2 == 1);
    (half + usize::from(up)).max(2)
}

/// Pk: the share of windows in which one segmentation has both ends of the
/// window in one segment and the other has not. 0 is perfect.
///
/// Both arguments are masses of one text. A window spans `k` units, from unit
/// `i` to unit `i + k`; without `k` it is [`window_size`] of the reference,
/// which makes the measure asymmetric.
///
/// Beeferman, Berger & Lafferty 1999, *Statistical models for text
/// segmentation*, Machine Learning 34.
///
/// # Errors
///
/// If a mass is 0, the totals differ, or `k` is not between 1 and one less
/// than the number of units; a text of one or two units has no Pk by default.
///
/// ```
/// use scriptio::metrics::pk;
/// let value = pk(&[3, 4, 2, 6, 1, 4], &[3, 3, 3, 6, 2, 3], None)?;
/// assert!((value - 3.0 / 18.0).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn pk(reference: &[usize], hypothesis: &[usize], k: Option<usize>) -> Result<f64, Error> {
    let units = units(reference, hypothesis)?;
    let k = checked_window(reference, units, k)?;
    let differ = |expected: usize, got: usize| (expected == 0) != (got == 0);
    let errors = count_windows(reference, hypothesis, k, k..units, differ);
    Ok(errors as f64 / (units - k) as f64)
}

/// `WindowDiff`: the share of windows in which the two segmentations have
/// different numbers of boundaries. 0 is perfect.
///
/// Arguments and window are those of [`pk`]. Windows near the ends of the text
/// are fewer, so that errors there cost less; `lamprier` gives every boundary
/// the same weight with `k` units of padding on both sides (Lamprier et al.
/// 2007). It then divides by the number of windows plus one, as `segeval`
/// does, for comparable values.
///
/// Pevzner & Hearst 2002, *A critique and improvement of an evaluation metric
/// for text segmentation*, Computational Linguistics 28(1).
///
/// # Errors
///
/// As [`pk`], with `lamprier` too.
///
/// ```
/// use scriptio::metrics::window_diff;
/// let (reference, hypothesis) = ([3, 4, 2, 6, 1, 4], [3, 3, 3, 6, 2, 3]);
/// let value = window_diff(&reference, &hypothesis, None, false)?;
/// assert!((value - 4.0 / 18.0).abs() < 1e-12);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn window_diff(
    reference: &[usize],
    hypothesis: &[usize],
    k: Option<usize>,
    lamprier: bool,
) -> Result<f64, Error> {
    let units = units(reference, hypothesis)?;
    let k = checked_window(reference, units, k)?;
    let (last_units, divisor) =
        if lamprier { (0..units + k, units + k + 1) } else { (k..units, units - k) };
    let errors =
        count_windows(reference, hypothesis, k, last_units, |expected, got| expected != got);
    Ok(errors as f64 / divisor as f64)
}

fn checked_window(reference: &[usize], units: usize, k: Option<usize>) -> Result<usize, Error> {
    let k = k.unwrap_or_else(|| window_size(reference));
    if (1..units).contains(&k) {
        return Ok(k);
    }
    Err(Error::invalid(format!(
        "window size k is {k} in a text of {units} units; \
         k must be at least 1 and less than the text: leave out texts too short for it"
    )))
}

/// The boundaries of one segmentation that lie inside the window.
struct Inside<'m> {
    entering: InnerEnds<'m>,
    leaving: InnerEnds<'m>,
    k: usize,
    count: usize,
}

impl<'m> Inside<'m> {
    fn new(masses: &'m [usize], k: usize) -> Self {
        Self { entering: InnerEnds::new(masses), leaving: InnerEnds::new(masses), k, count: 0 }
    }

    /// Moves the window's last unit to `last`, and returns the next position
    /// at which the count changes.
    ///
    /// A segment's end offset is the first unit after it, so the boundary is
    /// inside from `last == end`, when the window reaches that unit, until the
    /// window's first unit `last - k` is that unit.
    #[inline]
    fn move_to(&mut self, last: usize) -> usize {
        let enter = loop {
            match self.entering.peek() {
                Some(end) if end <= last => {
                    self.count += 1;
                    self.entering.advance();
                }
                other => break other.unwrap_or(usize::MAX),
            }
        };
        let leave = loop {
            match self.leaving.peek() {
                Some(end) if end + self.k <= last => {
                    self.count -= 1;
                    self.leaving.advance();
                }
                other => break other.map_or(usize::MAX, |end| end + self.k),
            }
        };
        enter.min(leave)
    }
}

/// Number of windows whose boundary counts `differ`, one window for each
/// position of its last unit in `last_units`.
///
/// Counts change only where a boundary enters or leaves, so the work is in the
/// number of boundaries and does not depend on `k` or the text's length.
fn count_windows(
    reference: &[usize],
    hypothesis: &[usize],
    k: usize,
    last_units: std::ops::Range<usize>,
    differ: impl Fn(usize, usize) -> bool,
) -> usize {
    let mut expected = Inside::new(reference, k);
    let mut got = Inside::new(hypothesis, k);
    let mut last = last_units.start;
    let mut errors = 0;
    while last < last_units.end {
        let change = expected.move_to(last).min(got.move_to(last)).min(last_units.end);
        if differ(expected.count, got.count) {
            errors += change - last;
        }
        last = change;
    }
    errors
}
