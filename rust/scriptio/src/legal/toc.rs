//! Tables of contents: not headings themselves, but an oracle for them.
//!
//! Every entry stands in the text twice. Taken as headings, the entries of
//! the table would come before the real ones; left out, they tell which
//! headings to expect.

use std::collections::HashSet;
use std::ops::Range;

use super::candidate::{Candidate, Candidates, Cost};
use super::grammar::Grammar;
use super::lines::Lines;
use super::numbering::Number;

/// Fewer entries make no table.
const FEWEST: usize = 5;
/// So many lines without a number may stand between two entries.
const BETWEEN: usize = 2;
/// Longer lines are text.
const LONGEST: usize = 140;
/// An expected heading is so much harder to reject.
const EXPECTED: Cost = 40;
/// A heading of a level that the table lists, but not this one.
const UNEXPECTED: Cost = 15;

/// Lines of the tables of contents of a document.
pub(super) fn tables(
    text: &str,
    lines: &Lines,
    candidates: &Candidates,
    grammar: &Grammar,
) -> Vec<Range<usize>> {
    // A table stands before what it lists: in the first part of the text, and its entries recur.
    let entries: Vec<Entry> = candidates
        .candidates
        .iter()
        .filter(|candidate| !candidate.chained)
        .filter_map(|candidate| {
            key(candidates, candidate, grammar)?;
            let line = candidate.line as usize;
            Some(Entry { line, words: words(text, lines, line) })
        })
        .collect();
    let mut out = Vec::new();
    let mut start = 0;
    while start < entries.len() {
        let end = run_end(text, lines, &entries, start);
        if end - start >= FEWEST && recurs(&entries, start, end) {
            let from = entries.get(start).map_or(0, |entry| entry.line);
            let to = entries.get(end - 1).map_or(from, |entry| entry.line);
            out.push(from..to + 1);
        }
        start = end;
    }
    out
}

/// A line that may be an entry of a table.
struct Entry {
    line: usize,
    /// Its letters and digits, without case and page number.
    words: u64,
}

/// A hash of the letters and digits of a line, without case, dots and the page number at its end.
fn words(text: &str, lines: &Lines, line: usize) -> u64 {
    let line = lines.lines.get(line).and_then(|line| text.get(line.start..line.end));
    let body = line.unwrap_or_default();
    let cut = body.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    // A page number stands apart from its entry; `Chapter 1` ends in its own number.
    let body = if cut.ends_with([' ', '\t', '.'])
        && (cut.len() > 16 || cut.contains(|c: char| c.is_ascii_digit()))
    {
        cut
    } else {
        body
    };
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for c in body.chars().filter(|c| c.is_alphanumeric()).take(40) {
        for small in c.to_lowercase() {
            hash = (hash ^ u64::from(small as u32)).wrapping_mul(0x0100_0000_01B3);
        }
    }
    hash
}

/// The first labelled reading of a candidate.
fn key(candidates: &Candidates, candidate: &Candidate, grammar: &Grammar) -> Option<(u8, Number)> {
    candidates
        .readings_of(candidate)
        .iter()
        .find(|reading| {
            grammar.level(reading.level).is_some_and(|level| !level.item) && !reading.unnumbered
        })
        .map(|reading| (reading.level, reading.number))
}

/// Where the run of entries ends that begins at `start`.
fn run_end(text: &str, lines: &Lines, entries: &[Entry], start: usize) -> usize {
    let mut end = start + 1;
    while let (Some(before), Some(next)) = (entries.get(end - 1), entries.get(end)) {
        let between = lines.lines.get(before.line..next.line).unwrap_or_default();
        let short = between.iter().all(|line| line.end - line.start <= LONGEST);
        let sentences = between.iter().skip(1).any(|line| {
            text.get(line.start..line.end).is_some_and(|line| line.ends_with(['.', ';', '。']))
        });
        // Where the first entry stands again, the text itself begins.
        let again = entries.get(start).is_some_and(|first| first.words == next.words);
        if between.len() > BETWEEN + 1 || !short || sentences || again {
            break;
        }
        end += 1;
    }
    end
}

/// Whether most entries stand again behind the run, and the text begins there from the top.
fn recurs(entries: &[Entry], start: usize, end: usize) -> bool {
    let run = entries.get(start..end).unwrap_or_default();
    let behind = entries.get(end..).unwrap_or_default();
    let later: HashSet<u64> = behind.iter().map(|entry| entry.words).collect();
    let again = run.iter().filter(|entry| later.contains(&entry.words)).count();
    let top = behind.iter().take(3).any(|entry| run.iter().take(3).any(|r| r.words == entry.words));
    top && again * 5 >= run.len() * 3
}

/// Makes candidates that the tables list likelier, and others of those levels less likely.
pub(super) fn expect(candidates: &mut Candidates, tables: &[Range<usize>], grammar: &Grammar) {
    let mut listed: HashSet<(u8, Number)> = HashSet::new();
    let mut counts = vec![0_usize; grammar.levels.len()];
    for candidate in &candidates.candidates {
        if tables.iter().any(|table| table.contains(&(candidate.line as usize)))
            && let Some(key) = key(candidates, candidate, grammar)
        {
            listed.insert(key);
            if let Some(count) = counts.get_mut(usize::from(key.0)) {
                *count += 1;
            }
        }
    }
    if listed.is_empty() {
        return;
    }
    for candidate in &mut candidates.candidates {
        let first = candidate.first as usize;
        let readings = candidates.readings.get_mut(first..first + candidate.count as usize);
        for reading in readings.unwrap_or_default() {
            if listed.contains(&(reading.level, reading.number)) {
                candidate.reject += EXPECTED;
            } else if counts.get(usize::from(reading.level)).is_some_and(|&count| count >= FEWEST) {
                reading.cost += UNEXPECTED;
            }
        }
    }
}
