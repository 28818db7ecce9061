"""Audits made by hand, for the tests of every format."""

from dataclasses import replace
from datetime import UTC, date, datetime

from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance, MfaDevice, MfaType, Verdict
from admin_mfa.parameters import parse_parameters
from admin_mfa.root_user import RootCredentials, account_status
from tests.support.values import admin_grant

ACCOUNT = "123456789012"


def verdict(name: str, **differences: object) -> Verdict:
    plain = Verdict(
        user_name=name,
        user_id=f"AIDA{name.upper():X<17}"[:21],
        arn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
        compliance=Compliance.COMPLIANT,
        annotation=f"{name} is not an administrator.",
    )
    return replace(plain, **differences)  # type: ignore[arg-type]


def device(mfa_type: MfaType, serial_number: str = "") -> MfaDevice:
    return MfaDevice(serial_number=serial_number or f"arn:aws:iam::{ACCOUNT}:mfa/{mfa_type}", type=mfa_type)


VIA_OPS = admin_grant(policy="AdministratorAccess", via="group ops")

ADA = verdict(
    "ada",
    compliance=Compliance.NON_COMPLIANT,
    grants=(VIA_OPS,),
    annotation="ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
)
GRACE = verdict(
    "grace",
    grants=(admin_grant(policy="everything", via="inline policy everything of user"), VIA_OPS),
    mfa_devices=(device(MfaType.VIRTUAL), device(MfaType.FIDO)),
    annotation="grace is an administrator (inline policy everything of user and 1 more) and has an MFA device "
    "(virtual).",
)
BREAKGLASS = verdict(
    "breakglass",
    grants=(VIA_OPS,),
    exempt=True,
    exempt_until=date(2027, 1, 31),
    annotation="breakglass is an administrator (AdministratorAccess via group ops) and exempt from MFA until "
    "2027-01-31.",
)
PIPELINE = verdict(
    "pipeline",
    grants=(VIA_OPS,),
    annotation="pipeline is an administrator (AdministratorAccess via group ops) and has no console password; only "
    "console access was evaluated.",
)
READER = verdict("Reader", mfa_devices=(device(MfaType.VIRTUAL),))
GUEST = verdict("guest", compliance=Compliance.NOT_APPLICABLE, annotation="guest is not an administrator.")


def audit(*verdicts: Verdict, root: bool = False, **parameters: str) -> Audit:
    return Audit(
        account_id=ACCOUNT,
        partition="aws",
        evaluated_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        parameters=tuple(parse_parameters(parameters).as_text().items()),
        account=account_status(RootCredentials(mfa=root, password=True, access_keys=False)),
        verdicts=verdicts,
    )


EVERYONE = audit(ADA, BREAKGLASS, GRACE, GUEST, PIPELINE, READER, ExemptUsers="breakglass@2027-01-31")

HOSTILE = (
    "<script>alert(1)</script>",
    '"; DROP TABLE users; --',
    "[bold red]markup[/] :warning:",
    "=cmd|' /C calc'!A0",
    "\x1b[2J\x1b]0;title\x07",
    "line\nbreak\ttab\r",
    "\u202egnol",
    "\U0001f600 \u5bbd\u5b57",
    "]]>&amp;",
    "{user} %s ${x}",
)
"""What no IAM name holds, and an endpoint that lies could send."""
