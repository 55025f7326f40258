//! [`Span`]: a half-open byte range of a text.

use std::fmt;
use std::ops::{Index, Range};

/// A half-open range `start..end` of byte offsets into a text.
///
/// Unlike [`Range<usize>`] it is `Copy` and does not iterate, which is what a
/// result type wants. Both ends lie on `char` boundaries of the text they
/// were computed from.
///
/// ```
/// use scriptio::Span;
/// let span = Span::new(0, 3);
/// assert_eq!(&"Hi. Yes."[span], "Hi.");
/// assert_eq!(span.len(), 3);
/// assert_eq!(format!("{span:?}"), "0..3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte of the span.
    pub start: usize,
    /// First byte after the span.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    #[inline]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Number of bytes in the span; 0 if `end <= start`.
    #[inline]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span holds no byte.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `offset` lies inside: `start <= offset < end`.
    #[inline]
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The span as a standard range.
    #[inline]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The span without white space on either side of it.
    ///
    /// A span of white space alone becomes empty, at its own start. A span
    /// that does not fit `text` is returned as it is.
    ///
    /// ```
    /// use scriptio::Span;
    /// assert_eq!(Span::new(0, 5).trimmed(" Hi. "), Span::new(1, 4));
    /// assert_eq!(Span::new(1, 3).trimmed("a  b"), Span::new(1, 1));
    /// ```
    #[must_use]
    pub fn trimmed(self, text: &str) -> Self {
        let Some(slice) = text.get(self.range()) else {
            return self;
        };
        let tail = slice.trim_start();
        if tail.is_empty() {
            return Self::new(self.start, self.start);
        }
        let start = self.end - tail.len();
        Self::new(start, start + tail.trim_end().len())
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.range()
    }
}

impl Index<Span> for str {
    type Output = str;

    #[allow(clippy::string_slice)] // Indexing is documented to panic, as `str[Range]` does.
    fn index(&self, span: Span) -> &str {
        &self[span.range()]
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}
