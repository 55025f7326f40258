//! `scriptio.adaptation`: a scorer's logits and labelled ends in, corrected
//! logits out.

use pyo3::buffer::{Element, PyUntypedBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use scriptio::adapt::{self, Report, Sample, Weights};
use scriptio::offsets::CharCursor;

use crate::enter;
use crate::error::value_error;
use crate::sentence::SentenceSegmenter;
use crate::text::{ByteCursor, Text};

/// Offsets and logits as bytes, for arrays of 64-bit integers and 32-bit numbers.
type Arrays<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// A text, the ends and logits of a scorer, and the ends of its sentences.
type Labelled<'py> = (Bound<'py, PyString>, Bound<'py, PyAny>, Bound<'py, PyAny>, Vec<i64>);

/// The threshold, the dense weights, the hashes and their weights.
type Parts = (f64, Option<Vec<i32>>, Vec<u32>, Vec<i32>);

/// Sentences, places, F1 before, with a threshold alone, and after, precision, recall, penalty.
type Numbers = (usize, usize, f64, f64, f64, f64, f64, f64);

/// A scorer's answer for one text, in bytes.
struct Scored {
    text: Text,
    ends: Vec<usize>,
    logits: Vec<f32>,
}

impl Scored {
    fn new(
        text: &Bound<'_, PyString>,
        ends: &Bound<'_, PyAny>,
        logits: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let (ends, logits) = (values::<i64>(ends)?, values::<f32>(logits)?);
        let chars = text.len()?;
        let text = Text::new(text)?;
        let ends = byte_offsets(&text, chars, &ends, "the scorer's ends")?;
        Ok(Self { text, ends, logits })
    }
}

/// What a buffer holds. An empty array may point anywhere, which a typed view refuses.
fn values<T: Element>(array: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let bytes = PyUntypedBuffer::get(array)?;
    if bytes.item_count() == 0 {
        return Ok(Vec::new());
    }
    bytes.as_typed::<T>()?.to_vec(array.py())
}

/// Code-point offsets as byte offsets.
fn byte_offsets(text: &Text, chars: usize, offsets: &[i64], what: &str) -> PyResult<Vec<usize>> {
    let mut cursor = ByteCursor::new(text);
    let mut last = 0;
    let mut out = Vec::with_capacity(offsets.len());
    for (at, &offset) in offsets.iter().enumerate() {
        if offset <= last || offset > chars as i64 {
            return Err(PyValueError::new_err(format!(
                "{what} hold {offset} at index {at}, after {last}, for a text of {chars} \
                 characters; expected rising offsets from 1 to {chars}"
            )));
        }
        last = offset;
        out.push(cursor.byte_offset(offset as usize));
    }
    Ok(out)
}

fn bytes_of<'py, T, const N: usize>(
    py: Python<'py>,
    values: &[T],
    bytes: impl Fn(&T) -> [u8; N],
) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &values.iter().flat_map(bytes).collect::<Vec<u8>>())
}

/// Corrects the logits of a scorer for texts of one kind.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Adapter {
    inner: adapt::Adapter,
}

#[pymethods]
impl Adapter {
    /// Learn from labelled texts.
    #[staticmethod]
    fn fit(
        segmenter: &Bound<'_, SentenceSegmenter>,
        documents: Vec<Labelled<'_>>,
        base_threshold: f64,
    ) -> PyResult<(Self, Numbers)> {
        let py = segmenter.py();
        let segmenter = segmenter.get().core();
        let mut scored = Vec::with_capacity(documents.len());
        for (at, (text, ends, logits, gold)) in documents.into_iter().enumerate() {
            let chars = text.len()?;
            let one = Scored::new(&text, &ends, &logits)?;
            let what = format!("the ends of documents[{at}]");
            let gold = byte_offsets(&one.text, chars, &gold, &what)?;
            scored.push((one, gold));
        }
        let samples: Vec<Sample<'_>> = scored
            .iter()
            .map(|(one, gold)| Sample {
                text: one.text.as_str(),
                ends: &one.ends,
                logits: &one.logits,
                gold,
            })
            .collect();
        let fitted = py.detach(|| adapt::Adapter::fit(segmenter, &samples, base_threshold));
        let (inner, report) = fitted.map_err(value_error)?;
        Ok((Self { inner }, numbers(&report)))
    }

    /// An adapter of what `parts` gave.
    #[staticmethod]
    fn from_parts(
        segmenter: &SentenceSegmenter,
        base_threshold: f64,
        threshold: f64,
        dense: Option<Vec<i32>>,
        hashes: Vec<u32>,
        weights: Vec<i32>,
    ) -> PyResult<Self> {
        if hashes.len() != weights.len() {
            return Err(PyValueError::new_err(format!(
                "hashes holds {} items and weights {}; expected as many of both",
                hashes.len(),
                weights.len()
            )));
        }
        let sparse = hashes.into_iter().zip(weights).collect();
        let weights = dense.map(|dense| Weights { dense, sparse });
        let segmenter = segmenter.core();
        let inner = adapt::Adapter::from_parts(segmenter, base_threshold, threshold, weights);
        Ok(Self { inner: inner.map_err(value_error)? })
    }

    /// The threshold, and the weights in thousandths.
    fn parts(&self) -> Parts {
        let weights = self.inner.weights();
        let (hashes, values) =
            weights.map(|w| w.sparse.iter().copied().unzip()).unwrap_or_default();
        (self.inner.threshold(), weights.map(|w| w.dense.clone()), hashes, values)
    }

    /// The adapted logits, as the bytes of 32-bit numbers.
    fn logits<'py>(
        &self,
        text: &Bound<'py, PyString>,
        ends: &Bound<'py, PyAny>,
        logits: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = text.py();
        let one = Scored::new(text, ends, logits)?;
        let adapted = enter::single(py, one.text.len(), || {
            self.inner.logits(one.text.as_str(), &one.ends, &one.logits)
        });
        Ok(bytes_of(py, &adapted.map_err(value_error)?, |logit| logit.to_ne_bytes()))
    }

    /// Version of the features.
    #[classattr]
    const VERSION: u32 = adapt::Adapter::VERSION;
}

fn numbers(report: &Report) -> Numbers {
    let Report { sentences, places, f1_before, f1_threshold, f1, precision, recall, penalty } =
        *report;
    (sentences, places, f1_before, f1_threshold, f1, precision, recall, penalty)
}

/// The ends of all tokens and candidates of `text`, and what the rules say of them as logits.
#[pyfunction]
pub(crate) fn rule_logits<'py>(
    segmenter: &SentenceSegmenter,
    text: &Bound<'py, PyString>,
) -> PyResult<Arrays<'py>> {
    let py = text.py();
    let text = Text::new(text)?;
    let (ends, logits) = enter::single(py, text.len(), || {
        let (ends, logits) = adapt::rule_logits(segmenter.core(), text.as_str());
        let mut cursor = CharCursor::new(text.as_str());
        let ends: Vec<i64> = ends.iter().map(|&end| cursor.char_offset(end) as i64).collect();
        (ends, logits)
    });
    let ends = bytes_of(py, &ends, |end| end.to_ne_bytes());
    Ok((ends, bytes_of(py, &logits, |logit| logit.to_ne_bytes())))
}
