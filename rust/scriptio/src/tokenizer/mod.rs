//! Texts as the token-level models see them: token ids, with the place in the
//! text that each came from.
//!
//! A model's tokens are no segments: they may leave gaps (white space, deleted
//! characters) and share characters. What holds is that every token's range
//! lies on `char` boundaries of the text it was made from.

pub mod chars;
pub(crate) mod charsmap;
mod compact;
#[cfg(feature = "hf")]
mod hf;
mod json;
mod lattice;
mod spec;
mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::string_slice)] // Tests fail by panicking.
mod tests;
mod trie;
mod unigram;

use std::fmt;

use unigram::Unigram;

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

    /// The compact form that [`from_bytes`] reads, if there is one.
    fn pack(&self) -> Option<Vec<u8>>;
}

/// The tokenizer that `data` describes: the content of a `tokenizer.json`, or
/// the compact format that [`pack`] writes.
///
/// ```
/// let json = r#"{"normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
///     "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁a", -1.0], ["b", -2.0]]}}"#;
/// let tokenizer = scriptio::tokenizer::from_bytes(json.as_bytes())?;
/// let mut tokens = scriptio::tokenizer::Tokens::default();
/// tokenizer.encode("ab a", &mut tokens)?;
/// assert_eq!(tokens.ids, [1, 2, 1]);
/// assert_eq!((tokens.starts, tokens.ends), (vec![0, 1, 2], vec![1, 2, 4]));
/// # Ok::<(), scriptio::Error>(())
/// ```
///
/// # Errors
/// If `data` is neither, is damaged, or describes a tokenizer that is not known.
pub fn from_bytes(data: &[u8]) -> Result<Box<dyn Tokenizer>, Error> {
    if compact::is_compact(data) {
        return Ok(Box::new(Unigram::new(compact::read(data)?)?));
    }
    let Ok(json) = str::from_utf8(data) else {
        return Err(Error::invalid(
            "tokenizer data is neither a tokenizer.json nor packed; a SentencePiece model must be \
             converted to a tokenizer.json first",
        ));
    };
    match json::read(json)? {
        Some(spec) => Ok(Box::new(Unigram::new(spec)?)),
        None => other(json),
    }
}

#[cfg(feature = "hf")]
fn other(json: &str) -> Result<Box<dyn Tokenizer>, Error> {
    Ok(Box::new(hf::Hf::from_json(json)?))
}

#[cfg(not(feature = "hf"))]
fn other(_: &str) -> Result<Box<dyn Tokenizer>, Error> {
    Err(Error::invalid(
        "tokenizer data describes a tokenizer that only the feature \"hf\" can run; build with it",
    ))
}

/// The compact form of the tokenizer that `data` describes; [`from_bytes`]
/// reads it.
///
/// # Errors
/// As [`from_bytes`], and if it is a tokenizer that this crate does not run
/// itself.
pub fn pack(data: &[u8]) -> Result<Vec<u8>, Error> {
    let tokenizer = from_bytes(data)?;
    tokenizer.pack().ok_or_else(|| {
        Error::invalid(format!(
            "a tokenizer of kind {:?} has no compact form; use its tokenizer.json",
            tokenizer.kind()
        ))
    })
}
