"""What audits concluded, about one account or many: the values that all reports are made from."""

from dataclasses import dataclass
from datetime import datetime

from admin_mfa.activity import Activity, UserActivity
from admin_mfa.model import AdminGrant, IamUser, Verdict, shorten
from admin_mfa.root_user import AccountStatus

_REASON = 160
"""Characters of a grant in a sentence; JSON and CSV have the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A user without a verdict, because saved answers leave out what it depends on.

    Attributes:
        user: As far as it was saved.
        missing: The AWS CLI command whose output is missing.
        grants: What makes the user an administrator; empty if that is unknown too.
    """

    user: IamUser
    missing: str
    grants: tuple[AdminGrant, ...] = ()

    @property
    def annotation(self) -> str:
        """What is unknown and why, in one sentence."""
        name = self.user.user_name
        why = f"the files do not include the output of `{self.missing}`."
        if not self.grants:
            return f"The verdict on {name} is unknown: {why}"
        more = f" and {len(self.grants) - 1} more" if len(self.grants) > 1 else ""
        reason = shorten(str(self.grants[0]), _REASON)
        return f"{name} is an administrator ({reason}{more}), and the verdict is unknown: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything that one look at one account concluded; what all reports are made from.

    Attributes:
        account_id: Twelve digits.
        partition: `aws`, `aws-cn`, `aws-us-gov` or another.
        evaluated_at: When reading began, in UTC.
        parameters: Every rule parameter with the text that was in force.
        account: The root user.
        verdicts: One for each user, in the order in which IAM names them.
        warnings: Sentences about things that change no verdict, such as an exemption that matches no user.
        region: Of the session that asked; empty where none was named. IAM itself has no regions.
        account_name: As its organization calls it; empty if not read.
        unknown: The users who could not be judged from saved answers; empty for a live audit, which reads until all
            users have a verdict.
        saved: Whether it was made from saved answers, at `evaluated_at`, and not from live IAM.
        account_alias: The account's alias; empty if it has none or it was not read.
        activity: The credential report; None if it was not read.
    """

    account_id: str
    partition: str
    evaluated_at: datetime
    parameters: tuple[tuple[str, str], ...]
    account: AccountStatus
    verdicts: tuple[Verdict, ...]
    warnings: tuple[str, ...] = ()
    region: str = ""
    account_name: str = ""
    unknown: tuple[Unknown, ...] = ()
    saved: bool = False
    account_alias: str = ""
    activity: Activity | None = None

    @property
    def complete(self) -> bool:
        """Whether everything is known about the account, so that what is not a finding is compliant."""
        return not self.unknown and self.account.compliance is not None

    def activity_of(self, verdict: Verdict) -> UserActivity | None:
        """Return the activity of one user; None if it was not read, or the report is older than the user."""
        return self.activity.users.get(verdict.arn) if self.activity else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAudited:
    """An account about which nothing was concluded.

    Attributes:
        account_id: Twelve digits.
        reason: One sentence, fit to be shown.
        account_name: As its organization calls it; empty if not read.
    """

    account_id: str
    reason: str
    account_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationAudit:
    """Everything that one look at many accounts concluded.

    Attributes:
        audits: The accounts that were read to their end, in the order of their ids.
        not_audited: The accounts that should have been read and could not be, likewise. Nothing is known of them, so
            as long as there is one the whole is not compliant.
        left_out: The accounts that cannot be read by anybody, because they are not active.
    """

    audits: tuple[Audit, ...]
    not_audited: tuple[NotAudited, ...] = ()
    left_out: tuple[NotAudited, ...] = ()
