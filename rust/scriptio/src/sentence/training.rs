//! What the training program needs to see of the segmenter. Not part of the API.

use super::candidates::Scan;
use super::context::Context;
use super::lexicon::Lexicon;
use super::builder::uses_spaces;
use super::features::{COUNT, extract, lang_number};

/// Number of features of a candidate.
pub const FEATURES: usize = COUNT;

/// Call `visit` for every candidate of `text` that the scorer could be asked
/// about: end of the text before it, line breaks in the gap, feature hashes.
pub fn candidates(text: &str, reader: &Reader, mut visit: impl FnMut(usize, u8, &[u64; COUNT])) {
    for gap in Scan::new(text, 0, reader.spaces) {
        let context = Context::read(text, &gap, &reader.lexicon);
        visit(gap.start, gap.newlines, &extract(&context, reader.lang));
    }
}

/// What reading candidates needs to know of a language.
#[derive(Debug)]
pub struct Reader {
    lang: u32,
    spaces: bool,
    lexicon: Lexicon,
}

impl Reader {
    /// The reader for language `code`.
    pub fn new(code: &str) -> Self {
        Self { lang: lang_number(code), spaces: uses_spaces(code), lexicon: Lexicon::new(code) }
    }
}
