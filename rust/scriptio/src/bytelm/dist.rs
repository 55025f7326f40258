//! A model's distribution behind one token string.

use super::sums::{exp_f32, exp_f64};
use super::{Frame, Semantics};
use crate::Error;
use crate::vocab::Context;

/// How far above 1 a sum of probabilities may be, as rounding has it.
const TOLERANCE: f64 = 1e-3;

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
}

/// Probabilities of the tokens that may follow.
#[derive(Debug)]
pub(super) struct Dist {
    /// By id, before they are scaled; zero for what may not follow or writes
    /// no text. Single precision holds all that a model gives in it.
    weights: Weights,
    /// Sums of the weights of tokens that begin with each byte.
    firsts: Box<[f64; 256]>,
    scale: f64,
    /// Probability that the text ends here.
    pub(super) end: f64,
}

#[derive(Debug)]
enum Weights {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Dist {
    /// Reads `row`. Tokens that neither write text nor end it are left out,
    /// and the rest is normalised; so are, where the semantics says so, the
    /// tokens that `allowed` has no bit for.
    ///
    /// # Errors
    /// If the row has another length than the model's, or holds NaN or a
    /// probability over 1.
    fn new(
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
        let weights = match row {
            Row::Single(row) => match exp_f32(row) {
                Some(all) => Weights::Single(all),
                None => Weights::Double(exp_f64(
                    &row.iter().map(|&log| f64::from(log)).collect::<Vec<f64>>(),
                )),
            },
            Row::Double(row) => Weights::Double(exp_f64(row)),
        };
        let ends = match &weights {
            Weights::Single(all) => frame.ends(|id| all.get(id).map_or(0.0, |&p| f64::from(p))),
            Weights::Double(all) => frame.ends(|id| all.get(id).copied().unwrap_or(0.0)),
        };
        let mut found = Self { weights, firsts: Box::new([0.0; 256]), scale: 1.0, end: ends };
        let whole = found.restrict(frame, allowed) + ends;
        // A probability over 1 shows in the sum, and so does NaN; which it was is looked for then.
        if !(0.0..=1.0 + TOLERANCE).contains(&whole) {
            return Err(refused(row, whole));
        }
        if !may_end {
            found.end = 0.0;
        }
        let kept = found.firsts.iter().sum::<f64>() + found.end;
        let total = if frame.policy.semantics == Semantics::Canonical { whole } else { kept };
        if total > 0.0 {
            found.scale = 1.0 / total;
            found.end /= total;
        }
        Ok(found)
    }

    /// Clears the weights of all but the tokens that write text and, if told,
    /// are allowed; sums the rest by first bytes. Returns the sum of the
    /// weights of all that write text.
    fn restrict(&mut self, frame: &Frame, allowed: Option<&[u64]>) -> f64 {
        match &mut self.weights {
            Weights::Single(all) => restrict(all, frame, allowed, &mut self.firsts),
            Weights::Double(all) => restrict(all, frame, allowed, &mut self.firsts),
        }
    }

    /// Probability of one token.
    pub(super) fn of(&self, token: u32) -> f64 {
        let id = token as usize;
        self.scale
            * match &self.weights {
                Weights::Single(all) => all.get(id).map_or(0.0, |&p| f64::from(p)),
                Weights::Double(all) => all.get(id).copied().unwrap_or(0.0),
            }
    }

    /// Probability of the tokens that begin with `byte`.
    pub(super) fn of_first(&self, byte: u8) -> f64 {
        self.scale * self.firsts.get(usize::from(byte)).copied().unwrap_or(0.0)
    }

