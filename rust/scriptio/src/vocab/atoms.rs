//! Characters that a pre-tokenizer cannot tell apart.
//!
//! A pattern asks of a character only what its atoms ask: the classes
//! (`\p{L}`, `[\r\n]`) and letters written in it. Characters that give the
//! same answers to all of them are interchangeable, so that what a pattern may
//! do to a text can be found out with one character of each class.

use regex_syntax::hir::{Class, HirKind};

use crate::Error;

/// So few characters are named by a pattern, not described.
const FEW: u32 = 4;

/// Classes are told apart by the bits of one word.
pub(super) const MAX_CLASSES: usize = 64;

/// The classes of all characters under some patterns.
#[derive(Debug, Clone)]
pub(super) struct CharClasses {
    /// First code points of the runs of one class, increasing from 0.
    starts: Vec<u32>,
    /// The class of each run.
    classes: Vec<u8>,
    /// A character of each class.
    samples: Vec<char>,
    /// Classes of white space and of few characters.
    named: Vec<u8>,
    /// For each class of letters the largest that only atoms of few characters
    /// tell from it; all others as they are.
    coarse: Vec<u8>,
    ascii: [u8; 128],
}

impl CharClasses {
    /// The classes that `patterns` tell apart.
    ///
    /// # Errors
    /// If an atom cannot be read, or there are more than [`MAX_CLASSES`].
    pub(super) fn new(patterns: &[String]) -> Result<Self, Error> {
        let mut atoms = Vec::new();
        for pattern in patterns {
            atoms_of(pattern, &mut atoms);
        }
        atoms.sort_unstable();
        atoms.dedup();
        let sets = atoms.iter().map(|atom| ranges_of(atom)).collect::<Result<Vec<_>, _>>()?;
        let mut starts = vec![0, 0xD800, 0xE000];
        for (first, last) in sets.iter().flatten() {
            starts.push(*first);
            starts.push(last + 1);
        }
        starts.sort_unstable();
        starts.dedup();
        starts.retain(|&start| start <= u32::from(char::MAX));

        let mut signatures: Vec<Vec<bool>> = Vec::new();
        let (mut classes, mut samples) = (Vec::with_capacity(starts.len()), Vec::new());
        for &start in &starts {
            let Some(sample) = char::from_u32(start) else {
                classes.push(0); // Surrogates: no text has them.
                continue;
            };
            let signature: Vec<bool> = sets.iter().map(|set| contains(set, start)).collect();
            let class = signatures.iter().position(|known| *known == signature);
            let class = class.unwrap_or_else(|| {
                signatures.push(signature);
                samples.push(sample);
                signatures.len() - 1
            });
            if class >= MAX_CLASSES {
                return Err(Error::invalid(format!(
                    "the pre-tokenizer tells apart more than {MAX_CLASSES} classes of characters; \
                     expected a pattern of the usual size"
                )));
            }
            classes.push(class as u8);
        }
        let sizes = sizes(&starts, &classes, samples.len());
        let named = (samples.iter().zip(&sizes).enumerate())
            .filter(|(_, (sample, size))| **size <= FEW || sample.is_whitespace())
            .map(|(class, _)| class as u8)
            .collect();
        let few = |set: &Vec<(u32, u32)>| set.iter().map(|(a, b)| b - a + 1).sum::<u32>() <= FEW;
        let large: Vec<bool> = sets.iter().map(|set| !few(set)).collect();
        let like = |a: &[bool], b: &[bool]| {
            a.iter().zip(b).zip(&large).all(|((a, b), large)| a == b || !large)
        };
        let coarse = (signatures.iter().zip(&samples).enumerate())
            .map(|(class, (own, sample))| {
                let others = signatures.iter().enumerate().filter(|(_, other)| like(own, other));
                let largest = others.max_by_key(|(other, _)| sizes.get(*other));
                largest.filter(|_| sample.is_alphabetic()).map_or(class, |(other, _)| other) as u8
            })
            .collect();
        let mut found = Self { starts, classes, samples, named, coarse, ascii: [0; 128] };
        for byte in 0..128u8 {
            found.ascii[usize::from(byte)] = found.search(u32::from(byte));
        }
        Ok(found)
    }

    /// One class for all characters.
    pub(super) fn one() -> Self {
        let (starts, classes, samples) = (vec![0], vec![0], vec!['a']);
        Self { starts, classes, samples, named: Vec::new(), coarse: vec![0], ascii: [0; 128] }
    }

    /// Number of classes.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// The classes that patterns name one by one, as `'`, `\n` and the letters
    /// of contractions, and those of white space.
    pub(super) fn named(&self) -> &[u8] {
        &self.named
    }

