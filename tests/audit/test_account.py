"""What Escalation and ApiAccess read of IAM, and that nothing else reads it."""

import json
from collections import Counter
from datetime import date
from typing import Any, cast

import pytest

from admin_mfa.audit.account import judge_user, judge_users, unmatched_exemptions
from admin_mfa.audit.denied import _PROBES
from admin_mfa.aws import iam_xml
from admin_mfa.aws.iam import BULK_ACTIONS, IamReader
from admin_mfa.aws.session import aws_session
from admin_mfa.escalation.snapshot import Group, Role, Snapshot
from admin_mfa.evaluate import evaluate
from admin_mfa.model import BypassReason, Compliance, IamUser, Verdict
from admin_mfa.parameters import Parameters, parse_parameters
from demo.emulator import EmbeddedAws
from tests.support.values import ACCOUNT, ADA_ID, allow, deny, of_aws, parameters, user

TODAY = date(2026, 11, 24)
ESCALATION = {"AdministratorDefinition": "Escalation"}
ROOT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def client() -> Any:
    return cast("Any", aws_session().create_client("iam"))


def judged(aws: EmbeddedAws, given: dict[str, str]) -> dict[str, Verdict]:
    aws.calls.clear()
    with IamReader(client()) as reader:
        verdicts = judge_users(reader, parse_parameters(given), TODAY)
    return {verdict.user_name: verdict for verdict in verdicts}


def kinds_read(aws: EmbeddedAws) -> list[list[str]]:
    """Of what kind the entities were that each bulk call asked for."""
    calls = (call for call in aws.calls.all() if call.action == "GetAccountAuthorizationDetails")
    return sorted(sorted(call.parameters["Filter"]) for call in calls)


