//! Tests of the modules together.

mod encoders;
mod merging;
mod patterns;
