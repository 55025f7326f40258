//! `TopicSegmenter`, and the parts of it that scorers need.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::topic::{self, Decoder, Limits, Method, Terms, Unit};
use scriptio::{Error, Lang, Segmenter};

use crate::enter;
use crate::error::value_error;
use crate::sentence::SentenceSegmenter;
use crate::spans::SpanArray;
use crate::text::{Text, Word};

/// Cuts texts where their words change.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct TopicSegmenter {
    inner: topic::TopicSegmenter,
}

impl TopicSegmenter {
    fn spans(&self, text: &Text) -> SpanArray {
        let mut ends = Vec::new();
        self.inner.ends(text.as_str(), &mut ends);
        SpanArray::from_ends(&ends, text)
    }

    fn unit_spans(&self, text: &Text) -> SpanArray {
        let mut ends = Vec::new();
        self.inner.unit.ends(text.as_str(), &self.inner.sentences, &mut ends);
        SpanArray::from_ends(&ends, text)
    }
}

#[pymethods]
impl TopicSegmenter {
    #[new]
    #[pyo3(signature = (*, method, unit, lang, sentences, stop_words, count, deviations, min_units))]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    #[allow(clippy::too_many_arguments)] // One for each setting, which Python passes by name.
    fn new(
        method: Word,
        unit: Word,
        lang: Word,
        sentences: &Bound<'_, SentenceSegmenter>,
        stop_words: Option<Vec<Word>>,
        count: Option<usize>,
        deviations: Option<f64>,
        min_units: usize,
    ) -> PyResult<Self> {
        let stop_words = stop_words.map(|words| words.into_iter().map(String::from).collect());
        let build = || -> Result<_, Error> {
            Ok(topic::TopicSegmenter {
                method: Method::new(&method)?,
                unit: Unit::new(&unit)?,
                sentences: sentences.get().core().clone(),
                terms: Terms::new(Lang::new(&lang)?, stop_words),
                limits: Limits { count, deviations, min_units },
            })
        };
        Ok(Self { inner: build().map_err(value_error)? })
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

    /// The spans of the units of `text`.
    fn units(&self, text: &Bound<'_, PyString>) -> PyResult<SpanArray> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || self.unit_spans(&text)))
    }
}

/// The units before which the topic changes, by the terms of each unit.
#[pyfunction]
#[pyo3(signature = (units, *, method, count, deviations, min_units))]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn topic_cuts(
    py: Python<'_>,
    units: Vec<Vec<Word>>,
    method: Word,
    count: Option<usize>,
    deviations: Option<f64>,
    min_units: usize,
) -> PyResult<Vec<usize>> {
    let method = Method::new(&method).map_err(value_error)?;
    let units: Vec<Vec<String>> =
        units.into_iter().map(|unit| unit.into_iter().map(String::from).collect()).collect();
    let limits = Limits { count, deviations, min_units };
    Ok(py.detach(|| topic::cuts(method, &units, limits)))
}

/// The units before which the topic changes, by the probabilities that it does.
#[pyfunction]
#[pyo3(signature = (probabilities, *, decoder, threshold, count, min_units))]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn decode_topics(
    probabilities: Vec<f64>,
    decoder: Word,
    threshold: f64,
    count: Option<usize>,
    min_units: usize,
) -> PyResult<Vec<usize>> {
    let decoder = match (count, &*decoder) {
        (Some(count), _) => Decoder::Count(count),
        (None, "minima") => Decoder::Minima(threshold),
        (None, "adaptive") => Decoder::Adaptive(threshold),
        (None, _) => Decoder::Threshold(threshold),
    };
    decoder.cuts(&probabilities, min_units).map_err(value_error)
}

/// Porter's stem of an English word.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn stem(word: Word) -> String {
    topic::stem(&word)
}
