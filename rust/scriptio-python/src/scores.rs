//! `decode`: a text and its scores in, spans and probabilities out.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use scriptio::offsets::count_chars;
use scriptio::scores::{self, Algorithm, Decoder, Meaning, Prior, PriorShape};
use scriptio::{Error, Newlines};

use crate::enter;
use crate::error::value_error;
use crate::floats::FloatArray;
use crate::spans::SpanArray;
use crate::text::{ByteCursor, Text, Word};

/// The numbers of a buffer of one dimension, copied: the caller's may change
/// while the interpreter lock is released.
pub(crate) fn numbers<T: Element>(
    buffer: &Bound<'_, PyAny>,
    name: &str,
    kind: &str,
) -> PyResult<Vec<T>> {
    let wrong = |found: &str| {
        PyTypeError::new_err(format!("{name} must be a buffer of {kind} in one row, not {found}"))
    };
    // An empty buffer may point anywhere, which the check of the alignment refuses.
    if buffer.len().is_ok_and(|len| len == 0) {
        return Ok(Vec::new());
    }
    // Checks the format and the alignment of the items.
    let view = PyBuffer::<T>::get(buffer).map_err(|error| wrong(&error.to_string()))?;
    if view.dimensions() != 1 || !view.is_c_contiguous() {
        return Err(wrong("one of another shape"));
    }
    view.to_vec(buffer.py())
}

/// The byte offsets of the code points `ends`.
pub(crate) fn byte_offsets(text: &Text, ends: &[i64]) -> Result<Vec<usize>, String> {
    let mut cursor = ByteCursor::new(text);
    let length = if text.is_ascii() { text.len() } else { count_chars(text.as_str().as_bytes()) };
    let mut before = 0;
    let byte = |(i, &end): (usize, &i64)| {
        let char = usize::try_from(end).ok().filter(|&end| end <= length).ok_or_else(|| {
            format!(
                "ends[{i}] is {end}, outside of a text of {length} characters; \
                 pass the text that was scored"
            )
        })?;
        if end < before {
            return Err(format!(
                "ends[{i}] is {end} after {before}; sort the candidates by where they end"
            ));
        }
        before = end;
        Ok(cursor.byte_offset(char))
    };
    ends.iter().enumerate().map(byte).collect()
}

/// Segments of a text by the probabilities of boundaries at the `ends` of its
/// tokens, in code points; and the probability of the end of each segment.
#[pyfunction]
#[pyo3(signature = (
    text, ends, probabilities, *, threshold, min_length, max_length, prior, target_length, spread,
    lang, algorithm, meaning, newlines, strip
))]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
#[allow(clippy::too_many_arguments)] // One for each setting, which Python passes by name.
pub(crate) fn decode(
    text: &Bound<'_, PyString>,
    ends: &Bound<'_, PyAny>,
    probabilities: &Bound<'_, PyAny>,
    threshold: f32,
    min_length: usize,
    max_length: Option<usize>,
    prior: Word,
    target_length: Option<f64>,
    spread: Option<f64>,
    lang: Option<Word>,
    algorithm: Word,
    meaning: Word,
    newlines: Word,
    strip: bool,
) -> PyResult<(SpanArray, FloatArray)> {
    let (target, width) = scores::length_prior(lang.as_deref().unwrap_or("und"));
    let build = || -> Result<Decoder, Error> {
        let shape = PriorShape::new(&prior)?;
        Decoder::builder()
            .threshold(threshold)
            .min_length(min_length)
            .max_length(max_length)
            .prior(Prior::new(shape, target_length.unwrap_or(target), spread.unwrap_or(width))?)
            .algorithm(Algorithm::new(&algorithm)?)
            .meaning(Meaning::new(&meaning)?)
            .newlines(Newlines::new(&newlines)?)
            .build()
    };
    let decoder = build().map_err(value_error)?;
    let py = text.py();
    let text = Text::new(text)?;
    let ends: Vec<i64> = numbers(ends, "ends", "64-bit integers")?;
    let probabilities: Vec<f32> = numbers(probabilities, "probabilities", "32-bit floats")?;
    let work = || {
        let ends = byte_offsets(&text, &ends)?;
        let boundaries = decoder
            .decode(text.as_str(), &ends, &probabilities)
            .map_err(|error| error.to_string())?;
        let ends: Vec<usize> = boundaries.iter().map(|boundary| boundary.offset).collect();
        let spans = SpanArray::from_ends(&ends, &text);
        let spans = if strip { spans.stripped_in(&text) } else { spans };
        let found = boundaries.iter().map(|boundary| boundary.probability.unwrap_or(1.0));
        Ok((spans, FloatArray::from(found.collect::<Vec<_>>())))
    };
    enter::single(py, text.len(), work).map_err(|message: String| PyValueError::new_err(message))
}

/// Typical length of a sentence of a language in code points, and its spread.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn length_prior(lang: Word) -> (f64, f64) {
    scores::length_prior(&lang)
}
