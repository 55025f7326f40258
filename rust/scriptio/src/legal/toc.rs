//! Tables of contents: not headings themselves, but an oracle for them.
//!
//! Every entry stands in the text twice. Taken as headings, the entries of
//! the table would come before the real ones; left out, they tell which
//! headings to expect.
//!
//! A table is a run of headings with no text between them that shows itself
//! in one of three ways: its entries, or short accounts of them, stand again behind it, where the text
//! begins from the top; numbers of pages that do not fall stand behind them; or
//! the text begins in the middle of it, and behind it the numbers begin anew.

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::{Candidate, Candidates, Cost};
use super::grammar::Grammar;
use super::lines::{Lines, beginning};
use super::numbering::Number;

/// Fewer entries make no table.
const FEWEST: usize = 5;
/// Fewer make none below a line that says that it is one.
const FEWEST_TITLED: usize = 2;
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
const COMPARED: usize = 24;
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
    let source = Source { text, lines };
    let mut places: HashMap<(u8, Number), Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        places.entry((entry.level, entry.number)).or_default().push(at);
    }
    let citable = entries.iter().position(|entry| entry.citable).unwrap_or(entries.len());
    let mut out = Vec::new();
    let (mut start, mut tried) = (0, 0);
    while start < entries.len() {
        let end = source.run_end(&entries, start);
        if start >= tried {
            tried = source.synopsis_end(&entries, start);
            let run = start..tried;
            if run.len() >= source.fewest(&entries, start)
                && recurs(&source, &entries, &run, &places, citable)
            {
                // Schedules may be listed below a line of their own.
                let mut last = tried;
                while last < end && entries.get(last).is_some_and(|entry| entry.annex) {
                    last += 1;
                }
                let run = start..last;
                out.push(source.lines_of(&entries, &run));
                start = run.end;
                continue;
            }
        }
        let run = start..end;
        let left = start == 0 && run.len() >= FEWEST_LEFT && begins_anew(&entries, &run);
        let table = run.len() >= source.fewest(&entries, start)
            && (recurs(&source, &entries, &run, &places, citable) || paged(&entries, &run));
        if left || table {
            out.push(source.lines_of(&entries, &run));
        }
        start = end;
    }
    out
}

/// What titles are read from.
struct Source<'t> {
    text: &'t str,
    lines: &'t Lines,
}

impl Source<'_> {
    /// The first letters and digits of what stands behind a marker, or where nothing does on the
    /// next line; without case.
    fn title(&self, line: usize, end: usize) -> String {
        let Some(own) = self.lines.lines.get(line) else { return String::new() };
        let rest = self.text.get(end.min(own.end)..own.end).unwrap_or_default();
        // What is longer is no title, and would be read again for every entry.
        let rest = beginning(rest);
        let rest = match self.lines.lines.get(line + 1) {
            Some(next) if !rest.contains(char::is_alphabetic) => {
                beginning(self.text.get(next.start..next.end).unwrap_or_default())
            }
            _ => rest,
        };
        let rest = match page(rest) {
            Some(_) => rest.trim_end_matches(|c: char| c.is_ascii_digit()),
            None => rest,
        };
        let letters = rest.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
        letters.take(COMPARED).collect()
    }

    /// The lines of a run, the last one with what was wrapped.
    fn lines_of(&self, entries: &[Entry], run: &Range<usize>) -> Range<usize> {
        let from = entries.get(run.start).map_or(0, |entry| entry.line);
        let last = entries.get(run.end - 1).map_or(from, |entry| entry.line);
        let bound = entries.get(run.end).map_or(self.lines.lines.len(), |entry| entry.line);
        let behind = self.lines.lines.iter().take(bound).skip(last + 1);
        let more = behind.take_while(|line| line.soft).count();
        from..(last + 1 + more).min(bound)
    }

    /// Where the run of entries ends that begins at `start`: short lines with next to nothing
    /// between them.
    fn run_end(&self, entries: &[Entry], start: usize) -> usize {
        let lines = &self.lines.lines;
        let mut end = start + 1;
        while let (Some(before), Some(next)) = (entries.get(end - 1), entries.get(end)) {
            let between = lines.get(before.line..next.line).unwrap_or_default();
            let short = between.len() <= BETWEEN + 1
                && between.iter().all(|line| line.end - line.start <= LONGEST);
            let sentences = between.iter().skip(1).any(|line| {
                let line = self.text.get(line.start..line.end);
                line.is_some_and(|line| line.ends_with(['.', ';', '。']))
            });
            // Where the first entry stands again, the text itself begins.
            if !short || sentences || self.again(entries, start, next) {
                break;
            }
            end += 1;
        }
        end
    }

    /// The same for entries that are paragraphs: `Article 5: Fees – sets out what is to be paid.`
    fn synopsis_end(&self, entries: &[Entry], start: usize) -> usize {
        let mut end = start + 1;
        while let (Some(before), Some(next)) = (entries.get(end - 1), entries.get(end)) {
            let mut between = self.lines.lines.iter().take(next.line).skip(before.line + 1);
            if !between.all(|line| line.soft) || self.again(entries, start, next) {
                break;
            }
            end += 1;
        }
        end
    }

    /// How many entries make a table that begins here: fewer behind a line that says so.
    fn fewest(&self, entries: &[Entry], start: usize) -> usize {
        let line = entries.get(start).and_then(|entry| entry.line.checked_sub(1));
        let above = line.and_then(|line| self.lines.lines.get(line));
        let above = above.and_then(|line| self.text.get(line.start..line.end)).unwrap_or_default();
        let titled = ["contents", "table of contents", "index"];
        let titled =
            titled.iter().any(|title| above.trim_end_matches(':').eq_ignore_ascii_case(title));
        if titled { FEWEST_TITLED } else { FEWEST }
    }

    /// Whether the first entry of a run stands again.
    fn again(&self, entries: &[Entry], start: usize, next: &Entry) -> bool {
        entries.get(start).is_some_and(|first| self.same(first, next))
    }

    /// Whether two entries have the same number and titles that begin alike.
    fn same(&self, a: &Entry, b: &Entry) -> bool {
        (a.level, a.number) == (b.level, b.number) && {
            let (a, b) = (self.title(a.line, a.end), self.title(b.line, b.end));
            alike(&a, &b) || a.is_empty() && b.is_empty()
        }
    }
}

