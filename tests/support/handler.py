"""Invoke the rule's functions like AWS Config and the queue of IAM events."""

import importlib.util
import os
import sys
from functools import cache
from types import ModuleType
from typing import Any

from demo.emulator import Account, EmbeddedAws
from tests.support.tools import ROOT

IDENTIFIER = "IAM_ADMIN_USER_MFA_ENABLED"
RULE = "iam-admin-user-mfa-enabled"


@cache
def rule_module() -> ModuleType:
    """Import the rule by its file name, like Lambda."""
    path = ROOT / "rules" / IDENTIFIER / f"{IDENTIFIER}.py"
    spec = importlib.util.spec_from_file_location(IDENTIFIER, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[IDENTIFIER] = module
    spec.loader.exec_module(module)
    return module


def new_container() -> Any:
    """Discard the state of earlier invocations, and return the botocore session for the next ones."""
    module = rule_module()
    for made_once in (module._session, module._clients, module._dynamodb):  # noqa: SLF001 - the state that a container keeps
        made_once.cache_clear()
    _container_environment.clear()
    _container_environment.update(_aws_environment())
    return module._session()  # noqa: SLF001


def new_clients() -> None:
    """Make the next invocation create new clients from the same botocore session."""
    rule_module()._clients.cache_clear()  # noqa: SLF001


def handle(event: dict[str, Any], context: object) -> Any:
    """Call the real handler, in a new container if the environment has changed."""
    if _container_environment != _aws_environment():
        new_container()
    return rule_module().lambda_handler(event, context)


_container_environment: dict[str, str] = {}


def _aws_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def prepare(account: Account | EmbeddedAws, **parameters: str) -> None:
    """Create the rule, by default without a role to assume."""
    account.config.rule(RULE, {"AssumeRoleMode": "false", **parameters})


def run(account: Account | EmbeddedAws, **parameters: str) -> dict[str, tuple[str, str | None]]:
    """Start a scheduled run, and return the results in AWS Config by user name."""
    prepare(account, **parameters)
    account.config.invoke(handle, rule_name=RULE)
    return held(account)


def held(account: Account | EmbeddedAws) -> dict[str, tuple[str, str | None]]:
    """Return the results in AWS Config by user name; deleted users are listed by id."""
    names = {user.id: name for name, user in account.iam.state.backend.users.items()}
    return {names.get(user_id, user_id): result for user_id, result in account.config.results(RULE).items()}


def compliances(results: dict[str, tuple[str, str | None]]) -> dict[str, str]:
    """Return the results without annotations."""
    return {name: compliance for name, (compliance, _) in results.items()}


def reevaluate(event: dict[str, Any]) -> Any:
    """Invoke the function that starts evaluations with an event, newly loaded as in a cold start."""
    path = ROOT / "functions" / "reevaluate" / "start_evaluation.py"
    spec = importlib.util.spec_from_file_location("start_evaluation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lambda_handler(event, None)
