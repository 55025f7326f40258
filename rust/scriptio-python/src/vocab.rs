//! `Encoder`: tokenizer files as bytes; texts in, ids, places and counts out.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use scriptio::offsets::CharCursor;
use scriptio::tokenizer::Tokens;
use scriptio::vocab;

use crate::enter;
use crate::error::value_error;
use crate::ints::IntArray;
use crate::text::Text;
use crate::tokenizer::{Columns, Encoding};

/// A tokenizer whose tokens are known as bytes.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Encoder {
    pub(crate) inner: Arc<vocab::Encoder>,
}

impl Encoder {
    fn ids(&self, text: &Text) -> Result<Vec<i64>, scriptio::Error> {
        let mut ids = Vec::with_capacity(text.len() / 4 + 1);
        self.inner.encode(text.as_str(), &mut ids)?;
        Ok(ids.into_iter().map(i64::from).collect())
    }
}

#[pymethods]
impl Encoder {
    /// The tokenizer that the content of a `tokenizer.json` describes.
    #[staticmethod]
    fn from_json(data: &Bound<'_, PyBytes>) -> PyResult<Self> {
        let json = str::from_utf8(data.as_bytes()).map_err(|error| {
            PyValueError::new_err(format!("tokenizer data is no tokenizer.json: {error}"))
        })?;
        let inner = data.py().detach(|| vocab::Encoder::from_json(json)).map_err(value_error)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The tokenizer of a tiktoken rank file.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // Made for this call out of a Python list.
    fn from_tiktoken(
        data: &Bound<'_, PyBytes>,
        pattern: &str,
        special: Vec<(String, u32)>,
    ) -> PyResult<Self> {
        let ranks = data.as_bytes();
        let inner = data
            .py()
            .detach(|| vocab::Encoder::from_tiktoken(ranks, pattern, &special))
            .map_err(value_error)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The largest id, plus one.
    fn __len__(&self) -> usize {
        self.inner.vocab().len()
    }

    fn __repr__(&self) -> String {
        format!("<Encoder {} of {} ids>", self.model(), self.inner.vocab().len())
    }

    /// `bpe`, `unigram` or `wordpiece`.
    #[getter]
    fn model(&self) -> &'static str {
        match self.inner.model() {
            vocab::Model::Bpe(_) => "bpe",
            vocab::Model::Unigram(_) => "unigram",
            vocab::Model::WordPiece(_) => "wordpiece",
        }
    }

    /// Whether the bytes written start with a space that the text has not.
    #[getter]
    fn prefix_space(&self) -> bool {
        self.inner.prefix_space()
    }

    /// Whether the text is changed before it is encoded.
    #[getter]
    fn normalizes(&self) -> bool {
        self.inner.normalizes()
    }

    /// Content, id and whether it is a control token, of each added token.
    #[getter]
    fn added_tokens(&self) -> Vec<(String, u32, bool)> {
        let tokens = self.inner.added_tokens().iter();
        tokens.map(|token| (token.content.clone(), token.id, token.special)).collect()
    }

    /// The patterns that the pre-tokenizer cuts at.
    #[getter]
    fn patterns(&self) -> Vec<String> {
        self.inner.pre_tokenizer().map_or(Vec::new(), vocab::PreTokenizer::patterns)
    }

    /// The bytes that no single token writes.
    #[getter]
    fn missing_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.vocab().missing_bytes())
    }

    /// What a token writes; nothing if it writes nothing or is missing.
    fn token_bytes<'py>(&self, py: Python<'py>, token: u32) -> Option<Bound<'py, PyBytes>> {
        self.inner.vocab().token_bytes(token).map(|bytes| PyBytes::new(py, bytes))
    }

    /// The ids of `text`.
    fn encode(&self, text: &Bound<'_, PyString>) -> PyResult<IntArray> {
        let py = text.py();
        let text = Text::new(text)?;
        let ids = enter::single(py, text.len(), || self.ids(&text));
        Ok(ids.map_err(value_error)?.into())
    }

    /// The ids of every text, in order.
    fn encode_batch(&self, texts: &Bound<'_, PyList>, threads: usize) -> PyResult<Vec<IntArray>> {
        let ids = enter::batch(texts, threads, |text| self.ids(text))?;
        ids.into_iter().map(|ids| Ok(ids.map_err(value_error)?.into())).collect()
    }

    /// The tokens of `text` with their places in code points.
    fn encode_with_offsets(&self, text: &Bound<'_, PyString>) -> PyResult<Encoding> {
        let py = text.py();
        let text = Text::new(text)?;
        let columns = enter::single(py, text.len(), || {
            let mut tokens = Tokens::default();
            self.inner.encode_with_offsets(text.as_str(), &mut tokens)?;
            Ok(Columns::new(&tokens, &text))
        });
        columns.map_err(value_error)?.into_encoding(py)
    }

    /// The number of tokens of `text`.
    fn count(&self, text: &Bound<'_, PyString>) -> PyResult<usize> {
        let py = text.py();
        let text = Text::new(text)?;
        enter::single(py, text.len(), || self.inner.count(text.as_str())).map_err(value_error)
    }

    /// How many code points the longest prefix of `text` has that has at most
    /// `n` tokens.
    fn cut(&self, text: &Bound<'_, PyString>, n: usize) -> PyResult<usize> {
        let py = text.py();
        let text = Text::new(text)?;
        let end = enter::single(py, text.len(), || self.inner.cut_at(text.as_str(), n));
        let end = end.map_err(value_error)?;
        Ok(if text.is_ascii() { end } else { CharCursor::new(text.as_str()).char_offset(end) })
    }

    /// What the tokens `ids` write.
    #[allow(clippy::needless_pass_by_value)] // Made for this call out of a Python list.
    fn decode<'py>(&self, py: Python<'py>, ids: Vec<u32>) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        self.inner.decode(&ids, &mut bytes).map_err(value_error)?;
        Ok(PyBytes::new(py, &bytes))
    }
}
