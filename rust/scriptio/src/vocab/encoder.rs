//! [`Encoder`]: a tokenizer file, ready to run and open to inspection.

use std::collections::HashSet;
use std::ops::Range;

use super::added::Matcher;
use super::classes::Classes;
use super::merges::first_char;
use super::model::{AddedToken, Bpe, Model};
use super::normalize::{Normal, Rule, normalize};
use super::pretokenize::Chain;
use super::sink::{Count, Frame, Places, Sink, Stop};
use super::steps::Steps;
use super::table::Table;
use super::word::{MANY, Word};
use super::{PreTokenizer, Vocab, json, tiktoken};
use crate::Error;
use crate::tokenizer::{Tokenizer, Tokens};

/// Where a space is put before a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Never,
    /// At the very start of a text that does not begin with one.
    First,
    /// Before each stretch between added tokens that does not begin with one.
    Always,
    /// Before each such stretch, by the normaliser.
    Prepended,
}

/// What a file says.
pub(super) struct Parts {
    pub vocab: Vocab,
    pub model: Model,
    pub added: Vec<AddedToken>,
    pub steps: Steps,
    /// The tokens that a whole piece may be.
    pub whole: Vec<u32>,
    /// Who encodes, if not this module.
    pub delegate: Option<Box<dyn Tokenizer>>,
}

/// A tokenizer: text in, ids out, with all that it is made of.
///
/// The ids are those of Hugging Face's tokenizers or of tiktoken, without the
/// special tokens that frame a text. Where those leave characters out that the
/// vocabulary cannot write, this is an error.
///
/// ```
/// use scriptio::vocab::Encoder;
///
/// let json = r#"{"added_tokens": [{"id": 5, "content": "<|end|>", "special": true}],
///     "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
///     "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4},
///               "merges": ["a b", "Ġ ab"]}}"#;
/// let encoder = Encoder::from_json(json)?;
/// let mut ids = Vec::new();
/// encoder.encode("ab abb<|end|>", &mut ids)?;
/// assert_eq!(ids, [3, 4, 1, 5]);
/// assert_eq!(encoder.vocab().token_bytes(4), Some(&b" ab"[..]));
/// assert_eq!(encoder.cut_at("ab abb", 2)?, 5);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder {
    vocab: Vocab,
    model: Model,
    chain: Option<Chain>,
    classes: Classes,
    rules: Vec<Rule>,
    prefix: Prefix,
    normalizes: bool,
    added: Vec<AddedToken>,
    special: HashSet<u32>,
    /// Added tokens that are looked for in the text as it is.
    raw: Option<Matcher>,
    /// Added tokens that are looked for in the normalised text.
    normalized: Option<Matcher>,
    whole: Table,
    /// Whether every byte is a token.
    complete: bool,
    delegate: Option<Box<dyn Tokenizer>>,
}

/// Memory that is kept from piece to piece.
#[derive(Default)]
struct Scratch {
    word: Word,
    ids: Vec<u32>,
    pairs: Vec<(u32, usize)>,
    prefixed: String,
}

