"""Test the product's table of AWS managed policies against the published documents."""

import json
from dataclasses import replace

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from admin_mfa.administrator import full_access
from admin_mfa.model import Effect, PolicyDocument, Statement
from admin_mfa.policy.aws_managed import AWS_MANAGED
from admin_mfa.policy.coverage import Account, covers, every_resource, every_resource_exactly
from admin_mfa.policy.document import parse_document

HERE = Account("aws", "123456789012")

PUBLISHED: dict[str, PolicyDocument] = {
    policy["Path"].removeprefix("/") + name: parse_document(policy["Document"])
    for name, policy in json.loads(aws_managed_policies_data).items()
}


def decides(statement: Statement) -> bool:
    """Return whether a statement denies everything, or allows everything, all but a list, or all of IAM."""
    actions = statement.actions or ()
    if statement.effect is Effect.DENY:
        return not statement.conditions and every_resource_exactly(statement) and covers(actions)
    return every_resource(statement, HERE) and (
        covers(actions)
        or covers(actions, "iam:")
        or (statement.not_actions is not None and not covers(statement.not_actions))
    )


def deciding(document: PolicyDocument) -> list[Statement]:
    """Return the decisive statements of a document, without additional single actions."""
    return [
        replace(s, actions=s.actions and tuple(p for p in s.actions if covers([p]) or covers([p], "iam:")))
        for s in document.statements
        if decides(s)
    ]


def test_the_collection_is_not_empty() -> None:
    assert len(PUBLISHED) > 1000
    assert {"AdministratorAccess", "job-function/ViewOnlyAccess", "AWSDenyAll"} <= PUBLISHED.keys()


@pytest.mark.parametrize("name", sorted(AWS_MANAGED))
def test_the_table_matches_the_published_policies(name: str) -> None:
    assert list(AWS_MANAGED[name].statements) == deciding(PUBLISHED[name])


def test_no_other_aws_managed_policy_affects_a_verdict() -> None:
    assert {name for name, document in PUBLISHED.items() if deciding(document)} == AWS_MANAGED.keys()


def test_all_other_aws_managed_policies_combined_do_not_affect_a_verdict() -> None:
    others = [s for name, document in PUBLISHED.items() if name not in AWS_MANAGED for s in document.statements]
    wide = [s for s in others if s.effect is Effect.ALLOW and every_resource(s, HERE)]
    assert wide
    assert not full_access(others, HERE)
    assert not covers([pattern for s in wide for pattern in s.actions or ()], "iam:")
    assert not any(s.not_actions is not None and not covers(s.not_actions) for s in wide)
