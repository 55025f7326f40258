//! [`judge`]: what rules decide about a candidate before the scorer is asked.

use super::builder::Config;
use super::candidates::Gap;
use super::context::{Context, WINDOW};
use crate::text::class::Class;

/// A rule's decision, with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A sentence ends here.
    Break(&'static str),
    /// None does.
    Join(&'static str),
    /// The scorer decides.
    Open,
}

/// Judge one candidate by rules. Everything looked at lies in the window.
pub(crate) fn judge(config: &Config, text: &str, gap: &Gap, context: &Context) -> Verdict {
    let right = text.get(gap.end..).unwrap_or_default();
    if config.is_protected(text, gap) {
        return Verdict::Join("protected pattern");
    }
    if gap.newlines == 0
        && let Some(verdict) = by_neighbours(text, gap, context, right)
    {
        return verdict;
    }
    if context.mark == '.' && context.tail_len == 1 && config.is_abbreviation(word_before(text, gap.start)) {
        return Verdict::Join("abbreviation");
    }
    Verdict::Open
}

/// What the code points on both sides settle by themselves.
fn by_neighbours(text: &str, gap: &Gap, context: &Context, right: &str) -> Option<Verdict> {
    match right.as_bytes().first() {
        Some(b')' | b']' | b'}' | b',' | b';' | b':' | b'!' | b'?') => {
            return Some(Verdict::Join("punctuation follows"));
        }
        _ => {}
    }
    if gap.start == gap.end && context.mark == '.' && is_inside_token(text, gap.start, right) {
        return Some(Verdict::Join("inside a token"));
    }
    None
}

/// Whether an empty gap lies inside an address, a path or a file name.
fn is_inside_token(text: &str, at: usize, right: &str) -> bool {
    let (before, after) = (token_before(text, at), token_after(right));
    let joins = |c: char| matches!(c, '/' | '@' | '_' | '=' | '&' | '\\' | '%' | '+');
    if before.contains(joins) || after.contains(joins) {
        return true;
    }
    // Another full stop inside the same token: `www.Example.com`, `a.B.c`.
    let word = before.trim_end_matches('.');
    word.contains('.') && !word.contains(|c: char| c.is_ascii_digit() || c == ',')
        || after.trim_end_matches(['.', '!', '?', '"', ')']).contains('.')
}

/// What stands before `at` without white space between, in the window.
fn token_before(text: &str, at: usize) -> &str {
    let left = text.get(..at).unwrap_or_default();
    let inside = left.char_indices().rev().take(WINDOW).take_while(|&(_, c)| !Class::of(c).is_white());
    let start = inside.last().map_or(at, |(i, _)| i);
    left.get(start..).unwrap_or_default()
}

/// What `right` begins with up to white space, in the window.
fn token_after(right: &str) -> &str {
    let mut inside = right.char_indices().take(WINDOW + 1).enumerate();
    let end = inside.find(|&(seen, (_, c))| seen == WINDOW || Class::of(c).is_white());
    end.and_then(|(_, (i, _))| right.get(..i)).unwrap_or(right)
}

/// The word that ends before the full stop at `end`, the stop left out.
fn word_before(text: &str, end: usize) -> &str {
    let left = text.get(..end).unwrap_or_default();
    let body = left.strip_suffix('.').unwrap_or(left);
    let start = body
        .char_indices()
        .rev()
        .take(WINDOW)
        .take_while(|&(_, c)| Class::of(c).is_word() || matches!(c, '.' | '-' | '\'' | '’'))
        .last()
        .map_or(body.len(), |(i, _)| i);
    body.get(start..).unwrap_or_default()
}