impl Encoder {
    /// The tokenizer that the content of a Hugging Face `tokenizer.json`
    /// describes.
    ///
    /// # Errors
    /// If it is damaged, or asks for something that is not known.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        Self::from_parts(json::read(json)?)
    }

    /// The tokenizer of a tiktoken rank file: lines of base64 and rank. An
    /// empty `pattern` cuts nothing; `special` are names and ids of control
    /// tokens.
    ///
    /// # Errors
    /// If a line is damaged, a rank or token is there twice, a byte has no
    /// token, or `pattern` is no regular expression.
    ///
    /// ```
    /// use scriptio::vocab::Encoder;
    ///
    /// let error = Encoder::from_tiktoken(b"YQ== 0\nYg== x\n", "", &[]).unwrap_err();
    /// assert!(error.to_string().contains("line 2"));
    /// ```
    pub fn from_tiktoken(
        ranks: &[u8],
        pattern: &str,
        special: &[(String, u32)],
    ) -> Result<Self, Error> {
        Self::from_parts(tiktoken::read(ranks, pattern, special)?)
    }

    fn from_parts(parts: Parts) -> Result<Self, Error> {
        let Parts { vocab, model, added, steps, whole, delegate } = parts;
        let classes = Classes::new();
        let chain =
            (!steps.cuts.is_empty()).then(|| Chain { steps: steps.cuts, classes: classes.clone() });
        let raw = Matcher::new(added.iter().filter(|token| !token.normalized), |token| {
            token.content.clone()
        })?;
        let rules = steps.rules;
        let normalized = Matcher::new(added.iter().filter(|token| token.normalized), |token| {
            normalize(&token.content, &rules, &classes, false).text.into_owned()
        })?;
        let complete = match &model {
            Model::Bpe(bpe) => (0..=u8::MAX).all(|byte| bpe.merges.byte(byte) != super::NONE),
            Model::Unigram(_) | Model::WordPiece(_) => false,
        };
        Ok(Self {
            whole: Table::new(&vocab, &whole),
            special: added.iter().filter(|token| token.special).map(|token| token.id).collect(),
            vocab,
            model,
            chain,
            classes,
            rules,
            prefix: steps.prefix,
            normalizes: steps.normalizes,
            added,
            raw,
            normalized,
            complete,
            delegate,
        })
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
    ///
    /// It cuts normalised text, with its spaces as spaces where the file
    /// writes them as `▁`.
    pub fn pre_tokenizer(&self) -> Option<&dyn PreTokenizer> {
        self.chain.as_ref().map(|chain| chain as &dyn PreTokenizer)
    }

    /// The strings that are tokens of their own.
    pub fn added_tokens(&self) -> &[AddedToken] {
        &self.added
    }

    /// Whether `id` is a control token.
    pub fn is_special(&self, id: u32) -> bool {
        self.special.contains(&id)
    }

    /// Whether the bytes written start with a space that the text has not:
    /// `SentencePiece`'s dummy prefix, and the space before every word of a
    /// [`WordPiece`](super::WordPiece) model.
    pub fn prefix_space(&self) -> bool {
        self.prefix != Prefix::Never || matches!(self.model, Model::WordPiece(_))
    }

    /// Whether the text is changed before it is encoded, other than by
    /// [`Encoder::prefix_space`].
    pub fn normalizes(&self) -> bool {
        self.normalizes
    }

    /// Append the ids of `text`, without the special tokens that frame it. The
    /// strings of added tokens in the text become these tokens.
    ///
    /// # Errors
    /// If the model cannot write the text, for want of an unknown token.
    pub fn encode(&self, text: &str, out: &mut Vec<u32>) -> Result<(), Error> {
        if let Some(delegate) = &self.delegate {
            let mut tokens = Tokens::default();
            delegate.encode(text, &mut tokens)?;
            out.append(&mut tokens.ids);
            return Ok(());
        }
        self.run(text, true, out)
    }

    /// Append the tokens of `text` with their byte ranges, which lie on `char`
    /// boundaries: tokens of parts of a character share it.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn encode_with_offsets(&self, text: &str, out: &mut Tokens) -> Result<(), Error> {
        match &self.delegate {
            Some(delegate) => delegate.encode(text, out),
            None => self.run(text, true, &mut Places { text, out }),
        }
    }

    /// The number of tokens of `text`.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn count(&self, text: &str) -> Result<usize, Error> {
        if self.delegate.is_some() {
            let mut ids = Vec::new();
            self.encode(text, &mut ids)?;
            return Ok(ids.len());
        }
        let mut count = Count(0);
        self.run(text, true, &mut count)?;
        Ok(count.0)
    }

    /// Append what the tokens `ids` write; special tokens write nothing. What
    /// two lists of ids write is what both together do.
    ///
    /// # Errors
    /// If an id is not in the vocabulary.
    pub fn decode(&self, ids: &[u32], out: &mut Vec<u8>) -> Result<(), Error> {
        for &id in ids {
            match self.vocab.token_bytes(id) {
                Some(bytes) => out.extend_from_slice(bytes),
                None if self.writes_nothing(id) => {}
                None => {
                    return Err(Error::invalid(format!(
                        "id {id} is not in the vocabulary, which has {} ids",
                        self.vocab.len()
                    )));
                }
            }
        }
        Ok(())
    }

    fn writes_nothing(&self, id: u32) -> bool {
        let unk = match &self.model {
            Model::Bpe(bpe) => bpe.unk,
            Model::Unigram(unigram) => unigram.unk,
            Model::WordPiece(model) => Some(model.unk),
        };
        self.is_special(id) || unk == Some(id)
    }

    /// Whether encoding a text from a place between two pieces on gives the
    /// tokens that the whole text has there, but for the space before it.
    pub(super) fn may_begin_anywhere(&self) -> bool {
        let local = |rule: &Rule| matches!(rule, Rule::Prepend(_) | Rule::Replace { .. });
        !self.normalizes && self.rules.iter().all(local) && self.delegate.is_none()
    }

    /// Whether `piece` is one token.
    pub(super) fn is_whole(&self, piece: &[u8]) -> bool {
        self.whole.find(&self.vocab, piece).is_some()
    }

    /// Whether an added token asks for what precedes it.
    pub(super) fn looks_back(&self) -> bool {
        self.added.iter().any(|token| token.single_word)
    }

    /// [`Encoder::count`] of a text whose beginning was cut off, if not
    /// `begins`.
    pub(super) fn count_from(&self, text: &str, begins: bool) -> Result<usize, Error> {
        if begins {
            return self.count(text);
        }
        let mut count = Count(0);
        self.run(text, false, &mut count)?;
        Ok(count.0)
    }

    /// Encode `text`; `begins` if it is put a space before where that is due.
    fn run<S: Sink>(&self, text: &str, begins: bool, sink: &mut S) -> Result<(), Error> {
        match self.run_until(text, begins, sink) {
            Ok(()) | Err(Stop::Enough) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// [`Encoder::run`] until `sink` has enough.
    pub(super) fn run_until<S: Sink>(
        &self,
        text: &str,
        begins: bool,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let mut scratch = Scratch::default();
        let Some(raw) = &self.raw else {
            return self.stretch(text, 0..text.len(), begins, &mut scratch, sink);
        };
        raw.split(text, |range, id| match id {
            None => {
                let begins = begins || range.start > 0;
                self.stretch(text, range, begins, &mut scratch, sink)
            }
            Some(id) => put_added(id, range, &Frame::default(), sink),
        })
    }

    /// Encode a stretch of the text between added tokens.
    fn stretch<S: Sink>(
        &self,
        text: &str,
        range: Range<usize>,
        begins: bool,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let base = range.start;
        let part = text.get(range).unwrap_or_default();
        if self.rules.is_empty() && self.normalized.is_none() {
            return self.free(part, begins, Frame { base, ..Frame::default() }, scratch, sink);
        }
        let skipped = usize::from(!begins && matches!(self.rules.first(), Some(Rule::Prepend(_))));
        let rules = self.rules.get(skipped..).unwrap_or_default();
        let Normal { text, origins } = normalize(part, rules, &self.classes, S::ORIGINS);
        let origins = origins.as_deref();
        let Some(normalized) = &self.normalized else {
            let frame = Frame { origins, base, ..Frame::default() };
            return self.free(&text, begins, frame, scratch, sink);
        };
        normalized.split(&text, |range, id| {
            let frame = Frame { prefix: 0, start: range.start, origins, base };
            match id {
                None => {
                    let part = text.get(range.clone()).unwrap_or_default();
                    self.free(part, begins || range.start > 0, frame, scratch, sink)
                }
                Some(id) => put_added(id, 0..range.len(), &frame, sink),
            }
        })
    }

    /// Encode normalised text that holds no added token.
    fn free<S: Sink>(
        &self,
        text: &str,
        begins: bool,
        mut frame: Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let is_first = frame.base == 0 && frame.start == 0;
        let prefixed = match self.prefix {
            Prefix::Never | Prefix::Prepended => false,
            Prefix::First => is_first && !text.starts_with(' '),
            Prefix::Always => !text.starts_with(' '),
        };
        if !prefixed || !begins || text.is_empty() {
            return self.pieces(text, &frame, scratch, sink);
        }
        let mut longer = std::mem::take(&mut scratch.prefixed);
        longer.clear();
        longer.push(' ');
        longer.push_str(text);
        frame.prefix = 1;
        let done = self.pieces(&longer, &frame, scratch, sink);
        scratch.prefixed = longer;
        done
    }

    /// Encode the pieces of a text.
    fn pieces<S: Sink>(
        &self,
        text: &str,
        frame: &Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let Some(chain) = &self.chain else {
            if !text.is_empty() {
                self.undivided(text, frame, scratch, sink)?;
            }
            return Ok(());
        };
        if let (Some(known), Model::Bpe(bpe)) = (chain.known(), &self.model) {
            let bytes = text.as_bytes();
            let mut at = 0;
            while at < bytes.len() {
                let end = known.end(&self.classes, bytes, at);
                self.bpe(bpe, text, at..end, frame, scratch, sink)?;
                if !sink.piece(end, frame) {
                    return Err(Stop::Enough);
                }
                at = end;
            }
            return Ok(());
        }
        for (range, is_kept) in chain.pieces(text) {
            let end = range.end;
            if is_kept {
                self.piece(text, range, frame, scratch, sink)?;
            }
            if !sink.piece(end, frame) {
                return Err(Stop::Enough);
            }
        }
        Ok(())
    }

    /// Encode a text that is one piece. It is cut where no token can reach
    /// over, which changes nothing but the time it takes.
    fn undivided<S: Sink>(
        &self,
        text: &str,
        frame: &Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let bytes = text.as_bytes();
        let mut start = 0;
        if let Model::Bpe(bpe) = &self.model
            && !bpe.ignore_merges
            && bpe.unk.is_none_or(|_| !bpe.fuse_unk || self.complete)
        {
            for (at, pair) in (1..).zip(bytes.windows(2)) {
                if let &[before, behind] = pair
                    && bpe.merges.always_apart(before, behind)
                    && text.is_char_boundary(at)
                {
                    self.bpe(bpe, text, start..at, frame, scratch, sink)?;
                    if !sink.piece(at, frame) {
                        return Err(Stop::Enough);
                    }
                    start = at;
                }
            }
        }
        self.piece(text, start..text.len(), frame, scratch, sink)?;
        if sink.piece(text.len(), frame) { Ok(()) } else { Err(Stop::Enough) }
    }

    fn piece<S: Sink>(
        &self,
        text: &str,
        range: Range<usize>,
        frame: &Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        match &self.model {
            Model::Bpe(bpe) => self.bpe(bpe, text, range, frame, scratch, sink),
            Model::WordPiece(model) => {
                let mut at = range.start;
                let word = text.get(range).unwrap_or_default();
                model.encode(word, &mut scratch.pairs, |id, len| {
                    sink.put(id, at..at + len, frame);
                    at += len;
                });
                Ok(())
            }
            // Unigram models are run by others.
            Model::Unigram(_) => Ok(()),
        }
    }

    #[inline]
    fn bpe<S: Sink>(
        &self,
        bpe: &Bpe,
        text: &str,
        range: Range<usize>,
        frame: &Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let piece = text.as_bytes().get(range.clone()).unwrap_or_default();
        if let Some(id) = self.whole.find(&self.vocab, piece) {
            sink.put(id, range, frame);
            return Ok(());
        }
        self.merged(bpe, piece, range.start, frame, scratch, sink)
    }

    /// Encode a piece that is no token.
    fn merged<S: Sink>(
        &self,
        bpe: &Bpe,
        piece: &[u8],
        start: usize,
        frame: &Frame<'_>,
        scratch: &mut Scratch,
        sink: &mut S,
    ) -> Result<(), Stop> {
        let merges = &bpe.merges;
        let mut at = start;
        let mut put = |id: u32, len: usize| {
            sink.put(id, at..at + len, frame);
            at += len;
        };
        if self.complete && !merges.by_chars() {
            if piece.len() >= MANY {
                scratch.ids.clear();
                if merges.encode_long(piece, &mut scratch.ids) {
                    scratch.ids.iter().for_each(|&id| put(id, merges.token_len(id)));
                    return Ok(());
                }
            }
            scratch.word.merge_bytes(piece, merges);
        } else {
            begin(bpe, piece, &mut scratch.word)?;
            scratch.word.merge(merges);
        }
        scratch.word.tokens().for_each(|(id, len)| put(id, len as usize));
        Ok(())
    }
}

/// The tokens that `piece` is before the first merge, with unknown tokens for
/// what the vocabulary does not have.
fn begin(bpe: &Bpe, piece: &[u8], word: &mut Word) -> Result<(), Error> {
    let merges = &bpe.merges;
    let mut rest = piece;
    let mut unknown = 0;
    word.clear();
    while !rest.is_empty() {
        let c = first_char(rest).filter(|_| merges.by_chars());
        let (part, behind) = rest.split_at_checked(c.map_or(1, char::len_utf8)).unwrap_or_default();
        rest = behind;
        if let Some(id) = c.and_then(|c| merges.char(c)) {
            flush(bpe, &mut unknown, word);
            word.push(id, part.len() as u32);
            continue;
        }
        let ids = part.iter().map(|&byte| merges.byte(byte));
        if ids.clone().all(|id| id != super::NONE) {
            // Unknown characters before stay behind, as in Hugging Face's code.
            if !merges.by_chars() {
                flush(bpe, &mut unknown, word);
            }
            ids.for_each(|id| word.push(id, 1));
            continue;
        }
        if bpe.unk.is_none() {
            return Err(Error::invalid(format!(
                "text holds {:?}, which the vocabulary cannot write and has no unknown token for",
                String::from_utf8_lossy(part)
            )));
        }
        if !bpe.fuse_unk {
            flush(bpe, &mut unknown, word);
        }
        unknown += part.len() as u32;
    }
    flush(bpe, &mut unknown, word);
    Ok(())
}

/// Append the unknown token of `unknown` bytes, if there are any.
fn flush(bpe: &Bpe, unknown: &mut u32, word: &mut Word) {
    if let Some(unk) = bpe.unk.filter(|_| *unknown > 0) {
        word.push(unk, *unknown);
    }
    *unknown = 0;
}

fn put_added<S: Sink>(
    id: u32,
    range: Range<usize>,
    frame: &Frame<'_>,
    sink: &mut S,
) -> Result<(), Stop> {
    let end = range.end;
    sink.put(id, range, frame);
    if sink.piece(end, frame) { Ok(()) } else { Err(Stop::Enough) }
}
