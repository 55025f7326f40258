//! [`Sizer`]: what a chunk's size is counted in.

use std::borrow::Cow;

use crate::Error;
use crate::offsets::count_chars;
use crate::text::class::Class;
use crate::tokenizer::{Tokenizer, Tokens};
use crate::vocab::Encoder;

/// Counts the size of texts.
///
/// The size of a text need not be the sum of its parts' sizes: tokens of a
/// byte-pair encoding join across parts, special tokens are added to each.
/// Chunks are proposed by sums and confirmed by a count. A size should not fall
/// when the text grows.
pub trait Sizer {
    /// The size of every text, in order. Called with many texts at once.
    ///
    /// # Errors
    /// If a text cannot be counted.
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error>;

    /// The unit, where the crate itself counts it.
    fn unit(&self) -> Option<Unit> {
        None
    }
}

/// Units that are counted without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Code points.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// Runs of anything but white space.
    Words,
}

impl Unit {
    /// `chars`, `bytes` or `words`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "chars" => Ok(Self::Chars),
            "bytes" => Ok(Self::Bytes),
            "words" => Ok(Self::Words),
            _ => Err(Error::invalid(format!(
                "sizer must be \"chars\", \"bytes\" or \"words\", not {name:?}"
            ))),
        }
    }

    /// How many of them `text` has.
    ///
    /// ```
    /// use scriptio::chunk::Unit;
    /// assert_eq!(Unit::Chars.count("Är 1"), 4);
    /// assert_eq!(Unit::Bytes.count("Är 1"), 5);
    /// assert_eq!(Unit::Words.count("Är 1"), 2);
    /// ```
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Chars => count_chars(text.as_bytes()),
            Self::Bytes => text.len(),
            Self::Words => {
                text.split(|c| Class::of(c).is_white()).filter(|w| !w.is_empty()).count()
            }
        }
    }

    /// What to call them in a message.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Chars => "characters",
            Self::Bytes => "bytes",
            Self::Words => "words",
        }
    }
}

impl Sizer for Unit {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        Ok(texts.iter().map(|text| self.count(text)).collect())
    }

    fn unit(&self) -> Option<Unit> {
        Some(*self)
    }
}

/// Tokens of a tokenizer, without special tokens.
#[derive(Debug)]
pub struct TokenSizer<'t>(pub &'t dyn Tokenizer);

impl Sizer for TokenSizer<'_> {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        let mut tokens = Tokens::default();
        let count = |text: &Cow<'_, str>| {
            tokens.clear();
            self.0.encode(text, &mut tokens)?;
            Ok(tokens.len())
        };
        texts.iter().map(count).collect()
    }
}

/// Tokens of a vocabulary, without special tokens.
impl Sizer for Encoder {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        texts.iter().map(|text| self.count(text)).collect()
    }
}
