//! Merging against merging by the letter of the definition.

use std::collections::{HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::merges::Initial;
use super::super::{Appender, Merges, NONE, Vocab};

/// Merge the lowest rank, then the leftmost, until nothing merges.
fn naive(ids: &[u32], merges: &[(u32, u32, u32, u32)]) -> Vec<u32> {
    let pairs: HashMap<(u32, u32), (u32, u32)> =
        merges.iter().map(|&(left, right, rank, result)| ((left, right), (rank, result))).collect();
    let mut ids = ids.to_vec();
    loop {
        let next = ids
            .windows(2)
            .enumerate()
            .filter_map(|(at, pair)| {
                let &(rank, result) = pairs.get(&(pair[0], pair[1]))?;
                Some((rank, at, result))
            })
            .min();
        let Some((_, at, result)) = next else { return ids };
        ids[at] = result;
        ids.remove(at + 1);
    }
}

const LETTERS: [u8; 3] = *b"abc";

/// A vocabulary that grows by joining tokens that are there: each new token
/// ranks behind its parts. `all_splits` adds what else gives the token.
fn learned(choices: &[(u16, u16)], letters: usize, all_splits: bool) -> (Vocab, Merges) {
    let mut tokens: Vec<Vec<u8>> = LETTERS[..letters].iter().map(|&byte| vec![byte]).collect();
    let mut pairs = Vec::new();
    let mut known: HashSet<(u32, u32)> = HashSet::new();
    for &(left, right) in choices {
        let (left, right) = (usize::from(left) % tokens.len(), usize::from(right) % tokens.len());
        let joined = [tokens[left].as_slice(), &tokens[right]].concat();
        if tokens.contains(&joined) || joined.len() > 12 {
            continue;
        }
        let result = tokens.len() as u32;
        let splits: Vec<(usize, usize)> = if all_splits {
            (1..joined.len())
                .filter_map(|at| {
                    let place = |part: &[u8]| tokens.iter().position(|token| token == part);
                    Some((place(&joined[..at])?, place(&joined[at..])?))
                })
                .collect()
        } else {
            vec![(left, right)]
        };
        tokens.push(joined);
        for (left, right) in splits {
            if known.insert((left as u32, right as u32)) {
                pairs.push((left as u32, right as u32, result));
            }
        }
    }
    let vocab = Vocab::new(tokens.iter().map(Some)).unwrap();
    let merges = Merges::from_pairs(&vocab, &pairs).unwrap();
    (vocab, merges)
}

/// Any merges at all, in any order: tokens may be made before their parts.
fn arbitrary(choices: &[(u16, u16)], order: &[u16]) -> (Vocab, Merges) {
    let (vocab, merges) = learned(choices, 2, true);
    let mut pairs: Vec<(u32, u32, u32)> =
        merges.iter().map(|(left, right, _, result)| (left, right, result)).collect();
    for (at, &to) in order.iter().enumerate() {
        if let Some(to) = usize::from(to).checked_rem(pairs.len()) {
            let at = at % pairs.len();
            pairs.swap(at, to);
        }
    }
    let merges = Merges::from_pairs(&vocab, &pairs).unwrap();
    (vocab, merges)
}

fn begin(text: &[u8], vocab: &Vocab) -> Vec<u32> {
    text.iter().map(|&byte| vocab.ids_of(&[byte])[0]).collect()
}

fn encoded(merges: &Merges, bytes: &[u8]) -> Vec<u32> {
    let mut ids = Vec::new();
    merges.encode_bytes(bytes, &mut ids);
    ids
}

fn check(vocab: &Vocab, merges: &Merges, text: &[u8]) -> Result<(), TestCaseError> {
    let list: Vec<_> = merges.iter().collect();
    let expected = naive(&begin(text, vocab), &list);
    prop_assert_eq!(&encoded(merges, text), &expected);
    let mut long = Vec::new();
    prop_assert!(text.is_empty() || merges.encode_long(text, &mut long));
    prop_assert_eq!(&long, &expected, "longest first");
    let mut appender = Appender::new(vocab, merges);
    for (end, &byte) in (1..).zip(text) {
        appender.push(byte);
        let expected = naive(&begin(&text[..end], vocab), &list);
        prop_assert_eq!(appender.last(end), expected.last().copied());
        prop_assert_eq!(appender.count(end), expected.len());
        prop_assert_eq!(appender.tokens(end), expected);
    }
    Ok(())
}

fn check_pairs(vocab: &Vocab, merges: &Merges) -> Result<(), TestCaseError> {
    let list: Vec<_> = merges.iter().collect();
    for left in 0..vocab.len() as u32 {
        let bytes = vocab.token_bytes(left).unwrap();
        let alone = naive(&begin(bytes, vocab), &list);
        prop_assert_eq!(merges.reachable(left), alone == [left], "{}", left);
        if let Some((first, second, rank)) = merges.derivation(left) {
            prop_assert_eq!(merges.get(first, second), Some((rank, left)));
        } else {
            prop_assert!(bytes.len() == 1 || alone != [left]);
        }
        for right in 0..vocab.len() as u32 {
            let joined = [bytes, vocab.token_bytes(right).unwrap()].concat();
            let valid = naive(&begin(&joined, vocab), &list) == [left, right];
            prop_assert_eq!(merges.valid_pair(left, right), valid, "{} {}", left, right);
        }
    }
    Ok(())
}

fn texts(letters: u8) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec((b'a'..b'a' + letters).prop_map(|byte| byte), 0..24),
        // Long enough for the heap, and for long runs.
        vec((b'a'..b'a' + letters, 1..9_usize), 0..24).prop_map(|runs| runs
            .into_iter()
            .flat_map(|(byte, count)| std::iter::repeat_n(byte, count))
            .collect()),
    ]
}

