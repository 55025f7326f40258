//! From what a citation says to the sections that it means.

use std::collections::HashMap;

use super::{Anchor, Reference, Resolution, Step};
use crate::legal::grammar::{Grammar, Level};
use crate::legal::lines::beginning;
use crate::legal::numbering::Number;
use crate::legal::outline::Outline;

/// A range has at most so many targets: `§§ 1 bis 999999` is a slip of the pen.
const MOST_TARGETS: usize = 1000;
/// Kinds of units that are counted and not printed.
const COUNTED: [&str; 4] = ["sentence", "half-sentence", "alternative", "unit"];

/// Looks up sections of one outline.
struct Index<'o> {
    text: &'o str,
    /// The first line that is not blank, as far as it may be a title.
    title: &'o str,
    outline: &'o Outline,
    /// Citable sections by number.
    sections: HashMap<Number, Vec<u32>>,
    /// Citable sections in the order of the text.
    order: Vec<u32>,
    /// The same in the order of their numbers.
    by_number: Vec<(Number, u32)>,
    /// What may be cited within a section, by it and its number.
    items: HashMap<(u32, Number), Vec<u32>>,
    children: Vec<Vec<u32>>,
    /// Kinds that are citable sections.
    citable: Vec<bool>,
    /// Those of them that sections have only in annexes.
    annexed: Vec<bool>,
}

pub(super) fn resolve(text: &str, outline: &Outline, references: &mut [Reference]) {
    let index = Index::new(text, outline);
    for reference in references {
        reference.source = index.at(reference.span.start);
        index.settle(reference);
    }
}

impl<'o> Index<'o> {
    fn new(text: &'o str, outline: &'o Outline) -> Self {
        let levels = Grammar::named(outline.system()).map_or(&[][..], |grammar| &grammar.levels);
        let is = |kind: &str, of: fn(&Level) -> &str| {
            levels.iter().any(|level| level.section && of(level) == kind)
        };
        let annexed: Vec<bool> =
            outline.kinds().iter().map(|kind| is(kind, |level| &level.annexed)).collect();
        let citable: Vec<bool> = outline
            .kinds()
            .iter()
            .zip(&annexed)
            .map(|(kind, &annexed)| annexed || is(kind, |level| &level.kind))
            .collect();
        let mut sections: HashMap<Number, Vec<u32>> = HashMap::new();
        let mut order = Vec::new();
        let mut items: HashMap<(u32, Number), Vec<u32>> = HashMap::new();
        let mut children = vec![Vec::new(); outline.sections().len()];
        for (at, section) in outline.sections().iter().enumerate() {
            let at = at as u32;
            if let Some(list) = section.parent.and_then(|up| children.get_mut(up as usize)) {
                list.push(at);
            }
            if citable.get(usize::from(section.kind)) == Some(&true) {
                sections.entry(section.value).or_default().push(at);
                order.push(at);
            } else if let Some(up) = section.parent {
                items.entry((up, section.value)).or_default().push(at);
            }
        }
        let value = |&at: &u32| outline.sections().get(at as usize).map(|section| section.value);
        let mut by_number: Vec<(Number, u32)> =
            order.iter().map(|at| (value(at).unwrap_or_default(), *at)).collect();
        by_number.sort_unstable();
        let title = text.trim_start();
        let title = beginning(title).lines().next().unwrap_or_default().trim_end();
        Self { text, title, outline, sections, order, by_number, items, children, citable, annexed }
    }

    /// The innermost section at a byte.
    fn at(&self, offset: usize) -> u32 {
        let sections = self.outline.sections();
        let after = sections.partition_point(|section| section.span.start <= offset);
        after.saturating_sub(1) as u32
    }

    fn parent(&self, at: u32) -> Option<u32> {
        self.outline.sections().get(at as usize).and_then(|section| section.parent)
    }

    fn kind(&self, at: u32) -> &str {
        self.outline.sections().get(at as usize).map_or("", |section| self.outline.kind(section))
    }

    fn value(&self, at: u32) -> Number {
        self.outline.sections().get(at as usize).map(|section| section.value).unwrap_or_default()
    }

    fn is_citable(&self, at: u32) -> bool {
        self.has_kind(at, &self.citable)
    }

    fn has_kind(&self, at: u32, kinds: &[bool]) -> bool {
        self.outline
            .sections()
            .get(at as usize)
            .is_some_and(|section| kinds.get(usize::from(section.kind)) == Some(&true))
    }

