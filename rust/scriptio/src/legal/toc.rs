//! Tables of contents: not headings themselves, but an oracle for them.
//!
//! Every entry stands in the text twice. Taken as headings, the entries of
//! the table would come before the real ones; left out, they tell which
//! headings to expect.
//!
//! A table is a run of headings with no text between them that shows itself
//! in one of three ways: its entries stand again behind it, where the text
//! begins from the top; numbers of pages that do not fall stand behind them; or
//! the text begins in the middle of it, and behind it the numbers begin anew.

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::{Candidate, Candidates, Cost};
use super::grammar::Grammar;
use super::lines::Lines;
use super::numbering::Number;

/// Fewer entries make no table.
const FEWEST: usize = 5;
/// Fewer make no rest of a table at the start of a text.
const FEWEST_LEFT: usize = 3;
/// So many lines without a number may stand between two entries.
const BETWEEN: usize = 2;
/// Longer lines are text.
const LONGEST: usize = 140;
/// No page has a higher number; years have.
const LAST_PAGE: u32 = 1500;
/// A heading that the table lists is so much harder to reject.
const EXPECTED: Cost = 60;
/// A heading of a level that the table lists, but not this one.
const UNEXPECTED: Cost = 15;
/// A heading that the table lists with another title: a reference, or of an annex.
const ANOTHER: Cost = 25;
/// So many letters of titles are compared.
const COMPARED: usize = 12;
/// Where chapters begin anew, a number has several titles; no more are looked at.
const TITLES: usize = 32;

/// Lines of the tables of contents of a document.
pub(super) fn tables(
    text: &str,
    lines: &Lines,
    candidates: &Candidates,
    grammar: &Grammar,
) -> Vec<Range<usize>> {
    let entries = entries(text, lines, candidates, grammar);
    // How often each line stands behind the entries gone through.
    let mut behind: HashMap<u64, u32> = HashMap::new();
    for entry in &entries {
        *behind.entry(entry.words).or_default() += 1;
    }
    let mut out = Vec::new();
    let mut start = 0;
    while start < entries.len() {
        let end = run_end(text, lines, &entries, start);
        let run = entries.get(start..end).unwrap_or_default();
        for entry in run {
            if let Some(count) = behind.get_mut(&entry.words) {
                *count -= 1;
            }
        }
        let rest = entries.get(end..).unwrap_or_default();
        let left = start == 0 && run.len() >= FEWEST_LEFT && begins_anew(run, rest);
        let table = run.len() >= FEWEST && (recurs(run, rest, &behind) || paged(run));
        if left || table {
            let from = run.first().map_or(0, |entry| entry.line);
            let to = run.last().map_or(from, |entry| entry.line);
            out.push(from..to + 1);
        }
        start = end;
    }
    out
}

/// A line that may be an entry of a table.
struct Entry {
    line: usize,
    level: u8,
    number: Number,
    /// Of an annex: what stands in it may come from anywhere.
    annex: bool,
    /// Its letters and digits, without case and page number.
    words: u64,
    /// The number of the page at its end.
    page: Option<u32>,
}

fn entries(
    text: &str,
    lines: &Lines,
    candidates: &Candidates,
    grammar: &Grammar,
) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for candidate in candidates.candidates.iter().filter(|candidate| !candidate.chained) {
        let Some((level, number, end)) = key(candidates, candidate, grammar) else { continue };
        let line = candidate.line as usize;
        let Some(own) = lines.lines.get(line) else { continue };
        let title = text.get(end.min(own.end)..own.end).unwrap_or_default();
        let annex = grammar.level(level).is_some_and(|level| level.isolates);
        let body = text.get(own.start..own.end).unwrap_or_default();
        out.push(Entry { line, level, number, annex, words: words(body), page: page(title) });
    }
    // The page of an entry that is wrapped stands at the end of its last line.
    for at in 1..out.len() {
        let (Some(before), Some(next)) = (out.get(at - 1), out.get(at)) else { break };
        if before.page.is_none() && next.line - before.line == 2 {
            let between = lines.lines.get(before.line + 1);
            let body = between.and_then(|line| text.get(line.start..line.end));
            let found = body.and_then(page);
            if let Some(before) = out.get_mut(at - 1) {
                before.page = found;
            }
        }
    }
    out
}

/// The number of a page that ends a line, behind a title and a blank, tab or dots.
fn page(title: &str) -> Option<u32> {
    let cut = title.trim_end_matches(|c: char| c.is_ascii_digit());
    let number: u32 = title.get(cut.len()..)?.parse().ok()?;
    let apart = cut.ends_with([' ', '\t', '.', '\u{a0}', '_', '…']);
    let titled = cut.contains(char::is_alphabetic);
    (apart && titled && number < LAST_PAGE).then_some(number)
}

