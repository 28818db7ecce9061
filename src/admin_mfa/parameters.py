"""The rule's parameters: one table of names, defaults and meanings, and the only way to read them.

AWS Config, conformance packs, CloudFormation and the command all send strings; an empty one means the default.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from admin_mfa.errors import InvalidParametersError
from admin_mfa.model import Compliance, IamUser, MfaDevice, MfaType, Verdict
from admin_mfa.parameter_table import NotAllowedError, Parameter, boolean, choice, comma_separated, parse_table


class AdministratorDefinition(StrEnum):
    """Who counts as an administrator; see `admin_mfa.administrator`."""

    ADMINISTRATOR_ACCESS = "AdministratorAccess"
    FULL_ACCESS = "FullAccess"
    ESCALATION = "Escalation"


class PrivilegeModel(StrEnum):
    """Whether Deny statements and permissions boundaries can clear an administrator."""

    ATTACHED = "attached"
    EFFECTIVE = "effective"


class ApiAccess(StrEnum):
    """Whether an administrator's access keys must need MFA too."""

    IGNORE = "ignore"
    REQUIRE_MFA = "require-mfa"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFilter:
    """A tag to look for: by key alone, or by key and value. Tag keys and values are case-sensitive."""

    key: str
    value: str | None = None

    def __str__(self) -> str:
        return self.key if self.value is None else f"{self.key}={self.value}"

    def find(self, tags: tuple[tuple[str, str], ...]) -> str | None:
        """Return the value of the tag that matches, or None."""
        for key, value in tags:
            if key == self.key and self.value in (None, value):
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptUser:
    """One entry of ExemptUsers.

    Attributes:
        identity: A user name, unique id or ARN.
        until: Last day on which the exemption holds, in UTC; None for ever.
    """

    identity: str
    until: date | None = None

    def matches(self, user: IamUser | Verdict) -> bool:
        """Whether the entry means this user.

        Names are compared without case, as IAM keeps them unique. An entry in the form of a unique id matches ids
        only: else whoever may create a user could name it after an exempt user's id.
        """
        if _UNIQUE_ID.fullmatch(self.identity):
            return self.identity == user.user_id
        return self.identity in (user.user_id, user.arn) or self.identity.casefold() == user.user_name.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The rule parameters, parsed. Field by field the table `PARAMETERS`, which gives meanings and defaults."""

    administrator_definition: AdministratorDefinition = AdministratorDefinition.FULL_ACCESS
    privilege_model: PrivilegeModel = PrivilegeModel.ATTACHED
    additional_admin_policy_arns: frozenset[str] = frozenset()
    allowed_mfa_types: frozenset[MfaType] | None = None
    managed_device_tag: TagFilter | None = None
    exempt_users: tuple[ExemptUser, ...] = ()
    exempt_tag: TagFilter | None = None
    console_users_only: bool = False
    api_access: ApiAccess = ApiAccess.IGNORE
    non_admin_compliance: Compliance = Compliance.COMPLIANT
    root_mfa_types: frozenset[MfaType] | None = None
    given: tuple[tuple[str, str], ...] = ()

    def allows(self, mfa_type: MfaType) -> bool:
        """Whether AllowedMfaTypes includes a type of MFA device."""
        return self.allowed_mfa_types is None or mfa_type in self.allowed_mfa_types

    def accepts(self, device: MfaDevice) -> bool:
        """Whether a device satisfies the rule: its type is allowed, and a virtual device has the ManagedDeviceTag."""
        return self.allows(device.type) and (
            device.type is not MfaType.VIRTUAL
            or self.managed_device_tag is None
            or (device.tags is not None and self.managed_device_tag.find(device.tags) is not None)
        )

    def exemption_reason(self, tags: tuple[tuple[str, str], ...]) -> str:
        """Return owner and reason of an exemption: the value of the tag that is named after ExemptTag."""
        if self.exempt_tag is None:
            return ""
        return (TagFilter(key=f"{self.exempt_tag.key}-reason").find(tags) or "").strip()

    def as_text(self) -> dict[str, str]:
        """Return every parameter of the table with the text that was in force, defaults included."""
        given = dict(self.given)
        return {row.name: given.get(row.name, row.default) for row in PARAMETERS if row.field}


_UNIQUE_ID = re.compile(r"AIDA[A-Z0-9]{12,28}")
USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
"""What IAM allows as the name of a user."""

_USER_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/[\x21-\x7e]{1,575}")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\x21-\x7e]{1,640}")
_TAG = re.compile(r"([\w .:/+@-]{1,128})(?:=([\w .:/=+@-]{0,256}))?")
_ENDS_IN_DATE = re.compile(r"(.*)@(\d{1,4}([-/.])\d{1,2}\3\d{1,4}(?![\d./-]).*|\d{8})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _policy_arns(text: str) -> frozenset[str]:
    return frozenset(comma_separated(text, _POLICY_ARN.fullmatch))


def _mfa_types(text: str) -> frozenset[MfaType] | None:
    if comma_separated(text, bool) == ["any"]:
        return None
    return frozenset(
        map(MfaType, comma_separated(text, (MfaType.VIRTUAL, MfaType.FIDO, MfaType.HARDWARE).__contains__))
    )


def _root_mfa_types(text: str) -> frozenset[MfaType] | None:
    types = _mfa_types(text)
    # Of the root user's devices IAM lists the virtual ones only, so the others cannot be distinguished.
    if types not in (None, {MfaType.FIDO, MfaType.HARDWARE}):
        raise NotAllowedError
    return types


def _tag(text: str) -> TagFilter:
    match = _TAG.fullmatch(text)
    if not match:
        raise NotAllowedError
    return TagFilter(key=match[1].strip(), value=match[2])


def _exempt_users(text: str) -> tuple[ExemptUser, ...]:
    return tuple(map(_exempt_user, comma_separated(text, bool)))


def _exempt_user(item: str) -> ExemptUser:
    identity, until = item, None
    if match := _ENDS_IN_DATE.fullmatch(item):
        identity = match[1]
        until = parse_date(match[2])
        if until is None:
            raise NotAllowedError(f"{item} does not end in a valid date")
    if not (USER_NAME.fullmatch(identity) or _USER_ARN.fullmatch(identity)):
        raise NotAllowedError(item)
    return ExemptUser(identity=identity, until=until)


def parse_date(text: str) -> date | None:
    """Return the date that a text such as `2026-12-31` names; None if it names none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        name="AdministratorDefinition",
        default="FullAccess",
        field="administrator_definition",
        allowed="AdministratorAccess, FullAccess or Escalation",
        meaning="The users who count as administrators. AdministratorAccess: users with that AWS managed policy, "
        "directly or through a group. FullAccess: also users whose Allow statements, alone or together, cover every "
        "action on every resource, or exclude only part but not IAM; a policy that cannot be read counts too. "
        "Escalation: also users who can make themselves administrators (privilege escalation), through IAM or a "
        "service that runs code under an administrator's role.",
        parse=choice(AdministratorDefinition),
    ),
    Parameter(
        name="PrivilegeModel",
        default="attached",
        field="privilege_model",
        allowed="attached or effective",
        meaning="attached: every attached policy counts. effective: an unconditional Deny of every action on every "
        "resource outweighs it, and so does a permissions boundary that is not itself full access, unless the user "
        "can delete that boundary.",
        parse=choice(PrivilegeModel),
    ),
    Parameter(
        name="AdditionalAdminPolicyArns",
        default="",
        field="additional_admin_policy_arns",
        allowed="a comma-separated list of policy ARNs",
        meaning="Policies whose users count as administrators, whatever the policies contain.",
        parse=_policy_arns,
    ),
    Parameter(
        name="AllowedMfaTypes",
        default="any",
        field="allowed_mfa_types",
        allowed="any, or a comma-separated list of virtual, fido, hardware",
        meaning="Which MFA devices satisfy the rule. SMS counts only with any.",
        parse=_mfa_types,
    ),
    Parameter(
        name="ManagedDeviceTag",
        default="",
        field="managed_device_tag",
        allowed="a tag as Key or Key=Value",
        meaning="A virtual MFA device counts only if it has this tag, with which an organization attests that the "
        "device is managed and not a personal phone. Other types need no tag.",
        parse=_tag,
    ),
    Parameter(
        name="ExemptUsers",
        default="",
        field="exempt_users",
        allowed="a comma-separated list of user names, unique ids or ARNs, each with an optional end @YYYY-MM-DD",
        meaning="Administrators who need no MFA device. They are COMPLIANT, and the annotation gives the last day. The "
        "end is the last day of the exemption, in UTC; an invalid date is an error. "
        "If a user name contains a comma or ends in @ and a date, give the unique id.",
        parse=_exempt_users,
    ),
    Parameter(
        name="ExemptTag",
        default="",
        field="exempt_tag",
        allowed="a tag as Key or Key=Value",
        meaning="A user with this tag is exempt. With a key alone, the tag's value is the last day of the exemption as "
        "YYYY-MM-DD, or empty, true or yes for no end; any other value grants no exemption and causes a warning. "
        "Anyone who can set this tag can grant exemptions. A tag with the suffix -reason, such as mfa-exempt-reason "
        "beside mfa-exempt, can name the owner and the reason; annotation and reports show it.",
        parse=_tag,
    ),
    Parameter(
        name="ConsoleUsersOnly",
        default="false",
        field="console_users_only",
        allowed="true or false",
        meaning="true: an administrator without a console password is COMPLIANT, and the annotation says that only "
        "console access was evaluated.",
        parse=boolean,
    ),
    Parameter(
        name="ApiAccess",
        default="ignore",
        field="api_access",
        allowed="ignore or require-mfa",
        meaning="require-mfa: an administrator with an MFA device is NON_COMPLIANT too if active access keys work "
        "without it, because no policy requires MFA, or its condition does not apply to access keys.",
        parse=choice(ApiAccess),
    ),
    Parameter(
        name="NonAdminCompliance",
        default="COMPLIANT",
        field="non_admin_compliance",
        allowed="COMPLIANT or NOT_APPLICABLE",
        meaning="The compliance that AWS Config records for users who are not administrators.",
        parse=choice((Compliance.COMPLIANT, Compliance.NOT_APPLICABLE)),
    ),
    Parameter(
        name="RootMfaTypes",
        default="any",
        field="root_mfa_types",
        allowed="any or fido,hardware",
        meaning="fido,hardware: the root user's MFA must not be a virtual device. Only admin-mfa audit evaluates it; "
        "in AWS Config, deploy the managed rule root-account-hardware-mfa-enabled.",
        parse=_root_mfa_types,
    ),
    Parameter(
        name="ExecutionRoleName",
        default="",
        field="",
        allowed="a role name, with its path if it has one",
        meaning="rdklib: the role that the function assumes to read IAM and to put evaluations.",
        pattern=r"(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64}",
    ),
    Parameter(
        name="ExecutionRoleRegion",
        default="",
        field="",
        allowed="a region such as eu-west-1",
        meaning="rdklib: the region of its clients. Default: the function's region.",
        pattern=r"[a-z]{2}(-[a-z]+)+-\d{1,2}",
    ),
    Parameter(
        name="AssumeRoleMode",
        default="true",
        field="",
        allowed="true or false",
        meaning="rdklib: false makes the function use its own role instead of assuming one.",
        parse=boolean,
    ),
)


def parse_parameters(raw: Mapping[str, object]) -> Parameters:
    """Read rule parameters as AWS Config sends them.

    Args:
        raw: Names and texts. A parameter that is absent or blank has its default; blanks around a text and around
            the items of a list are ignored.

    Returns:
        The parameters; `given` keeps the texts that were not blank.

    Raises:
        InvalidParametersError: A name is unknown, a value is not text, or a text is not allowed. The error names the
            parameter and lists what is allowed.
    """
    texts = {name: value.strip() if isinstance(value, str) else value for name, value in raw.items()}
    values = parse_table(PARAMETERS, texts, kind="rule parameter", error=InvalidParametersError)
    return Parameters(**values, given=tuple(sorted((name, str(text)) for name, text in texts.items() if text)))
