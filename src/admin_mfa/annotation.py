"""The annotation of a verdict: one sentence that an auditor can act on.

`admin_mfa.evaluate` concludes from facts, and words are chosen here, last. Nothing parses them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from admin_mfa.model import AdminGrant, Bypass, IamUser, MfaDevice, MfaType, shorten
from admin_mfa.parameters import Parameters

MAX_ANNOTATION = 256
"""Characters that AWS Config keeps of an annotation.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html
"""

_LIMITS = (MAX_ANNOTATION, 96, 64, 48, 32, 24, 16, 12)
"""To how many characters long names are cut, one after the other; a test shows that the last always fits."""


class Conclusion(StrEnum):
    """What was concluded about a user; each has its sentence."""

    NOT_ADMINISTRATOR = "{user} is not an administrator."
    EXEMPT = "{user} is an administrator ({why}) and exempt from MFA {until}{reason}."
    HAS_DEVICE = "{user} is an administrator ({why}) and has an MFA device ({device})."
    CONSOLE_SPARED = (
        "{user} is an administrator ({why}) and has no console password; only console access was evaluated."
    )
    DEVICE_BYPASSED = "{user} is an administrator ({why}) and has an MFA device, but {keys} without MFA ({bypass})."
    CONSOLE_SPARED_BYPASSED = (
        "{user} is an administrator ({why}) and has no console password, but {keys} without MFA ({bypass})."
    )
    LACKS_DEVICE = "{user} is an administrator ({why}) and {lacks}{ended}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a sentence is made of.

    Attributes:
        user: The user.
        parameters: The rule parameters.
        grants: What makes the user an administrator.
        counting: The MFA devices that satisfy the rule.
        exempt_until: Last day of an exemption that holds; None without an end.
        exempt_reason: Owner and reason of that exemption; may be empty.
        exemption_ended: Last day of an exemption that does not hold; `date.min` for a tag whose value is not valid.
        bypass: The access keys that work without MFA.
    """

    user: IamUser
    parameters: Parameters
    grants: tuple[AdminGrant, ...] = ()
    counting: tuple[MfaDevice, ...] = ()
    exempt_until: date | None = None
    exempt_reason: str = ""
    exemption_ended: date | None = None
    bypass: Bypass | None = None


def annotation(conclusion: Conclusion, basis: Basis) -> str:
    """Return the sentence, long names in it shortened until it fits. The user's own name stays whole."""
    user, parameters = basis.user, basis.parameters
    fixed = {
        "user": user.user_name,
        "until": f"until {basis.exempt_until}" if basis.exempt_until else "without end",
        "device": _best(basis.counting) if basis.counting else "",
        "keys": _keys(basis.bypass) if basis.bypass else "",
        "bypass": basis.bypass.reason if basis.bypass else "",
        "ended": _ended(basis.exemption_ended) if basis.exemption_ended else "",
    }
    allowed = parameters.allowed_mfa_types or ()
    names = {
        "allowed": " or ".join(t.value for t in MfaType if t in allowed),
        "tag": str(parameters.managed_device_tag),
        "types": " and ".join(t.value for t in MfaType if any(d.type is t for d in user.mfa_devices)),
    }
    lacks = _lacks(user, parameters)
    sentences = (
        conclusion.value.format(
            why=_why(basis.grants, limit),
            reason=f" ({shorten(basis.exempt_reason, limit)})" if basis.exempt_reason else "",
            lacks=lacks.format(**{name: shorten(text, limit) for name, text in names.items()}),
            **fixed,
        )
        for limit in _LIMITS
    )
    return next(sentence for sentence in sentences if len(sentence) <= MAX_ANNOTATION)


def _why(grants: tuple[AdminGrant, ...], limit: int) -> str:
    if not grants:
        return ""
    first = grants[0]
    reached = " + ".join(source.words(limit) for source in first.sources)
    how = f"{shorten(first.how, limit)}, " if first.how else ""
    more = f" and {len(grants) - 1} more" if len(grants) > 1 else ""
    # As long as one policy and its path can be; where it takes several, the rest of them is cut off.
    return f"{how}{shorten(reached, 2 * limit + len(' via '))}{more}"


def _best(devices: Iterable[MfaDevice]) -> str:
    """Name one type: a second device must not change the annotation, or AWS Config would record it anew."""
    best = min((device.type for device in devices), key=list(MfaType).index)
    return "only SMS, which AWS has withdrawn" if best is MfaType.SMS else best.value


def _keys(bypass: Bypass) -> str:
    return "1 access key works" if bypass.access_keys == 1 else f"{bypass.access_keys} access keys work"


def _ended(last_day: date) -> str:
    if last_day == date.min:
        return "; the value of its exemption tag is not valid"
    return f"; its exemption ended on {last_day}"


def _lacks(user: IamUser, parameters: Parameters) -> str:
    if not user.mfa_devices:
        return "has no MFA device" if parameters.allowed_mfa_types is None else "has no MFA device of type {allowed}"
    if any(parameters.allows(device.type) for device in user.mfa_devices):
        return "its virtual MFA device lacks the tag {tag}"
    return "has no MFA device of type {allowed}, only {types}"
