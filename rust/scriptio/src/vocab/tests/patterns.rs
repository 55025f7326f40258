//! Patterns that are read by hand against a regular-expression engine.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::classes::Classes;
use super::super::known::{Known, PATTERNS};

/// What patterns tell apart, and what looks like it.
const NASTY: [&str; 72] = [
    "a",
    "b",
    "Z",
    "s",
    "S",
    "t",
    "T",
    "re",
    "RE",
    "ve",
    "ll",
    "Ll",
    "d",
    "m",
    "'",
    "'s",
    "'S",
    "'ſ",
    "'ll",
    "'re",
    "'l",
    "'r",
    "’",
    "ſ",
    "É",
    "é",
    "e\u{301}",
    "\u{301}",
    "日",
    "本",
    "ー",
    "ん",
    "ǅ",
    "ʰ",
    "ß",
    "İ",
    "א",
    "ب",
    "ก",
    "\u{E31}",
    "1",
    "2",
    "٣",
    "५",
    "Ⅷ",
    "½",
    "²",
    "𝟘",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\u{A0}",
    "\u{3000}",
    "\u{2028}",
    "\u{85}",
    "\0",
    ".",
    "!",
    "/",
    "//",
    "-",
    "_",
    "$",
    "👨\u{200D}👩",
    "👍🏽",
    "\u{FE0F}",
    "\u{200B}",
    "\u{E000}",
    "\u{378}",
];

fn pieces(known: Known, classes: &Classes, text: &str) -> Vec<usize> {
    let (mut ends, mut at) = (Vec::new(), 0);
    while at < text.len() {
        at = known.end(classes, text.as_bytes(), at);
        ends.push(at);
    }
    ends
}

#[track_caller]
fn agree(text: &str, classes: &Classes, regexes: &[(Known, fancy_regex::Regex)]) {
    for (known, regex) in regexes {
        let expected: Vec<usize> =
            regex.find_iter(text).map(|found| found.unwrap().end()).collect();
        assert_eq!(pieces(*known, classes, text), expected, "{text:?} {known:?} {regex}");
    }
}

fn regexes() -> Vec<(Known, fancy_regex::Regex)> {
    PATTERNS
        .iter()
        .map(|&(pattern, known)| (known, fancy_regex::Regex::new(pattern).unwrap()))
        .collect()
}

#[test]
fn every_pair_and_triple_is_cut_as_the_pattern_says() {
    let (classes, regexes) = (Classes::new(), regexes());
    for first in NASTY {
        for second in NASTY {
            agree(&[first, second].concat(), &classes, &regexes);
        }
    }
    // Triples around what the patterns look behind and ahead for.
    for first in NASTY.into_iter().step_by(4) {
        for second in ["'", " ", "\n", "A", "日"] {
            for third in NASTY {
                agree(&[first, second, third].concat(), &classes, &regexes);
            }
        }
    }
}

#[test]
fn texts_are_cut_as_the_patterns_say() {
    let (classes, regexes) = (Classes::new(), regexes());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let texts = vec(select(&NASTY[..]), 0..20).prop_map(|parts| parts.concat());
    runner
        .run(&texts, |text| {
            agree(&text, &classes, &regexes);
            Ok(())
        })
        .unwrap();
}

#[test]
fn other_patterns_are_not_known() {
    assert_eq!(Known::of(r"\s+"), None);
    assert!(Known::of(Known::GPT2).is_some());
}
