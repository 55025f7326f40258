"""The network of scriptio-topic: units from their tokens, then units among their neighbours.

Tokens of all units lie in one row, with `GAP` empty places before each unit, so that no unit is cut
off or filled up. `graph.py`'s sibling `topic_export` builds the same network as ONNX.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

#: Empty places before each unit, so that neighbours do not run into each other.
GAP = 2
#: Tokens at a unit's start and end that are looked at one by one.
FIRST, LAST = 8, 3
#: Units on each side that a layer attends to, and those that are compared one by one.
REACH, BAND = 16, 12
#: Units on each side whose means are compared.
BLOCKS = (1, 2, 4, 8)
#: Tokens of a row, rows on each side of a place whose words are compared, what words are told apart
#: by, and places on each side that a place is compared with (after TextTiling).
ROW, ROWS, BUCKETS, CLIMB = 20, (3, 6, 12, 24), 512, 8


@dataclass
class Shape:
    """Sizes of the network."""

    width: int = 96
    """Of an embedding."""
    inner: int = 128
    """Of what three tokens become."""
    pools: int = 4
    """Heads that weigh the tokens of a unit."""
    hidden: int = 160
    """Of a unit."""
    heads: int = 5
    layers: int = 2
    sense: int = 64
    """Of what units are compared by."""
    features: int = 24


class Layer(nn.Module):
    """A pre-norm transformer layer whose attention knows distances up to `REACH`."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(hidden)
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm2 = nn.LayerNorm(hidden)
        self.wide = nn.Linear(hidden, 2 * hidden)
        self.narrow = nn.Linear(2 * hidden, hidden)
        self.distance = nn.Parameter(torch.zeros(heads, 2 * REACH + 1))

    def forward(self, x: Tensor, near: Tensor, away: Tensor, drop: float) -> Tensor:
        batch, length, hidden = x.shape
        size = hidden // self.heads
        q, k, v = self.qkv(self.norm1(x)).split(hidden, dim=-1)
        q, k, v = (t.reshape(batch, length, self.heads, size).transpose(1, 2) for t in (q, k, v))
        scores = q @ (k * size**-0.5).transpose(-1, -2) + self.distance[:, near] + away
        mixed = torch.softmax(scores, -1) @ v
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, length, hidden))
        x = x + functional.dropout(mixed, drop, self.training)
        inner = self.narrow(functional.relu(self.wide(self.norm2(x))))
        return x + functional.dropout(inner, drop, self.training)


