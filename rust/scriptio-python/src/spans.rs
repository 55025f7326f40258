//! [`SpanArray`]: the spans of one text as one contiguous array.

use std::ffi::c_int;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyString, PyTuple};
use scriptio::Span;
use scriptio::offsets::{CharCursor, count_chars};

use crate::buffer::{self, Layout};
use crate::enter;
use crate::text::{ByteCursor, Text};

/// Start and end of a span in code points.
pub(crate) type Row = [i64; 2];

/// Bytes of a row in the buffer.
const ROW_BYTES: usize = size_of::<Row>();

/// Bytes from one row to the next, and from a start to its end.
static STRIDES: [ffi::Py_ssize_t; 2] =
    [ROW_BYTES as ffi::Py_ssize_t, size_of::<i64>() as ffi::Py_ssize_t];

/// Spans of one text in code points: `n` rows of two 64-bit integers, 16
/// bytes a span.
///
/// Frozen. `memoryview` and `numpy.asarray` see the array itself, read-only
/// and without a copy.
#[pyclass(frozen, eq, hash, module = "scriptio")]
pub(crate) struct SpanArray {
    rows: Box<[Row]>,
    /// What the buffer protocol points to; it must live as long as the object.
    shape: [ffi::Py_ssize_t; 2],
}

impl PartialEq for SpanArray {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl std::hash::Hash for SpanArray {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.rows.hash(state);
    }
}

impl SpanArray {
    /// Rows of starts and ends in code points.
    pub(crate) fn from_rows(rows: Vec<Row>) -> Self {
        let shape = [rows.len() as ffi::Py_ssize_t, 2];
        Self { rows: rows.into_boxed_slice(), shape }
    }

    /// The spans between `ends`, which are byte offsets into `text`.
    pub(crate) fn from_ends(ends: &[usize], text: &Text) -> Self {
        let mut start = 0;
        let mut row = |end: usize| {
            let row = [start, end as i64];
            start = end as i64;
            row
        };
        Self::from_rows(if text.is_ascii() {
            ends.iter().map(|&end| row(end)).collect()
        } else {
            let mut cursor = CharCursor::new(text.as_str());
            ends.iter().map(|&end| row(cursor.char_offset(end))).collect()
        })
    }

    /// `index` counted from the end if negative, as Python does.
    fn row(&self, index: isize) -> PyResult<Row> {
        buffer::item(&self.rows, index)
            .ok_or_else(|| PyIndexError::new_err("span index out of range"))
    }
}

#[pymethods]
impl SpanArray {
    /// An array of `spans`, pairs of start and end.
    #[new]
    #[pyo3(signature = (spans = Vec::new(), /))]
    fn new(spans: Vec<(i64, i64)>) -> PyResult<Self> {
        let rows: Vec<Row> = spans.into_iter().map(|(start, end)| [start, end]).collect();
        match rows.iter().find(|&&[start, end]| start < 0 || end < start) {
            None => Ok(Self::from_rows(rows)),
            Some([start, end]) => Err(PyValueError::new_err(format!(
                "span ({start}, {end}) is not usable: it must have 0 <= start <= end"
            ))),
        }
    }

    /// The array whose buffer was written as `data`: for pickling.
    #[staticmethod]
    #[pyo3(name = "_from_bytes")]
    fn from_bytes(data: &[u8]) -> PyResult<Self> {
        if !data.len().is_multiple_of(ROW_BYTES) {
            return Err(PyValueError::new_err("data must hold 16 bytes a span"));
        }
        let mut integers = data
            .chunks_exact(size_of::<i64>())
            .filter_map(|bytes| bytes.try_into().ok().map(i64::from_le_bytes));
        let mut spans = Vec::with_capacity(data.len() / ROW_BYTES);
        while let (Some(start), Some(end)) = (integers.next(), integers.next()) {
            spans.push((start, end));
        }
        Self::new(spans)
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        buffer::reduced(slf.as_any(), slf.get().rows.as_flattened(), i64::to_le_bytes)
    }

    fn __len__(&self) -> usize {
        self.rows.len()
    }

