//! Section trees and references: `cargo bench -p scriptio-benches --bench legal`.
//!
//! The sizes of a hostile text double, so that anything that is not linear
//! shows in the ratio of the times.

use divan::Bencher;
use divan::counter::BytesCount;
use scriptio::legal::{SectionSegmenter, references};

/// A statute with as many sections.
fn statute(sections: usize) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for number in 1..=sections {
        let _ = write!(
            text,
            "§ {number}. Terms of the licence\n(a) A person may apply under section {number} of \
             this title if the person—\n(1) holds a permit that was issued by the office; and\n\
             (2) has paid the fee, unless subsection (b) applies.\n(b) The office shall decide \
             within the period which section {} sets.\n",
            number / 2 + 1
        );
    }
    text
}

#[divan::bench(args = [1_000, 10_000])]
fn outline(bencher: Bencher, sections: usize) {
    let text = statute(sections);
    let Ok(segmenter) = SectionSegmenter::new("us-code") else { return };
    bencher.counter(BytesCount::of_str(&text)).bench(|| segmenter.outline(divan::black_box(&text)));
}

#[divan::bench(args = [1_000, 10_000])]
fn resolved_references(bencher: Bencher, sections: usize) {
    let text = statute(sections);
    let Ok(segmenter) = SectionSegmenter::new("us-code") else { return };
    let outline = segmenter.outline(&text);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| references(divan::black_box(&text), &outline));
}

/// Markers in no order: the worst that the decoder can be given.
#[divan::bench(args = [10_000, 20_000, 40_000])]
fn marker_soup(bencher: Bencher, lines: usize) {
    let markers = ["(i)", "(a)", "(1)", "(A)", "(I)", "(v)", "(x)", "(c)", "(aa)", "§ 5", "§ 3"];
    let mut state = 7_u32;
    let mut text = String::new();
    for _ in 0..lines {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(markers.get((state >> 16) as usize % markers.len()).copied().unwrap_or("x"));
        text.push_str(" text—\n");
    }
    let Ok(segmenter) = SectionSegmenter::new("us-code") else { return };
    bencher.counter(BytesCount::of_str(&text)).bench(|| segmenter.outline(divan::black_box(&text)));
}

/// One line of 100 MB, with references and without a heading.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn one_line(bencher: Bencher) {
    let text = "as section 5(a) of this title says, so it is done and ".repeat(100_000_000 / 54);
    let Ok(segmenter) = SectionSegmenter::new("auto") else { return };
    bencher.counter(BytesCount::of_str(&text)).bench(|| segmenter.outline(divan::black_box(&text)));
}

fn main() {
    divan::main();
}
