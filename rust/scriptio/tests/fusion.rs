//! `fuse` and `Cascade`: rules and model together, on made-up and hostile text.
#![allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.

use std::sync::LazyLock;

use proptest::prelude::*;
use scriptio::scores::{Cascade, Decoder, fuse};
use scriptio::{Lang, Newlines, SentenceSegmenter, Span};

/// Words, marks and all sorts of white space, as they come or not.
const PIECES: &[&str] = &[
    "word",
    "Word",
    "a",
    "Dr.",
    "e.g.",
    "U.S.",
    "3",
    "1.5",
    "слово",
    "Слово",
    "文",
    "です",
    "ไทย",
    "كلمة",
    "e\u{301}",
    "\u{feff}",
    ".",
    "!",
    "?",
    "...",
    "…",
    "。",
    "？",
    "।",
    "؟",
    ",",
    ";",
    ":",
    "—",
    "(",
    ")",
    "\"",
    "“",
    "”",
    "「",
    "」",
    "* ",
    "1. ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r\n\r\n",
    "\u{a0}",
    "\u{85}",
    "\u{200b}",
    "\u{2028}",
    "\u{2029}",
    "\u{3000}",
    "\u{1f}",
    "\u{c}",
];

const LANGUAGES: [&str; 4] = ["en", "de", "zh", "und"];

/// The rules of a language, made once.
fn rules(lang: &str) -> SentenceSegmenter {
    static MADE: LazyLock<Vec<SentenceSegmenter>> = LazyLock::new(|| {
        let made = |lang| SentenceSegmenter::builder(Lang::new(lang).unwrap()).build().unwrap();
        LANGUAGES.into_iter().map(made).collect()
    });
    MADE[LANGUAGES.iter().position(|known| *known == lang).unwrap()].clone()
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..80).prop_map(|p| p.concat()),
        1 => any::<String>(),
    ]
}

fn languages() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&LANGUAGES[..])
}

/// Tokens of one to four characters, each with a logit made from its place.
fn tokens(text: &str, seed: usize) -> (Vec<usize>, Vec<f32>) {
    let mut ends = Vec::new();
    let mut count = 0;
    for (at, c) in text.char_indices() {
        count += 1;
        if count > (at ^ seed) % 4 || at + c.len_utf8() == text.len() {
            ends.push(at + c.len_utf8());
            count = 0;
        }
    }
    let logits = ends.iter().map(|end| ((end * 37 + seed * 11) % 23) as f32 - 15.0).collect();
    (ends, logits)
}

/// Segment ends of a text by logits, as every model's segments are made.
fn decoded(text: &str, found: &(Vec<usize>, Vec<f32>), threshold: f32) -> Vec<usize> {
    let p: Vec<f32> = found.1.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
    let decoder = Decoder::builder().threshold(threshold).newlines(Newlines::Never);
    let boundaries = decoder.build().unwrap().decode(text, &found.0, &p).unwrap();
    boundaries.iter().map(|boundary| boundary.offset).collect()
}

/// A boundary as the text between boundaries that is no white space.
fn marks(text: &str, ends: &[usize]) -> Vec<usize> {
    let count = |end: usize| text[..end].chars().filter(|c| !c.is_whitespace()).count();
    let all = count(text.len());
    let mut out: Vec<usize> = ends.iter().map(|&end| count(end)).collect();
    out.retain(|&mark| mark > 0 && mark < all);
    out.dedup();
    out
}

/// The tokens of the regions of a text, as a model would be asked for them.
fn answers(text: &str, regions: &[Span], seed: usize) -> (Vec<usize>, Vec<f32>) {
    let (mut ends, mut logits) = (Vec::new(), Vec::new());
    for region in regions {
        let (inside, found) = tokens(&text[region.range()], seed);
        ends.extend(inside.iter().map(|end| region.start + end));
        logits.extend(found);
    }
    (ends, logits)
}

fn check_places(text: &str, found: &(Vec<usize>, Vec<f32>)) {
    assert_eq!(found.0.len(), found.1.len());
    assert!(found.0.windows(2).all(|pair| pair[0] < pair[1]), "{text:?} {:?}", found.0);
    for (&end, logit) in found.0.iter().zip(&found.1) {
        assert!(end > 0 && text.is_char_boundary(end), "{text:?} {end}");
        assert!(logit.is_finite(), "{text:?} {end} {logit}");
        assert!(!text[..end].ends_with(char::is_whitespace), "{text:?} {end}");
    }
}

