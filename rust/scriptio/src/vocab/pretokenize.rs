//! [`PreTokenizer`]: how a text is cut before the model sees it.

use std::fmt;

/// Cuts a text into the pieces that the model encodes one by one.
pub trait PreTokenizer: Send + Sync + fmt::Debug {
    /// Append the ends of the pieces of `text`, in bytes; they strictly
    /// increase and the last is the length of the text. Pieces cover the text.
    fn split(&self, text: &str, ends: &mut Vec<usize>);

    /// The patterns, as regular expressions in order of application, for who
    /// must reason about them; empty if the text is one piece.
    fn patterns(&self) -> Vec<String>;
}
