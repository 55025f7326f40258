//! The one tree that explains all candidates best.
//!
//! Candidates are taken in order. A *state* is a stack of open sections; each
//! reading of a candidate may extend each state in a few ways (sibling of an
//! open section, first of a new list, or no heading at all), and every way
//! has a cost: nothing for the number after the last one, more for gaps,
//! much for steps back. The cheapest states go on. What a later candidate
//! shows can thus decide an earlier one: `(i)` after `(h)` is a letter if
//! `(j)` follows and a Roman one if `(ii)` does.
//!
//! Stacks share their tails, so a step costs no copying; the beam and the
//! depth are bounded, so time is linear in the number of candidates.

mod annexes;

pub(super) use self::annexes::ANNEXES;
pub(super) use super::candidate::Cost;
use super::candidate::{Candidate, Candidates, Reading};
use super::grammar::{Grammar, Level};
use super::numbering::{Number, Numerals, Step};
use super::order::Learned;

/// States that are kept.
const BEAM: usize = 10;
/// A state this much worse than the best is dropped.
const MARGIN: Cost = 140;
/// Sections inside sections; deeper ones are taken for text.
const DEEPEST: u8 = 24;
/// An annex before all sections is an entry of a list, or the label of the document itself.
const MISPLACED: Cost = 200;
/// A heading that only its number tells, of a level above sections that have come already.
const LATE: Cost = 45;
/// A list goes on rather than that a section follows which is printed as its elements are.
const LISTED: Cost = 10;
/// A letter or Roman numeral that heads a part and is not the first.
const UNBEGUN: Cost = 90;
/// A list behind a line that ends all lists.
const ENDED: Cost = 40;
/// A list in no section, where what begins it may be a section.
const UNHEADED: Cost = 50;
/// The entry of the whole text.
const ROOT: u32 = 0;
/// Levels whose numbers run through the document.
const FLOWS: usize = 4;

/// A heading that was accepted in some state.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Of the candidate, and of its reading.
    candidate: u32,
    reading: u32,
    level: u8,
    depth: u8,
    /// How many siblings of the list come before.
    index: u16,
    number: Number,
    parent: u32,
    /// The entry accepted before this one.
    prev: u32,
    /// The last entries of the levels that flow.
    flows: [u32; FLOWS],
    hash: u64,
}

/// The entry of the whole text.
static WHOLE: Entry = Entry {
    candidate: u32::MAX,
    reading: 0,
    level: u8::MAX,
    depth: 0,
    index: 0,
    number: Number::EMPTY,
    parent: ROOT,
    prev: ROOT,
    flows: [ROOT; FLOWS],
    hash: 0x9E37_79B9_7F4A_7C15,
};

#[derive(Debug, Clone, Copy)]
struct State {
    top: u32,
    last: u32,
    cost: Cost,
    /// Of the step that led here.
    hash: u64,
}

/// A heading of the best tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub(super) candidate: u32,
    pub(super) reading: u32,
    /// Index into the accepted headings; none for a child of the root.
    pub(super) parent: Option<u32>,
    /// What it cost: high where the numbering contradicts itself.
    pub(super) cost: Cost,
    /// Numbering begins anew inside.
    pub(super) isolates: bool,
}

/// Ranks of the levels, perhaps learned from the document.
pub(super) struct Order<'g> {
    pub(super) grammar: &'g Grammar,
    /// The rank of each level: a section is inside those of lower rank.
    ranks: Vec<u8>,
    /// The slot of each level that flows.
    slots: Vec<Option<usize>>,
    first_item: u8,
    /// Sections begin anew below each heading of the levels above them.
    anew: bool,
}

impl<'g> Order<'g> {
    pub(super) fn new(grammar: &'g Grammar, learned: Learned) -> Self {
        let mut free = 0..FLOWS;
        let slots = grammar
            .levels
            .iter()
            .map(|level| if level.section || level.flow { free.next() } else { None })
            .collect();
        let first_item = grammar.levels.iter().position(|level| level.item).unwrap_or(0) as u8;
        Self { grammar, ranks: learned.ranks, slots, first_item, anew: learned.anew }
    }

    fn rank(&self, level: u8) -> u8 {
        self.ranks.get(usize::from(level)).copied().unwrap_or(0)
    }

    fn slot(&self, level: u8) -> Option<usize> {
        self.slots.get(usize::from(level)).copied().flatten()
    }
}

