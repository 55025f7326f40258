//! [`CompoundSplitter`]: words in, pieces out.

use std::collections::HashMap;
use std::sync::Arc;

use super::cache::Cache;
use super::file;
use super::fold::{Folded, folded};
use super::model::{Model, Room};
use super::options::{Builder, Options};
use super::piece::{Piece, PieceKind, is_hyphen};
use crate::{Error, Span};

/// Folded words with their cuts by character.
pub(super) type Exceptions = HashMap<String, Vec<usize>>;

/// Cuts compounds into the words they are made of.
///
/// Cannot be changed and may be shared between threads; a clone costs next to
/// nothing. Case, Unicode form, soft hyphens and joiners make no difference to
/// where a word is cut.
///
/// ```
/// use scriptio::compound::{CompoundSplitter, Entry, Labelled, Training};
/// let words = ["haus", "boot", "tür", "garten", "tisch", "bein"];
/// let entries = words.map(|word| Entry { word: word.into(), noun: true });
/// let mut labelled = Vec::new();
/// for left in words {
///     labelled.push(Labelled { word: left.into(), cuts: vec![], weight: 1.0 });
///     for right in words.iter().filter(|right| **right != left) {
///         let cuts = vec![left.len()];
///         labelled.push(Labelled { word: format!("{left}{right}"), cuts, weight: 1.0 });
///     }
/// }
/// let splitter =
///     CompoundSplitter::fit("de", &entries, &labelled, &[], &Training::default(), None)?;
/// assert_eq!(splitter.split("Gartentür"), ["Garten", "tür"]);
/// assert_eq!(splitter.split("Garten"), ["Garten"]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CompoundSplitter {
    pub(super) model: Arc<Model>,
    pub(super) options: Options,
    pub(super) exceptions: Arc<Exceptions>,
}

impl CompoundSplitter {
    pub(super) fn of(model: Model) -> Self {
        Self {
            model: Arc::new(model),
            options: Options::default(),
            exceptions: Arc::new(HashMap::new()),
        }
    }

    /// The splitter whose model was written as `data`.
    ///
    /// # Errors
    /// The data are no compound model, of another version, or damaged.
    pub fn from_bytes(data: &[u8]) -> Result<Self, Error> {
        file::read(data).map(Self::of)
    }

    /// The model, with the words that were added, as a file holds it. Options
    /// and exceptions are not part of it.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(&self.model)
    }

    /// The same with a note that says what the model was made from.
    #[must_use]
    pub fn with_note(&self, note: &str) -> Self {
        let model = Model { note: note.to_owned(), ..(*self.model).clone() };
        Self { model: Arc::new(model), ..self.clone() }
    }

    /// Begin a splitter with other options, more words or exceptions.
    pub fn to_builder(&self) -> Builder {
        Builder::new(self.clone())
    }

    /// The code of the language.
    pub fn lang(&self) -> &str {
        &self.model.lang
    }

    /// What the model was made from.
    pub fn note(&self) -> &str {
        &self.model.note
    }

    /// Whether the model knows characters, from labelled words of its language, and not just
    /// words.
    pub fn is_labelled(&self) -> bool {
        !self.model.weights.spelled.is_empty()
    }

    /// Number of words in the lexicon.
    pub fn words(&self) -> usize {
        self.model.lexicon.len()
    }

    /// What does the work, with room of its own and a cache for about `words` words.
    pub fn worker(&self, words: usize) -> Worker<'_> {
        Worker {
            splitter: self,
            room: Room::default(),
            cache: Cache::new(words),
            ends: Vec::new(),
            gaps: Vec::new(),
            chosen: Vec::new(),
        }
    }

    /// The pieces of a word; they join to it.
    pub fn split<'w>(&self, word: &'w str) -> Vec<&'w str> {
        let mut start = 0;
        let mut pieces = Vec::new();
        for &end in self.worker(0).ends(word) {
            pieces.extend(word.get(start..end));
            start = end;
        }
        pieces
    }

    /// How sure every gap is to be cut, as pairs of its byte offset and its
    /// margin: above the threshold it may be. Hyphens are not among them.
    pub fn margins(&self, word: &str) -> Vec<(usize, f32)> {
        let mut room = Room::default();
        let mut margins = Vec::new();
        for part in parts(word) {
            room.word.fold(word.get(part.start..part.end).unwrap_or_default(), part.start);
            if room.word.is_too_long() {
                continue;
            }
            let mut found = Vec::new();
            self.model.margins(&mut room, |gap, margin| found.push((gap, margin)));
            margins.extend(found.iter().map(|&(gap, margin)| (room.word.offset(gap), margin)));
        }
        margins
    }

    /// The pieces of `word` that end at `ends`, with linking elements and hyphens told apart.
    pub fn pieces(&self, word: &str, ends: &[usize]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut piece_of = |start: usize, end: usize, kind| {
            if start < end {
                pieces.push(Piece { span: Span::new(start, end), kind });
            }
        };
        let mut start = 0;
        for &end in ends {
            let text = word.get(start..end).unwrap_or_default();
            let bare = text.trim_matches(is_hyphen);
            let first =
                if bare.is_empty() { end } else { end - text.trim_start_matches(is_hyphen).len() };
            let mut last = first + bare.len();
            piece_of(start, first, PieceKind::Hyphen);
            let behind = last;
            if end < word.len() {
                let mut folded = Folded::default();
                folded.fold(bare, first);
                let text: String = folded.chars.iter().collect();
                let link = self.model.linking.undo(&text, &self.model.lexicon).link;
                let chars = text.get(text.len() - link..).unwrap_or_default().chars().count();
                if chars > 0 {
                    last = folded.offset(folded.len() - chars);
                }
            }
            piece_of(first, last, PieceKind::Word);
            piece_of(last, behind, PieceKind::Link);
            piece_of(behind, end, PieceKind::Hyphen);
            start = end;
        }
        pieces
    }

    /// The words that `word`, whose pieces end at `ends`, is made of, as a dictionary has them:
    /// linking elements and changed stems undone, nouns with a capital where the language writes
    /// them so, all else in lower case. A word that is no compound is returned as it is.
    pub fn normalize(&self, word: &str, ends: &[usize]) -> Vec<String> {
        if ends.len() < 2 {
            return vec![word.to_owned()];
        }
        let mut start = 0;
        let mut words = Vec::new();
        for &end in ends {
            let bare = word.get(start..end).unwrap_or_default().trim_matches(is_hyphen);
            start = end;
            let capitals = bare.chars().filter(|c| c.is_uppercase()).count();
            if bare.is_empty() {
                continue;
            }
            // An abbreviation, unless the word is all in capitals.
            if capitals > 1
                && capitals == bare.chars().count()
                && word.chars().any(char::is_lowercase)
            {
                words.push(bare.to_owned());
                continue;
            }
            let mut plain = folded(bare);
            if plain.is_empty() {
                continue; // Marks that no dictionary writes, such as joiners.
            }
            if end < word.len() {
                plain = self.model.linking.undo(&plain, &self.model.lexicon).word;
            }
            if self.model.capitals && self.model.lexicon.is_noun(&plain) {
                let mut chars = plain.chars();
                let first = chars.next().into_iter().flat_map(char::to_uppercase);
                plain = first.chain(chars).collect();
            }
            words.push(plain);
        }
        if words.is_empty() {
            words.push(word.to_owned());
        }
        words
    }
}

