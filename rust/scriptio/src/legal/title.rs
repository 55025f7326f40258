//! Text behind a number that is a title.

use super::candidate::Cost;

/// The end of a run-in heading, `In General.—`, within the first words of a text.
pub(super) fn run_in(body: &str) -> Option<usize> {
    let mut end = body.len().min(240);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    let head = body.get(..end)?;
    for mark in [".—", ".--", ".–", ". —", "—", ".‑"] {
        if let Some(at) = head.find(mark) {
            let title = head.get(..at)?;
            // A dash inside a sentence ends no heading.
            let capital =
                title.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
            let sentence = title.contains(". ") || title.contains(';');
            if capital
                && !sentence
                && title.split(' ').count() <= 24
                && (mark != "—" || title.len() < 60)
            {
                return Some(at + mark.len());
            }
        }
    }
    None
}

/// Longer titles are none.
const LONGEST_HEADING: usize = 90;

/// What it costs that text behind a number does not begin with a title: `I. Scope`, `A. Fees. The`.
pub(super) fn untitled(body: &str) -> Cost {
    let body = body.trim_end();
    if body.is_empty() {
        return 15;
    }
    let title = body.split_once(". ").map_or(body, |(title, _)| title);
    let title = title.split_once(": ").map_or(title, |(title, _)| title);
    let whole = title.len() == body.len();
    // `11:00 A. M.`, `A. B. Smith`.
    let initial = title
        .split('.')
        .next()
        .is_some_and(|word| word.len() < 3 && word.starts_with(char::is_alphabetic));
    let sentence =
        initial || whole && body.ends_with(['.', ';', ',', ':']) && body.split(' ').count() > 8;
    if title.len() > LONGEST_HEADING || sentence {
        return 40;
    }
    let words = title.split(' ').filter(|word| word.len() > 3);
    let (all, small) = words.fold((0, 0), |(all, small), word| {
        (all + 1, small + u32::from(word.starts_with(char::is_lowercase)))
    });
    // `The company and its subsidiaries` is no title.
    if small * 2 > all { 25 } else { 0 }
}
