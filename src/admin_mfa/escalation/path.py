"""How a principal becomes administrator, as values: what the search finds and `admin_mfa.escalation.wording` words."""

from dataclasses import dataclass

from admin_mfa.escalation.index import Principal
from admin_mfa.escalation.ways import Way
from admin_mfa.model import AdminGrant
from admin_mfa.statements import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One way, used on one principal.

    Attributes:
        way: The row of the table.
        attachments: The policies that allow its actions, one for each; empty where a trust policy alone does.
        trust_policy_of: The ARN of the role whose trust policy names the actor; None where policies allow the way.
        mfa_required: Whether the role's trust policy requires MFA; None for a way that needs no trust of the actor.
        unreadable_trust: Whether the role's trust policy could not be read, so that the way may not be open.
        boundary_first: Whether the way has an effect only once the principal's permissions boundary is gone.
    """

    way: Way
    attachments: tuple[Attachment, ...] = ()
    trust_policy_of: str | None = None
    mfa_required: bool | None = None
    unreadable_trust: bool = False
    boundary_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Administrator:
    """Where a path ends: a principal who is an administrator already.

    Attributes:
        arn: The principal.
        grant: What makes it an administrator.
    """

    arn: str
    grant: AdminGrant


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """How a principal becomes administrator. Compared by identity, so that what is worded once is remembered.

    Attributes:
        actor: The principal.
        subject: The principal whose permissions it changes, or as whom it acts; the actor itself where it changes its
            own permissions.
        uses: One way, or two: the first takes the subject, the second makes it an administrator.
        removals: What the actor first removes of its own, because it denies or bounds it.
        new: Whether the subject does not exist yet.
        onward: How the subject itself is an administrator, or becomes one; None where it neither is nor can.
    """

    actor: Principal
    subject: Principal
    uses: tuple[Use, ...]
    removals: tuple[Use, ...] = ()
    new: bool = False
    onward: "Path | Administrator | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A principal that is known to be, or to be able to become, an administrator.

    Attributes:
        rank: How many paths lie between it and an administrator by holding; 0 for one of those.
        how: Its path, or what it holds.
    """

    rank: int
    how: Path | Administrator