/// Decodes `candidates` into the best tree.
pub(super) fn decode(candidates: &Candidates, order: &Order<'_>) -> Vec<Accepted> {
    let mut decoder = Decoder {
        candidates,
        order,
        entries: Vec::with_capacity(candidates.candidates.len() * 2 + 1),
        costs: Vec::new(),
        next: Vec::new(),
        best: Cost::MAX,
    };
    decoder.entries.push(WHOLE);
    decoder.costs.push(0);
    decoder.run()
}

struct Decoder<'c, 'g> {
    candidates: &'c Candidates,
    order: &'c Order<'g>,
    entries: Vec<Entry>,
    /// What accepting each entry cost.
    costs: Vec<Cost>,
    next: Vec<Way>,
    /// The least cost of a way for the candidate at hand.
    best: Cost,
}

/// A way to go on from a state.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: State,
    cost: Cost,
    /// None: the candidate is text.
    accept: Option<Attach>,
    hash: u64,
}

#[derive(Debug, Clone, Copy)]
struct Attach {
    reading: u32,
    parent: u32,
    index: u16,
    own: Cost,
    /// The entry whose numbers go on.
    flows: u32,
}

impl Decoder<'_, '_> {
    fn entry(&self, at: u32) -> &Entry {
        // No index is ever made up, so the other one is never taken.
        self.entries.get(at as usize).unwrap_or(&WHOLE)
    }

    fn run(&mut self) -> Vec<Accepted> {
        let mut beam = vec![State { top: ROOT, last: ROOT, cost: 0, hash: WHOLE.hash }];
        let mut previous = u32::MAX;
        for (index, candidate) in self.candidates.candidates.iter().enumerate() {
            let index = index as u32;
            self.next.clear();
            self.best = Cost::MAX - MARGIN;
            for &state in &beam {
                let open = !candidate.chained || self.entry(state.last).candidate == previous;
                self.reject(state, candidate, open);
                if open {
                    self.accept(state, candidate);
                }
            }
            self.keep(&mut beam, index);
            previous = index;
        }
        let best = beam.iter().min_by_key(|state| state.cost).map_or(ROOT, |state| state.last);
        self.trace(best)
    }

    fn reject(&mut self, state: State, candidate: &Candidate, open: bool) {
        let cost = state.cost + if open { candidate.reject } else { 0 };
        self.go(Way { from: state, cost, accept: None, hash: state.hash });
    }

    /// Notes a way, unless it is too bad to be kept.
    fn go(&mut self, way: Way) {
        if way.cost <= self.best + MARGIN {
            self.best = self.best.min(way.cost);
            self.next.push(way);
        }
    }

    /// All ways to accept a candidate in a state.
    fn accept(&mut self, state: State, candidate: &Candidate) {
        let candidates = self.candidates;
        for (offset, reading) in candidates.readings_of(candidate).iter().enumerate() {
            let Some(level) = self.order.grammar.level(reading.level) else { continue };
            let which = candidate.first + offset as u32;
            if level.item {
                self.accept_item(state, candidate, reading, which);
            } else {
                self.accept_labelled(state, candidate, reading, which, level);
            }
        }
    }

    /// Notes the way that accepts a reading so, with what speaks against the reading itself.
    fn push(&mut self, state: State, reading: &Reading, attach: Attach) {
        let own = attach.own + reading.cost;
        let above = self.entry(attach.parent);
        if above.depth >= DEEPEST || state.cost + own > self.best + MARGIN {
            return;
        }
        let first = attach.index == 0;
        let hash = mix(above.hash, u64::from(reading.level), &reading.last, first);
        self.go(Way {
            from: state,
            cost: state.cost + own,
            accept: Some(Attach { own, ..attach }),
            hash,
        });
    }

