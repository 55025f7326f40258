//! [`Node`]: one token string of a [`ByteTree`](super::ByteTree).

use std::sync::Arc;

use super::dist::Dist;
use crate::vocab::Context;

/// A token string; the strings of a tree share their beginnings.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Number of the string it goes on from, itself at the root.
    pub(super) parent: u64,
    /// The token it adds.
    pub(super) token: u32,
    /// Bytes of the text that it writes.
    pub(super) end: usize,
    /// What may follow it, if it is canonical.
    pub(super) context: Option<Context>,
    /// Places of the tokens that go on from here as the text does and past
    /// its end: none if they have all been left behind.
    pub(super) from: u32,
    pub(super) to: u32,
    /// Log-probability of the token behind the parent, once that is known.
    pub(super) step: Option<f64>,
    /// Log-probability of the string, once that of the parent is known too.
    pub(super) weight: Option<f64>,
    /// Strings of the tree that go on from this one.
    pub(super) children: Vec<u64>,
    pub(super) state: Known,
}

/// What is known of the model's distribution behind a string.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// The model was not asked.
    Nothing,
    /// Its answer.
    Dist(Arc<Dist>),
    /// It was, and nothing more can come of its answer.
    Spent,
}

impl Node {
    /// Whether the model was asked.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self.state, Known::Nothing)
    }

    /// Whether a token covers the text behind it.
    pub(super) fn is_alive(&self) -> bool {
        self.from < self.to
    }
}
