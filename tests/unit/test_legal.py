"""Section trees and references: the golden outlines, the objects, the exports."""

from __future__ import annotations

import json
import pickle
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import scriptio
from hypothesis import given
from hypothesis import strategies as st
from scriptio import SectionSegmenter
from scriptio.legal import find_references, systems

FOLDER = Path(__file__).resolve().parent.parent / "data/legal"

BILL = """\
CHAPTER I
GENERAL
Article 1
Scope
1. This applies to:
(a) one;
(b) two.
Article 2
Definitions
See Article 1(1), point (b), Article 9 and Article 6 of Directive 95/46/EC.
"""


def cases():
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in data["case"]:
            yield pytest.param(data["system"], case, id=f"{path.stem}-{case['name']}")


def sketch(outline):
    for section in outline[1:]:
        word = section.marker or (section.title if section.kind == "section" else section.kind)
        yield "  " * (section.level - 1) + word


@pytest.mark.parametrize(("system", "case"), list(cases()))
def test_golden_outline(system, case):
    assert list(sketch(SectionSegmenter(system).outline(case["text"]))) == case["outline"]


def test_every_system_has_golden_outlines():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(systems())


def test_sections_know_what_they_are():
    outline = SectionSegmenter("eu").outline(BILL)
    article = outline[2]
    assert (article.kind, article.label, article.number, article.value) == (
        "article",
        "Article",
        "1",
        (1,),
    )
    assert article.title == "Scope"
    assert article.path == ("CHAPTER I", "Article 1")
    assert [outline[at].marker for at in article.children] == ["1."]
    assert BILL[slice(*article.own)] == "Article 1\nScope\n"
    assert BILL[slice(*article.heading)] == "Article 1\nScope"
    assert outline[0].heading is None
    assert (outline.root.start, outline.root.end) == (0, len(BILL))


def test_offsets_are_code_points_whatever_the_script():
    text = "😀é\nมาตรา ๑ ก\nมาตรา ๒ ข"
    outline = SectionSegmenter("th").outline(text)
    assert [text[s.start : s.end] for s in outline[1:]] == ["มาตรา ๑ ก\n", "มาตรา ๒ ข"]
    lone = "\ud800\n§ 1 A\nText \udc00.\n§ 2 B"
    assert [s.marker for s in SectionSegmenter("de").outline(lone)[1:]] == ["§ 1", "§ 2"]
    assert "".join(SectionSegmenter("de").split(lone)) == lone


def test_leaves_are_the_text():
    segmenter = SectionSegmenter("eu")
    outline = segmenter.outline(BILL)
    assert "".join(outline.leaves().texts()) == BILL
    assert outline.leaves() == segmenter.segment(BILL)
    assert segmenter.segment_batch([BILL, ""]) == [segmenter.segment(BILL), segmenter.segment("")]
    assert list(segmenter.pipe([BILL])) == [segmenter.segment(BILL)]
    assert isinstance(segmenter, scriptio.Segmenter)


def test_at_gives_the_innermost_section():
    outline = SectionSegmenter("eu").outline(BILL)
    assert outline.at(BILL.index("two")).marker == "(b)"
    assert outline.at(0).marker == "CHAPTER I"
    for offset in (-1, len(BILL)):
        with pytest.raises(IndexError, match="outside"):
            outline.at(offset)


def test_sequence_of_sections():
    outline = SectionSegmenter("eu").outline(BILL)
    assert len(outline) == len(list(outline)) == len(outline[:])
    assert outline[-1] == outline[len(outline) - 1]
    assert outline[1] in outline
    with pytest.raises(IndexError):
        outline[len(outline)]
    assert [s.title for s in outline.find("2")] == ["Definitions"]


def test_outlines_are_values():
    segmenter = SectionSegmenter("eu")
    outline = segmenter.outline(BILL)
    again = pickle.loads(pickle.dumps(outline))
    assert again == outline
    assert hash(again) == hash(outline)
    assert [s.to_dict() for s in again] == [s.to_dict() for s in outline]
    assert pickle.loads(pickle.dumps(segmenter)) == segmenter
    assert repr(segmenter) == "SectionSegmenter('eu')"


def test_dictionaries_nest_and_are_ready_for_json():
    tree = json.loads(json.dumps(SectionSegmenter("eu").outline(BILL).to_dict()))
    assert tree["system"] == "eu"
    (chapter,) = tree["root"]["children"]
    assert [child["number"] for child in chapter["children"]] == ["1", "2"]


def test_tree_is_indented_and_cut():
    tree = SectionSegmenter("eu").outline(BILL).tree(14).splitlines()
    assert tree == [
        "CHAPTER I GEN…",
        "  Article 1 S…",
        "    1. This a…",
        "      (a) one;",
        "      (b) two.",
        "  Article 2 D…",
    ]


