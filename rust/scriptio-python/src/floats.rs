//! [`FloatArray`]: numbers that belong to segments or tokens, as one
//! contiguous array.

use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::exceptions::{PyBufferError, PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyTuple};

/// Bytes of a number in the buffer.
const ITEM_BYTES: usize = size_of::<f32>();

/// Bytes from one number to the next.
static STRIDES: [ffi::Py_ssize_t; 1] = [ITEM_BYTES as ffi::Py_ssize_t];

/// 32-bit floating-point numbers, 4 bytes each.
///
/// Frozen. `memoryview` and `numpy.asarray` see the array itself, read-only
/// and without a copy. Two arrays are equal if they are bit for bit.
#[pyclass(frozen, eq, hash, module = "scriptio")]
pub(crate) struct FloatArray {
    values: Box<[f32]>,
    /// What the buffer protocol points to; it must live as long as the object.
    shape: [ffi::Py_ssize_t; 1],
}

impl PartialEq for FloatArray {
    fn eq(&self, other: &Self) -> bool {
        self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(|(a, b)| a.to_bits() == b.to_bits())
    }
}

impl std::hash::Hash for FloatArray {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.values.len().hash(state);
        self.values.iter().for_each(|value| value.to_bits().hash(state));
    }
}

impl From<Vec<f32>> for FloatArray {
    fn from(values: Vec<f32>) -> Self {
        let shape = [values.len() as ffi::Py_ssize_t];
        Self { values: values.into_boxed_slice(), shape }
    }
}

impl FloatArray {
    /// `index` counted from the end if negative, as Python does.
    fn value(&self, index: isize) -> PyResult<f32> {
        let index = if index < 0 { index.wrapping_add_unsigned(self.values.len()) } else { index };
        usize::try_from(index)
            .ok()
            .and_then(|index| self.values.get(index).copied())
            .ok_or_else(|| PyIndexError::new_err("float index out of range"))
    }
}

#[pymethods]
impl FloatArray {
    /// An array of `values`, each rounded to 32 bits.
    #[new]
    #[pyo3(signature = (values = Vec::new(), /))]
    fn new(values: Vec<f32>) -> Self {
        values.into()
    }

    /// The array whose buffer was written as `data`: for pickling.
    #[staticmethod]
    #[pyo3(name = "_from_bytes")]
    fn from_bytes(data: &[u8]) -> PyResult<Self> {
        let (numbers, rest) = data.as_chunks::<ITEM_BYTES>();
        if !rest.is_empty() {
            return Err(PyValueError::new_err("data must hold 4 bytes a number"));
        }
        Ok(numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect::<Vec<_>>().into())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let values = &slf.get().values;
        // Little-endian whatever the machine, so that a pickle may travel.
        let data = PyBytes::new_with(py, values.len() * ITEM_BYTES, |out| {
            for (place, value) in out.chunks_exact_mut(ITEM_BYTES).zip(values) {
                place.copy_from_slice(&value.to_le_bytes());
            }
            Ok(())
        })?;
        Ok((slf.get_type().getattr("_from_bytes")?, PyTuple::new(py, [data])?))
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }

    /// A number for an index, an array for a slice.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Ok(slice) = key.cast::<PySlice>() else {
            return Ok(self.value(key.extract()?)?.into_pyobject(py)?.into_any());
        };
        let slice = slice.indices(self.values.len() as isize)?;
        let picked =
            (0..slice.slicelength as isize).map(|i| self.value(slice.start + i * slice.step));
        let picked: Vec<f32> = picked.collect::<PyResult<_>>()?;
        Ok(Bound::new(py, Self::from(picked))?.into_any())
    }

    fn __repr__(&self) -> String {
        format!("<FloatArray of {} numbers>", self.values.len())
    }

    /// All numbers as a list.
    fn tolist(&self) -> Vec<f32> {
        self.values.to_vec()
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
            return Err(PyBufferError::new_err("a FloatArray is read-only"));
        }
        let this = slf.get();
        // Everything pointed to is part of the object (frozen, so it neither changes nor moves) or
        // static, and `view.obj` below keeps the object alive. The pointers are mutable by their
        // type alone: the view is read-only. One dimension is contiguous in either order.
        view.buf = this.values.as_ptr().cast_mut().cast::<c_void>();
        view.len = (this.values.len() * ITEM_BYTES) as ffi::Py_ssize_t;
        view.readonly = 1;
        view.itemsize = ITEM_BYTES as ffi::Py_ssize_t;
        view.format =
            if asks(ffi::PyBUF_FORMAT) { c"f".as_ptr().cast_mut() } else { ptr::null_mut() };
        view.ndim = 1;
        view.shape =
            if asks(ffi::PyBUF_ND) { this.shape.as_ptr().cast_mut() } else { ptr::null_mut() };
        view.strides =
            if asks(ffi::PyBUF_STRIDES) { STRIDES.as_ptr().cast_mut() } else { ptr::null_mut() };
        view.suboffsets = ptr::null_mut();
        view.internal = ptr::null_mut();
        // The view owns a reference, which the interpreter gives back when the view is released.
        view.obj = slf.into_ptr();
        Ok(())
    }
}
