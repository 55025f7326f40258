//! [`Cut`]: where a candidate, or a line break, would end a segment.

use crate::offsets::CharCursor;
use crate::sentence::newline_ends;
use crate::text::cursor::char_at;
use crate::{BoundaryKind, Error, Newlines};

/// A place where a segment may end, inside the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    /// First byte after the segment.
    pub(crate) byte: usize,
    /// The same in code points.
    pub(crate) char: usize,
    /// The largest of the candidates that lead here, or 1 for a line break.
    pub(crate) probability: f32,
    pub(crate) kind: BoundaryKind,
    /// Whether line breaks alone end a segment here.
    pub(crate) forced: bool,
}

impl Cut {
    /// The end of the text.
    pub(crate) fn end(byte: usize, char: usize) -> Self {
        Self { byte, char, probability: 1.0, kind: BoundaryKind::End, forced: true }
    }

    /// A place that no candidate leads to.
    pub(crate) fn hard(byte: usize, char: usize) -> Self {
        Self { byte, char, probability: 0.0, kind: BoundaryKind::Sentence, forced: false }
    }
}

/// The cuts of `text` in order, without its end: those of candidates more
/// probable than `above`, and those that `newlines` forces.
///
/// # Errors
/// If `ends` fall, leave the text or its `char` boundaries, or are not as many
/// as `probabilities`; if a probability is none.
pub(crate) fn cuts(
    text: &str,
    ends: &[usize],
    probabilities: &[f32],
    above: f32,
    newlines: Newlines,
) -> Result<Vec<Cut>, Error> {
    check(text, ends, probabilities)?;
    let mut cursor = CharCursor::new(text);
    let mut found: Vec<Cut> = Vec::new();
    let mut push = |byte: usize, probability: f32, kind: BoundaryKind, forced: bool| {
        if let Some(last) = found.last_mut().filter(|last| last.byte == byte) {
            // A line break comes before the candidates that lead to it, with 1.
            last.probability = last.probability.max(probability);
        } else {
            let char = cursor.char_offset(byte);
            found.push(Cut { byte, char, probability, kind, forced });
        }
    };
    let mut lines = newline_ends(text, newlines).peekable();
    let lead = white_end(text, 0);
    // White space behind the last candidate is walked once, not again for every candidate in it.
    let mut settled = 0;
    for (&end, &probability) in ends.iter().zip(probabilities) {
        if probability <= above {
            continue;
        }
        if end > settled {
            settled = white_end(text, end);
        }
        if settled <= lead || settled >= text.len() {
            continue;
        }
        while let Some((byte, kind)) = lines.next_if(|&(byte, _)| byte <= settled) {
            push(byte, 1.0, kind, true);
        }
        push(settled, probability, BoundaryKind::Sentence, false);
    }
    for (byte, kind) in lines {
        push(byte, 1.0, kind, true);
    }
    Ok(found)
}

/// End of the white space that starts at byte `at`, which may be none.
pub(super) fn white_end(text: &str, at: usize) -> usize {
    let mut end = at;
    while let Some((c, class)) = char_at(text, end) {
        if !class.is_white() {
            break;
        }
        end += c.len_utf8();
    }
    end
}

fn check(text: &str, ends: &[usize], probabilities: &[f32]) -> Result<(), Error> {
    if ends.len() != probabilities.len() {
        return Err(Error::invalid(format!(
            "there are {} ends and {} probabilities; pass one probability for each end",
            ends.len(),
            probabilities.len()
        )));
    }
    let mut before = 0;
    for (i, &end) in ends.iter().enumerate() {
        if end < before {
            return Err(Error::invalid(format!(
                "ends[{i}] is {end} after {before}; sort the candidates by where they end"
            )));
        }
        if end > text.len() {
            return Err(Error::invalid(format!(
                "ends[{i}] is {end}, beyond a text of {}; pass the text that was scored",
                text.len()
            )));
        }
        if !text.is_char_boundary(end) {
            return Err(Error::invalid(format!(
                "ends[{i}] is {end}, inside a code point; pass offsets of whole code points"
            )));
        }
        before = end;
    }
    for (i, probability) in probabilities.iter().enumerate() {
        if !(0.0..=1.0).contains(probability) {
            return Err(Error::invalid(format!(
                "probabilities[{i}] is {probability}; pass numbers from 0 to 1, not logits"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    fn bytes(text: &str, ends: &[usize]) -> Vec<usize> {
        let probabilities = vec![0.5; ends.len()];
        let cuts = cuts(text, ends, &probabilities, 0.0, Newlines::Paragraph).unwrap();
        cuts.iter().map(|cut| cut.byte).collect()
    }

    #[test]
    fn white_space_belongs_to_the_segment_before_it() {
        assert_eq!(bytes("a b  c", &[1, 3, 6]), [2, 5]);
        assert_eq!(bytes("a \n\tb", &[1]), [4]);
        assert_eq!(bytes("a\r\nb", &[2]), [3]);
    }

    #[test]
    fn nothing_is_cut_off_that_is_white_space_alone() {
        assert_eq!(bytes("  a b", &[0, 1, 2, 3]), [4]);
        assert_eq!(bytes("a b  ", &[1, 3, 4, 5]), [2]);
        assert_eq!(bytes(" \n\n ", &[0, 1, 2, 3, 4]), [0; 0]);
        assert_eq!(bytes("", &[0]), [0; 0]);
    }

    #[test]
    fn of_candidates_that_lead_to_one_cut_the_most_probable_counts() {
        let cuts =
            cuts("é  b", &[2, 2, 3, 4], &[0.2, 0.9, 0.4, 0.1], 0.0, Newlines::Never).unwrap();
        assert_eq!(cuts.len(), 1);
        assert_eq!((cuts[0].byte, cuts[0].char, cuts[0].probability), (4, 3, 0.9));
    }

    #[test]
    fn line_breaks_are_merged_in_order() {
        let text = "a\n\nb c\n\nd\ne";
        let of = |newlines, above| -> Vec<(usize, bool, BoundaryKind)> {
            cuts(text, &[1, 4, 6], &[0.2, 0.3, 0.4], above, newlines)
                .unwrap()
                .iter()
                .map(|cut| (cut.byte, cut.forced, cut.kind))
                .collect()
        };
        let (paragraph, sentence) = (BoundaryKind::Paragraph, BoundaryKind::Sentence);
        let expected = [(3, true, paragraph), (5, false, sentence), (8, true, paragraph)];
        assert_eq!(of(Newlines::Paragraph, 0.0), expected);
        assert_eq!(of(Newlines::Paragraph, 0.5), [expected[0], expected[2]]);
        assert_eq!(of(Newlines::Always, 0.5), [expected[0], expected[2], (10, true, sentence)]);
        assert_eq!(of(Newlines::Never, 0.35), [(8, false, sentence)]);
    }

    #[test]
    fn wrong_input_is_refused_by_name_and_place() {
        let of = |ends: &[usize], probabilities: &[f32]| {
            cuts("aé", ends, probabilities, 0.0, Newlines::Never).unwrap_err().to_string()
        };
        assert!(of(&[1], &[]).contains("1 ends and 0 probabilities"));
        assert!(of(&[1, 0], &[0.1, 0.1]).contains("ends[1] is 0 after 1"));
        assert!(of(&[4], &[0.1]).contains("beyond a text of 3"));
        assert!(of(&[2], &[0.1]).contains("inside a code point"));
        for bad in [f32::NAN, -0.1, 1.5, f32::INFINITY] {
            assert!(of(&[1], &[bad]).contains("probabilities[0]"));
        }
    }
}
