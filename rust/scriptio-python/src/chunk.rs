//! `Chunker`: texts and their partitions in, chunks out.

use std::borrow::Cow;
use std::cell::RefCell;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::chunk::{self, Break, BreakKind, Context, Level, Packing, Sizer, TokenSizer, Unit};
use scriptio::offsets::CharCursor;
use scriptio::{Error, Segmenter};

use crate::enter;
use crate::error::value_error;
use crate::ints::IntArray;
use crate::sentence::SentenceSegmenter;
use crate::spans::SpanArray;
use crate::text::{ByteCursor, Text, Word};
use crate::tokenizer::Tokenizer;
use crate::vocab::Encoder;

/// Packs texts into chunks.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Chunker {
    inner: chunk::Chunker,
    /// What finds the segments that are packed, where that is done in here.
    by: Option<scriptio::SentenceSegmenter>,
    /// What may be done across their ends.
    kind: BreakKind,
    sizer: Counter,
}

/// The chunks of one text.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Chunks {
    spans: Py<SpanArray>,
    bodies: Py<IntArray>,
    sizes: Py<IntArray>,
    prefixes: Py<IntArray>,
}

/// What counts sizes.
enum Counter {
    Unit(Unit),
    Tokens(Py<Tokenizer>),
    Encoder(Py<Encoder>),
    Function(Py<PyAny>),
}

impl Counter {
    fn new(sizer: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(tokenizer) = sizer.cast::<Tokenizer>() {
            Ok(Self::Tokens(tokenizer.clone().unbind()))
        } else if let Ok(encoder) = sizer.cast::<Encoder>() {
            Ok(Self::Encoder(encoder.clone().unbind()))
        } else if sizer.is_callable() {
            Ok(Self::Function(sizer.clone().unbind()))
        } else {
            let name: Word = sizer.extract()?;
            Ok(Self::Unit(Unit::new(&name).map_err(value_error)?))
        }
    }
}

/// A sizer that asks a Python function.
struct Asked<'py> {
    function: &'py Bound<'py, PyAny>,
    /// What went wrong in it, for its caller to see.
    failure: RefCell<Option<PyErr>>,
}

impl Asked<'_> {
    fn counts(&self, texts: &[Cow<'_, str>]) -> PyResult<Vec<usize>> {
        let py = self.function.py();
        let texts = PyList::new(py, texts.iter().map(|text| PyString::new(py, text)))?;
        let given = self.function.call1((texts,))?;
        let kind = || given.get_type().name().map_or_else(|_| String::new(), |n| n.to_string());
        let counts: Vec<i64> = given.extract().map_err(|_| {
            PyTypeError::new_err(format!(
                "the sizer must give a list of int, one for each text, not this {}",
                kind()
            ))
        })?;
        let counted = |count: i64| {
            usize::try_from(count).map_err(|_| {
                PyValueError::new_err(format!(
                    "the sizer gave {count} for a text; sizes must be 0 or more"
                ))
            })
        };
        counts.into_iter().map(counted).collect()
    }
}

impl Sizer for Asked<'_> {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        self.counts(texts).or_else(|failure| {
            self.failure.replace(Some(failure));
            // As few counts as no text has; the caller raises the failure instead.
            Ok(Vec::new())
        })
    }
}

/// Chunks in code points, made while detached.
struct Columns {
    spans: SpanArray,
    bodies: Vec<i64>,
    sizes: Vec<i64>,
    prefixes: Vec<i64>,
}

