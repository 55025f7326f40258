//! What the scorer sees of a gap: characters around it, and what the lexicon
//! says.
//!
//! Two blocks. The *lexical* one has no characters in it, only lengths,
//! classes and costs, so that weights learned from some languages serve others;
//! each value of a template has a weight of its own. The *spelled* one has
//! n-grams on both sides and whole parts, hashed into one table.

use super::fold::Folded;
use super::matches::{Longest, Matches};

/// Longest n-gram on one side of a gap.
const GRAMS: usize = 8;

/// Lengths of n-grams on both sides that are seen together.
const JOINT: [(usize, usize); 13] = [
    (1, 1),
    (1, 2),
    (1, 3),
    (2, 1),
    (2, 2),
    (2, 3),
    (3, 1),
    (3, 2),
    (3, 3),
    (2, 4),
    (4, 2),
    (4, 4),
    (1, 4),
];

/// Hashed features of a gap.
pub(super) const SPELLED: usize = 2 * GRAMS + JOINT.len() + 9;

/// Number of values of each lexical template.
const SIZES: [usize; 28] = [
    1,                           // bias
    LENGTHS * CLASSES,           // longest word to the left
    LENGTHS * CLASSES,           // longest word to the right
    CLASSES * CLASSES * CLASSES, // prefix, suffix, whole
    LENGTHS * CLASSES,           // prefix
    LENGTHS * CLASSES,           // suffix
    LENGTHS * CLASSES * CLASSES, // prefix less one character, suffix
    LENGTHS * CLASSES * CLASSES, // prefix less two, suffix
    LENGTHS * CLASSES,           // longest across
    LENGTHS * LENGTHS * LENGTHS, // longest across, left and right
    LENGTHS * CLASSES,           // length and class of the whole
    LENGTHS * LENGTHS,           // left less one character, right
    LENGTHS * LENGTHS,           // left less two, right
    9 * LENGTHS,                 // are the neighbours better?
    GAINS,                       // gain of the cut
    GAINS * CLASSES,             // with the class of the whole
    GAINS * LENGTHS,             // with the length of the shorter side
    LENGTHS * LENGTHS,           // lengths of the sides
    CLASSES * CLASSES * CLASSES, // suffix here, and one to each side
    CLASSES * CLASSES * CLASSES, // prefix here, and one to each side
    LENGTHS * CLASSES * CLASSES, // longest left with its class, class of longest right
    LENGTHS * CLASSES * CLASSES, // longest right with its class, class of longest left
    4 * 32,                      // vowels on both sides of the gap, and in the parts
    GAINS * 4,                   // gain, and whether the words around reach the ends of the word
    9 * GAINS,                   // are the gains of the neighbours larger?
    LENGTHS * LENGTHS * 4,       // longest left and right, and whether they reach the ends
    CLASSES * CLASSES * LENGTHS, // classes of the longest, length across
    CLASSES * CLASSES * CLASSES, // suffix, prefix, prefix less one
];

/// Lexical features of a gap.
pub(super) const LEXICAL: usize = SIZES.len();

/// Number of all values of lexical templates.
pub(super) const LEXICAL_VALUES: usize = {
    let mut sum = 0;
    let mut at = 0;
    while at < LEXICAL {
        #[allow(clippy::indexing_slicing)] // In a constant: checked when it is compiled.
        {
            sum += SIZES[at];
        }
        at += 1;
    }
    sum
};

/// Classes, 0 included.
const CLASSES: usize = super::lexicon::CLASSES as usize + 1;

/// Buckets of lengths and of gains.
const LENGTHS: usize = 10;
const GAINS: usize = 24;

/// The bucket of a length.
#[inline]
fn length(len: usize) -> usize {
    match len {
        0..=7 => len.saturating_sub(1),
        8..=9 => 7,
        10..=12 => 8,
        _ => 9,
    }
}

/// The bucket of a gain.
#[inline]
fn gain(gain: i32) -> usize {
    (gain.div_euclid(7) + GAINS as i32 / 2).clamp(0, GAINS as i32 - 1) as usize
}

/// The features of one gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Features {
    pub lexical: [u16; LEXICAL],
    /// Hashes; their upper bits are the place in a table.
    pub spelled: [u32; SPELLED],
}

impl Default for Features {
    fn default() -> Self {
        Self { lexical: [0; LEXICAL], spelled: [0; SPELLED] }
    }
}

