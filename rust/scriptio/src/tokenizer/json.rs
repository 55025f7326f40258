//! Reads a `tokenizer.json`, as Hugging Face's tokenizers write it, into a
//! [`Spec`], if the file says nothing but what a [`Spec`] can say.
//!
//! Understood is the shape of XLM-R and its kin: a unigram model, a normaliser
//! of `SentencePiece`'s map with the usual care of spaces, words told apart by
//! white space or by `▁`, added tokens that are looked for in the text as it
//! is. A file that holds anything else is left to others, as a whole.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::charsmap::Charsmap;
use super::spec::{Added, MAX_PIECE, Pieces, Prefix, SPACE_MARK, Spaces, Spec};
use crate::Error;

/// Models that Hugging Face's tokenizers have.
const MODELS: [&str; 4] = ["BPE", "Unigram", "WordLevel", "WordPiece"];

/// Above this worst score an unknown character would be no worse than nothing,
/// and runs of unknown characters could be pieces.
const WORST_SCORE: f64 = 10.0;

/// The members of a JSON object, unread.
type Object<'j> = BTreeMap<String, &'j RawValue>;

/// The tokenizer that a `tokenizer.json` describes; nothing if it is not of
/// the understood shape.
pub(super) fn read(json: &str) -> Result<Option<Spec>, Error> {
    let file: Object = parse(json, "the file")?;
    let Some(model) = file.get("model") else {
        return Err(refuse("it has no member \"model\""));
    };
    let model: Object = parse(model.get(), "\"model\"")?;
    let kind = value(&model, "type")?;
    if let Some(kind) = kind.as_str()
        && !MODELS.contains(&kind)
    {
        return Err(refuse(&format!("its model is a {kind:?}; known: {}", MODELS.join(", "))));
    }
    if kind != "Unigram" {
        return Ok(None);
    }
    let (normalizer, pre_tokenizer) = (value(&file, "normalizer")?, value(&file, "pre_tokenizer")?);
    let Some((charsmap, lead)) = read_normalizer(&normalizer)? else { return Ok(None) };
    let Some((spaces, prefix, split)) = read_pre_tokenizer(&pre_tokenizer, lead) else {
        return Ok(None);
    };
    if !changes_no_offsets(&value(&file, "post_processor")?) {
        return Ok(None);
    }
    let Some((pieces, scores, unk)) = read_model(&model)? else { return Ok(None) };
    let Some(added) = read_added(&value(&file, "added_tokens")?, &pieces) else {
        return Ok(None);
    };
    Ok(Some(Spec { pieces, scores, unk, charsmap, spaces, prefix, split, added }))
}

fn refuse(reason: &str) -> Error {
    Error::invalid(format!(
        "tokenizer data is no usable tokenizer.json: {reason}; expected the file that Hugging \
         Face's tokenizers write"
    ))
}

fn parse<'j, T: serde::Deserialize<'j>>(json: &'j str, what: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| refuse(&format!("{what} cannot be read: {error}")))
}

/// The member `name`, read; null if there is none.
fn value(object: &Object, name: &str) -> Result<Value, Error> {
    object.get(name).map_or(Ok(Value::Null), |raw| parse(raw.get(), &format!("{name:?}")))
}

/// The parts of a normaliser or pre-tokenizer, out of the sequences they are in.
fn flatten<'v>(part: &'v Value, list: &str, into: &mut Vec<&'v Value>) {
    if part["type"] == "Sequence"
        && let Some(parts) = part[list].as_array()
    {
        for part in parts {
            flatten(part, list, into);
        }
    } else if !part.is_null() {
        into.push(part);
    }
}

/// Whether the members of `object` are among `names`.
fn only(object: &Value, names: &[&str]) -> bool {
    object.as_object().is_some_and(|members| members.keys().all(|k| names.contains(&k.as_str())))
}

/// What a normaliser does to spaces.
#[derive(Clone, Copy, Default)]
struct Lead {
    strip_end: bool,
    collapse: bool,
    /// Runs become one `▁`, not one space.
    to_mark: bool,
}

/// `Precompiled`, `Strip` at the end, `Replace` of runs of spaces: each may be
/// missing, the order counts.
fn read_normalizer(normalizer: &Value) -> Result<Option<(Charsmap, Lead)>, Error> {
    let mut parts = Vec::new();
    flatten(normalizer, "normalizers", &mut parts);
    let (mut charsmap, mut lead) = (Charsmap::default(), Lead::default());
    let mut stage = 0;
    for part in parts {
        let rank = match part["type"].as_str() {
            Some("Precompiled") if only(part, &["type", "precompiled_charsmap"]) => {
                let Some(map) = part["precompiled_charsmap"].as_str() else { return Ok(None) };
                charsmap = Charsmap::from_base64(map)?;
                1
            }
            Some("Strip")
                if only(part, &["type", "strip_left", "strip_right"])
                    && part["strip_left"] == false
                    && part["strip_right"] == true =>
            {
                lead.strip_end = true;
                2
            }
            Some("Replace")
                if only(part, &["type", "pattern", "content"])
                    && only(&part["pattern"], &["Regex"])
                    && part["pattern"]["Regex"] == " {2,}" =>
            {
                lead.collapse = true;
                lead.to_mark = part["content"] == SPACE_MARK.to_string();
                if !lead.to_mark && part["content"] != " " {
                    return Ok(None);
                }
                3
            }
            _ => return Ok(None),
        };
        if rank <= stage {
            return Ok(None);
        }
        stage = rank;
    }
    Ok(Some((charsmap, lead)))
}

