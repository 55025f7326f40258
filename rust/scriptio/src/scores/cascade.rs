//! [`Cascade`]: asks a model only where the sentence rules are unsure.
//!
//! Rules read some hundred megabytes a second, a model some ten kilobytes. In
//! well-punctuated text the rules leave few doubts: candidates whose logit is
//! near 0, and stretches that are too long for one sentence or end without a
//! mark. A cascade shows the
//! model those with some text around them, and takes the rules' word for the
//! rest. The model then sees less context than if it read everything, so its
//! scores differ a little from those of the whole text.

use super::cuts::white_end;
use super::fuse::{Place, combine, logit, model_places, rule_places};
use crate::offsets::CharCursor;
use crate::text::cursor::{char_at, char_before};
use crate::{Error, SentenceSegmenter, Span};

/// Rules are unsure of a candidate whose logit is within this of 0.
const UNSURE: f32 = 1.0;

/// A stretch without a boundary from so many code points on is one that the
/// rules may not understand; fewer in scripts that write a syllable or a word
/// with one sign.
const LONG: usize = 400;
const LONG_IDEOGRAPHIC: usize = 150;

/// A stretch that ends without a mark is one too, unless it is as short as a
/// heading.
const SHORT: usize = 40;

/// Code points around a question that the model is shown.
const CONTEXT: usize = 140;

/// Code points that are looked over for white space to start or end with.
const SNAP: usize = 24;

/// What the rules say of a text, and what a model is to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    rules: Vec<Place>,
    /// Where the model's scores count.
    asked: Vec<Span>,
    /// What the model is shown.
    regions: Vec<Span>,
}

impl Cascade {
    /// Apply the rules to `text`. Linear.
    #[must_use]
    pub fn new(segmenter: &SentenceSegmenter, text: &str) -> Self {
        let rules = rule_places(segmenter, text);
        let asked = questions(text, &rules);
        let regions = regions(text, &asked);
        Self { rules, asked, regions }
    }

    /// The parts of the text that the model must read: in order, apart from
    /// each other.
    #[must_use]
    pub fn regions(&self) -> &[Span] {
        &self.regions
    }

    /// The places of the text with a logit each, as [`fuse`](super::fuse)
    /// gives them, from the model's answers: `ends` and `logits` of the tokens
    /// of all regions, in bytes of the whole text.
    ///
    /// # Errors
    /// If `ends` and `logits` do not fit each other and the text.
    pub fn merge(
        &self,
        text: &str,
        ends: &[usize],
        logits: &[f32],
        threshold: f32,
    ) -> Result<(Vec<usize>, Vec<f32>), Error> {
        let shift = logit(threshold);
        let mut model = model_places(text, ends, logits, shift)?;
        let mut asked = self.asked.iter().peekable();
        model.retain(|place| {
            while asked.next_if(|span| span.end < place.cut).is_some() {}
            asked.peek().is_some_and(|span| span.start <= place.end && place.cut <= span.end)
        });
        let places = combine(text, &self.rules, &model);
        Ok(places.iter().map(|place| (place.end, place.logit + shift)).unzip())
    }
}

/// Where the model is to be asked: at candidates in doubt, and in all of a
/// stretch that is too long or has no mark at its end.
fn questions(text: &str, rules: &[Place]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    let mut cursor = CharCursor::new(text);
    let end = Place { end: text.trim_end().len(), cut: text.len(), logit: f32::INFINITY };
    let (mut from, mut from_char) = (0, 0);
    let mut doubts: Vec<Span> = Vec::new();
    for place in rules.iter().chain([&end]) {
        if place.logit.abs() < UNSURE {
            doubts.push(Span::new(place.end, place.cut));
        }
        if place.logit < UNSURE {
            continue;
        }
        let char = cursor.char_offset(place.cut);
        let length = char - from_char;
        let unmarked = char_before(text, place.end).is_some_and(|(c, _)| c.is_alphanumeric());
        let unclear = unmarked && length >= SHORT
            || length >= LONG_IDEOGRAPHIC
                && length >= long(text.get(from..place.cut).unwrap_or_default());
        if unclear {
            out.push(Span::new(from, place.cut));
        } else {
            out.append(&mut doubts);
        }
        doubts.clear();
        (from, from_char) = (place.cut, char);
    }
    out
}

/// From how many code points on `stretch` is too long for a sentence.
fn long(stretch: &str) -> usize {
    // Three bytes a sign and hardly a space: Han, kana, Thai, Khmer.
    let spaces = stretch.bytes().filter(|&b| b == b' ').count();
    let wide = stretch.bytes().filter(|&b| b >= 0xE0).count();
    if wide * 6 > stretch.len() && spaces * 20 < wide { LONG_IDEOGRAPHIC } else { LONG }
}

