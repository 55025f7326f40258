//! Merges of tokens against a plain version that counts from scratch.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::dynamic::*;
use proptest::prelude::*;

const FIRST: u32 = 1000;

fn goal(merges: usize) -> Goal {
    Goal { merges: Some(merges), reduction: None, min_count: 1 }
}

/// Words of a batch, each by itself: what the plain versions below work on.
fn words(batch: &[Sequence<'_>]) -> Vec<Vec<u32>> {
    let of_one = |sequence: &Sequence<'_>| -> Vec<Vec<u32>> {
        sequence.words().map(|(start, end)| sequence.ids[start..end].to_vec()).collect()
    };
    batch.iter().flat_map(of_one).collect()
}

/// How often each pair can be merged, counted from scratch.
fn counts(words: &[Vec<u32>]) -> HashMap<(u32, u32), usize> {
    let mut counts = HashMap::new();
    for word in words {
        let mut free: HashMap<(u32, u32), usize> = HashMap::new();
        for (at, pair) in word.windows(2).enumerate() {
            let pair = (pair[0], pair[1]);
            if free.get(&pair).is_none_or(|&from| at >= from) {
                *counts.entry(pair).or_default() += 1;
                free.insert(pair, at + 2);
            }
        }
    }
    counts
}

fn merged(word: &[u32], merge: &Merge) -> Vec<u32> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < word.len() {
        if word[at..].starts_with(&[merge.left, merge.right]) {
            out.push(merge.id);
            at += 2;
        } else {
            out.push(word[at]);
            at += 1;
        }
    }
    out
}

type Batch = Vec<(Vec<u32>, Vec<usize>)>;

fn sequences(batch: &Batch) -> Vec<Sequence<'_>> {
    batch.iter().map(|(ids, word_starts)| Sequence { ids, word_starts }).collect()
}

fn batches() -> impl Strategy<Value = Batch> {
    // Few ids make long runs and many ties.
    let sequence = (1..6_u32).prop_flat_map(|ids| {
        (prop::collection::vec(0..ids, 0..40), prop::collection::btree_set(0..40_usize, 0..8))
    });
    let sequence = sequence.prop_map(|(ids, starts)| {
        let starts = starts.into_iter().filter(|&start| start < ids.len()).collect();
        (ids, starts)
    });
    prop::collection::vec(sequence, 0..6)
}

proptest! {
    #[test]
    fn each_merge_is_the_commonest_pair_of_a_recount(batch in batches()) {
        let batch = sequences(&batch);
        let (bpe, out) = DynamicBpe::learn(&batch, FIRST, goal(usize::MAX)).unwrap();
        let mut plain = words(&batch);
        for merge in bpe.merges() {
            let counts = counts(&plain);
            let best = counts.iter().max_by_key(|&(&pair, &count)| (count, Reverse(pair)));
            prop_assert_eq!(best, Some((&(merge.left, merge.right), &merge.count)));
            let before: usize = plain.iter().map(Vec::len).sum();
            plain = plain.iter().map(|word| merged(word, merge)).collect();
            let after: usize = plain.iter().map(Vec::len).sum();
            prop_assert_eq!(before - after, merge.count);
        }
        prop_assert!(counts(&plain).is_empty());
        let ids: Vec<u32> = out.iter().flat_map(|merged| merged.ids.clone()).collect();
        prop_assert_eq!(ids, plain.concat());
    }

    #[test]
    fn any_number_of_merges_is_a_prefix_and_expands_again(
        batch in batches(), merges in 0..20_usize, min_count in 1..4_usize,
    ) {
        let batch = sequences(&batch);
        let (whole, _) = DynamicBpe::learn(&batch, FIRST, goal(usize::MAX)).unwrap();
        let goal = Goal { min_count, ..goal(merges) };
        let (bpe, out) = DynamicBpe::learn(&batch, FIRST, goal).unwrap();
        let kept = whole.merges().iter().take_while(|merge| merge.count >= min_count);
        prop_assert!(bpe.merges().iter().eq(kept.take(merges)));
        for (sequence, merged) in batch.iter().zip(&out) {
            prop_assert_eq!(bpe.expand(&merged.ids).unwrap(), sequence.ids);
            prop_assert_eq!(merged.ids.len(), merged.ends.len());
            prop_assert_eq!(merged.ends.last().copied().unwrap_or(0), sequence.ids.len());
            let mut start = 0;
            for (&id, &end) in merged.ids.iter().zip(&merged.ends) {
                prop_assert_eq!(bpe.expand(&[id]).unwrap(), &sequence.ids[start..end]);
                start = end;
            }
            for word in sequence.word_starts {
                prop_assert!(*word == 0 || merged.ends.contains(word));
            }
            prop_assert_eq!(&bpe.apply(*sequence).unwrap(), merged);
        }
    }

    #[test]
    fn the_order_of_the_batch_does_not_matter(
        (batch, shuffled) in batches().prop_flat_map(|batch| {
            (Just(batch.clone()), Just(batch).prop_shuffle())
        }),
    ) {
        let (one, _) = DynamicBpe::learn(&sequences(&batch), FIRST, goal(9)).unwrap();
        let (other, _) = DynamicBpe::learn(&sequences(&shuffled), FIRST, goal(9)).unwrap();
        prop_assert_eq!(one.merges(), other.merges());
    }

    #[test]
    fn unseen_sequences_are_merged_rank_by_rank(batch in batches(), other in batches()) {
        let (bpe, _) = DynamicBpe::learn(&sequences(&batch), FIRST, goal(9)).unwrap();
        for sequence in sequences(&other) {
            let mut plain = words(&[sequence]);
            for merge in bpe.merges() {
                plain = plain.iter().map(|word| merged(word, merge)).collect();
            }
            prop_assert_eq!(bpe.apply(sequence).unwrap().ids, plain.concat());
        }
    }

    #[test]
    fn a_reduction_is_reached_with_the_fewest_merges(batch in batches(), share in 0.0..1.0) {
        let batch = sequences(&batch);
        let total: usize = batch.iter().map(|sequence| sequence.ids.len()).sum();
        let goal = Goal { merges: None, reduction: Some(share), min_count: 1 };
        let (bpe, out) = DynamicBpe::learn(&batch, FIRST, goal).unwrap();
        let lost: usize = bpe.merges().iter().map(|merge| merge.count).sum();
        prop_assert_eq!(out.iter().map(|merged| merged.ids.len()).sum::<usize>(), total - lost);
        let short = |lost: usize| (lost as f64) < share * total as f64;
        if let Some(last) = bpe.merges().last() {
            prop_assert!(short(lost - last.count));
        }
        let words = words(&batch).len();
        prop_assert!(!short(lost) || total - lost == words);
    }
}

