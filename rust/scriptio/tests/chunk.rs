//! Chunks: covering, limits, structure, overlap, sizers that are no sums.
#![allow(clippy::unwrap_used, clippy::string_slice)] // A failure is the message.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::LazyLock;

use proptest::prelude::*;
use scriptio::chunk::{
    Break, BreakKind, Chunk, Chunker, ChunkerBuilder, Context, Level, Packing, Sizer, Unit,
};
use scriptio::{Error, Lang, SentenceSegmenter};

/// Making a segmenter takes longer than most cases do.
static SENTENCES: LazyLock<SentenceSegmenter> =
    LazyLock::new(|| SentenceSegmenter::new(Lang::new("und").unwrap()));

fn chunks(builder: ChunkerBuilder, text: &str, breaks: &[Break], sizer: &dyn Sizer) -> Vec<Chunk> {
    let builder = builder.sentences(SENTENCES.clone());
    builder.build().unwrap().chunk(text, breaks, &Context::default(), sizer).unwrap()
}

fn texts<'t>(chunks: &[Chunk], text: &'t str) -> Vec<&'t str> {
    chunks.iter().map(|chunk| &text[chunk.start..chunk.end]).collect()
}

fn split(builder: ChunkerBuilder, text: &str) -> Vec<&str> {
    texts(&chunks(builder, text, &[], &Unit::Chars), text)
}

fn refused(builder: ChunkerBuilder, text: &str, sizer: &dyn Sizer) -> String {
    let chunker = builder.build().unwrap();
    chunker.chunk(text, &[], &Context::default(), sizer).unwrap_err().to_string()
}

/// Counts words, with some more for each text; and how often it was asked.
struct Special {
    more: usize,
    calls: Cell<usize>,
}

impl Special {
    fn new(more: usize) -> Self {
        Self { more, calls: Cell::new(0) }
    }
}

impl Sizer for Special {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        self.calls.set(self.calls.get() + 1);
        Ok(texts.iter().map(|text| Unit::Words.count(text) + self.more).collect())
    }
}

/// Tokens that depend on where a text starts: `ab` is one, as is any other letter.
struct Pairs;

impl Sizer for Pairs {
    fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
        Ok(texts.iter().map(|text| text.chars().count() - text.matches("ab").count()).collect())
    }
}

#[test]
fn what_fits_is_not_cut() {
    let text = "One. Two.\n\nThree. Four.\n\nFive.";
    assert_eq!(split(Chunker::builder(100), text), [text]);
    assert_eq!(split(Chunker::builder(14), text), ["One. Two.\n\n", "Three. Four.\n\n", "Five."]);
    assert_eq!(
        split(Chunker::builder(12), text),
        ["One. Two.\n\n", "Three. ", "Four.\n\n", "Five."]
    );
}

#[test]
fn each_level_is_used_only_where_the_one_above_is_too_large() {
    let text = "a b, c d; e f. G h.\nii jj\n\nkk";
    assert_eq!(
        split(Chunker::builder(6), text),
        ["a b, ", "c d; ", "e f. ", "G h.\n", "ii ", "jj\n\n", "kk"]
    );
    assert_eq!(split(Chunker::builder(3), "abcdefg h"), ["abc", "def", "g ", "h"]);
}

#[test]
fn sections_that_fit_are_whole_and_no_chunk_crosses_a_larger_one() {
    let text = "A.. \na1. a2. a3.... B.. b1.";
    let closed = |offset, level| Break { offset, level, kind: BreakKind::Closed };
    let breaks = [closed(5, 1), closed(9, 1), closed(13, 1), closed(20, 0), closed(24, 1)];
    let of = |size, merge| {
        let builder = Chunker::builder(size).merge(merge);
        texts(&chunks(builder, text, &breaks, &Unit::Chars), text)
    };
    assert_eq!(of(100, true), [text]);
    assert_eq!(of(21, true), ["A.. \na1. a2. a3.... ", "B.. b1."]);
    assert_eq!(of(13, true), ["A.. \na1. a2. ", "a3.... ", "B.. b1."]);
    assert_eq!(of(13, false), ["A.. \n", "a1. ", "a2. ", "a3.... ", "B.. b1."]);
}

