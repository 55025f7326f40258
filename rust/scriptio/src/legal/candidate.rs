//! Candidates: places where a heading may begin, with what speaks for and
//! against it. What a candidate is, is decided later, for all of them at once.

use std::ops::Range;

use super::grammar::{Form, Grammar, Level, Title};
use super::lines::{Line, Lines};
use super::numbering::{Number, Numerals, insert_behind, parse};
use super::title::{run_in, untitled};
use super::usual;

/// Costs are tenths: 10 is a surprise that a good reader would notice.
pub(super) type Cost = i32;

/// One way to read a candidate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) level: u8,
    pub(super) number: Number,
    /// The last number, where a heading stands for several: `§§ 3 bis 6`.
    pub(super) last: Number,
    /// Where the number stands.
    pub(super) number_start: usize,
    pub(super) number_end: usize,
    /// Behind the marker.
    pub(super) end: usize,
    /// What speaks against it.
    pub(super) cost: Cost,
    /// A form without number.
    pub(super) unnumbered: bool,
    /// Which form of the level it has.
    pub(super) form: u8,
}

/// A place where a heading may begin.
#[allow(clippy::struct_excessive_bools)] // Independent facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) start: usize,
    /// Index into the lines.
    pub(super) line: u32,
    /// Its readings, as a range of [`Candidates::readings`].
    pub(super) first: u32,
    pub(super) count: u32,
    /// What it costs to take it for text.
    pub(super) reject: Cost,
    /// Follows the candidate before it on the same line, and stands or falls with it.
    pub(super) chained: bool,
    /// The line before announces a list.
    pub(super) announced: bool,
    /// What announces it is text after a list, which belongs to what holds the list.
    pub(super) flush: bool,
    /// The line before ends all lists.
    pub(super) ends_lists: bool,
    /// Wrapping may have put it at the start of a line.
    pub(super) weak: bool,
}

#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) candidates: Vec<Candidate>,
    pub(super) readings: Vec<Reading>,
}

impl Candidates {
    pub(super) fn readings_of(&self, candidate: &Candidate) -> &[Reading] {
        let first = candidate.first as usize;
        self.readings.get(first..first + candidate.count as usize).unwrap_or_default()
    }

    /// Has layout decide: the lines told are sections, of the first such level of the grammar,
    /// and all others at most elements of lists.
    pub(super) fn by_layout(&mut self, lines: &Lines, headings: &[bool], grammar: &Grammar) {
        let level = grammar.levels.iter().position(|level| level.section).unwrap_or(0) as u8;
        let old = std::mem::take(&mut self.candidates);
        let mut old = old.into_iter().peekable();
        for (index, line) in lines.lines.iter().enumerate() {
            let heading = headings.get(index) == Some(&true);
            let mut labelled: Option<Reading> = None;
            while let Some(candidate) = old.next_if(|c| c.line as usize == index) {
                let kept: Vec<Reading> = self
                    .readings_of(&candidate)
                    .iter()
                    .copied()
                    .filter(|r| grammar.level(r.level).is_some_and(|level| level.item) != heading)
                    .collect();
                if heading {
                    labelled = labelled.or(kept.first().copied());
                } else if !kept.is_empty() {
                    let first = self.readings.len() as u32;
                    let count = kept.len() as u32;
                    self.readings.extend(kept);
                    self.candidates.push(Candidate { first, count, ..candidate });
                }
            }
            if !heading {
                continue;
            }
            let nothing = Reading {
                level,
                number: Number::default(),
                last: Number::default(),
                number_start: line.start,
                number_end: line.start,
                end: line.start,
                cost: 0,
                unnumbered: true,
                form: 0,
            };
            let reading = labelled.map_or(nothing, |found| Reading {
                level,
                cost: 0,
                unnumbered: true,
                ..found
            });
            self.candidates.push(Candidate {
                start: line.start,
                line: index as u32,
                first: self.readings.len() as u32,
                count: 1,
                reject: CERTAIN,
                chained: false,
                announced: false,
                flush: false,
                ends_lists: false,
                weak: false,
            });
            self.readings.push(reading);
        }
    }

