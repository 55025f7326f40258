//! Text of another law that an amending act quotes.
//!
//! Its structure is that other law's: `(g)` in it follows nothing here. What
//! is quoted is one opaque section of its own. A quotation begins where a
//! line opens it after an instruction that ends in a colon or dash, and ends
//! with the line that closes it.

use std::ops::Range;

use super::lines::Lines;

/// A quotation of more lines is not closed, but torn.
const LONGEST: usize = 3000;

/// The lines of quotations that `openers` open.
pub(super) fn regions(text: &str, lines: &Lines, openers: &[String]) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    if openers.is_empty() {
        return out;
    }
    let mut index = 1;
    let mut torn = 0;
    let mut article = None;
    while index < lines.lines.len() {
        let line = slice(text, lines, index);
        article = article_number(line).or(article);
        let opener = openers.iter().find(|opener| line.starts_with(opener.as_str()));
        let Some(opener) = opener.filter(|_| announces(slice(text, lines, index - 1))) else {
            index += 1;
            continue;
        };
        let closer = match opener.as_str() {
            "‘" => '’',
            "«" => '»',
            "„" => '“',
            _ => '”',
        };
        let limit = (index + LONGEST).min(lines.lines.len());
        // A quotation that is never closed costs one search; after some of them nothing is sought.
        let end = if torn < 8 {
            (index..limit)
                .take_while(|&at| at == index || !fresh(slice(text, lines, at), article))
                .find(|&at| closes(slice(text, lines, at), opener, closer))
        } else {
            None
        };
        if let Some(end) = end {
            out.push(index..end + 1);
            index = end + 1;
        } else {
            torn += 1;
            out.push(index..index + 1);
            index += 1;
        }
    }
    out
}

fn slice<'t>(text: &'t str, lines: &Lines, index: usize) -> &'t str {
    lines.lines.get(index).and_then(|line| text.get(line.start..line.end)).unwrap_or_default()
}

/// Whether a line begins a section of the amending act itself, with no mark before it: a heading
/// in capitals, or the article behind the one that quotes.
fn fresh(line: &str, article: Option<u32>) -> bool {
    let next = article.is_some_and(|before| article_number(line) == Some(before + 1));
    next || ["SEC. ", "TITLE ", "DIVISION "].iter().any(|word| line.starts_with(word))
}

/// The number of a line that is `Article 12` and nothing else.
fn article_number(line: &str) -> Option<u32> {
    line.strip_prefix("Article ")?.parse().ok()
}

fn announces(line: &str) -> bool {
    line.ends_with([':', '—', '–']) || line.ends_with("following")
}

/// Whether a line ends with the mark that closes, perhaps with stops and a conjunction behind it.
fn closes(line: &str, opener: &str, closer: char) -> bool {
    let mut body = line;
    loop {
        let cut = body.trim_end_matches(['.', ';', ',', ' ', '"']);
        let cut = cut.strip_suffix(" and").or_else(|| cut.strip_suffix(" or")).unwrap_or(cut);
        if cut.len() == body.len() {
            break;
        }
        body = cut;
    }
    if !body.ends_with(closer) {
        return false;
    }
    // `… the term “act”` at the end of a line closes a pair inside.
    let inner = body.trim_end_matches(closer);
    let opened = inner.matches(opener).count();
    let closed = inner.matches(closer).count();
    closer == '’' || opened <= closed + 1
}