proptest! {
    #[test]
    fn learned_merges_are_exact(
        choices in vec(any::<(u16, u16)>(), 0..24),
        all_splits in any::<bool>(),
        text in texts(3),
    ) {
        let (vocab, merges) = learned(&choices, 3, all_splits);
        check(&vocab, &merges, &text)?;
    }

    #[test]
    fn one_letter_is_exact(choices in vec(any::<(u16, u16)>(), 0..12), count in 0..90_usize) {
        let (vocab, merges) = learned(&choices, 1, true);
        check(&vocab, &merges, &vec![b'a'; count])?;
    }

    #[test]
    fn merges_in_any_order_are_exact(
        choices in vec(any::<(u16, u16)>(), 0..16),
        order in vec(any::<u16>(), 0..24),
        text in texts(2),
    ) {
        let (vocab, merges) = arbitrary(&choices, &order);
        check(&vocab, &merges, &text)?;
    }

    #[test]
    fn pairs_are_valid_if_encoding_gives_them(
        choices in vec(any::<(u16, u16)>(), 0..16),
        order in vec(any::<u16>(), 0..24),
        letters in 1..=3_usize,
    ) {
        for all_splits in [false, true] {
            let (vocab, merges) = learned(&choices, letters, all_splits);
            prop_assert!(all_splits || merges.is_proper());
            check_pairs(&vocab, &merges)?;
        }
        let (vocab, merges) = arbitrary(&choices, &order);
        check_pairs(&vocab, &merges)?;
    }

    #[test]
    fn ranks_merge_all_splits(
        choices in vec(any::<(u16, u16)>(), 0..24),
        text in texts(3),
    ) {
        // Ranks in the order of learning, and the letters last but for one.
        let (vocab, _) = learned(&choices, 3, true);
        let merges = Merges::from_ranks(&vocab).unwrap();
        for (left, right, rank, result) in merges.iter() {
            prop_assert_eq!(rank, result);
            let parts = [vocab.token_bytes(left).unwrap(), vocab.token_bytes(right).unwrap()];
            prop_assert_eq!(vocab.token_bytes(result).unwrap(), parts.concat());
        }
        check(&vocab, &merges, &text)?;
        check_pairs(&vocab, &merges)?;
    }

    #[test]
    fn sequences_are_encodings_if_all_pairs_are_valid(
        choices in vec(any::<(u16, u16)>(), 0..16),
        order in vec(any::<u16>(), 0..24),
        picks in vec(any::<u16>(), 1..6),
    ) {
        let (vocab, merges) = arbitrary(&choices, &order);
        let ids: Vec<u32> = picks.iter().map(|&pick| u32::from(pick) % vocab.len() as u32).collect();
        let bytes: Vec<u8> =
            ids.iter().flat_map(|&id| vocab.token_bytes(id).unwrap().to_vec()).collect();
        let valid = ids.iter().all(|&id| merges.reachable(id))
            && ids.windows(2).all(|pair| merges.valid_pair(pair[0], pair[1]));
        prop_assert_eq!(encoded(&merges, &bytes) == ids, valid);
    }
}

/// Characters `é`, `日` and `a` are tokens, `ü` and parts are bytes.
fn by_chars() -> (Vocab, Merges) {
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    for token in ["a", "é", "日", "éa", "日日", "aé", "日a"] {
        tokens.push(token.as_bytes().to_vec());
    }
    let vocab = Vocab::new(tokens.iter().map(Some)).unwrap();
    let mut bytes = Box::new([NONE; 256]);
    for (place, id) in bytes.iter_mut().zip(0..) {
        *place = id;
    }
    let mut chars = vec![NONE; '日' as usize + 1];
    for (c, id) in [('a', 256), ('é', 257), ('日', 258)] {
        chars[c as usize] = id;
    }
    let pairs = [(257, 256, 259), (258, 258, 260), (256, 257, 261), (258, 256, 262)];
    let initial = Initial { bytes, chars: Some(chars.into()) };
    let merges = Merges::with_initial(&vocab, &pairs, initial).unwrap();
    (vocab, merges)
}

