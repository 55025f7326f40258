//! Straight quotes that stand alone: `he said . " Then`.
//!
//! In text with spaces around its marks a straight quote shows neither to the
//! left nor to the right whether it opens or closes; the number of quotes
//! before it does. They are counted in the line, and no further back than a
//! bounded window, so that a forgotten quote is soon forgotten here, too.

use super::context::LINE_WINDOW;

/// Whether the quote at byte `at` closes: an odd number of quotes is before it.
fn closes(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let window = bytes.get(at.saturating_sub(LINE_WINDOW / 2)..at).unwrap_or_default();
    let line = memchr::memrchr(b'\n', window).map_or(0, |newline| newline + 1);
    let line = window.get(line..).unwrap_or_default();
    memchr::memchr_iter(b'"', line).count() % 2 == 1
}

/// Whether a closing quote that stands alone follows a gap that ends at `at`.
pub(crate) fn closing_follows(text: &str, at: usize) -> bool {
    let alone = matches!(text.as_bytes().get(at..at + 2), Some([b'"', b' ']));
    alone && closes(text, at)
}

/// A quote that stands alone before `end`: where it starts, and whether it closes.
pub(crate) fn alone_before(text: &str, end: usize) -> Option<(usize, bool)> {
    let at = end.checked_sub(1)?;
    let alone = at > 0 && matches!(text.as_bytes().get(at - 1..end), Some([b' ', b'"']));
    alone.then(|| (at, closes(text, at)))
}

/// End of the text before a closing quote that stands alone behind a mark:
/// the mark decides, not the quote.
pub(crate) fn without_closing(text: &str, end: usize) -> usize {
    match alone_before(text, end) {
        Some((at, true)) if text.as_bytes().get(..at - 1).is_some_and(|left| left.ends_with(b".") || left.ends_with(b"!") || left.ends_with(b"?")) => at - 1,
        _ => end,
    }
}
