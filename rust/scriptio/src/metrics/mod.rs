//! How well one segmentation agrees with another.
//!
//! | Measure | Range | Better | Near misses |
//! | --- | --- | --- | --- |
//! | [`boundary_score`]: precision, recall, F1 | 0 to 1 | high | are errors |
//! | [`pk`] (Beeferman, Berger & Lafferty 1999) | 0 to 1 | low | cost by distance |
//! | [`window_diff`] (Pevzner & Hearst 2002) | 0 to 1 | low | cost by distance |
//! | [`boundary_similarity`], B (Fournier 2013) | 0 to 1 | high | half an error, or as `n_t` says |
//! | [`segmentation_similarity`], S (Fournier & Inkpen 2012) | 0 to 1 | high | as B, but diluted by the text's length |
//!
//! A *unit* is whatever the text is counted in: sentences, words, code points.
//! [`boundary_score`] takes end offsets; the others take *masses*, the number
//! of units of each segment in order, which [`masses_of`] makes from end
//! offsets. The end of the text is not a boundary for any of them, because
//! nobody can miss it.
//!
//! All of them take time in the number of segments, not of units, so that
//! texts may be scored by the character and with any window.

mod counts;
mod edits;
mod window;

pub use counts::{BoundaryScore, boundary_score};
pub use edits::{BoundaryEdits, boundary_edits, boundary_similarity, segmentation_similarity};
pub use window::{pk, window_diff, window_size};

use crate::Error;

/// The masses of the segments that end at `ends`: units per segment.
///
/// `ends` are the end offsets of all segments of a text, its length last.
///
/// # Errors
///
/// If `ends` do not rise strictly from above 0.
///
/// ```
/// use scriptio::metrics::masses_of;
/// assert_eq!(masses_of(&[3, 7, 9])?, [3, 4, 2]);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn masses_of(ends: &[usize]) -> Result<Vec<usize>, Error> {
    check_ends("ends", ends)?;
    let mut start = 0;
    let mass = |&end: &usize| {
        let mass = end - start;
        start = end;
        mass
    };
    Ok(ends.iter().map(mass).collect())
}

/// Refuses offsets that do not rise strictly from above 0.
fn check_ends(name: &str, ends: &[usize]) -> Result<(), Error> {
    let mut before = 0;
    for (i, &end) in ends.iter().enumerate() {
        if end == 0 {
            return Err(Error::invalid(format!(
                "{name}[{i}] is 0, where no segment can end; leave it out"
            )));
        }
        if end <= before {
            return Err(Error::invalid(format!(
                "{name}[{i}] is {end} after {before}; sort the offsets and drop repeated ones"
            )));
        }
        before = end;
    }
    Ok(())
}

/// Number of units of two segmentations of one text.
fn units(reference: &[usize], hypothesis: &[usize]) -> Result<usize, Error> {
    let expected = total("reference", reference)?;
    let got = total("hypothesis", hypothesis)?;
    if expected != got {
        return Err(Error::invalid(format!(
            "reference has {expected} units and hypothesis {got}; \
             both must be masses of the same text in the same unit"
        )));
    }
    Ok(expected)
}

fn total(name: &str, masses: &[usize]) -> Result<usize, Error> {
    let mut sum = 0_usize;
    for (i, &mass) in masses.iter().enumerate() {
        if mass == 0 {
            return Err(Error::invalid(format!(
                "{name}[{i}] is 0, but a segment has at least one unit; leave empty segments out"
            )));
        }
        // Half of the integer's range, so that a window past the end of the
        // text has an offset as well.
        sum = sum.checked_add(mass).filter(|&sum| sum <= usize::MAX / 2).ok_or_else(|| {
            Error::invalid(format!(
                "{name}[{i}] is {mass}, and no text has so many units; pass masses, not offsets"
            ))
        })?;
    }
    Ok(sum)
}

/// The end offsets inside a text, one by one: all ends but the last.
#[derive(Debug, Clone)]
struct InnerEnds<'m> {
    masses: std::slice::Iter<'m, usize>,
    next: Option<usize>,
}

impl<'m> InnerEnds<'m> {
    fn new(masses: &'m [usize]) -> Self {
        let inner = masses.split_last().map_or(masses, |(_, inner)| inner);
        let mut ends = Self { masses: inner.iter(), next: Some(0) };
        ends.advance();
        ends
    }

    /// The offset that [`InnerEnds::advance`] would pass.
    #[inline]
    fn peek(&self) -> Option<usize> {
        self.next
    }

    #[inline]
    fn advance(&mut self) {
        self.next = match (self.next, self.masses.next()) {
            (Some(end), Some(mass)) => Some(end + mass),
            _ => None,
        };
    }
}
