"""`decode`: probabilities at candidates become segments."""

import copy
import pickle
import sys
from array import array
from itertools import pairwise

import pytest
import scriptio
from scriptio import DecodingPolicy, FloatArray, Segmentation, SentenceSegmenter, _core, decode

PRIORS = ["uniform", "gaussian", "clipped_polynomial", "lognormal"]

SENTENCES = "Short one. A second sentence, somewhat longer. Third! Is it the fourth? It is."


def scored(text):
    """A candidate behind each word: full stops are probable, commas a little."""
    ends, probabilities = [], []
    for index, char in enumerate(text + " "):
        if char.isspace() and index and not text[index - 1].isspace():
            ends.append(index)
            likely = {".": 0.95, "!": 0.9, "?": 0.9, ",": 0.2, "。": 0.95}
            probabilities.append(likely.get(text[index - 1], 0.01))
    return ends, probabilities


def split(text, **options):
    return decode(text, *scored(text), **options).texts()


def dense(probabilities, **options):
    """Lengths of the segments of letters with a candidate behind each."""
    count = len(probabilities)
    out = decode("x" * count, range(1, count + 1), probabilities, **options)
    return [end - start for start, end in out]


def packed(probabilities, **options):
    return dense(probabilities, meaning="pack", **options)


# Thresholds.


def test_a_boundary_is_above_the_threshold():
    ends, probabilities = [1, 3, 5, 7], [0.25, 0.5, 0.75, 1.0]
    assert decode("a b c d", ends, probabilities).texts() == ["a b c ", "d"]
    assert decode("a b c d", ends, probabilities, threshold=0.25).texts() == ["a b ", "c ", "d"]
    assert decode("a b c d", ends, probabilities, threshold=1).texts() == ["a b c d"]
    assert decode("abc", [1, 2, 3], [0.0] * 3, threshold=-1e-3).texts() == ["a", "b", "c"]


def test_the_threshold_is_compared_in_32_bits():
    assert decode("ab", [1], array("f", [0.025]), threshold=0.025).texts() == ["ab"]


def test_white_space_belongs_to_the_segment_before_it():
    text = " \n a b \t\n c  "
    out = decode(text, [0, 2, 4, 6, 11, 12], [0.9] * 6)
    assert out.texts() == [" \n a ", "b \t\n ", "c  "]
    assert decode(text, [4, 6], [0.9] * 2, strip=True).texts() == ["a", "b", "c"]


def test_the_most_probable_of_several_candidates_counts():
    out = decode("a  b", [1, 1, 2, 3], [0.1, 0.6, 0.9, 0.2])
    assert out.texts() == ["a  ", "b"]
    assert out.probabilities.tolist() == pytest.approx([0.9, 1.0])


@pytest.mark.parametrize("options", [{}, {"max_length": 60}, {"min_length": 5, "meaning": "pack"}])
def test_empty_and_white_texts(options):
    assert decode("", [], [], **options).texts() == []
    assert decode("   ", [1], [0.9], **options).texts() == ["   "]
    assert decode("   \n", [], [], **options).texts() == ["   \n"]
    assert decode("x", [1], [0.9], **options).texts() == ["x"]


@pytest.mark.parametrize(
    ("newlines", "expected"),
    [
        ("paragraph", ["Yes\nno.\n\n", "More\n \t\nand more\r\n\r\n", "end"]),
        ("always", ["Yes\n", "no.\n\n", "More\n \t\n", "and more\r\n\r\n", "end"]),
        ("never", ["Yes\nno.\n\nMore\n \t\nand more\r\n\r\nend"]),
    ],
)
def test_line_breaks_are_those_of_the_sentence_segmenter(newlines, expected):
    text = "Yes\nno.\n\nMore\n \t\nand more\r\n\r\nend"
    if newlines == "paragraph":
        expected = ["Yes\nno.\n\n", "More\n \t\n", "and more\r\n\r\n", "end"]
    assert decode(text, [], [], newlines=newlines).texts() == expected
    assert set(decode(text, [], [], newlines=newlines).ends()) <= set(
        SentenceSegmenter("en", newlines=newlines).segment(text).ends()
    )


