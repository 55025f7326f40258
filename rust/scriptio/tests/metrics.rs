//! The metrics give published values, and what the definitions give when they
//! are followed unit by unit.
#![allow(clippy::unwrap_used)] // A test that cannot go on should stop.
#![allow(clippy::float_cmp)] // Fast and slow code divide the same integers.

use proptest::prelude::*;
use scriptio::metrics::{
    BoundaryEdits, BoundaryScore, boundary_edits, boundary_score, boundary_similarity, masses_of,
    pk, segmentation_similarity, window_diff, window_size,
};

fn assert_close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() < 5e-7, "{what}: got {got}, expected {expected}");
}

/// Reference, hypothesis, and Pk, `WindowDiff`, B and S of them.
type Worked = (&'static [usize], &'static [usize], [f64; 4]);

const WORKED: &[Worked] = &[
    (&[3, 4, 2, 6, 1, 4], &[3, 3, 3, 6, 2, 3], [0.166_667, 0.222_222, 0.8, 0.947_368]),
    (&[5, 6], &[2, 3, 6], [0.25, 0.25, 0.5, 0.9]),
    (&[2, 3, 3, 3], &[2, 3, 6], [0.222_222, 0.222_222, 0.666_667, 0.9]),
    (&[2, 2, 7], &[2, 3, 6], [0.222_222, 0.222_222, 0.75, 0.95]),
    (&[11], &[2, 3, 6], [1.0, 1.0, 0.0, 0.8]),
    (&[3, 8], &[1, 1, 9], [0.125, 0.25, 0.25, 0.85]),
    (&[3, 2, 2, 4], &[2, 2, 2, 5], [0.222_222, 0.222_222, 0.5, 0.85]),
    (&[5, 2, 5], &[4, 4, 4], [0.4, 0.4, 0.5, 0.909_091]),
];

#[test]
fn worked_values_hold() {
    for &(reference, hypothesis, [p, wd, b, s]) in WORKED {
        let what = format!("{hypothesis:?} against {reference:?}");
        assert_close(pk(reference, hypothesis, None).unwrap(), p, &what);
        assert_close(window_diff(reference, hypothesis, None, false).unwrap(), wd, &what);
        assert_close(boundary_similarity(reference, hypothesis, 2).unwrap(), b, &what);
        assert_close(segmentation_similarity(reference, hypothesis, 2).unwrap(), s, &what);
    }
}

#[test]
fn wider_near_misses_cost_their_distance() {
    let similarity = |reference: &[usize], hypothesis: &[usize]| {
        boundary_similarity(reference, hypothesis, 3).unwrap()
    };
    assert_close(similarity(&[2, 2, 7], &[2, 3, 6]), 0.833_333, "one unit of three");
    assert_close(similarity(&[3, 8], &[1, 1, 9]), 0.333_333, "one unit, and a miss");
    assert_close(similarity(&[5, 2, 5], &[4, 4, 4]), 0.666_667, "twice one unit");
}

#[test]
fn closest_boundaries_are_paired_first_then_the_leftmost() {
    // 2 and 4 in the one, 3 in the other: equally near, so the left one.
    let edits = boundary_edits(&[2, 2, 4], &[3, 5], 3).unwrap();
    assert_eq!(edits.transpositions, [(2, 3)]);
    assert_eq!(edits.additions, 1);
    // 1 against 3 and 4 against 3: the closer pair, although it comes later.
    let edits = boundary_edits(&[1, 3, 4], &[3, 5], 4).unwrap();
    assert_eq!(edits.transpositions, [(3, 4)]);
    // A pair may enclose another one.
    let edits = boundary_edits(&[1, 3, 6], &[3, 4, 3], 7).unwrap();
    assert_eq!(edits.transpositions, [(1, 7), (3, 4)]);
}

#[test]
fn no_near_misses_with_n_t_of_one() {
    let edits = boundary_edits(&[2, 2, 7], &[2, 3, 6], 1).unwrap();
    assert_eq!(edits, BoundaryEdits { matches: 1, additions: 2, transpositions: vec![] });
}

