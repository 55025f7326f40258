//! Decoders: exact within the limits, lossless on any input.
#![allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.
#![allow(clippy::float_cmp)] // Probabilities come out as they went in.

use proptest::prelude::*;
use scriptio::scores::{Algorithm, Decoder, DecoderBuilder, Meaning, Prior, PriorShape};
use scriptio::{Boundary, BoundaryKind, Newlines, spans_of};

const SHAPES: [PriorShape; 4] = [
    PriorShape::Uniform,
    PriorShape::Gaussian,
    PriorShape::ClippedPolynomial,
    PriorShape::Lognormal,
];

fn pack() -> DecoderBuilder {
    Decoder::builder().meaning(Meaning::Pack)
}

fn decode(builder: DecoderBuilder, text: &str, ends: &[usize], p: &[f32]) -> Vec<Boundary> {
    builder.build().unwrap().decode(text, ends, p).unwrap()
}

fn pieces<'t>(text: &'t str, boundaries: &[Boundary]) -> Vec<&'t str> {
    let ends: Vec<usize> = boundaries.iter().map(|boundary| boundary.offset).collect();
    spans_of(&ends).map(|span| &text[span.range()]).collect()
}

fn lengths(text: &str, boundaries: &[Boundary]) -> Vec<usize> {
    pieces(text, boundaries).iter().map(|piece| piece.chars().count()).collect()
}

/// Lengths of the segments of a text of letters with a candidate behind each.
fn dense(builder: DecoderBuilder, p: &[f32]) -> Vec<usize> {
    let text = "x".repeat(p.len());
    let ends: Vec<usize> = (1..=p.len()).collect();
    lengths(&text, &decode(builder, &text, &ends, p))
}

/// A candidate at the end of each word.
fn words(text: &str) -> Vec<usize> {
    let ends = text.split_inclusive(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len();
        Some(start + word.trim_end().len())
    });
    ends.collect()
}

#[test]
fn above_the_threshold_and_not_at_it() {
    let text = "a b c d";
    let of = |threshold| {
        let builder = Decoder::builder().threshold(threshold);
        pieces(text, &decode(builder, text, &[1, 3, 5, 7], &[0.25, 0.5, 0.75, 1.0]))
    };
    assert_eq!(of(0.5), ["a b c ", "d"]);
    assert_eq!(of(0.25), ["a b ", "c ", "d"]);
    assert_eq!(of(-1.0), ["a ", "b ", "c ", "d"]);
    assert_eq!(of(1.0), [text]);
}

#[test]
fn empty_and_white_texts() {
    for builder in [Decoder::builder(), pack(), pack().max_length(Some(60))] {
        assert_eq!(decode(builder.clone(), "", &[], &[]), []);
        assert_eq!(
            pieces(" \n\n\t", &decode(builder, " \n\n\t", &[1, 4], &[0.9, 0.9])),
            [" \n\n\t"]
        );
    }
}

#[test]
fn line_breaks_end_segments_as_the_policy_says() {
    let text = "a\n\nb\nc d";
    let of =
        |newlines| pieces(text, &decode(Decoder::builder().newlines(newlines), text, &[], &[]));
    assert_eq!(of(Newlines::Paragraph), ["a\n\n", "b\nc d"]);
    assert_eq!(of(Newlines::Always), ["a\n\n", "b\n", "c d"]);
    assert_eq!(of(Newlines::Never), [text]);
    let boundaries = decode(Decoder::builder(), text, &[1], &[0.9]);
    assert_eq!(boundaries[0].kind, BoundaryKind::Paragraph);
    assert_eq!(boundaries[0].probability, Some(1.0));
    assert_eq!(boundaries[1].kind, BoundaryKind::End);
}

#[test]
fn a_boundary_has_the_probability_of_its_candidate() {
    let boundaries = decode(Decoder::builder(), "ab cd ef", &[2, 5, 8], &[0.9, 0.2, 0.1]);
    let found: Vec<_> = boundaries.iter().map(|b| b.probability).collect();
    assert_eq!(found, [Some(0.9), Some(1.0)]);
    let hard = decode(Decoder::builder().max_length(Some(3)), "abcde", &[5], &[0.9]);
    assert_eq!(hard.iter().map(|b| b.probability).collect::<Vec<_>>(), [Some(0.0), Some(1.0)]);
}

