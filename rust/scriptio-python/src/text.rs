//! The only place where a Python `str` becomes a `&str`.
//!
//! A Python string may hold lone surrogates, which UTF-8 cannot. Each of them
//! becomes one U+FFFD, so that code-point offsets stay what they are in the
//! caller's string; both take three bytes, so byte offsets are those of
//! `text.encode("utf-8", "surrogatepass")` as well.

use std::ops::Deref;

use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyString};
use scriptio::offsets::count_chars;

/// How U+FFFD is written in UTF-8.
const REPLACEMENT: [u8; 3] = [0xEF, 0xBF, 0xBD];

/// A surrogate that was replaced: its byte offset, and how `surrogatepass`
/// writes it.
pub(crate) type Surrogate = (usize, [u8; 3]);

/// A Python string as UTF-8, usable while detached from the interpreter.
///
/// Drop it after attaching again, so that the reference count of the Python
/// object is settled at once.
pub(crate) struct Text {
    utf8: Utf8,
    is_ascii: bool,
    surrogates: Vec<Surrogate>,
}

enum Utf8 {
    /// Free for ASCII; otherwise made once and kept by the Python object.
    Backed(PyBackedStr),
    Repaired(String),
}

impl Text {
    pub(crate) fn new(text: &Bound<'_, PyString>) -> PyResult<Self> {
        match PyBackedStr::try_from(text.clone()) {
            Ok(utf8) => {
                // One byte a code point means ASCII. A subclass may lie about its length.
                let is_ascii = if text.is_exact_instance_of::<PyString>() {
                    text.len()? == utf8.len()
                } else {
                    utf8.is_ascii()
                };
                Ok(Self { utf8: Utf8::Backed(utf8), is_ascii, surrogates: Vec::new() })
            }
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(text.py()) => {
                let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
                let (utf8, surrogates) = repaired(encoded.cast::<PyBytes>()?.as_bytes())?;
                Ok(Self { utf8: Utf8::Repaired(utf8), is_ascii: false, surrogates })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match &self.utf8 {
            Utf8::Backed(utf8) => utf8,
            Utf8::Repaired(utf8) => utf8,
        }
    }

    /// Bytes of the text.
    pub(crate) fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Whether byte offsets are code-point offsets.
    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// The surrogates that were replaced, in order.
    pub(crate) fn surrogates(&self) -> &[Surrogate] {
        &self.surrogates
    }
}

/// A word that names something, such as a language. Surrogates become U+FFFD,
/// so that it is refused as any other unknown word is.
pub(crate) struct Word(String);

impl<'py> FromPyObject<'_, 'py> for Word {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Text::new(&*object.cast::<PyString>()?)?.as_str().to_owned()))
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.0
    }
}

/// `encoded` with U+FFFD for each surrogate, and the surrogates.
fn repaired(encoded: &[u8]) -> PyResult<(String, Vec<Surrogate>)> {
    let mut utf8 = encoded.to_vec();
    let mut surrogates = Vec::new();
    for (offset, window) in encoded.windows(3).enumerate() {
        // U+D800..U+DFFF, and nothing else, is written ED A0..BF 80..BF.
        if let &[lead @ 0xED, middle @ 0xA0..=0xBF, last] = window {
            surrogates.push((offset, [lead, middle, last]));
            if let Some(place) = utf8.get_mut(offset..offset + 3) {
                place.copy_from_slice(&REPLACEMENT);
            }
        }
    }
    Ok((String::from_utf8(utf8)?, surrogates))
}

/// `text`, which starts at byte `start` of a larger text, as a Python string
/// with the caller's surrogates put back.
pub(crate) fn restored<'py>(
    py: Python<'py>,
    text: &str,
    start: usize,
    surrogates: &[Surrogate],
) -> PyResult<Bound<'py, PyString>> {
    if surrogates.is_empty() {
        return Ok(PyString::new(py, text));
    }
    let mut bytes = text.as_bytes().to_vec();
    for (offset, surrogate) in surrogates {
        let at = offset.saturating_sub(start);
        if let Some(place) = bytes.get_mut(at..at + 3) {
            place.copy_from_slice(surrogate);
        }
    }
    let decoded = PyBytes::new(py, &bytes).call_method1("decode", ("utf-8", "surrogatepass"))?;
    Ok(decoded.cast_into::<PyString>()?)
}

/// Converts code-point offsets of one text to byte offsets: the way back from
/// `scriptio::offsets::CharCursor`.
///
/// Offsets may come in any order and cost the distance to the one before.
/// Past the end of the text the answer is its length.
pub(crate) struct ByteCursor<'t> {
    bytes: &'t [u8],
    is_ascii: bool,
    byte: usize,
    char: usize,
}

/// Bytes that are skipped at once when the offset lies beyond them.
const STEP: usize = 192;

impl<'t> ByteCursor<'t> {
    pub(crate) fn new(text: &'t Text) -> Self {
        Self { bytes: text.as_str().as_bytes(), is_ascii: text.is_ascii(), byte: 0, char: 0 }
    }

    pub(crate) fn byte_offset(&mut self, char: usize) -> usize {
        if self.is_ascii {
            return char.min(self.bytes.len());
        }
        while self.char > char {
            self.byte -= 1;
            self.char -= usize::from(starts_char(self.bytes.get(self.byte).copied()));
        }
        while let Some(step) = self.bytes.get(self.byte..self.byte + STEP) {
            let chars = count_chars(step);
            if self.char + chars > char {
                break;
            }
            self.char += chars;
            self.byte += STEP;
        }
        // Here `byte` may lie inside a code point that is already counted.
        while let Some(&byte) = self.bytes.get(self.byte) {
            if starts_char(Some(byte)) {
                if self.char == char {
                    break;
                }
                self.char += 1;
            }
            self.byte += 1;
        }
        self.byte
    }
}

/// Every byte of UTF-8 that is no continuation byte starts a code point.
fn starts_char(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| (byte as i8) >= -0x40)
}
