//! Whatever the text, language and policy: the segments partition the text at
//! `char` boundaries, and a stream gives the segments of the whole text however
//! the text is cut.
#![no_main]

mod parts;

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use scriptio::{Lang, Newlines, Segmenter, SentenceSegmenter};

/// Scripts with terminators of their own, languages with rules of their own.
const LANGS: &[&str] = &[
    "und", "en", "de", "fr", "es", "ru", "el", "ar", "ur", "hi", "hy", "am", "my", "th", "km",
    "bo", "zh", "ja", "ko", "he",
];

/// Words of a grammar: uniform Unicode almost never holds ". A" or "z.B.".
const PARTS: &[&str] = &[
    ". ",
    ".\n",
    "\n\n",
    "\r\n",
    "\n \t\n",
    "\u{2029}",
    "\u{2028}",
    "\u{85}",
    " ",
    "\u{a0}",
    "\u{200b}",
    "...",
    "…",
    "?!",
    "!",
    "? ",
    "。",
    "」",
    "』",
    "）",
    "।",
    "॥",
    "؟",
    "۔",
    "։",
    "።",
    "།",
    "။",
    "។",
    "\"",
    "'",
    "“",
    "”",
    "«",
    "»",
    "(",
    ")",
    "[",
    "]",
    ":(",
    "A. ",
    "z.B. ",
    "Dr. ",
    "U.S. ",
    "e.g. ",
    "No. 5",
    "3.14",
    "1. ",
    "- ",
    "• ",
    "§ 5 Abs. 2",
    "a@b.co ",
    "http://x.y/z ",
    "v1.2.3",
    "17. Mai",
    "Word",
    "word",
    "слово",
    "Слово",
    "字",
    "คำ",
    "e\u{301}",
    "👩‍👩‍👧",
    "\u{feff}",
    "\u{0}",
    "\u{10ffff}",
    "ﬀ",
    "İ",
    "ß",
];

#[derive(Debug)]
struct Input {
    lang: Lang,
    newlines: Newlines,
    text: String,
    /// Byte offsets at which the stream's pieces end, sorted, on boundaries.
    cuts: Vec<usize>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let lang = Lang::new(u.choose(LANGS)?).expect("the list holds known codes");
        let newlines = *u.choose(&[Newlines::Paragraph, Newlines::Always, Newlines::Never])?;
        let step = u.int_in_range(1..=200_usize)?;
        let mut text = String::new();
        while !u.is_empty() && text.len() < 1 << 14 {
            parts::push(u, &mut text, PARTS, 7)?;
        }
        let mut cuts = Vec::new();
        let (mut at, mut state) = (0, step);
        while at < text.len() {
            state = state.wrapping_mul(25_214_903_917).wrapping_add(11);
            at = (at + 1 + (state >> 16) % step).min(text.len());
            while !text.is_char_boundary(at) {
                at += 1;
            }
            cuts.push(at);
        }
        Ok(Self { lang, newlines, text, cuts })
    }
}

fuzz_target!(|input: Input| {
    let Input { lang, newlines, text, cuts } = input;
    let segmenter =
        SentenceSegmenter::builder(lang).newlines(newlines).build().expect("a valid policy");

    let mut ends = Vec::new();
    segmenter.ends(&text, &mut ends);
    let mut last = 0;
    for &end in &ends {
        assert!(end > last, "ends must rise: {end} after {last}");
        assert!(text.is_char_boundary(end), "{end} is inside a character");
        last = end;
    }
    assert_eq!(last, text.len(), "the last end must be the text's");
    let whole = segmenter.split(&text);
    assert_eq!(whole.concat(), text);

    let mut stream = segmenter.stream();
    let mut segments = Vec::new();
    let mut from = 0;
    for &to in &cuts {
        stream.push(&text[from..to], &mut segments);
        from = to;
    }
    stream.finish(&mut segments);
    let (mut byte, mut char) = (0, 0);
    for segment in &segments {
        assert_eq!((segment.byte_start, segment.char_start), (byte, char));
        byte += segment.text.len();
        char += segment.text.chars().count();
    }
    let streamed: Vec<usize> =
        segments.iter().map(|segment| segment.byte_start + segment.text.len()).collect();
    if let Some(at) = (0..ends.len().max(streamed.len())).find(|&i| ends.get(i) != streamed.get(i))
    {
        let (in_whole, in_stream) = (ends.get(at).copied(), streamed.get(at).copied());
        let place = in_whole.unwrap_or(usize::MAX).min(in_stream.unwrap_or(usize::MAX));
        let around = |from: usize, to: usize| {
            let near = |i: &usize| text.is_char_boundary(*i);
            let from = (0..=from.min(text.len())).rev().find(near).unwrap_or(0);
            let to = (to.min(text.len())..=text.len()).find(near).unwrap_or(text.len());
            &text[from..to]
        };
        panic!(
            "whole text ends at {in_whole:?}, stream at {in_stream:?}; {:?} | {:?}; {newlines:?}, \
             lang {lang:?}, pieces end at {:?}",
            around(place.saturating_sub(100), place),
            around(place, place + 100),
            cuts.iter().filter(|&&cut| cut + 400 > place && cut < place + 400).collect::<Vec<_>>(),
        );
    }
});
