//! Gold documents: reading them, and the forms in which a text is shown.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Deserialize)]
struct Record {
    text: String,
    /// Code-point offsets of the sentence ends.
    ends: Vec<usize>,
    /// Code-point offsets of the paragraph starts.
    #[serde(default)]
    pars: Vec<usize>,
    #[serde(default)]
    multi: bool,
}

/// One document, offsets in bytes.
#[derive(Clone)]
pub struct Document {
    pub text: String,
    pub ends: Vec<usize>,
    pub paragraphs: Vec<usize>,
}

/// A file of documents in one language.
pub struct Corpus {
    pub name: String,
    pub lang: String,
    pub documents: Vec<Document>,
}

/// The language of a gold file by its name: `en_ewt.dev.jsonl.xz`, `sr-Cyrl.jsonl.xz`.
pub fn lang_of(name: &str) -> String {
    let code = name.split(['_', '.']).next().unwrap_or_default();
    match code {
        "no" => "nb",
        "qtd" => "und",
        "2" => "es",
        _ => code.split('-').next().unwrap_or_default(),
    }
    .to_owned()
}

/// Languages that put no space between sentences.
pub fn is_unspaced(lang: &str) -> bool {
    matches!(lang, "zh" | "ja" | "my" | "km" | "yue")
}

pub fn read(path: &Path) -> Result<Corpus> {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let file = File::open(path)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|e| e == "xz") {
        Box::new(liblzma::read::XzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut documents = Vec::new();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let record: Record = serde_json::from_str(&line)?;
        if record.multi {
            continue;
        }
        let mut at: Vec<usize> = record.text.char_indices().map(|(i, _)| i).collect();
        at.push(record.text.len());
        let bytes = |offsets: Vec<usize>| {
            offsets.into_iter().map(|o| at[o.min(at.len() - 1)]).collect::<Vec<_>>()
        };
        documents.push(Document {
            ends: bytes(record.ends),
            paragraphs: bytes(record.pars),
            text: record.text,
        });
    }
    Ok(Corpus { lang: lang_of(&name), name, documents })
}

/// All gold files under `folder` whose name contains `part`, sorted.
pub fn files(folder: &Path, part: &str) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|p| {
            p.file_name()
                .and_then(|n| n.to_str())
                .is_some_and(|n| n.contains(".jsonl") && n.contains(part))
        })
        .collect();
    found.sort();
    Ok(found)
}

impl Document {
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| {
                let sentence = &self.text[start..end];
                start = end;
                sentence.trim()
            })
            .filter(|s| !s.is_empty())
    }

    /// Where the last character before each sentence end stops, the end of the text left out.
    pub fn marks(&self) -> BTreeSet<usize> {
        let whole = self.text.trim_end().len();
        self.ends
            .iter()
            .map(|&end| self.text[..end].trim_end().len())
            .filter(|&m| m > 0 && m < whole)
            .collect()
    }

    /// Sentences joined by `separator` (normalised as the published tables do).
    pub fn joined<'a>(
        sentences: impl Iterator<Item = &'a str>,
        separator: &str,
        normal: bool,
    ) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for sentence in sentences {
            let sentence = if normal {
                let plain = sentence.replace('\u{200f}', "");
                let plain: String = plain.trim_start_matches('-').trim().nfkc().collect();
                plain.split_whitespace().collect::<Vec<_>>().join(" ")
            } else {
                sentence.to_owned()
            };
            if sentence.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push_str(separator);
            }
            text.push_str(&sentence);
            ends.push(text.len());
        }
        Self { text, ends, paragraphs: Vec::new() }
    }

    /// Spaces become line breaks so that no line passes `columns`.
    pub fn wrapped(&self, columns: usize) -> Self {
        let mut out = self.text.clone().into_bytes();
        let (mut line, mut last) = (0_usize, None);
        for (i, (at, c)) in self.text.char_indices().enumerate() {
            if c == '\n' {
                (line, last) = (0, None);
                continue;
            }
            if c == ' ' {
                last = Some((i, at));
            }
            line += 1;
            if line > columns
                && let Some((index, byte)) = last
            {
                out[byte] = b'\n';
                (line, last) = (i - index, None);
            }
        }
        Self { text: String::from_utf8(out).unwrap_or_default(), ..self.clone() }
    }

    /// The sentences in lower case, one space between them.
    pub fn lowered(&self) -> Self {
        let lower: Vec<String> = self.sentences().map(str::to_lowercase).collect();
        Self::joined(lower.iter().map(String::as_str), " ", false)
    }

    /// A blank line between paragraphs.
    pub fn with_blank_lines(&self) -> Self {
        let mut starts: Vec<usize> =
            self.paragraphs.iter().copied().filter(|&p| p > 0 && p < self.text.len()).collect();
        starts.sort_unstable();
        let (mut text, mut last) = (String::new(), 0);
        for &start in &starts {
            text.push_str(&self.text[last..start]);
            text.push('\n');
            last = start;
        }
        text.push_str(&self.text[last..]);
        let ends =
            self.ends.iter().map(|&e| e + starts.iter().filter(|&&s| s < e).count()).collect();
        Self { text, ends, paragraphs: Vec::new() }
    }
}

impl Corpus {
    /// Documents of single sentences are put together by fifty.
    pub fn regrouped(mut self) -> Self {
        let short = self.documents.iter().filter(|d| d.ends.len() <= 1).count();
        if short * 2 > self.documents.len() {
            let separator = if is_unspaced(&self.lang) { "" } else { " " };
            let sentences: Vec<&str> =
                self.documents.iter().flat_map(Document::sentences).collect();
            self.documents = sentences
                .chunks(50)
                .map(|part| Document::joined(part.iter().copied(), separator, false))
                .collect();
        }
        self
    }

    /// Every second document, from the first (`1`) or the second (`2`) on; all for 0.
    pub fn half(mut self, half: usize) -> Self {
        if half > 0 {
            self.documents = self.documents.into_iter().skip(half - 1).step_by(2).collect();
        }
        self
    }
}
