"""Trains scriptio-topic; goes on from the last checkpoint of its folder, if there is one.

    python -m scriptio_training.topic_train --data DATA --packages FOLDER --licences FOLDER \
        --vocabulary FOLDER --tokenizer FILE --embeddings FILE --out FOLDER

The network is trained by AdamW with products in bfloat16, the embeddings by row-wise Adagrad on the
rows that a batch meets.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scriptio import _core
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from scriptio_training import corpora, topic_corpora
from scriptio_training.topic_mixture import Batch, Mixture, Prepared, Units, kind, prepared
from scriptio_training.topic_model import (
    BAND,
    BUCKETS,
    GAP,
    ROW,
    ROWS,
    Network,
    Shape,
    alike,
    deepened,
    shifted,
)

#: What the loss of any heading and that of pairs count beside that of boundaries.
ANY, PAIRS = 0.3, 0.3
#: Tokens that are not seen in training.
LOST = 0.15
#: A token that is so much of the text weighs half of what a rare one does.
COMMON = 1e-3


def flat(ids: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ids in one row with empty places between units, their owners, starts and sizes."""
    sizes = np.array([len(one) for one in ids])
    starts = np.cumsum(sizes + GAP) - sizes
    total = int(starts[-1] + sizes[-1] + GAP)
    row = np.full(total, -1, np.int64)
    owner = np.full(total, -1, np.int64)
    places = np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    row[places] = np.concatenate(ids)
    owner[places] = np.repeat(np.arange(len(ids)), sizes)
    return row, owner, starts, sizes


