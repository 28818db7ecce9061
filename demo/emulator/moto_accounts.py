"""moto keeps every account in the process; here is what sets them aside and brings them back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends
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
    read_policies = IAMBackend._init_aws_policies  # noqa: SLF001 - see _policies_of
    IAMBackend._init_aws_policies = _policies_of  # type: ignore[method-assign,assignment] # noqa: SLF001
    try:
        yield
    finally:
        empty_accounts()
        IAMBackend._init_aws_policies = read_policies  # type: ignore[method-assign] # noqa: SLF001
        default_user_config["iam"]["load_aws_managed_policies"] = policies_before
        for backends, accounts in aside:
            backends.clear()
            backends.update(accounts)
            if backends not in in_use:
                in_use.append(backends)


def _policies_of(backend: IAMBackend) -> list[ManagedPolicy]:
    """AWS's own policies for an account: copies, because reading 1,500 of them anew takes each account 60 ms."""
    return [_copy(policy, backend.account_id) for policy in _aws_policies(backend.region_name)]


def _copy(policy: AWSManagedPolicy, account_id: str) -> ManagedPolicy:
    """Copy one policy. `copy.copy` takes ten times as long, and each new account needs 1,500 copies."""
    made: ManagedPolicy = object.__new__(type(policy))
    made.__dict__.update(policy.__dict__, account_id=account_id)
    return made


@cache
def _aws_policies(partition: str) -> tuple[AWSManagedPolicy, ...]:
    known = json.loads(aws_managed_policies_data)
    return tuple(AWSManagedPolicy.from_data(name, "", partition, data) for name, data in known.items())


def empty_accounts() -> None:
    """Make all of moto's accounts empty."""
    # A reset would first read AWS's 1,500 policies into each account that is about to be thrown away.
    iam_backends.clear()
    moto_api_backend.reset()
