//! Latin letters and Roman numerals.

const ROMAN: [(u32, &str); 13] = [
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
];

/// The value of a Roman numeral in small letters, if it is written the one way that is right.
pub(super) fn roman(word: &[u8]) -> Option<u32> {
    if word.is_empty() || word.len() > 15 {
        return None;
    }
    let (mut value, mut rest) = (0, word);
    for (digit, sign) in ROMAN {
        let most = if matches!(digit, 1 | 10 | 100 | 1000) { 3 } else { 1 };
        for _ in 0..most {
            let Some(tail) = rest.strip_prefix(sign.as_bytes()) else { break };
            value += digit;
            rest = tail;
        }
    }
    rest.is_empty().then_some(value)
}

/// `a` is 1, `z` 26, `aa` 27, `bb` 28: how lists go on after their last letter.
pub(super) fn letter(word: &[u8]) -> Option<u32> {
    let (&first, rest) = word.split_first()?;
    let value = alphabet(first)?;
    (rest.len() < 4 && rest.iter().all(|&b| b == first)).then(|| value + 26 * rest.len() as u32)
}

/// `aa` is 1, `bb` 2: letters that are doubled from the start.
pub(super) fn doubled(word: &[u8]) -> Option<u32> {
    let (&first, rest) = word.split_first()?;
    (!rest.is_empty() && rest.len() < 3 && rest.iter().all(|&b| b == first))
        .then(|| alphabet(first))?
}

/// The value of letters inserted behind a number: `a` 1, `aa` 1, `ab` 28.
pub(super) fn suffix(word: &[u8]) -> Option<u32> {
    word.iter().try_fold(0_u32, |sum, &b| Some(sum * 26 + alphabet(b.to_ascii_lowercase())?))
}

fn alphabet(small: u8) -> Option<u32> {
    small.is_ascii_lowercase().then(|| u32::from(small - b'a') + 1)
}
