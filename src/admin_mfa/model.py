"""The values that everything else uses: users as they were read from IAM, and verdicts on them.

Frozen, standard library only, and free of AWS clients: readers make users, `admin_mfa.evaluate` returns verdicts, and
reports show them. `admin_mfa.statements` contains the values of policies.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from admin_mfa.statements import Attachment, Policy


def shorten(text: str, limit: int | None) -> str:
    """Return the text, cut to a number of characters; None keeps it whole.

    >>> shorten("AdministratorAccess", 12), shorten("ops", 12)
    ('Administr...', 'ops')
    """
    return text if limit is None or len(text) <= limit else text[: limit - 3] + "..."


class Compliance(StrEnum):
    """AWS Config's compliance types. INSUFFICIENT_DATA is absent: PutEvaluations rejects it.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html
    """

    COMPLIANT = "COMPLIANT"
    NON_COMPLIANT = "NON_COMPLIANT"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class MfaType(StrEnum):
    """The kinds of MFA device, in the order in which a report prefers to name them.

    OTHER is a serial number of a form that AWS did not have when this was written; it satisfies nothing but
    `AllowedMfaTypes=any`.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
    """

    VIRTUAL = "virtual"
    FIDO = "fido"
    HARDWARE = "hardware"
    OTHER = "other"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaDevice:
    """An MFA device that is enabled for a user.

    Attributes:
        serial_number: What the device was registered under: an ARN, or a hardware vendor's bare serial.
        type: Derived from the form of the serial number.
        tags: Key and value pairs; None while they have not been read. Only virtual devices can have tags.
    """

    serial_number: str
    type: MfaType
    tags: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IamUser:
    """One IAM user as far as it has been read.

    Attributes:
        user_name: Unique in the account, case ignored; at most 64 characters.
        user_id: The unique id (`AIDA...`); AWS Config calls it `resourceId`.
        arn: Contains the path, unlike what policies and commands call the user by.
        attachments: All policies of the user and of its groups, sorted so that equal accounts give equal verdicts.
        boundary: The permissions boundary, which grants nothing.
        tags: Key and value pairs.
        groups: The names of the user's groups, sorted; also of those that carry no policy.
        mfa_devices: The devices read so far. Virtual devices come with the bulk read.
        mfa_devices_complete: Whether ListMFADevices was called, so that no other device can exist.
        console_password: Whether there is a login profile; None if not read.
        active_access_keys: How many access keys are active, at most two; None if not read.
    """

    user_name: str
    user_id: str
    arn: str
    attachments: tuple[Attachment, ...] = ()
    boundary: Policy | None = None
    tags: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    mfa_devices: tuple[MfaDevice, ...] = ()
    mfa_devices_complete: bool = False
    console_password: bool | None = None
    active_access_keys: int | None = None


class Fact(StrEnum):
    """What a verdict can still depend on after the bulk read, each one call a user to find out.

    SNAPSHOT is the exception: the answer depends on the whole account, which the caller reads.
    """

    MFA_DEVICES = "MFA devices"
    MFA_DEVICE_TAGS = "tags of the virtual MFA devices"
    CONSOLE_PASSWORD = "console password"  # noqa: S105 - the name of a fact, not a password
    ACCESS_KEYS = "access keys"
    SNAPSHOT = "users, groups and roles of the account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """There is no verdict yet: this must be read first.

    Attributes:
        facts: What to ask IAM about the user.
        policy_arns: The policies whose documents must be known.
    """

    facts: frozenset[Fact] = frozenset()
    policy_arns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSource:
    """One policy that helps to make a user an administrator, and how it reaches the user.

    Attributes:
        policy: The policy's name; empty where a role's trust policy grants the access.
        group: The group that carries the policy; None if the user does.
        inline: Whether the policy is an inline policy.
        role: The role whose trust policy names the user; None for a policy.
        unreadable: Whether the policy counts only because its document could not be read.
    """

    policy: str = ""
    group: str | None = None
    inline: bool = False
    role: str | None = None
    unreadable: bool = False

    @classmethod
    def of(cls, attachment: Attachment) -> "GrantSource":
        """Return where an attachment comes from."""
        policy = attachment.policy
        inline = policy.arn is None
        return cls(policy=policy.name, group=attachment.group, inline=inline, unreadable=policy.unreadable)

    @property
    def name(self) -> str:
        """The policy's name; a trust policy is named after its role."""
        return self.policy if self.role is None else self.via

    @property
    def via(self) -> str:
        """The path to the user: `user`, `group ops`, `inline policy x of group ops` or `trust policy of role app`."""
        if self.role is not None:
            return f"trust policy of role {self.role}"
        holder = "user" if self.group is None else f"group {self.group}"
        return f"inline policy {self.policy} of {holder}" if self.inline else holder

    def words(self, limit: int | None = None) -> str:
        """Return the source in words, such as `AdministratorAccess via group ops`.

        The path of an inline policy, and that of a trust policy, names the policy already.

        Args:
            limit: To how many characters each name is cut; None keeps them whole.
        """
        path = shorten(self.via, limit)
        name = shorten(self.policy, limit)
        if self.inline or self.role is not None:
            words = path
        else:
            words = f"{name}, attached directly" if self.group is None else f"{name} via {path}"
        return f"{words} (unreadable)" if self.unreadable else words


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminGrant:
    """One reason why a user is an administrator.

    Attributes:
        sources: At least one; several where only together they are full access, or where a way takes several.
        way: The way's name in `admin_mfa.escalation.ways.WAYS`; None for a user who is an administrator already.
        how: What the user can do, and the actions that it takes, such as
            `can attach an administrator policy to itself: iam:AttachUserPolicy`; None without a way.
        steps: The way step by step, up to the policy that makes an administrator; empty without a way.
        doubts: What the way rests on beyond the sources, as far as it could not be read.
    """

    sources: tuple[GrantSource, ...]
    way: str | None = None
    how: str | None = None
    steps: tuple[str, ...] = ()
    doubts: tuple[GrantSource, ...] = ()

    @property
    def unread(self) -> tuple[GrantSource, ...]:
        """The policies that the grant rests on and that could not be read."""
        return (*(source for source in self.sources if source.unreadable), *self.doubts)

    @property
    def unreadable(self) -> bool:
        """Whether the grant rests on a policy that could not be read; nothing must be enforced because of it."""
        return bool(self.unread)

    @property
    def policy(self) -> str:
        """The names of the sources, joined by ` + `, as the JSON document shows them."""
        return " + ".join(source.name for source in self.sources)

    @property
    def via(self) -> str:
        """The paths of the sources, likewise."""
        return " + ".join(source.via for source in self.sources)

    def __str__(self) -> str:
        reached = " + ".join(source.words() for source in self.sources)
        return f"{self.how}, {reached}" if self.how else reached


