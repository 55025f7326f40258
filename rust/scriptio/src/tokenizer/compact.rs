//! The compact form of a unigram tokenizer: a twentieth of its
//! `tokenizer.json`, and quick to read.
//!
//! ```text
//! magic      8 bytes; the last but one is the version
//! checksum   FNV-1a of all that follows, 8 bytes, little-endian as all numbers here
//! count      number of pieces; lengths, counts and other numbers are varints (7 bits a byte)
//! scores     in the order of ids: 0, then differences of the bits of `f32`s as zigzag varints;
//!            or 1, then `f64`s, where an `f32` would not be exact
//! pieces     sorted; of each the length that it has in common with the one before and the length
//!            of the rest (four bits each; 15 and more: the excess follows), then the rest
//! ids        of the sorted pieces, two bytes each, three from 65,536 pieces on
//! unk        id of the unknown piece
//! options    one byte each: white space, prefix, split
//! charsmap   whether graphemes count; code points and replacements; clusters and replacements
//! added      id, flags, content of each added token
//! ```

use super::charsmap::Charsmap;
use super::spec::{Added, MAX_PIECE, Pieces, Prefix, Spaces, Spec};
use crate::Error;

/// No text begins like this: the first byte is not UTF-8.
const MAGIC: &[u8; 8] = b"\x93SCRTOK\x01";

/// Bytes of the magic that tell the format whatever its version.
const MAGIC_NAME: usize = 7;

/// Lengths from here on do not fit in half a byte.
const LONG: usize = 15;

/// Whether `data` claims to be the compact form, of any version.
pub(super) fn is_compact(data: &[u8]) -> bool {
    data.first_chunk::<MAGIC_NAME>() == MAGIC.first_chunk::<MAGIC_NAME>()
}

/// FNV-1a: not proof against malice, which the reader does not rely on, but
/// against cut or garbled files.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Bytes of an id.
fn id_bytes(count: usize) -> usize {
    if count < 1 << 16 { 2 } else { 3 }
}

/// The compact form of `spec`.
pub(super) fn write(spec: &Spec) -> Vec<u8> {
    let mut body = Vec::new();
    put(&mut body, spec.pieces.len());
    put_scores(&mut body, &spec.scores);
    put_pieces(&mut body, &spec.pieces);
    put(&mut body, spec.unk as usize);
    body.extend([
        match spec.spaces {
            Spaces::Separate => 0,
            Spaces::Lead { collapse, strip_end } => {
                1 + u8::from(collapse) + 2 * u8::from(strip_end)
            }
        },
        match spec.prefix {
            Prefix::Always => 0,
            Prefix::First => 1,
            Prefix::Never => 2,
        },
        u8::from(spec.split),
        u8::from(spec.charsmap.graphemes),
    ]);
    put(&mut body, spec.charsmap.singles.len());
    let mut before = 0;
    for (c, replacement) in &spec.charsmap.singles {
        put(&mut body, u32::from(*c) as usize - before);
        before = u32::from(*c) as usize;
        put_str(&mut body, replacement);
    }
    put(&mut body, spec.charsmap.clusters.len());
    for (cluster, replacement) in &spec.charsmap.clusters {
        put_str(&mut body, cluster);
        put_str(&mut body, replacement);
    }
    put(&mut body, spec.added.len());
    for added in &spec.added {
        put(&mut body, added.id as usize);
        body.push(u8::from(added.strip_before) + 2 * u8::from(added.strip_behind));
        put_str(&mut body, &added.content);
    }
    let mut data = MAGIC.to_vec();
    data.extend(checksum(&body).to_le_bytes());
    data.extend(body);
    data
}

