//! Tokenizer files of any content are read or refused, never a panic; and the
//! tokens of any text lie in it, in order, on `char` boundaries.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use scriptio::tokenizer::{Tokenizer, Tokens, from_bytes, pack};

/// A small file with most of what a file may say.
const SMALL: &str = r#"{
    "added_tokens": [
        {"id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 9, "content": "<m>", "single_word": false, "lstrip": true, "rstrip": false, "normalized": false, "special": true}
    ],
    "normalizer": null,
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}
    ]},
    "model": {"type": "Unigram", "unk_id": 1, "vocab": [
        ["<s>", 0.0], ["<unk>", 0.0], ["▁", -3.0], ["a", -4.0], ["ab", -5.0], ["▁ab", -5.5], ["é", -8.0],
        ["你好", -9.0], ["...", -6.0]
    ]}
}"#;

/// The same in the compact form.
static PACKED: LazyLock<Vec<u8>> =
    LazyLock::new(|| pack(SMALL.as_bytes()).expect("the file is sound"));

/// What texts are encoded with: the small file, and the one of the bundled model, which normalises.
static FIXED: LazyLock<[Box<dyn Tokenizer>; 2]> = LazyLock::new(|| {
    let bundled = include_bytes!("../../../python/scriptio/_models/scriptio-sat/tokenizer.bin");
    [SMALL.as_bytes(), bundled].map(|data| from_bytes(data).expect("the file is sound"))
});

#[derive(Debug, Arbitrary)]
enum File {
    Any(Vec<u8>),
    /// Places of a sound file, from its start, and what is written over them.
    Json(Vec<(u16, u8)>),
    Packed(Vec<(u16, u8)>),
    /// A sound file that ends too early, or goes on.
    Cut(u16, Vec<u8>),
}

fn changed(data: &[u8], edits: &[(u16, u8)]) -> Vec<u8> {
    let mut data = data.to_vec();
    for &(at, byte) in edits {
        let at = usize::from(at) % data.len();
        data[at] = byte;
    }
    data
}

fn check(tokenizer: &dyn Tokenizer, text: &str, tokens: &Tokens) {
    assert_eq!(tokens.ids.len(), tokens.starts.len());
    assert_eq!(tokens.ids.len(), tokens.ends.len());
    assert!(tokens.ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()));
    assert!(tokens.starts.is_sorted(), "{:?} of {text:?}", tokens.starts);
    assert!(tokens.ends.is_sorted(), "{:?} of {text:?}", tokens.ends);
    for (&start, &end) in tokens.starts.iter().zip(&tokens.ends) {
        assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
    }
}

fuzz_target!(|input: (File, String)| {
    let (file, text) = input;
    for tokenizer in FIXED.iter() {
        let mut tokens = Tokens::default();
        tokenizer.encode(&text, &mut tokens).expect("there is an unknown token");
        check(tokenizer.as_ref(), &text, &tokens);
    }
    let data = match file {
        File::Any(data) => data,
        File::Json(edits) => changed(SMALL.as_bytes(), &edits),
        File::Packed(edits) => changed(&PACKED, &edits),
        File::Cut(at, more) => {
            let keep = usize::from(at) % PACKED.len();
            [&PACKED[..keep], &more].concat()
        }
    };
    if let Ok(tokenizer) = from_bytes(&data) {
        let mut tokens = Tokens::default();
        if tokenizer.encode(&text, &mut tokens).is_ok() {
            check(tokenizer.as_ref(), &text, &tokens);
        }
    }
});
