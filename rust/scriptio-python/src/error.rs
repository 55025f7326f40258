//! The only place where an error of the core becomes a Python exception.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// What the core refuses is always a value: a language, a pattern, a name.
#[allow(clippy::needless_pass_by_value)] // As `map_err` wants it.
pub(crate) fn value_error(error: scriptio::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