# Packing: the objective and the fixed arrays of length-constrained segmentation.


def test_the_best_cut_is_found():
    probabilities = [0.0] * 100
    probabilities[49] = probabilities[99] = 0.99
    assert packed(probabilities, max_length=60) == [50, 50]


def test_as_few_cuts_as_possible():
    assert packed([0.5] * 100, max_length=25) == [25] * 4
    assert packed([0.3] * 2000, min_length=10) == [2000]
    assert packed([0.3] * 50) == [50]


@pytest.mark.parametrize(
    ("probabilities", "low", "high", "expected"),
    [
        ([0.5] * 15, 5, 5, [5, 5, 5]),
        ([0.0] * 15, 5, 5, [5, 5, 5]),
        ([0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9], 4, 6, [4, 6]),
        ([0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9], 3, 5, [3, 5]),
        ([0.1, 0.3, 0.5, 0.7, 0.9, 0.2, 0.4, 0.6, 0.8, 1.0], 3, 5, [5, 5]),
        # Seven cannot be made of fours and fives: the maximum wins.
        ([0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9], 4, 5, [5, 2]),
        ([0.9] * 10, 50, 100, [10]),
        ([], 3, 5, []),
    ],
)
def test_tight_limits(probabilities, low, high, expected):
    assert packed(probabilities, min_length=low, max_length=high) == expected


def test_a_prior_that_nothing_fits_leaves_the_limits():
    lengths = packed(
        [0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9],
        min_length=3,
        max_length=5,
        prior="clipped_polynomial",
        prior_kwargs={"target_length": 40, "spread": 1},
    )
    assert lengths == [3, 5]


@pytest.mark.parametrize("algorithm", ["viterbi", "greedy"])
@pytest.mark.parametrize("prior", PRIORS)
def test_the_last_segment_keeps_the_limits(algorithm, prior):
    probabilities = [(i * 37 % 100) / 100 for i in range(100)]
    lengths = packed(probabilities, min_length=20, max_length=40, algorithm=algorithm, prior=prior)
    assert sum(lengths) == 100
    assert all(20 <= length <= 40 for length in lengths)


@pytest.mark.parametrize("prior", PRIORS[1:])
def test_priors_draw_lengths_to_their_target(prior):
    kwargs = {"target_length": 40, "spread": 5}
    lengths = packed([0.5] * 400, max_length=60, prior=prior, prior_kwargs=kwargs)
    assert all(35 <= length <= 45 for length in lengths)


def test_the_language_gives_the_prior_its_lengths():
    assert _core.length_prior("de") != _core.length_prior("zh")
    assert _core.length_prior("no") == _core.length_prior("nb-NO") == _core.length_prior("nb")
    for unknown in ("und", "xx", "", "not a code"):
        assert _core.length_prior(unknown) == (70, 25)
    probabilities = [0.5] * 2000
    target, spread = _core.length_prior("zh")
    by_lang = packed(probabilities, prior="gaussian", lang="zh")
    assert by_lang == packed(probabilities, prior="gaussian", prior_kwargs={"lang_code": "zh"})
    assert by_lang == packed(
        probabilities,
        prior="gaussian",
        prior_kwargs={"target_length": target, "spread": spread},
    )
    assert by_lang != packed(probabilities, prior="gaussian")


# Sentences: changed no more than the limits ask for.


def test_sentences_that_fit_stay():
    plain = split(SENTENCES)
    assert plain[0] == "Short one. "
    assert len(plain) == 5
    longest, shortest = max(map(len, plain)), min(map(len, plain))
    assert split(SENTENCES, max_length=longest) == plain
    assert split(SENTENCES, min_length=shortest, max_length=longest) == plain
    assert split(SENTENCES, max_length=10_000) == plain


def test_long_sentences_are_divided_where_it_is_most_probable():
    assert split(SENTENCES, max_length=30) == [
        "Short one. ",
        "A second sentence, ",
        "somewhat longer. ",
        "Third! ",
        "Is it the fourth? ",
        "It is.",
    ]


