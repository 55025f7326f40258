//! Tokens that take what two neighbours hold: which token an encoder of whole
//! pieces never puts behind a given one.
//!
//! A token `u` that begins within what is there and ends within, or at the end
//! of, the token `r` to come is a rival of `r`. Under a unigram model `r` is no
//! part of a best segmentation if some rival, with the best that can be made
//! of what it leaves on either side, scores higher: parts of best
//! segmentations are best. What is there is the word so far. Under longest
//! match there must be no rival that begins where the last token does; this is
//! necessary and not sufficient, as a rival may take three tokens at once, and
//! such strings are let through.

use super::{Unigram, Vocab, WordPiece};

/// Scores closer than this are equal: sums differ by the order of their terms.
const CLOSE: f64 = 1e-6;

/// What decides between rivals.
#[derive(Debug)]
pub(super) enum Rivals {
    /// The sum of scores.
    Scores {
        /// By place in [`Vocab::order`]; minus infinity for what never wins.
        scores: Vec<f64>,
        /// Best scores of the rest of every token behind each of its bytes:
        /// those of one place from `starts[place]`.
        rests: Vec<f64>,
        starts: Vec<u32>,
    },
    /// Length. Tells, by place, which tokens go on a word.
    Longest(Vec<bool>),
}

/// What stands before a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'t> {
    /// The last token.
    pub last: u32,
    /// The bytes before, which end with it.
    pub tail: &'t [u8],
}

/// Neighbouring places in [`Vocab::order`].
#[derive(Debug, Clone, Copy)]
struct Places {
    from: usize,
    to: usize,
}

impl Rivals {
    pub(super) fn of_unigram(vocab: &Vocab, model: &Unigram) -> Self {
        let unk = model.unk;
        let score = |&id: &u32| match model.scores.get(id as usize) {
            Some(&score) if Some(id) != unk => score,
            _ => f64::NEG_INFINITY,
        };
        let scores: Vec<f64> = vocab.order().iter().map(score).collect();
        let (mut rests, mut starts) = (Vec::new(), Vec::with_capacity(scores.len() + 1));
        for &id in vocab.order() {
            starts.push(rests.len() as u32);
            rests.extend(best_rests(vocab, &scores, vocab.token_bytes(id).unwrap_or_default()));
        }
        starts.push(rests.len() as u32);
        Self::Scores { scores, rests, starts }
    }

    pub(super) fn of_word_piece(vocab: &Vocab, model: &WordPiece) -> Self {
        let inside = |&id: &u32| model.inside.get(id as usize).copied().unwrap_or(false);
        Self::Longest(vocab.order().iter().map(inside).collect())
    }

    /// Whether nothing better can be made of the bytes of the token at `place`.
    pub(super) fn is_best(&self, place: usize) -> bool {
        match self {
            Self::Longest(_) => true,
            Self::Scores { scores, rests, starts } => {
                let best = starts.get(place).and_then(|&start| rests.get(start as usize));
                let own = scores.get(place);
                own.zip(best).is_some_and(|(own, best)| own + CLOSE >= *best)
            }
        }
    }

    /// Sets the bits of the tokens that no encoding has behind `left`.
    pub(super) fn mark_invalid(&self, vocab: &Vocab, left: &Left<'_>, bits: &mut [u64]) {
        let Left { last, tail } = *left;
        match self {
            Self::Longest(inside) => {
                let bytes = vocab.token_bytes(last).unwrap_or_default();
                let place = vocab.rank(last) as usize;
                let kind = inside.get(place);
                meet(vocab, bytes, 0, &mut |rival, rest, _| {
                    if inside.get(rival) == kind {
                        for at in rest.from..rest.to {
                            set(vocab, bits, at, inside.get(at) == Some(&true));
                        }
                    }
                });
            }
            Self::Scores { scores, rests, starts } => {
                let at = |place: usize| scores.get(place).copied().unwrap_or(f64::NEG_INFINITY);
                // The tail is a best segmentation, since only such tokens were let through.
                let before = best_starts(vocab, scores, tail);
                let own = before.last().copied().unwrap_or(0.0);
                for (i, &before) in before.iter().enumerate().take(tail.len()) {
                    if before == f64::NEG_INFINITY || own == f64::NEG_INFINITY {
                        continue;
                    }
                    meet(vocab, tail, i, &mut |rival, rest, taken| {
                        let gain = before + at(rival) - own;
                        for place in rest.from..rest.to {
                            let start = starts.get(place).map_or(0, |&start| start as usize);
                            let rest = rests.get(start + taken).copied().unwrap_or(0.0);
                            let ahead = gain + rest - at(place);
                            // Where it is close, the sums are done as the encoder does them.
                            let wins = ahead > CLOSE
                                || ahead >= -CLOSE && self.is_invalid(vocab, left, place);
                            set(vocab, bits, place, wins);
                        }
                    });
                }
            }
        }
    }
}

