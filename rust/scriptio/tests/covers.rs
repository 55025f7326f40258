//! Covers of cut texts against brute force, and against the encoder itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Tests fail by panicking.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use scriptio::bytelm::{ByteTree, END, Frame, Needed, Policy, Row, SYMBOLS, Semantics};
use scriptio::vocab::{Context, Encoder, Grammar};

/// A byte-pair encoder over `letters` with the merges `pairs` of token ids:
/// each makes the next id. No pre-tokenizer, no special tokens.
fn plain(letters: &str, pairs: &[(usize, usize)]) -> Arc<Encoder> {
    let mut tokens: Vec<String> = letters.chars().map(String::from).collect();
    let mut merges = Vec::new();
    for &(left, right) in pairs {
        let (left, right) = (&tokens[left % tokens.len()], &tokens[right % tokens.len()]);
        let merged = format!("{left}{right}");
        if !tokens.contains(&merged) {
            merges.push(format!("[\"{left}\", \"{right}\"]"));
            tokens.push(merged);
        }
    }
    let vocab: Vec<String> =
        tokens.iter().enumerate().map(|(id, token)| format!("\"{token}\": {id}")).collect();
    let json = format!(
        r#"{{"model": {{"type": "BPE", "vocab": {{{}}}, "merges": [{}]}}}}"#,
        vocab.join(", "),
        merges.join(", ")
    );
    Arc::new(Encoder::from_json(&json).unwrap())
}

/// All strings of up to `longest` letters.
fn strings(letters: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = all.len();
        for i in from..to {
            for c in letters.chars() {
                all.push(format!("{}{c}", all[i]));
            }
        }
        from = to;
    }
    all
}

fn encode(encoder: &Encoder, text: &str) -> Vec<u32> {
    let mut out = Vec::new();
    encoder.encode(text, &mut out).unwrap();
    out
}

fn masked(grammar: &Grammar, context: &Context, token: u32) -> bool {
    let mut mask = Vec::new();
    grammar.mask(context, &mut mask);
    mask[token as usize / 64] >> (token % 64) & 1 == 1
}

fn merges() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..20usize, 0..20usize), 1..14)
}

fn frame(encoder: &Arc<Encoder>, semantics: Semantics, end: bool) -> Arc<Frame> {
    let size = encoder.vocab().len() + usize::from(end);
    let grammar = Arc::new(Grammar::new(Arc::clone(encoder)).unwrap());
    let policy = Policy {
        semantics,
        max_error: 0.0,
        beam: None,
        threshold: None,
        end_ids: if end { vec![size as u32 - 1] } else { Vec::new() },
        model_size: size,
    };
    Arc::new(Frame::new(grammar, policy).unwrap())
}

