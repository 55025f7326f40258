//! [`fuse`]: the verdicts of the sentence rules and the scores of a model, one
//! logit for each place.
//!
//! Rules see marks, abbreviations and the conventions of a language; a model
//! sees words. Where the rules have a candidate the two are added up, with
//! weights. Where they have none, between two plain words, what that tells
//! depends on the text: in one that is punctuated a boundary there is rare, in
//! a transcript it is what a boundary looks like. So the weights differ by
//! whether the rules find a boundary nearby. One pass, linear.

use crate::offsets::CharCursor;
use crate::{Error, SentenceSegmenter};

use super::cuts::white_end;

/// Logits of model and rules are cut off here: more certainty tells nothing.
const CERTAIN: f32 = 8.0;

/// What a verdict of a rule is worth as a logit.
const VERDICT: f32 = 6.0;

/// Code points within which a boundary of the rules says that the text is
/// punctuated.
const NEAR: usize = 300;

/// Bias, and weights of the model's and the rules' logit, at a candidate of
/// the rules. Logistic regression over the development halves of the UD
/// treebanks (`python -m scriptio_training.fusion`).
const CANDIDATE: (f32, f32, f32) = (0.70, 0.59, 0.30);

/// Bias and weight of the model's logit between words of punctuated text. Where no white space
/// stands between them, as in Thai, the rules never have an opinion, and the model decides.
const PLAIN: (f32, f32) = (-1.0, 1.0);

/// A place where a segment could end. Two of a text with the same end have the
/// same cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Behind the last code point that is no white space, in bytes.
    pub(super) end: usize,
    /// Where the next segment would start.
    pub(super) cut: usize,
    pub(super) logit: f32,
}

/// Adds the place that byte `end` means, or what is said of the one that is
/// there. `lead` is where the text begins behind its white space: before that
/// nothing can end.
///
/// The cut is behind *all* the white space, wherever in it `end` may lie, so
/// that one place is the same for rules and model, and ends and cuts rise.
fn take(text: &str, lead: usize, out: &mut Vec<Place>, end: usize, logit: f32) {
    let from = out.last().map_or(lead, |last| last.cut);
    if end > from {
        let inside = text.get(from..end).unwrap_or_default().trim_end().len();
        out.push(Place { end: from + inside, cut: white_end(text, end), logit });
    } else if let Some(last) = out.last_mut() {
        // Of two that are said of one place the one for a boundary holds.
        last.logit = last.logit.max(logit);
    }
}

/// The candidates of the rules in order, with a logit: above 0, a boundary.
pub(super) fn rule_places(rules: &SentenceSegmenter, text: &str) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    let lead = white_end(text, 0);
    let mut explanations = rules.explain(text);
    explanations.sort_by_key(|explanation| explanation.offset);
    for explanation in explanations {
        let logit = match explanation.probability {
            Some(p) => (p.max(1e-6) / (1.0 - p).max(1e-6)).ln().clamp(-VERDICT, VERDICT),
            None if explanation.boundary => VERDICT,
            None => -VERDICT,
        };
        take(text, lead, &mut out, explanation.offset, logit);
    }
    out
}

/// The ends of tokens as places; `shift` is the logit of the model's threshold.
///
/// # Errors
/// If `ends` do not rise inside the text, or are not as many as `logits`, or
/// a logit is no number.
pub(super) fn model_places(
    text: &str,
    ends: &[usize],
    logits: &[f32],
    shift: f32,
) -> Result<Vec<Place>, Error> {
    if ends.len() != logits.len() {
        return Err(Error::invalid(format!(
            "there are {} ends and {} logits; pass a logit for each end",
            ends.len(),
            logits.len()
        )));
    }
    let mut out: Vec<Place> = Vec::with_capacity(ends.len());
    let (lead, mut before) = (white_end(text, 0), 0);
    for (i, (&end, &logit)) in ends.iter().zip(logits).enumerate() {
        if end < before || !text.is_char_boundary(end) {
            return Err(Error::invalid(format!(
                "ends[{i}] is byte {end} after {before} in a text of {} bytes; ends must rise and \
                 lie between its characters",
                text.len()
            )));
        }
        if logit.is_nan() {
            return Err(Error::invalid(format!("logits[{i}] is not a number; check the model")));
        }
        before = end;
        take(text, lead, &mut out, end, (logit - shift).clamp(-CERTAIN, CERTAIN));
    }
    Ok(out)
}