#[test]
fn boundary_free_segmentations_agree() {
    assert_close(boundary_similarity(&[7], &[7], 2).unwrap(), 1.0, "B");
    assert_close(segmentation_similarity(&[7], &[7], 2).unwrap(), 1.0, "S");
    assert_close(boundary_similarity(&[], &[], 2).unwrap(), 1.0, "B of the empty text");
    assert_close(segmentation_similarity(&[1], &[1], 2).unwrap(), 1.0, "S of one unit");
    let score = boundary_score(&[7], &[7], None).unwrap();
    assert_eq!(score, BoundaryScore::default());
    assert_close(score.precision() + score.recall() + score.f1(), 3.0, "F1");
}

#[test]
fn nothing_predicted_scores_nothing() {
    let score = boundary_score(&[3, 7], &[7], None).unwrap();
    assert_close(score.precision() + score.recall() + score.f1(), 0.0, "nothing predicted");
    let score = boundary_score(&[7], &[3, 7], None).unwrap();
    assert_close(score.precision() + score.recall() + score.f1(), 0.0, "nothing to find");
}

#[test]
fn windows_of_hundreds_of_units_are_fine() {
    // An assertion of segeval's fails here.
    assert_close(window_diff(&[600, 600], &[600, 600], None, false).unwrap(), 0.0, "same");
    assert_close(window_diff(&[600, 600], &[1200], None, false).unwrap(), 300.0 / 900.0, "missed");
}

#[test]
fn window_size_rounds_half_to_even() {
    let sizes = [3, 5, 7, 9, 10, 11, 13].map(|mass| window_size(&[mass]));
    assert_eq!(sizes, [2, 2, 4, 4, 5, 6, 6]);
    assert_eq!(window_size(&[]), 2);
}

