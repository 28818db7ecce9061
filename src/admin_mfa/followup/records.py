"""The memory of the remediation: one item a finding in DynamoDB, changed by conditional writes alone.

A notice is claimed before it is sent and marked as sent afterwards. A claim is refused while another run holds one or
after the notice was sent, so one of twenty automations sends it. A claim whose holder died is free again after
`CLAIM_LASTS`: delivery is at least once.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError
from admin_mfa.followup.finding import CLOCK_KEPT, Notice, Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem")
READ_ACTIONS = ("dynamodb:GetItem", "dynamodb:Scan")
"""Those of them that a preview takes."""

RUN_ACTIONS = ("dynamodb:UpdateItem",)
"""What the rule's function takes to remember a completed run."""

KEY = "finding"
"""The table's partition key; there is no sort key."""

TTL = "expires_at"
"""The attribute by which DynamoDB removes items that no run has touched for `KEPT`, in seconds since 1970."""

KEPT = timedelta(days=400)
CLAIM_LASTS = timedelta(minutes=15)

_ENFORCED = "enforced_at"
_SEEN = "seen_at"
_BEGUN = "begun_at"
_SETTLED = "settled_at"
_COMPLETED = "completed_at"


def user_key(rule_name: str, user_id: str) -> str:
    """Return the key of the finding of a rule about a user."""
    return f"{rule_name}#{user_id}"


def account_key(account_id: str) -> str:
    """Return the key of the finding about an account's root user."""
    return f"account#{account_id}"


def device_key(serial_number: str) -> str:
    """Return the key under which the removal of a device is remembered until it is finished."""
    return f"device#{serial_number}"


def run_key(rule_name: str) -> str:
    """Return the key under which the last completed run of a rule is remembered."""
    return f"run#{rule_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to send one notice through one channel, held by one run."""

    key: str
    notice: str
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)


