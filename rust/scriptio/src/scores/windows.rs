//! Which slices of its tokens a model reads: [`Layout`], and [`Batches`] of windows.
//!
//! A model reads at most so many tokens at once. A text of `n` tokens is read in windows of
//! `min(block, n)` tokens that start `stride` apart; the last one is moved left until it ends where
//! the text does, so that every window is full and every token is read. These are the windows of
//! `SaT` and `WtP` (Frohmann et al. 2024, section 3; Minixhofer et al. 2023, section 3).
//!
//! Windows are planned as they are asked for and never held all at once: planning takes memory
//! for each text, not for each window.

use std::cmp::Reverse;

use crate::Error;

/// How texts are cut into windows.
///
/// ```
/// use scriptio::scores::windows::Layout;
///
/// let layout = Layout::new(10, 4)?;
/// let starts: Vec<usize> = layout.windows(21).map(|window| window.start).collect();
/// assert_eq!(starts, [0, 4, 8, 11]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    block: usize,
    stride: usize,
}

impl Layout {
    /// Windows of at most `block` tokens, one every `stride` tokens.
    ///
    /// # Errors
    /// One of them is 0, or `stride` is greater than `block`, which would leave tokens unread.
    pub fn new(block: usize, stride: usize) -> Result<Self, Error> {
        if block == 0 {
            return Err(Error::invalid("block is 0; a window needs at least 1 token"));
        }
        if stride == 0 || stride > block {
            return Err(Error::invalid(format!(
                "stride is {stride} for windows of {block} tokens; pass 1 to {block}, or tokens \
                 are read for ever or not at all"
            )));
        }
        Ok(Self { block, stride })
    }

    /// Tokens in a full window.
    pub fn block(&self) -> usize {
        self.block
    }

    /// How many windows a text of `tokens` tokens has; none if it has no tokens.
    pub fn count(&self, tokens: usize) -> usize {
        if tokens == 0 { 0 } else { tokens.saturating_sub(self.block).div_ceil(self.stride) + 1 }
    }

    /// Window number `index` of a text of `tokens` tokens.
    fn window(&self, tokens: usize, index: usize) -> Option<(usize, usize)> {
        let len = tokens.min(self.block);
        (index < self.count(tokens)).then(|| ((index * self.stride).min(tokens - len), len))
    }

    /// The windows of a text of `tokens` tokens, as ranges of them: starts rise, all are of the
    /// same length.
    pub fn windows(self, tokens: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        (0..self.count(tokens))
            .filter_map(move |index| self.window(tokens, index))
            .map(|(start, len)| start..start + len)
    }
}

/// A window of one text of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Which text.
    pub text: usize,
    /// The first token of the text that is in the window.
    pub start: usize,
    /// How many tokens are.
    pub len: usize,
}

/// Rows are padded to a multiple of this, so that a runtime sees few shapes.
const STEP: usize = 8;

/// The windows of many texts in batches, each to be padded to [`Batches::padded`] of its longest
/// window.
///
/// Texts are taken from the longest to the shortest, so windows of a batch are of much the same
/// length. A batch holds as many windows as stay within a budget of tokens once padded, and at least
/// one.
///
/// ```
/// use scriptio::scores::windows::{Batches, Layout};
///
/// let batches = Batches::new(Layout::new(4, 2)?, &[1, 6, 0, 3], 8, 0);
/// let texts = batches.map(|batch| batch.iter().map(|window| window.text).collect::<Vec<_>>());
/// assert_eq!(texts.collect::<Vec<_>>(), [vec![1, 1], vec![3, 0]]);
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    layout: Layout,
    /// Texts that have tokens, with their number of tokens, the longest last.
    queue: Vec<(usize, usize)>,
    /// The next window of the last text of the queue.
    next: usize,
    budget: usize,
    extra: usize,
}

impl Batches {
    /// Windows of texts of `lengths` tokens, in batches of at most `budget` tokens, of which
    /// `extra` are added to each window.
    pub fn new(layout: Layout, lengths: &[usize], budget: usize, extra: usize) -> Self {
        let mut queue: Vec<(usize, usize)> = lengths.iter().copied().enumerate().collect();
        queue.retain(|&(_, tokens)| tokens > 0);
        // Beyond the block all windows are of one length; there the order of the texts is kept, so
        // that their results are finished one after another.
        queue.sort_by_key(|&(text, tokens)| (tokens.min(layout.block), Reverse(text)));
        Self { layout, queue, next: 0, budget, extra }
    }

