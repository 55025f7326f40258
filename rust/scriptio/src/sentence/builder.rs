//! [`SentenceSegmenterBuilder`]: the policy of a segmenter, validated once.

use std::collections::HashSet;
use std::sync::Arc;

use regex::Regex;

use super::SentenceSegmenter;
use super::context::{WINDOW, window_after};
use super::lexicon::Lexicon;
use super::scorer::Scorer;
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
    /// The caller's abbreviations, in lower case, without the final full stop.
    abbreviations: HashSet<String>,
    protect: Vec<Regex>,
    pub(crate) scorer: Scorer,
    pub(crate) lexicon: Lexicon,
    /// Whether white space between letters of Southeast Asian scripts counts.
    pub(crate) spaces: bool,
}

impl Config {
    pub(crate) fn new(lang: Lang) -> Self {
        Self {
            lang,
            newlines: Newlines::default(),
            abbreviations: HashSet::new(),
            protect: Vec::new(),
            scorer: Scorer::new(lang),
            lexicon: Lexicon::new(lang.code()),
            spaces: uses_spaces(lang.code()),
        }
    }

    /// Whether the caller named `word` an abbreviation.
    pub(crate) fn is_abbreviation(&self, word: &str) -> bool {
        !self.abbreviations.is_empty() && self.abbreviations.contains(&word.to_lowercase())
    }

    /// Whether the caller has no say in single candidates.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.abbreviations.is_empty() && self.protect.is_empty()
    }

    /// Whether a protected pattern matches across byte offset `at`.
    pub(crate) fn is_protected(&self, text: &str, at: usize) -> bool {
        if self.protect.is_empty() {
            return false;
        }
        let (left, right) = text.split_at_checked(at).unwrap_or((text, ""));
        let from = left.char_indices().rev().take(WINDOW).last().map_or(at, |(i, _)| i);
        let to = at + window_after(right).len();
        let window = text.get(from..to).unwrap_or_default();
        let at = at - from;
        self.protect.iter().any(|p| p.find_iter(window).any(|m| m.start() < at && at < m.end()))
    }
}

/// Languages that put white space between phrases and no mark between sentences.
pub(crate) fn uses_spaces(code: &str) -> bool {
    matches!(code, "th" | "lo" | "km" | "my")
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
        let mut config = Config::new(self.lang);
        config.newlines = self.newlines;
        for abbreviation in &self.abbreviations {
            let word = abbreviation.trim_end_matches('.');
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(Error::invalid(format!(
                    "abbreviation {abbreviation:?} must be one word without white space"
                )));
            }
            config.abbreviations.insert(word.to_lowercase());
        }
        for pattern in &self.protect {
            let regex = Regex::new(pattern).map_err(|e| Error::pattern(pattern, e))?;
            if regex.is_match("") {
                return Err(Error::pattern(pattern, "it matches the empty text"));
            }
            config.protect.push(regex);
        }
        Ok(SentenceSegmenter { config: Arc::new(config) })
    }
}
