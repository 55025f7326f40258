//! [`Lexicon`]: the abbreviations and sentence starters of one language.

use std::sync::LazyLock;

use super::lang::LISTS;
use super::word::hash_word;

/// What kind of abbreviation a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub(crate) enum Abbreviation {
    /// None that is known.
    #[default]
    No,
    /// One that may stand anywhere, at the end of a sentence too: `etc`.
    General,
    /// A title or the like, with a name behind it: `dr`.
    Title,
    /// With a number behind it: `nr`.
    Numbered,
    /// A month or a day of the week.
    Month,
}

/// A set of word hashes with a class each; open addressing, half empty.
#[derive(Debug, Clone, Default)]
struct Words {
    slots: Vec<(u32, u8)>,
}

impl Words {
    fn new(words: &[(u32, u8)]) -> Self {
        let size = (2 * words.len()).next_power_of_two();
        let mut slots = vec![(0, 0); if words.is_empty() { 0 } else { size }];
        for &(hash, class) in words {
            let mut at = hash as usize;
            while let Some(slot) = slots.get_mut(at & (size - 1)) {
                if slot.1 == 0 || slot.0 == hash {
                    *slot = (hash, class);
                    break;
                }
                at += 1;
            }
        }
        Self { slots }
    }

    #[inline]
    fn class(&self, hash: u32) -> u8 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize;
        while let Some(&(found, class)) = self.slots.get(at & mask) {
            if found == hash || class == 0 {
                return class;
            }
            at += 1;
        }
        0
    }
}

/// The words of one language that the decisions know by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lexicon {
    abbreviations: Words,
    starters: Words,
}

/// Lists in which a word must stand to count for text of any language.
const COMMON: usize = 3;

impl Lexicon {
    /// The lexicon of language `code`; for `und`, what several languages have
    /// in common.
    pub(crate) fn new(code: &str) -> Self {
        // Reading all lists takes milliseconds, so it is done once.
        static SHARED: LazyLock<Lexicon> = LazyLock::new(Lexicon::shared);
        if code == "und" {
            return SHARED.clone();
        }
        let (abbreviations, starters) = listed(|lang| lang == code);
        Self { abbreviations: Words::new(&abbreviations), starters: Words::new(&starters) }
    }

    /// The words that stand in the lists of several languages.
    fn shared() -> Self {
        let (mut abbreviations, mut starters) = listed(|_| true);
        for list in [&mut abbreviations, &mut starters] {
            list.sort_unstable();
            let all = std::mem::take(list);
            for group in all.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() >= COMMON) {
                list.extend(group.get(group.len() / 2));
            }
        }
        Self { abbreviations: Words::new(&abbreviations), starters: Words::new(&starters) }
    }

    /// What kind of abbreviation the word with this hash is.
    #[inline]
    pub(crate) fn abbreviation(&self, hash: u32) -> Abbreviation {
        match self.abbreviations.class(hash) {
            1 => Abbreviation::General,
            2 => Abbreviation::Title,
            3 => Abbreviation::Numbered,
            4 => Abbreviation::Month,
            _ => Abbreviation::No,
        }
    }

    /// Whether the word with this hash begins sentences, and seldom
    /// has a capital otherwise.
    #[inline]
    pub(crate) fn is_starter(&self, hash: u32) -> bool {
        self.starters.class(hash) != 0
    }
}

/// Hashes and classes of words, as [`Words`] takes them.
type Entries = Vec<(u32, u8)>;

/// The abbreviations and the starters in the lists of the languages that `with` names.
fn listed(with: impl Fn(&str) -> bool) -> (Entries, Entries) {
    let mut abbreviations = Vec::new();
    let mut starters = Vec::new();
    for (_, short, start) in LISTS.iter().filter(|(lang, ..)| with(lang)) {
        abbreviations.extend(short.lines().filter_map(entry));
        starters.extend(start.lines().map(|word| (hash_word(word, false), 1)));
    }
    (abbreviations, starters)
}

/// A line of `abbreviations.txt`: the word, a tab and a class letter.
fn entry(line: &str) -> Option<(u32, u8)> {
    let (word, class) = line.split_once('\t').unwrap_or((line, ""));
    let class = match class {
        "T" => 2,
        "N" => 3,
        "M" => 4,
        _ => 1,
    };
    (!word.is_empty() && !word.starts_with('#')).then(|| (hash_word(word, true), class))
}
