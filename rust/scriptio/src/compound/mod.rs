//! Compounds cut into the words they are made of.
//!
//! `Hauswirtschaftslehre` is `Haus`, `wirtschafts` and `lehre`. Every gap
//! between two characters of a word is scored by a linear model (`model.rs`):
//! what the lexicon says of the words around the gap, and hashed n-grams.
//! Where the margin is above 0 the word is cut. Words are never rewritten, so
//! the pieces of a word always join to it.
//!
//! Time is linear in the words. A part (what is between hyphens) of more than
//! 100 characters is left whole, so that no word takes long.

mod cache;
mod features;
mod file;
mod fit;
mod fold;
mod hyphens;
mod lexicon;
mod linking;
mod matches;
mod model;
mod options;
mod piece;
mod split;
mod train;

pub use hyphens::HyphenCounts;
pub use lexicon::Entry;
pub use options::Builder;
pub use piece::{Piece, PieceKind};
pub use split::{CompoundSplitter, Worker};
pub use train::{Labelled, Training};