@pytest.fixture
def reachable(aws: EmbeddedAws) -> EmbeddedAws:
    """An account with an administrator role that ada can assume, and whom carol can act as."""
    aws.iam.role("deploy", document(ROOT), ["AdministratorAccess"])
    aws.iam.group("dev", inline={"assume": document(allow("sts:AssumeRole"))})
    aws.iam.user("ada", groups=["dev"], devices=["virtual"])
    aws.iam.user("carol", inline={"keys": document(allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/ada"))})
    aws.iam.user("bob", inline={"own": document(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}"))})
    return aws


def test_who_can_become_administrator_is_judged_from_live_iam(reachable: EmbeddedAws) -> None:
    found = judged(reachable, ESCALATION)

    assert {name: (verdict.compliance, verdict.annotation) for name, verdict in found.items()} == {
        "ada": (
            Compliance.COMPLIANT,
            (
                "ada is an administrator (can assume the administrator role deploy, whose trust policy asks for no "
                "MFA: sts:AssumeRole, inline policy assume of group dev) and has an MFA device (virtual)."
            ),
        ),
        "bob": (Compliance.COMPLIANT, "bob is not an administrator."),
        "carol": (
            Compliance.NON_COMPLIANT,
            (
                "carol is an administrator (can create access keys for the administrator ada: iam:CreateAccessKey, "
                "inline policy keys of user) and has no MFA device."
            ),
        ),
    }
    assert (
        found["carol"].grants[0].steps[-1] == "role deploy is an administrator: AdministratorAccess, attached directly"
    )


def test_roles_are_read_in_this_mode_only_and_in_the_same_calls(reachable: EmbeddedAws) -> None:
    judged(reachable, {})
    default = reachable.calls.counts()
    assert kinds_read(reachable) == [["Group", "LocalManagedPolicy"], ["User"]]

    judged(reachable, ESCALATION)
    assert kinds_read(reachable) == [["AWSManagedPolicy", "Group", "LocalManagedPolicy", "Role"], ["User"]]
    # carol, who has no virtual device, is an administrator in this mode alone.
    assert reachable.calls.counts() == default + Counter({"iam:ListMFADevices": 1})


def test_one_user_takes_the_bulk_calls(reachable: EmbeddedAws) -> None:
    reachable.calls.clear()
    with IamReader(client()) as reader:
        verdict = judge_user(reader, "carol", reachable.iam.user_id("carol"), parse_parameters(ESCALATION), TODAY)
        nobody = judge_user(reader, "carol", "AIDANOBODYNOBODYNOBOD", parse_parameters(ESCALATION), TODAY)

    assert nobody is None
    assert verdict is not None
    assert verdict.compliance is Compliance.NON_COMPLIANT
    assert reachable.calls.counts() == {
        "iam:GetAccountAuthorizationDetails": 4,
        "iam:ListVirtualMFADevices": 2,
        "iam:ListMFADevices": 1,
    }


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_pages_of_any_size_say_the_same(reachable: EmbeddedAws, size: int) -> None:
    expected = judged(reachable, ESCALATION)
    reachable.paging.size = size
    reachable.paging.order = "shuffled"

    assert judged(reachable, ESCALATION) == expected


def test_aws_managed_policies_count_with_all_that_they_say(aws: EmbeddedAws) -> None:
    aws.iam.role("run", document({**ROOT, "Principal": {"Service": "lambda.amazonaws.com"}}), ["AdministratorAccess"])
    aws.iam.user("ada", policies=["AWSLambda_FullAccess"])
    aws.iam.user("bob", policies=["AWSLambda_ReadOnlyAccess"])

    found = judged(aws, ESCALATION)

    assert [name for name, verdict in found.items() if verdict.administrator] == ["ada"]
    assert found["ada"].grants[0].way == "PassRole + lambda:CreateFunction + lambda:InvokeFunction"
    assert "iam:GetPolicy" not in aws.calls.counts()


def test_a_boundary_and_a_deny_clear_where_the_model_says_so(aws: EmbeddedAws) -> None:
    writes = {"x": document(allow("iam:PutUserPolicy"))}
    aws.iam.user("ada", inline=writes, boundary="ReadOnlyAccess")
    aws.iam.user("bob", inline={**writes, "y": document(deny("iam:Put*"))})

    attached, effective = judged(aws, ESCALATION), judged(aws, {**ESCALATION, "PrivilegeModel": "effective"})

    assert {name: verdict.administrator for name, verdict in attached.items()} == {"ada": True, "bob": True}
    assert {name: verdict.administrator for name, verdict in effective.items()} == {"ada": False, "bob": False}


def rich_account(aws: EmbeddedAws) -> None:
    aws.iam.role("run", document(ROOT), ["IAMFullAccess"], {"x": document(allow("s3:*"))}, path="/team/")
    arn = aws.iam.policy("changed", document(allow("s3:Get*")))
    iam = client()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document(allow("s3:List*"))), SetAsDefault=False)
    iam.create_instance_profile(InstanceProfileName="run")
    iam.add_role_to_instance_profile(InstanceProfileName="run", RoleName="run")
    iam.tag_role(RoleName="run", Tags=[{"Key": "team", "Value": "a"}])
    aws.iam.group("dev", [arn])
    aws.iam.user("ada", groups=["dev"], boundary="PowerUserAccess")


def test_the_snapshot_reads_the_same_with_and_without_the_fast_parse(aws: EmbeddedAws) -> None:
    rich_account(aws)
    with IamReader(client()) as fast:
        read_fast = fast.snapshot()
    slow_client = client()
    with IamReader(slow_client) as slow:
        for event in iam_xml.EVENTS:
            slow_client.meta.events.unregister(event, unique_id=f"admin-mfa-{event}")
        read_slow = slow.snapshot()

    assert read_fast == read_slow
    assert len(dict(read_fast.other_versions)) == 1
    assert [(role.tags, role.instance_profile) for role in read_fast.roles] == [((("team", "a"),), True)]
    assert every_document_is_there(read_fast)


def every_document_is_there(snapshot: Snapshot) -> bool:
    holders: tuple[IamUser | Group | Role, ...] = (*snapshot.users, *snapshot.groups, *snapshot.roles)
    boundaries = (*(user.boundary for user in snapshot.users), *(role.boundary for role in snapshot.roles))
    policies = [attachment.policy for holder in holders for attachment in holder.attachments]
    return all(policy.document for policy in (*policies, *filter(None, boundaries)))


# Access keys


REQUIRED = {"ApiAccess": "require-mfa"}
UNLESS_MFA = {
    "Effect": "Deny",
    "NotAction": ["iam:EnableMFADevice", "iam:CreateVirtualMFADevice", "sts:GetSessionToken"],
    "Resource": "*",
}


def asks(operator: str) -> dict[str, Any]:
    return document({**UNLESS_MFA, "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}})


@pytest.fixture
def with_keys(aws: EmbeddedAws) -> EmbeddedAws:
    admin = ["AdministratorAccess"]
    aws.iam.user("ada", policies=admin, devices=["virtual"], access_keys=1)
    aws.iam.user("bob", policies=admin, devices=["virtual"])
    aws.iam.user("carol", policies=admin, devices=["virtual"], access_keys=2, inline={"m": asks("BoolIfExists")})
    aws.iam.user("dave", policies=admin, devices=["virtual"], access_keys=2, inline={"m": asks("Bool")})
    aws.iam.user("erin", policies=admin, access_keys=1)
    aws.iam.user("frank", access_keys=1)
    grace = aws.iam.user("grace", policies=admin, devices=["virtual"], access_keys=1)
    assert grace
    (key,) = client().list_access_keys(UserName="grace")["AccessKeyMetadata"]
    client().update_access_key(UserName="grace", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    return aws


def test_keys_are_asked_for_where_they_decide_and_nowhere_else(with_keys: EmbeddedAws) -> None:
    found = judged(with_keys, REQUIRED)

    assert {name: verdict.compliance for name, verdict in found.items()} == {
        "ada": Compliance.NON_COMPLIANT,
        "bob": Compliance.COMPLIANT,
        "carol": Compliance.COMPLIANT,
        "dave": Compliance.NON_COMPLIANT,
        "erin": Compliance.NON_COMPLIANT,
        "frank": Compliance.COMPLIANT,
        "grace": Compliance.COMPLIANT,
    }
    told = {name: (v.bypass.access_keys, v.bypass.reason) for name, v in found.items() if v.bypass}
    assert told == {"ada": (1, BypassReason.NOTHING_ASKS), "dave": (2, BypassReason.BOOL)}
    # carol is protected whatever keys she has, erin has no device, frank is no administrator.
    asked = [call.parameters["UserName"] for call in with_keys.calls.all() if call.action == "ListAccessKeys"]
    assert sorted(asked) == ["ada", "bob", "dave", "grace"]


def test_by_default_nobody_is_asked_for_keys(with_keys: EmbeddedAws) -> None:
    found = judged(with_keys, {})

    assert [verdict.bypass for verdict in found.values()] == [None] * 7
    assert "iam:ListAccessKeys" not in with_keys.calls.counts()


def test_both_questions_together(with_keys: EmbeddedAws) -> None:
    with_keys.iam.user("henry", devices=["virtual"], access_keys=1, inline={"x": document(allow("iam:PutUserPolicy"))})

    found = judged(with_keys, {**ESCALATION, **REQUIRED})

    assert found["henry"].annotation == (
        "henry is an administrator (can write any inline policy of itself: iam:PutUserPolicy, inline policy x of user) "
        "and has an MFA device, but 1 access key works without MFA (no policy asks for MFA)."
    )


def test_the_defaults_are_unchanged() -> None:
    assert parse_parameters({}) == Parameters()


def test_every_action_of_the_read_only_policy_has_a_probe() -> None:
    assert set(_PROBES) == set(BULK_ACTIONS)


def test_exemptions_without_a_user_are_reported() -> None:
    given = parameters(ExemptUsers=f"ada,Grace@2020-01-01,{ADA_ID},AIDANOBODYNOBODYNOBOD,linus")
    assert unmatched_exemptions((user(), user(user_name="grace")), given) == ("AIDANOBODYNOBODYNOBOD", "linus")
    verdict = evaluate(user(), parameters(), TODAY)
    assert isinstance(verdict, Verdict)
    assert unmatched_exemptions((verdict,), given) == ("Grace", "AIDANOBODYNOBODYNOBOD", "linus")
    assert unmatched_exemptions((), parameters()) == ()


def test_an_exemption_by_arn_matches_its_user() -> None:
    ada = user(of_aws("AdministratorAccess"))
    assert unmatched_exemptions([ada], parameters(ExemptUsers=ada.arn)) == ()
    assert unmatched_exemptions([ada], parameters(ExemptUsers=f"{ada.arn}x")) == (f"{ada.arn}x",)
