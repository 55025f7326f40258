//! [`WordRows`]: the bytes of each word in a row of its own, for a model that reads
//! characters and pools words.
//!
//! A word encoder reads a row, whose first slots (CLS) take up what the word says; a
//! model of words goes on with these; a word decoder spells each word from what that
//! says, byte by byte up to a symbol that ends it. Thawani et al. 2023, "Learn Your
//! Tokens: Word-Pooled Tokenization for Language Modeling", EMNLP Findings.
//!
//! Nothing is lost: words partition the text, white space belongs to the word before
//! it, and a word that is longer than a row goes on in the next, which is told apart
//! from a new one by how the row before ends.

use unicode_segmentation::UnicodeSegmentation;

use crate::{Error, Span, spans_of};

/// What a word is, where the caller does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// What lies between the word boundaries of Unicode (UAX #29).
    Unicode,
    /// What lies between white space.
    Space,
}

impl WordKind {
    /// The kind of this name: `unicode` or `space`.
    ///
    /// # Errors
    /// There is none.
    pub fn new(name: &str) -> Result<Self, Error> {
        match name {
            "unicode" => Ok(Self::Unicode),
            "space" => Ok(Self::Space),
            _ => Err(Error::invalid(format!(
                "unknown words {name:?}; known: unicode, space; or pass where each word starts"
            ))),
        }
    }
}

/// Where each word of `data` ends: rising, the last is its length.
///
/// White space belongs to the word before it, and to the first where there is none.
/// Bytes that are no UTF-8 are words of their own.
///
/// ```
/// use scriptio::pooling::{WordKind, word_ends};
///
/// let text = " Don't stop, 3.5 km!".as_bytes();
/// assert_eq!(word_ends(text, WordKind::Unicode), [7, 11, 13, 17, 19, 20]);
/// assert_eq!(word_ends(text, WordKind::Space), [7, 13, 17, 20]);
/// ```
pub fn word_ends(data: &[u8], kind: WordKind) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut starts = Starts { at: 0, is_open: false, ends: &mut ends };
    for chunk in data.utf8_chunks() {
        let mut part = |part: &str| {
            starts.part(part.len(), part.starts_with(char::is_whitespace));
        };
        match kind {
            WordKind::Unicode => chunk.valid().split_word_bounds().for_each(&mut part),
            WordKind::Space => {
                chunk.valid().split_inclusive(char::is_whitespace).for_each(&mut part);
            }
        }
        // A stretch of such bytes comes in pieces with nothing between them.
        let goes_on = chunk.valid().is_empty() && starts.is_open;
        match chunk.invalid().len() {
            0 => {}
            len if goes_on => starts.at += len,
            len => starts.part(len, false),
        }
    }
    if !data.is_empty() {
        ends.push(data.len());
    }
    ends
}

/// Puts parts of a text together to words.
struct Starts<'a> {
    at: usize,
    /// Whether the current word holds more than white space.
    is_open: bool,
    ends: &'a mut Vec<usize>,
}

impl Starts<'_> {
    fn part(&mut self, len: usize, is_white: bool) {
        if !is_white {
            if self.is_open {
                self.ends.push(self.at);
            }
            self.is_open = true;
        }
        self.at += len;
    }
}

/// The ids of what is no byte. Bytes are their own ids, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols;

impl Symbols {
    /// Fills a row up.
    pub const PAD: i64 = 256;
    /// Behind the last byte of a word.
    pub const END: i64 = 257;
    /// Behind the last byte of a row whose word goes on in the next one.
    pub const MORE: i64 = 258;
    /// What the decoder sees before the first byte.
    pub const START: i64 = 259;
    /// The first of the prefix slots; the others count on.
    pub const PREFIX: i64 = 260;
}

/// The words of a text as rows of at most so many bytes.
///
/// ```
/// use scriptio::pooling::{Symbols, WordKind, WordRows, word_ends};
///
/// let text = b"so extraordinary";
/// let rows = WordRows::new(text, &word_ends(text, WordKind::Space), 8)?;
/// let bytes: Vec<&[u8]> = rows.rows().map(|row| &text[row.range()]).collect();
/// assert_eq!(bytes, [b"so ".as_slice(), b"extraord", b"inary"]);
/// assert_eq!(rows.words(), [0, 1, 1]);
/// let (spelt, ends) = WordRows::decode(&rows.targets(), 9)?;
/// assert_eq!((spelt.as_slice(), ends.as_slice()), (text.as_slice(), [3, 16].as_slice()));
/// # Ok::<(), scriptio::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WordRows {
    data: Box<[u8]>,
    ends: Vec<usize>,
    words: Vec<usize>,
    max_length: usize,
}

