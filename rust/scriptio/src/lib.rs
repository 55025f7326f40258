//! Text segmentation with exact offsets. No Python, no I/O, no globals, no
//! `unsafe`.
#![doc = include_str!("../README.md")]

pub mod adapt;
pub mod batch;
mod boundary;
pub mod bytelm;
pub mod chunk;
pub mod compound;
mod error;
mod lang;
pub mod legal;
pub mod metrics;
pub mod offsets;
pub mod pooling;
pub mod scores;
mod segmenter;
pub mod sentence;
mod span;
mod text;
pub mod tokenizer;
pub mod topic;
pub mod vocab;

pub use boundary::{Boundary, BoundaryKind, spans_of};
pub use error::Error;
pub use lang::Lang;
pub use segmenter::Segmenter;
pub use sentence::{Newlines, SentenceSegmenter};
pub use span::Span;
