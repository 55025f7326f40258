//! Texts as the token-level models see them: token ids, with the place in the
//! text that each came from.
//!
//! A model's tokens are no segments: they may leave gaps (white space, deleted
//! characters) and share characters. What holds is that every token's range
//! lies on `char` boundaries of the text it was made from.

pub mod chars;
#[cfg(feature = "hf")]
mod hf;

use std::fmt;

use crate::Error;

/// The tokens of one text: ids, and byte ranges of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Token ids, without special tokens at either end.
    pub ids: Vec<u32>,
    /// Where each token begins, in bytes of the text.
    pub starts: Vec<usize>,
    /// Where each token ends, in bytes of the text.
    pub ends: Vec<usize>,
}

impl Tokens {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Forget all tokens, keeping the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.starts.clear();
        self.ends.clear();
    }
}

/// Makes tokens of texts.
pub trait Tokenizer: Send + Sync + fmt::Debug {
    /// Append the tokens of `text` to `out`. No special tokens are added;
    /// the strings of added tokens in the text become these tokens.
    ///
    /// # Errors
    /// If the model cannot write the text, for want of an unknown token.
    fn encode(&self, text: &str, out: &mut Tokens) -> Result<(), Error>;

    /// The largest token id, plus one.
    fn vocab_size(&self) -> usize;

    /// Who tokenizes: `unigram`, this crate, or `hf`, Hugging Face's code.
    fn kind(&self) -> &'static str;
}

/// The tokenizer that `data` describes: the content of a `tokenizer.json`, or
/// the compact format.
///
/// # Errors
/// If `data` is neither, is damaged, or describes a tokenizer that is not known.
pub fn from_bytes(data: &[u8]) -> Result<Box<dyn Tokenizer>, Error> {
    #[cfg(feature = "hf")]
    return Ok(Box::new(hf::Hf::from_json(data)?));
    #[cfg(not(feature = "hf"))]
    Err(Error::invalid("tokenizer data is of no known kind"))
}

/// The compact form of the tokenizer that `data` describes; [`from_bytes`]
/// reads it.
///
/// # Errors
/// As [`from_bytes`], and if it is a tokenizer that this crate does not run
/// itself.
pub fn pack(data: &[u8]) -> Result<Vec<u8>, Error> {
    let kind = from_bytes(data)?.kind();
    Err(Error::invalid(format!("a tokenizer of kind {kind} has no compact form; use its file")))
}