impl WordRows {
    /// Rows of at most `max_length` bytes for the words of `data` that end at
    /// `word_ends`. A word that is longer is cut between two code points where it can
    /// be, each row as long as possible.
    ///
    /// # Errors
    /// `max_length` is 0, or `word_ends` do not rise from above 0 to the length of `data`.
    pub fn new(data: &[u8], word_ends: &[usize], max_length: usize) -> Result<Self, Error> {
        if max_length == 0 {
            return Err(Error::invalid("max_length is 0; a row needs at least 1 byte"));
        }
        let last = word_ends.last().copied().unwrap_or(0);
        if last != data.len() {
            return Err(Error::invalid(format!(
                "the last word ends at {last}, the text at {}; words must partition the text",
                data.len()
            )));
        }
        let (mut ends, mut words) = (Vec::new(), Vec::new());
        for (index, word) in spans_of(word_ends).enumerate() {
            if word.is_empty() {
                return Err(Error::invalid(format!(
                    "word {index} ends at {} and starts at {}; a word needs at least 1 byte",
                    word.end, word.start
                )));
            }
            let mut start = word.start;
            while start < word.end {
                start = row_end(data, start, word.end, max_length);
                ends.push(start);
                words.push(index);
            }
        }
        Ok(Self { data: data.into(), ends, words, max_length })
    }

    /// The bytes of each row.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Span> + '_ {
        spans_of(&self.ends)
    }

    /// Where each row ends: what [`Self::rows`] lie between.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// The word of each row. Several rows of one word follow each other.
    pub fn words(&self) -> &[usize] {
        &self.words
    }

    /// The most bytes of a row.
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// What stands behind the bytes of row `index`.
    fn end_symbol(&self, index: usize) -> i64 {
        let goes_on = self.words.get(index + 1) == self.words.get(index);
        if goes_on { Symbols::MORE } else { Symbols::END }
    }

    /// What the word encoder reads: `prefix` slots, the bytes, and padding; rows of
    /// `prefix + max_length` ids, one after another.
    pub fn padded(&self, prefix: usize) -> Vec<i64> {
        self.filled(prefix + self.max_length, |_, row, bytes| {
            row.extend(slots(prefix));
            row.extend(bytes);
        })
    }

    /// The same without padding: all rows as one sequence, whose blocks must not see
    /// each other.
    pub fn packed(&self, prefix: usize) -> Vec<i64> {
        let mut out = Vec::with_capacity(self.data.len() + prefix * self.ends.len());
        for row in self.rows() {
            out.extend(slots(prefix));
            out.extend(self.bytes(row));
        }
        out
    }

    /// What the word decoder reads: a start symbol, the bytes, and padding; rows of
    /// `max_length + 1` ids.
    pub fn inputs(&self) -> Vec<i64> {
        self.filled(self.max_length + 1, |_, row, bytes| {
            row.push(Symbols::START);
            row.extend(bytes);
        })
    }

    /// What the word decoder should say at each place of [`Self::inputs`]: the bytes,
    /// [`Symbols::END`] or [`Symbols::MORE`], and padding.
    pub fn targets(&self) -> Vec<i64> {
        self.filled(self.max_length + 1, |index, row, bytes| {
            row.extend(bytes);
            row.push(self.end_symbol(index));
        })
    }

    fn bytes(&self, row: Span) -> impl Iterator<Item = i64> + '_ {
        self.data.get(row.range()).unwrap_or_default().iter().map(|&byte| i64::from(byte))
    }

    fn filled(
        &self,
        width: usize,
        fill: impl Fn(usize, &mut Vec<i64>, &mut dyn Iterator<Item = i64>),
    ) -> Vec<i64> {
        let mut out = Vec::with_capacity(width * self.ends.len());
        for (index, row) in self.rows().enumerate() {
            fill(index, &mut out, &mut self.bytes(row));
            out.resize(width * (index + 1), Symbols::PAD);
        }
        out
    }

    /// The way back from what a word decoder said, rows of `width` ids: the bytes, and
    /// where each word ends.
    ///
    /// What stands behind the end symbol of a row is not looked at, as a model may say
    /// anything there. A last word that goes on ends with the text.
    ///
    /// # Errors
    /// A row has no end symbol, or holds something else than bytes before it; or ids do not
    /// make whole rows.
    pub fn decode(targets: &[i64], width: usize) -> Result<(Vec<u8>, Vec<usize>), Error> {
        if width == 0 || !targets.len().is_multiple_of(width) {
            return Err(Error::invalid(format!(
                "{} ids do not make rows of {width}; pass whole rows",
                targets.len()
            )));
        }
        let (mut data, mut ends) = (Vec::new(), Vec::new());
        for (index, row) in targets.chunks_exact(width).enumerate() {
            let symbol = row.iter().enumerate().find_map(|(at, &id)| match u8::try_from(id) {
                Ok(byte) => {
                    data.push(byte);
                    None
                }
                Err(_) => Some((at, id)),
            });
            match symbol {
                Some((_, Symbols::MORE)) => {}
                Some((_, Symbols::END)) => {
                    if data.len() > ends.last().copied().unwrap_or(0) {
                        ends.push(data.len());
                    }
                }
                Some((at, id)) => {
                    return Err(Error::invalid(format!(
                        "row {index} holds {id} at {at}; before the end of a row ({} or {}) there \
                         may be bytes alone, 0 to 255",
                        Symbols::END,
                        Symbols::MORE
                    )));
                }
                None => {
                    return Err(Error::invalid(format!(
                        "row {index} does not end; put {} behind its bytes, or {} if its word \
                         goes on in the next row",
                        Symbols::END,
                        Symbols::MORE
                    )));
                }
            }
        }
        if data.len() > ends.last().copied().unwrap_or(0) {
            ends.push(data.len());
        }
        Ok((data, ends))
    }
}

