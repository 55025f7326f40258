//! From a partition to atoms: units that fit, none of them cut without need.

use super::levels::{Level, shreds};
use super::measure::Measure;
use super::sizer::Unit;
use super::{Break, BreakKind, Chunker};
use crate::offsets::count_chars;
use crate::{Error, Span};

/// Breaks of higher levels count as of this one, so that a chain of ever
/// smaller sections takes no more passes than this.
const MAX_LEVEL: u32 = 63;

/// Bytes that a token is taken to have at most, as a first guess.
const TOKEN_BYTES: usize = 4;

/// A unit that fits into a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Without a prefix.
    pub(super) size: usize,
    /// Of the prefix of a chunk that starts with it.
    pub(super) prefix: usize,
    /// Whether no chunk goes across its start.
    pub(super) head: bool,
    /// Whether no chunk overlaps across its start.
    pub(super) closed: bool,
}

struct Planner<'a> {
    chunker: &'a Chunker,
    text: &'a str,
    breaks: &'a [Break],
    measure: &'a Measure<'a>,
    atoms: Vec<Atom>,
}

/// The atoms of `text` in order, which partition it.
pub(super) fn atoms(
    chunker: &Chunker,
    text: &str,
    breaks: &[Break],
    measure: &Measure<'_>,
) -> Result<Vec<Atom>, Error> {
    let mut planner = Planner { chunker, text, breaks, measure, atoms: Vec::new() };
    planner.plan()?;
    let mut atoms = planner.atoms;
    atoms.sort_unstable_by_key(|atom| atom.start);
    mark_closed(&mut atoms, breaks);
    Ok(atoms)
}

