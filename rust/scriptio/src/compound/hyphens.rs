//! [`HyphenCounts`]: compounds from the hyphens of raw text.
//!
//! Stage 1 of `CompoundPiece` (Minixhofer, Pfeiffer and Vulić 2023): people write
//! some compounds with a hyphen that others write closed. A hyphenated word
//! whose closed form is not far more frequent is taken for a compound cut at
//! its hyphens; the most frequent words that are never hyphenated are taken for
//! words that are none.

use std::collections::HashMap;

use super::fold::folded;
use super::piece::is_hyphen;
use super::train::Labelled;

/// A hyphenated form counts if it is at least this often there for each time that the closed
/// form is: e to the power of -6.
const RATIO: f64 = 0.002_478_752_176_666_358_4;

/// Longer tokens are no words, in bytes.
const MAX_BYTES: usize = 64;

/// Characters of the shortest part.
const SHORTEST_PART: usize = 2;

/// Counts the words of texts that are read piece by piece.
#[derive(Debug, Clone, Default)]
pub struct HyphenCounts {
    counts: HashMap<String, u64>,
}

impl HyphenCounts {
    /// No words yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Count the words of a text; they are what is between white space, without the marks
    /// around. Addresses, paths and the like are left out.
    pub fn add(&mut self, text: &str) {
        for token in text.split_whitespace() {
            if token.len() > MAX_BYTES || token.contains("--") {
                continue;
            }
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            if word.is_empty() || word.contains(['.', '@', '{', '}', '/', '[', ']']) {
                continue;
            }
            if !word.chars().all(|c| c.is_alphabetic() || is_hyphen(c) || !c.is_ascii()) {
                continue;
            }
            if word.contains(is_hyphen) && !is_compound(word) {
                continue;
            }
            *self.counts.entry(word.to_owned()).or_default() += 1;
        }
    }

    /// Number of different words.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no word was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The words by falling frequency, folded, without hyphenated ones: a lexicon of the texts.
    pub fn lexicon(&self) -> Vec<String> {
        let mut closed: HashMap<String, u64> = HashMap::new();
        for (word, count) in &self.counts {
            // The parts of a hyphenated word are words, too.
            for part in word.split(is_hyphen) {
                *closed.entry(folded(part)).or_default() += count;
            }
        }
        let mut words: Vec<(String, u64)> = closed
            .into_iter()
            .filter(|(word, count)| *count > 1 && word.chars().count() > 1)
            .collect();
        words.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        words.into_iter().map(|(word, _)| word).collect()
    }

    /// Compounds, cut where their hyphens were, and as many words that are none.
    ///
    /// Words of only one occurrence are left out if `rare` is false.
    pub fn labelled(&self, rare: bool) -> Vec<Labelled> {
        let mut closed: HashMap<String, u64> = HashMap::new();
        let mut hyphened: HashMap<String, Vec<(u64, &str)>> = HashMap::new();
        for (word, &count) in &self.counts {
            let bare: String = folded(word).chars().filter(|&c| !is_hyphen(c)).collect();
            if !word.contains(is_hyphen) {
                *closed.entry(bare).or_default() += count;
            } else if count > 1 || rare {
                hyphened.entry(bare).or_default().push((count, word));
            }
        }
        let mut compounds: Vec<(u64, Labelled)> = Vec::new();
        for (bare, forms) in &hyphened {
            let together = closed.get(bare).copied().unwrap_or(1);
            // The most frequent of several ways to hyphenate a word; of two the first.
            let Some(&(count, form)) = forms
                .iter()
                .max_by(|left, right| left.0.cmp(&right.0).then_with(|| right.1.cmp(left.1)))
            else {
                continue;
            };
            if count as f64 / together as f64 >= RATIO {
                compounds.push((count, closed_up(form)));
            }
        }
        let by_count = |left: &(u64, Labelled), right: &(u64, Labelled)| {
            right.0.cmp(&left.0).then_with(|| left.1.word.cmp(&right.1.word))
        };
        compounds.sort_by(by_count);
        let mut others: Vec<(u64, Labelled)> = closed
            .iter()
            .filter(|(word, _)| !hyphened.contains_key(*word) && word.chars().count() > 1)
            .map(|(word, &count)| {
                (count, Labelled { word: word.clone(), cuts: Vec::new(), weight: 1.0 })
            })
            .collect();
        others.sort_by(by_count);
        others.truncate(compounds.len());
        compounds.into_iter().chain(others).map(|(_, labelled)| labelled).collect()
    }
}

/// Whether a word with hyphens looks like two or more words, and not like a number, an
/// abbreviation or a name in mixed case.
fn is_compound(word: &str) -> bool {
    let mut before = '-';
    for c in word.chars() {
        if c.is_uppercase() && !is_hyphen(before) {
            return false;
        }
        before = c;
    }
    word.split(is_hyphen).all(|part| {
        part.chars().count() >= SHORTEST_PART
            && part.chars().any(|c| c.is_alphabetic() && !c.is_uppercase())
    })
}

/// The word without its hyphens, cut where they were, in the case of its first letter: small.
fn closed_up(form: &str) -> Labelled {
    let mut word = String::new();
    let mut cuts = Vec::new();
    for part in form.split(is_hyphen) {
        if !word.is_empty() {
            cuts.push(word.len());
        }
        word.push_str(&folded(part));
    }
    Labelled { word, cuts, weight: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> HyphenCounts {
        let mut counts = HyphenCounts::new();
        counts.add(text);
        counts
    }

    #[test]
    fn hyphens_show_where_words_meet() {
        let counts = counted("Haus-Boot haus-boot (haus-boot) Hausboot das das Boot. e-Mail");
        let labelled = counts.labelled(true);
        assert_eq!(labelled.len(), 2);
        assert_eq!(
            (labelled[0].word.as_str(), labelled[0].cuts.as_slice()),
            ("hausboot", &[4][..])
        );
        assert_eq!((labelled[1].word.as_str(), labelled[1].cuts.len()), ("das", 0));
        assert!(counts.lexicon().contains(&"boot".to_owned()));
    }

    #[test]
    fn a_closed_form_that_is_far_more_frequent_wins() {
        let text = format!("heraus-geber {}", "herausgeber ".repeat(500));
        assert!(counted(&text).labelled(true).iter().all(|labelled| labelled.cuts.is_empty()));
    }

    #[test]
    fn addresses_numbers_and_abbreviations_are_left_out() {
        assert!(counted("a@b-c.de x/y-z foo--bar A-4 USA-EU 3-4 McKay-Smith").is_empty());
    }
}
