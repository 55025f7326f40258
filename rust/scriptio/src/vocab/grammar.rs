//! Which token may follow which, where the end of the text is open.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::atoms::CharClasses;
use super::neighbours::Neighbours;
use super::pretokenize::PreTokenizer;
use super::rivals::{Left, Rivals};
use super::splits::{FRESH, MUST, NEVER, Seam, Shape, SplitState, Splits};
use super::{Encoder, Model, NONE, Vocab};
use crate::Error;

/// Bytes of the end of a token string that are kept.
const TAIL: usize = 128;

/// Sets of tokens kept for reuse.
const KEPT: usize = 256;

/// What a token string leaves behind for those that follow: a few bytes,
/// whatever its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Context {
    last: u32,
    state: SplitState,
    /// The bytes of a character that has begun, and how many there are.
    pending: [u8; 3],
    pending_len: u8,
    /// What stands before that character.
    mark: u8,
    /// The last bytes, from where a word or a token begins, for models that
    /// judge them as a whole.
    tail: [u8; TAIL],
    tail_len: u8,
}

impl Context {
    fn pending(&self) -> &[u8] {
        self.pending.get(..usize::from(self.pending_len)).unwrap_or_default()
    }

    fn left(&self) -> Left<'_> {
        Left { last: self.last, tail: self.tail() }
    }

    fn tail(&self) -> &[u8] {
        self.tail.get(..usize::from(self.tail_len)).unwrap_or_default()
    }

    /// Adds the bytes of a token. A space begins a word; a tail that grows too
    /// long goes on with the token alone. Behind that the sums of equal ways to
    /// write a word may round otherwise than the encoder's.
    fn extend_tail(&mut self, token: &[u8]) {
        let mut tail = self.tail().to_vec();
        if token.first() == Some(&b' ') || tail.len() + token.len() > TAIL {
            tail.clear();
        }
        tail.extend_from_slice(token);
        self.tail_len = 0;
        if tail.len() <= TAIL {
            for (to, &byte) in self.tail.iter_mut().zip(&tail) {
                *to = byte;
            }
            self.tail_len = tail.len() as u8;
        }
    }
}

/// The token strings that an encoder writes, one token after the other.
///
/// A string of tokens is *canonical* if it begins the encoding of some text.
/// [`allows`](Self::allows) lets every canonical string through, and few
/// others: byte-pair neighbours are judged exactly, and splits that the text
/// to come decides are allowed as long as some text decides so. Being
/// permissive there costs a little time and no exactness: any rule that is a
/// function of the context and contains the canonical strings gives a proper
/// measure on texts. (Phan et al. 2025, "Exact Byte-Level Probabilities from
/// Tokenized Language Models"; the pair rule is that of byte-pair encoding.)
///
/// Tokens that write no text (special tokens) are not its business.
#[derive(Debug)]
pub struct Grammar {
    encoder: Arc<Encoder>,
    rule: Rule,
    splits: Splits,
    /// How tokens begin.
    heads: Vec<Head>,
    /// The head of each token, [`NONE`] of those that write no text.
    head_of: Vec<u32>,
    /// Tokens that begin within a character.
    inside: Vec<u32>,
    /// Tokens that may stand behind a split, and in a merged piece.
    startable: Vec<u64>,
    joinable: Vec<u64>,
    invalid: Mutex<HashMap<LeftKey, Arc<[u64]>>>,
    seams: Mutex<HashMap<(SplitState, u32), Seam>>,
    reaches: Mutex<HashMap<SplitState, Arc<Reach>>>,
}

#[derive(Debug)]
enum Rule {
    Merges(Box<Neighbours>),
    Rivals(Rivals),
}

impl Rule {
    /// Whether a token is what its own bytes become.
    fn is_best(&self, vocab: &Vocab, id: u32) -> bool {
        match self {
            Self::Merges(_) => true,
            Self::Rivals(rivals) => rivals.is_best(vocab.rank(id) as usize),
        }
    }
}

/// How a token begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Head {
    /// With a character.
    Chars(Shape),
    /// With the rest of a character.
    Inside,
    /// It is an added token, which is cut out of the text before all else.
    Added,
}

/// What decides which tokens may stand behind it in one piece: the last token,
/// and the tail.
type LeftKey = (u32, [u8; TAIL], u8);

/// Tokens, as bits.
#[derive(Debug)]
struct Reach {
    split: Vec<u64>,
    join: Vec<u64>,
}

/// The encoder's own pre-tokenizer, shared.
struct Pieces(Arc<Encoder>);

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.pre_tokenizer().fmt(f)
    }
}

impl PreTokenizer for Pieces {
    fn split(&self, text: &str, ends: &mut Vec<usize>) {
        if let Some(pre) = self.0.pre_tokenizer() {
            pre.split(text, ends);
        }
    }

