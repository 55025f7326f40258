//! `Tokenizer`: texts in, token ids and their places out.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use scriptio::offsets::{CharCursor, OffsetIndex};
use scriptio::tokenizer::{self, Tokens, chars};

use crate::enter;
use crate::error::value_error;
use crate::ints::IntArray;
use crate::text::Text;

/// Makes tokens of texts.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Tokenizer {
    inner: Box<dyn tokenizer::Tokenizer>,
    /// What the tokenizer was made of, if it cannot be packed: for pickling.
    data: Option<Py<PyBytes>>,
}

/// The tokens of one text.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Encoding {
    ids: Py<IntArray>,
    starts: Py<IntArray>,
    ends: Py<IntArray>,
}

/// Token ids, starts and ends in code points, made while detached.
pub(crate) struct Columns {
    ids: Vec<i64>,
    starts: Vec<i64>,
    ends: Vec<i64>,
}

impl Columns {
    pub(crate) fn new(tokens: &Tokens, text: &Text) -> Self {
        Self {
            ids: tokens.ids.iter().map(|&id| i64::from(id)).collect(),
            starts: code_points(&tokens.starts, text),
            ends: code_points(&tokens.ends, text),
        }
    }

    pub(crate) fn into_encoding(self, py: Python<'_>) -> PyResult<Encoding> {
        Ok(Encoding {
            ids: Py::new(py, IntArray::from(self.ids))?,
            starts: Py::new(py, IntArray::from(self.starts))?,
            ends: Py::new(py, IntArray::from(self.ends))?,
        })
    }
}

/// Byte offsets of `text` in code points.
fn code_points(offsets: &[usize], text: &Text) -> Vec<i64> {
    if text.is_ascii() {
        return offsets.iter().map(|&offset| offset as i64).collect();
    }
    if offsets.is_sorted() {
        let mut cursor = CharCursor::new(text.as_str());
        return offsets.iter().map(|&offset| cursor.char_offset(offset) as i64).collect();
    }
    let index = OffsetIndex::new(text.as_str());
    offsets.iter().map(|&offset| index.byte_to_char(offset) as i64).collect()
}

impl Tokenizer {
    /// The tokenizer of the core.
    pub(crate) fn core(&self) -> &dyn tokenizer::Tokenizer {
        &*self.inner
    }

    fn columns(&self, text: &Text) -> Result<Columns, scriptio::Error> {
        let mut tokens = Tokens::default();
        self.inner.encode(text.as_str(), &mut tokens)?;
        Ok(Columns::new(&tokens, text))
    }
}

#[pymethods]
impl Tokenizer {
    /// The tokenizer that `data` describes: the content of a `tokenizer.json`,
    /// or the compact format.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyBytes>) -> PyResult<Self> {
        let py = data.py();
        let bytes = data.as_bytes();
        let inner = py.detach(|| tokenizer::from_bytes(bytes)).map_err(value_error)?;
        let data = (inner.kind() == "hf").then(|| data.clone().unbind());
        Ok(Self { inner, data })
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let data = match &slf.get().data {
            Some(data) => data.bind(slf.py()).clone(),
            None => PyBytes::new(slf.py(), &slf.get().inner.pack().unwrap_or_default()),
        };
        Ok((slf.get_type().getattr("from_bytes")?, PyTuple::new(slf.py(), [data])?))
    }

    /// The largest token id, plus one.
    #[getter]
    fn vocab_size(&self) -> usize {
        self.inner.vocab_size()
    }

    /// Who tokenizes: `unigram`, scriptio itself, or `hf`, Hugging Face's code.
    #[getter]
    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn __repr__(&self) -> String {
        format!("<Tokenizer {} of {} ids>", self.inner.kind(), self.inner.vocab_size())
    }

    /// The tokens of `text`.
    fn encode(&self, text: &Bound<'_, PyString>) -> PyResult<Encoding> {
        let py = text.py();
        let text = Text::new(text)?;
        let columns = enter::single(py, text.len(), || self.columns(&text));
        columns.map_err(value_error)?.into_encoding(py)
    }

    /// The tokens of every text, in order.
    fn encode_batch(&self, texts: &Bound<'_, PyList>, threads: usize) -> PyResult<Vec<Encoding>> {
        let columns = enter::batch(texts, threads, |text| self.columns(text))?;
        columns
            .into_iter()
            .map(|columns| columns.map_err(value_error)?.into_encoding(texts.py()))
            .collect()
    }
}

#[pymethods]
impl Encoding {
    /// Token ids, without special tokens.
    #[getter]
    fn ids(&self, py: Python<'_>) -> Py<IntArray> {
        self.ids.clone_ref(py)
    }

    /// Where each token begins, in code points.
    #[getter]
    fn starts(&self, py: Python<'_>) -> Py<IntArray> {
        self.starts.clone_ref(py)
    }

    /// Where each token ends, in code points.
    #[getter]
    fn ends(&self, py: Python<'_>) -> Py<IntArray> {
        self.ends.clone_ref(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.ids.bind(py).len()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Encoding of {} tokens>", self.__len__(py)?))
    }
}

/// The hashed ids of every code point of `text`, `hashes` of them each.
#[pyfunction]
pub(crate) fn hash_chars(
    text: &Bound<'_, PyString>,
    hashes: usize,
    buckets: u32,
) -> PyResult<IntArray> {
    let py = text.py();
    let text = Text::new(text)?;
    let ids = enter::single(py, text.len(), || chars::hash_chars(text.as_str(), hashes, buckets));
    Ok(ids.map_err(value_error)?.into())
}

/// The compact form of the tokenizer that the content of a `tokenizer.json`
/// describes.
#[pyfunction]
pub(crate) fn pack_tokenizer<'py>(data: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = data.as_bytes();
    let packed = data.py().detach(|| tokenizer::pack(bytes)).map_err(value_error)?;
    Ok(PyBytes::new(data.py(), &packed))
}
