//! The encoder beside a slow one, beside Hugging Face's code, and on files
//! that are not sound.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::spec::{Pieces, Prefix, Spaces, Spec};
use super::unigram::Unigram;
use super::*;

const VOCAB: [(&str, f64); 22] = [
    ("<s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -3.0),
    ("a", -4.0),
    ("b", -4.5),
    ("ab", -5.0),
    ("▁ab", -5.5),
    ("▁a", -4.25),
    ("ba", -6.0),
    ("aba", -7.0),
    ("abab", -9.0),
    ("é", -8.0),
    ("né", -7.5),
    ("你好", -9.0),
    ("好", -9.5),
    ("你", -9.5),
    ("😀", -10.0),
    (".", -3.5),
    ("...", -6.0),
    ("ébb", -11.0),
    ("▁▁", -4.0),
    ("a▁b", -2.0),
];

/// Words told apart by white space, `▁` before each.
fn separate() -> Value {
    json!({"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true},
    ]})
}

fn metaspace(scheme: &str, split: bool) -> Value {
    json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split})
}

fn file(normalizer: &Value, pre_tokenizer: &Value) -> String {
    let token = |id: u32, content: &str, lstrip: bool, rstrip: bool| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": lstrip,
            "rstrip": rstrip, "normalized": false, "special": true})
    };
    json!({
        "added_tokens": [
            token(0, "<s>", false, false),
            token(22, "<m>", true, false),
            token(23, "<m>s", false, true),
        ],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": null,
        "model": {"type": "Unigram", "unk_id": 1, "vocab": VOCAB},
    })
    .to_string()
}

fn tokens(tokenizer: &dyn Tokenizer, text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    tokenizer.encode(text, &mut tokens).unwrap();
    tokens
}

fn pieces_of(text: &str, tokens: &Tokens) -> Vec<(u32, String)> {
    let spans = tokens.starts.iter().zip(&tokens.ends);
    tokens.ids.iter().zip(spans).map(|(&id, (&s, &e))| (id, text[s..e].to_owned())).collect()
}

/// The double array of a map of single bytes: the units of their labels below
/// a root at 0, each with a value.
fn charsmap_of(map: &[(u8, &str)]) -> String {
    let mut units = vec![0_u32; 1024];
    let mut strings = Vec::new();
    // Children of the root at 256 ^ label, their values at 512 ^ 2 * label.
    units[0] = 256 << 10;
    for &(byte, replacement) in map {
        let (at, value) = (256 ^ usize::from(byte), 512 + 2 * usize::from(byte));
        units[at] = ((at ^ value) as u32) << 10 | 1 << 8 | u32::from(byte);
        units[value] = 1 << 31 | strings.len() as u32;
        strings.extend(replacement.bytes());
        strings.push(0);
    }
    let mut blob = (4 * units.len() as u32).to_le_bytes().to_vec();
    blob.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    blob.extend(strings);
    encode_base64(&blob)
}

fn encode_base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |b, i| b << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char;
            text.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

fn precompiled() -> Value {
    let map = charsmap_of(&[(b'A', "a"), (b'&', "a b"), (b'\t', " "), (b'\n', " "), (b'%', "")]);
    json!({"type": "Precompiled", "precompiled_charsmap": map})
}

#[test]
fn writes_words_in_their_best_pieces() {
    let tokenizer = from_bytes(file(&Value::Null, &separate()).as_bytes()).unwrap();
    assert_eq!(tokenizer.kind(), "unigram");
    assert_eq!(tokenizer.vocab_size(), 24);
    let text = "  ab\tzzz 你好...<s>b <m>";
    let expected = [
        (6, "ab"),
        (2, "z"),
        (1, "zzz"),
        (2, "你"),
        (13, "你好"),
        (18, "..."),
        (0, "<s>"),
        (2, "b"),
        (4, "b"),
        (22, " <m>"),
    ];
    let found = pieces_of(text, &tokens(&*tokenizer, text));
    assert_eq!(found, expected.map(|(id, piece)| (id, piece.to_owned())));
}

