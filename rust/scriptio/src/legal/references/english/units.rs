//! The words that name units, and where in a text they begin a citation.

use crate::legal::numbering::{Number, Numerals};
use crate::legal::references::cursor::{Cursor, until};

/// Words that name a unit: word, kind, whether several follow.
const UNITS: [(&str, &str, bool); 58] = [
    ("Sections", "section", true),
    ("sections", "section", true),
    ("SECTIONS", "section", true),
    ("Section", "section", false),
    ("section", "section", false),
    ("SECTION", "section", false),
    ("Secs.", "section", true),
    ("Sec.", "section", false),
    ("sec.", "section", false),
    ("§§", "section", true),
    ("§", "section", false),
    ("subsections", "subsection", true),
    ("subsection", "subsection", false),
    ("Subsection", "subsection", false),
    ("sub-sections", "subsection", true),
    ("sub-section", "subsection", false),
    ("subparagraphs", "subparagraph", true),
    ("subparagraph", "subparagraph", false),
    ("Subparagraph", "subparagraph", false),
    ("sub-paragraphs", "subparagraph", true),
    ("sub-paragraph", "subparagraph", false),
    ("subclauses", "subclause", true),
    ("subclause", "subclause", false),
    ("subchapters", "subchapter", true),
    ("subchapter", "subchapter", false),
    ("Subchapter", "subchapter", false),
    ("subtitle", "subtitle", false),
    ("Subtitle", "subtitle", false),
    ("subpart", "subpart", false),
    ("Subpart", "subpart", false),
    ("paragraphs", "paragraph", true),
    ("paragraph", "paragraph", false),
    ("Paragraph", "paragraph", false),
    ("parts", "part", true),
    ("part", "part", false),
    ("Part", "part", false),
    ("points", "point", true),
    ("point", "point", false),
    ("clauses", "clause", true),
    ("clause", "clause", false),
    ("Clause", "clause", false),
    ("chapters", "chapter", true),
    ("Chapters", "chapter", true),
    ("chapter", "chapter", false),
    ("Chapter", "chapter", false),
    ("titles", "title", true),
    ("title", "title", false),
    ("Title", "title", false),
    ("articles", "article", true),
    ("Articles", "article", true),
    ("ARTICLE", "article", false),
    ("Article", "article", false),
    ("article", "article", false),
    ("Annexes", "annex", true),
    ("Annex", "annex", false),
    ("Schedule", "annex", false),
    ("Exhibit", "annex", false),
    ("Unit", "unit", false),
];

/// Kinds that enclose sections.
const CONTAINERS: [&str; 8] =
    ["chapter", "subchapter", "part", "subpart", "title", "subtitle", "unit", "annex"];

pub(super) enum Found {
    /// Bytes of the label, kind, whether several follow.
    Unit(usize, &'static str, bool),
    /// `this `.
    This(usize),
    /// ` U.S.C.`, whose title stands before it.
    Usc,
    /// `Directive 95/46/EC`.
    Law(usize),
}

/// The next place where a citation may begin: the first letters of the units, at word starts.
pub(super) fn next_unit(text: &str, from: usize) -> Option<(usize, Found)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let byte = bytes.get(at).copied()?;
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        let starts = !before.is_ascii_alphanumeric() || byte == 0xC2;
        let candidate = matches!(
            byte,
            b's' | b'S'
                | b'p'
                | b'P'
                | b'c'
                | b'C'
                | b't'
                | b'T'
                | b'a'
                | b'A'
                | b'U'
                | b'E'
                | b'D'
                | b'R'
                | 0xC2
        );
        if starts && candidate {
            let rest = text.get(at..).unwrap_or_default();
            if let Some(found) = at_word(rest, byte) {
                return Some((at, found));
            }
        }
        at += 1;
    }
    None
}

pub(super) fn at_word(rest: &str, first: u8) -> Option<Found> {
    match first {
        b't' if rest.starts_with("this ") => return Some(Found::This(5)),
        b'T' if rest.starts_with("This ") => return Some(Found::This(5)),
        b'U' if rest.starts_with("U.S.C.") || rest.starts_with("USC ") => return Some(Found::Usc),
        b'D' | b'R' => return law_number(rest).map(Found::Law),
        _ => {}
    }
    for &(word, kind, many) in &UNITS {
        if word.as_bytes().first() != Some(&first) {
            continue;
        }
        let Some(tail) = rest.strip_prefix(word) else { continue };
        let sign = word.starts_with('§');
        let bytes = tail.as_bytes();
        let next = bytes.get(usize::from(!sign && bytes.first() == Some(&b' ')));
        let blank = sign || matches!(bytes.first(), Some(b' ' | b'\n' | 0xC2));
        if blank && next.is_some() {
            return Some(Found::Unit(word.len(), kind, many));
        }
    }
    None
}

/// `Directive 95/46/EC`, `Regulation (EU) No 182/2011`.
pub(super) fn law_number(rest: &str) -> Option<usize> {
    let word = ["Directive", "Regulation", "Decision"].iter().find(|w| rest.starts_with(**w))?;
    let mut cursor = Cursor::new(rest, word.len());
    cursor.blanks();
    for union in ["(EU, Euratom)", "(EU)", "(EC)", "(EEC)", "(Euratom)"] {
        if cursor.eat(union) {
            cursor.blanks();
            break;
        }
    }
    cursor.word(&["No", "No."]);
    cursor.blanks();
    let start = cursor.at;
    let end = until(rest, start, 24, |c| !(c.is_ascii_alphanumeric() || c == '/'));
    let number = rest.get(start..end)?;
    (number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('/')).then_some(end)
}

/// Whether units of a kind lie inside sections.
pub(super) fn is_item(kind: &str) -> bool {
    kind != "section" && kind != "article" && !CONTAINERS.contains(&kind)
}

/// The number in a bracket, whatever its style.
pub(super) fn item_number(body: &str) -> Option<Number> {
    let mut letters = body.chars();
    let first = letters.next()?;
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    let system = if first.is_ascii_digit() {
        Numerals::Arabic
    } else if body.len() > 1 && body.bytes().all(|b| b"ivxlIVXL".contains(&b)) {
        if first.is_lowercase() { Numerals::SmallRoman } else { Numerals::Roman }
    } else if first.is_lowercase() {
        Numerals::Lower
    } else {
        Numerals::Upper
    };
    let (number, length) = crate::legal::parse_number(body, system)?;
    (length == body.len()).then_some(number)
}

/// The kind behind `this`.
pub(super) fn here(word: &str) -> Option<&'static str> {
    Some(match word {
        "section" | "Section" => "section",
        "subsection" => "subsection",
        "paragraph" => "paragraph",
        "subparagraph" => "subparagraph",
        "clause" => "clause",
        "chapter" | "Chapter" => "chapter",
        "subchapter" | "Subchapter" => "subchapter",
        "part" | "Part" => "part",
        "subpart" => "subpart",
        "title" | "Title" => "title",
        "subtitle" => "subtitle",
        "article" | "Article" => "article",
        "annex" | "Annex" | "schedule" | "Schedule" | "Exhibit" => "annex",
        "unit" | "Unit" => "unit",
        "division" | "Division" => "division",
        "Act" | "act" | "Agreement" | "Regulation" | "Directive" | "Decision" | "Law" | "Code"
        | "Constitution" => "law",
        _ => return None,
    })
}