class Records:
    """Reads and writes the table through one client.

    Raises:
        ReadError: From every method, when DynamoDB did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table = table_name

    def item(self, key: str) -> Mapping[str, Any]:
        """Return an item; empty if there is none."""
        with reading("dynamodb:GetItem"):
            found = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return found.get("Item", {})

    def read(self, key: str) -> Record | None:
        """Return what is remembered; None if nothing is."""
        item = self.item(key)
        return _record(item) if item else None

    def open_findings(self, rule_name: str) -> frozenset[str]:
        """Return the unique ids of the users about whom a finding of a rule is remembered that has not ended."""
        known = self.findings(rule_name)
        return frozenset(user_id for user_id, record in known.items() if record.settled_at is None)

    def findings(self, rule_name: str) -> dict[str, Record]:
        """Return what is remembered of a rule's findings, by the users' unique ids."""
        prefix = user_key(rule_name, "")
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "begins_with(#key, :prefix)",
            "ExpressionAttributeNames": {"#key": KEY},
            "ExpressionAttributeValues": {":prefix": {"S": prefix}},
            "ConsistentRead": True,
        }
        found: dict[str, Record] = {}
        while True:
            with reading("dynamodb:Scan"):
                page = self._client.scan(**arguments)
            found |= {item[KEY]["S"].removeprefix(prefix): _record(item) for item in page["Items"]}
            if not page.get("LastEvaluatedKey"):
                return found
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def replace(self, key: str, known: Record, record: Record, now: datetime) -> bool:
        """Begin a finding anew with what still counts of it, unless another run has done so; say whether it did."""
        item = {**_key(key), _SEEN: text_of(now), TTL: _expiry(now)}
        item |= {f"sent:{name}": text_of(moment) for name, moment in record.sent.items()}
        if record.begun_at is not None:
            item[_BEGUN] = text_of(record.begun_at)
        before = {_SEEN: known.seen_at, _SETTLED: known.settled_at}
        conditions = [
            f"{name} = :{name}" if moment else f"attribute_not_exists({name})" for name, moment in before.items()
        ]
        values = {f":{name}": text_of(moment) for name, moment in before.items() if moment}
        arguments: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            with reading("dynamodb:PutItem"):
                self._client.put_item(
                    TableName=self._table, Item=item, ConditionExpression=" AND ".join(conditions), **arguments
                )
        except ReadError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def settle(self, key: str, record: Record, now: datetime) -> None:
        """Forget a finding but for the beginning of its grace period, which goes on for `CLOCK_KEPT`."""
        if record.found_at is None:
            self.forget(key)
            return
        expiry = {"N": str(int((now + CLOCK_KEPT).timestamp()))}
        with reading("dynamodb:PutItem"):
            self._client.put_item(
                TableName=self._table,
                Item={**_key(key), _BEGUN: text_of(record.found_at), _SETTLED: text_of(now), TTL: expiry},
            )

    def claim(self, key: str, notice: str, now: datetime) -> Claim | None:
        """Claim the sending of a notice; None if it was sent, or another run is sending it at this moment."""
        claim = Claim(key=key, notice=notice)
        taken = self.update(
            key,
            "SET #claimed = :now, #owner = :owner, #ttl = :ttl",
            "attribute_not_exists(#sent) AND (attribute_not_exists(#claimed) OR #claimed < :dead)",
            names={**_names(notice), "#ttl": TTL},
            values={
                ":now": text_of(now),
                ":owner": {"S": claim.owner},
                ":dead": text_of(now - CLAIM_LASTS),
                ":ttl": _expiry(now),
            },
        )
        return claim if taken else None

    def sent(self, claim: Claim, now: datetime) -> None:
        """Remember that the claimed notice is out, unless the finding was settled meanwhile."""
        names = _names(claim.notice)
        self.update(
            claim.key,
            "SET #sent = :now REMOVE #claimed, #owner",
            "#owner = :owner",
            names=names,
            values={":now": text_of(now), ":owner": {"S": claim.owner}},
        )

    def give_back(self, claim: Claim) -> None:
        """Give up the claim, so that the next run sends the notice."""
        names = {name: text for name, text in _names(claim.notice).items() if name != "#sent"}
        self.update(
            claim.key,
            "REMOVE #claimed, #owner",
            "#owner = :owner",
            names=names,
            values={":owner": {"S": claim.owner}},
        )

    def enforced(self, key: str, now: datetime) -> None:
        """Remember that the enforcement policy is attached, and since when."""
        self.update(
            key,
            "SET #enforced = if_not_exists(#enforced, :now), #ttl = :ttl",
            None,
            names={"#enforced": _ENFORCED, "#ttl": TTL},
            values={":now": text_of(now), ":ttl": _expiry(now)},
        )

    def detached(self, key: str, record: Record, notices: tuple[str, ...]) -> None:
        """Remember that the policy is off while the finding lasts; these notices are due again before it is on.

        Args:
            key: The finding.
            record: What was sent: a notice is due again through every channel.
            notices: Which notices.
        """
        sent = {*notices, *(name for name in record.sent if name.partition("@")[0] in notices)}
        names = {"#enforced": _ENFORCED, **{f"#n{n}": f"sent:{name}" for n, name in enumerate(sorted(sent))}}
        self.update(key, f"REMOVE {', '.join(names)}", f"attribute_exists({KEY})", names=names, values={})

    def keep(self, key: str, now: datetime) -> None:
        """Keep a finding that lasts from expiring, and remember when it was seen to last."""
        self.update(
            key,
            "SET #ttl = :ttl, #seen = :now",
            f"attribute_exists({KEY})",
            names={"#ttl": TTL, "#seen": _SEEN},
            values={":ttl": _expiry(now), ":now": text_of(now)},
        )

    def remember(self, key: str, owner: str, now: datetime) -> None:
        """Remember to whom a device belonged before it is removed; its removal is then announced."""
        self.update(
            key,
            "SET #of = :of, #ttl = :ttl REMOVE #sent",
            None,
            names={"#of": "owner", "#ttl": TTL, "#sent": f"sent:{Notice.DEVICE_REMOVED}"},
            values={":of": {"S": owner}, ":ttl": _expiry(now)},
        )

    def remembered(self, key: str) -> str | None:
        """Return to whom it belonged; None if that was never remembered."""
        owner = self.item(key).get("owner")
        return owner["S"] if owner else None

    def completed(self, rule_name: str, at: datetime) -> None:
        """Remember that a scheduled run of a rule was completed, unless a newer one is remembered.

        AWS Config documents the status of an evaluation for managed rules only.
        """
        self.update(
            run_key(rule_name),
            "SET #at = :at, #ttl = :ttl",
            "attribute_not_exists(#at) OR #at < :at",
            names={"#at": _COMPLETED, "#ttl": TTL},
            values={":at": text_of(at), ":ttl": _expiry(at)},
        )

    def completed_at(self, rule_name: str) -> datetime | None:
        """Return when the last completed run of a rule began; None if none is remembered."""
        item = self.item(run_key(rule_name))
        return datetime.fromisoformat(item[_COMPLETED]["S"]) if _COMPLETED in item else None

    def forget(self, key: str) -> None:
        """Drop the item; it need not exist."""
        with reading("dynamodb:DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=_key(key))

    def update(
        self, key: str, update: str, condition: str | None, *, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> bool:
        """Write if the condition holds; say whether it did."""
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(key),
            "UpdateExpression": update,
            "ExpressionAttributeNames": dict(names),
        }
        if condition:
            arguments["ConditionExpression"] = condition
        if values:
            arguments["ExpressionAttributeValues"] = dict(values)
        try:
            with reading("dynamodb:UpdateItem"):
                self._client.update_item(**arguments)
        except ReadError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True


@contextmanager
def claimed(records: Records, key: str, notice: str, now: datetime) -> Iterator[Claim | None]:
    """Hold a claim while a notice is sent: given back if sending raises, kept as sent otherwise.

    Yields None where nothing is to be sent.
    """
    claim = records.claim(key, notice, now)
    if claim is None:
        yield None
        return
    try:
        yield claim
    except BaseException:
        records.give_back(claim)
        raise
    records.sent(claim, now)


def _record(item: Mapping[str, Any]) -> Record:
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    return Record(
        sent={
            name.removeprefix("sent:"): datetime.fromisoformat(text)
            for name, text in texts.items()
            if name.startswith("sent:")
        },
        enforced_at=_moment(texts.get(_ENFORCED)),
        seen_at=_moment(texts.get(_SEEN)),
        begun_at=_moment(texts.get(_BEGUN)),
        settled_at=_moment(texts.get(_SETTLED)),
    )


def _key(key: str) -> dict[str, Any]:
    return {KEY: {"S": key}}


def _names(notice: str) -> dict[str, str]:
    return {"#claimed": f"claimed:{notice}", "#owner": f"owner:{notice}", "#sent": f"sent:{notice}"}


def text_of(moment: datetime) -> dict[str, str]:
    """Return a moment as DynamoDB holds it."""
    # One width and one zone, so that texts compare as moments do.
    return {"S": moment.astimezone(UTC).isoformat(timespec="microseconds")}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _expiry(now: datetime) -> dict[str, str]:
    return {"N": str(int((now + KEPT).timestamp()))}
