//! Text after a list that goes on with the sentence which the list
//! interrupted: it belongs to what holds the list, not to its last element.

use super::lines::Lines;
use super::outline::Draft;
use crate::Span;

/// Inserts a section of kind `text` for each such line.
///
/// Only in texts that are not wrapped: there every line is a paragraph.
pub(super) fn insert(text: &str, lines: &Lines, drafts: Vec<Draft>) -> Vec<Draft> {
    if lines.width.is_some() {
        return drafts;
    }
    let mut out: Vec<Draft> = Vec::with_capacity(drafts.len() + drafts.len() / 16);
    let mut drafts = drafts.into_iter().peekable();
    while let Some(draft) = drafts.next() {
        let next = drafts.peek().map_or(text.len(), |next| next.start);
        let (item, start, depth) = (draft.item, draft.start, draft.depth);
        out.push(draft);
        // Where a list begins inside the element, the line introduces that one.
        if !item || drafts.peek().is_some_and(|next| next.depth > depth) {
            continue;
        }
        let at = lines.lines.partition_point(|line| line.start <= start);
        let (Some(own), Some(line)) =
            (at.checked_sub(1).and_then(|at| lines.lines.get(at)), lines.lines.get(at))
        else {
            continue;
        };
        if line.start >= next {
            continue;
        }
        let body = text.get(line.start..line.end).unwrap_or_default();
        let item = text.get(own.start..own.end).unwrap_or_default();
        let open = item.ends_with([';', ',', '；', '，'])
            || item.ends_with(" and")
            || item.ends_with(" or")
            || item.ends_with(" und")
            || item.ends_with(" oder");
        // A line that breaks off is wrapped, though too few are for a width to show.
        let ended = item.ends_with(|c: char| !c.is_alphanumeric() && c != '-');
        if open || ended && body.starts_with(char::is_lowercase) {
            out.push(Draft::plain(line.start, "text", depth, Span::new(line.start, line.start)));
        }
    }
    out
}
