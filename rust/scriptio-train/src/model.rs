//! The linear model: selection of features, training, rounding, writing.
//!
//! Tens of millions of distinct features are seen, most of them once. A first
//! pass with an L1 penalty (FTRL-Proximal, `McMahan` et al. 2013) keeps those
//! that carry weight; a second trains the kept ones alone. They are stored in
//! a table of slots, each a weight and a check byte, so that a feature that
//! was not kept finds nothing instead of somebody else's weight.

use std::io::Write;
use std::path::Path;

use scriptio::sentence::training::FEATURES;

use crate::gold::Result;

/// A candidate: the upper half of its feature hashes, what is true, what it counts.
pub struct Example {
    pub features: [u32; FEATURES],
    pub truth: bool,
    pub weight: f32,
}

pub struct Settings {
    /// Binary logarithm of the number of slots.
    pub bits: u32,
    pub epochs: usize,
    pub rate: f32,
    /// L1 penalty of the selection.
    pub sparsity: f32,
    /// L2 penalty of the training.
    pub decay: f32,
    pub seed: u64,
}

/// Bits by which features are told apart: those of the slot and the check byte.
const IDENTITY: u32 = 25;

pub struct Model {
    /// Weight per identity; 0 for features that were not kept.
    weights: Vec<f32>,
    bias: f32,
}

/// xorshift64*: the order of training is a function of the seed alone.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n.max(1)
    }

    fn shuffle(&mut self, order: &mut [u32]) {
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i + 1));
        }
    }
}

fn identity(feature: u32) -> usize {
    (feature >> (32 - IDENTITY)) as usize
}

fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// FTRL-Proximal over all identities; returns its weights.
fn select(examples: &[Example], settings: &Settings, random: &mut Random) -> Vec<f32> {
    let size = 1 << IDENTITY;
    let (mut z, mut n) = (vec![0.0_f32; size], vec![0.0_f32; size]);
    let mut bias = 0.0_f32;
    let mut bias_square = 1.0_f32;
    let (alpha, beta, l1, l2) = (settings.rate, 1.0_f32, settings.sparsity, 1.0_f32);
    let weight = |z: f32, n: f32| {
        if z.abs() <= l1 { 0.0 } else { (z.signum() * l1 - z) / ((beta + n.sqrt()) / alpha + l2) }
    };
    let mut order: Vec<u32> = (0..examples.len() as u32).collect();
    for _ in 0..3 {
        random.shuffle(&mut order);
        for &index in &order {
            let example = &examples[index as usize];
            let mut current = [0.0; FEATURES];
            let mut logit = bias;
            for (w, &f) in current.iter_mut().zip(&example.features).filter(|(_, f)| **f != 0) {
                let i = identity(f);
                *w = weight(z[i], n[i]);
                logit += *w;
            }
            let gradient =
                (probability(logit) - f32::from(u8::from(example.truth))) * example.weight;
            for (w, &f) in current.iter().zip(&example.features).filter(|(_, f)| **f != 0) {
                let i = identity(f);
                let square = gradient * gradient;
                let sigma = ((n[i] + square).sqrt() - n[i].sqrt()) / alpha;
                z[i] += gradient - sigma * w;
                n[i] += square;
            }
            bias_square += gradient * gradient;
            bias -= alpha * gradient / bias_square.sqrt();
        }
    }
    let mut weights: Vec<f32> = z.iter().zip(&n).map(|(&z, &n)| weight(z, n)).collect();
    // Identity 0 stands for features that are not there.
    weights[0] = 0.0;
    weights
}

impl Model {
    pub fn logit(&self, features: &[u32; FEATURES]) -> f32 {
        self.bias + features.iter().map(|&f| self.weights[identity(f)]).sum::<f32>()
    }

