//! [`Sink`]: who takes the tokens while a text is encoded, and where in the
//! text that was given they lie.

use std::ops::Range;

use crate::Error;
use crate::tokenizer::Tokens;

/// Takes tokens as they come.
pub(super) trait Sink {
    /// Whether the origins of normalised text are asked for.
    const ORIGINS: bool;

    /// A token of bytes `range` of the text in `frame`.
    fn put(&mut self, id: u32, range: Range<usize>, frame: &Frame<'_>);

    /// All tokens of a piece were put, which ends at byte `end`. Whether to go
    /// on.
    fn piece(&mut self, end: usize, frame: &Frame<'_>) -> bool;
}

/// Where a text that is encoded lies in the text that was given.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frame<'f> {
    /// Bytes before it that were put there.
    pub prefix: usize,
    /// Where it begins in the normalised stretch.
    pub start: usize,
    /// Where the bytes of the normalised stretch come from, if not from
    /// themselves.
    pub origins: Option<&'f [(u32, u32)]>,
    /// Where the stretch begins in the text.
    pub base: usize,
}

impl Frame<'_> {
    /// Bytes `range` as a range of the text that was given.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = range.start.saturating_sub(self.prefix) + self.start;
        let end = range.end.saturating_sub(self.prefix) + self.start;
        let Some(origins) = self.origins else { return self.base + start..self.base + end };
        let last = origins.last().map_or(0, |&(_, end)| end);
        let from = origins.get(start).map_or(last, |&(start, _)| start);
        let to =
            if end > start { origins.get(end - 1).map_or(last, |&(_, end)| end) } else { from };
        self.base + from as usize..self.base + to as usize
    }
}

/// Why encoding ended before the text did.
pub(super) enum Stop {
    Enough,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Sink for Vec<u32> {
    const ORIGINS: bool = false;

    #[inline]
    fn put(&mut self, id: u32, _: Range<usize>, _: &Frame<'_>) {
        self.push(id);
    }

    #[inline]
    fn piece(&mut self, _: usize, _: &Frame<'_>) -> bool {
        true
    }
}

/// Counts tokens.
pub(super) struct Count(pub usize);

impl Sink for Count {
    const ORIGINS: bool = false;

    #[inline]
    fn put(&mut self, _: u32, _: Range<usize>, _: &Frame<'_>) {
        self.0 += 1;
    }

    #[inline]
    fn piece(&mut self, _: usize, _: &Frame<'_>) -> bool {
        true
    }
}

/// Tokens with their places, which are widened to whole characters.
pub(super) struct Places<'t> {
    pub text: &'t str,
    pub out: &'t mut Tokens,
}

impl Sink for Places<'_> {
    const ORIGINS: bool = true;

    fn put(&mut self, id: u32, range: Range<usize>, frame: &Frame<'_>) {
        let Range { mut start, mut end } = frame.range(range);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) && end < self.text.len() {
            end += 1;
        }
        self.out.ids.push(id);
        self.out.starts.push(start);
        self.out.ends.push(end);
    }

    fn piece(&mut self, _: usize, _: &Frame<'_>) -> bool {
        true
    }
}
