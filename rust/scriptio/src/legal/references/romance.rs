//! French, Spanish, Italian, Portuguese: `aux articles 6 à 9`, `l'article
//! 1240 du code civil`, `artículos 14.1 y 15 de la Ley 30/1992`.

use super::cursor::{Cursor, until};
use super::{Anchor, Reference, Step};
use crate::Span;
use crate::legal::numbering::{Number, Numerals};

/// What one of these languages says.
pub(super) struct Language {
    /// Words before a number: word, whether several follow.
    labels: &'static [(&'static str, bool)],
    joins: &'static [&'static str],
    ranges: &'static [&'static str],
    /// Between the number and the name of a law.
    of: &'static [&'static str],
    /// Behind which the law is this one.
    own: &'static [&'static str],
    /// First words of the names of laws.
    laws: &'static [&'static str],
    previous: &'static [&'static str],
    next: &'static [&'static str],
    numerals: &'static [Numerals],
}

pub(super) static FRENCH: Language = Language {
    labels: &[
        ("articles", true),
        ("article", false),
        ("Articles", true),
        ("Article", false),
        ("art.", false),
    ],
    joins: &[" et ", ", ", " ou ", " et à "],
    ranges: &[" à "],
    of: &["du ", "de la ", "de l'", "de l’", "des "],
    own: &["présent", "même code", "présente"],
    laws: &[
        "code",
        "loi",
        "décret",
        "ordonnance",
        "règlement",
        "Constitution",
        "traité",
        "arrêté",
        "directive",
    ],
    previous: &["article précédent"],
    next: &["article suivant"],
    numerals: &[Numerals::Code, Numerals::Latin],
};

pub(super) static SPANISH: Language = Language {
    labels: &[
        ("artículos", true),
        ("artículo", false),
        ("Artículos", true),
        ("arts.", true),
        ("art.", false),
        ("articulo", false),
    ],
    joins: &[" y ", ", ", " o ", " e "],
    ranges: &[" a ", " al "],
    of: &["de la ", "del ", "de los ", "de "],
    own: &["presente", "este ", "esta "],
    laws: &[
        "Ley",
        "Código",
        "Constitución",
        "Decreto",
        "Real Decreto",
        "Reglamento",
        "Tratado",
        "Ordenanza",
    ],
    previous: &["artículo anterior", "artículo precedente"],
    next: &["artículo siguiente"],
    numerals: &[Numerals::Latin],
};

pub(super) static ITALIAN: Language = Language {
    labels: &[
        ("articoli", true),
        ("articolo", false),
        ("artt.", true),
        ("art.", false),
        ("Art.", false),
    ],
    joins: &[" e ", ", ", " o "],
    ranges: &[" a "],
    of: &["del ", "della ", "dello ", "dell'", "dell’"],
    own: &["presente", "medesimo"],
    laws: &["codice", "legge", "decreto", "regolamento", "Costituzione", "trattato", "direttiva"],
    previous: &["articolo precedente"],
    next: &["articolo seguente", "articolo successivo"],
    numerals: &[Numerals::Latin],
};

pub(super) static PORTUGUESE: Language = Language {
    labels: &[("artigos", true), ("artigo", false), ("arts.", true), ("art.", false)],
    joins: &[" e ", ", ", " ou "],
    ranges: &[" a ", " ao "],
    of: &["da ", "do ", "dos ", "das "],
    own: &["presente", "deste", "desta"],
    laws: &["Lei", "Código", "Constituição", "Decreto", "Regulamento", "Tratado"],
    previous: &["artigo anterior"],
    next: &["artigo seguinte"],
    numerals: &[Numerals::Latin],
};

pub(super) fn find(text: &str, language: &Language) -> Vec<Reference> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = text.as_bytes().get(at..).and_then(|b| memchr::memchr2(b'a', b'A', b)) {
        let start = at + found;
        at = start + 1;
        let rest = text.get(start..).unwrap_or_default();
        let Some(&(label, many)) =
            language.labels.iter().find(|(label, _)| rest.starts_with(label))
        else {
            continue;
        };
        if text.get(..start).is_some_and(|head| head.ends_with(char::is_alphabetic)) {
            continue;
        }
        let relative = |words: &[&str], back: i32| {
            words.iter().find(|word| rest.starts_with(**word)).map(|word| (word.len(), back))
        };
        if let Some((length, back)) =
            relative(language.previous, 1).or_else(|| relative(language.next, -1))
        {
            let span = Span::new(start, start + length);
            out.push(Reference::new(span, Vec::new(), Anchor::Back(back)));
            at = span.end;
            continue;
        }
        let mut cursor = Cursor::new(text, start + label.len());
        cursor.blanks();
        let first = out.len();
        list(&mut cursor, start, many, language, &mut out);
        if out.len() == first {
            continue;
        }
        at = cursor.at;
        if let Some(law) = law_behind(&cursor, language) {
            for reference in out.get_mut(first..).unwrap_or_default() {
                reference.law = Some(law);
                reference.anchor = Anchor::Other;
            }
            if let Some(last) = out.last_mut() {
                last.span.end = law.end;
            }
            at = law.end;
        }
    }
    out
}

fn number(cursor: &mut Cursor<'_>, language: &Language) -> Option<(Number, Span)> {
    language.numerals.iter().find_map(|&numerals| {
        let mut ahead = *cursor;
        let found = ahead.number(numerals)?;
        *cursor = ahead;
        Some(found)
    })
}

fn list(
    cursor: &mut Cursor<'_>,
    start: usize,
    many: bool,
    language: &Language,
    out: &mut Vec<Reference>,
) {
    let mut from = start;
    while let Some((value, span)) = number(cursor, language) {
        let step = Step { kind: "article", number: value, span };
        let mut reference = Reference::new(Span::new(from, cursor.at), vec![step], Anchor::Law);
        let mut ahead = *cursor;
        if many
            && language.ranges.iter().any(|word| ahead.eat(word))
            && let Some((upto, span)) = number(&mut ahead, language)
        {
            reference.upto = Some(upto);
            reference.span.end = span.end;
            *cursor = ahead;
        }
        out.push(reference);
        let mut ahead = *cursor;
        if !many || !language.joins.iter().any(|word| ahead.eat(word)) {
            return;
        }
        if !ahead.rest().starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()) {
            return;
        }
        from = ahead.at;
        let mut probe = ahead;
        if number(&mut probe, language).is_none() {
            return;
        }
        *cursor = ahead;
    }
}

/// The law named behind a list, if it is not this one.
fn law_behind(cursor: &Cursor<'_>, language: &Language) -> Option<Span> {
    let mut ahead = *cursor;
    ahead.eat(",");
    ahead.blanks();
    language.of.iter().find(|word| ahead.eat(word))?;
    let rest = ahead.rest();
    if language.own.iter().any(|word| rest.starts_with(word)) {
        return None;
    }
    language.laws.iter().find(|word| rest.starts_with(**word))?;
    let stop =
        until(ahead.text, ahead.at, 120, |c| matches!(c, ',' | ';' | '.' | '\n' | '(' | ')'));
    let body = ahead.text.get(ahead.at..stop)?;
    // A name ends before the verb; a handful of words is what names have.
    let words = body.split_inclusive(' ').take(7).map(str::len).sum::<usize>();
    Some(Span::new(ahead.at, ahead.at + words).trimmed(ahead.text))
}
