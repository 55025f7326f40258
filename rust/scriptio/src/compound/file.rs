//! The file of a model: one for a language, read as it lies.
//!
//! ```text
//! magic      8 bytes; the last is the version
//! checksum   FNV-1a of all that follows, 8 bytes, little-endian as all numbers here
//! lang       texts are a length of 4 bytes and UTF-8
//! note       what the model was made from
//! capitals   whether nouns have a capital, 1 byte
//! threshold  f32
//! lexical    scale (f32), count (u32), weights of 2 bytes
//! spelled    binary logarithm of the count plus 1, or 0 (1 byte); scale (f32); weights of 1 byte
//! lexicon    count of characters (u32), characters of 4 bytes; count of edges (u32), edges of 4 bytes
//! linking    rules: count (u32), two texts each; endings and pieces: count (u32), text and rule (1 byte)
//! ```

use std::collections::BTreeMap;

use super::features::LEXICAL_VALUES;
use super::lexicon::Lexicon;
use super::linking::{Linking, Rule};
use super::model::{MAX_BITS, Model, Weights};
use crate::Error;

/// No text begins like this: the first byte is not UTF-8.
const MAGIC: &[u8; 8] = b"\x93SCRCMP\x01";

/// Bytes of the magic that tell the format whatever its version.
const MAGIC_NAME: usize = 7;

fn checksum(bytes: &[u8]) -> u64 {
    // Four bytes a step: a file is read in no time at all.
    let (words, rest) = bytes.as_chunks::<4>();
    let step = |hash: u64, next: u64| (hash ^ next).wrapping_mul(0x0100_0000_01B3).rotate_left(5);
    let hash = words
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, &word| step(hash, u64::from(u32::from_le_bytes(word))));
    rest.iter().fold(hash, |hash, &byte| step(hash, u64::from(byte)))
}

/// The file of `model`.
pub(super) fn write(model: &Model) -> Vec<u8> {
    let mut body = Vec::new();
    put_str(&mut body, &model.lang);
    put_str(&mut body, &model.note);
    body.push(u8::from(model.capitals));
    let weights = &model.weights;
    body.extend(weights.threshold.to_le_bytes());
    body.extend(weights.lexical_scale.to_le_bytes());
    put(&mut body, weights.lexical.len());
    body.extend(weights.lexical.iter().flat_map(|weight| weight.to_le_bytes()));
    body.push(if weights.spelled.is_empty() { 0 } else { weights.bits as u8 + 1 });
    body.extend(weights.spelled_scale.to_le_bytes());
    body.extend(weights.spelled.iter().map(|&weight| weight as u8));
    let (alphabet, edges) = model.lexicon.parts();
    put(&mut body, alphabet.len());
    body.extend(alphabet.iter().flat_map(|&c| u32::from(c).to_le_bytes()));
    put(&mut body, edges.len());
    body.extend(edges.iter().flat_map(|edge| edge.to_le_bytes()));
    put(&mut body, model.linking.rules.len());
    for rule in &model.linking.rules {
        put_str(&mut body, &rule.off);
        put_str(&mut body, &rule.on);
    }
    for table in [&model.linking.endings, &model.linking.pieces] {
        put(&mut body, table.len());
        for (text, &rule) in table {
            put_str(&mut body, text);
            body.push(rule);
        }
    }
    let mut data = MAGIC.to_vec();
    data.extend(checksum(&body).to_le_bytes());
    data.extend(body);
    data
}

fn put(body: &mut Vec<u8>, number: usize) {
    body.extend((number as u32).to_le_bytes());
}

fn put_str(body: &mut Vec<u8>, text: &str) {
    put(body, text.len());
    body.extend(text.bytes());
}

