//! Whole tokenizers: files in, ids, places and cuts out.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::steps::spelled;
use super::super::{Encoder, Model};
use crate::tokenizer::Tokens;

/// A byte-level file: all bytes, then what `merges` make, in the names of the
/// file format.
fn byte_level(merges: &[(&str, &str)], changes: &Value) -> String {
    let mut vocab = serde_json::Map::new();
    for byte in 0..=u8::MAX {
        vocab.insert(spelled(byte).to_string(), json!(byte));
    }
    for (left, right) in merges {
        let id = vocab.len();
        vocab.insert(format!("{left}{right}"), json!(id));
    }
    let merges: Vec<String> =
        merges.iter().map(|(left, right)| format!("{left} {right}")).collect();
    let mut file = json!({
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    });
    merge(&mut file, changes);
    file.to_string()
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

const MERGES: [(&str, &str); 9] = [
    ("h", "e"),
    ("l", "l"),
    ("he", "ll"),
    ("hell", "o"),
    ("Ġ", "hello"),
    ("Ġ", "Ġ"),
    ("ĠĠ", "Ġ"),
    ("Ã", "©"),
    ("a", "a"),
];
const HELLO: u32 = 259;
const SPACED_HELLO: u32 = 260;
const TWO_SPACES: u32 = 261;

fn ids(encoder: &Encoder, text: &str) -> Vec<u32> {
    let mut ids = Vec::new();
    encoder.encode(text, &mut ids).unwrap();
    ids
}

fn rows(encoder: &Encoder, text: &str) -> Vec<(u32, usize, usize)> {
    let mut tokens = Tokens::default();
    encoder.encode_with_offsets(text, &mut tokens).unwrap();
    assert_eq!(tokens.ids, ids(encoder, text));
    assert_eq!(encoder.count(text).unwrap(), tokens.len());
    let places = tokens.starts.iter().zip(&tokens.ends);
    tokens.ids.iter().zip(places).map(|(&id, (&start, &end))| (id, start, end)).collect()
}

fn refused(json: &str) -> String {
    Encoder::from_json(json).unwrap_err().to_string()
}

#[test]
fn bytes_merge_inside_pieces() {
    let encoder = Encoder::from_json(&byte_level(&MERGES, &json!({}))).unwrap();
    assert_eq!(ids(&encoder, "hello hello"), [HELLO, SPACED_HELLO]);
    // The last of several spaces belongs to the word.
    assert_eq!(ids(&encoder, "hello   hello"), [HELLO, TWO_SPACES, SPACED_HELLO]);
    assert_eq!(rows(&encoder, "é\0hell"), [(263, 0, 2), (0, 2, 3), (258, 3, 7)]);
    assert_eq!(rows(&encoder, "ü"), [(0xC3, 0, 2), (0xBC, 0, 2)]);
    assert_eq!(ids(&encoder, ""), [] as [u32; 0]);
    let mut bytes = Vec::new();
    encoder.decode(&ids(&encoder, "ü hello\n"), &mut bytes).unwrap();
    assert_eq!(bytes, "ü hello\n".as_bytes());
    assert!(encoder.decode(&[9999], &mut bytes).unwrap_err().to_string().contains("9999"));
    assert_eq!(encoder.pre_tokenizer().unwrap().patterns().len(), 1);
}

#[test]
fn added_tokens_are_found_before_pieces() {
    let added = |content: &str, id: u32, flags: &Value| {
        let mut token = json!({"content": content, "id": id, "special": false});
        merge(&mut token, flags);
        token
    };
    let file = byte_level(
        &MERGES,
        &json!({"added_tokens": [
            added("<|end|>", 300, &json!({"special": true})),
            added("<|end|>!", 301, &json!({"special": true})),
            added("<mask>", 302, &json!({"special": true, "lstrip": true, "rstrip": true})),
            added("he", 256, &json!({"single_word": true})),
            added("LL", 304, &json!({"normalized": true})),
        ], "normalizer": {"type": "Lowercase"}}),
    );
    let encoder = Encoder::from_json(&file).unwrap();
    // The leftmost, and of these the longest.
    assert_eq!(ids(&encoder, "<|end|>!<|end|>"), [301, 300]);
    assert_eq!(
        rows(&encoder, "a <mask>  helo"),
        [(97, 0, 1), (302, 1, 10), (256, 10, 12), (108, 12, 13), (111, 13, 14)]
    );
    // `he` stands alone, or is a part of a word; it is not looked for in other case.
    assert_eq!(rows(&encoder, "he the"), [(256, 0, 2), (32, 2, 3), (116, 3, 4), (256, 4, 6)]);
    assert_eq!(rows(&encoder, "xhe,he"), [(120, 0, 1), (256, 1, 3), (44, 3, 4), (256, 4, 6)]);
    // Looked for in the normalised text, as it is normalised itself.
    assert_eq!(rows(&encoder, "HELL"), [(256, 0, 2), (304, 2, 4)]);
    assert!(encoder.is_special(300) && !encoder.is_special(304) && !encoder.is_special(7));
    assert_eq!(encoder.vocab().token_bytes(300), None);
    assert_eq!(encoder.vocab().token_bytes(304), Some(&b"LL"[..]));
    assert_eq!(encoder.vocab().token_bytes(303), None); // Nobody has it.
    let mut bytes = Vec::new();
    encoder.decode(&[300, 104, 304], &mut bytes).unwrap();
    assert_eq!(bytes, b"hLL");
    assert!(encoder.decode(&[303], &mut bytes).is_err());
    assert!(encoder.normalizes());
}

#[test]
fn pieces_that_are_tokens_may_not_need_merges() {
    let merges = [("a", "b"), ("b", "c"), ("a", "bc")];
    let plain = Encoder::from_json(&byte_level(&merges, &json!({}))).unwrap();
    assert_eq!(ids(&plain, "abc"), [256, 99]);
    let file = byte_level(&merges, &json!({"model": {"ignore_merges": true}}));
    let ignoring = Encoder::from_json(&file).unwrap();
    assert_eq!(ids(&ignoring, "abc"), [258]);
    assert_eq!(ids(&ignoring, "xabc"), [120, 256, 99]);
    let Model::Bpe(bpe) = ignoring.model() else { unreachable!("no BPE") };
    assert!(bpe.ignore_merges && !bpe.merges.reachable(258));
}

#[test]
fn a_space_may_be_put_before() {
    let file = byte_level(&MERGES, &json!({"pre_tokenizer": {"add_prefix_space": true}}));
    let encoder = Encoder::from_json(&file).unwrap();
    assert!(encoder.prefix_space());
    assert_eq!(rows(&encoder, "hello hello"), [(SPACED_HELLO, 0, 5), (SPACED_HELLO, 5, 11)]);
    assert_eq!(ids(&encoder, " hello"), [SPACED_HELLO]);
    assert_eq!(rows(&encoder, "xhello"), [(32, 0, 0), (120, 0, 1), (HELLO, 1, 6)]);
}

#[test]
fn normalised_text_knows_where_it_came_from() {
    let file = byte_level(&MERGES, &json!({"normalizer": {"type": "NFC"}}));
    let encoder = Encoder::from_json(&file).unwrap();
    assert_eq!(rows(&encoder, "e\u{301}hello"), [(263, 0, 3), (HELLO, 3, 8)]);
    assert_eq!(rows(&encoder, "hello"), [(HELLO, 0, 5)]);
    let changes = json!({"normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFKC"},
        {"type": "Replace", "pattern": {"String": "fi"}, "content": "hello"},
        {"type": "Strip", "strip_left": true, "strip_right": true},
    ]}});
    let encoder = Encoder::from_json(&byte_level(&MERGES, &changes)).unwrap();
    assert_eq!(rows(&encoder, " \u{FB01} fi "), [(HELLO, 1, 4), (SPACED_HELLO, 4, 7)]);
}

