"""The rule: every IAM user who is an administrator has an MFA device.

Values in, values out. `admin_mfa.aws.iam` reads AWS; `rules/IAM_ADMIN_USER_MFA_ENABLED` answers AWS Config.
"""

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from admin_mfa.administrator import find_grants
from admin_mfa.annotation import Basis, Conclusion, annotation
from admin_mfa.model import AdminGrant, Bypass, Compliance, Fact, IamUser, MfaType, Unread, Verdict
from admin_mfa.parameters import AdministratorDefinition, ApiAccess, ExemptUser, Parameters, parse_date

if TYPE_CHECKING:
    from admin_mfa.escalation.search import Survey


def evaluate(user: IamUser, parameters: Parameters, today: date, survey: "Survey | None" = None) -> Verdict | Unread:
    """Return the verdict on one user, or what must be read first.

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
    basis = Basis(user=user, parameters=parameters, grants=grants)
    if not grants:
        return _verdict(basis, Conclusion.NOT_ADMINISTRATOR, parameters.non_admin_compliance)
    exemption = _exemption(user, parameters)
    if exemption and (exemption.until is None or today <= exemption.until):
        reason = parameters.exemption_reason(user.tags)
        basis = replace(basis, exempt_until=exemption.until, exempt_reason=reason)
        return _verdict(basis, Conclusion.EXEMPT, Compliance.COMPLIANT)

    counting = tuple(device for device in user.mfa_devices if parameters.accepts(device))
    if unread := _unread_device_facts(user, parameters, enough=bool(counting)):
        return Unread(facts=frozenset((unread,)))
    if counting:
        return _unless_bypassed(replace(basis, counting=counting), Conclusion.HAS_DEVICE, survey)
    if parameters.console_users_only and user.console_password is None:
        return Unread(facts=frozenset((Fact.CONSOLE_PASSWORD,)))
    if parameters.console_users_only and not user.console_password:
        return _unless_bypassed(basis, Conclusion.CONSOLE_SPARED, survey)
    ended = exemption.until if exemption else None
    return _verdict(replace(basis, exemption_ended=ended), Conclusion.LACKS_DEVICE, Compliance.NON_COMPLIANT)


def grants_in_force(
    user: IamUser, parameters: Parameters, survey: "Survey | None" = None
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


_NO_REAL_DATE = date.min
_WITHOUT_END = frozenset(("", "true", "yes"))
_LIKE_A_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d)")


def _exemption(user: IamUser, parameters: Parameters) -> ExemptUser | None:
    """Return the exemption that lasts longest, whether it has ended or not."""
    found = [entry for entry in parameters.exempt_users if entry.matches(user)]
    tag = parameters.exempt_tag
    if tag and (value := tag.find(user.tags)) is not None:
        until = _last_day(value) if tag.value is None or _LIKE_A_DATE.match(value.strip()) else None
        found.append(ExemptUser(identity=user.user_id, until=until))
    return max(found, key=lambda entry: entry.until or date.max, default=None)


def _last_day(tag_value: str) -> date | None:
    """Return the last day that a tag's value names, or None if the value says that there is no end.

    Any other value, such as `false` or `31/01/2024`, ends the exemption at once: a typing error exempts no user.
    """
    text = tag_value.strip()
    if text.lower() in _WITHOUT_END:
        return None
    return parse_date(text) or _NO_REAL_DATE


_BYPASSED = {
    Conclusion.HAS_DEVICE: Conclusion.DEVICE_BYPASSED,
    Conclusion.CONSOLE_SPARED: Conclusion.CONSOLE_SPARED_BYPASSED,
}


def _unless_bypassed(basis: Basis, conclusion: Conclusion, survey: "Survey | None") -> Verdict | Unread:
    """Return COMPLIANT unless access keys work without MFA, where the rule counts that.

    Where it does not, access keys are not read, but those that are known already are reported.
    """
    user, parameters = basis.user, basis.parameters
    compliant = _verdict(basis, conclusion, Compliance.COMPLIANT)
    counts = parameters.api_access is ApiAccess.REQUIRE_MFA
    if user.active_access_keys == 0 or (user.active_access_keys is None and not counts):
        return compliant
    # Loaded with the search for privilege escalation, which most runs do without: a tenth of a cold start's imports.
    from admin_mfa.bypass import find_bypass  # noqa: PLC0415

    reason = find_bypass(user, parameters, survey)
    if reason is None:
        return compliant
    if user.active_access_keys is None:
        return Unread(facts=frozenset((Fact.ACCESS_KEYS,)))
    bypass = Bypass(access_keys=user.active_access_keys, reason=reason)
    if not counts:
        return replace(compliant, bypass=bypass)
    return _verdict(replace(basis, bypass=bypass), _BYPASSED[conclusion], Compliance.NON_COMPLIANT)


def _unread_device_facts(user: IamUser, parameters: Parameters, *, enough: bool) -> Fact | None:
    """Return what could still show a device that counts.

    Tags first, and even if another device is enough: AWS Config would take it for a change if the annotation depended
    on the order in which devices were read.
    """
    tags_unread = any(device.type is MfaType.VIRTUAL and device.tags is None for device in user.mfa_devices)
    if tags_unread and parameters.managed_device_tag and parameters.allows(MfaType.VIRTUAL):
        return Fact.MFA_DEVICE_TAGS
    # Virtual devices come with the bulk read, so enough is nearly always known without this call.
    return None if enough or user.mfa_devices_complete else Fact.MFA_DEVICES


def _verdict(basis: Basis, conclusion: Conclusion, compliance: Compliance) -> Verdict:
    user, ended = basis.user, basis.exemption_ended
    return Verdict(
        user_name=user.user_name,
        user_id=user.user_id,
        arn=user.arn,
        compliance=compliance,
        annotation=annotation(conclusion, basis),
        grants=basis.grants,
        mfa_devices=user.mfa_devices,
        exempt=conclusion is Conclusion.EXEMPT,
        exempt_until=basis.exempt_until,
        exempt_reason=basis.exempt_reason,
        exemption_ended=ended if ended != _NO_REAL_DATE else None,
        bypass=basis.bypass,
        exempt_tag_invalid=ended == _NO_REAL_DATE,
    )
