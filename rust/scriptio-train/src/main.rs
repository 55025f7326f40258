//! Trains the candidate scorer from gold documents and writes its table.
#![allow(clippy::string_slice, clippy::print_stdout)] // A program for developers; offsets come from char_indices.

mod abbreviations;
mod gold;
mod model;
mod suites;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use gold::{Corpus, Document, Result};
use model::{Example, Model, Random, Settings};
use scriptio::sentence::training::{Reader, candidates};
use scriptio::{Lang, Segmenter, SentenceSegmenter};

/// Licence class of each treebank of the manifest, by file name (`en_ewt`).
fn licences(data: &Path) -> Result<HashMap<String, String>> {
    let manifest = std::fs::read_to_string(data.join("ud/manifest.tsv"))?;
    Ok(manifest
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (lang, treebank) = (columns.next()?, columns.next()?);
            let class = columns.nth(1)?;
            let short = treebank.split('-').nth(1)?.to_lowercase();
            Some((format!("{lang}_{short}"), class.to_owned()))
        })
        .collect())
}

/// A corpus and how it is used.
struct Role {
    corpus: Corpus,
    weight: f32,
}

struct Data {
    train: Vec<Role>,
    /// The corpus, and which half of the file it is.
    dev: Vec<(Corpus, usize)>,
}

fn load(data: &Path, ntrex: f32, tico: f32) -> Result<Data> {
    let licences = licences(data)?;
    let free = |name: &str| licences.get(name).is_some_and(|class| class == "free");
    let stem = |p: &Path| {
        p.file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.split('.').next())
            .unwrap_or_default()
            .to_owned()
    };
    let mut train = Vec::new();
    let mut dev = Vec::new();
    let mut trained = BTreeSet::new();
    for path in gold::files(&data.join("ud"), ".train.")? {
        trained.insert(stem(&path));
        if free(&stem(&path)) {
            train.push(Role { corpus: gold::read(&path)?.regrouped(), weight: 1.0 });
        }
    }
    for path in gold::files(&data.join("ud"), ".dev.")? {
        let name = stem(&path);
        let split = free(&name) && !trained.contains(&name);
        if split {
            train.push(Role { corpus: gold::read(&path)?.half(1).regrouped(), weight: 1.0 });
        }
        let half = if trained.contains(&name) { 0 } else { 2 };
        dev.push((gold::read(&path)?.half(half).regrouped(), half));
    }
    for (folder, weight) in [("ntrex", ntrex), ("tico19", tico)] {
        if weight > 0.0 {
            for path in gold::files(&data.join(folder), "")? {
                train.push(Role { corpus: gold::read(&path)?, weight });
            }
        }
    }
    Ok(Data { train, dev })
}

fn add(examples: &mut Vec<Example>, document: &Document, reader: &Reader, weight: f32) {
    let marks = document.marks();
    candidates(&document.text, reader, |start, newlines, hashes| {
        if newlines < 2 {
            examples.push(Example {
                features: hashes.map(|h| (h >> 32) as u32),
                truth: marks.contains(&start),
                weight,
            });
        }
    });
}

fn examples(roles: &[Role], seed: u64) -> Vec<Example> {
    let mut random = Random(seed | 1);
    let mut out = Vec::new();
    let unknown = Reader::new("und");
    for role in roles {
        let own = Reader::new(&role.corpus.lang);
        let separator = if gold::is_unspaced(&role.corpus.lang) { "" } else { " " };
        for document in &role.corpus.documents {
            // One in six is shown without its language, for `und`.
            let lang = if random.below(6) == 0 { &unknown } else { &own };
            add(&mut out, document, lang, role.weight);
            // Text without capitals has sentences too.
            if random.below(4) == 0 {
                add(&mut out, &document.lowered(), lang, 0.5 * role.weight);
            }
            if document.text.contains('\n') {
                let joined = Document::joined(document.sentences(), separator, false);
                add(&mut out, &joined, lang, role.weight);
                if separator == " " {
                    add(
                        &mut out,
                        &document.with_blank_lines().wrapped(60 + random.below(41)),
                        lang,
                        0.5 * role.weight,
                    );
                }
            }
            if separator == " " {
                add(&mut out, &document.wrapped(60 + random.below(41)), lang, 0.5 * role.weight);
            }
        }
    }
    out
}

#[derive(Default, Clone, Copy)]
struct Count {
    right: usize,
    found: usize,
    gold: usize,
}

impl Count {
    fn f1(self) -> f64 {
        200.0 * self.right as f64 / (self.found + self.gold).max(1) as f64
    }
}

/// Whoever decides: the model being trained, or the segmenter of the crate with its rules.
enum Judge<'m> {
    Model(&'m Model, Reader),
    Crate(SentenceSegmenter),
}

impl Judge<'_> {
    /// Where the last character before each boundary stops.
    fn marks(&self, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        match self {
            Self::Model(model, reader) => candidates(text, reader, |start, newlines, hashes| {
                if newlines == 2 || model.logit(&hashes.map(|h| (h >> 32) as u32)) > 0.0 {
                    found.insert(start);
                }
            }),
            Self::Crate(segmenter) => {
                let whole = text.trim_end().len();
                let ends =
                    segmenter.spans(text).into_iter().map(|s| text[..s.end].trim_end().len());
                found.extend(ends.filter(|&m| m > 0 && m < whole));
            }
        }
        found
    }
}

