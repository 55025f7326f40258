//! What is usual in a document tells which of its candidates are headings.

use super::candidate::{Candidates, Cost, Reading};
use super::grammar::Grammar;

/// What a form costs that the document hardly uses for headings.
const UNUSUAL: Cost = 30;

/// A document prints its headings in one way, and references in others: where sections are headed
/// `SEC. 12.`, a line that begins with `Section 12` is none.
pub(super) fn prefer_usual_forms(out: &mut Candidates, grammar: &Grammar) {
    let mut counts: Vec<Vec<u32>> =
        grammar.levels.iter().map(|level| vec![0; level.forms.len()]).collect();
    for candidate in out.candidates.iter().filter(|c| !c.weak && !c.chained) {
        for reading in out.readings_of(candidate).iter().filter(|r| r.cost == 0) {
            let place = counts
                .get_mut(usize::from(reading.level))
                .and_then(|forms| forms.get_mut(usize::from(reading.form)));
            if let Some(count) = place {
                *count += 1;
            }
        }
    }
    for reading in &mut out.readings {
        let Some(level) = grammar.level(reading.level) else { continue };
        if level.item || reading.unnumbered {
            continue;
        }
        let Some(forms) = counts.get(usize::from(reading.level)) else { continue };
        let most = forms.iter().copied().max().unwrap_or(0);
        let own = forms.get(usize::from(reading.form)).copied().unwrap_or(0);
        // Bills head their first section `SECTION 1.` and all others `SEC. 2.`.
        if most >= 3 && own * 6 < most && !reading.number.is_first() {
            reading.cost += UNUSUAL;
        }
    }
}

/// What a numeral with no mark costs as a heading where nothing shows it to be one.
const UNSHOWN: Cost = 200;
/// So many numerals with no mark must be shown to be headings.
const SHOWN: usize = 2;

/// `3 Payments` is a heading where `3.1` follows; otherwise it may be an address or the top of a page.
pub(super) fn doubt_bare_numerals(out: &mut Candidates, grammar: &Grammar) {
    let is_bare = |reading: &Reading| {
        grammar.level(reading.level).is_some_and(|level| {
            let form = level.forms.get(usize::from(reading.form));
            level.parts == 1 && form.is_some_and(|form| form.bare && form.after.is_empty())
        })
    };
    if !grammar
        .levels
        .iter()
        .any(|l| l.parts == 1 && l.forms.iter().any(|f| f.bare && f.after.is_empty()))
    {
        return;
    }
    let shown = out
        .candidates
        .windows(2)
        .filter(|pair| {
            let [head, next] = pair else { return false };
            out.readings_of(head).iter().filter(|r| is_bare(r)).any(|head| {
                let first = [head.number.last(), 1];
                out.readings_of(next).iter().any(|next| next.number.parts() == first)
            })
        })
        .count();
    if shown < SHOWN {
        for reading in &mut out.readings {
            reading.cost += if is_bare(reading) { UNSHOWN } else { 0 };
        }
    }
}
