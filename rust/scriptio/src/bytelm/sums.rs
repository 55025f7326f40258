//! Exponentials of whole distributions, and sums of logarithms.

use wide::f64x4;

/// Below this logarithm single precision has no full number left.
const LEAST: f32 = -87.0;

/// The exponentials of single-precision `values`, not above 1, to 2 units in
/// the last place. None if one is too small for that, but not zero.
pub(super) fn exp_f32(values: &[f32]) -> Option<Vec<f32>> {
    // In two passes, of each of which the compiler makes vectors; of both in one it does not.
    let out = values.iter().map(|&value| exp_one(value)).collect();
    let small = |value: f32| u32::from(value < LEAST) & u32::from(value > f32::NEG_INFINITY);
    let any_small = values.iter().fold(0, |any, &value| any | small(value));
    (any_small == 0).then_some(out)
}

/// Cody and Waite's reduction to `2^n * e^r` with `|r| <= ln(2) / 2`, and e^r by
/// its Taylor polynomial of degree 7. Without a branch: the rounded n is taken
/// from the low bits of a large number.
#[inline]
fn exp_one(value: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23
    // NaN stays NaN; what is above 1 is found by others.
    let x = value.clamp(LEAST, 1.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    if value == f32::NEG_INFINITY { 0.0 } else { p * power }
}

/// The exponentials of double-precision `values`.
pub(super) fn exp_f64(values: &[f64]) -> Vec<f64> {
    let mut out = Vec::with_capacity(values.len());
    let blocks = values.chunks_exact(4);
    let rest = blocks.remainder();
    for block in blocks {
        let mut lanes = [0.0; 4];
        lanes.copy_from_slice(block);
        let found = f64x4::new(lanes.map(|value| value.max(-700.0))).exp().to_array();
        out.extend(
            found
                .iter()
                .zip(block)
                .map(|(&found, &value)| if value >= -700.0 { found } else { value.exp() }),
        );
    }
    out.extend(rest.iter().map(|&value| value.exp()));
    out
}

/// `ln(exp(a) + exp(b))` of all `logs`; minus infinity of none.
pub(super) fn log_sum(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + logs.map(|log| (log - top).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::{exp_f32, exp_f64, log_sum};

    #[test]
    fn agrees_with_the_plain_ways() {
        let logs: Vec<f64> = (0..1003).map(|i| -f64::from(i) * 0.77).collect();
        for (log, value) in logs.iter().zip(exp_f64(&logs)) {
            assert!((value - log.exp()).abs() <= 1e-14 * log.exp(), "{log}");
        }
        let logs: Vec<f32> = (0..60_000u16).map(|i| f32::from(i) * -0.00145).collect();
        for (&log, value) in logs.iter().zip(exp_f32(&logs).unwrap_or_default()) {
            let exact = f64::from(log).exp();
            assert!((f64::from(value) - exact).abs() <= 2.5e-7 * exact, "{log}");
        }
        assert!(log_sum(std::iter::empty()) < f64::MIN);
        assert!((log_sum([0.25f64.ln(), 0.5f64.ln()].into_iter()) - 0.75f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn the_ends_of_the_range() {
        let logs = [f32::NEG_INFINITY, 0.0, -87.0, f32::NAN];
        let found = exp_f32(&logs).unwrap_or_default();
        assert_eq!(found.iter().map(|p| p.to_bits()).take(2).collect::<Vec<_>>(), [0, 0x3F80_0000]);
        assert!(
            found.get(2).is_some_and(|p| *p > 1e-38) && found.get(3).is_some_and(|p| p.is_nan())
        );
        assert!(exp_f32(&[-1.0, -87.5]).is_none());
        assert!(exp_f64(&[f64::NEG_INFINITY; 9]).iter().all(|value| value.to_bits() == 0));
    }
}