    /// A pair for an index, an array for a slice.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Ok(slice) = key.cast::<PySlice>() else {
            let [start, end] = self.row(key.extract()?)?;
            return Ok((start, end).into_pyobject(py)?.into_any());
        };
        let slice = slice.indices(self.rows.len() as isize)?;
        let picked =
            (0..slice.slicelength as isize).map(|i| self.row(slice.start + i * slice.step));
        Ok(Bound::new(py, Self::from_rows(picked.collect::<PyResult<_>>()?))?.into_any())
    }

    fn __repr__(&self) -> String {
        format!("<SpanArray of {} spans>", self.rows.len())
    }

    /// All spans as a list of pairs.
    fn tolist(&self) -> Vec<(i64, i64)> {
        self.rows.iter().map(|&[start, end]| (start, end)).collect()
    }

    /// The ends of all spans.
    fn ends(&self) -> Vec<i64> {
        self.rows.iter().map(|&[_, end]| end).collect()
    }

    /// The slices of `text`, which keep the caller's lone surrogates.
    #[allow(unsafe_code)]
    fn texts<'py>(&self, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyList>> {
        let py = text.py();
        let slice = |&[start, end]: &Row| {
            // Slices of the Python string copy its own representation. PyO3 has no name for this
            // call; slicing through its general sequence protocol takes up to twice the time, and
            // decoding slices of the UTF-8 is slower for every script but Latin's.
            // SAFETY: `text` is a `str`; offsets beyond its end are clipped by the callee, which
            // returns a new reference or null with an exception set.
            unsafe {
                let slice = ffi::PyUnicode_Substring(
                    text.as_ptr(),
                    start as ffi::Py_ssize_t,
                    end as ffi::Py_ssize_t,
                );
                Bound::from_owned_ptr_or_err(py, slice)
            }
        };
        PyList::new(py, self.rows.iter().map(slice).collect::<PyResult<Vec<_>>>()?)
    }

    /// The spans without the white space on either side of them; a span of
    /// white space alone becomes empty at its start.
    fn stripped(&self, text: &Bound<'_, PyString>) -> PyResult<Self> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || self.stripped_in(&text)))
    }

    /// The spans as byte offsets into `text.encode()`.
    fn byte_spans(&self, text: &Bound<'_, PyString>) -> PyResult<Self> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || {
            let mut cursor = ByteCursor::new(&text);
            let bytes_of = |&row: &Row| row.map(|char| cursor.byte_offset(char as usize) as i64);
            Self::from_rows(self.rows.iter().map(bytes_of).collect())
        }))
    }

    /// The array as it lies in memory, read-only.
    ///
    /// # Safety
    /// Called by the interpreter alone, which passes a `view` that it owns.
    #[allow(unsafe_code)]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        let layout = Layout {
            name: "a SpanArray",
            data: this.rows.as_ptr().cast(),
            bytes: this.rows.len() * ROW_BYTES,
            item_bytes: size_of::<i64>(),
            format: c"q",
            shape: &raw const this.shape,
            strides: &raw const STRIDES,
        };
        // SAFETY: the interpreter passes `view`; `this` is frozen, and the strides are static.
        unsafe { buffer::fill(view, flags, &layout, slf.into_any()) }
    }
}

impl SpanArray {
    /// [`Self::stripped`] of a text at hand.
    pub(crate) fn stripped_in(&self, text: &Text) -> Self {
        let mut cursor = ByteCursor::new(text);
        let strip = |&[start, end]: &Row| {
            let from = cursor.byte_offset(start as usize);
            let span = Span::new(from, cursor.byte_offset(end as usize));
            let inner = span.trimmed(text.as_str());
            let chars = |from: usize, to: usize| {
                text.as_str().as_bytes().get(from..to).map_or(0, count_chars) as i64
            };
            // White space is short, so counting it beats converting offsets again.
            if inner.is_empty() {
                [start, start]
            } else {
                [start + chars(span.start, inner.start), end - chars(inner.end, span.end)]
            }
        };
        Self::from_rows(self.rows.iter().map(strip).collect())
    }
}
