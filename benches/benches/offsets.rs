//! Offset conversion: `cargo bench -p scriptio-benches --bench offsets`.

use std::sync::LazyLock;

use divan::{Bencher, counter::BytesCount};
use scriptio::offsets::{CharCursor, OffsetIndex, count_chars};
use scriptio_benches::{SYNTHETIC_BYTES, Sample, corpora, repeat};

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let made = [("ascii", "plain text. "), ("two bytes", "ёжик, да. "), ("astral", "😀 ok. 字。")];
    let made = made.map(|(name, pattern)| Sample {
        name: name.to_owned(),
        lang: "und",
        text: repeat(pattern, SYNTHETIC_BYTES),
    });
    made.into_iter().chain(corpora()).collect()
});

fn all() -> &'static [Sample] {
    &SAMPLES
}

/// Every hundredth code point: about what sentences ask for.
fn questions(text: &str) -> Vec<usize> {
    text.char_indices().step_by(100).map(|(at, _)| at).collect()
}

#[divan::bench(args = all())]
fn count(bencher: Bencher, sample: &Sample) {
    bencher
        .counter(BytesCount::of_str(&sample.text))
        .bench(|| count_chars(divan::black_box(sample.text.as_bytes())));
}

#[divan::bench(args = all())]
fn cursor(bencher: Bencher, sample: &Sample) {
    let questions = questions(&sample.text);
    bencher.counter(BytesCount::of_str(&sample.text)).bench(|| {
        let mut cursor = CharCursor::new(divan::black_box(&sample.text));
        questions.iter().map(|&at| cursor.char_offset(at)).fold(0, |all, at| all ^ at)
    });
}

#[divan::bench(args = all())]
fn index_build(bencher: Bencher, sample: &Sample) {
    bencher
        .counter(BytesCount::of_str(&sample.text))
        .bench(|| OffsetIndex::new(divan::black_box(&sample.text)));
}

#[divan::bench(args = all())]
fn index_query(bencher: Bencher, sample: &Sample) {
    let questions = questions(&sample.text);
    let index = OffsetIndex::new(&sample.text);
    bencher
        .bench(|| questions.iter().map(|&at| index.byte_to_char(at)).fold(0, |all, at| all ^ at));
}

fn main() {
    divan::main();
}
