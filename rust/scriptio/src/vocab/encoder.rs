//! [`Encoder`]: a tokenizer file, ready to run and open to inspection.

use super::{Merges, PreTokenizer, Vocab};
use crate::Error;
use crate::tokenizer::Tokens;

/// A string that is a token of its own wherever it occurs in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // The flags of the file format.
pub struct AddedToken {
    /// The string that is looked for.
    pub content: String,
    /// Its id.
    pub id: u32,
    /// Whether it is a control token, which writes no text.
    pub special: bool,
    /// Whether it must stand between characters that are no letters or digits.
    pub single_word: bool,
    /// Whether it takes the white space before it.
    pub lstrip: bool,
    /// Whether it takes the white space behind it.
    pub rstrip: bool,
    /// Whether it is looked for in the normalised text.
    pub normalized: bool,
}

/// A byte-pair encoding.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // The flags of the file format.
pub struct Bpe {
    /// Which pairs merge.
    pub merges: Merges,
    /// Whether a piece that is a token of the vocabulary is that token,
    /// whatever the merges make of it.
    pub ignore_merges: bool,
    /// Whether merging begins with characters, not with bytes.
    pub by_chars: bool,
    /// Whether characters that the vocabulary does not have are written byte
    /// by byte.
    pub byte_fallback: bool,
    /// The token of what cannot be written.
    pub unk: Option<u32>,
    /// Whether a run of what cannot be written is one token.
    pub fuse_unk: bool,
}

/// A unigram model: of all ways to write a word, the most probable.
#[derive(Debug)]
pub struct Unigram {
    /// Logarithms of the probabilities, one an id.
    pub scores: Vec<f64>,
    /// The token of what cannot be written.
    pub unk: Option<u32>,
    /// Whether characters that the vocabulary does not have are written byte
    /// by byte.
    pub byte_fallback: bool,
}

/// A longest-match model: a word begins with its longest token, the rest
/// follows in the same way from the tokens of word insides.
#[derive(Debug)]
pub struct WordPiece {
    /// The token of what cannot be written.
    pub unk: u32,
    /// What the names of tokens inside words begin with.
    pub prefix: String,
    /// Words of more code points become one unknown token.
    pub max_word_chars: usize,
    /// Whether a token continues a word, one an id.
    pub inside: Vec<bool>,
}

/// How pieces become tokens.
#[derive(Debug)]
pub enum Model {
    /// Byte-pair encoding.
    Bpe(Bpe),
    /// Unigram.
    Unigram(Unigram),
    /// Longest match from the left.
    WordPiece(WordPiece),
}

/// A tokenizer: text in, ids out, with all that it is made of.
#[derive(Debug)]
pub struct Encoder {
    vocab: Vocab,
    model: Model,
    pre_tokenizer: Option<Box<dyn PreTokenizer>>,
    added: Vec<AddedToken>,
    prefix_space: bool,
    normalizes: bool,
}

impl Encoder {
    /// The tokenizer that the content of a Hugging Face `tokenizer.json`
    /// describes.
    ///
    /// # Errors
    /// If it is damaged, or asks for something that is not known.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        Err(Error::invalid(format!("tokenizer.json of {} bytes cannot be read", json.len())))
    }

    /// The tokenizer of a tiktoken rank file: lines of base64 and rank.
    ///
    /// # Errors
    /// If it is damaged, or `pattern` is no regular expression.
    pub fn from_tiktoken(
        ranks: &[u8],
        pattern: &str,
        special: &[(String, u32)],
    ) -> Result<Self, Error> {
        Err(Error::invalid(format!(
            "rank file of {} bytes cannot be read with pattern {pattern:?} and {} special tokens",
            ranks.len(),
            special.len()
        )))
    }

    /// What the tokens write.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// How pieces become tokens.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How a text is cut into pieces; `None` if it is one piece.
    pub fn pre_tokenizer(&self) -> Option<&dyn PreTokenizer> {
        self.pre_tokenizer.as_deref()
    }

    /// The strings that are tokens of their own.
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    /// Whether `id` is a control token.
    pub fn is_special(&self, id: u32) -> bool {
        self.added.iter().any(|added| added.id == id && added.special)
    }

    /// `SentencePiece`'s dummy prefix: whether the bytes written start with a
    /// space that the text has not.
    pub fn prefix_space(&self) -> bool {
        self.prefix_space
    }

    /// Whether the text is changed before it is encoded.
    pub fn normalizes(&self) -> bool {
        self.normalizes
    }

    /// Append the ids of `text`, without the special tokens that frame it.
    ///
    /// # Errors
    /// If the model cannot write the text, for want of an unknown token.
    pub fn encode(&self, text: &str, out: &mut Vec<u32>) -> Result<(), Error> {
        let mut tokens = Tokens::default();
        self.encode_with_offsets(text, &mut tokens)?;
        out.append(&mut tokens.ids);
        Ok(())
    }

    /// Append the tokens of `text` with their byte ranges.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn encode_with_offsets(&self, text: &str, out: &mut Tokens) -> Result<(), Error> {
        if let (Model::Bpe(bpe), false) = (&self.model, text.is_empty()) {
            bpe.merges.encode_bytes(text.as_bytes(), &mut out.ids);
        }
        Ok(())
    }

    /// The number of tokens of `text`.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn count(&self, text: &str) -> Result<usize, Error> {
        let mut out = Vec::new();
        self.encode(text, &mut out)?;
        Ok(out.len())
    }

    /// The longest prefix of `text` that has at most `n` tokens: its end in
    /// bytes, on a `char` boundary. What lies behind is not encoded.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn cut_at(&self, text: &str, n: usize) -> Result<usize, Error> {
        Ok(if self.count(text)? <= n { text.len() } else { 0 })
    }

    /// Append what the tokens `ids` write; special tokens write nothing.
    ///
    /// # Errors
    /// If an id is not in the vocabulary.
    pub fn decode(&self, ids: &[u32], out: &mut Vec<u8>) -> Result<(), Error> {
        for &id in ids {
            if id as usize >= self.vocab.len() {
                return Err(Error::invalid(format!(
                    "id {id} is not in the vocabulary; expected less than {}",
                    self.vocab.len()
                )));
            }
            out.extend_from_slice(self.vocab.token_bytes(id).unwrap_or_default());
        }
        Ok(())
    }
}
