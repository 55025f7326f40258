//! `SentenceSegmenter`: texts in, arrays of spans out.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::offsets::OffsetIndex;
use scriptio::{Lang, Newlines, Segmenter};

use crate::enter;
use crate::error::value_error;
use crate::spans::SpanArray;
use crate::stream::SentenceStream;
use crate::text::{Text, Word};

/// Offset, decision, reason and probability of one candidate.
type Explained = (usize, bool, &'static str, Option<f32>);

/// Cuts texts into sentences.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct SentenceSegmenter {
    inner: scriptio::SentenceSegmenter,
    strip: bool,
}

impl SentenceSegmenter {
    /// The segmenter of the core.
    pub(crate) fn core(&self) -> &scriptio::SentenceSegmenter {
        &self.inner
    }

    fn spans(&self, text: &Text) -> SpanArray {
        let mut ends = Vec::new();
        self.inner.ends(text.as_str(), &mut ends);
        let spans = SpanArray::from_ends(&ends, text);
        if self.strip { spans.stripped_in(text) } else { spans }
    }
}

#[pymethods]
impl SentenceSegmenter {
    #[new]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    fn new(
        lang: Word,
        newlines: Word,
        abbreviations: Vec<Word>,
        protect: Vec<Word>,
        strip: bool,
    ) -> PyResult<Self> {
        let inner = scriptio::SentenceSegmenter::builder(Lang::new(&lang).map_err(value_error)?)
            .newlines(Newlines::new(&newlines).map_err(value_error)?)
            .abbreviations(abbreviations)
            .protect(protect)
            .build()
            .map_err(value_error)?;
        Ok(Self { inner, strip })
    }

    /// The code of the language, without region or script.
    #[getter]
    fn lang(&self) -> &'static str {
        self.inner.lang().code()
    }

    /// The spans of the segments of `text`.
    fn segment(&self, text: &Bound<'_, PyString>) -> PyResult<SpanArray> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || self.spans(&text)))
    }

    /// The spans of every text, in order.
    fn segment_batch(
        &self,
        texts: &Bound<'_, PyList>,
        num_threads: usize,
    ) -> PyResult<Vec<SpanArray>> {
        enter::batch(texts, num_threads, |text| self.spans(text))
    }

    /// Offset, decision, reason and probability of every candidate of `text`.
    fn explain(&self, text: &Bound<'_, PyString>) -> PyResult<Vec<Explained>> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || {
            let index = OffsetIndex::new(text.as_str());
            let explanations = self.inner.explain(text.as_str()).into_iter();
            explanations
                .map(|e| (index.byte_to_char(e.offset), e.boundary, e.reason, e.probability))
                .collect()
        }))
    }

    /// A stream that takes a text piece by piece.
    fn stream(&self) -> SentenceStream {
        SentenceStream::new(self.inner.stream(), self.strip)
    }
}

/// The codes of all known languages, sorted.
#[pyfunction]
pub(crate) fn languages() -> Vec<&'static str> {
    Lang::known().collect()
}
