//! The places of a text where a segment could end, and what the scorer and
//! the rules think of each.

use crate::sentence::Explanation;
use crate::text::class::Class;
use crate::text::cursor::{char_at, char_before};
use crate::{Error, SentenceSegmenter};

/// Logits beyond this are cut off: more certainty than this tells nothing.
pub(crate) const CERTAIN: f32 = 10.0;
/// What a rule's verdict is worth as a logit, and what is no candidate of the
/// rules. Modest, because rules know nothing of other conventions: 3 and -5 do
/// better than 6 and -8 on `MultiLegalSBD` (`benches/compare/adaptation.py`).
const VERDICT: f32 = 3.0;
const NO_CANDIDATE: f32 = -5.0;

/// The logit of an end where no segment can end.
pub(crate) const NEVER: f32 = -30.0;

/// What stands between two segments if one ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    None,
    Space,
    /// Several spaces, or a tab: old typing and tables have a meaning for it.
    Spaces,
    Newline,
    Blank,
}

/// What the rules of a segmenter say of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rule {
    pub(crate) candidate: bool,
    pub(crate) boundary: bool,
    /// Whether the linear scorer decided.
    pub(crate) open: bool,
    pub(crate) logit: f32,
    pub(crate) reason: &'static str,
}

impl Rule {
    const NONE: Self =
        Self { candidate: false, boundary: false, open: false, logit: NO_CANDIDATE, reason: "" };

    fn of(explanation: &Explanation) -> Self {
        let logit = match explanation.probability {
            Some(p) => (p.max(1e-6) / (1.0 - p).max(1e-6)).ln().clamp(-VERDICT, VERDICT),
            None if explanation.boundary => VERDICT,
            None => -VERDICT,
        };
        Self {
            candidate: true,
            boundary: explanation.boundary,
            open: explanation.probability.is_some(),
            logit,
            reason: explanation.reason,
        }
    }

    /// Two verdicts on one place: a segment ends there if either says so.
    fn and(self, other: Self) -> Self {
        if other.boundary || !self.boundary && other.logit >= self.logit { other } else { self }
    }
}

/// A place where a segment could end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// Byte offset behind the last code point that is no white space.
    pub(crate) end: usize,
    /// Byte offset of the next one.
    pub(crate) next: usize,
    /// The last of the scorer's ends that stands for this place.
    pub(crate) index: usize,
    /// The scorer's logit, less that of its threshold: above 0, a boundary.
    pub(crate) base: f32,
    pub(crate) gap: Gap,
    pub(crate) rule: Rule,
}