    /// A heading with a label: closes what ranks at or below it.
    fn accept_labelled(
        &mut self,
        state: State,
        candidate: &Candidate,
        reading: &Reading,
        which: u32,
        level: &Level,
    ) {
        let attach =
            |parent, index, own| Attach { reading: which, parent, index, own, flows: state.top };
        let rank = self.order.rank(reading.level);
        let (mut at, mut sibling, mut cost) = (state.top, None, 0);
        let mut listed = false;
        while at != ROOT {
            let entry = *self.entry(at);
            if self.order.rank(entry.level) < rank {
                break;
            }
            if entry.level == reading.level {
                sibling = Some(entry);
            }
            listed |= self.goes_on(&entry, reading);
            cost += self.closing(&entry);
            at = entry.parent;
        }
        let parent = *self.entry(at);
        let slot = self.order.slot(reading.level);
        if let (true, Some(slot)) = (level.section && !reading.unnumbered, slot) {
            self.leave_annex(state, reading, which, slot);
        }
        let flow = slot.and_then(|slot| parent_flow(self.entry(state.top), slot));
        let before = sibling.or_else(|| flow.map(|flow| *self.entry(flow)));
        // Exhibits and schedules are counted each by themselves.
        let before = before.filter(|entry| !level.isolates || self.labelled_alike(entry, reading));
        let index = sibling.map_or(0, |entry| entry.index.saturating_add(1));
        if listed && before.is_some_and(|before| self.form(&before) != Some(reading.form)) {
            cost += LISTED;
        }
        if reading.unnumbered {
            self.push(state, reading, attach(at, index, cost + 4));
            return;
        }
        cost += match before {
            None => self.start(reading, level, &parent),
            Some(before) => {
                let fresh = sibling.is_none() || candidate.ends_lists;
                let step = before.number.step(&reading.number);
                match step {
                    Step::Next => 0,
                    Step::Insert => 3,
                    Step::Carry => 2,
                    Step::Gap(gap) => {
                        let fresh_start = fresh && reading.number.is_first();
                        if fresh_start { 4 } else { 6 + gap_cost(gap) }
                    }
                    Step::Same | Step::Back if fresh && reading.number.is_first() => {
                        match (level.section, self.order.anew) {
                            (true, false) => 25,
                            (true, true) => 2,
                            (false, _) => 0,
                        }
                    }
                    Step::Same => 60,
                    Step::Back => 75,
                }
            }
        };
        if level.heading && before.is_none() && self.below(state, rank) {
            // A level above sections is met before them: this is a list among them.
            cost += LATE;
        }
        if level.isolates && sibling.is_none() && self.nothing_yet(state) {
            // Annexes stand behind what they are annexed to.
            cost += if level.behind { MISPLACED } else { 30 };
        }
        if level.prefix {
            cost += self.prefix_cost(at, reading, &parent, sibling.as_ref());
        }
        self.push(state, reading, attach(at, index, cost));
    }

    /// Which form of its level an entry has.
    fn form(&self, entry: &Entry) -> Option<u8> {
        self.candidates.readings.get(entry.reading as usize).map(|reading| reading.form)
    }

    /// Whether a reading has the next number of a list, printed as its elements are.
    fn goes_on(&self, entry: &Entry, reading: &Reading) -> bool {
        let grammar = self.order.grammar;
        let Some(list) = grammar.level(entry.level).filter(|level| level.item) else {
            return false;
        };
        let forms = grammar.level(reading.level).map(|level| &level.forms);
        let own = self.form(entry).and_then(|form| list.forms.get(usize::from(form)));
        let other = forms.and_then(|forms| forms.get(usize::from(reading.form)));
        own == other && entry.number.step(&reading.number) == Step::Next
    }

    /// Whether a section of a level below this rank came before.
    fn below(&self, state: State, rank: u8) -> bool {
        let flows = self.entry(state.top).flows;
        flows.iter().any(|&at| at != ROOT && self.order.rank(self.entry(at).level) > rank)
    }

    /// What it costs to begin a level of headings with this number.
    fn start(&self, reading: &Reading, level: &Level, parent: &Entry) -> Cost {
        if reading.number.is_first()
            || (reading.number.len() > 1 && !(level.prefix && level.section))
        {
            2
        } else if level.heading && !level.section && !level.numbers.contains(&Numerals::Ordinal) {
            // `C. Brown` behind `President:`.
            UNBEGUN
        } else if level.prefix && level.section {
            // `2.01` begins an article, `2.02` does not, and `6.01` no annex.
            let late = |part: u32| if part <= 1 { 0 } else { 6 + gap_cost(part) / 2 };
            let within = self.order.grammar.level(parent.level).is_some_and(|l| !l.isolates);
            let head = reading.number.parts().first().copied().unwrap_or(0);
            2 + late(reading.number.last()) + if within { 0 } else { late(head) }
        } else if level.section {
            8 + gap_cost(reading.number.last()) / 2
        } else {
            15 + gap_cost(reading.number.last()) / 2
        }
    }

