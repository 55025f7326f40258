//! Benchmarks live in `benches/`; rivals are dependencies of this crate alone.
