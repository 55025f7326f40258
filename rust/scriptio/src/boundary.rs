//! [`Boundary`]: a position where a segment ends.

use crate::Span;

/// What made a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BoundaryKind {
    /// A sentence ends inside a paragraph.
    Sentence,
    /// A blank line or a paragraph separator ends the segment.
    Paragraph,
    /// The text ends.
    End,
}

/// A position where a segment ends: the offset of the first byte after it.
///
/// Position 0 is never a boundary, unlike in ICU's iterators, so that `n`
/// boundaries mean `n` segments; the last boundary of a text is its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundary {
    /// First byte after the segment, white space that follows it included.
    pub offset: usize,
    /// What made it.
    pub kind: BoundaryKind,
    /// The scorer's probability in `[0, 1]`, where a scorer was asked.
    pub probability: Option<f32>,
}

/// The spans between `ends`, which partition the text: the first starts at 0.
///
/// ```
/// use scriptio::{spans_of, Span};
/// let spans: Vec<Span> = spans_of(&[4, 9]).collect();
/// assert_eq!(spans, [Span::new(0, 4), Span::new(4, 9)]);
/// ```
pub fn spans_of(ends: &[usize]) -> impl ExactSizeIterator<Item = Span> + '_ {
    let mut start = 0;
    ends.iter().map(move |&end| {
        let span = Span::new(start, end);
        start = end;
        span
    })
}
