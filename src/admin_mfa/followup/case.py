"""What a notice is about: one user, the root user or a device, with everything that a text may contain."""

import re
from dataclasses import dataclass
from datetime import datetime

from admin_mfa.model import MfaType, Verdict
from admin_mfa.parameters import Parameters, TagFilter

MAX_REASON = 200
"""Characters of a reason that a caller gives; the rest is cut off."""

_LINK = re.compile(r"[a-z][a-z0-9+.-]*://\S+|(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#]\S*)?", re.IGNORECASE)
"""What a mail program could turn into a link: an address with a scheme, or a host's name by itself."""


def plain(reason: str) -> str:
    """Return a reason that a caller gave as it may be in an official notice: short, printable, without links.

    >>> plain("lost phone, see https://tickets.example.com/42")
    'lost phone, see (link removed)'
    """
    printable = "".join(character if character.isprintable() else " " for character in reason)
    text = _LINK.sub("(link removed)", printable)
    return text if len(text) <= MAX_REASON else f"{text[: MAX_REASON - 3]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a text may speak of.

    Attributes:
        account_id: Twelve digits.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        rule_name: The rule that found it; empty for a removed device.
        user_name: The user; `root` for the account's root user.
        user_id: The unique id; empty where there is none.
        annotation: What is the matter, in one sentence.
        grants: What makes the user an administrator, each as a person would say it.
        found_at: When the finding was first seen here.
        enforcement_begins: When access ends; None if it does not.
        grace_continues: Whether the grace period began with an earlier finding about the same user.
        spared: Why access does not end, though Mode is Enforce; empty otherwise.
        allowed_mfa_types: Those that satisfy the rule; None for any.
        managed_device_tag: The tag that a virtual device needs to count.
        help: Whom to ask for help or an exemption: a sentence of the operator's.
        device: The removed device's serial number.
        reason: What the operator wrote about the removal, or AWS Config about the exception.
        verdict: What the case rests on, with the rule parameters; None for a user who is gone, and where no user is
            judged.
        parameters: Likewise.
    """

    account_id: str
    partition: str
    rule_name: str = ""
    user_name: str
    user_id: str = ""
    annotation: str = ""
    grants: tuple[str, ...] = ()
    found_at: datetime | None = None
    enforcement_begins: datetime | None = None
    grace_continues: bool = False
    spared: str = ""
    allowed_mfa_types: frozenset[MfaType] | None = None
    managed_device_tag: TagFilter | None = None
    help: str = ""
    device: str = ""
    reason: str = ""
    verdict: Verdict | None = None
    parameters: Parameters | None = None


def case_of(verdict: Verdict, parameters: Parameters, *, account_id: str, partition: str) -> Case:
    """Make a case of a verdict; the caller adds times and whom to ask."""
    return Case(
        account_id=account_id,
        partition=partition,
        user_name=verdict.user_name,
        user_id=verdict.user_id,
        annotation=verdict.annotation,
        grants=tuple(str(grant) for grant in verdict.grants),
        allowed_mfa_types=parameters.allowed_mfa_types,
        managed_device_tag=parameters.managed_device_tag,
        verdict=verdict,
        parameters=parameters,
    )
