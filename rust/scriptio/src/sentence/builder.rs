//! [`SentenceSegmenterBuilder`]: the policy of a segmenter, validated once.

use std::sync::Arc;

use super::SentenceSegmenter;
use crate::{Error, Lang};

/// What a line break means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Newlines {
    /// A blank line always ends a sentence; a single newline is a candidate
    /// that the scorer judges. For text with paragraphs, hard-wrapped or not.
    #[default]
    Paragraph,
    /// Every newline ends a sentence. For one sentence or heading a line.
    Always,
    /// A newline is white space like any other, a blank line too.
    Never,
}

impl Newlines {
    /// `paragraph`, `always` or `never`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "paragraph" => Ok(Self::Paragraph),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(Error::invalid(format!(
                "newlines must be \"paragraph\", \"always\" or \"never\", not {name:?}"
            ))),
        }
    }
}

/// Everything that the decisions depend on besides the text.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) lang: Lang,
    pub(crate) newlines: Newlines,
}

impl Config {
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, newlines: Newlines::default() }
    }
}

/// Builds a [`SentenceSegmenter`].
#[derive(Debug, Clone)]
pub struct SentenceSegmenterBuilder {
    lang: Lang,
    newlines: Newlines,
    abbreviations: Vec<String>,
    protect: Vec<String>,
}

impl SentenceSegmenterBuilder {
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, newlines: Newlines::default(), abbreviations: Vec::new(), protect: Vec::new() }
    }

    /// What a line break means; [`Newlines::Paragraph`] unless set.
    #[must_use]
    pub fn newlines(mut self, newlines: Newlines) -> Self {
        self.newlines = newlines;
        self
    }

    /// More abbreviations, with or without their final full stop; case does
    /// not matter. No sentence ends after one of them.
    #[must_use]
    pub fn abbreviations<I>(mut self, abbreviations: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.abbreviations.extend(abbreviations.into_iter().map(Into::into));
        self
    }

    /// Regular expressions whose matches are never cut.
    ///
    /// A match is looked for in the 64 code points on either side of a
    /// candidate, so a longer one may be missed.
    #[must_use]
    pub fn protect<I>(mut self, patterns: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.protect.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// The segmenter.
    ///
    /// # Errors
    /// If an abbreviation is empty or holds white space, or a pattern is no
    /// valid regular expression or matches the empty text.
    pub fn build(self) -> Result<SentenceSegmenter, Error> {
        for abbreviation in &self.abbreviations {
            if abbreviation.trim_end_matches('.').is_empty()
                || abbreviation.contains(char::is_whitespace)
            {
                return Err(Error::invalid(format!(
                    "abbreviation {abbreviation:?} must be one word without white space"
                )));
            }
        }
        if let Some(pattern) = self.protect.iter().find(|p| p.is_empty()) {
            return Err(Error::pattern(pattern, "it is empty"));
        }
        Ok(SentenceSegmenter { config: Arc::new(Config { lang: self.lang, newlines: self.newlines }) })
    }
}
