//! From a run of atoms to pieces: which atoms share a chunk, by sums.

use super::plan::Atom;
use super::{Chunker, Packing};

/// Sizes are added up in fractions of a unit, because what joining two atoms
/// saves is a mean.
pub(super) const SCALE: u64 = 256;

/// Atoms of one chunk, by index: `from..body` are those of the chunk before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: usize,
    pub(super) body: usize,
    pub(super) to: usize,
}

/// Sums of the sizes of atoms.
pub(super) struct Sums<'a> {
    atoms: &'a [Atom],
    /// Sum before each atom, and of all, in fractions.
    before: Vec<u64>,
    /// What joining two atoms saves, in fractions.
    join: u64,
    /// For each atom, the last closed one up to it.
    closed: Vec<u32>,
}

impl<'a> Sums<'a> {
    pub(super) fn new(atoms: &'a [Atom], join: u64, overlap: bool) -> Self {
        let mut before = Vec::with_capacity(atoms.len() + 1);
        let mut sum = 0_u64;
        before.push(sum);
        for atom in atoms {
            sum += (atom.size as u64).saturating_mul(SCALE).saturating_sub(join);
            before.push(sum);
        }
        let mut last = 0;
        let closed_at = |(i, atom): (usize, &Atom)| {
            if atom.closed {
                last = i as u32;
            }
            last
        };
        let closed =
            if overlap { atoms.iter().enumerate().map(closed_at).collect() } else { Vec::new() };
        Self { atoms, before, join, closed }
    }

    fn sum(&self, from: usize, to: usize) -> u64 {
        let at = |i: usize| self.before.get(i).copied().unwrap_or_default();
        at(to).saturating_sub(at(from)) + self.join
    }

    /// What a chunk of these atoms is taken to have, with its prefix.
    pub(super) fn cost(&self, from: usize, to: usize) -> u64 {
        let prefix = self.atoms.get(from).map_or(0, |atom| atom.prefix);
        self.sum(from, to).saturating_add((prefix as u64).saturating_mul(SCALE))
    }

    /// The first atom of at most `overlap` before `body`, no earlier than `least`.
    fn overlap_from(&self, body: usize, least: usize, overlap: u64) -> usize {
        let closed = self.closed.get(body).map_or(body, |&i| i as usize);
        let first = closed.max(least).min(body);
        let sums = self.before.get(first..body).unwrap_or_default();
        let end = self.before.get(body).copied().unwrap_or_default() + self.join;
        first + sums.partition_point(|&sum| end.saturating_sub(sum) > overlap)
    }

    /// Append the pieces of the run `run` that are at most `most` each, where
    /// single atoms allow. `before` is where the piece before the run starts.
    pub(super) fn greedy(
        &self,
        run: (usize, usize),
        before: Option<usize>,
        most: u64,
        overlap: u64,
        mut push: impl FnMut(Piece),
    ) {
        let mut least = before.map_or(0, |from| from + 1);
        let mut body = run.0;
        while body < run.1 {
            let mut from =
                if overlap == 0 { body } else { self.overlap_from(body, least, overlap) };
            while from < body && self.cost(from, body + 1) > most {
                from += 1;
            }
            let mut to = body + 1;
            while to < run.1 && self.cost(from, to + 1) <= most {
                to += 1;
            }
            push(Piece { from, body, to });
            least = from + 1;
            body = to;
        }
    }

    /// The smallest limit, to 1/64, that takes no more pieces than `most` does.
    fn balanced(&self, run: (usize, usize), before: Option<usize>, most: u64, overlap: u64) -> u64 {
        let count = |most| {
            let mut pieces = 0_usize;
            self.greedy(run, before, most, overlap, |_| pieces += 1);
            pieces
        };
        let fewest = count(most);
        if fewest <= 1 {
            return most;
        }
        let (mut low, mut high) = (most / 2, most);
        while high - low > (most / 64).max(1) {
            let middle = low + (high - low) / 2;
            if count(middle) <= fewest {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }
}

/// The pieces of all runs.
pub(super) fn pieces(chunker: &Chunker, sums: &Sums<'_>) -> Vec<Piece> {
    let scaled = |size: usize| (size as u64).saturating_mul(SCALE);
    let (most, overlap) = (scaled(chunker.size), scaled(chunker.overlap));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    while start < sums.atoms.len() {
        let rest = sums.atoms.iter().skip(start + 1);
        let end = start + 1 + rest.take_while(|atom| !atom.head).count();
        let before = pieces.last().map(|piece| piece.from);
        let limit = match chunker.packing {
            Packing::Greedy => most,
            Packing::Balanced => sums.balanced((start, end), before, most, overlap),
        };
        sums.greedy((start, end), before, limit, overlap, |piece| pieces.push(piece));
        start = end;
    }
    pieces
}
