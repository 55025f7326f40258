//! [`Unigram`]: this crate's own tokenizer for unigram vocabularies.
//!
//! `SentencePiece`'s unigram model as `tokenizer.json` describes it, with the
//! ids and the offsets that Hugging Face's code gives. The text is read once:
//! each character is decoded, looked up in the [`Table`], and appended to the
//! word; a word that ends is written in pieces by the [`Lattice`]. Time is
//! linear in the text, for any text.
//!
//! In one respect offsets differ from Hugging Face's, on purpose: characters
//! that normalisation deletes at the very start of a text, or behind a
//! character that it writes as several, shift the offsets there (of all that
//! follows, in the first case); here they do not.

use aho_corasick::{AhoCorasick, MatchKind};
use unicode_segmentation::UnicodeSegmentation;

use super::lattice::Lattice;
use super::spec::{Prefix, SPACE_MARK, Spaces, Spec};
use super::table::{Entry, Table};
use super::trie::Trie;
use super::{Tokenizer, Tokens};
use crate::Error;

/// An unknown character scores this much less than the worst piece.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A unigram tokenizer, ready to run.
#[derive(Debug)]
pub(super) struct Unigram {
    spec: Spec,
    table: Table,
    trie: Trie,
    /// The code of [`SPACE_MARK`].
    mark: u32,
    added: Option<AhoCorasick>,
    vocab_size: usize,
}

impl Unigram {
    /// The tokenizer that `spec` describes.
    pub(super) fn new(spec: Spec) -> Result<Self, Error> {
        if spec.unk as usize >= spec.pieces.len() || spec.scores.len() != spec.pieces.len() {
            return Err(Error::invalid(format!(
                "unk_id of the tokenizer is {}, but its vocabulary has {} pieces",
                spec.unk,
                spec.pieces.len()
            )));
        }
        let mut table = Table::new(&spec.pieces);
        let mark = table.get(SPACE_MARK).number();
        let worst = spec.scores.iter().copied().fold(f64::INFINITY, f64::min);
        let trie = Trie::new(
            &spec.pieces,
            &spec.scores,
            |c| table.get(c).number(),
            (spec.unk, worst - UNKNOWN_PENALTY),
        )?;
        table.complete(&spec.charsmap, spec.spaces);
        let added = if spec.added.is_empty() {
            None
        } else {
            let contents = spec.added.iter().map(|added| added.content.as_bytes());
            let found =
                AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(contents);
            Some(found.map_err(|error| {
                Error::invalid(format!("added tokens of the tokenizer are not usable: {error}"))
            })?)
        };
        let largest = spec.added.iter().map(|added| added.id as usize + 1).max();
        Ok(Self {
            mark,
            vocab_size: largest.unwrap_or(0).max(spec.pieces.len()),
            spec,
            table,
            trie,
            added,
        })
    }

    /// Append the tokens of `text`, which begins at byte `offset` of the whole
    /// text and holds no added token.
    fn encode_segment(&self, text: &str, offset: usize, out: &mut Tokens) {
        let mut writer = Writer {
            of: self,
            lattice: Lattice::new(),
            pending: Vec::new(),
            in_word: false,
            prefix: match self.spec.prefix {
                Prefix::Always => true,
                Prefix::First => offset == 0,
                Prefix::Never => false,
            },
            out,
        };
        if self.table.has_clusters() {
            writer.read_graphemes(text, offset);
        } else {
            for (at, c) in text.char_indices() {
                let start = offset + at;
                writer.put(self.table.get(c), start, start + c.len_utf8());
            }
        }
        writer.finish();
    }
}

impl Tokenizer for Unigram {
    fn encode(&self, text: &str, out: &mut Tokens) -> Result<(), Error> {
        let mut from = 0;
        let matches = self.added.iter().flat_map(|added| added.find_iter(text));
        for found in matches {
            let Some(added) = self.spec.added.get(found.pattern().as_usize()) else { continue };
            let (mut start, mut end) = (found.start(), found.end());
            if added.strip_before {
                let before = text.get(from..start).unwrap_or_default();
                start = from + before.trim_end().len();
            }
            if added.strip_behind {
                let behind = text.get(end..).unwrap_or_default();
                end += behind.len() - behind.trim_start().len();
            }
            // A token may have taken the white space that another would take.
            start = start.max(from);
            self.encode_segment(text.get(from..start).unwrap_or_default(), from, out);
            out.ids.push(added.id);
            out.starts.push(start);
            out.ends.push(end);
            from = end;
        }
        self.encode_segment(text.get(from..).unwrap_or_default(), from, out);
        Ok(())
    }

    fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    fn kind(&self) -> &'static str {
        "unigram"
    }

    fn pack(&self) -> Option<Vec<u8>> {
        Some(super::compact::write(&self.spec))
    }
}