impl Planner<'_> {
    fn plan(&mut self) -> Result<(), Error> {
        let mut cuts = Vec::new();
        let whole = Span::new(0, self.text.len());
        let apart = |place: &&Break| place.kind == BreakKind::Apart;
        cuts.extend(self.breaks.iter().filter(apart).map(|place| place.offset));
        let roots = divided(whole, &cuts);
        let mut large = self.sorted_out(&roots, |_| true)?;
        for level in levels_of(self.breaks) {
            let breaks = self.breaks;
            let merge = self.chunker.merge;
            large = self.stage(large, !merge, |span, cuts| {
                let from = breaks.partition_point(|place| place.offset <= span.start);
                let inside = breaks.iter().skip(from).take_while(|place| place.offset < span.end);
                let of_level = inside.filter(|place| place.level.min(MAX_LEVEL) <= level);
                cuts.extend(of_level.map(|place| place.offset));
            })?;
        }
        let (text, sentences) = (self.text, &self.chunker.sentences);
        let below = self.chunker.levels.iter().copied().filter(|&level| level != Level::Word);
        for level in below.chain([Level::Word]) {
            large = self.stage(large, false, |span, cuts| {
                level.cuts(text.get(span.range()).unwrap_or_default(), span.start, sentences, cuts);
            })?;
        }
        self.shred(large)
    }

    /// Cut every span, keep what fits as atoms, and give back what does not.
    fn stage(
        &mut self,
        large: Vec<Span>,
        alone: bool,
        cut: impl Fn(Span, &mut Vec<usize>),
    ) -> Result<Vec<Span>, Error> {
        let mut units = Vec::new();
        let mut uncut = Vec::new();
        let mut cuts = Vec::new();
        let mut firsts = Vec::new();
        for span in large {
            cuts.clear();
            cut(span, &mut cuts);
            if cuts.is_empty() {
                uncut.push(span);
                continue;
            }
            firsts.push(units.len());
            units.append(&mut divided(span, &cuts));
        }
        let mut firsts = firsts.into_iter().peekable();
        let mut large = self.sorted_out(&units, |i| firsts.next_if_eq(&i).is_some() || alone)?;
        large.append(&mut uncut);
        Ok(large)
    }

    /// Keep the units that fit as atoms; the others. `heads` tells of each
    /// unit, in order, whether it is kept apart from the one before it.
    fn sorted_out(
        &mut self,
        units: &[Span],
        mut heads: impl FnMut(usize) -> bool,
    ) -> Result<Vec<Span>, Error> {
        let mut large = Vec::new();
        let sizes = self.measure.fitting(units)?;
        let mut after_large = true;
        for (i, (&unit, size)) in units.iter().zip(sizes).enumerate() {
            let head = heads(i) || after_large;
            after_large = size.is_none();
            match size {
                Some(size) => self.push(unit, size, head),
                None => large.push(unit),
            }
        }
        Ok(large)
    }

    fn push(&mut self, unit: Span, size: usize, head: bool) {
        let prefix = self.measure.prefix_at(unit.start).1;
        let Span { start, end } = unit;
        self.atoms.push(Atom { start, end, size, prefix, head, closed: false });
    }

    /// How large pieces of a unit without white space are: a chunk, or with
    /// overlap small enough that one of them can be repeated.
    fn piece(&self) -> usize {
        let Chunker { size, overlap, .. } = *self.chunker;
        if overlap == 0 { size } else { (overlap / 4).max(size / 64).clamp(1, overlap) }
    }

    /// Cut what has no white space: at graphemes, then at code points.
    fn shred(&mut self, large: Vec<Span>) -> Result<(), Error> {
        // Each of these starts a chunk, and one that starts at its end is as short as one can be.
        for &Span { start, end } in &large {
            for place in [start, end.saturating_sub(1)] {
                if self.measure.prefix_at(place).1 >= self.chunker.size {
                    return Err(self.measure.refusal(Span::new(place, end)));
                }
            }
        }
        let mut large = match self.measure.unit() {
            Some(Unit::Chars) => self.shred_by(large, |_| 1)?,
            Some(Unit::Bytes) => self.shred_by(large, char::len_utf8)?,
            _ => self.shred_by_guess(large)?,
        };
        // What is left is too large in part: after a prefix that is longer than the first one.
        while !large.is_empty() {
            if let Some(&one) = large.iter().find(|&&span| count_chars(self.bytes(span)) <= 1) {
                return Err(self.measure.refusal(one));
            }
            let text = self.text;
            large = self.stage(large, false, |span, cuts| {
                let slice = text.get(span.range()).unwrap_or_default();
                shreds(slice, span.start, slice.len() / 2, char::len_utf8, cuts);
            })?;
        }
        Ok(())
    }

    fn shred_by(
        &mut self,
        large: Vec<Span>,
        weight: impl Fn(char) -> usize + Copy,
    ) -> Result<Vec<Span>, Error> {
        let (text, measure, piece) = (self.text, self.measure, self.piece());
        let size = self.chunker.size;
        self.stage(large, false, |span, cuts| {
            // Behind the first code point, what is open at the end stands before every chunk.
            let prefix = measure.prefix_at(span.end.saturating_sub(1)).1;
            let most = size.saturating_sub(prefix.max(measure.prefix_at(span.start).1));
            let slice = text.get(span.range()).unwrap_or_default();
            shreds(slice, span.start, piece.min(most), weight, cuts);
        })
    }

    fn shred_by_guess(&mut self, large: Vec<Span>) -> Result<Vec<Span>, Error> {
        let (text, piece) = (self.text, self.piece());
        self.stage(large, false, |span, cuts| {
            let slice = text.get(span.range()).unwrap_or_default();
            shreds(slice, span.start, piece.saturating_mul(TOKEN_BYTES), char::len_utf8, cuts);
        })
    }

    fn bytes(&self, span: Span) -> &[u8] {
        self.measure.slice(span).as_bytes()
    }
}

/// The levels of breaks, in order.
fn levels_of(breaks: &[Break]) -> Vec<u32> {
    let mut seen = [false; MAX_LEVEL as usize + 1];
    for place in breaks {
        if let Some(seen) = seen.get_mut(place.level.min(MAX_LEVEL) as usize) {
            *seen = true;
        }
    }
    (0..).zip(seen).filter(|&(_, seen)| seen).map(|(level, _)| level).collect()
}

/// The parts of `span` between `cuts`, which rise; those outside mean nothing.
fn divided(span: Span, cuts: &[usize]) -> Vec<Span> {
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    let mut start = span.start;
    for &cut in cuts.iter().chain([&span.end]) {
        if cut > start && cut <= span.end {
            parts.push(Span::new(start, cut));
            start = cut;
        }
    }
    parts
}

/// Note at which atoms a break stands that no overlap crosses.
fn mark_closed(atoms: &mut [Atom], breaks: &[Break]) {
    let mut closed = breaks.iter().filter(|place| place.kind != BreakKind::Open).peekable();
    for atom in atoms {
        while closed.next_if(|place| place.offset < atom.start).is_some() {}
        atom.closed = atom.start == 0 || closed.peek().is_some_and(|p| p.offset == atom.start);
    }
}