/// `SentencePiece`'s shape: marks for spaces, characters before bytes.
fn sentence_piece(changes: &Value) -> String {
    let mut vocab = serde_json::Map::new();
    vocab.insert("<unk>".into(), json!(0));
    for byte in 0..=u8::MAX {
        vocab.insert(format!("<{byte:#04X}>"), json!(1 + u32::from(byte)));
    }
    for name in ["▁", "a", "b", "é", "▁a", "ab", "▁ab", "▁▁"] {
        let id = vocab.len();
        vocab.insert(name.into(), json!(id));
    }
    let mut file = json!({
        "added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "pre_tokenizer": null,
        "model": {
            "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": vocab,
            "merges": [["a", "b"], ["▁", "ab"], ["▁", "a"], ["▁", "▁"]],
        },
    });
    merge(&mut file, changes);
    file.to_string()
}

#[test]
fn characters_fall_back_to_bytes() {
    let encoder = Encoder::from_json(&sentence_piece(&json!({}))).unwrap();
    let Model::Bpe(bpe) = encoder.model() else { unreachable!("no BPE") };
    assert!(bpe.by_chars && bpe.byte_fallback && encoder.prefix_space() && !encoder.normalizes());
    assert_eq!(encoder.vocab().token_bytes(257), Some(&b" "[..]));
    assert_eq!(encoder.vocab().token_bytes(11), Some(&b"\n"[..]));
    assert_eq!(encoder.vocab().ids_of(b"a"), [98, 258]);
    assert_eq!(rows(&encoder, "ab abé"), [(263, 0, 2), (263, 2, 5), (260, 5, 7)]);
    assert_eq!(rows(&encoder, "aü"), [(261, 0, 1), (0xC4, 1, 3), (0xBD, 1, 3)]);
    // A mark in the text is a space; so is the text's own.
    assert_eq!(ids(&encoder, "a▁ab"), [261, 263]);
    assert_eq!(ids(&encoder, " ab"), [257, 263]);
    assert_eq!(ids(&encoder, "<unk>ab"), [0, 263]);
    assert_eq!(ids(&encoder, ""), [] as [u32; 0]);
}

