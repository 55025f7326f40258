//! [`Table`]: what every code point of a text becomes, in one look-up.
//!
//! Normalisation, white space and the codes of the trie are one table, so that
//! a character of the text is decoded, looked up, and done.

use super::charsmap::{CLUSTER_BYTES, Charsmap, joins};
use super::spec::{Pieces, SPACE_MARK, Spaces};

/// Code points of a page of the table.
const PAGE: usize = 256;

/// All code points in pages.
const PAGES: usize = 0x11_0000 / PAGE;

/// What a code point becomes: a code, or the number of an expansion, and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    /// White space that separates words.
    const SPACE: u32 = 1 << 31;
    /// Other white space: a character with a code, left out at the end of a text.
    const BLANK: u32 = 1 << 30;
    /// The number is that of an expansion.
    const EXPANDS: u32 = 1 << 29;
    /// May join the code point before it in one grapheme.
    const JOINS_BEFORE: u32 = 1 << 28;
    /// May join the code point behind it in one grapheme.
    const JOINS_BEHIND: u32 = 1 << 27;
    /// Something else is written for the code point.
    const REPLACED: u32 = 1 << 26;

    /// The code or the number of the expansion.
    #[inline]
    pub(super) fn number(self) -> u32 {
        self.0 & (Self::REPLACED - 1)
    }

    #[inline]
    pub(super) fn is_space(self) -> bool {
        self.0 & Self::SPACE != 0
    }

    #[inline]
    pub(super) fn expands(self) -> bool {
        self.0 & Self::EXPANDS != 0
    }

    /// Whether the entry is a character with a code, and nothing else.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        self.0 & (Self::SPACE | Self::BLANK | Self::EXPANDS) == 0
    }

    #[inline]
    pub(super) fn joins_before(self) -> bool {
        self.0 & Self::JOINS_BEFORE != 0
    }

    #[inline]
    pub(super) fn joins_behind(self) -> bool {
        self.0 & Self::JOINS_BEHIND != 0
    }
}

/// Entries of all code points.
#[derive(Debug)]
pub(super) struct Table {
    /// The page of every 256 code points.
    index: Box<[u16]>,
    pages: Vec<[Entry; PAGE]>,
    /// Where the expansions end in `expanded`.
    ends: Vec<usize>,
    expanded: Vec<Entry>,
    /// The expansions of clusters of several code points, sorted by cluster; none if graphemes are
    /// not looked at.
    clusters: Option<Vec<(Box<str>, Entry)>>,
}

impl Table {
    /// The codes of all characters of `pieces`, and of [`SPACE_MARK`]: the
    /// more frequent, the smaller. What texts become is not known yet.
    pub(super) fn new(pieces: &Pieces) -> Self {
        let mut counts = Self::empty();
        for c in pieces.iter().flat_map(str::chars).chain([SPACE_MARK]) {
            counts.set(c, |count| count.0 += 1);
        }
        let blocks = (0..).zip(&counts.index).filter(|&(_, &page)| page != 0);
        let mut alphabet: Vec<(u32, u32)> = blocks
            .filter_map(|(block, &page)| Some((block, counts.pages.get(usize::from(page))?)))
            .flat_map(|(block, page)| (block * PAGE as u32..).zip(page.iter().map(|count| count.0)))
            .filter(|&(_, count)| count > 0)
            .collect();
        alphabet.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let mut table = Self::empty();
        for (&(c, _), code) in alphabet.iter().zip(1..) {
            if let Some(c) = char::from_u32(c) {
                table.set(c, |entry| entry.0 = code);
            }
        }
        table
    }

    fn empty() -> Self {
        Self {
            index: vec![0; PAGES].into_boxed_slice(),
            pages: vec![[Entry(0); PAGE]],
            ends: Vec::new(),
            expanded: Vec::new(),
            clusters: None,
        }
    }

