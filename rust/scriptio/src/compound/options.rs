//! [`Builder`]: a splitter with other options, words and exceptions.

use std::collections::HashMap;
use std::sync::Arc;

use super::CompoundSplitter;
use super::fold::{Folded, MAX_CHARS};
use super::lexicon::Entry;
use super::matches::SHORTEST;
use super::split::Exceptions;
use crate::Error;

/// How words are cut, whatever the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Options {
    /// The margin above which a gap is cut.
    pub threshold: f32,
    /// Characters that a piece has at least.
    pub min_part: usize,
    /// Pieces that a word has at most.
    pub max_parts: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threshold: 0.0, min_part: SHORTEST, max_parts: usize::MAX }
    }
}

/// Makes a [`CompoundSplitter`] of another. Splitters cannot be changed.
#[derive(Debug, Clone)]
pub struct Builder {
    from: CompoundSplitter,
    words: Vec<Entry>,
    exceptions: Vec<(String, Vec<String>)>,
}

impl Builder {
    pub(super) fn new(from: CompoundSplitter) -> Self {
        Self { from, words: Vec::new(), exceptions: Vec::new() }
    }

    /// Cut where the margin is above this; 0 unless told. Higher means fewer cuts.
    #[must_use]
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.from.options.threshold = threshold;
        self
    }

    /// Characters that a piece has at least; 2 unless told. Hyphens are not counted.
    #[must_use]
    pub fn min_part(mut self, chars: usize) -> Self {
        self.from.options.min_part = chars;
        self
    }

    /// Pieces that a word has at most. The cuts that are surest are made.
    #[must_use]
    pub fn max_parts(mut self, parts: usize) -> Self {
        self.from.options.max_parts = parts;
        self
    }

    /// Words that the lexicon should know.
    #[must_use]
    pub fn words(mut self, words: impl IntoIterator<Item = Entry>) -> Self {
        self.words.extend(words);
        self
    }

    /// Words with the pieces that they are to be cut into, in any case.
    #[must_use]
    pub fn exceptions<W: Into<String>>(
        mut self,
        exceptions: impl IntoIterator<Item = (W, Vec<String>)>,
    ) -> Self {
        self.exceptions.extend(exceptions.into_iter().map(|(word, pieces)| (word.into(), pieces)));
        self
    }

    /// Words that are never cut, in any case.
    #[must_use]
    pub fn protected<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.exceptions.extend(words.into_iter().map(|word| {
            let word = word.into();
            (word.clone(), vec![word])
        }));
        self
    }

    /// The splitter.
    ///
    /// # Errors
    /// An option is out of its range, the pieces of an exception do not join to its word, or the
    /// lexicon would be too large.
    pub fn build(self) -> Result<CompoundSplitter, Error> {
        let Self { from: mut splitter, words, exceptions } = self;
        let Options { threshold, min_part, max_parts } = splitter.options;
        if threshold.is_nan() {
            return Err(Error::invalid("threshold must be a number, not nan; 0 is the usual one"));
        }
        if min_part < 1 {
            return Err(Error::invalid("min_part must be at least 1, not 0"));
        }
        if max_parts < 1 {
            return Err(Error::invalid("max_parts must be at least 1, not 0"));
        }
        if !words.is_empty() {
            for entry in &words {
                if entry.word.is_empty() || entry.word.contains(char::is_whitespace) {
                    return Err(Error::invalid(format!(
                        "words must be single words without white space, not {:?}",
                        entry.word
                    )));
                }
            }
            let mut model = (*splitter.model).clone();
            model.lexicon = model.lexicon.with_words(&words)?;
            splitter.model = Arc::new(model);
        }
        if !exceptions.is_empty() {
            let mut all: Exceptions = (*splitter.exceptions).clone();
            for (word, pieces) in &exceptions {
                let (key, cuts) = exception(word, pieces)?;
                all.insert(key, cuts);
            }
            splitter.exceptions = Arc::new(all);
        }
        Ok(splitter)
    }
}

/// The folded word of an exception and its cuts by character.
fn exception(word: &str, pieces: &[String]) -> Result<(String, Vec<usize>), Error> {
    let mut folded = Folded::default();
    let mut lengths = HashMap::new();
    let mut at = 0;
    let mut joined = String::new();
    for piece in pieces {
        folded.fold(piece, 0);
        at += folded.len();
        lengths.insert(at, folded.len());
        joined.extend(&folded.chars);
    }
    folded.fold(word, 0);
    let key: String = folded.chars.iter().collect();
    if key.is_empty() || folded.len() > MAX_CHARS {
        return Err(Error::invalid(format!(
            "exceptions must be words of 1 to {MAX_CHARS} characters, not {word:?}"
        )));
    }
    if joined != key || lengths.values().any(|&len| len == 0) || lengths.len() != pieces.len() {
        return Err(Error::invalid(format!(
            "pieces of the exception {word:?} must join to it and not be empty, unlike {pieces:?}"
        )));
    }
    let mut cuts: Vec<usize> = lengths.into_keys().filter(|&cut| cut < folded.len()).collect();
    cuts.sort_unstable();
    if cuts.iter().any(|&cut| !folded.is_open(cut)) {
        return Err(Error::invalid(format!(
            "pieces of the exception {word:?} must not begin with a combining mark"
        )));
    }
    Ok((key, cuts))
}
