//! German: `§ 5 Abs. 1 Satz 2 Nr. 3 UWG`, `§§ 1, 2 und 5 bis 7`, `BGB § 242`.
//!
//! A list has its law behind the last element, and so do citations joined
//! by `und` or `i.V.m.` that name none themselves.

use super::cursor::{Cursor, until};
use super::{Anchor, Reference, Step};
use crate::Span;
use crate::legal::numbering::Numerals;

const UNITS: [(&str, &str); 23] = [
    ("Absatz", "subsection"),
    ("Absätze", "subsection"),
    ("Abs.", "subsection"),
    ("Abs", "subsection"),
    ("Satz", "sentence"),
    ("Sätze", "sentence"),
    ("S.", "sentence"),
    ("S", "sentence"),
    ("Nummern", "number"),
    ("Nummer", "number"),
    ("Nrn.", "number"),
    ("Nr.", "number"),
    ("Nr", "number"),
    ("Buchstabe", "letter"),
    ("Buchst.", "letter"),
    ("lit.", "letter"),
    ("Halbsatz", "half-sentence"),
    ("Halbs.", "half-sentence"),
    ("Hs.", "half-sentence"),
    ("Alternative", "alternative"),
    ("Alt.", "alternative"),
    ("Unterabsatz", "subparagraph"),
    ("UAbs.", "subparagraph"),
];

/// What joins the elements of a list.
const JOINS: [&str; 8] = [",", "und", "u.", "oder", "bis", "sowie", "/", "–"];

/// What joins whole citations that share a law.
const CHAINS: [&str; 14] = [
    "",
    ",",
    "und",
    "oder",
    "sowie",
    "i. V. m.",
    "i.V.m.",
    "in Verbindung mit",
    ", jeweils",
    "bis",
    ";",
    "u.",
    "iVm",
    "und den",
];

pub(super) fn find(text: &str) -> Vec<Reference> {
    let mut out: Vec<Reference> = Vec::new();
    // First citation of those that wait for a law, and where the last of them ended.
    let mut waiting = 0;
    let mut ended = usize::MAX;
    let mut at = 0;
    while let Some((start, label, many)) = next_label(text, at) {
        let mut cursor = Cursor::new(text, start + label);
        at = cursor.at;
        cursor.blanks();
        let before = law_before(text, start);
        let chained = ended <= start
            && before.is_none()
            && CHAINS.contains(&text.get(ended..start).unwrap_or_default().trim());
        if !chained {
            waiting = out.len();
        }
        let own = out.len();
        elements(&mut cursor, start, many, &mut out);
        if out.len() == own {
            ended = usize::MAX;
            continue;
        }
        at = cursor.at;
        ended = at;
        let law = match before {
            Some(law) => Some(law),
            None => law_behind(text, cursor.at),
        };
        let Some(law) = law else { continue };
        if law.start >= at {
            if let Some(last) = out.last_mut() {
                last.span.end = law.end;
            }
            at = law.end;
            ended = law.end;
        }
        let from = if before.is_some() { own } else { waiting };
        for reference in out.get_mut(from..).unwrap_or_default() {
            reference.law = Some(law);
            reference.anchor = Anchor::Other;
        }
        if before.is_some()
            && let Some(first) = out.get_mut(own)
        {
            first.span.start = law.start;
        }
        waiting = out.len();
    }
    out
}

/// The next `§`, `§§` or `Art.`: where, how long, and whether several follow.
fn next_label(text: &str, from: usize) -> Option<(usize, usize, bool)> {
    let mut at = from;
    loop {
        let bytes = text.as_bytes().get(at..)?;
        // The second byte of § is rare, A is the first of Art.
        let found = memchr::memchr2(0xC2, b'A', bytes)?;
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        if let Some(tail) = rest.strip_prefix('§') {
            let many = tail.starts_with('§');
            return Some((start, if many { 4 } else { 2 }, many));
        }
        for word in ["Artikeln", "Artikels", "Artikel", "Artt.", "Art."] {
            let whole = text.get(..start).is_none_or(|h| !h.ends_with(char::is_alphabetic));
            if whole && rest.starts_with(word) {
                let tail = rest.get(word.len()..).unwrap_or_default();
                if numbered(tail) {
                    return Some((
                        start,
                        word.len(),
                        word == "Artikeln" || word == "Artt." || word == "Artikel",
                    ));
                }
            }
        }
        at = start + rest.chars().next().map_or(1, char::len_utf8);
    }
}

/// Whether a number comes next. One alone on the next line is that of a paragraph: `eigener Art.`
fn numbered(tail: &str) -> bool {
    let number = tail.trim_start();
    let blank = tail.get(..tail.len() - number.len()).unwrap_or_default();
    let behind = number.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < number.len() && !(blank.contains('\n') && behind.starts_with(['\n', '\r']))
}

