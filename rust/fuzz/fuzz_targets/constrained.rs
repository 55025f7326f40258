//! Whatever the text, scores and limits: decoded segments partition the text,
//! keep the maximum, keep the minimum where that is promised, and are the best
//! of all segmentations of texts short enough to try every one.
#![no_main]

mod parts;

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use scriptio::scores::{Algorithm, Decoder, Meaning, Prior, PriorShape};
use scriptio::{Boundary, Newlines};

/// What white space, graphemes and line breaks are made of.
const PARTS: &[&str] = &[
    "x",
    "word",
    ". ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\n \t\n",
    "\u{2029}",
    "\u{a0}",
    "字",
    "。",
    "é",
    "e\u{301}\u{302}",
    "👩‍👩‍👧",
    "🇩🇪",
    "\u{200d}",
    "\u{0}",
    "\u{10ffff}",
];

/// Texts of up to so many letters are cut in every way.
const TINY: usize = 12;

#[derive(Debug)]
struct Input {
    text: String,
    /// Byte offsets on boundaries, in order, some of them equal.
    ends: Vec<usize>,
    probabilities: Vec<f32>,
    threshold: f32,
    min: usize,
    max: Option<usize>,
    prior: Prior,
    algorithm: Algorithm,
    meaning: Meaning,
    newlines: Newlines,
}

impl Input {
    fn decode(&self) -> Vec<Boundary> {
        Decoder::builder()
            .threshold(self.threshold)
            .min_length(self.min)
            .max_length(self.max)
            .prior(self.prior)
            .algorithm(self.algorithm)
            .meaning(self.meaning)
            .newlines(self.newlines)
            .build()
            .expect("a valid policy")
            .decode(&self.text, &self.ends, &self.probabilities)
            .expect("valid scores")
    }

    /// Whether there is a candidate behind every letter, and nothing else to cut at.
    fn is_tiny(&self) -> bool {
        let letters = self.text.len();
        self.text.bytes().all(|byte| byte == b'x')
            && (1..=TINY).contains(&letters)
            && self.ends.iter().copied().eq(1..=letters)
            && self.algorithm == Algorithm::Viterbi
    }
}

fn probability(u: &mut Unstructured<'_>) -> arbitrary::Result<f32> {
    Ok(match u.int_in_range(0..=9_u8)? {
        0 => 0.0,
        1 => 1.0,
        2 => f32::from_bits(1),
        _ => f32::from(u.arbitrary::<u16>()?) / f32::from(u16::MAX),
    })
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let threshold = probability(u)?;
        let min = u.int_in_range(1..=20)?;
        let over = u.int_in_range(0..=40)?;
        let max = u.arbitrary::<bool>()?.then_some(min + over);
        let shape = *u.choose(&[
            PriorShape::Uniform,
            PriorShape::Gaussian,
            PriorShape::ClippedPolynomial,
            PriorShape::Lognormal,
        ])?;
        let target = f64::from(u.int_in_range(1..=400_u16)?) / 10.0;
        let spread = f64::from(u.int_in_range(1..=400_u16)?) / 10.0;
        let prior = Prior::new(shape, target, spread).expect("a valid prior");
        let algorithm = *u.choose(&[Algorithm::Viterbi, Algorithm::Greedy])?;
        let meaning = *u.choose(&[Meaning::Sentences, Meaning::Pack])?;
        let newlines = *u.choose(&[Newlines::Paragraph, Newlines::Always, Newlines::Never])?;
        let mut text = String::new();
        let mut ends = Vec::new();
        if u.arbitrary()? {
            let letters = u.int_in_range(1..=TINY)?;
            text.extend(std::iter::repeat_n('x', letters));
            ends.extend(1..=letters);
        } else {
            while !u.is_empty() && text.len() < 1 << 12 {
                parts::push(u, &mut text, PARTS, 9)?;
                for _ in 0..u.int_in_range(0..=2_u8)? {
                    ends.push(text.len());
                }
            }
        }
        let probabilities =
            ends.iter().map(|_| probability(u)).collect::<arbitrary::Result<Vec<f32>>>()?;
        Ok(Self {
            text,
            ends,
            probabilities,
            threshold,
            min,
            max,
            prior,
            algorithm,
            meaning,
            newlines,
        })
    }
}

/// How good a segmentation of a tiny text is: what it breaks, which should be small, and its
/// score, which should be large. `ends` are its ends, the text's included.
fn value(input: &Input, ends: &[usize]) -> (u64, f64) {
    let above = |end: usize| input.probabilities[end - 1] > input.threshold;
    let len = input.text.len();
    let max = input.max.unwrap_or(usize::MAX);
    let (mut broken, mut lost) = (0, 0);
    if input.meaning == Meaning::Sentences {
        let mut start = 0;
        for end in (1..=len).filter(|&end| end == len || above(end)) {
            if end - start <= max {
                broken += ends.iter().filter(|&&cut| start < cut && cut < end).count() as u64;
            }
            start = end;
        }
        lost = (1..len).filter(|end| above(*end) && !ends.contains(end)).count() as u64;
    }
    let mut score = 0.0;
    let mut start = 0;
    for &end in ends {
        score += input.prior.log(end - start);
        if end < len {
            score += f64::from(input.probabilities[end - 1].max(f32::from_bits(1))).ln();
        }
        start = end;
    }
    (broken << 12 | lost, score)
}

/// The best value of all segmentations within the limits.
fn best(input: &Input) -> Option<(u64, f64)> {
    let len = input.text.len();
    let max = input.max.unwrap_or(usize::MAX);
    let mut best: Option<(u64, f64)> = None;
    for set in 0_u32..1 << (len - 1) {
        let mut ends: Vec<usize> = (1..len).filter(|end| set >> (end - 1) & 1 == 1).collect();
        ends.push(len);
        let starts = [0].into_iter().chain(ends.iter().copied());
        if starts.zip(&ends).any(|(start, end)| !(input.min..=max).contains(&(end - start))) {
            continue;
        }
        let (cost, score) = value(input, &ends);
        if best.is_none_or(|(least, most)| cost < least || cost == least && score > most) {
            best = Some((cost, score));
        }
    }
    best
}

fuzz_target!(|input: Input| {
    let ends: Vec<usize> = input.decode().iter().map(|boundary| boundary.offset).collect();
    let text = &input.text;
    let mut last = 0;
    let mut lengths = Vec::new();
    for &end in &ends {
        assert!(end > last, "ends must rise: {end} after {last}");
        assert!(text.is_char_boundary(end), "{end} is inside a character");
        lengths.push(text[last..end].chars().count());
        last = end;
    }
    assert_eq!(last, text.len(), "the last end must be the text's");

    let max = input.max.unwrap_or(usize::MAX);
    assert!(lengths.iter().all(|&length| length <= max), "{lengths:?} with at most {max}");
    let chars = text.chars().count();
    if chars >= input.min && input.min <= max.div_ceil(2) {
        let min = input.min;
        assert!(lengths.iter().all(|&length| length >= min), "{lengths:?} with at least {min}");
    }

    if input.is_tiny()
        && let Some((cost, score)) = best(&input)
    {
        let found = value(&input, &ends);
        assert!(lengths.iter().all(|&length| length >= input.min), "{lengths:?} of {input:?}");
        assert_eq!(found.0, cost, "{ends:?} of {input:?}");
        let close = (found.1 - score).abs() <= 1e-9 * score.abs().max(1.0);
        assert!(close, "{ends:?} scores {}, the best {score}: {input:?}", found.1);
    }
});
