//! Reads normalisers and pre-tokenizers of a `tokenizer.json`.
//!
//! Where a file writes spaces as `▁`, this crate does the reverse: it takes
//! the marks of a text, and of the names of tokens, for the spaces they stand
//! for, so that texts, pieces and tokens are all in the bytes that are
//! written in the end.

use serde_json::Value;

use super::classes::flag;
use super::encoder::Prefix;
use super::json::{MARK, refuse};
use super::known::Known;
use super::normalize::{Form, Rule};
use super::pretokenize::{Behavior, Finder, Step};
use crate::Error;

/// What happens to a text before the model sees it.
#[derive(Debug)]
pub(super) struct Steps {
    pub rules: Vec<Rule>,
    pub cuts: Vec<Step>,
    /// Whether names spell bytes with GPT-2's characters.
    pub byte_level: bool,
    /// Whether names spell spaces as [`MARK`].
    pub marks: bool,
    pub prefix: Prefix,
    /// Whether the text is changed, apart from marks and a space before it.
    pub normalizes: bool,
}

/// The parts of a normaliser, pre-tokenizer or decoder, out of the sequences
/// they are in.
fn flatten<'v>(part: &'v Value, into: &mut Vec<&'v Value>) {
    if part["type"] == "Sequence" {
        for list in ["normalizers", "pretokenizers", "decoders"] {
            for part in part[list].as_array().into_iter().flatten() {
                flatten(part, into);
            }
        }
    } else if !part.is_null() {
        into.push(part);
    }
}

fn kind(part: &Value) -> &str {
    part["type"].as_str().unwrap_or_default()
}

fn flagged(part: &Value, name: &str, missing: bool) -> bool {
    part[name].as_bool().unwrap_or(missing)
}

/// Whether a normaliser's part writes spaces as marks.
fn is_marking(part: &Value) -> bool {
    let mark = MARK.to_string();
    kind(part) == "Replace" && part["pattern"]["String"] == " " && part["content"] == mark
}

pub(super) fn read(
    normalizer: &Value,
    pre_tokenizer: &Value,
    decoder: &Value,
) -> Result<Steps, Error> {
    let (mut changes, mut cuts, mut decoders) = (Vec::new(), Vec::new(), Vec::new());
    flatten(normalizer, &mut changes);
    flatten(pre_tokenizer, &mut cuts);
    flatten(decoder, &mut decoders);
    let metaspace = cuts.iter().any(|part| kind(part) == "Metaspace");
    let marking = changes.iter().any(|part| is_marking(part));
    let mut steps = Steps {
        byte_level: cuts.iter().chain(&decoders).any(|part| kind(part) == "ByteLevel"),
        marks: metaspace || marking,
        ..Steps::default()
    };
    if steps.byte_level && steps.marks {
        return Err(refuse("it spells spaces both as \"▁\" and as bytes"));
    }
    let mut is_marked = false;
    for part in changes {
        read_change(part, &mut is_marked, &mut steps)?;
    }
    let mut before = "";
    for part in cuts {
        if before == "ByteLevel" {
            let kind = kind(part);
            return Err(refuse(format!("its pre_tokenizer has a {kind:?} behind \"ByteLevel\"")));
        }
        before = kind(part);
        read_cut(part, &mut is_marked, &mut steps)?;
    }
    Ok(steps)
}

fn read_change(part: &Value, is_marked: &mut bool, steps: &mut Steps) -> Result<(), Error> {
    if is_marking(part) {
        *is_marked = true;
        let finder = Finder::Literal(MARK.to_string().into());
        steps.rules.push(Rule::Replace { finder, content: " ".to_owned() });
        return Ok(());
    }
    let form = |form| vec![Rule::Form(form)];
    let rules = match kind(part) {
        "NFC" => form(Form::Nfc),
        "NFD" => form(Form::Nfd),
        "NFKC" => form(Form::Nfkc),
        "NFKD" => form(Form::Nfkd),
        "Lowercase" => vec![Rule::Lowercase],
        "StripAccents" => vec![Rule::StripMarks],
        "Strip" => vec![Rule::Strip {
            left: flagged(part, "strip_left", true),
            right: flagged(part, "strip_right", true),
        }],
        "Prepend" => {
            let content = part["prepend"].as_str().unwrap_or_default();
            // Marks become spaces in the end, so this one may begin as one.
            let is_mark = steps.marks && content.chars().eq([MARK]);
            steps.rules.push(Rule::Prepend(if is_mark { " ".into() } else { content.into() }));
            if is_mark {
                steps.prefix = Prefix::Prepended;
            } else {
                steps.normalizes = true;
            }
            return Ok(());
        }
        "Replace" => vec![read_replace(part, *is_marked)?],
        "BertNormalizer" => read_bert(part),
        kind => {
            return Err(refuse(format!(
                "its normalizer has a {kind:?}; known: BertNormalizer, Lowercase, NFC, NFD, NFKC, \
                 NFKD, Prepend, Replace, Sequence, Strip, StripAccents"
            )));
        }
    };
    steps.normalizes = true;
    steps.rules.extend(rules);
    Ok(())
}

