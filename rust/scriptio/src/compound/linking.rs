//! [`Linking`]: from a piece as it stands in a compound to a word of its own.
//!
//! `wirtschafts` becomes `wirtschaft`, `schul` becomes `schule`, `bücher`
//! becomes `buch`. A rule says what is taken off the end and what is put there;
//! which rule a piece takes is learned from its longest known ending, and
//! believed if the lexicon knows the outcome.

use std::collections::{BTreeMap, HashMap};

use super::lexicon::Lexicon;

/// Rules that a language may have.
const MAX_RULES: usize = 200;

/// Characters of an ending that rules are chosen by.
const ENDING: usize = 5;

/// Pieces that an ending is seen in before it counts.
const SEEN: usize = 3;

/// What a rule that holds for pieces not seen takes off, and puts there, at most.
const MOST_OFF: usize = 3;
const MOST_ON: usize = 2;

/// What is taken off the end of a piece and what is put there instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Rule {
    pub off: String,
    pub on: String,
}

impl Rule {
    /// The rule that makes `word` of `piece`.
    fn between(piece: &str, word: &str) -> Self {
        let same = piece.chars().zip(word.chars()).take_while(|(a, b)| a == b);
        let same: usize = same.map(|(c, _)| c.len_utf8()).sum();
        let rest = |text: &str| text.get(same..).unwrap_or_default().to_owned();
        Self { off: rest(piece), on: rest(word) }
    }

    fn apply(&self, piece: &str) -> Option<String> {
        let stem = piece.strip_suffix(self.off.as_str())?;
        Some(format!("{stem}{}", self.on)).filter(|word| word.chars().count() > 1)
    }

    fn is_general(&self) -> bool {
        self.off.chars().count() <= MOST_OFF && self.on.chars().count() <= MOST_ON
    }
}

/// The linking elements of a language. Empty where nothing is known of them: then every piece is
/// a word as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Linking {
    /// The rules, the most frequent first.
    pub rules: Vec<Rule>,
    /// Which rule pieces with an ending take.
    pub endings: BTreeMap<String, u8>,
    /// Which rule single pieces take.
    pub pieces: BTreeMap<String, u8>,
}

/// A piece as a word of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undone {
    pub word: String,
    /// Bytes at the end of the folded piece that only link it to the next.
    pub link: usize,
}

impl Linking {
    /// Learn from pieces that are followed by another, and the words they stand for; all folded.
    pub fn learn(pairs: &[(String, String)]) -> Self {
        let mut counts: HashMap<Rule, usize> = HashMap::new();
        let ruled: Vec<(&str, Rule)> = pairs
            .iter()
            .map(|(piece, word)| (piece.as_str(), Rule::between(piece, word)))
            .collect();
        for (_, rule) in &ruled {
            *counts.entry(rule.clone()).or_default() += 1;
        }
        let mut rules: Vec<(usize, Rule)> =
            counts.into_iter().map(|(rule, count)| (count, rule)).collect();
        rules.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
        rules.truncate(MAX_RULES);
        let rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
        let number: HashMap<&Rule, u8> = rules.iter().zip(0_u8..).collect();
        // Of each ending and each piece: how often which rule.
        let mut by_ending: BTreeMap<String, BTreeMap<u8, usize>> = BTreeMap::new();
        let mut by_piece: BTreeMap<String, BTreeMap<u8, usize>> = BTreeMap::new();
        for (piece, rule) in &ruled {
            let Some(&number) = number.get(rule) else { continue };
            *by_piece.entry((*piece).to_owned()).or_default().entry(number).or_default() += 1;
            if rule.is_general() {
                for ending in endings(piece).filter(|ending| ending.ends_with(&rule.off)) {
                    let rules = by_ending.entry(ending.to_owned()).or_default();
                    *rules.entry(number).or_default() += 1;
                }
            }
        }
        let mut linking = Self { rules, ..Self::default() };
        // Shorter endings come first, so that a longer one is kept only where it says otherwise.
        let mut order: Vec<&String> = by_ending.keys().collect();
        order.sort_by_key(|ending| ending.chars().count());
        let mut kept = BTreeMap::new();
        for ending in order {
            let Some((rule, count)) = by_ending.get(ending).and_then(most) else { continue };
            let inherited = longest(&kept, ending);
            if count >= SEEN && inherited != Some(rule) {
                kept.insert(ending.clone(), rule);
            }
        }
        linking.endings = kept;
        for (piece, rules) in by_piece {
            let Some((rule, count)) = most(&rules) else { continue };
            let irregular = linking.rules.get(usize::from(rule)).is_some_and(|r| !r.is_general());
            if (count > 1 || irregular) && longest(&linking.endings, &piece) != Some(rule) {
                linking.pieces.insert(piece, rule);
            }
        }
        linking
    }

