//! Which token may follow which, where the end of the text is open.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::atoms::CharClasses;
use super::neighbours::Neighbours;
use super::pretokenize::PreTokenizer;
use super::rivals::Rivals;
use super::splits::{FRESH, MUST, NEVER, Seam, Shape, SplitState, Splits};
use super::{Encoder, Model, NONE, Vocab};
use crate::Error;

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
}

impl Context {
    fn pending(&self) -> &[u8] {
        self.pending.get(..usize::from(self.pending_len)).unwrap_or_default()
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
    /// How tokens begin; by place in [`Vocab::order`], as runs: end, kind.
    runs: Vec<(u32, u32)>,
    heads: Vec<Head>,
    /// The kind of each place.
    head_of: Vec<u32>,
    /// Places of the tokens that may stand behind a split, and in a merged piece.
    startable: Vec<u64>,
    joinable: Vec<u64>,
    invalid: Mutex<HashMap<u32, Arc<[u64]>>>,
    seams: Mutex<HashMap<(SplitState, u32), Seam>>,
    all_seams: Mutex<HashMap<SplitState, Arc<[Seam]>>>,
}

#[derive(Debug)]
enum Rule {
    Merges(Box<Neighbours>),
    Rivals(Rivals),
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
        let words = vocab.order().len().div_ceil(64);
        let (mut startable, mut joinable) = (vec![0; words], vec![0; words]);
        let (mut heads, mut known, mut head_of) = (Vec::new(), HashMap::new(), Vec::new());
        for (place, &id) in vocab.order().iter().enumerate() {
            let is_added = added.contains(&id);
            let (reachable, whole) = match encoder.model() {
                Model::Bpe(bpe) => (bpe.merges.reachable(id), bpe.ignore_merges),
                _ => (true, true),
            };
            if reachable && !is_added {
                set(&mut joinable, place);
            }
            if reachable || is_added || whole {
                set(&mut startable, place);
            }
            let head = if is_added {
                Head::Added
            } else {
                head(&splits, vocab.token_bytes(id).unwrap_or_default())
            };
            head_of.push(*known.entry(head).or_insert_with_key(|head| {
                heads.push(head.clone());
                heads.len() as u32 - 1
            }));
        }
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (place, &kind) in head_of.iter().enumerate() {
            match runs.last_mut() {
                Some((end, last)) if *last == kind => *end = place as u32 + 1,
                _ => runs.push((place as u32 + 1, kind)),
            }
        }
        Ok(Self {
            encoder,
            rule,
            splits,
            runs,
            heads,
            head_of,
            startable,
            joinable,
            invalid: Mutex::default(),
            seams: Mutex::default(),
            all_seams: Mutex::default(),
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
        Context { last: NONE, state: FRESH, pending: [0; 3], pending_len: 0, mark: 0 }
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
        let place = self.vocab().rank(token) as usize;
        let Some(&kind) = self.head_of.get(place) else { return (false, false) };
        let seam = self.head_seam(context, kind);
        let split = seam.split && get(&self.startable, place);
        let join = seam.join && get(&self.joinable, place) && self.joins(context.last, token);
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
            return fits(&classes);
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

    /// Whether one piece may have `left` and `right` side by side; `right`
    /// may stand in a merged piece.
    fn joins(&self, left: u32, right: u32) -> bool {
        if !get(&self.joinable, self.vocab().rank(left) as usize) {
            return false;
        }
        match self.encoder.model() {
            Model::Bpe(bpe) => bpe.merges.valid_pair(left, right),
            _ => !get(&self.invalid_behind(left), self.vocab().rank(right) as usize),
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
        let place = self.vocab().rank(token) as usize;
        let kind = self.head_of.get(place).and_then(|&kind| self.heads.get(kind as usize));
        if kind == Some(&Head::Added) {
            return Context { last: token, ..self.start() };
        }
        let (_, join) = self.verdict(context, token);
        let mut next = *context;
        next.last = token;
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

    /// Sets the bits of the tokens that may follow, by place in
    /// [`Vocab::order`]; all other bits are cleared. `mask` has room for all.
    pub fn mask(&self, context: &Context, mask: &mut Vec<u64>) {
        let words = self.startable.len();
        mask.clear();
        mask.resize(words, 0);
        let mut joined = vec![0; words];
        let seams = self.seams_of(context);
        let mut from = 0;
        for &(to, kind) in &self.runs {
            let seam = seams.get(kind as usize).copied().unwrap_or(Seam::ANY);
            if seam.split {
                set_run(mask, from, to as usize);
            }
            if seam.join {
                set_run(&mut joined, from, to as usize);
            }
            from = to as usize;
        }
        if context.pending_len > 0 {
            self.clear_unfit(context, mask, &mut joined);
        }
        let last_joins = get(&self.joinable, self.vocab().rank(context.last) as usize);
        let invalid = last_joins.then(|| self.invalid_behind(context.last));
        for (i, word) in mask.iter_mut().enumerate() {
            let at = |bits: &[u64]| bits.get(i).copied().unwrap_or(0);
            *word &= at(&self.startable);
            if let Some(invalid) = &invalid {
                *word |= at(&joined) & at(&self.joinable) & !at(invalid);
            }
        }
    }

    /// Clears the bits of tokens that do not complete the character that has
    /// begun; what does not go on from it at all is no text, and stays.
    fn clear_unfit(&self, context: &Context, split: &mut [u64], joined: &mut [u64]) {
        let mut from = 0;
        for &(to, kind) in &self.runs {
            let inside = self.heads.get(kind as usize) == Some(&Head::Inside);
            let (start, end) = (from as usize, to as usize);
            from = to;
            for place in (start..end).filter(|_| inside) {
                let token = self.vocab().order().get(place).copied().unwrap_or(NONE);
                if !self.completes(context, token) {
                    for bits in [&mut *split, &mut *joined] {
                        if let Some(word) = bits.get_mut(place / 64) {
                            *word &= !(1 << (place % 64));
                        }
                    }
                }
            }
        }
    }

    /// The seams in front of each kind of head.
    fn seams_of(&self, context: &Context) -> Arc<[Seam]> {
        let all =
            || (0..self.heads.len() as u32).map(|kind| self.head_seam(context, kind)).collect();
        if context.pending_len > 0 {
            return all();
        }
        let lock = || self.all_seams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&context.state) {
            return Arc::clone(found);
        }
        let found: Arc<[Seam]> = all();
        lock().insert(context.state, Arc::clone(&found));
        found
    }

    fn invalid_behind(&self, left: u32) -> Arc<[u64]> {
        let lock = || self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().get(&left) {
            return Arc::clone(found);
        }
        let mut bits = vec![0; self.startable.len()];
        match &self.rule {
            Rule::Merges(neighbours) => neighbours.mark_invalid(left, &mut bits),
            Rule::Rivals(rivals) => rivals.mark_invalid(self.vocab(), left, &mut bits),
        }
        let found: Arc<[u64]> = bits.into();
        let mut kept = lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(left, Arc::clone(&found));
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
    Head::Chars(Shape { chars: table.shape(&classes), open: open_classes(table, begun) })
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

fn set(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

fn get(bits: &[u64], place: usize) -> bool {
    bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

/// Sets the bits of `from..to`.
fn set_run(bits: &mut [u64], from: usize, to: usize) {
    let mut place = from;
    while place < to {
        let end = (place / 64 * 64 + 64).min(to);
        if let Some(word) = bits.get_mut(place / 64) {
            *word |= (u64::MAX >> (64 - (end - place))) << (place % 64);
        }
        place = end;
    }
}
