"""Reports made by hand, for the tests of every format that takes more than one audit."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance, MfaType, Verdict
from admin_mfa.report import NotAudited, Report
from admin_mfa.report.baseline import compare, read_baseline
from admin_mfa.report.json_document import render as render_json
from tests.support.values import admin_grant, together

from .audits import ACCOUNT, ADA, BREAKGLASS, EVERYONE, GRACE, GUEST, PIPELINE, READER, audit, device, verdict
from .look import LOOK

ONE = Report(audits=(EVERYONE,))

BARBARA = verdict("barbara", compliance=Compliance.NON_COMPLIANT, grants=ADA.grants, annotation="barbara lacks MFA.")
DOROTHY = verdict("dorothy", compliance=Compliance.NON_COMPLIANT, grants=ADA.grants, annotation="dorothy lacks MFA.")
EARLIER = replace(
    audit(BARBARA, DOROTHY, replace(GRACE, compliance=Compliance.NON_COMPLIANT), READER),
    evaluated_at=datetime(2026, 10, 1, 6, 30, tzinfo=UTC),
)
LATER = audit(ADA, BARBARA, BREAKGLASS, GRACE, GUEST, PIPELINE, READER)
COMPARED = Report(
    audits=(LATER,),
    comparison=compare((LATER,), read_baseline(render_json(Report(audits=(EARLIER,)), LOOK))),
)
"""ada is new, barbara and the root user are unchanged, dorothy was deleted, and grace enrolled a device."""


def crowd(users: int, administrators: int, *, groups: int = 25, account: str = ACCOUNT, seed: int = 1) -> Audit:
    """An account of many users, the same one every time."""
    dice = random.Random(seed)  # noqa: S311 - a crowd, not a secret
    verdicts = [_member(number, number < administrators, groups, account, dice) for number in range(users)]
    return replace(audit(*verdicts), account_id=account, region="eu-west-1")


def _member(number: int, administrator: bool, groups: int, account: str, dice: random.Random) -> Verdict:  # noqa: FBT001
    name = f"user-{number:04d}"
    plain = replace(verdict(name), user_id=f"AIDA{number:017d}", arn=f"arn:aws:iam::{account}:user/{name}")
    if not administrator:
        return plain
    way, fate = dice.random(), dice.random()
    group = f"team-{dice.randrange(groups):02d}-operators"
    grant = admin_grant(policy="AdministratorAccess", via=f"group {group}")
    if way < 0.1:
        grant = admin_grant(policy="everything", via=f"inline policy everything of group {group}")
    elif way < 0.15:
        grant = together(*(admin_grant(policy=policy, via="user") for policy in ("PowerUserAccess", "IAMFullAccess")))
    elif way < 0.25:
        grant = admin_grant(policy="platform-owner", via="user")
    made = replace(
        plain, grants=(grant,), annotation=f"{name} is an administrator ({grant}) and has an MFA device (fido)."
    )
    if fate < 0.1:
        return replace(
            made,
            compliance=Compliance.NON_COMPLIANT,
            annotation=f"{name} is an administrator ({grant}) and has no MFA device.",
        )
    if fate < 0.13:
        until = date(2026, 12, 1) + timedelta(days=number)
        return replace(
            made,
            exempt=True,
            exempt_until=until,
            annotation=f"{name} is an administrator ({grant}) and exempt from MFA until {until}.",
        )
    kind = dice.choice((MfaType.VIRTUAL, MfaType.FIDO))
    return replace(made, mfa_devices=(device(kind, f"arn:aws:iam::{account}:mfa/{name}"),))


ORGANIZATION = Report(
    audits=tuple(crowd(40, 4 + number, account=f"{number + 1:012d}", seed=number) for number in range(6)),
    not_audited=(NotAudited(account_id="999999999999", reason="The role admin-mfa-audit cannot be assumed."),),
    left_out=(NotAudited(account_id="888888888888", reason="The account is SUSPENDED.", account_name="old"),),
    organization=True,
)