    /// The word that a folded piece, which another follows, stands for.
    pub fn undo(&self, piece: &str, lexicon: &Lexicon) -> Undone {
        let apply = |&rule: &u8| {
            let rule = self.rules.get(usize::from(rule))?;
            let word = rule.apply(piece)?;
            Some(Undone { link: if rule.on.is_empty() { rule.off.len() } else { 0 }, word })
        };
        let same = || Undone { word: piece.to_owned(), link: 0 };
        if let Some(undone) = self.pieces.get(piece).and_then(apply) {
            return undone;
        }
        let known = |undone: &Undone| lexicon.class_of(&undone.word) > 0;
        let chosen: Vec<Undone> = endings(piece)
            .filter_map(|ending| self.endings.get(ending))
            .filter_map(apply)
            .collect();
        if let Some(undone) = chosen.iter().find(|undone| known(undone)) {
            return undone.clone();
        }
        if lexicon.class_of(piece) > 0 {
            return same();
        }
        let general = (0_u8..).zip(&self.rules).filter(|(_, rule)| rule.is_general()).take(12);
        let mut others = general.filter_map(|(number, _)| apply(&number));
        others.find(known).or_else(|| chosen.into_iter().next()).unwrap_or_else(same)
    }
}

/// The endings of a piece, the longest first, down to the empty one.
fn endings(piece: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> =
        piece.char_indices().rev().take(ENDING).map(|(at, _)| at).collect();
    starts.reverse();
    starts.push(piece.len());
    starts.into_iter().filter_map(|start| piece.get(start..))
}

fn longest(known: &BTreeMap<String, u8>, piece: &str) -> Option<u8> {
    endings(piece).find_map(|ending| known.get(ending)).copied()
}

/// The most frequent rule; of two the first.
fn most(rules: &BTreeMap<u8, usize>) -> Option<(u8, usize)> {
    let first = |&(rule, count): &(u8, usize)| (count, u8::MAX - rule);
    rules.iter().map(|(&rule, &count)| (rule, count)).max_by_key(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::super::lexicon::Entry;
    use super::*;

    fn lexicon(words: &[&str]) -> Lexicon {
        let entry = |word: &&str| Entry { word: (*word).to_owned(), noun: false };
        Lexicon::new(&words.iter().map(entry).collect::<Vec<_>>(), true).unwrap()
    }

    fn learned() -> Linking {
        let pairs = [
            ("wirtschafts", "wirtschaft"),
            ("gesellschafts", "gesellschaft"),
            ("mannschafts", "mannschaft"),
            ("bücher", "buch"),
            ("haus", "haus"),
            ("hand", "hand"),
            ("land", "land"),
            ("wand", "wand"),
            ("schul", "schule"),
            ("schul", "schule"),
        ];
        Linking::learn(&pairs.map(|(piece, word)| (piece.to_owned(), word.to_owned())))
    }

    #[test]
    fn rules_are_chosen_by_the_ending() {
        let words = lexicon(&["freundschaft", "sand", "buch"]);
        let undo = |piece: &str| learned().undo(piece, &words);
        assert_eq!(undo("freundschafts"), Undone { word: "freundschaft".into(), link: 1 });
        assert_eq!(undo("sand"), Undone { word: "sand".into(), link: 0 });
        assert_eq!(undo("bücher"), Undone { word: "buch".into(), link: 0 });
        assert_eq!(undo("schul"), Undone { word: "schule".into(), link: 0 });
    }

    #[test]
    fn nothing_known_means_nothing_done() {
        let undone = Linking::default().undo("arbeits", &lexicon(&["arbeit"]));
        assert_eq!(undone, Undone { word: "arbeits".into(), link: 0 });
    }
}
