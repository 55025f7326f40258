//! [`TokenPath`]: drawing tokens one after the other.

use std::sync::Arc;

use super::Frame;
use super::dist::Row;
use crate::Error;
use crate::vocab::Context;

/// One token string that grows by tokens, under the law of a [`Frame`].
///
/// From a cover drawn with [`ByteTree::pick`](super::ByteTree::pick) on,
/// drawing token by token has the same law as drawing byte by byte.
#[derive(Debug, Clone)]
pub struct TokenPath {
    frame: Arc<Frame>,
    /// None once the string is not canonical any more.
    context: Option<Context>,
}

impl TokenPath {
    /// The empty string.
    pub fn new(frame: Arc<Frame>) -> Self {
        let context = Some(frame.grammar.start());
        Self { frame, context }
    }

    /// Add `token`.
    pub fn push(&mut self, token: u32) {
        let grammar = &self.frame.grammar;
        self.context = (self.context.as_ref())
            .filter(|context| grammar.allows(context, token))
            .map(|context| grammar.step(context, token));
    }

    /// The token at the share `at`, from 0 to 1, of the law that `row` gives;
    /// none for the end of the text. Logarithms are divided by `temperature`;
    /// at 0 the likeliest is taken.
    ///
    /// # Errors
    /// If `row` is no distribution, or leaves no token that may follow.
    pub fn draw(&self, row: Row<'_>, temperature: f64, at: f64) -> Result<Option<u32>, Error> {
        let dist = self.frame.dist(self.context.as_ref(), row)?;
        let order = self.frame.vocab().order();
        let mut tokens: Vec<f64> = order.iter().map(|&token| dist.of(token)).collect();
        tokens.push(dist.end);
        let top = tokens.iter().copied().fold(0.0, f64::max);
        if top <= 0.0 {
            return Err(Error::invalid(
                "the model gives no probability to any token that may follow; expected one",
            ));
        }
        let weight = |p: f64| match temperature {
            0.0 => f64::from(u8::from(p >= top)),
            1.0 => p,
            _ => (p / top).powf(1.0 / temperature),
        };
        let mut left = at * tokens.iter().map(|&p| weight(p)).sum::<f64>();
        let mut last = 0;
        for (place, &p) in tokens.iter().enumerate() {
            let part = weight(p);
            if part > 0.0 {
                last = place;
            }
            left -= part;
            if left < 0.0 {
                break;
            }
        }
        Ok(order.get(last).copied())
    }
}
