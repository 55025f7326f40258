"""What counts as a language model over tokens, and the plain ways to make one."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from scriptio._text import checked_int
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CallbackLM", "Context", "LanguageModel", "PrefixedLM", "checked_ids", "normalised"]

#: How far the probabilities of a row that claims to be normalised may be from 1.
TOLERANCE = 1e-3


class Context:
    """A sequence of tokens, as a node of a tree of such sequences.

    A tree shares what its sequences have in common, so that a model need
    read that once. `Context()` is the empty sequence, a root.

    Attributes:
        parent: The sequence without its last token; None of a root.
        token: The last token; None of a root.
        depth: How many tokens it has.
        cache: For the model that reads it, which keeps there what it has
            computed; it is gone when the context is. Contexts are not to be
            shared between threads.

    Examples:
        >>> from scriptio import Context
        >>> context = Context().child(7).child(9)
        >>> context.tokens(), context.depth
        ([7, 9], 2)
    """

    __slots__ = ("__weakref__", "cache", "depth", "parent", "token")

    parent: "Context | None"
    token: int | None
    depth: int
    cache: object | None

    def __init__(self, parent: "Context | None" = None, token: int | None = None) -> None:
        if (parent is None) != (token is None):
            raise TypeError("a context has a parent and a token, or, as a root, neither")
        self.parent = parent
        self.token = token
        self.depth = 0 if parent is None else parent.depth + 1
        self.cache = None

    def child(self, token: int) -> "Context":
        """This sequence and one more token: a new node at each call."""
        return Context(self, token)

    def tokens(self) -> list[int]:
        """All tokens from the root on; time is linear in their number."""
        found = []
        node: Context | None = self
        while node is not None and node.token is not None:
            found.append(node.token)
            node = node.parent
        found.reverse()
        return found

    def __repr__(self) -> str:
        tokens = self.tokens()
        told = ", ".join(map(str, tokens[-8:]))
        return f"Context([{'... ' if len(tokens) > 8 else ''}{told}], depth={self.depth})"


@runtime_checkable
class LanguageModel(Protocol):
    """Gives the law of the next token after sequences of tokens.

    Anything with these members will do. A model keeps what it likes in the
    `cache` of the contexts. A batch may hold a context together with its
    ancestors, in any order, or twice.
    """

    @property
    def vocab_size(self) -> int:
        """How many tokens there are; ids are below."""

    @property
    def eos_ids(self) -> Sequence[int]:
        """The ids that end a text."""

    @property
    def max_context(self) -> int | None:
        """How many tokens a context may have; None if there is no limit."""

    def next_logprobs(self, contexts: Sequence[Context]) -> "NDArray[np.floating[Any]]":
        """Natural logarithms of probabilities, a row of `vocab_size` for each context.

        Each row adds up to 1 as probabilities. `-inf` says that a token
        cannot follow.

        Raises:
            ModelError: The model gave what is no law: a wrong shape, NaN.
            ValueError: A context is longer than `max_context`.
        """


def checked_ids(ids: Sequence[int], vocab_size: int, name: str) -> tuple[int, ...]:
    """`ids` as a tuple, if they are ids of a vocabulary of that size.

    Raises:
        TypeError: One is no integer.
        ValueError: One is not below `vocab_size`.
    """
    found = []
    for given in ids:
        try:
            number = int(given.__index__())
        except AttributeError:
            raise TypeError(f"{name} hold {given!r}, which is no token id; pass integers") from None
        if not 0 <= number < vocab_size:
            raise ValueError(
                f"{name} hold the token id {number}, but the model has the ids 0 to "
                f"{vocab_size - 1}: is it the tokenizer of another model?"
            )
        found.append(number)
    return tuple(found)


def checked_depth(context: Context, limit: int | None, more: int = 0) -> None:
    """Refuse a context that is too long for a model.

    Raises:
        ValueError: With `more` tokens before it, it has more than `limit`.
    """
    if limit is not None and context.depth + more > limit:
        before = f" and {more} before them" if more else ""
        raise ValueError(
            f"a context of {context.depth} tokens{before} is longer than the {limit} that the "
            "model can read (max_context); shorten the prompt: tokens are never dropped silently, "
            "because without them the probabilities would be those of another text"
        )


def normalised(
    rows: object, contexts: Sequence[Context], vocab_size: int, *, logits: bool, source: str
) -> "NDArray[np.floating[Any]]":
    """What a model gave, as logarithms of probabilities: float64 if it is, else float32.

    Args:
        rows: Anything that numpy makes an array of.
        contexts: What the rows belong to.
        vocab_size: How many columns there must be.
        logits: Whether rows need not add up to 1.
        source: What errors call the model.

    Raises:
        ModelError: The shape is wrong, a number is NaN or infinite, a row
            has no probability at all or, unless they are logits, its
            probabilities are further than 1e-3 from adding up to 1.
    """
    import numpy as np

    try:
        found = np.asarray(rows)
    except ValueError as error:
        raise ModelError(f"{source} gave rows of different lengths: {error}") from error
    if found.dtype.kind not in "fiu":
        raise ModelError(f"{source} gave an array of {found.dtype}; expected float32 or float64")
    wanted = (len(contexts), vocab_size)
    if found.shape != wanted:
        raise ModelError(
            f"{source} gave an array of shape {found.shape} for {wanted[0]} contexts and a "
            f"vocabulary of {vocab_size} (vocab_size); expected {wanted}: do model and vocabulary "
            "belong together?"
        )
    kind = np.float64 if found.dtype.kind != "f" or found.dtype.itemsize > 4 else np.float32
    bad = np.isnan(found) | (found == np.inf)
    if bad.any():
        row, column = (int(at) for at in np.argwhere(bad)[0])
        raise ModelError(
            f"{source} gave {float(found[row, column])} for token {column} after {contexts[row]!r} "
            f"(row {row} of {wanted[0]}; {int(bad.sum())} such numbers); expected "
            f"{'logits' if logits else 'log-probabilities'}, finite or -inf: the model or its "
            "numbers are broken (float16 overflows)"
        )
    wide = found.astype(np.float64, copy=False)
    top = wide.max(axis=1, keepdims=True, initial=-np.inf)
    if not np.isfinite(top).all():
        row = int(np.argmin(np.isfinite(top[:, 0])))
        raise ModelError(
            f"{source} gave probability 0 to every token after {contexts[row]!r} (row {row} of "
            f"{wanted[0]}); some token must be able to follow, if only one that ends the text"
        )
    total = top + np.log(np.exp(wide - top).sum(axis=1, keepdims=True))
    if not logits:
        off = np.abs(np.expm1(total[:, 0]))
        row = int(off.argmax()) if len(off) else 0
        if len(off) and off[row] > TOLERANCE:
            raise ModelError(
                f"{source} gave log-probabilities that add up to {float(np.exp(total[row, 0])):.6g}"
                f" as probabilities, not 1, after {contexts[row]!r} (row {row} of {wanted[0]}); "
                "if they are unnormalised pass logits=True"
            )
    law: NDArray[np.floating[Any]] = (wide - total).astype(kind, copy=False)
    return law


class CallbackLM:
    """A language model that is a function.

    Args:
        fn: Takes a list of token sequences, each a list of ids, and gives an
            array with a row of `vocab_size` numbers for each: natural
            logarithms of the probabilities of the next token.
        vocab_size: How many tokens there are.
        eos_ids: The ids that end a text.
        logits: Whether the rows are logits, which this class normalises.
        max_context: How many tokens a sequence may have at most.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value.

    Examples:
        >>> import numpy as np
        >>> from scriptio import CallbackLM, Context
        >>> lm = CallbackLM(lambda rows: np.zeros((len(rows), 4)), 4, logits=True)
        >>> np.exp(lm.next_logprobs([Context().child(3)])).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """

    __slots__ = ("_eos", "_fn", "_limit", "_logits", "_size")

    def __init__(
        self,
        fn: "Callable[[list[list[int]]], Any]",
        vocab_size: int,
        *,
        eos_ids: Sequence[int] = (),
        logits: bool = False,
        max_context: int | None = None,
    ) -> None:
        if not callable(fn):
            raise TypeError(f"fn must be a function, not {type(fn).__name__}")
        self._fn = fn
        self._size = checked_int(vocab_size, "vocab_size")
        self._eos = checked_ids(eos_ids, self._size, "eos_ids")
        self._logits = bool(logits)
        self._limit = None if max_context is None else checked_int(max_context, "max_context")

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return self._size

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a text."""
        return self._eos

    @property
    def max_context(self) -> int | None:
        """How many tokens a sequence may have."""
        return self._limit

    def next_logprobs(self, contexts: Sequence[Context]) -> "NDArray[np.floating[Any]]":
        """As `LanguageModel.next_logprobs`.

        Raises:
            ModelError: The function gave no law of the next token.
            ValueError: A context is longer than `max_context`.
        """
        import numpy as np

        for context in contexts:
            checked_depth(context, self._limit)
        if not contexts:
            return np.zeros((0, self._size))
        rows = self._fn([context.tokens() for context in contexts])
        return normalised(rows, contexts, self._size, logits=self._logits, source="the callback fn")


