//! English: `section 3(2)(b) of the Act`, `§§ 16-308 and 16-318`,
//! `paragraphs (1) through (3)`, `chapter 13 of Title 11`, `29 U.S.C. 633a(c)`.
//!
//! The innermost unit is named first, `paragraph (2) of section 3(a)`, so the
//! chain is built from behind.

mod units;

use units::{Found, at_word, here, is_item, item_number, law_number, next_unit};

use super::cursor::{Cursor, until};
use super::{Anchor, Reference, Step};
use crate::Span;
use crate::legal::numbering::{Number, Numerals};

/// Bytes of the longest name of a law.
const LONGEST_LAW: usize = 160;

/// What joins the elements of a list, and whether a range.
const JOINS: [(&str, bool); 14] = [
    (", and ", false),
    (", or ", false),
    (" and ", false),
    (" or ", false),
    (", to ", true),
    (" through ", true),
    (" to ", true),
    ("–", true),
    (" – ", true),
    ("—", true),
    (" and/or ", false),
    (", ", false),
    (" & ", false),
    (" or under ", false),
];

pub(super) fn find(text: &str, code: bool) -> Vec<Reference> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((start, unit)) = next_unit(text, at) {
        let mut parser = Parser { text, code };
        at = match unit {
            Found::Unit(length, kind, many) => {
                parser.unit(start, start + length, kind, many, &mut out)
            }
            Found::This(length) => parser.this(start, start + length, &mut out),
            Found::Usc => parser.usc(start, &mut out),
            Found::Law(length) => {
                let span = Span::new(start, start + length);
                let mut reference = Reference::new(span, Vec::new(), Anchor::Other);
                reference.law = Some(span);
                out.push(reference);
                start + length
            }
        }
        .max(start + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    out
}

/// An element of a list: its own steps, the inner ones behind the outer ones.
struct Element {
    span: Span,
    steps: Vec<Step>,
    upto: Option<Number>,
}

/// What stands behind a list: `of this title`, `of title 38`, `of the Act`.
#[derive(Default)]
struct Tail {
    outer: Vec<Step>,
    here: Option<&'static str>,
    law: Option<Span>,
    end: usize,
}

struct Parser<'t> {
    text: &'t str,
    code: bool,
}

