//! The order of levels, learned from the document within its grammar.
//!
//! Uruguay's constitution has sections above chapters, other texts of the
//! same language chapters above sections: which of two levels is the upper
//! one is said by their numbers. Where chapters begin anew after a heading of
//! a section, sections are above chapters. The same holds for elements of
//! lists: `(a)` is above `(1)` in one agreement and below it in the next.

use super::candidate::{Candidate, Candidates, Reading};
use super::decode::Cost;
use super::grammar::{Grammar, Level};
use super::numbering::{Number, Step};

/// Readings that cost more tell nothing.
const CLEAR: Cost = 10;
/// So much more evidence moves a level against the order of the grammar.
const ENOUGH: i32 = 1;
/// So much more moves lists, of which a document has several orders.
const ENOUGH_LISTS: i32 = 2;
/// So many parts whose sections begin anew show that all do.
const ANEW: u32 = 2;

/// What a document shows of its levels.
pub(super) struct Learned {
    /// The rank of each level of the grammar; a section is inside those of lower rank.
    pub(super) ranks: Vec<u8>,
    /// Sections begin anew below each heading of the levels above them.
    pub(super) anew: bool,
}

/// Learns the order of levels.
pub(super) fn learn(candidates: &Candidates, grammar: &Grammar) -> Learned {
    let first = grammar.levels.iter().position(|level| level.section).unwrap_or(0);
    let heading = |level: &Level| !(level.item || level.isolates || level.section || level.fixed);
    let mut ranks: Vec<u8> = (0..grammar.levels.len()).map(|at| at as u8).collect();
    let mut order = |lists: bool, enough: i32, member: &dyn Fn(usize, &Level) -> bool| {
        let group: Vec<bool> =
            grammar.levels.iter().enumerate().map(|(at, level)| member(at, level)).collect();
        if group.iter().filter(|&&member| member).count() > 1 {
            Votes::of(candidates, grammar, &group, lists).rank(&group, enough, &mut ranks);
        }
    };
    // No part of a section is above it.
    order(false, ENOUGH, &|at, level| heading(level) && at < first);
    order(false, ENOUGH, &|at, level| heading(level) && at > first);
    if grammar.lists {
        order(true, ENOUGH_LISTS, &|_, level| level.item);
    }
    Learned { ranks, anew: grammar.lists && begins_anew(candidates, grammar) }
}

/// Which levels were seen to be above which.
struct Votes {
    count: usize,
    /// `above[a * count + b]`: how often `a` was seen to be above `b`.
    above: Vec<i32>,
    /// The levels that were met.
    met: Vec<bool>,
}

impl Votes {
    /// What the levels of a group show; lists are looked at within sections.
    fn of(candidates: &Candidates, grammar: &Grammar, group: &[bool], lists: bool) -> Self {
        let count = grammar.levels.len();
        let mut above = vec![0_i32; count * count];
        let mut met = vec![false; count];
        let mut last: Vec<Option<Number>> = vec![None; count];
        // Which levels came since the last heading of each level.
        let mut since: Vec<u64> = vec![0; count];
        for candidate in &candidates.candidates {
            if candidate.weak || candidate.chained && !lists {
                continue;
            }
            let readings = candidates.readings_of(candidate);
            let of_group = |reading: &Reading| {
                reading.cost <= CLEAR
                    && !reading.unnumbered
                    && group.get(usize::from(reading.level)) == Some(&true)
            };
            let is = |reading: &Reading, what: fn(&Level) -> bool| {
                grammar.level(reading.level).is_some_and(what)
            };
            // What heads a section ends all lists; `B.` may be of one.
            let section = |r: &Reading| r.cost <= CLEAR && is(r, |l| !(l.item || l.heading));
            if lists && readings.iter().any(section) {
                last.fill(None);
                since.fill(0);
                continue;
            }
            // `(i)` may be a letter or a Roman one: that which goes on, or else that which begins.
            let follows = |reading: &&Reading| {
                let before = last.get(usize::from(reading.level)).copied().flatten();
                before.is_some_and(|before| before.step(&reading.number) == Step::Next)
            };
            let members = || readings.iter().filter(|reading| of_group(reading));
            let found = if lists && members().count() > 1 {
                let begins = |reading: &&Reading| reading.number.is_first();
                members().find(follows).or_else(|| members().find(begins))
            } else {
                members().next()
            };
            let Some(reading) = found else { continue };
            let level = usize::from(reading.level);
            let step =
                last.get(level).copied().flatten().map(|before| before.step(&reading.number));
            let between = since.get(level).copied().unwrap_or(0);
            let begins = !lists && met.get(level) == Some(&false) && reading.number.is_first();
            for other in 0..count {
                // Where both go on, the first part comes before the first article.
                let before = begins && met.get(other) == Some(&true);
                if between >> other & 1 == 0 && !before {
                    continue;
                }
                let (upper, lower) = match step {
                    None if before => (other, level),
                    // Began anew below the other one, which went on.
                    Some(Step::Same | Step::Back) if reading.number.is_first() => (other, level),
                    // Went on though the other one came between.
                    Some(Step::Next) => (level, other),
                    _ => continue,
                };
                if let Some(votes) = above.get_mut(upper * count + lower) {
                    *votes += 1;
                }
            }
            for (other, seen) in since.iter_mut().enumerate() {
                *seen = if other == level { 0 } else { *seen | 1 << level };
            }
            if let Some(place) = last.get_mut(level) {
                *place = Some(reading.last);
            }
            if let Some(place) = met.get_mut(level) {
                *place = true;
            }
        }
        Self { count, above, met }
    }

