//! [`is_plain`], [`is_plain_end`]: candidates that need no closer look.
//!
//! Half of all candidates are commas and the like with a small letter behind
//! them, or line breaks in the middle of running text. The scorer never ends a
//! sentence there (fewer than one in a thousand on the corpora it was trained
//! on); reading their context would take most of the time.

use super::candidates::Gap;
use super::lexicon::{Abbreviation, Lexicon};
use super::verdict::is_enclosed;
use super::word::{LONGEST, shape, word_before};
use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};

/// A line of running text is at least this long, in bytes.
const LINE: usize = 32;

/// Whether no sentence ends at `gap`, by the code points next to it alone.
#[inline]
pub(crate) fn is_plain(text: &str, gap: &Gap) -> bool {
    let bytes = text.as_bytes();
    let Some(&next) = bytes.get(gap.end) else { return false };
    let small = next.is_ascii_lowercase()
        || next >= 0x80 && char_at(text, gap.end).is_some_and(|(_, class)| class == Class::Lower);
    let Some(&last) = bytes.get(gap.start.wrapping_sub(1)) else { return false };
    if gap.newlines == 0 {
        if gap.start == gap.end {
            return false;
        }
        let before = |n: usize| bytes.get(gap.start.wrapping_sub(n)).copied().unwrap_or(b'\n');
        return match last {
            b',' => small || next.is_ascii_digit() || next == b'"',
            // Code: marks inside it are not the sentence's.
            b'`' => !is_end_before(text, gap.start - 1 - usize::from(before(2) == b'`')),
            // `b)` and `iv)` open the items of a list.
            b')' if small => (2..6).all(|n| before(n).is_ascii_alphabetic()),
            b'"' | b'\'' | b']' | b'_' | b'%' if small => !is_end_before(text, gap.start - 1),
            b';' | b'(' | b'[' | b'{' | b'&' | b'@' | b'$' => small,
            // Bullets, and symbols by themselves; `§` is one of them.
            b'-' => small || before(2) == b'\n',
            b'*' | b'#' | b'|' | b'=' | b'+' | b'<' | b'>' | b'/' => {
                before(2) == b'\n' || before(2) == b' ' && next.is_ascii_alphanumeric()
            }
            0xA7 => next.is_ascii_digit() && before(2) == 0xC2,
            _ => false,
        };
    }
    if !small || !(last.is_ascii_lowercase() || last == b',') {
        return false;
    }
    // In running text: the line is long, and the break is the only one.
    let line = bytes.get(gap.start.saturating_sub(LINE)..gap.start).unwrap_or_default();
    line.len() == LINE && memchr::memchr(b'\n', line).is_none()
}

/// Letters that make a word long enough to be no abbreviation.
const LONG: usize = 5;

/// Whether a sentence ends at `gap` by any standard: a long word in small
/// letters that is no known abbreviation, a mark, a capitalised word.
#[inline]
pub(crate) fn is_plain_end(text: &str, gap: &Gap, lexicon: &Lexicon) -> bool {
    let bytes = text.as_bytes();
    if gap.start == gap.end {
        return is_ideographic_end(text, gap.start);
    }
    let next = bytes.get(gap.end..).and_then(|rest| rest.first_chunk::<3>());
    let capital = next.is_some_and(|n| {
        n[0].is_ascii_uppercase() && n[1].is_ascii_lowercase() && n[2].is_ascii_lowercase()
    });
    let long = match bytes.get(gap.start.wrapping_sub(1)) {
        Some(b'.') => LONG,
        Some(b'!' | b'?') => LONG / 2,
        _ => return false,
    };
    if !capital {
        return false;
    }
    let letters = bytes.get(gap.start.saturating_sub(long + 1)..gap.start - 1).unwrap_or_default();
    if letters.len() < long || !letters.iter().all(u8::is_ascii_lowercase) {
        return false;
    }
    let (word, _) = word_before(text, gap.start - 1, LONGEST as u8);
    word.shape == shape::LOWER && lexicon.abbreviation(word.hash) == Abbreviation::No
}

/// Whether an ideographic full stop stands between two letters at `at`.
fn is_ideographic_end(text: &str, at: usize) -> bool {
    let Some(left) = text.get(..at).and_then(|left| left.strip_suffix('。')) else { return false };
    let letter =
        |step: Option<(char, Class)>| step.is_some_and(|(_, class)| class == Class::Letter);
    letter(char_before(left, left.len()))
        && letter(char_at(text, at))
        && !is_enclosed(left, text.get(at..).unwrap_or_default())
}

/// Whether what ends at byte `at` could end a sentence by its marks.
fn is_end_before(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|left| left.ends_with(is_end))
}

/// Marks that may end a sentence inside quotes or brackets.
fn is_end(c: char) -> bool {
    let class = Class::of(c);
    class.is_terminator()
        || matches!(class, Class::Colon | Class::Close | Class::Quote)
        || matches!(c, ']' | ')')
}