#[test]
fn marks_take_the_space_before_a_word() {
    let tokenizer = from_bytes(file(&Value::Null, &metaspace("always", true)).as_bytes()).unwrap();
    let found = pieces_of("ab ab 你", &tokens(&*tokenizer, "ab ab 你"));
    let expected = [(6, "ab"), (6, " ab"), (2, " "), (15, "你")];
    assert_eq!(found, expected.map(|(id, piece)| (id, piece.to_owned())));
}

#[test]
fn normalisation_keeps_offsets() {
    let tokenizer = from_bytes(file(&precompiled(), &separate()).as_bytes()).unwrap();
    let found = pieces_of("Ab%b&", &tokens(&*tokenizer, "Ab%b&"));
    // "abba b": the last two words come from one character.
    let expected = [(6, "Ab"), (8, "b&"), (2, "&"), (4, "&")];
    assert_eq!(found, expected.map(|(id, piece)| (id, piece.to_owned())));
}

/// The best path by trying, for every end, every piece; ties as specified.
fn slow(word: &[char], spec: &Spec) -> Vec<(u32, usize, usize)> {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    for (id, piece) in spec.pieces.iter().enumerate() {
        ids.insert(piece, id as u32);
    }
    let unknown = spec.scores.iter().copied().fold(f64::INFINITY, f64::min) - 10.0;
    let mut best: Vec<Option<(f64, usize, u32)>> = vec![None; word.len() + 1];
    best[0] = Some((0.0, 0, 0));
    for end in 1..=word.len() {
        for start in 0..end {
            let piece: String = word[start..end].iter().collect();
            let step = match ids.get(&*piece) {
                Some(&id) => (spec.scores[id as usize], id),
                None if end == start + 1 => (unknown, spec.unk),
                None => continue,
            };
            let score = step.0 + best[start].unwrap().0;
            if best[end].is_none_or(|(so_far, ..)| score > so_far) {
                best[end] = Some((score, start, step.1));
            }
        }
    }
    let mut path = Vec::new();
    let mut end = word.len();
    while end > 0 {
        let (_, start, id) = best[end].unwrap();
        path.push((id, start, end));
        end = start;
    }
    path.reverse();
    path.dedup_by(|next, before| {
        let fused = next.0 == spec.unk && before.0 == spec.unk;
        if fused {
            before.2 = next.2;
        }
        fused
    });
    path
}

/// Vocabularies over few letters, with ties, duplicates and characters missing.
fn specs() -> impl Strategy<Value = Spec> {
    let piece = ("[abcé▁]{1,5}", -8..0_i32);
    (prop::collection::vec(piece, 0..40), any::<bool>()).prop_map(|(pieces, halves)| {
        let mut spec = Spec {
            pieces: Pieces::default(),
            scores: Vec::new(),
            unk: 0,
            charsmap: super::charsmap::Charsmap::default(),
            spaces: Spaces::Separate,
            prefix: Prefix::Never,
            split: false,
            added: Vec::new(),
        };
        spec.pieces.push("<unk>");
        spec.scores.push(0.0);
        for (piece, score) in pieces {
            spec.pieces.push(&piece);
            spec.scores.push(f64::from(score) * if halves { 0.5 } else { 0.1 });
        }
        spec
    })
}

