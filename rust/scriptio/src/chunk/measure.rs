//! [`Measure`]: how large units are, and whether they fit.

use std::borrow::Cow;

use super::context::Context;
use super::sizer::{Sizer, Unit};
use crate::{Error, Span};

/// Bytes of a unit for each of a chunk's size that are counted first, to see
/// whether it is far too large: cheaper than counting a whole book.
const PROBE: usize = 8;

/// Sizes of the units of one text.
pub(super) struct Measure<'a> {
    text: &'a str,
    context: &'a Context,
    sizer: &'a dyn Sizer,
    /// Of each prefix, by index.
    prefix_sizes: Vec<usize>,
    most: usize,
}

impl<'a> Measure<'a> {
    pub(super) fn new(
        text: &'a str,
        context: &'a Context,
        sizer: &'a dyn Sizer,
        most: usize,
    ) -> Result<Self, Error> {
        let mut measure = Self { text, context, sizer, prefix_sizes: Vec::new(), most };
        let prefixes: Vec<_> = context.prefixes().iter().skip(1).map(Cow::from).collect();
        measure.prefix_sizes = vec![0];
        measure.prefix_sizes.extend(measure.sizes(&prefixes)?);
        Ok(measure)
    }

    /// The unit, where the crate itself counts it.
    pub(super) fn unit(&self) -> Option<Unit> {
        self.sizer.unit()
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Index of the prefix of a chunk that starts at `byte`, and its size.
    pub(super) fn prefix_at(&self, byte: usize) -> (usize, usize) {
        let index = self.context.index_at(byte);
        (index, self.prefix_sizes.get(index).copied().unwrap_or_default())
    }

    /// The size of each unit without its prefix if it fits with it, or else none.
    pub(super) fn fitting(&self, units: &[Span]) -> Result<Vec<Option<usize>>, Error> {
        if let Some(unit) = self.unit() {
            let fits = |&span: &Span| {
                let size = unit.count(self.slice(span));
                (size + self.prefix_at(span.start).1 <= self.most).then_some(size)
            };
            return Ok(units.iter().map(fits).collect());
        }
        let too_large = self.far_too_large(units)?;
        let counted: Vec<Span> =
            units.iter().zip(&too_large).filter(|&(_, large)| !large).map(|(&u, _)| u).collect();
        let mut sizes = self.exact(&counted)?.into_iter();
        let fits = |(span, large): (&Span, bool)| {
            let size = if large { None } else { sizes.next() };
            size.filter(|&size| size <= self.most)
                .map(|size| size.saturating_sub(self.prefix_at(span.start).1))
        };
        Ok(units.iter().zip(too_large).map(fits).collect())
    }

    /// Which units are so large that a part of them is too large.
    fn far_too_large(&self, units: &[Span]) -> Result<Vec<bool>, Error> {
        let bytes = self.most.saturating_mul(PROBE);
        let is_long = |unit: &&Span| unit.len() > bytes;
        let probes = units.iter().filter(is_long).map(|unit| {
            let mut end = unit.start + bytes;
            while !self.text.is_char_boundary(end) {
                end -= 1;
            }
            Cow::from(self.slice(Span::new(unit.start, end)))
        });
        let probes: Vec<_> = probes.collect();
        let mut sizes = self.sizes(&probes)?.into_iter();
        let of = |unit: &Span| is_long(&unit) && sizes.next().is_some_and(|size| size > self.most);
        Ok(units.iter().map(of).collect())
    }

    /// The size of each span with its prefix.
    pub(super) fn exact(&self, spans: &[Span]) -> Result<Vec<usize>, Error> {
        let with_prefix = |&span: &Span| {
            let prefix = self.context.prefix(self.prefix_at(span.start).0);
            if prefix.is_empty() {
                Cow::from(self.slice(span))
            } else {
                Cow::from([prefix, self.slice(span)].concat())
            }
        };
        self.sizes(&spans.iter().map(with_prefix).collect::<Vec<_>>())
    }

    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let sizes = self.sizer.sizes(texts)?;
        if sizes.len() == texts.len() {
            return Ok(sizes);
        }
        Err(Error::invalid(format!(
            "the sizer gave {} counts for {} texts; it must give one for each",
            sizes.len(),
            texts.len()
        )))
    }

    /// Why a single code point does not fit.
    pub(super) fn refusal(&self, span: Span) -> Error {
        let unit = self.unit().map_or("by the sizer", Unit::plural);
        let (index, size) = self.prefix_at(span.start);
        let most = self.most;
        if size >= most {
            let prefix: String = self.context.prefix(index).chars().take(40).collect();
            return Error::invalid(format!(
                "chunk_size is {most}, and the context {prefix:?} before a chunk alone has {size} \
                 ({unit}); raise chunk_size or leave the context out"
            ));
        }
        let what: String = self.slice(span).chars().take(1).collect();
        let exact = self.exact(&[span]).ok().and_then(|sizes| sizes.first().copied());
        let found = exact.map_or_else(|| "more".to_owned(), |size| size.to_string());
        let with = if size > 0 { " with its context" } else { "" };
        Error::invalid(format!(
            "chunk_size is {most}, and the character {what:?}{with} alone has {found} ({unit}); \
             raise chunk_size"
        ))
    }
}
