//! Straight quotes that stand alone: `he said . " Then`.
//!
//! In text with spaces around its marks a straight quote shows neither to the
//! left nor to the right whether it opens or closes; the quotes before it do.
//! They are followed through the line, and no further back than a bounded
//! window; a quote that touches a word on one side sets things right again,
//! so that a forgotten quote is soon forgotten here, too.

use super::context::LINE_WINDOW;

/// Whether the quote at byte `at` closes: one is open before it.
fn closes(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let window = bytes.get(at.saturating_sub(LINE_WINDOW / 2)..at).unwrap_or_default();
    let line = memchr::memrchr(b'\n', window).map_or(0, |newline| newline + 1);
    let line = window.get(line..).unwrap_or_default();
    memchr::memchr_iter(b'"', line).fold(false, |open, i| {
        let white = |b: Option<&u8>| b.is_none_or(u8::is_ascii_whitespace);
        match (white(line.get(i.wrapping_sub(1))), white(line.get(i + 1))) {
            (true, false) => true,
            (false, true) => false,
            _ => !open,
        }
    })
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
    let Some((at, true)) = alone_before(text, end) else { return end };
    match text.as_bytes().get(at.wrapping_sub(2)) {
        Some(b'.' | b'!' | b'?') => at - 1,
        _ => end,
    }
}
