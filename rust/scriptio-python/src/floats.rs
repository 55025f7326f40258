//! [`FloatArray`]: numbers that belong to segments or tokens, as one
//! contiguous array.

use std::ffi::c_int;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};

use crate::buffer::{self, Layout};

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
        buffer::item(&self.values, index)
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
        buffer::reduced(slf.as_any(), &slf.get().values, f32::to_le_bytes)
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
        let this = slf.get();
        let layout = Layout {
            name: "a FloatArray",
            data: this.values.as_ptr().cast(),
            bytes: this.values.len() * ITEM_BYTES,
            item_bytes: ITEM_BYTES,
            format: c"f",
            shape: &raw const this.shape,
            strides: &raw const STRIDES,
        };
        // SAFETY: the interpreter passes `view`; `this` is frozen, and the strides are static.
        unsafe { buffer::fill(view, flags, &layout, slf.into_any()) }
    }
}
