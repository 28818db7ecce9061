"""A pytest plugin for `make mutation`: no test finds what another one has left in a cache.

The mutation tool runs the tests once as they are and forks from there. What was remembered then would be found again,
and the changed code never asked.
"""

import sys

import pytest


@pytest.fixture(autouse=True)
def cold() -> None:
    """Empty every cache of the product."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "admin_mfa":
            for found in list(vars(module).values()):
                if hasattr(found, "cache_clear"):
                    found.cache_clear()
