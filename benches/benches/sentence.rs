//! Sentence segmentation: `cargo bench -p scriptio-benches --bench sentence`.

use std::sync::LazyLock;

use divan::{AllocProfiler, Bencher, counter::BytesCount};
use scriptio::offsets::CharCursor;
use scriptio::{Lang, Segmenter, SentenceSegmenter};
use scriptio_benches::{Sample, samples};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(samples);

fn all() -> &'static [Sample] {
    &SAMPLES
}

fn segmenter(sample: &Sample) -> SentenceSegmenter {
    SentenceSegmenter::new(Lang::new(sample.lang).unwrap_or(Lang::UND))
}

/// To byte offsets, the buffer reused from text to text.
#[divan::bench(args = all())]
fn byte_offsets(bencher: Bencher, sample: &Sample) {
    let segmenter = segmenter(sample);
    let mut ends = Vec::with_capacity(sample.text.len() / 8);
    bencher.counter(BytesCount::of_str(&sample.text)).bench_local(|| {
        ends.clear();
        segmenter.ends(divan::black_box(&sample.text), &mut ends);
        ends.len()
    });
}

/// To code-point offsets, as Python sees them.
#[divan::bench(args = all())]
fn char_offsets(bencher: Bencher, sample: &Sample) {
    let segmenter = segmenter(sample);
    let mut ends = Vec::with_capacity(sample.text.len() / 8);
    bencher.counter(BytesCount::of_str(&sample.text)).bench_local(|| {
        ends.clear();
        segmenter.ends(divan::black_box(&sample.text), &mut ends);
        let mut cursor = CharCursor::new(&sample.text);
        ends.iter().map(|&end| cursor.char_offset(end)).fold(0, |all, at| all ^ at)
    });
}

/// As a stream in pieces of 64 KiB.
#[divan::bench(args = all())]
fn stream(bencher: Bencher, sample: &Sample) {
    let segmenter = segmenter(sample);
    let mut pieces = Vec::new();
    let mut rest = sample.text.as_str();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(64 * 1024));
        pieces.push(piece);
        rest = tail;
    }
    bencher.counter(BytesCount::of_str(&sample.text)).bench_local(|| {
        let mut stream = segmenter.stream();
        let (mut segments, mut count) = (Vec::new(), 0);
        for piece in &pieces {
            stream.push(divan::black_box(piece), &mut segments);
            count += segments.len();
            segments.clear();
        }
        stream.finish(&mut segments);
        count + segments.len()
    });
}

fn main() {
    divan::main();
}
