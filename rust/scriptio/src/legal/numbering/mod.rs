//! Numbers of sections: what is printed, as a comparable value.
//!
//! `312a`, `65 ทวิ`, `第38条の3の2`, `L123-4` and `(iv)` are all a short row
//! of integers: a number inserted after another one extends it by a part, so
//! `312` < `312a` < `312b` < `313` is the order of the rows.

mod cjk;
mod inserts;
mod latin;
mod parse;
mod thai;

pub(crate) use parse::insert_behind;
pub use parse::{Numerals, parse};

/// The most parts that are kept; what is deeper does not exist in practice and is cut off.
const MAX_PARTS: usize = 6;

/// A number as printed on a section, as a row of at most six parts.
///
/// ```
/// use scriptio::legal::{Number, Numerals, parse_number};
/// let number = |text: &str| parse_number(text, Numerals::Arabic).map(|(number, _)| number);
/// assert_eq!(number("312a"), Some(Number::from_parts(&[312, 1])));
/// assert_eq!(number("12/1"), Some(Number::from_parts(&[12, 1])));
/// assert!(number("312") < number("312a") && number("312a") < number("313"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Number {
    parts: [u32; MAX_PARTS],
    len: u8,
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts().cmp(other.parts())
    }
}

/// How a number follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The very next one: `2` after `1`, `3` after `2b`.
    Next,
    /// Inserted: `2a` after `2`.
    Insert,
    /// The next one of the level above starts anew: `2.1` after `1.7`.
    Carry,
    /// That many are left out.
    Gap(u32),
    /// The same again.
    Same,
    /// A smaller one.
    Back,
}

impl Number {
    /// No number.
    pub(crate) const EMPTY: Self = Self { parts: [0; MAX_PARTS], len: 0 };

    /// A number of these parts; what is beyond the sixth is dropped.
    pub fn from_parts(parts: &[u32]) -> Self {
        let mut number = Self::default();
        for &part in parts {
            number.push(part);
        }
        number
    }

    /// A number of one part.
    pub(crate) fn single(value: u32) -> Self {
        Self::from_parts(&[value])
    }

    pub(crate) fn push(&mut self, part: u32) {
        if let Some(place) = self.parts.get_mut(usize::from(self.len)) {
            *place = part;
            self.len += 1;
        }
    }

    /// The parts, the one printed first coming first.
    pub fn parts(&self) -> &[u32] {
        self.parts.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(crate) fn last(&self) -> u32 {
        self.parts().last().copied().unwrap_or(0)
    }

    /// Whether a list may begin with it without surprise.
    pub(crate) fn is_first(&self) -> bool {
        matches!(self.parts(), [0 | 1] | [] | [1, 1])
    }

    /// Whether `self` is `head` with more parts behind it.
    pub(crate) fn extends(&self, head: &Self) -> bool {
        self.len > head.len && self.parts().starts_with(head.parts())
    }

    /// How `next` follows `self`.
    pub(crate) fn step(&self, next: &Self) -> Step {
        let (a, b) = (self.parts(), next.parts());
        let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        match (a.get(common), b.get(common)) {
            (None, None) => Step::Same,
            (None, Some(&more)) => {
                if b.len() == common + 1 && more <= 2 {
                    Step::Insert
                } else {
                    Step::Gap(more.min(3))
                }
            }
            (Some(&x), Some(&y)) if y > x => {
                let gap = y - x - 1;
                if gap == 0 && b.len() == common + 1 {
                    Step::Next
                } else if gap == 0 && b.get(common + 1..).is_some_and(|r| r.iter().all(|&p| p <= 1))
                {
                    Step::Carry
                } else {
                    Step::Gap(gap.max(1))
                }
            }
            _ => Step::Back,
        }
    }
}
