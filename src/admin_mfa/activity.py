"""When users last signed in and how old their access keys are, from IAM's credential report.

IAM creates the report at most every four hours, so it never decides about MFA; reports show it with its time.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import StringIO


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKeyActivity:
    """One active access key.

    Attributes:
        rotated: When the key was created or last changed; None if the report does not say.
        used: When it was last used; None if it never was.
    """

    rotated: date | None
    used: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserActivity:
    """The activity of one user.

    Attributes:
        signed_in: When the password was last used; None if it never was, or is not tracked.
        access_keys: The active access keys, at most two.
    """

    signed_in: date | None = None
    access_keys: tuple[AccessKeyActivity, ...] = ()

    def words(self, today: date) -> str:
        """Return the activity in words, with the age of each key in days."""
        signed_in = f"last sign-in {self.signed_in}" if self.signed_in else "no recorded sign-in"
        return "; ".join((signed_in, *(_key(key, today) for key in self.access_keys)))


def _key(key: AccessKeyActivity, today: date) -> str:
    age = f"access key {(today - key.rotated).days} days old" if key.rotated else "access key of unknown age"
    return f"{age}, {f'last used {key.used}' if key.used else 'never used'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One credential report.

    Attributes:
        created_at: When IAM created it, in UTC.
        users: Activity by the user's ARN.
    """

    created_at: datetime
    users: Mapping[str, UserActivity]


def parse_credential_report(content: str, created_at: datetime) -> Activity:
    """Read a credential report. Values such as `N/A` and `no_information` are not dates."""
    rows = csv.DictReader(StringIO(content, newline=""))
    return Activity(
        created_at=created_at.astimezone(UTC), users={row["arn"]: _user(row) for row in rows if row.get("arn")}
    )


def _user(row: Mapping[str, str]) -> UserActivity:
    return UserActivity(
        signed_in=_date(row.get("password_last_used")),
        access_keys=tuple(
            AccessKeyActivity(
                rotated=_date(row.get(f"access_key_{number}_last_rotated")),
                used=_date(row.get(f"access_key_{number}_last_used_date")),
            )
            for number in (1, 2)
            if row.get(f"access_key_{number}_active", "").lower() == "true"
        ),
    )


def _date(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(UTC).date()
    except ValueError:
        return None
