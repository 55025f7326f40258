//! `DynamicBpe` and `WordRows`: token ids and bytes in, arrays out.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use scriptio::offsets::CharCursor;
use scriptio::pooling::{self, Goal, Merged, Sequence, Symbols, WordKind};

use crate::enter;
use crate::error::value_error;
use crate::ints::IntArray;
use crate::scores::{byte_offsets, numbers};
use crate::text::{Text, Word};

/// Merges of tokens.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct DynamicBpe {
    inner: pooling::DynamicBpe,
}

/// Buffers of the ids of a sequence and of where its words start.
type Buffers<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The same as numbers, usable while detached.
struct Owned {
    ids: Vec<u32>,
    word_starts: Vec<usize>,
}

impl Owned {
    fn new((ids, word_starts): &Buffers<'_>, name: &str) -> PyResult<Self> {
        let word_starts: Vec<i64> =
            numbers(word_starts, &format!("word_starts of {name}"), "64-bit integers")?;
        let index = |start: i64| {
            usize::try_from(start).map_err(|_| {
                PyValueError::new_err(format!(
                    "a word of {name} starts at {start}; word starts are indices of tokens"
                ))
            })
        };
        let word_starts = word_starts.into_iter().map(index).collect::<PyResult<_>>()?;
        Ok(Self { ids: token_ids(ids, name)?, word_starts })
    }

    fn sequence(&self) -> Sequence<'_> {
        Sequence { ids: &self.ids, word_starts: &self.word_starts }
    }
}