    /// Drops the candidates on these lines, ranges in order.
    pub(super) fn leave_out(&mut self, lines: &[Range<usize>]) {
        self.candidates.retain(|candidate| {
            let line = candidate.line as usize;
            let range = lines.get(lines.partition_point(|range| range.end <= line));
            !range.is_some_and(|range| range.contains(&line))
        });
    }
}

/// What is settled already costs so much to reject.
const CERTAIN: Cost = 1000;
/// At most so many markers in a row: `(a)(1)(A)(i)(I)`.
const LONGEST_CHAIN: usize = 6;

/// The candidates of a text; lines within `opaque` have none.
pub(super) fn find(
    text: &str,
    lines: &Lines,
    grammar: &Grammar,
    opaque: &[Range<usize>],
) -> Candidates {
    let mut opaque = opaque.iter().peekable();
    let mut out = Candidates::default();
    let mut scan = Scan { text, grammar, out: &mut out, wrapped: lines.width.is_some() };
    let mut above = Above::default();
    for (index, line) in lines.lines.iter().enumerate() {
        while opaque.peek().is_some_and(|range| range.end <= index) {
            opaque.next();
        }
        let skip = opaque.peek().is_some_and(|range| range.contains(&index));
        let found = !skip && scan.line(index as u32, line, &above);
        // What wrapping put on a line of its own belongs to the paragraph that it goes on with.
        let (first, before) =
            if line.soft { (above.first, above.before) } else { (Some(*line), above.line) };
        above = Above {
            before,
            first,
            line: Some(*line),
            candidate: found || line.soft && above.candidate,
            titled: found && scan.awaits_title(),
            labelled: found && scan.labelled(),
        };
    }
    usual::prefer_usual_forms(&mut out, grammar);
    usual::doubt_bare_numerals(&mut out, grammar);
    out
}

struct Scan<'t, 'o> {
    text: &'t str,
    grammar: &'t Grammar,
    out: &'o mut Candidates,
    wrapped: bool,
}

/// The lines above a line.
#[allow(clippy::struct_excessive_bools)] // Independent facts.
#[derive(Default)]
struct Above {
    line: Option<Line>,
    /// The first line of the paragraph that it is in, and the line before that one.
    first: Option<Line>,
    before: Option<Line>,
    /// Whether the paragraph has candidates.
    candidate: bool,
    /// Whether it is a heading whose title stands on the next line.
    titled: bool,
    /// Whether it may be a heading with a label.
    labelled: bool,
}

/// What stands before a candidate.
#[allow(clippy::struct_excessive_bools)] // Independent facts.
#[derive(Default)]
struct Context {
    soft: bool,
    /// The text before breaks off in the middle of a sentence.
    broken: bool,
    /// The text before ends in a word behind which a reference stands.
    leads: bool,
    announced: bool,
    flush: bool,
    ends_lists: bool,
}

impl Scan<'_, '_> {
    /// Appends the candidates of a line; tells whether there are any.
    fn line(&mut self, index: u32, line: &Line, above: &Above) -> bool {
        let Some(body) = self.text.get(line.start..line.end) else { return false };
        let Some(&first) = body.as_bytes().first() else { return false };
        let start = self.out.readings.len();
        self.read_at(body, line.start, first, false);
        if above.titled {
            // `General provisions` below `Part 1` is its title, whatever it is elsewhere.
            let mut at = start;
            while let Some(reading) = self.out.readings.get(at) {
                if reading.unnumbered {
                    self.out.readings.remove(at);
                } else {
                    at += 1;
                }
            }
        }
        if self.out.readings.len() == start {
            return false;
        }
        let context = self.context(line, above);
        let mut chain = 0;
        let mut at = self.finish(index, line.start, start, &context, false);
        // Further markers behind the first one.
        while let Some(next) = at.take() {
            chain += 1;
            if chain >= LONGEST_CHAIN || next >= line.end {
                break;
            }
            let Some(rest) = self.text.get(next..line.end) else { break };
            let body = rest.trim_start();
            let at_byte = line.end - body.len();
            let Some(&first) = body.as_bytes().first() else { break };
            let start = self.out.readings.len();
            self.read_at(body, at_byte, first, true);
            if self.out.readings.len() == start {
                break;
            }
            at = self.finish(index, at_byte, start, &context, true);
        }
        true
    }

