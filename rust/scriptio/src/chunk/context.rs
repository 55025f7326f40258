//! [`Context`]: what stands before a chunk's text, and counts toward its size.

use crate::Error;

/// A prefix for every place where a chunk may start, such as the name of a law
/// and the headings above the place.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// First byte from which each prefix holds, rising.
    starts: Vec<usize>,
    /// Which prefix it is.
    which: Vec<usize>,
    /// The empty one comes first.
    prefixes: Vec<String>,
}

impl Context {
    /// `prefixes`, and from which byte on each of them stands before a chunk:
    /// pairs of an offset and an index into `prefixes`, or none for no prefix.
    ///
    /// # Errors
    /// If the offsets do not rise strictly, or an index is too large.
    pub fn new(prefixes: Vec<String>, places: &[(usize, Option<usize>)]) -> Result<Self, Error> {
        let mut context = Self { prefixes: vec![String::new()], ..Self::default() };
        context.prefixes.extend(prefixes);
        for &(start, index) in places {
            let index = index.map_or(0, |index| index + 1);
            if context.starts.last().is_some_and(|&last| start <= last) {
                return Err(Error::invalid(format!(
                    "a prefix holds from {start} on, but the one before it is no earlier; sort them"
                )));
            }
            if index >= context.prefixes.len() {
                return Err(Error::invalid(format!(
                    "there is no prefix {} among {}",
                    index - 1,
                    context.prefixes.len() - 1
                )));
            }
            context.starts.push(start);
            context.which.push(index);
        }
        Ok(context)
    }

    /// Index of the prefix of a chunk that starts at `byte`; 0 is no prefix.
    pub(super) fn index_at(&self, byte: usize) -> usize {
        let after = self.starts.partition_point(|&start| start <= byte);
        after.checked_sub(1).and_then(|i| self.which.get(i)).copied().unwrap_or_default()
    }

    /// The prefix of that index.
    pub(super) fn prefix(&self, index: usize) -> &str {
        self.prefixes.get(index).map_or("", String::as_str)
    }

    /// All prefixes by index; there may be none at all, not even the empty one.
    pub(super) fn prefixes(&self) -> &[String] {
        &self.prefixes
    }
}
