//! What the training program needs to see of the segmenter. Not part of the API.

use super::candidates::Scan;
use super::context::Context;
use super::features::{COUNT, extract, lang_number};

/// Number of features of a candidate.
pub const FEATURES: usize = COUNT;

/// Call `visit` for every candidate of `text` that the scorer could be asked
/// about: end of the text before it, line breaks in the gap, feature hashes.
pub fn candidates(text: &str, lang: &str, spaces: bool, mut visit: impl FnMut(usize, u8, &[u64; COUNT])) {
    let lang = lang_number(lang);
    for gap in Scan::new(text, 0, spaces) {
        let context = Context::read(text, &gap);
        visit(gap.start, gap.newlines, &extract(&context, lang));
    }
}