    /// What it costs not to begin as the number of the parent does; where the heading of an article
    /// is lost, once for all of its sections.
    fn prefix_cost(
        &self,
        at: u32,
        reading: &Reading,
        parent: &Entry,
        sibling: Option<&Entry>,
    ) -> Cost {
        if at == ROOT || self.order.grammar.level(parent.level).is_none_or(|l| l.isolates) {
            return 0;
        }
        let head = reading.number.parts().get(..reading.number.len() - 1).unwrap_or_default();
        if head == parent.number.parts()
            || head == parent.number.parts().get(..1).unwrap_or_default()
        {
            -5
        } else if sibling.is_some_and(|before| before.number.parts().starts_with(head)) {
            0
        } else {
            40
        }
    }

    /// An enumerated part: next of an open list, or first of a new one.
    fn accept_item(&mut self, state: State, candidate: &Candidate, reading: &Reading, which: u32) {
        let attach =
            |parent, index, own| Attach { reading: which, parent, index, own, flows: state.top };
        let level = reading.level;
        let rank = self.order.rank(level);
        let implicit = self.order.grammar.level(level).is_some_and(|level| level.implicit);
        let first = reading.unnumbered
            || reading.number.is_first()
            || (implicit && reading.number.parts() == [2]);
        let (mut at, mut closing) = (state.top, 0);
        let mut siblings = 0;
        let mut fresh = false;
        // `NOW, THEREFORE, the parties agree:` announces no part of a recital.
        if candidate.ends_lists && self.entry(at).depth > 0 {
            closing += ENDED;
        }
        // What was just announced is closed without having begun.
        let ignored = if candidate.announced { 8 } else { 0 };
        let unannounced = match candidate {
            Candidate { announced: true, .. } | Candidate { chained: true, .. } => 0,
            // In the middle of a paragraph.
            Candidate { weak: true, .. } => 20,
            _ => 4,
        };
        loop {
            let entry = *self.entry(at);
            let is_item =
                at != ROOT && self.order.grammar.level(entry.level).is_some_and(|level| level.item);
            if is_item && entry.level == level {
                let step = if reading.unnumbered {
                    0
                } else {
                    match entry.number.step(&reading.number) {
                        Step::Next => 0,
                        Step::Insert => 4,
                        Step::Carry => 8,
                        Step::Gap(gap) => 16 + gap_cost(gap),
                        Step::Same => 60,
                        Step::Back if first => 28,
                        Step::Back => 70,
                    }
                };
                let restart = first && step >= 28;
                let index = if restart { 0 } else { entry.index.saturating_add(1) };
                let cost = step + closing + ignored + if siblings > 0 { 2 } else { 0 };
                if siblings == 0 || step < 28 {
                    self.push(state, reading, attach(entry.parent, index, cost));
                }
                siblings += 1;
                if siblings > 2 {
                    return;
                }
            } else if !fresh && (!is_item || self.order.rank(entry.level) < rank) {
                // The first place from the inside where a list of this level belongs.
                fresh = true;
                let skipped = if is_item {
                    rank.saturating_sub(self.order.rank(entry.level) + 1)
                } else {
                    rank.saturating_sub(self.order.first_item)
                };
                let mut cost = closing + Cost::from(skipped.min(4)) * 2 + unannounced;
                if at != state.top {
                    cost += if candidate.flush { 2 } else { 6 + ignored };
                } else if candidate.flush && is_item {
                    cost += 12;
                }
                if !first {
                    cost += 40 + gap_cost(reading.number.last());
                }
                if at == ROOT && !implicit && self.headed(candidate) {
                    cost += UNHEADED;
                }
                self.push(state, reading, attach(at, 0, cost));
            } else if candidate.flush && first && at != state.top {
                // A list announced behind another list, in what holds that one.
                let beside = Cost::from(self.entry(state.top).depth.saturating_sub(entry.depth));
                self.push(state, reading, attach(at, 0, closing + 2 * beside));
            } else if at == state.top && is_item && self.order.rank(entry.level) > rank {
                // Against the usual order: `(1)` inside `(A)`.
                let mut cost = if self.announces(&entry, candidate) { 8 } else { 22 + unannounced };
                if !first {
                    cost += 40 + gap_cost(reading.number.last());
                }
                self.push(state, reading, attach(at, 0, cost));
            }
            if !is_item {
                return;
            }
            closing += self.closing(&entry);
            at = entry.parent;
        }
    }

