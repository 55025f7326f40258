//! [`Folded`]: a word as the splitter sees it.
//!
//! Case, Unicode form and invisible characters make no difference to where a
//! compound is cut, so they are taken away before anything is looked up: lower
//! case, composed (NFC), soft hyphens and joiners left out. What is left
//! remembers where it stands in the caller's bytes.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// From here on a code point may need its neighbours to be composed.
const FIRST_MARK: char = '\u{300}';

/// Parts of more characters than this are left whole: the work on a part grows
/// with the cube of its length, and no language's compounds are this long.
pub(super) const MAX_CHARS: usize = 100;

/// The characters of a word and where each of them begins.
#[derive(Debug, Default, Clone)]
pub(super) struct Folded {
    /// Lower-case composed characters.
    pub chars: Vec<char>,
    /// Where they begin in the caller's text, in bytes.
    starts: Vec<usize>,
    /// Whether there may be no cut before a character: it stands on the one before.
    closed: Vec<bool>,
}

impl Folded {
    /// Take in `part`, which starts at byte `base` of the caller's text.
    ///
    /// Characters after the first [`MAX_CHARS`] are counted as one, which is
    /// enough to tell that the part is too long.
    pub fn fold(&mut self, part: &str, base: usize) {
        self.chars.clear();
        self.starts.clear();
        self.closed.clear();
        let mut rest = part.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if self.chars.len() > MAX_CHARS {
                return;
            }
            if is_invisible(c) {
                continue;
            }
            let mut end = at + c.len_utf8();
            if rest.peek().is_none_or(|&(_, next)| next < FIRST_MARK) {
                if c < FIRST_MARK || c.to_lowercase().nfc().eq([c]) {
                    self.push(c, base + at, false);
                    continue;
                }
            } else {
                while let Some((at, mark)) = rest.next_if(|&(_, c)| is_combining_mark(c)) {
                    end = at + mark.len_utf8();
                }
            }
            let cluster = part.get(at..end).unwrap_or_default();
            for (rank, c) in cluster.nfc().take(MAX_CHARS).enumerate() {
                self.push(c, base + at, rank > 0);
            }
        }
    }

    fn push(&mut self, c: char, start: usize, within: bool) {
        let lower = match c {
            'a'..='z' => c,
            // The two forms of sigma are one letter in another place.
            'ς' => 'σ',
            // The dotted capital I is one letter in two code points: its dot is left out.
            _ => c.to_lowercase().next().unwrap_or(c),
        };
        self.chars.push(lower);
        self.starts.push(start);
        self.closed.push(within || (c >= FIRST_MARK && is_combining_mark(c)));
    }

    /// Number of characters.
    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether there are more characters than a part may have.
    pub fn is_too_long(&self) -> bool {
        self.chars.len() > MAX_CHARS
    }

    /// The byte offset of the gap before character `index`.
    pub fn offset(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or_default()
    }

    /// Whether a cut before character `index` would not tear anything apart.
    pub fn is_open(&self, index: usize) -> bool {
        self.closed.get(index).is_some_and(|&closed| !closed)
    }
}

/// Characters that do not show: soft hyphens, joiners, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// `text` as the lexicon has it.
pub(super) fn folded(text: &str) -> String {
    let mut word = Folded::default();
    word.fold(text, 0);
    word.chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> Folded {
        let mut word = Folded::default();
        word.fold(text, 0);
        word
    }

    #[test]
    fn case_and_unicode_form_make_no_difference() {
        for text in ["Ölfarbe", "ÖLFARBE", "O\u{308}lfarbe", "o\u{308}l\u{AD}farbe"] {
            assert_eq!(fold(text).chars.iter().collect::<String>(), "ölfarbe", "{text}");
        }
        assert_eq!(folded("ΟΔΟΣ"), folded("οδος"));
    }

    #[test]
    fn offsets_are_those_of_the_callers_text() {
        let word = fold("O\u{308}l\u{AD}farbe");
        assert_eq!(word.offset(1), 3);
        assert_eq!(word.offset(2), 6);
    }

    #[test]
    fn marks_stay_with_their_letters() {
        let word = fold("कि\u{301}त");
        assert!((1..word.len() - 1).all(|at| !word.is_open(at)));
        assert!(word.is_open(word.len() - 1));
    }

    #[test]
    fn long_parts_are_not_read_to_their_end() {
        let word = fold(&"a".repeat(100_000));
        assert!(word.is_too_long());
        assert_eq!(word.len(), MAX_CHARS + 1);
    }
}