def test_markdown_keeps_every_word():
    outline = SectionSegmenter("eu").outline(BILL)
    markdown = outline.to_markdown()
    assert "## Article 1 Scope" in markdown
    assert "  - (a) one;" in markdown
    words = [word for word in markdown.replace("\\", "").split() if word.strip("#-")]
    assert words == BILL.split()


def test_markdown_text_does_not_become_structure():
    text = "§ 1. A\n# not a heading\n- not a list\n12. no list\n§ 2. B\nText."
    markdown = SectionSegmenter("us-code").outline(text).to_markdown()
    assert "\\# not a heading\n\\- not a list\n12\\. no list" in markdown


def test_akoma_ntoso_is_xml_with_unique_ids():
    text = BILL + "Article 2\nAgain & <again>\x00\n"
    document = SectionSegmenter("eu").outline(text).to_akoma_ntoso("A & B")
    root = ET.fromstring(document)
    ids = [element.get("eId") for element in root.iter() if element.get("eId")]
    assert len(set(ids)) == len(ids)
    space = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"
    assert [num.text for num in root.iter(f"{space}num")][:3] == ["CHAPTER I", "Article 1", "1."]
    assert [h.text for h in root.iter(f"{space}heading")][:2] == ["GENERAL", "Scope"]
    assert "again" in "".join(root.itertext())


def test_references_are_resolved_or_say_why_not():
    outline = SectionSegmenter("eu").outline(BILL)
    found = outline.references()
    told = [
        (r.text.split(",")[0], r.resolution, [outline[at].path[-1] for at in r.targets])
        for r in found
    ]
    assert ("Article 1(1)", "resolved", ["(b)"]) in told
    assert ("Article 9", "dangling", []) in told
    assert [r.law for r in found if r.resolution == "external"] == ["Directive 95/46/EC"]


def test_numbers_alone_on_a_line_are_headings_where_sentences_end_before_them():
    words = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod te\n" * 13
    text = "\n".join(f"{number}\nShort title of it\n{words} end.\n" for number in range(1, 7))
    outline = SectionSegmenter("uk").outline(text)
    assert [section.number for section in outline[1:]] == list("123456")


@pytest.mark.parametrize(
    ("system", "text", "expected"),
    [
        ("de", "nach § 5 Abs. 1 Satz 2 Nr. 3 UWG", [("5", "1", "2", "3")]),
        ("de", "die §§ 1, 2 und 5 bis 7 sowie § 9", [("1",), ("2",), ("5",), ("9",)]),
        ("de", "gemäß HGB § 59", [("59",)]),
        ("de", "§§ 708 Nr. 7, 10, 711 ZPO", [("708", "7"), ("711",)]),
        ("de", "§§ 3, 5 Abs. 1 und 2 Nr. 1 UWG", [("3",), ("5", "1", "1")]),
        ("de", "§ 8 Abs. 1 und 12 UWG", [("8", "1")]),
        ("de", "psychischer Art.\n8\nDas Gericht", []),
        ("de", "nach Art.\n8 GG", [("8",)]),
        ("de", "nach § 5 II 1 StVO", [("5", "II", "1")]),
        ("th", "ตามมาตรา 40 (1) (2) และ (8)", [("40", "1"), ("40", "2"), ("40", "8")]),
        ("th", "มาตรา 16 มาตรา 17 และมาตรา 20", [("16",), ("17",), ("20",)]),
        ("us-code", "section 3393(d) of this title", [("3393", "d")]),
        ("us-code", "§§ 16-308 and 16-318", [("16-308",), ("16-318",)]),
        ("us-code", "paragraph (2) of section 3(a)", [("3", "a", "2")]),
        ("us-code", "29 U.S.C. 633a(c)", [("633a", "c")]),
        ("us-code", "chapter 13 of Title 11", [("11", "13")]),
        ("uk", "section 3(2)(b) of the Data Protection Act 2018", [("3", "2", "b")]),
        ("fr", "aux articles L. 123-4 et R. 1 du code civil", [("L. 123-4",), ("R. 1",)]),
        ("es", "los artículos 14 y 15 de la Ley 30", [("14",), ("15",)]),
        ("jp", "第三条第二項第一号", [("三", "二", "一")]),
        ("cn", "依照本法第十条第二款", [("十", "二")]),
    ],
)
def test_citations_are_taken_apart(system, text, expected):
    found = find_references(text, system)
    assert [tuple(step.number for step in r.steps) for r in found] == expected


