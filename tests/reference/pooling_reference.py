"""Merges of neighbouring tokens, counted from scratch at each step."""

import itertools


def words_of(ids, starts):
    """The tokens of each word."""
    cuts = sorted({0, *starts, len(ids)})
    return [list(ids[a:b]) for a, b in itertools.pairwise(cuts)]


def counts(words):
    """How often each pair can be merged: occurrences that do not overlap."""
    found = {}
    for word in words:
        free = {}
        for at, pair in enumerate(itertools.pairwise(word)):
            if at >= free.get(pair, 0):
                found[pair] = found.get(pair, 0) + 1
                free[pair] = at + 2
    return found


def merge(word, pair, new):
    """A word in which `pair` is `new`, from left to right."""
    out = []
    for token in word:
        if out and (out[-1], token) == pair:
            out[-1] = new
        else:
            out.append(token)
    return out


def learn(batch, word_starts, first_id, merges, min_count):
    """Merges as (id, left, right, count), and the ids of each sequence after them."""
    texts = [words_of(ids, starts) for ids, starts in zip(batch, word_starts, strict=True)]
    made = []
    while len(made) < merges:
        found = counts([word for words in texts for word in words])
        best = min(found, key=lambda pair: (-found[pair], pair), default=None)
        if best is None or found[best] < min_count:
            break
        new = first_id + len(made)
        made.append((new, *best, found[best]))
        texts = [[merge(word, best, new) for word in words] for words in texts]
    return made, [[token for word in words for token in word] for words in texts]
