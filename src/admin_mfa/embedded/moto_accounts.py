"""moto keeps every account in the process; here is what sets them aside and brings them back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend


@contextmanager
def fresh_accounts() -> Iterator[None]:
    """Empty accounts with AWS's own policies in them; those there were before come back afterwards."""
    in_use: list[BackendDict[Any]] = BackendDict._instances  # type: ignore[misc] # noqa: SLF001 - the only list of them
    aside = [(backends, dict(backends)) for backends in in_use]
    for backends, _ in aside:
        backends.clear()
    in_use.clear()
    policies_before = default_user_config["iam"]["load_aws_managed_policies"]
    default_user_config["iam"]["load_aws_managed_policies"] = True
    try:
        yield
    finally:
        empty_accounts()
        default_user_config["iam"]["load_aws_managed_policies"] = policies_before
        for backends, accounts in aside:
            backends.clear()
            backends.update(accounts)
            if backends not in in_use:
                in_use.append(backends)


def empty_accounts() -> None:
    """Make all of moto's accounts empty."""
    # A reset would first read AWS's 1,500 policies into each account that is about to be thrown away.
    iam_backends.clear()
    moto_api_backend.reset()
