//! From a model's scores to exact segments.
//!
//! A model reads windows of tokens: [`windows`] plans them, and [`stitch`]
//! puts the logits of overlapping windows together again.
//!
//! A scorer says of each *candidate*, the end of a token, how probable a
//! boundary is there. A [`Decoder`] turns that into boundaries: those above a
//! threshold, or, where segments may not be too long or too short, those of
//! the best segmentation within the limits. It never knows where the scores
//! came from.
//!
//! [`fuse`] adds what the sentence rules say to a model's scores, and a
//! [`Cascade`] asks the model only where the rules are unsure.
//!
//! White space is as in every segmenter of the crate: after a boundary it
//! belongs to the segment before, so a candidate's *cut* lies behind the white
//! space that follows it.

mod cascade;
mod constrained;
mod cuts;
mod decoder;
mod fuse;
mod hard;
mod lengths;
mod path;
mod prior;
pub mod stitch;
pub mod windows;

pub use cascade::Cascade;
pub use decoder::{Algorithm, Decoder, DecoderBuilder, Meaning};
pub use fuse::fuse;
pub use prior::{Prior, PriorShape, length_prior};
