"""One `SaT` shared by threads, and used after a fork."""

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import tiny_models
from scriptio import SaT

TEXTS = [f"It rained {n} days. Hello 😀 this is open.\n\nWe left. " * (n + 1) for n in range(40)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_models.save_directory(tmp_path_factory.mktemp("models") / "sat")


def spans(outs):
    return [list(out) for out in outs]


def test_one_segmenter_serves_many_threads(directory):
    expected = spans(SaT(directory, threshold=0.4).segment_batch(TEXTS))
    # Opened by the threads themselves, all at once.
    sat = SaT(directory, threshold=0.4, num_threads=2)
    with ThreadPoolExecutor(8) as pool:
        assert spans(pool.map(sat.segment, TEXTS)) == expected
        for batch in pool.map(lambda _: sat.segment_batch(TEXTS, num_threads=2), range(8)):
            assert spans(batch) == expected


def test_the_model_is_opened_once(directory, monkeypatch):
    opened = []
    import scriptio._session

    created = scriptio._session.created

    def counting(*arguments):
        opened.append(1)
        return created(*arguments)

    monkeypatch.setattr(scriptio._session, "created", counting)
    sat = SaT(directory, threshold=0.4)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sat.segment, TEXTS[:16]))
    assert len(opened) == 1


def test_a_stream_fed_by_many_threads_loses_nothing(directory):
    stream = SaT(directory, threshold=0.4).stream(look_ahead=8, step=100)
    pieces = [f"Piece {n} was here. \ud800 " * 20 for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        segments = [segment for found in pool.map(stream.feed, pieces) for segment in found]
    segments += stream.finish()
    segments.sort()
    text = "".join(segment.text for segment in segments)
    assert sorted(text.split()) == sorted("".join(pieces).split())
    assert [text[s:e] for s, e, _ in segments] == [segment.text for segment in segments]


@pytest.mark.thread_unsafe
@pytest.mark.skipif(not hasattr(sys, "abiflags"), reason="there is no fork on Windows")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_can_work(directory, method):
    sat = SaT(directory, threshold=0.4, num_threads=2)
    # The threads that the model has here do not exist in a forked process.
    expected = sat.split_batch(TEXTS)
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map_async(sat.split_batch, [TEXTS] * 4)
        assert results.get(timeout=120) == [expected] * 4
