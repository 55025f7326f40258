//! Golden outlines, and what holds of every outline.
#![allow(clippy::unwrap_used, clippy::string_slice, clippy::format_push_string)] // A failure is the message.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use scriptio::legal::{Outline, Resolution, SectionSegmenter, references, systems};
use scriptio::{Segmenter, spans_of};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/legal")
}

/// Markers indented by level; the kind where there is no marker.
fn sketch(text: &str, outline: &Outline) -> Vec<String> {
    let sections = outline.sections().iter().skip(1);
    sections
        .map(|section| {
            let marker = &text[section.marker];
            let word = match (marker.is_empty(), outline.kind(section)) {
                (false, _) => marker,
                (true, "section") => &text[section.title],
                (true, kind) => kind,
            };
            format!("{}{word}", "  ".repeat(usize::from(section.level) - 1))
        })
        .collect()
}

#[test]
fn golden_outlines_are_found() {
    let mut wrong = Vec::new();
    for system in systems() {
        let path = directory().join(format!("{system}.toml"));
        let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        assert_eq!(table["system"].as_str(), Some(system));
        let segmenter = SectionSegmenter::new(system).unwrap();
        for case in table["case"].as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let expected: Vec<&str> = case["outline"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|line| line.as_str())
                .collect();
            let found = sketch(text, &segmenter.outline(text));
            if found != expected {
                wrong.push(format!("{system}, {:?}:\n{found:#?}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What holds of every outline.
fn check(text: &str, outline: &Outline) {
    let sections = outline.sections();
    assert_eq!((sections[0].span.start, sections[0].span.end), (0, text.len()));
    for (at, section) in sections.iter().enumerate().skip(1) {
        let parent = &sections[section.parent.unwrap() as usize];
        assert!((section.parent.unwrap() as usize) < at);
        assert_eq!(section.level, parent.level + 1);
        assert!(parent.span.start <= section.span.start && section.span.end <= parent.span.end);
        assert!(section.span.start < section.span.end);
        assert!(sections[at - 1].span.start < section.span.start || at == 1);
        for span in [section.heading, section.marker, section.number, section.title] {
            assert!(text.get(span.range()).is_some(), "{span:?}");
            assert!(span.is_empty() || section.span.start <= span.start);
        }
        assert!(section.number.is_empty() || section.marker.start <= section.number.start);
    }
    let ends = outline.leaf_ends(text);
    assert!(ends.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(ends.last().copied().unwrap_or(0), text.len());
    let joined: String = spans_of(&ends).map(|span| &text[span]).collect();
    assert_eq!(joined, text);
    for reference in references(text, outline) {
        assert!(text.get(reference.span.range()).is_some_and(|found| !found.is_empty()));
        assert!(reference.targets.iter().all(|&at| (at as usize) < sections.len()));
        assert!(reference.resolution != Resolution::Resolved || !reference.targets.is_empty());
    }
}

/// Lines that look like headings, references and text of all systems.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("§ 5 Abs. 2".to_owned()),
        Just("Article 7".to_owned()),
        Just("(a) ".to_owned()),
        Just("(i)(1)(A)".to_owned()),
        Just("1.2 Terms.".to_owned()),
        Just("第三条の二".to_owned()),
        Just("มาตรา 5 ทวิ ถึงมาตรา 9".to_owned()),
        Just("SEC. 3. ".to_owned()),
        Just("“(b) following:".to_owned()),
        Just("sections 3(a), (b) and 4 of this title".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just(" and ".to_owned()),
        "[0-9a-zA-Z().§ \\n]{0,12}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn outlines_cover_nest_and_lose_nothing(text in soup(), which in 0..17_usize) {
        let system = systems().nth(which).unwrap();
        let segmenter = SectionSegmenter::new(system).unwrap();
        let outline = segmenter.outline(&text);
        check(&text, &outline);
        prop_assert_eq!(&outline, &segmenter.outline(&text));
    }

    #[test]
    fn detection_takes_any_text(text in soup()) {
        let outline = SectionSegmenter::new("auto").unwrap().outline(&text);
        check(&text, &outline);
    }
}

#[test]
fn a_text_without_structure_is_one_section() {
    for text in
        ["", " ", "\n\n", "Nothing here is numbered, and nothing follows.", "\u{0}\u{1}\u{FFFD}"]
    {
        for system in systems().filter(|&system| system != "tos") {
            let segmenter = SectionSegmenter::new(system).unwrap();
            let outline = segmenter.outline(text);
            assert_eq!(outline.sections().len(), 1, "{system} {text:?}");
            let leaves = segmenter.split(text);
            assert_eq!(leaves.concat(), text);
        }
    }
}

#[test]
fn contradictory_numbers_are_doubted() {
    let text = "§ 1 A\nText.\n§ 2 B\nText.\n§ 2 C\nText.\n§ 3 D\nText.\n";
    let outline = SectionSegmenter::new("de").unwrap().outline(text);
    check(text, &outline);
    let doubtful: Vec<&str> =
        outline.sections().iter().filter(|s| s.doubtful).map(|s| &text[s.marker]).collect();
    assert_eq!(doubtful, ["§ 2"]);
}

#[test]
fn an_unknown_system_is_refused() {
    let error = SectionSegmenter::new("mars").unwrap_err().to_string();
    assert!(error.contains("\"mars\"") && error.contains("us-code") && error.contains("auto"));
}

#[test]
fn a_table_of_contents_is_one_section_and_its_entries_are_found_in_the_text() {
    let entries = ["Definitions", "Loans", "Fees", "Events", "Notices", "Law"];
    let mut text = String::new();
    for (at, entry) in entries.iter().enumerate() {
        text.push_str(&format!("ARTICLE {} {entry} {}\n", at + 1, at * 7 + 3));
    }
    for (at, entry) in entries.iter().enumerate() {
        text.push_str(&format!("ARTICLE {} {entry}\nThe parties agree as follows.\n", at + 1));
    }
    let outline = SectionSegmenter::new("us-contract").unwrap().outline(&text);
    check(&text, &outline);
    let kinds: Vec<&str> = outline.sections().iter().map(|s| outline.kind(s)).collect();
    assert_eq!(
        kinds,
        ["document", "toc", "article", "article", "article", "article", "article", "article"]
    );
}
