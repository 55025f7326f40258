//! Chunks: segments packed up to a size.
//!
//! A [`Chunker`] takes a text, a partition of it as [`Break`]s with levels, and
//! a [`Sizer`]. What fits into a chunk is not cut: a unit (the text between two
//! breaks of a level) that is too large is cut at the next level; below the
//! partition come paragraphs, lines, sentences, clauses, phrases, words, and at
//! last graphemes and code points. Neighbours that fit together are packed.
//!
//! 1. `plan`: level by level, down to *atoms* that fit. One call of the sizer a
//!    level, for all units of it.
//! 2. `pack`: runs of atoms to chunks, by sums of their sizes.
//! 3. `confirm`: one exact count for each chunk where sizes are not sums.
//!
//! Without overlap the chunks partition the text. Time is linear in the text
//! for each of at most 64 levels, besides what the sizer takes.

mod confirm;
mod context;
mod levels;
mod measure;
mod pack;
mod plan;
mod sizer;

pub use context::Context;
pub use levels::Level;
pub use sizer::{Sizer, TokenSizer, Unit};

use measure::Measure;

use crate::{Error, Lang, SentenceSegmenter};

/// What may be done across a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BreakKind {
    /// Its neighbours may share a chunk, and a chunk may overlap across it.
    #[default]
    Open,
    /// Its neighbours may share a chunk; no chunk overlaps across it.
    Closed,
    /// No chunk goes across it, however small its neighbours.
    Apart,
}

/// A place where one unit ends and the next one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Break {
    /// First byte of the next unit.
    pub offset: usize,
    /// 0 for the largest units; a unit of a level holds those of larger levels.
    pub level: u32,
    /// What may be done across it.
    pub kind: BreakKind,
}

impl Break {
    /// An open break.
    pub fn new(offset: usize, level: u32) -> Self {
        Self { offset, level, kind: BreakKind::Open }
    }
}

/// How a run of units becomes chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Packing {
    /// Each chunk takes as much as fits.
    #[default]
    Greedy,
    /// As few chunks as greedy packing makes, and the largest as small as that allows.
    Balanced,
}

impl Packing {
    /// `greedy` or `balanced`.
    ///
    /// # Errors
    /// If `name` is neither.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "greedy" => Ok(Self::Greedy),
            "balanced" => Ok(Self::Balanced),
            _ => Err(Error::invalid(format!(
                "packing must be \"greedy\" or \"balanced\", not {name:?}"
            ))),
        }
    }
}

/// A piece of a text that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// First byte.
    pub start: usize,
    /// First byte that is not in the chunk before: `start` without overlap.
    pub body: usize,
    /// First byte after it.
    pub end: usize,
    /// Its size, with its context.
    pub size: usize,
    /// Index of the prefix before it in its [`Context`], if there is one.
    pub prefix: Option<usize>,
}

/// Packs texts into chunks. Immutable, usable from threads.
///
/// ```
/// use scriptio::chunk::{Break, Chunker, Context, Unit};
/// let chunker = Chunker::builder(12).build()?;
/// let text = "It rained. We left. Good.";
/// let breaks = [Break::new(11, 0), Break::new(20, 0)];
/// let chunks = chunker.chunk(text, &breaks, &Context::default(), &Unit::Chars)?;
/// let texts: Vec<_> = chunks.iter().map(|chunk| &text[chunk.start..chunk.end]).collect();
/// assert_eq!(texts, ["It rained. ", "We left. ", "Good."]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chunker {
    size: usize,
    overlap: usize,
    packing: Packing,
    merge: bool,
    levels: Vec<Level>,
    sentences: SentenceSegmenter,
}

/// Sets the policy of a [`Chunker`].
#[derive(Debug, Clone)]
pub struct ChunkerBuilder {
    size: usize,
    overlap: usize,
    packing: Packing,
    merge: bool,
    levels: Vec<Level>,
    sentences: Option<SentenceSegmenter>,
}

impl ChunkerBuilder {
    /// How much of the chunk before a chunk repeats at most, in whole atoms.
    #[must_use]
    pub fn overlap(mut self, overlap: usize) -> Self {
        self.overlap = overlap;
        self
    }

    /// How units become chunks.
    #[must_use]
    pub fn packing(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Whether units of the partition may share a chunk; those of the levels
    /// below always may. True unless told.
    #[must_use]
    pub fn merge(mut self, merge: bool) -> Self {
        self.merge = merge;
        self
    }

    /// Where units are cut that are too large, the largest level first; words
    /// and then graphemes follow in any case. All levels unless told.
    #[must_use]
    pub fn levels(mut self, levels: Vec<Level>) -> Self {
        self.levels = levels;
        self
    }

    /// What finds sentences; one for any language unless told.
    #[must_use]
    pub fn sentences(mut self, sentences: SentenceSegmenter) -> Self {
        self.sentences = Some(sentences);
        self
    }

    /// The chunker.
    ///
    /// # Errors
    /// If the size is 0, or not larger than the overlap.
    pub fn build(self) -> Result<Chunker, Error> {
        if self.size == 0 {
            return Err(Error::invalid("chunk_size must be at least 1, not 0"));
        }
        if self.overlap >= self.size {
            return Err(Error::invalid(format!(
                "chunk_overlap is {}, which must be smaller than chunk_size, {}",
                self.overlap, self.size
            )));
        }
        let mut levels = self.levels;
        levels.sort_unstable();
        levels.dedup();
        let sentences = match self.sentences {
            Some(sentences) => sentences,
            None => SentenceSegmenter::new(Lang::new("und")?),
        };
        let Self { size, overlap, packing, merge, .. } = self;
        Ok(Chunker { size, overlap, packing, merge, levels, sentences })
    }
}

impl Chunker {
    /// A chunker of chunks of at most `size`.
    pub fn builder(size: usize) -> ChunkerBuilder {
        ChunkerBuilder {
            size,
            overlap: 0,
            packing: Packing::default(),
            merge: true,
            levels: Level::ALL.to_vec(),
            sentences: None,
        }
    }

    /// The chunks of `text` in order.
    ///
    /// `breaks` partition the text; breaks at either end of it mean nothing.
    ///
    /// # Errors
    /// If the breaks do not rise strictly or do not fit the text, if the sizer
    /// fails, or if not even one code point with its context fits.
    pub fn chunk(
        &self,
        text: &str,
        breaks: &[Break],
        context: &Context,
        sizer: &dyn Sizer,
    ) -> Result<Vec<Chunk>, Error> {
        check(text, breaks)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let measure = Measure::new(text, context, sizer, self.size)?;
        let atoms = plan::atoms(self, text, breaks, &measure)?;
        confirm::chunks(self, &atoms, &measure)
    }
}

fn check(text: &str, breaks: &[Break]) -> Result<(), Error> {
    let mut before = None;
    for (i, place) in breaks.iter().enumerate() {
        let offset = place.offset;
        if before.is_some_and(|before| offset <= before) {
            return Err(Error::invalid(format!(
                "breaks[{i}] is at {offset}, not after the one before it; sort them, one a place"
            )));
        }
        if !text.is_char_boundary(offset) {
            return Err(Error::invalid(format!(
                "breaks[{i}] is at {offset}, which is no place between two code points of a text \
                 of {} bytes; pass the text that was cut",
                text.len()
            )));
        }
        before = Some(offset);
    }
    Ok(())
}
