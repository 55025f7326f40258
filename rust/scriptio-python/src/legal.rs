//! `SectionSegmenter` and `Outline`: texts in, rows of offsets out.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scriptio::Segmenter;
use scriptio::Span;
use scriptio::legal::{self, Anchor, Reference};
use scriptio::offsets::OffsetIndex;

use crate::enter;
use crate::error::value_error;
use crate::spans::SpanArray;
use crate::text::{Text, Word};

/// Start and end in code points.
type Pair = (usize, usize);

/// What one section is: whole, heading, own text, marker, number, title; then kind, level,
/// parent and doubt.
type Row = (Pair, Pair, Pair, Pair, Pair, Pair, usize, u16, Option<u32>, bool);

/// A step of a reference: kind, number as printed, its value.
type StepRow = (&'static str, Pair, Vec<u32>);

/// What one reference is: span, steps, end of a range, law, anchor, resolution, targets, source.
type ReferenceRow = (
    Pair,
    Vec<StepRow>,
    Option<Vec<u32>>,
    Option<Pair>,
    (&'static str, Option<&'static str>, i32),
    &'static str,
    Vec<u32>,
    u32,
);

fn reference_rows(text: &Text, found: &[Reference]) -> Vec<ReferenceRow> {
    let index = OffsetIndex::new(text.as_str());
    let pair = |span: Span| (index.byte_to_char(span.start), index.byte_to_char(span.end));
    found
        .iter()
        .map(|reference| {
            let steps = reference.steps.iter();
            let anchor = match reference.anchor {
                Anchor::Law => ("law", None, 0),
                Anchor::Here(kind) => ("here", Some(kind), 0),
                Anchor::Back(count) => ("back", None, count),
                Anchor::Other => ("other", None, 0),
            };
            (
                pair(reference.span),
                steps.map(|s| (s.kind, pair(s.span), s.number.parts().to_vec())).collect(),
                reference.upto.map(|number| number.parts().to_vec()),
                reference.law.map(pair),
                anchor,
                reference.resolution.name(),
                reference.targets.clone(),
                reference.source,
            )
        })
        .collect()
}

/// The citations of a text in a legal system, with no outline to resolve them against.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
pub(crate) fn find_references(
    text: &Bound<'_, PyString>,
    system: Word,
) -> PyResult<Vec<ReferenceRow>> {
    let py = text.py();
    legal::SectionSegmenter::new(&system).map_err(value_error)?;
    let text = Text::new(text)?;
    Ok(enter::single(py, text.len(), || {
        reference_rows(&text, &legal::references::find(text.as_str(), &system))
    }))
}

/// The names of all legal systems, sorted.
#[pyfunction]
pub(crate) fn legal_systems() -> Vec<&'static str> {
    legal::systems().collect()
}

/// Reads the structure out of legal texts.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct SectionSegmenter {
    inner: legal::SectionSegmenter,
}

#[pymethods]
impl SectionSegmenter {
    #[new]
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    fn new(system: Word) -> PyResult<Self> {
        Ok(Self { inner: legal::SectionSegmenter::new(&system).map_err(value_error)? })
    }

    /// The system, or `auto`.
    #[getter]
    fn system(&self) -> &'static str {
        self.inner.system()
    }

    /// The spans of the leaves of `text`.
    fn segment(&self, text: &Bound<'_, PyString>) -> PyResult<SpanArray> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || self.leaves(&text)))
    }

    /// The leaves of every text, in order.
    fn segment_batch(
        &self,
        texts: &Bound<'_, PyList>,
        num_threads: usize,
    ) -> PyResult<Vec<SpanArray>> {
        enter::batch(texts, num_threads, |text| self.leaves(text))
    }

    /// The tree of sections of `text`.
    fn outline(&self, text: &Bound<'_, PyString>) -> PyResult<Outline> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || self.tree(&text)))
    }

    /// The tree of every text, in order.
    fn outline_batch(
        &self,
        texts: &Bound<'_, PyList>,
        num_threads: usize,
    ) -> PyResult<Vec<Outline>> {
        enter::batch(texts, num_threads, |text| self.tree(text))
    }
}

