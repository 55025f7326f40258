//! The Python extension module `scriptio._core`: a table of exports.

use pyo3::prelude::*;

mod adapt;
mod buffer;
mod bytelm;
mod chunk;
mod compound;
mod compound_batch;
mod enter;
mod error;
mod floats;
mod fusion;
mod ints;
mod legal;
mod metrics;
mod pooling;
mod scores;
mod sentence;
mod spans;
mod stream;
mod text;
mod tokenizer;
mod topic;
mod vocab;
mod windows;

/// The compiled half of the package `scriptio`, which is the one to import.
#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::adapt::{Adapter, rule_logits};
    #[pymodule_export]
    use crate::bytelm::{ByteFrame, ByteTree, TokenPath};
    #[pymodule_export]
    use crate::chunk::{Chunker, Chunks};
    #[pymodule_export]
    use crate::compound::{CompoundSplitter, HyphenCounts};
    #[pymodule_export]
    use crate::floats::FloatArray;
    #[pymodule_export]
    use crate::fusion::{Cascade, fuse};
    #[pymodule_export]
    use crate::ints::IntArray;
    #[pymodule_export]
    use crate::legal::{Outline, SectionSegmenter, find_references, legal_systems};
    #[pymodule_export]
    use crate::metrics::{
        boundary_edits, boundary_score, boundary_similarity, masses_of, pk,
        segmentation_similarity, window_diff,
    };
    #[pymodule_export]
    use crate::pooling::{DynamicBpe, WordRows, bytes_of_chars, chars_of_bytes, word_ends};
    #[pymodule_export]
    use crate::scores::{decode, length_prior};
    #[pymodule_export]
    use crate::sentence::{SentenceSegmenter, languages};
    #[pymodule_export]
    use crate::spans::SpanArray;
    #[pymodule_export]
    use crate::stream::SentenceStream;
    #[pymodule_export]
    use crate::tokenizer::{Encoding, Tokenizer, hash_chars, pack_tokenizer};
    #[pymodule_export]
    use crate::topic::{TopicSegmenter, decode_topics, stem, topic_cuts};
    #[pymodule_export]
    use crate::vocab::Encoder;
    #[pymodule_export]
    use crate::windows::{WindowBatch, Windows};

    #[pymodule_export]
    #[allow(non_upper_case_globals)] // Python's own name for it.
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// Timings of a debug build mean nothing; benchmarks record which one ran.
    #[pymodule_export]
    const BUILD_PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };
}
