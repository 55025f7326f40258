//! The order of levels, learned from the document within its grammar.
//!
//! Uruguay's constitution has sections above chapters, other texts of the
//! same language chapters above sections: which of two levels is the upper
//! one is said by their numbers. Where chapters begin anew after a heading of
//! a section, sections are above chapters.

use super::candidate::Candidates;
use super::decode::Cost;
use super::grammar::Grammar;
use super::numbering::{Number, Step};

/// Readings that cost more tell nothing.
const CLEAR: Cost = 10;
/// So much more evidence moves a level against the order of the grammar.
const ENOUGH: i32 = 1;

/// The rank of each level of the grammar; a section is inside those of lower rank.
pub(super) fn ranks(candidates: &Candidates, grammar: &Grammar) -> Vec<u8> {
    let count = grammar.levels.len();
    let movable: Vec<bool> = grammar
        .levels
        .iter()
        .map(|level| !(level.item || level.isolates || level.section || level.fixed))
        .collect();
    // above[a * count + b]: how often a was seen to be above b.
    let mut above = vec![0_i32; count * count];
    let mut last: Vec<Option<Number>> = vec![None; count];
    // Which levels came since the last heading of each level.
    let mut since: Vec<u64> = vec![0; count];
    for candidate in &candidates.candidates {
        let readings = candidates.readings_of(candidate);
        if candidate.chained || candidate.weak {
            continue;
        }
        let clear = readings.iter().find(|reading| {
            let level = usize::from(reading.level);
            reading.cost <= CLEAR
                && !reading.unnumbered
                && movable.get(level).copied().unwrap_or(false)
        });
        let Some(reading) = clear else { continue };
        let level = usize::from(reading.level);
        let step = last.get(level).copied().flatten().map(|before| before.step(&reading.number));
        let between = since.get(level).copied().unwrap_or(0);
        for other in (0..count).filter(|&other| between >> other & 1 == 1) {
            let (upper, lower) = match step {
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
    }
    let votes = |a: usize, b: usize| above.get(a * count + b).copied().unwrap_or(0);
    let mut order: Vec<usize> = (0..count).filter(|&at| movable.get(at) == Some(&true)).collect();
    // Insertion by majority; a few levels, so the square does not matter.
    for end in 1..order.len() {
        let mut at = end;
        while at > 0 {
            let (Some(&upper), Some(&lower)) = (order.get(at - 1), order.get(at)) else { break };
            if votes(lower, upper) < votes(upper, lower) + ENOUGH {
                break;
            }
            order.swap(at - 1, at);
            at -= 1;
        }
    }
    let mut places = order.into_iter();
    let mut ranks = vec![0_u8; count];
    let slots: Vec<usize> = (0..count).collect();
    for slot in slots {
        let level = if movable.get(slot) == Some(&true) { places.next() } else { Some(slot) };
        if let Some(rank) = level.and_then(|level| ranks.get_mut(level)) {
            *rank = slot as u8;
        }
    }
    ranks
}