def rows_of(ids: list[np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The row of each token, the first row of each unit, and how many rows there are.

    A row holds tokens of one unit; behind each window of so many units there are empty rows.
    """
    sizes = np.array([len(one) for one in ids])
    counts = -(-sizes // ROW)
    gaps = np.where(np.arange(1, len(ids) + 1) % length == 0, max(ROWS), 0)
    firsts = np.cumsum(counts + gaps) - counts - gaps + max(ROWS)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = np.repeat(firsts, sizes) + within // ROW
    return rows, firsts, int(firsts[-1] + counts[-1] + max(ROWS))


class Batches(Dataset[Batch]):
    """The batches of a mixture from `start` to `stop`."""

    def __init__(self, mixture: Mixture, start: int, stop: int) -> None:
        self.mixture, self.start, self.stop = mixture, start, stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, index: int) -> Batch:
        return self.mixture.batch(self.start + index)


class Trainer:
    """Network, embeddings, optimisers and step counter; all of it goes into a checkpoint."""

    def __init__(
        self,
        shape: Shape,
        table: np.ndarray,
        weights: np.ndarray,
        rate: float,
        embedding_rate: float,
        drop: float,
    ) -> None:
        self.shape, self.drop = shape, drop
        self.network = Network(shape)
        self.table = torch.from_numpy(table.copy())
        self.weights = torch.from_numpy(weights.copy())
        self.squares = torch.full((len(table), 1), 1e-8)
        self.weight_squares = torch.full((len(table),), 1e-8)
        matrices = [p for p in self.network.parameters() if p.ndim == 2]
        others = [p for p in self.network.parameters() if p.ndim != 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.03}, {"params": others, "weight_decay": 0.0}],
            lr=rate,
            betas=(0.9, 0.98),
        )
        self.rate, self.embedding_rate = rate, embedding_rate
        self.number = 0

    def step(self, batch: Batch, factor: float) -> tuple[float, float, float]:
        self.network.train()
        row, owner, starts, sizes = flat(batch.ids)
        ids = torch.from_numpy(np.maximum(row, 0))
        unique, inverse = torch.unique(ids, return_inverse=True)
        rows = self.table[unique].requires_grad_()
        row_weights = self.weights[unique].requires_grad_()
        filled = torch.from_numpy(row >= 0)
        top, some = torch.from_numpy(batch.top), torch.from_numpy(batch.any)
        windows, length = top.shape
        there = top >= 0
        there[:, 0] = True
        with torch.autocast("cpu", torch.bfloat16):
            embedded = functional.embedding(inverse, rows).bfloat16()
            embedded = embedded * (filled & (torch.rand(len(filled)) >= LOST))[:, None]
            units, sense = self.network.units(
                embedded,
                row_weights[inverse],
                torch.from_numpy(owner),
                torch.from_numpy(starts),
                torch.from_numpy(sizes),
                torch.from_numpy(batch.surface),
                self.drop,
            )
            sense = sense.reshape(windows, length, -1)
            lexical = self.lexical(batch.whole, windows)
            logits = self.network(
                units.reshape(windows, length, -1), sense, lexical, there, self.drop
            )
        first = masked(logits[..., 0], top)
        second = masked(logits[..., 1], some)
        third = self.pairs(sense.float(), top)
        loss = first + ANY * second + PAIRS * third
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * factor
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            rate = self.embedding_rate * factor
            self.squares[unique] += rows.grad.square().mean(-1, keepdim=True)
            self.table[unique] -= rate * rows.grad / self.squares[unique].sqrt()
            self.weight_squares[unique] += row_weights.grad.square()
            self.weights[unique] -= 2 * rate * row_weights.grad / self.weight_squares[unique].sqrt()
        self.number += 1
        return float(first.detach()), float(second.detach()), float(third.detach())

    def lexical(self, ids: list[np.ndarray], windows: int) -> Tensor:
        """How like the words on both sides of each place are; weights do not learn from it."""
        length = len(ids) // windows
        rows, firsts, count = rows_of(ids, length)
        tokens = np.concatenate(ids).astype(np.int64)
        shares = np.exp(self.weights.numpy()[tokens])
        found = alike(shares, tokens % BUCKETS, rows, firsts, count)
        return deepened(torch.from_numpy(found).reshape(windows, length, -1))

    def pairs(self, sense: Tensor, top: Tensor) -> Tensor:
        """Loss of telling by likeness whether two units are of one segment."""
        segment = top.clamp(min=0).cumsum(1)
        known = top >= 0
        known[:, 0] = True
        scale, shift = self.network.temper
        losses, count = torch.zeros(()), torch.zeros(())
        for by in range(1, BAND + 1):
            found = (sense * shifted(sense, by)).sum(-1)[:, :-by] * scale + shift
            same = (segment[:, :-by] == segment[:, by:]).float()
            valid = (known[:, :-by] & known[:, by:]).float()
            loss = functional.binary_cross_entropy_with_logits(found, same, reduction="none")
            losses = losses + (loss * valid).sum()
            count = count + valid.sum()
        return losses / count

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def probabilities(self, units: Units, block: int = 480, halo: int = 72) -> np.ndarray:
        """The probability of a boundary before each unit of a document."""
        self.network.eval()
        out = np.zeros(len(units.ids))
        for start in range(0, len(units.ids), block):
            low, high = max(start - halo, 0), min(start + block + halo, len(units.ids))
            ids = [one if len(one) else np.array([3], np.int32) for one in units.ids[low:high]]
            row, owner, starts, sizes = flat(ids)
            safe = torch.from_numpy(np.maximum(row, 0))
            embedded = self.table[safe] * torch.from_numpy(row >= 0)[:, None]
            with torch.autocast("cpu", torch.bfloat16):
                found, sense = self.network.units(
                    embedded,
                    self.weights[safe],
                    torch.from_numpy(owner),
                    torch.from_numpy(starts),
                    torch.from_numpy(sizes),
                    torch.from_numpy(units.surface[low:high]),
                )
                there = torch.ones(1, high - low, dtype=torch.bool)
                logits = self.network(found[None], sense[None], self.lexical(ids, 1), there)
            stop = min(start + block, len(units.ids))
            out[start:stop] = torch.sigmoid(logits[0, start - low : stop - low, 0]).numpy()
        return out

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "table": self.table,
            "weights": self.weights,
            "squares": self.squares,
            "weight_squares": self.weight_squares,
            "optimizer": self.optimizer.state_dict(),
            "shape": vars(self.shape),
            "step": self.number,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.table, self.weights = state["table"], state["weights"]
        self.squares, self.weight_squares = state["squares"], state["weight_squares"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.number = state["step"]


def masked(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean loss where a label is known."""
    losses = functional.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0), (labels >= 0).float(), reduction="sum"
    )
    return losses / (labels >= 0).sum()


def f1(gold: np.ndarray, found: np.ndarray) -> float:
    """Harmonic mean of precision and recall."""
    both = int((gold & found).sum())
    return 2 * both / max(int(gold.sum()) + int(found.sum()), 1)