#[test]
fn what_cannot_be_written_is_unknown_or_an_error() {
    let no_bytes = json!({"model": {"byte_fallback": false}});
    let encoder = Encoder::from_json(&sentence_piece(&no_bytes)).unwrap();
    assert_eq!(rows(&encoder, "aüüb"), [(261, 0, 1), (0, 1, 5), (259, 5, 6)]);
    let apart = json!({"model": {"byte_fallback": false, "fuse_unk": false}});
    let encoder = Encoder::from_json(&sentence_piece(&apart)).unwrap();
    assert_eq!(rows(&encoder, "aüüb"), [(261, 0, 1), (0, 1, 3), (0, 3, 5), (259, 5, 6)]);
    let none = json!({"model": {"byte_fallback": false, "unk_token": null}});
    let encoder = Encoder::from_json(&sentence_piece(&none)).unwrap();
    let error = encoder.count("aü").unwrap_err().to_string();
    assert!(error.contains("\"ü\"") && error.contains("no unknown token"), "{error}");
}

#[test]
fn metaspace_puts_its_space_where_it_says() {
    let with = |scheme: &str| {
        let metaspace = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme});
        let changes = json!({"normalizer": null, "pre_tokenizer": metaspace});
        Encoder::from_json(&sentence_piece(&changes)).unwrap()
    };
    assert_eq!(ids(&with("always"), "ab<unk>ab ab"), [263, 0, 263, 263]);
    assert_eq!(ids(&with("first"), "ab<unk>ab ab"), [263, 0, 262, 263]);
    assert_eq!(ids(&with("never"), "ab<unk>ab ab"), [262, 0, 262, 263]);
    assert!(with("first").prefix_space() && !with("never").prefix_space());
    // Each piece begins with its space.
    assert_eq!(ids(&with("always"), "a  b"), [261, 257, 257, 259]);
}

fn word_piece() -> Encoder {
    let names = ["[UNK]", "un", "##aff", "##able", "hello", ",", "##a", "中"];
    let vocab: serde_json::Map<String, Value> =
        names.iter().zip(0..).map(|(name, id)| ((*name).to_owned(), json!(id))).collect();
    let file = json!({
        "added_tokens": [{"id": 0, "content": "[UNK]", "special": true}],
        "normalizer": {"type": "BertNormalizer"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocab,
                  "continuing_subword_prefix": "##", "max_input_chars_per_word": 12},
    });
    Encoder::from_json(&file.to_string()).unwrap()
}

