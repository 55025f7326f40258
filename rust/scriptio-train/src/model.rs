//! The linear model: training by AdaGrad, rounding to 8 bits, writing.

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
    /// Binary logarithm of the number of weights.
    pub bits: u32,
    pub epochs: usize,
    pub rate: f32,
    /// L2 penalty per visit of a weight.
    pub decay: f32,
    pub seed: u64,
}

pub struct Model {
    pub bits: u32,
    pub weights: Vec<f32>,
    pub bias: f32,
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
}

impl Model {
    pub fn logit(&self, features: &[u32; FEATURES]) -> f32 {
        let shift = 32 - self.bits;
        self.bias + features.iter().map(|&f| self.weights[(f >> shift) as usize]).sum::<f32>()
    }

    pub fn train(examples: &[Example], settings: &Settings) -> Self {
        let size = 1 << settings.bits;
        let shift = 32 - settings.bits;
        let mut model = Self { bits: settings.bits, weights: vec![0.0; size], bias: 0.0 };
        let mut squares = vec![1e-2_f32; size];
        let mut bias_square = 1e-2_f32;
        let mut order: Vec<u32> = (0..examples.len() as u32).collect();
        let mut random = Random(settings.seed | 1);
        for epoch in 0..settings.epochs {
            for i in (1..order.len()).rev() {
                order.swap(i, random.below(i + 1));
            }
            let rate = settings.rate * (1.0 - epoch as f32 / settings.epochs as f32);
            let mut loss = 0.0_f64;
            for &index in &order {
                let example = &examples[index as usize];
                let logit = model.logit(&example.features);
                let p = 1.0 / (1.0 + (-logit).exp());
                let target = f32::from(u8::from(example.truth));
                loss -= f64::from(example.weight * if example.truth { p } else { 1.0 - p }.max(1e-7).ln());
                let gradient = (p - target) * example.weight;
                for &f in &example.features {
                    let slot = (f >> shift) as usize;
                    let g = gradient + settings.decay * model.weights[slot] * example.weight;
                    squares[slot] += g * g;
                    model.weights[slot] -= rate * g / squares[slot].sqrt();
                }
                bias_square += gradient * gradient;
                model.bias -= rate * gradient / bias_square.sqrt();
            }
            eprintln!("epoch {epoch}: loss {:.5}", loss / examples.len() as f64);
        }
        model
    }

    /// The model as it ships: weights rounded to 8 bits.
    pub fn rounded(&self) -> (Self, Vec<i8>, f32) {
        let mut sizes: Vec<f32> = self.weights.iter().map(|w| w.abs()).filter(|&w| w > 0.0).collect();
        sizes.sort_by(f32::total_cmp);
        let largest = sizes.get((sizes.len() as f64 * 0.9999) as usize).copied().unwrap_or(1.0);
        let scale = largest / 127.0;
        let bytes: Vec<i8> =
            self.weights.iter().map(|w| (w / scale).round().clamp(-127.0, 127.0) as i8).collect();
        let weights = bytes.iter().map(|&b| f32::from(b) * scale).collect();
        (Self { bits: self.bits, weights, bias: self.bias }, bytes, scale)
    }

    pub fn write(path: &Path, bits: u32, bytes: &[i8], scale: f32, bias: f32) -> Result<()> {
        let mut file = std::fs::File::create(path)?;
        file.write_all(b"SCS1")?;
        file.write_all(&bits.to_le_bytes())?;
        file.write_all(&scale.to_le_bytes())?;
        file.write_all(&bias.to_le_bytes())?;
        file.write_all(&bytes.iter().map(|&b| b as u8).collect::<Vec<_>>())?;
        Ok(())
    }
}