#[test]
fn what_is_apart_shares_no_chunk() {
    let text = "one two three";
    let breaks = [
        Break { offset: 4, level: 3, kind: BreakKind::Apart },
        Break { offset: 8, level: 0, kind: BreakKind::Open },
    ];
    let found = chunks(Chunker::builder(100), text, &breaks, &Unit::Bytes);
    assert_eq!(texts(&found, text), ["one ", "two three"]);
}

#[test]
fn overlap_is_of_whole_segments_and_counts() {
    let text = "aaa bbb ccc ddd eee ";
    let breaks: Vec<Break> = (1..5).map(|i| Break::new(4 * i, 0)).collect();
    let found = chunks(Chunker::builder(12).overlap(7), text, &breaks, &Unit::Chars);
    assert_eq!(texts(&found, text), ["aaa bbb ccc ", "ccc ddd eee "]);
    assert_eq!(found[1].body, 12);
    // A segment that leaves no room for overlap has none.
    let found = chunks(Chunker::builder(5).overlap(4), text, &breaks, &Unit::Chars);
    assert_eq!(found.len(), 5);
    // Nothing is repeated across a closed break.
    let mut closed = breaks;
    closed[2].kind = BreakKind::Closed;
    let found = chunks(Chunker::builder(12).overlap(7), text, &closed, &Unit::Chars);
    assert_eq!(texts(&found, text), ["aaa bbb ccc ", "ddd eee "]);
}

#[test]
fn a_run_without_white_space_can_overlap() {
    let found = chunks(Chunker::builder(8).overlap(4), &"x".repeat(40), &[], &Unit::Chars);
    assert!(found.iter().skip(1).all(|chunk| chunk.body - chunk.start == 4), "{found:?}");
}

#[test]
fn balanced_chunks_are_as_few_and_more_even() {
    let text = "aaaa ".repeat(9);
    let breaks: Vec<Break> = (1..9).map(|i| Break::new(5 * i, 0)).collect();
    let of = |packing| -> Vec<usize> {
        let found = chunks(Chunker::builder(40).packing(packing), &text, &breaks, &Unit::Chars);
        found.iter().map(|chunk| chunk.size).collect()
    };
    assert_eq!(of(Packing::Greedy), [40, 5]);
    assert_eq!(of(Packing::Balanced), [25, 20]);
}

#[test]
fn graphemes_stay_whole_where_they_fit() {
    let text = "e\u{301}".repeat(5);
    assert_eq!(split(Chunker::builder(3), &text), ["e\u{301}"; 5]);
    assert_eq!(split(Chunker::builder(1), "e\u{301}"), ["e", "\u{301}"]);
    let found = chunks(Chunker::builder(4), "😀😀é", &[], &Unit::Bytes);
    assert_eq!(texts(&found, "😀😀é"), ["😀", "😀", "é"]);
}

#[test]
fn the_context_counts_and_depends_on_where_a_chunk_starts() {
    let text = "Head\nbody one. Body two. End.";
    let context =
        Context::new(vec!["L ".to_owned(), "L > Head ".to_owned()], &[(0, Some(0)), (1, Some(1))])
            .unwrap();
    let chunker = Chunker::builder(20).build().unwrap();
    let found = chunker.chunk(text, &[], &context, &Unit::Chars).unwrap();
    assert_eq!(texts(&found, text), ["Head\n", "body one. ", "Body two. ", "End."]);
    assert_eq!(found.iter().map(|c| c.size).collect::<Vec<_>>(), [7, 19, 19, 13]);
    assert_eq!(
        found.iter().map(|c| c.prefix).collect::<Vec<_>>(),
        [Some(0), Some(1), Some(1), Some(1)]
    );
}

#[test]
fn what_cannot_fit_is_refused_by_name() {
    let message = refused(Chunker::builder(3), "ab😀", &Unit::Bytes);
    assert_eq!(
        message,
        "chunk_size is 3, and the character \"😀\" alone has 4 (bytes); raise chunk_size"
    );
    let message = refused(Chunker::builder(2), "word", &Special::new(2));
    assert!(message.contains("the character \"w\" alone has 3 (by the sizer)"), "{message}");
    let context = Context::new(vec!["Long title ".to_owned()], &[(0, Some(0))]).unwrap();
    for unit in [Unit::Chars, Unit::Bytes, Unit::Words] {
        let chunker = Chunker::builder(2).build().unwrap();
        let message = chunker.chunk("a b", &[], &context, &unit).unwrap_err().to_string();
        assert!(message.contains("the context \"Long title \" before a chunk"), "{message}");
    }
}

