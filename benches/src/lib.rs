//! What the benchmarks measure on: texts made here, and corpora from a
//! directory. Rivals are dependencies of this crate alone.

use std::path::PathBuf;

/// A text with a name that the bench output shows.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What the output calls it.
    pub name: String,
    /// Code of the language to segment it as.
    pub lang: &'static str,
    /// The text.
    pub text: String,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Size of each text that is made here.
pub const SYNTHETIC_BYTES: usize = 1 << 20;

/// Repeats `pattern` up to about `bytes`, whole patterns only.
pub fn repeat(pattern: &str, bytes: usize) -> String {
    pattern.repeat(bytes / pattern.len().max(1))
}

/// Texts made here: prose in several scripts and shapes that once made
/// segmenters slow.
pub fn synthetic() -> Vec<Sample> {
    let prose = "Dr. Maria Lopez paid $3.50 for \u{201c}two loaves\u{201d} at 9 a.m. on Monday. \
                 The shop, which opens early, was empty. Was it raining? It was! See p. 12 for \
                 the U.S. figures (cf. ibid., vol. 2), or write to office@example.org.\n\n";
    let german = "Nach § 5 Abs. 2 Nr. 3 gilt das nicht. Am 17. Mai kam z. B. Frau Dr. Müller zu \
                  spät. „Wirklich?“ fragte er. Ja, ca. 20 Min. später.\n\n";
    let chinese = "他说：“今天不下雨。”我们就走了！你呢？价格是3.5元。\n\n";
    let hindi = "वह घर गया। क्या तुम आओगे? हाँ, मैं आऊँगा।\n\n";
    let cases = [
        ("prose", "en", prose.to_owned()),
        ("prose one line", "en", prose.replace('\n', " ")),
        ("german", "de", german.to_owned()),
        ("chinese", "zh", chinese.to_owned()),
        ("hindi", "hi", hindi.to_owned()),
        ("no candidates", "en", "word ".to_owned()),
        ("full stops", "en", ".".to_owned()),
        ("abbreviations", "en", "Dr. ".to_owned()),
        ("numbered lines", "en", "1. a\n".to_owned()),
        ("open quotes", "en", "He said \u{201c}yes. ".to_owned()),
    ];
    cases
        .into_iter()
        .map(|(name, lang, pattern)| Sample {
            name: name.to_owned(),
            lang,
            text: repeat(&pattern, SYNTHETIC_BYTES),
        })
        .collect()
}

/// The `.txt` files of the directory named by `SCRIPTIO_BENCH_CORPORA`, if it is
/// set. A file's stem names its language where it is a known code, else `und`.
pub fn corpora() -> Vec<Sample> {
    let Some(directory) = std::env::var_os("SCRIPTIO_BENCH_CORPORA") else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            let lang = scriptio::Lang::new(&name).unwrap_or(scriptio::Lang::UND).code();
            Some(Sample { text: std::fs::read_to_string(&path).ok()?, name, lang })
        })
        .collect()
}

/// All texts: those made here, then the corpora.
pub fn samples() -> Vec<Sample> {
    let mut samples = synthetic();
    samples.extend(corpora());
    samples
}
