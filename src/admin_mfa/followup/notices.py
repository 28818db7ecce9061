"""What people and machines are told: one `Text` for each kind of notice, in plain words and as JSON.

The reader may be the administrator who is meant, a colleague on a mailing list, or a program behind a queue. A text
says who, which account, why, since when, what happens next and when, what to do, and whom to ask.
"""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from admin_mfa.followup.finding import Notice
from admin_mfa.model import MfaType, Verdict
from admin_mfa.parameters import Parameters, TagFilter

MAX_SUBJECT = 100
"""Characters of an Amazon SNS subject; ASCII, printable.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

_SIGN_IN = {
    "aws": "https://{account}.signin.aws.amazon.com/console",
    "aws-cn": "https://{account}.signin.amazonaws.cn/console",
    "aws-us-gov": "https://{account}.signin.amazonaws-us-gov.com/console",
}

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

_WIDTH = 76


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


def write(notice: Notice, case: Case) -> Text:
    """Write the notice about a case."""
    case = replace(case, reason=plain(case.reason))
    template = _TEMPLATES[notice]
    return Text(
        notice=notice,
        subject=template.subject.format(user=case.user_name, account=case.account_id),
        body="\n\n".join(part for section in template.sections if (part := section(case))) + "\n",
        summary=template.summary.format(user=case.user_name, account=case.account_id),
        data=_data(notice, case),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    subject: str
    summary: str
    sections: tuple[Callable[[Case], str], ...]


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


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d, %H:%M} UTC"


def _fill(text: str, indent: str = "", first: str | None = None) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(entries: list[str]) -> str:
    return "\n".join(_fill(entry, "     ", f"  {number}. ") for number, entry in enumerate(entries, 1))


def _what(case: Case) -> str:
    return _fill(
        f"AWS account {case.account_id}: {case.annotation} A stolen or guessed password is enough to take the whole "
        "account over; an MFA device prevents that."
    )


def _why(case: Case) -> str:
    since = f"Known since {_when(case.found_at)}." if case.found_at else ""
    grants = "\n".join(_fill(grant, "    ", "  - ") for grant in case.grants)
    return f"What makes {case.user_name} an administrator\n{grants}\n{since}".rstrip()


def _next(case: Case) -> str:
    if case.enforcement_begins:
        text = (
            f"If no device is enrolled by {_when(case.enforcement_begins)}, {case.user_name} will be able to do one "
            "thing only: enrol one. You hear from us once more before that. Full access comes back by itself after "
            "enrolling; nobody has to be asked."
        )
        if case.grace_continues:
            text += (
                " The grace period began with an earlier finding and continues: removing a device does not restart it."
            )
    elif case.spared:
        text = f"No access is taken away, because {case.spared}. The finding stays open until it is solved."
    else:
        text = "No access is taken away. The finding stays open until a device is enrolled."
    return f"What happens next\n{_fill(text, '  ')}"


def _last_chance(case: Case) -> str:
    begins = _when(case.enforcement_begins) if case.enforcement_begins else "soon"
    return "What happens next\n" + _fill(
        f"This is the last notice. From {begins} on, {case.user_name} will be able to do one thing only: enrol an MFA "
        "device. Programs that use this user's access keys without MFA stop working at the same time. Enrolling "
        "before then prevents it.",
        "  ",
    )


def _locked(case: Case) -> str:
    return "What has changed\n" + _fill(
        f"The grace period is over. {case.user_name} can now do one thing only: enrol an MFA device. AWS answers "
        "everything else with AccessDenied. Enrol one as described below, then sign out and in again with the "
        "device: everything works from that moment. The policy that does this is removed soon afterwards, by itself.",
        "  ",
    )


_KINDS = {
    MfaType.FIDO: "Passkey or security key: the best choice, because it cannot be phished. Follow your browser.",
    MfaType.VIRTUAL: "Authenticator app: scan the QR code and enter two codes in a row. Use an app on a dedicated "
    "device that your organization manages rather than on a personal phone, so that the device can be replaced, and "
    "taken back, together with the job.",
    MfaType.HARDWARE: "Hardware TOTP token: enter its serial number and two codes in a row.",
}


def _enrol(case: Case) -> str:
    kinds = [
        _fill(text, "       ", "     - ")
        for kind, text in _KINDS.items()
        if case.allowed_mfa_types is None or kind in case.allowed_mfa_types
    ]
    sign_in = _SIGN_IN.get(case.partition, _SIGN_IN["aws"]).format(account=case.account_id)
    before = _listed(
        [
            f"Sign in as {case.user_name}: {sign_in}",
            "Choose your name at the top right, then Security credentials.",
            "Under Multi-factor authentication (MFA), choose Assign MFA device.",
            "Give the device a name and choose its type:",
        ]
    )
    tag = (
        _fill(
            f"An authenticator app counts only once your administrators have put the tag {case.managed_device_tag} "
            "on it: tell them when you have assigned it.",
            "     ",
        )
        if case.managed_device_tag and (case.allowed_mfa_types is None or MfaType.VIRTUAL in case.allowed_mfa_types)
        else ""
    )
    after = _fill("Sign out, and in again with the device. Then assign a second one, kept elsewhere.", "     ", "  5. ")
    caution = _fill(
        "Show the QR code and the codes to nobody; nobody will ask you for them. The finding closes by itself when "
        "the rule runs next.",
        "  ",
    )
    parts = ["What to do (five minutes)", before, *kinds, *([tag] if tag else []), after, caution]
    return "\n".join(parts)


def _help(case: Case) -> str:
    return "Help, or an exemption where a device is impossible\n" + _fill(_asked(case), "  ")


def _help_only(case: Case) -> str:
    return "Help\n" + _fill(_asked(case), "  ")


def _asked(case: Case) -> str:
    return case.help or "Ask whoever looks after this AWS account."


def _no_person(case: Case) -> str:
    return f"If {case.user_name} is not a person\n" + _fill(
        "A program cannot answer with an MFA device. Give it a role with just the permissions that it needs, and "
        "retire this user; or ask for an exemption with an end.",
        "  ",
    )


def _released(case: Case) -> str:
    return _fill(
        f"{case.user_name} in the AWS account {case.account_id} is no longer restricted: the policy that left nothing "
        "open but enrolling an MFA device has been removed. A session that was signed in without the device should "
        "sign out and in again. There is nothing else to do."
    )


def _root(case: Case) -> str:
    return _fill(
        f"AWS account {case.account_id}: {case.annotation} The root user can do everything, including closing the "
        "account, and no policy can restrain it."
    )


_ROOT_DEVICES = (
    "Choose Assign MFA device, and register two: security keys or hardware tokens, kept in two safe places, rather "
    "than somebody's phone."
)
_ROOT_CREDENTIALS = (
    "In an organization, consider removing the root credentials of member accounts altogether (IAM, Root access "
    "management)."
)


def _root_enrol(_: Case) -> str:
    return "What to do\n" + _listed(
        [
            "Sign in as the root user with the account's e-mail address.",
            "Choose the account name at the top right, then Security credentials.",
            _ROOT_DEVICES,
            _ROOT_CREDENTIALS,
        ]
    )


def _exception(case: Case) -> str:
    return _fill(
        f"AWS Config no longer remediates {case.user_name} in the AWS account {case.account_id}: the user is on the "
        f"list of remediation exceptions of the rule {case.rule_name}. AWS Config puts a user there by itself when "
        "remediation has failed too often."
    )


def _exception_reason(case: Case) -> str:
    return _fill(f"What AWS Config says about it: {case.reason}") if case.reason else ""


def _exception_next(case: Case) -> str:
    return "What to do\n" + _fill(
        f"Find out why the automation failed (Systems Manager, Automation, RequireAdminMfa), then delete the "
        f"exception for {case.user_id}. If somebody made it on purpose, nothing is to be done: {case.user_name} is "
        "left alone for as long as it exists.",
        "  ",
    )


def _removed(case: Case) -> str:
    return _fill(
        f"An MFA device of the user {case.user_name} in the AWS account {case.account_id} has been removed by the "
        "document BackoutAdminMfa."
    )


def _removed_facts(case: Case) -> str:
    return "\n".join([_fill(f"Device: {case.device}", "  "), _fill(f"Reason given: {case.reason or 'none'}", "  ")])


def _removed_next(case: Case) -> str:
    return "What happens next\n" + _fill(
        f"If {case.user_name} is an administrator without another device, the rule reports it, and the user is asked "
        "to enrol one. If you did not expect this removal, treat it as an incident: disable the user's password and "
        "access keys first, then ask.",
        "  ",
    )


_TEMPLATES: dict[Notice, _Template] = {
    Notice.FOUND: _Template(
        subject="MFA required: {user} in {account}",
        summary="{user} is an administrator of the AWS account {account} and lacks an MFA device.",
        sections=(_what, _why, _next, _enrol, _no_person, _help),
    ),
    Notice.REMINDER: _Template(
        subject="MFA still missing: {user} in {account}",
        summary="{user} is still an administrator of the AWS account {account} without an MFA device.",
        sections=(_what, _why, _next, _enrol, _no_person, _help),
    ),
    Notice.FINAL: _Template(
        subject="MFA last notice: {user} in {account}",
        summary="{user} in the AWS account {account} is about to lose access for want of an MFA device.",
        sections=(_what, _why, _last_chance, _enrol, _no_person, _help),
    ),
    Notice.ENFORCED: _Template(
        subject="MFA enforced: {user} in {account}",
        summary="{user} in the AWS account {account} can do nothing but enrol an MFA device.",
        sections=(_what, _why, _locked, _enrol, _no_person, _help),
    ),
    Notice.RELEASED: _Template(
        subject="MFA settled: {user} in {account}",
        summary="{user} in the AWS account {account} is no longer restricted.",
        sections=(_released,),
    ),
    Notice.ROOT: _Template(
        subject="MFA required: root user of {account}",
        summary="The root user of the AWS account {account} has no MFA device.",
        sections=(_root, _root_enrol, _help_only),
    ),
    Notice.EXCEPTION: _Template(
        subject="MFA not pursued: {user} in {account}",
        summary="AWS Config no longer remediates {user} in the AWS account {account}.",
        sections=(_exception, _exception_reason, _exception_next),
    ),
    Notice.DEVICE_REMOVED: _Template(
        subject="MFA removed: {user} in {account}",
        summary="An MFA device of {user} in the AWS account {account} has been removed.",
        sections=(_removed, _removed_facts, _removed_next, _help_only),
    ),
}
