//! Properties of every segmentation, on made-up and hostile text.
#![allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.

use proptest::prelude::*;
use scriptio::{Lang, Newlines, Segmenter, SentenceSegmenter};

/// Pieces that meet in unforeseen ways: words, marks, white space, oddities.
const PIECES: &[&str] = &[
    "word",
    "Word",
    "WORD",
    "a",
    "I",
    "Dr",
    "e.g",
    "U.S",
    "No",
    "z.B",
    "3",
    "12",
    "1.5",
    "слово",
    "Слово",
    "λόγος",
    "文",
    "字",
    "です",
    "ไทย",
    "คำ",
    "शब्द",
    "كلمة",
    "ቃል",
    "բառ",
    "한국어",
    "e\u{301}",
    "👩\u{200d}👩",
    "\u{feff}",
    "\0",
    ".",
    "!",
    "?",
    "...",
    "…",
    "。",
    "！",
    "।",
    "؟",
    "։",
    "።",
    "။",
    "។",
    ",",
    ";",
    ":",
    "-",
    "—",
    "(",
    ")",
    "[",
    "]",
    "[1]",
    "[12]",
    "\"",
    "'",
    "“",
    "”",
    "«",
    "»",
    "「",
    "」",
    "*",
    "•",
    "1.",
    "2)",
    "(iii)",
    "a.",
    "b)",
    "@",
    "/",
    "www.",
    "http://",
    ".com",
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{3000}",
    "\u{85}",
];

fn text() -> impl Strategy<Value = String> {
    let pieces =
        prop::collection::vec(prop::sample::select(PIECES), 0..120).prop_map(|p| p.concat());
    // Runs cross the windows and the blocks of the scan.
    let runs = (
        pieces.clone(),
        prop::sample::select(PIECES),
        prop::sample::select(
            &[15_usize, 16, 17, 62, 63, 64, 65, 66, 127, 128, 300, 1023, 1024, 1025][..],
        ),
        pieces.clone(),
    )
        .prop_map(|(a, piece, n, b)| format!("{a}{}{b}", piece.repeat(n)));
    prop_oneof![4 => pieces, 1 => runs, 1 => any::<String>()]
}

fn segmenter() -> impl Strategy<Value = SentenceSegmenter> {
    let langs = prop::sample::select(&["en", "de", "und", "th", "zh", "hi", "ar", "el"][..]);
    let newlines =
        prop::sample::select(&[Newlines::Paragraph, Newlines::Always, Newlines::Never][..]);
    (langs, newlines, any::<bool>()).prop_map(|(lang, newlines, protect)| {
        let builder = SentenceSegmenter::builder(Lang::new(lang).unwrap()).newlines(newlines);
        let builder =
            if protect { builder.protect(["word. Word"]).abbreviations(["word"]) } else { builder };
        builder.build().unwrap()
    })
}

/// Cut `text` at code points chosen by `seed`.
fn pieces(text: &str, seed: u64, longest: u64) -> Vec<&str> {
    let mut state = seed | 1;
    let (mut rest, mut out) = (text, Vec::new());
    while !rest.is_empty() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = rest.char_indices().nth((state % longest) as usize).map_or(rest.len(), |(i, _)| i);
        let (piece, after) = rest.split_at(at);
        out.push(piece);
        rest = after;
    }
    out
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// A stream that holds just the look-ahead must not take its end for the text's.
#[test]
fn a_full_look_ahead_is_not_the_end_of_the_text() {
    let segmenter = SentenceSegmenter::new(Lang::new("ru").unwrap());
    let text = format!("{}• v1.2.3.\n]e.g. {}. ", "]".repeat(112), "\"".repeat(64));
    for cut in 0..=text.len() {
        if !text.is_char_boundary(cut) {
            continue;
        }
        let mut stream = segmenter.stream();
        let mut out = Vec::new();
        stream.push(&text[..cut], &mut out);
        stream.push(&text[cut..], &mut out);
        stream.finish(&mut out);
        let streamed: Vec<&str> = out.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(streamed, segmenter.split(&text), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn segments_partition_the_text(text in text(), segmenter in segmenter()) {
        let mut ends = Vec::new();
        segmenter.ends(&text, &mut ends);
        let mut last = 0;
        for &end in &ends {
            prop_assert!(end > last && text.is_char_boundary(end));
            last = end;
        }
        prop_assert_eq!(last, text.len());
        prop_assert_eq!(segmenter.split(&text).concat(), text);
    }

    #[test]
    fn a_stream_gives_the_segments_of_the_whole(
        text in text(), segmenter in segmenter(), seed in any::<u64>(), longest in 2_u64..200,
    ) {
        let whole = segmenter.split(&text);
        let mut stream = segmenter.stream();
        let mut out = Vec::new();
        for piece in pieces(&text, seed, longest) {
            stream.push(piece, &mut out);
        }
        stream.finish(&mut out);
        let streamed: Vec<&str> = out.iter().map(|s| s.text.as_str()).collect();
        prop_assert_eq!(streamed, whole);
        for segment in &out {
            prop_assert_eq!(text[..segment.byte_start].chars().count(), segment.char_start);
        }
    }

    #[test]
    fn explanations_agree_with_the_ends(text in text(), segmenter in segmenter()) {
        let mut ends = Vec::new();
        segmenter.ends(&text, &mut ends);
        let explained: Vec<usize> =
            segmenter.explain(&text).iter().filter(|e| e.boundary).map(|e| e.offset).collect();
        prop_assert_eq!(&explained[..], &ends[..ends.len().saturating_sub(1)]);
        let boundaries: Vec<usize> = segmenter.boundaries(&text).iter().map(|b| b.offset).collect();
        prop_assert_eq!(boundaries, ends);
    }

    #[test]
    fn a_paragraph_break_closes_the_books(first in text(), second in text()) {
        let segmenter = SentenceSegmenter::new(Lang::UND);
        let head = format!("{}\n\n", first.trim_end());
        prop_assume!(!head.trim().is_empty());
        let whole = format!("{head}{}x", second.trim_start());
        let alone = segmenter.split(&head);
        let together = segmenter.split(&whole);
        prop_assert_eq!(&together[..alone.len()], &alone[..]);
    }
}