/// The ids of `prefix` slots.
fn slots(prefix: usize) -> impl Iterator<Item = i64> {
    (0..prefix).map(|slot| Symbols::PREFIX + slot as i64)
}

/// Where the row that starts at `start` ends, if its word ends at `end`.
fn row_end(data: &[u8], start: usize, end: usize, max_length: usize) -> usize {
    let Some(most) = start.checked_add(max_length).filter(|&most| most < end) else {
        return end;
    };
    // A code point has at most three continuation bytes; what has more is no UTF-8.
    let continues = |at: &usize| data.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (most.saturating_sub(3)..=most)
        .rev()
        .find(|at| !continues(at))
        .filter(|&at| at > start)
        .unwrap_or(most)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(data: &[u8], ends: &[usize]) -> Vec<String> {
        let part = |span: Span| String::from_utf8_lossy(&data[span.range()]).into_owned();
        spans_of(ends).map(part).collect()
    }

    fn words(text: &str, kind: WordKind) -> Vec<String> {
        parts(text.as_bytes(), &word_ends(text.as_bytes(), kind))
    }

    #[test]
    fn words_take_the_white_space_behind_them() {
        for (text, unicode, space) in [
            ("", vec![], vec![]),
            (" \n ", vec![" \n "], vec![" \n "]),
            ("a", vec!["a"], vec!["a"]),
            ("  a  b", vec!["  a  ", "b"], vec!["  a  ", "b"]),
            (
                "Is 3.5 m\r\n\r\nhigh.\n",
                vec!["Is ", "3.5 ", "m\r\n\r\n", "high", ".\n"],
                vec!["Is ", "3.5 ", "m\r\n\r\n", "high.\n"],
            ),
            ("东京\u{3000}x", vec!["东", "京\u{3000}", "x"], vec!["东京\u{3000}", "x"]),
        ] {
            assert_eq!(words(text, WordKind::Unicode), unicode);
            assert_eq!(words(text, WordKind::Space), space);
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_words() {
        let data = b"ab \xFF\xFEcd \xE4\xB8";
        let ends = word_ends(data, WordKind::Unicode);
        assert_eq!(ends, [3, 5, 8, 10]);
    }

    #[test]
    fn long_words_are_cut_between_code_points() {
        let rows = |text: &[u8], max_length| {
            let rows = WordRows::new(text, &[text.len()], max_length).unwrap();
            rows.rows().map(Span::len).collect::<Vec<_>>()
        };
        assert_eq!(rows("aébéc".as_bytes(), 2), [1, 2, 1, 2, 1]);
        assert_eq!(rows("aébéc".as_bytes(), 3), [3, 3, 1]);
        assert_eq!(rows("😀😀".as_bytes(), 4), [4, 4]);
        assert_eq!(rows("😀😀".as_bytes(), 7), [4, 4]);
        // Too narrow for any cut between code points.
        assert_eq!(rows("😀".as_bytes(), 3), [3, 1]);
        assert_eq!(rows("é".as_bytes(), 1), [1, 1]);
        assert_eq!(rows(&[0x80; 9], 4), [4, 4, 1]);
    }

    #[test]
    fn rows_hold_slots_bytes_and_padding() {
        let rows = WordRows::new(b"ab cde", &[3, 6], 4).unwrap();
        let [pad, end, start, slot] = [Symbols::PAD, Symbols::END, Symbols::START, Symbols::PREFIX];
        assert_eq!(rows.padded(1), [slot, 97, 98, 32, pad, slot, 99, 100, 101, pad]);
        assert_eq!(rows.padded(0), [97, 98, 32, pad, 99, 100, 101, pad]);
        let (one, two) = (slot, slot + 1);
        assert_eq!(rows.packed(2), [one, two, 97, 98, 32, one, two, 99, 100, 101]);
        assert_eq!(rows.inputs(), [start, 97, 98, 32, pad, start, 99, 100, 101, pad]);
        assert_eq!(rows.targets(), [97, 98, 32, end, pad, 99, 100, 101, end, pad]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            text in prop_oneof![any::<String>(), "[a-c \u{e9}\u{1F600}\n.']{0,60}"],
            mut data in prop::collection::vec(any::<u8>(), 0..60),
            max_length in 1..12_usize,
            is_text: bool,
            unicode: bool,
        ) {
            if is_text {
                data = text.into_bytes();
            }
            let kind = if unicode { WordKind::Unicode } else { WordKind::Space };
            let ends = word_ends(&data, kind);
            let rows = WordRows::new(&data, &ends, max_length).unwrap();
            prop_assert!(rows.rows().all(|row| !row.is_empty() && row.len() <= max_length));
            prop_assert_eq!(rows.ends().last().copied().unwrap_or(0), data.len());
            let per_word: Vec<usize> = (0..ends.len())
                .map(|word| rows.words().iter().filter(|&&of| of == word).count())
                .collect();
            prop_assert!(per_word.iter().all(|&rows| rows > 0));
            prop_assert!(rows.words().is_sorted());
            if is_text && max_length >= 4 {
                let text = std::str::from_utf8(&data).unwrap();
                prop_assert!(rows.ends().iter().all(|&end| text.is_char_boundary(end)));
            }
            let spelt = WordRows::decode(&rows.targets(), max_length + 1).unwrap();
            prop_assert_eq!(spelt, (data.clone(), ends.clone()));
            let bytes = rows.packed(2).into_iter().filter_map(|id| u8::try_from(id).ok());
            prop_assert_eq!(bytes.collect::<Vec<_>>(), data);
        }

        #[test]
        fn white_space_starts_no_word_but_the_first(text in "[a-c \u{a0}\u{3000}\n.,']{0,60}") {
            for kind in [WordKind::Unicode, WordKind::Space] {
                for word in words(&text, kind).iter().skip(1) {
                    prop_assert!(!word.starts_with(char::is_whitespace), "{word:?} of {text:?}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let told = |ends: &[usize], max| WordRows::new(b"abc", ends, max).unwrap_err().to_string();
        assert!(told(&[3], 0).starts_with("max_length is 0"));
        assert!(told(&[2], 4).starts_with("the last word ends at 2"));
        assert!(told(&[], 4).starts_with("the last word ends at 0"));
        assert!(told(&[2, 2, 3], 4).starts_with("word 1 ends at 2"));
        assert!(WordKind::new("line").unwrap_err().to_string().contains("\"line\""));
        let told = |rows: &[i64], width| WordRows::decode(rows, width).unwrap_err().to_string();
        assert!(told(&[97, 257, 98], 2).starts_with("3 ids do not make rows"));
        assert!(told(&[97, 98], 2).starts_with("row 0 does not end"));
        assert!(told(&[97, 256], 2).starts_with("row 0 holds 256 at 1"));
        assert!(told(&[97, 257, -1, 257], 2).starts_with("row 1 holds -1 at 0"));
    }
}
