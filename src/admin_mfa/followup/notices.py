"""The notices that people and programs receive: one `Text` for each kind, in plain words and as JSON.

The reader may be the administrator in question, a colleague on a mailing list, or a program behind a queue. A text
names the user, the account, the reason, the date of the finding, what happens next and when, what to do, and whom to
contact.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from admin_mfa.followup import wording
from admin_mfa.followup.case import Case, plain
from admin_mfa.followup.finding import Notice

MAX_SUBJECT = 100
"""Characters of an Amazon SNS subject; ASCII, printable.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

SEVERITY = {
    Notice.FOUND: "HIGH",
    Notice.REMINDER: "HIGH",
    Notice.FINAL: "CRITICAL",
    Notice.ENFORCED: "CRITICAL",
    Notice.RELEASED: "INFORMATIONAL",
    Notice.ROOT: "CRITICAL",
    Notice.EXCEPTION: "MEDIUM",
    Notice.DEVICE_REMOVED: "HIGH",
}
"""The attribute `severity` that subscriptions filter by, in Security Hub's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One notice, ready to be sent.

    Attributes:
        notice: Its kind.
        subject: At most 100 printable ASCII characters.
        body: Plain text for people, in lines of at most 76 characters where no name is longer.
        summary: One sentence for places that show little.
        data: The same for machines.
    """

    notice: Notice
    subject: str
    body: str
    summary: str
    data: dict[str, Any]


def write(notice: Notice, case: Case) -> Text:
    """Write the notice about a case."""
    case = replace(case, reason=plain(case.reason))
    template = _TEMPLATES[notice]
    names = {"user": case.user_name, "account": case.account_id}
    return Text(
        notice=notice,
        subject=template.subject.format(**names),
        body="\n\n".join(part for section in template.sections if (part := section(case))) + "\n",
        summary=template.summary.format(**names),
        data=_data(notice, case),
    )


Section = Callable[[Case], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    subject: str
    summary: str
    sections: tuple[Section, ...]


def _about_a_user(subject: str, summary: str, news: Section) -> _Template:
    sections = (wording.what, wording.why, news, wording.enrol, wording.not_a_person, wording.help_or_exemption)
    return _Template(subject=f"{subject}: {{user}} in {{account}}", summary=summary, sections=sections)


def _data(notice: Notice, case: Case) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "event": notice.value,
        "severity": SEVERITY[notice],
        "account_id": case.account_id,
        "rule": case.rule_name or None,
        "user_name": case.user_name,
        "user_id": case.user_id or None,
        "annotation": case.annotation or None,
        "grants": list(case.grants),
        "found_at": _iso(case.found_at),
        "enforcement_begins": _iso(case.enforcement_begins),
        "device": case.device or None,
        "reason": case.reason or None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


_TEMPLATES: dict[Notice, _Template] = {
    Notice.FOUND: _about_a_user(
        "MFA required",
        "{user} is an administrator of AWS account {account} and has no MFA device.",
        wording.what_happens_next,
    ),
    Notice.REMINDER: _about_a_user(
        "MFA still missing",
        "{user} is still an administrator of AWS account {account} without an MFA device.",
        wording.what_happens_next,
    ),
    Notice.FINAL: _about_a_user(
        "MFA last notice",
        "{user} is about to lose access to AWS account {account} because no MFA device is enrolled.",
        wording.last_notice,
    ),
    Notice.ENFORCED: _about_a_user(
        "MFA enforced",
        "{user} can only enrol an MFA device in AWS account {account} until a device is enrolled.",
        wording.restricted,
    ),
    Notice.RELEASED: _Template(
        subject="Access restored: {user} in {account}",
        summary="{user} in AWS account {account} is no longer restricted.",
        sections=(wording.released,),
    ),
    Notice.ROOT: _Template(
        subject="MFA required: root user of {account}",
        summary="The root user of AWS account {account} has no MFA device.",
        sections=(wording.root, wording.root_enrol, wording.help_only),
    ),
    Notice.EXCEPTION: _Template(
        subject="MFA exception: {user} in {account}",
        summary="AWS Config no longer remediates {user} in AWS account {account}.",
        sections=(wording.exception, wording.exception_reason, wording.exception_next),
    ),
    Notice.DEVICE_REMOVED: _Template(
        subject="MFA removed: {user} in {account}",
        summary="An MFA device of {user} in AWS account {account} was removed.",
        sections=(wording.removed, wording.removed_facts, wording.removed_next, wording.help_only),
    ),
}