/// Cuts word after word, and remembers the last of them.
#[derive(Debug, Clone)]
pub struct Worker<'s> {
    splitter: &'s CompoundSplitter,
    room: Room,
    cache: Cache,
    ends: Vec<usize>,
    /// Gaps that may be cut: margin and byte offset.
    gaps: Vec<(f32, usize)>,
    /// Gaps of the part that are cut, by character.
    chosen: Vec<usize>,
}

impl Worker<'_> {
    /// The ends of the pieces of `word` in bytes, rising; the last is the word's length. The
    /// empty word has none.
    pub fn ends(&mut self, word: &str) -> &[usize] {
        // Borrowed from the cache on one way and from the room on the other, which takes a second
        // look-up to say in safe code.
        if self.cache.get(word).is_none() {
            self.cut(word);
            self.cache.put(word, &self.ends);
            return &self.ends;
        }
        self.cache.get(word).unwrap_or_default()
    }

    fn cut(&mut self, word: &str) {
        self.ends.clear();
        if word.is_empty() {
            return;
        }
        self.gaps.clear();
        if !self.excepted(word, 0) {
            for part in parts(word) {
                if part.start > 0 && !self.ends.is_empty() {
                    self.gaps.push((f32::INFINITY, part.start));
                }
                // Any mark that there is a part before.
                self.ends.push(part.start);
                let text = word.get(part.start..part.end).unwrap_or_default();
                if !self.excepted(text, part.start) {
                    self.cut_part();
                }
            }
        }
        let most = self.splitter.options.max_parts.saturating_sub(1);
        if self.gaps.len() > most {
            self.gaps.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
            self.gaps.truncate(most);
        }
        self.ends.clear();
        self.ends.extend(self.gaps.iter().map(|&(_, offset)| offset));
        self.ends.sort_unstable();
        self.ends.push(word.len());
    }

    /// Fold `text`, which starts at byte `base`; whether the user said how it is to be cut.
    fn excepted(&mut self, text: &str, base: usize) -> bool {
        self.room.word.fold(text, base);
        let exceptions = &self.splitter.exceptions;
        if exceptions.is_empty() || self.room.word.is_too_long() {
            return false;
        }
        let key: String = self.room.word.chars.iter().collect();
        let Some(cuts) = exceptions.get(&key) else { return false };
        for &cut in cuts {
            self.gaps.push((f32::INFINITY, self.room.word.offset(cut)));
        }
        true
    }

    /// Choose the gaps of the folded part that are cut: the surest first, as long as pieces do
    /// not get too short. So fewer cuts are always a selection of more cuts.
    fn cut_part(&mut self) {
        let len = self.room.word.len();
        let Options { threshold, min_part, .. } = self.splitter.options;
        if self.room.word.is_too_long() || len < 2 * min_part {
            return;
        }
        self.chosen.clear();
        let mut found: Vec<(f32, usize)> = Vec::new();
        self.splitter.model.margins(&mut self.room, |gap, margin| {
            if margin > threshold {
                found.push((margin, gap));
            }
        });
        found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        for (margin, gap) in found {
            let near = |&other: &usize| gap.abs_diff(other) < min_part;
            if gap >= min_part && len - gap >= min_part && !self.chosen.iter().any(near) {
                self.chosen.push(gap);
                self.gaps.push((margin, self.room.word.offset(gap)));
            }
        }
    }
}

/// What is between the hyphens of a word, as byte spans.
fn parts(word: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = word.get(at..)?;
        let part = rest.trim_start_matches(is_hyphen);
        let start = at + rest.len() - part.len();
        let end = start + part.find(is_hyphen).unwrap_or(part.len());
        at = end;
        (start < end).then_some(Span::new(start, end))
    })
}
