//! The loop over candidates: who decides, and where the segments end.

use super::builder::{Config, Newlines};
use super::candidates::{Gap, Scan};
use super::context::{Context, WINDOW};
use super::lexicon::Abbreviation;
use super::lists::{self, Marker};
use super::scorer::probability;
use super::shortcut::{is_plain, is_plain_end};
use super::verdict::{Verdict, judge};
use super::word::{LONGEST, word_before};
use crate::text::class::Class;
use crate::text::cursor::char_before;
use crate::{Boundary, BoundaryKind};

/// What the loop carries from one candidate to the next. Nothing of it is
/// older than the paragraph or reaches back further than the window.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// End of the last segment.
    pub(crate) start: usize,
    /// Where the scan goes on.
    pub(crate) resume: usize,
    /// End of the last gap that was decided.
    pub(crate) decided: usize,
    /// The last list marker at the start of a segment.
    pub(crate) marker: Option<Marker>,
}

/// What was decided about one candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub(crate) boundary: bool,
    pub(crate) kind: BoundaryKind,
    pub(crate) reason: &'static str,
    pub(crate) logit: Option<f32>,
}

impl Decision {
    fn rule(boundary: bool, reason: &'static str) -> Self {
        Self { boundary, kind: BoundaryKind::Sentence, reason, logit: None }
    }
}

/// Receives the decisions; told at compile time whether it wants them all.
pub(crate) trait Sink {
    /// Whether candidates that are no boundary are wanted, too.
    const ALL: bool;
    /// A decision about the candidate that ends at byte `offset`.
    fn take(&mut self, offset: usize, decision: Decision);
}

impl Sink for Vec<usize> {
    const ALL: bool = false;
    #[inline]
    fn take(&mut self, offset: usize, _: Decision) {
        self.push(offset);
    }
}

impl Sink for Vec<Boundary> {
    const ALL: bool = false;
    fn take(&mut self, offset: usize, decision: Decision) {
        let probability = decision.logit.map(probability);
        self.push(Boundary { offset, kind: decision.kind, probability });
    }
}

/// Decide the candidates of `text` from where `progress` stands.
///
/// Unless `whole` says that nothing follows, candidates are left open whose
/// window reaches past the end of `text`; `progress` says where to go on.
pub(crate) fn run<S: Sink>(
    config: &Config,
    text: &str,
    whole: bool,
    progress: &mut Progress,
    sink: &mut S,
) {
    for mut gap in Scan::new(text, progress.resume, config.spaces) {
        if gap.end <= progress.decided {
            continue;
        }
        if !whole && !in_sight(text, gap.end) {
            progress.resume = progress.resume.max(settled(text, gap.start));
            return;
        }
        progress.resume = gap.end;
        progress.decided = gap.end;
        let paragraph = gap.newlines > 1;
        if config.newlines == Newlines::Never && gap.newlines > 0 {
            // Like a space: behind a letter it is no candidate.
            if char_before(text, gap.start).is_some_and(|(_, class)| class.is_word()) {
                continue;
            }
            gap.newlines = 0;
        }
        decide(config, text, gap, progress, sink);
        if paragraph {
            progress.marker = None;
        }
    }
    progress.resume =
        if whole { text.len() } else { progress.resume.max(settled(text, text.len())) };
}

/// Whether the whole look-ahead behind `end` is there.
fn in_sight(text: &str, end: usize) -> bool {
    // Four bytes a code point at most: the count is needed near the end only.
    text.len() >= end + 4 * WINDOW
        || text.get(end..).is_some_and(|rest| rest.chars().count() >= WINDOW)
}

/// An offset at or before `end` from which a scan finds the same gaps: not
/// behind a mark, a closer or white space that what follows could still join.
fn settled(text: &str, end: usize) -> usize {
    let joins = |c| {
        let class = Class::of(c);
        !class.is_word() || class == Class::Mark
    };
    let head = text.get(..end).unwrap_or_default().trim_end_matches(joins);
    // `word.12`: a note number may hide the mark; longer numbers are no notes.
    let digits = head.bytes().rev().take(3).take_while(u8::is_ascii_digit).count();
    let head = head.get(..head.len() - digits).unwrap_or_default().trim_end_matches(joins);
    // The letter before them has a say, too.
    head.char_indices().next_back().map_or(0, |(at, _)| at)
}