#[test]
fn misuse_is_refused_by_name_and_place() {
    let of = |breaks: &[Break]| {
        let chunker = Chunker::builder(9).build().unwrap();
        let found = chunker.chunk("aéb", breaks, &Context::default(), &Unit::Chars);
        found.unwrap_err().to_string()
    };
    assert!(of(&[Break::new(1, 0), Break::new(1, 1)]).contains("breaks[1] is at 1, not after"));
    assert!(of(&[Break::new(2, 0)]).contains("breaks[0] is at 2, which is no place"));
    assert!(of(&[Break::new(9, 0)]).contains("a text of 4 bytes"));
    let refused = |builder: ChunkerBuilder| builder.build().unwrap_err().to_string();
    assert!(refused(Chunker::builder(0)).contains("at least 1"));
    assert!(refused(Chunker::builder(5).overlap(5)).contains("smaller than chunk_size, 5"));
    assert!(Unit::new("tokens").is_err() && Level::new("x").is_err() && Packing::new("x").is_err());
    assert!(Context::new(vec![], &[(0, Some(0))]).is_err());
    assert!(Context::new(vec![], &[(1, None), (1, None)]).is_err());
}

#[test]
fn a_sizer_that_gives_too_few_counts_is_refused() {
    struct Few;
    impl Sizer for Few {
        fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
            Ok(vec![1; texts.len() + 1])
        }
    }
    assert!(refused(Chunker::builder(2), "a b c", &Few).contains("gave 2 counts for 1 texts"));
}

#[test]
fn special_tokens_of_every_text_leave_no_room_unused() {
    let text = "one two. ".repeat(50);
    let found = chunks(Chunker::builder(12), &text, &[], &Special::new(2));
    assert!(found.iter().rev().skip(1).all(|chunk| chunk.size == 12), "{found:?}");
}

#[test]
fn sizers_are_asked_in_few_rounds() {
    let sizer = Special::new(1);
    let text = "One two, three four. Five six; seven.\n\nEight.\n".repeat(500);
    let found = chunks(Chunker::builder(9), &text, &[], &sizer);
    assert!(found.len() > 500);
    assert!(sizer.calls.get() <= 16, "{}", sizer.calls.get());
}

#[test]
fn a_large_text_is_not_counted_whole() {
    struct Longest(Cell<usize>);
    impl Sizer for Longest {
        fn sizes(&self, texts: &[Cow<'_, str>]) -> Result<Vec<usize>, Error> {
            let longest = texts.iter().map(|text| text.len()).max().unwrap_or_default();
            self.0.set(self.0.get().max(longest));
            Unit::Words.sizes(texts)
        }
    }
    let sizer = Longest(Cell::new(0));
    chunks(Chunker::builder(10), &"one two three. ".repeat(10_000), &[], &sizer);
    assert!(sizer.0.get() <= 80, "{}", sizer.0.get());
}

#[test]
fn a_long_line_without_white_space_takes_linear_work() {
    for (unit, c) in [(Unit::Chars, "x"), (Unit::Bytes, "é"), (Unit::Chars, "字")] {
        let text = c.repeat(200_000);
        let found = chunks(Chunker::builder(1000), &text, &[], &unit);
        assert!(found.iter().all(|chunk| chunk.size <= 1000));
        assert_eq!(found.last().unwrap().end, text.len());
    }
    // One grapheme, larger than a chunk.
    let text = format!("e{}", "\u{301}".repeat(5000));
    let found = chunks(Chunker::builder(100), &text, &[], &Unit::Chars);
    assert_eq!(found.len(), 51);
}

const PIECES: &[&str] = &[
    "word",
    "Ab",
    "ab",
    "a",
    ".",
    ". ",
    "! ",
    ", ",
    "; ",
    ": ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "。",
    "，",
    "字",
    "ไทย",
    "e\u{301}",
    "👩\u{200d}👧",
    "🇩🇪",
    "\0",
    "\u{feff}",
    "(1) ",
    "—",
    "\u{2029}",
    "\u{a0}",
    "supercalifragilistic",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..80).prop_map(|pieces| pieces.concat())
}

