//! Where a pre-tokenizer may still split a text whose end is not known.
//!
//! Whether ` ` ends a piece in `a  b` is decided by what follows. So the end
//! of a text that goes on is a state: the characters since the last split
//! that every continuation keeps, as classes (see [`CharClasses`]), with what
//! the tokens chosen so far say about splits among them. What may follow is
//! found by asking the pre-tokenizer itself, with one character of each class
//! for all that could come. Ends of texts with which all that is tried comes
//! out the same are one state (the residuals of Myhill and Nerode, as far as
//! they are tried), so states are few; they are found as texts need them, once.
//!
//! Continuations of two characters are tried, of three that patterns name
//! (contractions, white space), and runs of up to four; a pattern that looks
//! further ahead may be allowed less than it allows. The tests hold the
//! patterns of the known tokenizers to this.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::atoms::CharClasses;
use super::pretokenize::PreTokenizer;
use crate::Error;

/// Behind this character there must be a split, or a token was no token.
pub(super) const MUST: u8 = 0x80;
/// Behind this character there must be none: it is inside a token.
pub(super) const NEVER: u8 = 0x40;
const CLASS: u8 = 0x3F;

/// A run of one class behaves alike from here on.
const RUN: usize = 6;
/// Characters of a state; what is older is taken as settled.
const KEY: usize = 60;

/// A state of [`Splits`].
pub(super) type SplitState = u32;

/// The state in front of a text and behind every settled split.
pub(super) const FRESH: SplitState = 0;

/// What may stand between a text and a continuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seam {
    /// A split.
    pub split: bool,
    /// No split.
    pub join: bool,
}

impl Seam {
    /// Nothing is known, so everything may be.
    pub(super) const ANY: Self = Self { split: true, join: true };
}

/// How a token looks to the pre-tokenizer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    /// The classes of its whole characters.
    pub chars: Vec<u8>,
    /// The classes, as bits, that a character may have which it only begins.
    pub open: u64,
    /// What is tried behind it.
    behind: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct State {
    key: Box<[u8]>,
    /// Whether the text may end here.
    may_end: bool,
}

/// A state, the mark behind it, and the classes of a token.
type Step = (SplitState, u8, Box<[u8]>);

/// What a state does with each continuation that is tried: [`DEAD`], or where
/// it splits, bit i for in front of its character i.
type Residual = Box<[u8]>;

/// The continuation leaves some token not in one piece.
const DEAD: u8 = u8::MAX;

#[derive(Debug, Default)]
struct States {
    ids: HashMap<Residual, SplitState>,
    all: Vec<Arc<State>>,
    steps: HashMap<Step, Option<SplitState>>,
}

/// The states of one pre-tokenizer.
#[derive(Debug)]
pub(super) struct Splits {
    pre: Option<Arc<dyn PreTokenizer>>,
    classes: CharClasses,
    states: RwLock<States>,
}

impl Splits {
    /// Without a pre-tokenizer a text is one piece.
    ///
    /// # Errors
    /// If its patterns cannot be read.
    pub(super) fn new(pre: Option<Arc<dyn PreTokenizer>>) -> Result<Self, Error> {
        let classes = match &pre {
            Some(pre) => CharClasses::new(&pre.patterns())?,
            None => CharClasses::one(),
        };
        let splits = Self { pre, classes, states: RwLock::default() };
        let (residual, _) = splits.residual(&[]);
        splits.intern(Vec::new(), residual);
        Ok(splits)
    }

    /// The classes of characters.
    pub(super) fn classes(&self) -> &CharClasses {
        &self.classes
    }

    /// What may stand between `state` and a token of the shape `shape`: as far
    /// as some continuation leaves the token, and all before it, in one piece
    /// each.
    pub(super) fn seam(&self, state: SplitState, shape: &Shape) -> Seam {
        let state = self.state(state);
        let mut token = shape.chars.clone();
        let mut seam = Seam::default();
        if shape.open == 0 {
            self.add_seam(&state.key, &token, &shape.behind, &mut seam);
        }
        for class in bits(shape.open) {
            token.push(class as u8);
            self.add_seam(&state.key, &token, &shape.behind, &mut seam);
            token.pop();
        }
        seam
    }

