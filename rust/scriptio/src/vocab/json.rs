//! Reads a `tokenizer.json`, as Hugging Face's tokenizers write it.
//!
//! What is not known is refused by name: an encoder that is nearly right is
//! wrong in a way that nobody sees.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::encoder::{Parts, Prefix};
use super::merges::Initial;
use super::model::{AddedToken, Bpe, Model, Unigram};
use super::steps::{self, Steps};
use super::wordpiece::WordPiece;
use super::{Merges, NONE, Vocab};
use crate::Error;

/// What stands for a space in the names of tokens.
pub(super) const MARK: char = '\u{2581}';

/// The members of a JSON object, unread.
type Object<'j> = BTreeMap<String, &'j RawValue>;

/// The model of a file.
struct ModelFile<'j> {
    members: Object<'j>,
    unk_token: Option<String>,
    unk_id: Option<u32>,
    byte_fallback: bool,
}

impl<'j> ModelFile<'j> {
    fn new(json: &'j str) -> Result<Self, Error> {
        let members: Object = parse(json, "\"model\"")?;
        let mut model = Self { members, unk_token: None, unk_id: None, byte_fallback: false };
        model.unk_token = model.optional("unk_token")?;
        model.unk_id = model.optional("unk_id")?;
        model.byte_fallback = model.optional("byte_fallback")?.unwrap_or_default();
        Ok(model)
    }

    /// The member `name`; `None` if it is null or not there.
    fn optional<T: Deserialize<'j>>(&self, name: &str) -> Result<Option<T>, Error> {
        match self.members.get(name) {
            None => Ok(None),
            Some(raw) => parse(raw.get(), &format!("{name:?} of \"model\"")),
        }
    }

    fn vocab(&self) -> Result<&'j str, Error> {
        let vocab = self.members.get("vocab");
        vocab.map(|raw| raw.get()).ok_or_else(|| refuse("its \"model\" has no \"vocab\""))
    }
}

/// A string that borrows from the file where it can.
struct Name<'j>(Cow<'j, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

/// The names of a vocabulary with their ids, in the order of the file.
struct Names<'j>(Vec<(Cow<'j, str>, u32)>);

impl<'de> Deserialize<'de> for Names<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Names<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of token names and ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some((Name(name), id)) = map.next_entry::<Name<'de>, u32>()? {
                    names.push((name, id));
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A merge as newer files spell it, a pair, or as older ones do, a string.
struct Pair<'j>(Cow<'j, str>, Cow<'j, str>);

impl<'de> Deserialize<'de> for Pair<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Pair<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two token names, in a list or with a space between")
            }

            fn visit_borrowed_str<E: serde::de::Error>(
                self,
                text: &'de str,
            ) -> Result<Self::Value, E> {
                match text.split_once(' ') {
                    Some((left, right)) if !right.contains(' ') => {
                        Ok(Pair(Cow::Borrowed(left), Cow::Borrowed(right)))
                    }
                    _ => Err(E::custom(format!("merge {text:?} is not of two tokens"))),
                }
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text.split_once(' ') {
                    Some((left, right)) if !right.contains(' ') => {
                        Ok(Pair(Cow::Owned(left.to_owned()), Cow::Owned(right.to_owned())))
                    }
                    _ => Err(E::custom(format!("merge {text:?} is not of two tokens"))),
                }
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Self::Value, A::Error> {
                let mut next = || {
                    let name = seq.next_element::<Name<'de>>()?;
                    name.ok_or_else(|| A::Error::custom("a merge is not of two tokens"))
                };
                let (Name(left), Name(right)) = (next()?, next()?);
                match seq.next_element::<Name<'de>>()? {
                    None => Ok(Pair(left, right)),
                    Some(_) => Err(A::Error::custom("a merge is of more than two tokens")),
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

pub(super) fn refuse(reason: impl fmt::Display) -> Error {
    Error::invalid(format!("tokenizer data is no usable tokenizer.json: {reason}"))
}

fn parse<'j, T: Deserialize<'j>>(json: &'j str, what: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| {
        refuse(format!(
            "{what} cannot be read: {error}; expected the file that Hugging Face's tokenizers write"
        ))
    })
}

