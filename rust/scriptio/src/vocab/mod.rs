//! Vocabularies as bytes: what each token of a language model writes, and how
//! texts become tokens.
//!
//! [`Vocab`] is the byte view of a vocabulary, [`Merges`] the rules of a
//! byte-pair encoding over it, [`Encoder`] a whole tokenizer file. Unlike
//! [`crate::tokenizer`], which feeds segmentation models, this module shows
//! what a tokenizer is made of, for those who reason about what it could have
//! written.

mod added;
mod appender;
mod atoms;
mod classes;
mod cut;
mod encoder;
mod grammar;
mod json;
mod known;
mod merges;
mod model;
mod neighbours;
mod normalize;
mod pretokenize;
mod rivals;
mod sink;
mod splits;
mod steps;
mod table;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::string_slice)] // Tests fail by panicking.
mod tests;
mod tiktoken;
mod trie;
mod word;
mod wordpiece;

pub use appender::Appender;
pub use encoder::Encoder;
pub use grammar::{Context, Grammar};
pub use merges::Merges;
pub use model::{AddedToken, Bpe, Model, Unigram};
pub use pretokenize::PreTokenizer;
pub use wordpiece::WordPiece;

use std::ops::Range;

use crate::Error;

/// No id, no place.
pub(crate) const NONE: u32 = u32::MAX;

/// Byte strings of the tokens of a vocabulary.
///
/// ```
/// use scriptio::vocab::Vocab;
///
/// let vocab = Vocab::new([Some("b"), None, Some("ab"), Some("a"), Some("b")])?;
/// assert_eq!(vocab.len(), 5);
/// assert_eq!(vocab.token_bytes(2), Some(&b"ab"[..]));
/// assert_eq!(vocab.token_bytes(1), None);
/// assert_eq!(vocab.order(), [3, 2, 0, 4]);
/// assert_eq!(vocab.rank(0), 2);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocab {
    bytes: Vec<u8>,
    /// Where the bytes of each id begin, and at last where all end.
    starts: Vec<u32>,
    order: Vec<u32>,
    ranks: Vec<u32>,
    max_token_len: usize,
}

impl Vocab {
    /// One entry per id, in order of ids; `None` for a token that writes no
    /// text (special, or an id that is missing). Empty byte strings count as
    /// `None`.
    ///
    /// # Errors
    /// If there are 2^32 - 1 ids or bytes, or more.
    pub fn new<B: AsRef<[u8]>>(tokens: impl IntoIterator<Item = Option<B>>) -> Result<Self, Error> {
        let (mut bytes, mut starts, mut max_token_len) = (Vec::new(), vec![0], 0);
        for token in tokens {
            let token = token.as_ref().map_or(&[][..], AsRef::as_ref);
            bytes.extend_from_slice(token);
            max_token_len = max_token_len.max(token.len());
            let end = u32::try_from(bytes.len()).ok().filter(|&end| end < NONE);
            let Some(end) = end.filter(|_| starts.len() < NONE as usize) else {
                return Err(Error::invalid(
                    "tokens of the vocabulary hold 4 GiB or more; expected less in all",
                ));
            };
            starts.push(end);
        }
        let mut vocab = Self { bytes, starts, order: Vec::new(), ranks: Vec::new(), max_token_len };
        vocab.sort();
        Ok(vocab)
    }

    fn sort(&mut self) {
        // Most tokens differ in their first eight bytes, which compare as one number.
        let mut keys: Vec<(u64, u32)> = (0..self.len() as u32)
            .filter_map(|id| Some((head(self.token_bytes(id)?), id)))
            .collect();
        keys.sort_unstable_by(|&(left, i), &(right, k)| {
            left.cmp(&right)
                .then_with(|| self.token_bytes(i).cmp(&self.token_bytes(k)))
                .then(i.cmp(&k))
        });
        self.order = keys.into_iter().map(|(_, id)| id).collect();
        self.ranks = vec![NONE; self.len()];
        for (rank, &id) in self.order.iter().enumerate() {
            if let Some(place) = self.ranks.get_mut(id as usize) {
                *place = rank as u32;
            }
        }
    }

    /// The largest id, plus one.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the token `id` writes; `None` if it writes nothing or is missing.
    #[inline]
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        let start = *self.starts.get(id as usize)? as usize;
        let end = *self.starts.get(id as usize + 1)? as usize;
        self.bytes.get(start..end).filter(|bytes| !bytes.is_empty())
    }

    /// Ids of the tokens that write text, sorted by their bytes, then by id.
    /// Byte strings may repeat.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Place of `id` in [`Vocab::order`]; `u32::MAX` if it has none.
    #[inline]
    pub fn rank(&self, id: u32) -> u32 {
        self.ranks.get(id as usize).copied().unwrap_or(NONE)
    }

    /// Bytes of the longest token.
    pub fn max_token_len(&self) -> usize {
        self.max_token_len
    }

    /// The bytes that no single token writes, rising.
    pub fn missing_bytes(&self) -> Vec<u8> {
        (0..=u8::MAX).filter(|&byte| self.places_of(&[byte]).is_empty()).collect()
    }

    /// The ids of the tokens that write exactly `bytes`, rising.
    pub fn ids_of(&self, bytes: &[u8]) -> &[u32] {
        self.order.get(self.places_of(bytes)).unwrap_or_default()
    }

    fn places_of(&self, bytes: &[u8]) -> Range<usize> {
        let start = self.order.partition_point(|&id| self.token_bytes(id) < Some(bytes));
        let rest = self.order.get(start..).unwrap_or_default();
        start..start + rest.partition_point(|&id| self.token_bytes(id) == Some(bytes))
    }
}

/// The first eight bytes as a number that sorts as they do.
fn head(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (place, &byte) in head.iter_mut().zip(bytes) {
        *place = byte;
    }
    u64::from_be_bytes(head)
}