    fn patterns(&self) -> Vec<String> {
        self.0.pre_tokenizer().map(PreTokenizer::patterns).unwrap_or_default()
    }
}

impl Grammar {
    /// The grammar of `encoder`.
    ///
    /// # Errors
    /// If the pattern of its pre-tokenizer cannot be read.
    pub fn new(encoder: Arc<Encoder>) -> Result<Self, Error> {
        // A WordPiece tells by itself whether it begins a word.
        let in_words = matches!(encoder.model(), Model::WordPiece(_));
        let pre: Option<Arc<dyn PreTokenizer>> = match encoder.pre_tokenizer() {
            Some(_) if !in_words => Some(Arc::new(Pieces(Arc::clone(&encoder)))),
            _ => None,
        };
        let splits = Splits::new(pre)?;
        let vocab = encoder.vocab();
        let added: HashSet<u32> = encoder.added_tokens().iter().map(|token| token.id).collect();
        let rule = match encoder.model() {
            Model::Bpe(bpe) => Rule::Merges(Box::new(Neighbours::new(vocab, &bpe.merges))),
            Model::Unigram(model) => Rule::Rivals(Rivals::of_unigram(vocab, model)),
            Model::WordPiece(model) => Rule::Rivals(Rivals::of_word_piece(vocab, model)),
        };
        let words = vocab.len().div_ceil(64);
        let (mut startable, mut joinable) = (vec![0; words], vec![0; words]);
        let (mut heads, mut known) = (Vec::new(), HashMap::new());
        let (mut head_of, mut inside) = (Vec::with_capacity(vocab.len()), Vec::new());
        for id in 0..vocab.len() as u32 {
            let Some(bytes) = vocab.token_bytes(id) else {
                head_of.push(NONE);
                continue;
            };
            let is_added = added.contains(&id);
            let (reachable, whole) = match encoder.model() {
                Model::Bpe(bpe) => (bpe.merges.reachable(id), bpe.ignore_merges),
                _ => (rule.is_best(vocab, id), false),
            };
            if reachable && !is_added {
                set(&mut joinable, id);
            }
            if reachable || is_added || whole {
                set(&mut startable, id);
            }
            let head = if is_added { Head::Added } else { head(&splits, bytes) };
            if head == Head::Inside {
                inside.push(id);
            }
            head_of.push(*known.entry(head).or_insert_with_key(|head| {
                heads.push(head.clone());
                heads.len() as u32 - 1
            }));
        }
        Ok(Self {
            encoder,
            rule,
            splits,
            heads,
            head_of,
            inside,
            startable,
            joinable,
            invalid: Mutex::default(),
            seams: Mutex::default(),
            reaches: Mutex::default(),
        })
    }

    /// The encoder whose tokens these are.
    pub fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    fn vocab(&self) -> &Vocab {
        self.encoder.vocab()
    }

    /// The context in front of a text.
    pub fn start(&self) -> Context {
        Context {
            last: NONE,
            state: FRESH,
            pending: [0; 3],
            pending_len: 0,
            mark: 0,
            tail: [0; TAIL],
            tail_len: 0,
        }
    }

    /// Whether a text may end here. Within a character it may, as bytes may
    /// be anything.
    pub fn may_end(&self, context: &Context) -> bool {
        context.pending_len > 0 || self.splits.may_end(context.state)
    }

    /// Whether `token` may follow.
    pub fn allows(&self, context: &Context, token: u32) -> bool {
        let (split, join) = self.verdict(context, token);
        split || join
    }

    /// Whether `token` may follow behind a split, and in one piece.
    fn verdict(&self, context: &Context, token: u32) -> (bool, bool) {
        let kind = self.head_of.get(token as usize).copied().unwrap_or(NONE);
        if kind == NONE {
            return (false, false);
        }
        let seam = self.head_seam(context, kind);
        let split = seam.split && get(&self.startable, token);
        let join = seam.join && get(&self.joinable, token) && self.joins(context, token);
        let inside = self.heads.get(kind as usize) == Some(&Head::Inside);
        if inside && context.pending_len > 0 && !self.completes(context, token) {
            return (false, false);
        }
        (split, join)
    }

    /// Whether the character that has begun may be what `token` makes of it.
    fn completes(&self, context: &Context, token: u32) -> bool {
        let mut text = context.pending().to_vec();
        text.extend_from_slice(self.vocab().token_bytes(token).unwrap_or_default());
        let table = self.splits.classes();
        let mut classes = Vec::new();
        let begun = classes_of(table, &text, &mut classes);
        let fits =
            |classes: &[u8]| self.splits.step(context.state, context.mark, classes).is_some();
        if !classes.is_empty() {
            return fits(&classes) && !self.spells_known(&text);
        }
        let mut open = open_classes(table, begun);
        while open != 0 {
            if fits(&[open.trailing_zeros() as u8]) {
                return true;
            }
            open &= open - 1;
        }
        false
    }

