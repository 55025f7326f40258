//! [`Explanation`]: why a boundary is or is not there.

use super::scorer::probability;
use super::segment::{Decision, Sink};

/// What was decided about one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Where a segment would end: byte offset after the white space that
    /// follows the candidate.
    pub offset: usize,
    /// Whether a segment ends there.
    pub boundary: bool,
    /// What decided: the name of a rule, or `scorer`.
    pub reason: &'static str,
    /// The scorer's probability in `[0, 1]`, where it decided.
    pub probability: Option<f32>,
}

impl Sink for Vec<Explanation> {
    const ALL: bool = true;
    fn take(&mut self, offset: usize, decision: Decision) {
        self.push(Explanation {
            offset,
            boundary: decision.boundary,
            reason: decision.reason,
            probability: decision.logit.map(probability),
        });
    }
}
