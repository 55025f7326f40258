//! [`Level`]: where a text may be cut that a partition leaves too large.

use unicode_segmentation::UnicodeSegmentation;

use crate::sentence::newline_ends;
use crate::text::class::Class;
use crate::{Error, Newlines, Segmenter, SentenceSegmenter};

/// A kind of place to cut at. White space behind it belongs to what is before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Blank lines.
    Paragraph,
    /// Line breaks.
    Line,
    /// Ends of sentences.
    Sentence,
    /// Semicolons, colons, dashes, closing brackets and terminators, before white space.
    Clause,
    /// Commas before white space, and full-width ones.
    Phrase,
    /// White space.
    Word,
}

impl Level {
    /// All of them, the largest first.
    pub const ALL: [Self; 6] =
        [Self::Paragraph, Self::Line, Self::Sentence, Self::Clause, Self::Phrase, Self::Word];

    /// `paragraph`, `line`, `sentence`, `clause`, `phrase` or `word`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "paragraph" => Self::Paragraph,
            "line" => Self::Line,
            "sentence" => Self::Sentence,
            "clause" => Self::Clause,
            "phrase" => Self::Phrase,
            "word" => Self::Word,
            _ => {
                return Err(Error::invalid(format!(
                    "level must be \"paragraph\", \"line\", \"sentence\", \"clause\", \"phrase\" \
                     or \"word\", not {name:?}"
                )));
            }
        })
    }

    /// Append the places inside `text`, which starts at `start`, to `out`.
    pub(super) fn cuts(
        self,
        text: &str,
        start: usize,
        sentences: &SentenceSegmenter,
        out: &mut Vec<usize>,
    ) {
        let from = out.len();
        match self {
            Self::Paragraph => lines(text, Newlines::Paragraph, out),
            Self::Line => lines(text, Newlines::Always, out),
            Self::Sentence => sentences.ends(text, out),
            Self::Clause => gaps(text, is_clause_end, out),
            Self::Phrase => gaps(text, is_phrase_end, out),
            Self::Word => gaps(text, |_, _| true, out),
        }
        while out.len() > from && out.last().is_some_and(|&end| end >= text.len()) {
            out.pop();
        }
        for offset in out.iter_mut().skip(from) {
            *offset += start;
        }
    }
}

fn lines(text: &str, newlines: Newlines, out: &mut Vec<usize>) {
    out.extend(newline_ends(text, newlines).map(|(end, _)| end));
}

/// Places behind white space, or behind a full-width mark, whose code point
/// before them passes `ends`; it is told whether white space follows.
fn gaps(text: &str, ends: impl Fn(Class, bool) -> bool, out: &mut Vec<usize>) {
    // The last code point that is no white space, if there was one.
    let mut before: Option<(Class, bool)> = None;
    let mut white = false;
    for (at, c) in text.char_indices() {
        let class = Class::of(c);
        if class.is_white() {
            white = true;
            continue;
        }
        if let Some((mark, wide)) = before
            && (white || wide)
            && ends(mark, white)
        {
            out.push(at);
        }
        (before, white) = (Some((class, is_wide(c))), false);
    }
}

/// Punctuation that needs no white space behind it.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3002}' | '\u{ff01}' | '\u{ff0c}' | '\u{ff1a}'..='\u{ff1b}' | '\u{ff1f}'
        | '\u{fe50}'..='\u{fe52}' | '\u{fe54}'..='\u{fe57}')
}

fn is_clause_end(mark: Class, white: bool) -> bool {
    mark == Class::Colon
        || mark.is_terminator()
        || white && matches!(mark, Class::Dash | Class::Close)
}

fn is_phrase_end(mark: Class, white: bool) -> bool {
    mark == Class::Comma || is_clause_end(mark, white)
}

/// Pieces of `text` of at most `most`, as `weight` counts code points: cut
/// between graphemes, and inside of one only where it is too large alone.
///
/// Appends the places inside `text`, which starts at `start`, to `out`. A code
/// point that is too large is a piece of its own.
pub(super) fn shreds(
    text: &str,
    start: usize,
    most: usize,
    weight: impl Fn(char) -> usize,
    out: &mut Vec<usize>,
) {
    let mut filled = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let size: usize = grapheme.chars().map(&weight).sum();
        if filled + size <= most {
            filled += size;
            continue;
        }
        if at > 0 && filled > 0 {
            out.push(start + at);
        }
        filled = size;
        if size > most {
            filled = 0;
            for (inner, c) in grapheme.char_indices() {
                let size = weight(c);
                if filled > 0 && filled + size > most {
                    out.push(start + at + inner);
                    filled = 0;
                }
                filled += size;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.
mod tests {
    use super::*;
    use crate::Lang;

    fn pieces(level: Level, text: &str) -> Vec<&str> {
        let sentences = SentenceSegmenter::new(Lang::new("und").unwrap());
        let mut cuts = Vec::new();
        level.cuts(text, 0, &sentences, &mut cuts);
        between(text, &cuts)
    }

    fn between<'t>(text: &'t str, cuts: &[usize]) -> Vec<&'t str> {
        let mut ends = cuts.to_vec();
        ends.push(text.len());
        let mut start = 0;
        ends.iter().map(|&end| &text[std::mem::replace(&mut start, end)..end]).collect()
    }

    #[test]
    fn each_level_cuts_behind_its_white_space() {
        assert_eq!(pieces(Level::Paragraph, "a\nb\n \nc\n"), ["a\nb\n \n", "c\n"]);
        assert_eq!(pieces(Level::Line, "a\r\n  b\nc"), ["a\r\n  ", "b\n", "c"]);
        assert_eq!(pieces(Level::Sentence, "It rained. We left."), ["It rained. ", "We left."]);
        assert_eq!(
            pieces(Level::Clause, "one; two – x, (a) b"),
            ["one; ", "two – ", "x, (a) ", "b"]
        );
        assert_eq!(pieces(Level::Phrase, "1,5, a; b，c、d"), ["1,5, ", "a; ", "b，", "c、", "d"]);
        assert_eq!(pieces(Level::Word, "  a\tb  c "), ["  a\t", "b  ", "c "]);
        for level in Level::ALL {
            assert_eq!(pieces(level, ""), [""]);
            assert_eq!(pieces(level, " \n\n "), [" \n\n "]);
        }
    }

    #[test]
    fn shreds_keep_graphemes_where_they_fit() {
        let of = |text: &'static str, most| {
            let mut cuts = Vec::new();
            shreds(text, 0, most, |_| 1, &mut cuts);
            between(text, &cuts)
        };
        assert_eq!(of("abcde", 2), ["ab", "cd", "e"]);
        assert_eq!(of("ae\u{301}e\u{301}", 2), ["a", "e\u{301}", "e\u{301}"]);
        assert_eq!(of("e\u{301}\u{302}a", 2), ["e\u{301}", "\u{302}a"]);
        assert_eq!(of("👩\u{200d}👧x", 3), ["👩\u{200d}👧", "x"]);
        assert_eq!(of("ab", 0), ["a", "b"]);
    }
}