fn check_regions(text: &str, regions: &[Span]) {
    for region in regions {
        assert!(region.start < region.end, "{text:?} {region:?}");
        assert!(text.is_char_boundary(region.start) && text.is_char_boundary(region.end));
    }
    assert!(regions.windows(2).all(|pair| pair[0].end < pair[1].start), "{text:?} {regions:?}");
}

proptest! {
    #[test]
    fn places_rise_and_lie_between_characters(
        lang in languages(), text in texts(), seed in 0usize..99, threshold in 0.01f32..0.99,
    ) {
        let rules = rules(lang);
        let (ends, logits) = tokens(&text, seed);
        let fused = fuse(&rules, &text, &ends, &logits, threshold).unwrap();
        check_places(&text, &fused);
        let cascade = Cascade::new(&rules, &text);
        check_regions(&text, cascade.regions());
        let (ends, logits) = answers(&text, cascade.regions(), seed);
        check_places(&text, &cascade.merge(&text, &ends, &logits, threshold).unwrap());
    }

    #[test]
    fn without_a_model_the_rules_decide(
        lang in languages(), text in texts(), threshold in 0.01f32..0.99,
    ) {
        let rules = rules(lang);
        let found: Vec<usize> = rules.boundaries(&text).iter().map(|b| b.offset).collect();
        let wanted = marks(&text, &found);
        let merged = Cascade::new(&rules, &text).merge(&text, &[], &[], threshold).unwrap();
        prop_assert_eq!(marks(&text, &decoded(&text, &merged, threshold)), wanted.clone());
        let fused = fuse(&rules, &text, &[], &[], threshold).unwrap();
        prop_assert_eq!(marks(&text, &decoded(&text, &fused, threshold)), wanted);
    }

    #[test]
    fn a_cascade_that_reads_all_is_a_fusion(
        lang in languages(), text in texts(), seed in 0usize..99,
    ) {
        // Where the model was asked, its answers count as they do in a fusion.
        let (ends, logits) = tokens(&text, seed);
        let cascade = Cascade::new(&rules(lang), &text);
        let merged = cascade.merge(&text, &ends, &logits, 0.5).unwrap();
        let fused = fuse(&rules(lang), &text, &ends, &logits, 0.5).unwrap();
        let alone = cascade.merge(&text, &[], &[], 0.5).unwrap();
        for (end, logit) in merged.0.iter().zip(&merged.1) {
            let is = |found: &(Vec<usize>, Vec<f32>)| {
                found.0.binary_search(end).is_ok_and(|at| (found.1[at] - logit).abs() < 1e-5)
            };
            prop_assert!(is(&fused) || is(&alone), "{:?} {end} {logit}", text);
        }
        // Every candidate of the rules keeps a place.
        for end in &alone.0 {
            prop_assert!(merged.0.contains(end), "{:?} {end}", text);
        }
    }
}

/// English prose without doubts, and the ends of its words.
fn prose() -> (&'static str, Vec<usize>) {
    let text = "It rained all day. We left the house at noon. Nobody saw us.";
    (text, words(text))
}

fn words(text: &str) -> Vec<usize> {
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    spaces.chain([text.len()]).collect()
}

#[test]
fn a_text_without_doubts_asks_nothing() {
    let (text, ends) = prose();
    let cascade = Cascade::new(&rules("en"), text);
    assert_eq!(cascade.regions(), []);
    // What was not asked is not heard.
    let logits = vec![30.0; ends.len()];
    let merged = cascade.merge(text, &ends, &logits, 0.5).unwrap();
    assert_eq!(decoded(text, &merged, 0.5), [19, 46, 60]);
    for text in ["", " ", "\n\n\n", "Yes", "Yes."] {
        assert_eq!(Cascade::new(&rules("en"), text).regions(), []);
    }
}

