//! Numerals of Chinese, Japanese and Korean statutes.

const IROHA: &str = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";
const HANGUL: &str = "가나다라마바사아자차카타파하";

/// イ is 1, ロ 2: the order of the poem, which lists of Japanese statutes follow.
pub(super) fn iroha(letter: char) -> Option<u32> {
    IROHA.chars().position(|c| c == letter).map(|at| at as u32 + 1)
}

/// 가 is 1, 나 2.
pub(super) fn hangul(letter: char) -> Option<u32> {
    HANGUL.chars().position(|c| c == letter).map(|at| at as u32 + 1)
}

/// ① is 1, up to ㊿.
pub(super) fn circled(letter: char) -> Option<u32> {
    let code = letter as u32;
    match code {
        0x2460..=0x2473 => Some(code - 0x2460 + 1),
        0x3251..=0x325F => Some(code - 0x3251 + 21),
        0x32B1..=0x32BF => Some(code - 0x32B1 + 36),
        _ => None,
    }
}

fn digit(letter: char) -> Option<u32> {
    Some(match letter {
        '〇' | '零' | '○' => 0,
        '一' | '壱' => 1,
        '二' | '弐' | '两' => 2,
        '三' | '参' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn unit(letter: char) -> Option<u32> {
    Some(match letter {
        '十' | '拾' => 10,
        '百' => 100,
        '千' => 1000,
        '万' => 10_000,
        _ => return None,
    })
}

/// The numeral that `text` begins with, and its bytes: 二百一十 as well as 二一〇.
pub(super) fn numeral(text: &str) -> Option<(u32, usize)> {
    let (mut total, mut section, mut open) = (0_u32, 0_u32, None);
    let (mut bytes, mut positional) = (0, 0);
    for letter in text.chars().take(16) {
        if let Some(value) = digit(letter) {
            open = match open {
                None => {
                    positional = 1;
                    Some(value)
                }
                Some(before) if positional > 0 && positional < 6 => {
                    positional += 1;
                    Some(before * 10 + value)
                }
                Some(_) => break,
            };
        } else if let Some(unit) = unit(letter) {
            positional = 0;
            if unit == 10_000 {
                total += (section + open.unwrap_or(0)).max(1) * unit;
                section = 0;
            } else {
                section += open.unwrap_or(1) * unit;
            }
            open = None;
        } else {
            break;
        }
        bytes += letter.len_utf8();
    }
    (bytes > 0).then(|| (total + section + open.unwrap_or(0), bytes))
}
