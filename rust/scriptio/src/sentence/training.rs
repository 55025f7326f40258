//! What the training program needs to see of the segmenter. Not part of the API.

use super::builder::uses_spaces;
use super::candidates::Scan;
use super::context::Context;
use super::features::{COUNT, INLINE, extract, lang_number};
use super::lexicon::Lexicon;

/// Number of features of a candidate.
pub const FEATURES: usize = COUNT;

/// Call `visit` for every candidate of `text` that the scorer could be asked
/// about: end of the text before it, line breaks in the gap, feature hashes (0:
/// no feature).
pub fn candidates(text: &str, reader: &Reader, mut visit: impl FnMut(usize, u8, &[u64; COUNT])) {
    for gap in Scan::new(text, 0, reader.spaces) {
        let context = Context::read(text, &gap, &reader.lexicon);
        let mut hashes = extract(&context, reader.lang);
        if gap.newlines == 0 {
            hashes[INLINE..].fill(0);
        }
        visit(gap.start, gap.newlines, &hashes);
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
