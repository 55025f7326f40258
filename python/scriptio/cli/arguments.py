"""The arguments of all commands."""

import argparse

from scriptio import __version__

__all__ = ["check_split", "parser"]

SPLIT_HELP = """\
Cut files into sentences, one a line. Without --json, --offsets or -0 the
sentences are trimmed and line breaks inside them become spaces. Offsets are
code points from the start of the file, or of the line with --per-line.

Rules cut unless --model names a model that does.
"""

SPLIT_EPILOG = """\
Models read files in steps, so that memory does not grow with the file; near
the end of a step segments may differ from those of the file as a whole. With
--cascade a step is a million characters, up to its last blank line if there
is one in its second half.

A file that is not valid in its encoding is cut up to the first bad byte; the
sentence that the bad byte is part of is not written. Exit status: 0 done,
1 a file or a model could not be read to its end, 2 wrong use.
"""

CHUNK_HELP = """\
Cut files into chunks of at most a size, where their structure allows: what
fits into a chunk is not cut, and what does not is cut at the next level, down
to sentences, words and characters. Without --json, --offsets or -0 a chunk is
one line, trimmed, with spaces for the line breaks inside. Offsets are code
points from the start of the file.

A file that is not valid in its encoding is cut up to the first bad byte; the
chunk that the bad byte is part of is not written. Exit status: 0 done, 1 a
file could not be read to its end or not be cut, 2 wrong use.
"""

ADAPT_HELP = """\
Learn from labelled sentences where sentences end in texts of their kind, and
write what was learned to a file for split --adapter. Some 64 sentences tell
much. FILE holds either JSON Lines with the text and the ends of its sentences
in code points, {"text": "It rained. We left.", "ends": [11, 19]}, or plain
text with a sentence a line and a blank line between documents.

The report is by five-fold cross-validation: every fifth of the sentences is
cut by what was learned from the others.
"""

MODELS_HELP = """\
What is known of models: those that came with scriptio, and directories that
hold a model. Nothing is ever downloaded.
"""

BYTES_HELP = """\
Ask a language model over tokens about bytes: what comes after a prompt, which
may end anywhere, also within a word or a character, or how probable it is.
The answer is that for the text, not for one way to cut it into tokens.
"""

BYTES_EPILOG = """\
Columns are separated by tabs. Logarithms are natural. Modes: canonical_local,
the token strings that the tokenizer writes, with the model held to them;
canonical, the same without holding it; all, every token string, which takes
long for long prompts.
"""

TOKENS_HELP = """\
Write the tokens of a text under the tokenizer of a language model, one a
line: id, start and end in code points, and the bytes that the token writes as
Python spells them. FILE must be UTF-8; - or none is standard input.
"""

COMPOUNDS_HELP = """\
Split the words of files into the words that they are made of, one a line in
their order; words that are no compounds stay whole.

  scriptio compounds FILE --lang de
  scriptio compounds build LANG --words FILE   build a model from a word list,
                                               the most frequent words first
  scriptio compounds languages                 what there is, and how good
"""

SECTIONS_HELP = """\
Show the structure of legal texts: one section a line, indented, its marker and
title. Each file is read whole, as UTF-8 unless told. With several files each
output is a document of its own, one after the other.
"""

TOPICS_HELP = """\
Cut files where their topic changes: a segment a line, trimmed, with spaces for
the line breaks inside, unless --json, --offsets or -0 is given. Offsets are
code points from the start of the file.

The model scriptio-topic finds the places unless --model names another one, or a
method that compares words alone. Where all parts of a text share one vocabulary, as in
terms of service, most of what those find is wrong. A file that is not valid in
its encoding is cut up to the first bad byte; the segment that the bad byte is
part of is not written. Exit status: 0 done, 1 a file could not be read to its
end, 2 wrong use.
"""

MODEL_HELP = "sat, the id of a bundled model, or the directory of one"

