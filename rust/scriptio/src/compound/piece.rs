//! [`Piece`]: a stretch of a compound, and what it is.

use crate::Span;

/// What a piece of a compound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PieceKind {
    /// One of the words that it is made of.
    Word,
    /// What links a word to the next, such as the second s of `wirtschaftslehre`.
    Link,
    /// One or more hyphens.
    Hyphen,
}

/// A stretch of a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Piece {
    /// Where it is, in bytes.
    pub span: Span,
    /// What it is.
    pub kind: PieceKind,
}

/// Whether `c` joins the parts of a word and is part of none.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{FF0D}' | '\u{FE63}')
}