def test_laws_named_behind_a_list_are_those_of_all_of_it():
    found = find_references("§§ 433, 434 BGB und § 5 i.V.m. § 7 UWG", "de")
    assert [r.law for r in found] == ["BGB", "BGB", "UWG", "UWG"]
    thai = "มาตรา 8 และมาตรา 9 แห่งพระราชบัญญัติล้มละลาย พ.ศ. 2483 และมาตรา 10"
    assert [r.law for r in find_references(thai, "th")] == [
        "พระราชบัญญัติล้มละลาย พ.ศ. 2483",
        "พระราชบัญญัติล้มละลาย พ.ศ. 2483",
        None,
    ]


def test_ranges_and_relative_references_have_their_targets():
    text = (
        "".join(f"มาตรา {n} ก\n" for n in range(1, 8))
        + "มาตรา 8 ตามมาตรา 2 ถึงมาตรา 4 และสองมาตราก่อน"
    )
    outline = SectionSegmenter("th").outline(text)
    span, before = outline.references()
    assert [outline[at].number for at in span.targets] == ["2", "3", "4"]
    assert [outline[at].number for at in before.targets] == ["6", "7"]


def test_expansion_is_bounded_and_ends_in_cycles():
    text = "§ 1 A\nSiehe § 2.\n§ 2 B\nSiehe § 3.\n§ 3 C\nSiehe § 1 und § 4.\n§ 4 D\nText."
    outline = SectionSegmenter("de").outline(text)
    numbers = lambda found: [(outline[at].number, far) for at, far, _ in found]  # noqa: E731
    assert numbers(outline.expand([1])) == [("2", 1)]
    assert numbers(outline.expand([1], depth=9)) == [("2", 1), ("3", 2), ("4", 3)]
    assert numbers(outline.expand([1], depth=9, max_sections=1)) == [("2", 1)]
    with pytest.raises(ValueError, match="depth"):
        outline.expand([1], depth=0)
    with pytest.raises(IndexError):
        outline.expand([99])


def test_the_system_is_found_out():
    wrong = {}
    samples = {
        "de": "Gesetz\n§ 1 Zweck\n(1) Dieses Gesetz gilt.\n§ 2 Begriffe\nText.\n§ 3 Ende\nText.",
        "eu": "EUROPEAN PARLIAMENT\nArticle 1\nScope\nMember States.\nArticle 2\nEnd\nArticle 3\nX",
        "th": "มาตรา 1 ก\nมาตรา 2 ข\nมาตรา 3 ค",
        "jp": "第一条　この法律は、適用する。\n第二条　定義する。\n第三条　終わる。",
        "cn": "第一条 为了规范行为，制定本法。\n第二条 本法适用。\n第三条 完成的。",
        "fr": "Article 1\nLe présent code.\nArticle 2\nLe décret.\nArticle 3\nAlinéa.",
        "tos": "Terms of Service\nThese terms apply to your account.\nPrivacy\nWe keep your data.",
    }
    for system, text in samples.items():
        found = SectionSegmenter().outline(text).system
        if found != system:
            wrong[system] = found
    assert wrong == {}


def test_what_is_refused():
    with pytest.raises(ValueError, match='unknown system "mars"'):
        SectionSegmenter("mars")
    with pytest.raises(TypeError, match="system must be str"):
        SectionSegmenter(5)
    with pytest.raises(TypeError, match="text must be str"):
        SectionSegmenter("de").outline(b"x")
    with pytest.raises(ValueError, match="auto"):
        find_references("x", "auto")


@given(
    st.text(alphabet=st.sampled_from("§Articlemaตร(1ia) .\n第条—“”:;A9é😀\r\t")),
    st.sampled_from(systems()),
)
def test_any_text_is_covered(text, system):
    outline = SectionSegmenter(system).outline(text)
    assert (outline[0].start, outline[0].end) == (0, len(text))
    assert "".join(outline.leaves().texts()) == text
    for section in outline[1:]:
        parent = outline[section.parent]
        assert parent.start <= section.start < section.end <= parent.end
    ET.fromstring(outline.to_akoma_ntoso())
    outline.references()


def test_terms_that_address_their_reader_are_told_from_contracts():
    clauses = "\n".join(
        f"{n}. {title}\nYou agree that your account is yours, and you keep your password safe."
        for n, title in enumerate(("Acceptance", "Your account", "Fees", "Termination"), 1)
    )
    assert SectionSegmenter().outline("Terms\n" + clauses).system == "tos"
    agreed = clauses.replace("You agree", "The parties agree hereto").replace("your", "the")
    agreed = agreed.replace("you keep", "the Borrower keeps").replace("Your", "The")
    assert SectionSegmenter().outline("Agreement\n" + agreed).system == "us-contract"
