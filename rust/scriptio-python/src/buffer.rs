//! What the arrays have in common: the buffer protocol, Python's indices, and
//! the bytes of a pickle.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// An array as it lies in memory.
///
/// `shape` and `strides` must be static or part of the object that holds the
/// numbers, and so must the numbers: a view points to all three.
pub(crate) struct Layout {
    /// How the array is named in errors, with its article.
    pub(crate) name: &'static str,
    pub(crate) data: *const c_void,
    pub(crate) bytes: usize,
    /// Of one number.
    pub(crate) item_bytes: usize,
    pub(crate) format: &'static CStr,
    pub(crate) shape: *const [ffi::Py_ssize_t],
    pub(crate) strides: *const [ffi::Py_ssize_t],
}

/// Fill `view` with a read-only view of the array that `owner` holds.
///
/// # Safety
/// `view` is null or a buffer to fill, as the interpreter passes it. `layout`
/// points into `owner`, which must be frozen, or to what is static.
#[allow(unsafe_code)]
pub(crate) unsafe fn fill(
    view: *mut ffi::Py_buffer,
    flags: c_int,
    layout: &Layout,
    owner: Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: a non-null `view` is a buffer to fill, by the protocol.
    let Some(view) = (unsafe { view.as_mut() }) else {
        return Err(PyBufferError::new_err("no view was given to fill"));
    };
    view.obj = ptr::null_mut();
    let asks = |flag: c_int| flags & flag == flag;
    let refuse = |why: &str| Err(PyBufferError::new_err(format!("{} {why}", layout.name)));
    if asks(ffi::PyBUF_WRITABLE) {
        return refuse("is read-only");
    }
    // One dimension is contiguous in either order.
    if layout.shape.len() > 1 && asks(ffi::PyBUF_F_CONTIGUOUS) {
        return refuse("lies in memory row by row");
    }
    // Everything pointed to is part of the object (frozen, so it neither changes nor moves) or
    // static, and `view.obj` below keeps the object alive. The pointers are mutable by their
    // type alone: the view is read-only.
    let shaped = asks(ffi::PyBUF_ND);
    view.buf = layout.data.cast_mut();
    view.len = layout.bytes as ffi::Py_ssize_t;
    view.readonly = 1;
    view.itemsize = layout.item_bytes as ffi::Py_ssize_t;
    view.format = when(asks(ffi::PyBUF_FORMAT), layout.format.as_ptr());
    view.ndim = if shaped { layout.shape.len() as c_int } else { 1 };
    view.shape = when(shaped, layout.shape.cast());
    view.strides = when(asks(ffi::PyBUF_STRIDES), layout.strides.cast());
    view.suboffsets = ptr::null_mut();
    view.internal = ptr::null_mut();
    // The view owns a reference, which the interpreter gives back when the view is released.
    view.obj = owner.into_ptr();
    Ok(())
}

/// The pointer if it is asked for.
fn when<T>(asked: bool, pointer: *const T) -> *mut T {
    if asked { pointer.cast_mut() } else { ptr::null_mut() }
}

/// The item at `index`, counted from the end if negative, as Python does.
pub(crate) fn item<T: Copy>(items: &[T], index: isize) -> Option<T> {
    let index = if index < 0 { index.wrapping_add_unsigned(items.len()) } else { index };
    usize::try_from(index).ok().and_then(|index| items.get(index).copied())
}

/// What `__reduce__` gives: the class's `_from_bytes` and its argument, the
/// `bytes` of every number one after another.
///
/// They are little-endian whatever the machine, so that a pickle may travel.
pub(crate) fn reduced<'py, T: Copy, const N: usize>(
    array: &Bound<'py, PyAny>,
    numbers: &[T],
    bytes: impl Fn(T) -> [u8; N],
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
    let py = array.py();
    let data = PyBytes::new_with(py, numbers.len() * N, |out| {
        for (place, &number) in out.chunks_exact_mut(N).zip(numbers) {
            place.copy_from_slice(&bytes(number));
        }
        Ok(())
    })?;
    Ok((array.get_type().getattr("_from_bytes")?, PyTuple::new(py, [data])?))
}