impl Columns {
    fn new(chunks: &[chunk::Chunk], text: &Text) -> Self {
        let chars = |offset: fn(&chunk::Chunk) -> usize| -> Vec<i64> {
            if text.is_ascii() {
                return chunks.iter().map(|chunk| offset(chunk) as i64).collect();
            }
            let mut cursor = CharCursor::new(text.as_str());
            chunks.iter().map(|chunk| cursor.char_offset(offset(chunk)) as i64).collect()
        };
        let (ends, bodies) = (chars(|chunk| chunk.end), chars(|chunk| chunk.body));
        let overlaps = chunks.iter().any(|chunk| chunk.start != chunk.body);
        let starts = if overlaps { chars(|chunk| chunk.start) } else { bodies.clone() };
        let rows = starts.into_iter().zip(ends).map(|(start, end)| [start, end]).collect();
        let prefix = |chunk: &chunk::Chunk| chunk.prefix.map_or(-1, |index| index as i64);
        Self {
            spans: SpanArray::from_rows(rows),
            bodies,
            sizes: chunks.iter().map(|chunk| chunk.size as i64).collect(),
            prefixes: chunks.iter().map(prefix).collect(),
        }
    }

    fn into_chunks(self, py: Python<'_>) -> PyResult<Chunks> {
        Ok(Chunks {
            spans: Py::new(py, self.spans)?,
            bodies: Py::new(py, IntArray::from(self.bodies))?,
            sizes: Py::new(py, IntArray::from(self.sizes))?,
            prefixes: Py::new(py, IntArray::from(self.prefixes))?,
        })
    }
}

/// A place where units meet: offset in code points, level, and how strict it
/// is: 0 open, 1 closed, 2 apart.
type Place = (i64, u32, u8);

/// Breaks and context of one text, as Python has them.
struct Partition {
    places: Vec<Place>,
    prefixes: Vec<String>,
    /// Code point from which a prefix holds, and which one it is, or -1.
    contexts: Vec<(i64, i64)>,
}

impl Partition {
    fn of(&self, text: &Text) -> Result<(Vec<Break>, Context), Error> {
        let mut cursor = ByteCursor::new(text);
        let mut byte = |char: i64| cursor.byte_offset(usize::try_from(char).unwrap_or_default());
        let kind = |strict| match strict {
            0 => BreakKind::Open,
            1 => BreakKind::Closed,
            _ => BreakKind::Apart,
        };
        let breaks = self.places.iter().map(|&(char, level, strict)| Break {
            offset: byte(char),
            level,
            kind: kind(strict),
        });
        let breaks = breaks.collect();
        let contexts =
            self.contexts.iter().map(|&(char, index)| (byte(char), index.try_into().ok()));
        let contexts: Vec<_> = contexts.collect();
        Ok((breaks, Context::new(self.prefixes.clone(), &contexts)?))
    }
}

impl Chunker {
    fn columns(
        &self,
        text: &Text,
        partition: Option<&Partition>,
        sizer: &dyn Sizer,
    ) -> Result<Columns, Error> {
        let (breaks, context) = match (partition, &self.by) {
            (Some(partition), _) => partition.of(text)?,
            (None, Some(by)) => {
                let mut ends = Vec::new();
                by.ends(text.as_str(), &mut ends);
                let whole = |end| Break { offset: end, level: 0, kind: self.kind };
                (ends.into_iter().map(whole).collect(), Context::default())
            }
            (None, None) => (Vec::new(), Context::default()),
        };
        let chunks = self.inner.chunk(text.as_str(), &breaks, &context, sizer)?;
        Ok(Columns::new(&chunks, text))
    }

    fn single(
        &self,
        text: &Bound<'_, PyString>,
        partition: Option<&Partition>,
    ) -> PyResult<Chunks> {
        let py = text.py();
        let text = Text::new(text)?;
        let columns = match &self.sizer {
            Counter::Unit(unit) => {
                enter::single(py, text.len(), || self.columns(&text, partition, unit))
            }
            Counter::Tokens(tokenizer) => {
                let tokenizer = tokenizer.get().core();
                enter::single(py, text.len(), || {
                    self.columns(&text, partition, &TokenSizer(tokenizer))
                })
            }
            Counter::Encoder(encoder) => {
                let encoder = &*encoder.get().inner;
                enter::single(py, text.len(), || self.columns(&text, partition, encoder))
            }
            Counter::Function(function) => {
                let sizer = Asked { function: function.bind(py), failure: RefCell::new(None) };
                let columns = self.columns(&text, partition, &sizer);
                if let Some(failure) = sizer.failure.into_inner() {
                    return Err(failure);
                }
                columns
            }
        };
        columns.map_err(value_error)?.into_chunks(py)
    }
}

