//! [`Spec`]: a unigram tokenizer as its file describes it, before it is made
//! ready to run.

use super::charsmap::Charsmap;

/// What stands for a space in pieces.
pub(super) const SPACE_MARK: char = '\u{2581}';

/// Bytes of a piece at most: bounds the work for each place of a text.
pub(super) const MAX_PIECE: usize = 512;

/// How the words of a normalised text are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spaces {
    /// Any white space separates words and is no part of them
    /// (`WhitespaceSplit` before `Metaspace`).
    Separate,
    /// U+0020 becomes the `▁` of the word that follows it (`Metaspace` alone).
    Lead {
        /// Whether runs of U+0020 count as the last one of the run.
        collapse: bool,
        /// Whether white space at the end is left out.
        strip_end: bool,
    },
}

/// Where a `▁` is put before text that does not begin with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Always,
    /// Only at the very start of the text.
    First,
    Never,
}

/// A string that is a token of its own wherever it occurs in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Added {
    pub id: u32,
    pub content: Box<str>,
    /// Whether the token takes the white space before it.
    pub strip_before: bool,
    /// Whether the token takes the white space behind it.
    pub strip_behind: bool,
}

/// The strings of a vocabulary, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    text: String,
    ends: Vec<usize>,
}

impl Pieces {
    pub(super) fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.ends.push(self.text.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The piece of id `id`; the empty string if there is none.
    pub(super) fn get(&self, id: usize) -> &str {
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(id).copied().unwrap_or_default();
        self.text.get(start.unwrap_or_default()..end).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|id| self.get(id))
    }

    /// The ids in the order of their pieces' bytes.
    pub(super) fn sorted(&self) -> Vec<u32> {
        // Most pieces differ in their first eight bytes, which compare as one number.
        let head = |piece: &str| {
            let mut head = [0; 8];
            for (place, byte) in head.iter_mut().zip(piece.bytes()) {
                *place = byte;
            }
            u64::from_be_bytes(head)
        };
        let mut keys: Vec<(u64, u32)> =
            self.iter().zip(0..).map(|(piece, id)| (head(piece), id)).collect();
        keys.sort_unstable_by(|&(left, i), &(right, k)| {
            left.cmp(&right)
                .then_with(|| self.get(i as usize).cmp(self.get(k as usize)))
                .then(i.cmp(&k))
        });
        keys.into_iter().map(|(_, id)| id).collect()
    }
}

/// A unigram tokenizer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spec {
    pub pieces: Pieces,
    /// Logarithms of the pieces' probabilities, all finite.
    pub scores: Vec<f64>,
    /// The id of characters that no piece holds.
    pub unk: u32,
    pub charsmap: Charsmap,
    pub spaces: Spaces,
    pub prefix: Prefix,
    /// Whether pieces end where the next `▁` begins.
    pub split: bool,
    pub added: Vec<Added>,
}
