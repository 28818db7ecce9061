"""Clear all caches before a change is tested: a pytest plugin for `make mutation`.

The mutation tool runs the unchanged tests once and then forks. Without this plugin, tests would use cached results of
the unchanged code and never run the mutants.
"""

import os
import sys

import pytest

_cleared_for: list[str] = []


@pytest.fixture(autouse=True)
def cold() -> None:
    """Clear every cache of the product: once for each mutant, and before each test while the tool records its calls."""
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if _cleared_for == [mutant] and mutant != "stats":
        return
    _cleared_for[:] = [mutant]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "admin_mfa":
            for found in list(vars(module).values()):
                if hasattr(found, "cache_clear"):
                    found.cache_clear()
