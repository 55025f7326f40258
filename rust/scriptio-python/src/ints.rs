//! [`IntArray`]: 64-bit integers of one text as one contiguous array.

use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::exceptions::{PyBufferError, PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyTuple};

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
        let index = if index < 0 { index.wrapping_add_unsigned(self.items.len()) } else { index };
        usize::try_from(index)
            .ok()
            .and_then(|index| self.items.get(index).copied())
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
        let py = slf.py();
        let items = &slf.get().items;
        // Little-endian whatever the machine, so that a pickle may travel.
        let data = PyBytes::new_with(py, items.len() * ITEM_BYTES, |out| {
            for (place, item) in out.chunks_exact_mut(ITEM_BYTES).zip(items) {
                place.copy_from_slice(&item.to_le_bytes());
            }
            Ok(())
        })?;
        Ok((slf.get_type().getattr("_from_bytes")?, PyTuple::new(py, [data])?))
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
        // SAFETY: a non-null `view` is a buffer to fill, by the protocol.
        let Some(view) = (unsafe { view.as_mut() }) else {
            return Err(PyBufferError::new_err("no view was given to fill"));
        };
        view.obj = ptr::null_mut();
        let asks = |flag: c_int| flags & flag == flag;
        if asks(ffi::PyBUF_WRITABLE) {
            return Err(PyBufferError::new_err("an IntArray is read-only"));
        }
        let this = slf.get();
        // Everything pointed to is part of the object (frozen, so it neither changes nor moves) or
        // static, and `view.obj` below keeps the object alive. The pointers are mutable by their
        // type alone: the view is read-only.
        view.buf = this.items.as_ptr().cast_mut().cast::<c_void>();
        view.len = (this.items.len() * ITEM_BYTES) as ffi::Py_ssize_t;
        view.readonly = 1;
        view.itemsize = ITEM_BYTES as ffi::Py_ssize_t;
        view.format =
            if asks(ffi::PyBUF_FORMAT) { c"q".as_ptr().cast_mut() } else { ptr::null_mut() };
        view.ndim = 1;
        view.shape =
            if asks(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { ptr::null_mut() };
        view.strides =
            if asks(ffi::PyBUF_STRIDES) { STRIDES.as_ptr().cast_mut() } else { ptr::null_mut() };
        view.suboffsets = ptr::null_mut();
        view.internal = ptr::null_mut();
        view.obj = slf.into_any().into_ptr();
        Ok(())
    }
}
