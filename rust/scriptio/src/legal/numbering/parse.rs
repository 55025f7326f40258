//! From text to [`Number`], one numeral system at a time.

use super::{Number, cjk, english, inserts, latin, thai};

/// How numbers of a level are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Numerals {
    /// Digits (ASCII, Thai or full width) with what is inserted behind: `312a`, `12/1`, `65 ทวิ`.
    Arabic,
    /// Digits with Latin inserts behind a blank or hyphen as well: `14 bis`, `14-ter`.
    Latin,
    /// Digits in several parts, with letters before or between: `L123-4`, `29-101.02`, `1.1`.
    Code,
    /// `IV`.
    Roman,
    /// `iv`.
    SmallRoman,
    /// `A`, after `Z` `AA`.
    Upper,
    /// `a`, after `z` `aa`.
    Lower,
    /// `AA`, `BB`.
    DoubleUpper,
    /// `aa`, `bb`.
    DoubleLower,
    /// `ก`.
    ThaiLetter,
    /// `二百一十`, `38の3`.
    Kanji,
    /// `イ`.
    Iroha,
    /// `가`.
    Hangul,
    /// `①`.
    Circled,
    /// `PRIMERO`, `première`.
    Ordinal,
    /// `ONE`, `Twenty-One`.
    Cardinal,
}

impl Numerals {
    /// The system of a name as grammars use it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "arabic" => Self::Arabic,
            "latin" => Self::Latin,
            "code" => Self::Code,
            "roman" => Self::Roman,
            "small-roman" => Self::SmallRoman,
            "upper" => Self::Upper,
            "lower" => Self::Lower,
            "double-upper" => Self::DoubleUpper,
            "double-lower" => Self::DoubleLower,
            "thai-letter" => Self::ThaiLetter,
            "kanji" => Self::Kanji,
            "iroha" => Self::Iroha,
            "hangul" => Self::Hangul,
            "circled" => Self::Circled,
            "ordinal" => Self::Ordinal,
            "cardinal" => Self::Cardinal,
            _ => return None,
        })
    }
}

/// The number that `text` begins with, and how many bytes it takes.
///
/// A number ends where a word ends: `5th` is none.
///
/// ```
/// use scriptio::legal::{Number, Numerals, parse_number};
/// assert_eq!(parse_number("xiv)", Numerals::SmallRoman), Some((Number::from_parts(&[14]), 3)));
/// assert_eq!(parse_number("三十八の三", Numerals::Kanji), Some((Number::from_parts(&[38, 3]), 15)));
/// assert_eq!(parse_number("65 ทวิ", Numerals::Arabic), Some((Number::from_parts(&[65, 2]), 12)));
/// assert_eq!(parse_number("5th", Numerals::Arabic), None);
/// ```
pub fn parse(text: &str, numerals: Numerals) -> Option<(Number, usize)> {
    let (number, length) = match numerals {
        Numerals::Arabic => arabic(text, false)?,
        Numerals::Latin => arabic(text, true)?,
        Numerals::Code => return code(text),
        Numerals::Roman => word(text, u8::is_ascii_uppercase, latin::roman)?,
        Numerals::SmallRoman => word(text, u8::is_ascii_lowercase, latin::roman)?,
        Numerals::Upper => word(text, u8::is_ascii_uppercase, latin::letter)?,
        Numerals::Lower => word(text, u8::is_ascii_lowercase, latin::letter)?,
        Numerals::DoubleUpper => word(text, u8::is_ascii_uppercase, latin::doubled)?,
        Numerals::DoubleLower => word(text, u8::is_ascii_lowercase, latin::doubled)?,
        Numerals::ThaiLetter => return one(text, thai::letter),
        Numerals::Kanji => return kanji(text),
        Numerals::Iroha => return one(text, cjk::iroha),
        Numerals::Hangul => return one(text, cjk::hangul),
        Numerals::Circled => return one(text, cjk::circled),
        Numerals::Ordinal => {
            let (value, length) = inserts::ordinal(text).or_else(|| english::ordinal(text))?;
            (Number::single(value), length)
        }
        Numerals::Cardinal => {
            let (value, length) = english::cardinal(text)?;
            (Number::single(value), length)
        }
    };
    ends_word(text.get(length..)?).then_some((number, length))
}

/// Whether what follows cannot belong to the same word or number.
fn ends_word(rest: &str) -> bool {
    match rest.as_bytes().first() {
        None => true,
        Some(b) if b.is_ascii() => !b.is_ascii_alphanumeric() || begins_title(rest),
        // No letter of an alphabet with case; ideographs and Thai letters may follow at once.
        Some(_) => rest.chars().next().is_none_or(|c| !c.is_lowercase() && !c.is_uppercase()),
    }
}

