//! A place in a text that parsers move forward.

use super::super::numbering::{Number, Numerals, parse};
use crate::Span;

/// A place in a text; a copy of it is a place to go back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes over blanks and one line break.
    pub(super) fn blanks(&mut self) -> &mut Self {
        let rest = self.rest();
        let mut breaks = 0;
        let length = rest
            .find(|c: char| match c {
                '\n' => {
                    breaks += 1;
                    breaks > 1
                }
                _ => !matches!(c, ' ' | '\u{a0}' | '\t' | '\r' | '\u{2009}' | '\u{202f}'),
            })
            .unwrap_or(rest.len());
        self.at += length;
        self
    }

    /// Goes over `word` if it stands here.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    /// Goes over the first of `words` that stands here as a whole word.
    pub(super) fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let found = words.iter().find(|word| {
            rest.strip_prefix(**word).is_some_and(|tail| {
                !word.ends_with(char::is_alphabetic)
                    || tail.chars().next().is_none_or(|c| !c.is_alphanumeric())
            })
        })?;
        self.at += found.len();
        Some(found)
    }

    /// Reads a number, and says where it stands.
    pub(super) fn number(&mut self, numerals: Numerals) -> Option<(Number, Span)> {
        let (number, length) = parse(self.rest(), numerals)?;
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Some((number, span))
    }
}

/// The place of the first character behind `at` that `stop` accepts, at most `most` bytes on.
pub(super) fn until(text: &str, at: usize, most: usize, stop: impl Fn(char) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    for (offset, letter) in rest.char_indices() {
        if offset >= most || stop(letter) {
            return at + offset;
        }
    }
    text.len()
}