#[test]
fn words_are_matched_longest_first() {
    let encoder = word_piece();
    assert_eq!(
        rows(&encoder, "Unaffable, Héllo"),
        [(1, 0, 2), (2, 2, 5), (3, 5, 9), (5, 9, 10), (4, 11, 17)]
    );
    assert_eq!(rows(&encoder, "unaffx hello"), [(0, 0, 6), (4, 7, 12)]);
    assert_eq!(rows(&encoder, "中hello"), [(7, 0, 3), (4, 3, 8)]);
    assert_eq!(ids(&encoder, "unaaaaaaaaaa"), [1, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6]);
    assert_eq!(ids(&encoder, "unaaaaaaaaaaa"), [0]); // More than twelve characters.
    assert_eq!(encoder.vocab().token_bytes(1), Some(&b" un"[..]));
    assert_eq!(encoder.vocab().token_bytes(2), Some(&b"aff"[..]));
    assert!(encoder.prefix_space() && encoder.normalizes());
    let Model::WordPiece(model) = encoder.model() else { unreachable!("no WordPiece") };
    assert_eq!(model.inside, [false, false, true, true, false, false, true, false]);
}

#[test]
fn unigram_files_are_left_to_the_tokenizer() {
    let file = json!({
        "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false}],
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
        "model": {"type": "Unigram", "unk_id": 0,
            "vocab": [["<unk>", 0.0], ["▁a", -1.0], ["b", -2.0], ["▁", -3.0]]},
    });
    let encoder = Encoder::from_json(&file.to_string()).unwrap();
    assert_eq!(rows(&encoder, "ab a"), [(1, 0, 1), (2, 1, 2), (1, 2, 4)]);
    assert_eq!(encoder.vocab().token_bytes(1), Some(&b" a"[..]));
    assert_eq!(encoder.vocab().token_bytes(0), None);
    assert!(encoder.prefix_space());
    let Model::Unigram(unigram) = encoder.model() else { unreachable!("no Unigram") };
    assert_eq!((unigram.scores.len(), unigram.unk), (4, Some(0)));
    assert_eq!(encoder.cut_at("ab a b", 2).unwrap(), 2); // A space at the end is a token.
    assert_eq!(encoder.cut_at("ab", 9).unwrap(), 2);
}

/// Ranks of all bytes, and what more.
fn ranks(more: &[&str]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |bytes: &[u8]| -> String {
        bytes
            .chunks(3)
            .flat_map(|chunk| {
                let bits = chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
                let bits = bits << (8 * (3 - chunk.len()));
                (0..4).map(move |at| {
                    let digit = char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
                    if at <= chunk.len() { digit } else { '=' }
                })
            })
            .collect()
    };
    let all = (0..=u8::MAX).map(|byte| vec![byte]);
    let all = all.chain(more.iter().map(|token| token.as_bytes().to_vec()));
    let lines = all.zip(0..).map(|(bytes, rank)| format!("{} {rank}\n", encode(&bytes)));
    lines.collect::<String>().into_bytes()
}

#[test]
fn rank_files_are_read() {
    let special = [("<|end|>".to_owned(), 300)];
    let ranks = ranks(&["he", "ll", "hell", "hello", " hello"]);
    let encoder = Encoder::from_tiktoken(&ranks, r"\s?\p{L}+|.", &special).unwrap();
    assert_eq!(ids(&encoder, "hello hello<|end|>!"), [259, 260, 300, 33]);
    // What the pattern does not match is left out, as in tiktoken.
    assert_eq!(ids(&encoder, "a\nb"), [97, 10, 98]);
    assert_eq!(ids(&encoder, "a\n\nb"), [97, 10, 98]);
    let whole = Encoder::from_tiktoken(&ranks, "", &[]).unwrap();
    assert_eq!(ids(&whole, "a\n\nb"), [97, 10, 10, 98]);
    assert!(whole.pre_tokenizer().is_none());
}

