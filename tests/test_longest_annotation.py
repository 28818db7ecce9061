"""The longest annotation that there can be still fits."""

from datetime import date

import pytest

from admin_mfa.evaluate import MAX_ANNOTATION, evaluate
from admin_mfa.model import (
    Attachment,
    Effect,
    IamUser,
    MfaDevice,
    MfaType,
    Policy,
    PolicyDocument,
    Statement,
    Verdict,
)
from admin_mfa.parameters import parse_parameters

GROUP = "g" * 128
ALL = Statement(effect=Effect.ALLOW, actions=("*",), resources=("*",))
ALL_BUT_IAM = Statement(effect=Effect.ALLOW, not_actions=("iam:*",), resources=("*",))
IAM = Statement(effect=Effect.ALLOW, actions=("iam:*",), resources=("*",))


def attachment(number: int, statement: Statement, group: str | None) -> Attachment:
    name = f"{number:03}{'p' * 125}"
    arn = f"arn:aws:iam::123456789012:policy/{name}"
    return Attachment(policy=Policy(name=name, arn=arn, document=PolicyDocument(statements=(statement,))), group=group)


@pytest.mark.parametrize(
    "attachments",
    [
        pytest.param(tuple(attachment(n, ALL, GROUP) for n in range(100)), id="a hundred policies of a group"),
        pytest.param((attachment(1, ALL_BUT_IAM, None), attachment(2, IAM, GROUP)), id="two that need each other"),
    ],
)
def test_the_longest_annotation_fits(attachments: tuple[Attachment, ...]) -> None:
    user = IamUser(
        user_name="u" * 64,
        user_id="AIDA2345ABCDEFGHIJKLM",
        arn=f"arn:aws:iam::123456789012:user/{'u' * 64}",
        attachments=attachments,
        tags=(("exempt", "2026-02-30"),),
        mfa_devices=tuple(MfaDevice(serial_number=t, type=t) for t in (MfaType.VIRTUAL, MfaType.SMS, MfaType.OTHER)),
        mfa_devices_complete=True,
    )
    parameters = parse_parameters({"AllowedMfaTypes": "fido,hardware", "ExemptTag": "exempt"})
    verdict = evaluate(user, parameters, date(2026, 1, 1))
    assert isinstance(verdict, Verdict)
    assert len(verdict.annotation) <= MAX_ANNOTATION