    /// The section and those it lies in, the innermost first.
    fn ancestors(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(at), |&at| self.parent(at))
    }

    fn settle(&self, reference: &mut Reference) {
        if reference.anchor == Anchor::Other && !self.names_this(reference) {
            reference.resolution = Resolution::External;
            return;
        }
        let found = match reference.anchor {
            Anchor::Law | Anchor::Other => self.in_law(reference),
            Anchor::Here(kind) => self.near(reference, kind),
            Anchor::Back(count) => self.back(reference, count),
        };
        (reference.targets, reference.resolution) = found;
    }

    /// Whether the law that a reference names is the one at hand, by its title in the first line.
    fn names_this(&self, reference: &Reference) -> bool {
        let Some(name) = reference.law.and_then(|law| self.text.get(law.range())) else {
            return false;
        };
        let (title, name) = (self.title, name.trim());
        name.len() >= 3
            && title.starts_with(name)
            && title
                .get(name.len()..)
                .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
            || (name.chars().count() <= 12 && title.contains(&format!("({name})")))
    }

    /// From the whole law: sections by number, containers by their path.
    fn in_law(&self, reference: &Reference) -> (Vec<u32>, Resolution) {
        let Some((first, rest)) = split_at_section(&reference.steps) else {
            return self.contained(0, reference);
        };
        if reference.upto.is_some() && rest.is_empty() {
            return self.range(first.number, reference.upto.unwrap_or_default());
        }
        let same = self.sections.get(&first.number).map_or(&[][..], Vec::as_slice);
        let candidates = self.nearest(same, reference.source);
        self.descend(&candidates, rest, reference)
    }

    /// Of sections with the same number those in the same annex, or else those in none.
    fn nearest(&self, same: &[u32], source: u32) -> Vec<u32> {
        if same.len() <= 1 {
            return same.to_vec();
        }
        // Those within the closest common ancestor stand together, around the source.
        let here = same.partition_point(|&at| at <= source);
        let around = here.saturating_sub(MOST_TARGETS / 2)..same.len().min(here + MOST_TARGETS / 2);
        let same = same.get(around).unwrap_or_default();
        // The closest common ancestor that is not the root decides.
        let above: Vec<u32> = self.ancestors(source).collect();
        let depth = |at: u32| {
            let up: Vec<u32> = self.ancestors(at).collect();
            above.iter().rev().zip(up.iter().rev()).take_while(|(a, b)| a == b).count()
        };
        let best = same.iter().map(|&at| depth(at)).max().unwrap_or(0);
        let mut near: Vec<u32> = same.iter().copied().filter(|&at| depth(at) == best).collect();
        // Nothing but the text in common: not a section of an annex.
        let own = |at: &u32| !self.has_kind(*at, &self.annexed);
        if best <= 1 && near.iter().any(own) {
            near.retain(own);
        }
        near
    }

    /// All sections from one number to another, in the order of the text.
    fn range(&self, from: Number, to: Number) -> (Vec<u32>, Resolution) {
        let first = self.by_number.partition_point(|&(number, _)| number < from);
        let mut inside: Vec<u32> = self
            .by_number
            .iter()
            .skip(first)
            .take_while(|(number, _)| *number <= to || number.extends(&to))
            .map(|&(_, at)| at)
            .take(MOST_TARGETS)
            .collect();
        inside.sort_unstable();
        let whole = self.sections.contains_key(&from) || self.sections.contains_key(&to);
        let resolution =
            if whole && !inside.is_empty() { Resolution::Resolved } else { Resolution::Dangling };
        (inside, resolution)
    }

    /// Follows items inwards.
    fn descend(
        &self,
        candidates: &[u32],
        steps: &[Step],
        reference: &Reference,
    ) -> (Vec<u32>, Resolution) {
        let mut targets = Vec::new();
        let mut missing = candidates.is_empty();
        for &candidate in candidates {
            let mut at = candidate;
            let mut last = None;
            for step in steps {
                if COUNTED.contains(&step.kind) {
                    continue;
                }
                if let Some(inner) = self.item(at, step) {
                    at = inner;
                    last = Some(step);
                } else {
                    // Paragraphs that are only counted stand for their section.
                    missing |= !matches!(step.kind, "subsection" | "paragraph")
                        || step.number.last() > 30
                        || self.has_items(at);
                    break;
                }
            }
            targets.push(at);
            if let (Some(upto), Some(last)) = (reference.upto, last) {
                let siblings = self.parent(at).and_then(|up| self.children.get(up as usize));
                for &sibling in siblings.into_iter().flatten() {
                    let value = self.value(sibling);
                    if value > last.number && value <= upto && self.kind(sibling) == self.kind(at) {
                        targets.push(sibling);
                    }
                }
            }
        }
        targets.truncate(MOST_TARGETS);
        let resolution = if missing {
            Resolution::Dangling
        } else if candidates.len() > 1 {
            Resolution::Ambiguous
        } else {
            Resolution::Resolved
        };
        (targets, resolution)
    }

    fn has_items(&self, at: u32) -> bool {
        self.children.get(at as usize).is_some_and(|children| !children.is_empty())
    }

    /// The item of this number within a section, not deeper than the next level of that style.
    fn item(&self, at: u32, step: &Step) -> Option<u32> {
        let children = self.children.get(at as usize)?;
        let fits = self.items.get(&(at, step.number)).map_or(&[][..], Vec::as_slice);
        if let Some(&child) = fits.iter().find(|&&child| self.kind(child) == step.kind) {
            return Some(child);
        }
        if let Some(&child) = fits.first() {
            return Some(child);
        }
        // `§ 3 (2)` where (2) lies within the one unnumbered paragraph.
        let mut open: Vec<u32> = children.iter().copied().take(64).collect();
        let mut looked = 0;
        while let Some(child) = open.pop() {
            looked += 1;
            if looked > 256 {
                return None;
            }
            if self.kind(child) == step.kind && self.value(child) == step.number {
                return Some(child);
            }
            if matches!(self.kind(child), "text" | "quoted" | "crossheading") {
                open.extend(self.children.get(child as usize).into_iter().flatten());
            }
        }
        None
    }

    /// `this chapter`, `subsection (b)`, `paragraph (1) of this subsection`.
    fn near(&self, reference: &Reference, kind: &str) -> (Vec<u32>, Resolution) {
        let source = reference.source;
        if kind == "law" {
            return if reference.steps.is_empty() {
                (vec![0], Resolution::Resolved)
            } else {
                self.in_law(reference)
            };
        }
        let fits = |at: &u32| {
            self.kind(*at) == kind
                || (matches!(kind, "section" | "article") && self.is_citable(*at))
        };
        let found = self.ancestors(source).find(fits);
        let Some((first, _)) = reference.steps.split_first() else {
            return match found {
                Some(at) => (vec![at], Resolution::Resolved),
                // A text without headings of that kind may be one such unit as a whole.
                None if matches!(kind, "title" | "part" | "chapter") => {
                    (vec![0], Resolution::Dangling)
                }
                None => (Vec::new(), Resolution::Dangling),
            };
        };
        if split_at_section(&reference.steps).is_some() {
            return self.in_law(reference);
        }
        if !is_inner(first.kind) {
            return self.contained(found.unwrap_or(0), reference);
        }
        // A unit named alone is the one of its kind nearest to where it is named.
        for at in self.ancestors(source) {
            if let Some(child) = self.item(at, first) {
                let rest = reference.steps.get(1..).unwrap_or_default();
                return self.descend(&[child], rest, reference);
            }
            if self.is_citable(at) {
                break;
            }
        }
        (found.into_iter().collect(), Resolution::Dangling)
    }

    /// Containers along their path below `root`: `subchapter IV` of `chapter 5`.
    fn contained(&self, root: u32, reference: &Reference) -> (Vec<u32>, Resolution) {
        let mut within = vec![root];
        for step in &reference.steps {
            let mut next = Vec::new();
            for &at in &within {
                self.containers(at, step, &mut next);
            }
            if next.is_empty() {
                return (Vec::new(), Resolution::Dangling);
            }
            within = next;
        }
        if reference.steps.is_empty() {
            return (Vec::new(), Resolution::Dangling);
        }
        let resolution =
            if within.len() == 1 { Resolution::Resolved } else { Resolution::Ambiguous };
        (within, resolution)
    }

    /// Containers of a kind and number below a section, at any depth above the citable sections.
    fn containers(&self, at: u32, step: &Step, out: &mut Vec<u32>) {
        let mut open: Vec<u32> = vec![at];
        while let Some(at) = open.pop() {
            for &child in self.children.get(at as usize).into_iter().flatten().rev() {
                if self.is_citable(child) || out.len() >= MOST_TARGETS {
                    continue;
                }
                let kind = self.kind(child);
                let same = kind == step.kind || (step.kind == "annex" && kind == "schedule");
                if same && self.value(child) == step.number {
                    out.push(child);
                }
                open.push(child);
            }
        }
    }

    /// The sections before the one at hand, or behind it.
    fn back(&self, reference: &Reference, count: i32) -> (Vec<u32>, Resolution) {
        let own = self.ancestors(reference.source).find(|&at| self.is_citable(at));
        let place = own.and_then(|own| self.order.binary_search(&own).ok());
        let Some(place) = place else { return (Vec::new(), Resolution::Dangling) };
        let size = count.unsigned_abs() as usize;
        let targets: Vec<u32> = if count > 0 {
            self.order.get(place.saturating_sub(size)..place).unwrap_or_default().to_vec()
        } else {
            self.order.iter().skip(place + 1).take(size).copied().collect()
        };
        if targets.len() < size {
            return (targets, Resolution::Dangling);
        }
        if targets.len() == 1 {
            return self.descend(&targets, &reference.steps, reference);
        }
        (targets, Resolution::Resolved)
    }
}

/// The step of the citable section and what is inside of it.
fn split_at_section(steps: &[Step]) -> Option<(&Step, &[Step])> {
    let at = steps.iter().position(|step| matches!(step.kind, "section" | "article"))?;
    Some((steps.get(at)?, steps.get(at + 1..).unwrap_or_default()))
}

fn is_inner(kind: &str) -> bool {
    !matches!(
        kind,
        "chapter"
            | "subchapter"
            | "part"
            | "subpart"
            | "title"
            | "subtitle"
            | "unit"
            | "annex"
            | "division"
    )
}