#[test]
fn bad_rank_files_are_refused() {
    let refused = |ranks: &[u8], special: &[(String, u32)]| {
        Encoder::from_tiktoken(ranks, "", special).unwrap_err().to_string()
    };
    assert!(refused(b"", &[]).contains("no token"));
    assert!(refused(b"YQ==\n", &[]).contains("line 1: it has no rank"));
    assert!(refused(b"YQ== 1\nY? 2\n", &[]).contains("line 2: \"Y?\" is no base64"));
    assert!(refused(b"YQ== 1\nYg== 1\n", &[]).contains("rank 1 is there twice"));
    assert!(refused(b"YQ== -1\n", &[]).contains("no rank"));
    assert!(refused(b"\xFF 1\n", &[]).contains("not ASCII"));
    assert!(refused(b"YQ== 1\n", &[]).contains("single byte 0x00 (255 bytes are missing)"));
    let twice = ranks(&["aa", "aa"]);
    assert!(refused(&twice, &[]).contains("tokens 256 and 257"));
    let taken = [("<|end|>".to_owned(), 7)];
    assert!(refused(&ranks(&[]), &taken).contains("no other token has"));
    let error = Encoder::from_tiktoken(&ranks(&[]), "(", &[]).unwrap_err().to_string();
    assert!(error.contains("pattern \"(\""), "{error}");
}

#[test]
fn bad_files_are_refused() {
    let with = |changes: &Value| refused(&byte_level(&MERGES, changes));
    let whole = byte_level(&MERGES, &json!({}));
    assert!(refused(&whole[..whole.len() - 9]).contains("cannot be read"));
    assert!(refused("{}").contains("no member \"model\""));
    assert!(refused(r#"{"model": {"type": "BPE"}}"#).contains("no \"vocab\""));
    let cases = [
        (json!({"model": {"type": "Markov"}}), "\"Markov\""),
        (json!({"model": {"dropout": 0.1}}), "dropout"),
        (json!({"model": {"end_of_word_suffix": "</w>"}}), "end_of_word_suffix"),
        (json!({"model": {"merges": ["a q x"]}}), "not of two tokens"),
        (json!({"model": {"merges": [["a"]]}}), "not of two tokens"),
        (json!({"model": {"merges": ["a z"]}}), "\"az\", which is not in the vocabulary"),
        (json!({"model": {"vocab": {"again": 97}}}), "both have id 97"),
        (json!({"model": {"vocab": {"far": 99_999_999}}}), "largest id is 99999999"),
        (json!({"model": {"unk_token": "<unk>"}}), "\"unk_token\" \"<unk>\""),
        (json!({"added_tokens": [{"content": "x"}]}), "no \"id\""),
        (json!({"added_tokens": [{"content": "a", "id": 400}]}), "has the ids 97 and 400"),
        (json!({"added_tokens": [{"content": "<s>", "id": 97}]}), "both have id 97"),
        (json!({"normalizer": {"type": "Nmt"}}), "normalizer has a \"Nmt\""),
        (json!({"pre_tokenizer": {"type": "UnicodeScripts"}}), "\"UnicodeScripts\""),
        (
            json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "ByteLevel", "add_prefix_space": false}, {"type": "Digits"}]}}),
            "behind \"ByteLevel\"",
        ),
        (
            json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Digits"}, {"type": "ByteLevel", "add_prefix_space": true}]}}),
            "puts a space before each piece",
        ),
        (
            json!({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("},
                "behavior": "Isolated", "invert": false}}),
            "pattern \"(\"",
        ),
        (
            json!({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a"},
                "behavior": "Sideways", "invert": false}}),
            "\"Sideways\"",
        ),
    ];
    for (changes, part) in cases {
        let error = with(&changes);
        assert!(error.contains(part), "{error} does not say {part}");
    }
    let twice = r#"{"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}}"#;
    assert!(refused(twice).contains("token \"a\" has the ids 0 and 1"));
    let missing = r#"{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#;
    let encoder = Encoder::from_json(missing).unwrap();
    assert_eq!(encoder.vocab().missing_bytes().len(), 255);
    assert!(encoder.count("ab").unwrap_err().to_string().contains("\"b\""));
}

#[test]
fn splits_do_with_matches_what_they_say() {
    let with = |behavior: &str, invert: bool| {
        let split = json!({"type": "Split", "pattern": {"Regex": "-+"}, "behavior": behavior,
            "invert": invert});
        let file = byte_level(
            &[],
            &json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers":
            [split, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}}),
        );
        let encoder = Encoder::from_json(&file).unwrap();
        let mut ends = Vec::new();
        encoder.pre_tokenizer().unwrap().split("a--b-", &mut ends);
        (ends, encoder.count("a--b-").unwrap())
    };
    assert_eq!(with("Isolated", false), (vec![1, 3, 4, 5], 5));
    assert_eq!(with("Removed", false), (vec![1, 3, 4, 5], 2));
    assert_eq!(with("Removed", true), (vec![1, 3, 4, 5], 3));
    assert_eq!(with("MergedWithPrevious", false), (vec![3, 5], 5));
    assert_eq!(with("MergedWithNext", false), (vec![1, 4, 5], 5));
    assert_eq!(with("Contiguous", false), (vec![1, 3, 4, 5], 5));
}

