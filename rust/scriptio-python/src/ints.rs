//! [`IntArray`]: 64-bit integers of one text as one contiguous array.

use std::ffi::c_int;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};

use crate::buffer::{self, Layout};

/// Bytes of a number in the buffer.
const ITEM_BYTES: usize = size_of::<i64>();

/// Bytes from one number to the next.
static STRIDES: [ffi::Py_ssize_t; 1] = [ITEM_BYTES as ffi::Py_ssize_t];

/// Integers that `memoryview` and `numpy.asarray` see as they lie in memory,
/// read-only and without a copy.
#[pyclass(frozen, eq, hash, module = "scriptio._core")]
pub(crate) struct IntArray {
    items: Box<[i64]>,
    /// What the buffer protocol points to; it must live as long as the object.
    shape: [ffi::Py_ssize_t; 1],
}

impl PartialEq for IntArray {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl std::hash::Hash for IntArray {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.items.hash(state);
    }
}

impl From<Vec<i64>> for IntArray {
    fn from(items: Vec<i64>) -> Self {
        let shape = [items.len() as ffi::Py_ssize_t];
        Self { items: items.into_boxed_slice(), shape }
    }
}

impl IntArray {
    /// The number at `index`, counted from the end if negative, as Python does.
    fn item(&self, index: isize) -> PyResult<i64> {
        buffer::item(&self.items, index)
            .ok_or_else(|| PyIndexError::new_err("array index out of range"))
    }
}

#[pymethods]
impl IntArray {
    /// An array of `items`.
    #[new]
    #[pyo3(signature = (items = Vec::new(), /))]
    fn new(items: Vec<i64>) -> Self {
        Self::from(items)
    }

    /// The array whose buffer was written as `data`: for pickling.
    #[staticmethod]
    #[pyo3(name = "_from_bytes")]
    fn from_bytes(data: &[u8]) -> PyResult<Self> {
        let (items, rest) = data.as_chunks::<ITEM_BYTES>();
        if !rest.is_empty() {
            return Err(PyValueError::new_err("data must hold 8 bytes a number"));
        }
        Ok(Self::from(items.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect::<Vec<_>>()))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        buffer::reduced(slf.as_any(), &slf.get().items, i64::to_le_bytes)
    }

    fn __len__(&self) -> usize {
        self.items.len()
    }

    /// A number for an index, an array for a slice.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Ok(slice) = key.cast::<PySlice>() else {
            return Ok(self.item(key.extract()?)?.into_pyobject(py)?.into_any());
        };
        let slice = slice.indices(self.items.len() as isize)?;
        let picked =
            (0..slice.slicelength as isize).map(|i| self.item(slice.start + i * slice.step));
        Ok(Bound::new(py, Self::from(picked.collect::<PyResult<Vec<_>>>()?))?.into_any())
    }

    fn __repr__(&self) -> String {
        format!("<IntArray of {} numbers>", self.items.len())
    }

    /// All numbers as a list.
    fn tolist(&self) -> Vec<i64> {
        self.items.to_vec()
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
            name: "an IntArray",
            data: this.items.as_ptr().cast(),
            bytes: this.items.len() * ITEM_BYTES,
            item_bytes: ITEM_BYTES,
            format: c"q",
            shape: &raw const this.shape,
            strides: &raw const STRIDES,
        };
        // SAFETY: the interpreter passes `view`; `this` is frozen, and the strides are static.
        unsafe { buffer::fill(view, flags, &layout, slf.into_any()) }
    }
}
