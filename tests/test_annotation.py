"""Test that the longest possible annotation fits the limit."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from admin_mfa.annotation import MAX_ANNOTATION
from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Role, Snapshot
from admin_mfa.escalation.trust_document import parse_trust
from admin_mfa.evaluate import evaluate
from admin_mfa.model import BypassReason, IamUser, MfaDevice, MfaType, Verdict
from admin_mfa.parameters import parse_parameters
from admin_mfa.statements import Attachment, Condition, Effect, Policy, PolicyDocument, Statement

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
        pytest.param((attachment(1, ALL_BUT_IAM, None), attachment(2, IAM, GROUP)), id="two policies in combination"),
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
    exempt = evaluate(
        replace(user, tags=(("exempt", "2026-12-31"), ("exempt-reason", "r" * 256))), parameters, date(2026, 1, 1)
    )
    assert isinstance(exempt, Verdict)
    assert exempt.exempt_reason == "r" * 256
    assert len(exempt.annotation) <= MAX_ANNOTATION


def longest_user(*attachments: Attachment, **fields: Any) -> IamUser:
    return IamUser(
        user_name="u" * 64,
        user_id="AIDA2345ABCDEFGHIJKLM",
        arn=f"arn:aws:iam::123456789012:user/{'u' * 64}",
        attachments=attachments,
        **fields,
    )


def test_the_longest_privilege_escalation_fits() -> None:
    passes = Statement(effect=Effect.ALLOW, actions=("iam:passrole",), resources=("*",))
    runs = Statement(effect=Effect.ALLOW, actions=("sagemaker:*", "lambda:*", "iam:put*"), resources=("*",))
    boss = Role(
        role_name="r" * 64,
        arn=f"arn:aws:iam::123456789012:role/{'r' * 64}",
        attachments=(attachment(3, ALL, None),),
        trust=parse_trust(
            {"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"Service": "sagemaker.amazonaws.com"}}}
        ),
    )
    user = longest_user(
        attachment(1, passes, GROUP),
        attachment(2, runs, GROUP),
        tags=(("exempt", "2026-02-30"),),
        mfa_devices=tuple(MfaDevice(serial_number=t, type=t) for t in (MfaType.VIRTUAL, MfaType.SMS, MfaType.OTHER)),
        mfa_devices_complete=True,
    )
    parameters = parse_parameters(
        {"AdministratorDefinition": "Escalation", "AllowedMfaTypes": "fido,hardware", "ExemptTag": "exempt"}
    )
    account = Survey(Snapshot(users=(user,), roles=(boss,)), parameters)
    verdict = evaluate(user, parameters, date(2026, 1, 1), account)
    assert isinstance(verdict, Verdict)
    assert verdict.grants[-1].how is not None
    assert len(verdict.grants) > 2
    assert len(verdict.annotation) <= MAX_ANNOTATION


@pytest.mark.parametrize("reason", list(BypassReason))
def test_the_longest_sentence_about_keys_fits(reason: BypassReason) -> None:
    present = "aws:MultiFactorAuthPresent"
    conditions = {
        BypassReason.NOTHING_ASKS: (),
        BypassReason.BOOL: (Condition(operator="Bool", key=present, values=("false",)),),
        BypassReason.NULL: (Condition(operator="Null", key=present, values=("true",)),),
        BypassReason.OTHERWISE: (Condition(operator="Null", key=present, values=("false",)),),
    }[reason]
    requires_mfa = Statement(effect=Effect.DENY, actions=("*",), resources=("*",), conditions=conditions)
    user = longest_user(
        *(attachment(n, ALL, GROUP) for n in range(100)),
        *((attachment(100, requires_mfa, GROUP),) if conditions else ()),
        mfa_devices_complete=True,
        console_password=False,
        active_access_keys=2,
    )
    parameters = parse_parameters({"ApiAccess": "require-mfa", "ConsoleUsersOnly": "true"})
    verdict = evaluate(user, parameters, date(2026, 1, 1))
    assert isinstance(verdict, Verdict)
    assert verdict.bypass is not None
    assert verdict.bypass.reason is reason
    assert verdict.annotation.endswith(f"({reason}).")
    assert len(verdict.annotation) <= MAX_ANNOTATION