fn read_replace(part: &Value, is_marked: bool) -> Result<Rule, Error> {
    let content = part["content"].as_str().unwrap_or_default();
    let finder = match (part["pattern"]["String"].as_str(), part["pattern"]["Regex"].as_str()) {
        (Some(literal), _) => Finder::Literal(literal.into()),
        (_, Some(pattern)) => Finder::regex(pattern)?,
        _ => return Err(refuse("a \"Replace\" of its normalizer has no \"pattern\"")),
    };
    if is_marked {
        return Err(refuse("its normalizer replaces something behind the \"▁\" of spaces"));
    }
    Ok(Rule::Replace { finder, content: content.to_owned() })
}

fn read_bert(part: &Value) -> Vec<Rule> {
    let lowercase = flagged(part, "lowercase", true);
    let mut rules = Vec::new();
    if flagged(part, "clean_text", true) {
        rules.push(Rule::CleanText);
    }
    if flagged(part, "handle_chinese_chars", true) {
        rules.push(Rule::PadIdeographs);
    }
    if flagged(part, "strip_accents", lowercase) {
        rules.extend([Rule::Form(Form::Nfd), Rule::StripAccents]);
    }
    if lowercase {
        rules.push(Rule::Lowercase);
    }
    rules
}

fn read_cut(part: &Value, is_marked: &mut bool, steps: &mut Steps) -> Result<(), Error> {
    let kind = kind(part);
    match kind {
        "ByteLevel" => return read_byte_level(part, steps),
        "Metaspace" => return read_metaspace(part, is_marked, steps),
        "Split" => return read_split(part, *is_marked, steps),
        _ => {}
    }
    if *is_marked {
        return Err(refuse(format!("its pre_tokenizer has a {kind:?} behind the \"▁\" of spaces")));
    }
    match kind {
        "Digits" => {
            let one = flagged(part, "individual_digits", false);
            let behavior = if one { Behavior::Isolated } else { Behavior::Contiguous };
            steps.cuts.push(Step::class(flag::NUMBER, behavior));
        }
        "Punctuation" => {
            let behavior = match &part["behavior"] {
                Value::Null => Behavior::Isolated,
                behavior => read_behavior(behavior)?,
            };
            steps.cuts.push(Step::class(flag::PUNCTUATION, behavior));
        }
        "Whitespace" => {
            steps.cuts.push(Step::regex(r"\w+|[^\w\s]+", Behavior::Removed, true)?);
        }
        "WhitespaceSplit" => steps.cuts.push(Step::class(flag::SPACE, Behavior::Removed)),
        "BertPreTokenizer" => steps.cuts.extend([
            Step::class(flag::SPACE, Behavior::Removed),
            Step::class(flag::PUNCTUATION, Behavior::Isolated),
        ]),
        "CharDelimiterSplit" => {
            let delimiter = part["delimiter"].as_str().unwrap_or_default();
            steps.cuts.push(Step::literal(delimiter, Behavior::Removed, false));
        }
        kind => {
            return Err(refuse(format!(
                "its pre_tokenizer has a {kind:?}; known: BertPreTokenizer, ByteLevel, \
                 CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, \
                 WhitespaceSplit"
            )));
        }
    }
    Ok(())
}

fn read_byte_level(part: &Value, steps: &mut Steps) -> Result<(), Error> {
    let prefix = flagged(part, "add_prefix_space", true);
    if prefix && !steps.cuts.is_empty() {
        return Err(refuse(
            "\"ByteLevel\" of its pre_tokenizer puts a space before each piece of another step",
        ));
    }
    if flagged(part, "use_regex", true) {
        steps.cuts.push(Step::regex(Known::GPT2, Behavior::Isolated, false)?);
    }
    steps.prefix = if prefix { Prefix::Always } else { Prefix::Never };
    Ok(())
}

/// Where the `Metaspace` of a pre-tokenizer puts a space.
pub(super) fn metaspace_prefix(pre_tokenizer: &Value) -> Prefix {
    let mut parts = Vec::new();
    flatten(pre_tokenizer, &mut parts);
    parts.iter().find(|part| kind(part) == "Metaspace").map_or(Prefix::Never, |part| {
        match part["prepend_scheme"].as_str() {
            Some("never") => Prefix::Never,
            Some("first") => Prefix::First,
            _ if part["add_prefix_space"] == false => Prefix::Never,
            _ => Prefix::Always,
        }
    })
}

