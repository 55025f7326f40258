//! `fuse` and `Cascade`: the sentence rules and a model's scores together.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use scriptio::offsets::CharCursor;
use scriptio::{Error, scores};

use crate::enter;
use crate::floats::FloatArray;
use crate::ints::IntArray;
use crate::scores::{byte_offsets, numbers};
use crate::sentence::SentenceSegmenter;
use crate::text::Text;

/// Ends in code points and logits, from ends in bytes.
fn arrays(text: &Text, (ends, logits): (Vec<usize>, Vec<f32>)) -> (IntArray, FloatArray) {
    let mut cursor = CharCursor::new(text.as_str());
    let char = |end: usize| if text.is_ascii() { end } else { cursor.char_offset(end) };
    let ends: Vec<i64> = ends.into_iter().map(char).map(|end| end as i64).collect();
    (IntArray::from(ends), FloatArray::from(logits))
}

/// What `together` makes of a text and the model's ends and logits.
fn answered<F>(
    text: &Bound<'_, PyString>,
    ends: &Bound<'_, PyAny>,
    logits: &Bound<'_, PyAny>,
    together: F,
) -> PyResult<(IntArray, FloatArray)>
where
    F: FnOnce(&str, &[usize], &[f32]) -> Result<(Vec<usize>, Vec<f32>), Error> + Send,
{
    let py = text.py();
    let text = Text::new(text)?;
    let ends: Vec<i64> = numbers(ends, "ends", "64-bit integers")?;
    let logits: Vec<f32> = numbers(logits, "logits", "32-bit floats")?;
    let work = || {
        let ends = byte_offsets(&text, &ends)?;
        let found = together(text.as_str(), &ends, &logits).map_err(|error| error.to_string())?;
        Ok(arrays(&text, found))
    };
    enter::single(py, text.len(), work).map_err(|message: String| PyValueError::new_err(message))
}

/// What rules and model say together of every place that either knows.
#[pyfunction]
pub(crate) fn fuse(
    segmenter: &SentenceSegmenter,
    text: &Bound<'_, PyString>,
    ends: &Bound<'_, PyAny>,
    logits: &Bound<'_, PyAny>,
    threshold: f32,
) -> PyResult<(IntArray, FloatArray)> {
    answered(text, ends, logits, |text, ends, logits| {
        scores::fuse(segmenter.core(), text, ends, logits, threshold)
    })
}

/// Asks a model only where the rules are unsure.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Cascade {
    inner: scores::Cascade,
    /// What the model must read, in code points.
    regions: Vec<(usize, usize)>,
}

#[pymethods]
impl Cascade {
    #[new]
    fn new(segmenter: &SentenceSegmenter, text: &Bound<'_, PyString>) -> PyResult<Self> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || {
            let inner = scores::Cascade::new(segmenter.core(), text.as_str());
            let mut cursor = CharCursor::new(text.as_str());
            let regions = inner
                .regions()
                .iter()
                .map(|span| (cursor.char_offset(span.start), cursor.char_offset(span.end)))
                .collect();
            Self { inner, regions }
        }))
    }

    /// The parts of the text that the model must read, in code points.
    fn regions(&self) -> Vec<(usize, usize)> {
        self.regions.clone()
    }

    /// Ends and logits of the text, from those of the tokens of its regions.
    fn merge(
        &self,
        text: &Bound<'_, PyString>,
        ends: &Bound<'_, PyAny>,
        logits: &Bound<'_, PyAny>,
        threshold: f32,
    ) -> PyResult<(IntArray, FloatArray)> {
        answered(text, ends, logits, |text, ends, logits| {
            self.inner.merge(text, ends, logits, threshold)
        })
    }
}