    /// Whether the last candidate is a clear heading with a label.
    fn labelled(&self) -> bool {
        let Some(candidate) = self.out.candidates.last() else { return false };
        self.out.readings_of(candidate).iter().any(|reading| {
            reading.cost == 0 && self.grammar.level(reading.level).is_some_and(|level| !level.item)
        })
    }

    /// Whether the last candidate is a label and number alone, with the title still to come.
    fn awaits_title(&self) -> bool {
        let Some(candidate) = self.out.candidates.last() else { return false };
        self.out.readings_of(candidate).iter().any(|reading| {
            self.grammar.level(reading.level).is_some_and(|level| level.title == Title::Next)
                && !reading.unnumbered
                && self
                    .text
                    .get(reading.end..self.line_end(reading.end))
                    .is_some_and(|rest| rest.trim_matches([' ', '.', ':', '—', '-']).is_empty())
        })
    }

    fn context(&self, line: &Line, above: &Above) -> Context {
        let Some(before) = above.line else {
            return Context::default();
        };
        let prior = self.text.get(before.start..before.end).unwrap_or_default();
        let last = prior.chars().next_back().unwrap_or('.');
        let dashed = prior.ends_with("--");
        let announced = dashed || matches!(last, '—' | '–' | ':' | '：' | '-');
        // Text behind a list goes on with the sentence that the list interrupted.
        let flush = announced
            && !above.candidate
            && above.before.is_some_and(|line| {
                let earlier = self.text.get(line.start..line.end).unwrap_or_default();
                let opening = above.first.and_then(|line| self.text.get(line.start..line.end));
                opening.is_some_and(|opening| opening.starts_with(char::is_lowercase))
                    || earlier.ends_with([';', ','])
                    || earlier.ends_with("or")
                    || earlier.ends_with("and")
            });
        let word = prior.rsplit(' ').next().unwrap_or_default();
        let opening = above.first.and_then(|line| self.text.get(line.start..line.end));
        let ends_lists = announced
            && opening.is_some_and(|opening| {
                self.grammar.closes.iter().any(|words| {
                    opening.get(..words.len()).is_some_and(|own| own.eq_ignore_ascii_case(words))
                })
            });
        Context {
            soft: line.soft,
            leads: !line.blank_before && self.grammar.leads.iter().any(|lead| lead == word),
            broken: !line.blank_before
                && (last.is_lowercase() || last == ',')
                && !above.labelled
                && prior.len() > if self.wrapped { 40 } else { 60 }
                && !ends_with_word(prior, &["and", "or", "und", "oder", "y", "o", "et", "ou"]),
            announced: announced && !ends_lists,
            flush: flush && !ends_lists,
            ends_lists,
        }
    }

