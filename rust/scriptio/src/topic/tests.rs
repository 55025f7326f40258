//! C99 against a plain transcription of the paper, and what holds for any text.
#![allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.

use proptest::prelude::*;

use super::*;
use crate::Lang;

/// The matrix of ranks, as the paper defines it.
fn matrix(units: &[Vec<String>]) -> Vec<Vec<f64>> {
    let n = units.len();
    let count = |unit: &[String], term: &String| unit.iter().filter(|t| *t == term).count() as f64;
    let square = |unit: &[String]| -> f64 { unit.iter().map(|t| count(unit, t)).sum() };
    let similarity = |a: &[String], b: &[String]| {
        let product: f64 = a.iter().map(|term| count(b, term)).sum();
        if product > 0.0 { (product / (square(a) * square(b)).sqrt()) as f32 } else { 0.0 }
    };
    let rank = |i: usize, j: usize| {
        let own = similarity(&units[i], &units[j]);
        let (mut smaller, mut all) = (0.0, 0.0);
        for row in i.saturating_sub(5)..(i + 6).min(n) {
            for column in j.saturating_sub(5)..(j + 6).min(n) {
                smaller += f64::from(u8::from(similarity(&units[row], &units[column]) < own));
                all += 1.0;
            }
        }
        // Fixed point, so that equal densities are equal here, too.
        (smaller * f64::from(1 << 30) / f64::max(all - 1.0, 1.0)).floor()
    };
    (0..n).map(|i| (0..n).map(|j| rank(i, j)).collect()).collect()
}

/// Divisive clustering with every sum computed anew.
fn plain(units: &[Vec<String>], count: usize, min_units: usize) -> Vec<usize> {
    let ranks = matrix(units);
    let mut bounds = vec![0, units.len()];
    let density = |bounds: &[usize]| {
        let (mut sum, mut area) = (0.0, 0.0);
        for pair in bounds.windows(2) {
            for row in &ranks[pair[0]..pair[1]] {
                sum += row[pair[0]..pair[1]].iter().sum::<f64>();
                area += (pair[1] - pair[0]) as f64;
            }
        }
        sum / area
    };
    while bounds.len() <= count {
        let mut best: Option<(f64, Vec<usize>)> = None;
        for pair in bounds.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let places = start + min_units..(end + 1).saturating_sub(min_units);
            let inside: Vec<(usize, f64)> =
                places.map(|at| (at, density(&[start, at, end]))).collect();
            let Some(&first) = inside.first() else { continue };
            let later =
                |a: (usize, f64), b: (usize, f64)| if b.1 > 0.0 && b.1 >= a.1 { b } else { a };
            let (at, _) = inside.into_iter().fold(first, later);
            let mut tried = bounds.clone();
            tried.push(at);
            tried.sort_unstable();
            let found = density(&tried);
            if best.as_ref().is_none_or(|(most, _)| found >= *most) {
                best = Some((found, tried));
            }
        }
        match best {
            Some((_, tried)) => bounds = tried,
            None => break,
        }
    }
    bounds[1..bounds.len() - 1].to_vec()
}

fn segmenter(method: Method, unit: Unit, limits: Limits) -> TopicSegmenter {
    let lang = Lang::new("en").unwrap();
    let sentences = SentenceSegmenter::new(lang);
    TopicSegmenter { method, unit, sentences, terms: Terms::new(lang, None), limits }
}

proptest! {
    #[test]
    fn c99_is_the_plain_algorithm(
        units in prop::collection::vec(prop::collection::vec("[a-f]", 0..6), 1..24),
        count in 1..8_usize,
        min_units in 1..4_usize,
    ) {
        let limits = Limits { count: Some(count), deviations: None, min_units };
        prop_assert_eq!(cuts(Method::C99, &units, limits), plain(&units, count, min_units));
    }

    #[test]
    fn segments_are_whole_units_and_the_text(
        text in "([a-c ]{0,9}[.\n é。]{1,3}){0,30}",
        tiles in any::<bool>(),
        unit in 0..3_usize,
        count in prop::option::of(1..6_usize),
        min_units in 0..4_usize,
    ) {
        let method = if tiles { Method::TextTiling } else { Method::C99 };
        let unit = [Unit::Paragraph, Unit::Line, Unit::Sentence][unit];
        let topics = segmenter(method, unit, Limits { count, deviations: None, min_units });
        prop_assert_eq!(topics.split(&text).concat(), text.as_str());
        let mut units = Vec::new();
        unit.ends(&text, &topics.sentences, &mut units);
        let mut ends = Vec::new();
        topics.ends(&text, &mut ends);
        let mut before = 0;
        for end in &ends {
            let at = units.binary_search(end).unwrap() + 1;
            prop_assert!(at - before >= min_units.min(units.len()));
            before = at;
        }
        if let Some(count) = count {
            prop_assert!(ends.len() <= count);
        }
    }
}

#[test]
fn as_many_segments_as_asked_if_there_are_units_enough() {
    let units: Vec<Vec<String>> = (0..7).map(|i| vec![format!("w{}", i % 3)]).collect();
    for count in 1..10 {
        let limits = Limits { count: Some(count), ..Limits::default() };
        assert_eq!(cuts(Method::C99, &units, limits).len() + 1, count.min(7));
    }
    assert!(cuts(Method::C99, &[] as &[Vec<&str>], Limits::default()).is_empty());
    assert!(cuts(Method::TextTiling, &[] as &[Vec<&str>], Limits::default()).is_empty());
    assert!(cuts(Method::C99, &[vec!["a"]], Limits::default()).is_empty());
}

#[test]
fn equal_and_empty_units_end_soon_enough() {
    for unit in [vec![], vec!["same"]] {
        let units = vec![unit; 400];
        for method in [Method::C99, Method::TextTiling] {
            let _ = cuts(method, &units, Limits::default());
        }
    }
}

#[test]
fn names_are_checked() {
    assert!(Method::new("c98").unwrap_err().to_string().contains("\"c99\""));
    assert!(Unit::new("page").unwrap_err().to_string().contains("\"paragraph\""));
}
