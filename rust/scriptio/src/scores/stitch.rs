//! The logits of overlapping windows as one logit a token: [`Stitcher`].
//!
//! What a token gets from several windows is averaged, as logits and not as probabilities, with
//! weights that depend on where in the window it stood. Sums are kept in `f32`.

use crate::Error;
use crate::scores::windows::{Layout, Window};

/// How much a window's logit counts, by the token's place in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// The same everywhere.
    Uniform,
    /// Least at the edges, where a token has least context: 1 in the middle, falling in straight
    /// lines to `1/n` at either edge of a window of `n` tokens.
    Hat,
}

impl Weighting {
    /// The weighting called `name`.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "uniform" => Ok(Self::Uniform),
            "hat" => Ok(Self::Hat),
            _ => Err(Error::invalid(format!("weighting is {name:?}; pass \"uniform\" or \"hat\""))),
        }
    }

    /// The weights of a window of `len` tokens, all of them greater than 0.
    ///
    /// ```
    /// use scriptio::scores::stitch::Weighting;
    ///
    /// assert_eq!(Weighting::Hat.weights(4), [0.25, 0.75, 0.75, 0.25]);
    /// ```
    pub fn weights(self, len: usize) -> Vec<f32> {
        match self {
            Self::Uniform => vec![1.0; len],
            Self::Hat => {
                // 1 - |x|, x from -(1 - 1/n) to 1 - 1/n in n steps. The places are 2/n apart, so
                // the weight of place i is (2i + 1)/n up to the middle, and mirrored behind it.
                let weight = |place: usize| {
                    let edge = place.min(len - 1 - place);
                    ((2 * edge + 1) as f64 / len as f64) as f32
                };
                (0..len).map(weight).collect()
            }
        }
    }
}

/// The sums of one text.
#[derive(Debug, Clone)]
enum Sums {
    /// A text of at most one window, of so many tokens, that was not read yet.
    Unread,
    /// The logits of the only window.
    Read(Vec<f32>),
    /// Weighted sums and sums of weights.
    Weighted { logits: Vec<f32>, weights: Vec<f32> },
}

/// Takes the logits of windows in any order and gives one logit a token.
///
/// Memory holds one `f32` for each token and label that is kept, and one more for each token of a
/// text of several windows; nothing for texts that were not reached.
///
/// ```
/// use scriptio::scores::stitch::{Stitcher, Weighting};
/// use scriptio::scores::windows::{Layout, Window};
///
/// let mut stitcher = Stitcher::new(Layout::new(2, 1)?, Weighting::Uniform, vec![3], false);
/// stitcher.add(Window { text: 0, start: 0, len: 2 }, &[1.0, 2.0], 1)?;
/// stitcher.add(Window { text: 0, start: 1, len: 2 }, &[4.0, 5.0], 1)?;
/// assert_eq!(stitcher.finish(), [vec![1.0, 3.0, 5.0]]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Stitcher {
    layout: Layout,
    lengths: Vec<usize>,
    sums: Vec<Sums>,
    /// The weights of a full window: shorter windows are the only ones of their text.
    weights: Vec<f32>,
    all_labels: bool,
}

impl Stitcher {
    /// For texts of `lengths` tokens; with `all_labels` every label's logit is kept, else the
    /// first one's, which is that of a boundary.
    pub fn new(
        layout: Layout,
        weighting: Weighting,
        lengths: Vec<usize>,
        all_labels: bool,
    ) -> Self {
        let sums = vec![Sums::Unread; lengths.len()];
        Self { layout, lengths, sums, weights: weighting.weights(layout.block()), all_labels }
    }

    /// Take the logits of one window: `labels` for each of its tokens, token by token.
    ///
    /// # Errors
    /// A logit that is kept is infinite or no number, the number of logits is not that of the
    /// window, or the window is none of the text.
    pub fn add(&mut self, window: Window, logits: &[f32], labels: usize) -> Result<(), Error> {
        let Window { text, start, len } = window;
        let tokens = self.lengths.get(text).copied().unwrap_or(0);
        let (Some(sums), true) = (self.sums.get_mut(text), start + len <= tokens) else {
            return Err(Error::invalid(format!("{window:?} is no window of these texts")));
        };
        if labels == 0 || logits.len() != len * labels {
            return Err(Error::invalid(format!(
                "{} logits for a window of {len} tokens and {labels} labels",
                logits.len()
            )));
        }
        let kept = if self.all_labels { labels } else { 1 };
        let rows = || logits.chunks_exact(labels).filter_map(|row| row.get(..kept));
        for (token, row) in rows().enumerate() {
            if let Some(label) = row.iter().position(|logit| !logit.is_finite()) {
                let logit = row.get(label).copied().unwrap_or(f32::NAN);
                return Err(Error::invalid(format!(
                    "logit {label} of token {} of text {text} is {logit}",
                    start + token
                )));
            }
        }
        if tokens <= self.layout.block() {
            *sums = Sums::Read(rows().flatten().copied().collect());
            return Ok(());
        }
        if !matches!(sums, Sums::Weighted { .. }) {
            *sums = Sums::Weighted { logits: vec![0.0; tokens * kept], weights: vec![0.0; tokens] };
        }
        let Sums::Weighted { logits: totals, weights: total_weights } = sums else {
            return Ok(());
        };
        let totals = totals.chunks_exact_mut(kept).skip(start);
        let total_weights = total_weights.iter_mut().skip(start);
        for (((total, sum), row), weight) in
            totals.zip(total_weights).zip(rows()).zip(&self.weights)
        {
            *sum += weight;
            for (total, logit) in total.iter_mut().zip(row) {
                *total += weight * logit;
            }
        }
        Ok(())
    }

