//! `Windows`: numbers of tokens in, batches for a model out; logits in, one array a text out.
//!
//! Arrays leave as `bytes`, which numpy wraps without a copy.

use std::sync::{Mutex, PoisonError};

use pyo3::buffer::{Element, PyBuffer, ReadOnlyCell};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use scriptio::scores::stitch::{Stitcher, Weighting};
use scriptio::scores::windows::{Batches, Layout, Window};

use crate::error::value_error;

/// The windows of several texts, and their logits put together.
///
/// Frozen as every class here; what changes lies behind a lock.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Windows {
    /// `None` once the results were taken.
    state: Mutex<Option<(Batches, Stitcher)>>,
    /// Added to each window.
    extra: usize,
}

impl Windows {
    fn with_state<T>(
        &self,
        work: impl FnOnce(&mut Option<(Batches, Stitcher)>) -> PyResult<T>,
    ) -> PyResult<T> {
        // A lock is poisoned by a panic alone, of which the core has none.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn finished() -> PyErr {
    PyValueError::new_err("these windows are finished; make new ones for new texts")
}

#[pymethods]
impl Windows {
    /// For texts of `lengths` tokens: windows of `block` of them every `stride`, `extra` tokens
    /// added to each, in batches of at most `budget` tokens.
    #[new]
    fn new(
        lengths: Vec<usize>,
        block: usize,
        stride: usize,
        extra: usize,
        budget: usize,
        weighting: &str,
        all_labels: bool,
    ) -> PyResult<Self> {
        let layout = Layout::new(block, stride).map_err(value_error)?;
        let weighting = Weighting::from_name(weighting).map_err(value_error)?;
        let batches = Batches::new(layout, &lengths, budget, extra);
        let stitcher = Stitcher::new(layout, weighting, lengths, all_labels);
        Ok(Self { state: Mutex::new(Some((batches, stitcher))), extra })
    }

    /// The batch to come, if there is one.
    fn next_batch(&self) -> PyResult<Option<WindowBatch>> {
        self.with_state(|state| {
            let (batches, _) = state.as_mut().ok_or_else(finished)?;
            Ok(batches.next().map(|windows| {
                let longest = windows.iter().map(|window| window.len).max().unwrap_or(0);
                WindowBatch { windows, length: batches.padded(longest), extra: self.extra }
            }))
        })
    }

    /// Take the logits of a batch: float32, as many rows of `length` times `labels`, of which the
    /// first of each window belongs to token `first` of its row.
    fn add(
        &self,
        batch: &WindowBatch,
        logits: &Bound<'_, PyAny>,
        labels: usize,
        first: usize,
    ) -> PyResult<()> {
        let py = logits.py();
        let buffer = contiguous::<f32>(logits, "logits")?;
        let cells = buffer.as_slice(py).unwrap_or(&[]);
        let row_len = batch.length.saturating_mul(labels);
        if row_len == 0 || cells.len() != row_len.saturating_mul(batch.windows.len()) {
            return Err(PyValueError::new_err(format!(
                "{} logits for {} windows of {} tokens and {labels} labels",
                cells.len(),
                batch.windows.len(),
                batch.length
            )));
        }
        self.with_state(|state| {
            let (_, stitcher) = state.as_mut().ok_or_else(finished)?;
            let mut row = Vec::new();
            for (&window, cells) in batch.windows.iter().zip(cells.chunks_exact(row_len)) {
                let from = first.saturating_mul(labels);
                let inner = cells.get(from..from.saturating_add(window.len * labels));
                row.clear();
                row.extend(inner.unwrap_or(&[]).iter().map(ReadOnlyCell::get));
                stitcher.add(window, &row, labels).map_err(value_error)?;
            }
            Ok(())
        })
    }

    /// The logits of every text, token by token, as float32.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (_, stitcher) = self.with_state(|state| state.take().ok_or_else(finished))?;
        let arrays = stitcher.finish().into_iter().map(|logits| to_bytes(py, logits.len(), logits));
        PyList::new(py, arrays.collect::<PyResult<Vec<_>>>()?)
    }
}