#[pymethods]
impl Chunker {
    #[new]
    #[pyo3(signature = (*, chunk_size, chunk_overlap, packing, merge, levels, sentences, by, sizer))]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    #[allow(clippy::too_many_arguments)] // One for each setting, which Python passes by name.
    fn new(
        chunk_size: usize,
        chunk_overlap: usize,
        packing: Word,
        merge: bool,
        levels: Vec<Word>,
        sentences: &Bound<'_, SentenceSegmenter>,
        by: Option<&Bound<'_, SentenceSegmenter>>,
        sizer: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let build = || {
            let levels = levels.iter().map(|name| Level::new(name));
            chunk::Chunker::builder(chunk_size)
                .overlap(chunk_overlap)
                .packing(Packing::new(&packing)?)
                .merge(merge)
                .levels(levels.collect::<Result<_, _>>()?)
                .sentences(sentences.get().core().clone())
                .build()
        };
        let by = by.map(|by| by.get().core().clone());
        let kind = if merge { BreakKind::Open } else { BreakKind::Apart };
        Ok(Self { inner: build().map_err(value_error)?, by, kind, sizer: Counter::new(sizer)? })
    }

    /// The chunks of `text`.
    fn chunk(&self, text: &Bound<'_, PyString>) -> PyResult<Chunks> {
        self.single(text, None)
    }

    /// The chunks of `text` by a partition of it: places in code points with
    /// level and strictness, prefixes, and the places from which each holds.
    fn chunk_partition(
        &self,
        text: &Bound<'_, PyString>,
        places: Vec<Place>,
        prefixes: Vec<Word>,
        contexts: Vec<(i64, i64)>,
    ) -> PyResult<Chunks> {
        let prefixes = prefixes.into_iter().map(String::from).collect();
        self.single(text, Some(&Partition { places, prefixes, contexts }))
    }

    /// The chunks of every text, in order.
    fn chunk_batch(&self, texts: &Bound<'_, PyList>, num_threads: usize) -> PyResult<Vec<Chunks>> {
        let py = texts.py();
        let columns = match &self.sizer {
            Counter::Unit(unit) => {
                enter::batch(texts, num_threads, |text| self.columns(text, None, unit))?
            }
            Counter::Tokens(tokenizer) => {
                let tokenizer = tokenizer.get().core();
                enter::batch(texts, num_threads, |text| {
                    self.columns(text, None, &TokenSizer(tokenizer))
                })?
            }
            Counter::Encoder(encoder) => {
                let encoder = &*encoder.get().inner;
                enter::batch(texts, num_threads, |text| self.columns(text, None, encoder))?
            }
            // A function is called by the caller's thread, a text at a time.
            Counter::Function(_) => {
                return texts.iter().map(|text| self.single(text.cast()?, None)).collect();
            }
        };
        columns.into_iter().map(|one| one.map_err(value_error)?.into_chunks(py)).collect()
    }
}

#[pymethods]
impl Chunks {
    /// Start and end of each chunk.
    #[getter]
    fn spans(&self, py: Python<'_>) -> Py<SpanArray> {
        self.spans.clone_ref(py)
    }

    /// Where what is not in the chunk before starts.
    #[getter]
    fn bodies(&self, py: Python<'_>) -> Py<IntArray> {
        self.bodies.clone_ref(py)
    }

    /// The size of each chunk with its prefix.
    #[getter]
    fn sizes(&self, py: Python<'_>) -> Py<IntArray> {
        self.sizes.clone_ref(py)
    }

    /// The index of each chunk's prefix, or -1.
    #[getter]
    fn prefixes(&self, py: Python<'_>) -> Py<IntArray> {
        self.prefixes.clone_ref(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.spans.bind(py).len()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Chunks: {} of them>", self.__len__(py)?))
    }
}