fn message<T: std::fmt::Debug>(result: Result<T, scriptio::Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn errors_name_argument_value_and_remedy() {
    let totals = message(pk(&[3, 4], &[3, 3], None));
    assert!(totals.contains("reference has 7 units and hypothesis 6"), "{totals}");
    let zero = message(boundary_similarity(&[3, 4], &[3, 0, 4], 2));
    assert!(zero.contains("hypothesis[1] is 0"), "{zero}");
    let n_t = message(segmentation_similarity(&[3], &[3], 0));
    assert!(n_t.contains("n_t is 0; pass 1"), "{n_t}");
    for k in [0, 7, usize::MAX] {
        let k_range = message(window_diff(&[3, 4], &[3, 4], Some(k), true));
        assert!(k_range.contains(&format!("k is {k} in a text of 7 units")), "{k_range}");
    }
    assert!(pk(&[1, 1], &[2], None).is_err(), "no window fits");
    assert!(pk(&[], &[], None).is_err(), "no window fits");
    let huge = message(pk(&[usize::MAX, 2], &[1], None));
    assert!(huge.contains("reference[0]"), "{huge}");

    let order = message(masses_of(&[3, 3]));
    assert!(order.contains("ends[1] is 3 after 3; sort"), "{order}");
    let start = message(masses_of(&[0, 3]));
    assert!(start.contains("ends[0] is 0"), "{start}");
    let ends = message(boundary_score(&[3, 7], &[3, 6], None));
    assert!(ends.contains("gold ends at 7 and pred at 6; pass length"), "{ends}");
    let past = message(boundary_score(&[3, 7], &[3, 9], Some(8)));
    assert!(past.contains("pred has offset 9 in a text of length 8"), "{past}");
}

/// The definitions, unit by unit.
mod slow {
    /// Which places between units are boundaries.
    pub fn places(masses: &[usize]) -> Vec<bool> {
        let mut places: Vec<bool> = Vec::new();
        for &mass in masses {
            places.extend(std::iter::repeat_n(false, mass - 1));
            places.push(true);
        }
        places.pop();
        places
    }

    fn counts(places: &[bool], k: usize) -> Vec<usize> {
        places
            .windows(k)
            .map(|window| window.iter().filter(|&&boundary| boundary).count())
            .collect()
    }

    pub fn pk(reference: &[usize], hypothesis: &[usize], k: usize) -> f64 {
        let [expected, got] = [reference, hypothesis].map(|masses| counts(&places(masses), k));
        let errors = expected.iter().zip(&got).filter(|&(&r, &h)| (r == 0) != (h == 0)).count();
        errors as f64 / expected.len() as f64
    }

    pub fn window_diff(reference: &[usize], hypothesis: &[usize], k: usize, lamprier: bool) -> f64 {
        let padded = |masses: &[usize]| {
            if !lamprier {
                return counts(&places(masses), k);
            }
            // The padding is a segment of its own on either side.
            let masses: Vec<usize> =
                std::iter::once(k).chain(masses.iter().copied()).chain([k]).collect();
            counts(&places(&masses), k)
        };
        let [expected, got] = [padded(reference), padded(hypothesis)];
        let errors = expected.iter().zip(&got).filter(|(r, h)| r != h).count();
        errors as f64 / (expected.len() + usize::from(lamprier)) as f64
    }

    /// Matches, full misses, and near misses in order.
    pub fn edits(
        reference: &[usize],
        hypothesis: &[usize],
        n_t: usize,
    ) -> (usize, usize, Vec<(usize, usize)>) {
        let [mut expected, mut got] = [reference, hypothesis].map(places);
        let mut matches = 0;
        for (r, h) in expected.iter_mut().zip(&mut got) {
            if *r && *h {
                matches += 1;
                (*r, *h) = (false, false);
            }
        }
        let mut near = Vec::new();
        for distance in 1..n_t {
            for left in 0..expected.len().saturating_sub(distance) {
                let right = left + distance;
                if (expected[left] && got[right]) || (got[left] && expected[right]) {
                    near.push((left + 1, right + 1));
                    for place in [left, right] {
                        (expected[place], got[place]) = (false, false);
                    }
                }
            }
        }
        near.sort_unstable();
        let missed = expected.iter().chain(&got).filter(|&&boundary| boundary).count();
        (matches, missed, near)
    }
}

/// Masses of one text, with boundaries at some of the places between units.
fn masses(places: &[bool]) -> Vec<usize> {
    let inner = places.iter().enumerate().filter(|&(_, &boundary)| boundary).map(|(i, _)| i + 1);
    let ends: Vec<usize> = inner.chain([places.len() + 1]).collect();
    masses_of(&ends).unwrap()
}

fn segmentations() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    (1_usize..80, 0.02_f64..0.9, 0.02_f64..0.9).prop_flat_map(|(places, r, h)| {
        let side = |p| prop::collection::vec(prop::bool::weighted(p), places);
        (side(r), side(h)).prop_map(|(r, h)| (masses(&r), masses(&h)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn windows_agree_with_the_definitions((r, h) in segmentations(), k in any::<prop::sample::Index>()) {
        let units: usize = r.iter().sum();
        let k = 1 + k.index(units - 1);
        prop_assert_eq!(pk(&r, &h, Some(k)).unwrap(), slow::pk(&r, &h, k));
        for lamprier in [false, true] {
            prop_assert_eq!(
                window_diff(&r, &h, Some(k), lamprier).unwrap(),
                slow::window_diff(&r, &h, k, lamprier)
            );
        }
    }

    #[test]
    fn edits_agree_with_the_definition((r, h) in segmentations(), n_t in 1_usize..30) {
        let (matches, additions, transpositions) = slow::edits(&r, &h, n_t);
        let edits = boundary_edits(&r, &h, n_t).unwrap();
        prop_assert_eq!(edits, BoundaryEdits { matches, additions, transpositions });
    }

    #[test]
    fn boundary_scores_count_places((r, h) in segmentations()) {
        let [gold, pred] = [&r, &h].map(|masses| {
            let ends = masses.iter().scan(0, |end, mass| { *end += mass; Some(*end) });
            ends.collect::<Vec<usize>>()
        });
        let score = boundary_score(&gold, &pred, None).unwrap();
        let (matches, missed, _) = slow::edits(&r, &h, 1);
        prop_assert_eq!(score.matched, matches);
        prop_assert_eq!(score.gold + score.predicted, 2 * matches + missed);
        prop_assert_eq!(score.gold, r.len() - 1);
    }

    #[test]
    fn similarities_lie_between_0_and_1((r, h) in segmentations(), n_t in 1_usize..9) {
        for value in [
            boundary_similarity(&r, &h, n_t).unwrap(),
            segmentation_similarity(&r, &h, n_t).unwrap(),
        ] {
            prop_assert!((0.0..=1.0).contains(&value), "{}", value);
        }
        prop_assert_eq!(boundary_similarity(&r, &r, n_t).unwrap(), 1.0);
    }
}