    /// Whether the class is of letters.
    pub(super) fn is_letter(&self, class: u8) -> bool {
        self.sample(class).is_alphabetic()
    }

    /// The classes of letters that patterns describe, as capitals, and do not name.
    pub(super) fn letters(&self) -> impl Iterator<Item = u8> {
        (0..self.len() as u8).filter(|class| self.is_letter(*class) && !self.named.contains(class))
    }

    /// Whether patterns name the class, and it is neither of letters nor of white space.
    pub(super) fn is_mark(&self, class: u8) -> bool {
        self.named.contains(&class) && !self.is_letter(class) && !self.sample(class).is_whitespace()
    }

    /// Two more characters behind one of `class` that patterns may tell from
    /// all that begin alike: white space behind white space, and letters that
    /// they name behind a mark that they name (contractions).
    pub(super) fn pairs_behind(&self, class: u8) -> Vec<[u8; 2]> {
        let white = |class: u8| self.sample(class).is_whitespace();
        let word = self.is_mark(class);
        let mut pairs = Vec::new();
        for &a in &self.named {
            let fits = |b: u8| {
                word && self.is_letter(a) && self.is_letter(b)
                    || white(class) && white(a) && white(b)
            };
            pairs.extend(self.named.iter().filter(|&&b| fits(b)).map(|&b| [a, b]));
        }
        pairs
    }

    /// `token`, with letters that no pattern can be naming there as any other
    /// letter, and with runs cut short.
    pub(super) fn shape(&self, token: &[u8]) -> Vec<u8> {
        let mark = |class: &u8| self.is_mark(*class);
        let mut shape = Vec::with_capacity(token.len());
        for (i, &class) in token.iter().enumerate() {
            let before = token.get(i.saturating_sub(2)..i).unwrap_or_default();
            let plain = i >= 2 && !before.iter().any(mark);
            let coarse = self.coarse.get(usize::from(class)).copied().unwrap_or(class);
            let class = if plain { coarse } else { class };
            if !shape.ends_with(&[class; 3]) {
                shape.push(class);
            }
        }
        shape
    }

    /// A character of `class`.
    pub(super) fn sample(&self, class: u8) -> char {
        self.samples.get(usize::from(class)).copied().unwrap_or('\0')
    }

    /// The class of `c`.
    pub(super) fn of(&self, c: char) -> u8 {
        match self.ascii.get(c as usize) {
            Some(&class) => class,
            None => self.search(u32::from(c)),
        }
    }

    fn search(&self, code_point: u32) -> u8 {
        let run = self.starts.partition_point(|&start| start <= code_point);
        self.classes.get(run.saturating_sub(1)).copied().unwrap_or(0)
    }

    /// The classes of the code points `first..=last`, as bits.
    pub(super) fn between(&self, first: u32, last: u32) -> u64 {
        let from = self.starts.partition_point(|&start| start <= first).saturating_sub(1);
        let to = self.starts.partition_point(|&start| start <= last);
        let runs = self.classes.get(from..to).unwrap_or_default();
        runs.iter().fold(0, |bits, &class| bits | 1 << class)
    }
}

/// How many characters each class has.
fn sizes(starts: &[u32], classes: &[u8], count: usize) -> Vec<u32> {
    let mut sizes = vec![0; count];
    let ends = starts.iter().skip(1).copied().chain([u32::from(char::MAX) + 1]);
    for ((start, end), &class) in starts.iter().zip(ends).zip(classes) {
        if let Some(size) = sizes.get_mut(usize::from(class)) {
            *size += end - start;
        }
    }
    sizes
}

fn contains(set: &[(u32, u32)], code_point: u32) -> bool {
    let after = set.partition_point(|&(first, _)| first <= code_point);
    after.checked_sub(1).and_then(|i| set.get(i)).is_some_and(|&(_, last)| code_point <= last)
}

/// The code points that the atom `atom` matches, sorted.
fn ranges_of(atom: &str) -> Result<Vec<(u32, u32)>, Error> {
    let hir = regex_syntax::parse(atom).map_err(|error| Error::pattern(atom, error))?;
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            Ok(class.iter().map(|range| (range.start().into(), range.end().into())).collect())
        }
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).unwrap_or_default();
            Ok(text.chars().map(|c| (c.into(), c.into())).collect())
        }
        // What matches no single character (`^`, `\b`, an empty class) tells none apart.
        _ => Ok(Vec::new()),
    }
}