#: The options of `split` that only models know: name and flag.
NEURAL = {
    name: "--" + name.replace("_", "-")
    for name in (
        "threshold",
        "max_length",
        "min_length",
        "prior",
        "meaning",
        "stride",
        "cascade",
        "rules",
        "adapter",
        "threads",
    )
}


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    top = argparse.ArgumentParser(prog="scriptio", description="Cut text where it should be cut.")
    top.add_argument("--version", action="version", version=f"scriptio {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_split(
        commands.add_parser(
            "split",
            help="cut files into sentences",
            description=SPLIT_HELP,
            epilog=SPLIT_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_adapt(
        commands.add_parser(
            "adapt",
            help="learn from labelled sentences",
            description=ADAPT_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_chunk(
        commands.add_parser(
            "chunk",
            help="cut files into chunks of at most a size",
            description=CHUNK_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_topics(
        commands.add_parser(
            "topics",
            help="cut files where their topic changes",
            description=TOPICS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_compounds(
        commands.add_parser(
            "compounds",
            help="split compounds into their words",
            description=COMPOUNDS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_models(commands.add_parser("models", help="list, show or verify models"))
    add_bytes(
        commands.add_parser(
            "bytes",
            help="ask a language model about bytes",
            description=BYTES_HELP,
            epilog=BYTES_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_tokens(
        commands.add_parser(
            "tokens",
            help="write the tokens of a text, or count them",
            description=TOKENS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    add_sections(
        commands.add_parser(
            "sections",
            help="show the section tree of legal texts",
            description=SECTIONS_HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    commands.add_parser("languages", help="list the language codes that --lang knows")
    return top


def add_split(split: argparse.ArgumentParser) -> None:
    """The arguments of `split`."""
    add = split.add_argument
    add("files", nargs="*", metavar="FILE", help="a file; - or none is standard input")
    add("--lang", metavar="CODE", help="language, or und; rules take en unless told")
    add_formats(
        split,
        json="JSON Lines with file, start, end, the exact text and, of a model, probability",
        offsets="start and end alone, tab-separated; after the file if there are several, "
        "and the line with --per-line",
        null="exact sentences, each with a NUL after it",
    )
    add("--per-line", action="store_true", help="every line is a document of its own")
    add(
        "--newlines",
        default="paragraph",
        choices=("paragraph", "always", "never"),
        help="what a line break means (default: %(default)s, where a blank line ends a sentence)",
    )
    add("--abbreviation", action="append", default=[], metavar="WORD", help="one more abbreviation")
    add("--protect", action="append", default=[], metavar="REGEX", help="never cut what matches")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    add("--model", metavar="ID|DIR", help=f"let a model cut: {MODEL_HELP}")
    add_neural(split.add_argument_group("with --model"))
    split.set_defaults(format="plain", parser=split)


def add_formats(command: argparse.ArgumentParser, *, json: str, offsets: str, null: str) -> None:
    """What output may look like, each with its help."""
    shape = command.add_mutually_exclusive_group()
    forms = [(("--json",), json), (("--offsets",), offsets), (("-0", "--null"), null)]
    for flags, told in forms:
        form = flags[-1].removeprefix("--")
        shape.add_argument(*flags, dest="format", action="store_const", const=form, help=told)


def add_neural(group: "argparse._ArgumentGroup") -> None:
    """The arguments of `split` that only models know."""
    add = group.add_argument
    add(
        "--threshold",
        type=float,
        metavar="P",
        help="probability above which a sentence ends (default: the model's own)",
    )
    add("--max-length", type=int, metavar="N", help="no segment has more characters")
    add("--min-length", type=int, metavar="N", help="segments have at least as many characters")
    add(
        "--prior",
        choices=("uniform", "gaussian", "clipped_polynomial", "lognormal"),
        help="how welcome segments are by their length (default: uniform)",
    )
    add(
        "--meaning",
        choices=("sentences", "pack"),
        help="keep sentences where the limits allow, or pack segments (default: sentences)",
    )
    add("--stride", type=int, metavar="N", help="tokens from one window to the next")
    help_of = group.add_mutually_exclusive_group()
    help_of.add_argument(
        "--cascade",
        action="store_true",
        default=None,
        help="the rules of --lang cut where they are sure, the model elsewhere",
    )
    help_of.add_argument(
        "--rules",
        action="store_true",
        default=None,
        help="the rules of --lang and the model decide together",
    )
    help_of.add_argument("--adapter", metavar="FILE", help="what scriptio adapt has learned")
    add("--threads", type=int, metavar="N", help="how many threads the model uses")


def add_chunk(chunk: argparse.ArgumentParser) -> None:
    """The arguments of `chunk`."""
    add = chunk.add_argument
    add("files", nargs="*", metavar="FILE", help="a file; - or none is standard input")
    add(
        "--chunk-size",
        type=int,
        default=1000,
        metavar="N",
        help="how much a chunk holds at most (default: %(default)s)",
    )
    add(
        "--by",
        default="paragraphs",
        choices=("paragraphs", "sentences", "sections", "topics"),
        help="what to pack (default: %(default)s)",
    )
    add(
        "--overlap",
        type=int,
        default=0,
        metavar="N",
        help="how much of the chunk before is repeated at most, in whole units (default: 0)",
    )
    count = chunk.add_mutually_exclusive_group()
    count.add_argument(
        "--sizer",
        default="chars",
        choices=("chars", "bytes", "words"),
        help="what sizes are counted in (default: %(default)s)",
    )
    count.add_argument(
        "--tokenizer", metavar="FILE", help="count tokens: a tokenizer.json, or packed"
    )
    add("--context", action="store_true", help="put the headings above a chunk before it")
    add("--balanced", action="store_true", help="chunks of like size rather than full ones")
    add_formats(
        chunk,
        json="JSON Lines with file, start, end, the exact text, its size, and of sections the path",
        offsets="start and end alone, tab-separated; after the file if there are several",
        null="exact chunks, each with a NUL after it",
    )
    add("--lang", default="und", metavar="CODE", help="language of the text (default: und)")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    chunk.set_defaults(format="plain", parser=chunk)


def add_topics(topics: argparse.ArgumentParser) -> None:
    """The arguments of `topics`."""
    add = topics.add_argument
    add("files", nargs="*", metavar="FILE", help="a file; - or none is standard input")
    add(
        "--model",
        default="scriptio-topic",
        metavar="ID|DIR",
        help="c99, texttiling, the id of a bundled model or the directory of one, which may be a "
        "classifier of pairs (default: %(default)s)",
    )
    add(
        "--unit",
        default="paragraph",
        choices=("paragraph", "line", "sentence"),
        help="what boundaries lie between (default: %(default)s)",
    )
    add("--count", type=int, metavar="N", help="the number of segments, where it is known")
    add(
        "--threshold",
        type=float,
        metavar="X",
        help="the probability above which a boundary is one (default: the model's), or by how "
        "many standard deviations it must stand out (default: 1.2 for c99, -0.5 for texttiling)",
    )
    add(
        "--min-units",
        type=int,
        default=1,
        metavar="N",
        help="the least number of units of a segment (default: %(default)s)",
    )
    add("--min-length", type=int, metavar="N", help="segments have at least as many characters")
    add("--max-length", type=int, metavar="N", help="no segment has more characters")
    add("--target-length", type=int, metavar="N", help="how many characters segments should have")
    add_formats(
        topics,
        json="JSON Lines with file, start, end, the exact text and, of the model, probability",
        offsets="start and end alone, tab-separated; after the file if there are several",
        null="exact segments, each with a NUL after it",
    )
    add("--lang", default="und", metavar="CODE", help="language of the text (default: und)")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    topics.set_defaults(format="plain", parser=topics)


def add_adapt(adapt: argparse.ArgumentParser) -> None:
    """The arguments of `adapt`."""
    add = adapt.add_argument
    add("files", nargs="+", metavar="FILE", help="labelled sentences, in UTF-8; - is stdin")
    add("--out", required=True, metavar="FILE", help="the file to write")
    add("--model", default="sat", metavar="ID|DIR", help=f"{MODEL_HELP} (default: %(default)s)")
    add("--lang", default="und", metavar="CODE", help="language of the rules (default: und)")
    add("--threads", type=int, metavar="N", help="how many threads the model uses")
    add("--json", action="store_true", help="the report as JSON")
    adapt.set_defaults(parser=adapt)


def add_bytes(asked: argparse.ArgumentParser) -> None:
    """The arguments of `bytes`."""
    add = asked.add_argument
    add("file", nargs="?", metavar="FILE", help="the prompt, exactly; - or none is standard input")
    add("--model", required=True, metavar="PATH", help="a causal model in ONNX, or its directory")
    add(
        "--tokenizer",
        metavar="FILE",
        help="its tokenizer.json (default: the one beside the model)",
    )
    add("--prompt", metavar="TEXT", help="the prompt")
    add("--top", type=int, default=10, metavar="N", help="how many bytes to show (default: 10)")
    add("--logprob", action="store_true", help="how probable the prompt is, and its end")
    add("--given", metavar="TEXT", help="with --logprob: what comes before the prompt")
    add(
        "--mode",
        default="canonical_local",
        choices=("canonical_local", "canonical", "all"),
        help="which token strings count (default: %(default)s)",
    )
    add(
        "--max-error",
        type=float,
        default=0.0,
        metavar="E",
        help="ask the model less often and be wrong by at most this (default: 0)",
    )
    add("--threads", type=int, metavar="N", help="how many threads the model uses")
    add("--json", action="store_true", help="as JSON")
    asked.set_defaults(parser=asked)


def add_compounds(compounds: argparse.ArgumentParser) -> None:
    """The arguments of `compounds`."""
    add = compounds.add_argument
    add(
        "words_or_files",
        nargs="*",
        metavar="FILE",
        help="a file, in which what is between white space and marks is a word; - or none is "
        "standard input",
    )
    add("--lang", metavar="CODE|FILE", help="language, or the file of a model")
    add("--json", action="store_true", help="JSON Lines with the word, its pieces and their words")
    add("--separator", default=" ", metavar="TEXT", help="between pieces (default: a space)")
    add(
        "--linking",
        default="attach",
        choices=("attach", "separate", "strip"),
        help="what becomes of linking elements and hyphens (default: %(default)s)",
    )
    add("--threshold", type=float, metavar="X", help="margin that cuts a word (default: 0)")
    add("--min-part", type=int, default=2, metavar="N", help="characters of a piece (default: 2)")
    add("--max-parts", type=int, metavar="N", help="pieces of a word at most")
    add("--words", metavar="FILE", help="of build: the word list, a word a line, or word and count")
    add("--out", metavar="FILE", help="of build: the file to write (default: LANG.compounds)")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    compounds.set_defaults(parser=compounds)


def add_sections(sections: argparse.ArgumentParser) -> None:
    """The arguments of `sections`."""
    add = sections.add_argument
    add("files", nargs="*", metavar="FILE", help="a file; - or none is standard input")
    add(
        "--system",
        default="auto",
        metavar="NAME",
        help="legal system, such as de, us-code, eu; auto finds it out (default: %(default)s)",
    )
    shape = sections.add_mutually_exclusive_group()
    for form, told in (
        ("json", "JSON Lines: a record for every section, offsets in code points"),
        ("markdown", "the text as Markdown"),
        ("akn", "the text as Akoma Ntoso, XML"),
        ("references", "JSON Lines: what the text refers to, resolved"),
    ):
        shape.add_argument(f"--{form}", dest="format", action="store_const", const=form, help=told)
    add("--width", type=int, default=100, metavar="N", help="columns (default: %(default)s)")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    sections.set_defaults(format="tree", parser=sections)


def add_models(models: argparse.ArgumentParser) -> None:
    """The arguments of `models`."""
    models.description = MODELS_HELP
    actions = models.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, told in [
        ("list", "list the bundled models: id, size and threshold"),
        ("show", "show what the files of a model say, and what its graph declares"),
        ("verify", "compare the files of a model with the sha256 of its manifest"),
    ]:
        action = actions.add_parser(name, help=told, description=told.capitalize() + ".")
        if name == "show":
            action.add_argument(
                "model",
                nargs="?",
                default="sat",
                metavar="ID|DIR",
                help=f"{MODEL_HELP} (default: sat)",
            )
        if name == "verify":
            action.add_argument(
                "model", nargs="*", metavar="ID|DIR", help=f"{MODEL_HELP} (default: all bundled)"
            )
        action.add_argument("--json", action="store_true", help="as JSON")
        action.set_defaults(parser=action)


def add_tokens(tokens: argparse.ArgumentParser) -> None:
    """The arguments of `tokens`."""
    add = tokens.add_argument
    add("file", nargs="?", default="-", metavar="FILE", help="a text; - or none is standard input")
    add(
        "--tokenizer",
        required=True,
        metavar="FILE",
        help="a tokenizer.json, tekken.json or rank file of tiktoken, as it is or in gzip or xz",
    )
    add("--pattern", metavar="REGEX", help="what cuts texts into pieces; for rank files alone")
    add(
        "--special",
        action="append",
        default=[],
        metavar="NAME=ID",
        help="a special token; for rank files alone",
    )
    shape = tokens.add_mutually_exclusive_group()
    shape.add_argument(
        "--json",
        action="store_true",
        help="JSON Lines with id, start, end and bytes, which are hexadecimal",
    )
    shape.add_argument("--count", action="store_true", help="the number of tokens alone")
    tokens.set_defaults(parser=tokens)


def check_split(arguments: argparse.Namespace) -> None:
    """Refuse options of `split` that mean nothing together.

    Raises:
        SystemExit: There are such options.
    """
    if arguments.model is None:
        told = [flag for name, flag in NEURAL.items() if getattr(arguments, name) is not None]
        if told:
            arguments.parser.error(f"{', '.join(told)}: for models alone; add --model sat")
    elif not (arguments.rules or arguments.cascade) and (
        arguments.abbreviation or arguments.protect
    ):
        arguments.parser.error(
            "--abbreviation and --protect are for the rules; add --rules or --cascade, or leave "
            "--model out"
        )