impl SectionSegmenter {
    fn leaves(&self, text: &Text) -> SpanArray {
        let mut ends = Vec::new();
        self.inner.ends(text.as_str(), &mut ends);
        SpanArray::from_ends(&ends, text)
    }

    fn tree(&self, text: &Text) -> Outline {
        Outline::new(self.inner.outline(text.as_str()), text)
    }
}

/// What `expand` gives of a section: index, distance, and the section that cites it.
type Reached = (u32, usize, u32);

fn rows(outline: &legal::Outline, pair: impl Fn(Span) -> Pair) -> Vec<Row> {
    let sections = outline.sections();
    sections
        .iter()
        .enumerate()
        .map(|(at, section)| {
            // In the order of the text a first child comes right behind its parent.
            let first = sections.get(at + 1).filter(|next| next.parent == Some(at as u32));
            let own_end = first.map_or(section.span.end, |child| child.span.start);
            (
                pair(section.span),
                pair(section.heading),
                pair(Span::new(section.span.start, own_end)),
                pair(section.marker),
                pair(section.number),
                pair(section.title),
                usize::from(section.kind),
                section.level,
                section.parent,
                section.doubtful,
            )
        })
        .collect()
}

/// The tree of sections of one text, in code points.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct Outline {
    inner: legal::Outline,
    rows: Vec<Row>,
}

impl Outline {
    fn new(inner: legal::Outline, text: &Text) -> Self {
        let rows = if text.is_ascii() {
            rows(&inner, |span| (span.start, span.end))
        } else {
            let index = OffsetIndex::new(text.as_str());
            rows(&inner, |span| (index.byte_to_char(span.start), index.byte_to_char(span.end)))
        };
        Self { inner, rows }
    }
}

#[pymethods]
impl Outline {
    /// The tree with a topic from each start to the next.
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands lists over.
    fn with_topics(&self, text: &Bound<'_, PyString>, starts: Vec<usize>) -> PyResult<Self> {
        let text = Text::new(text)?;
        let index = OffsetIndex::new(text.as_str());
        let starts: Vec<usize> = starts.iter().map(|&start| index.char_to_byte(start)).collect();
        Ok(Self::new(self.inner.with_topics(text.as_str(), &starts), &text))
    }

    /// The system whose grammar was used.
    #[getter]
    fn system(&self) -> &'static str {
        self.inner.system()
    }

    /// The names of the kinds that rows number.
    #[getter]
    fn kinds(&self) -> Vec<String> {
        self.inner.kinds().to_vec()
    }

    fn __len__(&self) -> usize {
        self.rows.len()
    }

    /// All that is known of one section, but its number's value.
    fn row(&self, index: usize) -> PyResult<Row> {
        self.rows
            .get(index)
            .copied()
            .ok_or_else(|| PyIndexError::new_err("section index out of range"))
    }

    /// The parts of the number of one section.
    fn value(&self, index: usize) -> Vec<u32> {
        self.inner.sections().get(index).map_or(Vec::new(), |s| s.value.parts().to_vec())
    }

    /// The references of the text that the outline is of.
    fn references(&self, text: &Bound<'_, PyString>) -> PyResult<Vec<ReferenceRow>> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || {
            reference_rows(&text, &legal::references(text.as_str(), &self.inner))
        }))
    }

    /// The sections that `seeds` need, over the references of the text.
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands lists over.
    fn expand(
        &self,
        text: &Bound<'_, PyString>,
        lift: Vec<u32>,
        seeds: Vec<u32>,
        depth: usize,
        most: usize,
    ) -> PyResult<Vec<Reached>> {
        let py = text.py();
        let text = Text::new(text)?;
        Ok(enter::single(py, text.len(), || {
            let found = legal::references(text.as_str(), &self.inner);
            let lift = |at: u32| lift.get(at as usize).copied().unwrap_or(at);
            legal::references::expand(&found, lift, &seeds, depth, most)
        }))
    }

    /// The children of every section.
    fn children(&self) -> Vec<Vec<u32>> {
        let mut children = vec![Vec::new(); self.rows.len()];
        for (at, section) in self.inner.sections().iter().enumerate() {
            if let Some(list) = section.parent.and_then(|up| children.get_mut(up as usize)) {
                list.push(at as u32);
            }
        }
        children
    }
}