/// A language model: log-probabilities that depend on the last two tokens.
fn law(tokens: &[u32], size: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    for token in &tokens[tokens.len().saturating_sub(2)..] {
        state = (state ^ u64::from(token + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    let weights: Vec<f64> = (0..size as u64)
        .map(|i| {
            let x = (state ^ (i + 1)).wrapping_mul(0xD134_2543_DE82_EF95);
            1e-3 + ((x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64
        })
        .collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / total).ln()).collect()
}

fn ask(tree: &mut ByteTree, goal: Needed, size: usize, seed: u64) -> usize {
    let mut asked = 0;
    loop {
        let needed = tree.needed(goal);
        if needed.is_empty() {
            return asked;
        }
        for id in needed {
            let row = law(&tree.path(id), size, seed);
            tree.supply(id, Row::Double(&row)).unwrap();
            asked += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Without a pre-tokenizer the grammar is exact: it lets through the
    /// beginnings of encodings, and nothing else.
    #[test]
    fn plain_grammar_is_the_canonical_strings(pairs in merges()) {
        let letters = "ab";
        let encoder = plain(letters, &pairs);
        let grammar = Grammar::new(Arc::clone(&encoder)).unwrap();
        let canonical: HashSet<Vec<u32>> =
            strings(letters, 7).iter().map(|text| encode(&encoder, text)).collect();
        let mut stack = vec![(Vec::new(), grammar.start(), 0usize)];
        while let Some((tokens, context, length)) = stack.pop() {
            for token in 0..encoder.vocab().len() as u32 {
                let bytes = encoder.vocab().token_bytes(token).unwrap().len();
                if length + bytes > 7 {
                    continue;
                }
                let mut longer = tokens.clone();
                longer.push(token);
                let allowed = grammar.allows(&context, token);
                prop_assert_eq!(allowed, canonical.contains(&longer), "{:?}", longer);
                prop_assert_eq!(allowed, masked(&grammar, &context, token), "{:?}", longer);
                if allowed {
                    stack.push((longer, grammar.step(&context, token), length + bytes));
                }
            }
        }
    }

    /// The masses of all strings of one length sum to 1 with those that end
    /// before, and conditionals multiply to them.
    #[test]
    fn measures_are_proper(pairs in merges(), seed: u64, all: bool) {
        let encoder = plain("ab", &pairs);
        let semantics = if all { Semantics::All } else { Semantics::CanonicalLocal };
        let frame = frame(&encoder, semantics, true);
        let size = frame.policy().model_size;
        let mut stack = vec![(ByteTree::new(frame), 0.0f64)];
        let mut total = 0.0;
        while let Some((mut tree, log)) = stack.pop() {
            ask(&mut tree, Needed::Mass, size, seed);
            prop_assert!((tree.log_mass() - log).abs() < 1e-10);
            if tree.len() == 5 {
                total += tree.log_mass().exp();
                continue;
            }
            ask(&mut tree, Needed::Next, size, seed);
            let next = tree.next().unwrap();
            prop_assert_eq!(next.len(), SYMBOLS);
            total += (log + next[END]).exp();
            prop_assert!((tree.log_end() - log - next[END]).abs() < 1e-10);
            for byte in [b'a', b'b'] {
                let mut longer = tree.clone();
                longer.push(byte);
                stack.push((longer, log + next[usize::from(byte)]));
            }
        }
        prop_assert!((total - 1.0).abs() < 1e-12, "{}", total);
    }

    /// The mass of a text is the sum over its covers, found one by one.
    #[test]
    fn mass_is_the_sum_over_covers(pairs in merges(), seed: u64, kind in 0..3usize) {
        let encoder = plain("ab", &pairs);
        let semantics = [Semantics::CanonicalLocal, Semantics::Canonical, Semantics::All][kind];
        let frame = frame(&encoder, semantics, true);
        let size = frame.policy().model_size;
        for text in strings("ab", 5) {
            let mut tree = ByteTree::new(Arc::clone(&frame));
            text.bytes().for_each(|byte| tree.push(byte));
            ask(&mut tree, Needed::Mass, size, seed);
            let slow = brute_force(&frame, semantics, text.as_bytes(), size, seed);
            prop_assert!((tree.log_mass().exp() - slow).abs() < 1e-12, "{text}");
            let covers: f64 = tree.covers().iter().map(|(_, log)| log.exp()).sum();
            prop_assert!((covers - slow).abs() < 1e-12, "{text}");
        }
    }
}

/// What `encoder` writes is let through, and masks agree with single answers.
fn check_against_encoder(encoder: &Arc<Encoder>, texts: &[String]) {
    let grammar = Grammar::new(Arc::clone(encoder)).unwrap();
    for text in texts {
        let mut context = grammar.start();
        for token in encode(encoder, text) {
            assert!(grammar.allows(&context, token), "{token} in {text:?}");
            for other in 0..encoder.vocab().len() as u32 {
                let allowed = grammar.allows(&context, other);
                assert_eq!(allowed, masked(&grammar, &context, other), "{other} in {text:?}");
            }
            context = grammar.step(&context, token);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn best_segmentations_are_let_through(
        words in proptest::collection::vec(("[ab]{1,4}", 0..80u32, any::<bool>()), 1..10)
    ) {
        let mut pieces = vec![("<unk>".to_owned(), 0), ("▁".to_owned(), 35)];
        pieces.extend([("a".to_owned(), 30), ("b".to_owned(), 33)]);
        for (word, score, first) in words {
            let word = if first { format!("▁{word}") } else { word };
            if pieces.iter().all(|(known, _)| *known != word) {
                pieces.push((word, score));
            }
        }
        let pieces: Vec<String> =
            pieces.iter().map(|(piece, score)| format!("[\"{piece}\", -{score}.5]")).collect();
        let json = format!(
            r#"{{"pre_tokenizer": {{"type": "Metaspace", "replacement": "▁"}},
                "model": {{"type": "Unigram", "unk_id": 0, "vocab": [{}]}}}}"#,
            pieces.join(", ")
        );
        let texts: Vec<String> = strings("ab ", 5).into_iter().filter(|t| t.trim() == t).collect();
        check_against_encoder(&Arc::new(Encoder::from_json(&json).unwrap()), &texts);
    }

    #[test]
    fn longest_matches_are_let_through(
        words in proptest::collection::vec(("[ab]{1,4}", any::<bool>()), 1..10)
    ) {
        let mut pieces: Vec<String> =
            ["[UNK]", "a", "b", "##a", "##b"].map(String::from).to_vec();
        for (word, inside) in words {
            let word = if inside { format!("##{word}") } else { word };
            if !pieces.contains(&word) {
                pieces.push(word);
            }
        }
        let vocab: Vec<String> =
            pieces.iter().enumerate().map(|(id, piece)| format!("\"{piece}\": {id}")).collect();
        let json = format!(
            r#"{{"pre_tokenizer": {{"type": "Whitespace"}}, "model": {{"type": "WordPiece",
                "unk_token": "[UNK]", "continuing_subword_prefix": "\u0023\u0023",
                "max_input_chars_per_word": 100, "vocab": {{{}}}}}}}"#,
            vocab.join(", ")
        );
        let texts: Vec<String> = strings("ab ", 5).into_iter().filter(|t| t.trim() == t).collect();
        check_against_encoder(&Arc::new(Encoder::from_json(&json).unwrap()), &texts);
    }
}

/// Sums the covers of `text` by trying all token strings.
fn brute_force(frame: &Frame, semantics: Semantics, text: &[u8], size: usize, seed: u64) -> f64 {
    let (grammar, encoder) = (frame.grammar(), frame.grammar().encoder());
    let mut stack = vec![(Vec::new(), Some(grammar.start()), 0usize, 1.0f64)];
    let mut total = 0.0;
    while let Some((tokens, context, at, p)) = stack.pop() {
        if at >= text.len() {
            total += p;
            continue;
        }
        let row = law(&tokens, size, seed);
        let may = |token: u32| {
            semantics == Semantics::All
                || context.as_ref().is_some_and(|context| grammar.allows(context, token))
        };
        let ids = 0..encoder.vocab().len() as u32;
        let mut scale = 1.0;
        if semantics == Semantics::CanonicalLocal {
            let end =
                if grammar.may_end(context.as_ref().unwrap()) { row[size - 1].exp() } else { 0.0 };
            scale = ids.clone().filter(|&id| may(id)).map(|id| row[id as usize].exp()).sum::<f64>()
                + end;
        }
        for id in ids.filter(|&id| may(id)) {
            let bytes = encoder.vocab().token_bytes(id).unwrap();
            let shared = bytes.len().min(text.len() - at);
            if bytes[..shared] == text[at..at + shared] {
                let mut longer = tokens.clone();
                longer.push(id);
                let next = context.as_ref().filter(|_| semantics != Semantics::All);
                let next = next.map(|context| grammar.step(context, id));
                stack.push((longer, next, at + bytes.len(), p * row[id as usize].exp() / scale));
            }
        }
    }
    total
}

/// The characters that byte-level tokenizer files write bytes with.
fn byte_chars() -> Vec<char> {
    let shown =
        |b: u32| (33..=126).contains(&b) || (161..=172).contains(&b) || (174..=255).contains(&b);
    let mut next = 256;
    (0..256u32)
        .map(|b| {
            if shown(b) {
                char::from_u32(b).unwrap()
            } else {
                next += 1;
                char::from_u32(next - 1).unwrap()
            }
        })
        .collect()
}

/// A byte-level encoder with the pattern `pattern` and merges that make the
/// tokens `words`, as far as their bytes merge from the left.
fn byte_level(pattern: &str, words: &[&str]) -> Arc<Encoder> {
    let chars = byte_chars();
    let show = |bytes: &[u8]| bytes.iter().map(|&b| chars[usize::from(b)]).collect::<String>();
    let mut tokens: Vec<String> = chars.iter().map(char::to_string).collect();
    let mut merges = Vec::new();
    for word in words {
        for end in 2..=word.len() {
            let (left, right) =
                (show(&word.as_bytes()[..end - 1]), show(&word.as_bytes()[end - 1..end]));
            let merged = format!("{left}{right}");
            if !tokens.contains(&merged) {
                merges.push([left, right]);
                tokens.push(merged);
            }
        }
    }
    let quoted = |text: &str| {
        text.chars().fold(String::new(), |mut out, c| {
            write!(out, "\\u{:04x}", c as u32).unwrap();
            out
        })
    };
    let vocab: Vec<String> = (tokens.iter().enumerate())
        .map(|(id, token)| format!("\"{}\": {id}", quoted(token)))
        .collect();
    let merges: Vec<String> = merges
        .iter()
        .map(|[left, right]| format!("[\"{}\", \"{}\"]", quoted(left), quoted(right)))
        .collect();
    let json = format!(
        r#"{{"pre_tokenizer": {{"type": "Sequence", "pretokenizers": [
            {{"type": "Split", "pattern": {{"Regex": "{}"}}, "behavior": "Isolated", "invert": false}},
            {{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}}]}},
            "model": {{"type": "BPE", "vocab": {{{}}}, "merges": [{}]}}}}"#,
        quoted(pattern),
        vocab.join(", "),
        merges.join(", ")
    );
    Arc::new(Encoder::from_json(&json).unwrap())
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const CL100K: &str = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
const QWEN: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Digits in groups from the right.
const RIGHT: &str = r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))|\p{L}+|\s+(?!\S)|\s+|[^\s\p{L}\p{N}]+";

