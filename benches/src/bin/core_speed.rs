//! Speed of the core on a file, one thread, by the thread's own CPU clock:
//!
//! ```text
//! cargo run --release -p scriptio-benches --bin core_speed -- FILE [LANG] [ROUNDS] [--json]
//! ```
//!
//! Wall time on a shared machine measures the neighbours too; CPU time does
//! not. `LANG` is `und` and `ROUNDS` 9 unless said.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::hint::black_box;

use cpu_time::ThreadTime;
use scriptio::offsets::CharCursor;
use scriptio::{Lang, Segmenter, SentenceSegmenter};

/// Median of the CPU seconds that `rounds` calls of `work` take.
fn median_seconds(rounds: usize, mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..rounds.max(1))
        .map(|_| {
            let start = ThreadTime::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_unstable_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, plain): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let path = plain.first().ok_or("usage: core_speed FILE [LANG] [ROUNDS] [--json]")?;
    let lang = Lang::new(plain.get(1).map_or("und", String::as_str))?;
    let rounds: usize = plain.get(2).map_or(Ok(9), |rounds| rounds.parse())?;

    let text = std::fs::read_to_string(path)?;
    let megabytes = text.len() as f64 / 1e6;
    let segmenter = SentenceSegmenter::new(lang);
    let mut ends = Vec::new();
    segmenter.ends(&text, &mut ends); // Warms caches up and the buffer to its size.
    let segments = ends.len();

    let to_bytes = median_seconds(rounds, || {
        ends.clear();
        segmenter.ends(black_box(&text), &mut ends);
        black_box(&ends);
    });
    let to_chars = median_seconds(rounds, || {
        ends.clear();
        segmenter.ends(black_box(&text), &mut ends);
        let mut cursor = CharCursor::new(&text);
        for end in &mut ends {
            *end = cursor.char_offset(*end);
        }
        black_box(&ends);
    });

    let (byte_speed, char_speed) = (megabytes / to_bytes, megabytes / to_chars);
    if flags.iter().any(|flag| flag == "--json") {
        println!(
            "{{\"lang\": \"{}\", \"bytes\": {}, \"segments\": {segments}, \"rounds\": {rounds}, \
             \"byte_offsets_mb_s\": {byte_speed:.1}, \"char_offsets_mb_s\": {char_speed:.1}}}",
            lang.code(),
            text.len(),
        );
    } else {
        println!("{path}: {megabytes:.2} MB, lang {}, {segments} segments", lang.code());
        println!("to byte offsets       {byte_speed:9.1} MB/s (median of {rounds})");
        println!("to code-point offsets {char_speed:9.1} MB/s (median of {rounds})");
    }
    Ok(())
}
