//! Decoding: `cargo bench -p scriptio-benches --bench scores`.

use std::sync::LazyLock;

use divan::Bencher;
use scriptio::scores::{Algorithm, Decoder, Meaning, Prior, PriorShape};

/// A text with candidates and their probabilities.
struct Scored {
    text: String,
    ends: Vec<usize>,
    probabilities: Vec<f32>,
}

impl Scored {
    /// `length` code points of words of four letters, a candidate every
    /// `step` code points.
    fn new(length: usize, step: usize) -> Self {
        let text: String = "word ".chars().cycle().take(length).collect();
        let ends: Vec<usize> = (step..=length).step_by(step).collect();
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        // Few are probable, as with a model.
        let probabilities = ends.iter().map(|_| random().powi(8)).collect();
        Self { text, ends, probabilities }
    }
}

/// A candidate for each token, as sentence models have them, and one for each
/// code point.
static TOKENS: LazyLock<Scored> = LazyLock::new(|| Scored::new(10_000, 4));
static CHARACTERS: LazyLock<Scored> =
    LazyLock::new(|| Scored { text: "x".repeat(10_000), ..Scored::new(10_000, 1) });
static MEGABYTE: LazyLock<Scored> = LazyLock::new(|| Scored::new(1 << 20, 4));

const PRIORS: [&str; 4] = ["uniform", "gaussian", "clipped_polynomial", "lognormal"];
const MAX: Option<usize> = Some(1_000);

fn run(bencher: Bencher, scored: &Scored, prior: &str, max: Option<usize>, algorithm: Algorithm) {
    let shape = PriorShape::new(prior).unwrap_or_default();
    let decoder = Decoder::builder()
        .prior(Prior::new(shape, 70.0, 25.0).unwrap_or_default())
        .meaning(Meaning::Pack)
        .max_length(max)
        .algorithm(algorithm)
        .build();
    let Ok(decoder) = decoder else { return };
    bencher.bench(|| {
        decoder.decode(divan::black_box(&scored.text), &scored.ends, &scored.probabilities)
    });
}

#[divan::bench(args = PRIORS)]
fn tokens(bencher: Bencher, prior: &str) {
    run(bencher, &TOKENS, prior, MAX, Algorithm::Viterbi);
}

#[divan::bench(args = PRIORS)]
fn tokens_greedy(bencher: Bencher, prior: &str) {
    run(bencher, &TOKENS, prior, MAX, Algorithm::Greedy);
}

#[divan::bench(args = PRIORS)]
fn characters(bencher: Bencher, prior: &str) {
    run(bencher, &CHARACTERS, prior, MAX, Algorithm::Viterbi);
}

/// 1 MiB without a maximum: priors bound the work by themselves.
#[divan::bench(args = PRIORS, sample_count = 5)]
fn megabyte_no_maximum(bencher: Bencher, prior: &str) {
    run(bencher, &MEGABYTE, prior, None, Algorithm::Viterbi);
}

/// 1 MiB by the threshold alone.
#[divan::bench(sample_count = 20)]
fn megabyte_threshold(bencher: Bencher) {
    let Ok(decoder) = Decoder::builder().build() else { return };
    let Scored { text, ends, probabilities } = &*MEGABYTE;
    bencher.bench(|| decoder.decode(divan::black_box(text), ends, probabilities));
}

fn main() {
    divan::main();
}
