//! [`Outline`]: the sections of a text as a tree in an arena.

use std::ops::Range;

use super::candidate::{Candidates, Reading};
use super::decode::{ANNEXES, Accepted};
use super::grammar::{Grammar, Level, Title};
use super::lines::Lines;
use super::numbering::Number;
use super::title::run_in;
use crate::Span;

/// A section: a heading and all text under it.
///
/// All spans are bytes of the outline's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading, the text and all subsections.
    pub span: Span,
    /// Marker and title; empty where there is no heading.
    pub heading: Span,
    /// The marker as printed: `§ 312a`, `(a)`, `Article 5`.
    pub marker: Span,
    /// The number within the marker; empty without one.
    pub number: Span,
    /// The title; empty without one.
    pub title: Span,
    /// The number as a value.
    pub value: Number,
    /// Index into [`Outline::kinds`].
    pub kind: u16,
    /// The section it lies in; none for the root.
    pub parent: Option<u32>,
    /// Depth in the tree; 0 for the root.
    pub level: u16,
    /// Whether its number contradicts those around it.
    pub doubtful: bool,
}

/// The tree of sections of one text.
///
/// Sections are in the order of the text; the first is the root, which covers
/// all of it. A section lies within its parent and ends where its next
/// sibling begins at the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    system: &'static str,
    sections: Vec<Section>,
    kinds: Vec<String>,
}

/// A heading with this cost or more is doubtful.
const DOUBTFUL: i32 = 45;

/// A section to be put into the tree, before its end is known.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) start: usize,
    pub(super) heading: Span,
    pub(super) marker: Span,
    pub(super) number: Span,
    pub(super) title: Span,
    pub(super) value: Number,
    pub(super) kind: &'static str,
    pub(super) depth: u16,
    pub(super) doubtful: bool,
    /// Of a level that is cited.
    pub(super) section: bool,
    /// An element of a list.
    pub(super) item: bool,
}

impl Draft {
    /// A section without number.
    pub(super) fn plain(start: usize, kind: &'static str, depth: u16, heading: Span) -> Self {
        Self {
            start,
            heading,
            marker: Span::new(start, start),
            number: Span::new(start, start),
            title: heading,
            value: Number::default(),
            kind,
            depth,
            doubtful: false,
            section: false,
            item: false,
        }
    }
}

impl Outline {
    /// The tree of drafts in the order of the text; depth tells which lies in which.
    pub(super) fn build(system: &'static str, text: &str, drafts: Vec<Draft>) -> Self {
        let empty = Span::new(0, 0);
        let mut kinds: Vec<String> = vec!["document".to_owned()];
        let mut sections = Vec::with_capacity(drafts.len() + 1);
        sections.push(Section {
            span: Span::new(0, text.len()),
            heading: empty,
            marker: empty,
            number: empty,
            title: empty,
            value: Number::default(),
            kind: 0,
            parent: None,
            level: 0,
            doubtful: false,
        });
        // The open sections, with their wished depths.
        let mut open: Vec<(u32, u16)> = vec![(0, 0)];
        let mut before = 0;
        for draft in drafts {
            // Two sections at one place, or out of order, would break the partition.
            if sections.len() > 1 && draft.start <= before {
                continue;
            }
            before = draft.start;
            while open.len() > 1 && open.last().is_some_and(|&(_, depth)| depth >= draft.depth) {
                close(&mut sections, &mut open, draft.start);
            }
            let parent = open.last().map_or(0, |&(index, _)| index);
            let kind = if let Some(at) = kinds.iter().position(|kind| kind == draft.kind) {
                at
            } else {
                kinds.push(draft.kind.to_owned());
                kinds.len() - 1
            };
            let index = sections.len() as u32;
            let level = sections.get(parent as usize).map_or(0, |above| above.level) + 1;
            sections.push(Section {
                span: Span::new(draft.start, text.len()),
                heading: draft.heading,
                marker: draft.marker,
                number: draft.number,
                title: draft.title,
                value: draft.value,
                kind: kind as u16,
                parent: Some(parent),
                level,
                doubtful: draft.doubtful,
            });
            open.push((index, draft.depth));
        }
        Self { system, sections, kinds }
    }

