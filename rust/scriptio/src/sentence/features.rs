//! The features of a candidate, hashed.

use super::context::{Context, Word, shape};

/// Number of features of one candidate.
pub(crate) const COUNT: usize = 38;

/// What the word looks like, in a few bits that matter together.
fn outline(word: &Word) -> u32 {
    let len = match word.len {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 3,
        4..=5 => 4,
        6..=8 => 5,
        _ => 6,
    };
    u32::from(word.shape) << 3 | len
}

/// Class of the start of what follows, with the case of the first word.
fn start(context: &Context) -> u32 {
    let word = &context.following;
    let case = if word.shape & shape::INITIAL != 0 {
        if word.len > 1 && word.shape & (shape::LOWER) == 0 { 2 } else { 1 }
    } else if word.shape & shape::LOWER != 0 {
        // Small letters mean little in a text without capitals.
        if context.capitals == 1 { 6 } else { 3 }
    } else if word.shape & shape::CASELESS != 0 {
        4
    } else if word.shape & shape::DIGIT != 0 {
        5
    } else {
        0
    };
    (context.next as u32) << 3 | case
}

/// Combines what a template looks at into one number.
macro_rules! join {
    ($($value:expr),+ $(,)?) => {{
        let mut hash = 0_u64;
        $(hash = (hash.rotate_left(23) ^ u64::from($value)).wrapping_mul(0x9E37_79B9_7F4A_7C15);)+
        hash
    }};
}

/// The hashes of the features of `context` for language number `lang`.
///
/// The upper bits of each hash are the better ones.
#[inline]
pub(crate) fn extract(context: &Context, lang: u32) -> [u64; COUNT] {
    let c = context;
    let tail = c.tail;
    let begin = start(c);
    let gap = u32::from(c.gap);
    let script = u32::from(c.script);
    let word = c.word.hash;
    let next = c.following.hash;
    let outline_left = outline(&c.word);
    let outline_right = outline(&c.following);
    let length = u32::from(c.lines.length);
    let room = u32::from(c.lines.room);
    let after = u32::from(c.lines.after);
    let known = (c.abbreviation as u32) << 1 | u32::from(c.starter);
    let kind = (c.last as u32) << 5 | c.first as u32;
    let case = begin & 7;
    [
        join!(1_u32, tail, gap, begin),
        join!(2_u32, tail, gap, begin, script),
        join!(3_u32, tail, gap, begin, lang),
        join!(4_u32, tail, gap, word),
        join!(5_u32, tail, gap, next),
        join!(6_u32, word, case, gap, lang),
        join!(7_u32, tail, word, lang),
        join!(8_u32, next, gap, kind),
        join!(9_u32, next, c.mark as u32, lang),
        join!(10_u32, tail, outline_left, begin),
        join!(11_u32, kind, outline_left, outline_right, gap),
        join!(12_u32, c.word.affix, kind, case),
        join!(13_u32, c.following.affix, kind, case),
        join!(14_u32, tail, c.before as u32, outline_left, case),
        join!(15_u32, c.previous.hash, kind, case),
        join!(16_u32, outline(&c.previous), outline_left, kind, case),
        join!(17_u32, c.between, outline_left, kind),
        join!(18_u32, c.head, tail, gap),
        join!(19_u32, c.head, kind, gap, lang),
        join!(20_u32, begin, c.after as u32, c.second as u32, kind),
        join!(21_u32, outline_left, lang, kind, case),
        join!(22_u32, outline_right, lang, kind, gap),
        join!(23_u32, length, room, kind, case),
        join!(24_u32, length, after, kind, case),
        join!(25_u32, room, after, kind, case, gap),
        join!(26_u32, gap, length, c.last as u32, begin),
        join!(27_u32, kind, gap, lang),
        join!(28_u32, word, next, kind),
        join!(29_u32, c.mark as u32, script, gap, case),
        join!(30_u32, c.previous.hash, word, tail),
        join!(31_u32, c.capitals, kind, outline_left),
        join!(32_u32, c.capitals, kind, gap, outline_right),
        join!(33_u32, known, begin, gap),
        join!(34_u32, known, outline_left, outline_right),
        join!(35_u32, known, lang, case),
        join!(36_u32, known, word, case),
        join!(37_u32, c.bracket, kind, case),
        join!(38_u32, c.starter, tail, outline_left, gap),
    ]
}

/// The number that stands for a language in the features.
pub(crate) fn lang_number(code: &str) -> u32 {
    code.bytes().fold(0, |hash, b| hash << 8 | u32::from(b))
}