#[test]
fn overlapping_pairs_count_as_often_as_they_can_be_merged() {
    for (len, left) in [(2, 1), (3, 2), (4, 2), (5, 3), (9, 5)] {
        let ids = vec![7; len];
        let sequence = Sequence { ids: &ids, word_starts: &[] };
        let (bpe, out) = DynamicBpe::learn(&[sequence], FIRST, goal(1)).unwrap();
        assert_eq!(bpe.merges()[0].count, len / 2);
        assert_eq!(out[0].ids.len(), left);
    }
}

#[test]
fn a_long_run_of_one_token_takes_few_merges() {
    let ids = vec![7; 1 << 18];
    let sequence = Sequence { ids: &ids, word_starts: &[] };
    let (bpe, out) = DynamicBpe::learn(&[sequence], FIRST, goal(usize::MAX)).unwrap();
    assert_eq!(bpe.merges().len(), 18);
    assert_eq!(out[0].ends, [1 << 18]);
    assert_eq!(bpe.apply(sequence).unwrap(), out[0]);
}

#[test]
fn words_are_kept_apart() {
    let sequence = Sequence { ids: &[1, 2, 1, 2], word_starts: &[1, 3] };
    let (bpe, out) = DynamicBpe::learn(&[sequence], FIRST, goal(9)).unwrap();
    assert_eq!(out[0].ids, [1, FIRST, 2]);
    assert_eq!((bpe.merges()[0].left, bpe.merges()[0].right), (2, 1));
    assert_eq!(out[0].ends, [1, 3, 4]);
}

#[test]
fn a_table_is_built_again_from_its_pairs() {
    let sequence = Sequence { ids: &[1, 2, 3, 1, 2, 3, 1, 2], word_starts: &[] };
    let (bpe, out) = DynamicBpe::learn(&[sequence], FIRST, goal(2)).unwrap();
    let pairs: Vec<_> = bpe.merges().iter().map(|merge| (merge.left, merge.right)).collect();
    let again = DynamicBpe::from_pairs(FIRST, &pairs).unwrap();
    assert_eq!(again.apply(sequence).unwrap(), out[0]);
    assert_eq!(again.expand(&out[0].ids).unwrap(), sequence.ids);
}

#[test]
fn what_cannot_be_is_refused() {
    let learn = |ids: &[u32], word_starts: &[usize], first_id, goal| {
        let batch = [Sequence { ids, word_starts }];
        DynamicBpe::learn(&batch, first_id, goal).unwrap_err().to_string()
    };
    let nothing = Goal { merges: None, ..goal(1) };
    let vast = Goal { reduction: Some(1.5), ..goal(1) };
    let nan = Goal { reduction: Some(f64::NAN), ..goal(1) };
    assert!(learn(&[1], &[], 9, nothing).starts_with("neither merges nor reduction"));
    assert!(learn(&[1], &[], 9, vast).starts_with("reduction is 1.5"));
    assert!(learn(&[1], &[], 9, nan).starts_with("reduction is NaN"));
    assert!(learn(&[1], &[], 9, Goal { min_count: 0, ..goal(1) }).starts_with("min_count is 0"));
    assert!(learn(&[1, 9], &[], 9, goal(1)).starts_with("batch[0] holds the id 9 at 1"));
    assert!(learn(&[1], &[1], 9, goal(1)).contains("starts at 1, but"));
    assert!(learn(&[1, 2], &[1, 1], 9, goal(1)).contains("must rise"));
    let ids = [1, 1, 1, 1, 1, 1];
    assert!(learn(&ids, &[], u32::MAX - 1, goal(9)).contains("no 32-bit id for merge number 1"));

    let table = |pairs: &[(u32, u32)]| DynamicBpe::from_pairs(5, pairs).unwrap_err().to_string();
    assert!(table(&[(1, 5)]).contains("5 is no token yet"));
    assert!(table(&[(1, 2), (1, 2)]).contains("merge number 0 again"));
    let doubling: Vec<_> = [(0, 0)].into_iter().chain((5..60).map(|id| (id, id))).collect();
    assert!(table(&doubling).contains("more tokens than 32 bits count"));
    let bpe = DynamicBpe::from_pairs(5, &[(1, 2)]).unwrap();
    assert!(bpe.expand(&[1, 6]).unwrap_err().to_string().starts_with("ids[1] is 6"));
}