fn put(body: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        body.push(number as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}

fn put_str(body: &mut Vec<u8>, text: &str) {
    put(body, text.len());
    body.extend(text.bytes());
}

fn put_scores(body: &mut Vec<u8>, scores: &[f64]) {
    let exact = |score: f64| f64::from(score as f32).to_bits() == score.to_bits();
    if !scores.iter().all(|&score| exact(score)) {
        body.push(1);
        body.extend(scores.iter().flat_map(|score| score.to_le_bytes()));
        return;
    }
    body.push(0);
    let mut before = 0;
    for &score in scores {
        let bits = i64::from((score as f32).to_bits());
        let difference = bits - before;
        put(body, (difference << 1 ^ difference >> 63) as usize);
        before = bits;
    }
}

fn put_pieces(body: &mut Vec<u8>, pieces: &Pieces) {
    let order = pieces.sorted();
    let mut before: &[u8] = &[];
    for &id in &order {
        let piece = pieces.get(id as usize).as_bytes();
        let same = before.iter().zip(piece).take_while(|(left, right)| left == right).count();
        let rest = piece.get(same..).unwrap_or_default();
        body.push((same.min(LONG) << 4 | rest.len().min(LONG)) as u8);
        for length in [same, rest.len()] {
            if let Some(excess) = length.checked_sub(LONG) {
                put(body, excess);
            }
        }
        body.extend(rest);
        before = piece;
    }
    for id in &order {
        body.extend(id.to_le_bytes().iter().take(id_bytes(order.len())));
    }
}

/// The tokenizer whose compact form is `data`.
pub(super) fn read(data: &[u8]) -> Result<Spec, Error> {
    let Some((magic, rest)) = data.split_first_chunk::<8>() else {
        return Err(damaged("it is cut short"));
    };
    if magic != MAGIC {
        return Err(Error::invalid(format!(
            "packed tokenizer is of version {}, but this build reads version {}; pack it again",
            magic[MAGIC_NAME], MAGIC[MAGIC_NAME]
        )));
    }
    let Some((sum, body)) = rest.split_first_chunk::<8>() else {
        return Err(damaged("it is cut short"));
    };
    if u64::from_le_bytes(*sum) != checksum(body) {
        return Err(damaged("its checksum does not match"));
    }
    read_body(body).ok_or_else(|| damaged("its content is not sound"))
}

fn damaged(reason: &str) -> Error {
    Error::invalid(format!("packed tokenizer is damaged: {reason}; pack or copy it again"))
}

/// The content; nothing if anything in it cannot be.
fn read_body(body: &[u8]) -> Option<Spec> {
    let mut reader = Reader { rest: body };
    let count = reader.count()?;
    let scores = reader.scores(count)?;
    let pieces = reader.pieces(count)?;
    let unk = u32::try_from(reader.number()?).ok().filter(|&unk| (unk as usize) < count)?;
    let spaces = match reader.byte()? {
        0 => Spaces::Separate,
        options @ 1..=4 => {
            let options = options - 1;
            Spaces::Lead { collapse: options & 1 != 0, strip_end: options & 2 != 0 }
        }
        _ => return None,
    };
    let prefix = match reader.byte()? {
        0 => Prefix::Always,
        1 => Prefix::First,
        2 => Prefix::Never,
        _ => return None,
    };
    let split = reader.flag()?;
    let charsmap = reader.charsmap()?;
    let mut added = Vec::new();
    for _ in 0..reader.count()? {
        let id = u32::try_from(reader.number()?).ok().filter(|&id| id < u32::MAX)?;
        let flags = reader.byte().filter(|&flags| flags < 4)?;
        let content = reader.str().filter(|content| !content.is_empty())?.into();
        let (strip_before, strip_behind) = (flags & 1 != 0, flags & 2 != 0);
        added.push(Added { id, content, strip_before, strip_behind });
    }
    let spec = Spec { pieces, scores, unk, charsmap, spaces, prefix, split, added };
    reader.rest.is_empty().then_some(spec)
}

struct Reader<'d> {
    rest: &'d [u8],
}

impl<'d> Reader<'d> {
    fn take(&mut self, len: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in (0..42).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// A number of things that take a byte each at least: memory is bounded
    /// by the size of the data.
    fn count(&mut self) -> Option<usize> {
        self.number().filter(|&count| count <= self.rest.len())
    }

    fn str(&mut self) -> Option<&'d str> {
        let len = self.number()?;
        str::from_utf8(self.take(len)?).ok()
    }

    fn scores(&mut self, count: usize) -> Option<Vec<f64>> {
        let mut scores = Vec::with_capacity(count);
        if self.flag()? {
            let (bytes, _) = self.take(count.checked_mul(8)?)?.as_chunks::<8>();
            scores.extend(bytes.iter().map(|&bytes| f64::from_le_bytes(bytes)));
        } else {
            let mut bits = 0_i64;
            for _ in 0..count {
                let number = self.number()? as i64;
                bits = bits.checked_add(number >> 1 ^ -(number & 1))?;
                scores.push(f64::from(f32::from_bits(u32::try_from(bits).ok()?)));
            }
        }
        scores.iter().all(|score| score.is_finite()).then_some(scores)
    }

    fn pieces(&mut self, count: usize) -> Option<Pieces> {
        // Pieces one after the other in the order of the file, and where each ends.
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(count));
        let mut start = 0;
        for _ in 0..count {
            let lengths = usize::from(self.byte()?);
            let mut length =
                |length: usize| Some(length + if length == LONG { self.number()? } else { 0 });
            let (same, rest) = (length(lengths >> 4)?, length(lengths & 0xF)?);
            let end = text.len();
            if same > end - start || same.saturating_add(rest) > MAX_PIECE {
                return None;
            }
            text.extend_from_within(start..start + same);
            text.extend(self.take(rest)?);
            str::from_utf8(text.get(end..)?).ok()?;
            start = end;
            ends.push(text.len());
        }
        let width = id_bytes(count);
        let mut ranks = vec![usize::MAX; count];
        for (rank, bytes) in self.take(count.checked_mul(width)?)?.chunks_exact(width).enumerate() {
            let id = bytes.iter().rev().fold(0, |id, &byte| id << 8 | usize::from(byte));
            let place = ranks.get_mut(id).filter(|place| **place == usize::MAX)?;
            *place = rank;
        }
        let text = String::from_utf8(text).ok()?;
        let mut pieces = Pieces::default();
        for rank in ranks {
            let start = rank.checked_sub(1).and_then(|before| ends.get(before)).copied();
            pieces.push(text.get(start.unwrap_or(0)..*ends.get(rank)?)?);
        }
        Some(pieces)
    }

    fn charsmap(&mut self) -> Option<Charsmap> {
        let mut map = Charsmap { graphemes: self.flag()?, ..Charsmap::default() };
        let mut before = 0;
        for _ in 0..self.count()? {
            let code = u32::try_from(self.number()?).ok()?.checked_add(before)?;
            if !map.singles.is_empty() && code == before {
                return None;
            }
            before = code;
            map.singles.push((char::from_u32(code)?, self.str()?.into()));
        }
        for _ in 0..self.count()? {
            map.clusters.push((self.str()?.into(), self.str()?.into()));
        }
        map.clusters.is_sorted().then_some(map)
    }
}