    /// The shape of a token of whole characters of the classes `token`, and
    /// one that it begins, of the classes `open`, if any.
    pub(super) fn shape(&self, token: &[u8], open: u64) -> Shape {
        let chars = self.classes.shape(token);
        let behind = if open == 0 {
            self.behind(&chars)
        } else {
            // What follows a character that is not whole yet is far away.
            std::iter::once(vec![])
                .chain((0..self.classes.len() as u8).map(|class| vec![class]))
                .collect()
        };
        Shape { chars, open, behind }
    }

    /// Adds what the continuations `behind` of `token` behind `key` leave open.
    fn add_seam(&self, key: &[u8], token: &[u8], behind: &[Vec<u8>], seam: &mut Seam) {
        let (musts, mut nevers) = marks(key);
        for inside in 1..token.len() {
            nevers |= bit(key.len() + inside);
        }
        let end = bit(key.len());
        let text: Vec<u8> = key.iter().chain(token).copied().collect();
        self.futures(&text, behind, |found| {
            if found & musts == musts && found & nevers == 0 {
                // At the front of the text, and behind a settled split, there is one.
                let split = key.is_empty() || found & end != 0;
                seam.split |= split;
                seam.join |= !split;
            }
            *seam != Seam::ANY
        });
    }

    /// Whether the text may end at `state`.
    pub(super) fn may_end(&self, state: SplitState) -> bool {
        self.state(state).may_end
    }

