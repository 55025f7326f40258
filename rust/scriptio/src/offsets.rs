//! Byte offsets to code points and UTF-16 units, and back.
//!
//! Bytes inside, code points outside: [`CharCursor`] makes the one conversion
//! at the edge, in one pass over the text, for offsets that come sorted;
//! [`OffsetIndex`] answers single offsets in any order.

/// Number of code points in `bytes`, which must be valid UTF-8 or a slice of
/// it that starts at a `char` boundary.
#[inline]
pub fn count_chars(bytes: &[u8]) -> usize {
    // Every byte that is no continuation byte starts a code point. Blocks of
    // at most 255 keep the partial sums in bytes, which vectorises well.
    let mut total = 0;
    for block in bytes.chunks(192) {
        let count: u8 = block.iter().map(|&b| u8::from((b as i8) >= -0x40)).sum();
        total += usize::from(count);
    }
    total
}

/// Converts rising byte offsets of one text to code-point offsets.
///
/// ```
/// use scriptio::offsets::CharCursor;
/// let mut cursor = CharCursor::new("é!x");
/// assert_eq!(cursor.char_offset(2), 1);
/// assert_eq!(cursor.char_offset(4), 3);
/// ```
#[derive(Debug, Clone)]
pub struct CharCursor<'t> {
    bytes: &'t [u8],
    byte: usize,
    char: usize,
}

impl<'t> CharCursor<'t> {
    /// A cursor at the start of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), byte: 0, char: 0 }
    }

    /// The code-point offset of byte offset `byte`.
    ///
    /// Offsets must not fall: a smaller one than the last gives the last one's
    /// answer. Past the end of the text the answer is its length.
    #[inline]
    pub fn char_offset(&mut self, byte: usize) -> usize {
        let end = byte.min(self.bytes.len());
        if let Some(step) = self.bytes.get(self.byte..end) {
            self.char += count_chars(step);
            self.byte = end;
        }
        self.char
    }
}

/// Answers byte, code-point and UTF-16 offsets of one text in any order.
///
/// One entry per 64 bytes is kept, so a question costs at most 64 bytes of
/// counting and the index 1/8 of the text (two `u32` counts a block).
///
/// ```
/// use scriptio::offsets::OffsetIndex;
/// let index = OffsetIndex::new("a😀b");
/// assert_eq!(index.byte_to_char(5), 2);
/// assert_eq!(index.byte_to_utf16(5), 3);
/// assert_eq!(index.char_to_byte(2), 5);
/// ```
#[derive(Debug, Clone)]
pub struct OffsetIndex<'t> {
    bytes: &'t [u8],
    /// Code points and astral code points before each block.
    blocks: Vec<(u32, u32)>,
}

const BLOCK: usize = 64;

/// Bytes that start a code point outside the basic plane, which UTF-16 writes
/// as two units.
fn count_astral(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b >= 0xF0).count()
}

impl<'t> OffsetIndex<'t> {
    /// Index `text`: one pass.
    pub fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let (mut chars, mut astral) = (0_u32, 0_u32);
        let mut blocks = Vec::with_capacity(bytes.len() / BLOCK + 1);
        for block in bytes.chunks(BLOCK) {
            blocks.push((chars, astral));
            chars += count_chars(block) as u32;
            astral += count_astral(block) as u32;
        }
        blocks.push((chars, astral));
        Self { bytes, blocks }
    }

    fn before(&self, byte: usize) -> (usize, usize) {
        let byte = byte.min(self.bytes.len());
        let block = byte / BLOCK;
        let (chars, astral) = self.blocks.get(block).copied().unwrap_or_default();
        let rest = self.bytes.get(block * BLOCK..byte).unwrap_or_default();
        (chars as usize + count_chars(rest), astral as usize + count_astral(rest))
    }

    /// Code points that start before byte offset `byte`.
    pub fn byte_to_char(&self, byte: usize) -> usize {
        self.before(byte).0
    }

    /// UTF-16 units of the code points that start before byte offset `byte`.
    pub fn byte_to_utf16(&self, byte: usize) -> usize {
        let (chars, astral) = self.before(byte);
        chars + astral
    }

    /// Byte offset of code point `char`; the text's length if there are fewer.
    pub fn char_to_byte(&self, char: usize) -> usize {
        let after = self.blocks.partition_point(|&(chars, _)| chars as usize <= char);
        let block = after.saturating_sub(1);
        let start = block * BLOCK;
        let mut left = char - self.blocks.get(block).map_or(0, |&(chars, _)| chars as usize);
        for (i, &b) in self.bytes.iter().enumerate().skip(start) {
            if (b as i8) >= -0x40 {
                if left == 0 {
                    return i;
                }
                left -= 1;
            }
        }
        self.bytes.len()
    }
}