    /// Whether a list begins right behind the line of an entry, and that line announces it.
    fn announces(&self, entry: &Entry, candidate: &Candidate) -> bool {
        let own = self.candidates.candidates.get(entry.candidate as usize);
        candidate.announced && own.is_some_and(|own| own.line + 1 == candidate.line)
    }

    /// Whether a candidate may be a section as well as an element of a list.
    fn headed(&self, candidate: &Candidate) -> bool {
        let section = |reading: &Reading| {
            self.order.grammar.level(reading.level).is_some_and(|level| level.section)
        };
        self.candidates.readings_of(candidate).iter().any(section)
    }

    /// A list of one element is rarely meant.
    fn closing(&self, entry: &Entry) -> Cost {
        let item = self.order.grammar.level(entry.level).is_some_and(|level| level.item);
        if item && entry.index == 0 && !entry.number.parts().is_empty() { 5 } else { 0 }
    }

    /// Sorts out the best steps and makes states of them.
    fn keep(&mut self, beam: &mut Vec<State>, candidate: u32) {
        beam.clear();
        let mut steps = std::mem::take(&mut self.next);
        steps.sort_by_key(|step| step.cost);
        let best = steps.first().map_or(0, |step| step.cost);
        for step in &steps {
            if beam.len() >= BEAM || step.cost > best + MARGIN {
                break;
            }
            if beam.iter().any(|state| state.hash == step.hash) {
                continue;
            }
            let state = match step.accept {
                None => State { cost: step.cost, ..step.from },
                Some(attach) => {
                    let at = self.add(candidate, step, attach);
                    State { top: at, last: at, cost: step.cost, hash: step.hash }
                }
            };
            beam.push(state);
        }
        // Costs count from the best state, so that they cannot overflow.
        for state in beam.iter_mut() {
            state.cost -= best;
        }
        self.next = steps;
    }

    fn add(&mut self, candidate: u32, step: &Way, attach: Attach) -> u32 {
        let at = self.entries.len() as u32;
        let depth = self.entry(attach.parent).depth + 1;
        let Some(reading) = self.candidates.readings.get(attach.reading as usize).copied() else {
            return ROOT;
        };
        let isolates = self.order.grammar.level(reading.level).is_some_and(|level| level.isolates);
        let mut flows = self.entry(attach.flows).flows;
        if isolates {
            flows = [ROOT; FLOWS];
        } else if let Some(slot) = self.order.slot(reading.level)
            && let Some(place) = flows.get_mut(slot)
        {
            *place = at;
        }
        self.entries.push(Entry {
            candidate,
            reading: attach.reading,
            level: reading.level,
            depth,
            index: attach.index,
            number: reading.last,
            parent: attach.parent,
            prev: step.from.last,
            flows,
            hash: step.hash,
        });
        self.costs.push(attach.own);
        at
    }

    /// The headings that led to `last`, in order.
    fn trace(&self, last: u32) -> Vec<Accepted> {
        let mut path = Vec::new();
        let mut at = last;
        while at != ROOT {
            path.push(at);
            at = self.entry(at).prev;
        }
        path.reverse();
        path.iter()
            .map(|&at| {
                let entry = self.entry(at);
                let parent = if entry.parent == ROOT {
                    None
                } else {
                    path.binary_search(&entry.parent).ok().map(|at| at as u32)
                };
                Accepted {
                    candidate: entry.candidate,
                    reading: entry.reading,
                    parent,
                    cost: self.costs.get(at as usize).copied().unwrap_or(0),
                    isolates: self
                        .order
                        .grammar
                        .level(entry.level)
                        .is_some_and(|level| level.isolates),
                }
            })
            .collect()
    }
}

fn parent_flow(top: &Entry, slot: usize) -> Option<u32> {
    top.flows.get(slot).copied().filter(|&at| at != ROOT)
}

/// Four for each doubling: a gap of two is likelier than one of two hundred, but not by much.
fn gap_cost(gap: u32) -> Cost {
    4 * (32 - gap.min(4096).leading_zeros()) as Cost
}

fn mix(parent: u64, level: u64, number: &Number, alone: bool) -> u64 {
    let mut hash = parent ^ (level << 1 | u64::from(alone)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    for &part in number.parts() {
        hash = (hash.rotate_left(23) ^ u64::from(part)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 31)
}
