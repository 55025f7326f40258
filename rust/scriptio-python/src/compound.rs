//! `CompoundSplitter` and `HyphenCounts`: words in, pieces out.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use scriptio::batch;
use scriptio::compound::{self, Entry, Labelled, PieceKind, Training};
use scriptio::offsets::CharCursor;

use crate::compound_batch::{Collector, Distinct};
use crate::enter;
use crate::error::value_error;
use crate::text::{Text, Word, restored};

/// Words of a batch between two looks at pending signals.
const GROUP: usize = 1 << 18;

/// A word in pieces, and what it counts.
type Example = (Vec<Word>, f32);

/// Epochs, bits, rate, dropout, weight of the lexicon's own words, margin of confidence, caution,
/// runs, seed.
type Options = (usize, u32, f32, f32, f32, f32, f32, usize, u64);

/// What to do with linking elements and hyphens.
#[derive(Clone, Copy, PartialEq)]
enum Linking {
    Attach,
    Separate,
    Strip,
}

impl Linking {
    fn new(name: &str) -> PyResult<Self> {
        match name {
            "attach" => Ok(Self::Attach),
            "separate" => Ok(Self::Separate),
            "strip" => Ok(Self::Strip),
            _ => Err(PyValueError::new_err(format!(
                "linking must be 'attach', 'separate' or 'strip', not {name:?}"
            ))),
        }
    }
}

/// Cuts compounds into the words they are made of.
#[pyclass(frozen, module = "scriptio._core")]
pub(crate) struct CompoundSplitter {
    inner: compound::CompoundSplitter,
    linking: Linking,
}

/// Refuse what is no word.
fn check(word: &str, name: impl FnOnce() -> String) -> PyResult<()> {
    if word.is_empty() {
        return Err(PyValueError::new_err(format!("{} must not be empty", name())));
    }
    if word.contains(char::is_whitespace) {
        return Err(PyValueError::new_err(format!(
            "{} must be one word without white space, not {word:?}; split the text into words first",
            name()
        )));
    }
    Ok(())
}

fn word_of(word: &Bound<'_, PyString>) -> PyResult<Text> {
    let text = Text::new(word)?;
    check(text.as_str(), || "word".to_owned())?;
    Ok(text)
}

/// The slice of `text` as a Python string.
fn slice<'py>(
    py: Python<'py>,
    text: &Text,
    start: usize,
    end: usize,
) -> PyResult<Bound<'py, PyString>> {
    let piece = text.as_str().get(start..end).unwrap_or_default();
    let inside = text.surrogates().iter().filter(|(at, _)| (start..end).contains(at));
    restored(py, piece, start, &inside.copied().collect::<Vec<_>>())
}

fn training(options: Options) -> Training {
    let (epochs, bits, rate, dropout, own_words, sure, caution, runs, seed) = options;
    Training {
        epochs,
        bits,
        rate,
        dropout,
        own_words,
        sure,
        caution,
        runs,
        seed,
        ..Training::default()
    }
}

fn entries(words: Vec<Word>, nouns: Vec<bool>) -> Vec<Entry> {
    let nouns = nouns.into_iter().chain(std::iter::repeat(false));
    words.into_iter().zip(nouns).map(|(word, noun)| Entry { word: word.into(), noun }).collect()
}

fn labelled(examples: Vec<Example>) -> Vec<Labelled> {
    let label = |(pieces, weight): Example| {
        let mut word = String::new();
        let mut cuts = Vec::new();
        for piece in pieces {
            if !word.is_empty() {
                cuts.push(word.len());
            }
            word.push_str(&piece);
        }
        Labelled { word, cuts, weight }
    };
    examples.into_iter().map(label).collect()
}

impl CompoundSplitter {
    fn of(inner: compound::CompoundSplitter) -> Self {
        Self { inner, linking: Linking::Attach }
    }

    /// The pieces of a word as Python strings; none if the word is its only piece.
    fn pieces<'py>(
        &self,
        py: Python<'py>,
        text: &Text,
        ends: &[usize],
    ) -> PyResult<Vec<Bound<'py, PyString>>> {
        if ends.len() < 2 && (self.linking == Linking::Attach || !text.as_str().contains('-')) {
            return Ok(Vec::new());
        }
        if self.linking == Linking::Attach {
            let mut start = 0;
            let piece = |&end: &usize| slice(py, text, std::mem::replace(&mut start, end), end);
            return ends.iter().map(piece).collect();
        }
        let found = self.inner.pieces(text.as_str(), ends);
        let bare = found.iter().all(|piece| piece.kind != PieceKind::Word);
        found
            .iter()
            .filter(|piece| {
                self.linking == Linking::Separate || bare || piece.kind == PieceKind::Word
            })
            .map(|piece| slice(py, text, piece.span.start, piece.span.end))
            .collect()
    }
}

