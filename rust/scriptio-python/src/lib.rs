//! The Python extension module `scriptio._core`: a table of exports.

use pyo3::prelude::*;

#[pymodule]
mod _core {}