const WORDS: [&str; 32] = [
    " the", "the", " b", "ab", "  ", "    ", "        ", "\n\n", "\n\n\n", " \n", "12", "123",
    "23", "'s", "'re", "'ll", "re", "ll", " '", "THE", "한국", "!!", "!\n", "é", "中", "中文",
    "\u{301}", "Ab", "AB", "//", "/\n", "\t\t",
];

fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        " ", "  ", "\t", "\n", "\r\n", "a", "b", "A", "B", "the", "1", "2", "12", "123", "3", "'",
        "s", "r", "e", "l", "L", "!", "/", ".", "é", "中", "文", "\u{301}", "😀", "ǅ", "\u{a0}",
        "٣", "\0",
    ]);
    proptest::collection::vec(pieces, 1..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What an encoder writes is a cover of the text at every cut.
    #[test]
    fn no_cover_is_missed(text in nasty(), pattern in 0..5usize) {
        let encoder = &ENCODERS[pattern];
        let tokens = encode(encoder, &text);
        let mut tree = ByteTree::new(Arc::clone(&FRAMES[pattern]));
        let (mut read, mut at, mut last) = (0, 0, 0);
        for (i, &token) in tokens.iter().enumerate() {
            let end = at + encoder.vocab().token_bytes(token).unwrap().len();
            while read < end {
                tree.push(text.as_bytes()[read]);
                read += 1;
                prop_assert!(
                    tree.is_cover(&tokens[..=i]),
                    "{:?} after {} bytes of {:?}", &tokens[..=i], read, text
                );
            }
            (at, last) = (end, i);
        }
        prop_assert_eq!(last + 1, tokens.len());
    }
}

