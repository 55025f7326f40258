//! [`Model`]: how pieces become tokens, as a file describes it.

use super::Merges;
use super::wordpiece::WordPiece;

/// A string that is a token of its own wherever it occurs in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // The flags of the file format.
pub struct AddedToken {
    /// The string that is looked for.
    pub content: String,
    /// Its id.
    pub id: u32,
    /// Whether it is a control token, which writes no text.
    pub special: bool,
    /// Whether it must stand between characters that are no letters or digits.
    pub single_word: bool,
    /// Whether it takes the white space before it.
    pub lstrip: bool,
    /// Whether it takes the white space behind it.
    pub rstrip: bool,
    /// Whether it is looked for in the normalised text.
    pub normalized: bool,
}

/// A byte-pair encoding.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // The flags of the file format.
pub struct Bpe {
    /// Which pairs merge.
    pub merges: Merges,
    /// Whether a piece that is a token of the vocabulary is that token,
    /// whatever the merges make of it.
    pub ignore_merges: bool,
    /// Whether merging begins with characters, not with bytes. Bytes are then
    /// tokens only of characters that the vocabulary does not have, and of
    /// parts of characters.
    pub by_chars: bool,
    /// Whether characters that the vocabulary does not have are written byte
    /// by byte.
    pub byte_fallback: bool,
    /// The token of what cannot be written.
    pub unk: Option<u32>,
    /// Whether a run of what cannot be written is one token.
    pub fuse_unk: bool,
}

/// A unigram model: of all ways to write a word, the most probable.
#[derive(Debug)]
pub struct Unigram {
    /// Logarithms of the probabilities, one an id.
    pub scores: Vec<f64>,
    /// The token of what cannot be written.
    pub unk: Option<u32>,
    /// Whether characters that the vocabulary does not have are written byte
    /// by byte.
    pub byte_fallback: bool,
}

/// How pieces become tokens.
#[derive(Debug)]
pub enum Model {
    /// Byte-pair encoding.
    Bpe(Bpe),
    /// Unigram.
    Unigram(Unigram),
    /// Longest match from the left.
    WordPiece(WordPiece),
}