    /// Turns the readings from `start` on into a candidate; gives where a further marker may be.
    fn finish(
        &mut self,
        line: u32,
        at: usize,
        start: usize,
        context: &Context,
        chained: bool,
    ) -> Option<usize> {
        let readings = self.out.readings.get(start..)?;
        let mut reject = 0;
        let mut marked = 0;
        let mut item = false;
        let mut next = None;
        for reading in readings {
            let level = self.grammar.level(reading.level)?;
            item |= level.item;
            reject = reject.max(if chained {
                30
            } else if level.weak {
                25
            } else if level.item || level.heading && !level.section {
                45
            } else {
                80
            });
            // A colon or dash behind the number: `Section 2 : Dispositions`.
            let rest = self.text.get(reading.end..).unwrap_or_default().trim_start();
            if !level.item && !level.alone && rest.starts_with([':', '—', '–']) {
                marked = 30;
            }
            let more = self.behind(reading, level);
            next = next.max(more);
        }
        reject += marked;
        if context.soft && !chained {
            reject = reject.min(20);
        }
        if context.broken && !chained {
            reject = reject.min(if self.wrapped { 15 } else { 30 });
        }
        if context.leads && !chained && !item {
            reject = reject.min(15);
        }
        self.out.candidates.push(Candidate {
            start: at,
            line,
            first: start as u32,
            count: (self.out.readings.len() - start) as u32,
            reject,
            chained,
            announced: context.announced && !chained,
            flush: context.flush && !chained,
            ends_lists: context.ends_lists && !chained,
            weak: context.soft || context.broken,
        });
        next
    }

    /// Where a further marker of the line may begin.
    fn behind(&self, reading: &Reading, level: &Level) -> Option<usize> {
        let line_end = self.line_end(reading.end);
        let rest = self.text.get(reading.end..line_end)?;
        let body = rest.trim_start_matches([' ', '.', '—', '–', '\u{a0}']);
        let at = line_end - body.len();
        if body.starts_with('(') {
            return Some(at);
        }
        if level.title == Title::RunIn {
            // `(b) Short title.— (1) …`
            let end = run_in(body)?;
            let after = body.get(end..)?.trim_start();
            if after.starts_with('(') {
                return Some(line_end - after.len());
            }
        }
        None
    }

    fn line_end(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes().get(from..).unwrap_or_default();
        memchr::memchr(b'\n', bytes).map_or(self.text.len(), |length| from + length)
    }

    /// Appends all readings of `body`, which starts at byte `at` of the text.
    fn read_at(&mut self, body: &str, at: usize, first: u8, items_only: bool) {
        let grammar = self.grammar;
        let bare: &[(u8, u8)] = if may_be_number(first) { grammar.bare_forms() } else { &[] };
        // Most lines begin with a word that no mark follows as markers have it.
        let word = body.bytes().take(16).take_while(u8::is_ascii_alphanumeric).count();
        let mark = body.as_bytes().get(word).copied();
        for &(level_index, form_index) in grammar.forms_at(first).iter().chain(bare) {
            let Some(level) = grammar.level(level_index) else { continue };
            if items_only && !level.item {
                continue;
            }
            let Some(form) = level.forms.get(usize::from(form_index)) else { continue };
            // Behind a blank stands a word, before it an ordinal of any length: `Fünfter Abschnitt`.
            let closer =
                form.after.as_bytes().first().copied().filter(|b| b.is_ascii() && *b != b' ');
            if form.bare && first.is_ascii_alphabetic() && closer.is_some() {
                let spelled = mark == Some(b'-') && level.numbers.contains(&Numerals::Ordinal);
                let joined = matches!(mark, Some(b'-' | b' ')) && word < 4 || spelled;
                if !joined && mark != closer {
                    continue;
                }
            }
            let known = self.out.readings.iter().rev().take(8);
            if known.clone().any(|r| {
                r.level == level_index && r.end > at && r.number_start >= at && !r.unnumbered
            }) {
                continue;
            }
            if let Some(reading) = self.read(level_index, level, form, body, at) {
                self.out.readings.push(Reading { form: form_index, ..reading });
            }
        }
    }

