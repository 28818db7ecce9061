"""Fuzz the pure core with libFuzzer; `make fuzz` runs it for a minute.

For any input, a policy document, a set of rule parameters or an event must be parsed or rejected with one of our
errors, and a user with the documents must get a verdict. libFuzzer saves the input that causes a crash.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import atheris

with atheris.instrument_imports(include=["admin_mfa"]):
    from admin_mfa.annotation import MAX_ANNOTATION
    from admin_mfa.aws.config_event import check_event
    from admin_mfa.errors import AdminMfaError
    from admin_mfa.evaluate import evaluate
    from admin_mfa.model import IamUser, Verdict
    from admin_mfa.parameters import PARAMETERS, parse_parameters
    from admin_mfa.policy.document import parse_document
    from admin_mfa.statements import Attachment, Policy

_TODAY = date(2026, 11, 24)
_KEYS = ("invokingEvent", "ruleParameters", "resultToken", "executionRoleArn", "configRuleName")
_LONGEST = 6144


def one_input(data: bytes) -> None:
    """Test one input; any error that is not ours is a finding."""
    provider = atheris.FuzzedDataProvider(data)
    what = provider.ConsumeIntInRange(0, 2)
    if what == 0:
        _documents(provider)
    elif what == 1:
        name = provider.PickValueInList([row.name for row in PARAMETERS])
        _try(lambda: parse_parameters({name: provider.ConsumeUnicode(_LONGEST)}))
    else:
        event = {key: provider.ConsumeUnicode(200) for key in _KEYS}
        _try(lambda: check_event(event | {"eventLeftScope": provider.ConsumeBool()}))


def _documents(provider: "atheris.FuzzedDataProvider") -> None:
    policies = []
    for number in range(provider.ConsumeIntInRange(1, 3)):
        document = _document(provider) if provider.ConsumeBool() else provider.ConsumeUnicode(_LONGEST)
        with suppress(AdminMfaError):
            policies.append(Policy(name=f"p{number}", document=parse_document(document)))
    user = IamUser(
        user_name=provider.ConsumeUnicodeNoSurrogates(64) or "x",
        user_id="AIDAEXAMPLE0000000001",
        arn="arn",
        attachments=tuple(Attachment(policy=policy) for policy in policies),
        mfa_devices_complete=True,
    )
    for model in ("attached", "effective"):
        found = evaluate(user, parse_parameters({"PrivilegeModel": model}), _TODAY)
        if not isinstance(found, Verdict) or len(found.annotation) > MAX_ANNOTATION:
            raise AssertionError(found)


def _document(provider: "atheris.FuzzedDataProvider") -> dict[str, object]:
    """Return a document that follows the grammar, with patterns from the input."""

    def patterns() -> list[str]:
        return [provider.ConsumeUnicode(40) for _ in range(provider.ConsumeIntInRange(0, 30))]

    return {
        "Statement": [
            {
                "Effect": provider.PickValueInList(["Allow", "Deny"]),
                provider.PickValueInList(["Action", "NotAction"]): patterns(),
                provider.PickValueInList(["Resource", "NotResource"]): patterns(),
            }
            for _ in range(provider.ConsumeIntInRange(1, 3))
        ]
    }


def _try(call: Callable[[], object]) -> None:
    with suppress(AdminMfaError):
        call()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
