"""`RuleScorer`: the rules where a model could stand."""

from array import array
from typing import TYPE_CHECKING, Protocol

from scriptio import _core
from scriptio._text import checked_text

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["RuleScorer", "TokenScorer", "rules_of"]


class TokenScorer(Protocol):
    """What can be adapted: logits of a boundary at the end of every token."""

    def token_logits(self, text: str) -> "tuple[Buffer, Buffer]":
        """The ends of the tokens, and a logit at each.

        Ends are 64-bit integers: code points, exclusive, rising. Logits are
        32-bit numbers. White space behind a boundary belongs to what is before it.
        """


class RuleScorer:
    """The rules of `SentenceSegmenter` as a scorer: adaptation without a model.

    Args:
        lang: ISO 639 code; see `SentenceSegmenter`.

    Raises:
        TypeError: `lang` is not a string.
        ValueError: The language is not known.

    Examples:
        >>> from scriptio.adaptation import RuleScorer
        >>> ends, logits = RuleScorer("en").token_logits("It rained. We left.")
        >>> ends.tolist(), [logit > 0 for logit in logits]
        ([2, 10, 13, 19], [False, True, False, False])
    """

    __slots__ = ("_core",)

    def __init__(self, lang: str) -> None:
        self._core = rules_of(lang)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self._core.lang,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core.lang!r})"

    def token_logits(self, text: str) -> "tuple[array[int], array[float]]":
        """The ends of tokens and of the rules' candidates, and what the rules say there.

        Raises:
            TypeError: `text` is not a string.
        """
        ends, logits = _core.rule_logits(self._core, checked_text(text))
        return array("q", ends), array("f", logits)


def rules_of(lang: str) -> _core.SentenceSegmenter:
    """The rules for a language, as they are without options."""
    return _core.SentenceSegmenter(checked_text(lang, "lang"), "paragraph", [], [], False)