    /// The legal system whose grammar was used.
    pub fn system(&self) -> &'static str {
        self.system
    }

    /// All sections in the order of the text, the root first.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The names of the kinds of sections.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The kind of a section.
    pub fn kind(&self, section: &Section) -> &str {
        self.kinds.get(usize::from(section.kind)).map_or("", String::as_str)
    }

    /// The same tree with a section of the kind `topic` from each of `starts`
    /// to the next, right below the root and without headings: for a text in
    /// which no section was found. Starts that are out of order, outside of
    /// the text or within a character are left out.
    ///
    /// ```
    /// use scriptio::legal::SectionSegmenter;
    /// let text = "Ships sail. Courts sit.";
    /// let outline = SectionSegmenter::new("de")?.outline(text).with_topics(text, &[0, 12]);
    /// let topic = &outline.sections()[2];
    /// assert_eq!((outline.kind(topic), &text[topic.span]), ("topic", "Courts sit."));
    /// # Ok::<(), scriptio::Error>(())
    /// ```
    #[must_use]
    pub fn with_topics(&self, text: &str, starts: &[usize]) -> Self {
        let inside =
            starts.iter().filter(|&&start| start < text.len() && text.is_char_boundary(start));
        let topic = |&start| Draft::plain(start, "topic", 1, Span::new(start, start));
        Self::build(self.system, text, inside.map(topic).collect())
    }

    /// Where the leaves end: the text cut before every section, its length last.
    ///
    /// A section's own text, before its first subsection, is one leaf, so that
    /// the leaves together are the text.
    pub fn leaf_ends(&self, text: &str) -> Vec<usize> {
        let mut ends: Vec<usize> =
            self.sections.iter().skip(1).map(|s| s.span.start).filter(|&at| at > 0).collect();
        if !text.is_empty() {
            ends.push(text.len());
        }
        ends
    }
}

fn close(sections: &mut [Section], open: &mut Vec<(u32, u16)>, end: usize) {
    if let Some((index, _)) = open.pop()
        && let Some(section) = sections.get_mut(index as usize)
    {
        section.span.end = end;
    }
}

/// The parents of the accepted headings. Where sections go on behind annexes, these lie in what holds
/// the sections: a tree has no holes.
fn parents(accepted: &[Accepted]) -> Vec<Option<u32>> {
    let mut parents: Vec<Option<u32>> = accepted.iter().map(|heading| heading.parent).collect();
    let mut annexes: Vec<usize> = Vec::new();
    for (at, heading) in accepted.iter().enumerate() {
        if let (Some(parent), Some(before)) = (heading.parent, at.checked_sub(1))
            && !is_open(&parents, before as u32, parent)
        {
            let left = annexes.iter().rev().take(ANNEXES);
            for &annex in left.take_while(|&&annex| annex > parent as usize) {
                if let Some(above) = parents.get_mut(annex).filter(|above| **above < Some(parent)) {
                    *above = Some(parent);
                }
            }
        }
        if heading.isolates {
            annexes.push(at);
        }
    }
    parents
}

/// Whether `above` is `at` or holds it; a tree is not deep.
fn is_open(parents: &[Option<u32>], at: u32, above: u32) -> bool {
    let mut at = Some(at);
    while let Some(one) = at.filter(|&one| one > above) {
        at = parents.get(one as usize).copied().flatten();
    }
    at == Some(above)
}

/// Drafts of the accepted headings, with titles and depths.
pub(super) fn drafts(
    text: &str,
    lines: &Lines,
    grammar: &'static Grammar,
    candidates: &Candidates,
    accepted: &[Accepted],
) -> Vec<Draft> {
    let parents = parents(accepted);
    let mut out: Vec<Draft> = Vec::with_capacity(accepted.len());
    let mut depths: Vec<u16> = Vec::with_capacity(accepted.len());
    // Whether what lies in each heading lies in an annex.
    let mut annexed: Vec<bool> = Vec::with_capacity(accepted.len());
    for (at, (heading, parent)) in accepted.iter().zip(parents).enumerate() {
        let depth =
            parent.and_then(|parent| depths.get(parent as usize)).map_or(1, |depth| depth + 1);
        depths.push(depth);
        let inside = parent.and_then(|parent| annexed.get(parent as usize)) == Some(&true);
        annexed.push(inside || heading.isolates);
        let Some(candidate) = candidates.candidates.get(heading.candidate as usize) else {
            continue;
        };
        let Some(reading) = candidates.readings.get(heading.reading as usize) else { continue };
        let Some(level) = grammar.level(reading.level) else { continue };
        let above = parent.and_then(|parent| accepted.get(parent as usize));
        let above = above.and_then(|a| candidates.readings.get(a.reading as usize));
        let listed = above.and_then(|r| grammar.level(r.level)).is_some_and(|level| level.lists);
        let kind = if listed && !level.listed.is_empty() {
            &level.listed
        } else if inside && !level.annexed.is_empty() {
            &level.annexed
        } else {
            &level.kind
        };
        let next = accepted
            .get(at + 1)
            .and_then(|next| candidates.candidates.get(next.candidate as usize))
            .map_or(text.len(), |next| next.start);
        let line = candidate.line as usize;
        let title = title_of(text, lines, line, reading, level, next);
        let mut start = candidate.start;
        if level.title == Title::Before && title.end <= start && !title.is_empty() {
            start = title.start;
        }
        let marker = Span::new(candidate.start, reading.end).trimmed(text);
        let head_end = title.end.max(marker.end);
        out.push(Draft {
            start,
            heading: Span::new(start, head_end),
            marker,
            number: Span::new(reading.number_start, reading.number_end),
            title,
            value: reading.number,
            kind,
            depth,
            doubtful: heading.cost >= DOUBTFUL,
            section: level.section,
            item: level.item,
        });
    }
    out
}

