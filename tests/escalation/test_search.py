"""Who counts as an administrator of an account under Escalation, and what the grant says about it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Role, Snapshot
from admin_mfa.escalation.trust_document import UNREADABLE_TRUST
from admin_mfa.evaluate import evaluate, grants_in_force
from admin_mfa.model import Bypass, BypassReason, Fact, IamUser, Unread, Verdict
from admin_mfa.parameters import Parameters
from admin_mfa.policy.document import UNREADABLE
from admin_mfa.statements import Attachment, Policy
from tests.escalation.test_ways import ATTACHED, EFFECTIVE, ROOT, account, eve, grants, ways
from tests.support import values as plain
from tests.support.accounts import (
    FULL_ACCESS,
    HARMLESS,
    IAM,
    administrator_access,
    allow,
    aws_managed,
    deny,
    document,
    group,
    inline,
    managed,
    role,
    trust,
    user,
)
from tests.support.values import admin_grant

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_the_grant_names_the_way_and_the_policy_that_allows_it() -> None:
    found = grants(eve(allow("iam:AttachUserPolicy")))

    assert found == (
        admin_grant(
            policy="x",
            via="inline policy x of user",
            way="AttachUserPolicy",
            how="can attach an administrator policy to itself: iam:AttachUserPolicy",
            steps=(
                "user eve can attach an administrator policy to itself: iam:AttachUserPolicy, inline policy x of user",
            ),
        ),
    )
    assert (
        str(found[0]) == "can attach an administrator policy to itself: iam:AttachUserPolicy, inline policy x of user"
    )


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        pytest.param(
            allow("iam:PutGroupPolicy"),
            "can write any inline policy of its own group: iam:PutGroupPolicy, inline policy x of user",
            id="group",
        ),
        pytest.param(
            allow("iam:CreatePolicyVersion"),
            "can rewrite its own policy: iam:CreatePolicyVersion, inline policy x of user",
            id="own policy",
        ),
        pytest.param(
            allow("iam:CreateAccessKey"),
            "can create access keys for the administrator boss: iam:CreateAccessKey, inline policy x of user",
            id="another administrator",
        ),
        pytest.param(
            allow("sts:AssumeRole"),
            "can assume the administrator role deploy, whose trust policy asks for no MFA: sts:AssumeRole, "
            "inline policy x of user",
            id="administrator role",
        ),
        pytest.param(
            allow("iam:PutRolePolicy"),
            "can assume role app, whose trust policy asks for no MFA, and write any inline policy of it: "
            "sts:AssumeRole + iam:PutRolePolicy, trust policy of role app + inline policy x of user",
            id="assumable role",
        ),
        pytest.param(
            allow(["iam:CreateUser", "iam:CreateLoginProfile", "iam:PutUserPolicy"], f"{IAM}user/new/*"),
            "can create a new user with a console password and write any inline policy of it: "
            "iam:CreateUser + iam:CreateLoginProfile + iam:PutUserPolicy, inline policy x of user",
            id="new user",
        ),
        pytest.param(
            allow(["iam:PassRole", "ec2:RunInstances"]),
            "can pass the administrator role admin-ec2 to a new instance: iam:PassRole + ec2:RunInstances, "
            "inline policy x of user",
            id="service",
        ),
    ],
)
def test_every_kind_of_way_reads_as_a_sentence(statement: dict[str, Any], text: str) -> None:
    assert text in [str(grant) for grant in grants(eve(statement))]


def test_rights_that_only_several_policies_give_name_them_all() -> None:
    actor = user("eve", inline("pass", allow("iam:PassRole")), managed("run", allow("ec2:RunInstances")))

    (found,) = grants(actor)

    assert (found.policy, found.via) == ("pass + run", "inline policy pass of user + user")


def test_a_way_through_a_group_names_the_group() -> None:
    actor = user("eve", managed("writers", allow("iam:PutUserPolicy"), group="ops"), groups=["ops"])

    assert [str(grant) for grant in grants(actor)] == [
        "can write any inline policy of itself: iam:PutUserPolicy, writers via group ops"
    ]


def test_whoever_is_an_administrator_already_is_told_as_such() -> None:
    actor = user("eve", administrator_access(), inline("x", allow("iam:AttachUserPolicy")))

    assert grants(actor) == (admin_grant(policy="AdministratorAccess", via="user"),)


def test_full_access_counts_with_no_way_at_all() -> None:
    assert grants(user("eve", inline("x", FULL_ACCESS))) == (admin_grant(policy="x", via="inline policy x of user"),)
    assert grants(user("eve", managed("x", allow("*", "*")))) == (admin_grant(policy="x", via="user"),)


NO_MFA = "whose trust policy asks for no MFA"
LEGACY = replace(role("legacy", ROOT, administrator_access()), trust=UNREADABLE_TRUST)
UNREAD_POLICY = Attachment(policy=Policy(name="broken", document=UNREADABLE))


@pytest.mark.parametrize(
    ("actor", "roles", "text", "unread"),
    [
        pytest.param(
            user("eve"),
            [LEGACY],
            f"can assume the administrator role legacy, {NO_MFA}: sts:AssumeRole, "
            "trust policy of role legacy (unreadable)",
            ["trust policy of role legacy"],
            id="nothing is needed",
        ),
        pytest.param(
            user("eve", inline("x", allow("sts:AssumeRole"))),
            [LEGACY],
            f"can assume the administrator role legacy, {NO_MFA}: sts:AssumeRole, inline policy x of user",
            ["trust policy of role legacy"],
            id="a policy allows it",
        ),
        pytest.param(
            user("eve", inline("x", allow("sts:AssumeRole"))),
            [LEGACY, role("surely", ROOT, administrator_access())],
            f"can assume the administrator role surely, {NO_MFA}: sts:AssumeRole, inline policy x of user",
            [],
            id="another role leaves no doubt",
        ),
        pytest.param(
            user("eve"),
            [LEGACY, role("hop", {"AWS": f"{IAM}user/eve"})],
            f"can assume the administrator role hop, {NO_MFA}: sts:AssumeRole, trust policy of role hop",
            ["trust policy of role legacy"],
            id="through another role",
        ),
        pytest.param(
            user("eve", inline("x", allow("sts:AssumeRole"))),
            [role("hop", ROOT, UNREAD_POLICY)],
            f"can assume the administrator role hop, {NO_MFA}: sts:AssumeRole, inline policy x of user",
            ["inline policy broken of user"],
            id="a policy of a readable role",
        ),
        pytest.param(
            user("eve", inline("x", deny("sts:AssumeRole"), allow(["iam:PassRole", "ec2:RunInstances"]))),
            [replace(LEGACY, instance_profile=True)],
            "can pass the administrator role legacy to a new instance: iam:PassRole + ec2:RunInstances, "
            "inline policy x of user",
            ["trust policy of role legacy"],
            id="any service may be trusted",
        ),
        pytest.param(
            user("eve", inline("x", deny("sts:AssumeRole"))),
            [LEGACY],
            None,
            [],
            id="what is denied is denied all the same",
        ),
        pytest.param(user("eve"), [replace(LEGACY, attachments=())], None, [], id="a role without rights"),
    ],
)
def test_a_trust_policy_that_cannot_be_read_could_trust_anyone_and_enforces_nothing(
    actor: IamUser, roles: list[Role], text: str | None, unread: list[str]
) -> None:
    snapshot = Snapshot(users=(actor,), roles=tuple(roles))
    found = grants(actor, parameters=EFFECTIVE, snapshot=snapshot)
    assert [str(grant) for grant in found[:1]] == ([text] if text else [])
    assert [source.via for grant in found[:1] for source in grant.unread] == unread
    judged = replace(actor, mfa_devices_complete=True)
    verdict = evaluate(judged, EFFECTIVE, date(2026, 11, 24), Survey(snapshot, EFFECTIVE))
    assert isinstance(verdict, Verdict)
    assert verdict.enforceable is not bool(unread)


def test_without_the_account_there_is_no_answer() -> None:
    assert grants_in_force(eve(), ATTACHED) == Unread(facts=frozenset((Fact.SNAPSHOT,)))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            {"Effect": "Allow", "NotAction": ["iam:Put*", "iam:Create*", "s3:*"], "Resource": f"{IAM}user/eve"},
            ["AttachUserPolicy"],
            id="NotAction leaves the way in",
        ),
        pytest.param(
            {"Effect": "Allow", "NotAction": ["iam:Put*", "iam:Create*", "iam:A*"], "Resource": f"{IAM}user/eve"},
            [],
            id="NotAction takes the way out",
        ),
        pytest.param(
            {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "NotResource": f"{IAM}user/b*"},
            ["AttachUserPolicy"],
            id="NotResource leaves the user in",
        ),
        pytest.param(
            {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "NotResource": f"{IAM}user/e*"},
            [],
            id="NotResource takes the user out",
        ),
        pytest.param(
            {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "NotResource": f"{IAM}user/${{aws:username}}"},
            [],
            id="NotResource takes the user out by a variable",
        ),
        pytest.param(allow("iam:AttachUserPolicy", "arn:aws:iam::*:user/*"), ["AttachUserPolicy"], id="any account"),
        pytest.param(allow("iam:AttachUserPolicy", "arn:aws:iam::*:role/*"), [], id="roles only"),
        pytest.param(allow("iam:AttachUserPolicy", []), [], id="no resource"),
        pytest.param(allow([], "*"), [], id="no action"),
        pytest.param(
            allow("iam:AttachUserPolicy", f"{IAM}user/${{aws:PrincipalTag/owner}}"), ["AttachUserPolicy"], id="tag"
        ),
        pytest.param(allow("iam:AttachUserPolicy", f"{IAM}user/${{aws:PrincipalTag/team}}"), [], id="other tag"),
        pytest.param(
            allow("iam:AttachUserPolicy", f"{IAM}user/${{saml:sub, 'eve'}}"), ["AttachUserPolicy"], id="default"
        ),
        pytest.param(allow("iam:AttachUserPolicy", Condition=MFA), ["AttachUserPolicy"], id="MFA can be met"),
        pytest.param(
            allow("iam:AttachUserPolicy", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            ["AttachUserPolicy"],
            id="a network can be met",
        ),
        pytest.param(
            allow("iam:AttachUserPolicy", Condition={"StringEquals": {"aws:username": "bob"}}),
            [],
            id="another user's name cannot be met",
        ),
        pytest.param(
            allow("iam:PutUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": f"{IAM}policy/b"}}),
            [],
            id="a boundary that the user does not have",
        ),
        pytest.param(
            allow("iam:PutUserPolicy", Condition={"ArnLike": {"aws:PrincipalArn": f"{IAM}user/e*"}}),
            ["PutUserPolicy"],
            id="the user's own ARN",
        ),
        pytest.param(
            allow(
                "iam:AttachUserPolicy",
                Condition={"ArnNotEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}},
            ),
            ["AttachUserPolicy"],
            id="any policy but AdministratorAccess: IAMFullAccess does as well",
        ),
        pytest.param(
            allow(
                "iam:AttachUserPolicy",
                Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/IAMFullAccess"}},
            ),
            ["AttachUserPolicy"],
            id="IAMFullAccess only",
        ),
        pytest.param(
            allow(["iam:CreateAccessKey", "iam:PutUserPolicy"], f"{IAM}user/root-like"),
            ["CreateAccessKey"],
            id="an administrator need not be changed",
        ),
        pytest.param(
            allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": f"{IAM}policy/everything"}}),
            ["AttachUserPolicy"],
            id="a customer's policy that is full access",
        ),
    ],
)
def test_statements_are_read_as_iam_reads_them(statement: dict[str, Any], expected: list[str]) -> None:
    actor = user("eve", inline("x", statement), tags=(("owner", "eve"), ("team", "blue")))
    holder = user("root-like", managed("everything", FULL_ACCESS))

    assert ways(actor, holder) == expected


@pytest.mark.parametrize(
    ("condition", "services"),
    [
        pytest.param({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, {"ec2"}, id="one"),
        pytest.param({"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}, {"ec2", "lambda"}, id="all"),
        pytest.param({"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, {"lambda"}, id="all but one"),
        pytest.param({"StringEqualsIfExists": {"iam:PassedToService": "glue.amazonaws.com"}}, set(), id="none"),
    ],
)
def test_a_role_goes_to_the_services_that_it_may_be_passed_to(condition: dict[str, Any], services: set[str]) -> None:
    actor = eve(
        allow("iam:PassRole", Condition=condition),
        allow(["ec2:RunInstances", "lambda:CreateFunction", "lambda:InvokeFunction"]),
    )

    assert {way.split(" + ")[1].split(":")[0] for way in ways(actor) if way} == services


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        pytest.param("arn:aws:lambda:*:*:function:*", True, id="functions"),
        pytest.param("arn:aws:lambda:eu-west-1:123456789012:function:one", True, id="one function"),
        pytest.param("arn:aws:s3:::*", False, id="buckets"),
        pytest.param("arn:*", True, id="anything"),
    ],
)
def test_an_action_counts_on_resources_of_its_service_only(resource: str, found: bool) -> None:  # noqa: FBT001
    assert ("lambda:UpdateFunctionCode" in ways(eve(allow("lambda:UpdateFunctionCode", resource)))) is found


# Roles: both sides

# IAM no longer accepts NotPrincipal in trust policies, but a policy from before that may contain it.
OTHERS = {"Effect": "Allow", "NotPrincipal": {"AWS": f"{IAM}user/bob"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("trusted", "statement", "text"),
    [
        pytest.param(ROOT, allow("sts:AssumeRole"), "asks for no MFA", id="the account and the user's policy"),
        pytest.param(ROOT, allow("sts:TagSession"), None, id="the account alone"),
        pytest.param({"AWS": "123456789012"}, allow("sts:AssumeRole"), "asks for no MFA", id="the account by its id"),
        pytest.param({"AWS": f"{IAM}user/eve"}, HARMLESS, "asks for no MFA", id="the user by name"),
        pytest.param({"AWS": f"{IAM}user/bob"}, allow("sts:AssumeRole"), None, id="another user by name"),
        pytest.param({"AWS": ["arn:aws:iam::210987654321:root"]}, allow("sts:*"), None, id="another account"),
        pytest.param("*", HARMLESS, "asks for no MFA", id="everybody"),
        pytest.param({"Service": "ec2.amazonaws.com"}, allow("sts:AssumeRole"), None, id="a service"),
        pytest.param({"Federated": "cognito-identity.amazonaws.com"}, allow("sts:*"), None, id="a federation"),
        pytest.param([trust(ROOT, Condition=MFA)], allow("sts:AssumeRole"), "asks for MFA", id="MFA asked for"),
        pytest.param(
            [trust(ROOT, Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})],
            allow("sts:AssumeRole"),
            "asks for no MFA",
            id="MFA asked for in a way that access keys pass",
        ),
        pytest.param(
            [trust(ROOT, Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})],
            allow("sts:AssumeRole"),
            "asks for MFA",
            id="MFA of the last hour asked for",
        ),
        pytest.param(
            [trust(ROOT, Condition=MFA), trust({"AWS": f"{IAM}user/eve"})],
            allow("sts:AssumeRole"),
            "asks for no MFA",
            id="a second door without MFA",
        ),
        pytest.param(
            [trust(ROOT), trust({"AWS": f"{IAM}user/eve"}, effect="Deny")], allow("sts:*"), None, id="denied by name"
        ),
        pytest.param([OTHERS], HARMLESS, "asks for no MFA", id="all but another user"),
        pytest.param([trust(ROOT, action="sts:TagSession")], allow("sts:*"), None, id="another action trusted"),
        pytest.param([trust(ROOT, action="sts:Assume*")], allow("sts:*"), "asks for no MFA", id="a pattern trusted"),
        pytest.param(
            [trust(ROOT, Condition={"ArnLike": {"aws:PrincipalArn": f"{IAM}user/b*"}})],
            allow("sts:*"),
            None,
            id="the account, but only another user in it",
        ),
        pytest.param(
            [trust(ROOT, Condition={"StringEquals": {"sts:ExternalId": "42"}})],
            allow("sts:AssumeRole"),
            "asks for no MFA",
            id="an external id can be given",
        ),
    ],
)
def test_a_role_counts_by_both_sides(trusted: Any, statement: dict[str, Any], text: str | None) -> None:
    actor = user("eve", inline("x", statement))
    snapshot = Snapshot(users=(actor,), roles=(role("boss", trusted, administrator_access()),))

    found = grants(actor, snapshot=snapshot)

    assert [f"whose trust policy {text}:" in str(grant) for grant in found] == ([True] if text else [])


@pytest.mark.parametrize("path", ["/aws-service-role/config.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_roles_that_aws_guards_are_out_of_reach(path: str) -> None:
    actor = user("eve", inline("x", allow(["iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy", "sts:*"])))
    snapshot = Snapshot(users=(actor,), roles=(role("boss", ROOT, administrator_access(), path=path),))

    assert grants(actor, snapshot=snapshot) == ()


def test_a_path_that_only_contains_what_aws_reserves_is_a_customers_own() -> None:
    path = "/x:role/aws-reserved/sso.amazonaws.com/"
    actor = user("eve", inline("x", allow("iam:UpdateAssumeRolePolicy")))
    snapshot = Snapshot(users=(actor,), roles=(role("boss", ROOT, administrator_access(), path=path),))

    assert [grant.way for grant in grants(actor, snapshot=snapshot)] == ["UpdateAssumeRolePolicy"]


def test_an_instance_needs_an_instance_profile_that_holds_the_role() -> None:
    actor = eve(allow(["iam:PassRole", "ec2:RunInstances"]))
    bare = role("boss", {"Service": "ec2.amazonaws.com"}, administrator_access())
    held = replace(bare, instance_profile=True)

    assert grants(actor, snapshot=Snapshot(users=(actor,), roles=(bare,))) == ()
    assert len(grants(actor, snapshot=Snapshot(users=(actor,), roles=(held,)))) == 1


@pytest.mark.parametrize(
    "service", ["states.amazonaws.com", "states.eu-west-1.amazonaws.com", "states.amazonaws.com.cn"]
)
def test_a_service_is_itself_in_every_region_and_partition(service: str) -> None:
    actor = user("eve", inline("x", allow("states:UpdateStateMachine")))
    boss = role("boss", {"Service": ["ec2.amazonaws.com", service]}, administrator_access())

    assert len(grants(actor, snapshot=Snapshot(users=(actor,), roles=(boss,)))) == 1


@pytest.mark.parametrize(
    ("passed_to", "found"),
    [
        pytest.param("apprunner.amazonaws.com", True, id="the service that the role is passed to"),
        pytest.param("tasks.apprunner.amazonaws.com", False, id="the service that the role trusts"),
    ],
)
def test_a_role_can_be_passed_to_another_service_than_it_trusts(passed_to: str, found: bool) -> None:  # noqa: FBT001
    actor = eve(
        allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": passed_to}}),
        allow("apprunner:CreateService"),
    )

    assert ways(actor) == (["PassRole + apprunner:CreateService"] if found else [])


COGNITO = {"Federated": "cognito-identity.amazonaws.com"}
STAFF = {"Federated": f"{IAM}saml-provider/staff"}


@pytest.mark.parametrize(
    ("trusted", "found"),
    [
        pytest.param([trust(COGNITO, action="sts:AssumeRoleWithWebIdentity")], True, id="identity pools"),
        pytest.param([trust(COGNITO, action="sts:AssumeRole*")], True, id="a pattern"),
        pytest.param([trust(COGNITO, action="sts:TagSession")], False, id="another action"),
        pytest.param([trust(COGNITO, action="sts:AssumeRoleWithWebIdentity", effect="Deny")], False, id="denied"),
        pytest.param(
            [trust({"Federated": "cognito-identity-us-gov.amazonaws.com"}, action="sts:AssumeRoleWithWebIdentity")],
            True,
            id="identity pools in GovCloud",
        ),
        pytest.param(
            [trust({"Federated": "accounts.google.com"}, action="sts:AssumeRoleWithWebIdentity")],
            False,
            id="another provider",
        ),
        pytest.param([trust({"Service": "cognito-identity.amazonaws.com"})], False, id="as a service"),
    ],
)
def test_an_identity_pool_needs_a_role_that_trusts_its_identities(trusted: Any, found: bool) -> None:  # noqa: FBT001
    actor = user("eve", inline("x", allow("cognito-identity:UpdateIdentityPool")))
    boss = role("boss", trusted, administrator_access())

    assert bool(grants(actor, snapshot=Snapshot(users=(actor,), roles=(boss,)))) is found


@pytest.mark.parametrize(
    ("trusted", "found"),
    [
        pytest.param([trust(STAFF, action="sts:AssumeRoleWithSAML")], True, id="the provider"),
        pytest.param([trust(STAFF, action="sts:AssumeRoleWithWebIdentity")], False, id="for another action"),
        pytest.param(
            [trust({"Federated": "arn:aws:iam::210987654321:saml-provider/staff"}, action="sts:AssumeRoleWithSAML")],
            False,
            id="the provider of another account",
        ),
    ],
)
def test_a_saml_provider_opens_the_roles_that_trust_it(trusted: Any, found: bool) -> None:  # noqa: FBT001
    actor = user("eve", inline("x", allow("iam:UpdateSAMLProvider")))
    boss = role("boss", trusted, administrator_access())

    assert [grant.how for grant in grants(actor, snapshot=Snapshot(users=(actor,), roles=(boss,)))] == (
        ["can replace the metadata of a SAML provider that the administrator role boss trusts: iam:UpdateSAMLProvider"]
        if found
        else []
    )


def test_an_emr_cluster_runs_steps_under_its_instances_role() -> None:
    actor = eve(allow(["iam:PassRole", "elasticmapreduce:RunJobFlow"]))
    instances = role("boss", {"Service": "ec2.amazonaws.com"}, administrator_access(), instance_profile=True)
    service = role("boss", {"Service": "elasticmapreduce.amazonaws.com"}, administrator_access())

    assert len(grants(actor, snapshot=Snapshot(users=(actor,), roles=(instances,)))) == 1
    assert grants(actor, snapshot=Snapshot(users=(actor,), roles=(service,))) == ()


# Chains


def test_a_chain_is_told_step_by_step() -> None:
    ada = user("ada", inline("helpdesk", allow("iam:UpdateLoginProfile", f"{IAM}user/bob")))
    bob = user("bob", managed("deployers", allow("sts:AssumeRole", f"{IAM}role/build"), group="dev"), groups=["dev"])
    build = role("build", ROOT, inline("x", allow("iam:PutRolePolicy")))
    snapshot = Snapshot(users=(ada, bob), groups=(group("dev"),), roles=(build,))

    (found,) = grants(ada, snapshot=snapshot)

    assert found.way == "UpdateLoginProfile"
    assert found.steps == (
        (
            "user ada can change the administrator bob's console password: iam:UpdateLoginProfile, "
            "inline policy helpdesk of user"
        ),
        (
            "user bob can assume the administrator role build, whose trust policy asks for no MFA: sts:AssumeRole, "
            "deployers via group dev"
        ),
        "role build can write any inline policy of itself: iam:PutRolePolicy, inline policy x of user",
    )


ASSUMES_HELD = allow(["sts:AssumeRole", "iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary"], f"{IAM}role/held")


@pytest.mark.parametrize(
    ("actor", "roles", "steps"),
    [
        pytest.param(
            user("eve", inline("x", allow(["iam:PassRole", "ec2:RunInstances"]))),
            [role("boss", {"Service": "ec2.amazonaws.com"}, administrator_access(), instance_profile=True)],
            [
                (
                    "user eve can pass the administrator role boss to a new instance: iam:PassRole + ec2:RunInstances, "
                    "inline policy x of user"
                ),
                "role boss is an administrator: AdministratorAccess, attached directly",
            ],
            id="down to the policy that makes an administrator",
        ),
        pytest.param(
            user("eve", inline("x", allow("sts:AssumeRole"))),
            [role("a-hop", ROOT, inline("h", allow("iam:PutRolePolicy"))), role("boss", ROOT, administrator_access())],
            [
                (
                    "user eve can assume the administrator role boss, whose trust policy asks for no MFA: "
                    "sts:AssumeRole, inline policy x of user"
                ),
                "role boss is an administrator: AdministratorAccess, attached directly",
            ],
            id="an administrator before a role that can become one",
        ),
        pytest.param(
            user("eve", inline("x", allow("sts:AssumeRole"))),
            [
                role("a-two", ROOT, inline("h", allow("sts:AssumeRole", f"{IAM}role/z-one"))),
                role("z-one", ROOT, inline("h", allow("iam:PutRolePolicy", f"{IAM}role/z-one"))),
            ],
            [
                (
                    "user eve can assume the administrator role z-one, whose trust policy asks for no MFA: "
                    "sts:AssumeRole, inline policy x of user"
                ),
                "role z-one can write any inline policy of itself: iam:PutRolePolicy, inline policy h of user",
            ],
            id="the shortest path",
        ),
        pytest.param(
            user("eve", inline("x", allow("iam:CreatePolicyVersion"))),
            [role("app", {"AWS": f"{IAM}user/eve"}, managed("apps", HARMLESS), path="/team/blue/")],
            [
                (
                    "user eve can assume role app, whose trust policy asks for no MFA: sts:AssumeRole, "
                    "trust policy of role app"
                ),
                "user eve can rewrite its policy: iam:CreatePolicyVersion, inline policy x of user",
            ],
            id="a role with a path",
        ),
        pytest.param(
            user("eve", inline("x", allow(["iam:CreateRole", "iam:PutRolePolicy"], f"{IAM}role/new-*"))),
            [],
            [
                "user eve can create a new role that trusts it: iam:CreateRole, inline policy x of user",
                "user eve can write any inline policy of it: iam:PutRolePolicy, inline policy x of user",
            ],
            id="a new role",
        ),
        pytest.param(
            user("eve", inline("x", ASSUMES_HELD)),
            [role("held", ROOT, boundary=managed("b", allow("s3:*")).policy)],
            [
                (
                    "user eve can assume role held, whose trust policy asks for no MFA: sts:AssumeRole, "
                    "inline policy x of user"
                ),
                (
                    "user eve can write any inline policy of it, once its permissions boundary is gone: "
                    "iam:PutRolePolicy, inline policy x of user"
                ),
            ],
            id="a boundary in the way",
        ),
        pytest.param(
            user("eve", UNREAD_POLICY, boundary=managed("b", allow("iam:DeleteUserPermissionsBoundary")).policy),
            [],
            [
                (
                    "user eve can remove its own permissions boundary: iam:DeleteUserPermissionsBoundary, "
                    "inline policy broken of user (unreadable)"
                ),
            ],
            id="an unreadable policy allows it",
        ),
    ],
)
def test_the_steps_name_every_way_and_policy(actor: IamUser, roles: list[Role], steps: list[str]) -> None:
    (found,) = grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,), roles=tuple(roles)))

    assert list(found.steps) == steps


def test_two_who_can_only_take_each_other_are_no_administrators() -> None:
    ada = user("ada", inline("x", allow("iam:CreateAccessKey", f"{IAM}user/bob")))
    bob = user("bob", inline("x", allow("iam:CreateAccessKey", f"{IAM}user/ada")))
    snapshot = Snapshot(users=(ada, bob))

    assert (grants(ada, snapshot=snapshot), grants(bob, snapshot=snapshot)) == ((), ())


def test_a_group_counts_that_lets_its_members_make_themselves_administrator() -> None:
    actor = user("eve", inline("x", allow("iam:AddUserToGroup", f"{IAM}group/iam-admins")))
    writers = group("iam-admins", managed("writers", allow("iam:AttachUserPolicy"), group="iam-admins"))
    readers = group("iam-admins", managed("writers", allow("iam:ListUsers"), group="iam-admins"))

    assert len(grants(actor, snapshot=Snapshot(users=(actor,), groups=(writers,)))) == 1
    assert grants(actor, snapshot=Snapshot(users=(actor,), groups=(readers,))) == ()


def test_two_halves_in_a_group_and_the_user_make_an_administrator_together() -> None:
    power = aws_managed("PowerUserAccess", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    actor = user("eve", power, inline("x", allow("iam:AddUserToGroup")))
    full = group("iam", aws_managed("IAMFullAccess", allow("iam:*"), group="iam"))

    assert [grant.way for grant in grants(actor, snapshot=Snapshot(users=(actor,), groups=(full,)))] == [
        "AddUserToGroup"
    ]


def test_a_role_can_fill_a_group_with_a_user_whom_it_can_act_as() -> None:
    bob = user("bob")
    admins = group("admins", administrator_access("admins"))
    helper = role("helper", ROOT, inline("x", allow(["iam:AddUserToGroup", "iam:CreateAccessKey"])))
    eve_ = user("eve", inline("x", allow("sts:AssumeRole")))
    snapshot = Snapshot(users=(bob, eve_), groups=(admins,), roles=(helper,))

    assert [grant.way for grant in grants(eve_, snapshot=snapshot)] == ["AssumeRole"]


# What clears


BOUNDARY = Policy(name="b", arn=f"{IAM}policy/b", document=document(allow("s3:*")))
WIDE = Policy(name="b", arn=f"{IAM}policy/b", document=document(FULL_ACCESS))


@pytest.mark.parametrize(
    ("statements", "boundary", "attached", "effective"),
    [
        pytest.param([], None, True, True, id="nothing clears"),
        pytest.param([deny("iam:AttachUserPolicy")], None, True, False, id="Deny of the action"),
        pytest.param([deny("iam:Attach*", f"{IAM}user/e*")], None, True, False, id="Deny on the user"),
        pytest.param([deny("iam:Attach*", f"{IAM}user/b*")], None, True, True, id="Deny on another user"),
        pytest.param([deny("iam:AttachUserPolicy", Condition=MFA)], None, True, True, id="Deny that may not be met"),
        pytest.param(
            [deny("iam:*", Condition={"StringEquals": {"aws:username": "eve"}})],
            None,
            True,
            False,
            id="Deny that is met for sure",
        ),
        pytest.param(
            [deny("iam:*", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}})],
            None,
            True,
            True,
            id="Deny of AdministratorAccess alone: IAMFullAccess does as well",
        ),
        pytest.param(
            [deny("iam:*", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}})],
            None,
            True,
            False,
            id="Deny of every policy that would do",
        ),
        pytest.param([], BOUNDARY, True, False, id="boundary without the action"),
        pytest.param([], WIDE, True, True, id="boundary that is full access"),
        pytest.param([deny("*")], None, True, False, id="Deny of everything"),
    ],
)
def test_deny_and_boundary_clear_in_the_effective_model_only(
    statements: list[dict[str, Any]],
    boundary: Policy | None,
    attached: bool,  # noqa: FBT001
    effective: bool,  # noqa: FBT001
) -> None:
    actor = replace(eve(allow("iam:AttachUserPolicy"), *statements), boundary=boundary)

    assert bool(grants(actor, parameters=ATTACHED)) is attached
    assert bool(grants(actor, parameters=EFFECTIVE)) is effective


@pytest.mark.parametrize(
    ("action", "way"),
    [
        pytest.param("iam:DeleteUserPermissionsBoundary", "DeleteUserPermissionsBoundary", id="delete"),
        pytest.param("iam:PutUserPermissionsBoundary", "PutUserPermissionsBoundary", id="put"),
        pytest.param("iam:CreatePolicyVersion", "CreatePolicyVersion for a boundary", id="rewrite"),
        pytest.param("iam:GetUser", None, id="read"),
    ],
)
def test_a_boundary_that_its_holder_can_remove_holds_nobody(action: str, way: str | None) -> None:
    boundary = Policy(name="b", arn=f"{IAM}policy/b", document=document(allow(["s3:*", action])))
    actor = user("eve", administrator_access(), boundary=boundary)
    snapshot = Snapshot(users=(actor,))

    assert [grant.way for grant in grants(actor, parameters=EFFECTIVE, snapshot=snapshot)] == ([way] if way else [])


def test_a_boundary_of_aws_cannot_be_rewritten() -> None:
    boundary = aws_managed("SomeAccess", allow(["s3:*", "iam:CreatePolicyVersion"])).policy
    actor = user("eve", administrator_access(), boundary=boundary)

    assert grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,))) == ()


def test_a_deny_that_protects_the_boundary_is_removed_first() -> None:
    allowed = allow(["iam:DetachUserPolicy", "iam:DeleteUserPermissionsBoundary"])
    actor = user(
        "eve",
        administrator_access(),
        managed("d", deny("iam:DeleteUserPermissionsBoundary")),
        boundary=Policy(name="b", arn=f"{IAM}policy/b", document=document(allowed)),
    )

    (found,) = grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,)))

    assert list(found.steps) == [
        "user eve can detach its own policies that deny: iam:DetachUserPolicy, AdministratorAccess, attached directly",
        (
            "user eve can remove its own permissions boundary: iam:DeleteUserPermissionsBoundary, "
            "AdministratorAccess, attached directly"
        ),
        "user eve is an administrator: AdministratorAccess, attached directly",
    ]


@pytest.mark.parametrize(("boundary", "found"), [("b", True), ("c", False)])
def test_a_condition_on_the_boundary_is_met_by_the_boundary_of_the_user(boundary: str, found: bool) -> None:  # noqa: FBT001
    needs = {"StringEquals": {"iam:PermissionsBoundary": f"{IAM}policy/{boundary}"}}
    actor = replace(eve(allow("iam:PutUserPolicy", Condition=needs)), boundary=BOUNDARY)

    assert ways(actor) == ["PutUserPolicy"] * found


def test_a_policy_may_be_attached_only_to_whom_its_statement_names() -> None:
    administrator = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}}
    actor = eve(
        allow("iam:AttachUserPolicy", f"{IAM}user/eve", Condition=SOMETHING),
        allow("iam:AttachUserPolicy", f"{IAM}user/bob", Condition=administrator),
    )

    assert ways(actor) == []


def test_a_policy_that_must_not_be_rewritten_is_of_no_use() -> None:
    rewrites = allow("iam:CreatePolicyVersion", f"{IAM}policy/harmless")
    attaches = allow("iam:AttachUserPolicy", Condition=CUSTOMER)
    protects = deny("iam:CreatePolicyVersion", f"{IAM}policy/harmless")

    assert ways(eve(attaches, rewrites), parameters=EFFECTIVE) == ["AttachUserPolicy"]
    assert ways(eve(attaches, rewrites, protects), parameters=EFFECTIVE) == []


@pytest.mark.parametrize("service", ["ec2.amazonaws.com.cn", "ec2.amazonaws.com"])
def test_a_service_in_china_has_either_name(service: str) -> None:
    passes = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": service}})
    held = role("boss", {"Service": "ec2.amazonaws.com"}, administrator_access(), instance_profile=True)
    boss = replace(held, arn=held.arn.replace("arn:aws:", "arn:aws-cn:"))
    actor = user("eve", inline("x", passes, allow("ec2:RunInstances")))
    actor = replace(actor, arn=actor.arn.replace("arn:aws:", "arn:aws-cn:"))
    snapshot = Snapshot(users=(actor,), roles=(boss,))

    assert [grant.way for grant in grants(actor, snapshot=snapshot)] == ["PassRole + ec2:RunInstances"]


@pytest.mark.parametrize(
    ("action", "way"),
    [
        pytest.param("iam:DeleteRolePermissionsBoundary", "DeleteRolePermissionsBoundary", id="delete"),
        pytest.param("iam:PutRolePermissionsBoundary", "PutRolePermissionsBoundary", id="put"),
        pytest.param("iam:CreatePolicyVersion", "CreatePolicyVersion for the boundary of a role", id="rewrite"),
        pytest.param("iam:GetRole", None, id="read"),
        pytest.param("iam:PutRolePolicy", None, id="another policy does not free it"),
    ],
)
def test_a_role_whose_boundary_can_be_removed_is_within_reach(action: str, way: str | None) -> None:
    actor = user("eve", inline("x", allow(["sts:AssumeRole", action])))
    held = role("held", ROOT, administrator_access(), boundary=BOUNDARY)
    snapshot = Snapshot(users=(actor,), roles=(held,))

    found = grants(actor, parameters=EFFECTIVE, snapshot=snapshot)

    assert [grant.way for grant in found] == ([way] if way else [])


def test_a_new_role_must_come_without_a_boundary_to_count_as_effective() -> None:
    needs_boundary = {"StringEquals": {"iam:PermissionsBoundary": f"{IAM}policy/b"}}
    actor = eve(allow("iam:CreateRole", Condition=needs_boundary), allow("iam:AttachRolePolicy", f"{IAM}role/new-*"))

    assert ways(actor, parameters=ATTACHED) == ["AttachRolePolicy"]
    assert ways(actor, parameters=EFFECTIVE) == []


def test_the_additional_policies_make_administrators_of_roles_and_groups_too() -> None:
    poweruser = "arn:aws:iam::aws:policy/PowerUserAccess"
    power = aws_managed("PowerUserAccess", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    actor = eve(allow("sts:AssumeRole"))
    snapshot = Snapshot(users=(actor,), roles=(role("power", ROOT, power),))
    more = Parameters(
        administrator_definition=ATTACHED.administrator_definition, additional_admin_policy_arns=frozenset((poweruser,))
    )

    assert grants(actor, snapshot=snapshot) == ()
    assert [grant.way for grant in grants(actor, parameters=more, snapshot=snapshot)] == ["AssumeRole"]


def test_a_user_whom_the_snapshot_does_not_know_is_judged_by_what_it_has() -> None:
    known = Survey(account(eve()), ATTACHED)
    now = eve(allow("iam:AttachUserPolicy"))

    found = grants_in_force(now, ATTACHED, known)

    assert not isinstance(found, Unread)
    assert [grant.way for grant in found] == ["AttachUserPolicy"]


@pytest.mark.parametrize("snapshot", [account(eve()), Snapshot()], ids=["known without rights", "created since"])
def test_a_user_who_has_become_an_administrator_since_the_snapshot_is_reported_as_one(snapshot: Snapshot) -> None:
    known = Survey(snapshot, ATTACHED)

    assert grants_in_force(user("eve", inline("x", FULL_ACCESS)), ATTACHED, known) == (
        admin_grant(policy="x", via="inline policy x of user"),
    )


def test_an_additional_policy_can_be_attached() -> None:
    actor = user("eve", inline("x", allow("iam:AttachUserPolicy", f"{IAM}user/eve", Condition=SOMETHING)))
    more = replace(ATTACHED, additional_admin_policy_arns=frozenset((f"{IAM}policy/something",)))
    snapshot = Snapshot(users=(actor,), policies=(managed("something", HARMLESS).policy,))

    assert grants(actor, snapshot=snapshot) == ()
    assert [grant.way for grant in grants(actor, parameters=more, snapshot=snapshot)] == ["AttachUserPolicy"]


def test_a_boundary_that_cannot_be_read_leaves_a_doubt() -> None:
    actor = user("eve", administrator_access(), boundary=UNREAD_POLICY.policy)

    (found,) = grants(actor, parameters=EFFECTIVE)

    assert [source.policy for source in found.unread] == ["broken"]


def test_users_with_paths_are_found_by_variables_with_paths() -> None:
    actor = user("eve", inline("x", allow("iam:PutUserPolicy", f"{IAM}user/*/${{aws:username}}")), path="/division/a/")

    assert [grant.way for grant in grants(actor, snapshot=Snapshot(users=(actor,)))] == ["PutUserPolicy"]


def test_an_administrator_with_a_path_is_found_by_name() -> None:
    actor = user("eve", inline("x", allow("iam:CreateAccessKey", f"{IAM}user/*/boss")))
    boss = user("boss", administrator_access(), path="/division/a/")

    assert [grant.way for grant in grants(actor, snapshot=Snapshot(users=(actor, boss)))] == ["CreateAccessKey"]


# What an administrator is by name or by content is the same under Escalation.

ESCALATION = plain.parameters(AdministratorDefinition="Escalation")


def judged(*users: IamUser, given: Parameters = ESCALATION) -> list[Any]:
    account = Survey(Snapshot(users=users), given)
    return [grants_in_force(user, given, account) for user in users]


def test_inline_policies_are_told_apart_though_none_has_an_arn() -> None:
    reader = plain.user(plain.inline("mine", plain.allow("s3:Get*")), user_name="reader")
    boss = plain.user(plain.inline("mine", plain.allow()), user_name="boss")
    granted = (admin_grant(policy="mine", via="inline policy mine of user"),)
    assert judged(reader, boss, reader) == [(), granted, ()]


def test_policies_count_together_under_every_definition() -> None:
    both = plain.user(plain.of_aws("PowerUserAccess"), plain.of_aws("IAMFullAccess"))
    power = plain.user(plain.of_aws("PowerUserAccess"), user_name="power")
    together = grants_in_force(both, plain.parameters())
    assert isinstance(together, tuple)
    assert len(together[0].sources) == 2
    assert judged(power, both) == [(), together]


def test_what_is_denied_everything_clears_under_every_definition() -> None:
    denied = plain.user(plain.of_aws("AdministratorAccess"), plain.inline("no", plain.deny()))
    effective = plain.parameters(AdministratorDefinition="Escalation", PrivilegeModel="effective")
    assert judged(denied, given=effective) == [()]
    assert judged(denied) == [(admin_grant(policy="AdministratorAccess", via="user"),)]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"mfa_devices": (plain.fido(),)}, id="a device"),
        pytest.param({"console_password": False}, id="no console password"),
    ],
)
def test_keys_that_make_their_user_administrator_without_mfa_are_a_bypass(facts: dict[str, Any]) -> None:
    user = replace(eve(allow("iam:AttachUserPolicy")), mfa_devices_complete=True, active_access_keys=1, **facts)
    given = plain.parameters(AdministratorDefinition="Escalation", ApiAccess="require-mfa", ConsoleUsersOnly="true")
    verdict = evaluate(user, given, date(2026, 11, 24), Survey(Snapshot(users=(user,)), given))
    assert isinstance(verdict, Verdict)
    assert verdict.bypass == Bypass(access_keys=1, reason=BypassReason.NOTHING_ASKS)


def test_the_annotation_says_how_a_user_becomes_administrator() -> None:
    user = replace(eve(allow("iam:AttachUserPolicy")), mfa_devices_complete=True)
    verdict = evaluate(user, ESCALATION, date(2026, 11, 24), Survey(Snapshot(users=(user,)), ESCALATION))
    assert isinstance(verdict, Verdict)
    assert (
        "(can attach an administrator policy to itself: iam:AttachUserPolicy, inline policy x of user)"
        in verdict.annotation
    )


# Policies that can be attached

ITSELF = f"{IAM}user/${{aws:username}}"
CUSTOMER = {"ArnLike": {"iam:PolicyARN": f"{IAM}policy/*"}}
TEAM = {"ArnLike": {"iam:PolicyARN": f"{IAM}policy/team-*"}}
DECOYS = [f"{IAM}policy/decoy-{number:02}-*-x" for number in range(80)]
SOMETHING = {"ArnEquals": {"iam:PolicyARN": f"{IAM}policy/something"}}


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param([allow("iam:AttachUserPolicy", Condition=CUSTOMER)], False, id="no customer policy is of use"),
        pytest.param(
            [allow("iam:AttachUserPolicy", Condition=CUSTOMER), allow("iam:CreatePolicy")], True, id="a new policy"
        ),
        pytest.param(
            [allow("iam:AttachUserPolicy", Condition=TEAM), allow("iam:CreatePolicy")], True, id="a new policy by name"
        ),
        pytest.param(
            [
                allow("iam:AttachUserPolicy", Condition=TEAM),
                allow("iam:CreatePolicy", f"{IAM}policy/*-${{aws:username}}"),
            ],
            True,
            id="a name that both patterns match",
        ),
        pytest.param(
            [allow("iam:AttachUserPolicy", Condition=TEAM), allow("iam:CreatePolicy", f"{IAM}policy/other-*")],
            False,
            id="no name that both patterns match",
        ),
        pytest.param(
            [
                allow(
                    "iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/job-*"}}
                ),
                allow("iam:CreatePolicy"),
            ],
            False,
            id="AWS's policies only",
        ),
        pytest.param(
            [
                allow("iam:AttachUserPolicy", Condition=CUSTOMER),
                allow("iam:CreatePolicyVersion", f"{IAM}policy/harmless"),
            ],
            True,
            id="a policy that it can rewrite",
        ),
        pytest.param(
            [
                allow("iam:AttachUserPolicy", Condition=TEAM),
                allow("iam:CreatePolicy", [*DECOYS, f"{IAM}policy/*-${{aws:username}}"]),
            ],
            True,
            id="more patterns than are compared",
        ),
        pytest.param(
            [allow("iam:AttachUserPolicy", Condition=TEAM), allow("iam:CreatePolicy", DECOYS[:60])],
            False,
            id="as many patterns as are compared",
        ),
    ],
)
def test_a_limited_attach_counts_where_some_policy_is_of_use(
    statements: list[dict[str, Any]],
    found: bool,  # noqa: FBT001
) -> None:
    assert ways(eve(*statements)) == (["AttachUserPolicy"] if found else [])


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param(FULL_ACCESS, True, id="full access"),
        pytest.param(allow("iam:*"), True, id="all of IAM"),
        pytest.param(allow("iam:Put*", f"{IAM}user/${{aws:username}}"), True, id="the holder's own policies"),
        pytest.param(allow("iam:PutUserPolicy", f"{IAM}user/eve"), True, id="policies of the holder by name"),
        pytest.param(allow("iam:PutUserPolicy", f"{IAM}user/bob"), False, id="policies of another user"),
        pytest.param(
            allow("iam:PutUserPolicy", f"{IAM}user/eve", Condition={"StringEquals": {"aws:username": "bob"}}),
            False,
            id="on a condition that the holder cannot meet",
        ),
        pytest.param(allow("iam:PutGroupPolicy", f"{IAM}group/ops"), True, id="policies of the holder's group"),
        pytest.param(allow("iam:PutGroupPolicy", f"{IAM}group/dev"), False, id="policies of another group"),
        pytest.param(allow("iam:CreatePolicyVersion", f"{IAM}policy/something"), True, id="the policy itself"),
        pytest.param(allow("iam:CreatePolicyVersion", f"{IAM}policy/other"), False, id="a policy of another user"),
        pytest.param(allow("iam:CreatePolicyVersion", f"{IAM}policy/mine"), True, id="another policy of the holder"),
        pytest.param(allow("iam:SetDefaultPolicyVersion", f"{IAM}policy/mine"), True, id="a former version of it"),
        pytest.param(allow("iam:CreateAccessKey", f"{IAM}user/boss"), True, id="an administrator's access key"),
        pytest.param(allow("iam:CreateAccessKey", f"{IAM}user/bob"), False, id="another user's access key"),
        pytest.param(allow("iam:AddUserToGroup", f"{IAM}group/admins"), True, id="a group of administrators"),
        pytest.param(allow("iam:AddUserToGroup", f"{IAM}group/dev"), False, id="another group"),
        pytest.param(allow("iam:PassRole", f"{IAM}role/runner"), True, id="a role for what the holder can run"),
        pytest.param(allow("iam:PassRole", f"{IAM}role/reader"), False, id="a role that is not an administrator"),
        pytest.param(allow("iam:PutUserPolicy", [f"{IAM}user/eve", f"{IAM}user/bob"]), True, id="policies of both"),
        pytest.param(
            {"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": f"{IAM}user/bob"},
            True,
            id="policies of all users but another",
        ),
        pytest.param(
            allow(["iam:CreateGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy"], f"{IAM}group/team/*"),
            True,
            id="policies of a new group",
        ),
        pytest.param(deny("iam:*"), False, id="Deny"),
        pytest.param(HARMLESS, False, id="harmless"),
    ],
)
def test_a_policy_that_is_attached_to_nothing_yet_can_be_attached(
    statement: dict[str, Any],
    found: bool,  # noqa: FBT001
) -> None:
    attach = inline("x", allow("iam:AttachUserPolicy", f"{IAM}user/eve", Condition=SOMETHING), allow("ecs:RunTask"))
    actor = user("eve", attach, managed("mine", HARMLESS), groups=["ops"])
    bob = user("bob", managed("other", HARMLESS), groups=["dev"])
    boss = user("boss", administrator_access())
    tasks = {"Service": "ecs-tasks.amazonaws.com"}
    snapshot = Snapshot(
        users=(actor, bob, boss),
        groups=(group("ops"), group("dev"), group("admins", administrator_access("admins"))),
        roles=(role("runner", tasks, administrator_access()), role("reader", tasks)),
        policies=(managed("something", HARMLESS, statement).policy,),
        other_versions=((f"{IAM}policy/mine", (document(FULL_ACCESS),)),),
    )

    assert [grant.way for grant in grants(actor, snapshot=snapshot)] == (["AttachUserPolicy"] if found else [])


def test_a_member_can_rewrite_the_group_that_it_joins() -> None:
    writers = group("writers", inline("w", allow("iam:PutGroupPolicy", f"{IAM}group/writers"), group="writers"))
    readers = group("readers", inline("r", allow("iam:Get*"), group="readers"))
    actor = user("eve", inline("join", allow("iam:AddUserToGroup")))

    found = grants(actor, snapshot=Snapshot(users=(actor,), groups=(readers, writers)))

    assert [grant.way for grant in found] == ["AddUserToGroup"]


def test_a_member_can_attach_a_policy_that_it_creates() -> None:
    attach = allow("iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": f"{IAM}policy/team/*"}})
    writers = group("writers", inline("w", attach, allow("iam:CreatePolicy"), group="writers"))
    actor = user("eve", inline("join", allow("iam:AddUserToGroup")))

    found = grants(actor, snapshot=Snapshot(users=(actor,), groups=(writers,)))

    assert [grant.way for grant in found] == ["AddUserToGroup"]


@pytest.mark.parametrize(
    ("own", "something", "found"),
    [
        pytest.param(HARMLESS, FULL_ACCESS, True, id="full access"),
        pytest.param(HARMLESS, HARMLESS, False, id="harmless"),
        pytest.param(
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow("iam:*"), True, id="full access together"
        ),
        pytest.param(HARMLESS, allow("iam:PutUserPolicy", ITSELF), True, id="the holder's own policies"),
        pytest.param(HARMLESS, allow("iam:PutUserPolicy", f"{IAM}user/bob"), False, id="policies of another user"),
    ],
)
def test_a_group_counts_that_lets_its_members_attach_a_policy_of_the_account(
    own: dict[str, Any],
    something: dict[str, Any],
    found: bool,  # noqa: FBT001
) -> None:
    writers = group("writers", inline("w", allow("iam:AttachUserPolicy", Condition=SOMETHING), group="writers"))
    actor = user("eve", inline("x", own), inline("join", allow("iam:AddUserToGroup", f"{IAM}group/writers")))
    snapshot = Snapshot(users=(actor,), groups=(writers,), policies=(managed("something", something).policy,))

    assert [grant.way for grant in grants(actor, snapshot=snapshot)] == (["AddUserToGroup"] if found else [])


@pytest.mark.parametrize("others", [[user("bob", path="/team/")], []], ids=["of others", "that is empty"])
@pytest.mark.parametrize("name", ["*", "${aws:username}", "new-one", "*-lead", "old-*"])
def test_a_new_user_can_hold_a_policy_that_empowers_its_team(name: str, others: list[IamUser]) -> None:
    team = f"{IAM}user/team/*"
    actor = user(
        "eve",
        inline("x", allow(["iam:CreateUser", "iam:CreateAccessKey"], f"{IAM}user/team/new-*")),
        inline("y", allow("iam:AttachUserPolicy", team, Condition=SOMETHING)),
    )
    policy = managed("something", allow("iam:PutUserPolicy", f"{IAM}user/team/{name}")).policy
    snapshot = Snapshot(users=(actor, *others), policies=(policy,))

    found = [grant.way for grant in grants(actor, snapshot=snapshot)]
    assert found == ([] if name == "old-*" else ["AttachUserPolicy"])


RAISES = allow("iam:PutUserPolicy", ITSELF)


def attaches(*names: str) -> dict[str, Any]:
    """A statement that lets a user attach some policies to itself."""
    arns = [f"{IAM}policy/{name}" for name in names]
    return allow("iam:AttachUserPolicy", ITSELF, Condition={"ArnEquals": {"iam:PolicyARN": arns}})


@pytest.mark.parametrize(
    ("statements", "policies", "steps"),
    [
        pytest.param(
            [attaches("a")],
            {"a": [attaches("b")], "b": [attaches("c")], "c": [RAISES], "d": [FULL_ACCESS]},
            ["iam:AttachUserPolicy"] * 3 + ["iam:PutUserPolicy"],
            id="one that allows the next",
        ),
        pytest.param(
            [attaches("a", "b", "c")],
            {
                "a": [allow("iam:AddUserToGroup", f"{IAM}group/dev")],
                "b": [allow("s3:*")],
                "c": [allow("iam:PutGroupPolicy", f"{IAM}group/dev")],
            },
            ["iam:AttachUserPolicy"] * 2 + ["iam:AddUserToGroup + iam:PutGroupPolicy"],
            id="two that only together are enough, without a third",
        ),
        pytest.param(
            [attaches("a"), allow("iam:CreatePolicyVersion", f"{IAM}policy/devs")],
            {"a": [allow("iam:AddUserToGroup", f"{IAM}group/dev")]},
            ["iam:AttachUserPolicy", "iam:AddUserToGroup", "iam:CreatePolicyVersion"],
            id="a policy of the group that it joins",
        ),
        pytest.param(
            [attaches("a")],
            {"a": [allow("iam:AttachUserPolicy", f"{IAM}user/bob", Condition=CUSTOMER)], "b": [RAISES]},
            [],
            id="one that is for another user",
        ),
        pytest.param(
            [RAISES, attaches("a")], {"a": [allow("iam:Get*")]}, ["iam:PutUserPolicy"], id="none that is needed"
        ),
    ],
)
def test_rights_that_are_gained_are_rights(
    statements: list[dict[str, Any]], policies: dict[str, list[dict[str, Any]]], steps: list[str]
) -> None:
    actor = user("eve", inline("x", *statements))
    snapshot = Snapshot(
        users=(actor, user("bob")),
        groups=(group("dev", managed("devs", allow("sts:AssumeRole"), group="dev")),),
        policies=tuple(managed(name, *found).policy for name, found in policies.items()),
    )

    found = grants(actor, snapshot=snapshot)

    assert len(found) <= 1
    assert [step.split(": ")[1].split(", ")[0] for grant in found for step in grant.steps] == steps


@pytest.mark.parametrize(
    ("statement", "parameters", "found"),
    [
        pytest.param(deny("iam:PutUserPolicy"), ATTACHED, True, id="which is not looked at"),
        pytest.param(deny("iam:PutUserPolicy"), EFFECTIVE, False, id="of what it allows"),
        pytest.param(deny("s3:*"), EFFECTIVE, True, id="of something else"),
    ],
)
def test_a_policy_that_denies_too_is_worth_what_it_leaves(
    statement: dict[str, Any],
    parameters: Parameters,
    found: bool,  # noqa: FBT001
) -> None:
    actor = user("eve", inline("x", attaches("a", "b")))
    policies = (managed("a", RAISES, statement).policy, managed("b", deny("*"), allow("iam:Get*")).policy)

    ways = grants(actor, parameters=parameters, snapshot=Snapshot(users=(actor,), policies=policies))

    assert [grant.way for grant in ways] == ["AttachUserPolicy"] * found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param(allow("sts:AssumeRole", f"{IAM}role/deploy"), True, id="an administrator's role"),
        pytest.param(allow("sts:AssumeRole", f"{IAM}role/second"), True, id="a role that becomes an administrator"),
        pytest.param(allow("sts:AssumeRole", f"{IAM}role/reader"), False, id="another role"),
        pytest.param(RAISES, True, id="its own policies"),
        pytest.param(attaches("next"), True, id="the next policy"),
    ],
)
def test_another_user_can_be_given_a_policy_and_then_be_taken(statement: dict[str, Any], found: bool) -> None:  # noqa: FBT001
    give = allow(["iam:AttachUserPolicy", "iam:CreateAccessKey"], f"{IAM}user/bob", Condition=SOMETHING)
    actor = user("eve", inline("x", give, allow("iam:CreateAccessKey", f"{IAM}user/bob")))
    snapshot = Snapshot(
        users=(actor, user("bob")),
        roles=(
            role("deploy", ROOT, administrator_access()),
            role("first", ROOT, inline("f", allow("sts:AssumeRole", f"{IAM}role/deploy"))),
            role("second", ROOT, inline("s", allow("sts:AssumeRole", f"{IAM}role/first"))),
            role("reader", ROOT),
        ),
        policies=(managed("something", statement).policy, managed("next", RAISES).policy),
    )

    assert [grant.way for grant in grants(actor, snapshot=snapshot)] == ["AttachUserPolicy"] * found


def test_a_new_user_is_not_one_that_exists() -> None:
    both = [f"{IAM}user/bob", f"{IAM}user/team/*"]
    creates = eve(allow(["iam:CreateUser", "iam:PutUserPolicy"], both), allow("iam:CreateAccessKey", both[1]))

    assert [grant.how for grant in grants(creates)] == [
        (
            "can create a new user with access keys and write any inline policy of it: "
            "iam:CreateUser + iam:CreateAccessKey + iam:PutUserPolicy"
        )
    ]


def test_a_version_that_is_not_in_force_can_be_all_of_iam() -> None:
    actor = user("eve", managed("mine", allow("iam:SetDefaultPolicyVersion", f"{IAM}policy/mine")))
    rewrites_itself = allow("iam:CreatePolicyVersion", f"{IAM}policy/mine")
    found_by_statement = ((allow("iam:*"), True), (rewrites_itself, True), (HARMLESS, False))
    for statement, found in found_by_statement:
        versions = ((f"{IAM}policy/mine", (document(statement),)),)
        snapshot = Snapshot(users=(actor,), other_versions=versions)

        assert [grant.way for grant in grants(actor, snapshot=snapshot)] == ["SetDefaultPolicyVersion"] * found


def test_a_new_user_counts_where_more_patterns_allow_it_than_are_compared() -> None:
    decoys = [f"{IAM}user/decoy-{number:02}-*-x" for number in range(80)]
    create = allow(["iam:CreateUser", "iam:CreateAccessKey"], [*decoys, f"{IAM}user/team-*"])

    assert ways(eve(create, allow("iam:PutUserPolicy", f"{IAM}user/*-eve"))) == ["PutUserPolicy"]
    assert (
        ways(
            eve(create, allow("iam:PutUserPolicy", f"{IAM}user/*-eve"), deny("iam:CreateAccessKey")),
            parameters=EFFECTIVE,
        )
        == []
    )


def test_a_role_raises_a_user_through_a_group() -> None:
    join = allow(["iam:AddUserToGroup", "iam:PutGroupPolicy"], f"{IAM}group/dev")
    runner = role(
        "runner", {"AWS": f"{IAM}user/eve"}, inline("r", join, allow("iam:CreateAccessKey", f"{IAM}user/bob"))
    )
    actor = user("eve")

    assert [grant.how for grant in grants(actor, runner)] == [
        "can assume the administrator role runner, whose trust policy asks for no MFA: sts:AssumeRole"
    ]


def test_a_bounded_user_adds_an_unbounded_one_to_a_group_and_takes_its_key() -> None:
    statements = (allow("iam:AddUserToGroup", f"{IAM}group/admins"), allow("iam:CreateAccessKey", f"{IAM}user/bob"))
    actor = replace(eve(*statements), boundary=Policy(name="b", arn=f"{IAM}policy/b", document=document(*statements)))

    assert [grant.how for grant in grants(actor, parameters=EFFECTIVE)] == [
        (
            "can create access keys for user bob and add it to a group of administrators: "
            "iam:CreateAccessKey + iam:AddUserToGroup"
        )
    ]


# Tags

BLUE = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
OWN_TEAM = {"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}}


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param([allow("iam:PutUserPolicy", Condition=BLUE)], [], id="another team"),
        pytest.param(
            [allow("iam:PutUserPolicy", Condition=BLUE), allow("iam:TagUser", ITSELF)], ["PutUserPolicy"], id="tag"
        ),
        pytest.param(
            [allow("iam:PutUserPolicy", Condition=BLUE), allow("iam:TagUser", f"{IAM}user/bob")], [], id="tag others"
        ),
        pytest.param(
            [
                allow("iam:PutUserPolicy", Condition={"Null": {"aws:PrincipalTag/team": "true"}}),
                allow("iam:UntagUser", ITSELF),
            ],
            ["PutUserPolicy"],
            id="remove the tag",
        ),
        pytest.param(
            [
                allow("iam:CreateAccessKey", f"{IAM}user/${{aws:PrincipalTag/team}}"),
                allow("iam:TagUser", ITSELF),
            ],
            ["CreateAccessKey"],
            id="a variable",
        ),
        pytest.param([allow("iam:CreateAccessKey", f"{IAM}user/boss", Condition=OWN_TEAM)], [], id="of its own team"),
        pytest.param(
            [allow("iam:CreateAccessKey", f"{IAM}user/boss", Condition=OWN_TEAM), allow("iam:TagUser", ITSELF)],
            ["CreateAccessKey"],
            id="of a team that it joins",
        ),
        pytest.param(
            [
                allow("iam:CreateAccessKey", f"{IAM}user/boss", Condition=OWN_TEAM),
                allow("iam:TagUser", f"{IAM}user/bos?"),
            ],
            ["CreateAccessKey"],
            id="of a team that the other joins",
        ),
        pytest.param(
            [
                allow(
                    "iam:CreateAccessKey", f"{IAM}user/boss", Condition={**OWN_TEAM, "Bool": {"aws:username": "bob"}}
                ),
                allow("iam:TagUser", ITSELF),
            ],
            [],
            id="another condition fails",
        ),
    ],
)
def test_a_tag_that_the_user_can_change_holds_nobody_back(statements: list[dict[str, Any]], found: list[str]) -> None:
    actor = user("eve", inline("x", *statements), tags=(("team", "red"),))
    boss = user("boss", administrator_access(), tags=(("team", "blue"),))

    assert [grant.way for grant in grants(actor, snapshot=Snapshot(users=(actor, boss)))] == found


def test_a_deny_by_tag_counts_unless_the_user_can_change_the_tag() -> None:
    by_tag = deny("iam:PutUserPolicy", f"{IAM}user/${{aws:PrincipalTag/me}}")
    held, free = (
        user("eve", inline("x", allow(["iam:PutUserPolicy", *more]), by_tag), tags=(("me", "eve"),))
        for more in ([], ["iam:TagUser"])
    )

    assert grants(held, parameters=EFFECTIVE, snapshot=Snapshot(users=(held,))) == ()
    assert len(grants(free, parameters=EFFECTIVE, snapshot=Snapshot(users=(free,)))) == 1


# Removing what denies

NO_PUT = deny("iam:PutUserPolicy")


@pytest.mark.parametrize(
    ("attachments", "how"),
    [
        pytest.param([inline("d", NO_PUT)], None, id="inline, and cannot be removed"),
        pytest.param(
            [inline("d", NO_PUT), inline("r", allow("iam:DeleteUserPolicy", f"{IAM}user/eve"))],
            "delete its own inline policies that deny, and write any inline policy of itself: "
            "iam:DeleteUserPolicy + iam:PutUserPolicy",
            id="inline",
        ),
        pytest.param(
            [inline("d", NO_PUT), inline("r", allow("iam:DeleteUserPolicy", f"{IAM}user/bob"))], None, id="of others"
        ),
        pytest.param(
            [inline("d", NO_PUT), inline("r", allow("iam:DetachUserPolicy"))], None, id="inline cannot be detached"
        ),
        pytest.param(
            [managed("d", NO_PUT), inline("r", allow("iam:DetachUserPolicy"))],
            "detach its own policies that deny, and write any inline policy of itself: "
            "iam:DetachUserPolicy + iam:PutUserPolicy",
            id="managed",
        ),
        pytest.param(
            [
                managed("d", NO_PUT),
                inline(
                    "r",
                    allow("iam:DetachUserPolicy", Condition={"ArnNotEquals": {"iam:PolicyARN": f"{IAM}policy/d"}}),
                ),
            ],
            None,
            id="every managed policy but this one",
        ),
        pytest.param(
            [managed("d", NO_PUT, deny("iam:Detach*")), inline("r", allow("iam:DetachUserPolicy"))],
            None,
            id="managed, and protects itself",
        ),
        pytest.param([managed("d", NO_PUT), inline("r", allow("iam:DetachRolePolicy"))], None, id="from roles only"),
        pytest.param(
            [
                managed("d", NO_PUT, group="ops"),
                inline(
                    "r",
                    allow("iam:RemoveUserFromGroup", Condition={"ArnNotEquals": {"iam:PolicyARN": f"{IAM}policy/d"}}),
                ),
            ],
            "remove itself from a group whose policies deny, and write any inline policy of itself: "
            "iam:RemoveUserFromGroup + iam:PutUserPolicy",
            id="leaving a group names no policy",
        ),
        pytest.param(
            [managed("d", NO_PUT, group="ops"), inline("r", allow("iam:DetachGroupPolicy", f"{IAM}group/ops"))],
            "detach the policies of its own group that deny, and write any inline policy of itself: "
            "iam:DetachGroupPolicy + iam:PutUserPolicy",
            id="managed, of a group",
        ),
        pytest.param(
            [inline("d", NO_PUT, group="ops"), inline("r", allow("iam:DeleteGroupPolicy", f"{IAM}group/ops"))],
            "delete the inline policies of its own group that deny, and write any inline policy of itself: "
            "iam:DeleteGroupPolicy + iam:PutUserPolicy",
            id="inline, of a group",
        ),
        pytest.param(
            [inline("d", NO_PUT, group="ops"), inline("r", allow("iam:RemoveUserFromGroup", f"{IAM}group/ops"))],
            "remove itself from a group whose policies deny, and write any inline policy of itself: "
            "iam:RemoveUserFromGroup + iam:PutUserPolicy",
            id="by leaving the group",
        ),
        pytest.param(
            [
                inline("d", NO_PUT),
                managed("e", deny("iam:DeleteUserPolicy")),
                inline("r", allow(["iam:DeleteUserPolicy", "iam:DetachUserPolicy"])),
            ],
            (
                "detach its own policies that deny, delete its own inline policies that deny, and write any inline "
                "policy of itself: iam:DetachUserPolicy + iam:DeleteUserPolicy + iam:PutUserPolicy"
            ),
            id="one after the other",
        ),
    ],
)
def test_a_deny_that_the_user_can_remove_holds_nobody_back(attachments: list[Any], how: str | None) -> None:
    actor = user("eve", inline("x", allow("iam:PutUserPolicy")), *attachments, groups=["ops"], tags=(("team", "red"),))
    snapshot = Snapshot(users=(actor,), groups=(group("ops"),))

    found = grants(actor, parameters=EFFECTIVE, snapshot=snapshot)

    assert [grant.how for grant in found] == ([f"can {how}"] if how else [])


def test_the_removal_of_a_deny_is_a_step_of_every_path_through_its_user() -> None:
    ada = user("ada", inline("helpdesk", allow("iam:UpdateLoginProfile", f"{IAM}user/bob")))
    own = allow(["iam:DeleteUserPolicy", "sts:AssumeRole"], [f"{IAM}user/bob", f"{IAM}role/hop"])
    bob = user("bob", inline("own", own), inline("d", deny("sts:AssumeRole")))
    hop = role("hop", ROOT, inline("h", allow("iam:PutRolePolicy", f"{IAM}role/hop")))

    (found,) = grants(ada, parameters=EFFECTIVE, snapshot=Snapshot(users=(ada, bob), roles=(hop,)))

    assert [step.split(": ", 1)[1] for step in found.steps] == [
        "iam:UpdateLoginProfile, inline policy helpdesk of user",
        "iam:DeleteUserPolicy, inline policy own of user",
        "sts:AssumeRole, inline policy own of user",
        "iam:PutRolePolicy, inline policy h of user",
    ]


def test_a_role_can_remove_its_own_deny() -> None:
    own = inline("own", allow(["iam:PutRolePolicy", "iam:DetachRolePolicy"], f"{IAM}role/runner"))
    runner = role("runner", {"AWS": f"{IAM}user/eve"}, own, managed("d", deny("iam:PutRolePolicy")))
    actor = user("eve")

    found = grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,), roles=(runner,)))

    assert [grant.way for grant in found] == ["AssumeRole"]


@pytest.mark.parametrize(("denied", "found"), [("other", ["AssumeRole"]), ("boss", [])])
def test_only_a_deny_of_the_role_itself_counts(denied: str, found: list[str]) -> None:
    actor = user("eve", inline("x", deny("sts:AssumeRole", f"{IAM}role/{denied}")))
    boss = role("boss", {"AWS": f"{IAM}user/eve"}, administrator_access())

    assert [
        grant.way for grant in grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,), roles=(boss,)))
    ] == found


@pytest.mark.parametrize("action", ["iam:DetachUserPolicy", "iam:PutUserPolicy"])
def test_an_administrator_who_remains_denied_is_not_freed(action: str) -> None:
    held = user("held", administrator_access(), managed("d", deny("*")), inline("e", deny("*")))
    actor = user("eve", inline("x", allow([action, "iam:CreateAccessKey"], held.arn)))

    assert grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor, held))) == ()


def test_what_is_lost_with_a_deny_does_not_count() -> None:
    leave = inline("r", allow("iam:RemoveUserFromGroup"))
    held = user("eve", inline("x", allow("iam:PutUserPolicy"), NO_PUT, group="ops"), leave, groups=["ops"])

    assert grants(held, parameters=EFFECTIVE, snapshot=Snapshot(users=(held,), groups=(group("ops"),))) == ()


@pytest.mark.parametrize(
    ("remove", "found"),
    [
        pytest.param("iam:DetachGroupPolicy", True, id="the policy is detached"),
        pytest.param("iam:RemoveUserFromGroup", False, id="the user leaves the group"),
    ],
)
def test_a_user_who_leaves_a_group_no_longer_gains_from_its_policies(remove: str, found: bool) -> None:  # noqa: FBT001
    deny_put = managed("d", deny("iam:PutGroupPolicy"), group="ops")
    actor = user("eve", deny_put, inline("x", allow([remove, "iam:PutGroupPolicy"])), groups=["ops", "gone"])
    snapshot = Snapshot(users=(actor,), groups=(group("ops"),))

    found_ways = [grant.way for grant in grants(actor, parameters=EFFECTIVE, snapshot=snapshot)]
    assert found_ways == (["PutGroupPolicy"] if found else [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(inline, managed, id="inline allows to detach"),
        pytest.param(managed, inline, id="managed allows to delete"),
    ],
)
def test_a_deny_is_removed_before_the_policy_that_allows_its_removal(first: Any, second: Any) -> None:
    removes = {managed: "iam:DetachUserPolicy", inline: "iam:DeleteUserPolicy"}
    actor = user(
        "eve",
        inline("x", allow(["iam:PutUserPolicy", removes[first]])),
        first("a", allow(removes[second]), deny("s3:*")),
        second("e", NO_PUT),
    )

    (found,) = grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,)))

    assert found.how is not None
    assert found.how.endswith(f": {removes[second]} + iam:PutUserPolicy")


def test_a_boundary_is_removed_before_what_it_does_not_allow() -> None:
    boundary = Policy(name="b", arn=f"{IAM}policy/b", document=document(allow("iam:DeleteUserPermissionsBoundary")))
    allowed = allow(["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"])
    actor = user("eve", inline("x", allowed), boundary=boundary)

    (found,) = grants(actor, parameters=EFFECTIVE, snapshot=Snapshot(users=(actor,)))

    assert found.how == (
        "can remove its own permissions boundary, and write any inline policy of itself: "
        "iam:DeleteUserPermissionsBoundary + iam:PutUserPolicy"
    )
    assert [step.split(": ")[1] for step in found.steps] == [
        "iam:DeleteUserPermissionsBoundary, inline policy x of user",
        "iam:PutUserPolicy, inline policy x of user",
    ]


@pytest.mark.parametrize(
    ("attachment", "action", "way"),
    [
        pytest.param(managed("d", deny("*")), "iam:DetachUserPolicy", "DetachUserPolicy", id="managed"),
        pytest.param(inline("d", deny("*")), "iam:DeleteUserPolicy", "DeleteUserPolicy", id="inline"),
        pytest.param(managed("d", deny("*"), group="ops"), "iam:DetachGroupPolicy", "DetachGroupPolicy", id="group's"),
        pytest.param(inline("d", deny("*"), group="ops"), "iam:DeleteGroupPolicy", "DeleteGroupPolicy", id="in group"),
        pytest.param(inline("d", deny("*"), group="ops"), "iam:RemoveUserFromGroup", "RemoveUserFromGroup", id="leave"),
        pytest.param(managed("d", deny("*")), "iam:DeleteUserPolicy", None, id="another action"),
        pytest.param(managed("d", deny("s3:*")), "iam:DetachUserPolicy", "CreateAccessKey", id="holds nobody"),
    ],
)
def test_a_denied_administrator_is_freed_and_then_taken(attachment: Any, action: str, way: str | None) -> None:
    actor = user("eve", inline("x", allow([action, "iam:CreateAccessKey"])))
    held = user("held", administrator_access(), attachment, groups=["ops"])
    snapshot = Snapshot(users=(actor, held), groups=(group("ops"),))

    assert [grant.way for grant in grants(actor, parameters=EFFECTIVE, snapshot=snapshot)] == ([way] if way else [])


@pytest.mark.parametrize(
    ("attachment", "action", "way"),
    [
        pytest.param(managed("d", deny("*")), "iam:DetachRolePolicy", "DetachRolePolicy", id="managed"),
        pytest.param(inline("d", deny("*")), "iam:DeleteRolePolicy", "DeleteRolePolicy", id="inline"),
        pytest.param(inline("d", deny("*")), "iam:DetachRolePolicy", None, id="another action"),
    ],
)
def test_a_denied_administrator_role_is_freed_and_then_assumed(attachment: Any, action: str, way: str | None) -> None:
    actor = user("eve", inline("x", allow([action, "sts:AssumeRole"])))
    held = role("held", ROOT, administrator_access(), attachment)
    snapshot = Snapshot(users=(actor,), roles=(held,))

    assert [grant.way for grant in grants(actor, parameters=EFFECTIVE, snapshot=snapshot)] == ([way] if way else [])
