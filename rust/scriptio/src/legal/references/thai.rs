//! Thai: `มาตรา 40 (1) วรรคสอง แห่งประมวล…`.
//!
//! The law follows the number, behind the last number of a list: `มาตรา 8
//! และมาตรา 9 แห่งพระราชบัญญัติ…`.

use memchr::memmem;

use super::cursor::{Cursor, until};
use super::{Anchor, Reference, Step};
use crate::Span;
use crate::legal::numbering::Numerals;

const SECTION: &str = "มาตรา";
/// Bytes of the longest name of a law.
const LONGEST_LAW: usize = 600;

const COUNTS: [(&str, i32); 10] = [
    ("สิบ", 10),
    ("สอง", 2),
    ("สาม", 3),
    ("สี่", 4),
    ("ห้า", 5),
    ("หก", 6),
    ("เจ็ด", 7),
    ("แปด", 8),
    ("เก้า", 9),
    ("หนึ่ง", 1),
];

/// Which paragraph: วรรคหนึ่ง, วรรคสอง, …, the last one.
const ORDINALS: [&str; 12] =
    ["หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "สิบ", "ท้าย", "แรก"];

/// Words with which the name of a law begins.
const LAWS: [&str; 9] = [
    "พระราชบัญญัติ",
    "ประมวลกฎหมาย",
    "ประมวลรัษฎากร",
    "พระราชกำหนด",
    "พระราชกฤษฎีกา",
    "รัฐธรรมนูญ",
    "กฎกระทรวง",
    "ป.พ.พ.",
    "ประมวล",
];

pub(super) fn find(text: &str) -> Vec<Reference> {
    let mut out: Vec<Reference> = Vec::new();
    // Where the open list of citations began, and where its last one ended.
    let mut list = 0;
    let mut list_end = usize::MAX;
    let finder = memmem::Finder::new(SECTION);
    let mut at = 0;
    while let Some(found) = finder.find(text.as_bytes().get(at..).unwrap_or_default()) {
        let start = at + found;
        at = start + SECTION.len();
        let joined = list_end <= start && continues(text.get(list_end..start).unwrap_or_default());
        if !joined {
            list = out.len();
        }
        let mut cursor = Cursor::new(text, at);
        if cursor.eat("นี้") {
            out.push(Reference::new(
                Span::new(start, cursor.at),
                Vec::new(),
                Anchor::Here("section"),
            ));
            list_end = usize::MAX;
            continue;
        }
        if cursor.eat("ก่อน") {
            out.push(before(text, start, cursor.at));
            list_end = usize::MAX;
            continue;
        }
        cursor.blanks();
        let Some((number, span)) = cursor.number(Numerals::Arabic) else { continue };
        let mut step = Step { kind: "section", number, span };
        loop {
            let from = cursor.at;
            let mut reference = Reference::new(Span::new(start, span.end), vec![step], Anchor::Law);
            if from != span.end {
                reference.span = Span::new(step.span.start, step.span.end);
            }
            if let Some(upto) = range(&mut cursor) {
                reference.upto = Some(upto.0);
                reference.span.end = upto.1.end;
            }
            let items = items(&mut cursor);
            reference.span.end = reference.span.end.max(cursor.at);
            let whole = reference.span;
            if items.is_empty() {
                out.push(reference);
            }
            out.extend(
                items.into_iter().map(|i| Reference::new(whole, vec![step, i], Anchor::Law)),
            );
            // `มาตรา 16, 17 และ 18`
            let Some(next) = more_numbers(&mut cursor) else { break };
            step = next;
        }
        list_end = cursor.at;
        at = cursor.at.max(at);
        if let Some((law, own)) = law_behind(text, cursor.at) {
            for reference in out.get_mut(list..).unwrap_or_default() {
                if reference.law.is_none() && reference.anchor == Anchor::Law {
                    reference.law = (!own).then_some(law);
                    reference.anchor = if own { Anchor::Law } else { Anchor::Other };
                }
            }
            list = out.len();
            list_end = usize::MAX;
            at = law.end.max(at);
        } else if list + 1 == out.len() || !joined {
            if let Some(law) = law_before(text, start) {
                for reference in out.get_mut(list..).unwrap_or_default() {
                    reference.law = Some(law);
                    reference.anchor = Anchor::Other;
                }
            }
        } else if let Some(first) = out.get(list).filter(|first| first.anchor == Anchor::Other) {
            // A law named before the list is that of all of it.
            let law = first.law;
            for reference in out.get_mut(list..).unwrap_or_default() {
                reference.law = law;
                reference.anchor = Anchor::Other;
            }
        }
    }
    out
}

/// Whether between two citations stands only what joins a list.
fn continues(between: &str) -> bool {
    let word = between.trim_matches([' ', ',', '\u{a0}']);
    word.is_empty()
        || matches!(
            word,
            "และ"
                | "หรือ"
                | "หรือตาม"
                | "และตาม"
                | "กับ"
                | "ประกอบ"
                | "ประกอบกับ"
                | "และหรือ"
                | "หรือใน"
                | "หรือกับ"
        )
}

/// `สองมาตราก่อน`: so many sections before this one.
fn before(text: &str, start: usize, end: usize) -> Reference {
    let head = text.get(..start).unwrap_or_default();
    let found = COUNTS.iter().find(|(word, _)| head.ends_with(word));
    let (count, start) = found.map_or((1, start), |(word, count)| (*count, start - word.len()));
    Reference::new(Span::new(start, end), Vec::new(), Anchor::Back(count))
}

/// `ถึงมาตรา 9`, `ถึง 9`.
fn range(cursor: &mut Cursor<'_>) -> Option<(crate::legal::Number, Span)> {
    let mut ahead = *cursor;
    ahead.blanks();
    if !ahead.eat("ถึง") {
        return None;
    }
    ahead.blanks();
    ahead.eat(SECTION);
    ahead.blanks();
    let found = ahead.number(Numerals::Arabic)?;
    *cursor = ahead;
    Some(found)
}

/// Items and paragraphs behind a number: `(1) (2) และ (8) วรรคสอง`.
fn items(cursor: &mut Cursor<'_>) -> Vec<Step> {
    let mut out = Vec::new();
    loop {
        let mut ahead = *cursor;
        ahead.blanks();
        for word in ["และ", "หรือ", "ถึง", ","] {
            if ahead.eat(word) {
                break;
            }
        }
        ahead.blanks();
        if ahead.eat("วรรค") {
            let end = until(ahead.text, ahead.at, 60, |c| !('\u{0E01}'..='\u{0E4E}').contains(&c));
            let word = ahead.text.get(ahead.at..end).unwrap_or_default();
            let Some(ordinal) = ORDINALS.iter().find(|ordinal| word.starts_with(**ordinal)) else {
                break;
            };
            ahead.at += ordinal.len();
            *cursor = ahead;
            continue;
        }
        if !ahead.eat("(") {
            break;
        }
        let found = ahead.number(Numerals::Arabic).or_else(|| ahead.number(Numerals::ThaiLetter));
        let Some((number, span)) = found else { break };
        if !ahead.eat(")") {
            break;
        }
        out.push(Step { kind: "item", number, span });
        *cursor = ahead;
    }
    out
}

/// `, 17` behind `มาตรา 16`.
fn more_numbers(cursor: &mut Cursor<'_>) -> Option<Step> {
    let mut ahead = *cursor;
    ahead.blanks();
    if !ahead.eat(",") && !ahead.eat("และ") && !ahead.eat("หรือ") {
        return None;
    }
    ahead.blanks();
    let (number, span) = ahead.number(Numerals::Arabic)?;
    *cursor = ahead;
    Some(Step { kind: "section", number, span })
}

/// The law named behind `at`, and whether it is this one.
fn law_behind(text: &str, at: usize) -> Option<(Span, bool)> {
    let mut cursor = Cursor::new(text, at);
    cursor.blanks();
    if !cursor.eat("แห่ง") && !cursor.eat("ของ") && !cursor.eat("ตาม") {
        return None;
    }
    cursor.blanks();
    let start = cursor.at;
    let word = LAWS.iter().find(|word| cursor.rest().starts_with(**word))?;
    let end = law_end(text, start);
    let name = text.get(start..end)?;
    let own = name.get(word.len()..).is_some_and(|tail| tail.starts_with("นี้"))
        || name.ends_with("นี้")
        || name.starts_with("ประมวลรัษฎากรนี้");
    Some((Span::new(start, end), own))
}

/// The end of a law's name: behind its year, or at the next blank.
fn law_end(text: &str, start: usize) -> usize {
    let most = (start + LONGEST_LAW).min(text.len());
    let line_end = until(text, start, most - start, |c| c == '\n');
    let body = text.get(start..line_end).unwrap_or_default();
    let stop = body.find(SECTION).unwrap_or(body.len());
    let body = body.get(..stop).unwrap_or_default();
    let blank = body.find([' ', '\u{a0}']).unwrap_or(body.len());
    if body.starts_with("ประมวล") || body.starts_with("รัฐธรรมนูญ")
    {
        return start + blank;
    }
    for era in ["พ.ศ.", "พุทธศักราช"] {
        if let Some(found) = body.find(era).filter(|&found| found < 300) {
            let mut cursor = Cursor::new(text, start + found + era.len());
            cursor.blanks();
            if cursor.number(Numerals::Arabic).is_some() {
                // A year that is far off belongs to something else.
                let between = body.get(..found).unwrap_or_default();
                if between.matches(' ').count() <= 6 {
                    return cursor.at;
                }
            }
        }
    }
    start + blank
}

/// A law whose name ends right before the citation: `ประมวลกฎหมายแพ่งและพาณิชย์ มาตรา 420`.
fn law_before(text: &str, start: usize) -> Option<Span> {
    let head = text.get(..start)?.trim_end_matches([' ', '\u{a0}']);
    if head.len() + 2 < start || head.len() == start {
        return None;
    }
    let mut from = head.len().saturating_sub(240);
    while !head.is_char_boundary(from) {
        from += 1;
    }
    let window = head.get(from..)?;
    let line = window.rfind('\n').map_or(window, |at| window.get(at + 1..).unwrap_or_default());
    let (at, word) = LAWS
        .iter()
        .filter_map(|word| line.rfind(word).map(|at| (at, *word)))
        .min_by_key(|&(at, word)| (usize::MAX - at, usize::MAX - word.len()))?;
    let name = line.get(at..)?;
    // The name is one word up to the citation, or ends in its year.
    let whole = !name.contains(' ') && word.starts_with("ประมวล") && !name.ends_with("นี้");
    whole.then(|| Span::new(head.len() - name.len(), head.len()))
}