impl<'t> Parser<'t> {
    fn cursor(&self, at: usize) -> Cursor<'t> {
        Cursor::new(self.text, at)
    }

    /// A label with what it names; gives where to go on.
    fn unit(
        &mut self,
        start: usize,
        end: usize,
        kind: &'static str,
        many: bool,
        out: &mut Vec<Reference>,
    ) -> usize {
        let mut cursor = self.cursor(end);
        cursor.blanks();
        let elements = self.elements(&mut cursor, start, kind, many);
        if elements.is_empty() {
            return end;
        }
        let mut tail = self.tail(cursor.at, 0);
        if tail.law.is_none() && tail.here.is_none() && tail.outer.is_empty() {
            // `26 U.S.C. § 1401`, `18 DCMR § 1104`: the law stands before.
            if let Some(law) = self.law_before(start) {
                tail.law = Some(law);
            }
        }
        let last = elements.len() - 1;
        for (at, element) in elements.into_iter().enumerate() {
            let mut steps = tail.outer.clone();
            steps.extend(element.steps);
            let inner = steps.first().is_some_and(|step| is_item(step.kind));
            let anchor = match (tail.law, tail.here) {
                (Some(_), _) => Anchor::Other,
                (None, Some(here)) => Anchor::Here(here),
                (None, None) if inner => Anchor::Here("section"),
                (None, None) => Anchor::Law,
            };
            let mut reference = Reference::new(element.span, steps, anchor);
            reference.upto = element.upto;
            reference.law = tail.law;
            if at == last && tail.end > reference.span.end {
                reference.span.end = tail.end;
            }
            out.push(reference);
        }
        cursor.at.max(tail.end)
    }

    /// The numbers behind a label.
    fn elements(
        &self,
        cursor: &mut Cursor<'t>,
        start: usize,
        kind: &'static str,
        many: bool,
    ) -> Vec<Element> {
        let mut out: Vec<Element> = Vec::new();
        let mut from = start;
        while let Some(element) = self.element(cursor, from, kind) {
            out.push(element);
            let mut ahead = *cursor;
            if many {
                remark(&mut ahead);
            }
            let Some((_, range)) = JOINS.iter().find(|(word, _)| ahead.eat(word)) else { break };
            if !many && kind == "section" && !ahead.rest().starts_with('(') {
                // `section 5, 7 days`: a single label takes a list of items alone.
                if !*range {
                    break;
                }
            }
            let again = ahead.rest();
            let numbered = again.starts_with(|c: char| c.is_ascii_digit() || c == '(' || c == '[')
                || (many && again.starts_with(|c: char| c.is_ascii_uppercase()));
            if !numbered {
                break;
            }
            from = ahead.at;
            let mut probe = ahead;
            let Some(mut next) = self.element(&mut probe, from, kind) else { break };
            // `553(b)(1), (2), and (3)`: an item alone goes on within the section before.
            if again.starts_with('(')
                && kind == "section"
                && let Some(before) = out.last()
            {
                let keep = shared(&before.steps, &next.steps);
                let mut steps: Vec<Step> = before.steps.iter().take(keep).copied().collect();
                steps.extend(next.steps);
                next.steps = steps;
            }
            if *range && let Some(last) = out.last_mut() {
                last.upto = next.steps.last().map(|step| step.number);
            }
            out.push(next);
            *cursor = probe;
            if many {
                remark(cursor);
            }
            let mut more = *cursor;
            if !JOINS.iter().any(|(word, _)| more.eat(word)) {
                break;
            }
            let again = more.rest();
            if !again.starts_with(|c: char| c.is_ascii_digit() || c == '(') {
                break;
            }
            // Go on with the next element as a list.
            let Some((_, range)) = JOINS.iter().find(|(word, _)| cursor.eat(word)) else { break };
            from = cursor.at;
            if *range && let Some(last) = out.last_mut() {
                let mut probe = *cursor;
                last.upto = self
                    .element(&mut probe, from, kind)
                    .and_then(|e| e.steps.last().map(|step| step.number));
            }
        }
        out
    }

    /// One number with what is inside it: `3393(d)`, `(1)(A)`, `IV`.
    fn element(&self, cursor: &mut Cursor<'t>, from: usize, kind: &'static str) -> Option<Element> {
        let mut ahead = *cursor;
        if ahead.eat("[") {
            ahead.eat("§ ");
        }
        let mut steps = Vec::new();
        if is_item(kind) && !ahead.rest().starts_with(|c: char| c.is_ascii_digit()) {
            if !ahead.rest().starts_with('(') {
                return None;
            }
        } else if is_item(kind) {
            let (number, span) = ahead.number(Numerals::Arabic)?;
            steps.push(Step { kind, number, span });
        } else {
            if ahead.rest().starts_with('(') && kind == "section" {
                // An element of a list within a section.
                self.chain(&mut ahead, &mut steps, None);
                let span = Span::new(from, ahead.at);
                *cursor = ahead;
                return (!steps.is_empty()).then_some(Element { span, steps, upto: None });
            }
            let found = if kind == "section" {
                self.section_number(&mut ahead)
            } else {
                ahead
                    .number(Numerals::Arabic)
                    .or_else(|| ahead.number(Numerals::Roman))
                    .or_else(|| ahead.number(Numerals::Upper))
            };
            let (number, span) = found?;
            steps.push(Step { kind, number, span });
        }
        let first = if is_item(kind) && steps.is_empty() { Some(kind) } else { None };
        self.chain(&mut ahead, &mut steps, first);
        // `Article 6(1), point (f)`, `Annex III, point 5(b)`
        let mut more = ahead;
        if more.eat(", ") {
            more.word(&["first subparagraph, ", "second subparagraph, "]);
            if more.word(&["point", "points", "paragraph"]).is_some() {
                more.blanks();
                if let Some((number, span)) = more.number(Numerals::Arabic) {
                    steps.push(Step { kind: "point", number, span });
                }
                let before = steps.len();
                self.chain(&mut more, &mut steps, Some("point"));
                if steps.len() > before || steps.last().is_some_and(|s| s.kind == "point") {
                    ahead = more;
                }
            }
        }
        ahead.eat("]");
        if steps.is_empty() {
            return None;
        }
        let span = Span::new(from, ahead.at);
        *cursor = ahead;
        Some(Element { span, steps, upto: None })
    }

    /// `101`, `8905a`, `29-102.11`; not `401(k)`-like plans, which look the same.
    fn section_number(&self, cursor: &mut Cursor<'t>) -> Option<(Number, Span)> {
        let mut ahead = *cursor;
        let found = if self.code || !ahead.rest().starts_with(|c: char| c.is_ascii_digit()) {
            ahead.number(Numerals::Code).or_else(|| {
                ahead = *cursor;
                ahead.number(Numerals::Roman)
            })?
        } else {
            ahead.number(Numerals::Code)?
        };
        *cursor = ahead;
        Some(found)
    }

    /// Parenthesised items: `(a)(1)(A)`.
    fn chain(&self, cursor: &mut Cursor<'t>, steps: &mut Vec<Step>, first: Option<&'static str>) {
        let mut kind = first;
        loop {
            let mut ahead = *cursor;
            ahead.eat(" ");
            if !ahead.eat("(") {
                return;
            }
            // A blank before the bracket begins a remark, unless no item came yet.
            if ahead.at > cursor.at + 1 && !steps.is_empty() {
                return;
            }
            let from = ahead.at;
            let end = until(self.text, from, 8, |c| c == ')');
            let body = self.text.get(from..end).unwrap_or_default();
            let number = item_number(body);
            let Some(number) = number.filter(|_| self.text.as_bytes().get(end) == Some(&b')'))
            else {
                return;
            };
            steps.push(Step { kind: kind.unwrap_or("item"), number, span: Span::new(from, end) });
            kind = None;
            cursor.at = end + 1;
        }
    }

    /// What the cited units are said to be in.
    fn tail(&self, at: usize, depth: u8) -> Tail {
        let mut tail = Tail { end: at, ..Tail::default() };
        let mut cursor = self.cursor(at);
        cursor.eat(",");
        cursor.blanks();
        if cursor.word(&["of", "to", "in", "under"]).is_none() {
            if cursor.word(&["TFEU", "TEU"]).is_some() {
                tail.law = Some(Span::new(cursor.at - 4, cursor.at).trimmed(self.text));
                tail.end = cursor.at;
            }
            return tail;
        }
        cursor.blanks();
        let start = cursor.at;
        if cursor.word(&["this", "the present", "that", "such", "said"]).is_some() {
            let that = !self.text.get(start..).is_some_and(|t| t.starts_with("this"));
            cursor.blanks();
            let end = until(self.text, cursor.at, 20, |c| !c.is_alphanumeric());
            let word = self.text.get(cursor.at..end).unwrap_or_default();
            let Some(kind) = here(word) else { return tail };
            if that {
                // `of such title` points to what was named before: another law.
                tail.law = Some(Span::new(start, end));
            } else {
                tail.here = Some(kind);
            }
            tail.end = end;
            return tail;
        }
        if depth < 4
            && let Some(Found::Unit(length, kind, _)) =
                cursor.rest().as_bytes().first().and_then(|&b| at_word(cursor.rest(), b))
        {
            let label = cursor.at;
            cursor.at += length;
            cursor.blanks();
            if let Some(element) = self.element(&mut cursor, label, kind) {
                let outer = self.tail(cursor.at, depth + 1);
                tail.outer = outer.outer;
                tail.outer.extend(element.steps);
                tail.here = outer.here;
                tail.law = outer.law;
                tail.end = outer.end.max(cursor.at);
                // A title of the code alone is a law of its own.
                if self.code && kind == "title" && tail.here.is_none() && tail.law.is_none() {
                    tail.law = Some(Span::new(label, cursor.at));
                }
                return tail;
            }
        }
        if let Some(law) = self.law_name(start) {
            tail.law = Some(law);
            tail.end = law.end;
        }
        tail
    }

    /// `the Clean Air Act`, `Public Law 105-277`, `Regulation (EU) 2016/679`.
    fn law_name(&self, at: usize) -> Option<Span> {
        let rest = self.text.get(at..)?;
        if let Some(length) = law_number(rest) {
            return Some(Span::new(at, at + length));
        }
        if rest.starts_with("Public Law") || rest.starts_with("Pub. L.") {
            let end = until(self.text, at + 8, 30, |c| matches!(c, ')' | ';' | ',' | '\n'));
            return Some(Span::new(at, end));
        }
        let mut cursor = self.cursor(at);
        cursor.word(&["the", "The"]);
        cursor.blanks();
        let start = cursor.at;
        let stop = until(self.text, start, LONGEST_LAW, |c| matches!(c, ';' | '\n' | '(' | '.'));
        let body = self.text.get(start..stop)?;
        // The words up to the last capitalised one that names a law.
        let mut end = None;
        let mut offset = 0;
        for (count, word) in body.split(' ').enumerate() {
            let plain = word.trim_end_matches([',', ')', '”', '"', '’']);
            let capital =
                plain.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
            let joins = matches!(plain, "of" | "and" | "the" | "for" | "in" | "on" | "to" | "&");
            if !capital && (!joins || count == 0) {
                break;
            }
            let names = matches!(
                plain,
                "Act"
                    | "Code"
                    | "Law"
                    | "Constitution"
                    | "Treaty"
                    | "Agreement"
                    | "Convention"
                    | "Regulations"
                    | "Rules"
                    | "Statute"
                    | "Protocol"
                    | "Note"
                    | "Indenture"
                    | "Lease"
                    | "Charter"
                    | "Order"
                    | "Plan"
                    | "Amendment"
            );
            let year =
                end.is_some() && plain.len() == 4 && plain.bytes().all(|b| b.is_ascii_digit());
            if names || year {
                end = Some(start + offset + plain.len());
            }
            if names && word.ends_with(',') {
                break;
            }
            offset += word.len() + 1;
        }
        let end = end?;
        let name = self.text.get(start..end)?;
        // `the Act` alone is this one.
        (name.contains(' ')).then(|| Span::new(start, end))
    }

    /// `18 DCMR § 1104`, `42 U.S.C. § 1983`, `12 CFR § 1026`.
    fn law_before(&self, start: usize) -> Option<Span> {
        let head = self.text.get(..start)?.trim_end_matches([' ', '\u{a0}']);
        if head.len() == start {
            return None;
        }
        let word = ["DCMR", "U.S.C.", "U.S.C", "USC", "CFR", "C.F.R.", "Stat."]
            .iter()
            .find(|word| head.ends_with(**word))?;
        let number = head.get(..head.len() - word.len())?.trim_end();
        let digits = number.bytes().rev().take_while(u8::is_ascii_digit).count();
        (digits > 0).then(|| Span::new(number.len() - digits, head.len()))
    }

    /// `this chapter`, perhaps with more behind it.
    fn this(&mut self, start: usize, at: usize, out: &mut Vec<Reference>) -> usize {
        let end = until(self.text, at, 20, |c| !c.is_alphanumeric());
        let word = self.text.get(at..end).unwrap_or_default();
        let Some(kind) = here(word).filter(|&kind| kind != "law") else { return at };
        out.push(Reference::new(Span::new(start, end), Vec::new(), Anchor::Here(kind)));
        end
    }

    /// `29 U.S.C. 633a(c)`.
    fn usc(&mut self, at: usize, out: &mut Vec<Reference>) -> usize {
        let head = self.text.get(..at).unwrap_or_default();
        let body = head.trim_end_matches([' ', '\u{a0}']);
        let digits = body.bytes().rev().take_while(u8::is_ascii_digit).count();
        let mut cursor = self.cursor(at);
        if !cursor.eat("U.S.C.") {
            cursor.eat("USC");
        }
        let law = Span::new(body.len() - digits, cursor.at);
        cursor.blanks();
        cursor.eat("§§");
        cursor.eat("§");
        cursor.blanks();
        if digits == 0 || digits > 2 {
            return at + 4;
        }
        let elements = self.elements(&mut cursor, law.start, "section", true);
        for element in elements {
            let mut reference = Reference::new(element.span, element.steps, Anchor::Other);
            reference.law = Some(law);
            reference.upto = element.upto;
            out.push(reference);
        }
        cursor.at.max(at + 4)
    }
}

/// How many steps two elements of a list share: `(b)(1), (2)` share `(b)`.
fn shared(before: &[Step], next: &[Step]) -> usize {
    // The step of the same style; letters and digits alternate from level to level.
    let Some(first) = next.first() else { return 1 };
    before
        .iter()
        .enumerate()
        .skip(1)
        .rev()
        .find(|(_, step)| step.number.step(&first.number) == crate::legal::numbering::Step::Next)
        .map_or(before.len().saturating_sub(1).max(1), |(at, _)| at)
}

/// Goes over what explains an element of a list: `16-306 (adoptions), 16-2306`.
fn remark(cursor: &mut Cursor<'_>) {
    let Some(body) = cursor.rest().strip_prefix(" (") else { return };
    if let Some(end) = body.find([')', '\n', '(']).filter(|&end| end < 60) {
        let lower = body.starts_with(|c: char| c.is_ascii_lowercase()) && end > 4;
        if lower && body.get(end..).is_some_and(|rest| rest.starts_with(')')) {
            cursor.at += end + 3;
        }
    }
}