    /// Enter what texts become.
    pub(super) fn complete(&mut self, charsmap: &Charsmap, spaces: Spaces) {
        // White space lies in the basic plane.
        let white_space = ('\0'..='\u{FFFF}').filter(|c| c.is_whitespace());
        match spaces {
            Spaces::Separate => {
                for c in white_space {
                    self.set(c, |entry| entry.0 |= Entry::SPACE);
                }
            }
            Spaces::Lead { strip_end, .. } => {
                for c in white_space.filter(|_| strip_end) {
                    self.set(c, |entry| entry.0 |= Entry::BLANK);
                }
                self.set(' ', |entry| entry.0 = Entry::SPACE);
            }
        }
        self.set_expansions(charsmap);
        if charsmap.graphemes {
            // No mark lies in the other planes.
            for c in ('\0'..='\u{1FFFF}').chain('\u{E0000}'..='\u{E0FFF}') {
                let (before, behind) = joins(c);
                if before || behind {
                    self.set(c, |entry| {
                        entry.0 |= u32::from(before) * Entry::JOINS_BEFORE;
                        entry.0 |= u32::from(behind) * Entry::JOINS_BEHIND;
                    });
                }
            }
        }
    }

    /// Replacements are not replaced again, so all are read before one is entered.
    fn set_expansions(&mut self, charsmap: &Charsmap) {
        let replacements = charsmap.singles.iter().map(|(_, replacement)| replacement);
        for replacement in replacements.chain(charsmap.clusters.iter().map(|(_, r)| r)) {
            let entries: Vec<Entry> = replacement.chars().map(|c| self.get(c)).collect();
            self.expanded.extend(entries);
            self.ends.push(self.expanded.len());
        }
        for (&(c, _), number) in charsmap.singles.iter().zip(0..) {
            let replaced = match self.written(&Entry(number | Entry::EXPANDS)) {
                &[Entry(single)] => Entry(single | Entry::REPLACED),
                _ => Entry(number | Entry::EXPANDS | Entry::REPLACED),
            };
            self.set(c, |entry| *entry = replaced);
        }
        if charsmap.graphemes {
            let numbers = charsmap.singles.len() as u32..;
            let keys = charsmap.clusters.iter().map(|(key, _)| key.clone());
            let clusters = keys.zip(numbers.map(|number| Entry(number | Entry::EXPANDS)));
            self.clusters = Some(clusters.collect());
        }
    }

    fn set(&mut self, c: char, change: impl FnOnce(&mut Entry)) {
        let (at, slot) = (u32::from(c) as usize / PAGE, u32::from(c) as usize % PAGE);
        let fresh = self.pages.len();
        let Some(page) = self.index.get_mut(at) else { return };
        if *page == 0 {
            *page = fresh as u16;
            self.pages.push([Entry(0); PAGE]);
        }
        if let Some(entry) = self.pages.get_mut(usize::from(*page)).and_then(|p| p.get_mut(slot)) {
            change(entry);
        }
    }

    /// What `c` becomes. Code 0 is a character of no piece.
    #[inline]
    pub(super) fn get(&self, c: char) -> Entry {
        let (at, slot) = (u32::from(c) as usize / PAGE, u32::from(c) as usize % PAGE);
        let page = self.index.get(at).and_then(|&page| self.pages.get(usize::from(page)));
        page.and_then(|page| page.get(slot)).copied().unwrap_or(Entry(0))
    }

    /// The entries of what is written for a code point or cluster.
    pub(super) fn written<'e>(&'e self, entry: &'e Entry) -> &'e [Entry] {
        if !entry.expands() {
            return std::slice::from_ref(entry);
        }
        let number = entry.number() as usize;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(number).copied().unwrap_or_default();
        self.expanded.get(start.unwrap_or_default()..end).unwrap_or_default()
    }

    /// Whether graphemes are looked at.
    pub(super) fn has_clusters(&self) -> bool {
        self.clusters.is_some()
    }

    /// What is written for a grapheme of several code points, if it is not what is written for each
    /// of them: the replacement of the shortest key that the grapheme begins with.
    pub(super) fn cluster(&self, grapheme: &str) -> Option<Entry> {
        let clusters = self.clusters.as_ref()?;
        if grapheme.len() >= CLUSTER_BYTES {
            return None;
        }
        let first = self.get(grapheme.chars().next()?);
        if first.0 & Entry::REPLACED != 0 {
            return Some(first);
        }
        let ends = grapheme.char_indices().map(|(end, _)| end).skip(2);
        ends.chain([grapheme.len()]).find_map(|end| {
            let key = grapheme.get(..end)?;
            let found = clusters.binary_search_by(|(entry, _)| (**entry).cmp(key)).ok()?;
            clusters.get(found).map(|&(_, entry)| entry)
        })
    }
}