/// `Metaspace`, alone or behind `WhitespaceSplit`.
fn read_pre_tokenizer(pre_tokenizer: &Value, lead: Lead) -> Option<(Spaces, Prefix, bool)> {
    let mut parts = Vec::new();
    flatten(pre_tokenizer, "pretokenizers", &mut parts);
    let (spaces, metaspace) = match parts.as_slice() {
        [metaspace] => {
            let Lead { strip_end, collapse, .. } = lead;
            (Spaces::Lead { collapse, strip_end }, metaspace)
        }
        // Behind a run that became `▁` there is no white space left to split at.
        [split, metaspace] if !lead.to_mark => {
            if split["type"] != "WhitespaceSplit" || !only(split, &["type"]) {
                return None;
            }
            (Spaces::Separate, metaspace)
        }
        _ => return None,
    };
    let known = ["type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"];
    if metaspace["type"] != "Metaspace"
        || !only(metaspace, &known)
        || metaspace["replacement"] != SPACE_MARK.to_string()
    {
        return None;
    }
    let prefix = match &metaspace["prepend_scheme"] {
        Value::Null => None,
        scheme if scheme == "always" => Some(Prefix::Always),
        scheme if scheme == "first" => Some(Prefix::First),
        scheme if scheme == "never" => Some(Prefix::Never),
        _ => return None,
    };
    let prefix = match (&metaspace["add_prefix_space"], prefix) {
        // The old spelling; a file that says both, and differently, is refused by its own kind.
        (Value::Null | Value::Bool(true), prefix) => prefix.unwrap_or(Prefix::Always),
        (Value::Bool(false), Some(Prefix::Never)) => Prefix::Never,
        _ => return None,
    };
    if spaces == Spaces::Separate && prefix == Prefix::First {
        return None;
    }
    let split = match metaspace["split"] {
        Value::Null => true,
        Value::Bool(split) => split,
        _ => return None,
    };
    Some((spaces, prefix, split))
}

/// Whether a post-processor does nothing but add special tokens.
fn changes_no_offsets(post_processor: &Value) -> bool {
    match post_processor["type"].as_str() {
        None => post_processor.is_null(),
        Some("TemplateProcessing" | "BertProcessing") => true,
        Some("RobertaProcessing") => post_processor["trim_offsets"] == false,
        Some(_) => false,
    }
}

/// Pieces, scores and the unknown piece.
fn read_model(model: &Object) -> Result<Option<(Pieces, Vec<f64>, u32)>, Error> {
    let known = ["type", "unk_id", "vocab", "byte_fallback"];
    let fallback = value(model, "byte_fallback")?;
    if !model.keys().all(|key| known.contains(&key.as_str()))
        || !(fallback.is_null() || fallback == false)
    {
        return Ok(None);
    }
    let Some(unk) = value(model, "unk_id")?.as_u64() else { return Ok(None) };
    let Some(vocab) = model.get("vocab") else { return Err(refuse("its model has no \"vocab\"")) };
    let vocab: Vec<(String, f64)> = parse(vocab.get(), "\"vocab\"")?;
    if unk >= vocab.len() as u64 {
        return Err(refuse(&format!(
            "its \"unk_id\" is {unk}, but there are {} pieces",
            vocab.len()
        )));
    }
    let (mut pieces, mut scores) = (Pieces::default(), Vec::with_capacity(vocab.len()));
    for (piece, score) in &vocab {
        pieces.push(piece);
        scores.push(*score);
    }
    let worst = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let sound = worst <= WORST_SCORE
        && scores.iter().all(|score| score.is_finite())
        && pieces.iter().all(|piece| piece.len() <= MAX_PIECE);
    Ok(sound.then_some((pieces, scores, unk as u32)))
}

/// The added tokens, with the ids that Hugging Face's code gives them.
fn read_added(added: &Value, pieces: &Pieces) -> Option<Vec<Added>> {
    let known = ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"];
    let Some(tokens) = added.as_array() else {
        return added.is_null().then(Vec::new);
    };
    let mut read: Vec<Added> = Vec::with_capacity(tokens.len());
    let mut contents = HashSet::new();
    let mut next = pieces.len() as u32;
    for token in tokens {
        let flag = |name: &str| match &token[name] {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        };
        let content = token["content"].as_str().filter(|content| !content.is_empty())?;
        if !only(token, &known)
            || flag("normalized")?
            || flag("single_word")?
            || !contents.insert(content)
        {
            return None;
        }
        let id = u32::try_from(token["id"].as_u64()?).ok()?;
        if pieces.get(id as usize) != content {
            // Not in the vocabulary, so ids go on behind it.
            if id != next {
                return None;
            }
            next += 1;
        }
        let (strip_before, strip_behind) = (flag("lstrip")?, flag("rstrip")?);
        read.push(Added { id, content: content.into(), strip_before, strip_behind });
    }
    // What the vocabulary holds under another id has that id, whatever is said here.
    let outside = read.iter().filter(|added| added.id as usize >= pieces.len());
    let outside: HashSet<&str> = outside.map(|added| &*added.content).collect();
    let moved = !outside.is_empty() && pieces.iter().any(|piece| outside.contains(piece));
    (!moved).then_some(read)
}