#[test]
fn packing_makes_as_few_cuts_as_possible_where_they_are_most_probable() {
    let mut p = vec![0.0; 100];
    (p[49], p[99]) = (0.99, 0.99);
    assert_eq!(dense(pack().max_length(Some(60)), &p), [50, 50]);
    // Without a maximum no cut is worth its price, whatever the minimum.
    let p: Vec<f32> = (0..2_000).map(|i| (i % 10) as f32 / 10.0).collect();
    assert_eq!(dense(pack().min_length(10), &p), [2_000]);
    assert_eq!(dense(pack(), &p), [2_000]);
}

#[test]
fn tight_limits_on_fixed_probabilities() {
    let of = |min, max, p: &[f32]| dense(pack().min_length(min).max_length(Some(max)), p);
    assert_eq!(of(5, 5, &[0.5; 15]), [5, 5, 5]);
    assert_eq!(of(5, 5, &[0.0; 15]), [5, 5, 5]);
    assert_eq!(of(4, 6, &[0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9]), [4, 6]);
    assert_eq!(of(3, 5, &[0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9]), [3, 5]);
    assert_eq!(of(3, 5, &[0.1, 0.3, 0.5, 0.7, 0.9, 0.2, 0.4, 0.6, 0.8, 1.0]), [5, 5]);
    // Seven cannot be pieces of four to five: the maximum wins, the minimum is missed once.
    let impossible = of(4, 5, &[0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9]);
    assert_eq!(impossible, [5, 2]);
    assert_eq!(of(200, 300, &[0.5; 100]), [100]);
    assert_eq!(of(50, 100, &[0.9; 10]), [10]);
}

#[test]
fn greedy_ends_within_the_limits_too() {
    let greedy = |min, max, p: &[f32]| {
        let builder = pack().algorithm(Algorithm::Greedy);
        dense(builder.min_length(min).max_length(Some(max)), p)
    };
    let mut p = vec![0.0; 100];
    (p[24], p[49], p[84]) = (0.9, 0.9, 0.9);
    let found = greedy(20, 40, &p);
    assert!(found.iter().all(|len| (20..=40).contains(len)), "{found:?}");
    assert_eq!(found[..2], [25, 25]);
    // The next cut is the best one now, whatever it leaves to the others.
    assert_eq!(greedy(1, 4, &[0.1, 0.9, 0.1, 0.8, 0.1, 0.1]), [2, 4]);
}

#[test]
fn uniform_probabilities_still_make_segments() {
    let found = dense(pack().max_length(Some(25)), &[0.5; 100]);
    assert_eq!(found, [25; 4]);
    let found = dense(pack().max_length(Some(25)), &[0.5; 110]);
    assert_eq!(found, [25, 25, 25, 25, 10]);
}

#[test]
fn a_prior_that_nothing_fits_still_decides() {
    let polynomial = Prior::new(PriorShape::ClippedPolynomial, 50.0, 1.0).unwrap();
    let p = [0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9];
    assert_eq!(dense(pack().prior(polynomial).min_length(3).max_length(Some(5)), &p), [3, 5]);
}

#[test]
fn priors_draw_lengths_to_the_target() {
    for shape in &SHAPES[1..] {
        let prior = Prior::new(*shape, 40.0, 5.0).unwrap();
        let found = dense(pack().prior(prior).min_length(20).max_length(Some(60)), &[0.5; 400]);
        // The lognormal prior charges every segment the logarithm of its length.
        let off = if *shape == PriorShape::Lognormal { 5 } else { 0 };
        assert!(found.iter().all(|&len| len.abs_diff(40) <= off), "{shape:?} {found:?}");
        let free = dense(pack().prior(prior), &[0.5; 400]);
        assert!(free.iter().all(|len| (30..=50).contains(len)), "{shape:?} {free:?}");
    }
}

const SHORT: &str = "One two. Three four five six seven. Eight. Nine ten eleven twelve.";