/// A kind of vowel letter: what scripts with an alphabet have in common.
fn is_vowel(c: char) -> bool {
    matches!(
        c,
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'à'..='æ' | 'è'..='ï' | 'ò'..='ö' | 'ø'..='ý' | 'ÿ'
            | 'ā' | 'ă' | 'ą' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ĩ' | 'ī' | 'į' | 'ı' | 'ō' | 'ő'
            | 'œ' | 'ũ' | 'ū' | 'ů' | 'ű' | 'ų' | 'ơ' | 'ư'
            | 'α' | 'ε' | 'η' | 'ι' | 'ο' | 'υ' | 'ω' | 'ά'..='ί' | 'ό'..='ώ'
            | 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я' | 'ё' | 'і' | 'ї' | 'є' | 'ў'
    )
}

/// Reads features; keeps its room from word to word.
#[derive(Debug, Default, Clone)]
pub(super) struct Extractor {
    /// Vowels before each gap.
    vowels: Vec<u16>,
    /// Hashes of the prefix before, and the suffix behind, each gap.
    prefixes: Vec<u32>,
    suffixes: Vec<u32>,
}

const MULTIPLIER: u32 = 0x9E37_79B1;

#[inline]
fn mix(hash: u32, next: u32) -> u32 {
    (hash.rotate_left(7) ^ next).wrapping_mul(MULTIPLIER)
}

