//! [`PreTokenizer`]: how a text is cut before the model sees it.

use std::fmt;
use std::ops::Range;

use super::classes::{Classes, flag};
use super::known::Known;
use crate::Error;

/// Cuts a text into the pieces that the model encodes one by one.
pub trait PreTokenizer: Send + Sync + fmt::Debug {
    /// Append the ends of the pieces of `text`, in bytes; they strictly
    /// increase and the last is the length of the text. Pieces cover the
    /// text; some may be given no token, such as white space of a model of
    /// words.
    fn split(&self, text: &str, ends: &mut Vec<usize>);

    /// The patterns, as regular expressions in order of application, for who
    /// must reason about them; empty if the text is one piece.
    fn patterns(&self) -> Vec<String>;
}

/// Looks for what a step matches.
#[derive(Debug)]
pub(super) enum Finder {
    /// A pattern read by hand, which matches every character.
    Known(Known),
    Regex(Box<fancy_regex::Regex>),
    Literal(Box<str>),
    /// Single characters that have a flag.
    Class(u8),
}

impl Finder {
    /// The finder of a regular expression.
    pub(super) fn regex(pattern: &str) -> Result<Self, Error> {
        if let Some(known) = Known::of(pattern) {
            return Ok(Self::Known(known));
        }
        let regex = fancy_regex::Regex::new(pattern).map_err(|error| {
            Error::invalid(format!(
                "pattern {pattern:?} of the tokenizer is not usable: {error}; expected a regular \
                 expression"
            ))
        })?;
        Ok(Self::Regex(Box::new(regex)))
    }

    /// Call `found` with matches of `text[range]` and what lies between them,
    /// in order; neither is empty unless the pattern matches nothing.
    pub(super) fn find(
        &self,
        text: &str,
        range: Range<usize>,
        classes: &Classes,
        mut found: impl FnMut(Range<usize>, bool),
    ) {
        let part = text.get(range.clone()).unwrap_or_default();
        let mut from = range.start;
        let mut put = |start: usize, end: usize| {
            if from < start {
                found(from..start, false);
            }
            found(start..end, true);
            from = end;
        };
        match self {
            Self::Known(known) => {
                let bytes = text.as_bytes().get(..range.end).unwrap_or_default();
                let mut at = range.start;
                while at < range.end {
                    let end = known.end(classes, bytes, at);
                    put(at, end);
                    at = end;
                }
            }
            Self::Regex(regex) => {
                // A pattern that gives up is taken to match nothing more, as Hugging Face's code
                // does.
                for found in regex.find_iter(part).map_while(Result::ok) {
                    put(range.start + found.start(), range.start + found.end());
                }
            }
            Self::Literal(literal) if !literal.is_empty() => {
                for (at, found) in part.match_indices(&**literal) {
                    put(range.start + at, range.start + at + found.len());
                }
            }
            Self::Literal(_) => {}
            Self::Class(flags) => {
                for (at, c) in part.char_indices() {
                    if classes.of_char(c) & flags != 0 {
                        put(range.start + at, range.start + at + c.len_utf8());
                    }
                }
            }
        }
        if from < range.end {
            found(from..range.end, false);
        }
    }
}

/// What becomes of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    /// A piece of its own.
    Isolated,
    /// No piece.
    Removed,
    /// One piece with the matches next to it, and what lies between, too.
    Contiguous,
    MergedWithPrevious,
    MergedWithNext,
}

/// A step of a pre-tokenizer: it cuts each piece of the step before.
#[derive(Debug)]
pub(super) struct Step {
    pub finder: Finder,
    pub behavior: Behavior,
    /// Whether matches are what the pattern does not match.
    pub invert: bool,
    /// The finder as a regular expression.
    pub pattern: String,
}

impl Step {
    /// Append the pieces of `text[range]`, and whether each is kept.
    fn split(
        &self,
        text: &str,
        range: Range<usize>,
        classes: &Classes,
        out: &mut Vec<(Range<usize>, bool)>,
    ) {
        let first = out.len();
        let mut was_match = false;
        self.finder.find(text, range, classes, |range, is_match| {
            let is_match = is_match != self.invert;
            let joins = match self.behavior {
                Behavior::Isolated | Behavior::Removed => false,
                Behavior::Contiguous => is_match == was_match,
                Behavior::MergedWithPrevious => is_match && !was_match,
                // What follows a match joins it, unless it is a match: of a row of matches only
                // the last has something to join.
                Behavior::MergedWithNext => was_match && !is_match,
            };
            was_match = is_match;
            let last = out.get_mut(first..).and_then(<[_]>::last_mut);
            match last.filter(|_| joins) {
                Some((last, _)) => last.end = range.end,
                None => out.push((range, !(is_match && self.behavior == Behavior::Removed))),
            }
        });
    }
}

/// The pre-tokenizer of a file: its steps, one after the other.
#[derive(Debug)]
pub(super) struct Chain {
    pub steps: Vec<Step>,
    pub classes: Classes,
}

impl Chain {
    /// The pattern, if there is nothing else.
    #[inline]
    pub(super) fn known(&self) -> Option<Known> {
        match self.steps.as_slice() {
            // It matches everything, so pieces are its matches, unless these are left out.
            [Step { finder: Finder::Known(known), behavior, invert, .. }]
                if matches!(
                    (behavior, invert),
                    (Behavior::Isolated, _) | (Behavior::Removed, true)
                ) =>
            {
                Some(*known)
            }
            _ => None,
        }
    }

    /// The pieces of `text`, and whether each is kept.
    pub(super) fn pieces(&self, text: &str) -> Vec<(Range<usize>, bool)> {
        let mut pieces = Vec::new();
        if text.is_empty() {
            return pieces;
        }
        pieces.push((0..text.len(), true));
        let mut cut = Vec::new();
        for step in &self.steps {
            cut.clear();
            for (range, is_kept) in pieces.drain(..) {
                if is_kept {
                    step.split(text, range, &self.classes, &mut cut);
                } else {
                    cut.push((range, false));
                }
            }
            std::mem::swap(&mut pieces, &mut cut);
        }
        // A pattern that may match nothing gives pieces of nothing.
        pieces.retain(|(range, _)| !range.is_empty());
        pieces
    }
}

impl PreTokenizer for Chain {
    fn split(&self, text: &str, ends: &mut Vec<usize>) {
        if let Some(known) = self.known() {
            let mut at = 0;
            while at < text.len() {
                at = known.end(&self.classes, text.as_bytes(), at);
                ends.push(at);
            }
        } else {
            ends.extend(self.pieces(text).into_iter().map(|(range, _)| range.end));
        }
    }

    fn patterns(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.pattern.clone()).collect()
    }
}

impl Step {
    /// Cuts at a regular expression.
    pub(super) fn regex(pattern: &str, behavior: Behavior, invert: bool) -> Result<Self, Error> {
        Ok(Self { finder: Finder::regex(pattern)?, behavior, invert, pattern: pattern.to_owned() })
    }

    /// Cuts at a string.
    pub(super) fn literal(literal: &str, behavior: Behavior, invert: bool) -> Self {
        let finder = Finder::Literal(literal.into());
        Self { finder, behavior, invert, pattern: regex::escape(literal) }
    }

    /// Cuts at characters that have one of `flags`.
    pub(super) fn class(flags: u8, behavior: Behavior) -> Self {
        let pattern = match flags {
            flag::NUMBER => r"\p{N}",
            flag::SPACE => r"\s",
            _ => r"[\p{P}!-/:-@\[-`{-~]",
        };
        Self { finder: Finder::Class(flags), behavior, invert: false, pattern: pattern.to_owned() }
    }
}