/// F1 of one corpus as file, with blank lines, joined, and wrapped.
fn measure(judge: &Judge, corpus: &Corpus) -> [Count; 4] {
    let separator = if gold::is_unspaced(&corpus.lang) { "" } else { " " };
    let mut counts = [Count::default(); 4];
    let mut add = |slot: usize, document: &Document| {
        let (gold, found) = (document.marks(), judge.marks(&document.text));
        counts[slot].right += gold.intersection(&found).count();
        counts[slot].found += found.len();
        counts[slot].gold += gold.len();
    };
    for document in &corpus.documents {
        add(0, document);
        add(1, &document.with_blank_lines());
        add(3, &document.wrapped(72));
    }
    let sentences = corpus.documents.iter().flat_map(Document::sentences);
    add(2, &Document::joined(sentences, separator, true));
    counts
}

/// Measure on every dev corpus and print a line each.
fn report<'m>(dev: &[(Corpus, usize)], judge: impl Fn(&str) -> Judge<'m>) {
    for (corpus, half) in dev {
        let counts = measure(&judge(&corpus.lang), corpus);
        let name = corpus.name.split('.').next().unwrap_or_default();
        print!("{name}\t{half}");
        for c in counts {
            print!("\t{:.2}", c.f1());
        }
        for slot in [0, 2] {
            let c = counts[slot];
            print!("\t{}-{}/{}", c.found - c.right, c.gold - c.right, c.gold);
        }
        println!();
    }
}

/// Print what the segmenter of the crate gets wrong in `document`, and why.
fn explain_errors(segmenter: &SentenceSegmenter, document: &Document) {
    let (gold, text) = (document.marks(), &document.text);
    let mut seen = BTreeSet::new();
    for e in segmenter.explain(text) {
        let mark = text[..e.offset].trim_end().len();
        seen.insert(mark);
        if e.boundary != gold.contains(&mark) {
            let sign = if e.boundary { "FP" } else { "FN" };
            println!(
                "{sign}\t{}\t{:.2}\t{}",
                e.reason,
                e.probability.unwrap_or(-1.0),
                around(text, mark)
            );
        }
    }
    for &mark in gold.difference(&seen) {
        println!("NC\t\t\t{}", around(text, mark));
    }
}

fn around(text: &str, at: usize) -> String {
    let left: String = text[..at].chars().rev().take(50).collect();
    let left: String = left.chars().rev().collect();
    let right: String = text[at..].chars().take(30).collect();
    format!("{left}\u{2503}{right}").replace('\n', "\u{23ce}")
}

fn main() -> Result<()> {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        options
            .insert(name.trim_start_matches('-').to_owned(), arguments.next().unwrap_or_default());
    }
    let number = |name: &str, default: f64| {
        options.get(name).and_then(|v| v.parse().ok()).unwrap_or(default)
    };
    let settings = Settings {
        bits: number("bits", 17.0) as u32,
        sparsity: number("sparsity", 1.5) as f32,
        epochs: number("epochs", 6.0) as usize,
        rate: number("rate", 0.1) as f32,
        decay: number("decay", 1e-5) as f32,
        seed: number("seed", 1.0) as u64,
    };
    if let Some(path) = options.get("suite") {
        return suites::check(Path::new(path));
    }
    let data = options
        .get("data")
        .ok_or("--data DIRECTORY is needed: the folder of the gold documents")?;
    let data = PathBuf::from(data);
    if let Some(out) = options.get("abbreviations") {
        return abbreviations::select(&data, Path::new(out));
    }
    if let Some(out) = options.get("starters") {
        return abbreviations::starters(&data, Path::new(out));
    }
    let data = load(&data, number("ntrex", 0.2) as f32, number("tico", 0.2) as f32)?;
    let segmenter = |lang: &str| SentenceSegmenter::new(Lang::new(lang).unwrap_or(Lang::UND));
    if let Some(name) = options.get("errors") {
        for (corpus, _) in data.dev.iter().filter(|(c, _)| c.name.starts_with(name.as_str())) {
            if options.contains_key("joined") {
                let separator = if gold::is_unspaced(&corpus.lang) { "" } else { " " };
                let sentences = corpus.documents.iter().flat_map(Document::sentences);
                explain_errors(
                    &segmenter(&corpus.lang),
                    &Document::joined(sentences, separator, true),
                );
            } else {
                corpus.documents.iter().for_each(|d| explain_errors(&segmenter(&corpus.lang), d));
            }
        }
        return Ok(());
    }
    if options.contains_key("measure") {
        report(&data.dev, |lang| Judge::Crate(segmenter(lang)));
        return Ok(());
    }
    let examples = examples(&data.train, settings.seed);
    eprintln!("{} examples", examples.len());
    let mut model = Model::train(&examples, &settings);
    let scale = model.round();
    eprintln!("mean weight by template: {:?}", model.contributions(&examples));
    if let Some(path) = options.get("out") {
        model.write(Path::new(path), settings.bits, scale)?;
    }
    report(&data.dev, |lang| Judge::Model(&model, Reader::new(lang)));
    Ok(())
}