#[test]
fn a_stretch_without_marks_is_asked_about_with_its_context() {
    let (before, _) = prose();
    let before = before.repeat(10).replace(".I", ". I") + "\n\n";
    let open = "it rained all day we left the house at noon nobody saw us";
    let text = format!("{before}{open}\n\n{before}");
    let cascade = Cascade::new(&rules("en"), &text);
    assert_eq!(cascade.regions().len(), 1);
    let region = cascade.regions()[0];
    let seen = &text[region.range()];
    assert!(seen.contains(open) && seen.len() > open.len() + 200 && seen.len() < 400, "{seen}");
    assert!(text[..region.start].ends_with(' ') && text[region.end..].starts_with(' '));
    // The model's boundary counts there, and its other answers do not.
    let ends: Vec<usize> = words(&text);
    let at = before.len() + "it rained all day".len();
    let logits: Vec<f32> = ends.iter().map(|&end| if end == at { 8.0 } else { -8.0 }).collect();
    let merged = cascade.merge(&text, &ends, &logits, 0.5).unwrap();
    let alone = cascade.merge(&text, &[], &[], 0.5).unwrap();
    let mut wanted = decoded(&text, &alone, 0.5);
    wanted.push(at + 1);
    wanted.sort_unstable();
    assert_eq!(decoded(&text, &merged, 0.5), wanted);
}

#[test]
fn the_threshold_of_the_model_carries_over() {
    let (text, ends) = prose();
    let sure: Vec<f32> = ends.iter().map(|&end| if end == 18 { 4.0 } else { -6.0 }).collect();
    let shifted: Vec<f32> = sure.iter().map(|logit| logit + (0.1f32 / 0.9).ln()).collect();
    let half = fuse(&rules("en"), text, &ends, &sure, 0.5).unwrap();
    let tenth = fuse(&rules("en"), text, &ends, &shifted, 0.1).unwrap();
    assert_eq!(decoded(text, &half, 0.5), decoded(text, &tenth, 0.1));
    assert_eq!(half.0, tenth.0);
    for (a, b) in half.1.iter().zip(&tenth.1) {
        assert!((a - b - (0.9f32 / 0.1).ln()).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let rules = rules("en");
    let cascade = Cascade::new(&rules, "It. é");
    let cases: [(&[usize], &[f32], &str); 5] = [
        (&[2], &[], "there are 1 ends and 0 logits"),
        (&[2, 1], &[0.0, 0.0], "ends[1] is byte 1 after 2"),
        (&[5], &[0.0], "ends[0] is byte 5 after 0"),
        (&[7], &[0.0], "ends[0] is byte 7 after 0 in a text of 6 bytes"),
        (&[2], &[f32::NAN], "logits[0] is not a number"),
    ];
    for (ends, logits, told) in cases {
        let error = fuse(&rules, "It. é", ends, logits, 0.5).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(cascade.merge("It. é", ends, logits, 0.5).unwrap_err(), error);
    }
    // Infinite logits are certain, and no more.
    let (_, logits) =
        fuse(&rules, "It. é", &[2, 6], &[f32::INFINITY, -f32::INFINITY], 0.5).unwrap();
    assert!(logits.iter().all(|logit| logit.is_finite()));
}

#[test]
fn hostile_texts_cost_no_more_than_others() {
    let fill = |piece: &str| piece.repeat((1 << 17) / piece.len());
    let texts = [
        ".".repeat(1_000_000),
        " ".repeat(1_000_000),
        "x".repeat(1_000_000),
        fill("\n"),
        fill("字"),
        fill("。"),
        fill("Dr. "),
        fill("p. 3 No. "),
        fill("a.\u{3000}"),
        fill(" .") + "x",
        format!("{}x{}", fill(" "), fill(" ")),
        format!("{}{}", fill("No. 3 "), fill(" ")),
        format!("It rained{}", fill(" ?\n")),
    ];
    for text in texts {
        let rules = rules("en");
        let cascade = Cascade::new(&rules, &text);
        check_regions(&text, cascade.regions());
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
        let logits = vec![1.0; ends.len()];
        check_places(&text, &cascade.merge(&text, &ends, &logits, 0.5).unwrap());
        check_places(&text, &fuse(&rules, &text, &ends, &logits, 0.5).unwrap());
    }
}
