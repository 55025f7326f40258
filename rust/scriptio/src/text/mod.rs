//! What Unicode says about the text.

pub(crate) mod class;
mod tables;
