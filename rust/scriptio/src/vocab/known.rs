//! [`Known`]: the patterns of well-known tokenizers, read by hand.
//!
//! Each function gives the end of the match that a pattern finds at a place,
//! as a regular-expression engine that backtracks would find it. The patterns
//! match every character, so pieces follow one another without gaps.

use super::classes::{Classes, flag};

/// A pattern that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    family: Family,
    /// Digits of a piece at most.
    digits: usize,
    /// Whether white space at the end of the text is one piece, newlines or
    /// not.
    whole_end: bool,
    /// Whether contractions belong to the word before.
    contractions: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Gpt2,
    Cl100k,
    O200k,
}

const GPT2: Known =
    Known { family: Family::Gpt2, digits: usize::MAX, whole_end: false, contractions: false };
const CL100K: Known =
    Known { family: Family::Cl100k, digits: 3, whole_end: false, contractions: false };
const O200K: Known =
    Known { family: Family::O200k, digits: 3, whole_end: false, contractions: true };

/// The patterns as tokenizer files spell them.
pub(super) const PATTERNS: [(&str, Known); 9] = [
    // GPT-2, and its younger spellings.
    (r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", GPT2),
    (r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", GPT2),
    // White space at the end is one match of `\s+(?!\S)`, too.
    (r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s", GPT2),
    // GPT-4 and Llama 3.
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        CL100K,
    ),
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        CL100K,
    ),
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        Known { whole_end: true, ..CL100K },
    ),
    // Qwen 2 and 3.
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Known { digits: 1, ..CL100K },
    ),
    // GPT-4o and gpt-oss.
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        O200K,
    ),
    // Mistral's tekken.
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Known { digits: 1, contractions: false, ..O200K },
    ),
];

impl Known {
    /// GPT-2's pattern.
    pub(super) const GPT2: &str = PATTERNS[0].0;

    /// The pattern, if it is known.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        PATTERNS.iter().find(|(known, _)| *known == pattern).map(|&(_, known)| known)
    }

    /// Where the piece ends that begins at byte `at` of `text`.
    #[inline]
    pub(super) fn end(self, classes: &Classes, text: &[u8], at: usize) -> usize {
        let scan = Scan { text, classes, of: self };
        match self.family {
            Family::Gpt2 => scan.gpt2(at),
            Family::Cl100k => scan.cl100k(at),
            Family::O200k => scan.o200k(at),
        }
    }
}

/// A text that is being read.
#[derive(Clone, Copy)]
struct Scan<'t> {
    text: &'t [u8],
    classes: &'t Classes,
    of: Known,
}

/// Anything but white space, letters and numbers.
fn is_other(flags: u8) -> bool {
    flags & (flag::SPACE | flag::LETTER | flag::NUMBER) == 0
}