fn read_metaspace(part: &Value, is_marked: &mut bool, steps: &mut Steps) -> Result<(), Error> {
    if part["replacement"] != MARK.to_string() {
        return Err(refuse(
            "\"Metaspace\" of its pre_tokenizer has a replacement other than \"▁\"",
        ));
    }
    if !*is_marked {
        *is_marked = true;
        let finder = Finder::Literal(MARK.to_string().into());
        steps.rules.push(Rule::Replace { finder, content: " ".to_owned() });
    }
    let prefix = metaspace_prefix(part);
    if prefix != Prefix::Never && !steps.cuts.is_empty() {
        return Err(refuse(
            "\"Metaspace\" of its pre_tokenizer puts a space before each piece of another step",
        ));
    }
    if steps.prefix == Prefix::Never {
        steps.prefix = prefix;
    }
    if flagged(part, "split", true) {
        steps.cuts.push(Step::literal(" ", Behavior::MergedWithNext, false));
    }
    Ok(())
}

fn read_split(part: &Value, is_marked: bool, steps: &mut Steps) -> Result<(), Error> {
    let behavior = read_behavior(&part["behavior"])?;
    let invert = flagged(part, "invert", false);
    let pattern = &part["pattern"];
    let step = match (pattern["String"].as_str(), pattern["Regex"].as_str()) {
        (Some(literal), _) if is_marked => {
            if literal.contains(' ') && !invert {
                // There are no spaces left that it could match.
                return Ok(());
            }
            if literal.contains(' ') {
                return Err(refuse("a \"Split\" of its pre_tokenizer keeps nothing"));
            }
            Step::literal(&literal.replace(MARK, " "), behavior, invert)
        }
        (Some(literal), _) => Step::literal(literal, behavior, invert),
        (_, Some(_)) if is_marked => {
            return Err(refuse("its pre_tokenizer splits at a pattern behind the \"▁\" of spaces"));
        }
        (_, Some(pattern)) => Step::regex(pattern, behavior, invert)?,
        _ => return Err(refuse("a \"Split\" of its pre_tokenizer has no \"pattern\"")),
    };
    steps.cuts.push(step);
    Ok(())
}

fn read_behavior(behavior: &Value) -> Result<Behavior, Error> {
    match behavior.as_str() {
        Some("Isolated") => Ok(Behavior::Isolated),
        Some("Removed") => Ok(Behavior::Removed),
        Some("Contiguous") => Ok(Behavior::Contiguous),
        Some("MergedWithPrevious") => Ok(Behavior::MergedWithPrevious),
        Some("MergedWithNext") => Ok(Behavior::MergedWithNext),
        _ => Err(refuse(format!(
            "its pre_tokenizer has the behavior {behavior}; known: Isolated, Removed, Contiguous, \
             MergedWithPrevious, MergedWithNext"
        ))),
    }
}

/// The character that GPT-2's map spells a byte with.
pub(super) fn spelled(byte: u8) -> char {
    // Bytes that are no visible characters of Latin-1 are numbered from U+0100 on.
    let hidden = match byte {
        0..=b' ' => u32::from(byte),
        0x7F..=0xA0 => u32::from(byte) - 0x7F + 33,
        0xAD => 67,
        _ => return char::from(byte),
    };
    char::from_u32(0x100 + hidden).unwrap_or_default()
}

/// The bytes that a name spells; `None` if it has other characters.
pub(super) fn spelled_bytes(name: &str) -> Option<Vec<u8>> {
    let byte = |c: char| -> Option<u8> {
        let byte = match u32::from(c) {
            0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => u32::from(c),
            hidden @ 0x100..=0x120 => hidden - 0x100,
            hidden @ 0x121..=0x142 => hidden - 0x121 + 0x7F,
            0x143 => 0xAD,
            _ => return None,
        };
        u8::try_from(byte).ok()
    };
    name.chars().map(byte).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // Tests fail by panicking.
mod tests {
    use super::*;

    #[test]
    fn names_spell_all_bytes_and_read_back() {
        let names: Vec<char> = (0..=u8::MAX).map(spelled).collect();
        for (byte, name) in (0..=u8::MAX).zip(&names) {
            assert_eq!(spelled_bytes(&name.to_string()).unwrap(), [byte]);
        }
        assert_eq!(spelled(b' '), 'Ġ');
        assert_eq!(spelled(b'\n'), 'Ċ');
        assert_eq!(spelled(0x7F), 'ġ');
        assert_eq!(spelled(0xA0), 'ł');
        assert_eq!(spelled(0xAD), 'Ń');
        assert_eq!(spelled_bytes("a b"), None);
        assert_eq!(spelled_bytes("é!").unwrap(), [0xE9, b'!']);
    }
}
