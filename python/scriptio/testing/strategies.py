"""Hypothesis strategies for texts that segmenters find hard.

Uniformly random text almost never holds a sentence, so `sentences` and
`documents` are made by a grammar over small alphabets of several scripts;
`hostile_text` holds what no author wrote.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from scriptio.errors import MissingDependencyError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["documents", "hostile_text", "sentences"]


class Script(NamedTuple):
    """What sentences of one script are made of; words between spaces."""

    words: str
    abbreviations: str
    terminators: str
    space: str = " "


SCRIPTS = {
    "Latin": Script(
        "It rained We left été Über straße I a Washington says naïve e.g",
        "Dr. Mr. e.g. z.B. U.S. No. Art. p. Inc. bzw. J.",
        ". ! ? … ... ?! !!! .”",
    ),
    "Cyrillic": Script("Шёл дождь Мы ушли і їжак", "т.е. г. ул. им. А.", ". ! ? … ?!"),
    "Greek": Script("Έβρεχε Φύγαμε και ήλθε", "π.χ. κ.λπ. Δρ.", ". ; ! \u037e"),
    "Han": Script("今天 下雨 我们 走了 吗 雨が 降った", "A. No.", "。 ！ ？ … ｡ ．", ""),
    "Arabic": Script("هطل المطر غادرنا هل", "د. ص. أ.", ". ؟ ! ۔ …"),
    "Devanagari": Script("बारिश हुई हम चले गए क्या", "डॉ. श्री.", "। ॥ ? !"),
    "Thai": Script("ฝนตก เราไป แล้ว หรือ", "ดร. พ.ศ.", "\u0020 ฯ . ?", ""),
    "Ethiopic": Script("ዝናብ ዘነበ ሄድን", "ዶ/ር ዓ.ም.", "። ፧ ፨ !"),
    "Armenian": Script("Անձրև եկավ Մենք գնացինք", "դոկտ. թ.", "։ : ՞ ."),
}

#: What stands in texts of any script: numbers, dates, addresses, quotations, list markers.
ANYWHERE = (
    *("3.14", "1,000.5", "1.", "2)", "(a)", "(iv)", "•", "-", "5.", "12.05.2024", "9:30", "§"),
    *("10%", "v1.2.3", "$3.5", "[1]", "[sic!]", ".NET", "...and", "x.py.", "(Really?)"),
    *("https://example.org/a.html?q=1.", "www.example.com.", "jane.doe@example.org"),
    *('"Yes."', "“No!”", "«Да?»", "„So.“", "「はい。」"),
)

SEPARATORS = (" ", " ", "  ", "\n", "\r\n", "\n\n", "\r\n\r\n", "\n \t\n", "\u00a0", "\u2028")
RARE_SEPARATORS = ("", "\u2029", "\t", "\r", "\u3000", "\u0085", "\n\n\n")

#: Pieces that have broken segmenters: alone, repeated, or across the edge of a block.
PIECES = (
    *(
        "a",
        " ",
        ".",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\t",
        "\0",
        '"',
        "'",
        "(",
        ")",
        "[",
        "“",
        "”",
        "«",
    ),
    *(". ", "? ", "! ", "... ", "A. ", "Dr. ", "1. ", "a.b", "。", "…", "।", "۔", "։", "；"),
    *("é", "e\u0301", "\u0301", "ß", "İ", "ﬁ", "\u200b", "\u200d", "\ufeff", "\u2028", "\u2029"),
    *("😀", "👩\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f", "\ufffd", "\U0010ffff", "\u0085", "\u00a0"),
    *("\ud83d", "\ude00", "\ud800", "\udfff", "\x1c", "\x1f", "I'm. ", "http://a.b/?", "a@b.c "),
)

#: Lengths on both sides of the powers of two, where blocks and windows end.
SIZES = tuple(sorted({2**power + by for power in range(13) for by in (-1, 0, 1)} - {0}))


def strategies() -> Any:
    """Hypothesis's own strategies, looked for when a test wants them."""
    try:
        from hypothesis import strategies as st
    except ImportError as error:
        raise MissingDependencyError("hypothesis", "testing") from error
    return st


def sentences(script: str | None = None) -> "SearchStrategy[str]":
    """Sentences of one script, or of any.

    Args:
        script: A name such as `Latin`, `Cyrillic`, `Greek`, `Han`, `Arabic`,
            `Devanagari`, `Thai`, `Ethiopic` or `Armenian`.

    Raises:
        ValueError: The script is not among them.
        MissingDependencyError: Hypothesis is not installed.
    """
    st = strategies()
    if script is None:
        anyone: SearchStrategy[str] = st.one_of([sentences(name) for name in SCRIPTS])
        return anyone
    if script not in SCRIPTS:
        raise ValueError(f"unknown script {script!r}; known: {', '.join(SCRIPTS)}")
    words, abbreviations, terminators, space = SCRIPTS[script]
    word = st.sampled_from(
        # Words twice, so that they outweigh what is there to lead astray.
        [*words.split(" ") * 2, *abbreviations.split(" "), *ANYWHERE]
    )
    opener = st.sampled_from(["", "", "", '"', "“", "(", "«", "- ", "1. "])
    closer = st.sampled_from(["", "", "", '"', "”", ")", "»", "[2]"])
    made: SearchStrategy[str] = st.builds(
        lambda start, body, end, close: f"{start}{space.join(body)}{end}{close}",
        opener,
        st.lists(word, min_size=1, max_size=8),
        st.sampled_from(terminators.split(" ")),
        closer,
    )
    return made


def documents(script: str | None = None, max_sentences: int = 12) -> "SearchStrategy[str]":
    """Texts of several sentences, with every kind of white space between them.

    Args:
        script: As for `sentences`; by default scripts may be mixed.
        max_sentences: How many sentences at most.

    Raises:
        ValueError: The script is not known.
        MissingDependencyError: Hypothesis is not installed.
    """
    st = strategies()
    separator = st.sampled_from(SEPARATORS * 2 + RARE_SEPARATORS)
    body = st.lists(st.tuples(sentences(script), separator), max_size=max_sentences)
    lead = st.sampled_from(["", "", "", " ", "\n", "\ufeff"])
    made: SearchStrategy[str] = st.builds(
        lambda start, parts: start + "".join([part for pair in parts for part in pair]), lead, body
    )
    return made


def hostile_text(max_run: int = 1025) -> "SearchStrategy[str]":
    """Texts that no author wrote: runs, marks without a base, lone surrogates, long tokens.

    Args:
        max_run: How often a piece may be repeated; just above a power of two
            is best.

    Raises:
        MissingDependencyError: Hypothesis is not installed.
    """
    st = strategies()
    piece = st.sampled_from(PIECES)
    size = st.sampled_from([size for size in SIZES if size <= max_run])
    # A run of letters brings what follows it to the edge of a block.
    run = st.builds(lambda piece, size: piece * size, piece, size)
    mixed = st.lists(st.one_of(piece, piece, run, sentences()), max_size=8).map("".join)
    made: SearchStrategy[str] = st.one_of(mixed, st.text(st.characters()), documents())
    return made