/// A line that may be an entry of a table.
struct Entry {
    line: usize,
    level: u8,
    number: Number,
    /// Of an annex: what stands in it may come from anywhere.
    annex: bool,
    /// Of a citable section.
    citable: bool,
    /// Where its marker ends.
    end: usize,
    /// The number of the page at its end.
    page: Option<u32>,
}

fn entries(text: &str, lines: &Lines, candidates: &Candidates, grammar: &Grammar) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for candidate in candidates.candidates.iter().filter(|candidate| !candidate.chained) {
        let Some((level, number, end)) = key(candidates, candidate, grammar) else { continue };
        let line = candidate.line as usize;
        let Some(own) = lines.lines.get(line) else { continue };
        let title = text.get(end.min(own.end)..own.end).unwrap_or_default();
        let annex = grammar.level(level).is_some_and(|level| level.isolates);
        let citable = grammar.level(level).is_some_and(|level| level.section);
        out.push(Entry { line, level, number, annex, citable, end, page: page(title) });
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

/// Whether most entries stand again behind the run, and the text begins there from the top.
/// `citable` is the first entry of all that is.
fn recurs(
    source: &Source<'_>,
    entries: &[Entry],
    run: &Range<usize>,
    places: &HashMap<(u8, Number), Vec<usize>>,
    citable: usize,
) -> bool {
    let own = entries.get(run.clone()).unwrap_or_default();
    let rest = entries.get(run.end..).unwrap_or_default();
    let top = rest.iter().take(3).any(|b| own.iter().take(3).any(|a| source.same(a, b)));
    // A list of chapters behind sections is what amendments left of them.
    if !top || !own.iter().any(|entry| entry.citable) && citable < run.start {
        return false;
    }
    let again = own.iter().filter(|entry| {
        let places = places.get(&(entry.level, entry.number)).map_or(&[][..], Vec::as_slice);
        let behind = places.iter().skip(places.partition_point(|&at| at < run.end)).take(TITLES);
        behind.filter_map(|&at| entries.get(at)).any(|other| source.same(entry, other))
    });
    again.count() * 5 >= own.len() * 3
}

/// Whether most entries end with the numbers of pages, which do not fall.
fn paged(entries: &[Entry], run: &Range<usize>) -> bool {
    let own = || entries.iter().take(run.end).skip(run.start).filter(|entry| !entry.annex);
    let pages: Vec<u32> = own().filter_map(|entry| entry.page).collect();
    let falls = pages.windows(2).filter(|pair| matches!(pair, [a, b] if a > b)).count();
    let rises = pages.windows(2).filter(|pair| matches!(pair, [a, b] if a < b)).count();
    let count = own().count();
    count >= FEWEST && pages.len() * 10 >= count * 7 && falls * 10 <= pages.len() && rises > 0
}

/// Whether the numbers begin anew behind the run, lower than where it begins.
fn begins_anew(entries: &[Entry], run: &Range<usize>) -> bool {
    let own = entries.iter().take(run.end).skip(run.start);
    let Some(first) = own.into_iter().find(|entry| !entry.annex) else { return false };
    let mut rest = entries.iter().skip(run.end).take(3);
    let next = rest.find(|entry| !entry.annex && entry.number.is_first());
    !first.number.is_first()
        && next.is_some_and(|next| next.level != first.level || next.number < first.number)
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
    let source = Source { text, lines };
    let mut listed: HashMap<(u8, Number), Vec<String>> = HashMap::new();
    let mut levels = vec![Listed::default(); grammar.levels.len()];
    for candidate in &candidates.candidates {
        let line = candidate.line as usize;
        let table = tables.get(tables.partition_point(|table| table.end <= line));
        if !table.is_some_and(|table| table.contains(&line)) {
            continue;
        }
        // `C.` may be a letter or a Roman numeral here as well.
        for reading in candidates.readings_of(candidate) {
            let level = usize::from(reading.level);
            if reading.unnumbered || grammar.level(reading.level).is_none_or(|level| level.item) {
                continue;
            }
            let title = source.title(line, reading.end);
            listed.entry((reading.level, reading.number)).or_default().push(title);
            if let Some(of) = levels.get_mut(level) {
                of.first =
                    if of.count == 0 { reading.number } else { of.first.min(reading.number) };
                of.last = of.last.max(reading.number);
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
        let mut found = false;
        for reading in readings.unwrap_or_default() {
            if let Some(expected) = listed.get(&(reading.level, reading.number)) {
                let own = source.title(candidate.line as usize, reading.end);
                let mut expected = expected.iter().take(TITLES);
                if expected.clone().any(|title| alike(title, &own)) {
                    found = true;
                } else if expected.all(|title| !title.is_empty())
                    && grammar.level(reading.level).is_some_and(|level| !level.isolates)
                {
                    reading.cost += ANOTHER;
                }
            } else if levels.get(usize::from(reading.level)).is_some_and(|of| {
                // What is left of a table says nothing of what stood before.
                of.count >= FEWEST && (of.first..=of.last).contains(&reading.number)
            }) {
                reading.cost += UNEXPECTED;
            }
        }
        candidate.reject += if found { EXPECTED } else { 0 };
    }
}