    /// Tokens of a row for windows of `len` tokens and fewer, with what is added and padding;
    /// never more than those of a full window.
    pub fn padded(&self, len: usize) -> usize {
        let full = self.layout.block.saturating_add(self.extra);
        len.saturating_add(self.extra).next_multiple_of(STEP).min(full)
    }

    /// The window to come, which is not taken.
    fn peek(&self) -> Option<Window> {
        let &(text, tokens) = self.queue.last()?;
        let (start, len) = self.layout.window(tokens, self.next)?;
        Some(Window { text, start, len })
    }

    fn advance(&mut self) {
        self.next += 1;
        if let Some(&(_, tokens)) = self.queue.last()
            && self.next >= self.layout.count(tokens)
        {
            self.queue.pop();
            self.next = 0;
        }
    }
}

impl Iterator for Batches {
    type Item = Vec<Window>;

    fn next(&mut self) -> Option<Vec<Window>> {
        let first = self.peek()?;
        // Lengths never rise, so the first window is the longest.
        let room = (self.budget / self.padded(first.len)).max(1);
        let mut batch = Vec::new();
        while let Some(window) = self.peek()
            && batch.len() < room
        {
            batch.push(window);
            self.advance();
        }
        Some(batch)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failure is the message.
mod tests {
    use super::*;

    /// Window starts as the paper's program computes them.
    fn reference(tokens: usize, block: usize, stride: usize) -> Vec<std::ops::Range<usize>> {
        if tokens == 0 {
            return Vec::new();
        }
        let block = block.min(tokens);
        let mut found = Vec::new();
        let mut start = 0;
        loop {
            if start + block >= tokens {
                found.push(tokens - block..tokens);
                return found;
            }
            found.push(start..start + block);
            start += stride;
        }
    }

    #[test]
    fn windows_are_those_of_the_reference() {
        for block in 1..12 {
            for stride in 1..=block {
                let layout = Layout::new(block, stride).unwrap();
                for tokens in 0..60 {
                    let windows: Vec<_> = layout.windows(tokens).collect();
                    assert_eq!(windows, reference(tokens, block, stride));
                    assert_eq!(windows.len(), layout.count(tokens));
                }
            }
        }
    }

    #[test]
    fn every_token_is_read_twice_with_half_a_window_of_stride_but_at_the_edges() {
        let layout = Layout::new(510, 255).unwrap();
        for tokens in [511, 765, 766, 2000, 5100] {
            let mut read = vec![0; tokens];
            layout.windows(tokens).for_each(|window| {
                read.get_mut(window).unwrap().iter_mut().for_each(|times| *times += 1);
            });
            assert!(read.iter().all(|&times| times >= 1));
            assert!(read.get(255..tokens - 255).unwrap().iter().all(|&times| times >= 2));
        }
    }

    #[test]
    fn batches_hold_every_window_once_and_keep_the_budget() {
        let lengths = [3, 0, 40, 7, 7, 1, 12, 13, 0, 100, 5];
        for (block, stride) in [(5, 5), (8, 3), (12, 6), (200, 64)] {
            let layout = Layout::new(block, stride).unwrap();
            for budget in [1, 10, 37, 1000] {
                let mut seen = Vec::new();
                let mut batches = Batches::new(layout, &lengths, budget, 2);
                while let Some(batch) = batches.next() {
                    let row = batches.padded(batch.iter().map(|window| window.len).max().unwrap());
                    assert!(row <= block + 2);
                    assert!(batch.iter().all(|window| window.len + 2 <= row));
                    assert!(batch.len() == 1 || batch.len() * row <= budget);
                    seen.extend(batch);
                }
                assert!(seen.windows(2).all(|pair| pair[0].len >= pair[1].len));
                seen.sort_by_key(|window| (window.text, window.start));
                let all = lengths.iter().enumerate().flat_map(|(text, &tokens)| {
                    layout.windows(tokens).map(move |window| Window {
                        text,
                        start: window.start,
                        len: window.len(),
                    })
                });
                assert_eq!(seen, all.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn planning_a_vast_text_takes_no_memory_for_its_windows() {
        let layout = Layout::new(510, 1).unwrap();
        let mut batches = Batches::new(layout, &[usize::MAX / 4], 1024, 2);
        assert_eq!(batches.next().unwrap().len(), 2);
        assert_eq!(batches.next().unwrap()[0].start, 2);
    }

    #[test]
    fn what_would_leave_tokens_unread_is_refused() {
        for (block, stride) in [(0, 1), (4, 0), (4, 5)] {
            let told = Layout::new(block, stride).unwrap_err().to_string();
            assert!(told.contains(" is "), "{told}");
        }
    }
}
