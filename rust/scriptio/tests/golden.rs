//! The golden cases of `tests/data/golden`, which the Python package runs too.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on should stop.

use std::path::Path;

use scriptio::{Lang, Segmenter, SentenceSegmenter};
use toml::Table;

struct Case {
    name: String,
    text: String,
    segments: Vec<String>,
}

/// Language and cases of one file; none if it holds something else than segmentations.
fn load(source: &str) -> Result<Option<(String, Vec<Case>)>, String> {
    let table: Table = source.parse().map_err(|e| format!("{e}"))?;
    let Some(lang) = table.get("lang").and_then(|v| v.as_str()) else { return Ok(None) };
    let entries = table.get("case").and_then(|v| v.as_array()).ok_or("no [[case]]")?;
    let mut cases = Vec::new();
    for entry in entries {
        let string = |key: &str| entry.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let name = string("name").ok_or("a case without name")?;
        let text = string("text").ok_or_else(|| format!("{name}: no text"))?;
        let segments = entry.get("segments").and_then(|v| v.as_array());
        let segments = segments.ok_or_else(|| format!("{name}: no segments"))?;
        let segments: Vec<String> =
            segments.iter().filter_map(|v| v.as_str()).map(str::to_owned).collect();
        if segments.concat() != text {
            return Err(format!("{name}: the segments are not the text"));
        }
        cases.push(Case { name, text, segments });
    }
    Ok(Some((lang.to_owned(), cases)))
}

#[test]
fn segments_golden_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/golden");
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let source = std::fs::read_to_string(&path).unwrap();
        let Some((lang, cases)) =
            load(&source).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        else {
            continue;
        };
        let segmenter = SentenceSegmenter::new(Lang::new(&lang).unwrap());
        for case in cases {
            count += 1;
            let found = segmenter.split(&case.text);
            if found != case.segments {
                wrong.push(format!(
                    "{lang}: {}\n  want  {:?}\n  found {found:?}",
                    case.name, case.segments
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 100, "only {count} cases in {}", folder.display());
}

#[test]
fn refuses_a_case_whose_segments_are_not_its_text() {
    let lossy =
        "lang = \"en\"\n[[case]]\nname = \"lossy\"\ntext = \"A. B.\"\nsegments = [\"A.\", \"B.\"]";
    assert!(load(lossy).is_err());
}
