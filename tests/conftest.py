"""Hypothesis profiles. The environment's `HYPOTHESIS_PROFILE` picks one; `fast` is the default."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Shared machines are slow at times, and documents are large examples.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("fast", max_examples=50, **COMMON)
settings.register_profile("ci", max_examples=500, **COMMON)
settings.register_profile("slow", max_examples=10_000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of pytest-run-parallel, which need not be installed."""
    config.addinivalue_line(
        "markers", "thread_unsafe: changes the process, so several threads cannot run it at once"
    )
