//! Words of a batch: each is looked at once, however often it comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::text::Text;

/// A word, and its pieces once they are known.
pub(crate) struct Known<'py> {
    pub(crate) text: Text,
    /// The pieces; empty if the word is its only one, which is the caller's own string.
    pub(crate) pieces: Vec<Bound<'py, PyString>>,
}

/// Takes a hash for its own hash.
#[derive(Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, &byte| hash << 8 | u64::from(byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The words of a batch that are different, and a table to find them by.
#[derive(Default)]
pub(crate) struct Distinct<'py> {
    words: Vec<Known<'py>>,
    /// Numbers of words by their hash. Of words with the same hash the last is found, and the
    /// others are new each time: the hash is keyed, so there are hardly any.
    numbers: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    hasher: RandomState,
}

impl<'py> Distinct<'py> {
    /// Number of words so far.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The words that came at `from` and later.
    pub(crate) fn since(&mut self, from: usize) -> &mut [Known<'py>] {
        self.words.get_mut(from..).unwrap_or_default()
    }

    /// The number of a word. A new one has to pass `check`.
    pub(crate) fn number(
        &mut self,
        word: &Bound<'py, PyString>,
        check: impl FnOnce(&str) -> PyResult<()>,
    ) -> PyResult<u32> {
        // With lone surrogates it is no UTF-8, and not looked for.
        let hash = match word.to_str() {
            Ok(text) => {
                let hash = self.hasher.hash_one(text.as_bytes());
                if let Some(&number) = self.numbers.get(&hash)
                    && let Some(known) = self.words.get(number as usize)
                    && known.text.as_str() == text
                {
                    return Ok(number);
                }
                Some(hash)
            }
            Err(_) => None,
        };
        let text = Text::new(word)?;
        check(text.as_str())?;
        let number = self.words.len() as u32;
        self.words.push(Known { text, pieces: Vec::new() });
        if let Some(hash) = hash {
            self.numbers.insert(hash, number);
        }
        Ok(number)
    }

    /// A list of the pieces of `word`, which has this number.
    pub(crate) fn list(
        &self,
        number: u32,
        word: Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = word.py();
        match self.words.get(number as usize) {
            Some(known) if !known.pieces.is_empty() => PyList::new(py, &known.pieces),
            _ => PyList::new(py, [word]),
        }
    }
}

/// Holds the cyclic garbage collector while lists of strings are made, which are no garbage: it
/// would go through them again and again, and take twice the time of everything else.
///
/// Nothing of anyone else's runs meanwhile: keep it within a stretch of code that stays attached
/// to the interpreter and calls nothing of the user's.
pub(crate) struct Collector {
    was_on: bool,
}

impl Collector {
    #[allow(unsafe_code)]
    pub(crate) fn held(_attached: Python<'_>) -> Self {
        // SAFETY: the token shows that the thread is attached to the interpreter.
        Self { was_on: unsafe { ffi::PyGC_Disable() } != 0 }
    }
}

impl Drop for Collector {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        if self.was_on {
            Python::attach(|_| {
                // SAFETY: the thread is attached to the interpreter.
                unsafe { ffi::PyGC_Enable() };
            });
        }
    }
}