/// The elements behind a label: one, or with `§§` a list.
fn elements(cursor: &mut Cursor<'_>, start: usize, many: bool, out: &mut Vec<Reference>) {
    let mut from = start;
    loop {
        let Some((mut number, mut span)) = cursor.number(Numerals::Arabic) else { return };
        // `§ 74 a HGB`
        let mut ahead = *cursor;
        if ahead.eat(" ") && number.len() == 1 {
            let rest = ahead.rest().as_bytes();
            if let [letter @ b'a'..=b'z', next, ..] = rest
                && matches!(next, b' ' | b',' | b')')
            {
                number.push(u32::from(letter - b'a') + 1);
                ahead.at += 1;
                span.end = ahead.at;
                *cursor = ahead;
            }
        }
        let mut steps = vec![Step { kind: "section", number, span }];
        let mut end = details(cursor, many, &mut steps);
        let mut reference = Reference::new(Span::new(from, end), steps, Anchor::Law);
        let mut next = *cursor;
        next.blanks();
        for mark in ["ff.", "f."] {
            if next.eat(mark) {
                *cursor = next;
                end = cursor.at;
                break;
            }
        }
        reference.span.end = end;
        out.push(reference);
        if !many {
            return;
        }
        let mut ahead = *cursor;
        ahead.blanks();
        let Some(join) = ahead.word(&JOINS) else { return };
        ahead.blanks();
        if !ahead.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        if (join == "bis" || join == "–")
            && let Some((upto, span)) = ahead.number(Numerals::Arabic)
        {
            if let Some(last) = out.last_mut() {
                last.upto = Some(upto);
                last.span.end = span.end;
                let mut steps = Vec::new();
                details(&mut ahead, many, &mut steps);
            }
            *cursor = ahead;
            let mut more = ahead;
            more.blanks();
            let Some(_) = more.word(&JOINS) else { return };
            more.blanks();
            if !more.rest().starts_with(|c: char| c.is_ascii_digit()) {
                return;
            }
            ahead = more;
        }
        from = ahead.at;
        *cursor = ahead;
    }
}

/// Reads what stands inside a section, `Abs. 1 Satz 2`; gives where it ends. In a list of sections
/// (`many`) a new one may follow.
fn details(cursor: &mut Cursor<'_>, many: bool, steps: &mut Vec<Step>) -> usize {
    let mut end = cursor.at;
    loop {
        let mut ahead = *cursor;
        ahead.blanks();
        // `Abs. 1 und 2`, `Satz 1 und Satz 2`: the first of them is the step.
        let joined = ahead.word(&["und", "oder", ",", "bis", "u.", "sowie"]).is_some();
        ahead.blanks();
        let unit = UNITS
            .iter()
            .find(|(word, _)| {
                ahead.rest().strip_prefix(word).is_some_and(|tail| {
                    tail.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric())
                        && (word.ends_with('.') || tail.starts_with([' ', '\u{a0}']))
                })
            })
            .copied();
        if let Some((word, kind)) = unit {
            ahead.at += word.len();
            ahead.blanks();
            let found = if kind == "letter" {
                ahead.number(Numerals::Lower)
            } else {
                ahead.number(Numerals::Arabic)
            };
            let Some((number, span)) = found else { return end };
            if !joined && !steps.iter().any(|step| step.kind == kind) {
                steps.push(Step { kind, number, span });
            }
            ahead.eat(")");
            *cursor = ahead;
            end = cursor.at;
            continue;
        }
        // A number that goes on with the unit before it; in a list of sections, which rise, it is a
        // new section if it is larger than the last one.
        if joined && steps.len() > 1 {
            let mut beyond = ahead;
            if let Some((number, _)) = beyond.number(Numerals::Arabic) {
                let mut after = beyond;
                after.blanks();
                let section = steps.first().map_or(0, |step| step.number.last());
                let rises = many && number.last() > section;
                if !rises && !after.rest().starts_with("Abs") {
                    *cursor = beyond;
                    end = cursor.at;
                    continue;
                }
            }
        }
        // `§ 5 II 1 StVO`: roman is the subsection, arabic the sentence.
        if !joined && steps.len() == 1 {
            let mut roman = ahead;
            if let Some((number, span)) = roman.number(Numerals::Roman)
                && number.parts().len() == 1
                && number.last() < 30
                && roman.rest().starts_with(' ')
            {
                steps.push(Step { kind: "subsection", number, span });
                roman.blanks();
                let mut sentence = roman;
                if let Some((number, span)) = sentence.number(Numerals::Arabic) {
                    steps.push(Step { kind: "sentence", number, span });
                    roman = sentence;
                }
                *cursor = roman;
                end = cursor.at;
                continue;
            }
        }
        // Bare letters, `a) und b)`.
        let mut letter = ahead;
        if let Some((number, span)) = letter.number(Numerals::Lower)
            && letter.eat(")")
            && steps.len() > 1
        {
            if !joined {
                steps.push(Step { kind: "letter", number, span });
            }
            *cursor = letter;
            end = cursor.at;
            continue;
        }
        return end;
    }
}