/// What the model is shown to answer the questions: each with its context,
/// from a space to a space where there is one, neighbours joined.
fn regions(text: &str, asked: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for span in asked {
        let start = start_of_word(text, backward(text, span.start, CONTEXT));
        let end = end_of_word(text, forward(text, span.end, CONTEXT));
        match out.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => out.push(Span::new(start, end)),
        }
    }
    out
}

/// `count` code points before byte `at`, or the start.
fn backward(text: &str, at: usize, count: usize) -> usize {
    (0..count)
        .try_fold(at, |at, _| Ok(at - char_before(text, at).ok_or(at)?.0.len_utf8()))
        .unwrap_or_else(|at| at)
}

/// `count` code points behind byte `at`, or the end.
fn forward(text: &str, at: usize, count: usize) -> usize {
    (0..count)
        .try_fold(at, |at, _| Ok(at + char_at(text, at).ok_or(at)?.0.len_utf8()))
        .unwrap_or_else(|at| at)
}

/// The first start of a word from byte `at` on, if there is one close by.
fn start_of_word(text: &str, at: usize) -> usize {
    if at == 0 {
        return at;
    }
    let near = text.get(at..forward(text, at, SNAP)).unwrap_or_default();
    near.find(char::is_whitespace).map_or(at, |space| white_end(text, at + space))
}

/// The last end of a word up to byte `at`, if there is one close by.
fn end_of_word(text: &str, at: usize) -> usize {
    if at == text.len() {
        return at;
    }
    let from = backward(text, at, SNAP);
    let near = text.get(from..at).unwrap_or_default();
    near.rfind(char::is_whitespace).map_or(at, |space| from + space)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::string_slice)] // A panic is how a test fails.
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Lang;

    fn cascade(text: &str) -> Cascade {
        let rules = SentenceSegmenter::builder(Lang::new("en").unwrap()).build().unwrap();
        Cascade::new(&rules, text)
    }

    /// The rules' word on a text, made up: a candidate behind every mark.
    fn verdicts(text: &str, logits: &[f32]) -> Vec<Place> {
        let marks = text.char_indices().filter(|(_, c)| c.is_ascii_punctuation());
        let mut out: Vec<Place> = Vec::new();
        for ((at, c), &logit) in marks.zip(logits.iter().cycle()) {
            let end = at + c.len_utf8();
            let cut = white_end(text, end);
            out.push(Place { end, cut, logit });
        }
        out
    }

    proptest! {
        #[test]
        fn regions_cover_every_question(
            text in "([a-zé字]{0,9}[.,]?[ \n]{0,3}){0,60}( {200})?[a-z. ]{0,400}",
            logits in prop::collection::vec(-4.0f32..4.0, 1..9),
        ) {
            let places = verdicts(&text, &logits);
            let asked = questions(&text, &places);
            prop_assert!(asked.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let found = regions(&text, &asked);
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
            for region in &found {
                prop_assert!(text.get(region.range()).is_some_and(|seen| !seen.is_empty()));
            }
            for question in &asked {
                let holds = |region: &&Span| {
                    region.start <= question.start && question.end <= region.end
                };
                prop_assert_eq!(found.iter().filter(holds).count(), 1);
            }
            // Every doubt is asked about.
            for place in places.iter().filter(|place| place.logit.abs() < UNSURE) {
                let holds = |span: &Span| span.start <= place.end && place.cut <= span.end;
                prop_assert!(asked.iter().any(holds));
            }
        }
    }

    #[test]
    fn long_stretches_are_asked_about_sooner_in_scripts_without_spaces() {
        let words = "and then we went on ".repeat(18) + "home.";
        assert!(words.len() > LONG_IDEOGRAPHIC && words.len() < LONG);
        assert!(cascade(&words).asked.is_empty());
        assert_eq!(cascade(&words.repeat(2)).asked, [Span::new(0, 2 * words.len())]);
        let signs = "天".repeat(LONG_IDEOGRAPHIC - 1) + "。";
        assert_eq!(cascade(&signs).asked, [Span::new(0, signs.len())]);
        assert!(cascade(&signs["天".len()..]).asked.is_empty());
    }

    #[test]
    fn headings_are_not_asked_about() {
        let text = "A short heading\n\nIt rained all day. We left the house.";
        assert!(cascade(text).asked.is_empty());
    }
}
