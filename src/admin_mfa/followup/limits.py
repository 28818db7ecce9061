"""How often something may happen: enforcement per day, and notices per hour that only a caller vouches for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from admin_mfa.errors import RemediationError
from admin_mfa.followup.records import CLAIM_LASTS, KEY, TTL, Records, text_of

REMOVALS_PER_HOUR = 8
"""Announced removals of one user's MFA devices: as many as a user can have.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

_KEPT = timedelta(days=2)


def _day_key(now: datetime) -> str:
    return f"enforcements#{now:%Y-%m-%d}"


def release_key(user_id: str, now: datetime) -> str:
    """Return the key under which a release without a record is announced: another one each hour."""
    return f"released#{user_id}#{now:%Y-%m-%dT%H}"


def take_place(records: Records, user_id: str, limit: int, now: datetime) -> bool:
    """Take one of the day's places for enforcement; a user who has one keeps it. False if none is left.

    A place counts for good once the policy is attached, see `confirm_place`. One whose attachment failed, because IAM
    throttled it for example, goes to another user after `CLAIM_LASTS`.
    """
    return limit > 0 and (_take(records, user_id, limit, now) or _freed(records, limit, now, user_id))


def places_taken(records: Records, now: datetime) -> int:
    """Return how many of the day's places are taken."""
    return len(records.item(_day_key(now)).get("users", {}).get("SS", ()))


def _freed(records: Records, limit: int, now: datetime, user_id: str) -> bool:
    """Free the places whose attachment failed, and take one of them."""
    taken = {
        name.removeprefix("taken:"): value["S"]
        for name, value in records.item(_day_key(now)).items()
        if name.startswith("taken:") and value["S"] < text_of(now - CLAIM_LASTS)["S"]
    }
    for holder, since in taken.items():
        records.update(
            _day_key(now),
            "DELETE #users :one REMOVE #taken",
            "#taken = :since",
            names={"#users": "users", "#taken": f"taken:{holder}"},
            values={":one": {"SS": [holder]}, ":since": {"S": since}},
        )
    return bool(taken) and _take(records, user_id, limit, now)


def _take(records: Records, user_id: str, limit: int, now: datetime) -> bool:
    return records.update(
        _day_key(now),
        "ADD #users :one SET #taken = :now, #ttl = :ttl",
        "attribute_not_exists(#users) OR contains(#users, :user) OR size(#users) < :limit",
        names={"#users": "users", "#taken": f"taken:{user_id}", "#ttl": TTL},
        values={
            ":one": {"SS": [user_id]},
            ":user": {"S": user_id},
            ":limit": {"N": str(limit)},
            ":now": text_of(now),
            ":ttl": _expiry(now),
        },
    )


def confirm_place(records: Records, user_id: str, now: datetime) -> None:
    """Keep the place for the rest of the day: the policy is attached."""
    records.update(
        _day_key(now),
        "ADD #users :one SET #ttl = :ttl REMOVE #taken",
        None,
        names={"#users": "users", "#taken": f"taken:{user_id}", "#ttl": TTL},
        values={":one": {"SS": [user_id]}, ":ttl": _expiry(now)},
    )


def give_place_back(records: Records, user_id: str, now: datetime) -> None:
    """Give the day's place back: the policy was not attached to this user after all."""
    records.update(
        _day_key(now),
        "DELETE #users :one REMOVE #taken",
        f"attribute_exists({KEY})",
        names={"#users": "users", "#taken": f"taken:{user_id}"},
        values={":one": {"SS": [user_id]}},
    )


@contextmanager
def at_most(limit: int, records: Records, subject: str, now: datetime) -> Iterator[None]:
    """Let something happen so many times an hour; an attempt that raises does not count.

    Raises:
        RemediationError: It happened as often already.
    """
    key = f"{subject}#{now:%Y-%m-%dT%H}"
    if not _count(
        records, key, 1, "attribute_not_exists(#count) OR #count < :limit", now, {":limit": {"N": str(limit)}}
    ):
        raise RemediationError(
            f"{subject.replace('#', ' of ')}: {limit} notices were sent this hour, which is the limit. "
            "Run the document again after the hour."
        )
    try:
        yield
    except BaseException:
        _count(records, key, -1, f"attribute_exists({KEY})", now, {})
        raise


def _count(records: Records, key: str, by: int, condition: str, now: datetime, values: dict[str, Any]) -> bool:
    return records.update(
        key,
        "ADD #count :by SET #ttl = :ttl",
        condition,
        names={"#count": "count", "#ttl": TTL},
        values={":by": {"N": str(by)}, ":ttl": _expiry(now), **values},
    )


def _expiry(now: datetime) -> dict[str, str]:
    return {"N": str(int((now + _KEPT).timestamp()))}
