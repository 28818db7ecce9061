"""Whether the stack has the parameters that samconfig.toml would deploy."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from admin_mfa.audit.doctor.deployment import CheckStatus, Deployment, DeploymentCheck, Outcome
from admin_mfa.errors import ReadError

_OVERRIDE = re.compile(r"""(?:ParameterKey=)?(\w+)(?:,ParameterValue)?=(?:"((?:[^"\\]|\\.)*)"|(\S*))""")


def _parameters(deployment: Deployment) -> Iterator[Outcome]:
    """Compare the parameters that samconfig.toml sets; SAM leaves all others as they are."""
    if deployment.samconfig is None:
        return
    name = f"{deployment.samconfig.name} ({deployment.config_env})"
    try:
        stack, configured = _configured(deployment.samconfig, deployment.config_env)
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        yield CheckStatus.UNKNOWN, f"{name} could not be read ({error}). Correct it, or pass another --config-env."
        return
    try:
        (found,) = deployment.call("cloudformation", "describe_stacks", StackName=stack)["Stacks"]
    except ReadError as error:
        if error.code != "ValidationError":
            raise
        yield CheckStatus.WARNING, f"{name} deploys the stack {stack}, which does not exist. Pass another --config-env."
        return
    deployed = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())}
    if deployed.get("RuleName", deployment.rule_name) != deployment.rule_name:
        yield CheckStatus.WARNING, f"{name} deploys another rule, {deployed['RuleName']}. Pass another --config-env."
        return
    drifted = {key: value for key, value in configured.items() if deployed.get(key, "") != value}
    for key, value in sorted(drifted.items()):
        yield (
            CheckStatus.WARNING,
            (
                f"{key} is {deployed.get(key, '')!r} in the stack {stack} and {value!r} in {name}. The next deployment "
                "sets the latter; correct the file to keep the former."
            ),
        )
    if not drifted:
        yield CheckStatus.OK, f"The stack {stack} has the parameters in {name}."


def _configured(samconfig: Path, config_env: str) -> tuple[str, dict[str, str]]:
    """Return the stack's name and its parameters, from either form of `parameter_overrides`."""
    read = tomllib.loads(samconfig.read_text(encoding="utf-8"))[config_env]["deploy"]["parameters"]
    overrides = read.get("parameter_overrides", "")
    text = overrides if isinstance(overrides, str) else " ".join(overrides)
    found = {key: re.sub(r"\\(.)", r"\1", quoted) or plain for key, quoted, plain in _OVERRIDE.findall(text)}
    return str(read["stack_name"]), found


CHECKS = (DeploymentCheck(subject="parameters", actions=("cloudformation:DescribeStacks",), run=_parameters),)
