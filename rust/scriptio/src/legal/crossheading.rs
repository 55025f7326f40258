//! Headings without a number above sections: the cross-headings of the
//! Commonwealth, and what some consolidations make of lost levels.
//!
//! Only layout tells them: a short line that ends no sentence, right above a
//! section. Those below it up to the next heading of either sort are its own.

use super::lines::Lines;
use super::outline::Draft;
use crate::Span;

/// Code points of the longest one.
const LONGEST: usize = 90;

/// Inserts cross-headings before the sections that they stand above.
pub(super) fn insert(text: &str, lines: &Lines, drafts: Vec<Draft>) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::with_capacity(drafts.len() + drafts.len() / 8);
    let mut base: Option<u16> = None;
    let mut headed = Headed { end: 0, section: false };
    for mut draft in drafts {
        let depth = draft.depth;
        if draft.section
            && let Some(line) = above(text, lines, draft.start, headed)
        {
            out.push(Draft::plain(line.start, "crossheading", depth, line));
            base = Some(depth);
        }
        if base.is_some_and(|base| depth < base || (depth == base && !draft.section)) {
            base = None;
        }
        if base.is_some() {
            draft.depth += 1;
        }
        headed = Headed { end: draft.heading.end, section: draft.section };
        out.push(draft);
    }
    out
}

/// The heading before a line.
#[derive(Clone, Copy)]
struct Headed {
    end: usize,
    /// Of a citable section, whose text is expected below.
    section: bool,
}

/// The line above `start`, if it is a cross-heading.
fn above(text: &str, lines: &Lines, start: usize, headed: Headed) -> Option<Span> {
    let at = lines.lines.partition_point(|line| line.start < start).checked_sub(1)?;
    let line = lines.lines.get(at)?;
    if line.start < headed.end || line.soft {
        return None;
    }
    let body = text.get(line.start..line.end)?;
    let body_start = body.chars().next()?;
    let last = body.chars().next_back()?;
    let short = body.chars().take(LONGEST + 1).count() <= LONGEST;
    let capital = body_start.is_uppercase();
    let ends = matches!(last, '.' | ';' | ':' | ',' | '—' | '”' | ']' | ')' | '!' | '?');
    if !short || !capital || ends || body.chars().all(|c| !c.is_alphabetic()) {
        return None;
    }
    // What stands before it must be finished.
    let before = at.checked_sub(1).and_then(|at| lines.lines.get(at))?;
    let prior = text.get(before.start..before.end)?;
    let finished =
        prior.ends_with(['.', ';', ':', '”', '"', ')', ']', '’', '。', '-']) || line.blank_before;
    // Right below the heading of a section stands its text, below one of a part anything may.
    let below = before.end <= headed.end;
    let placed = if below { !headed.section } else { finished };
    (placed && !body.ends_with(" and") && !body.ends_with(" or"))
        .then(|| Span::new(line.start, line.end))
}