    /// The state behind the characters of a token, of the classes `token`;
    /// `mark` says what stands before them: [`MUST`], [`NEVER`] or 0. None if
    /// no continuation leaves all tokens so far in one piece each.
    pub(super) fn step(&self, state: SplitState, mark: u8, token: &[u8]) -> Option<SplitState> {
        if token.is_empty() {
            return Some(state);
        }
        let step = (state, mark, shortened(token).into_boxed_slice());
        if let Some(&next) = self.read().steps.get(&step) {
            return next;
        }
        let found = self.settle(&self.state(state).key, mark, &step.2);
        let next = found.map(|(key, residual)| self.intern(key, residual));
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        states.steps.insert(step, next);
        next
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, States> {
        self.states.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, state: SplitState) -> Arc<State> {
        let states = self.read();
        let found = states.all.get(state as usize).or_else(|| states.all.first());
        found.cloned().unwrap_or_else(|| Arc::new(State { key: [].into(), may_end: true }))
    }

    /// The state of `residual`; `key` stands for it if it is a new one.
    fn intern(&self, key: Vec<u8>, residual: Residual) -> SplitState {
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = states.ids.get(&residual) {
            return id;
        }
        let id = states.all.len() as SplitState;
        // The first that is tried is nothing at all.
        let may_end = residual.first().is_some_and(|&first| first != DEAD);
        states.ids.insert(residual, id);
        states.all.push(Arc::new(State { key: key.into(), may_end }));
        id
    }

    /// What `key` does with all that is tried behind it, and the splits that
    /// stay the same whatever follows: those that are there always, and those
    /// that are there at least once.
    fn residual(&self, key: &[u8]) -> (Residual, [u64; 2]) {
        let (mut always, mut ever) = (u64::MAX, 0);
        let (musts, nevers) = marks(key);
        let mut residual = Vec::new();
        self.futures(key, &self.behind(&[]), |found| {
            ever |= found;
            always &= found;
            let fits = found & musts == musts && found & nevers == 0;
            // In front of the text, and behind a settled split, there is one.
            let begins = u64::from(key.is_empty());
            residual.push(if fits { (found >> key.len() | begins) as u8 } else { DEAD });
            true
        });
        (residual.into(), [always, ever])
    }

    /// The key behind `token`, without what no continuation can change, and
    /// its residual. None if every continuation is dead.
    fn settle(&self, key: &[u8], mark: u8, token: &[u8]) -> Option<(Vec<u8>, Residual)> {
        let mut key = key.to_vec();
        if let Some(last) = key.last_mut() {
            *last |= mark;
        }
        let inside = token.len().saturating_sub(1);
        key.extend(token.iter().enumerate().map(|(i, &c)| if i < inside { c | NEVER } else { c }));
        key.drain(..key.len().saturating_sub(KEY));
        let (residual, [always, ever]) = self.residual(&key);
        if residual.iter().all(|&found| found == DEAD) {
            return None;
        }
        let inner = bit(key.len()) - 1;
        let settled = 64 - (always & (inner | bit(key.len()))).leading_zeros() as usize;
        for (i, item) in key.iter_mut().enumerate() {
            let behind = bit(i + 1);
            if ever & behind == 0 {
                *item &= !NEVER;
            }
            if always & behind != 0 {
                *item &= !MUST;
            }
        }
        key.drain(..settled.saturating_sub(1).min(key.len()));
        Some((shortened(&key), residual))
    }

    /// What is tried behind a token, which tells the more the longer it is.
    fn behind(&self, token: &[u8]) -> Vec<Vec<u8>> {
        let classes = 0..self.classes.len() as u8;
        let pairs = |class: u8| self.classes.pairs_behind(class);
        let mut all = vec![vec![]];
        match *token {
            [] => {
                for a in classes.clone() {
                    all.extend([vec![a], vec![a; 3], vec![a; 4]]);
                    all.extend(classes.clone().map(|b| vec![a, b]));
                    all.extend(pairs(a).iter().map(|[b, c]| vec![a, *b, *c]));
                }
            }
            [a] => {
                all.extend(classes.map(|b| vec![b]));
                all.extend([vec![a; 2], vec![a; 3]]);
                all.extend(pairs(a).iter().map(|pair| pair.to_vec()));
            }
            [a, b] if self.classes.is_mark(a) || !self.classes.is_letter(b) => {
                all.extend([vec![b], vec![b; 2]]);
                all.extend(self.classes.named().iter().map(|&c| vec![c]));
            }
            [.., last] if self.classes.is_letter(last) => {
                // Where case splits words, the letters to come may join what is before.
                all.extend(self.classes.letters().map(|letter| vec![letter]));
            }
            [.., last] => all.extend([vec![last], vec![last; 2]]),
        }
        all
    }

    /// Calls `each` with the splits that the continuations leave, one after the
    /// other as long as it says so: bit i for a split behind i characters of
    /// the text `key` and the continuation.
    fn futures(&self, key: &[u8], continuations: &[Vec<u8>], mut each: impl FnMut(u64) -> bool) {
        let Some(pre) = &self.pre else {
            // One piece, whatever follows; it ends where the text does.
            for future in continuations {
                if !each(if future.is_empty() { bit(key.len()) } else { 0 }) {
                    return;
                }
            }
            return;
        };
        let (mut text, mut ends) = (String::new(), Vec::new());
        let add = |text: &mut String, ends: &mut Vec<usize>, items: &[u8]| {
            for item in items {
                text.push(self.classes.sample(item & CLASS));
                ends.push(text.len());
            }
        };
        add(&mut text, &mut ends, key);
        let (length, mut splits) = (text.len(), Vec::new());
        for future in continuations {
            text.truncate(length);
            ends.truncate(key.len());
            add(&mut text, &mut ends, future);
            if !future.is_empty() {
                ends.pop(); // Where the text ends says nothing.
            }
            splits.clear();
            pre.split(&text, &mut splits);
            let (mut found, mut place) = (0, 0);
            for &split in &splits {
                while ends.get(place).is_some_and(|&end| end < split) {
                    place += 1;
                }
                if split > 0 && ends.get(place) == Some(&split) {
                    found |= bit(place + 1);
                }
            }
            if !each(found) {
                return;
            }
        }
    }
}

/// The bit of a split behind `count` characters.
fn bit(count: usize) -> u64 {
    1 << count.min(63)
}

/// Splits that must be, and must not be, by the marks of `key`.
fn marks(key: &[u8]) -> (u64, u64) {
    let (mut musts, mut nevers) = (0, 0);
    for (i, item) in key.iter().enumerate() {
        if item & MUST != 0 {
            musts |= bit(i + 1);
        }
        if item & NEVER != 0 {
            nevers |= bit(i + 1);
        }
    }
    (musts, nevers)
}

/// `items` with runs of more than [`RUN`] equal ones cut to that.
fn shortened(items: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(items.len());
    let mut run = 0;
    for &item in items {
        run = if out.last() == Some(&item) { run + 1 } else { 1 };
        if run <= RUN {
            out.push(item);
        }
    }
    out
}

/// The places of the bits of `word`.
fn bits(word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let place = rest.trailing_zeros() as usize;
        (rest != 0).then(|| {
            rest &= rest - 1;
            place
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use std::sync::Arc;

    use super::super::classes::Classes;
    use super::super::known::PATTERNS;
    use super::super::pretokenize::{Behavior, Chain, Step};
    use super::{FRESH, MUST, NEVER, Seam, Splits};

    fn splits(pattern: &str) -> Splits {
        let steps = vec![Step::regex(pattern, Behavior::Isolated, false).unwrap()];
        Splits::new(Some(Arc::new(Chain { steps, classes: Classes::new() }))).unwrap()
    }

    fn classes(splits: &Splits, text: &str) -> Vec<u8> {
        text.chars().map(|c| splits.classes().of(c)).collect()
    }

    #[test]
    fn ends_that_go_on_alike_are_one_state() {
        for (pattern, _) in PATTERNS {
            let splits = splits(pattern);
            let state = |text| splits.step(FRESH, 0, &classes(&splits, text)).unwrap();
            for same in [["the", "cat"], ["the", "a"], ["there", "sdmtllvere"], [",,", ".,;"]] {
                assert_eq!(state(same[0]), state(same[1]), "{same:?} {pattern}");
            }
            for other in [["the", "1"], ["the", "."], ["the", " "], [" ", "\n"], ["the", "'"]] {
                assert_ne!(state(other[0]), state(other[1]), "{other:?} {pattern}");
            }
            // Whatever is read, states are few.
            let text = "Of the 123 McDonald's who're in 'quotes', I'd say: \t\n  'tis 4you";
            classes(&splits, text).iter().fold(FRESH, |state, class| {
                let next = splits.step(state, 0, &[*class]).unwrap();
                splits.step(state, 0, &[*class, *class]);
                next
            });
            assert!(splits.read().all.len() < 40, "{}", splits.read().all.len());
        }
    }

    /// The end that stands for a state, and the end that was read.
    #[test]
    fn a_state_does_what_all_its_ends_do() {
        let mut seed = 0x9E37_79B9_7F4A_7C15u64;
        let mut chance = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 33) as usize % below
        };
        let right = r" ?\p{L}+|\p{N}{1,3}(?=(\p{N}{3})*(?!\p{N}))| ?[^\s\p{L}\p{N}]+|\s+";
        for pattern in PATTERNS.iter().map(|(pattern, _)| *pattern).chain([right]) {
            let splits = splits(pattern);
            let count = splits.classes().len();
            for _ in 0..40 {
                let (mut state, mut key) = (FRESH, Vec::new());
                for _ in 0..8 {
                    let mark = [0, 0, 0, MUST][chance(4)];
                    // Runs, as texts have them, more than chance would make.
                    let class = chance(count) as u8;
                    let token = vec![class; 1 + chance(2)];
                    let known = splits.step(state, mark, &token);
                    let found = splits.settle(&key, mark, &token);
                    assert_eq!(known.is_some(), found.is_some(), "{key:?} {token:?} {pattern}");
                    let (Some(next), Some((behind, _))) = (known, found) else { break };
                    (state, key) = (next, behind);
                    for _ in 0..6 {
                        let token: Vec<u8> = (0..=chance(4)).map(|_| chance(count) as u8).collect();
                        let shape = splits.shape(&token, 0);
                        let mut expected = Seam::default();
                        splits.add_seam(&key, &shape.chars, &shape.behind, &mut expected);
                        assert_eq!(splits.seam(state, &shape), expected, "{key:?} {token:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_open_stays_open_and_no_more() {
        let splits = splits(PATTERNS[3].0);
        let shape = |text| splits.shape(&classes(&splits, text), 0);
        let state = |mark, texts: [&str; 2]| {
            let first = splits.step(FRESH, 0, &classes(&splits, texts[0])).unwrap();
            splits.step(first, mark, &classes(&splits, texts[1])).unwrap()
        };
        let seam = |split, join| Seam { split, join };
        let the = splits.step(FRESH, 0, &classes(&splits, "the")).unwrap();
        assert_eq!(splits.seam(the, &shape("re")), seam(false, true));
        assert_eq!(splits.seam(the, &shape(" re")), seam(true, false));
        // The last space of several goes to the word behind it, if one comes.
        let spaces = splits.step(FRESH, 0, &classes(&splits, "  ")).unwrap();
        assert_eq!(splits.seam(spaces, &shape(" ")), Seam::ANY);
        assert_eq!(splits.seam(spaces, &shape("a")), seam(false, false));
        // A split between the quote and `s` would be none in `'s`, but one must be in ` 's`.
        let quote = splits.step(the, 0, &classes(&splits, "'")).unwrap();
        assert_eq!(splits.seam(quote, &shape("s")), seam(false, true));
        assert_eq!(state(MUST, ["the", "'"]), quote);
        assert!(splits.step(the, NEVER, &classes(&splits, " ")).is_none());
    }
}
