//! [`Unit`]: what topics are made of.

use crate::sentence::newline_ends;
use crate::{Error, Newlines, Segmenter, SentenceSegmenter};

/// What a boundary between topics lies between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// What blank lines part.
    Paragraph,
    /// What line breaks part.
    Line,
    /// Sentences.
    Sentence,
}

impl Unit {
    /// `paragraph`, `line` or `sentence`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "paragraph" => Ok(Self::Paragraph),
            "line" => Ok(Self::Line),
            "sentence" => Ok(Self::Sentence),
            _ => Err(Error::invalid(format!(
                "unit must be \"paragraph\", \"line\" or \"sentence\", not {name:?}"
            ))),
        }
    }

    /// Append the ends of the units of `text` to `out`; they are those of
    /// segments, so that white space belongs to what is before it.
    pub fn ends(self, text: &str, sentences: &SentenceSegmenter, out: &mut Vec<usize>) {
        let from = out.len();
        match self {
            Self::Paragraph => lines(text, Newlines::Paragraph, out),
            Self::Line => lines(text, Newlines::Always, out),
            Self::Sentence => sentences.ends(text, out),
        }
        let last = out.get(from..).and_then(<[usize]>::last);
        if !text.is_empty() && last != Some(&text.len()) {
            out.push(text.len());
        }
    }
}

fn lines(text: &str, newlines: Newlines, out: &mut Vec<usize>) {
    out.extend(newline_ends(text, newlines).map(|(end, _)| end));
}