/// Windows that go through a model together.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct WindowBatch {
    windows: Vec<Window>,
    length: usize,
    extra: usize,
}

#[pymethods]
impl WindowBatch {
    /// Rows and tokens of a row, padding included.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.windows.len(), self.length)
    }

    /// Text, first token and number of tokens of every window.
    #[getter]
    fn windows(&self) -> Vec<(usize, usize, usize)> {
        self.windows.iter().map(|window| (window.text, window.start, window.len)).collect()
    }

    /// What goes into the model, int64: in each row `prefix`, the window's part of `ids`, which
    /// hold those of every text, `suffix` and, up to the length of the row, `pad`.
    #[allow(clippy::needless_pass_by_value)] // As PyO3 extracts lists.
    fn input_ids<'py>(
        &self,
        py: Python<'py>,
        ids: &Bound<'py, PyList>,
        prefix: Vec<i64>,
        suffix: Vec<i64>,
        pad: i64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if prefix.len() + suffix.len() != self.extra {
            return Err(PyValueError::new_err(format!(
                "{} ids before and {} after each window, where {} were planned",
                prefix.len(),
                suffix.len(),
                self.extra
            )));
        }
        let mut rows: Vec<i64> = Vec::with_capacity(self.windows.len() * self.length);
        for (row, window) in self.windows.iter().enumerate() {
            let buffer = contiguous::<i64>(&ids.get_item(window.text)?, "ids")?;
            let cells = buffer.as_slice(py).unwrap_or(&[]);
            let Some(part) = cells.get(window.start..window.start + window.len) else {
                return Err(PyValueError::new_err(format!(
                    "ids[{}] holds {} ids; more were planned",
                    window.text,
                    cells.len()
                )));
            };
            rows.extend_from_slice(&prefix);
            rows.extend(part.iter().map(ReadOnlyCell::get));
            rows.extend_from_slice(&suffix);
            rows.resize((row + 1) * self.length, pad);
        }
        to_bytes(py, rows.len(), rows)
    }

    /// 1 for what the model may look at and 0 for padding, float32.
    fn attention_mask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let row = |window: &Window| {
            let used = window.len + self.extra;
            (0..self.length).map(move |place| if place < used { 1.0_f32 } else { 0.0 })
        };
        to_bytes(py, self.windows.len() * self.length, self.windows.iter().flat_map(row))
    }
}

/// The buffer of `object`, if it is one run of memory of the right type.
fn contiguous<T: Element>(object: &Bound<'_, PyAny>, name: &str) -> PyResult<PyBuffer<T>> {
    let buffer = PyBuffer::<T>::get(object)?;
    if buffer.is_c_contiguous() {
        Ok(buffer)
    } else {
        Err(PyValueError::new_err(format!(
            "{name} does not lie in memory row by row; pass numpy.ascontiguousarray of it"
        )))
    }
}

/// A number as it lies in memory.
trait Plain: Copy {
    type Bytes: AsRef<[u8]>;
    fn bytes(self) -> Self::Bytes;
}

impl Plain for i64 {
    type Bytes = [u8; 8];
    fn bytes(self) -> [u8; 8] {
        self.to_ne_bytes()
    }
}

impl Plain for f32 {
    type Bytes = [u8; 4];
    fn bytes(self) -> [u8; 4] {
        self.to_ne_bytes()
    }
}

/// `count` numbers as `bytes`.
fn to_bytes<T: Plain>(
    py: Python<'_>,
    count: usize,
    numbers: impl IntoIterator<Item = T>,
) -> PyResult<Bound<'_, PyBytes>> {
    let size = size_of::<T>();
    PyBytes::new_with(py, count * size, |out| {
        for (place, number) in out.chunks_exact_mut(size).zip(numbers) {
            place.copy_from_slice(number.bytes().as_ref());
        }
        Ok(())
    })
}
