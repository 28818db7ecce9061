"""The rule: every IAM user who is an administrator has an MFA device.

Values in, values out. `admin_mfa.aws.iam` reads AWS; `rules/IAM_ADMIN_USER_MFA_ENABLED` answers AWS Config.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from admin_mfa.administrator import find_grants
from admin_mfa.bypass import find_bypass
from admin_mfa.escalation.search import Survey
from admin_mfa.model import (
    AccountStatus,
    AdminGrant,
    Bypass,
    Compliance,
    Fact,
    IamUser,
    MfaDevice,
    MfaType,
    RootCredentials,
    RootMfa,
    Unread,
    Verdict,
)
from admin_mfa.parameters import AdministratorDefinition, ApiAccess, ExemptUser, Parameters

MAX_ANNOTATION = 256
"""Characters that AWS Config keeps of an annotation.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html
"""


def evaluate(user: IamUser, parameters: Parameters, today: date, survey: Survey | None = None) -> Verdict | Unread:
    """Judge one user, or say what must be read before anybody can.

    Never raises, and never concludes from what was not read: where a fact could still change the answer, the answer
    is `Unread` with just that fact. Reading it and asking again leads to a verdict in a few rounds.

    Args:
        user: As far as it has been read.
        parameters: The rule parameters.
        today: In UTC; an exemption holds through its last day.
        survey: The account, searched; only `AdministratorDefinition=Escalation` needs it.
    """
    grants = grants_in_force(user, parameters, survey)
    if isinstance(grants, Unread):
        return grants
    if not grants:
        return _verdict(user, grants, parameters.non_admin_compliance, "{user} is not an administrator.")

    exemption = _exemption(user, parameters)
    if exemption and _holds(exemption, today):
        until = f"until {exemption.until}" if exemption.until else "without end"
        return _verdict(
            user,
            grants,
            Compliance.COMPLIANT,
            f"{_IS_ADMIN} and exempt from MFA {until}.",
            exemption=exemption,
        )

    counting = [device for device in user.mfa_devices if parameters.accepts(device)]
    if unread := _unread_device_facts(user, parameters, enough=bool(counting)):
        return Unread(facts=frozenset((unread,)))
    if counting:
        text = f"{_IS_ADMIN} and has an MFA device ({_best(counting)})."
        compliant = _verdict(user, grants, Compliance.COMPLIANT, text)
        return _where_keys_need_mfa(compliant, user, parameters, survey, has="has an MFA device")
    if parameters.console_users_only and user.console_password is None:
        return Unread(facts=frozenset((Fact.CONSOLE_PASSWORD,)))
    if parameters.console_users_only and not user.console_password:
        text = f"{_IS_ADMIN} and has no console password; only console users were asked for an MFA device."
        compliant = _verdict(user, grants, Compliance.COMPLIANT, text)
        return _where_keys_need_mfa(compliant, user, parameters, survey, has="has no console password")
    ended = _ended(exemption) if exemption else ""
    text = f"{_IS_ADMIN} and {_lacks(user, parameters)}{ended}."
    return _verdict(user, grants, Compliance.NON_COMPLIANT, text, parameters=parameters)


def grants_in_force(
    user: IamUser, parameters: Parameters, survey: Survey | None = None
) -> tuple[AdminGrant, ...] | Unread:
    """Return what makes the user an administrator under the definition in force, or what must be read first.

    Args:
        user: As far as it has been read.
        parameters: The rule parameters.
        survey: As for `evaluate`.
    """
    if parameters.administrator_definition is not AdministratorDefinition.ESCALATION:
        return find_grants(user, parameters)
    if survey is None:
        return Unread(facts=frozenset((Fact.SNAPSHOT,)))
    return survey.grants(user) or survey.ways(user)


def unmatched_exemptions(users: Iterable[IamUser | Verdict], parameters: Parameters) -> tuple[str, ...]:
    """Return the entries of ExemptUsers that mean no user: misspelt, or about somebody who is gone."""
    known = tuple(users)
    return tuple(
        entry.identity
        for entry in parameters.exempt_users
        if not any(entry.matches(user_name=u.user_name, user_id=u.user_id, arn=u.arn) for u in known)
    )


def account_status(root: RootCredentials) -> AccountStatus:
    """Return the verdict on the account's root user.

    Without any credentials (centralized root access removes them) there is nothing that MFA could protect.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
    """
    if root.mfa:
        root_mfa = RootMfa.ENABLED
    elif root.password or root.access_keys:
        root_mfa = RootMfa.DISABLED
    else:
        root_mfa = RootMfa.NO_CREDENTIALS
    compliance, annotation = _ACCOUNT[root_mfa]
    return AccountStatus(root_mfa=root_mfa, compliance=compliance, annotation=annotation)


_ACCOUNT = {
    RootMfa.ENABLED: (Compliance.COMPLIANT, "The root user has an MFA device."),
    RootMfa.DISABLED: (Compliance.NON_COMPLIANT, "The root user has credentials and no MFA device."),
    RootMfa.NO_CREDENTIALS: (
        Compliance.NOT_APPLICABLE,
        "The root user has no credentials, so there is nothing to protect.",
    ),
}

_NO_REAL_DATE = date.min
_LIKE_A_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d)")

_IS_ADMIN = "{user} is an administrator ({why})"


def _exemption(user: IamUser, parameters: Parameters) -> ExemptUser | None:
    """Return the exemption that lasts longest, whether it has ended or not."""
    found = [
        entry
        for entry in parameters.exempt_users
        if entry.matches(user_name=user.user_name, user_id=user.user_id, arn=user.arn)
    ]
    if parameters.exempt_tag and (value := parameters.exempt_tag.find(user.tags)) is not None:
        found.append(ExemptUser(identity=user.user_id, until=_date(value)))
    return max(found, key=lambda entry: entry.until or date.max, default=None)


def _date(tag_value: str) -> date | None:
    """Return the day that a tag's value names, or None if it does not begin as a date does.

    What begins as one and is no YYYY-MM-DD of the calendar ends the exemption at once: a slip exempts nobody.
    """
    text = tag_value.strip()
    if not _LIKE_A_DATE.match(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return _NO_REAL_DATE


def _holds(exemption: ExemptUser, today: date) -> bool:
    return exemption.until is None or today <= exemption.until


def _ended(exemption: ExemptUser) -> str:
    if exemption.until == _NO_REAL_DATE:
        return "; the tag that should exempt it holds no real date"
    return f"; its exemption ended on {exemption.until}"


def _where_keys_need_mfa(
    verdict: Verdict, user: IamUser, parameters: Parameters, survey: Survey | None, *, has: str
) -> Verdict | Unread:
    """Let a verdict stand unless access keys work without MFA, where the rule minds.

    Where it does not, nobody is asked for access keys, but whoever knows of some already is told.
    """
    minds = parameters.api_access is ApiAccess.REQUIRE_MFA
    if user.active_access_keys == 0 or (user.active_access_keys is None and not minds):
        return verdict
    reason = find_bypass(user, parameters, survey)
    if reason is None:
        return verdict
    if user.active_access_keys is None:
        return Unread(facts=frozenset((Fact.ACCESS_KEYS,)))
    bypass = Bypass(access_keys=user.active_access_keys, reason=reason)
    if not minds:
        return replace(verdict, bypass=bypass)
    keys = "1 access key works" if bypass.access_keys == 1 else f"{bypass.access_keys} access keys work"
    text = f"{_IS_ADMIN} and {has}, but {keys} without MFA ({reason})."
    return replace(_verdict(user, verdict.grants, Compliance.NON_COMPLIANT, text), bypass=bypass)


def _unread_device_facts(user: IamUser, parameters: Parameters, *, enough: bool) -> Fact | None:
    """Return what could still show a device that counts.

    Tags first, and even if another device is enough: AWS Config would take it for a change if the annotation depended
    on the order in which devices were read.
    """
    untold = any(device.type is MfaType.VIRTUAL and device.tags is None for device in user.mfa_devices)
    if untold and parameters.managed_device_tag and parameters.allows(MfaType.VIRTUAL):
        return Fact.MFA_DEVICE_TAGS
    # Virtual devices come with the bulk read, so enough is nearly always known without this call.
    return None if enough or user.mfa_devices_complete else Fact.MFA_DEVICES


def _best(devices: Iterable[MfaDevice]) -> str:
    """Name one type: a second device must not change the annotation, or AWS Config would record it anew."""
    best = min((device.type for device in devices), key=list(MfaType).index)
    return "only SMS, which AWS has withdrawn" if best is MfaType.SMS else best.value


def _lacks(user: IamUser, parameters: Parameters) -> str:
    if not user.mfa_devices:
        return "has no MFA device" if parameters.allowed_mfa_types is None else "has no MFA device of type {allowed}"
    if any(parameters.allows(device.type) for device in user.mfa_devices):
        return "its virtual MFA device lacks the tag {tag}"
    return "has no MFA device of type {allowed}, only {types}"


def _verdict(
    user: IamUser,
    grants: tuple[AdminGrant, ...],
    compliance: Compliance,
    template: str,
    *,
    exemption: ExemptUser | None = None,
    parameters: Parameters | None = None,
) -> Verdict:
    return Verdict(
        user_name=user.user_name,
        user_id=user.user_id,
        arn=user.arn,
        compliance=compliance,
        annotation=_annotation(template, user, grants, parameters),
        grants=grants,
        mfa_devices=user.mfa_devices,
        exempt=exemption is not None,
        exempt_until=exemption.until if exemption else None,
    )


_LIMITS = (MAX_ANNOTATION, 96, 64, 48, 32, 24, 16, 12)
"""To how many characters long names are cut, one after the other; a test shows that the last always fits."""


def _annotation(template: str, user: IamUser, grants: tuple[AdminGrant, ...], parameters: Parameters | None) -> str:
    """Fill the sentence, shortening the long names in it until it fits. The user's own name stays whole."""
    allowed = parameters.allowed_mfa_types if parameters and parameters.allowed_mfa_types else ()
    names = {
        "allowed": " or ".join(t.value for t in MfaType if t in allowed),
        "tag": str(parameters.managed_device_tag) if parameters else "",
        "types": " and ".join(t.value for t in MfaType if any(d.type is t for d in user.mfa_devices)),
    }
    sentences = (
        template.format(
            user=user.user_name,
            why=_why(grants, limit),
            **{name: _shorten(text, limit) for name, text in names.items()},
        )
        for limit in _LIMITS
    )
    return next(sentence for sentence in sentences if len(sentence) <= MAX_ANNOTATION)


def _why(grants: tuple[AdminGrant, ...], limit: int) -> str:
    if not grants:
        return ""
    first = grants[0]
    reached = " + ".join(
        str(AdminGrant(policy=_shorten(part.policy, limit), via=_shorten(part.via, limit))) for part in first.parts()
    )
    how = f"{_shorten(first.how, limit)}, " if first.how else ""
    more = f" and {len(grants) - 1} more" if len(grants) > 1 else ""
    # As long as one policy and its path can be; where it takes several, the rest of them is cut off.
    return f"{how}{_shorten(reached, 2 * limit + len(' via '))}{more}"


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
