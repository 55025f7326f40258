//! [`Segmenter`]: what every segmenter of the crate can do.

use crate::{Span, spans_of};

/// Partitions a text into segments.
///
/// The one promise: the ends are `char` boundaries, strictly increasing, and
/// the last is `text.len()`; the empty text has none. So the segments
/// concatenate to the text.
pub trait Segmenter: Send + Sync {
    /// Append the end offsets (bytes) of the segments of `text` to `out`.
    fn ends(&self, text: &str, out: &mut Vec<usize>);

    /// The segments of `text` as byte spans.
    fn spans(&self, text: &str) -> Vec<Span> {
        let mut ends = Vec::new();
        self.ends(text, &mut ends);
        spans_of(&ends).collect()
    }

    /// The segments of `text` as string slices.
    fn split<'t>(&self, text: &'t str) -> Vec<&'t str> {
        self.spans(text).into_iter().filter_map(|span| text.get(span.range())).collect()
    }
}