/// The logit of a probability.
pub(crate) fn logit_of(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// The places at `ends`, which are byte offsets with a logit each, strictly
/// rising. An end inside a word is none, and the end of the text is none.
///
/// Ends that have only white space between them are one place, with the
/// highest of their logits. Linear.
pub(crate) fn places(
    segmenter: &SentenceSegmenter,
    text: &str,
    ends: &[usize],
    logits: &[f32],
    base_threshold: f64,
) -> Vec<Place> {
    let shift = logit_of(base_threshold) as f32;
    let mut out: Vec<Place> = Vec::with_capacity(ends.len());
    let mut seen = 0;
    let mut open = false;
    for (index, (&end, &logit)) in ends.iter().zip(logits).enumerate() {
        let base = (logit - shift).clamp(-CERTAIN, CERTAIN);
        let inside = text.get(seen..end).unwrap_or_default().trim_end().len();
        if inside == 0 {
            if let Some(last) = out.last_mut().filter(|_| open) {
                last.index = index;
                last.base = last.base.max(base);
            }
            seen = end;
            continue;
        }
        let place = place(text, seen + inside, index, base);
        open = place.is_some();
        out.extend(place);
        seen = end;
    }
    judge(segmenter, text, &mut out);
    out
}

/// The place behind byte `end`, if it is one.
fn place(text: &str, end: usize, index: usize, base: f32) -> Option<Place> {
    let rest = text.get(end..)?;
    let white = rest.len() - rest.trim_start().len();
    let next = end + white;
    let (_, after) = char_at(text, next)?;
    if white == 0 {
        let (_, before) = char_before(text, end)?;
        // Scripts without white space between words have letters without case.
        let cased = |class| matches!(class, Class::Upper | Class::Lower | Class::Digit);
        if after == Class::Mark || cased(after) && (cased(before) || before == Class::Mark) {
            return None;
        }
    }
    let gap = match rest.get(..white).unwrap_or_default() {
        "" => Gap::None,
        " " => Gap::Space,
        white => match white.chars().filter(|&c| c == '\n' || c == '\u{2029}').count() {
            0 if white.contains(['\u{85}', '\u{2028}', '\r']) => Gap::Newline,
            0 => Gap::Spaces,
            1 => Gap::Newline,
            _ => Gap::Blank,
        },
    };
    Some(Place { end, next, index, base, gap, rule: Rule::NONE })
}

/// Ask the rules about every place.
fn judge(segmenter: &SentenceSegmenter, text: &str, places: &mut [Place]) {
    let mut rest = places.iter_mut().peekable();
    let mut explanations = segmenter.explain(text);
    explanations.sort_by_key(|explanation| explanation.offset);
    for explanation in &explanations {
        // An offset lies behind the white space, where the next segment starts.
        while rest.next_if(|place| place.next < explanation.offset).is_some() {}
        if let Some(place) = rest.peek_mut()
            && place.next == explanation.offset
        {
            let rule = Rule::of(explanation);
            place.rule = if place.rule.candidate { place.rule.and(rule) } else { rule };
        }
    }
}

/// Where every token of `text` ends that white space follows, every mark before
/// a letter without case, and every candidate of the rules, in bytes, with what
/// the rules say of it as a logit: a scorer for [`Adapter`](super::Adapter)
/// where there is no other.
pub fn rule_logits(segmenter: &SentenceSegmenter, text: &str) -> (Vec<usize>, Vec<f32>) {
    let mut ends = Vec::new();
    let mut last = Class::Space;
    for (at, c) in text.char_indices() {
        let class = Class::of(c);
        let mark = !last.is_word() && class == Class::Letter;
        if (mark || c.is_whitespace()) && !last.is_white() {
            ends.push(at);
        }
        last = if c.is_whitespace() { Class::Space } else { class };
    }
    if !last.is_white() {
        ends.push(text.len());
    }
    let mut seen = 0;
    for explanation in segmenter.explain(text) {
        let inside = text.get(seen..explanation.offset).unwrap_or_default().trim_end().len();
        if inside > 0 {
            ends.push(seen + inside);
            seen = explanation.offset;
        }
    }
    ends.sort_unstable();
    ends.dedup();
    let mut logits = vec![NO_CANDIDATE; ends.len()];
    for place in places(segmenter, text, &ends, &logits.clone(), 0.5) {
        if let Some(logit) = logits.get_mut(place.index) {
            *logit = place.rule.logit;
        }
    }
    (ends, logits)
}

/// Whether `ends` and `logits` fit `text`.
pub(crate) fn checked(text: &str, ends: &[usize], logits: &[f32]) -> Result<(), Error> {
    if ends.len() != logits.len() {
        return Err(Error::invalid(format!(
            "the scorer gave {} ends and {} logits; there must be one logit an end",
            ends.len(),
            logits.len()
        )));
    }
    let mut last = 0;
    for &end in ends {
        if end <= last || !text.is_char_boundary(end) {
            return Err(Error::invalid(format!(
                "the scorer gave an end at byte {end} after {last} in a text of {} bytes; ends \
                 must rise, lie in the text and between its characters",
                text.len()
            )));
        }
        last = end;
    }
    if let Some(at) = logits.iter().position(|logit| logit.is_nan()) {
        return Err(Error::invalid(format!("the scorer's logit {at} is not a number")));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::*;
    use crate::Lang;

    fn rules() -> SentenceSegmenter {
        SentenceSegmenter::new(Lang::new("en").unwrap())
    }

    fn ends_of(text: &str, ends: &[usize]) -> Vec<(usize, usize, usize, Gap)> {
        let logits: Vec<f32> = (0..ends.len()).map(|i| i as f32).collect();
        let found = places(&rules(), text, ends, &logits, 0.5);
        found.iter().map(|p| (p.end, p.next, p.index, p.gap)).collect()
    }

    #[test]
    fn white_space_after_a_token_is_one_place() {
        let text = "ab  c.\n\nD e\nf g";
        assert_eq!(
            ends_of(text, &[1, 2, 3, 4, 6, 7, 9, 11, 13]),
            [
                (2, 4, 3, Gap::Spaces),
                (6, 8, 5, Gap::Blank),
                (9, 10, 6, Gap::Space),
                (11, 12, 7, Gap::Newline),
                (13, 14, 8, Gap::Space)
            ]
        );
    }

    #[test]
    fn inside_a_word_and_at_the_end_is_no_place() {
        assert_eq!(ends_of("ab12 cd ", &[1, 2, 3, 7]), []);
        assert_eq!(ends_of(" ab", &[1, 3]), []);
        // No white space between words, no word to be inside of.
        assert_eq!(ends_of("文字文", &[3, 6, 9]), [(3, 3, 0, Gap::None), (6, 6, 1, Gap::None)]);
    }

    #[test]
    fn rules_are_heard_at_their_places() {
        let text = "Dr. Smith left. It rained";
        let (ends, logits) = rule_logits(&rules(), text);
        assert_eq!(ends, [3, 9, 15, 18, 25]);
        assert!(logits[0] < 0.0 && logits[2] > 0.0, "{logits:?}");
        assert!(logits[1] < logits[0]);
        let found = places(&rules(), text, &ends, &logits, 0.5);
        let told: Vec<_> = found.iter().map(|p| (p.rule.candidate, p.rule.boundary)).collect();
        assert_eq!(told, [(true, false), (false, false), (true, true), (false, false)]);
    }

    #[test]
    fn threshold_of_the_scorer_is_its_zero() {
        let found = places(&rules(), "a b", &[1, 3], &[-2.0, 0.0], 0.1);
        assert!((found[0].base - (9_f32.ln() - 2.0)).abs() < 1e-6);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let message =
            |ends: &[usize], logits: &[f32]| checked("aé", ends, logits).unwrap_err().to_string();
        assert!(message(&[1], &[]).contains("1 ends and 0 logits"));
        assert!(message(&[2], &[0.0]).contains("byte 2"));
        assert!(message(&[1, 1], &[0.0, 0.0]).contains("byte 1 after 1"));
        assert!(message(&[4], &[0.0]).contains("text of 3 bytes"));
        assert!(message(&[3], &[f32::NAN]).contains("logit 0"));
        assert!(checked("aé", &[1, 3], &[f32::NEG_INFINITY, f32::INFINITY]).is_ok());
    }
}