/// A hash of the letters and digits of a line, without case, dots and the page number at its end.
fn words(body: &str) -> u64 {
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

/// The first labelled reading of a candidate, and where its marker ends.
fn key(
    candidates: &Candidates,
    candidate: &Candidate,
    grammar: &Grammar,
) -> Option<(u8, Number, usize)> {
    candidates
        .readings_of(candidate)
        .iter()
        .find(|reading| {
            grammar.level(reading.level).is_some_and(|level| !level.item) && !reading.unnumbered
        })
        .map(|reading| (reading.level, reading.number, reading.end))
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
fn recurs(run: &[Entry], rest: &[Entry], behind: &HashMap<u64, u32>) -> bool {
    let again = |entry: &&Entry| behind.get(&entry.words).is_some_and(|&count| count > 0);
    let count = run.iter().filter(again).count();
    let top = rest.iter().take(3).any(|entry| run.iter().take(3).any(|r| r.words == entry.words));
    top && count * 5 >= run.len() * 3
}

/// Whether most entries end with the numbers of pages, which do not fall.
fn paged(run: &[Entry]) -> bool {
    let own = run.iter().filter(|entry| !entry.annex).count();
    let pages: Vec<u32> = run.iter().filter(|e| !e.annex).filter_map(|e| e.page).collect();
    let falls = pages.windows(2).filter(|pair| matches!(pair, [a, b] if a > b)).count();
    let rises = pages.windows(2).filter(|pair| matches!(pair, [a, b] if a < b)).count();
    own >= FEWEST && pages.len() * 10 >= own * 7 && falls * 10 <= pages.len() && rises > 0
}

/// Whether the numbers begin anew behind the run, lower than where it begins.
fn begins_anew(run: &[Entry], rest: &[Entry]) -> bool {
    let Some(first) = run.iter().find(|entry| !entry.annex) else { return false };
    let next = rest.iter().take(3).find(|entry| !entry.annex && entry.number.is_first());
    !first.number.is_first()
        && next.is_some_and(|next| next.level != first.level || next.number < first.number)
}

/// The first letters and digits of what stands behind a marker, or where nothing does on the next
/// line; without case.
fn title(text: &str, lines: &Lines, line: usize, end: usize) -> String {
    let Some(own) = lines.lines.get(line) else { return String::new() };
    let rest = text.get(end.min(own.end)..own.end).unwrap_or_default();
    let rest = match lines.lines.get(line + 1) {
        Some(next) if !rest.contains(char::is_alphabetic) => {
            text.get(next.start..next.end).unwrap_or_default()
        }
        _ => rest,
    };
    let letters = rest.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.take(COMPARED).collect()
}

/// Whether two titles begin alike, as far as both go.
fn alike(a: &str, b: &str) -> bool {
    let short = a.len().min(b.len());
    short > 0 && a.as_bytes().get(..short) == b.as_bytes().get(..short)
}

/// What a table lists of one level.
#[derive(Clone, Copy, Default)]
struct Listed {
    count: usize,
    first: Number,
    last: Number,
}

/// Makes candidates that the tables list likelier, and others of those levels less likely.
pub(super) fn expect(
    text: &str,
    lines: &Lines,
    candidates: &mut Candidates,
    tables: &[Range<usize>],
    grammar: &Grammar,
) {
    let mut listed: HashMap<(u8, Number), Vec<String>> = HashMap::new();
    let mut levels = vec![Listed::default(); grammar.levels.len()];
    for candidate in &candidates.candidates {
        let line = candidate.line as usize;
        if tables.iter().any(|table| table.contains(&line))
            && let Some((level, number, end)) = key(candidates, candidate, grammar)
        {
            listed.entry((level, number)).or_default().push(title(text, lines, line, end));
            if let Some(of) = levels.get_mut(usize::from(level)) {
                of.first = if of.count == 0 { number } else { of.first.min(number) };
                of.last = of.last.max(number);
                of.count += 1;
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
            if let Some(expected) = listed.get(&(reading.level, reading.number)) {
                let own = title(text, lines, candidate.line as usize, reading.end);
                let mut expected = expected.iter().take(TITLES);
                if expected.clone().any(|title| alike(title, &own)) {
                    candidate.reject += EXPECTED;
                } else if expected.all(|title| !title.is_empty()) {
                    reading.cost += ANOTHER;
                }
            } else if levels.get(usize::from(reading.level)).is_some_and(|of| {
                // What is left of a table says nothing of what stood before.
                of.count >= FEWEST && (of.first..=of.last).contains(&reading.number)
            }) {
                reading.cost += UNEXPECTED;
            }
        }
    }
}
