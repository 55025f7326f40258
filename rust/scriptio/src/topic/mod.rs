//! Where the topic of a text changes, by its words alone.
//!
//! A text is cut into [`Unit`]s; a boundary lies between two of them. Two
//! methods need no model: C99 (Choi 2000) and `TextTiling` (Hearst 1997). Both
//! look for places where the words change, and find those alone: where all
//! parts of a text share one vocabulary, as in a contract, most of what they
//! find is wrong.
//!
//! [`Decoder`] is for scorers from elsewhere.

mod c99;
mod ranks;
mod select;
mod stem;
mod terms;
mod texttiling;
mod units;

pub use select::Decoder;
pub use stem::stem;
pub use terms::Terms;
pub use units::Unit;

use std::borrow::Cow;

use crate::{Error, Segmenter, SentenceSegmenter};
use terms::Bags;

/// How boundaries are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Divisive clustering of ranked similarities (Choi 2000). Time grows with
    /// the square of the number of units, memory with the text.
    C99,
    /// Valleys of the similarity between blocks of words (Hearst 1997). Linear.
    TextTiling,
}

impl Method {
    /// `c99` or `texttiling`.
    ///
    /// # Errors
    /// If `name` is none of them.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "c99" => Ok(Self::C99),
            "texttiling" => Ok(Self::TextTiling),
            _ => Err(Error::invalid(format!(
                "model must be \"c99\", \"texttiling\" or a scorer, not {name:?}"
            ))),
        }
    }
}

/// How many boundaries, and how near to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The number of segments, where it is known: C99 gives as many if there
    /// are units enough, `TextTiling` at most as many.
    pub count: Option<usize>,
    /// By how many standard deviations a boundary must stand out from the
    /// mean: its gain in density for C99 (1.2 by default), its depth for
    /// `TextTiling` (-0.5). Of no effect with a count.
    pub deviations: Option<f64>,
    /// The least number of units of a segment.
    pub min_units: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: None, deviations: None, min_units: 1 }
    }
}

/// The units before which the topic changes, in order, by the terms of each
/// unit: for texts that were made into terms elsewhere.
///
/// ```
/// use scriptio::topic::{Limits, Method, cuts};
/// let units = ["sea ship", "ship sail", "sea sail", "tax law", "law court", "tax court"];
/// let units: Vec<Vec<&str>> = units.iter().map(|unit| unit.split(' ').collect()).collect();
/// let limits = Limits { count: Some(2), ..Limits::default() };
/// assert_eq!(cuts(Method::C99, &units, limits), [3]);
/// ```
pub fn cuts<T: AsRef<str>>(method: Method, units: &[Vec<T>], limits: Limits) -> Vec<usize> {
    let words = units.iter().map(|unit| unit.iter().map(|term| Some(Cow::Borrowed(term.as_ref()))));
    found(method, words, limits)
}

/// [`cuts`] by words, where none stands for a stop word.
fn found<'t, U>(method: Method, units: impl Iterator<Item = U>, limits: Limits) -> Vec<usize>
where
    U: Iterator<Item = Option<Cow<'t, str>>>,
{
    let mut bags = Bags::default();
    let Limits { count, deviations, min_units } = limits;
    match method {
        Method::C99 => {
            units.for_each(|unit| bags.push(unit.flatten()));
            c99::c99(bags, count, deviations.unwrap_or(c99::DEVIATIONS), min_units)
        }
        Method::TextTiling => {
            let mut numbered = |unit: U| unit.map(|word| word.map(|term| bags.id(term))).collect();
            let units: Vec<Vec<Option<u32>>> = units.map(&mut numbered).collect();
            let deviations = deviations.unwrap_or(texttiling::DEVIATIONS);
            texttiling::texttiling(&units, count, deviations, min_units)
        }
    }
}

/// Cuts texts where their words change.
///
/// ```
/// use scriptio::topic::{Limits, Method, Terms, TopicSegmenter, Unit};
/// use scriptio::{Lang, Segmenter, SentenceSegmenter};
/// let lang = Lang::new("en")?;
/// let topics = TopicSegmenter {
///     method: Method::C99,
///     unit: Unit::Sentence,
///     sentences: SentenceSegmenter::new(lang),
///     terms: Terms::new(lang, None),
///     limits: Limits { count: Some(2), ..Limits::default() },
/// };
/// let text = "The ship left port. Sailors love ships and ports. The court met. Courts make law.";
/// assert_eq!(topics.split(text).len(), 2);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TopicSegmenter {
    /// How boundaries are found.
    pub method: Method,
    /// What they lie between.
    pub unit: Unit,
    /// Finds the sentences, where these are the units.
    pub sentences: SentenceSegmenter,
    /// What is compared.
    pub terms: Terms,
    /// How many boundaries there may be.
    pub limits: Limits,
}

impl Segmenter for TopicSegmenter {
    fn ends(&self, text: &str, out: &mut Vec<usize>) {
        let mut ends = Vec::new();
        self.unit.ends(text, &self.sentences, &mut ends);
        let mut start = 0;
        let units = ends.iter().map(|&end| {
            let unit = text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default();
            self.terms.words(unit).map(|word| word.map(Cow::Owned))
        });
        let cuts = found(self.method, units, self.limits);
        out.extend(cuts.iter().filter_map(|cut| ends.get(cut - 1)));
        out.extend(ends.last());
    }
}

#[cfg(test)]
mod tests;