    fn read(
        &self,
        index: u8,
        level: &Level,
        form: &Form,
        body: &str,
        at: usize,
    ) -> Option<Reading> {
        let mut rest = skip_label(body, &form.before)?;
        if !form.numbered {
            return self.read_unnumbered(index, level, form, body, rest, at);
        }
        // `S-1` alone is the number of a page.
        if form.bare && level.numbers == [Numerals::Code] && rest.starts_with(char::is_alphabetic) {
            return None;
        }
        let number_start = at + (body.len() - rest.len());
        let (mut number, length) = level.numbers.iter().find_map(|&numerals| {
            let (number, length) = parse(rest, numerals)?;
            let fits = level.parts == 0 || number.len() == level.parts;
            let tail = rest.get(length..)?;
            (fits && skip_label(tail, &form.after).is_some()).then_some((number, length))
        })?;
        rest = rest.get(length..)?;
        let mut number_end = number_start + length;
        rest = skip_label(rest, &form.after)?;
        // `第百条の三`, `第120条之一`: the insert stands behind the label.
        if !form.after.is_ascii() {
            let taken = insert_behind(rest, &mut number);
            if taken > 0 {
                rest = rest.get(taken..)?;
                number_end = at + (body.len() - rest.len());
            }
        }
        // `1.05` is no `1.0`, `2.5` no `2.`.
        let digit =
            body.get(..length).is_some_and(|number| number.ends_with(|c: char| c.is_ascii_digit()));
        if (form.after.ends_with('0') || form.bare && form.after == "." && digit)
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            return None;
        }
        // `Section 2.05` is no `Section 2`.
        if let [b'.' | b'-' | b'/' | b':', digit, ..] = rest.as_bytes()
            && digit.is_ascii_digit()
            && !level.item
        {
            return None;
        }
        let mut last = number;
        if let Some((upto, tail)) = range(rest, level, form) {
            last = upto;
            rest = tail;
        }
        let end = at + (body.len() - rest.len());
        let cost = self.evidence(level, form, rest)?;
        Some(Reading {
            level: index,
            number,
            last,
            number_start,
            number_end,
            end,
            cost,
            unnumbered: false,
            form: 0,
        })
    }

    fn read_unnumbered(
        &self,
        index: u8,
        level: &Level,
        form: &Form,
        body: &str,
        rest: &str,
        at: usize,
    ) -> Option<Reading> {
        if form.whole && !rest.trim_matches(['.', ' ', ':', '\u{3000}']).is_empty() {
            return None;
        }
        let joined = rest.chars().next().is_some_and(char::is_alphabetic);
        if joined && form.before.chars().next_back().is_some_and(char::is_alphabetic) {
            return None;
        }
        let end = at + (body.len() - rest.len());
        let cost = if form.whole || level.item { 0 } else { self.evidence(level, form, rest)? };
        Some(Reading {
            level: index,
            number: Number::default(),
            last: Number::default(),
            number_start: end,
            number_end: end,
            end,
            cost,
            unnumbered: true,
            form: 0,
        })
    }

    /// What the text behind a marker says against it; none if it cannot be one.
    fn evidence(&self, level: &Level, form: &Form, rest: &str) -> Option<Cost> {
        let body = rest.trim_start();
        let spaced = body.len() < rest.len();
        let first = body.chars().next();
        let mut cost = 0;
        // What a small letter behind the number costs.
        let mut small = 25;
        if level.capital && form.bare {
            // `1.—(1) A person must not fish.`
            let body = body.trim_start_matches(['—', '–']);
            let first = body.chars().next();
            let capital = first
                .is_none_or(|c| c.is_uppercase() || c == '(' || c == '[' || c == '“' || c == '"');
            // `12 days`: a number at the start of a line. `5.3 percent` is rare there, and lists may
            // be numbered `5.3`.
            if !capital {
                let listed = level.parts > 1 || !form.after.is_empty();
                if !listed || level.heading || !first.is_some_and(char::is_alphabetic) {
                    return None;
                }
                if level.parts > 2 || !form.after.is_empty() {
                    small = 8;
                }
            }
            if form.after.is_empty() && !spaced && first.is_some() && level.parts != 2 {
                return None;
            }
        }
        if level.item {
            // `A.M.`, `P.O. Box`, `J.P. Morgan`.
            let letter = first.is_some_and(char::is_alphabetic);
            if form.bare && form.after == "." && !spaced && letter && body.get(1..2) == Some(".") {
                return None;
            }
            return Some(match first {
                Some(',' | ';' | ')') if !spaced => 40,
                None if form.bare => 15,
                _ => 0,
            });
        }
        if level.heading && form.bare {
            // `U.S. Government`.
            if !spaced && first.is_some() {
                return None;
            }
            // `FIRST:` shows itself.
            let spelled = level.numbers.contains(&Numerals::Ordinal);
            cost += if spelled { 0 } else { untitled(body) };
        }
        match first {
            Some(',' | ';' | ')' | '）' | '”' | '、' | '，') => cost += 60,
            Some('(' | '（')
                if !spaced && level.title != Title::None && (!level.capital || !form.bare) =>
            {
                // `§ 5(a)` is a reference, `第5条（目的）` a heading.
                cost += if first == Some('(') { 55 } else { 0 };
            }
            Some(c) if c.is_lowercase() && level.title != Title::None => cost += small,
            _ => {}
        }
        if level.alone && body.len() > 90 {
            cost += 90;
        }
        // `… in the form of\nExhibit G.`
        if level.isolates && body.starts_with('.') {
            cost += 40;
        }
        if self.connects(body) {
            cost += 50;
        }
        Some(cost)
    }

    /// Whether text goes on as only a reference does.
    fn connects(&self, body: &str) -> bool {
        self.grammar.connectives.iter().any(|word| {
            body.strip_prefix(word.as_str()).is_some_and(|rest| {
                let ideographic = !word.is_ascii()
                    && !word.chars().all(|c| c.is_alphabetic() && c.is_lowercase());
                ideographic || rest.chars().next().is_none_or(|c| !c.is_alphanumeric())
            })
        })
    }
}