#[test]
fn characters_come_before_bytes() {
    let (vocab, merges) = by_chars();
    assert!(merges.by_chars() && merges.is_proper());
    assert_eq!(encoded(&merges, "aéa".as_bytes()), [256, 259]);
    assert_eq!(encoded(&merges, "日日日ü".as_bytes()), [260, 258, 0xC3, 0xBC]);
    assert_eq!(encoded(&merges, b"\xE6\x97a"), [0xE6, 0x97, 256]);
    assert!(!merges.reachable(u32::from(b'a')));
    assert!(merges.reachable(0xC3));
    assert!(!merges.valid_pair(0xC3, 0xA9)); // These are é.
    assert!(merges.valid_pair(0xC3, 0xBC));
    assert!(merges.valid_pair(0xBC, 256));
    assert!(merges.valid_pair(256, 259));
    assert!(!merges.valid_pair(256, 257));
    for text in ["aéa日日ü日", "é", "ü€aé", "日a日日a"] {
        for text in [text.as_bytes(), &text.as_bytes()[..text.len() - 1], &text.as_bytes()[1..]] {
            let mut appender = Appender::new(&vocab, &merges);
            for (end, &byte) in (1..).zip(text) {
                appender.push(byte);
                assert_eq!(appender.tokens(end), encoded(&merges, &text[..end]), "{text:?} {end}");
                assert_eq!(appender.count(end), appender.tokens(end).len());
            }
        }
    }
}

#[test]
fn long_texts_of_one_letter_are_linear_in_both_ways() {
    let tokens: Vec<Vec<u8>> = (0..7).map(|power| vec![b'a'; 1 << power]).collect();
    let vocab = Vocab::new(tokens.iter().map(Some)).unwrap();
    let pairs: Vec<(u32, u32, u32)> = (0..6).map(|id| (id, id, id + 1)).collect();
    let merges = Merges::from_pairs(&vocab, &pairs).unwrap();
    let ids = encoded(&merges, &vec![b'a'; 300_007]);
    assert_eq!(ids.len(), 300_007 / 64 + 4); // 39 = 32 + 4 + 2 + 1
    assert_eq!(ids[ids.len() - 3..], [2, 1, 0]);
}

#[test]
fn bad_merges_are_refused() {
    let vocab = Vocab::new([Some("a"), Some("b"), Some("ab"), None]).unwrap();
    let refused =
        |pairs: &[(u32, u32, u32)]| Merges::from_pairs(&vocab, pairs).unwrap_err().to_string();
    assert!(refused(&[(0, 3, 2)]).contains("do not both write text"));
    assert!(refused(&[(0, 9, 2)]).contains("ids 0 and 9"));
    assert!(refused(&[(1, 0, 2)]).contains("does not write what these write"));
    assert!(refused(&[(0, 1, 2), (0, 1, 2)]).contains("same pair"));
    let twice = Vocab::new(["a", "b", "a"].map(Some)).unwrap();
    let error = Merges::from_ranks(&twice).unwrap_err().to_string();
    assert!(error.contains("tokens 0 and 2"), "{error}");
}

#[test]
fn places_that_no_token_reaches_over_are_known() {
    let vocab = Vocab::new(["a", "b", " ", "ab", " ab"].map(Some)).unwrap();
    let merges = Merges::from_pairs(&vocab, &[(0, 1, 3), (2, 3, 4)]).unwrap();
    assert!(merges.always_apart(b'b', b' '));
    assert!(!merges.always_apart(b' ', b'a'));
    assert!(!merges.always_apart(b'a', b'b'));
    assert!(merges.always_apart(b'b', b'a'));
}

#[test]
fn a_vocabulary_keeps_what_repeats() {
    let vocab = Vocab::new([Some("b"), Some(""), None, Some("a"), Some("b")]).unwrap();
    assert_eq!(vocab.ids_of(b"b"), [0, 4]);
    assert!(vocab.ids_of(b"x").is_empty());
    assert_eq!(vocab.rank(1), NONE);
    assert_eq!(vocab.rank(99), NONE);
    assert_eq!(vocab.token_bytes(99), None);
    assert_eq!(vocab.max_token_len(), 1);
    assert_eq!(vocab.missing_bytes().len(), 254);
}
