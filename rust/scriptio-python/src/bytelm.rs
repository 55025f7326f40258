//! `ByteFrame`, `ByteTree`, `TokenPath`: byte probabilities of token models.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use scriptio::bytelm::{self, Frame, Needed, Policy, Row, Semantics};
use scriptio::vocab::Grammar;

use crate::error::value_error;
use crate::vocab::Encoder;

/// What all trees of a model share.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct ByteFrame {
    inner: Arc<Frame>,
}

#[pymethods]
impl ByteFrame {
    #[new]
    #[allow(clippy::too_many_arguments)] // The fields of a policy, one by one.
    fn new(
        py: Python<'_>,
        encoder: &Encoder,
        mode: &str,
        max_error: f64,
        beam: Option<usize>,
        threshold: Option<f64>,
        end_ids: Vec<u32>,
        model_size: usize,
    ) -> PyResult<Self> {
        let semantics = match mode {
            "canonical_local" => Semantics::CanonicalLocal,
            "canonical" => Semantics::Canonical,
            "all" => Semantics::All,
            _ => return Err(PyValueError::new_err(format!("mode {mode:?} is not known"))),
        };
        let policy = Policy { semantics, max_error, beam, threshold, end_ids, model_size };
        let core = Arc::clone(&encoder.inner);
        let made = py.detach(|| Frame::new(Arc::new(Grammar::new(core)?), policy));
        Ok(Self { inner: Arc::new(made.map_err(value_error)?) })
    }

    /// Whether covers are dropped while a text is read.
    #[getter]
    fn prunes(&self) -> bool {
        self.inner.policy().beam.is_some() || self.inner.policy().threshold.is_some()
    }
}

/// The covers of a text that grows byte by byte.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct ByteTree {
    inner: Mutex<bytelm::ByteTree>,
}

impl ByteTree {
    fn lock(&self) -> MutexGuard<'_, bytelm::ByteTree> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn goal(name: &str) -> PyResult<Needed> {
    match name {
        "mass" => Ok(Needed::Mass),
        "next" => Ok(Needed::Next),
        _ => Err(PyValueError::new_err(format!("goal {name:?} is not known"))),
    }
}

/// Calls `work` with the numbers of `row`, a contiguous float32 or float64 array.
fn with_row<T>(row: &Bound<'_, PyAny>, work: impl FnOnce(Row<'_>) -> T) -> PyResult<T> {
    let py = row.py();
    if let Ok(buffer) = PyBuffer::<f32>::get(row) {
        return Ok(work(Row::Single(&buffer.to_vec(py)?)));
    }
    Ok(work(Row::Double(&PyBuffer::<f64>::get(row)?.to_vec(py)?)))
}

#[pymethods]
impl ByteTree {
    #[new]
    fn new(frame: &ByteFrame) -> Self {
        Self { inner: Mutex::new(bytelm::ByteTree::new(Arc::clone(&frame.inner))) }
    }

    /// A copy; distributions are shared.
    fn fork(&self) -> Self {
        Self { inner: Mutex::new(self.lock().clone()) }
    }

    /// Bytes read.
    #[getter]
    fn length(&self) -> usize {
        self.lock().len()
    }

    /// Token strings kept.
    #[getter]
    fn contexts(&self) -> usize {
        self.lock().contexts()
    }

    /// Read bytes.
    fn push(&self, data: &Bound<'_, PyBytes>) {
        let mut tree = self.lock();
        for &byte in data.as_bytes() {
            tree.push(byte);
        }
    }

    /// Numbers of the strings whose distributions are needed next.
    #[pyo3(signature = (goal_name, /))]
    fn needed(&self, goal_name: &str) -> PyResult<Vec<u64>> {
        Ok(self.lock().needed(goal(goal_name)?))
    }

    /// The string that a string goes on from, and the token it adds.
    fn link(&self, node: u64) -> PyResult<(u64, u32)> {
        let link = self.lock().link(node);
        link.ok_or_else(|| PyValueError::new_err(format!("token string {node} is not in the tree")))
    }

    /// The tokens of a string.
    fn path(&self, node: u64) -> Vec<u32> {
        self.lock().path(node)
    }

    /// Numbers of the strings that were given up since the last call.
    fn freed(&self) -> Vec<u64> {
        self.lock().freed()
    }

    /// Take the log-probabilities behind a string.
    fn supply(&self, node: u64, row: &Bound<'_, PyAny>) -> PyResult<()> {
        with_row(row, |row| self.lock().supply(node, row))?.map_err(value_error)
    }

    /// Log-probability that a text begins so.
    fn log_mass(&self) -> f64 {
        self.lock().log_mass()
    }

    /// Log-probability that a text is this.
    fn log_end(&self) -> f64 {
        self.lock().log_end()
    }

    /// Bound of the total variation to the exact law.
    fn certificate(&self) -> f64 {
        self.lock().certificate()
    }

    /// Log-probabilities of the next byte and of the end: 257 float64.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let law = self.lock().next().map_err(value_error)?;
        let bytes: Vec<u8> = law.iter().flat_map(|log| log.to_ne_bytes()).collect();
        Ok(PyBytes::new(py, &bytes))
    }

    /// Covers: string, token past its end or none, log-probability.
    fn covers(&self) -> Vec<(u64, Option<u32>, f64)> {
        let covers = self.lock().covers();
        covers.into_iter().map(|((node, token), log)| (node, token, log)).collect()
    }

    /// The cover at a share of all.
    fn pick(&self, at: f64) -> Option<(u64, Option<u32>)> {
        self.lock().pick(at)
    }

    /// Whether tokens are a cover, as far as the grammar knows.
    #[allow(clippy::needless_pass_by_value)] // Made for this call out of a Python list.
    fn is_cover(&self, tokens: Vec<u32>) -> bool {
        self.lock().is_cover(&tokens)
    }
}

/// A token string that grows by tokens.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct TokenPath {
    inner: Mutex<bytelm::TokenPath>,
}

impl TokenPath {
    fn lock(&self) -> MutexGuard<'_, bytelm::TokenPath> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl TokenPath {
    #[new]
    fn new(frame: &ByteFrame) -> Self {
        Self { inner: Mutex::new(bytelm::TokenPath::new(Arc::clone(&frame.inner))) }
    }

    /// Add a token.
    fn push(&self, token: u32) {
        self.lock().push(token);
    }

    /// The token at a share of the law; none for the end.
    fn draw(&self, row: &Bound<'_, PyAny>, temperature: f64, at: f64) -> PyResult<Option<u32>> {
        with_row(row, |row| self.lock().draw(row, temperature, at))?.map_err(value_error)
    }
}
