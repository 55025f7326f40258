//! A model's distribution behind one token string, by the bytes of its tokens.

use super::sums::{exp_f32, exp_f64, sum};
use super::{Frame, Semantics};
use crate::Error;

/// Log-probabilities of the next token, by id, as a model gives them.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// In single precision.
    Single(&'a [f32]),
    /// In double precision.
    Double(&'a [f64]),
}

impl Row<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Single(row) => row.len(),
            Self::Double(row) => row.len(),
        }
    }

    fn exp(&self) -> Vec<f64> {
        match self {
            Self::Single(row) => exp_f32(row),
            Self::Double(row) => exp_f64(row),
        }
    }
}

/// Probabilities of the tokens that may follow, in the order of their bytes.
#[derive(Debug)]
pub(super) struct Dist {
    pub(super) tokens: Vec<f64>,
    /// Probability that the text ends here.
    pub(super) end: f64,
}

impl Dist {
    /// Reads `row`. Tokens that neither write text nor end it are left out,
    /// and the rest is normalised; so are, where the semantics says so, the
    /// tokens that `allowed` has no bit for.
    ///
    /// # Errors
    /// If the row has another length than the model's, or holds NaN or a
    /// probability over 1.
    pub(super) fn new(
        frame: &Frame,
        row: Row<'_>,
        allowed: Option<&[u64]>,
        may_end: bool,
    ) -> Result<Self, Error> {
        let size = frame.policy.model_size;
        if row.len() != size {
            return Err(Error::invalid(format!(
                "distribution has {} entries; expected {size}, the size of the model's vocabulary",
                row.len()
            )));
        }
        let all = row.exp();
        if let Some(id) = all.iter().position(|p| !(0.0..=1.0 + 1e-3).contains(p)) {
            return Err(Error::invalid(format!(
                "log-probability of token {id} is {}; expected at most 0, and no NaN",
                all.get(id).map_or(f64::NAN, |p| p.ln())
            )));
        }
        let at = |id: u32| all.get(id as usize).copied().unwrap_or(0.0);
        let mut tokens: Vec<f64> = frame.vocab().order().iter().map(|&id| at(id)).collect();
        let mut end: f64 = frame.policy.end_ids.iter().map(|&id| at(id)).sum();
        let mut total = sum(&tokens) + end;
        if let Some(allowed) = allowed {
            for (block, &word) in tokens.chunks_mut(64).zip(allowed) {
                if word == u64::MAX {
                    continue;
                }
                for (i, p) in block.iter_mut().enumerate() {
                    *p *= (word >> i & 1) as f64;
                }
            }
            if !may_end {
                end = 0.0;
            }
            if frame.policy.semantics == Semantics::CanonicalLocal {
                total = sum(&tokens) + end;
            }
        }
        if total > 0.0 {
            let scale = 1.0 / total;
            for p in &mut tokens {
                *p *= scale;
            }
            end *= scale;
        }
        Ok(Self { tokens, end })
    }

    /// Probability of the tokens at the places `from..to`.
    pub(super) fn mass(&self, from: u32, to: u32) -> f64 {
        sum(self.tokens.get(from as usize..to as usize).unwrap_or_default())
    }
}