/// The places of either, in order, each with the two together.
pub(super) fn combine(text: &str, rules: &[Place], model: &[Place]) -> Vec<Place> {
    let mut out = Vec::with_capacity(rules.len() + model.len());
    let mut cursor = CharCursor::new(text);
    let mut ahead = CharCursor::new(text);
    let mut strong = rules.iter().filter(|place| place.logit > 0.0).peekable();
    let mut behind: Option<usize> = None;
    let mut next: Option<(usize, usize)> = None;
    let (mut rules, mut model) = (rules.iter().peekable(), model.iter().peekable());
    loop {
        let place = match (rules.peek(), model.peek()) {
            (Some(rule), Some(said)) if rule.cut == said.cut => {
                let (bias, of_model, of_rules) = CANDIDATE;
                let logit = bias + of_model * said.logit + of_rules * rule.logit;
                let place = Place { logit, ..**rule };
                rules.next();
                model.next();
                place
            }
            (Some(rule), said) if said.is_none_or(|said| rule.cut < said.cut) => {
                // Inside a token, where the model has no say.
                let place = **rule;
                rules.next();
                place
            }
            (_, Some(said)) => {
                let mut place = **said;
                model.next();
                let char = cursor.char_offset(place.cut);
                while let Some(boundary) = strong.next_if(|boundary| boundary.cut <= place.cut) {
                    behind = Some(ahead.char_offset(boundary.cut));
                    next = None;
                }
                if next.is_none() {
                    next = strong
                        .peek()
                        .map(|boundary| (boundary.cut, ahead.char_offset(boundary.cut)));
                }
                let near = behind.is_some_and(|at| char - at < NEAR)
                    || next.is_some_and(|(_, at)| at - char < NEAR);
                if near && place.cut > place.end {
                    let (bias, of_model) = PLAIN;
                    place.logit = bias + of_model * place.logit;
                }
                place
            }
            (_, None) => return out,
        };
        out.push(place);
    }
}

/// What rules and model say together of every place that either knows: where
/// it ends, in bytes, and a logit to compare with the same threshold as the
/// model's.
///
/// `threshold` is the probability above which the model means a boundary.
///
/// # Errors
/// If `ends` and `logits` do not fit each other and the text.
///
/// ```
/// use scriptio::scores::fuse;
/// use scriptio::{Lang, SentenceSegmenter};
///
/// let rules = SentenceSegmenter::builder(Lang::new("en")?).build()?;
/// let (ends, logits) = fuse(&rules, "Go on. Stop", &[2, 5, 6, 11], &[-9.0, -2.0, 1.0, 3.0], 0.5)?;
/// assert_eq!(ends, [2, 5, 6, 11]);
/// assert!(logits[2] > 0.0 && logits[0] < 0.0);
/// # Ok::<(), scriptio::Error>(())
/// ```
pub fn fuse(
    rules: &SentenceSegmenter,
    text: &str,
    ends: &[usize],
    logits: &[f32],
    threshold: f32,
) -> Result<(Vec<usize>, Vec<f32>), Error> {
    let shift = logit(threshold);
    let model = model_places(text, ends, logits, shift)?;
    let places = combine(text, &rule_places(rules, text), &model);
    Ok(places.iter().map(|place| (place.end, place.logit + shift)).unzip())
}

/// The logit of a probability, finite.
pub(super) fn logit(probability: f32) -> f32 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::*;
    use crate::Lang;

    fn rules() -> SentenceSegmenter {
        SentenceSegmenter::builder(Lang::new("en").unwrap()).build().unwrap()
    }

    #[test]
    fn a_place_ends_before_its_white_space_and_cuts_behind_it() {
        let text = " It rained.  \u{3000}\n We left";
        let places =
            model_places(text, &[1, 3, 4, 11, 13, 17, 18, 20, 25], &[1.0; 9], 0.0).unwrap();
        let found: Vec<_> = places.iter().map(|place| (place.end, place.cut)).collect();
        assert_eq!(found, [(3, 4), (11, 18), (20, 21), (25, 25)]);
        let places = rule_places(&rules(), text);
        assert!(places.iter().any(|place| (place.end, place.cut) == (11, 18) && place.logit > 0.0));
        assert_eq!(model_places("   ", &[1, 3], &[1.0; 2], 0.0).unwrap(), []);
        assert_eq!(rule_places(&rules(), "\n\n  "), []);
    }

    #[test]
    fn the_larger_of_two_logits_of_one_place_holds() {
        let places = model_places("a  b", &[1, 2, 3], &[-3.0, 2.0, -1.0], 0.5).unwrap();
        assert_eq!(places, [Place { end: 1, cut: 3, logit: 1.5 }]);
    }

    #[test]
    fn between_words_the_model_counts_less_near_a_boundary_of_the_rules() {
        let far = "word ".repeat(NEAR / 5);
        let text = format!("{far}{far}It rained. We left {far}{far}");
        let cut = text.find("We left").unwrap();
        let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
        let (found, logits) = fuse(&rules(), &text, &ends, &vec![2.0; ends.len()], 0.5).unwrap();
        assert_eq!(found, ends);
        let (bias, of_model) = PLAIN;
        for (&end, &logit) in found.iter().zip(&logits) {
            let wanted = if end + 1 == cut {
                let (bias, of_model, of_rules) = CANDIDATE;
                bias + of_model * 2.0 + of_rules * rule_logit(&text, cut)
            } else if (end + 1).abs_diff(cut) < NEAR {
                bias + of_model * 2.0
            } else {
                2.0
            };
            assert!((logit - wanted).abs() < 1e-5, "{end} {logit} {wanted}");
        }
    }

    fn rule_logit(text: &str, cut: usize) -> f32 {
        rule_places(&rules(), text).iter().find(|place| place.cut == cut).unwrap().logit
    }
}
