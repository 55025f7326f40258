//! The features of a candidate, hashed.

use super::context::Context;
use super::word::{Word, shape};

/// Number of features of a candidate at a line break.
pub(crate) const COUNT: usize = 33;
/// Number of features that settle most candidates by themselves; they come first.
pub(crate) const STRONG: usize = 12;
/// Number of features of a candidate inside a line: the last are about lines.
pub(crate) const INLINE: usize = COUNT - 4;

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
    let word = &context.right.following;
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
    (context.right.next as u32) << 3 | case
}

/// Odd factors that keep the parts of a feature apart: a feature is the sum of
/// its parts times their factors, mixed once. So every part is multiplied
/// once for all features that hold it.
const FACTORS: [u64; PARTS] = factors();
const PARTS: usize = 32;

const fn factors() -> [u64; PARTS] {
    let mut out = [0; PARTS];
    let mut state = 0x243F_6A88_85A3_08D3_u64;
    let mut i = 0;
    while i < PARTS {
        // splitmix64
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        out[i] = (z ^ (z >> 31)) | 1;
        i += 1;
    }
    out
}

/// The sum of the parts of template `number`, mixed.
macro_rules! join {
    ($number:literal, $($part:ident),+) => {{
        let sum = ($number as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)$(.wrapping_add($part))+;
        (sum ^ (sum >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }};
}

/// The hashes of the features of `context` for language number `lang`.
///
/// The upper bits of each hash are the better ones.
#[inline]
pub(crate) fn extract(context: &Context, lang: u32) -> [u64; COUNT] {
    let c = context;
    let part = |i: usize, value: u32| u64::from(value).wrapping_mul(FACTORS[i % PARTS]);
    let begin = start(c);
    let known = (c.abbreviation as u32) << 1 | u32::from(c.starter);
    let tail = part(0, c.left.tail);
    let case = part(1, begin & 7);
    let gap = part(2, u32::from(c.gap));
    let script = part(3, u32::from(c.script));
    let word = part(4, c.left.word.hash);
    let next = part(5, c.right.following.hash);
    let left = part(6, outline(&c.left.word));
    let right = part(7, outline(&c.right.following));
    let length = part(8, u32::from(c.lines.length));
    let room = part(9, u32::from(c.lines.room));
    let below = part(10, u32::from(c.lines.after));
    let kind = part(11, (c.left.last as u32) << 5 | c.left.first as u32);
    let lang = part(12, lang);
    let mark = part(13, c.left.mark as u32);
    let begin = part(14, begin);
    let known = part(15, known);
    let previous = part(16, c.left.previous.hash);
    let before = part(17, c.left.before as u32);
    let suffix = part(18, c.left.word.affix);
    let prefix = part(19, c.right.following.affix);
    let farther = part(20, outline(&c.left.previous));
    let between = part(21, c.left.between);
    let head = part(22, c.right.head);
    let after = part(23, (c.right.after as u32) << 5 | c.right.second as u32);
    let capitals = part(24, u32::from(c.capitals));
    let bracket = part(25, u32::from(c.bracket));
    let last = part(26, c.left.last as u32);
    [
        join!(1, tail, gap, begin),
        join!(3, tail, gap, begin, lang),
        join!(10, tail, left, begin),
        join!(18, head, tail, gap),
        join!(20, begin, after, kind),
        join!(33, known, begin, gap),
        join!(37, bracket, kind, case),
        join!(38, known, tail, left, gap),
        join!(29, mark, script, gap, case),
        join!(11, kind, left, right, gap),
        join!(14, tail, before, left, case),
        join!(16, farther, left, kind, case),
        join!(4, tail, gap, word),
        join!(5, tail, gap, next),
        join!(7, tail, word, lang),
        join!(8, next, gap, kind),
        join!(9, next, mark, lang),
        join!(12, suffix, kind, case),
        join!(13, prefix, kind, case),
        join!(15, previous, kind, case),
        join!(17, between, left, kind),
        join!(19, head, kind, gap, lang),
        join!(21, left, lang, kind, case),
        join!(22, right, lang, kind, gap),
        join!(27, kind, gap, lang),
        join!(31, capitals, kind, left),
        join!(32, capitals, kind, gap, right),
        join!(34, known, left, right),
        join!(35, known, lang, case),
        join!(23, length, room, kind, case),
        join!(24, length, below, kind, case),
        join!(25, room, below, kind, case, gap),
        join!(26, gap, length, last, begin),
    ]
}

/// The number that stands for a language in the features.
pub(crate) fn lang_number(code: &str) -> u32 {
    code.bytes().fold(0, |hash, b| hash << 8 | u32::from(b))
}