/// Whether a segment may end before the list marker that starts at `at`: not
/// behind an abbreviation (`Fig. 1.`), nor inside a protected pattern.
fn may_end_before(config: &Config, text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    if let Some(left) = before.strip_suffix('.') {
        let (word, start) = word_before(text, left.len(), LONGEST as u8);
        let known = config.lexicon.abbreviation(word.hash) != Abbreviation::No;
        if known || config.is_abbreviation(left.get(start..).unwrap_or_default()) {
            return false;
        }
    }
    !config.is_protected(text, at)
}

/// What the line breaks of a gap decide by themselves.
#[inline]
fn of_newlines(gap: &Gap, newlines: Newlines) -> Option<Decision> {
    match (newlines, gap.newlines) {
        (Newlines::Paragraph | Newlines::Always, 2..) => {
            let mut decision = Decision::rule(true, "blank line");
            decision.kind = BoundaryKind::Paragraph;
            Some(decision)
        }
        (Newlines::Always, 1) => Some(Decision::rule(true, "newline")),
        _ => None,
    }
}

/// The boundaries that line breaks make by themselves, in order: where they
/// are and of which kind. For decoders, whose scorer sees no line breaks.
pub(crate) fn newline_ends(
    text: &str,
    newlines: Newlines,
) -> impl Iterator<Item = (usize, BoundaryKind)> + '_ {
    Scan::new(text, 0, false)
        .filter_map(move |gap| Some((gap.end, of_newlines(&gap, newlines)?.kind)))
}

#[inline]
fn decide<S: Sink>(config: &Config, text: &str, gap: Gap, progress: &mut Progress, sink: &mut S) {
    let mut emit = |progress: &mut Progress, offset: usize, decision: Decision| {
        if decision.boundary {
            progress.start = offset;
        }
        if decision.boundary || S::ALL {
            sink.take(offset, decision);
        }
    };
    if let Some(decision) = of_newlines(&gap, config.newlines) {
        emit(progress, gap.end, decision);
        return;
    }
    if is_plain(text, &gap) {
        if S::ALL {
            emit(progress, gap.end, Decision::rule(false, "sentence goes on"));
        }
        return;
    }
    if is_plain_end(text, &gap, &config.lexicon) && config.is_plain() {
        emit(progress, gap.end, Decision::rule(true, "sentence ends"));
        return;
    }
    if config.is_protected(text, gap.end) {
        emit(progress, gap.end, Decision::rule(false, "protected pattern"));
        return;
    }
    if let Some(marker) = lists::marker_before(text, gap.start) {
        // A marker opens its item: the break is before it, never behind it.
        let opens = marker.start == progress.start
            || progress.marker.is_some_and(|last| marker.continues(&last))
            || gap.newlines == 0 && marker.opens(text);
        if opens && may_end_before(config, text, marker.start) {
            if marker.start > progress.start {
                emit(progress, marker.start, Decision::rule(true, "list item"));
            }
            progress.marker = Some(marker);
            emit(progress, gap.end, Decision::rule(false, "list marker"));
            return;
        }
    }
    let context = Context::read(text, &gap, &config.lexicon);
    let decision = match judge(config, text, &gap, &context, progress.start) {
        Verdict::Break(reason) => Decision::rule(true, reason),
        Verdict::Join(reason) => Decision::rule(false, reason),
        Verdict::Open => {
            let logit = config.scorer.logit(&context);
            let reason = "scorer";
            Decision {
                boundary: logit > 0.0,
                kind: BoundaryKind::Sentence,
                reason,
                logit: Some(logit),
            }
        }
    };
    emit(progress, gap.end, decision);
}