/// The longest prefix of at most `n` tokens, by trying all.
fn longest(encoder: &Encoder, text: &str, n: usize) -> usize {
    let ends = (0..=text.len()).rev().filter(|&end| text.is_char_boundary(end));
    ends.into_iter().find(|&end| encoder.count(&text[..end]).unwrap() <= n).unwrap()
}

fn cutters() -> Vec<Encoder> {
    let cl100k = super::super::known::PATTERNS[3].0;
    let o200k = super::super::known::PATTERNS[7].0;
    let end = json!([{"content": "<e>", "id": 400, "special": true}]);
    let split = |pattern: &str| {
        json!({"added_tokens": end, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated",
             "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}})
    };
    let bpe = [
        json!({}),
        json!({"pre_tokenizer": {"add_prefix_space": true}}),
        json!({"normalizer": {"type": "NFC"}}),
        split(cl100k),
        split(o200k),
        split(r"\p{L}+|\s+|[^\s\p{L}]"),
    ];
    let mut encoders: Vec<Encoder> =
        bpe.iter().map(|c| Encoder::from_json(&byte_level(&MERGES, c)).unwrap()).collect();
    encoders.push(Encoder::from_json(&sentence_piece(&json!({}))).unwrap());
    encoders.push(word_piece());
    encoders.push(Encoder::from_tiktoken(&ranks(&["aa", "aaaa", "he", "hello"]), "", &[]).unwrap());
    encoders
}

const PARTS: [&str; 18] = [
    "hello", "hell", " hello", " ", "  ", "   ", "\n", "\n\n", "a", "aaaa", "aaaaaaaa", "é",
    "e\u{301}", "'s", "'re", "12345", "<e>", "日本",
];

#[test]
fn cuts_are_the_longest_that_fit() {
    let encoders = cutters();
    let texts = vec(select(&PARTS[..]), 0..14).prop_map(|parts| parts.concat());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&(texts, 0..12_usize), |(text, n)| {
            for encoder in &encoders {
                let expected = longest(encoder, &text, n);
                prop_assert_eq!(
                    encoder.cut_at(&text, n).unwrap(),
                    expected,
                    "{:?} {:?}",
                    text,
                    encoder.pre_tokenizer().map(super::super::PreTokenizer::patterns)
                );
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn long_pieces_are_cut_without_being_tried_byte_by_byte() {
    let encoders = cutters();
    for text in ["a".repeat(300), "hello".repeat(60), " ".repeat(200), "日a".repeat(50)] {
        for encoder in [&encoders[0], &encoders[3], &encoders[4], &encoders[6], &encoders[8]] {
            for n in [0, 1, 7, 49] {
                let end = encoder.cut_at(&text, n).unwrap();
                assert_eq!(end, longest(encoder, &text, n), "{n} {}", &text[..8]);
            }
        }
    }
}

/// Files that are no part of the repository, to be read from a directory.
#[test]
fn real_files_are_read() {
    let Some(directory) = std::env::var_os("SCRIPTIO_VOCAB_DIR") else {
        eprintln!("skipped: SCRIPTIO_VOCAB_DIR names no directory of tokenizer.json files");
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(Path::new(&directory)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let encoder = Encoder::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
        read += 1;
        let Model::Bpe(bpe) = encoder.model() else { continue };
        // Valid pairs are what encoding gives back, on a sample of pairs.
        let order = encoder.vocab().order();
        for step in 1..2000_usize {
            let left = order[step * 7919 % order.len()];
            let right = order[step * 104_729 % order.len()];
            let mut found = Vec::new();
            let bytes = [left, right].map(|id| encoder.vocab().token_bytes(id).unwrap()).concat();
            bpe.merges.encode_bytes(&bytes, &mut found);
            let valid = bpe.merges.valid_pair(left, right);
            assert_eq!(found == [left, right], valid, "{} {left} {right}", path.display());
        }
    }
    assert!(read > 0, "the directory holds no .json file");
}
