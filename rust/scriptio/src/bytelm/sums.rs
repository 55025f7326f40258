//! Sums and exponentials of whole distributions.

use wide::{f32x8, f64x4};

/// The sum of `values`, in eight strands: as exact as one, and faster.
pub(super) fn sum(values: &[f64]) -> f64 {
    let mut strands = [0.0; 8];
    let blocks = values.chunks_exact(8);
    let rest: f64 = blocks.remainder().iter().sum();
    for block in blocks {
        for (strand, value) in strands.iter_mut().zip(block) {
            *strand += value;
        }
    }
    strands.iter().sum::<f64>() + rest
}

/// The exponentials of single-precision `values`, as exact as they are.
pub(super) fn exp_f32(values: &[f32]) -> Vec<f64> {
    let mut out = Vec::with_capacity(values.len());
    let blocks = values.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        let mut lanes = [0.0; 8];
        lanes.copy_from_slice(block);
        // Below this the result has no bits left; minus infinity must give zero.
        let found = f32x8::new(lanes.map(|value| value.max(-87.0))).exp().to_array();
        out.extend(found.iter().zip(block).map(|(&found, &value)| {
            if value < -87.0 { f64::from(value).exp() } else { f64::from(found) }
        }));
    }
    out.extend(rest.iter().map(|&value| f64::from(value).exp()));
    out
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
                .map(|(&found, &value)| if value < -700.0 { value.exp() } else { found }),
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
    use super::{exp_f32, exp_f64, log_sum, sum};

    #[test]
    fn agrees_with_the_plain_ways() {
        let logs: Vec<f64> = (0..1003).map(|i| -f64::from(i) * 0.77).collect();
        let found = exp_f64(&logs);
        for (log, value) in logs.iter().zip(&found) {
            assert!((value - log.exp()).abs() <= 1e-14 * log.exp(), "{log}");
        }
        let plain: f64 = found.iter().sum();
        assert!((sum(&found) - plain).abs() <= 1e-14 * plain);
        let logs: Vec<f32> = logs.iter().map(|&log| log as f32).collect();
        for (&log, value) in logs.iter().zip(exp_f32(&logs)) {
            let exact = f64::from(log).exp();
            assert!((value - exact).abs() <= 1e-6 * exact, "{log}");
        }
        let zeros = [exp_f32(&[f32::NEG_INFINITY; 9]), exp_f64(&[f64::NEG_INFINITY; 9])].concat();
        assert!(zeros.iter().all(|value| value.to_bits() == 0));
        assert!(log_sum(std::iter::empty()) < f64::MIN);
        assert!((log_sum([0.25f64.ln(), 0.5f64.ln()].into_iter()) - 0.75f64.ln()).abs() < 1e-15);
    }
}
