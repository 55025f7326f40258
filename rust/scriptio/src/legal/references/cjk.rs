//! Japanese, Chinese, Korean: `第三条第二項第一号`, `前条`, `本法第十条`,
//! `《…法》第十条第二款`, `제3조제1항`.

use super::cursor::Cursor;
use super::{Anchor, Reference, Step};
use crate::Span;
use crate::legal::numbering::{Numerals, insert_behind};

const UNITS: [(&str, &str); 15] = [
    ("条", "article"),
    ("條", "article"),
    ("조", "article"),
    ("項", "paragraph"),
    ("款", "paragraph"),
    ("항", "paragraph"),
    ("号", "item"),
    ("項目", "item"),
    ("项", "item"),
    ("호", "item"),
    ("目", "subitem"),
    ("章", "chapter"),
    ("节", "division"),
    ("節", "division"),
    ("编", "part"),
];

pub(super) fn find(text: &str) -> Vec<Reference> {
    let mut out: Vec<Reference> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let Some(found) = rest.find(['第', '제', '前', '次', '本', '이']) else { break };
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        at = start + rest.chars().next().map_or(1, char::len_utf8);
        if let Some((length, anchor)) = relative(rest) {
            let mut cursor = Cursor::new(text, start + length);
            let steps = chain(&mut cursor);
            out.push(Reference::new(Span::new(start, cursor.at), steps, anchor));
            at = cursor.at;
            continue;
        }
        let mut cursor = Cursor::new(text, start);
        let steps = chain(&mut cursor);
        let Some(first) = steps.first() else { continue };
        let inner = matches!(first.kind, "paragraph" | "item" | "subitem");
        let anchor = if inner { Anchor::Here("article") } else { Anchor::Law };
        let mut reference = Reference::new(Span::new(start, cursor.at), steps, anchor);
        let mut ahead = cursor;
        if ahead.eat("から") || ahead.eat("至") || ahead.eat("부터") {
            let more = chain(&mut ahead);
            if let Some(last) = more.last() {
                reference.upto = Some(last.number);
                reference.span.end = ahead.at;
                cursor = ahead;
            }
        }
        if let Some(law) = law_before(text, start) {
            reference.law = Some(law);
            reference.anchor = Anchor::Other;
        }
        out.push(reference);
        at = cursor.at;
    }
    out
}

/// `前条`, `次条`, `前項`, `本条`.
fn relative(rest: &str) -> Option<(usize, Anchor)> {
    const WORDS: [(&str, i32); 5] =
        [("前条", 1), ("前二条", 2), ("前三条", 3), ("次条", -1), ("本条", 0)];
    let (word, back) = WORDS.iter().find(|(word, _)| rest.starts_with(word))?;
    let anchor = if *back == 0 { Anchor::Here("article") } else { Anchor::Back(*back) };
    Some((word.len(), anchor))
}

/// The units from here on.
fn chain(cursor: &mut Cursor<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    loop {
        let mut ahead = *cursor;
        if !ahead.eat("第") && !ahead.eat("제") {
            break;
        }
        let bracket = ahead.eat("（") || ahead.eat("(");
        let Some((mut number, mut span)) = ahead.number(Numerals::Kanji) else { break };
        if bracket && !ahead.eat("）") && !ahead.eat(")") {
            break;
        }
        let rest = ahead.rest();
        let Some(&(word, kind)) = UNITS.iter().find(|(word, _)| rest.starts_with(word)) else {
            break;
        };
        ahead.at += word.len();
        let taken = insert_behind(ahead.rest(), &mut number);
        if taken > 0 {
            ahead.at += taken;
            span.end = ahead.at;
        }
        steps.push(Step { kind, number, span });
        *cursor = ahead;
    }
    steps
}

/// A law right before the citation: `民法第九十条`, `《…法》第十条`; none for this one.
fn law_before(text: &str, start: usize) -> Option<Span> {
    let head = text.get(..start)?;
    if let Some(body) = head.strip_suffix('》') {
        let open = body.rfind('《')?;
        return Some(Span::new(open, head.len()));
    }
    let own = ["本法", "この法律", "同法", "本条例", "이 법", "法律"];
    if own.iter().any(|word| head.ends_with(word)) {
        return None;
    }
    let ending =
        ["法", "令", "規則", "条例", "憲法", "법"].iter().find(|word| head.ends_with(**word))?;
    let mut from = head.len();
    for letter in head.chars().rev().take(40) {
        let stop = letter.is_whitespace()
            || matches!(letter, '、' | '。' | '，' | '「' | '（' | '(' | '；' | '：')
            || ('ぁ'..='ん').contains(&letter);
        if stop {
            break;
        }
        from -= letter.len_utf8();
    }
    (head.len() - from > ending.len()).then(|| Span::new(from, head.len()))
}