/// The model whose file is `data`.
pub(super) fn read(data: &[u8]) -> Result<Model, Error> {
    let Some((magic, rest)) = data.split_first_chunk::<8>() else {
        return Err(damaged("it is cut short"));
    };
    if magic.first_chunk::<MAGIC_NAME>() != MAGIC.first_chunk::<MAGIC_NAME>() {
        return Err(Error::invalid(
            "this is no compound model: it does not begin as one; pass a file that \
             CompoundSplitter.save or `scriptio compounds build` wrote",
        ));
    }
    if magic != MAGIC {
        return Err(Error::invalid(format!(
            "compound model is of version {}, but this build reads version {}; build it again",
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
    Error::invalid(format!("compound model is damaged: {reason}; build or copy it again"))
}

/// The content; nothing if anything in it cannot be.
fn read_body(body: &[u8]) -> Option<Model> {
    let mut reader = Reader { rest: body };
    let lang = reader.str()?.to_owned();
    let note = reader.str()?.to_owned();
    let capitals = match reader.byte()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let threshold = reader.float()?;
    let lexical_scale = reader.float()?;
    let count = reader.number().filter(|&count| count == LEXICAL_VALUES)?;
    let (lexical, _) = reader.take(count * 2)?.as_chunks::<2>();
    let lexical = lexical.iter().map(|&bytes| i16::from_le_bytes(bytes)).collect();
    let bits = reader.byte()?;
    let spelled_scale = reader.float()?;
    let spelled: &[u8] = match bits.checked_sub(1) {
        Some(bits) if u32::from(bits) <= MAX_BITS => reader.take(1 << bits)?,
        Some(_) => return None,
        None => &[],
    };
    let weights = Weights {
        lexical,
        lexical_scale,
        spelled: spelled.iter().map(|&byte| byte as i8).collect(),
        spelled_scale,
        bits: u32::from(bits.saturating_sub(1)),
        threshold,
    };
    let alphabet = reader.numbers()?.into_iter().map(char::from_u32).collect::<Option<_>>()?;
    let lexicon = Lexicon::from_parts(alphabet, reader.numbers()?)?;
    let count = reader.number()?;
    let mut rules = Vec::new();
    for _ in 0..count {
        rules.push(Rule { off: reader.str()?.to_owned(), on: reader.str()?.to_owned() });
    }
    let endings = reader.rule_table(rules.len())?;
    let pieces = reader.rule_table(rules.len())?;
    let linking = Linking { rules, endings, pieces };
    let model = Model { lang, note, lexicon, weights, linking, capitals };
    reader.rest.is_empty().then_some(model)
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
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    }

    fn float(&mut self) -> Option<f32> {
        let bytes = self.take(4)?.first_chunk::<4>()?;
        Some(f32::from_le_bytes(*bytes)).filter(|number| number.is_finite())
    }

    fn numbers(&mut self) -> Option<Vec<u32>> {
        let count = self.number()?;
        let (numbers, _) = self.take(count.checked_mul(4)?)?.as_chunks::<4>();
        Some(numbers.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect())
    }

    fn str(&mut self) -> Option<&'d str> {
        let len = self.number()?;
        str::from_utf8(self.take(len)?).ok()
    }

    fn rule_table(&mut self, rules: usize) -> Option<BTreeMap<String, u8>> {
        let mut table = BTreeMap::new();
        for _ in 0..self.number()? {
            let text = self.str()?.to_owned();
            table.insert(text, self.byte().filter(|&rule| usize::from(rule) < rules)?);
        }
        Some(table)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A panic is how a test fails.
mod tests {
    use super::super::lexicon::Entry;
    use super::*;

    fn model() -> Model {
        let words = ["Haus", "Boot", "Wirtschaft"];
        let entries = words.map(|word| Entry { word: word.to_owned(), noun: true });
        let pair = ("wirtschafts".to_owned(), "wirtschaft".to_owned());
        let weights = Weights {
            lexical: vec![7; LEXICAL_VALUES].into(),
            lexical_scale: 0.01,
            spelled: vec![-3; 16].into(),
            spelled_scale: 0.02,
            bits: 4,
            threshold: -0.5,
        };
        Model {
            lang: "de".into(),
            note: "a test".into(),
            lexicon: Lexicon::new(&entries, true).unwrap(),
            weights,
            linking: Linking::learn(&[pair.clone(), pair.clone(), pair]),
            capitals: true,
        }
    }

    #[test]
    fn a_file_gives_the_model_back() {
        assert_eq!(read(&write(&model())).unwrap(), model());
    }

    #[test]
    fn damage_is_told() {
        let data = write(&model());
        for end in [0, 5, 12, 100, data.len() - 1] {
            let told = read(&data[..end]).unwrap_err().to_string();
            assert!(told.contains("damaged"), "{end}: {told}");
        }
        let mut garbled = data.clone();
        garbled[60] ^= 1;
        assert!(read(&garbled).unwrap_err().to_string().contains("checksum"));
        assert!(
            read(b"PK\x03\x04 and so on").unwrap_err().to_string().contains("no compound model")
        );
        let mut newer = data;
        newer[7] = 9;
        assert!(read(&newer).unwrap_err().to_string().contains("version 9"));
    }

    #[test]
    fn no_body_makes_the_reader_fall() {
        let data = write(&model());
        let body = &data[16..];
        for at in (0..body.len()).step_by(7) {
            let mut garbled = body.to_vec();
            garbled[at] = garbled[at].wrapping_add(0x55);
            // Sound or not: it says so, and what it gives can be used.
            if let Some(model) = read_body(&garbled) {
                model.lexicon.class_of("wirtschaft");
            }
            assert!(read_body(&body[..at]).is_none());
        }
    }
}