#[pymethods]
impl CompoundSplitter {
    /// The splitter whose model was written as `data`.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        enter::single(py, data.len(), || compound::CompoundSplitter::from_bytes(data))
            .map(Self::of)
            .map_err(value_error)
    }

    /// Learn a splitter of a language.
    #[staticmethod]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // As pyo3 hands them over.
    fn fit(
        py: Python<'_>,
        lang: Word,
        words: Vec<Word>,
        nouns: Vec<bool>,
        examples: Vec<Example>,
        constituents: Vec<(Word, Word)>,
        options: Options,
        prior: Option<Py<Self>>,
    ) -> PyResult<Self> {
        let words = entries(words, nouns);
        let labelled = labelled(examples);
        let pairs: Vec<(String, String)> =
            constituents.into_iter().map(|(piece, word)| (piece.into(), word.into())).collect();
        let prior = prior.map(|prior| prior.get().inner.clone());
        let options = training(options);
        enter::single(py, usize::MAX, || {
            compound::CompoundSplitter::fit(
                &lang,
                &words,
                &labelled,
                &pairs,
                &options,
                prior.as_ref(),
            )
        })
        .map(Self::of)
        .map_err(value_error)
    }

    /// Learn what languages have in common, from words, nouns and examples of each.
    #[staticmethod]
    fn fit_shared(
        py: Python<'_>,
        corpora: Vec<(Vec<Word>, Vec<Example>)>,
        options: Options,
    ) -> PyResult<Self> {
        let corpora: Vec<(Vec<Entry>, Vec<Labelled>)> = corpora
            .into_iter()
            .map(|(words, examples)| (entries(words, Vec::new()), labelled(examples)))
            .collect();
        let options = training(options);
        enter::single(py, usize::MAX, || compound::CompoundSplitter::fit_shared(&corpora, &options))
            .map(Self::of)
            .map_err(value_error)
    }

    /// The weights of this splitter with the words of another language.
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    fn with_lexicon(
        &self,
        py: Python<'_>,
        lang: Word,
        words: Vec<Word>,
        ranked: bool,
    ) -> PyResult<Self> {
        let words = entries(words, Vec::new());
        enter::single(py, usize::MAX, || self.inner.with_lexicon(&lang, &words, ranked))
            .map(Self::of)
            .map_err(value_error)
    }

    /// The same with a note on what it was made from.
    #[allow(clippy::needless_pass_by_value)] // As pyo3 hands words over.
    fn with_note(&self, note: Word) -> Self {
        Self { inner: self.inner.with_note(&note), linking: self.linking }
    }

    /// The same with other options, more words and exceptions.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // As pyo3 hands them over.
    fn configured(
        &self,
        py: Python<'_>,
        threshold: f32,
        min_part: usize,
        max_parts: Option<usize>,
        linking: Word,
        words: Vec<Word>,
        exceptions: Vec<(Word, Vec<Word>)>,
        protected: Vec<Word>,
    ) -> PyResult<Self> {
        let linking = Linking::new(&linking)?;
        let pieces = |pieces: Vec<Word>| pieces.into_iter().map(String::from).collect();
        let is_noun = |word: &Word| word.chars().next().is_some_and(char::is_uppercase);
        let nouns = words.iter().map(is_noun).collect();
        let builder = self
            .inner
            .to_builder()
            .threshold(threshold)
            .min_part(min_part)
            .max_parts(max_parts.unwrap_or(usize::MAX))
            .words(entries(words, nouns))
            .exceptions(
                exceptions.into_iter().map(|(word, parts)| (String::from(word), pieces(parts))),
            )
            .protected(protected);
        let inner = enter::single(py, usize::MAX, || builder.build()).map_err(value_error)?;
        Ok(Self { inner, linking })
    }

    /// The model as a file holds it.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.to_bytes())
    }

    #[getter]
    fn lang(&self) -> &str {
        self.inner.lang()
    }

    #[getter]
    fn note(&self) -> &str {
        self.inner.note()
    }

    /// Whether it knows characters, and not just words.
    #[getter]
    fn is_spelled(&self) -> bool {
        self.inner.is_labelled()
    }

    /// Number of words in the lexicon.
    #[getter]
    fn word_count(&self) -> usize {
        self.inner.words()
    }

    /// The pieces of a word.
    fn split<'py>(&self, word: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyList>> {
        let text = word_of(word)?;
        let mut worker = self.inner.worker(0);
        let pieces = self.pieces(word.py(), &text, worker.ends(text.as_str()))?;
        if pieces.is_empty() {
            return PyList::new(word.py(), [word]);
        }
        PyList::new(word.py(), pieces)
    }

    /// Start and end of each piece of a word.
    fn spans(&self, word: &Bound<'_, PyString>) -> PyResult<Vec<(usize, usize)>> {
        let text = word_of(word)?;
        let mut worker = self.inner.worker(0);
        let mut cursor = CharCursor::new(text.as_str());
        let mut start = 0;
        let span = |&end: &usize| {
            let end = cursor.char_offset(end);
            (std::mem::replace(&mut start, end), end)
        };
        Ok(worker.ends(text.as_str()).iter().map(span).collect())
    }

    /// Offset and margin of each gap of a word.
    fn margins(&self, word: &Bound<'_, PyString>) -> PyResult<Vec<(usize, f32)>> {
        let text = word_of(word)?;
        let mut cursor = CharCursor::new(text.as_str());
        let margins = self.inner.margins(text.as_str()).into_iter();
        Ok(margins.map(|(at, margin)| (cursor.char_offset(at), margin)).collect())
    }

    /// The words that a word is made of.
    fn normalize<'py>(&self, word: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyList>> {
        let text = word_of(word)?;
        let mut worker = self.inner.worker(0);
        let ends = worker.ends(text.as_str());
        if ends.len() < 2 {
            return PyList::new(word.py(), [word]);
        }
        PyList::new(word.py(), self.inner.normalize(text.as_str(), ends))
    }

    /// The pieces of every word, in order; `split` of each.
    fn split_batch<'py>(
        &self,
        words: &Bound<'py, PyList>,
        num_threads: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = words.py();
        let all = PyList::empty(py);
        let mut distinct = Distinct::default();
        let mut numbers = Vec::with_capacity(words.len().min(GROUP));
        for from in (0..words.len()).step_by(GROUP) {
            let group = words.get_slice(from, from + GROUP);
            let known = distinct.len();
            numbers.clear();
            for (at, item) in group.iter().enumerate() {
                let name = || format!("words[{}]", from + at);
                let number = distinct.number(item.cast()?, |word| check(word, name))?;
                numbers.push(number);
            }
            let new = distinct.since(known);
            let texts: Vec<&Text> = new.iter().map(|known| &known.text).collect();
            let share = texts.len().div_ceil(num_threads).max(1);
            let shares: Vec<&[&Text]> = texts.chunks(share).collect();
            let bytes = |share: &&[&Text]| share.iter().map(|text| text.len()).sum();
            let found = enter::single(py, usize::MAX, || {
                batch::map_ordered(&shares, num_threads, bytes, |share| {
                    let mut worker = self.inner.worker(0);
                    let mut ends = Vec::with_capacity(share.len() * 3);
                    for text in *share {
                        let found = worker.ends(text.as_str());
                        ends.push(found.len());
                        ends.extend(found);
                    }
                    ends
                })
            });
            let found = found.concat();
            let mut rest = found.as_slice();
            for known in new {
                let Some((&count, more)) = rest.split_first() else { break };
                let (ends, more) = more.split_at_checked(count).unwrap_or_default();
                known.pieces = self.pieces(py, &known.text, ends)?;
                rest = more;
            }
            let collector = Collector::held(py);
            for (item, &number) in group.iter().zip(&numbers) {
                all.append(distinct.list(number, item.cast_into()?)?)?;
            }
            drop(collector);
            py.check_signals()?;
        }
        Ok(all)
    }
}

/// Counts words and hyphens of raw text.
#[pyclass(module = "scriptio._core")]
#[derive(Default)]
pub(crate) struct HyphenCounts {
    inner: compound::HyphenCounts,
}

#[pymethods]
impl HyphenCounts {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    /// Count the words of a text.
    fn add(&mut self, text: &Bound<'_, PyString>) -> PyResult<()> {
        let text = Text::new(text)?;
        self.inner.add(text.as_str());
        Ok(())
    }

    /// Words in pieces: compounds, and as many that are none.
    fn examples(&self, rare: bool) -> Vec<(Vec<String>, f32)> {
        let pieces = |labelled: Labelled| {
            let mut start = 0;
            let mut pieces = Vec::new();
            for end in labelled.cuts.iter().copied().chain([labelled.word.len()]) {
                pieces.extend(labelled.word.get(start..end).map(str::to_owned));
                start = end;
            }
            (pieces, labelled.weight)
        };
        self.inner.labelled(rare).into_iter().map(pieces).collect()
    }

    /// The words by falling frequency.
    fn words(&self) -> Vec<String> {
        self.inner.lexicon()
    }
}
