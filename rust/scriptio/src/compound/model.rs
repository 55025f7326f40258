//! [`Model`]: a lexicon and the weights of a gap's features.

use super::features::{Extractor, LEXICAL, SPELLED};
use super::fold::Folded;
use super::lexicon::Lexicon;
use super::linking::Linking;
use super::matches::{Matches, SHORTEST};

/// The largest table of hashed features: 2 to this power.
pub(super) const MAX_BITS: u32 = 22;

/// Weights as they are stored: integers times a scale.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    /// Weights of the lexical features.
    pub lexical: Box<[i16]>,
    pub lexical_scale: f32,
    /// Weights of the hashed features; none in a model that knows no characters.
    pub spelled: Box<[i8]>,
    pub spelled_scale: f32,
    /// Upper bits of a hash that tell its place.
    pub bits: u32,
    /// The logit from which on a gap is cut, taken off every margin.
    pub threshold: f32,
}

impl Weights {
    /// The logit of a gap of the word that was analysed.
    pub fn logit(&self, room: &Room, gap: usize) -> f32 {
        let Room { word, matches, extractor } = room;
        let logit = self.lexical(&extractor.lexical(word, matches, gap));
        if self.spelled.is_empty() {
            return logit;
        }
        logit + self.spelled(&extractor.spelled(word, matches, gap))
    }

    fn lexical(&self, features: &[u16; LEXICAL]) -> f32 {
        let weight =
            |&value: &u16| self.lexical.get(usize::from(value)).copied().map_or(0, i32::from);
        features.iter().map(weight).sum::<i32>() as f32 * self.lexical_scale
    }

    fn spelled(&self, features: &[u32; SPELLED]) -> f32 {
        let shift = u32::BITS - self.bits;
        let weight =
            |&hash: &u32| self.spelled.get((hash >> shift) as usize).copied().map_or(0, i32::from);
        features.iter().map(weight).sum::<i32>() as f32 * self.spelled_scale
    }
}

/// What decides where a word is cut.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub lang: String,
    /// What it was made from, in words.
    pub note: String,
    pub lexicon: Lexicon,
    pub weights: Weights,
    pub linking: Linking,
    /// Whether the language writes nouns with a capital.
    pub capitals: bool,
}

/// Room for the work on one word, kept from word to word.
#[derive(Debug, Default, Clone)]
pub(super) struct Room {
    pub word: Folded,
    pub matches: Matches,
    pub extractor: Extractor,
}

impl Room {
    /// Look up the word that was folded.
    pub fn analyse(&mut self, lexicon: &Lexicon) {
        self.matches.find(&self.word, lexicon);
        self.extractor.begin(&self.word);
    }

    /// The gaps of the word that may be cut: with two characters on either side.
    pub fn gaps(&self) -> std::ops::Range<usize> {
        SHORTEST..(self.word.len() + 1).saturating_sub(SHORTEST).max(SHORTEST)
    }
}

impl Model {
    /// Call `visit` with each gap of `room.word` and its margin: above 0 the gap is cut.
    pub fn margins(&self, room: &mut Room, mut visit: impl FnMut(usize, f32)) {
        room.analyse(&self.lexicon);
        for gap in room.gaps().filter(|&gap| room.word.is_open(gap)) {
            visit(gap, self.weights.logit(room, gap) - self.weights.threshold);
        }
    }
}