impl Scan<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default()
    }

    /// Where the run of characters that have one of `flags` ends.
    #[inline]
    fn run(&self, mut at: usize, flags: u8) -> usize {
        loop {
            let (found, len) = self.classes.at(self.text, at);
            if found & flags == 0 {
                return at;
            }
            at += len;
        }
    }

    /// `[^\s\p{L}\p{N}]*`
    #[inline]
    fn others(&self, mut at: usize) -> usize {
        loop {
            let (found, len) = self.classes.at(self.text, at);
            if len == 0 || !is_other(found) {
                return at;
            }
            at += len;
        }
    }

    /// `\p{N}{1,3}` and its kin, behind a first number that ends at `at`.
    fn numbers(&self, mut at: usize) -> usize {
        for _ in 1..self.of.digits {
            let (found, len) = self.classes.at(self.text, at);
            if found & flag::NUMBER == 0 {
                break;
            }
            at += len;
        }
        at
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; the long s is an s, too.
    fn contraction(&self, at: usize) -> Option<usize> {
        if self.byte(at) != b'\'' {
            return None;
        }
        let lower = |at: usize| self.byte(at).to_ascii_lowercase();
        match lower(at + 1) {
            b's' | b't' | b'm' | b'd' => Some(at + 2),
            b'r' | b'v' if lower(at + 2) == b'e' => Some(at + 3),
            b'l' if lower(at + 2) == b'l' => Some(at + 3),
            0xC5 if self.byte(at + 2) == 0xBF => Some(at + 3),
            _ => None,
        }
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`
    fn small_contraction(&self, at: usize) -> Option<usize> {
        match (self.byte(at + 1), self.byte(at + 2)) {
            (b's' | b't' | b'm' | b'd', _) => Some(at + 2),
            (b'r' | b'v', b'e') | (b'l', b'l') => Some(at + 3),
            _ => None,
        }
    }

    fn gpt2(&self, at: usize) -> usize {
        let (mut found, mut len) = self.classes.at(self.text, at);
        let mut start = at;
        match self.byte(at) {
            b'\'' => {
                if let Some(end) = self.small_contraction(at) {
                    return end;
                }
            }
            b' ' => {
                start = at + 1;
                (found, len) = self.classes.at(self.text, start);
            }
            _ => {}
        }
        if found & flag::LETTER != 0 {
            self.run(start + len, flag::LETTER)
        } else if found & flag::NUMBER != 0 {
            self.run(start + len, flag::NUMBER)
        } else if len > 0 && is_other(found) {
            self.others(start + len)
        } else {
            self.blanks(at)
        }
    }

    /// `\s+(?!\S)|\s+`: white space, without the last of several characters
    /// if something follows.
    fn blanks(&self, at: usize) -> usize {
        let (_, first) = self.classes.at(self.text, at);
        let (mut end, mut last) = (at + first, at);
        loop {
            let (found, len) = self.classes.at(self.text, end);
            if found & flag::SPACE == 0 {
                return if len == 0 || last == at { end } else { last };
            }
            (last, end) = (end, end + len);
        }
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line break of a run of white
    /// space, if it has one.
    fn lines(&self, at: usize) -> usize {
        let (mut end, mut last, mut behind_line) = (at, at, at);
        loop {
            let (found, len) = self.classes.at(self.text, end);
            if found & flag::SPACE == 0 {
                return if len == 0 && self.of.whole_end {
                    end
                } else if behind_line > at {
                    behind_line
                } else if len == 0 || last == at {
                    end
                } else {
                    last
                };
            }
            last = end;
            end += len;
            if matches!(self.byte(last), b'\r' | b'\n') {
                behind_line = end;
            }
        }
    }

    fn cl100k(&self, at: usize) -> usize {
        let (found, len) = self.classes.at(self.text, at);
        if found & flag::LETTER != 0 {
            return self.run(at + len, flag::LETTER);
        }
        if found & flag::NUMBER != 0 {
            return self.numbers(at + len);
        }
        let byte = self.byte(at);
        if let Some(end) = self.contraction(at) {
            return end;
        }
        let (next, next_len) = self.classes.at(self.text, at + len);
        if !matches!(byte, b'\r' | b'\n') && next & flag::LETTER != 0 {
            return self.run(at + len + next_len, flag::LETTER);
        }
        self.symbols(at, found, len, |byte| matches!(byte, b'\r' | b'\n'))
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*` or, where that fails, white space.
    #[inline]
    fn symbols(&self, at: usize, found: u8, len: usize, trails: impl Fn(u8) -> bool) -> usize {
        let mut end = at;
        if is_other(found) {
            end = self.others(at + len);
        } else if self.byte(at) == b' ' {
            let behind = self.others(at + 1);
            if behind > at + 1 {
                end = behind;
            }
        }
        if end == at {
            return self.lines(at);
        }
        while end < self.text.len() && trails(self.byte(end)) {
            end += 1;
        }
        end
    }

    fn o200k(&self, at: usize) -> usize {
        let (found, len) = self.classes.at(self.text, at);
        if found & flag::NUMBER != 0 {
            return self.numbers(at + len);
        }
        let is_letter = found & flag::LETTER != 0;
        let prefix = !is_letter && !matches!(self.byte(at), b'\r' | b'\n');
        let word = prefix
            .then(|| self.lower_word(at + len))
            .flatten()
            .or_else(|| self.lower_word(at))
            .or_else(|| prefix.then(|| self.upper_word(at + len)).flatten())
            .or_else(|| self.upper_word(at));
        if let Some(end) = word {
            let contraction = self.of.contractions.then(|| self.contraction(end)).flatten();
            return contraction.unwrap_or(end);
        }
        self.symbols(at, found, len, |byte| matches!(byte, b'\r' | b'\n' | b'/'))
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
    #[inline]
    fn lower_word(&self, start: usize) -> Option<usize> {
        let (mut at, mut behind_lower) = (start, None);
        loop {
            let (found, len) = self.classes.at(self.text, at);
            if found & flag::UPPER == 0 {
                // Behind all that may be upper; what is lower and nothing else goes on.
                if found & flag::LOWER != 0 {
                    return Some(self.run(at + len, flag::LOWER));
                }
                // The upper run must give back what lies behind the last that may be lower.
                return behind_lower;
            }
            at += len;
            if found & flag::LOWER != 0 {
                behind_lower = Some(at);
            }
        }
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
    fn upper_word(&self, start: usize) -> Option<usize> {
        let end = self.run(start, flag::UPPER);
        (end > start).then(|| self.run(end, flag::LOWER))
    }
}