/// Breaks of a text at random places with random levels.
fn broken() -> impl Strategy<Value = (String, Vec<Break>)> {
    let kinds = prop::sample::select(&[BreakKind::Open, BreakKind::Closed, BreakKind::Apart][..]);
    let one = (any::<prop::sample::Index>(), 0..5_u32, kinds);
    (text(), prop::collection::vec(one, 0..12)).prop_map(|(text, places)| {
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let mut breaks = Vec::new();
        if !starts.is_empty() {
            breaks.extend(places.iter().map(|(i, level, kind)| Break {
                offset: *i.get(&starts),
                level: *level,
                kind: *kind,
            }));
        }
        breaks.sort_unstable_by_key(|place| place.offset);
        breaks.dedup_by_key(|place| place.offset);
        (text, breaks)
    })
}

fn sizer() -> impl Strategy<Value = usize> {
    0..5_usize
}

fn sizer_of(i: usize) -> Box<dyn Sizer> {
    match i {
        0 => Box::new(Unit::Chars),
        1 => Box::new(Unit::Bytes),
        2 => Box::new(Unit::Words),
        3 => Box::new(Special::new(1)),
        _ => Box::new(Pairs),
    }
}

proptest! {
    #[test]
    fn chunks_cover_the_text_fit_and_respect_what_is_apart(
        (text, breaks) in broken(),
        size in 4..60_usize,
        overlap in 0..4_usize,
        balanced in any::<bool>(),
        merge in any::<bool>(),
        sizer in sizer(),
    ) {
        let sizer = sizer_of(sizer);
        let packing = if balanced { Packing::Balanced } else { Packing::Greedy };
        let builder = Chunker::builder(size).overlap(overlap).packing(packing).merge(merge);
        let found = chunks(builder.clone(), &text, &breaks, &*sizer);
        let mut end = 0;
        let mut start = None;
        for chunk in &found {
            prop_assert_eq!(chunk.body, end);
            prop_assert!(chunk.start <= chunk.body && chunk.body < chunk.end);
            prop_assert!(start.is_none_or(|start| chunk.start > start));
            let exact = sizer.sizes(&[text[chunk.start..chunk.end].into()]).unwrap()[0];
            prop_assert_eq!(exact, chunk.size);
            prop_assert!(exact <= size);
            let repeated = sizer.sizes(&[text[chunk.start..chunk.body].into()]).unwrap()[0];
            prop_assert!(chunk.start == chunk.body || sizer.unit().is_none() || repeated <= overlap);
            for place in &breaks {
                let inside = chunk.start < place.offset && place.offset < chunk.end;
                prop_assert!(!(inside && place.kind == BreakKind::Apart));
                let repeats = chunk.start < place.offset && place.offset <= chunk.body;
                prop_assert!(!repeats || place.kind == BreakKind::Open);
            }
            start = Some(chunk.start);
            end = chunk.end;
        }
        prop_assert_eq!(end, text.len());
        prop_assert_eq!(found, chunks(builder, &text, &breaks, &*sizer));
    }

    #[test]
    fn a_unit_that_fits_is_in_one_chunk(
        (text, mut breaks) in broken(),
        size in 4..60_usize,
        balanced in any::<bool>(),
    ) {
        for place in &mut breaks {
            place.kind = BreakKind::Closed;
        }
        let packing = if balanced { Packing::Balanced } else { Packing::Greedy };
        let found = chunks(Chunker::builder(size).packing(packing), &text, &breaks, &Unit::Chars);
        for level in 0..5 {
            let cuts = breaks.iter().filter(|place| place.level <= level).map(|place| place.offset);
            let cuts: Vec<usize> = cuts.chain([text.len()]).collect();
            let mut start = 0;
            for end in cuts {
                if Unit::Chars.count(&text[start..end]) <= size && start < end {
                    let whole = found.iter().any(|c| c.start <= start && end <= c.end);
                    prop_assert!(whole, "{}..{} of {:?} in {:?}", start, end, text, found);
                }
                start = end;
            }
        }
    }
}