/// Append the atoms of `pattern`: what it writes about single characters.
/// Groups, counts and alternatives say nothing about them, but that within
/// `(?i:` case does not count.
fn atoms_of(pattern: &str, atoms: &mut Vec<String>) {
    let chars: Vec<char> = pattern.chars().collect();
    let text = |from: usize, to: usize| -> String {
        chars.get(from..to.min(chars.len())).unwrap_or_default().iter().collect()
    };
    let at = |i: usize| chars.get(i).copied();
    let until = |from: usize, close: char| {
        (from..chars.len()).find(|&i| at(i) == Some(close)).map_or(chars.len(), |i| i + 1)
    };
    // Whether case counts, in each open group.
    let mut caseless = vec![false];
    let mut i = 0;
    while let Some(c) = at(i) {
        let end = match c {
            '\\' => escape_end(&at, &until, i),
            '[' => bracket_end(&at, i),
            '(' => {
                let outer = caseless.last() == Some(&true);
                let mut end = i + 1;
                if at(end) == Some('?') {
                    // `(?i:`, `(?=`, `(?<!`: letters up to the mark are flags.
                    end += 1;
                    while at(end).is_some_and(|c| c.is_ascii_alphabetic() || "<-".contains(c)) {
                        end += 1;
                    }
                    let inner = outer || text(i, end).contains('i');
                    if at(end) == Some(')') {
                        // Flags for the rest of the group around them.
                        caseless.pop();
                    }
                    caseless.push(inner);
                    end += 1;
                } else {
                    caseless.push(outer);
                }
                i = end;
                continue;
            }
            ')' => {
                caseless.pop();
                i += 1;
                continue;
            }
            '{' => {
                i = until(i, '}');
                continue;
            }
            '|' | '*' | '+' | '?' | '^' | '$' => {
                i += 1;
                continue;
            }
            _ => i + 1,
        };
        let atom = text(i, end);
        atoms.push(if caseless.last() == Some(&true) { format!("(?i:{atom})") } else { atom });
        i = end;
    }
}

/// Where the escape that begins at `i` ends.
fn escape_end(
    at: &impl Fn(usize) -> Option<char>,
    until: &impl Fn(usize, char) -> usize,
    i: usize,
) -> usize {
    match (at(i + 1), at(i + 2)) {
        (Some('p' | 'P' | 'x' | 'u'), Some('{')) => until(i, '}'),
        (Some('p' | 'P'), _) => i + 3,
        (Some('x'), _) => i + 4,
        (Some('u'), _) => i + 6,
        _ => i + 2,
    }
}

/// Where the bracketed class that begins at `i` ends.
fn bracket_end(at: &impl Fn(usize) -> Option<char>, i: usize) -> usize {
    let (mut depth, mut end) = (0, i);
    while let Some(c) = at(end) {
        end += 1;
        match c {
            '\\' => end += 1,
            '[' => depth += 1,
            // A bracket right behind the opening one is a member.
            ']' if !(end == i + 2 || (end == i + 3 && at(i + 1) == Some('^'))) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    end
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::{CharClasses, atoms_of};

    #[test]
    fn finds_the_atoms() {
        let mut atoms = Vec::new();
        atoms_of(r"'(?i:[dm]|l)| ?\p{L}+|[^\s\p{N}]{1,3}|\s+(?!\S)|\x41\u{42}[]a]", &mut atoms);
        let expected =
            ["'", "(?i:[dm])", "(?i:l)", " ", r"\p{L}", r"[^\s\p{N}]", r"\s", r"\S", r"\x41"];
        assert_eq!(atoms[..9], expected);
        assert_eq!(atoms[9..], [r"\u{42}", "[]a]"]);
        atoms.clear();
        atoms_of(r"a(b(?i)c)d", &mut atoms);
        assert_eq!(atoms, ["a", "b", "(?i:c)", "d"]);
    }

    #[test]
    fn tells_apart_what_the_pattern_tells_apart() {
        let pattern = r"'(?i:[sdmt]|ll)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s*[\r\n]+|\s+(?!\S)";
        let classes = CharClasses::new(&[pattern.to_owned()]).unwrap();
        for same in ["az", "sS", "lL", "1\u{663}", " \t", "\r\n", ".\u{1F600}", "é中"] {
            let found: Vec<u8> = same.chars().map(|c| classes.of(c)).collect();
            assert_eq!(found[0], found[1], "{same:?}");
        }
        for other in ["as", "al", "sl", "a1", "1 ", " \n", ".'", ". "] {
            let found: Vec<u8> = other.chars().map(|c| classes.of(c)).collect();
            assert_ne!(found[0], found[1], "{other:?}");
        }
        for class in 0..classes.len() as u8 {
            assert_eq!(classes.of(classes.sample(class)), class);
        }
        assert_eq!(classes.between(0, u32::from(char::MAX)).count_ones() as usize, classes.len());
        assert_eq!(classes.between(97, 97), 1 << classes.of('a'));
    }
}
