//! Logistic regression with a quadratic penalty, by L-BFGS.
//!
//! The weights are drawn to those of the scorer as it is, not to zero: what
//! the sentences do not show stays what it was.
//!
//! L-BFGS after Nocedal & Wright, *Numerical Optimization* (2006), algorithm
//! 7.4, with a step that is halved until it goes down enough. The problem is
//! convex, so the result depends on the order of nothing but additions, which
//! is fixed.

use super::features::{COARSE, DENSE, Row, SPARSE};

/// What a hashed feature about single words weighs, next to one of conventions.
/// Below 1 its weight is penalised more.
const LEXICAL: f64 = 0.5;

/// The column of a hashed feature that has none.
pub(crate) const NO_COLUMN: u32 = u32::MAX >> 1;

/// Weight of the scorer's own logit in an unadapted model; its feature is half the logit.
const BASE_WEIGHT: f64 = 2.0;
/// The number of the feature that is the scorer's logit.
const BASE: usize = 1;

/// Steps at most. More change no decision: what is left by then is the slow
/// growth of weights that are all but free.
const STEPS: usize = 60;
/// Pairs of steps and gradients that are remembered.
const MEMORY: usize = 8;
/// Relative length of a gradient that is as good as zero.
const FLAT: f64 = 1e-4;

/// The rows of a problem: which columns are set, and what is to be learned.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    dense: Vec<[f32; DENSE]>,
    columns: Vec<[u32; SPARSE]>,
    targets: Vec<bool>,
    width: usize,
}

/// The value of hashed feature number `slot` where it is present.
pub(crate) fn scale(slot: usize) -> f64 {
    if slot < COARSE { 1.0 } else { LEXICAL }
}

impl Problem {
    /// A problem with `width` columns of hashed features.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Add a row; `column` gives the column of a hash.
    pub(crate) fn push(&mut self, row: &Row, target: bool, column: impl Fn(u32) -> u32) {
        self.dense.push(row.dense);
        self.columns.push(row.sparse.map(column));
        self.targets.push(target);
    }

    /// Number of weights.
    pub(crate) fn len(&self) -> usize {
        DENSE + self.width
    }

    /// The weights of a model that leaves the scorer's logits as they are.
    pub(crate) fn prior(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.len()];
        if let Some(weight) = weights.get_mut(BASE) {
            *weight = BASE_WEIGHT;
        }
        weights
    }

    /// The logit of row `row`.
    pub(crate) fn logit(&self, weights: &[f64], row: usize) -> f64 {
        let (Some(dense), Some(columns)) = (self.dense.get(row), self.columns.get(row)) else {
            return 0.0;
        };
        let numbers = weights.iter().zip(dense).map(|(w, &x)| w * f64::from(x)).sum::<f64>();
        let words = columns.iter().enumerate().map(|(slot, &column)| {
            // `NO_COLUMN` lies behind all weights.
            weights.get(DENSE + column as usize).map_or(0.0, |w| w * scale(slot))
        });
        numbers + words.sum::<f64>()
    }

    /// The penalised loss over `rows` and its gradient.
    pub(crate) fn loss(
        &self,
        rows: &[u32],
        penalty: f64,
        weights: &[f64],
        gradient: &mut [f64],
    ) -> f64 {
        let mut loss = 0.0;
        let prior = self.prior();
        for ((g, w), p) in gradient.iter_mut().zip(weights).zip(&prior) {
            *g = penalty * (w - p);
            loss += 0.5 * penalty * (w - p) * (w - p);
        }
        for &row in rows {
            let row = row as usize;
            let (Some(dense), Some(columns), Some(&target)) =
                (self.dense.get(row), self.columns.get(row), self.targets.get(row))
            else {
                continue;
            };
            let logit = self.logit(weights, row);
            let signed = if target { logit } else { -logit };
            loss += log_one_plus_exp(-signed);
            let error = 1.0 / (1.0 + (-logit).exp()) - f64::from(u8::from(target));
            for (g, &x) in gradient.iter_mut().zip(dense) {
                *g += error * f64::from(x);
            }
            for (slot, &column) in columns.iter().enumerate() {
                if let Some(g) = gradient.get_mut(DENSE + column as usize) {
                    *g += error * scale(slot);
                }
            }
        }
        loss
    }

    /// The weights that make the penalised loss over `rows` smallest, searched from `start` on.
    pub(crate) fn minimise(&self, rows: &[u32], penalty: f64, start: Vec<f64>) -> Vec<f64> {
        let mut weights = start;
        let mut gradient = vec![0.0; weights.len()];
        let mut loss = self.loss(rows, penalty, &weights, &mut gradient);
        let mut memory: Vec<Pair> = Vec::new();
        let flat = FLAT * (1.0 + norm(&gradient));
        for _ in 0..STEPS {
            if norm(&gradient) <= flat {
                break;
            }
            let mut direction = direction(&memory, &gradient);
            let mut slope = dot(&direction, &gradient);
            if slope >= 0.0 {
                memory.clear();
                direction = gradient.iter().map(|g| -g).collect();
                slope = -dot(&gradient, &gradient);
            }
            let mut step = if memory.is_empty() { 1.0 / norm(&gradient).max(1.0) } else { 1.0 };
            let mut found = None;
            for _ in 0..30 {
                let moved: Vec<f64> =
                    weights.iter().zip(&direction).map(|(w, d)| w + step * d).collect();
                let mut moved_gradient = vec![0.0; moved.len()];
                let moved_loss = self.loss(rows, penalty, &moved, &mut moved_gradient);
                if moved_loss <= loss + 1e-4 * step * slope {
                    found = Some((moved, moved_gradient, moved_loss));
                    break;
                }
                step *= 0.5;
            }
            let Some((moved, moved_gradient, moved_loss)) = found else { break };
            remember(&mut memory, &weights, &moved, &gradient, &moved_gradient);
            (weights, gradient, loss) = (moved, moved_gradient, moved_loss);
        }
        weights
    }
}