/// What the file says.
pub(super) fn read(json: &str) -> Result<Parts, Error> {
    let file: Object = parse(json, "the file")?;
    let value = |name: &str| -> Result<Value, Error> {
        file.get(name).map_or(Ok(Value::Null), |raw| parse(raw.get(), &format!("{name:?}")))
    };
    let Some(model) = file.get("model") else {
        return Err(refuse("it has no member \"model\""));
    };
    let model = ModelFile::new(model.get())?;
    let kind: Option<String> = model.optional("type")?;
    let kind = kind.as_deref().unwrap_or(if model.members.contains_key("merges") {
        "BPE"
    } else if model.members.contains_key("unk_id") {
        "Unigram"
    } else {
        "WordPiece"
    });
    let added = read_added(&value("added_tokens")?)?;
    let (normalizer, pre_tokenizer) = (value("normalizer")?, value("pre_tokenizer")?);
    if kind == "Unigram" {
        return read_unigram(json, &model, added, &pre_tokenizer, &normalizer);
    }
    let read = match kind {
        "BPE" => read_bpe,
        "WordPiece" => read_word_piece,
        kind => {
            let known = "known: BPE, Unigram, WordPiece";
            return Err(refuse(format!("its model is a {kind:?}; {known}")));
        }
    };
    read(&model, added, steps::read(&normalizer, &pre_tokenizer, &value("decoder")?)?)
}

fn read_added(tokens: &Value) -> Result<Vec<AddedToken>, Error> {
    let mut added = Vec::new();
    for token in tokens.as_array().into_iter().flatten() {
        let id = token["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let (Some(content), Some(id)) = (token["content"].as_str(), id) else {
            return Err(refuse(format!("added token {token} has no \"content\" or no \"id\"")));
        };
        let flag = |name: &str| token[name].as_bool().unwrap_or_default();
        if content.is_empty() {
            continue;
        }
        added.push(AddedToken {
            content: content.to_owned(),
            id,
            special: flag("special"),
            single_word: flag("single_word"),
            lstrip: flag("lstrip"),
            rstrip: flag("rstrip"),
            normalized: flag("normalized"),
        });
    }
    Ok(added)
}

/// The names of a model with the added tokens: name of each id.
fn names_by_id<'n>(
    names: &'n [(Cow<'_, str>, u32)],
    added: &'n [AddedToken],
) -> Result<Vec<Option<&'n str>>, Error> {
    let all = names.iter().map(|(name, id)| (&**name, *id));
    let size = all.clone().map(|(_, id)| id).chain(added.iter().map(|token| token.id)).max();
    let size = size.map_or(0, |id| id as usize + 1);
    // Ids far beyond the number of names are damage, and would cost memory for nothing.
    if size > 1 << 24 {
        return Err(refuse(format!("its largest id is {}; expected less than 2^24", size - 1)));
    }
    let mut by_id: Vec<Option<&str>> = vec![None; size];
    let more = added.iter().map(|token| (token.content.as_str(), token.id));
    for (name, id) in all.chain(more) {
        let Some(place) = by_id.get_mut(id as usize) else { continue };
        match place {
            Some(other) if *other != name => {
                return Err(refuse(format!("tokens {other:?} and {name:?} both have id {id}")));
            }
            place => *place = Some(name),
        }
    }
    Ok(by_id)
}

/// Refuses added tokens whose ids are not those that the model gives them.
fn check_added(added: &[AddedToken], ids: &HashMap<&str, u32>) -> Result<(), Error> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for token in added {
        let other = ids.get(&*token.content).or(seen.get(&*token.content)).copied();
        if let Some(other) = other.filter(|&other| other != token.id) {
            return Err(refuse(format!(
                "token {:?} has the ids {other} and {}",
                token.content, token.id
            )));
        }
        seen.insert(&token.content, token.id);
    }
    Ok(())
}

/// The names of a model's vocabulary, and their ids.
fn read_names<'j>(model: &ModelFile<'j>) -> Result<Names<'j>, Error> {
    parse(model.vocab()?, "\"vocab\" of \"model\"")
}