proptest! {
    #[test]
    fn best_path_is_that_of_the_slow_search(spec in specs(), word in "[abcdé▁]{0,40}") {
        let chars: Vec<char> = word.chars().collect();
        let bytes: Vec<usize> =
            word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        let expected: Vec<_> = slow(&chars, &spec)
            .into_iter()
            .map(|(id, start, end)| (id, bytes[start], bytes[end]))
            .collect();
        let found = tokens(&Unigram::new(spec).unwrap(), &word);
        let found: Vec<_> = (0..found.len())
            .map(|i| (found.ids[i], found.starts[i], found.ends[i]))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn packed_tokenizers_are_the_same(spec in specs()) {
        let packed = compact::write(&spec);
        prop_assert!(compact::is_compact(&packed));
        prop_assert_eq!(compact::read(&packed).unwrap(), spec);
    }

    #[test]
    fn tokens_of_a_word_partition_it(spec in specs(), word in "[abcdé▁]{1,60}") {
        let found = tokens(&Unigram::new(spec).unwrap(), &word);
        prop_assert_eq!(found.starts[0], 0);
        prop_assert_eq!(&found.starts[1..], &found.ends[..found.len() - 1]);
        prop_assert_eq!(found.ends.last(), Some(&word.len()));
    }

    #[test]
    fn garbled_packed_files_do_no_harm(
        spec in specs(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let sound = compact::write(&spec);
        let mut packed = sound.clone();
        for (at, byte) in changes {
            let at = at.index(packed.len());
            packed[at] = byte;
        }
        if cuts {
            packed.truncate(cut.index(packed.len()));
        }
        if packed != sound {
            prop_assert!(from_bytes(&packed).is_err());
        }
        // With a checksum that fits: an error or a tokenizer, and that one runs.
        if packed.len() > 16 {
            let sum = compact::checksum(&packed[16..]);
            packed[8..16].copy_from_slice(&sum.to_le_bytes());
        }
        if let Ok(tokenizer) = from_bytes(&packed) {
            tokens(&*tokenizer, "ab é▁c d");
        }
    }
}

#[test]
fn long_words_are_settled_without_changing_anything() {
    let text = file(&Value::Null, &metaspace("never", false));
    let spec = json::read(&text).unwrap().unwrap();
    let tokenizer = Unigram::new(spec.clone()).unwrap();
    // Over 20,000 characters in one word: periodic, and with unknown runs across every border.
    let word = "ababaéz好abbabaa.".repeat(800) + &"z".repeat(9000);
    let chars: Vec<char> = word.chars().collect();
    let mut found = tokens(&tokenizer, &word);
    // The slow search is quadratic, but no piece spans a single full stop, nor unknown characters.
    let mut expected = Tokens::default();
    let mut start = 0;
    let mut open = false;
    for part in chars.split_inclusive(|&c| c == '.') {
        for part in part.chunks(20) {
            for (id, from, to) in slow(part, &spec) {
                let bytes = |n: usize| part[..n].iter().map(|c| c.len_utf8()).sum::<usize>();
                let (from, to) = (start + bytes(from), start + bytes(to));
                if id == spec.unk && open {
                    *expected.ends.last_mut().unwrap() = to;
                } else {
                    expected.ids.push(id);
                    expected.starts.push(from);
                    expected.ends.push(to);
                }
                open = id == spec.unk;
            }
            start += part.iter().map(|c| c.len_utf8()).sum::<usize>();
        }
    }
    assert_eq!(found, expected);
    // The buffers begin anew with every text.
    let again = tokens(&tokenizer, &word);
    assert_eq!(again, found);
    found.clear();
    assert!(found.is_empty());
}

#[test]
fn words_that_never_settle_are_cut() {
    // At every place the best last piece is the long one, so five paths never meet.
    let mut spec = json::read(&file(&Value::Null, &metaspace("never", false))).unwrap().unwrap();
    (spec.pieces, spec.scores, spec.unk, spec.added) = (Pieces::default(), Vec::new(), 0, vec![]);
    for (piece, score) in [("<unk>", 0.0), ("a", -10.0), ("aaaaa", -1.0)] {
        spec.pieces.push(piece);
        spec.scores.push(score);
    }
    let word = "a".repeat(2_500_000);
    let found = tokens(&Unigram::new(spec).unwrap(), &word);
    assert!(found.starts[1..] == found.ends[..found.len() - 1]);
    let lengths = found.starts.iter().zip(&found.ends).map(|(start, end)| end - start);
    assert!(lengths.zip(&found.ids).all(|(length, &id)| [0, 1, 5][id as usize] == length));
    assert_eq!(found.ends.last(), Some(&word.len()));
    // At most four single letters before each cut.
    assert!(found.len() <= word.len() / 5 + 3 * 4, "{}", found.len());
}

#[test]
fn the_trie_leaves_little_room_unused() {
    // Alphabets of hundreds of characters, as in Chinese, and pieces of few letters.
    let mut pieces = Pieces::default();
    let letter = |n: u32| char::from_u32(0x4E00 + n * n % 997).unwrap();
    for n in 0..6000_u32 {
        let piece: String = (0..=n % 4).map(|i| letter(n / (1 + i * 7) % 997)).collect();
        pieces.push(&piece);
        pieces.push(&format!("▁{n:b}"));
    }
    let scores = vec![-1.0; pieces.len()];
    let table = super::table::Table::new(&pieces);
    let trie =
        super::trie::Trie::new(&pieces, &scores, |c| table.get(c).number(), (0, -9.0)).unwrap();
    let (used, all) = trie.room();
    assert!(all < 2 * used, "{used} of {all}");
}

#[test]
fn unusable_files_say_why() {
    let message = |data: &[u8]| from_bytes(data).unwrap_err().to_string();
    assert!(message(b"\xFF\xFE").contains("SentencePiece"));
    assert!(message(b"{").contains("cannot be read"));
    assert!(message(b"{}").contains("model"));
    let model = |model: Value| json!({"model": model}).to_string();
    let unknown = message(model(json!({"type": "Foo"})).as_bytes());
    assert!(unknown.contains("\"Foo\"") && unknown.contains("Unigram"), "{unknown}");
    let unk = json!({"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]]});
    let metaspace = metaspace("always", true);
    let unk = json!({"model": unk, "pre_tokenizer": metaspace}).to_string();
    assert!(message(unk.as_bytes()).contains("unk_id"));
    let normalizer = json!({"type": "Precompiled", "precompiled_charsmap": "AAA"});
    let charsmap = file(&normalizer, &separate());
    assert!(message(charsmap.as_bytes()).contains("precompiled_charsmap"));
    let whole = file(&precompiled(), &separate());
    for (cut, _) in whole.char_indices().step_by(7) {
        assert!(from_bytes(&whole.as_bytes()[..cut]).is_err());
    }
    let mut packed = pack(whole.as_bytes()).unwrap();
    assert!(message(&packed[..packed.len() - 1]).contains("checksum"));
    packed[7] = 9;
    assert!(message(&packed).contains("version 9"));
}

#[test]
fn only_what_is_understood_is_read() {
    let own = |normalizer: &Value, pre_tokenizer: &Value| {
        json::read(&file(normalizer, pre_tokenizer)).unwrap().is_some()
    };
    let strip = json!({"type": "Strip", "strip_left": false, "strip_right": true});
    let runs = |content: &str| json!({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": content});
    let sequence = |parts: &[&Value]| json!({"type": "Sequence", "normalizers": parts});
    let always = metaspace("always", true);
    assert!(own(&Value::Null, &separate()));
    assert!(own(&sequence(&[&precompiled(), &strip, &runs("▁")]), &always));
    assert!(own(&sequence(&[&precompiled(), &runs(" ")]), &separate()));
    assert!(!own(&runs("▁"), &separate()));
    assert!(!own(&sequence(&[&strip, &precompiled()]), &always));
    assert!(!own(&json!({"type": "NFKC"}), &always));
    assert!(!own(&json!({"type": "Strip", "strip_left": true, "strip_right": true}), &always));
    assert!(!own(&Value::Null, &Value::Null));
    assert!(!own(&Value::Null, &json!({"type": "Whitespace"})));
    assert!(!own(&Value::Null, &json!({"type": "Metaspace", "replacement": "_"})));
}

#[cfg(feature = "hf")]
mod beside_hf {
    use super::*;
    use crate::tokenizer::hf::Hf;

    /// Texts of what matters: spaces, marks, joiners, clusters, added tokens.
    fn texts() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "a",
            "b",
            "ab",
            "aba",
            "A",
            "&",
            "z",
            "é",
            "né",
            "你好",
            "好",
            "😀",
            ".",
            "...",
            " ",
            "  ",
            "\t",
            "\n",
            "\r\n",
            "\u{A0}",
            "\u{3000}",
            "\u{85}",
            "▁",
            "▁▁",
            "<s>",
            "<m>",
            "<m>s",
            "<m",
            "\u{301}",
            "A\u{301}",
            "&\u{301}",
            "e\u{301}",
            "\u{200D}",
            "\u{FE0F}",
            "क्षि",
            "가\u{11A8}",
            "\u{600}a",
            "\t\u{301}",
            "好\u{301}",
            "🇩🇪",
            "\0",
            "\u{1F3FB}",
        ]);
        prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
    }

    /// Three ways to run one file: this crate, this crate packed, Hugging Face's code.
    struct Ways([Box<dyn Tokenizer>; 3]);

    impl Ways {
        fn new(normalizer: &Value, pre_tokenizer: &Value) -> Self {
            let file = file(normalizer, pre_tokenizer);
            let own = from_bytes(file.as_bytes()).unwrap();
            assert_eq!(own.kind(), "unigram");
            let packed = from_bytes(&own.pack().unwrap()).unwrap();
            Self([own, packed, Box::new(Hf::from_json(&file).unwrap())])
        }

        fn agree(&self, text: &str) -> Result<(), TestCaseError> {
            let [own, packed, hf] = self.0.each_ref().map(|way| tokens(&**way, text));
            prop_assert_eq!(&own, &hf, "{:?}", text);
            prop_assert_eq!(own, packed);
            Ok(())
        }
    }

    fn run(ways: &[Ways], texts: impl Strategy<Value = String>) {
        let mut runner = proptest::test_runner::TestRunner::default();
        runner.run(&texts, |text| ways.iter().try_for_each(|ways| ways.agree(&text))).unwrap();
    }

    #[test]
    fn words_apart() {
        let plain = Ways::new(&Value::Null, &separate());
        run(&[Ways::new(&precompiled(), &separate()), plain], texts());
    }

    #[test]
    fn marks_ahead() {
        let schemes = ["always", "first", "never"];
        let metaspaces = schemes.iter().flat_map(|s| [metaspace(s, true), metaspace(s, false)]);
        let ways: Vec<Ways> = metaspaces.map(|part| Ways::new(&precompiled(), &part)).collect();
        run(&ways, texts());
    }

    #[test]
    fn spaces_taken_care_of() {
        let with = |content: &str, split: bool| {
            let parts = json!([
                precompiled(),
                {"type": "Strip", "strip_left": false, "strip_right": true},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": content},
            ]);
            let normalizer = json!({"type": "Sequence", "normalizers": parts});
            Ways::new(&normalizer, &metaspace("always", split))
        };
        run(&[with("▁", true), with("▁", false), with(" ", true), with(" ", false)], texts());
    }

    #[test]
    fn any_text() {
        run(&[Ways::new(&Value::Null, &separate())], any::<String>());
    }

    #[test]
    fn other_models_are_run_too() {
        let vocab = json!({"<unk>": 0, "a": 1, "b": 2, "ab": 3});
        let model = json!({"type": "BPE", "vocab": vocab, "merges": ["a b"], "unk_token": "<unk>"});
        let file = json!({"model": model, "pre_tokenizer": {"type": "Whitespace"},
            "truncation": {"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
            "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "<unk>"}});
        let tokenizer = from_bytes(file.to_string().as_bytes()).unwrap();
        assert_eq!((tokenizer.kind(), tokenizer.vocab_size()), ("hf", 4));
        let found = pieces_of("ab  ba", &tokens(&*tokenizer, "ab  ba"));
        let expected = [(3, "ab"), (2, "b"), (1, "a")];
        assert_eq!(found, expected.map(|(id, piece)| (id, piece.to_owned())));
        assert!(pack(file.to_string().as_bytes()).unwrap_err().to_string().contains("\"hf\""));
    }

    #[test]
    fn a_file_at_which_the_crate_panics_is_refused() {
        let file = r#"{"version": "1.0", "added_tokens": [], "decoder": "\ud800", "model": {"type": "BPE",
            "vocab": {"a": 0}, "merges": []}}"#;
        let error = from_bytes(file.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("no usable tokenizer.json"), "{error}");
    }
}