/// Full stops are probable, commas a little, other words hardly.
fn scored(text: &str) -> (Vec<usize>, Vec<f32>) {
    let ends = words(text);
    let p = ends.iter().map(|&end| match text.as_bytes()[end - 1] {
        b'.' => 0.9,
        b',' => 0.3,
        _ => 0.01,
    });
    let p = p.collect();
    (ends, p)
}

fn sentences(text: &str, min: usize, max: Option<usize>) -> Vec<&str> {
    let (ends, p) = scored(text);
    pieces(text, &decode(Decoder::builder().min_length(min).max_length(max), text, &ends, &p))
}

#[test]
fn sentences_that_fit_stay_as_they_are() {
    let expected =
        ["One two. ", "Three four five six seven. ", "Eight. ", "Nine ten eleven twelve."];
    assert_eq!(sentences(SHORT, 1, None), expected);
    assert_eq!(sentences(SHORT, 1, Some(27)), expected);
    assert_eq!(sentences(SHORT, 7, Some(27)), expected);
    // Packing fills segments up instead.
    let (ends, p) = scored(SHORT);
    let packed = decode(pack().max_length(Some(45)), SHORT, &ends, &p);
    assert_eq!(
        pieces(SHORT, &packed),
        ["One two. Three four five six seven. Eight. ", expected[3]]
    );
}

#[test]
fn only_what_is_too_long_is_divided() {
    let text = "Short one. This one is far too long, so it is divided, and where is plain. Short.";
    let found = sentences(text, 1, Some(30));
    assert_eq!(found[0], "Short one. ");
    assert_eq!(found[1..3], ["This one is far too long, ", "so it is divided, "]);
    assert_eq!(found.last(), Some(&"Short."));
    assert!(found.iter().all(|piece| piece.len() <= 30));
}

#[test]
fn only_what_is_too_short_is_merged() {
    assert_eq!(
        sentences(SHORT, 10, None),
        ["One two. Three four five six seven. Eight. ", "Nine ten eleven twelve."],
    );
    // The weaker boundary goes.
    let text = "aaaaaaaaaaaa. bb. cccccccccccc.";
    for (p, expected) in [
        ([0.6, 0.9, 1.0], ["aaaaaaaaaaaa. bb. ", "cccccccccccc."]),
        ([0.9, 0.6, 1.0], ["aaaaaaaaaaaa. ", "bb. cccccccccccc."]),
    ] {
        let builder = Decoder::builder().min_length(8);
        assert_eq!(pieces(text, &decode(builder, text, &[13, 17, 31], &p)), expected);
    }
}

#[test]
fn the_minimum_is_kept_between_neighbours_that_are_full() {
    let text = "aaaa aaaa aaaa aaaa. bb. cccc cccc cccc cccc.";
    let found = sentences(text, 10, Some(22));
    assert_eq!(found.concat(), text);
    assert!(found.iter().all(|piece| (10..=22).contains(&piece.len())), "{found:?}");
}

#[test]
fn a_blank_line_yields_to_the_minimum_alone() {
    let text = "Title\n\nA sentence of some length. Another one of it.\n\nEnd";
    let of = |builder: DecoderBuilder| {
        let (ends, p) = scored(text);
        pieces(text, &decode(builder, text, &ends, &p))
    };
    for builder in [pack().max_length(Some(200)), pack()] {
        assert_eq!(
            of(builder),
            ["Title\n\n", "A sentence of some length. Another one of it.\n\n", "End"]
        );
    }
    assert_eq!(of(pack().min_length(10)), [text]);
    assert_eq!(
        of(Decoder::builder().min_length(10)),
        ["Title\n\nA sentence of some length. ", "Another one of it.\n\nEnd"],
    );
}

#[test]
fn a_long_word_is_cut_alone() {
    let text = format!("Some words here. {} More words.", "x".repeat(70));
    let found = sentences(&text, 1, Some(30));
    let lengths: Vec<usize> = found.iter().map(|piece| piece.len()).collect();
    assert_eq!(lengths, [17, 30, 30, 22]);
    assert_eq!(found[3], "xxxxxxxxxx More words.");
}