class Network(nn.Module):
    """Everything above the embeddings."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        s = shape
        self.conv = nn.Linear(3 * s.width, s.inner)
        self.query = nn.Linear(s.inner, s.pools)
        self.first = nn.Linear(FIRST * s.inner, s.hidden)
        self.last = nn.Linear(LAST * s.width, s.hidden, bias=False)
        self.mean = nn.Linear(s.width, s.hidden, bias=False)
        self.pooled = nn.Linear(s.inner, s.hidden, bias=False)
        self.surface = nn.Linear(s.features, s.hidden, bias=False)
        self.sense = nn.Linear(s.width + s.inner, s.sense, bias=False)
        self.band = nn.Linear(2 * BAND, s.hidden, bias=False)
        self.words = nn.Linear(2 * len(ROWS), s.hidden, bias=False)
        self.unit = nn.Linear(s.hidden, s.hidden)
        self.layers = nn.ModuleList(Layer(s.hidden, s.heads) for _ in range(s.layers))
        self.norm = nn.LayerNorm(s.hidden)
        self.left = nn.Linear(s.hidden, s.hidden)
        self.right = nn.Linear(s.hidden, s.hidden, bias=False)
        self.cohesion = nn.Linear(len(BLOCKS) + 2 * BAND, s.hidden, bias=False)
        self.change = nn.Linear(2 * len(ROWS), s.hidden, bias=False)
        self.head = nn.Linear(s.hidden, 2)
        self.temper = nn.Parameter(torch.tensor([4.0, -1.0]))

    def units(
        self,
        embedded: Tensor,
        weights: Tensor,
        owner: Tensor,
        starts: Tensor,
        sizes: Tensor,
        surface: Tensor,
        drop: float = 0.0,
    ) -> tuple[Tensor, Tensor]:
        """Units and what they are compared by.

        Args:
            embedded: Embeddings of the places, (places, width), 0 where empty.
            weights: Logarithms of the weights of the places.
            owner: Which unit a place belongs to; empty ones have -1.
            starts: The first place of each unit.
            sizes: How many tokens each has, one at least.
            surface: What it looks like.
            drop: The share of numbers left out in training.
        """
        s = self.shape
        count = len(starts)
        around = functional.pad(embedded, (0, 0, 1, 1))
        triple = torch.cat([around[:-2], around[1:-1], around[2:]], -1)
        seen = functional.relu(self.conv(triple))
        filled = owner >= 0
        at = owner.clamp(min=0)
        # A weighted mean of embeddings.
        share = torch.where(filled, weights.float().exp(), 0.0)
        total = embedded.new_zeros(count, dtype=torch.float32).index_add(0, at, share)
        mean = torch.zeros(count, s.width).index_add(0, at, embedded.float() * share[:, None])
        mean = mean / total[:, None]
        # Heads that choose among what is seen.
        chosen = torch.where(filled[:, None], self.query(seen).float().clamp(-8, 8).exp(), 0.0)
        sums = torch.zeros(count, s.pools).index_add(0, at, chosen)
        spread = chosen.to(seen.dtype).repeat_interleave(s.inner // s.pools, -1) * seen
        pooled = torch.zeros(count, s.inner).index_add(0, at, spread.float())
        pooled = pooled / sums.repeat_interleave(s.inner // s.pools, -1)
        # The first tokens and the last ones, or nothing where there are not so many.
        empty = functional.pad(seen, (0, 0, 0, 1))
        place = torch.arange(FIRST)
        index = torch.where(place < sizes[:, None], starts[:, None] + place, len(seen))
        first = empty[index].reshape(count, -1)
        place = torch.arange(LAST)
        blank = functional.pad(embedded, (0, 0, 0, 1))
        index = torch.where(
            place < sizes[:, None], (starts + sizes - 1)[:, None] - place, len(seen)
        )
        last = blank[index].reshape(count, -1)
        mean, pooled = mean.to(seen.dtype), pooled.to(seen.dtype)
        both = functional.dropout(torch.cat([mean, pooled], -1), drop, self.training)
        x = self.first(functional.dropout(first, drop, self.training)) + self.last(last)
        x = x + self.mean(mean) + self.pooled(pooled) + self.surface(surface.to(seen.dtype))
        sense = functional.normalize(self.sense(both).float(), dim=-1, eps=1e-6)
        return functional.relu(x), sense

    def forward(
        self, units: Tensor, sense: Tensor, lexical: Tensor, there: Tensor, drop: float = 0.0
    ) -> Tensor:
        """Logits (windows, units, 2) that a segment or any part starts before each unit.

        Args:
            units: Units of each window, (windows, units, hidden).
            sense: What they are compared by.
            lexical: How like the words on both sides of each place are: `deepened`.
            there: Which of them there are.
            drop: The share of numbers left out in training.
        """
        length = units.shape[1]
        sense = sense * there[..., None]
        band = banded(sense)
        lexical = lexical.to(units.dtype)
        x = self.unit(functional.dropout(units, drop, self.training))
        x = x + self.band(band.to(units.dtype)) + self.words(lexical)
        place = torch.arange(length)
        apart = place[None] - place[:, None]
        near = apart.clamp(-REACH, REACH) + REACH
        away = torch.where(apart.abs() <= REACH, 0.0, -1e4)[None, None]
        away = (away + torch.where(there, 0.0, -1e4)[:, None, None]).to(units.dtype)
        for layer in self.layers:
            x = layer(x, near, away, drop)
        x = self.norm(x)
        before = functional.pad(x, (0, 0, 1, 0))[:, :-1]
        joint = self.left(before) + self.right(x) + self.change(lexical)
        joint = joint + self.cohesion(cohesion(sense, band).to(x.dtype))
        joint = functional.dropout(functional.relu(joint), drop, self.training)
        return self.head(joint).float()


def shifted(x: Tensor, by: int) -> Tensor:
    """What is `by` units later (earlier, if negative); 0 where nothing is."""
    if by >= 0:
        return functional.pad(x, (0, 0, 0, by))[:, by:]
    return functional.pad(x, (0, 0, -by, 0))[:, :by]


def banded(sense: Tensor) -> Tensor:
    """How like each unit is to each of the next `BAND` units, then to each of the last."""
    after = [(sense * shifted(sense, by)).sum(-1) for by in range(1, BAND + 1)]
    before = [(sense * shifted(sense, -by)).sum(-1) for by in range(1, BAND + 1)]
    return torch.stack(after + before, -1)


def cohesion(sense: Tensor, band: Tensor) -> Tensor:
    """How like the units on the left of each place are to those on the right."""
    found = []
    for size in BLOCKS:
        right = sum(shifted(sense, by) for by in range(size))
        left = sum(shifted(sense, -by) for by in range(1, size + 1))
        found.append(functional.cosine_similarity(left, right, dim=-1, eps=1e-6))
    # Of the unit before the place to those behind it, and of that behind it to those before.
    last = functional.pad(band, (0, 0, 1, 0))[:, :-1, :BAND]
    return torch.cat([torch.stack(found, -1), last, band[..., BAND:]], -1)


def alike(
    shares: NDArray[np.float32],
    buckets: NDArray[np.int64],
    rows: NDArray[np.int64],
    firsts: NDArray[np.int64],
    count: int,
) -> NDArray[np.float32]:
    """How like the words before each unit are to those from it on, (units, sizes of windows).

    Args:
        shares: Weights of the tokens of all units.
        buckets: What each is told apart by.
        rows: The row that each is in.
        firsts: The first row of each unit, so many rows behind the first of all as a window has.
        count: How many rows there are.
    """
    bags = np.bincount(rows * BUCKETS + buckets, shares, count * BUCKETS).astype(np.float32)
    sums = np.zeros((count + 1, BUCKETS), np.float32)
    np.cumsum(bags.reshape(count, BUCKETS), 0, out=sums[1:])
    here = sums[firsts]
    found = []
    for size in ROWS:
        left, right = here - sums[firsts - size], sums[firsts + size] - here
        product = np.einsum("ij,ij->i", left, right)
        squares = np.einsum("ij,ij->i", left, left) * np.einsum("ij,ij->i", right, right)
        found.append(product / np.sqrt(np.maximum(squares, 1e-6)))
    return np.stack(found, -1)


def deepened(likeness: Tensor) -> Tensor:
    """Likeness (windows, units, sizes), and how far it rises on both sides of each place."""
    turned = likeness.transpose(1, 2)
    before = functional.max_pool1d(functional.pad(turned, (CLIMB, 0)), CLIMB + 1, 1)
    after = functional.max_pool1d(functional.pad(turned, (0, CLIMB)), CLIMB + 1, 1)
    return torch.cat([turned, before + after - 2 * turned], 1).transpose(1, 2)
