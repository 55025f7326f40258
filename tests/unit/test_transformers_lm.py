"""`TransformersLM`: the same numbers as the model itself, with its cache."""

import random

import numpy as np
import pytest
from scriptio import Context, LanguageModel

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

VOCAB = 23


def made(kind):
    torch.manual_seed(1)
    usual = {"vocab_size": VOCAB, "bos_token_id": 1, "eos_token_id": 2}
    if kind == "gpt2":
        config = transformers.GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=64, **usual)
        return transformers.GPT2LMHeadModel(config).eval()
    config = transformers.LlamaConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, **usual,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


@pytest.fixture(params=["gpt2", "llama"])
def lm(request):
    from scriptio import TransformersLM

    return TransformersLM(made(request.param))


def expected(lm, context):
    ids = torch.tensor([[*lm.bos_ids, *context.tokens()]])
    with torch.no_grad():
        return torch.log_softmax(lm.model(input_ids=ids).logits[0, -1].double(), -1).numpy()


def test_any_tree_in_any_order(lm):
    assert isinstance(lm, LanguageModel)
    assert (lm.vocab_size, lm.eos_ids, lm.bos_ids, lm.max_context) == (VOCAB, (2,), (1,), 63)
    rng = random.Random(1)
    nodes = [Context()]
    for _ in range(60):
        parent = nodes[-1] if rng.random() < 0.6 else rng.choice(nodes)
        nodes.append(parent.child(rng.randrange(VOCAB)))
    for _ in range(10):
        asked = rng.choices(nodes, k=6)
        for row, context in zip(lm.next_logprobs(asked), asked, strict=True):
            np.testing.assert_allclose(row, expected(lm, context), atol=1e-5)


def test_what_is_no_such_model_is_refused():
    from scriptio import TransformersLM

    with pytest.raises(TypeError, match="must be a causal language model of transformers, not int"):
        TransformersLM(3)
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        TransformersLM(made("gpt2").train())
    lm = TransformersLM(made("gpt2"), bos_ids=(), eos_ids=[3, 4], max_context=5)
    assert (lm.bos_ids, lm.eos_ids, lm.max_context) == ((), (3, 4), 5)
    with pytest.raises(ValueError, match="cannot tell how a text begins"):
        lm.next_logprobs([Context()])
