"""An earlier JSON document: read, and compared with what is found now."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_mfa.errors import AdminMfaError
from admin_mfa.findings.audits import Audit
from admin_mfa.findings.comparison import ROOT, Comparison, EarlierFinding, FindingKey, FixedFinding
from admin_mfa.model import Compliance
from admin_mfa.report.json_document import ADDED, organization_schema, schema


class BaselineError(AdminMfaError):
    """A text is not a JSON report of an earlier audit; the error says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What an earlier document found.

    Attributes:
        account_ids: The accounts that it is about.
        evaluated_at: When it was made, in UTC.
        findings: In its order, root users first.
    """

    account_ids: tuple[str, ...]
    evaluated_at: datetime
    findings: tuple[EarlierFinding, ...]


def read_baseline(text: str) -> Baseline:
    """Read a document that `admin-mfa audit --format json` wrote.

    Raises:
        BaselineError: It is not JSON, or does not follow the schema; the text names the first place that does not.
    """
    # Validating is a library's business, and only those who compare pay for loading it.
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"it is not JSON ({error})") from error
    many = isinstance(document, dict) and "accounts" in document
    validator = Draft202012Validator(_without_added(json.loads(organization_schema() if many else schema())))
    if wrong := best_match(validator.iter_errors(document)):
        raise BaselineError(f"it does not follow the schema that `admin-mfa schema` prints: {_where(wrong)}")
    accounts = document["accounts"] if many else [document]
    if not accounts:
        raise BaselineError("no account was audited for it")
    return Baseline(
        account_ids=tuple(account["account_id"] for account in accounts),
        evaluated_at=_moment(document["evaluated_at"]),
        findings=tuple(finding for account in accounts for finding in _earlier_findings(account)),
    )


def _without_added(schema: Any) -> Any:
    """Return the schema, in which keys that earlier releases did not write are optional."""
    if isinstance(schema, list):
        return [_without_added(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed = {key: _without_added(value) for key, value in schema.items()}
    if isinstance(required := relaxed.get("required"), list):
        relaxed["required"] = [name for name in required if name not in ADDED]
    return relaxed


def _where(error: Any) -> str:
    """Say where a document is wrong, in few words however long the document is."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    return f"{place or 'the whole'} fails {error.validator}={str(error.validator_value)[:80]}"


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BaselineError(f"evaluated_at {text!r} is not a date and time") from error


def _earlier_findings(document: Mapping[str, Any]) -> Iterator[EarlierFinding]:
    account_id, partition, account = document["account_id"], document["partition"], document["account"]
    if account["compliance"] == Compliance.NON_COMPLIANT:
        yield EarlierFinding(
            account_id=account_id,
            user_id=ROOT,
            user_name="",
            arn=f"arn:{partition}:iam::{account_id}:root",
            partition=partition,
            annotation=account["annotation"],
        )
    for user in document["users"]:
        if user["compliance"] == Compliance.NON_COMPLIANT:
            yield EarlierFinding(
                account_id=account_id,
                user_id=user["user_id"],
                user_name=user["user_name"],
                arn=user["arn"],
                partition=partition,
                annotation=user["annotation"],
            )


def compare(audits: Iterable[Audit], baseline: Baseline) -> Comparison:
    """Say what changed.

    Raises:
        BaselineError: They have no account in common, so that comparing them means nothing.
    """
    now: dict[FindingKey, str] = {}
    found: set[FindingKey] = set()
    unknown: set[FindingKey] = set()
    accounts: list[str] = []
    for audit in audits:
        accounts.append(audit.account_id)
        for key, compliance, annotation in _answers(audit):
            now[key] = annotation
            if compliance is Compliance.NON_COMPLIANT:
                found.add(key)
            elif compliance is None:
                unknown.add(key)
        unknown.update((audit.account_id, one.user.user_id) for one in audit.unknown)
    if not set(accounts) & set(baseline.account_ids):
        raise BaselineError(f"it is about {_named(baseline.account_ids)}, not about {_named(accounts)}")
    earlier = {finding.key for finding in baseline.findings}
    return Comparison(
        since=baseline.evaluated_at,
        new=frozenset(found - earlier),
        unchanged=frozenset(found & earlier),
        fixed=tuple(
            FixedFinding(earlier=finding, now=now.get(finding.key, f"{finding.user_name} no longer exists."))
            for finding in baseline.findings
            if finding.key not in found | unknown and finding.account_id in accounts
        ),
    )


def _named(account_ids: Sequence[str]) -> str:
    if len(account_ids) == 1:
        return f"account {account_ids[0]}"
    return f"{len(account_ids)} accounts" if account_ids else "any account"


def _answers(audit: Audit) -> Iterator[tuple[FindingKey, Compliance | None, str]]:
    yield (audit.account_id, ROOT), audit.account.compliance, audit.account.annotation
    for verdict in audit.verdicts:
        yield (audit.account_id, verdict.user_id), verdict.compliance, verdict.annotation
