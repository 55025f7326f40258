"""First embeddings for scriptio-topic: what the pretrained encoder makes of each piece alone.

    python -m scriptio_training.topic_embeddings --vocabulary FOLDER --out FILE

Each piece runs through all twelve layers of multilingual-e5-small between the marks of start and
end; the mean of what comes out is cut down by principal components, as Model2Vec does.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

HEADS = 12
BEGIN, END = 0, 2


@torch.no_grad()  # type: ignore[untyped-decorator]
def encoded(path: Path, block: int = 2000) -> torch.Tensor:
    """A row for each piece."""
    w = {k: torch.from_numpy(v.astype(np.float32)) for k, v in np.load(path).items()}
    table = w["emb.word"]
    width = table.shape[1]
    depth = 1 + max(int(k[1:].split(".")[0]) for k in w if k.startswith("l"))

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.layer_norm(x, (width,), w[name + ".w"], w[name + ".b"], 1e-12)

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(x, w[name + ".w"], w[name + ".b"])

    out = []
    for start in range(0, len(table), block):
        pieces = torch.arange(start, min(start + block, len(table)))
        ids = torch.stack([torch.full_like(pieces, BEGIN), pieces, torch.full_like(pieces, END)], 1)
        x = norm(table[ids] + w["emb.pos"][:3] + w["emb.type"][0], "emb.ln")
        for number in range(depth):
            name = f"l{number}."
            q, k, v = (
                linear(x, name + part).reshape(len(x), 3, HEADS, -1).transpose(1, 2)
                for part in "qkv"
            )
            mixed = functional.scaled_dot_product_attention(q, k, v)
            x = norm(x + linear(mixed.transpose(1, 2).reshape(x.shape), name + "ao"), name + "aln")
            inner = functional.gelu(linear(x, name + "fi"))
            x = norm(x + linear(inner, name + "fo"), name + "oln")
        out.append(x.mean(1))
    return torch.cat(out)


def reduced(rows: torch.Tensor, width: int) -> torch.Tensor:
    """The first principal components, with a mean square of 1 in all."""
    rows = rows - rows.mean(0)
    _, _, axes = torch.linalg.svd(rows, full_matrices=False)
    found = rows @ axes[:width].T
    # The first components say how common a piece is rather than what it means; all weigh alike
    # by half.
    found = found / found.std(0).sqrt()
    return found / found.square().mean().sqrt()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = reduced(encoded(options.vocabulary / "encoder.npz"), options.width)
    np.save(options.out, rows.numpy().astype(np.float32))


if __name__ == "__main__":
    main()
