//! [`is_plain`]: candidates that need no closer look.
//!
//! Half of all candidates are commas and the like with a small letter behind
//! them, or line breaks in the middle of running text. The scorer never ends a
//! sentence there (fewer than one in a thousand on the corpora it was trained
//! on); reading their context would take most of the time.

use super::candidates::Gap;
use crate::text::class::Class;
use crate::text::cursor::char_at;

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
        return match last {
            b',' => small || next.is_ascii_digit() || next == b'"',
            b';' => small,
            b'"' | b'\'' | b'`' | b')' | b']' | b'*' | b'_' | b'/' | b'%' | b'+' | b'=' | b'<' | b'#' | b'|'
                if small =>
            {
                // A mark before the closer is for the scorer.
                !text.get(..gap.start - 1).is_some_and(|left| left.ends_with(is_end))
            }
            b'-' | b'(' | b'[' | b'{' | b'&' | b'@' | b'$' => small,
            // A symbol by itself, `§` among them.
            b'*' | b'#' | b'|' | b'=' | b'+' | b'<' | b'>' | b'/' => {
                next.is_ascii_alphanumeric() && bytes.get(gap.start.wrapping_sub(2)) == Some(&b' ')
            }
            0xA7 => next.is_ascii_digit() && bytes.get(gap.start.wrapping_sub(2)) == Some(&0xC2),
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

/// Marks that may end a sentence inside quotes or brackets.
fn is_end(c: char) -> bool {
    let class = Class::of(c);
    class.is_terminator() || matches!(class, Class::Colon | Class::Close | Class::Quote) || matches!(c, ']' | ')')
}