/// A hash whose upper bits depend on all of it.
#[inline]
fn finished(hash: u32, template: u32) -> u32 {
    let hash = (hash ^ template.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
    (hash ^ hash >> 15).wrapping_mul(MULTIPLIER)
}

impl Extractor {
    /// Prepare to read gaps of `word`.
    pub fn begin(&mut self, word: &Folded) {
        let len = word.len();
        self.vowels.clear();
        self.vowels.push(0);
        let mut vowels = 0;
        for &c in &word.chars {
            vowels += u16::from(is_vowel(c));
            self.vowels.push(vowels);
        }
        self.prefixes.clear();
        let mut hash = 1;
        self.prefixes.push(hash);
        for &c in &word.chars {
            hash = mix(hash, c as u32);
            self.prefixes.push(hash);
        }
        self.suffixes.clear();
        self.suffixes.resize(len + 1, 2);
        hash = 2;
        for (place, &c) in self.suffixes.iter_mut().take(len).zip(&word.chars).rev() {
            hash = mix(hash, c as u32);
            *place = hash;
        }
    }

    /// The features that have no characters in them.
    pub fn lexical(&self, word: &Folded, found: &Matches, gap: usize) -> [u16; LEXICAL] {
        let len = word.len();
        let (left, right, across) = (found.left(gap), found.right(gap), found.across(gap));
        let class = |start: usize, end: usize| usize::from(found.class(start, end));
        let (prefix, suffix, whole) = (class(0, gap), class(gap, len), class(0, len));
        let (short, shorter) = (class(0, gap - 1), class(0, gap.saturating_sub(2)));
        let (left_len, right_len) = (length(left.len), length(right.len));
        let across_len = length(across.len);
        let (before, behind) = (length(gap), length(len - gap));
        let of = |longest: Longest| usize::from(longest.class);
        let pair = |gap: usize| found.left(gap).len + found.right(gap).len;
        let here = left.len + right.len;
        let neighbours = 3 * compared(pair(gap - 1), here) + compared(pair(gap + 1), here);
        let value = found.gain(gap);
        let gains = 3 * compared(found.gain(gap - 1), value) + compared(found.gain(gap + 1), value);
        let value = gain(value);
        let reach = 2 * usize::from(left.len == gap) + usize::from(right.len == len - gap);
        let join = |a: usize, b: usize, b_size: usize| a * b_size + b;
        let three = |a: usize, b: usize, b_size: usize, c: usize, c_size: usize| {
            (a * b_size + b) * c_size + c
        };
        let values = [
            0,
            join(left_len, of(left), CLASSES),
            join(right_len, of(right), CLASSES),
            three(prefix, suffix, CLASSES, whole, CLASSES),
            join(before, prefix, CLASSES),
            join(behind, suffix, CLASSES),
            three(before, short, CLASSES, suffix, CLASSES),
            three(before, shorter, CLASSES, suffix, CLASSES),
            join(across_len, of(across), CLASSES),
            three(across_len, left_len, LENGTHS, right_len, LENGTHS),
            join(length(len), whole, CLASSES),
            join(length(found.left(gap - 1).len), right_len, LENGTHS),
            join(length(found.left(gap.saturating_sub(2)).len), right_len, LENGTHS),
            join(neighbours, left_len, LENGTHS),
            value,
            join(value, whole, CLASSES),
            join(value, length(gap.min(len - gap)), LENGTHS),
            join(before, behind, LENGTHS),
            three(suffix, class(gap - 1, len), CLASSES, class(gap + 1, len), CLASSES),
            three(prefix, class(0, gap + 1), CLASSES, short, CLASSES),
            three(left_len, of(left), CLASSES, of(right), CLASSES),
            three(right_len, of(right), CLASSES, of(left), CLASSES),
            self.vowels(word, gap),
            join(value, reach, 4),
            join(gains, value, GAINS),
            three(left_len, right_len, LENGTHS, reach, 4),
            three(of(left), of(right), CLASSES, across_len, LENGTHS),
            three(suffix, prefix, CLASSES, short, CLASSES),
        ];
        let mut base = 0;
        let mut features = [0; LEXICAL];
        for ((feature, value), size) in features.iter_mut().zip(values).zip(SIZES) {
            *feature = (base + value) as u16;
            base += size;
        }
        features
    }

    /// Vowels on both sides of the gap and in what is before and behind it.
    fn vowels(&self, word: &Folded, gap: usize) -> usize {
        let count = |at: usize| self.vowels.get(at).copied().unwrap_or_default();
        let char_at = |at: usize| word.chars.get(at).copied().unwrap_or_default();
        let (last, first) = (char_at(gap - 1), char_at(gap));
        let seam = usize::from(is_vowel(last)) + 2 * usize::from(is_vowel(first));
        let before = usize::from(count(gap)).min(2);
        let behind = usize::from(count(word.len()) - count(gap)).min(2);
        seam * 32 + before * 8 + behind * 2 + usize::from(last == first)
    }

    /// The features that are made of characters.
    pub fn spelled(&self, word: &Folded, found: &Matches, gap: usize) -> [u32; SPELLED] {
        let mut left = [0_u32; GRAMS + 1];
        let mut right = [0_u32; GRAMS + 1];
        let mut hash = 3;
        for (place, step) in left.iter_mut().skip(1).zip(1..) {
            let c = gap.checked_sub(step).and_then(|at| word.chars.get(at)).copied();
            hash = mix(hash, c.map_or(1, u32::from));
            *place = hash;
        }
        hash = 4;
        for (place, step) in right.iter_mut().skip(1).zip(0..) {
            hash = mix(hash, word.chars.get(gap + step).copied().map_or(1, u32::from));
            *place = hash;
        }
        let mut features = [0; SPELLED];
        let mut places = features.iter_mut();
        let mut put = |hash: u32, template: u32| {
            if let Some(place) = places.next() {
                *place = finished(hash, template);
            }
        };
        for size in 1..=GRAMS {
            put(gram(&left, size), 0);
            put(gram(&right, size), 0);
        }
        for (a, b) in JOINT {
            put(mix(gram(&left, a), gram(&right, b)), 1);
        }
        let prefix = self.prefixes.get(gap).copied().unwrap_or_default();
        let suffix = self.suffixes.get(gap).copied().unwrap_or_default();
        put(prefix, 2);
        put(suffix, 3);
        let (longest_left, longest_right) = (found.left(gap), found.right(gap));
        put(span_hash(word, gap - longest_left.len, gap), 4);
        put(span_hash(word, gap, gap + longest_right.len), 5);
        // Linking characters: what is left when the longest word before them is taken away.
        let link = |drop: usize| {
            let stem = found.left(gap.saturating_sub(drop)).len;
            let tail = gram(&left, drop);
            mix(mix(tail, length(stem) as u32), length(longest_right.len) as u32)
        };
        put(link(1), 6);
        put(link(2), 7);
        let value = gain(found.gain(gap)) as u32;
        put(mix(gram(&left, 2), value), 8);
        put(mix(gram(&right, 2), value), 9);
        put(mix(mix(gram(&left, 1), gram(&right, 1)), value), 10);
        features
    }
}

#[inline]
fn gram(grams: &[u32; GRAMS + 1], size: usize) -> u32 {
    grams.get(size).copied().unwrap_or_default()
}

fn span_hash(word: &Folded, start: usize, end: usize) -> u32 {
    let chars = word.chars.get(start..end).unwrap_or_default();
    chars.iter().fold(5, |hash, &c| mix(hash, c as u32))
}

#[inline]
fn compared<T: Ord + Copy>(other: T, here: T) -> usize {
    match other.cmp(&here) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => 1,
        std::cmp::Ordering::Greater => 2,
    }
}
