//! Which legal system a text is from, when nobody says.
//!
//! Each grammar reads the first part of the text; how many of its headings
//! follow each other as numbers do is the evidence, and words that only such
//! texts have. The script of the letters leaves most grammars out.

use super::candidate;
use super::grammar::Grammar;
use super::lines::Lines;
use super::numbering::{Number, Step};

/// Bytes that are read; the start of a law shows its kind.
const SAMPLE: usize = 96 * 1024;
/// What a word of a system counts, in headings that follow each other, and how often at most.
const HINT: usize = 3;
const HINTS: usize = 12;

/// A text that addresses its reader once in so many bytes does so throughout, and what that counts.
const ADDRESSED: usize = 600;
const ADDRESS: usize = 100;
/// Fewer words show nothing.
const FEWEST: usize = 5;

/// The grammar that fits best; the one for web pages if none fits.
pub(super) fn detect(text: &str) -> Option<&'static Grammar> {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end)?;
    let lines = Lines::new(sample);
    let fallback = Grammar::all().iter().find(|grammar| grammar.layout);
    Grammar::all()
        .iter()
        .map(|grammar| (score(sample, &lines, grammar), grammar))
        .filter(|&(score, _)| score > 0)
        // The first of the best, so that the order of the files decides and not chance.
        .max_by(|(a, x), (b, y)| a.cmp(b).then_with(|| y.name.cmp(&x.name)))
        .map(|(_, grammar)| grammar)
        .or(fallback)
}

fn score(sample: &str, lines: &Lines, grammar: &Grammar) -> usize {
    let hints: usize = grammar
        .hints
        .iter()
        .map(|hint| memchr::memmem::find_iter(sample.as_bytes(), hint.as_bytes()).take(4).count())
        .sum();
    if !grammar.hints.is_empty() && hints == 0 {
        return 0;
    }
    let found = candidate::find(sample, lines, grammar, &[]);
    let mut last: Vec<Option<Number>> = vec![None; grammar.levels.len()];
    let mut follow = 0;
    for candidate in found.candidates.iter().filter(|c| !c.chained && !c.weak) {
        for reading in found.readings_of(candidate) {
            let Some(level) = grammar.level(reading.level) else { continue };
            if level.item || reading.unnumbered || reading.cost > 10 {
                continue;
            }
            let Some(place) = last.get_mut(usize::from(reading.level)) else { continue };
            let next = place.is_some_and(|before| {
                matches!(before.step(&reading.number), Step::Next | Step::Insert | Step::Carry)
            });
            let bare = level.forms.get(usize::from(reading.form)).is_some_and(|form| form.bare);
            follow += if next { if bare { 1 } else { 2 } } else { 0 };
            *place = Some(reading.last);
        }
    }
    // Any text has lines that look like headings of web pages, and words of theirs.
    if grammar.layout {
        let address =
            |word: &String| memchr::memmem::find_iter(sample.as_bytes(), word.as_bytes()).count();
        let addressed: usize = grammar.address.iter().map(address).sum();
        let full = addressed >= FEWEST && addressed * ADDRESSED >= sample.len();
        let address = if full { ADDRESS } else { 0 };
        return address + follow.min(20) + (HINT - 1) * hints.min(HINTS);
    }
    // Without a single series only many words count: recitals may fill the sample.
    if follow == 0 && hints < HINTS {
        return 0;
    }
    follow.min(60) + HINT * hints.min(HINTS)
}
