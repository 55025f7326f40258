"""Trains scriptio-sat; goes on from the last checkpoint of its folder, if there is one.

    python -m scriptio_training.train --data DATA --vocabulary FOLDER --out FOLDER

The trunk is trained by AdamW in bfloat16 with float32 master weights, the embeddings by row-wise
Adagrad on the rows that a batch meets, looked up as they will be stored (four bits, blocks of 32).
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from scriptio_training import corpora, vocabulary
from scriptio_training.mixture import IGNORE, PAD, Batch, Mixture
from scriptio_training.model import pretrained

BLOCK = 32


def four_bits(rows: Tensor) -> Tensor:
    """Rows as their four-bit codes give them back: blocks of 32, one scale each, -8 to 7."""
    blocks = rows.reshape(*rows.shape[:-1], -1, BLOCK)
    extreme = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    scale = (extreme / -8.0).half().float()
    codes = torch.where(scale == 0, 0.0, blocks / scale).round().clamp(-8, 7)
    return (codes * scale).reshape(rows.shape)


class Batches(Dataset[Batch]):
    """The batches of a mixture from `start` to `stop`."""

    def __init__(self, mixture: Mixture, start: int, stop: int) -> None:
        self.mixture, self.start, self.stop = mixture, start, stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, index: int) -> Batch:
        return self.mixture.batch(self.start + index)


class Trainer:
    """Model, optimisers and step counter; all of it goes into a checkpoint."""

    def __init__(self, encoder: Path, layers: int, rate: float, embedding_rate: float) -> None:
        trunk, table = pretrained(encoder, layers)
        self.master = trunk
        self.trunk = pretrained(encoder, layers)[0].bfloat16()
        self.table = torch.from_numpy(table)
        self.squares = torch.full((len(table), 1), 1e-8)
        decayed = [p for p in trunk.parameters() if p.ndim == 2]
        plain = [p for p in trunk.parameters() if p.ndim != 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
            lr=rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.rate, self.embedding_rate = rate, embedding_rate
        self.step_number = 0
        self._publish()

    def _publish(self) -> None:
        with torch.no_grad():
            for low, high in zip(self.trunk.parameters(), self.master.parameters(), strict=True):
                low.copy_(high)

    def step(self, batch: Batch, factor: float) -> float:
        ids = torch.from_numpy(batch.ids)
        labels = torch.from_numpy(batch.labels)
        weights = (labels != IGNORE).float()
        weights = torch.where(labels == 1.0, torch.from_numpy(batch.positive)[:, None], weights)
        unique, inverse = torch.unique(ids, return_inverse=True)
        rows = self.table[unique]
        stored = four_bits(rows).bfloat16().requires_grad_()
        embedded = functional.embedding(inverse, stored)
        logits = self.trunk(embedded, (ids != PAD).bfloat16()).float()
        losses = functional.binary_cross_entropy_with_logits(
            logits, labels.clamp(min=0), weights, reduction="sum"
        )
        loss = losses / (labels != IGNORE).sum()
        loss.backward()
        low, high = list(self.trunk.parameters()), list(self.master.parameters())
        for source, target in zip(low, high, strict=True):
            assert source.grad is not None
            target.grad = source.grad.float()
            source.grad = None
        nn.utils.clip_grad_norm_(high, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * factor
        self.optimizer.step()
        assert stored.grad is not None
        slope = stored.grad.float()
        self.squares[unique] += slope.square().mean(-1, keepdim=True)
        rate = self.embedding_rate * factor
        self.table[unique] = rows - rate * slope / self.squares[unique].sqrt()
        self._publish()
        self.step_number += 1
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        return {
            "trunk": self.master.state_dict(),
            "table": self.table,
            "squares": self.squares,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step_number,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.master.load_state_dict(state["trunk"])
        self.table, self.squares = state["table"], state["squares"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step_number = state["step"]
        self._publish()


def schedule(step: int, decay: tuple[int, int] | None, warmup: int = 200) -> float:
    """Linear warm-up, then constant; from `decay[0]` to `decay[1]` linear to nothing.

    A run can so be ended at any checkpoint, and gone on with from before its end.
    """
    if step < warmup:
        return (step + 1) / warmup
    if decay is None or step < decay[0]:
        return 1.0
    return max((decay[1] - step) / (decay[1] - decay[0]), 0.0)


def first(items: list[Batch]) -> Batch:
    return items[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--decay", type=int, default=0, help="the last steps, with a falling rate")
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--embedding-rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    pieces, norm = vocabulary.trimmed(options.vocabulary)
    mixture = Mixture(
        corpora.load(options.data, options.cache),
        vocabulary.tokenizer(pieces),
        norm,
        options.tokens,
        options.seed,
        last=options.steps - options.decay if options.decay else None,
    )
    trainer = Trainer(
        options.vocabulary / "encoder.npz", options.layers, options.rate, options.embedding_rate
    )
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        trainer.restore(torch.load(checkpoint, weights_only=True))
    stop = options.steps
    decay = (stop - options.decay, stop) if options.decay else None
    batches = DataLoader(
        Batches(mixture, trainer.step_number, stop),
        batch_size=1,
        num_workers=1,
        prefetch_factor=8,
        collate_fn=first,
    )
    losses: list[float] = []
    began = time.monotonic()
    for batch in batches:
        losses.append(trainer.step(batch, schedule(trainer.step_number, decay)))
        if trainer.step_number % 50 == 0:
            speed = len(losses) * options.tokens / (time.monotonic() - began)
            mean = float(np.mean(losses))
            print(f"step {trainer.step_number} loss {mean:.4f} {speed:.0f} tokens/s", flush=True)
            losses, began = [], time.monotonic()
        if trainer.step_number % 250 == 0 or trainer.step_number == stop:
            torch.save(trainer.state(), checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)


if __name__ == "__main__":
    main()
