"""The network: the first layers of a small pretrained encoder and one output a token."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

PAD = 1


class Layer(nn.Module):
    """One post-norm transformer layer; ReLU, which quantises well, stands for GELU."""

    def __init__(self, hidden: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden)
        self.wide = nn.Linear(hidden, inner)
        self.narrow = nn.Linear(inner, hidden)
        self.norm2 = nn.LayerNorm(hidden)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, hidden = x.shape
        size = hidden // self.heads
        q, k, v = self.qkv(x).split(hidden, dim=-1)
        q, k, v = (t.reshape(batch, length, self.heads, size).transpose(1, 2) for t in (q, k, v))
        weights = torch.softmax(q @ (k * size**-0.5).transpose(-1, -2) + mask, -1)
        x = self.norm1(x + self.out((weights @ v).transpose(1, 2).reshape(batch, length, hidden)))
        return self.norm2(x + self.narrow(functional.relu(self.wide(x))))


class Trunk(nn.Module):
    """Everything above the embeddings."""

    def __init__(self, hidden: int, heads: int, inner: int, layers: int, positions: int) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.zeros(positions, hidden))
        self.norm = nn.LayerNorm(hidden)
        self.layers = nn.ModuleList(Layer(hidden, heads, inner) for _ in range(layers))
        self.head = nn.Linear(hidden, 1)

    def forward(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Logits (windows, length) from embeddings and a mask that is 1 at tokens."""
        x = self.norm(embedded + self.position[: embedded.shape[1]])
        away = ((1.0 - mask) * -1e4)[:, None, None, :].to(x.dtype)
        for layer in self.layers:
            x = layer(x, away)
        logits: Tensor = self.head(x).squeeze(-1)
        return logits


def pretrained(path: Path, layers: int, positions: int = 130) -> tuple[Trunk, np.ndarray]:
    """The trunk and the embedding table, from the unpacked encoder."""
    weights = {k: v.astype(np.float32) for k, v in np.load(path).items()}
    hidden = weights["emb.word"].shape[1]
    trunk = Trunk(hidden, 12, weights["l0.fi.b"].shape[0], layers, positions)

    def put(parameter: Tensor, *names: str) -> None:
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.concatenate([weights[n] for n in names])))

    with torch.no_grad():
        trunk.position.copy_(
            torch.from_numpy(weights["emb.pos"][:positions] + weights["emb.type"][0])
        )
    put(trunk.norm.weight, "emb.ln.w")
    put(trunk.norm.bias, "emb.ln.b")
    for number, layer in enumerate(trunk.layers):
        assert isinstance(layer, Layer)
        name = f"l{number}."
        put(layer.qkv.weight, name + "q.w", name + "k.w", name + "v.w")
        put(layer.qkv.bias, name + "q.b", name + "k.b", name + "v.b")
        put(layer.out.weight, name + "ao.w")
        put(layer.out.bias, name + "ao.b")
        put(layer.norm1.weight, name + "aln.w")
        put(layer.norm1.bias, name + "aln.b")
        put(layer.wide.weight, name + "fi.w")
        put(layer.wide.bias, name + "fi.b")
        put(layer.narrow.weight, name + "fo.w")
        put(layer.narrow.bias, name + "fo.b")
        put(layer.norm2.weight, name + "oln.w")
        put(layer.norm2.bias, name + "oln.b")
    nn.init.normal_(trunk.head.weight, std=0.02)
    nn.init.constant_(trunk.head.bias, -2.0)
    return trunk, weights["emb.word"]