/// The law named behind a citation.
fn law_behind(text: &str, at: usize) -> Option<Span> {
    let mut cursor = Cursor::new(text, at);
    cursor.blanks();
    let article = cursor.word(&["des", "der", "dem", "im", "zum", "zur", "vom"]);
    cursor.blanks();
    let start = cursor.at;
    let end = until(text, start, 80, |c| !c.is_alphanumeric() && c != '-');
    let word = text.get(start..end)?;
    if abbreviation(word) {
        return Some(Span::new(start, edition(text, end, word)));
    }
    article?;
    full_name(text, start)
}

/// `BGB`, `MarkenG`, `StVO`: capitals within the word.
fn abbreviation(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    word.chars().next().is_some_and(char::is_uppercase)
        && capitals >= 2
        && letters <= 16
        && !matches!(
            word,
            "BGH" | "BVerfG" | "BVerwG" | "BAG" | "BFH" | "BSG" | "OLG" | "II" | "III" | "IV"
        )
}

/// The end of a law's abbreviation with its book or year: `SGB V`, `UWG 2004`.
fn edition(text: &str, end: usize, word: &str) -> usize {
    let mut cursor = Cursor::new(text, end);
    if !cursor.eat(" ") {
        return end;
    }
    if word == "SGB" {
        if let Some((number, _)) = cursor.number(Numerals::Roman)
            && number.last() <= 14
        {
            return cursor.at;
        }
        return end;
    }
    match cursor.number(Numerals::Arabic) {
        Some((number, span)) if span.len() == 4 && (1850..2100).contains(&number.last()) => {
            span.end
        }
        _ => end,
    }
}

/// A full name in the genitive: `Außensteuergesetzes`, `Gesetzes über …`.
fn full_name(text: &str, start: usize) -> Option<Span> {
    const ENDS: [&str; 16] = [
        "gesetzes",
        "gesetz",
        "gesetzbuchs",
        "gesetzbuches",
        "gesetzbuch",
        "ordnung",
        "verordnung",
        "Grundgesetzes",
        "Gesetzes",
        "Gesetzbuchs",
        "Verordnung",
        "vertrags",
        "vertrages",
        "statuts",
        "übereinkommens",
        "Gesetzbuches",
    ];
    let stop = until(text, start, 240, |c| matches!(c, '.' | ';' | '\n' | ')' | ','));
    let body = text.get(start..stop)?;
    let mut at = 0;
    for (count, word) in body.split(' ').enumerate() {
        let end = at + word.len();
        if ENDS.iter().any(|end| word.ends_with(end))
            && word.chars().next().is_some_and(char::is_uppercase)
        {
            if word.starts_with("Gesetz") || word == "Verordnung" {
                // `Gesetzes über die … (StBerG)`: as far as its abbreviation or the clause goes.
                let close = text.get(stop..).is_some_and(|t| t.starts_with(')'));
                let open = body.contains('(') && close;
                let whole = if open { stop + 1 } else { start + body.trim_end().len() };
                return body.get(end..)?.starts_with(" über").then(|| Span::new(start, whole));
            }
            return Some(Span::new(start, start + end));
        }
        // `Ersten Buches Sozialgesetzbuch`: a few words at most.
        if count >= 4 {
            break;
        }
        at = end + 1;
    }
    None
}

/// A law right before the label: `HGB § 59`.
fn law_before(text: &str, start: usize) -> Option<Span> {
    let head = text.get(..start)?;
    let body = head.strip_suffix(' ').or_else(|| head.strip_suffix('\u{a0}'))?;
    let from = body.rfind(|c: char| !c.is_alphanumeric() && c != '-').map_or(0, |at| {
        at + body.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)
    });
    let word = body.get(from..)?;
    // An abbreviation that itself ends another citation is not this one's.
    let earlier = body.get(..from).unwrap_or_default().trim_end();
    let cited = earlier.ends_with(|c: char| c.is_ascii_digit()) || earlier.ends_with("ff.");
    (abbreviation(word) && !cited).then(|| Span::new(from, body.len()))
}
