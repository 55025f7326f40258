//! Numbers of sections: what is printed, as a comparable value.
//!
//! `312a`, `65 ทวิ`, `第38条の3の2`, `L123-4` and `(iv)` are all a short row
//! of integers: a number inserted after another one extends it by a part, so
//! `312` < `312a` < `312b` < `313` is the order of the rows.

mod cjk;
mod english;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    fn parts(text: &str, numerals: Numerals) -> Option<(Vec<u32>, usize)> {
        parse(text, numerals).map(|(number, length)| (number.parts().to_vec(), length))
    }

    fn roman(mut value: u32) -> String {
        let signs = [
            (1000, "M"),
            (900, "CM"),
            (500, "D"),
            (400, "CD"),
            (100, "C"),
            (90, "XC"),
            (50, "L"),
            (40, "XL"),
            (10, "X"),
            (9, "IX"),
            (5, "V"),
            (4, "IV"),
            (1, "I"),
        ];
        let mut out = String::new();
        for (digit, sign) in signs {
            while value >= digit {
                out.push_str(sign);
                value -= digit;
            }
        }
        out
    }

    fn kanji(value: u32) -> String {
        let digits: Vec<char> = "〇一二三四五六七八九".chars().collect();
        let mut out = String::new();
        for (unit, sign) in [(1000, "千"), (100, "百"), (10, "十")] {
            let digit = value / unit % 10;
            if digit > 0 {
                if digit > 1 {
                    out.push(digits[digit as usize]);
                }
                out.push_str(sign);
            }
        }
        if !value.is_multiple_of(10) {
            out.push(digits[value as usize % 10]);
        }
        out
    }

    #[test]
    fn what_is_written_is_read() {
        for value in 1..4000 {
            let one = |text: &str, numerals| {
                assert_eq!(parts(text, numerals), Some((vec![value], text.len())), "{text}");
            };
            one(&value.to_string(), Numerals::Arabic);
            one(&roman(value), Numerals::Roman);
            one(&roman(value).to_lowercase(), Numerals::SmallRoman);
            one(&kanji(value), Numerals::Kanji);
            let digits = value.to_string();
            let thai = digits.chars().map(|c| char::from_u32(c as u32 - 48 + 0xE50).unwrap());
            one(&thai.collect::<String>(), Numerals::Arabic);
            let wide = digits.chars().map(|c| char::from_u32(c as u32 - 48 + 0xFF10).unwrap());
            one(&wide.collect::<String>(), Numerals::Arabic);
        }
        for (at, letter) in ('a'..='z').enumerate() {
            let at = at as u32 + 1;
            let twice = letter.to_string().repeat(2);
            assert_eq!(parts(&letter.to_string(), Numerals::Lower), Some((vec![at], 1)));
            assert_eq!(parts(&twice, Numerals::Lower), Some((vec![at + 26], 2)));
            assert_eq!(parts(&twice, Numerals::DoubleLower), Some((vec![at], 2)));
        }
    }

    #[test]
    fn inserts_are_further_parts() {
        let cases: [(&str, Numerals, &[u32]); 19] = [
            ("312a", Numerals::Arabic, &[312, 1]),
            ("12/1", Numerals::Arabic, &[12, 1]),
            ("65 ทวิ", Numerals::Arabic, &[65, 2]),
            ("65 ปัญจวีสติ", Numerals::Arabic, &[65, 25]),
            ("๖๕ เตตติงสติ", Numerals::Arabic, &[65, 33]),
            ("14 bis", Numerals::Latin, &[14, 2]),
            ("14-ter", Numerals::Latin, &[14, 3]),
            ("1er", Numerals::Latin, &[1]),
            ("5º", Numerals::Latin, &[5]),
            ("78aaa", Numerals::Code, &[78, 703]),
            ("29-102.01", Numerals::Code, &[29, 102, 1]),
            ("28:2-101", Numerals::Code, &[28, 2, 101]),
            ("L123-4", Numerals::Code, &[12, 123, 4]),
            ("R*122-1", Numerals::Code, &[18, 122, 1]),
            ("2000e–5", Numerals::Code, &[2000, 5, 5]),
            ("三十八の三の二", Numerals::Kanji, &[38, 3, 2]),
            ("e-1", Numerals::Lower, &[5, 1]),
            ("4B-i", Numerals::Arabic, &[4, 2, 9]),
            ("VI bis", Numerals::Roman, &[6, 2]),
        ];
        for (text, numerals, expected) in cases {
            assert_eq!(parts(text, numerals), Some((expected.to_vec(), text.len())), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        let cases = [
            ("5th", Numerals::Arabic),
            ("iiii", Numerals::SmallRoman),
            ("ic", Numerals::SmallRoman),
            ("abc", Numerals::Lower),
            ("", Numerals::Arabic),
            ("x", Numerals::Kanji),
            ("99999999999", Numerals::Arabic),
        ];
        for (text, numerals) in cases {
            assert_eq!(parse(text, numerals), None, "{text}");
        }
    }

    #[test]
    fn steps_between_numbers() {
        let step = |a: &[u32], b: &[u32]| Number::from_parts(a).step(&Number::from_parts(b));
        assert_eq!(step(&[1], &[2]), Step::Next);
        assert_eq!(step(&[2, 2], &[3]), Step::Next);
        assert_eq!(step(&[2], &[2, 1]), Step::Insert);
        assert_eq!(step(&[65], &[65, 2]), Step::Insert);
        assert_eq!(step(&[1, 9], &[2, 1]), Step::Carry);
        assert_eq!(step(&[3], &[7]), Step::Gap(3));
        assert_eq!(step(&[3], &[3]), Step::Same);
        assert_eq!(step(&[7], &[3]), Step::Back);
        assert_eq!(step(&[7, 1], &[7]), Step::Back);
    }
}
