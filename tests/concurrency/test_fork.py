"""Work before a fork leaves nothing behind that stops the child."""

import multiprocessing
import sys

import pytest
from scriptio import SentenceSegmenter

# Forking while other threads hold locks is what no test can make safe.
pytestmark = pytest.mark.thread_unsafe

TEXTS = ["It rained all day. We left. " * 4_000] * 8


@pytest.mark.skipif(not hasattr(sys, "abiflags"), reason="there is no fork on Windows")
# Newer Pythons warn of any fork while other threads are alive, those of the test runner included.
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_can_work(method):
    segmenter = SentenceSegmenter("en")
    expected = segmenter.split_batch(TEXTS, num_threads=4)
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map_async(segmenter.split_batch, [TEXTS] * 4)
        assert results.get(timeout=120) == [expected] * 4
