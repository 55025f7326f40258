//! [`WordPiece`]: words in pieces by the longest match.

use super::trie::Trie;
use crate::Error;

/// A longest-match model: a word begins with its longest token, the rest
/// follows in the same way from the tokens of word insides.
///
/// What a text becomes does not say where its spaces were. As bytes, a token
/// that begins a word writes a space before itself, so that the words of a
/// sentence are told apart; a text begins with a space that it has not
/// ([`Encoder::prefix_space`](super::Encoder::prefix_space)).
#[derive(Debug, Clone)]
pub struct WordPiece {
    /// The token of words that cannot be written.
    pub unk: u32,
    /// What the names of tokens inside words begin with.
    pub prefix: String,
    /// Words of more code points become one unknown token.
    pub max_word_chars: usize,
    /// Whether a token continues a word, one an id.
    pub inside: Vec<bool>,
    starts: Trie,
    insides: Trie,
}

impl WordPiece {
    /// The model of the names and ids `entries`, `size` the largest id plus
    /// one.
    pub(super) fn new<'n>(
        entries: impl Iterator<Item = (&'n str, u32)>,
        size: usize,
        unk: u32,
        prefix: &str,
        max_word_chars: usize,
    ) -> Result<Self, Error> {
        let mut starts: Vec<(&[u8], u32)> = entries
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, id)| (name.as_bytes(), id))
            .collect();
        starts.sort_unstable();
        let mut inside = vec![false; size];
        let mut insides: Vec<(&[u8], u32)> = Vec::new();
        for &(name, id) in &starts {
            let rest = name.strip_prefix(prefix.as_bytes()).unwrap_or_default();
            if rest.is_empty() {
                continue;
            }
            insides.push((rest, id));
            if let Some(place) = inside.get_mut(id as usize).filter(|_| !prefix.is_empty()) {
                *place = true;
            }
        }
        if starts.is_empty() {
            return Err(Error::invalid("vocabulary of the WordPiece model is empty"));
        }
        Ok(Self {
            unk,
            prefix: prefix.to_owned(),
            max_word_chars,
            inside,
            starts: Trie::new(&starts),
            insides: Trie::new(&insides),
        })
    }

    /// Call `put` with the tokens of `word` and their lengths in bytes.
    pub(super) fn encode(
        &self,
        word: &str,
        found: &mut Vec<(u32, usize)>,
        mut put: impl FnMut(u32, usize),
    ) {
        found.clear();
        let mut rest = word.as_bytes();
        let too_long =
            word.len() > self.max_word_chars && word.chars().nth(self.max_word_chars).is_some();
        while !rest.is_empty() && !too_long {
            let trie = if found.is_empty() { &self.starts } else { &self.insides };
            let Some((id, len)) = trie.walk(rest.iter().copied()).last() else { break };
            found.push((id, len));
            rest = rest.get(len..).unwrap_or_default();
        }
        if rest.is_empty() {
            for &(id, len) in &*found {
                put(id, len);
            }
        } else {
            put(self.unk, word.len());
        }
    }
}
