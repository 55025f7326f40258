//! [`Trie`]: all tokens that begin, or end, at a place of a text.

use std::collections::VecDeque;

use super::NONE;

/// A byte trie whose nodes lie in breadth-first order, so that the children
/// of a node are neighbours and sorted.
#[derive(Debug, Clone)]
pub(super) struct Trie {
    /// The first child of each node; the children end where those of the next
    /// node begin. One entry more than there are nodes.
    first: Box<[u32]>,
    /// The byte that leads to each node.
    labels: Box<[u8]>,
    /// The token that ends at each node, or [`NONE`].
    tokens: Box<[u32]>,
    /// The children of the root by byte, or [`NONE`].
    root: Box<[u32; 256]>,
}

impl Trie {
    /// The trie of `entries`, sorted by their bytes, none empty, no two equal.
    pub(super) fn new(entries: &[(&[u8], u32)]) -> Self {
        let (mut first, mut labels, mut tokens) = (vec![], vec![0], vec![NONE]);
        let mut root = Box::new([NONE; 256]);
        let mut open = VecDeque::from([(entries, 0)]);
        while let Some((mut below, depth)) = open.pop_front() {
            let node = first.len();
            first.push(labels.len() as u32);
            if let Some((&(bytes, token), rest)) = below.split_first()
                && bytes.len() == depth
            {
                if let Some(place) = tokens.get_mut(node) {
                    *place = token;
                }
                below = rest;
            }
            while let Some(&label) = below.first().and_then(|(bytes, _)| bytes.get(depth)) {
                let same = below.partition_point(|(bytes, _)| bytes.get(depth) == Some(&label));
                let Some((child, rest)) = below.split_at_checked(same) else { break };
                if let (0, Some(place)) = (node, root.get_mut(usize::from(label))) {
                    *place = labels.len() as u32;
                }
                open.push_back((child, depth + 1));
                labels.push(label);
                tokens.push(NONE);
                below = rest;
            }
        }
        first.push(labels.len() as u32);
        Self { first: first.into(), labels: labels.into(), tokens: tokens.into(), root }
    }

    /// The node that `byte` leads to from the root.
    #[inline]
    pub(super) fn start(&self, byte: u8) -> Option<u32> {
        self.root.get(usize::from(byte)).copied().filter(|&node| node != NONE)
    }

    /// The node that `byte` leads to.
    #[inline]
    pub(super) fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let start = *self.first.get(node as usize)? as usize;
        let end = *self.first.get(node as usize + 1)? as usize;
        let labels = self.labels.get(start..end)?;
        let at = if labels.len() <= 8 {
            labels.iter().position(|&label| label == byte)?
        } else {
            labels.binary_search(&byte).ok()?
        };
        Some((start + at) as u32)
    }

    /// The token that ends at `node`.
    #[inline]
    pub(super) fn token(&self, node: u32) -> Option<u32> {
        self.tokens.get(node as usize).copied().filter(|&token| token != NONE)
    }

    /// The tokens that lie on the way of `bytes`, shortest first, with their
    /// lengths.
    pub(super) fn walk<B: IntoIterator<Item = u8>>(&self, bytes: B) -> Walk<'_, B::IntoIter> {
        Walk { trie: self, bytes: bytes.into_iter(), node: NONE, depth: 0 }
    }
}

/// See [`Trie::walk`].
#[derive(Debug)]
pub(super) struct Walk<'t, B> {
    trie: &'t Trie,
    bytes: B,
    /// [`NONE`] at the root.
    node: u32,
    depth: usize,
}

impl<B: Iterator<Item = u8>> Iterator for Walk<'_, B> {
    type Item = (u32, usize);

    #[inline]
    fn next(&mut self) -> Option<(u32, usize)> {
        loop {
            let byte = self.bytes.next()?;
            self.node = match self.node {
                NONE => self.trie.start(byte),
                node => self.trie.child(node, byte),
            }?;
            self.depth += 1;
            if let Some(token) = self.trie.token(self.node) {
                return Some((token, self.depth));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_over_all_tokens_on_the_way() {
        let mut words: Vec<&[u8]> = vec![b"a", b"ab", b"abcd", b"abd", b"b", b"\0", b"\0\xff"];
        words.sort_unstable();
        let entries: Vec<(&[u8], u32)> = words.iter().copied().zip(0..).collect();
        let trie = Trie::new(&entries);
        for text in [&b"abcde"[..], b"abdx", b"bb", b"\0\xff\0", b"x", b""] {
            let found: Vec<(u32, usize)> = trie.walk(text.iter().copied()).collect();
            let mut expected: Vec<(u32, usize)> = entries
                .iter()
                .filter(|(word, _)| text.starts_with(word))
                .map(|&(word, id)| (id, word.len()))
                .collect();
            expected.sort_unstable_by_key(|&(_, len)| len);
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn an_empty_trie_holds_nothing() {
        assert_eq!(Trie::new(&[]).walk(*b"a").next(), None);
    }

    #[test]
    fn nodes_of_many_children_find_all() {
        let words: Vec<[u8; 2]> = (0..=255).map(|byte| [b'x', byte]).collect();
        let entries: Vec<(&[u8], u32)> = words.iter().map(|word| &word[..]).zip(0..).collect();
        let trie = Trie::new(&entries);
        for byte in 0..=255_u8 {
            assert_eq!(trie.walk([b'x', byte]).next(), Some((u32::from(byte), 2)));
        }
    }
}