/// Puts normalised characters together to words.
struct Writer<'t> {
    of: &'t Unigram,
    lattice: Lattice,
    /// White space that is dropped if nothing follows it.
    pending: Vec<(Entry, usize, usize)>,
    /// Whether a word is open.
    in_word: bool,
    /// Whether a `▁` is put before a word that does not begin with one.
    prefix: bool,
    out: &'t mut Tokens,
}

impl Writer<'_> {
    /// Read a text whose graphemes of several code points may be replaced as
    /// a whole.
    fn read_graphemes(&mut self, text: &str, offset: usize) {
        let mut from = 0;
        loop {
            let rest = text.get(from..).unwrap_or_default();
            let Some(joined) = self.read_apart(rest, offset + from) else {
                return;
            };
            let rest = rest.get(joined..).unwrap_or_default();
            let Some(grapheme) = rest.graphemes(true).next() else {
                return;
            };
            from += joined;
            self.put_grapheme(grapheme, offset + from);
            from += grapheme.len();
        }
    }

    /// Read code points that are graphemes of their own. The offset of the
    /// first that may not be, if there is one.
    fn read_apart(&mut self, text: &str, offset: usize) -> Option<usize> {
        // One that joins it may follow, so every code point waits for the next.
        let mut held: Option<(Entry, usize, usize)> = None;
        for (start, c) in text.char_indices() {
            let entry = self.of.table.get(c);
            if let Some((before, start, end)) = held {
                if entry.joins_before() || before.joins_behind() {
                    return Some(start);
                }
                self.put(before, offset + start, offset + end);
            }
            held = Some((entry, start, start + c.len_utf8()));
        }
        if let Some((entry, start, end)) = held {
            self.put(entry, offset + start, offset + end);
        }
        None
    }

    /// Append what a grapheme becomes that begins at byte `start`.
    fn put_grapheme(&mut self, grapheme: &str, start: usize) {
        let table = &self.of.table;
        let mut chars = grapheme.char_indices().map(|(at, c)| (c, start + at));
        let Some(replacement) = table.cluster(grapheme) else {
            for (c, start) in chars {
                self.put(table.get(c), start, start + c.len_utf8());
            }
            return;
        };
        // Characters of the replacement come from those of the grapheme in order, all that are
        // more from the last of them, as in Hugging Face's code.
        let (mut from, mut to) = (start, start);
        for &entry in table.written(&replacement) {
            if let Some((c, start)) = chars.next() {
                (from, to) = (start, start + c.len_utf8());
            }
            self.put(entry, from, to);
        }
    }

    /// Append what a character becomes that lies at bytes `start..end`.
    #[inline]
    fn put(&mut self, entry: Entry, start: usize, end: usize) {
        if entry.is_plain() {
            if !self.pending.is_empty() {
                self.put_pending();
            }
            self.put_char(entry.number(), start, end);
        } else {
            self.put_special(entry, start, end);
        }
    }

    /// Append white space, or what is written as several characters or none.
    fn put_special(&mut self, entry: Entry, start: usize, end: usize) {
        if entry.expands() {
            // Entries of expansions do not expand themselves.
            for &entry in self.of.table.written(&entry) {
                self.put(entry, start, end);
            }
            return;
        }
        match self.of.spec.spaces {
            Spaces::Separate => self.finish_word(),
            Spaces::Lead { collapse, .. } => {
                let last = self.pending.last_mut();
                match last.filter(|(last, ..)| collapse && entry.is_space() && last.is_space()) {
                    Some(last) => *last = (entry, start, end),
                    None => self.pending.push((entry, start, end)),
                }
            }
        }
    }

    /// Append the white space that waited for something to follow.
    fn put_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for &(entry, start, end) in &pending {
            let code = if entry.is_space() { self.of.mark } else { entry.number() };
            self.put_char(code, start, end);
        }
        self.pending = pending;
        self.pending.clear();
    }

    #[inline]
    fn put_char(&mut self, code: u32, start: usize, end: usize) {
        let mark = self.of.mark;
        if self.in_word {
            if code == mark && self.of.spec.split {
                self.finish_word();
            }
        } else if self.prefix && code != mark {
            self.lattice.push(mark, start, end);
        }
        self.in_word = true;
        self.lattice.push(code, start, end);
        self.lattice.relieve(&self.of.trie, self.of.spec.unk, self.out);
    }

    fn finish_word(&mut self) {
        if self.in_word {
            self.in_word = false;
            self.lattice.finish(&self.of.trie, self.of.spec.unk, self.out);
        }
    }

    /// Settle what is open at the end of a segment.
    fn finish(&mut self) {
        if !matches!(self.of.spec.spaces, Spaces::Lead { strip_end: true, .. }) {
            self.put_pending();
        }
        self.finish_word();
    }
}
