//! References: where a legal text cites a section, and which one that is.
//!
//! Three steps. A parser per family of languages finds citations and takes
//! them apart: steps from the section inwards, lists, ranges, and the law
//! that is named behind or before the number. Then the *anchor* is settled:
//! this law, another one, the section that one reads, the ones before it.
//! Last the steps are followed in the tree. What cannot be found is said to
//! be external, ambiguous or dangling; nothing is guessed in silence.

mod cjk;
mod cursor;
mod english;
mod german;
mod graph;
mod resolve;
mod romance;
mod thai;

pub use graph::expand;

use super::numbering::Number;
use super::outline::Outline;
use crate::Span;

/// One unit in the chain of a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is cited: `section`, `article`, `subsection`, `chapter`, …
    pub kind: &'static str,
    /// Its number.
    pub number: Number,
    /// Where the number stands.
    pub span: Span,
}

/// From where the steps of a citation count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// This law as a whole.
    Law,
    /// The unit of this kind that the citation stands in: `this chapter`.
    Here(&'static str),
    /// So many sections before the one that the citation stands in; negative for the next ones.
    Back(i32),
    /// Some other law, named in the text.
    Other,
}

/// What a reference was resolved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// To sections of this outline.
    Resolved,
    /// To another law.
    External,
    /// Several sections fit.
    Ambiguous,
    /// No section fits; the targets are what of it was found.
    Dangling,
}

impl Resolution {
    /// The name in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::External => "external",
            Self::Ambiguous => "ambiguous",
            Self::Dangling => "dangling",
        }
    }
}

/// A citation: where it stands, what it says, what it means.
///
/// Lists give one reference for each of their elements, ranges one with
/// [`upto`](Self::upto).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The whole citation; of an element of a list, the element.
    pub span: Span,
    /// The units, the outermost first.
    pub steps: Vec<Step>,
    /// The last number of a range whose first is that of the last step.
    pub upto: Option<Number>,
    /// Where another law, or this one by its name, is named.
    pub law: Option<Span>,
    /// From where the steps count.
    pub anchor: Anchor,
    /// What it was resolved to.
    pub resolution: Resolution,
    /// Indices of sections of the outline.
    pub targets: Vec<u32>,
    /// The innermost section that it stands in.
    pub source: u32,
}

impl Reference {
    fn new(span: Span, steps: Vec<Step>, anchor: Anchor) -> Self {
        Self {
            span,
            steps,
            upto: None,
            law: None,
            anchor,
            resolution: Resolution::Dangling,
            targets: Vec::new(),
            source: 0,
        }
    }
}

/// The references of a text, in its order, resolved against its outline.
///
/// Headings are no references to themselves. Linear in the text, but for
/// ranges, which take as long as they have targets, at most 1000 each.
///
/// ```
/// use scriptio::legal::{Resolution, SectionSegmenter, references};
/// let text = "§ 1 Scope\nAs § 2 Absatz 1 says, but not § 823 BGB.\n§ 2 Terms\n(1) A.\n(2) B.";
/// let outline = SectionSegmenter::new("de")?.outline(text);
/// let found = references(text, &outline);
/// assert_eq!(&text[found[0].span], "§ 2 Absatz 1");
/// assert_eq!(&text[outline.sections()[found[0].targets[0] as usize].marker], "(1)");
/// assert_eq!(found[1].resolution, Resolution::External);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn references(text: &str, outline: &Outline) -> Vec<Reference> {
    let mut found = find(text, outline.system());
    let headings: Vec<Span> = outline.sections().iter().map(|section| section.marker).collect();
    found.retain(|reference| !in_heading(&headings, reference.span));
    resolve::resolve(text, outline, &mut found);
    found
}

/// The citations of a text in a legal system, not yet resolved.
pub fn find(text: &str, system: &str) -> Vec<Reference> {
    let mut found = match system {
        "de" => german::find(text),
        "th" => thai::find(text),
        "fr" => romance::find(text, &romance::FRENCH),
        "es" => romance::find(text, &romance::SPANISH),
        "it" => romance::find(text, &romance::ITALIAN),
        "pt" => romance::find(text, &romance::PORTUGUESE),
        "jp" | "cn" | "kr" => cjk::find(text),
        "us-code" => english::find(text, true),
        _ => english::find(text, false),
    };
    found.sort_by_key(|reference| (reference.span.start, reference.span.end));
    found
}

/// Whether a span begins where a heading's marker does.
fn in_heading(headings: &[Span], span: Span) -> bool {
    let at = headings.partition_point(|heading| heading.start <= span.start);
    at.checked_sub(1)
        .and_then(|at| headings.get(at))
        .is_some_and(|heading| !heading.is_empty() && span.start < heading.end)
}
