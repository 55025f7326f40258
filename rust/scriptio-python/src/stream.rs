//! `SentenceStream`: pieces of a text in, finished segments out.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::Span;
use scriptio::offsets::count_chars;
use scriptio::sentence::{LOOK_AHEAD, StreamSegment};

use crate::enter;
use crate::text::{Surrogate, Text, restored};

/// Segments a text that arrives in pieces.
///
/// Frozen as every class here; what changes lies behind a lock, which is
/// never held while waiting for the interpreter.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct SentenceStream {
    state: Mutex<State>,
    strip: bool,
}

struct State {
    stream: scriptio::sentence::SentenceStream,
    /// Bytes taken so far.
    taken: usize,
    /// Surrogates of the text that was taken but has not come out, which the
    /// core saw as U+FFFD. Offsets are those of the whole text.
    surrogates: Vec<Surrogate>,
}

/// A finished segment and the surrogates in it.
type Finished = (StreamSegment, Vec<Surrogate>);

impl State {
    fn push(&mut self, piece: &Text) -> Vec<Finished> {
        let places = piece.surrogates().iter();
        self.surrogates.extend(places.map(|&(offset, code)| (self.taken + offset, code)));
        self.taken += piece.len();
        let mut out = Vec::new();
        self.stream.push(piece.as_str(), &mut out);
        self.finished(out)
    }

    fn finish(&mut self) -> Vec<Finished> {
        let mut out = Vec::new();
        self.stream.finish(&mut out);
        self.taken = 0;
        let finished = self.finished(out);
        self.surrogates.clear();
        finished
    }

    fn finished(&mut self, segments: Vec<StreamSegment>) -> Vec<Finished> {
        let with_surrogates = |segment: StreamSegment| {
            let end = segment.byte_start + segment.text.len();
            let inside = self.surrogates.partition_point(|&(offset, _)| offset < end);
            (segment, self.surrogates.drain(..inside).collect())
        };
        segments.into_iter().map(with_surrogates).collect()
    }
}

impl SentenceStream {
    pub(crate) fn new(stream: scriptio::sentence::SentenceStream, strip: bool) -> Self {
        Self { state: Mutex::new(State { stream, taken: 0, surrogates: Vec::new() }), strip }
    }

    fn to_list<'py>(
        &self,
        py: Python<'py>,
        finished: Vec<Finished>,
    ) -> PyResult<Bound<'py, PyList>> {
        let to_tuple = |(segment, surrogates): Finished| {
            let StreamSegment { text, byte_start, char_start } = segment;
            let whole = Span::new(0, text.len());
            let span = if self.strip { whole.trimmed(&text) } else { whole };
            let (before, inner) =
                (text.get(..span.start).unwrap_or(""), text.get(span.range()).unwrap_or(""));
            let start = char_start + count_chars(before.as_bytes());
            let end = start + count_chars(inner.as_bytes());
            Ok((start, end, restored(py, inner, byte_start + span.start, &surrogates)?))
        };
        PyList::new(py, finished.into_iter().map(to_tuple).collect::<PyResult<Vec<_>>>()?)
    }

    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // A lock is poisoned by a panic alone, of which the core has none.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[pymethods]
impl SentenceStream {
    /// How many code points after a boundary can have a say in it.
    #[classattr]
    #[allow(non_upper_case_globals)] // An attribute in Python, where it is lower case.
    const look_ahead: usize = LOOK_AHEAD;

    /// Take the next piece; start, end and text of the segments that are
    /// finished.
    fn feed<'py>(&self, piece: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyList>> {
        let py = piece.py();
        let piece = Text::new(piece)?;
        let finished =
            enter::single(py, piece.len(), || self.with_state(|state| state.push(&piece)));
        self.to_list(py, finished)
    }

    /// The text is complete: the segments that are left. The stream starts
    /// afresh.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        // How much is left is not known here, and asking costs nothing.
        let finished = enter::single(py, usize::MAX, || self.with_state(State::finish));
        self.to_list(py, finished)
    }
}