/// `text` behind `label`, where each blank of the label is any white space or none.
fn skip_label<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let mut rest = text;
    let mut parts = label.split(' ');
    rest = rest.strip_prefix(parts.next()?)?;
    for part in parts {
        rest = rest.trim_start_matches([' ', '\u{a0}', '\t', '\u{3000}']);
        rest = rest.strip_prefix(part)?;
    }
    Some(rest)
}

/// Words between the two numbers of a range.
const RANGE_WORDS: [&str; 14] = [
    " bis ",
    " to ",
    " through ",
    " and ",
    " und ",
    "–",
    "-",
    " – ",
    " - ",
    ", ",
    " à ",
    " et ",
    " u. ",
    " or ",
];

/// The second number of a heading that stands for several sections.
fn range<'t>(rest: &'t str, level: &Level, form: &Form) -> Option<(Number, &'t str)> {
    let doubled = form.before.contains("§§");
    let bracketed = form.before == "(" && form.after == ")";
    if !doubled && !bracketed {
        return None;
    }
    let mut out = None;
    let mut tail = rest;
    for _ in 0..8 {
        let Some(after) = RANGE_WORDS.iter().find_map(|word| tail.strip_prefix(word)) else {
            break;
        };
        let after = if bracketed { after.strip_prefix('(') } else { Some(after) };
        let Some(after) = after else { break };
        let Some((number, length)) = level.numbers.iter().find_map(|&n| parse(after, n)) else {
            break;
        };
        let Some(more) = after.get(length..) else { break };
        let more = if bracketed { more.strip_prefix(')') } else { Some(more) };
        let Some(more) = more else { break };
        out = Some((number, more));
        tail = more;
    }
    // `(a) to (c)` heads a line only where nothing is left of them.
    out.filter(|(_, tail)| !bracketed || tail.trim_start().starts_with('['))
}

fn ends_with_word(text: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| text.strip_suffix(word).is_some_and(|head| head.ends_with([' ', ',', ';'])))
}

/// Whether a line that begins so can begin with a number.
fn may_be_number(first: u8) -> bool {
    first.is_ascii_alphanumeric() || first >= 0x80
}
