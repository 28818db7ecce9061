from collections.abc import Iterator

import pytest

from . import world as worlds


@pytest.fixture
def world() -> Iterator[worlds.World]:
    with worlds.world() as made:
        yield made