impl Rivals {
    /// Whether no encoding has the token at `place` behind `left`: what
    /// [`mark_invalid`](Self::mark_invalid) says of all.
    pub(super) fn is_invalid(&self, vocab: &Vocab, left: &Left<'_>, place: usize) -> bool {
        let right = vocab.order().get(place).and_then(|&id| vocab.token_bytes(id));
        let right = right.unwrap_or_default();
        match self {
            Self::Longest(inside) => {
                let kind = inside.get(vocab.rank(left.last) as usize);
                let last = vocab.token_bytes(left.last).unwrap_or_default();
                let mut found = false;
                prefixes(vocab, &[last, right].concat(), |length, rival| {
                    found |= length > last.len() && inside.get(rival) == kind;
                });
                found && inside.get(place) == Some(&true)
            }
            Self::Scores { scores, .. } => {
                let at = |place: usize| scores.get(place).copied().unwrap_or(f64::NEG_INFINITY);
                let text = [left.tail, right].concat();
                let best = best_starts(vocab, scores, &text);
                let start = left.tail.len();
                let known = |i: usize| best.get(i).copied().unwrap_or(f64::NEG_INFINITY);
                let own = known(start) + at(place);
                if own == f64::NEG_INFINITY {
                    return false;
                }
                // Of ways to write a text that are equally good, the one with the longer last
                // token is found first and stays.
                let mut longer = f64::NEG_INFINITY;
                for i in 0..start {
                    let rest = text.get(i..).unwrap_or_default();
                    prefixes(vocab, rest, |length, rival| {
                        if length == rest.len() {
                            longer = longer.max(known(i) + at(rival));
                        }
                    });
                }
                known(text.len()) > own || longer >= own
            }
        }
    }
}

/// Calls `each` with the place of every token that begins at byte `from`
/// of `left` and runs past its end, the places of the tokens that begin
/// with what runs past it, and how many bytes that is.
fn meet(vocab: &Vocab, left: &[u8], from: usize, each: &mut impl FnMut(usize, Places, usize)) {
    let all = Places { from: 0, to: vocab.order().len() };
    let own = left.get(from..).unwrap_or_default();
    let mut rivals = all;
    for (depth, &byte) in own.iter().enumerate() {
        rivals = narrowed(vocab, rivals, depth, byte);
    }
    let mut stack = vec![(rivals, all, 0)];
    while let Some((rivals, rest, taken)) = stack.pop() {
        let depth = own.len() + taken;
        let mut at = rivals.from;
        // Those that end here come first.
        while at < rivals.to && byte_at(vocab, at, depth).is_none() {
            if taken > 0 {
                each(at, rest, taken);
            }
            at += 1;
        }
        while at < rivals.to {
            let Some(byte) = byte_at(vocab, at, depth) else { break };
            let same = narrowed(vocab, Places { from: at, to: rivals.to }, depth, byte);
            let rest = narrowed(vocab, rest, taken, byte);
            if rest.from < rest.to {
                stack.push((same, rest, taken + 1));
            }
            at = same.to;
        }
    }
}

/// Sets the bit of the token at `place` if `on`.
fn set(vocab: &Vocab, bits: &mut [u64], place: usize, on: bool) {
    let token = vocab.order().get(place).map_or(usize::MAX, |&token| token as usize);
    if let Some(word) = bits.get_mut(token / 64) {
        *word |= u64::from(on) << (token % 64);
    }
}

fn byte_at(vocab: &Vocab, place: usize, depth: usize) -> Option<u8> {
    vocab.token_bytes(*vocab.order().get(place)?)?.get(depth).copied()
}

/// Those of `places`, which agree in their first `depth` bytes, that go on with `byte`.
fn narrowed(vocab: &Vocab, places: Places, depth: usize, byte: u8) -> Places {
    let ids = vocab.order().get(places.from..places.to).unwrap_or_default();
    let next = |id: &u32| vocab.token_bytes(*id).and_then(|bytes| bytes.get(depth).copied());
    let from = ids.partition_point(|id| next(id) < Some(byte));
    let to = ids.partition_point(|id| next(id) <= Some(byte));
    Places { from: places.from + from, to: places.from + to }
}

/// Calls `each` with the lengths and places of the tokens that `bytes` begins with.
fn prefixes(vocab: &Vocab, bytes: &[u8], mut each: impl FnMut(usize, usize)) {
    let mut places = Places { from: 0, to: vocab.order().len() };
    for (depth, &byte) in bytes.iter().enumerate() {
        places = narrowed(vocab, places, depth, byte);
        if places.from == places.to {
            return;
        }
        let mut at = places.from;
        while at < places.to && byte_at(vocab, at, depth + 1).is_none() {
            each(depth + 1, at);
            at += 1;
        }
    }
}

/// Best scores of `bytes[i..]` for every i up to their end.
fn best_rests(vocab: &Vocab, scores: &[f64], bytes: &[u8]) -> Vec<f64> {
    let mut best = vec![f64::NEG_INFINITY; bytes.len() + 1];
    if let Some(last) = best.last_mut() {
        *last = 0.0;
    }
    for i in (0..bytes.len()).rev() {
        let mut found = f64::NEG_INFINITY;
        prefixes(vocab, bytes.get(i..).unwrap_or_default(), |length, place| {
            let score = scores.get(place).copied().unwrap_or(f64::NEG_INFINITY);
            found = found.max(score + best.get(i + length).copied().unwrap_or(f64::NEG_INFINITY));
        });
        if let Some(to) = best.get_mut(i) {
            *to = found;
        }
    }
    best
}

/// Best scores of `bytes[..i]` for every i up to their end.
fn best_starts(vocab: &Vocab, scores: &[f64], bytes: &[u8]) -> Vec<f64> {
    let mut best = vec![f64::NEG_INFINITY; bytes.len() + 1];
    if let Some(first) = best.first_mut() {
        *first = 0.0;
    }
    for i in 0..bytes.len() {
        let before = best.get(i).copied().unwrap_or(f64::NEG_INFINITY);
        prefixes(vocab, bytes.get(i..).unwrap_or_default(), |length, place| {
            let score = scores.get(place).copied().unwrap_or(f64::NEG_INFINITY);
            if let Some(to) = best.get_mut(i + length) {
                *to = to.max(before + score);
            }
        });
    }
    best
}
