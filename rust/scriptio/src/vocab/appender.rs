//! [`Appender`]: the encodings of all prefixes of a piece.

use super::merges::first_char;
use super::{Merges, NONE, Vocab};

/// A piece that grows byte by byte, with the encoding of each prefix.
///
/// Of the encoding of a prefix only its last token is kept: what precedes it
/// is the encoding of a shorter prefix. Of all tokens that end at a place
/// there is one that the encoding of what precedes it may be followed by. So a
/// byte costs as many checks as tokens end there, and is never looked at again
/// (van Antwerpen and Neubeck 2024, corollary 2a).
///
/// ```
/// use scriptio::vocab::{Appender, Merges, Vocab};
///
/// let vocab = Vocab::new(["a", "b", "ab", "bb", "abb"].map(Some))?;
/// let merges = Merges::from_pairs(&vocab, &[(0, 1, 2), (1, 1, 3), (2, 1, 4)])?;
/// let mut piece = Appender::new(&vocab, &merges);
/// b"aabbb".iter().for_each(|&byte| piece.push(byte));
/// assert_eq!(piece.tokens(5), [0, 2, 3]);
/// assert_eq!(piece.tokens(4), [0, 4]);
/// assert_eq!(piece.count(4), 2);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Appender<'m> {
    vocab: &'m Vocab,
    merges: &'m Merges,
    bytes: Vec<u8>,
    /// The last token of each prefix, and how many tokens it has, from the
    /// prefix of one byte on.
    last: Vec<(u32, u32)>,
    /// Where the last character begins.
    open: usize,
    /// Whether `last` is kept. If not, prefixes are encoded when asked for.
    keeps: bool,
}

impl<'m> Appender<'m> {
    /// An empty piece.
    ///
    /// Once a byte is pushed that no token writes, prefixes are encoded anew
    /// for each answer.
    pub fn new(vocab: &'m Vocab, merges: &'m Merges) -> Self {
        Self { vocab, merges, bytes: Vec::new(), last: Vec::new(), open: 0, keeps: true }
    }

    /// Begin again with an empty piece.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.last.clear();
        self.open = 0;
        self.keeps = true;
    }

    /// Bytes of the piece.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the piece has no byte.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Append a byte to the piece.
    pub fn push(&mut self, byte: u8) {
        if byte & 0xC0 != 0x80 {
            self.open = self.bytes.len();
        }
        self.bytes.push(byte);
        if !self.keeps {
            return;
        }
        let end = self.bytes.len();
        let spelled = self.bytes.get(self.open..).unwrap_or_default();
        let found = if !self.merges.by_chars() {
            self.last_token(1, |left, right| self.merges.valid_pair(left, right))
        } else if let Some(c) = first_char(spelled).filter(|c| c.len_utf8() == spelled.len())
            && self.merges.char(c).is_some()
        {
            self.last_token(c.len_utf8(), |left, right| self.merges.are_apart(left, right))
        } else {
            Some(self.merges.byte(byte)).filter(|&id| id != NONE).map(|id| (id, 1))
        };
        match found {
            Some((token, len)) => self.last.push((token, self.count_kept(end - len) + 1)),
            None => self.keeps = false,
        }
    }

    /// The last token of the piece, of those of at least `least` bytes, and
    /// its length.
    fn last_token(&self, least: usize, valid: impl Fn(u32, u32) -> bool) -> Option<(u32, usize)> {
        let backward = self.merges.backward(self.vocab);
        backward.walk(self.bytes.iter().rev().copied()).find(|&(token, len)| {
            let start = self.bytes.len() - len;
            let before = start.checked_sub(1).and_then(|at| self.last.get(at));
            len >= least && before.is_none_or(|&(left, _)| valid(left, token))
        })
    }

    fn count_kept(&self, end: usize) -> u32 {
        end.checked_sub(1).and_then(|at| self.last.get(at)).map_or(0, |&(_, count)| count)
    }

    /// The last token of the first `end` bytes; `None` if there is none.
    pub fn last(&self, end: usize) -> Option<u32> {
        if self.keeps {
            return Some(self.last.get(end.checked_sub(1)?)?.0);
        }
        self.tokens(end).last().copied()
    }

    /// The number of tokens of the first `end` bytes.
    pub fn count(&self, end: usize) -> usize {
        if self.keeps { self.count_kept(end) as usize } else { self.tokens(end).len() }
    }

    /// The tokens of the first `end` bytes.
    pub fn tokens(&self, end: usize) -> Vec<u32> {
        let mut tokens = Vec::new();
        if !self.keeps {
            self.merges.encode_bytes(self.bytes.get(..end).unwrap_or(&self.bytes), &mut tokens);
            return tokens;
        }
        let mut end = end.min(self.bytes.len());
        while let Some(token) = self.last(end) {
            tokens.push(token);
            end -= self.merges.token_len(token).clamp(1, end);
        }
        tokens.reverse();
        tokens
    }
}
