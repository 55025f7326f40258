//! Ways to a splitter: from labelled words, from words alone, from other
//! languages.

use std::collections::HashSet;

use super::fold::folded;
use super::lexicon::{Entry, Lexicon};
use super::linking::Linking;
use super::matches::SHORTEST;
use super::model::{Model, Room, Weights};
use super::split::CompoundSplitter;
use super::train::{Labelled, Training, train};
use crate::Error;

impl CompoundSplitter {
    /// Learn a splitter of a language.
    ///
    /// `entries` are the words of the lexicon by falling frequency; `constituents` are pairs of a
    /// piece that another follows and the word that it stands for. Training starts from the
    /// lexical weights of `prior`, if there is one; where it is there, `labelled` may be empty,
    /// and the words of the lexicon, labelled by the prior, are learned from alone
    /// (`options.own_words` must then be above 0).
    ///
    /// # Errors
    /// There are too few words, or an option is out of its range.
    pub fn fit(
        lang: &str,
        entries: &[Entry],
        labelled: &[Labelled],
        constituents: &[(String, String)],
        options: &Training,
        prior: Option<&Self>,
    ) -> Result<Self, Error> {
        let lexicon = Lexicon::new(entries, true)?;
        let pairs: Vec<(String, String)> = constituents
            .iter()
            .map(|(piece, word)| (folded(piece), folded(word)))
            .filter(|(piece, word)| !piece.is_empty() && !word.is_empty())
            .collect();
        let prior = prior.map(|prior| &prior.model.weights);
        let weights = match prior {
            Some(prior) if labelled.is_empty() => {
                Weights { spelled: Box::default(), bits: 0, ..prior.clone() }
            }
            _ => train(&[(&lexicon, labelled)], options, prior)?,
        };
        let mut model = Model {
            lang: lang.to_owned(),
            note: String::new(),
            capitals: entries.iter().any(|entry| entry.noun),
            lexicon,
            weights,
            linking: Linking::learn(&pairs),
        };
        if options.own_words > 0.0 {
            let mut all = labelled.to_vec();
            all.extend(labelled_by(&model, entries, labelled, options));
            model.weights = train(&[(&model.lexicon, &all)], options, prior)?;
        }
        Ok(Self::of(model))
    }

    /// Learn weights without characters from several languages, each with its own words and
    /// labels, for use with the words of any other: see [`CompoundSplitter::with_lexicon`].
    ///
    /// # Errors
    /// As for [`CompoundSplitter::fit`].
    pub fn fit_shared(
        corpora: &[(Vec<Entry>, Vec<Labelled>)],
        options: &Training,
    ) -> Result<Self, Error> {
        let lexicons = corpora
            .iter()
            .map(|(entries, _)| Lexicon::new(entries, true))
            .collect::<Result<Vec<_>, _>>()?;
        let corpora: Vec<(&Lexicon, &[Labelled])> =
            lexicons.iter().zip(corpora.iter().map(|(_, labelled)| labelled.as_slice())).collect();
        let options = Training { bits: 0, ..options.clone() };
        Ok(Self::of(Model {
            lang: String::new(),
            note: String::new(),
            capitals: false,
            lexicon: Lexicon::empty(),
            weights: train(&corpora, &options, None)?,
            linking: Linking::default(),
        }))
    }

    /// The weights of this splitter with the words of another language. Weights
    /// of characters are left out: they are of no use to it.
    ///
    /// # Errors
    /// The words are too many.
    pub fn with_lexicon(&self, lang: &str, entries: &[Entry], ranked: bool) -> Result<Self, Error> {
        let weights = Weights { spelled: Box::default(), bits: 0, ..self.model.weights.clone() };
        Ok(Self::of(Model {
            lang: lang.to_owned(),
            note: String::new(),
            capitals: entries.iter().any(|entry| entry.noun),
            lexicon: Lexicon::new(entries, ranked)?,
            weights,
            linking: Linking::default(),
        }))
    }
}

/// The words of the lexicon, but for those that are labelled, as far as `model` is sure of them.
fn labelled_by(
    model: &Model,
    entries: &[Entry],
    labelled: &[Labelled],
    options: &Training,
) -> Vec<Labelled> {
    let known: HashSet<String> = labelled.iter().map(|labelled| folded(&labelled.word)).collect();
    let mut room = Room::default();
    let mut found = Vec::new();
    for entry in entries {
        let word = folded(&entry.word);
        room.word.fold(&word, 0);
        if room.word.len() < 2 * SHORTEST || room.word.is_too_long() || known.contains(&word) {
            continue;
        }
        let (mut sure, mut gaps) = (true, Vec::new());
        model.margins(&mut room, |gap, margin| {
            sure &= margin.abs() >= options.sure;
            if margin > 0.0 {
                gaps.push(gap);
            }
        });
        let apart =
            gaps.windows(2).all(|pair| matches!(pair, [left, right] if right - left >= SHORTEST));
        if sure && apart {
            let cuts = gaps.into_iter().map(|gap| room.word.offset(gap)).collect();
            found.push(Labelled { word, cuts, weight: options.own_words });
        }
    }
    found
}
