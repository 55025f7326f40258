//! Shorter inputs for a model: tokens of a batch merged with one another, and
//! the bytes of words laid out so that each word can be pooled.
//!
//! Both say only where things lie: what vector a merged token or a word gets
//! is up to the model.
//!
//! [`DynamicBpe`] merges the commonest neighbours of a batch of token ids into
//! new ids. [`WordRows`] lays a text out as one row of bytes for each word.

mod dynamic;
mod learner;
#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests;
mod words;

pub use dynamic::{DynamicBpe, Goal, Merge, Merged, Sequence};
pub use words::{Symbols, WordKind, WordRows, word_ends};