    fn votes(&self, a: usize, b: usize) -> i32 {
        self.above.get(a * self.count + b).copied().unwrap_or(0)
    }

    /// Puts the levels of a group that were met in the order voted for, and leaves the others where
    /// they stand among them.
    fn rank(&self, group: &[bool], enough: i32, ranks: &mut [u8]) {
        let mut order: Vec<usize> =
            (0..self.count).filter(|&at| self.met.get(at) == Some(&true)).collect();
        // Each level goes before the first one that it was seen to be above, unless one between the
        // two is above it; a few levels, so the square does not matter.
        let beats = |a: usize, b: usize| self.votes(a, b) >= self.votes(b, a) + enough;
        for end in 1..order.len() {
            let Some(&level) = order.get(end) else { break };
            let before = order.get(..end).unwrap_or_default();
            let free = before.iter().rposition(|&other| beats(other, level)).map_or(0, |at| at + 1);
            let mut behind = before.iter().enumerate().skip(free);
            if let Some((to, _)) = behind.find(|&(_, &other)| beats(level, other)) {
                order.remove(end);
                order.insert(to, level);
            }
        }
        let slots: Vec<usize> =
            (0..self.count).filter(|&at| group.get(at) == Some(&true)).collect();
        let mut all = slots.clone();
        for pair in order.windows(2).rev() {
            let place = |level| all.iter().position(|&other| other == level);
            if let &[upper, lower] = pair
                && let (Some(from), Some(to)) = (place(upper), place(lower))
                && to < from
            {
                all.remove(from);
                all.insert(to, upper);
            }
        }
        for (slot, level) in slots.into_iter().zip(all) {
            if let Some(rank) = ranks.get_mut(level) {
                *rank = slot as u8;
            }
        }
    }
}

/// Whether sections begin with 1 behind most headings of the levels above them.
fn begins_anew(candidates: &Candidates, grammar: &Grammar) -> bool {
    let first = grammar.levels.iter().position(|level| level.section).unwrap_or(0);
    let clear = |candidate: &Candidate, wanted: &dyn Fn(usize, &Level) -> bool| {
        let mut readings = candidates.readings_of(candidate).iter();
        readings
            .find(|r| {
                let level = grammar.level(r.level);
                r.cost <= CLEAR
                    && !r.unnumbered
                    && level.is_some_and(|level| wanted(usize::from(r.level), level))
            })
            .map(|reading| reading.number)
    };
    let is_section = |_, level: &Level| level.section && level.parts <= 1;
    let is_upper = |at, level: &Level| {
        !(level.section || level.item || level.isolates) && (at < first || level.heading)
    };
    let strong = |candidate: &&Candidate| !candidate.weak && !candidate.chained;
    let mut strong = candidates.candidates.iter().filter(strong).peekable();
    let (mut anew, mut on) = (0, 0);
    while let (Some(one), Some(next)) = (strong.next(), strong.peek()) {
        if clear(one, &is_section).is_none()
            && clear(one, &is_upper).is_some()
            && let Some(number) = clear(next, &is_section)
        {
            if number.parts() == [1] {
                anew += 1;
            } else {
                on += 1;
            }
        }
    }
    anew >= ANEW && anew > 2 * on
}