#[test]
fn without_candidates_white_space_is_cut_behind() {
    let text = "the quick brown fox jumps over the lazy dog";
    let found = pieces(text, &decode(Decoder::builder().max_length(Some(12)), text, &[], &[]));
    assert_eq!(found, ["the quick ", "brown fox ", "jumps over ", "the lazy dog"]);
}

#[test]
fn hostile_input_keeps_the_maximum() {
    let many = 1 << 16;
    for text in [
        " ".repeat(many),
        "x".repeat(many),
        ".".repeat(many),
        "\u{301}".repeat(many),
        "e\u{301}".repeat(many),
        "🇩🇪".repeat(many / 4),
        "\n".repeat(many),
        "\r\n".repeat(many),
        "a ".repeat(many),
        format!("a{}b", " ".repeat(many)),
        "\0".repeat(many),
    ] {
        let all: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
        let p: Vec<f32> = all.iter().map(|at| (at % 7) as f32 / 7.0).collect();
        for (ends, p) in [(&[][..], &[][..]), (&all[..], &p[..])] {
            for meaning in [Meaning::Sentences, Meaning::Pack] {
                let builder =
                    Decoder::builder().meaning(meaning).min_length(3).max_length(Some(10));
                let boundaries = decode(builder, &text, ends, p);
                assert_eq!(boundaries.last().unwrap().offset, text.len());
                let lengths = lengths(&text, &boundaries);
                assert!(lengths.iter().all(|len| (3..=10).contains(len)), "{:?}", &text[..6]);
            }
        }
    }
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let refused = |builder: DecoderBuilder| builder.build().unwrap_err().to_string();
    assert!(refused(pack().min_length(0)).contains("min_length is 0"));
    assert!(refused(pack().max_length(Some(0))).contains("max_length is 0"));
    assert!(refused(pack().min_length(5).max_length(Some(4))).contains("greater than max_length"));
    assert!(refused(pack().threshold(f32::NAN)).contains("threshold"));
    assert!(Meaning::new("words").unwrap_err().to_string().contains("sentences, pack"));
    assert!(Algorithm::new("beam").unwrap_err().to_string().contains("viterbi, greedy"));
}

/// Text with candidates at some of its code points.
fn input() -> impl Strategy<Value = (String, Vec<usize>, Vec<f32>)> {
    let piece = prop::sample::select(
        &[
            "a",
            "word",
            "é",
            "字",
            " ",
            " ",
            "  ",
            "\n",
            "\n\n",
            "\r\n",
            ".",
            "e\u{301}",
            "🇩🇪",
            "👩\u{200d}👧",
        ][..],
    );
    let text = prop_oneof![
        prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ];
    text.prop_flat_map(|text| {
        let places: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let many = prop_oneof![Just(1.0), Just(0.3), Just(0.03)];
        (Just(text), many, any::<u64>()).prop_map(move |(text, share, seed)| {
            let mut state = seed | 1;
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 40) as f32 / (1 << 24) as f32
            };
            let mut ends = places.clone();
            ends.retain(|_| random() < share);
            let p = ends.iter().map(|_| random().powi(3)).collect();
            (text, ends, p)
        })
    })
}

fn policy() -> impl Strategy<Value = DecoderBuilder> {
    let newlines = [Newlines::Paragraph, Newlines::Always, Newlines::Never];
    let prior = (prop::sample::select(&SHAPES[..]), 1.0..100.0, 0.5..50.0)
        .prop_map(|(shape, target, spread)| Prior::new(shape, target, spread).unwrap());
    let algorithms = [Algorithm::Viterbi, Algorithm::Greedy];
    (
        prop::sample::select(newlines.to_vec()),
        prior,
        prop::sample::select(algorithms.to_vec()),
        prop::sample::select(vec![Meaning::Sentences, Meaning::Pack]),
        0.0_f32..1.0,
    )
        .prop_map(|(newlines, prior, algorithm, meaning, threshold)| {
            Decoder::builder()
                .newlines(newlines)
                .prior(prior)
                .algorithm(algorithm)
                .meaning(meaning)
                .threshold(threshold)
        })
}

