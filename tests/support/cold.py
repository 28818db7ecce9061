"""Clear all caches between tests: a pytest plugin for `make mutation`.

The mutation tool runs the unchanged tests once and then forks. Without this plugin, tests would use cached results of
the unchanged code and never run the mutants.
"""

import sys

import pytest


@pytest.fixture(autouse=True)
def cold() -> None:
    """Clear every cache of the product."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "admin_mfa":
            for found in list(vars(module).values()):
                if hasattr(found, "cache_clear"):
                    found.cache_clear()
