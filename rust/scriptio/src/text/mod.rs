//! What Unicode says about the text.

pub(crate) mod class;
pub(crate) mod cursor;
mod tables;
