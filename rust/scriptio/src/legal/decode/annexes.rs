//! What begins annexes, and what ends them.

use super::{Attach, Cost, Decoder, Entry, FLOWS, ROOT, State, parent_flow};
use crate::legal::candidate::Reading;
use crate::legal::numbering::Step;

/// The sections go on behind an annex that is quoted, or that has no sections of its own yet.
const LEAVES: Cost = 6;
/// The same where nothing shows that it is no annex: more than a small gap within it.
const LEAVES_UNSHOWN: Cost = 20;
/// So many annexes in a row are left.
pub(in crate::legal) const ANNEXES: usize = 8;

impl Decoder<'_, '_> {
    /// Whether no heading is open that something may be annexed to.
    pub(super) fn nothing_yet(&self, state: State) -> bool {
        let mut at = state.top;
        if self.entry(at).flows != [ROOT; FLOWS] {
            return false;
        }
        while at != ROOT {
            let entry = self.entry(at);
            if self
                .order
                .grammar
                .level(entry.level)
                .is_some_and(|l| !(l.item || l.isolates || l.heading && entry.index == 0))
            {
                return false;
            }
            at = entry.parent;
        }
        true
    }

    /// A section that goes on behind an annex with the number after the last one before it: what was
    /// taken for an annex is quoted, or is no annex at all.
    pub(super) fn leave_annex(&mut self, state: State, reading: &Reading, which: u32, slot: usize) {
        let own = parent_flow(self.entry(state.top), slot);
        let (mut at, mut left) = (state.top, 0);
        // Whether a sign of quotation is there, and whether an annex before counts up to this.
        let (mut quoted, mut counted) = (false, false);
        while let Some(annex) = self.annex_of(at) {
            if left == ANNEXES {
                return;
            }
            left += 1;
            let announced = self.candidates.candidates.get(annex.candidate as usize);
            quoted |= annex.number.len() > 1 || announced.is_some_and(|c| c.announced);
            at = annex.prev;
            counted |= self.annex_of(at).is_some()
                && parent_flow(self.entry(at), slot).is_some_and(|flow| {
                    self.entry(flow).number.step(&reading.number) == Step::Next
                });
        }
        let last = parent_flow(self.entry(at), slot).filter(|_| left > 0);
        let Some(before) = last.map(|last| *self.entry(last)) else { return };
        if before.number.step(&reading.number) == Step::Next {
            let index = before.index.saturating_add(1);
            let shown = quoted || own.is_none() && !counted;
            let cost = if shown { LEAVES } else { LEAVES_UNSHOWN };
            let attach =
                Attach { reading: which, parent: before.parent, index, own: cost, flows: at };
            self.push(state, reading, attach);
        }
    }

    /// The annex that an entry is or lies in.
    fn annex_of(&self, mut at: u32) -> Option<&Entry> {
        while at != ROOT {
            let entry = self.entry(at);
            if self.order.grammar.level(entry.level).is_some_and(|level| level.isolates) {
                return Some(entry);
            }
            at = entry.parent;
        }
        None
    }

    /// Whether an entry has the label of a reading of its level, whatever the case.
    pub(super) fn labelled_alike(&self, entry: &Entry, reading: &Reading) -> bool {
        let forms = self.order.grammar.level(reading.level).map(|level| &level.forms);
        let label = |form: u8| {
            forms.and_then(|forms| forms.get(usize::from(form))).map(|form| form.before.as_str())
        };
        let (own, other) = (self.form(entry).and_then(label), label(reading.form));
        own.zip(other).is_some_and(|(own, other)| own.eq_ignore_ascii_case(other))
    }
}
