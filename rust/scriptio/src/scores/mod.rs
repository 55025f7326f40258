//! From a model's scores to boundaries.
//!
//! A model reads windows of tokens; [`windows`] plans them and [`stitch`] puts the logits of
//! overlapping windows together again.

pub mod stitch;
pub mod windows;
