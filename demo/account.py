"""Define the account of the demonstration: one user for each kind of case, with the expected verdict."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from admin_mfa.model import Compliance
from demo.emulator import EmbeddedAws

NEWCOMER = "ada"
"""The administrator who enrols an MFA device during the demonstration."""

PROCRASTINATOR = "dorothy"
"""The administrator whom the remediation notifies and restricts."""

_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_ALL_BUT_BILLING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "NotAction": "aws-portal:*", "Resource": "*"}],
}
_ONE_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*"}],
}
_ONLY_WITH_MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}

_COMPLIANT, _NON_COMPLIANT = Compliance.COMPLIANT, Compliance.NON_COMPLIANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One user of the account.

    Attributes:
        name: The user name.
        expected: The verdict that the rule must return.
        made: The user's properties, see `demo.emulator.iam_seed.Iam.user`. A policy without `arn:` that is not
            in `_CUSTOMER_MANAGED` is an AWS managed policy.
    """

    name: str
    expected: Compliance
    made: dict[str, Any] = field(default_factory=dict)


_CUSTOMER_MANAGED: dict[str, tuple[str, dict[str, Any]]] = {
    "platform-owner": ("/", _EVERYTHING),
    # The name is misleading: only the document counts.
    "teams/AdministratorAccess": ("/teams/", _ONE_BUCKET),
}

_GROUPS: dict[str, dict[str, Any]] = {
    "operators": {"policies": ("AdministratorAccess",)},
    "release": {"inline": {"all-but-billing": _ALL_BUT_BILLING}},
    "readers": {"policies": ("ReadOnlyAccess",)},
}

PEOPLE = (
    # Administrators without an accepted device, one for each way to become an administrator.
    Person(name=NEWCOMER, expected=_NON_COMPLIANT, made={"policies": ("AdministratorAccess",), "password": True}),
    Person(name="barbara", expected=_NON_COMPLIANT, made={"groups": ("operators",), "password": True}),
    Person(name="dorothy", expected=_NON_COMPLIANT, made={"inline": {"everything": _EVERYTHING}, "password": True}),
    Person(name="evelyn", expected=_NON_COMPLIANT, made={"policies": ("platform-owner",), "password": True}),
    Person(name="hedy", expected=_NON_COMPLIANT, made={"groups": ("release",), "password": True}),
    Person(
        name="margaret",
        expected=_NON_COMPLIANT,
        made={"policies": ("PowerUserAccess", "IAMFullAccess"), "password": True},
    ),
    Person(
        name="radia",
        expected=_NON_COMPLIANT,
        made={"policies": ("AdministratorAccess",), "inline": {"only-with-mfa": _ONLY_WITH_MFA}, "password": True},
    ),
    Person(name="build-server", expected=_NON_COMPLIANT, made={"policies": ("AdministratorAccess",), "access_keys": 1}),
    Person(name="contractor", expected=_NON_COMPLIANT, made={"groups": ("operators",), "password": True}),
    # Compliant administrators.
    Person(
        name="grace", expected=_COMPLIANT, made={"groups": ("operators",), "password": True, "devices": ("virtual",)}
    ),
    Person(
        name="joan",
        expected=_COMPLIANT,
        made={"policies": ("AdministratorAccess",), "password": True, "devices": ("fido",)},
    ),
    Person(
        name="katherine",
        expected=_COMPLIANT,
        made={"policies": ("platform-owner",), "password": True, "devices": ("hardware",)},
    ),
    Person(
        name="mary",
        expected=_COMPLIANT,
        made={"policies": ("AdministratorAccess",), "password": True, "devices": ("sms",)},
    ),
    Person(name="break-glass", expected=_COMPLIANT, made={"policies": ("AdministratorAccess",), "password": True}),
    # Users who are not administrators.
    Person(name="lynn", expected=_COMPLIANT, made={"policies": ("teams/AdministratorAccess",), "password": True}),
    Person(name="susan", expected=_COMPLIANT, made={"policies": ("PowerUserAccess",), "password": True}),
    Person(name="annie", expected=_COMPLIANT, made={"groups": ("readers",), "password": True}),
)


def rule_parameters(today: date) -> dict[str, str]:
    """Return the rule's parameters: one valid exemption, and one that ended yesterday."""
    holds, ended = today + timedelta(days=90), today - timedelta(days=1)
    return {"ExemptUsers": f"break-glass@{holds}, contractor@{ended}", "AssumeRoleMode": "false"}


def fill(aws: EmbeddedAws) -> None:
    """Create the account."""
    iam = aws.iam
    iam.root(mfa=False, password=True)
    arns = {
        name: iam.policy(name.rsplit("/", 1)[-1], document, path)
        for name, (path, document) in _CUSTOMER_MANAGED.items()
    }
    for name, made in _GROUPS.items():
        iam.group(name, **made)
    for person in PEOPLE:
        made = dict(person.made)
        made["policies"] = tuple(arns.get(name, name) for name in made.get("policies", ()))
        iam.user(person.name, **made)