/// The numbers of a buffer as token ids.
fn token_ids(buffer: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<u32>> {
    let ids: Vec<i64> = numbers(buffer, name, "64-bit integers")?;
    let id = |(at, id): (usize, i64)| {
        u32::try_from(id).map_err(|_| {
            PyValueError::new_err(format!(
                "{name} holds {id} at {at}, which is no id of a token; ids are from 0 to {}",
                u32::MAX
            ))
        })
    };
    ids.into_iter().enumerate().map(id).collect()
}

/// Ids, starts and ends.
type Columns = (IntArray, IntArray, IntArray);

fn columns(merged: &Merged) -> Columns {
    let ends = || merged.ends.iter().map(|&end| end as i64);
    let starts = [0].into_iter().chain(ends()).take(merged.ends.len());
    (
        merged.ids.iter().map(|&id| i64::from(id)).collect::<Vec<_>>().into(),
        starts.collect::<Vec<_>>().into(),
        ends().collect::<Vec<_>>().into(),
    )
}

#[pymethods]
impl DynamicBpe {
    /// The merges of a batch, and the batch after them.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands lists over.
    fn learn(
        py: Python<'_>,
        batch: Vec<Buffers<'_>>,
        first_id: u32,
        merges: Option<usize>,
        reduction: Option<f64>,
        min_count: usize,
    ) -> PyResult<(Self, Vec<Columns>)> {
        let owned = owned(&batch)?;
        let goal = Goal { merges, reduction, min_count };
        let (inner, merged) = py
            .detach(|| {
                let batch: Vec<Sequence<'_>> = owned.iter().map(Owned::sequence).collect();
                pooling::DynamicBpe::learn(&batch, first_id, goal)
            })
            .map_err(value_error)?;
        Ok((Self { inner }, merged.iter().map(columns).collect()))
    }

    /// The merges of `pairs`, in their order.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands lists over.
    fn from_pairs(first_id: u32, pairs: Vec<(u32, u32)>) -> PyResult<Self> {
        let inner = pooling::DynamicBpe::from_pairs(first_id, &pairs).map_err(value_error)?;
        Ok(Self { inner })
    }

    #[getter]
    fn first_id(&self) -> u32 {
        self.inner.first_id()
    }

    /// Id, left half, right half and count of each merge.
    fn merges(&self) -> Vec<(u32, u32, u32, usize)> {
        let row = |merge: &pooling::Merge| (merge.id, merge.left, merge.right, merge.count);
        self.inner.merges().iter().map(row).collect()
    }

    fn expand(&self, py: Python<'_>, ids: &Bound<'_, PyAny>) -> PyResult<IntArray> {
        let ids = token_ids(ids, "ids")?;
        let out = py.detach(|| self.inner.expand(&ids)).map_err(value_error)?;
        Ok(out.into_iter().map(i64::from).collect::<Vec<_>>().into())
    }

    #[allow(clippy::needless_pass_by_value)]
    fn apply(&self, py: Python<'_>, batch: Vec<Buffers<'_>>) -> PyResult<Vec<Columns>> {
        let owned = owned(&batch)?;
        let merged: Result<Vec<Merged>, scriptio::Error> = py.detach(|| {
            owned.iter().map(|sequence| self.inner.apply(sequence.sequence())).collect()
        });
        Ok(merged.map_err(value_error)?.iter().map(columns).collect())
    }
}

fn owned(batch: &[Buffers<'_>]) -> PyResult<Vec<Owned>> {
    let of_one =
        |(index, buffers): (usize, &Buffers<'_>)| Owned::new(buffers, &format!("batch[{index}]"));
    batch.iter().enumerate().map(of_one).collect()
}

/// The words of a text as rows of bytes.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct WordRows {
    inner: pooling::WordRows,
}

#[pymethods]
impl WordRows {
    #[classattr]
    const PAD: i64 = Symbols::PAD;
    #[classattr]
    const END: i64 = Symbols::END;
    #[classattr]
    const MORE: i64 = Symbols::MORE;
    #[classattr]
    const START: i64 = Symbols::START;
    #[classattr]
    const PREFIX: i64 = Symbols::PREFIX;

    #[new]
    fn new(
        data: &Bound<'_, PyBytes>,
        word_ends: &Bound<'_, PyAny>,
        max_length: usize,
    ) -> PyResult<Self> {
        let ends: Vec<i64> = numbers(word_ends, "word_ends", "64-bit integers")?;
        let ends: Vec<usize> = ends.into_iter().map(|end| end.max(0) as usize).collect();
        let bytes = data.as_bytes();
        let inner = enter::single(data.py(), bytes.len(), || {
            pooling::WordRows::new(bytes, &ends, max_length)
        });
        Ok(Self { inner: inner.map_err(value_error)? })
    }

    /// Where each row ends, in bytes.
    fn ends(&self) -> IntArray {
        integers(self.inner.ends())
    }

    /// The word of each row.
    fn words(&self) -> IntArray {
        integers(self.inner.words())
    }

    fn padded(&self, py: Python<'_>, prefix: usize) -> IntArray {
        py.detach(|| self.inner.padded(prefix)).into()
    }

    fn packed(&self, py: Python<'_>, prefix: usize) -> IntArray {
        py.detach(|| self.inner.packed(prefix)).into()
    }

    fn inputs(&self, py: Python<'_>) -> IntArray {
        py.detach(|| self.inner.inputs()).into()
    }

    fn targets(&self, py: Python<'_>) -> IntArray {
        py.detach(|| self.inner.targets()).into()
    }

    /// The bytes that rows of `width` ids spell, and where their words end.
    #[staticmethod]
    fn decode<'py>(
        targets: &Bound<'py, PyAny>,
        width: usize,
    ) -> PyResult<(Bound<'py, PyBytes>, IntArray)> {
        let py = targets.py();
        let targets: Vec<i64> = numbers(targets, "targets", "64-bit integers")?;
        let (data, ends) =
            py.detach(|| pooling::WordRows::decode(&targets, width)).map_err(value_error)?;
        Ok((PyBytes::new(py, &data), integers(&ends)))
    }
}

fn integers(items: &[usize]) -> IntArray {
    items.iter().map(|&item| item as i64).collect::<Vec<_>>().into()
}

/// Where each word of `data` ends, in bytes; `kind` is `unicode` or `space`.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn word_ends(data: &Bound<'_, PyBytes>, kind: Word) -> PyResult<IntArray> {
    let kind = WordKind::new(&kind).map_err(value_error)?;
    let bytes = data.as_bytes();
    let ends = enter::single(data.py(), bytes.len(), || pooling::word_ends(bytes, kind));
    Ok(integers(&ends))
}

/// Offsets in code points, which must not fall, as byte offsets of the text.
#[pyfunction]
pub(crate) fn bytes_of_chars(
    text: &Bound<'_, PyString>,
    ends: &Bound<'_, PyAny>,
) -> PyResult<IntArray> {
    let text = Text::new(text)?;
    let ends: Vec<i64> = numbers(ends, "ends", "64-bit integers")?;
    let bytes = byte_offsets(&text, &ends).map_err(PyValueError::new_err)?;
    Ok(integers(&bytes))
}

/// Byte offsets, which must not fall, in code points of the text.
#[pyfunction]
pub(crate) fn chars_of_bytes(
    text: &Bound<'_, PyString>,
    ends: &Bound<'_, PyAny>,
) -> PyResult<IntArray> {
    let text = Text::new(text)?;
    let ends: Vec<i64> = numbers(ends, "ends", "64-bit integers")?;
    let mut cursor = CharCursor::new(text.as_str());
    let char = |end: i64| cursor.char_offset(end.max(0) as usize) as i64;
    Ok(ends.into_iter().map(char).collect::<Vec<_>>().into())
}
