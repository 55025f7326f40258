//! [`Matcher`]: strings that are tokens of their own, wherever they occur.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::model::AddedToken;
use crate::Error;

/// Finds added tokens, leftmost first, of those the longest.
#[derive(Debug)]
pub(super) struct Matcher {
    automaton: AhoCorasick,
    tokens: Vec<AddedToken>,
}

impl Matcher {
    /// The matcher of `tokens`, each looked for as `content` says; nothing if
    /// there is none.
    pub(super) fn new<'a>(
        tokens: impl Iterator<Item = &'a AddedToken>,
        content: impl Fn(&AddedToken) -> String,
    ) -> Result<Option<Self>, Error> {
        let mut tokens: Vec<AddedToken> = tokens.cloned().collect();
        for token in &mut tokens {
            token.content = content(token);
        }
        tokens.retain(|token| !token.content.is_empty());
        if tokens.is_empty() {
            return Ok(None);
        }
        let contents = tokens.iter().map(|token| token.content.as_bytes());
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(contents)
            .map_err(|error| {
                Error::invalid(format!("added tokens of the tokenizer are not usable: {error}"))
            })?;
        Ok(Some(Self { automaton, tokens }))
    }

    /// Call `found` with the tokens of `text` and the stretches between, in
    /// order, none of them empty.
    pub(super) fn split<E>(
        &self,
        text: &str,
        mut found: impl FnMut(Range<usize>, Option<u32>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut from = 0;
        for matched in self.automaton.find_iter(text) {
            let Some(token) = self.tokens.get(matched.pattern().as_usize()) else { continue };
            let (mut start, mut end) = (matched.start(), matched.end());
            let before = text.get(..start).unwrap_or_default();
            let behind = text.get(end..).unwrap_or_default();
            if token.single_word
                && (before.chars().next_back().is_some_and(is_word)
                    || behind.chars().next().is_some_and(is_word))
            {
                continue;
            }
            if token.lstrip {
                // White space that a token before has taken is gone.
                start = before.trim_end().len().max(from);
            }
            if token.rstrip {
                end += behind.len() - behind.trim_start().len();
            }
            if from < start {
                found(from..start, None)?;
            }
            found(start..end, Some(token.id))?;
            from = end;
        }
        if from < text.len() {
            found(from..text.len(), None)?;
        }
        Ok(())
    }
}

/// `\w`: letters, marks, decimal digits, connectors, joiners.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || regex_syntax::is_word_character(c)
}
