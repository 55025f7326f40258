//! The Python extension module `scriptio._core`: a table of exports.

use pyo3::prelude::*;

mod metrics;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::metrics::{
        boundary_edits, boundary_score, boundary_similarity, masses_of, pk,
        segmentation_similarity, window_diff,
    };
}
