//! [`SentenceStream`]: the text arrives piece by piece.

use super::SentenceSegmenter;
use super::context::{LINE_WINDOW, WINDOW};
use super::segment::{Progress, run};
use crate::offsets::count_chars;
use crate::text::class::Class;

/// One finished segment of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSegment {
    /// The segment itself.
    pub text: String,
    /// Byte offset of its start in the whole text.
    pub byte_start: usize,
    /// Code-point offset of its start in the whole text.
    pub char_start: usize,
}

/// Settled text that is kept for the windows of later candidates.
const KEPT: usize = 2 * LINE_WINDOW;

/// Segments a text that arrives in pieces.
///
/// The segments are those of the whole text at once, whatever the pieces. A
/// segment comes out as soon as [`LOOK_AHEAD`](super::LOOK_AHEAD) code points
/// behind its white space are known, and memory holds one segment, the
/// look-ahead and two KiB.
///
/// ```
/// use scriptio::{Lang, SentenceSegmenter};
/// let mut stream = SentenceSegmenter::new(Lang::new("en")?).stream();
/// let mut out = Vec::new();
/// stream.push("It rained. We", &mut out);
/// stream.push(" left.", &mut out);
/// stream.finish(&mut out);
/// let texts: Vec<&str> = out.iter().map(|s| s.text.as_str()).collect();
/// assert_eq!(texts, ["It rained. ", "We left."]);
/// assert_eq!(out[1].char_start, 11);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SentenceStream {
    segmenter: SentenceSegmenter,
    /// The text that is still needed; offsets in `progress` are into it.
    buffer: String,
    progress: Progress,
    /// Where the segment that starts at `progress.start` starts in the whole text.
    byte_start: usize,
    char_start: usize,
    /// Code points at the end of the buffer that are no letters or digits.
    tail: usize,
    ends: Vec<usize>,
}

impl SentenceStream {
    pub(crate) fn new(segmenter: SentenceSegmenter) -> Self {
        Self {
            segmenter,
            buffer: String::new(),
            progress: Progress::default(),
            byte_start: 0,
            char_start: 0,
            tail: 0,
            ends: Vec::new(),
        }
    }

    /// Take the next piece and append to `out` every segment that no later
    /// text can change.
    pub fn push(&mut self, piece: &str, out: &mut Vec<StreamSegment>) {
        if piece.is_empty() {
            return;
        }
        self.buffer.push_str(piece);
        // A run of white space or marks that goes on settles nothing once it
        // fills the look-ahead; walking it again for every piece would make
        // the stream quadratic.
        let tail = piece.chars().rev().take_while(|&c| is_tail(c)).count();
        let whole_piece = tail > 0 && piece.chars().all(is_tail);
        let waiting = whole_piece && self.tail > WINDOW;
        self.tail = if whole_piece { self.tail + tail } else { tail };
        if !waiting {
            self.advance(false, out);
        }
    }

    /// The text is complete: append what is left to `out`, and start afresh.
    pub fn finish(&mut self, out: &mut Vec<StreamSegment>) {
        self.advance(true, out);
        self.emit(self.buffer.len(), out);
        *self = Self::new(self.segmenter.clone());
    }

    fn advance(&mut self, whole: bool, out: &mut Vec<StreamSegment>) {
        let mut ends = std::mem::take(&mut self.ends);
        let start = self.progress.start;
        run(&self.segmenter.config, &self.buffer, whole, &mut self.progress, &mut ends);
        self.progress.start = start;
        for &end in &ends {
            self.emit(end, out);
        }
        ends.clear();
        self.ends = ends;
        self.forget();
    }

    /// Hand out the segment up to byte `end` of the buffer.
    fn emit(&mut self, end: usize, out: &mut Vec<StreamSegment>) {
        let Some(text) = self.buffer.get(self.progress.start..end).filter(|t| !t.is_empty()) else {
            return;
        };
        out.push(StreamSegment {
            text: text.to_owned(),
            byte_start: self.byte_start,
            char_start: self.char_start,
        });
        self.byte_start += text.len();
        self.char_start += count_chars(text.as_bytes());
        self.progress.start = end;
    }

    /// Drop settled text, rarely enough that moving the rest costs nothing.
    fn forget(&mut self) {
        let settled = self.progress.start.min(self.progress.resume);
        if settled < KEPT + self.buffer.len() / 2 {
            return;
        }
        let mut cut = settled - KEPT;
        while !self.buffer.is_char_boundary(cut) {
            cut -= 1;
        }
        self.buffer.drain(..cut);
        self.progress.start -= cut;
        self.progress.resume -= cut;
        self.progress.decided = self.progress.decided.saturating_sub(cut);
        self.progress.marker = self.progress.marker.and_then(|marker| marker.moved(cut));
    }
}

/// Whether `c` could still belong to an unfinished gap.
fn is_tail(c: char) -> bool {
    let class = Class::of(c);
    !class.is_word() || class == Class::Mark
}
