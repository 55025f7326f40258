//! Reads rank files of tiktoken: a line a token, its bytes in base64 and its
//! rank.

use super::encoder::Parts;
use super::model::{AddedToken, Bpe, Model};
use super::pretokenize::{Behavior, Step};
use super::steps::Steps;
use super::{Merges, Vocab};
use crate::Error;
use crate::tokenizer::charsmap::decode_base64;

fn refuse(line: usize, reason: &str) -> Error {
    Error::invalid(format!(
        "ranks, line {line}: {reason}; expected lines of a token in base64, a space and its rank"
    ))
}

/// Ranks must be below this: far larger ones are damage, and would cost memory
/// for nothing.
const MAX_RANK: u32 = 1 << 24;

pub(super) fn read(ranks: &[u8], pattern: &str, special: &[(String, u32)]) -> Result<Parts, Error> {
    let mut tokens: Vec<Option<Vec<u8>>> = Vec::new();
    for (line, content) in (1..).zip(ranks.split(|&byte| byte == b'\n')) {
        let content = content.trim_ascii();
        if content.is_empty() {
            continue;
        }
        let text = str::from_utf8(content).map_err(|_| refuse(line, "it is not ASCII"))?;
        let Some((token, rank)) = text.split_once(' ') else {
            return Err(refuse(line, "it has no rank"));
        };
        let bytes = decode_base64(token).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(|| refuse(line, &format!("{token:?} is no base64")))?;
        let id = rank.trim().parse().ok().filter(|&rank: &u32| rank < MAX_RANK);
        let id = id.ok_or_else(|| refuse(line, &format!("{rank:?} is no rank below 2^24")))?;
        if tokens.len() <= id as usize {
            tokens.resize(id as usize + 1, None);
        }
        match tokens.get_mut(id as usize) {
            Some(place @ None) => *place = Some(bytes),
            _ => return Err(refuse(line, &format!("rank {id} is there twice"))),
        }
    }
    if tokens.is_empty() {
        return Err(refuse(1, "there is no token"));
    }
    let count = tokens.len();
    let mut added = Vec::with_capacity(special.len());
    for (content, id) in special {
        let taken = tokens.get(*id as usize).is_some_and(Option::is_some);
        let again = added.iter().any(|other: &AddedToken| other.id == *id);
        if taken || again || content.is_empty() || *id >= MAX_RANK {
            return Err(Error::invalid(format!(
                "special token {content:?} has id {id}; expected a name, and an id below 2^24 that \
                 no other token has"
            )));
        }
        if tokens.len() <= *id as usize {
            tokens.resize(*id as usize + 1, None);
        }
        added.push(AddedToken {
            content: content.clone(),
            id: *id,
            special: true,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
        });
    }
    let vocab = Vocab::new(tokens)?;
    let missing = vocab.missing_bytes();
    if let Some(byte) = missing.first() {
        return Err(Error::invalid(format!(
            "ranks have no token of the single byte {byte:#04x} ({} bytes are missing); every byte \
             needs one, or texts that hold it cannot be written",
            missing.len()
        )));
    }
    let merges = Merges::from_ranks(&vocab)?;
    let bpe = Bpe {
        merges,
        // tiktoken looks a piece up before it merges.
        ignore_merges: true,
        by_chars: false,
        byte_fallback: false,
        unk: None,
        fuse_unk: false,
    };
    let cuts = if pattern.is_empty() {
        Vec::new()
    } else {
        vec![Step::regex(pattern, Behavior::Removed, true)?]
    };
    let steps = Steps { cuts, byte_level: true, ..Steps::default() };
    let whole = (0..count as u32).collect();
    Ok(Parts { vocab, model: Model::Bpe(bpe), added, steps, whole, delegate: None })
}
