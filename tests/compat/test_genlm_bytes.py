"""Mode `all` beside genlm-bytes (Vieira et al.), whose beam is wide enough to drop nothing.

It computes in float32, hence the tolerance.
"""

import asyncio
import math
import types

import byte_lm_reference as reference
import glass
import numpy as np
import pytest
import scriptio

pytestmark = pytest.mark.filterwarnings("ignore")

torch = pytest.importorskip("torch", reason="torch is not installed")

#: genlm-bytes tells the end of a text by this symbol.
THEIR_END = 257
END_TOKEN = b"<end of the text>"


def theirs(tokens, law, text):
    """Laws of the next byte behind every beginning of a text, and the logarithm of what it had.

    Args:
        tokens: What each token writes, the end as `END_TOKEN`, others as what no text holds.
        law: From a list of tokens to logarithms of probabilities.
        text: Bytes.
    """
    bytes_of = pytest.importorskip("genlm.bytes", reason="genlm-bytes is not installed")
    from genlm.backend.tokenization import Token

    class Model:
        def __init__(self):
            self.byte_vocab = [Token(token_id=n, byte_string=t) for n, t in enumerate(tokens)]
            self.tokenizer = types.SimpleNamespace(bos_token_id=-1)

        async def next_token_logprobs(self, ids):
            return torch.from_numpy(np.asarray(law(ids[1:]), np.float64))

        async def batch_next_token_logprobs(self, rows):
            return torch.stack([await self.next_token_logprobs(ids) for ids in rows])

    async def run():
        params = bytes_of.BeamParams(K=10**6, eos_byte_strings=[END_TOKEN])
        state = await bytes_of.ByteBeamState.initial(Model(), params)
        laws, scores = [], []
        for byte in [*text, None]:
            symbols = (await state.logp_next()).materialize()
            found = np.full(257, -np.inf)
            for symbol, value in symbols.items():
                at = 256 if symbol == THEIR_END else symbol
                if isinstance(at, int) and at <= 256:
                    found[at] = value
            laws.append(found)
            scores.append(float(state.logZ))
            if byte is not None:
                state = await (state.prune() << byte)
        return laws, scores

    return asyncio.run(run())


def check(lm, text, laws, scores):
    for at, (law, score) in enumerate(zip(laws, scores, strict=True)):
        np.testing.assert_allclose(np.exp(lm.next_byte_logprobs(text[:at])), np.exp(law), atol=1e-5)
        assert lm.logprob(text[:at]) == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_small_models_have_the_same_laws(seed):
    rng = np.random.default_rng(seed)
    vocab = reference.random_vocab(rng, b"ab", 6)
    lm = reference.random_lm(rng, vocab, order=2, ends=True, canonical=False)
    text = bytes(rng.choice(list(b"ab"), 6).tolist())
    found = theirs([*vocab.tokens, END_TOKEN], lambda ids: lm.callback([ids])[0], text)
    check(reference.ReferenceLM(lm.model, vocab, mode="all"), text, *found)
    if hasattr(scriptio, "ByteLM"):
        fn, size = reference.wide_callback(lm)
        model = scriptio.CallbackLM(fn, size, eos_ids=[len(vocab)])
        mine = scriptio.ByteVocab.from_bytes(reference.tokenizer_bytes(vocab))
        check(scriptio.ByteLM(model, mine, mode="all"), text, *found)


@pytest.mark.skipif(not hasattr(scriptio, "ByteLM"), reason="this build has no ByteLM")
def test_a_trained_model_has_the_same_laws(tmp_path):
    manifest, tokenizer = glass.files(tmp_path)
    model = scriptio.OnnxLM(manifest, num_threads=1)
    vocab = scriptio.ByteVocab.from_bytes(tokenizer.read_bytes())
    lm = scriptio.ByteLM(model, vocab, mode="all")
    ends = set(model.eos_ids)
    # Special tokens have no part; theirs have bytes that no text has.
    tokens = [
        END_TOKEN if n in ends else vocab.token_bytes(n) or b"\xff special %d" % n
        for n in range(model.vocab_size)
    ]
    special = [n for n, token in enumerate(tokens) if token.startswith(b"\xff")]

    def law(ids):
        context = scriptio.Context()
        for token in ids:
            context = context.child(token)
        row = model.next_logprobs([context])[0].astype(np.float64)
        row[special] = -np.inf
        return row - math.log(math.fsum(np.exp(row)))

    text = b"Alice was"
    check(lm, text, *theirs(tokens, law, text))