def test_short_sentences_join_the_neighbour_behind_the_weaker_boundary():
    text = "aaaaaaaaaaaa. bb. cccccccccccc."
    ends = [13, 17, 31]
    left = decode(text, ends, [0.6, 0.9, 1], min_length=8)
    right = decode(text, ends, [0.9, 0.6, 1], min_length=8)
    assert left.texts() == ["aaaaaaaaaaaa. bb. ", "cccccccccccc."]
    assert right.texts() == ["aaaaaaaaaaaa. ", "bb. cccccccccccc."]


def test_the_minimum_between_full_neighbours():
    text = "aaaa aaaa aaaa aaaa. bb. cccc cccc cccc cccc."
    pieces = split(text, min_length=10, max_length=22)
    assert "".join(pieces) == text
    assert all(10 <= len(piece) <= 22 for piece in pieces)


def test_repeated_short_sentences_are_merged_whole():
    pieces = split("A. " * 20, min_length=15, max_length=30)
    assert "".join(pieces) == "A. " * 20
    assert all(15 <= len(piece) <= 30 for piece in pieces)
    assert sum(piece.count("A") for piece in pieces) == 20
    assert all(piece.startswith("A. ") for piece in pieces)


def test_words_are_not_torn_where_spaces_are_near():
    text = "The quick brown fox jumps over the lazy dog and runs on. " * 20
    for pieces in (split(text, max_length=150), split(text, max_length=150, meaning="pack")):
        assert all(piece.endswith(" ") for piece in pieces)


def test_a_blank_line_yields_to_the_minimum_alone():
    text = "Title\n\nA sentence of some length. Another one of it.\n\nEnd"
    paragraphs = ["Title\n\n", "A sentence of some length. Another one of it.\n\n", "End"]
    assert split(text, meaning="pack") == paragraphs
    assert split(text, meaning="pack", max_length=200) == paragraphs
    assert split(text, min_length=10) == [
        "Title\n\nA sentence of some length. ",
        "Another one of it.\n\nEnd",
    ]


# Both meanings, on texts of every kind.

TEXTS = {
    "empty": "",
    "one character": "x",
    "simple": "Hello world. How are you? I am fine.",
    "lines": "First line.\nSecond line.\n\nNew paragraph here.\n",
    "tabs": "One\ttwo.\tThree\tfour. Five",
    "windows": "First.\r\nSecond.\r\n\r\nThird.",
    "white space": "   leading. And   many   between.  And trailing.   ",
    "only newlines": "\n\n\n",
    "only spaces": " " * 300,
    "emoji": "Hi 👋🏽! A family: 👩‍👩‍👧. Flags: 🇩🇪🇫🇷. " * 4,
    "Arabic": "مرحبا بالعالم. كيف حالك؟ أنا بخير. " * 4,
    "Chinese": "今天天气很好。我们去公园吧。你觉得怎么样？" * 6,
    "Russian": "Привет, мир. Как дела? Всё хорошо. " * 4,
    "mixed": "English. Русский. 中文。 العربية. ελληνικά. " * 4,
    "combining": "e\u0301" * 200,
    "long": "This is a sentence of the long text. " * 280,
    "many": "Short. " * 520,
    "one word": "word" * 600,
    "surrogates": "a\ud800b. \udfff\ud83d \ude00. " * 10,
    "nul": "a\0b. \0\0 c. " * 20,
    "separators": "a\u2028b\u2029c\u0085d\u00a0e\u3000f. " * 10,
}