class BypassReason(StrEnum):
    """Why an administrator's access keys work without MFA, as a report says it."""

    NOTHING_ASKS = "no policy asks for MFA"
    BOOL = "Bool where BoolIfExists is needed"
    NULL = "Null, which sessions without MFA pass"
    OTHERWISE = "asked for in a way that keys pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """An administrator has an MFA device, or needs none for the console, and access keys that work without MFA.

    Attributes:
        access_keys: How many active ones.
        reason: Why they do.
    """

    access_keys: int
    reason: BypassReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one user, and its reasons.

    Attributes:
        user_name: As in IAM.
        user_id: Unique id (`AIDA...`); AWS Config calls it `resourceId`.
        arn: As in IAM.
        compliance: The answer.
        annotation: One sentence an auditor can act on, at most 256 characters.
        grants: What makes the user an administrator; empty if nothing does.
        mfa_devices: The devices that were read.
        exempt: Whether an exemption decided.
        exempt_until: Last day of the exemption that decided; None without one or without an end.
        exempt_reason: Owner and reason of that exemption, from the user's tags; empty if they do not name any.
        exemption_ended: Last day of an exemption that no longer holds; None without one.
        bypass: What works without MFA although it should not; None if nothing does, or if it was not judged.
        exempt_tag_invalid: Whether the user has the tag of ExemptTag with a value that is not valid.
    """

    user_name: str
    user_id: str
    arn: str
    compliance: Compliance
    annotation: str
    grants: tuple[AdminGrant, ...] = ()
    mfa_devices: tuple[MfaDevice, ...] = ()
    exempt: bool = False
    exempt_until: date | None = None
    exempt_reason: str = ""
    exemption_ended: date | None = None
    bypass: Bypass | None = None
    exempt_tag_invalid: bool = False

    @property
    def enforceable(self) -> bool:
        """Whether enforcement may act: not where each grant rests on a policy that could not be read."""
        return not self.grants or any(not grant.unreadable for grant in self.grants)

    @property
    def administrator(self) -> bool:
        """Whether anything makes the user an administrator."""
        return bool(self.grants)