    /// Whether one piece may have the end of `context` and `right` side by
    /// side; `right` may stand in a merged piece.
    fn joins(&self, context: &Context, right: u32) -> bool {
        if !get(&self.joinable, context.last) {
            return false;
        }
        match (&self.rule, self.encoder.model()) {
            (Rule::Rivals(rivals), _) => {
                let place = self.vocab().rank(right) as usize;
                !rivals.is_invalid(self.vocab(), &context.left(), place)
            }
            (_, Model::Bpe(bpe)) => bpe.merges.valid_pair(context.last, right),
            _ => true,
        }
    }

    /// The seam in front of a head, from what is kept if it is.
    fn head_seam(&self, context: &Context, kind: u32) -> Seam {
        let Some(head) = self.heads.get(kind as usize) else { return Seam::ANY };
        if context.pending_len > 0 || !matches!(head, Head::Chars(_)) {
            return self.seam(context, head);
        }
        let key = (context.state, kind);
        let lock = || self.seams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&found) = lock().get(&key) {
            return found;
        }
        let found = self.seam(context, head);
        lock().insert(key, found);
        found
    }

    /// Whether `text`, tokens of single bytes, spells a character that the
    /// vocabulary has: where merging begins with characters it never does.
    fn spells_known(&self, text: &[u8]) -> bool {
        let Model::Bpe(bpe) = self.encoder.model() else { return false };
        let length = text.first().map_or(0, |lead| (lead.leading_ones() as usize).clamp(1, 4));
        let char = text.get(..length).unwrap_or_default();
        bpe.by_chars && char.len() > 1 && !self.vocab().ids_of(char).is_empty()
    }

    fn seam(&self, context: &Context, head: &Head) -> Seam {
        match head {
            Head::Added => Seam { split: self.may_end(context), join: false },
            // What is no UTF-8 is no text, and anything may be done to it.
            Head::Inside if context.pending_len == 0 => Seam::ANY,
            Head::Inside => Seam { split: false, join: true },
            Head::Chars(_) if context.pending_len > 0 => Seam::ANY,
            Head::Chars(shape) => self.splits.seam(context.state, shape),
        }
    }

    /// The context behind `token`, which [`allows`](Self::allows) lets follow.
    pub fn step(&self, context: &Context, token: u32) -> Context {
        let kind = self.head_of.get(token as usize).and_then(|&kind| self.heads.get(kind as usize));
        if kind == Some(&Head::Added) {
            return Context { last: token, ..self.start() };
        }
        let (_, join) = self.verdict(context, token);
        let mut next = *context;
        next.last = token;
        if matches!(self.rule, Rule::Rivals(_)) {
            next.extend_tail(self.vocab().token_bytes(token).unwrap_or_default());
        }
        if context.pending_len == 0 {
            next.mark = if join { 0 } else { MUST };
        }
        let bytes = self.vocab().token_bytes(token).unwrap_or_default();
        let mut text = next.pending().to_vec();
        text.extend_from_slice(bytes);
        let mut classes = Vec::with_capacity(text.len());
        let rest = classes_of(self.splits.classes(), &text, &mut classes);
        if !classes.is_empty() {
            // Where the shapes of tokens promised too much, anything may follow.
            next.state = self.splits.step(next.state, next.mark, &classes).unwrap_or(FRESH);
            next.mark = NEVER;
        }
        next.pending_len = 0;
        for (to, &byte) in next.pending.iter_mut().zip(rest) {
            *to = byte;
            next.pending_len += 1;
        }
        next
    }

    /// Sets the bits of the tokens that may follow; all other bits are
    /// cleared.
    pub fn mask(&self, context: &Context, mask: &mut Vec<u64>) {
        let reach = self.reach(context);
        let last_joins = get(&self.joinable, context.last);
        let invalid = last_joins.then(|| self.invalid_behind(context));
        mask.clear();
        mask.extend(reach.split.iter().zip(&self.startable).map(|(split, can)| split & can));
        if let Some(invalid) = invalid {
            let joined = reach.join.iter().zip(&self.joinable).zip(invalid.iter());
            for (word, ((join, can), wrong)) in mask.iter_mut().zip(joined) {
                *word |= join & can & !wrong;
            }
        }
        if context.pending_len > 0 {
            // What goes on from the character that has begun must make one that fits.
            for &token in &self.inside {
                if get(mask, token) && !self.completes(context, token) {
                    clear(mask, token);
                }
            }
        }
    }

    /// The tokens that may stand behind a split and in one piece, as far as
    /// the pre-tokenizer is concerned.
    fn reach(&self, context: &Context) -> Arc<Reach> {
        // Within a character the state does not matter to what goes on from it.
        let key = if context.pending_len > 0 { SplitState::MAX } else { context.state };
        let lock = || self.reaches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&key) {
            return Arc::clone(found);
        }
        let kinds = 0..self.heads.len() as u32;
        let seams: Vec<Seam> = kinds.map(|kind| self.head_seam(context, kind)).collect();
        let words = self.startable.len();
        let mut found = Reach { split: vec![0; words], join: vec![0; words] };
        for (token, &kind) in self.head_of.iter().enumerate() {
            let seam = seams.get(kind as usize).copied().unwrap_or_default();
            if seam.split {
                set(&mut found.split, token as u32);
            }
            if seam.join {
                set(&mut found.join, token as u32);
            }
        }
        let found = Arc::new(found);
        let mut kept = lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&found));
        found
    }

    /// Tokens that never stand behind `context` in one piece.
    fn invalid_behind(&self, context: &Context) -> Arc<[u64]> {
        let key = (context.last, context.tail, context.tail_len);
        let lock = || self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&key) {
            return Arc::clone(found);
        }
        let mut bits = vec![0; self.startable.len()];
        match &self.rule {
            Rule::Merges(neighbours) => neighbours.mark_invalid(context.last, &mut bits),
            Rule::Rivals(rivals) => {
                rivals.mark_invalid(self.vocab(), &context.left(), &mut bits);
            }
        }
        let found: Arc<[u64]> = bits.into();
        let mut kept = lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&found));
        found
    }
}

