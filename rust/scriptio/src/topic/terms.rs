//! [`Terms`]: what the lexical methods compare of a unit.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use super::stem::stem;
use crate::Lang;

/// English words that tell nothing of a topic: articles, pronouns, auxiliary
/// verbs, prepositions, conjunctions, common adverbs and the pieces that
/// contractions leave.
const ENGLISH: &str = "a about above across after again against ago all almost along already also \
    although always am among an and another any anybody anyone anything anywhere are around as at \
    away back be became because become becomes been before behind being below beneath beside \
    besides between beyond both but by came can cannot come could did do does doing done down \
    during each either else elsewhere enough etc even ever every everybody everyone everything \
    everywhere except few for from further get gets getting give given go goes going gone got had \
    has have having he hence her here hers herself him himself his how however i if in indeed \
    instead into is it its itself just keep kept last least less let like ll made make makes many \
    may maybe me meanwhile might mine more moreover most mostly much must my myself namely near \
    neither never nevertheless next no nobody none nor not nothing now nowhere of off often on \
    once one only onto or other others otherwise ought our ours ourselves out over own per \
    perhaps put quite rather re really said same say says see seem seemed seems shall she should \
    since so some somebody somehow someone something sometimes somewhere soon still such take \
    taken than that the their theirs them themselves then thence there therefore these they thing \
    things this those though through throughout thus till to together too took toward towards \
    two under unless unlike until up upon us used using ve very via was we well went were what \
    whatever when whence whenever where whereas wherever whether which whichever while who \
    whoever whole whom whose why will with within without would yes yet you your yours yourself \
    yourselves ain aren couldn didn doesn don hadn hasn haven isn mightn mustn needn shan \
    shouldn wasn weren won wouldn";

/// Turns units of text into terms.
///
/// A term is a word with a letter in it, as Unicode finds words, in lower
/// case. In English, stop words are left out and the rest is stemmed.
#[derive(Debug, Clone)]
pub struct Terms {
    english: bool,
    stop: HashSet<String>,
}

impl Terms {
    /// Terms of a language. `stop_words`, in any case, take the place of its
    /// own stop words, which are known for English alone.
    pub fn new(lang: Lang, stop_words: Option<Vec<String>>) -> Self {
        let english = lang.code() == "en";
        let own = || {
            let known = if english { ENGLISH } else { "" };
            known.split_whitespace().map(str::to_owned).collect()
        };
        let lowered = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
        Self { english, stop: stop_words.map_or_else(own, lowered) }
    }

    /// The terms of `unit`, in order.
    ///
    /// ```
    /// use scriptio::{Lang, topic::Terms};
    /// let terms = Terms::new(Lang::new("en")?, None);
    /// assert_eq!(terms.of("The ships are sailing, 3 of them."), ["ship", "sail"]);
    /// # Ok::<(), scriptio::Error>(())
    /// ```
    pub fn of(&self, unit: &str) -> Vec<String> {
        self.words(unit).flatten().collect()
    }

    /// For every word of `unit` its term, or none of a stop word.
    pub(super) fn words<'t>(&'t self, unit: &'t str) -> impl Iterator<Item = Option<String>> + 't {
        let words = unit.unicode_words().filter(|word| word.chars().any(char::is_alphabetic));
        words.map(|word| {
            let word = word.to_lowercase();
            let word = match word.split_once(['\'', '\u{2019}']) {
                Some((before, _)) if self.english => before.to_owned(),
                _ => word,
            };
            let tells = !self.stop.contains(&word) && (!self.english || word.len() > 1);
            tells.then(|| if self.english { stem(&word) } else { word })
        })
    }
}

/// Terms as numbers: of each unit the different terms with their counts.
#[derive(Debug, Default)]
pub(super) struct Bags<'t> {
    ids: HashMap<Cow<'t, str>, u32>,
    pub(super) units: Vec<Vec<(u32, u32)>>,
}

impl<'t> Bags<'t> {
    /// Number of different terms.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of a term.
    pub(super) fn id(&mut self, term: Cow<'t, str>) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(term).or_insert(next)
    }

    /// Adds a unit.
    pub(super) fn push(&mut self, terms: impl Iterator<Item = Cow<'t, str>>) {
        let ids: Vec<u32> = terms.map(|term| self.id(term)).collect();
        self.units.push(counted(ids));
    }
}

/// The different numbers with how often each occurs.
pub(super) fn counted(mut ids: Vec<u32>) -> Vec<(u32, u32)> {
    ids.sort_unstable();
    ids.chunk_by(|a, b| a == b)
        .filter_map(|run| run.first().map(|&id| (id, run.len() as u32)))
        .collect()
}
