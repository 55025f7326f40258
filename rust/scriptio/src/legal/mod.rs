//! The structure of legal texts: sections, their numbers and titles, as a tree.
//!
//! A statute or contract as plain text shows its structure in numbers alone,
//! and the same numbers stand in references. What is a heading can therefore
//! not be told line by line: `Article 5` at the start of a line may be a
//! heading or the end of a wrapped reference, `(i)` a letter or a Roman one.
//! So every line that may be a heading is a candidate, and one dynamic
//! programme over all candidates (`decode.rs`) finds the tree in which the
//! numbers follow each other best. What headings look like is data, a grammar
//! per legal system.

mod candidate;
mod crossheading;
mod decode;
mod detect;
mod flush;
mod grammar;
mod layout;
mod lines;
mod numbering;
mod order;
mod outline;
mod quoted;
pub mod references;
mod title;
mod toc;
mod usual;

pub use grammar::systems;
pub use numbering::{Number, Numerals, parse as parse_number};
pub use outline::{Outline, Section};
pub use references::{Anchor, Reference, Resolution, Step, references};

use crate::{Error, Segmenter};
use decode::Order;
use grammar::Grammar;
use lines::Lines;

/// Reads the structure out of legal texts. Immutable, cheap to clone, usable from threads.
///
/// ```
/// use scriptio::legal::SectionSegmenter;
/// let text = "§ 1 Scope\n(1) This act applies.\n(2) It ends.\n§ 2 Terms\nText.";
/// let outline = SectionSegmenter::new("de")?.outline(text);
/// let markers: Vec<&str> = outline.sections().iter().map(|s| &text[s.marker]).collect();
/// assert_eq!(markers, ["", "§ 1", "(1)", "(2)", "§ 2"]);
/// assert_eq!(outline.sections()[2].parent, Some(1));
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SectionSegmenter {
    grammar: Option<&'static Grammar>,
}

impl SectionSegmenter {
    /// A segmenter for a legal system; `auto` finds it out for each text.
    ///
    /// # Errors
    ///
    /// If the system is not one of [`systems`].
    pub fn new(system: &str) -> Result<Self, Error> {
        let grammar = if system == "auto" { None } else { Some(Grammar::named(system)?) };
        Ok(Self { grammar })
    }

    /// The system, or `auto`.
    pub fn system(&self) -> &'static str {
        self.grammar.map_or("auto", |grammar| grammar.name.as_str())
    }

    /// The tree of sections of `text`.
    ///
    /// Never fails: a text without structure is one section, the root.
    pub fn outline(&self, text: &str) -> Outline {
        let lines = Lines::new(text);
        let Some(grammar) = self.grammar.or_else(|| detect::detect(text)) else {
            return Outline::build("auto", text, Vec::new());
        };
        let quoted = quoted::regions(text, &lines, &grammar.quotes);
        let mut found = candidate::find(text, &lines, grammar, &quoted);
        let tables = toc::tables(text, &lines, &found, grammar);
        if !tables.is_empty() {
            toc::expect(text, &lines, &mut found, &tables, grammar);
            found.leave_out(&tables);
        }
        if grammar.layout {
            found.by_layout(&lines, &layout::headings(text, &lines), grammar);
        }
        let order = Order::new(grammar, order::learn(&found, grammar));
        let accepted = decode::decode(&found, &order);
        let mut drafts = outline::drafts(text, &lines, grammar, &found, &accepted);
        if grammar.layout {
            layout::nest(text, &mut drafts);
        }
        if grammar.crossheadings {
            drafts = crossheading::insert(text, &lines, drafts);
        }
        let drafts = flush::insert(text, &lines, drafts);
        let drafts = outline::with_plain(&lines, drafts, &quoted, &tables);
        Outline::build(&grammar.name, text, drafts)
    }
}

impl Segmenter for SectionSegmenter {
    fn ends(&self, text: &str, out: &mut Vec<usize>) {
        out.extend(self.outline(text).leaf_ends(text));
    }
}