@pytest.mark.parametrize("limit", [1, 10, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200])
@pytest.mark.parametrize("name", TEXTS)
def test_the_maximum_is_never_exceeded(name, limit):
    text = TEXTS[name]
    for options in (
        {},
        {"meaning": "pack"},
        {"meaning": "pack", "prior": "gaussian"},
        {"meaning": "pack", "algorithm": "greedy", "prior": "lognormal"},
        {"min_length": max(1, limit // 2)},
        {"min_length": limit, "newlines": "always"},
    ):
        out = decode(text, *scored(text), max_length=limit, **options)
        assert "".join(out.texts()) == text
        assert all(0 < end - start <= limit for start, end in out)
        assert out == decode(text, *scored(text), max_length=limit, **options)
        low = options.get("min_length", 1)
        if 2 * low <= limit + 1 and len(text) >= low:
            assert all(end - start >= low for start, end in out)


@pytest.mark.parametrize("name", TEXTS)
def test_a_minimum_alone_is_kept(name):
    text = TEXTS[name]
    out = decode(text, *scored(text), min_length=20)
    assert "".join(out.texts()) == text
    assert all(end - start >= min(20, len(text)) for start, end in out)


def test_graphemes_are_cut_between():
    for grapheme, limit in [("e\u0301", 5), ("👩\u200d👧", 4), ("🇩🇪", 5), ("👍🏽", 3)]:
        out = decode(grapheme * 50, [], [], max_length=limit)
        assert all(piece == grapheme * (len(piece) // len(grapheme)) for piece in out.texts())


@pytest.mark.parametrize(
    "text",
    [" " * 10**6, "x" * 10**7, "." * 10**6, "\u0301" * 10**6, "\n" * 10**6, "a" + " " * 10**6],
    ids=["spaces", "a word", "dots", "marks", "line breaks", "a letter and spaces"],
)
@pytest.mark.parametrize("limits", [(1, 100), (50, 100), (99, 100)])
def test_hostile_texts(text, limits):
    low, high = limits
    ends = array("q", range(1, len(text) + 1, 7))
    probabilities = array("f", [i % 13 / 13 for i in range(len(ends))])
    for candidates in [([], []), (ends, probabilities)]:
        out = decode(text, *candidates, min_length=low, max_length=high)
        ends = [0, *out.ends()]
        assert ends[-1] == len(text)
        assert all(0 < end - start <= high for start, end in pairwise(ends))


# Results.


def test_probabilities_are_those_of_the_ends():
    text = "Ab cd. Ef\n\ngh ij. kl"
    out = decode(text, *scored(text))
    assert out.texts() == ["Ab cd. ", "Ef\n\n", "gh ij. ", "kl"]
    assert out.probabilities.tolist() == pytest.approx([0.95, 1, 0.95, 1])
    assert decode("abcde", [], [], max_length=3).probabilities.tolist() == [0, 1]
    assert out.stripped().probabilities == out.probabilities
    assert decode(text, *scored(text), strip=True).probabilities == out.probabilities


def test_a_segmentation_keeps_its_probabilities():
    text = "a b c d"
    out = decode(text, [1, 3, 5], [0.25, 0.5, 0.75], threshold=0)
    assert out.probabilities.tolist() == [0.25, 0.5, 0.75, 1]
    assert out[1:3].probabilities.tolist() == [0.5, 0.75]
    assert out[::-1].probabilities.tolist() == [1, 0.75, 0.5, 0.25]
    for twin in (pickle.loads(pickle.dumps(out)), copy.deepcopy(out)):
        assert twin == out
        assert twin.probabilities == out.probabilities
        assert hash(twin) == hash(out)
    assert out != Segmentation(text, out.spans)
    assert out == Segmentation(text, out.spans, [0.25, 0.5, 0.75, 1])
    assert next(out.segments()) == (0, 2, "a ")
    with pytest.raises(AttributeError):
        out.probabilities = None
    with pytest.raises(ValueError, match="3 probabilities and 4 spans"):
        Segmentation(text, out.spans, [0.25, 0.5, 0.75])


def test_rules_have_no_probabilities():
    out = SentenceSegmenter("en").segment("It rained. We left.")
    assert out.probabilities is None
    assert out[:1].probabilities is None
    assert out.stripped().probabilities is None
    assert pickle.loads(pickle.dumps(out)).probabilities is None


def test_float_arrays():
    floats = FloatArray([0.25, 0.5, 1])
    assert (len(floats), floats[0], floats[-1]) == (3, 0.25, 1)
    assert floats[1:].tolist() == [0.5, 1]
    assert list(floats) == floats.tolist()
    assert floats == FloatArray([0.25, 0.5, 1])
    assert hash(floats) == hash(FloatArray([0.25, 0.5, 1]))
    assert floats != FloatArray([0.25, 0.5])
    assert floats != [0.25, 0.5, 1]
    assert repr(floats) == "<FloatArray of 3 numbers>"
    assert pickle.loads(pickle.dumps(floats)) == copy.deepcopy(floats) == floats
    with pytest.raises(IndexError):
        floats[3]
    with pytest.raises(TypeError):
        floats["0"]
    with pytest.raises(ValueError, match="4 bytes"):
        FloatArray._from_bytes(b"12345")


def test_the_buffer_of_a_float_array():
    view = memoryview(FloatArray([0.25, 0.5, 1]))
    assert (view.format, view.shape, view.strides, view.itemsize) == ("f", (3,), (4,), 4)
    assert view.readonly
    assert view.contiguous
    assert view.tolist() == [0.25, 0.5, 1]
    assert memoryview(FloatArray()).shape == (0,)
    with pytest.raises(TypeError):
        view[0] = 1
    if sys.byteorder == "little":
        assert FloatArray._from_bytes(bytes(view)) == FloatArray([0.25, 0.5, 1])


# What may be passed.


def test_any_buffer_or_list_will_do():
    text, ends, probabilities = "a b c", [1, 3, 5], [0.25, 0.75, 0.5]
    expected = decode(text, ends, probabilities)
    assert expected.texts() == ["a b ", "c"]
    for code in "ihq":
        for kind in "fd":
            assert decode(text, array(code, ends), array(kind, probabilities)) == expected
    assert decode(text, tuple(ends), iter(probabilities)) == expected
    assert decode(text, memoryview(array("q", [1, 0, 3, 0, 5]))[::2], probabilities) == expected
    assert decode(text, ends, FloatArray(probabilities)) == expected


def test_numpy_arrays_will_do():
    np = pytest.importorskip("numpy")
    text, ends, probabilities = "a b c", [1, 3, 5], [0.25, 0.75, 0.5]
    expected = decode(text, ends, probabilities)
    for ints in ("int64", "int32", "uint16"):
        for floats in ("float32", "float64", "float16"):
            given = np.array(ends, ints), np.array(probabilities, floats)
            assert decode(text, *given) == expected
    table = np.array([[0, 1], [2, 3], [4, 5]])
    assert decode(text, table[:, 1], np.array(probabilities)) == expected
    with pytest.raises(TypeError, match="ends must have one dimension, not 2"):
        decode(text, table, probabilities)
    assert np.asarray(expected.probabilities).dtype == np.float32


@pytest.mark.parametrize(
    ("ends", "probabilities", "message"),
    [
        ([1], [], "1 ends and 0 probabilities"),
        ([2, 1], [0.5, 0.5], r"ends\[1\] is 1 after 2; sort"),
        ([4], [0.5], r"ends\[0\] is 4, outside of a text of 3 characters"),
        ([-1], [0.5], r"ends\[0\] is -1"),
        ([1], [float("nan")], r"probabilities\[0\] is NaN"),
        ([1], [1.5], r"probabilities\[0\] is 1.5; .* not logits"),
        ([1], [-0.5], r"probabilities\[0\] is -0.5"),
        ([1], [float("inf")], r"probabilities\[0\] is inf"),
        ([2**70], [0.5], "ends holds a number that is too large"),
    ],
)
def test_candidates_that_cannot_be(ends, probabilities, message):
    with pytest.raises(ValueError, match=message):
        decode("aéb", ends, probabilities)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_length": 10, "max_length": 5}, "min_length is 10, greater than max_length"),
        ({"min_length": 0}, "min_length must be at least 1, not 0"),
        ({"max_length": 0}, "max_length must be at least 1, not 0"),
        ({"max_length": -5}, "max_length must be at least 1, not -5"),
        ({"prior": "normal"}, 'unknown prior "normal"; known: uniform, gaussian, clipped_poly'),
        ({"algorithm": "beam"}, 'unknown algorithm "beam"; known: viterbi, greedy'),
        ({"meaning": "words"}, 'unknown meaning "words"; known: sentences, pack'),
        ({"newlines": "maybe"}, "newlines must be"),
        ({"prior_kwargs": {"target_length": 0}}, "target_length is 0"),
        ({"prior_kwargs": {"target_length": float("inf")}}, "target_length is inf"),
        ({"prior_kwargs": {"spread": -1}}, "spread is -1"),
        ({"prior_kwargs": {"spread": float("nan")}}, "spread is NaN"),
        ({"prior_kwargs": {"width": 1}}, "unknown key 'width' in prior_kwargs; known: target"),
        ({"threshold": float("nan")}, "threshold is NaN"),
    ],
)
def test_policies_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        decode("Some text.", [10], [0.9], **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decode(b"a", [1], [0.5]), "text must be str, not bytes"),
        (lambda: decode("a", ["1"], [0.5]), "ends must hold numbers"),
        (lambda: decode("a", [0.5], [0.5]), "ends must hold numbers"),
        (lambda: decode("a", [1], "x"), "probabilities must hold numbers"),
        (lambda: decode("a", 1, [0.5]), "ends must hold numbers"),
        (lambda: decode("a", [1], [None]), "probabilities must hold numbers"),
        (lambda: decode("a", [1], [0.5], threshold="0.5"), "threshold must be a number, not str"),
        (lambda: decode("a", [1], [0.5], threshold=None), "threshold must be a number, not None"),
        (lambda: decode("a", [1], [0.5], max_length=2.5), "max_length must be int, not float"),
        (lambda: decode("a", [1], [0.5], prior=None), "prior must be str, not None"),
        (lambda: decode("a", [1], [0.5], lang=1), "lang must be str, not int"),
    ],
)
def test_wrong_types_are_refused_by_name(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_the_core_takes_only_what_it_can_read():
    policy = DecodingPolicy()
    for ends, probabilities, message in [
        (array("i", [1]), array("f", [0.5]), "ends must be a buffer of 64-bit integers"),
        (array("q", [1]), array("d", [0.5]), "probabilities must be a buffer of 32-bit floats"),
        ([1], array("f", [0.5]), "ends must be a buffer"),
        (memoryview(array("q", [0, 1, 1]))[::2], array("f", [0.5, 0.5]), "another shape"),
    ]:
        with pytest.raises(TypeError, match=message):
            _core.decode("a", ends, probabilities, **policy.arguments())


def test_a_policy_is_a_value():
    policy = DecodingPolicy(max_length=20, prior="gaussian", lang="de")
    assert policy == DecodingPolicy(max_length=20, prior="gaussian", lang="de")
    assert hash(policy) == hash(DecodingPolicy(max_length=20, prior="gaussian", lang="de"))
    assert policy != DecodingPolicy(max_length=21, prior="gaussian", lang="de")
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert policy.replace(max_length=5).max_length == 5
    assert policy.replace(max_length=20) == policy
    assert repr(policy) == "DecodingPolicy(max_length=20, prior='gaussian', lang='de')"
    assert repr(DecodingPolicy()) == "DecodingPolicy()"
    assert eval(repr(policy), {"DecodingPolicy": DecodingPolicy}) == policy
    with pytest.raises(AttributeError, match=r"use replace\(max_length=…\)"):
        policy.max_length = 5
    with pytest.raises(AttributeError):
        del policy.max_length
    text = SENTENCES
    kept = pickle.loads(pickle.dumps(policy)).decode(text, *scored(text))
    assert kept == decode(text, *scored(text), max_length=20, prior="gaussian", lang="de")


def test_offsets_survive_surrogates_and_other_wide_characters():
    text = "a\ud800. é😀. \udfffb"
    out = decode(text, [3, 7], [0.9, 0.9])
    assert out.texts() == ["a\ud800. ", "é😀. ", "\udfffb"]


def test_names_are_exported():
    assert {"decode", "DecodingPolicy", "FloatArray"} <= set(scriptio.__all__)
