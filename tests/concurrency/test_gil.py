"""The interpreter lock is released during work, and signals get through."""

import os
import signal
import sys
import threading
import time

import pytest
from scriptio import SentenceSegmenter

# The switch interval and signals belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

LONG = "It rained all day and the streets were wet. We left. " * 40_000


def beats_during(work):
    """How often another thread got a turn while `work` ran."""
    stop = threading.Event()
    beats = 0
    started = threading.Event()

    def beat():
        nonlocal beats
        started.set()
        while not stop.is_set():
            beats += 1
            time.sleep(0)

    # A thread that will not give the lock up by itself is not asked to, for this long.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        thread = threading.Thread(target=beat)
        thread.start()
        started.wait()
        before = beats
        work()
        during = beats - before
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    return during


def test_nobody_runs_during_a_short_text():
    segmenter = SentenceSegmenter("en")
    assert not any(beats_during(lambda: segmenter.segment("It rained.")) for _ in range(5))


@pytest.mark.parametrize("method", ["segment", "batch", "stream", "explain"])
def test_others_run_while_a_long_text_is_worked_on(method):
    segmenter = SentenceSegmenter("en")
    work = {
        "segment": lambda: segmenter.segment(LONG),
        "batch": lambda: segmenter.segment_batch([LONG, LONG], num_threads=1),
        "stream": lambda: segmenter.stream().feed(LONG),
        "explain": lambda: segmenter.explain(LONG[:1_000_000]),
    }[method]
    # On a busy machine the other thread may not be scheduled at once.
    assert any(beats_during(work) for _ in range(20))


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_stops_a_batch():
    # Started with SIGINT ignored, as a background job is, Python would leave it at that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupt_a_batch()
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt_a_batch():
    segmenter = SentenceSegmenter("en")
    # Far more work than fits before the signal.
    texts = [LONG] * 2_000
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        segmenter.segment_batch(texts, num_threads=2)