class PrefixedLM:
    """A language model that has read some tokens before every text.

    It is for what no text spells: the token that begins a text, the special
    tokens of a template, or tokens that were chosen before.

    Args:
        model: Any language model.
        tokens: What it reads before each context.
        eos_ids: The ids that end a text; those of the model unless told.

    Raises:
        TypeError: `tokens` hold something else than integers.
        ValueError: An id is not the model's, or no room is left for a text.

    Examples:
        >>> import numpy as np
        >>> from scriptio import CallbackLM, Context, PrefixedLM
        >>> seen = []
        >>> lm = CallbackLM(lambda rows: seen.extend(rows) or np.zeros((len(rows), 4)), 4,
        ...                 logits=True)
        >>> row = PrefixedLM(lm, [1, 2]).next_logprobs([Context().child(3)])
        >>> seen
        [[1, 2, 3]]
    """

    __slots__ = ("_eos", "_model", "_root", "_tokens")

    def __init__(
        self, model: LanguageModel, tokens: Sequence[int], *, eos_ids: Sequence[int] | None = None
    ) -> None:
        size = model.vocab_size
        self._model = model
        self._tokens = checked_ids(tokens, size, "tokens")
        self._eos = checked_ids(model.eos_ids if eos_ids is None else eos_ids, size, "eos_ids")
        limit = model.max_context
        if limit is not None and len(self._tokens) > limit:
            raise ValueError(
                f"tokens are {len(self._tokens)}, more than the {limit} that the model can read "
                "(max_context)"
            )
        self._root = Context()
        for token in self._tokens:
            self._root = self._root.child(token)

    @property
    def model(self) -> LanguageModel:
        """The model that reads."""
        return self._model

    @property
    def tokens(self) -> tuple[int, ...]:
        """What it reads before each context."""
        return self._tokens

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return self._model.vocab_size

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a text."""
        return self._eos

    @property
    def max_context(self) -> int | None:
        """How many tokens a context may have beside those before it."""
        limit = self._model.max_context
        return None if limit is None else limit - len(self._tokens)

    def next_logprobs(self, contexts: Sequence[Context]) -> "NDArray[np.floating[Any]]":
        """As `LanguageModel.next_logprobs`.

        Raises:
            ModelError: The model fails.
            ValueError: A context is longer than `max_context`.
        """
        limit = self.max_context
        for context in contexts:
            checked_depth(context, limit)
        return self._model.next_logprobs([self._inner(context) for context in contexts])

    def _inner(self, context: Context) -> Context:
        """The model's context of one of ours, kept in our cache so that the model's lives on."""
        missing = []
        node: Context | None = context
        inner = self._root
        while node is not None and node.token is not None:
            held = node.cache
            if isinstance(held, tuple) and held[0] is self:
                inner = held[1]
                break
            missing.append(node)
            node = node.parent
        for node in reversed(missing):
            assert node.token is not None, "a root ends the walk"
            inner = inner.child(node.token)
            node.cache = (self, inner)
        return inner
