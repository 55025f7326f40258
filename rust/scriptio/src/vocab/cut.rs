//! Cutting a text at a number of tokens.

use std::ops::Range;

use super::sink::{Frame, Sink, Stop};
use super::{Appender, Encoder, Model, NONE};
use crate::Error;

/// Pieces of more bytes are not tried byte by byte.
const LONG: usize = 64;

/// Counts tokens until there are too many.
struct Limit<'t> {
    text: &'t str,
    most: usize,
    count: usize,
    /// The piece that was put last, and the tokens before it.
    piece: Range<usize>,
    before: usize,
    /// The last place that a text may be encoded from, and the tokens before
    /// it; not behind `piece`.
    safe: (usize, usize),
    may_begin_anywhere: bool,
}

impl Sink for Limit<'_> {
    const ORIGINS: bool = true;

    #[inline]
    fn put(&mut self, _: u32, _: Range<usize>, _: &Frame<'_>) {
        self.count += 1;
    }

    fn piece(&mut self, end: usize, frame: &Frame<'_>) -> bool {
        let end = frame.range(end..end).start;
        if self.count > self.most {
            self.piece = self.piece.end..end;
            return false;
        }
        // Whether white space is one piece shows behind it only.
        let before = self.text.get(..end).unwrap_or_default();
        // At the very start a space may have been put before the text, which counts.
        if self.may_begin_anywhere && end > 0 && !before.ends_with(char::is_whitespace) {
            self.safe = (end, self.count);
        }
        self.piece = end..end;
        self.before = self.count;
        true
    }
}

impl Encoder {
    /// The longest prefix of `text` that has at most `n` tokens: its end in
    /// bytes, on a `char` boundary. What lies behind is not encoded.
    ///
    /// Fewer bytes may have more tokens, so the prefix may end inside a token
    /// of the text. In a piece of more than 64 bytes, prefixes that would be
    /// cut into other pieces are judged as if they were not.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn cut_at(&self, text: &str, n: usize) -> Result<usize, Error> {
        let mut limit = Limit {
            text,
            most: n,
            count: 0,
            piece: 0..0,
            before: 0,
            safe: (0, 0),
            may_begin_anywhere: self.may_begin_anywhere() && !self.looks_back(),
        };
        if let Model::Unigram(_) = self.model() {
            return self.cut_words(text, n);
        }
        match self.run_until(text, true, &mut limit) {
            Ok(()) => return Ok(text.len()),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Enough) => {}
        }
        let fits = |end: usize| -> Result<bool, Error> {
            let (from, before) = if limit.safe.0 <= end { limit.safe } else { (0, 0) };
            let part = text.get(from..end).unwrap_or_default();
            Ok(before + self.count_from(part, from == 0)? <= n)
        };
        // A run of white space may have fewer tokens as a whole, when nothing follows it.
        let piece = limit.piece.clone();
        let behind = text.get(piece.end..).unwrap_or_default();
        let blank = behind.len() - behind.trim_start().len();
        let mut end = piece.end + blank.min(LONG);
        let middle = self.long_middle(text, &limit);
        while end > 0 {
            if text.is_char_boundary(end) && fits(end)? {
                return Ok(end);
            }
            end -= 1;
            if let Some(middle) = middle.clone()
                && end < middle.end
                && end > middle.start
            {
                end = middle.start;
            }
        }
        Ok(0)
    }

    /// Of a long piece that is too much, the inner places that are too much
    /// too.
    fn long_middle(&self, text: &str, limit: &Limit<'_>) -> Option<Range<usize>> {
        let Model::Bpe(bpe) = self.model() else { return None };
        let piece = text.get(limit.piece.clone()).filter(|piece| piece.len() > LONG)?;
        let mut prefixes = Appender::new(self.vocab(), &bpe.merges);
        if self.normalizes() || piece.bytes().any(|byte| bpe.merges.byte(byte) == NONE) {
            return None;
        }
        piece.bytes().for_each(|byte| prefixes.push(byte));
        let fits = |end: &usize| {
            let whole = piece.as_bytes().get(..*end).is_some_and(|part| self.is_whole(part));
            let count = if whole { 1 } else { prefixes.count(*end) };
            limit.before + count <= limit.most
        };
        let last = (0..=piece.len()).rev().find(fits).unwrap_or_default();
        let start = limit.piece.start;
        // Near its end the piece may end otherwise when the text is cut.
        Some(start + last..start + piece.len().saturating_sub(8).max(last))
    }

    /// [`Encoder::cut_at`] of models that others run: ever longer texts are
    /// encoded, until there are too many tokens.
    fn cut_words(&self, text: &str, n: usize) -> Result<usize, Error> {
        let mut len = n.saturating_mul(8).saturating_add(256);
        let mut tokens = crate::tokenizer::Tokens::default();
        loop {
            let mut end = len.min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            tokens.clear();
            self.encode_with_offsets(text.get(..end).unwrap_or_default(), &mut tokens)?;
            if end == text.len() && tokens.len() <= n {
                return Ok(end);
            }
            // Well behind the limit the end of the part does not count.
            if end == text.len() || tokens.len() > n + 32 {
                break;
            }
            len = len.saturating_mul(2);
        }
        let mut end = tokens.ends.get(n).map_or(text.len(), |&end| end);
        let behind = text.get(end..).unwrap_or_default();
        end += behind.len() - behind.trim_start().len();
        while end > 0 {
            if text.is_char_boundary(end) && self.count(text.get(..end).unwrap_or_default())? <= n {
                return Ok(end);
            }
            end -= 1;
        }
        Ok(0)
    }
}
