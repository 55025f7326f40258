//! [`Hf`]: tokenizer files of every shape, through Hugging Face's own code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use super::{Tokenizer, Tokens};
use crate::Error;

/// A tokenizer that Hugging Face's crate `tokenizers` runs.
#[derive(Debug)]
pub(super) struct Hf {
    inner: tokenizers::Tokenizer,
    vocab_size: usize,
}

impl Hf {
    /// The tokenizer that the content of a `tokenizer.json` describes.
    pub(super) fn from_json(json: &str) -> Result<Self, Error> {
        let refuse = |reason: String| {
            Error::invalid(format!(
                "tokenizer data is no usable tokenizer.json: {reason}; expected the file that \
                 Hugging Face's tokenizers write"
            ))
        };
        let mut inner = guarded(|| tokenizers::Tokenizer::from_str(json))
            .and_then(|read| read.map_err(|error| error.to_string()))
            .map_err(refuse)?;
        // A model's windows are planned over the whole text, so nothing may be cut off or filled up.
        inner.with_truncation(None).map_err(|error| refuse(error.to_string()))?;
        inner.with_padding(None);
        let largest = inner.get_vocab(true).into_values().max();
        Ok(Self { inner, vocab_size: largest.map_or(0, |id| id as usize + 1) })
    }
}

impl Tokenizer for Hf {
    fn encode(&self, text: &str, out: &mut Tokens) -> Result<(), Error> {
        let encoding = guarded(|| self.inner.encode(text, false))
            .and_then(|encoded| encoded.map_err(|error| error.to_string()))
            .map_err(|error| Error::invalid(format!("text cannot be tokenized: {error}")))?;
        out.ids.extend_from_slice(encoding.get_ids());
        out.starts.extend(encoding.get_offsets().iter().map(|&(start, _)| start));
        out.ends.extend(encoding.get_offsets().iter().map(|&(_, end)| end));
        Ok(())
    }

    fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    fn kind(&self) -> &'static str {
        "hf"
    }

    fn pack(&self) -> Option<Vec<u8>> {
        None
    }
}

/// What `work` gives, or that it panicked: the crate panics at some files that are JSON but no tokenizer.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "the crate `tokenizers` cannot read it".into())
}
