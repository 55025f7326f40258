//! [`Scorer`]: one linear table over hashed features, for all languages.
//!
//! The table has a weight and a check byte per slot, so that a feature that
//! was not kept in training finds nothing rather than another's weight.

use super::context::Context;
use super::features::{INLINE, STRONG, extract, lang_number};
use crate::Lang;

/// Bytes before the slots: magic, binary logarithm of their number, scale, bias.
const HEADER: usize = 16;

/// Binary logarithm of the number of slots, and what it makes of a hash.
const BITS: u32 = 17;
const SLOTS: usize = 1 << BITS;
const SHIFT: u32 = 64 - BITS;

/// The table that ships with the crate; its model card is in `models/scriptio-sentence`.
static TABLE: &[u8] = include_bytes!("../../data/scorer.bin");

/// The slots of the table; none of them known if the file has another size.
fn slots() -> &'static [[u8; 2]; SLOTS] {
    static NONE: [[u8; 2]; SLOTS] = [[0; 2]; SLOTS];
    let slots = TABLE.get(HEADER..).unwrap_or_default().as_chunks::<2>().0;
    slots.first_chunk().unwrap_or(&NONE)
}

/// Beyond this the strong features leave nothing to the others.
const SETTLED: f32 = 6.0;

/// A linear model: the sum of one 8-bit weight per known feature, times a scale.
#[derive(Clone, Copy)]
pub(crate) struct Scorer {
    slots: &'static [[u8; 2]; SLOTS],
    scale: f32,
    bias: f32,
    lang: u32,
}

impl Scorer {
    /// The scorer of the crate, asked for `lang`.
    pub(crate) fn new(lang: Lang) -> Self {
        let number = |at: usize| {
            let bytes = TABLE.get(at..at + 4).and_then(|b| b.first_chunk::<4>());
            bytes.copied().unwrap_or_default()
        };
        Self {
            slots: slots(),
            scale: f32::from_le_bytes(number(8)),
            bias: f32::from_le_bytes(number(12)),
            lang: lang_number(lang.code()),
        }
    }

    /// The logit of a boundary at the candidate with this context.
    #[inline]
    pub(crate) fn logit(&self, context: &Context) -> f32 {
        let hashes = extract(context, self.lang);
        let (strong, rest) = hashes.split_at(STRONG);
        let logit = |sum: i32| self.bias + sum as f32 * self.scale;
        let sum = self.sum(strong);
        let inline = context.gap < 3;
        if inline && logit(sum).abs() > SETTLED {
            return logit(sum);
        }
        let count = if inline { INLINE - STRONG } else { rest.len() };
        logit(sum + self.sum(rest.get(..count).unwrap_or_default()))
    }

    /// The weights of `hashes`, added up.
    #[inline]
    fn sum(&self, hashes: &[u64]) -> i32 {
        let mut sum = 0;
        for &hash in hashes {
            let [weight, check] = self.slots[(hash >> SHIFT) as usize];
            let found = -i32::from(check == (hash >> (SHIFT - 8)) as u8);
            sum += found & i32::from(weight as i8);
        }
        sum
    }
}

/// Probability of a logit.
pub(crate) fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scorer").field("slots", &self.slots.len()).finish_non_exhaustive()
    }
}