    pub fn train(examples: &[Example], settings: &Settings) -> Self {
        let mut random = Random(settings.seed | 1);
        let mut weights = select(examples, settings, &mut random);
        let kept = keep_one_a_slot(&mut weights, settings.bits);
        eprintln!("{kept} features kept");
        let active: Vec<bool> = weights.iter().map(|&w| w != 0.0).collect();
        let mut model = Self { weights, bias: 0.0 };
        let mut squares = vec![1e-1_f32; active.len()];
        let mut bias_square = 1.0_f32;
        let mut order: Vec<u32> = (0..examples.len() as u32).collect();
        for epoch in 0..settings.epochs {
            random.shuffle(&mut order);
            let rate = settings.rate * (1.0 - epoch as f32 / settings.epochs as f32);
            let mut loss = 0.0_f64;
            for &index in &order {
                let example = &examples[index as usize];
                let p = probability(model.logit(&example.features));
                let target = f32::from(u8::from(example.truth));
                loss -= f64::from(
                    example.weight * if example.truth { p } else { 1.0 - p }.max(1e-7).ln(),
                );
                let gradient = (p - target) * example.weight;
                for &f in &example.features {
                    let i = identity(f);
                    if active[i] {
                        let g = gradient + settings.decay * model.weights[i] * example.weight;
                        squares[i] += g * g;
                        model.weights[i] -= rate * g / squares[i].sqrt();
                    }
                }
                bias_square += gradient * gradient;
                model.bias -= rate * gradient / bias_square.sqrt();
            }
            eprintln!("epoch {epoch}: loss {:.5}", loss / examples.len() as f64);
        }
        model
    }

    /// What each template adds to a logit on average, without its sign.
    pub fn contributions(&self, examples: &[Example]) -> Vec<f32> {
        let mut sums = vec![0.0_f64; FEATURES];
        for example in examples {
            for (sum, &f) in sums.iter_mut().zip(&example.features) {
                *sum += f64::from(self.weights[identity(f)].abs());
            }
        }
        sums.iter().map(|s| (s / examples.len() as f64 * 1000.0).round() as f32 / 1000.0).collect()
    }

    /// Round the weights to 8 bits, in place; the scale.
    pub fn round(&mut self) -> f32 {
        let mut sizes: Vec<f32> =
            self.weights.iter().map(|w| w.abs()).filter(|&w| w > 0.0).collect();
        sizes.sort_by(f32::total_cmp);
        let largest = sizes.get((sizes.len() as f64 * 0.9995) as usize).copied().unwrap_or(1.0);
        let scale = largest / 127.0;
        for weight in &mut self.weights {
            *weight = (*weight / scale).round().clamp(-127.0, 127.0) * scale;
        }
        scale
    }

    /// Write the table as the crate reads it: a header, then a weight and a check byte a slot.
    pub fn write(&self, path: &Path, bits: u32, scale: f32) -> Result<()> {
        let mut slots = vec![[0_u8; 2]; 1 << bits];
        let check = IDENTITY - bits;
        for (i, &weight) in self.weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            slots[i >> check] =
                [(weight / scale).round() as i8 as u8, (i & ((1 << check) - 1)) as u8];
        }
        let mut file = std::fs::File::create(path)?;
        file.write_all(b"SCS1")?;
        file.write_all(&bits.to_le_bytes())?;
        file.write_all(&scale.to_le_bytes())?;
        file.write_all(&self.bias.to_le_bytes())?;
        file.write_all(slots.as_flattened())?;
        Ok(())
    }
}

/// Of the features that share a slot only the heaviest stays; how many stay.
fn keep_one_a_slot(weights: &mut [f32], bits: u32) -> usize {
    let mut kept = 0;
    for group in weights.chunks_mut(1 << (IDENTITY - bits)) {
        let heaviest = group.iter().map(|w| w.abs()).fold(0.0, f32::max);
        let mut free = heaviest > 0.0;
        for weight in group {
            if free && weight.abs() >= heaviest {
                free = false;
                kept += 1;
            } else {
                *weight = 0.0;
            }
        }
    }
    kept
}
