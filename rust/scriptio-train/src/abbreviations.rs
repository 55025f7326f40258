//! Selects abbreviations from running text without labels.
//!
//! A word is an abbreviation when its full stop is often followed by what no
//! sentence starts with (a small letter, a comma), or when it hardly ever
//! stands without its full stop (after Kiss & Strunk 2006, without their
//! iteration: the counts are used as they are).

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::gold::{self, Result};

#[derive(Default, Clone, Copy)]
struct Count {
    /// Full stop, then a small letter or a mark inside the sentence.
    inside: u32,
    /// Full stop, then a digit.
    digit: u32,
    /// Full stop, then anything else.
    outside: u32,
    /// Full stop at the end of a paragraph.
    last: u32,
    /// Without a full stop.
    bare: u32,
    /// Without a full stop and with a small first letter.
    bare_small: u32,
}

impl Count {
    fn stopped(&self) -> u32 {
        self.inside + self.digit + self.outside + self.last
    }
}

/// Longest abbreviation, in code points, inner full stops included.
const LONGEST: usize = 8;

fn count_paragraph(text: &str, counts: &mut HashMap<String, Count>) {
    let is_word =
        |c: char| c.is_alphabetic() || matches!(c, '.' | '\u{2019}' | '\'' | '-') || c.is_numeric();
    for (at, raw) in split_words(text, is_word) {
        let word = raw
            .trim_end_matches(['.', '\'', '-', '\u{2019}'])
            .trim_start_matches(['.', '\'', '-', '\u{2019}']);
        if word.is_empty() || word.chars().count() > LONGEST || word.chars().any(char::is_numeric) {
            continue;
        }
        let lower = word.to_lowercase();
        let end = at + raw.rfind(word).unwrap_or(0) + word.len();
        let rest = &text[end..];
        let entry = counts.entry(lower).or_default();
        let Some(after) = rest.strip_prefix('.') else {
            entry.bare += 1;
            entry.bare_small += u32::from(word.starts_with(char::is_lowercase));
            continue;
        };
        let mut following = after.chars();
        match following.next() {
            None => entry.last += 1,
            Some(',' | ';' | ':' | ')' | '-') => entry.inside += 1,
            Some(c) if c.is_whitespace() => match after.trim_start().chars().next() {
                None => entry.last += 1,
                Some(c) if c.is_lowercase() => entry.inside += 1,
                Some(c) if c.is_numeric() => entry.digit += 1,
                Some(_) => entry.outside += 1,
            },
            Some(c) if c.is_numeric() => entry.digit += 1,
            Some(_) => {}
        }
    }
}

fn split_words(text: &str, is_word: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    text.split(move |c| !is_word(c))
        .filter(|w| !w.is_empty())
        .map(move |w| (w.as_ptr() as usize - text.as_ptr() as usize, w))
}

/// Whether the counts speak for an abbreviation.
fn accept(word: &str, c: &Count) -> bool {
    let stopped = c.stopped();
    let len = word.chars().count();
    if stopped < 4 || len == 1 {
        return false;
    }
    let inside = f64::from(c.inside) / f64::from(c.inside + c.outside + c.last).max(1.0);
    let always = f64::from(stopped) / f64::from(stopped + c.bare);
    let last = f64::from(c.last) / f64::from(stopped);
    let dotted = word.contains('.');
    if last > 0.4 && !dotted {
        return false;
    }
    (inside >= 0.3 && c.inside >= 3 && (always > 0.3 || len <= 4))
        || (c.digit >= 4
            && f64::from(c.digit) / f64::from(stopped) > 0.5
            && always > 0.5
            && len <= 5)
        || (always >= 0.9 && last < 0.05 && stopped >= 8 && len <= 5)
        || (dotted && stopped >= 4 && always > 0.6 && last < 0.3)
}

/// Write `<out>/<lang>/abbreviations.txt` for every language with text.
pub fn select(data: &Path, out: &Path) -> Result<()> {
    let mut by_lang: BTreeMap<String, HashMap<String, Count>> = BTreeMap::new();
    for entry in std::fs::read_dir(data.join("raw"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        let Some(code) = name.strip_suffix(".txt.xz") else { continue };
        let counts = by_lang.entry(gold::lang_of(code)).or_default();
        let reader = liblzma::read::XzDecoder::new(std::fs::File::open(&path)?);
        for line in BufReader::new(reader).lines() {
            count_paragraph(&line?, counts);
        }
    }
    for folder in ["ntrex", "tico19"] {
        for path in gold::files(&data.join(folder), "")? {
            let corpus = gold::read(&path)?;
            let counts = by_lang.entry(corpus.lang.clone()).or_default();
            corpus.documents.iter().for_each(|d| count_paragraph(&d.text, counts));
        }
    }
    for (lang, counts) in by_lang {
        let mut words: Vec<&str> =
            counts.iter().filter(|(w, c)| accept(w, c)).map(|(w, _)| w.as_str()).collect();
        if words.len() < 3 || scriptio::Lang::new(&lang).is_err() {
            continue;
        }
        words.sort_unstable();
        let folder = out.join(&lang);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("abbreviations.txt"), words.join("\n") + "\n")?;
    }
    Ok(())
}

/// Words that stand in `starters.txt`, at most.
const STARTERS: usize = 200;

/// Write `<out>/<lang>/starters.txt`: the commonest first words of sentences
/// that have small letters elsewhere. A capital on one of them means the start
/// of a sentence, not a name.
pub fn starters(data: &Path, out: &Path) -> Result<()> {
    #[derive(Default)]
    struct Use {
        first: u32,
        small: u32,
        capital: u32,
    }
    let mut by_lang: BTreeMap<String, HashMap<String, Use>> = BTreeMap::new();
    let mut count = |lang: &str, sentence: &str| {
        let counts = by_lang.entry(lang.to_owned()).or_default();
        let letters = |c: char| c.is_alphabetic() || matches!(c, '\u{2019}' | '\'');
        for (at, word) in split_words(sentence, letters) {
            let entry = counts.entry(word.to_lowercase()).or_default();
            if word.starts_with(char::is_lowercase) {
                entry.small += 1;
            } else if at > 3 {
                entry.capital += 1;
            } else {
                entry.first += 1;
            }
        }
    };
    for folder in ["ntrex", "tico19"] {
        for path in gold::files(&data.join(folder), "")? {
            let corpus = gold::read(&path)?;
            corpus
                .documents
                .iter()
                .for_each(|d| d.sentences().for_each(|s| count(&corpus.lang, s)));
        }
    }
    for entry in std::fs::read_dir(data.join("sents"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if let Some((lang, _)) = name.strip_suffix(".txt.xz").and_then(|n| n.split_once('.')) {
            let reader = liblzma::read::XzDecoder::new(std::fs::File::open(&path)?);
            for line in BufReader::new(reader).lines().take(5_000) {
                count(&gold::lang_of(lang), &line?);
            }
        }
    }
    for (lang, counts) in by_lang {
        let mut words: Vec<(u32, String)> = counts
            .into_iter()
            .filter(|(word, n)| {
                word.chars().count() > 1 && n.first >= 3 && n.small >= 5 * n.capital.max(1)
            })
            .map(|(word, n)| (n.first, word))
            .collect();
        words.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        words.truncate(STARTERS);
        if words.len() < 20 || scriptio::Lang::new(&lang).is_err() {
            continue;
        }
        let mut words: Vec<String> = words.into_iter().map(|(_, w)| w).collect();
        words.sort_unstable();
        let folder = out.join(&lang);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("starters.txt"), words.join("\n") + "\n")?;
    }
    Ok(())
}