/// The score of packing a text of letters, by the formula.
fn objective(prior: &Prior, p: &[f32], lengths: &[usize]) -> f64 {
    let mut at = 0;
    let mut sum = 0.0;
    for &len in lengths {
        at += len;
        sum += prior.log(len);
        if at < p.len() {
            sum += f64::from(p[at - 1]).ln();
        }
    }
    sum
}

/// All ways to cut `length` into pieces within the limits.
fn compositions(length: usize, min: usize, max: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    (min..=max.min(length))
        .flat_map(|first| {
            compositions(length - first, min, max).into_iter().map(move |mut rest| {
                rest.insert(0, first);
                rest
            })
        })
        .collect()
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn limits_hold_and_nothing_is_lost(
        (text, ends, p) in input(), policy in policy(), min in 1_usize..40, over in 0_usize..60,
    ) {
        let chars = text.chars().count();
        for (min, max) in [(1, min + over), (min, min + over), (min, 2 * min + over)] {
            let builder = policy.clone().min_length(min).max_length(Some(max));
            let boundaries = decode(builder.clone(), &text, &ends, &p);
            prop_assert_eq!(pieces(&text, &boundaries).concat(), text.as_str());
            let lengths = lengths(&text, &boundaries);
            prop_assert!(lengths.iter().all(|&len| 0 < len && len <= max), "{lengths:?} {max}");
            if 2 * min <= max + 1 && chars >= min {
                prop_assert!(lengths.iter().all(|&len| len >= min), "{lengths:?} {min}");
            }
            prop_assert_eq!(decode(builder, &text, &ends, &p), boundaries);
        }
        let boundaries = decode(policy.min_length(min), &text, &ends, &p);
        prop_assert_eq!(pieces(&text, &boundaries).concat(), text.as_str());
        let lengths = lengths(&text, &boundaries);
        prop_assert!(lengths.iter().all(|&len| len >= min.min(chars)), "{lengths:?} {min}");
    }

    #[test]
    fn a_lower_threshold_only_adds_boundaries((text, ends, p) in input(), a: f32, b: f32) {
        prop_assume!(!a.is_nan() && !b.is_nan());
        let of = |threshold: f32| -> Vec<usize> {
            decode(Decoder::builder().threshold(threshold), &text, &ends, &p)
                .iter()
                .map(|boundary| boundary.offset)
                .collect()
        };
        let (many, few) = (of(a.min(b)), of(a.max(b)));
        prop_assert!(few.iter().all(|end| many.contains(end)), "{many:?} {few:?}");
    }

    #[test]
    fn limits_that_nothing_breaks_change_no_sentence((text, ends, p) in input(), policy in policy()) {
        let policy = policy.meaning(Meaning::Sentences);
        let plain = decode(policy.clone(), &text, &ends, &p);
        let longest = lengths(&text, &plain).into_iter().max().unwrap_or(1);
        let shortest = lengths(&text, &plain).into_iter().min().unwrap_or(1);
        let policy = policy.max_length(Some(longest)).algorithm(Algorithm::Viterbi);
        prop_assert_eq!(&decode(policy.clone(), &text, &ends, &p), &plain);
        prop_assert_eq!(&decode(policy.min_length(shortest), &text, &ends, &p), &plain);
    }

    #[test]
    fn packing_is_the_best_of_all(
        p in prop::collection::vec(0.001_f32..1.0, 1..=12), shape in prop::sample::select(&SHAPES[..]),
        target in 1.0..12.0, spread in 0.5..6.0, min in 1_usize..5, over in 0_usize..6,
    ) {
        let prior = Prior::new(shape, target, spread).unwrap();
        let max = min + over;
        let all = compositions(p.len(), min, max);
        prop_assume!(!all.is_empty());
        let best = all.iter().map(|way| objective(&prior, &p, way)).fold(f64::NEG_INFINITY, f64::max);
        let found = dense(pack().prior(prior).min_length(min).max_length(Some(max)), &p);
        prop_assert!(all.contains(&found), "{found:?}");
        let reached = objective(&prior, &p, &found);
        prop_assert!((reached - best).abs() <= 1e-9 * best.abs().max(1.0), "{reached} {best}");
    }
}