/// `drafts` with quotations, each inside the section that announces it, and tables of contents.
pub(super) fn with_plain(
    lines: &Lines,
    drafts: Vec<Draft>,
    quoted: &[Range<usize>],
    tables: &[Range<usize>],
) -> Vec<Draft> {
    if quoted.is_empty() && tables.is_empty() {
        return drafts;
    }
    let span = |range: &Range<usize>| {
        let first = lines.lines.get(range.start).map_or(0, |line| line.start);
        let next = lines.lines.get(range.end).map(|line| line.start);
        (first, next)
    };
    let mut plain: Vec<(usize, Option<usize>, &'static str)> = Vec::new();
    plain.extend(quoted.iter().map(|range| (span(range).0, span(range).1, "quoted")));
    plain.extend(tables.iter().map(|range| (span(range).0, span(range).1, "toc")));
    plain.sort_unstable();
    let mut plain = plain.into_iter().peekable();
    let mut out: Vec<Draft> = Vec::with_capacity(drafts.len() + plain.len() * 2);
    let mut depth = 0;
    let mut drafts = drafts.into_iter().peekable();
    loop {
        let next = drafts.peek().map(|draft| draft.start);
        if let Some(&(start, end, kind)) = plain.peek()
            && next.is_none_or(|next| start < next)
        {
            plain.next();
            let own = if kind == "toc" { 1 } else { depth + 1 };
            out.push(Draft::plain(start, kind, own, Span::new(start, start)));
            // What goes on behind it belongs to what held it.
            if let Some(end) = end.filter(|&end| next.is_none_or(|next| end < next))
                && plain.peek().is_none_or(|&(next, ..)| end < next)
            {
                out.push(Draft::plain(end, "text", own, Span::new(end, end)));
            }
            continue;
        }
        let Some(draft) = drafts.next() else { break };
        depth = draft.depth;
        out.push(draft);
    }
    out
}

/// Longer lines are text and no titles.
const LONGEST_TITLE: usize = 240;

/// The title that belongs to a marker; empty at the marker's end if there is none.
fn title_of(
    text: &str,
    lines: &Lines,
    line: usize,
    reading: &Reading,
    level: &Level,
    next: usize,
) -> Span {
    let none = Span::new(reading.end, reading.end);
    let Some(own) = lines.lines.get(line) else { return none };
    let end = own.end.min(next);
    let rest = Span::new(reading.end.min(end), end);
    let body = trim_marks(text, rest);
    match level.title {
        Title::None => none,
        Title::Before => {
            let Some(above) = line.checked_sub(1).and_then(|line| lines.lines.get(line)) else {
                return none;
            };
            let caption = text.get(above.start..above.end).unwrap_or_default();
            let bracketed = caption.starts_with(['（', '(']) && caption.ends_with(['）', ')']);
            if bracketed && caption.len() < LONGEST_TITLE {
                Span::new(above.start, above.end)
            } else {
                none
            }
        }
        Title::RunIn => {
            let slice = text.get(body.range()).unwrap_or_default();
            match run_in(slice) {
                Some(length) => Span::new(body.start, body.start + length),
                None if level.item => none,
                None => sentence_title(text, body),
            }
        }
        Title::Same => {
            if body.len() > LONGEST_TITLE {
                sentence_title(text, body)
            } else {
                body
            }
        }
        Title::Next => {
            if !body.is_empty() {
                return if body.len() > LONGEST_TITLE { sentence_title(text, body) } else { body };
            }
            let Some(below) = lines.lines.get(line + 1) else { return none };
            let short = below.end - below.start <= LONGEST_TITLE;
            if short && below.start < next && below.end <= next {
                Span::new(below.start, below.end)
            } else {
                none
            }
        }
    }
}

/// `span` without the marks that part a number from its title.
fn trim_marks(text: &str, span: Span) -> Span {
    let span = span.trimmed(text);
    let slice = text.get(span.range()).unwrap_or_default();
    let tail = slice.trim_start_matches([
        ' ', '.', ':', '-', '–', '—', '\u{3000}', '\u{2002}', '\u{a0}', '\t', ')', ']',
    ]);
    Span::new(span.end - tail.len(), span.end)
}

/// The first sentence of a line where it is short enough to be a title: `Definitions. The …`.
fn sentence_title(text: &str, body: Span) -> Span {
    let slice = text.get(body.range()).unwrap_or_default();
    let at = slice.find(". ").map_or(slice.len(), |at| at + 1);
    if at <= 120 {
        Span::new(body.start, body.start + at)
    } else {
        Span::new(body.start, body.start)
    }
}