def development(trainer: Trainer, held: list[Prepared], most: int = 25_000) -> dict[str, Any]:
    """F1 of each kind of held document: at its best threshold, at 0.5, and with known counts."""
    groups: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for one in held:
        name = kind_of(one)
        for stripped in (False, True):
            if stripped and name not in ("contracts", "licences", "terms"):
                continue
            found = groups.setdefault(name + (", no numbers" if stripped else ""), [])
            if sum(len(gold) for _, gold in found) > most:
                continue
            units = one.stripped if stripped else one.whole
            found.append((trainer.probabilities(units)[1:], one.top[1:]))
    report: dict[str, Any] = {}
    for name, pairs in sorted(groups.items()):
        scores = np.concatenate([p for p, _ in pairs])
        gold = np.concatenate([g for _, g in pairs])
        best = max((f1(gold, scores > t), t) for t in np.linspace(0.1, 0.8, 29))
        known = np.concatenate([top_of(p, int(g.sum())) for p, g in pairs])
        report[name] = {
            "best": round(best[0], 4),
            "at": round(float(best[1]), 3),
            "0.5": round(f1(gold, scores > 0.5), 4),
            "0.35": round(f1(gold, scores > 0.35), 4),
            "count": round(f1(gold, known), 4),
        }
    return report


def kind_of(one: Prepared) -> str:
    """What a document is drawn as, or its source if it is left out."""
    return kind(one) or one.source


def top_of(scores: np.ndarray, count: int) -> np.ndarray:
    """The places of the `count` greatest scores."""
    found = np.zeros(len(scores), bool)
    found[np.argsort(-scores, kind="stable")[:count]] = True
    return found


def schedule(step: int, stop: int, warmup: int = 100) -> float:
    """Linear warm-up, then down along a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + float(np.cos(np.pi * min((step - warmup) / (stop - warmup), 1.0))))


def logarithms(seen: list[Prepared], rows: int) -> np.ndarray:
    """First weights of tokens, by how common they are."""
    counts = np.ones(rows)
    for one in seen:
        counts += np.bincount(np.concatenate(one.whole.ids), minlength=rows)
    return np.log(COMMON / (COMMON + counts / counts.sum())).astype(np.float32)


def one(items: list[Batch]) -> Batch:
    return items[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--licences", type=Path, required=True)
    parser.add_argument("--terms", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--embeddings", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--embedding-rate", type=float, default=0.003)
    parser.add_argument("--drop", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    options.cache.mkdir(parents=True, exist_ok=True)
    tokenizer = _core.Tokenizer.from_bytes(options.tokenizer.read_bytes())
    ready = options.cache / "prepared.pkl"
    documents, flowing = [], []
    if not ready.exists():
        documents = topic_corpora.load(
            options.data / "legal",
            options.packages,
            options.licences,
            options.terms,
            options.cache / "docs.pkl",
        )
        flowing = corpora.load(options.data, options.corpora)
    seen, held, sentences = prepared(documents, flowing, tokenizer, ready)
    mixture = Mixture(seen, sentences, options.seed)
    table = np.load(options.embeddings)
    shape = Shape(width=table.shape[1])
    weights = logarithms(seen, len(table))
    trainer = Trainer(shape, table, weights, options.rate, options.embedding_rate, options.drop)
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        trainer.restore(torch.load(checkpoint, weights_only=True))
    batches = DataLoader(
        Batches(mixture, trainer.number, options.steps), batch_size=1, num_workers=0, collate_fn=one
    )
    losses: list[tuple[float, float, float]] = []
    began = time.monotonic()
    for batch in batches:
        losses.append(trainer.step(batch, schedule(trainer.number, options.steps)))
        if trainer.number % 50 == 0:
            means = " ".join(f"{value:.4f}" for value in np.mean(losses, 0))
            speed = len(losses) / (time.monotonic() - began)
            print(f"step {trainer.number} losses {means} {speed:.2f} steps/s", flush=True)
            losses, began = [], time.monotonic()
        if trainer.number % 500 == 0 or trainer.number == options.steps:
            torch.save(trainer.state(), checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
        if trainer.number % 1000 == 0 or trainer.number == options.steps:
            for name, row in development(trainer, held).items():
                print(f"  {name:24}", row, flush=True)
            began = time.monotonic()


if __name__ == "__main__":
    main()
