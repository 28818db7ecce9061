from collections.abc import Iterator

import pytest

from demo.emulator import EmbeddedAws


@pytest.fixture(scope="package")
def _running() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as aws:
        yield aws


@pytest.fixture
def aws(_running: EmbeddedAws) -> Iterator[EmbeddedAws]:
    """An embedded AWS with empty accounts."""
    _running.reset()
    yield _running
    _running.paging.size, _running.paging.order, _running.seconds_per_call = None, "listed", 0.0
