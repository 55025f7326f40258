//! From pieces to chunks: exact sizes where sums are not.

use super::measure::Measure;
use super::pack::{Piece, SCALE, Sums, pieces};
use super::plan::Atom;
use super::sizer::Unit;
use super::{Chunk, Chunker};
use crate::{Error, Span};

/// Pairs that are counted to learn what joining two atoms saves.
const SAMPLE: usize = 32;

/// The chunks of all atoms.
pub(super) fn chunks(
    chunker: &Chunker,
    atoms: &[Atom],
    measure: &Measure<'_>,
) -> Result<Vec<Chunk>, Error> {
    let join = if measure.unit().is_some() { 0 } else { saved_by_joins(atoms, measure)? };
    let sums = Sums::new(atoms, join, chunker.overlap > 0);
    let proposed = pieces(chunker, &sums);
    let sized = match measure.unit() {
        Some(unit) => {
            proposed.into_iter().map(|piece| native(atoms, measure, unit, piece)).collect()
        }
        None => confirmed(chunker, atoms, measure, &sums, proposed)?,
    };
    let chunk = |(piece, size): (Piece, usize)| {
        let span = span_of(atoms, piece);
        let body = atoms.get(piece.body).map_or(span.start, |atom| atom.start);
        let prefix = measure.prefix_at(span.start).0.checked_sub(1);
        Chunk { start: span.start, body, end: span.end, size, prefix }
    };
    Ok(sized.into_iter().map(chunk).collect())
}

fn span_of(atoms: &[Atom], piece: Piece) -> Span {
    let start = atoms.get(piece.from).map_or(0, |atom| atom.start);
    Span::new(start, atoms.get(piece.to.wrapping_sub(1)).map_or(start, |atom| atom.end))
}

fn native(atoms: &[Atom], measure: &Measure<'_>, unit: Unit, piece: Piece) -> (Piece, usize) {
    let prefix = atoms.get(piece.from).map_or(0, |atom| atom.prefix);
    let inside = atoms.get(piece.from..piece.to).unwrap_or_default();
    // A word that had to be cut is one word again where its parts meet.
    let size = match unit {
        Unit::Words => unit.count(measure.slice(span_of(atoms, piece))),
        Unit::Chars | Unit::Bytes => inside.iter().map(|atom| atom.size).sum(),
    };
    (piece, size + prefix)
}

/// Count every piece, and divide those that turn out too large until all fit.
///
/// A piece loses its overlap, then is packed again by its own ratio, then is
/// halved: at most 2 + log2(atoms) rounds, one call of the sizer each.
fn confirmed(
    chunker: &Chunker,
    atoms: &[Atom],
    measure: &Measure<'_>,
    sums: &Sums<'_>,
    mut proposed: Vec<Piece>,
) -> Result<Vec<(Piece, usize)>, Error> {
    let mut sized = Vec::with_capacity(proposed.len());
    let mut again = true;
    while !proposed.is_empty() {
        // A single atom was counted with its own prefix.
        let (single, several): (Vec<_>, Vec<_>) =
            proposed.into_iter().partition(|piece| piece.to - piece.from == 1);
        let known = |piece: Piece| {
            let atom = atoms.get(piece.from);
            (piece, atom.map_or(0, |atom| atom.size + atom.prefix))
        };
        sized.extend(single.into_iter().map(known));
        let spans: Vec<Span> = several.iter().map(|&piece| span_of(atoms, piece)).collect();
        let exact = measure.exact(&spans)?;
        proposed = Vec::new();
        for (piece, size) in several.into_iter().zip(exact) {
            if size <= chunker.size {
                sized.push((piece, size));
            } else if piece.from < piece.body {
                proposed.push(Piece { from: piece.body, ..piece });
            } else {
                divide(chunker, sums, piece, size, again, &mut proposed);
            }
        }
        again = false;
    }
    sized.sort_unstable_by_key(|(piece, _)| piece.body);
    Ok(sized)
}

/// Pack the atoms of a piece again that has `size`, into two pieces or more.
fn divide(
    chunker: &Chunker,
    sums: &Sums<'_>,
    piece: Piece,
    size: usize,
    by_ratio: bool,
    out: &mut Vec<Piece>,
) {
    let run = (piece.body, piece.to);
    let before = out.len();
    if by_ratio {
        let cost = u128::from(sums.cost(run.0, run.1));
        let most = cost * (chunker.size as u128) / (size as u128);
        sums.greedy(run, None, most as u64, 0, |piece| out.push(piece));
        if out.len() > before + 1 {
            return;
        }
        out.truncate(before);
    }
    let middle = piece.body + (piece.to - piece.body).div_ceil(2);
    out.push(Piece { to: middle, ..piece });
    out.push(Piece { from: middle, body: middle, to: piece.to });
}

/// What joining two atoms saves, in fractions: special tokens that each text
/// gets, or white space that joins the next word. The mean over some pairs.
fn saved_by_joins(atoms: &[Atom], measure: &Measure<'_>) -> Result<u64, Error> {
    let pairs = atoms.windows(2).enumerate();
    let within = pairs.filter_map(|(i, pair)| match pair {
        [first, second] if !second.head => Some((i, first.size + second.size + first.prefix)),
        _ => None,
    });
    let within: Vec<(usize, usize)> = within.collect();
    let sample = within.iter().step_by(within.len().div_ceil(SAMPLE).max(1));
    let spans: Vec<Span> = sample
        .clone()
        .map(|&(i, _)| span_of(atoms, Piece { from: i, body: i, to: i + 2 }))
        .collect();
    let exact = measure.exact(&spans)?;
    let saved: usize = sample.zip(&exact).map(|(&(_, sum), &size)| sum.saturating_sub(size)).sum();
    Ok((saved as u64 * SCALE).checked_div(exact.len() as u64).unwrap_or(0))
}