/// A step and how the gradient changed with it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

fn remember(memory: &mut Vec<Pair>, from: &[f64], to: &[f64], before: &[f64], after: &[f64]) {
    let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
    let step: Vec<f64> = difference(to, from);
    let change: Vec<f64> = difference(after, before);
    let product = dot(&step, &change);
    // A pair without curvature would spoil the direction.
    if product > 1e-12 * dot(&change, &change) {
        if memory.len() == MEMORY {
            memory.remove(0);
        }
        memory.push(Pair { step, change, product });
    }
}

/// Downhill, as far as the remembered steps tell: the two loops of L-BFGS.
fn direction(memory: &[Pair], gradient: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.step, &out) / pair.product;
        add(&mut out, -share, &pair.change);
        shares.push(share);
    }
    if let Some(last) = memory.last() {
        let factor = last.product / dot(&last.change, &last.change);
        for value in &mut out {
            *value *= factor;
        }
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = dot(&pair.change, &out) / pair.product;
        add(&mut out, share - back, &pair.step);
    }
    out
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

/// `ln(1 + exp(x))` without overflow.
pub(crate) fn log_one_plus_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few rows of numbers that look random, with columns that overlap.
    fn problem(rows: usize) -> Problem {
        let mut state = 7_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u32
        };
        let mut problem = Problem::new(40);
        for _ in 0..rows {
            let dense = std::array::from_fn(|_| random() as f32 / 2e9 - 0.5);
            let row = Row { dense, sparse: std::array::from_fn(|_| random() % 50) };
            let target = dense[0] + dense[2] > 0.1 || random() % 9 == 0;
            problem.push(&row, target, |hash| if hash < 40 { hash } else { NO_COLUMN });
        }
        problem
    }

    #[test]
    fn gradient_is_that_of_the_loss() {
        let problem = problem(30);
        let rows: Vec<u32> = (0..30).collect();
        let mut weights: Vec<f64> = (0..problem.len()).map(|i| (i as f64).sin()).collect();
        let mut gradient = vec![0.0; weights.len()];
        let mut unused = vec![0.0; weights.len()];
        problem.loss(&rows, 0.7, &weights, &mut gradient);
        for at in 0..weights.len() {
            let mut loss_at = |shift: f64| {
                weights[at] += shift;
                problem.loss(&rows, 0.7, &weights, &mut unused)
            };
            let above = loss_at(1e-5);
            let below = loss_at(-2e-5);
            loss_at(1e-5);
            let slope = (above - below) / 2e-5;
            assert!((slope - gradient[at]).abs() < 1e-5, "{at}: {slope} {}", gradient[at]);
        }
    }

    /// Small steps straight downhill: slow, and too simple to be wrong.
    fn descend(problem: &Problem, rows: &[u32], penalty: f64) -> Vec<f64> {
        let mut weights = problem.prior();
        let mut gradient = vec![0.0; weights.len()];
        for _ in 0..4_000 {
            problem.loss(rows, penalty, &weights, &mut gradient);
            add(&mut weights, -0.01, &gradient);
        }
        weights
    }

    #[test]
    fn finds_what_slow_descent_finds() {
        let problem = problem(60);
        // Rows that are left out must not matter.
        let rows: Vec<u32> = (0..60).filter(|row| row % 5 != 0).collect();
        for penalty in [3.0, 0.5] {
            let fast = problem.minimise(&rows, penalty, problem.prior());
            let slow = descend(&problem, &rows, penalty);
            for (fast, slow) in fast.iter().zip(&slow) {
                assert!((fast - slow).abs() < 2e-3, "{fast} {slow}");
            }
        }
    }

    #[test]
    fn a_strong_penalty_keeps_the_scorer() {
        let problem = problem(40);
        let rows: Vec<u32> = (0..40).collect();
        let weights = problem.minimise(&rows, 1e6, problem.prior());
        for (weight, prior) in weights.iter().zip(problem.prior()) {
            assert!((weight - prior).abs() < 1e-3);
        }
    }

    #[test]
    fn no_overflow_far_out() {
        assert!((log_one_plus_exp(800.0) - 800.0).abs() < 1e-9);
        assert!(log_one_plus_exp(-800.0) >= 0.0);
        assert!((log_one_plus_exp(0.0) - 2_f64.ln()).abs() < 1e-12);
    }
}