static ENCODERS: std::sync::LazyLock<Vec<Arc<Encoder>>> = std::sync::LazyLock::new(|| {
    [GPT2, CL100K, QWEN, O200K, RIGHT].iter().map(|pattern| byte_level(pattern, &WORDS)).collect()
});

static FRAMES: std::sync::LazyLock<Vec<Arc<Frame>>> = std::sync::LazyLock::new(|| {
    ENCODERS.iter().map(|encoder| frame(encoder, Semantics::CanonicalLocal, false)).collect()
});

/// Long runs have as many token strings as tokens, not one for each way to
/// write them: equal scores are broken as the encoder breaks them, and bytes
/// do not spell a character that the vocabulary has.
#[test]
fn long_runs_have_few_covers() {
    let unigram = r#"{"pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁", -1.0],
            ["a", -2.0], ["aa", -4.0], ["aaa", -6.0], ["▁a", -3.0]]}}"#;
    let by_chars = r#"{"model": {"type": "BPE", "byte_fallback": true, "merges": [], "vocab":
        {"a": 0, "中": 1, "<0xE4>": 2, "<0xB8>": 3, "<0xAD>": 4}}}"#;
    for (json, text) in [(unigram, " aaaaaaaaaa"), (by_chars, "中a中a中a")] {
        let encoder = Arc::new(Encoder::from_json(json).unwrap());
        let mut tree = ByteTree::new(frame(&encoder, Semantics::CanonicalLocal, false));
        let text = text.to_owned() + &text.trim_start().repeat(40);
        for byte in text.bytes() {
            tree.push(byte);
        }
        assert!(tree.contexts() <= text.len() + 4, "{} for {text:?}", tree.contexts());
    }
}
