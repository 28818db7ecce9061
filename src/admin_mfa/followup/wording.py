"""The sentences of the notices, section by section; `admin_mfa.followup.notices` puts them together."""

import textwrap
from datetime import datetime

from admin_mfa.followup.case import Case
from admin_mfa.model import MfaType

_SIGN_IN = {
    "aws": "https://{account}.signin.aws.amazon.com/console",
    "aws-cn": "https://{account}.signin.amazonaws.cn/console",
    "aws-us-gov": "https://{account}.signin.amazonaws-us-gov.com/console",
}

_WIDTH = 76


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


def what(case: Case) -> str:
    """Return what was found, and why it matters."""
    return _fill(
        f"AWS account {case.account_id}: {case.annotation} A stolen or guessed password is enough to take over the "
        "whole account; an MFA device prevents that."
    )


def why(case: Case) -> str:
    """Return what makes the user an administrator, and since when the finding is known."""
    since = f"First reported on {_when(case.found_at)}." if case.found_at else ""
    grants = "\n".join(_fill(grant, "    ", "  - ") for grant in case.grants)
    return f"What makes {case.user_name} an administrator\n{grants}\n{since}".rstrip()


def what_happens_next(case: Case) -> str:
    """Return what happens unless a device is enrolled."""
    if case.enforcement_begins:
        text = (
            f"If no device is enrolled by {_when(case.enforcement_begins)}, {case.user_name} will only be able to "
            "enrol one. Another notice is sent before that. Enrolling a device restores full access automatically."
        )
        if case.grace_continues:
            text += (
                " The grace period started with an earlier finding and continues: removing a device does not "
                "restart it."
            )
    elif case.spared:
        text = f"Access is not restricted, because {case.spared}. The finding stays open until it is resolved."
    else:
        text = "Access is not restricted. The finding stays open until a device is enrolled."
    return f"What happens next\n{_fill(text, '  ')}"


def last_notice(case: Case) -> str:
    """Return when access ends."""
    begins = _when(case.enforcement_begins) if case.enforcement_begins else "soon"
    return "What happens next\n" + _fill(
        f"This is the last notice. From {begins}, {case.user_name} will only be able to enrol an MFA device. Programs "
        "that use this user's access keys without MFA stop working at the same time. To prevent this, enrol a device "
        "before then.",
        "  ",
    )


def restricted(case: Case) -> str:
    """Return what the user can still do."""
    return "What has changed\n" + _fill(
        f"The grace period is over. {case.user_name} can now only enrol an MFA device; AWS denies everything else "
        "(AccessDenied). Enrol a device as described below, then sign out and sign in again with it: everything works "
        "again at once. The policy that restricts access is then removed automatically.",
        "  ",
    )


_KINDS = {
    MfaType.FIDO: "Passkey or security key: the best choice, because it cannot be phished. Follow your browser.",
    MfaType.VIRTUAL: "Authenticator app: scan the QR code and enter two codes in a row. Use an app on a dedicated "
    "device that your organization manages rather than on a personal phone, so that the device can be replaced, and "
    "returned, together with the job.",
    MfaType.HARDWARE: "Hardware TOTP token: enter its serial number and two codes in a row.",
}


def enrol(case: Case) -> str:
    """Return how to enrol a device, step by step."""
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
            f"An authenticator app counts only when it has the tag {case.managed_device_tag}. Ask your administrators "
            "to add the tag once you have assigned the device.",
            "     ",
        )
        if case.managed_device_tag and (case.allowed_mfa_types is None or MfaType.VIRTUAL in case.allowed_mfa_types)
        else ""
    )
    after = _fill(
        "Sign out, then sign in with the device. Assign a second one, and keep it in another place.", "     ", "  5. "
    )
    caution = _fill(
        "Do not share the QR code or the codes with anyone; you will never be asked for them. The finding closes "
        "automatically when the rule next runs.",
        "  ",
    )
    parts = ["What to do (five minutes)", before, *kinds, *([tag] if tag else []), after, caution]
    return "\n".join(parts)


def help_or_exemption(case: Case) -> str:
    """Return whom to contact for help or an exemption."""
    return "Help, or an exemption if a device is not possible\n" + _fill(_contact(case), "  ")


def help_only(case: Case) -> str:
    """Return whom to contact."""
    return "Help\n" + _fill(_contact(case), "  ")


def _contact(case: Case) -> str:
    return case.help or "Contact the team that manages this AWS account."


def not_a_person(case: Case) -> str:
    """Return what to do about a user that a program uses."""
    return f"If {case.user_name} is not a person\n" + _fill(
        "A program cannot use an MFA device. Give it a role with only the permissions that it needs, and delete this "
        "user; or request an exemption with an end date.",
        "  ",
    )


def released(case: Case) -> str:
    """Return that the restriction has ended."""
    return _fill(
        f"{case.user_name} in AWS account {case.account_id} is no longer restricted: the policy that allowed only "
        "enrolling an MFA device was removed. If you are signed in without the device, sign out and sign in again. "
        "No other action is needed."
    )


def root(case: Case) -> str:
    """Return what was found about the root user."""
    return _fill(
        f"AWS account {case.account_id}: {case.annotation} The root user can do everything, including closing the "
        "account, and IAM policies do not restrict it."
    )


_ROOT_DEVICES = (
    "Choose Assign MFA device, and register two: security keys or hardware tokens, kept in two safe places, not a "
    "personal phone."
)
_ROOT_CREDENTIALS = (
    "In an organization, consider removing the root credentials of member accounts altogether (IAM, Root access "
    "management)."
)


def root_enrol(_: Case) -> str:
    """Return how to protect the root user."""
    return "What to do\n" + _listed(
        [
            "Sign in as the root user with the account's email address.",
            "Choose the account name at the top right, then Security credentials.",
            _ROOT_DEVICES,
            _ROOT_CREDENTIALS,
        ]
    )


def exception(case: Case) -> str:
    """Return that AWS Config no longer remediates the user."""
    return _fill(
        f"AWS Config no longer remediates {case.user_name} in AWS account {case.account_id}: the rule "
        f"{case.rule_name} has a remediation exception for the user. AWS Config adds one automatically when "
        "remediation has failed too often."
    )


def exception_reason(case: Case) -> str:
    """Return AWS Config's own message."""
    return _fill(f"Message of the exception: {case.reason}") if case.reason else ""


def exception_next(case: Case) -> str:
    """Return what to do about the exception."""
    return "What to do\n" + _fill(
        f"Find out why the automation failed (Systems Manager, Automation, RequireAdminMfa), then delete the "
        f"exception for {case.user_id}. If it was added on purpose, no action is needed: {case.user_name} is not "
        "remediated while it exists.",
        "  ",
    )


def removed(case: Case) -> str:
    """Return which removal this is about."""
    return _fill(
        f"The document BackoutAdminMfa removed an MFA device of the user {case.user_name} in AWS account "
        f"{case.account_id}."
    )


def removed_facts(case: Case) -> str:
    """Return the device and the reason."""
    return "\n".join([_fill(f"Device: {case.device}", "  "), _fill(f"Reason given: {case.reason or 'none'}", "  ")])


def removed_next(case: Case) -> str:
    """Return what follows from the removal."""
    return "What happens next\n" + _fill(
        f"If {case.user_name} is an administrator without another device, the rule reports it, and a notice asks the "
        "user to enrol one. If you did not expect this removal, treat it as an incident: disable the user's password "
        "and access keys first, then investigate.",
        "  ",
    )