/// Appends the classes of the characters of `text`, and returns the bytes of
/// one that it only begins. Bytes that are no UTF-8 count as characters of the
/// class of U+FFFD.
fn classes_of<'t>(table: &CharClasses, text: &'t [u8], classes: &mut Vec<u8>) -> &'t [u8] {
    let mut rest = text;
    loop {
        let (valid, broken) = match str::from_utf8(rest) {
            Ok(text) => (text, None),
            Err(error) => {
                let (valid, broken) = rest.split_at(error.valid_up_to());
                let valid = str::from_utf8(valid).unwrap_or_default();
                let Some(len) = error.error_len() else {
                    classes.extend(valid.chars().map(|c| table.of(c)));
                    return broken;
                };
                (valid, broken.get(len..))
            }
        };
        classes.extend(valid.chars().map(|c| table.of(c)));
        match broken {
            Some(broken) => {
                classes.push(table.of(char::REPLACEMENT_CHARACTER));
                rest = broken;
            }
            None => return &[],
        }
    }
}

/// How a token of the bytes `bytes` begins.
fn head(splits: &Splits, bytes: &[u8]) -> Head {
    if matches!(bytes.first(), Some(0x80..=0xBF)) {
        return Head::Inside;
    }
    let table = splits.classes();
    let mut classes = Vec::new();
    let begun = classes_of(table, bytes, &mut classes);
    Head::Chars(splits.shape(&classes, open_classes(table, begun)))
}

/// The classes, as bits, of the characters that begin with the bytes `begun`.
fn open_classes(table: &CharClasses, begun: &[u8]) -> u64 {
    begun.first().map_or(0, |lead| {
        let (first, last) = completions(begun, (lead.leading_ones() as usize).clamp(2, 4));
        table.between(first, last)
    })
}

/// The first and last code point of `length` bytes of UTF-8 that begin so.
fn completions(begun: &[u8], length: usize) -> (u32, u32) {
    let lead = begun.first().copied().unwrap_or(0);
    let mut bits = u32::from(lead) & (0x7F >> length);
    for &byte in begun.get(1..).unwrap_or_default() {
        bits = bits << 6 | u32::from(byte & 0x3F);
    }
    let open = 6 * (length - begun.len()) as u32;
    // Overlong forms and surrogates are left out.
    let least = match length {
        2 => 0x80,
        3 => 0x800,
        _ => 0x1_0000,
    };
    let (first, last) = (bits << open, (bits << open) | ((1 << open) - 1));
    (first.max(least), last.min(u32::from(char::MAX)))
}

fn set(bits: &mut [u64], token: u32) {
    if let Some(word) = bits.get_mut(token as usize / 64) {
        *word |= 1 << (token % 64);
    }
}

fn clear(bits: &mut [u64], token: u32) {
    if let Some(word) = bits.get_mut(token as usize / 64) {
        *word &= !(1 << (token % 64));
    }
}

fn get(bits: &[u64], token: u32) -> bool {
    bits.get(token as usize / 64).is_some_and(|word| word >> (token % 64) & 1 == 1)
}