fn ids_of<'n>(names: &'n [(Cow<'_, str>, u32)]) -> Result<HashMap<&'n str, u32>, Error> {
    let mut ids = HashMap::with_capacity(names.len());
    for (name, id) in names {
        if let Some(other) = ids.insert(&**name, *id) {
            return Err(refuse(format!("token {name:?} has the ids {other} and {id}")));
        }
    }
    Ok(ids)
}

/// The bytes of tokens, without those of `added` that are control tokens.
fn vocab_of<'n>(
    by_id: &[Option<&'n str>],
    added: &[AddedToken],
    unk: Option<u32>,
    mut bytes_of: impl FnMut(u32, &'n str) -> Vec<u8>,
) -> Result<Vocab, Error> {
    let mut silent = vec![false; by_id.len()];
    let specials = added.iter().filter(|token| token.special).map(|token| token.id);
    for id in specials.chain(unk) {
        if let Some(place) = silent.get_mut(id as usize) {
            *place = true;
        }
    }
    Vocab::new(
        by_id.iter().zip(silent).zip(0..).map(|((name, is_silent), id)| {
            name.filter(|_| !is_silent).map(|name| bytes_of(id, name))
        }),
    )
}

/// The id of the unknown token, if the model names one.
fn unknown(model: &ModelFile, ids: &HashMap<&str, u32>) -> Result<Option<u32>, Error> {
    let Some(name) = &model.unk_token else { return Ok(None) };
    match ids.get(&**name) {
        Some(&id) => Ok(Some(id)),
        None => Err(refuse(format!("its \"unk_token\" {name:?} is not in the vocabulary"))),
    }
}

fn read_bpe(model: &ModelFile, added: Vec<AddedToken>, steps: Steps) -> Result<Parts, Error> {
    if model.optional::<f64>("dropout")?.is_some_and(|dropout| dropout != 0.0) {
        return Err(refuse("its model has a \"dropout\"; encodings must not depend on chance"));
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
        if model.optional::<String>(name)?.is_some_and(|affix| !affix.is_empty()) {
            return Err(refuse(format!("its BPE model has a {name:?}, which is not known")));
        }
    }
    let Names(names) = read_names(model)?;
    let ids = ids_of(&names)?;
    check_added(&added, &ids)?;
    let unk = unknown(model, &ids)?;
    let by_id = names_by_id(&names, &added)?;
    let in_model = |id: u32, name: &str| ids.get(name) == Some(&id);
    let vocab = vocab_of(&by_id, &added, unk, |id, name| {
        if !in_model(id, name) {
            name.as_bytes().to_vec()
        } else if steps.byte_level {
            steps::spelled_bytes(name).unwrap_or_else(|| name.as_bytes().to_vec())
        } else if let Some(byte) = byte_token(name).filter(|_| model.byte_fallback) {
            vec![byte]
        } else {
            unmarked(name, steps.marks).as_bytes().to_vec()
        }
    })?;

    let initial = initial_of(model, &ids, &steps);
    let pairs: Vec<Pair> = model.optional("merges")?.unwrap_or_default();
    let id_of = |name: &str, at: usize| {
        ids.get(name).copied().ok_or_else(|| {
            refuse(format!("merge {at} is of or makes {name:?}, which is not in the vocabulary"))
        })
    };
    let mut merges = Vec::with_capacity(pairs.len());
    let mut joined = String::new();
    for (at, Pair(left, right)) in pairs.iter().enumerate() {
        joined.clear();
        joined.push_str(left);
        joined.push_str(right);
        merges.push((id_of(left, at)?, id_of(right, at)?, id_of(&joined, at)?));
    }
    let by_chars = initial.chars.is_some();
    let merges = Merges::with_initial(&vocab, &merges, initial)?;
    let bpe = Bpe {
        merges,
        ignore_merges: model.optional("ignore_merges")?.unwrap_or_default(),
        by_chars,
        byte_fallback: model.byte_fallback,
        unk,
        fuse_unk: model.optional("fuse_unk")?.unwrap_or_default(),
    };
    // Pieces are looked up by what they write; the names of bytes are not looked up.
    let mut whole: Vec<u32> = names
        .iter()
        .filter(|(name, _)| !(model.byte_fallback && byte_token(name).is_some()))
        .filter(|(name, _)| !(steps.marks && name.contains(' ')))
        .map(|&(_, id)| id)
        .filter(|&id| bpe.ignore_merges || bpe.merges.reachable(id))
        .collect();
    whole.sort_unstable();
    Ok(Parts { vocab, model: Model::Bpe(bpe), added, steps, whole, delegate: None })
}

/// What a text is before the first merge.
fn initial_of(model: &ModelFile, ids: &HashMap<&str, u32>, steps: &Steps) -> Initial {
    let mut bytes = Box::new([NONE; 256]);
    let mut chars: Option<Vec<u32>> = None;
    if steps.byte_level {
        for (place, byte) in bytes.iter_mut().zip(0..=u8::MAX) {
            let name = steps::spelled(byte).to_string();
            *place = ids.get(&*name).copied().unwrap_or(NONE);
        }
    } else {
        if model.byte_fallback {
            for (place, byte) in bytes.iter_mut().zip(0..=u8::MAX) {
                *place = ids.get(&*format!("<{byte:#04X}>")).copied().unwrap_or(NONE);
            }
        }
        let chars = chars.get_or_insert_default();
        for (name, &id) in ids {
            let mut name = name.chars();
            let (Some(c), None) = (name.next(), name.next()) else { continue };
            let c = match c {
                MARK if steps.marks => ' ',
                ' ' if steps.marks => continue,
                c => c,
            };
            if chars.len() <= c as usize {
                chars.resize(c as usize + 1, NONE);
            }
            if let Some(place) = chars.get_mut(c as usize) {
                *place = id;
            }
        }
    }
    Initial { bytes, chars: chars.map(Vec::into_boxed_slice) }
}

/// The byte that a token is named after, as in `<0x0A>`.
fn byte_token(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    let upper =
        digits.bytes().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit));
    if digits.len() == 2 && upper { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// A name with its spaces written as such.
fn unmarked(name: &str, marks: bool) -> Cow<'_, str> {
    if marks && name.contains(MARK) {
        Cow::Owned(name.replace(MARK, " "))
    } else {
        Cow::Borrowed(name)
    }
}

fn read_word_piece(
    model: &ModelFile,
    added: Vec<AddedToken>,
    steps: Steps,
) -> Result<Parts, Error> {
    let Names(names) = read_names(model)?;
    let ids = ids_of(&names)?;
    check_added(&added, &ids)?;
    let unk_token = model.unk_token.as_deref().unwrap_or("[UNK]");
    let Some(&unk) = ids.get(unk_token) else {
        return Err(refuse(format!("its \"unk_token\" {unk_token:?} is not in the vocabulary")));
    };
    let prefix: Option<String> = model.optional("continuing_subword_prefix")?;
    let prefix = prefix.as_deref().unwrap_or("##");
    let by_id = names_by_id(&names, &added)?;
    let vocab = vocab_of(&by_id, &added, Some(unk), |id, name| {
        if ids.get(name) != Some(&id) {
            return name.as_bytes().to_vec();
        }
        match name.strip_prefix(prefix) {
            Some(inside) if !prefix.is_empty() => inside.as_bytes().to_vec(),
            _ => [b" ", name.as_bytes()].concat(),
        }
    })?;
    let entries = names.iter().map(|(name, id)| (&**name, *id));
    let max_word_chars = model.optional("max_input_chars_per_word")?.unwrap_or(100);
    let model = WordPiece::new(entries, vocab.len(), unk, prefix, max_word_chars)?;
    let model = Model::WordPiece(model);
    Ok(Parts { vocab, model, added, steps, whole: Vec::new(), delegate: None })
}

fn read_unigram(
    json: &str,
    model: &ModelFile,
    added: Vec<AddedToken>,
    pre_tokenizer: &Value,
    normalizer: &Value,
) -> Result<Parts, Error> {
    let pieces: Vec<(Name, f64)> = parse(model.vocab()?, "\"vocab\" of \"model\"")?;
    if let Some(unk) = model.unk_id.filter(|&unk| unk as usize >= pieces.len()) {
        return Err(refuse(format!(
            "its \"unk_id\" is {unk}, but there are {} pieces",
            pieces.len()
        )));
    }
    let (scores, names): (Vec<f64>, Vec<(Cow<str>, u32)>) =
        pieces.into_iter().zip(0..).map(|((Name(name), score), id)| (score, (name, id))).unzip();
    let ids = ids_of(&names)?;
    check_added(&added, &ids)?;
    let by_id = names_by_id(&names, &added)?;
    let vocab = vocab_of(&by_id, &added, model.unk_id, |id, name| {
        if id as usize >= names.len() {
            return name.as_bytes().to_vec();
        }
        match byte_token(name).filter(|_| model.byte_fallback) {
            Some(byte) => vec![byte],
            None => unmarked(name, true).as_bytes().to_vec(),
        }
    })?;
    let delegate = crate::tokenizer::from_bytes(json.as_bytes())?;
    let steps = Steps {
        marks: true,
        prefix: steps::metaspace_prefix(pre_tokenizer),
        normalizes: !normalizer.is_null(),
        ..Steps::default()
    };
    let unigram = Unigram { scores, unk: model.unk_id, byte_fallback: model.byte_fallback };
    let model = Model::Unigram(unigram);
    Ok(Parts { vocab, model, added, steps, whole: Vec::new(), delegate: Some(delegate) })
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            cuts: Vec::new(),
            byte_level: false,
            marks: false,
            prefix: Prefix::Never,
            normalizes: false,
        }
    }
}