    /// Probability of the tokens at the places `from..to` of the vocabulary's
    /// order.
    pub(super) fn mass(&self, frame: &Frame, from: u32, to: u32) -> f64 {
        let ids = frame.vocab().order().get(from as usize..to as usize).unwrap_or_default();
        let sum = match &self.weights {
            Weights::Single(all) => gathered(all, ids),
            Weights::Double(all) => gathered(all, ids),
        };
        self.scale * sum
    }
}

impl Frame {
    /// The law of what follows a token string, of which `row` is the model's
    /// account: held to what may follow `context`, where the semantics asks
    /// for that and the string is canonical.
    ///
    /// # Errors
    /// If `row` is no distribution.
    pub(super) fn dist(&self, context: Option<&Context>, row: Row<'_>) -> Result<Dist, Error> {
        let Some(context) = context.filter(|_| self.policy.semantics != Semantics::All) else {
            return Dist::new(self, row, None, true);
        };
        let mut allowed = Vec::new();
        self.grammar.mask(context, &mut allowed);
        Dist::new(self, row, Some(&allowed), self.grammar.may_end(context))
    }
}

/// What is wrong with a row whose probabilities sum to `whole`.
fn refused(row: Row<'_>, whole: f64) -> Error {
    let wrong = |log: f64| log.is_nan() || log > TOLERANCE;
    let id = match row {
        Row::Single(row) => row.iter().position(|&log| wrong(log.into())),
        Row::Double(row) => row.iter().position(|&log| wrong(log)),
    };
    Error::invalid(match (id, row) {
        (Some(id), Row::Single(row)) => format!(
            "log-probability of token {id} is {}; expected at most 0, and no NaN",
            row.get(id).copied().unwrap_or(f32::NAN)
        ),
        (Some(id), Row::Double(row)) => format!(
            "log-probability of token {id} is {}; expected at most 0, and no NaN",
            row.get(id).copied().unwrap_or(f64::NAN)
        ),
        _ => format!(
            "probabilities of the next token sum to {whole}; expected 1: logarithms of a normalised \
             distribution, not logits"
        ),
    })
}

/// Sums that are kept side by side.
const STRANDS: usize = 8;

/// A weight that is cleared without a branch, whatever it is: NaN times zero would stay.
trait Maskable: Copy + Default + Into<f64> {
    /// The weight itself if `bit` is 1, and zero if it is 0.
    fn masked(self, bit: u64) -> Self;
}

impl Maskable for f32 {
    fn masked(self, bit: u64) -> Self {
        Self::from_bits(self.to_bits() & (bit as u32).wrapping_neg())
    }
}

impl Maskable for f64 {
    fn masked(self, bit: u64) -> Self {
        Self::from_bits(self.to_bits() & bit.wrapping_neg())
    }
}

fn restrict<T: Maskable>(
    all: &mut [T],
    frame: &Frame,
    allowed: Option<&[u64]>,
    firsts: &mut [f64; 256],
) -> f64 {
    // Strands, so that neighbours with one first byte need not wait for each other.
    let mut sums = [[0.0; 256]; STRANDS];
    let mut whole = [0.0; STRANDS];
    for (block, items) in all.chunks_mut(64).enumerate() {
        let text = frame.text.get(block).copied().unwrap_or(0);
        let allowed = allowed.map_or(text, |words| words.get(block).copied().unwrap_or(0) & text);
        add_text(items, text, &mut whole);
        if allowed == 0 {
            items.fill(T::default());
            continue;
        }
        let firsts = frame.first_bytes.get(block * 64..).unwrap_or_default();
        // Which tokens are allowed is no pattern that could be foreseen.
        if allowed != u64::MAX {
            for (i, item) in items.iter_mut().enumerate() {
                *item = item.masked(allowed >> i & 1);
            }
        }
        for (i, (item, &first)) in items.iter_mut().zip(firsts).enumerate() {
            if let Some(sum) = sums.get_mut(i % STRANDS) {
                sum[usize::from(first)] += (*item).into();
            }
        }
        for item in items.iter_mut().skip(firsts.len()) {
            *item = T::default(); // Beyond the vocabulary: padding of the model.
        }
    }
    for (byte, first) in firsts.iter_mut().enumerate() {
        *first = sums.iter().map(|sum| sum.get(byte).copied().unwrap_or(0.0)).sum();
    }
    whole.iter().sum()
}

/// Adds those of `items` whose bits are in `text`.
fn add_text<T: Copy + Into<f64>>(items: &[T], text: u64, sums: &mut [f64; STRANDS]) {
    let (blocks, _) = items.as_chunks::<STRANDS>();
    if text == u64::MAX && blocks.len() * STRANDS == items.len() {
        for block in blocks {
            for (sum, &item) in sums.iter_mut().zip(block) {
                *sum += item.into();
            }
        }
        return;
    }
    for (i, (&item, sum)) in items.iter().zip((0..STRANDS).cycle()).enumerate() {
        if let (1, Some(sum)) = (text >> i & 1, sums.get_mut(sum)) {
            *sum += item.into();
        }
    }
}

/// The sum of the weights of `ids`, in four strands.
fn gathered<T: Copy + Into<f64>>(all: &[T], ids: &[u32]) -> f64 {
    let at = |id: &u32| all.get(*id as usize).map_or(0.0, |&p| p.into());
    let mut strands = [0.0; 4];
    let blocks = ids.chunks_exact(4);
    let rest: f64 = blocks.remainder().iter().map(at).sum();
    for block in blocks {
        for (strand, id) in strands.iter_mut().zip(block) {
            *strand += at(id);
        }
    }
    strands.iter().sum::<f64>() + rest
}
