//! Exact probabilities of bytes from a language model over tokens.
//!
//! A language model over tokens answers for texts that end where a token
//! ends. A text that may end anywhere has the probability of all its *covers*:
//! the token strings that write it, where the last token may run past its end
//! (Phan et al. 2025, the Byte-Token Representation Lemma; Vieira et al. 2025).
//! [`ByteTree`] keeps the covers of a text that grows byte by byte and says
//! which token strings the model must be asked about; it never calls a model.
//!
//! A tree grows by at most one context a byte under the canonical
//! [`Semantics`], and keeps those that some token still covers.

mod dist;
mod node;
mod path;
mod sums;
mod tree;

use std::sync::Arc;

pub use dist::Row;
pub use path::TokenPath;
pub use tree::{ByteTree, Needed, Pick};

use crate::Error;
use crate::vocab::{Grammar, Vocab};

/// Outcomes behind a text: 256 bytes, then the end.
pub const SYMBOLS: usize = 257;
/// The outcome that stands for the end of the text.
pub const END: usize = 256;

/// Which token strings count, and how the model's probabilities are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// Canonical token strings; the model is held to them by taking the rest
    /// out of each of its distributions. A proper measure.
    CanonicalLocal,
    /// Canonical token strings, with the probabilities as they are. What the
    /// model gives to others is lost, so this is no measure; conditionals are
    /// normalised.
    Canonical,
    /// All token strings. A proper measure, of exponentially many covers.
    All,
}

/// How a [`ByteTree`] reads a model.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Which token strings count.
    pub semantics: Semantics,
    /// Largest total variation to the exact distribution, 0 for none.
    pub max_error: f64,
    /// Most covers kept beside the canonical ones, for [`Semantics::All`].
    pub beam: Option<usize>,
    /// Covers below this share of the best one are dropped, for [`Semantics::All`].
    pub threshold: Option<f64>,
    /// Ids of the tokens that end a text.
    pub end_ids: Vec<u32>,
    /// Length of the model's distributions.
    pub model_size: usize,
}

/// A vocabulary, its grammar and a policy: what all trees of a model share.
#[derive(Debug)]
pub struct Frame {
    grammar: Arc<Grammar>,
    policy: Policy,
    /// First places of the tokens that begin with a byte, and the end.
    firsts: Vec<u32>,
}

impl Frame {
    /// # Errors
    /// If the model's distributions are shorter than the vocabulary, or a
    /// value of the policy is out of its range.
    pub fn new(grammar: Arc<Grammar>, policy: Policy) -> Result<Self, Error> {
        let vocab = grammar.encoder().vocab();
        let needed = vocab.order().iter().max().map_or(0, |&id| id as usize + 1);
        if policy.model_size < needed {
            return Err(Error::invalid(format!(
                "model's distributions have {} entries, but the vocabulary writes text with ids up \
                 to {}; expected the tokenizer that the model was trained with",
                policy.model_size,
                needed - 1
            )));
        }
        if !(0.0..1.0).contains(&policy.max_error) {
            return Err(Error::invalid(format!(
                "max_error is {}; expected at least 0 and less than 1",
                policy.max_error
            )));
        }
        if policy.beam == Some(0) {
            return Err(Error::invalid("beam is 0; expected at least 1, or none"));
        }
        if let Some(threshold) = policy.threshold
            && !(0.0..1.0).contains(&threshold)
        {
            return Err(Error::invalid(format!(
                "threshold is {threshold}; expected at least 0 and less than 1"
            )));
        }
        for &id in &policy.end_ids {
            if id as usize >= policy.model_size {
                return Err(Error::invalid(format!(
                    "end-of-text id {id} is outside the model's distributions of {} entries",
                    policy.model_size
                )));
            }
            if vocab.token_bytes(id).is_some() {
                return Err(Error::invalid(format!(
                    "end-of-text id {id} writes text; expected a special token"
                )));
            }
        }
        let mut firsts = Vec::with_capacity(257);
        for byte in 0..=256u16 {
            let first = |id: u32| vocab.token_bytes(id).and_then(|b| b.first().copied());
            let place =
                vocab.order().partition_point(|&id| first(id).is_some_and(|b| u16::from(b) < byte));
            firsts.push(place as u32);
        }
        Ok(Self { grammar, policy, firsts })
    }

    /// The grammar of its tokens.
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn vocab(&self) -> &Vocab {
        self.grammar.encoder().vocab()
    }
}
