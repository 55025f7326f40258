//! Vocabulary files of any content are read or refused, never a panic; and the
//! tokens of a text are the same with offsets, counted, and by the encoder
//! that grows byte by byte, and write the text where they leave nothing out.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use scriptio::tokenizer::Tokens;
use scriptio::vocab::{Appender, Encoder, Model};

/// Every byte, and merges among the letters of "the three".
static BYTES: LazyLock<String> = LazyLock::new(|| {
    // The alphabet of byte-level files: what is printable stands for itself, the rest from U+0100 on.
    let mut next = 0x100_u32;
    let mut alphabet = Vec::new();
    for byte in 0..=255_u8 {
        let itself = matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
        let code = if itself { u32::from(byte) } else { next };
        next += u32::from(!itself);
        alphabet.push(char::from_u32(code).expect("below the surrogates").to_string());
    }
    let merges =
        [("t", "h"), ("h", "e"), ("th", "e"), ("r", "e"), ("th", "re"), ("thre", "e"), ("Ġ", "th")];
    let mut vocab = alphabet;
    let mut pairs = Vec::new();
    for (left, right) in merges {
        vocab.push(format!("{left}{right}"));
        pairs.push(format!("\"{left} {right}\""));
    }
    let entry = |(id, token): (usize, &String)| {
        format!("\"{}\": {id}", token.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let entries: Vec<String> = vocab.iter().enumerate().map(entry).collect();
    format!(
        r#"{{"added_tokens": [{{"id": {}, "content": "<s>", "special": true, "normalized": false,
        "lstrip": false, "rstrip": false, "single_word": false}}], "normalizer": null,
        "pre_tokenizer": {{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}},
        "decoder": {{"type": "ByteLevel"}}, "model": {{"type": "BPE", "ignore_merges": false,
        "vocab": {{{}}}, "merges": [{}]}}}}"#,
        vocab.len(),
        entries.join(", "),
        pairs.join(", ")
    )
});

const UNIGRAM: &str = r#"{"added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
    "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
    "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab":
        [["<unk>", 0.0], ["▁", -3.0], ["a", -4.0], ["ab", -5.0], ["▁ab", -5.5], ["é", -8.0]]}}"#;

const WORDPIECE: &str = r###"{"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "a": 1, "##b": 2, "ab": 3, ".": 4}}}"###;

static SOUND: LazyLock<Encoder> =
    LazyLock::new(|| Encoder::from_json(&BYTES).expect("the file is sound"));

#[derive(Debug, Arbitrary)]
enum File {
    Any(String),
    /// Which sound file, and bytes of it that are written over.
    Changed(u8, Vec<(u16, u8)>),
    /// A sound file that ends too early.
    Cut(u8, u16),
}

fn sound(which: u8) -> Vec<u8> {
    match which % 3 {
        0 => BYTES.as_bytes().to_vec(),
        1 => UNIGRAM.as_bytes().to_vec(),
        _ => WORDPIECE.as_bytes().to_vec(),
    }
}

fn check(encoder: &Encoder, text: &str) -> Option<Vec<u32>> {
    let (mut ids, mut tokens) = (Vec::new(), Tokens::default());
    let done = encoder.encode(text, &mut ids).is_ok();
    assert_eq!(encoder.encode_with_offsets(text, &mut tokens).is_ok(), done);
    assert_eq!(encoder.count(text).ok(), done.then_some(ids.len()));
    if !done {
        return None;
    }
    assert_eq!(tokens.ids, ids);
    assert!(tokens.starts.is_sorted() && tokens.ends.is_sorted(), "{tokens:?}");
    for (&start, &end) in tokens.starts.iter().zip(&tokens.ends) {
        assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
    }
    Some(ids)
}

fuzz_target!(|input: (File, String)| {
    let (file, text) = input;
    let ids = check(&SOUND, &text).expect("every byte has a token");
    if !text.contains("<s>") {
        let mut written = Vec::new();
        SOUND.decode(&ids, &mut written).expect("the ids are those of the encoder");
        assert_eq!(written, text.as_bytes());
    }
    let Model::Bpe(bpe) = SOUND.model() else { unreachable!("the file holds merges") };
    let merges = &bpe.merges;
    let word = text.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
    let mut piece = Appender::new(SOUND.vocab(), merges);
    word.bytes().for_each(|byte| piece.push(byte));
    for end in 1..=word.len().min(64) {
        let mut whole = Vec::new();
        SOUND.encode(&word[..end], &mut whole).expect("every byte has a token");
        assert_eq!(piece.tokens(end), whole, "{:?}", &word[..end]);
    }

    let data = match file {
        File::Any(data) => data.into_bytes(),
        File::Changed(which, edits) => {
            let mut data = sound(which);
            for (at, byte) in edits {
                let at = usize::from(at) % data.len();
                data[at] = byte;
            }
            data
        }
        File::Cut(which, at) => {
            let mut data = sound(which);
            data.truncate(usize::from(at) % data.len());
            data
        }
    };
    if let Ok(json) = std::str::from_utf8(&data)
        && let Ok(encoder) = Encoder::from_json(json)
    {
        check(&encoder, &text);
    }
});