/// A title that follows at once, the blank lost in conversion: `3.1Yield Protection`.
fn begins_title(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b'A'..=b'Z', b'a'..=b'z', ..])
}

fn one(text: &str, value: impl Fn(char) -> Option<u32>) -> Option<(Number, usize)> {
    let letter = text.chars().next()?;
    Some((Number::single(value(letter)?), letter.len_utf8()))
}

/// The digits that `text` begins with, and their bytes.
pub(crate) fn digits(text: &str) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    let mut length = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii_digit() {
            value = value.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
            length = at + 1;
        } else {
            if byte < 0x80 || length > 0 && length != at {
                break;
            }
            return wide_digits(text);
        }
        if length > 9 {
            return None;
        }
    }
    (length > 0).then_some((value, length))
}

/// [`digits`] in Thai or full-width digits.
fn wide_digits(text: &str) -> Option<(u32, usize)> {
    let (mut value, mut length) = (0_u32, 0);
    for letter in text.chars().take(10) {
        let digit = match letter {
            '0'..='9' => letter as u32 - '0' as u32,
            '๐'..='๙' => letter as u32 - '๐' as u32,
            '０'..='９' => letter as u32 - '０' as u32,
            _ => break,
        };
        value = value.saturating_mul(10).saturating_add(digit);
        length += letter.len_utf8();
    }
    (length > 0 && value < 1_000_000_000).then_some((value, length))
}

/// A letter word that is a numeral as a whole, with parts inserted behind hyphens: `iv`, `e-1`.
fn word(
    text: &str,
    part: impl Fn(&u8) -> bool,
    value: impl Fn(&[u8]) -> Option<u32>,
) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let mut length = bytes.iter().take(16).take_while(|b| part(b)).count();
    let mut small = [0_u8; 16];
    for (to, from) in small.iter_mut().zip(bytes.get(..length)?) {
        *to = from.to_ascii_lowercase();
    }
    let mut number = Number::single(value(small.get(..length)?)?);
    let rest = text.get(length..)?;
    // `Ier`, `Ière` in France.
    if number.parts() == [1] {
        length += ["ère", "er", "re"].iter().find(|m| rest.starts_with(**m)).map_or(0, |m| m.len());
    }
    let rest = text.get(length..)?;
    if rest.starts_with(['-', ' ', '/']) {
        length += inserted(rest, &mut number, true);
    }
    Some((number, length))
}

fn arabic(text: &str, latin: bool) -> Option<(Number, usize)> {
    let (value, mut length) = digits(text)?;
    let mut number = Number::single(value);
    // Marks of ordinals say nothing: 1º, 1er, 2.ª.
    let rest = text.get(length..)?;
    if latin {
        length += ["ero", "ers", "er", "ère", ".º", ".ª", "º", "ª", "°", "o"]
            .iter()
            .find(|mark| rest.starts_with(**mark) && rest.get(mark.len()..).is_some_and(ends_word))
            .map_or(0, |mark| mark.len());
    }
    length += inserted(text.get(length..)?, &mut number, latin);
    Some((number, length))
}

/// Reads the insert behind the label of a section, `の三`, `之一`, `의2`; gives the bytes read.
pub(crate) fn insert_behind(text: &str, number: &mut Number) -> usize {
    let mut length = 0;
    for _ in 0..super::MAX_PARTS {
        let Some(rest) = text.get(length..) else { break };
        let Some(tail) = ["の", "之", "의"].iter().find_map(|mark| rest.strip_prefix(mark))
        else {
            break;
        };
        let Some((value, taken)) = digits(tail).or_else(|| cjk::numeral(tail)) else { break };
        number.push(value);
        length += 3 + taken;
    }
    length
}

