//! Fast sentence segmentation: candidates, rules, and a learned scorer.

mod ascii;
mod builder;
mod candidates;
mod context;
mod ellipsis;
mod explain;
mod features;
mod lang;
mod lexicon;
mod lists;
mod quotes;
mod scorer;
mod segment;
mod shortcut;
mod stream;
#[cfg(feature = "training")]
#[doc(hidden)]
pub mod training;
mod verdict;
mod word;

use std::sync::Arc;

pub use builder::{Newlines, SentenceSegmenterBuilder};
pub use explain::Explanation;
pub(crate) use segment::newline_ends;
pub use stream::{SentenceStream, StreamSegment};

use crate::{Boundary, BoundaryKind, Lang, Segmenter};

/// How many code points after a boundary (and the white space that follows it)
/// can have a say in it: the look-ahead of [`SentenceStream`].
pub const LOOK_AHEAD: usize = 64;

/// Splits text into sentences. Immutable, cheap to clone, usable from threads.
///
/// ```
/// use scriptio::{Lang, Segmenter, SentenceSegmenter};
/// let segmenter = SentenceSegmenter::new(Lang::new("en")?);
/// assert_eq!(segmenter.split("It rained. We left."), ["It rained. ", "We left."]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SentenceSegmenter {
    config: Arc<builder::Config>,
}

impl SentenceSegmenter {
    /// A segmenter for `lang` with the default policy.
    pub fn new(lang: Lang) -> Self {
        Self { config: Arc::new(builder::Config::new(lang)) }
    }

    /// Set a policy before building.
    pub fn builder(lang: Lang) -> SentenceSegmenterBuilder {
        SentenceSegmenterBuilder::new(lang)
    }

    /// The language it was built for.
    pub fn lang(&self) -> Lang {
        self.config.lang
    }

    /// The boundaries of `text` with their kind and probability.
    pub fn boundaries(&self, text: &str) -> Vec<Boundary> {
        let mut out = Vec::new();
        segment::run(&self.config, text, true, &mut segment::Progress::default(), &mut out);
        if !text.is_empty() {
            out.push(Boundary { offset: text.len(), kind: BoundaryKind::End, probability: None });
        }
        out
    }

    /// Every candidate of `text` with what was decided about it, and why.
    pub fn explain(&self, text: &str) -> Vec<Explanation> {
        let mut out = Vec::new();
        segment::run(&self.config, text, true, &mut segment::Progress::default(), &mut out);
        out
    }

    /// A stream that takes the text piece by piece.
    pub fn stream(&self) -> SentenceStream {
        SentenceStream::new(self.clone())
    }
}

impl Segmenter for SentenceSegmenter {
    fn ends(&self, text: &str, out: &mut Vec<usize>) {
        segment::run(&self.config, text, true, &mut segment::Progress::default(), out);
        if !text.is_empty() {
            out.push(text.len());
        }
    }
}
