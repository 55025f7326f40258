//! Whatever the text and legal system: sections nest and are in order, their
//! ends partition the text, references point at sections that are there, and
//! chunks along the sections cover the text and keep their size.
#![no_main]

mod parts;

use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use scriptio::Segmenter;
use scriptio::chunk::{Break, Chunker, Context, Packing, Unit};
use scriptio::legal::{Outline, SectionSegmenter, references, systems};

/// What headings, lists, quotations, tables of contents and references are made of.
const PARTS: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "  ",
    "\t",
    "    ",
    ". ",
    ", ",
    "; ",
    " and ",
    " to ",
    " of ",
    "word ",
    "Word ",
    "WORD ",
    "A sentence of some words. ",
    "§ ",
    "§§ ",
    "Sec. ",
    "Section ",
    "Sections ",
    "SECTION ",
    "Article ",
    "ARTICLE ",
    "Art. ",
    "Artikel ",
    "Artículo ",
    "CAPÍTULO ",
    "Chapter ",
    "CHAPTER ",
    "PART ",
    "Part ",
    "SCHEDULE ",
    "Annex ",
    "Exhibit ",
    "Abs. ",
    "Absatz ",
    "Nr. ",
    "Satz ",
    "(1)",
    "(2)",
    "(a)",
    "(b)",
    "(i)",
    "(ii)",
    "(A)",
    "(aa)",
    "1. ",
    "2. ",
    "3. ",
    "1.1 ",
    "1.01 ",
    "a) ",
    "I",
    "II",
    "IV",
    "X",
    "1",
    "2",
    "12",
    "100",
    "2A",
    "bis",
    "ter",
    " ff.",
    "—",
    "–",
    "....... 3",
    "\" ",
    "“",
    "”",
    "‘",
    "’",
    "「",
    "」",
    "มาตรา ",
    "ทวิ",
    "๑",
    "๒",
    "第",
    "条",
    "三",
    "十",
    "の",
    "項",
    "号",
    "イ",
    "（一）",
    "제",
    "조",
    "①",
    "l'article ",
    "du présent ",
    "this Act",
    "dieses Gesetzes",
    "前条",
    "BGB",
    "U.S.C. ",
    "TABLE OF CONTENTS",
    "shall be amended by inserting: ",
    "\u{0}",
    "\u{a0}",
    "\u{2028}",
    "\u{10ffff}",
];

#[derive(Debug)]
struct Input {
    system: &'static str,
    text: String,
    size: usize,
    overlap: usize,
    packing: Packing,
    merge: bool,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let known: Vec<&'static str> = systems().collect();
        let system = if u.ratio(1, 8)? { "auto" } else { *u.choose(&known)? };
        let size = u.int_in_range(1..=200_usize)?;
        let overlap = if u.arbitrary()? { 0 } else { u.int_in_range(0..=size - 1)? };
        let packing = *u.choose(&[Packing::Greedy, Packing::Balanced])?;
        let merge = u.arbitrary()?;
        let mut text = String::new();
        while !u.is_empty() && text.len() < 1 << 14 {
            parts::push(u, &mut text, PARTS, 15)?;
        }
        Ok(Self { system, text, size, overlap, packing, merge })
    }
}

fn check_sections(text: &str, outline: &Outline) {
    let sections = outline.sections();
    assert_eq!((sections[0].span.start, sections[0].span.end), (0, text.len()));
    for (at, section) in sections.iter().enumerate().skip(1) {
        let parent = &sections[section.parent.expect("only the root has none") as usize];
        assert!((section.parent.expect("as above") as usize) < at);
        assert_eq!(section.level, parent.level + 1);
        assert!(parent.span.start <= section.span.start && section.span.end <= parent.span.end);
        assert!(sections[at - 1].span.start <= section.span.start);
        for span in [section.span, section.heading, section.marker, section.number, section.title] {
            assert!(text.get(span.start..span.end).is_some(), "{span:?} of section {at}");
        }
    }
}

fuzz_target!(|input: Input| {
    let Input { system, text, size, overlap, packing, merge } = input;
    let segmenter = SectionSegmenter::new(system).expect("the list holds known systems");
    let outline = segmenter.outline(&text);
    check_sections(&text, &outline);

    let mut ends = Vec::new();
    segmenter.ends(&text, &mut ends);
    assert!(ends.is_sorted_by(|a, b| a < b), "{ends:?}");
    assert!(ends.iter().all(|&end| end > 0 && text.is_char_boundary(end)), "{ends:?}");
    assert_eq!(ends.last().copied().unwrap_or(0), text.len());

    let mut last = 0;
    for reference in references(&text, &outline) {
        let span = reference.span;
        assert!(text.get(span.start..span.end).is_some_and(|cited| !cited.is_empty()), "{span:?}");
        assert!(span.start >= last, "{span:?} after {last}");
        last = span.start;
        let count = outline.sections().len();
        assert!(reference.targets.iter().all(|&target| (target as usize) < count));
        assert!((reference.source as usize) < count);
    }

    let chunker = Chunker::builder(size).overlap(overlap).packing(packing).merge(merge).build();
    let chunker = chunker.expect("the overlap is smaller than the size");
    let breaks: Vec<Break> =
        ends.iter().filter(|&&end| end < text.len()).map(|&end| Break::new(end, 0)).collect();
    let chunks = chunker.chunk(&text, &breaks, &Context::default(), &Unit::Chars);
    let mut at = 0;
    for chunk in chunks.expect("every code point fits") {
        assert!(
            chunk.start <= chunk.body && chunk.body == at && chunk.end > at,
            "{chunk:?} at {at}"
        );
        assert!(
            text[chunk.start..chunk.end].chars().count() <= size,
            "{chunk:?} of at most {size}"
        );
        at = chunk.end;
    }
    assert_eq!(at, text.len());
});
