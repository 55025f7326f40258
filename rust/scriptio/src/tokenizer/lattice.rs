//! [`Lattice`]: the best pieces for one word.
//!
//! The best path through all pieces that fit (Viterbi; Kudo 2018, section 3.2),
//! forward over the places of the word: at each the best score of a path that
//! ends there and its last piece are known. Of paths with equal scores the one
//! whose last piece is longest counts, as in `SentencePiece`.
//!
//! A word may be as long as the text. Its beginning is settled, written out and
//! forgotten as soon as all paths that may still win agree in it, which changes
//! nothing; so memory holds a few thousand places. Only a word that goes on
//! repeating itself can keep paths apart for ever. Where more than a million
//! characters are open, the best path so far is taken: one boundary of a piece
//! may then lie elsewhere than in the best path of the whole word.

use super::Tokens;
use super::trie::Trie;

/// Places that are collected before it is tried to settle some of them.
const SETTLE_FROM: usize = 4096;

/// Places from which on some are settled whether paths agree or not.
const SETTLE_ALL: usize = 1 << 20;

/// The last piece of the best path to a place.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Characters of the piece.
    len: u32,
    /// Where it ends in the trie.
    unit: u32,
}

/// A word while it is being written in pieces.
#[derive(Debug)]
pub(super) struct Lattice {
    /// Codes of the characters, and where they come from.
    codes: Vec<u32>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    /// Score of the best path to each place, and its last step.
    best: Vec<f64>,
    steps: Vec<Step>,
    /// Places whose pieces have all been looked at.
    looked: usize,
    /// Length at which settling is tried next.
    settle_at: usize,
    /// Whether the last token that was written is of this word and unknown.
    after_unknown: bool,
    path: Vec<(usize, Step)>,
}

impl Lattice {
    pub(super) fn new() -> Self {
        Self {
            codes: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            best: Vec::new(),
            steps: Vec::new(),
            looked: 0,
            settle_at: SETTLE_FROM,
            after_unknown: false,
            path: Vec::new(),
        }
    }

    /// Append a character that comes from bytes `start..end` of the text.
    #[inline]
    pub(super) fn push(&mut self, code: u32, start: usize, end: usize) {
        self.codes.push(code);
        self.starts.push(start);
        self.ends.push(end);
    }

    /// Write out what is settled, if the word has become long.
    #[inline]
    pub(super) fn relieve(&mut self, trie: &Trie, unk: u32, out: &mut Tokens) {
        if self.codes.len() >= self.settle_at {
            self.settle(trie, unk, out);
        }
    }

    /// Write the rest of the word and begin a new one.
    pub(super) fn finish(&mut self, trie: &Trie, unk: u32, out: &mut Tokens) {
        self.look(self.codes.len(), trie);
        self.write(self.codes.len(), trie, unk, out);
        self.codes.clear();
        self.starts.clear();
        self.ends.clear();
        self.best.clear();
        self.steps.clear();
        self.looked = 0;
        self.settle_at = SETTLE_FROM;
        self.after_unknown = false;
    }

    /// Look at the pieces that begin at the places up to `to`.
    fn look(&mut self, to: usize, trie: &Trie) {
        let places = self.codes.len() + 1;
        self.best.resize(places, f64::NEG_INFINITY);
        self.steps.resize(places, Step { len: 0, unit: 0 });
        if self.looked == 0
            && let Some(first) = self.best.first_mut()
            && *first == f64::NEG_INFINITY
        {
            *first = 0.0;
        }
        for at in self.looked..to {
            let (Some((&code, behind)), Some((so_far, best))) = (
                self.codes.get(at..).and_then(<[u32]>::split_first),
                self.best.get_mut(at..).and_then(<[f64]>::split_first_mut),
            ) else {
                return;
            };
            let Some(steps) = self.steps.get_mut(at + 1..) else { return };
            let so_far = *so_far;
            let root = trie.root(code);
            let mut unit_at = root.unit;
            let mut unit = trie.unit(unit_at);
            let mut score = root.score;
            let mut codes = behind.iter();
            for ((best, step), len) in best.iter_mut().zip(steps).zip(1..) {
                // The order of the sum and the strictness of the comparison are those of Hugging
                // Face's code: equal bits, equal ties.
                let candidate = score + so_far;
                if candidate > *best {
                    *best = candidate;
                    *step = Step { len, unit: unit_at };
                }
                let Some(&code) = codes.next() else { break };
                let next_at = unit.base.wrapping_add(code);
                let next = trie.unit(next_at);
                if next.parent != unit_at {
                    break;
                }
                (unit_at, unit, score) = (next_at, next, next.score);
            }
        }
        self.looked = to;
    }

    /// Write the best path to the place `to`.
    fn write(&mut self, to: usize, trie: &Trie, unk: u32, out: &mut Tokens) {
        self.path.clear();
        let mut at = to;
        while at > 0 {
            let Some(&step) = self.steps.get(at) else { break };
            at = at.saturating_sub(step.len.max(1) as usize);
            self.path.push((at, step));
        }
        for &(at, step) in self.path.iter().rev() {
            let last = at + step.len.max(1) as usize - 1;
            let (Some(&start), Some(&end)) = (self.starts.get(at), self.ends.get(last)) else {
                continue;
            };
            let id = if step.len == 1 {
                self.codes.get(at).map_or(unk, |&code| trie.root(code).id)
            } else {
                trie.id(step.unit)
            };
            let unknown = id == unk;
            if unknown
                && self.after_unknown
                && let Some(open) = out.ends.last_mut()
            {
                *open = end;
            } else {
                out.ids.push(id);
                out.starts.push(start);
                out.ends.push(end);
            }
            self.after_unknown = unknown;
        }
    }

    /// Write out and forget the places that all paths have in common.
    fn settle(&mut self, trie: &Trie, unk: u32, out: &mut Tokens) {
        // Up to here every piece that may begin is complete.
        let to = (self.codes.len() + 1).saturating_sub(trie.depth());
        self.look(to, trie);
        // Each path passes one of the last `depth` places up to `to`. Walk them all back, the
        // farthest first, until they have met.
        let mut alive = vec![false; to + 1];
        let from = (to + 1).saturating_sub(trie.depth());
        let mut count = 0;
        for place in alive.iter_mut().skip(from) {
            *place = true;
            count += 1;
        }
        let mut common = 0;
        for at in (0..=to).rev() {
            if !alive.get(at).copied().unwrap_or(false) {
                continue;
            }
            if count == 1 {
                common = at;
                break;
            }
            let len = self.steps.get(at).map_or(1, |step| step.len.max(1) as usize);
            match alive.get_mut(at.saturating_sub(len)) {
                Some(before) if !*before => *before = true,
                _ => count -= 1,
            }
        }
        if common == 0 && to >= SETTLE_ALL {
            common = to;
            // Pieces that span the cut are out of the question now.
            self.best.truncate(to + 1);
            self.steps.truncate(to + 1);
        }
        if common > 0 {
            self.write(common, trie, unk, out);
            self.codes.drain(..common);
            self.starts.drain(..common);
            self.ends.drain(..common);
            self.best.drain(..common);
            self.steps.drain(..common);
            self.looked = to - common;
        }
        // Doubling keeps the time linear where nothing could be settled.
        self.settle_at = (2 * self.codes.len()).max(SETTLE_FROM);
    }
}
