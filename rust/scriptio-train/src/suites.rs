//! Rule suites: texts with the sentences their authors expect.

use std::io::{BufRead, BufReader};
use std::path::Path;

use scriptio::{Lang, Segmenter, SentenceSegmenter};
use serde::Deserialize;

use crate::gold::Result;

#[derive(Deserialize)]
struct Case {
    lang: String,
    text: String,
    sentences: Vec<String>,
    aligned: bool,
    name: Option<String>,
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Print every aligned case that comes out otherwise, then the counts.
pub fn check(path: &Path) -> Result<()> {
    let (mut right, mut all) = (0, 0);
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let case: Case = serde_json::from_str(&line?)?;
        if !case.aligned {
            continue;
        }
        let segmenter = SentenceSegmenter::new(Lang::new(&case.lang).unwrap_or(Lang::UND));
        let found: Vec<String> = segmenter.split(&case.text).into_iter().map(squeezed).collect();
        let wanted: Vec<String> = case.sentences.iter().map(|s| squeezed(s)).collect();
        all += 1;
        if found == wanted {
            right += 1;
        } else {
            println!(
                "{} {}\n   text  {:?}\n   want  {wanted:?}\n   found {found:?}",
                case.lang,
                case.name.unwrap_or_default(),
                case.text
            );
        }
    }
    println!(
        "{right} of {all} aligned cases, {:.1} %",
        100.0 * f64::from(right) / f64::from(all.max(1))
    );
    Ok(())
}