/// Reads what is inserted behind a number; gives the bytes read.
fn inserted(text: &str, number: &mut Number, latin: bool) -> usize {
    let mut length = 0;
    let mut pali = false;
    while number.len() < super::MAX_PARTS {
        let Some(rest) = text.get(length..) else { break };
        let bytes = rest.as_bytes();
        let Some(&first) = bytes.first() else { break };
        let (value, taken) = match first {
            b'a'..=b'z' | b'A'..=b'Z' => {
                let letters = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
                let word = bytes.get(..letters).unwrap_or_default();
                // `5th` is no `5` with an insert.
                if matches!(word, b"st" | b"nd" | b"rd" | b"th") {
                    break;
                }
                if letters > 3 || rest.get(letters..).is_some_and(|r| !ends_word(r)) {
                    // `4B1` goes on in digits; anything longer is a word.
                    if letters > 3 || !bytes.get(letters).is_some_and(u8::is_ascii_digit) {
                        break;
                    }
                }
                if let Some((value, taken)) = inserts::latin(rest).filter(|_| latin) {
                    (value, taken)
                } else if let Some(value) = latin::suffix(word) {
                    (value, letters)
                } else {
                    break;
                }
            }
            b'/' => match rest.get(1..).and_then(digits) {
                Some((value, taken)) => (value, taken + 1),
                None => break,
            },
            b'-' => {
                let Some(tail) = rest.get(1..) else { break };
                if let Some((value, taken)) = inserts::latin(tail) {
                    (value, taken + 1)
                } else if let Some((value, taken)) = digits(tail) {
                    (value, taken + 1)
                } else {
                    let letters = tail.bytes().take(5).take_while(u8::is_ascii_alphabetic).count();
                    let word = tail.as_bytes().get(..letters).unwrap_or_default();
                    match latin::suffix(word) {
                        Some(value) if (1..=3).contains(&letters) => (value, letters + 1),
                        _ => break,
                    }
                }
            }
            b' ' => {
                let Some(tail) = rest.get(1..) else { break };
                let found = if latin { inserts::latin(tail) } else { None };
                // ฉ is the sixth, but a letter as well, and stands for nothing behind another one.
                let thai = !pali && tail.as_bytes().first() == Some(&0xE0);
                match found.or_else(|| if thai { inserts::pali(tail) } else { None }) {
                    Some((value, taken)) => {
                        pali = true;
                        (value, taken + 1)
                    }
                    None => break,
                }
            }
            0xE3 | 0xE4 => {
                let Some(tail) = rest.strip_prefix("の").or_else(|| rest.strip_prefix("之"))
                else {
                    break;
                };
                match digits(tail).or_else(|| cjk::numeral(tail)) {
                    Some((value, taken)) => (value, taken + 3),
                    None => break,
                }
            }
            _ => break,
        };
        number.push(value);
        length += taken;
    }
    length
}

fn kanji(text: &str) -> Option<(Number, usize)> {
    let (value, mut length) = cjk::numeral(text).or_else(|| digits(text))?;
    let mut number = Number::single(value);
    length += inserted(text.get(length..)?, &mut number, false);
    Some((number, length))
}

/// Parts joined by points, hyphens and colons, perhaps behind a letter: `L. 123-4`, `28:2-101`.
fn code(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let mut number = Number::default();
    let mut length = 0;
    let letters = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    if letters > 0 {
        if letters > 2 {
            return None;
        }
        number.push(latin::suffix(bytes.get(..letters)?)?);
        length = letters;
        while matches!(bytes.get(length), Some(b'*' | b'.' | b' ' | b'-')) && length < letters + 3 {
            length += 1;
        }
    }
    loop {
        let (value, taken) = digits(text.get(length..)?)?;
        number.push(value);
        length += taken;
        let rest = text.get(length..)?;
        // A letter behind digits is an insert, `01a`.
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        // `15th` is no number of a section.
        if matches!(rest.get(..letters), Some("st" | "nd" | "rd" | "th")) {
            return None;
        }
        let small = if begins_title(rest) && letters > 2 { 0 } else { letters };
        if (1..=3).contains(&small) && rest.get(small..).is_some_and(ends_word) {
            number.push(latin::suffix(rest.as_bytes().get(..small)?)?);
            length += small;
        } else if small > 0 {
            return None;
        }
        let rest = text.get(length..)?;
        let joined = match rest.as_bytes() {
            [b'.' | b'-' | b':' | b'/', next, ..] if next.is_ascii_digit() => 1,
            // `2000e–5`; between digits a dash is a range.
            [0xE2, 0x80, 0x93, next, ..] if next.is_ascii_digit() && small > 0 => 3,
            _ => 0,
        };
        if joined == 0 || number.len() >= super::MAX_PARTS {
            // ` bis` and `-bis`, as French codes have them.
            let more = match rest.as_bytes() {
                [b' ' | b'-', ..] => rest.get(1..).and_then(inserts::latin),
                _ => None,
            };
            if let Some((value, taken)) = more {
                number.push(value);
                length += taken + 1;
            }
            break;
        }
        length += joined;
    }
    ends_word(text.get(length..)?).then_some((number, length))
}