    /// The logits of every text, token by token; those of tokens that no window held are 0.
    pub fn finish(self) -> Vec<Vec<f32>> {
        let done = |sums: Sums| match sums {
            Sums::Unread => Vec::new(),
            Sums::Read(logits) => logits,
            Sums::Weighted { mut logits, weights } => {
                let kept = logits.len() / weights.len().max(1);
                for (row, &weight) in logits.chunks_exact_mut(kept.max(1)).zip(&weights) {
                    if weight > 0.0 {
                        for logit in row {
                            *logit /= weight;
                        }
                    }
                }
                logits
            }
        };
        self.sums.into_iter().map(done).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;
    use crate::scores::windows::Batches;

    /// A logit that depends on the token, the label and, a little, on the place in the window.
    fn logit(token: usize, place: usize, label: usize) -> f32 {
        (token * 7 % 11) as f32 - 5.0 + place as f32 / 64.0 + label as f32
    }

    fn stitched(
        layout: Layout,
        weighting: Weighting,
        lengths: &[usize],
        labels: usize,
        all: bool,
    ) -> Vec<Vec<f32>> {
        let mut stitcher = Stitcher::new(layout, weighting, lengths.to_vec(), all);
        for window in Batches::new(layout, lengths, 64, 0).flatten() {
            let logits: Vec<f32> = (0..window.len)
                .flat_map(|place| {
                    (0..labels).map(move |label| logit(window.start + place, place, label))
                })
                .collect();
            stitcher.add(window, &logits, labels).unwrap();
        }
        stitcher.finish()
    }

    #[test]
    fn logits_are_weighted_means_over_the_windows() {
        for weighting in [Weighting::Uniform, Weighting::Hat] {
            for (block, stride) in [(4, 1), (8, 4), (8, 3), (5, 5)] {
                let layout = Layout::new(block, stride).unwrap();
                let lengths: Vec<usize> = (0..40).collect();
                let found = stitched(layout, weighting, &lengths, 3, true);
                for (&tokens, row) in lengths.iter().zip(&found) {
                    let weights = weighting.weights(block);
                    for token in 0..tokens {
                        for label in 0..3 {
                            let (mut sum, mut total) = (0.0_f64, 0.0_f64);
                            for window in layout.windows(tokens).filter(|w| w.contains(&token)) {
                                let place = token - window.start;
                                let weight = f64::from(weights[place]);
                                sum += weight * f64::from(logit(token, place, label));
                                total += weight;
                            }
                            let got = f64::from(row[token * 3 + label]);
                            assert!((got - sum / total).abs() < 1e-5, "{got} {sum} {total}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_label_alone_is_the_first_of_all() {
        let layout = Layout::new(6, 2).unwrap();
        let lengths = [0, 3, 6, 7, 25];
        let all = stitched(layout, Weighting::Hat, &lengths, 4, true);
        let first = stitched(layout, Weighting::Hat, &lengths, 4, false);
        for (all, first) in all.iter().zip(&first) {
            assert_eq!(&all.iter().step_by(4).copied().collect::<Vec<_>>(), first);
        }
    }

    #[test]
    fn hats_are_those_of_the_formula() {
        for len in 1..70 {
            let edge = 1.0 - 1.0 / len as f64;
            for (place, weight) in Weighting::Hat.weights(len).into_iter().enumerate() {
                let x = if len == 1 {
                    0.0
                } else {
                    -edge + 2.0 * edge * place as f64 / (len - 1) as f64
                };
                assert!((f64::from(weight) - (1.0 - x.abs())).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn no_number_is_told_with_its_place() {
        let layout = Layout::new(4, 2).unwrap();
        let window = Window { text: 1, start: 2, len: 4 };
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut stitcher = Stitcher::new(layout, Weighting::Uniform, vec![1, 6], false);
            let logits = [0.0, 9.0, 0.0, 9.0, bad, 9.0, 0.0, 9.0];
            let told = stitcher.add(window, &logits, 2).unwrap_err().to_string();
            assert!(told.starts_with("logit 0 of token 4 of text 1 is "), "{told}");
        }
        // What is not kept is not looked at.
        let mut stitcher = Stitcher::new(layout, Weighting::Uniform, vec![1, 6], false);
        stitcher.add(window, &[0.0, f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let layout = Layout::new(4, 2).unwrap();
        let mut stitcher = Stitcher::new(layout, Weighting::Uniform, vec![6], false);
        for (window, logits, labels) in [
            (Window { text: 0, start: 0, len: 4 }, 3, 1),
            (Window { text: 0, start: 0, len: 4 }, 4, 0),
            (Window { text: 0, start: 3, len: 4 }, 4, 1),
            (Window { text: 1, start: 0, len: 4 }, 4, 1),
        ] {
            assert!(stitcher.add(window, &vec![0.0; logits], labels).is_err());
        }
    }

    #[test]
    fn weightings_are_known_by_name() {
        assert_eq!(Weighting::from_name("hat"), Ok(Weighting::Hat));
        assert!(Weighting::from_name("cap").unwrap_err().to_string().contains("\"cap\""));
    }
}
