//! English numbers spelled out, up to ninety-nine: `ARTICLE TWENTY-ONE`, `TWELFTH:`.

/// From one on.
const ONES: [(&str, &str); 19] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("four", "fourth"),
    ("five", "fifth"),
    ("six", "sixth"),
    ("seven", "seventh"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("ten", "tenth"),
    ("eleven", "eleventh"),
    ("twelve", "twelfth"),
    ("thirteen", "thirteenth"),
    ("fourteen", "fourteenth"),
    ("fifteen", "fifteenth"),
    ("sixteen", "sixteenth"),
    ("seventeen", "seventeenth"),
    ("eighteen", "eighteenth"),
    ("nineteen", "nineteenth"),
];

/// From twenty on.
const TENS: [(&str, &str); 8] = [
    ("twenty", "twentieth"),
    ("thirty", "thirtieth"),
    ("forty", "fortieth"),
    ("fifty", "fiftieth"),
    ("sixty", "sixtieth"),
    ("seventy", "seventieth"),
    ("eighty", "eightieth"),
    ("ninety", "ninetieth"),
];

/// The cardinal that `text` begins with, and its bytes.
pub(super) fn cardinal(text: &str) -> Option<(u32, usize)> {
    number(text, |&(cardinal, _)| cardinal)
}

/// The ordinal that `text` begins with, and its bytes.
pub(super) fn ordinal(text: &str) -> Option<(u32, usize)> {
    number(text, |&(_, ordinal)| ordinal)
}

fn number(
    text: &str,
    last: impl Fn(&(&'static str, &'static str)) -> &'static str,
) -> Option<(u32, usize)> {
    let word = word(text)?;
    let place = |table: &[(&'static str, &'static str)], word: &str| {
        table.iter().position(|pair| last(pair).eq_ignore_ascii_case(word)).map(|at| at as u32)
    };
    if let Some(at) = place(&ONES, word) {
        return Some((at + 1, word.len()));
    }
    let plain = TENS.iter().position(|(tens, _)| tens.eq_ignore_ascii_case(word));
    let rest = text.get(word.len()..)?;
    if let Some(tens) = plain
        && let Some(tail) = rest.strip_prefix(['-', ' '])
        && let Some(next) = self::word(tail)
        && let Some(ones) = place(ONES.get(..9)?, next)
    {
        return Some((tens as u32 * 10 + 21 + ones, word.len() + 1 + next.len()));
    }
    place(&TENS, word).map(|at| (at * 10 + 20, word.len()))
}

/// The letters that `text` begins with; none if they are too many for a number.
fn word(text: &str) -> Option<&str> {
    let length = text.bytes().take(16).take_while(u8::is_ascii_alphabetic).count();
    text.get(..length).filter(|_| length < 12)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_their_end() {
        assert_eq!(cardinal("ONE"), Some((1, 3)));
        assert_eq!(cardinal("Nineteen."), Some((19, 8)));
        assert_eq!(cardinal("Twenty-One: Fees"), Some((21, 10)));
        assert_eq!(cardinal("NINETY NINE"), Some((99, 11)));
        assert_eq!(cardinal("Forty days"), Some((40, 5)));
        assert_eq!(ordinal("twelfth:"), Some((12, 7)));
        assert_eq!(ordinal("Twenty-second."), Some((22, 13)));
        assert_eq!(ordinal("THIRTIETH"), Some((30, 9)));
    }

    #[test]
    fn other_words_are_none() {
        for text in ["", "Once", "First", "Oneness", "Twenty-first", "é", "internationalisation"] {
            assert_eq!(cardinal(text).filter(|&(_, end)| end == text.len()), None, "{text}");
        }
        assert_eq!(ordinal("twenty"), None);
    }
}
