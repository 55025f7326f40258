//! [`Decoder`]: the policy of decoding, validated once.

use super::constrained;
use super::cuts::{Cut, cuts};
use super::path::Limits;
use super::prior::Prior;
use crate::offsets::count_chars;
use crate::{Boundary, Error, Newlines};

/// What limits of length are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Meaning {
    /// Sentences, and as few changes to them as the limits allow: what is too
    /// long is divided where that is most probable, what is too short joins a
    /// neighbour.
    #[default]
    Sentences,
    /// Segments of a welcome length, as wtpsplit makes them: the threshold
    /// does not count, every cut has its price, and with the uniform prior
    /// there are as few of them as the maximum allows.
    Pack,
}

impl Meaning {
    /// `sentences` or `pack`.
    ///
    /// # Errors
    /// If `name` is neither.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "sentences" => Ok(Self::Sentences),
            "pack" => Ok(Self::Pack),
            _ => Err(Error::invalid(format!("unknown meaning {name:?}; known: sentences, pack"))),
        }
    }
}

/// How the cuts are chosen where lengths are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// The best of all segmentations.
    #[default]
    Viterbi,
    /// From left to right the best next segment each time.
    Greedy,
}

impl Algorithm {
    /// `viterbi` or `greedy`.
    ///
    /// # Errors
    /// If `name` is neither.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "viterbi" => Ok(Self::Viterbi),
            "greedy" => Ok(Self::Greedy),
            _ => Err(Error::invalid(format!("unknown algorithm {name:?}; known: viterbi, greedy"))),
        }
    }
}

/// Turns probabilities of boundaries into boundaries.
///
/// Without limits of length, a segment ends at every candidate whose
/// probability is greater than the threshold, and where [`Newlines`] says so.
///
/// With them, lengths count code points of whole segments, white space
/// included. The maximum is never exceeded: where no candidate is near enough,
/// a segment ends behind white space, else between graphemes, else anywhere,
/// even in white space. The minimum gives way to the maximum. Of the
/// segmentations that are left, the decoder takes the one with
///
/// 1. the fewest segments that are too short;
/// 2. the fewest boundaries passed over that line breaks force, which thus
///    yield to nothing but the minimum;
/// 3. for [`Meaning::Sentences`], the fewest cuts inside sentences that fit,
///    then the fewest boundaries above the threshold passed over;
/// 4. the largest sum of log [`Prior`] over the segments and log probability
///    over the cuts, the end of the text excepted; a probability of zero
///    counts as the smallest above it.
///
/// (Each of the first counts weighs 4096 of the next.) Too short in the end is
/// only what candidates leave so and a neighbour cannot mend: nothing, where
/// the minimum is at most half of the maximum and the text is long enough.
///
/// Time is linear in the text, and in the candidates `O(n · c)`, where `c` is
/// the number of candidates within the maximum or the prior's reach of 1024
/// code points or eight spreads above the target, whichever is less; `O(n)` for
/// the uniform prior.
///
/// ```
/// use scriptio::scores::Decoder;
/// let decoder = Decoder::builder().threshold(0.3).build()?;
/// let ends = decoder.decode("It rained. We left.", &[2, 10, 13, 19], &[0.1, 0.9, 0.0, 0.9])?;
/// assert_eq!(ends[0].offset, 11);
/// assert_eq!(ends[0].probability, Some(0.9));
/// assert_eq!(ends[1].offset, 19);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    pub(crate) threshold: f32,
    pub(crate) limits: Limits,
    pub(crate) prior: Prior,
    pub(crate) algorithm: Algorithm,
    pub(crate) meaning: Meaning,
    newlines: Newlines,
}

impl Decoder {
    /// Set a policy before building.
    pub fn builder() -> DecoderBuilder {
        DecoderBuilder {
            threshold: 0.5,
            min: 1,
            max: None,
            prior: Prior::default(),
            algorithm: Algorithm::default(),
            meaning: Meaning::default(),
            newlines: Newlines::default(),
        }
    }

    /// The ends of the segments of `text`, the last of which is its length;
    /// none for the empty text.
    ///
    /// `ends` are the ends of the candidates in bytes, in order (equal ones
    /// may stand together), each with its probability. A boundary's
    /// probability is that of its candidate, 1 for the end of the text and
    /// boundaries that line breaks force, 0 for cuts at no candidate.
    ///
    /// # Errors
    /// If `ends` fall, lie beyond the text or inside a code point, are not as
    /// many as `probabilities`, or a probability is not from 0 to 1.
    pub fn decode(
        &self,
        text: &str,
        ends: &[usize],
        probabilities: &[f32],
    ) -> Result<Vec<Boundary>, Error> {
        let unlimited = self.limits == Limits { min: 1, max: usize::MAX };
        let by_threshold = unlimited && self.meaning == Meaning::Sentences;
        let above = if by_threshold { self.threshold } else { -1.0 };
        let mut cuts = cuts(text, ends, probabilities, above, self.newlines)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let end = Cut::end(text.len(), count_chars(text.as_bytes()));
        if by_threshold {
            cuts.push(end);
        } else {
            cuts = constrained::decode(self, text, &cuts, end);
        }
        let boundary = |cut: Cut| Boundary {
            offset: cut.byte,
            kind: cut.kind,
            probability: Some(cut.probability),
        };
        Ok(cuts.into_iter().map(boundary).collect())
    }
}

/// Builds a [`Decoder`].
#[derive(Debug, Clone)]
pub struct DecoderBuilder {
    threshold: f32,
    min: usize,
    max: Option<usize>,
    prior: Prior,
    algorithm: Algorithm,
    meaning: Meaning,
    newlines: Newlines,
}

impl DecoderBuilder {
    /// A candidate is a boundary if its probability is greater; 0.5 unless
    /// told.
    #[must_use]
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }

    /// The least length of a segment in code points; 1 unless told.
    #[must_use]
    pub fn min_length(mut self, min: usize) -> Self {
        self.min = min;
        self
    }

    /// The greatest length of a segment in code points; none unless told.
    #[must_use]
    pub fn max_length(mut self, max: Option<usize>) -> Self {
        self.max = max;
        self
    }

    /// How welcome segments are by their length.
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.prior = prior;
        self
    }

    /// How cuts are chosen where lengths are limited.
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// What limits of length are for.
    #[must_use]
    pub fn meaning(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }

    /// What a line break means.
    #[must_use]
    pub fn newlines(mut self, newlines: Newlines) -> Self {
        self.newlines = newlines;
        self
    }

    /// The decoder.
    ///
    /// # Errors
    /// If a length is 0, the minimum greater than the maximum, or the
    /// threshold not a number.
    pub fn build(self) -> Result<Decoder, Error> {
        let Self { threshold, min, max, prior, algorithm, meaning, newlines } = self;
        if threshold.is_nan() {
            return Err(Error::invalid("threshold is NaN; pass a number, such as 0.5"));
        }
        for (name, length) in [("min_length", min), ("max_length", max.unwrap_or(1))] {
            if length == 0 {
                return Err(Error::invalid(format!(
                    "{name} is 0; it counts code points, so pass 1 or more"
                )));
            }
        }
        if let Some(max) = max.filter(|&max| max < min) {
            return Err(Error::invalid(format!(
                "min_length is {min}, greater than max_length, which is {max}; \
                 no segment could be that long and that short"
            )));
        }
        let limits = Limits { min, max: max.unwrap_or(usize::MAX) };
        Ok(Decoder { threshold, limits, prior, algorithm, meaning, newlines })
    }
}
