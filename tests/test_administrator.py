"""Test the definition of an administrator. Each positive case has a negative one that differs in one token."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from admin_mfa.administrator import find_grants
from admin_mfa.escalation.snapshot import Role
from admin_mfa.evaluate import grants_in_force
from admin_mfa.model import AdminGrant, Fact, GrantSource, IamUser, Unread
from admin_mfa.policy.aws_managed import NEVER_ALLOWED, NEVER_SERVED
from admin_mfa.policy.document import UNREADABLE, parse_document
from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.policy.service_prefixes import SERVICE_PREFIXES
from admin_mfa.statements import Policy, PolicyDocument
from tests.support import values
from tests.support.values import ACCOUNT, admin_grant, allow, deny, inline, managed, of_aws, parameters, user

ADMIN = of_aws("AdministratorAccess")
POWER = of_aws("PowerUserAccess")
IAM_FULL = of_aws("IAMFullAccess")
BUCKET = "arn:aws:s3:::records"


def grant(policy: str, via: str = "user") -> AdminGrant:
    return admin_grant(policy=policy, via=via)


def read(statements: list[dict[str, Any]], version: str = "2012-10-17") -> PolicyDocument:
    return parse_document({"Version": version, "Statement": statements})


def no_grants() -> tuple[AdminGrant, ...]:
    return ()


@pytest.mark.parametrize(
    ("someone", "grants"),
    [
        pytest.param(user(), no_grants(), id="no policy"),
        pytest.param(user(ADMIN), (grant("AdministratorAccess"),), id="AdministratorAccess on the user"),
        pytest.param(
            user(("ops", ADMIN)), (grant("AdministratorAccess", "group ops"),), id="AdministratorAccess on a group"
        ),
        pytest.param(user(of_aws("ReadOnlyAccess")), no_grants(), id="another AWS managed policy"),
        pytest.param(
            user(managed("boss", allow())), (grant("boss"),), id="customer-managed policy that allows everything"
        ),
        pytest.param(user(managed("boss", allow("s3:*"))), no_grants(), id="customer-managed policy that allows S3"),
        pytest.param(
            user(("ops", managed("boss", allow()))), (grant("boss", "group ops"),), id="customer-managed on a group"
        ),
        pytest.param(user(("ops", managed("boss", allow("s3:*")))), no_grants(), id="customer-managed S3 on a group"),
        pytest.param(
            user(inline("mine", allow())), (grant("mine", "inline policy mine of user"),), id="inline on the user"
        ),
        pytest.param(user(inline("mine", allow("s3:*"))), no_grants(), id="inline S3 on the user"),
        pytest.param(
            user(("ops", inline("deploy", allow()))),
            (grant("deploy", "inline policy deploy of group ops"),),
            id="inline on a group",
        ),
        pytest.param(user(("ops", inline("deploy", allow("s3:*")))), no_grants(), id="inline S3 on a group"),
        pytest.param(
            user(ADMIN, inline("mine", allow()), ("ops", ADMIN), ("web", managed("boss", allow()))),
            (
                grant("AdministratorAccess"),
                grant("mine", "inline policy mine of user"),
                grant("AdministratorAccess", "group ops"),
                grant("boss", "group web"),
            ),
            id="all grants at once, in the order of the attachments",
        ),
        pytest.param(user(inline("mine", deny())), no_grants(), id="Deny everything grants nothing"),
        pytest.param(user(boundary=ADMIN), no_grants(), id="a boundary grants nothing"),
        pytest.param(
            user(managed("AdministratorAccess", allow("s3:*"))), no_grants(), id="only named AdministratorAccess"
        ),
        pytest.param(
            user(managed("AdministratorAccess", allow("s3:*"), path="/aws/")),
            no_grants(),
            id="only named AdministratorAccess, under the path aws",
        ),
        pytest.param(
            user(of_aws("AdministratorAccess-Amplify")), no_grants(), id="AWS managed policy with a longer name"
        ),
        pytest.param(
            user(of_aws("AdministratorAccess", "aws-cn")), (grant("AdministratorAccess"),), id="China's partition"
        ),
        pytest.param(user(of_aws("AdministratorAccess", "aws-us-gov")), (grant("AdministratorAccess"),), id="GovCloud"),
        pytest.param(
            user(
                Policy(
                    name="AdministratorAccess",
                    arn="arn:aws:iam::aws:policy/job-function/AdministratorAccess",
                    document=parse_document({"Statement": []}),
                )
            ),
            no_grants(),
            id="AWS managed policy of that name under another path",
        ),
    ],
)
def test_every_grant_of_the_user_is_listed(someone: IamUser, grants: tuple[AdminGrant, ...]) -> None:
    assert find_grants(someone, parameters()) == grants


def test_the_narrow_definition_ignores_a_customer_policy_with_the_same_name() -> None:
    narrow = parameters(AdministratorDefinition="AdministratorAccess")
    assert find_grants(user(ADMIN), narrow) == (grant("AdministratorAccess"),)
    assert find_grants(user(managed("AdministratorAccess", allow())), narrow) == ()


ALPHABET = "abcdefghijklmnopqrstuvwxyz"
NEXT = f"{ALPHABET}0123456789-"
KINDS = ("user", "group", "role", "policy")
SERVICES = [f"{service}:*" for service in SERVICE_PREFIXES if service != "iam"]
IN_AN_IF = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FROM_HOME = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    ("statements", "administrator"),
    [
        pytest.param([allow("*")], True, id="star"),
        pytest.param([allow(["*"])], True, id="star in a list"),
        pytest.param([allow(["s3:Get*", "*"])], True, id="star after another pattern"),
        pytest.param([allow("*:*")], True, id="service star, action star"),
        pytest.param([allow("**")], True, id="two stars"),
        pytest.param([allow("***")], True, id="three stars"),
        pytest.param([allow("*:**")], True, id="star, colon, two stars"),
        pytest.param([allow("*?")], True, id="star and one more character"),
        pytest.param([allow("?")], False, id="one character"),
        pytest.param([allow("????:*")], False, id="services of four letters"),
        pytest.param([allow("s3:*")], False, id="all of S3"),
        pytest.param([allow("iam:*")], False, id="all of IAM is not full access"),
        pytest.param([allow("*:Get*")], False, id="reading everything"),
        pytest.param([allow([])], False, id="no action"),
        pytest.param([allow("")], False, id="an empty action"),
        pytest.param([allow([f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"])], True, id="all letters"),
        pytest.param([allow([f"{letter}*" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"])], True, id="all capitals"),
        pytest.param([allow([f"{letter}*" for letter in "abcdefghjklmnopqrstuvwxyz"])], False, id="all letters but i"),
        pytest.param([allow([f"{letter}*:*" for letter in "abcdefghijklmnopqrstuvwxyz"])], True, id="letters, colons"),
        pytest.param([allow(resource=["*"])], True, id="every resource in a list"),
        pytest.param([allow(resource=["*", BUCKET])], True, id="every resource, and one by name"),
        pytest.param([allow(resource=[BUCKET, "*"])], True, id="one resource by name, and every one"),
        pytest.param([allow(resource=BUCKET)], False, id="every action on one bucket"),
        pytest.param([allow(resource=[])], False, id="no resource"),
        pytest.param([allow(resource="**")], True, id="two stars as resource"),
        pytest.param([allow(resource="arn:*")], True, id="every ARN"),
        pytest.param([allow(resource="a*")], True, id="everything with the first letter of ARNs"),
        pytest.param([allow(resource="b*")], False, id="everything with another first letter"),
        pytest.param([allow(resource="arn:aws:*")], True, id="every ARN of the partition"),
        pytest.param([allow(resource="arn:aws*")], True, id="every ARN of all partitions"),
        pytest.param([allow(resource="arn:aws-cn:*")], False, id="every ARN of another partition"),
        pytest.param([allow(resource="arn:*:*")], True, id="every ARN, one more colon"),
        pytest.param([allow(resource="arn:aws:*:*:*:*")], True, id="every ARN spelled out"),
        pytest.param([allow(resource="arn:*:*:*:*:*")], True, id="every ARN spelled out, partition too"),
        pytest.param([allow(resource="*:*")], True, id="everything with a colon"),
        pytest.param([allow(resource="arn:aws:s3:*")], False, id="every ARN of S3"),
        pytest.param([allow(resource="arn:aws:*:*:*:user/*")], False, id="every user"),
        pytest.param([allow(resource="arn:aws:*:us-east-1:*:*")], False, id="every ARN of one region"),
        pytest.param([allow(resource="arn:aws:*:?*:*:*")], False, id="every ARN with a region: IAM's have none"),
        pytest.param([allow(resource=f"arn:aws:*:*:{ACCOUNT}:*")], True, id="every ARN of the account"),
        pytest.param(
            [allow(resource="arn:aws:*:*:${aws:PrincipalAccount}:*")], False, id="a variable before the resource"
        ),
        pytest.param(
            [allow(resource="arn:aws:*:*:1234*:*")], True, id="every ARN of accounts with the same first digits"
        ),
        pytest.param([allow(resource="arn:aws:*:*:210987654321:*")], False, id="every ARN of another account"),
        pytest.param([allow(resource=["arn:aws:i*", "arn:aws:[!i]*"])], False, id="no other wildcards exist"),
        pytest.param([allow(resource=[f"arn:aws:{c}*" for c in ALPHABET])], True, id="ARNs by every letter"),
        pytest.param(
            [allow(resource=[f"arn:aws:{c}*" for c in ALPHABET[:-1]])], False, id="ARNs by letter from A to Y"
        ),
        pytest.param([allow(resource=[f"arn:aws:{c}*"]) for c in ALPHABET], True, id="one statement for each letter"),
        pytest.param([allow(NotResource=BUCKET)], True, id="everything but one bucket"),
        pytest.param([allow("s3:*", NotResource=BUCKET)], False, id="S3 but one bucket"),
        pytest.param([allow(NotResource="*")], False, id="everything on nothing"),
        pytest.param([allow(NotResource=[BUCKET, "arn:*"])], False, id="everything but a bucket and every ARN"),
        pytest.param([allow(NotResource=[BUCKET, "arn:aws:iam:*"])], False, id="everything but a bucket and IAM's"),
        pytest.param([allow(NotResource="arn:aws:iam::*")], False, id="everything but IAM's ARNs"),
        pytest.param([allow(NotResource=f"arn:aws:iam::{ACCOUNT}:*")], False, id="everything but the account's IAM"),
        pytest.param(
            [allow(NotResource="arn:aws:iam::${aws:PrincipalAccount}:*")],
            True,
            id="NotResource with an unresolved variable",
        ),
        pytest.param(
            [allow(NotResource="arn:aws:iam::210987654321:*")], True, id="everything but another account's IAM"
        ),
        pytest.param(
            [allow(NotResource="arn:aws:iam::*"), allow("iam:*")], True, id="everything but IAM's ARNs, and IAM"
        ),
        pytest.param(
            [allow(NotResource="arn:aws:iam::*"), allow("*", "arn:aws:iam::*:*")], True, id="IAM's ARNs and the rest"
        ),
        pytest.param([allow(NotResource="arn:aws:iam::*:user/*")], True, id="everything but the users"),
        pytest.param(
            [allow(NotResource=[f"arn:aws:iam::*:{kind}/*" for kind in KINDS])],
            False,
            id="everything but all kinds of IAM resource",
        ),
        pytest.param(
            [allow(NotAction="s3:*", NotResource="arn:aws:iam::*")], False, id="all but S3 on all but IAM's ARNs"
        ),
        pytest.param([allow(["*:???*"])], True, id="names of three letters or more"),
        pytest.param([allow(["*:????*"])], False, id="names of four letters or more"),
        pytest.param([allow([f"*:{c}*" for c in ALPHABET])], True, id="every service, names by letter"),
        pytest.param([allow([f"*:{c}*" for c in ALPHABET[:-1]])], False, id="every service, names by letter but z"),
        pytest.param([allow(["?*:*"])], True, id="services of one letter or more"),
        pytest.param([allow([f"{c}*:?*" for c in ALPHABET])], True, id="services by letter, names of one or more"),
        pytest.param(
            [allow([*(f"{c}*" for c in ALPHABET if c != "i"), *(f"i{c}*" for c in NEXT), "i:*"])],
            True,
            id="one letter split once more",
        ),
        pytest.param(
            [allow([*(f"{c}*" for c in ALPHABET if c != "i"), *(f"i{c}*" for c in NEXT if c != "o"), "i:*"])],
            False,
            id="one letter split once more, with a gap",
        ),
        pytest.param(
            [allow([*(f"{c}*" for c in ALPHABET if c != "i"), *(f"i{c}*" for c in NEXT if c != "x"), "i:*"])],
            True,
            id="one letter cut once more, a piece left out that no published service begins with",
        ),
        pytest.param([allow(["*a*", *(f"*{c}*" for c in ALPHABET[1:])])], True, id="everything with some letter"),
        pytest.param([allow(NotAction="iam:*"), allow(sorted(IAM_ACTIONS))], True, id="IAM's actions one by one"),
        pytest.param(
            [allow(NotAction="iam:*"), allow(sorted(IAM_ACTIONS.keys() - {"iam:attachuserpolicy"}))],
            False,
            id="IAM's actions one by one but one",
        ),
        pytest.param([allow(NotAction=sorted(IAM_ACTIONS))], False, id="everything but IAM's actions one by one"),
        pytest.param(
            [allow(NotAction=sorted(IAM_ACTIONS.keys() - {"iam:putuserpolicy"}))],
            True,
            id="all but one of IAM's actions excluded",
        ),
        pytest.param([allow(NotAction="iam:*"), allow(["iam:*e*", "iam:*o*"])], True, id="IAM's names have e or o"),
        pytest.param([allow(NotAction="iam:*"), allow(["iam:*e*", "iam:*a*"])], False, id="not all have e or a"),
        pytest.param([allow(NotAction="s3:*")], True, id="everything but S3"),
        pytest.param([allow(NotAction="iam:*")], False, id="everything but IAM"),
        pytest.param([allow(NotAction="IAM:*")], False, id="everything but IAM in capitals"),
        pytest.param([allow(NotAction=["s3:*", "ec2:*"])], True, id="everything but S3 and EC2"),
        pytest.param([allow(NotAction=["s3:*", "iam:*"])], False, id="everything but S3 and IAM"),
        pytest.param([allow(NotAction=["iam:Get*", "iam:List*"])], True, id="everything but reading IAM"),
        pytest.param([allow(NotAction="i*")], False, id="everything but the services with i"),
        pytest.param([allow(NotAction="i*:*")], False, id="everything but the services with i, with a colon"),
        pytest.param([allow(NotAction="ia?:*")], False, id="everything but the services ia and one letter"),
        pytest.param([allow(NotAction="*m:*")], False, id="everything but the services that end in m"),
        pytest.param([allow(NotAction="iam")], True, id="everything but a word that is not an action"),
        pytest.param([allow(NotAction="*")], False, id="everything but everything"),
        pytest.param([allow(NotAction=SERVICES)], False, id="everything but every service, which leaves IAM alone"),
        pytest.param([allow(NotAction=[*SERVICES, "iam:*"]), allow("iam:*")], False, id="nothing, and IAM"),
        pytest.param([allow(NotAction=SERVICES[1:])], True, id="everything but every service beside IAM and one"),
        pytest.param([allow(NotAction=[])], True, id="everything but nothing"),
        pytest.param([allow(NotAction="s3:*", resource=BUCKET)], False, id="everything but S3 on one bucket"),
        pytest.param([allow(NotAction="s3:*", NotResource=BUCKET)], True, id="NotAction and NotResource together"),
        pytest.param([deny(NotAction="s3:*")], False, id="Deny everything but S3"),
        pytest.param([allow(Condition=IN_AN_IF)], True, id="with an MFA condition"),
        pytest.param([allow(Condition=FROM_HOME)], True, id="with an address condition"),
        pytest.param([allow("s3:*", Condition=IN_AN_IF)], False, id="S3 with an MFA condition"),
        pytest.param([allow(), deny()], True, id="Deny does not clear in the attached model"),
        pytest.param([deny(), allow("s3:*")], False, id="S3 and Deny everything"),
        pytest.param([], False, id="no statement"),
    ],
)
def test_only_the_content_of_a_policy_matters(statements: list[dict[str, Any]], *, administrator: bool) -> None:
    expected = (grant("boss"),) if administrator else ()
    one = Policy(name="boss", arn=managed("boss").arn, document=read(statements))
    assert find_grants(user(one), parameters()) == expected


@pytest.mark.parametrize(("action", "expected"), [("*", (grant("boss"),)), ("s3:*", ())])
@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda text: text, id="JSON text"),
        pytest.param(lambda text: "\n  " + text, id="JSON text after spaces"),
        pytest.param(lambda text: quote(text, safe=""), id="URL-encoded"),
        pytest.param(lambda text: quote("\n " + text), id="URL-encoded after spaces"),
        pytest.param(json.loads, id="object"),
        pytest.param(lambda text: json.loads(text.lower().replace('"allow"', '"Allow"')), id="names in lower case"),
        pytest.param(lambda text: json.loads(text) | {"Statement": [json.loads(text)["Statement"]]}, id="list"),
    ],
)
def test_all_forms_of_a_document_are_equivalent(form: Any, action: str, expected: tuple[AdminGrant, ...]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": allow(action, Sid="50%25 {of} + all")})
    policy = Policy(name="boss", arn=managed("boss").arn, document=parse_document(form(text)))
    assert find_grants(user(policy), parameters()) == expected


def together(*pairs: tuple[str, str]) -> tuple[AdminGrant, ...]:
    return (values.together(*(grant(name, via) for name, via in pairs)),)


ALL_BUT_IAM = {"NotAction": ["iam:*", "organizations:*", "account:*"]}


@pytest.mark.parametrize(
    ("someone", "grants"),
    [
        pytest.param(
            user(POWER, IAM_FULL),
            together(("PowerUserAccess", "user"), ("IAMFullAccess", "user")),
            id="both on the user",
        ),
        pytest.param(
            user(POWER, ("ops", IAM_FULL)),
            together(("PowerUserAccess", "user"), ("IAMFullAccess", "group ops")),
            id="one on the user, one on a group",
        ),
        pytest.param(
            user(IAM_FULL, ("ops", POWER)),
            together(("IAMFullAccess", "user"), ("PowerUserAccess", "group ops")),
            id="the other way round",
        ),
        pytest.param(
            user(("ops", POWER), ("people", IAM_FULL)),
            together(("PowerUserAccess", "group ops"), ("IAMFullAccess", "group people")),
            id="on two groups",
        ),
        pytest.param(
            user(POWER, inline("iam", allow("iam:*"))),
            together(("PowerUserAccess", "user"), ("iam", "inline policy iam of user")),
            id="all of IAM inline",
        ),
        pytest.param(
            user(("ops", inline("power", allow(**ALL_BUT_IAM))), managed("iam", allow("iam:*"))),
            together(("power", "inline policy power of group ops"), ("iam", "user")),
            id="everything but IAM inline on a group, IAM in a customer's policy",
        ),
        pytest.param(user(POWER), no_grants(), id="PowerUserAccess alone"),
        pytest.param(user(IAM_FULL), no_grants(), id="IAMFullAccess alone"),
        pytest.param(
            user(POWER, inline("pass", allow("iam:PassRole"))), no_grants(), id="PowerUserAccess and PassRole"
        ),
        pytest.param(
            user(POWER, inline("iam", allow("iam:*", "arn:aws:iam::*:role/*"))), no_grants(), id="IAM on roles only"
        ),
        *(
            pytest.param(
                user(POWER, inline("iam", allow("iam:*", resources))),
                together(("PowerUserAccess", "user"), ("iam", "inline policy iam of user")) if whole else no_grants(),
                id=f"IAM on {name}",
            )
            for name, resources, whole in (
                ("its own ARNs", [f"arn:aws:iam::*:{kind}/*" for kind in KINDS], True),
                ("its own ARNs but policies", [f"arn:aws:iam::*:{kind}/*" for kind in KINDS[:3]], False),
                ("every ARN of IAM", "arn:aws:iam::*", True),
                ("every ARN of IAM in the account", f"arn:aws:iam::{ACCOUNT}:*", True),
                ("every ARN of IAM in another account", "arn:aws:iam::210987654321:*", False),
                ("paths", [f"arn:aws:iam::*:{kind}/team/*" for kind in KINDS], False),
                ("a tag that can be empty", "arn:aws:iam::*:${aws:PrincipalTag/x}*", True),
                ("a variable of unknown value", "arn:aws:iam::*:${aws:username}*", False),
                ("a star that is literal", "arn:aws:iam::*:${*}", False),
            )
        ),
        pytest.param(
            user(POWER, *(inline(kind, allow("iam:*", f"arn:aws:iam::*:{kind}/*")) for kind in KINDS)),
            together(("PowerUserAccess", "user"), *((kind, f"inline policy {kind} of user") for kind in KINDS)),
            id="IAM on one kind of resource for each policy",
        ),
        pytest.param(user(POWER, inline("iam", deny("iam:*"))), no_grants(), id="PowerUserAccess and a Deny of IAM"),
        pytest.param(
            user(of_aws("ReadOnlyAccess"), POWER, ("ops", IAM_FULL)),
            together(("PowerUserAccess", "user"), ("IAMFullAccess", "group ops")),
            id="an unnecessary policy is not read",
        ),
        pytest.param(
            user(POWER, inline("s3", allow("s3:*")), ("ops", IAM_FULL), ("people", IAM_FULL)),
            together(("PowerUserAccess", "user"), ("IAMFullAccess", "group ops")),
            id="an unnecessary policy is not named",
        ),
        pytest.param(
            user(
                inline("first", allow([f"{c}*" for c in "abcdefghijklm"])),
                inline("second", allow([f"{c}*" for c in "nopqrstuvwxyz"])),
            ),
            together(("first", "inline policy first of user"), ("second", "inline policy second of user")),
            id="half the alphabet each",
        ),
        pytest.param(
            user(
                inline("first", allow([f"{c}*" for c in "abcdefghijklm"])),
                inline("second", allow([f"{c}*" for c in "nopqrstuvwyz"])),
            ),
            no_grants(),
            id="half the alphabet each but x",
        ),
        pytest.param(
            user(
                inline("first", allow(NotAction="iam:*")),
                inline("second", allow([f"iam:{c}*" for c in "acdeglprst"])),
            ),
            no_grants(),
            id="most of IAM's letters do not complete",
        ),
        pytest.param(
            user(
                inline("first", allow(NotAction="iam:*")),
                inline("second", allow([f"iam:{c}*" for c in "acdeglprstu"])),
            ),
            together(("first", "inline policy first of user"), ("second", "inline policy second of user")),
            id="all letters with which IAM's actions begin",
        ),
        pytest.param(
            user(inline("first", allow(NotAction="iam:*")), inline("second", allow("ia?:*"))),
            together(("first", "inline policy first of user"), ("second", "inline policy second of user")),
            id="IAM by a wildcard in the service's name",
        ),
        pytest.param(
            user(inline("all", allow(NotAction="iam:*"), allow("iam:*"))),
            (grant("all", "inline policy all of user"),),
            id="both halves in one policy",
        ),
        pytest.param(
            user(inline("all", allow(NotAction="iam:*"), allow("iam:*", BUCKET))),
            no_grants(),
            id="both halves in one policy, one on a bucket",
        ),
        pytest.param(
            user(inline("a", allow(NotAction="iam:*")), inline("b", allow(NotAction="*"))), no_grants(), id="two"
        ),
        pytest.param(
            user(managed("a-m", allow(SERVICES[:300])), inline("n-z", allow([*SERVICES[300:], "iam:*"]))),
            together(("a-m", "user"), ("n-z", "inline policy n-z of user")),
            id="every service one by one",
        ),
        pytest.param(
            user(inline("all", allow([*(f"{service[:-2]}:?*" for service in SERVICES), "iam:*"]))),
            (grant("all", "inline policy all of user"),),
            id="every service by another pattern",
        ),
        pytest.param(user(inline("most", allow([*SERVICES[1:], "iam:*"]))), no_grants(), id="every service but one"),
        pytest.param(
            user(inline("most", allow([*SERVICES[1:], f"{SERVICES[0]}et*", "iam:*"]))), no_grants(), id="one in part"
        ),
        pytest.param(user(inline("all", allow(SERVICES))), no_grants(), id="every service but IAM"),
    ],
)
def test_statements_are_combined(someone: IamUser, grants: tuple[AdminGrant, ...] | Unread) -> None:
    assert find_grants(someone, parameters()) == grants


def test_the_narrow_definition_does_not_combine_policies() -> None:
    narrow = parameters(AdministratorDefinition="AdministratorAccess")
    assert find_grants(user(POWER, IAM_FULL, inline("mine", allow())), narrow) == ()


UNBIND = "iam:DeleteUserPermissionsBoundary"
OWN = "arn:aws:iam::*:user/${aws:username}"


@pytest.mark.parametrize(
    ("someone", "clears"),
    [
        pytest.param(user(ADMIN), False, id="nothing"),
        pytest.param(user(ADMIN, inline("no", deny())), True, id="Deny inline"),
        pytest.param(user(ADMIN, ("off", inline("no", deny()))), True, id="Deny inline of a group"),
        pytest.param(user(ADMIN, of_aws("AWSDenyAll")), True, id="AWSDenyAll"),
        pytest.param(user(ADMIN, ("off", of_aws("AWSDenyAll"))), True, id="AWSDenyAll of a group"),
        pytest.param(user(inline("both", allow(), deny())), True, id="Deny in the policy that allows"),
        pytest.param(user(ADMIN, inline("no", deny("*:*"))), True, id="Deny with a colon"),
        pytest.param(user(ADMIN, inline("no", deny([f"{c}*" for c in "abcdefghijklmnopqrstuvwxyz"]))), True, id="A-Z"),
        pytest.param(user(ADMIN, inline("no", deny([f"{c}*" for c in "abcdefghijklmnopqrstuvwxy"]))), False, id="A-Y"),
        pytest.param(user(ADMIN, inline("no", deny("iam:*"))), False, id="Deny of IAM"),
        pytest.param(user(ADMIN, inline("no", deny([*SERVICES, "iam:*"]))), False, id="Deny of every service known"),
        pytest.param(user(ADMIN, inline("no", deny(NotAction="iam:Get*"))), False, id="Deny of all but a list"),
        pytest.param(user(ADMIN, inline("no", deny(Condition=IN_AN_IF))), False, id="Deny on a condition"),
        pytest.param(user(ADMIN, inline("no", deny(resource=BUCKET))), False, id="Deny on one bucket"),
        pytest.param(user(ADMIN, inline("no", deny(resource="arn:aws:*"))), False, id="Deny on ARNs only"),
        pytest.param(user(ADMIN, inline("no", deny(resource=[BUCKET, "*"]))), True, id="Deny on a bucket and all"),
        pytest.param(user(ADMIN, inline("no", deny(NotResource=BUCKET))), False, id="Deny on all but one bucket"),
        pytest.param(user(ADMIN, inline("no", deny(NotResource="*"))), False, id="Deny on nothing"),
        pytest.param(user(ADMIN, boundary=managed("fence", allow("s3:*"))), True, id="boundary that allows S3"),
        pytest.param(user(ADMIN, boundary=managed("fence", allow(resource=BUCKET))), True, id="boundary of one bucket"),
        pytest.param(user(ADMIN, boundary=managed("fence", allow())), False, id="boundary that allows everything"),
        pytest.param(user(ADMIN, boundary=ADMIN), False, id="boundary that is AdministratorAccess"),
        pytest.param(user(ADMIN, boundary=POWER), True, id="boundary that is PowerUserAccess"),
        pytest.param(user(ADMIN, boundary=managed("fence", allow(NotAction="s3:*"))), False, id="boundary but S3"),
        pytest.param(
            user(ADMIN, boundary=managed("fence", allow(NotAction="iam:*"), allow("iam:*", "arn:aws:iam::*"))),
            False,
            id="boundary with IAM by its ARNs",
        ),
        pytest.param(
            user(ADMIN, boundary=managed("fence", allow(NotAction="iam:*"), allow(sorted(IAM_ACTIONS)))),
            False,
            id="boundary with IAM's actions one by one",
        ),
        pytest.param(
            user(ADMIN, boundary=managed("fence", allow(NotResource="arn:aws:iam::*"))), True, id="boundary but IAM"
        ),
        pytest.param(user(ADMIN, inline("no", deny("*:???*"))), True, id="Deny of every possible name"),
        pytest.param(user(ADMIN, inline("no", deny("*:????*"))), False, id="Deny of longer names"),
        pytest.param(user(ADMIN, inline("no", deny(resource="*${aws:username}"))), False, id="Deny with a variable"),
        pytest.param(
            user(ADMIN, boundary=managed("fence", allow(NotAction="iam:*"), allow("iam:*"))), False, id="boundary union"
        ),
        pytest.param(user(ADMIN, boundary=managed("fence", deny("s3:*"))), True, id="boundary without an Allow"),
        pytest.param(user(ADMIN, boundary=managed("fence", allow(), deny())), True, id="boundary with a Deny"),
        pytest.param(
            user(ADMIN, boundary=managed("fence", allow(), deny("iam:*"))), False, id="boundary with a Deny of IAM"
        ),
        pytest.param(
            user(
                ADMIN,
                tags=(("Team", "grace"),),
                boundary=managed("fence", allow(UNBIND, "arn:aws:iam::*:user/${aws:PrincipalTag/team}")),
            ),
            True,
            id="boundary, of the user in the tag",
        ),
        *(
            pytest.param(user(ADMIN, *more, boundary=managed("fence", *statements)), clears, id=f"boundary, {name}")
            for name, more, statements, clears in (
                ("deletable", (), [allow(UNBIND)], False),
                ("deletable by pattern", (), [allow("iam:Delete*", "arn:aws:iam::*:user/*")], False),
                ("deletable by oneself", (), [allow(UNBIND, OWN)], False),
                ("deletable by tag", (), [allow(UNBIND, "arn:aws:iam::*:user/${aws:PrincipalTag/x,'ada'}")], False),
                ("deletable by all but a list", (), [allow(NotAction="s3:*", resource=OWN)], False),
                ("deletable on all but a role", (), [allow(UNBIND, NotResource="arn:aws:iam::*:role/*")], False),
                ("deletable with MFA", (), [allow(UNBIND, Condition=IN_AN_IF)], False),
                ("a Deny with a condition", (), [allow("iam:*"), deny(UNBIND, Condition=IN_AN_IF)], False),
                ("a Deny for others", (), [allow("iam:*"), deny(UNBIND, "arn:aws:iam::*:user/grace")], False),
                ("deletable by others", (), [allow(UNBIND, "arn:aws:iam::*:user/grace")], True),
                ("on all but itself", (), [allow(UNBIND, NotResource=OWN)], True),
                ("of those named by their id", (), [allow(UNBIND, "arn:aws:iam::*:user/${aws:userid}")], True),
                ("all but this", (), [allow(NotAction=UNBIND, resource=OWN)], True),
                ("another action", (), [allow("iam:DeleteRolePermissionsBoundary")], True),
                ("denied in it", (), [allow("iam:*"), deny(UNBIND)], True),
                ("denied by another policy", (inline("no", deny(UNBIND, OWN)),), [allow("iam:*")], True),
                ("a variable", (), [allow(UNBIND, "arn:aws:iam::*:user/${aws:SourceIp}")], False),
                ("a variable in the account", (), [allow(UNBIND, "arn:aws:iam::${aws:PrincipalAccount}:*")], True),
                ("a Deny with a variable", (), [allow("iam:*"), deny(UNBIND, "*${aws:SourceIp}")], False),
                (
                    "a Deny on all but a variable",
                    (),
                    [allow("iam:*"), deny(UNBIND, NotResource="*${aws:SourceIp}")],
                    False,
                ),
                ("a Deny on all but a role", (), [allow("iam:*"), deny(UNBIND, NotResource="*:role/*")], True),
            )
        ),
        pytest.param(
            user(inline("most", allow(NotAction=UNBIND)), boundary=managed("fence", allow("iam:*"))),
            True,
            id="boundary, the policies do not allow its deletion",
        ),
    ],
)
def test_the_attached_model_ignores_what_clears_a_user_in_the_effective_model(
    someone: IamUser, *, clears: bool
) -> None:
    attached = find_grants(someone, parameters())
    assert isinstance(attached, tuple)
    assert attached
    assert find_grants(someone, parameters(PrivilegeModel="effective")) == (() if clears else attached)


def test_escalation_needs_the_whole_account() -> None:
    given = parameters(AdministratorDefinition="Escalation")
    assert grants_in_force(user(ADMIN), given) == Unread(facts=frozenset((Fact.SNAPSHOT,)))


OTHER = managed("read-me")
VIEW = of_aws("ReadOnlyAccess")
NEWER = of_aws("PublishedLaterAccess")


def arns(*policies: Policy) -> Unread:
    return Unread(policy_arns=frozenset(policy.arn for policy in policies if policy.arn))


@pytest.mark.parametrize(
    ("someone", "given", "answer"),
    [
        pytest.param(user(OTHER), {}, arns(OTHER), id="a customer managed policy can allow anything"),
        pytest.param(user(("ops", OTHER)), {}, arns(OTHER), id="a customer managed policy of a group"),
        pytest.param(user(ADMIN, OTHER), {}, (grant("AdministratorAccess"),), id="none if the result is known"),
        pytest.param(user(OTHER), {"AdministratorDefinition": "AdministratorAccess"}, (), id="none if ARNs decide"),
        pytest.param(user(VIEW), {}, (), id="AWS managed policies alone are not enough"),
        pytest.param(user(VIEW, inline("s3", allow("s3:*"))), {}, (), id="nor in combination with one service"),
        pytest.param(user(VIEW, POWER), {}, (), id="nor beside everything but IAM"),
        pytest.param(user(VIEW, IAM_FULL), {}, (), id="nor beside IAM"),
        pytest.param(user(NEWER, POWER), {}, arns(NEWER), id="a policy newer than the table beside everything but IAM"),
        pytest.param(user(NEWER, IAM_FULL), {}, arns(NEWER), id="a policy newer than the table beside IAM"),
        pytest.param(user(NEWER), {}, (), id="a policy newer than the table alone"),
        pytest.param(
            user(VIEW, POWER, inline("iam", allow(sorted(NEVER_ALLOWED)))),
            {},
            arns(VIEW),
            id="beside all of IAM that no AWS managed policy allows",
        ),
        pytest.param(
            user(VIEW, POWER, inline("iam", allow(sorted(NEVER_ALLOWED)[1:]))), {}, (), id="beside all of it but one"
        ),
        pytest.param(
            user(VIEW, IAM_FULL, inline("rest", allow([f"{service}:*" for service in sorted(NEVER_SERVED)]))),
            {},
            arns(VIEW),
            id="beside the services for which no AWS managed policy exists",
        ),
        pytest.param(
            user(
                VIEW,
                inline("rest", allow([*sorted(NEVER_ALLOWED), *(f"{service}:*" for service in sorted(NEVER_SERVED))])),
            ),
            {},
            arns(VIEW),
            id="beside a part of both halves, which AWS managed policies complete",
        ),
        pytest.param(user(VIEW, IAM_FULL, OTHER), {}, arns(OTHER), id="the customer managed policy beside IAM"),
        pytest.param(
            user(NEWER, IAM_FULL, OTHER), {}, arns(NEWER, OTHER), id="all that can matter at once, not in sequence"
        ),
        pytest.param(user(VIEW, OTHER), {}, arns(OTHER), id="the customer managed policy first"),
        pytest.param(
            user(VIEW, inline("power", allow(NotAction="iam:*", resource=BUCKET))), {}, (), id="half on one resource"
        ),
        pytest.param(user(boundary=OTHER), {}, (), id="no boundary in the attached model"),
        pytest.param(
            user(VIEW, boundary=OTHER), {"PrivilegeModel": "effective"}, (), id="no boundary of a user without grants"
        ),
        pytest.param(
            user(ADMIN, boundary=OTHER),
            {"PrivilegeModel": "effective"},
            arns(OTHER),
            id="the boundary of an administrator",
        ),
        pytest.param(
            user(ADMIN, VIEW, OTHER),
            {"PrivilegeModel": "effective"},
            arns(VIEW, OTHER),
            id="every policy that may deny an administrator",
        ),
        pytest.param(
            user(ADMIN, boundary=ADMIN), {"PrivilegeModel": "effective"}, (grant("AdministratorAccess"),), id="known"
        ),
    ],
)
def test_only_decisive_documents_are_requested(
    someone: IamUser, given: dict[str, str], answer: tuple[AdminGrant, ...] | Unread
) -> None:
    assert find_grants(someone, parameters(**given)) == answer


@pytest.mark.parametrize("definition", ["AdministratorAccess", "FullAccess"])
@pytest.mark.parametrize(
    ("policy", "listed", "administrator"),
    [
        pytest.param(OTHER, OTHER.arn, True, id="customer-managed, unread"),
        pytest.param(managed("s3", allow("s3:*")), managed("s3").arn, True, id="with any content"),
        pytest.param(VIEW, f"{OTHER.arn}, {VIEW.arn}", True, id="AWS managed, second of a list"),
        pytest.param(VIEW, f"{VIEW.arn}2", False, id="another ARN"),
        pytest.param(VIEW, "arn:aws-cn:iam::aws:policy/ReadOnlyAccess", False, id="another partition"),
    ],
)
def test_listed_policies_make_an_administrator_under_every_definition(
    policy: Policy, listed: str, definition: str, *, administrator: bool
) -> None:
    given = parameters(AdditionalAdminPolicyArns=listed, AdministratorDefinition=definition)
    expected = (grant(policy.name, "group ops"),) if administrator else ()
    assert find_grants(user(("ops", policy)), given) == expected


def test_a_listed_policy_is_cleared_like_any_other() -> None:
    given = parameters(AdditionalAdminPolicyArns=str(VIEW.arn), PrivilegeModel="effective")
    read = Policy(name=VIEW.name, arn=VIEW.arn, document=parse_document({"Statement": allow("s3:Get*")}))
    assert find_grants(user(VIEW), given) == arns(VIEW)
    assert find_grants(user(read), given) == (grant("ReadOnlyAccess"),)
    assert find_grants(user(read, inline("no", deny())), given) == ()


def test_a_grant_is_described_in_words() -> None:
    assert str(grant("boss")) == "boss, attached directly"
    assert str(grant("deploy", "inline policy deploy of group ops")) == "inline policy deploy of group ops"
    assert str(grant("boss", "group ops")) == "boss via group ops"


def test_a_document_of_the_older_version_has_no_variables() -> None:
    of_account = [allow(resource="arn:aws:*:*:*:${aws:PrincipalTag/unset}*")]
    for version, administrator in (("2012-10-17", True), ("2008-10-17", False)):
        someone = user(Policy(name="boss", document=read(of_account, version)))
        assert bool(find_grants(someone, parameters())) is administrator


def test_the_account_of_a_user_is_known_by_any_path() -> None:
    of_account = inline("boss", allow(resource=f"arn:aws:*:*:{ACCOUNT}:*"))
    for path in ("/", "/team:blue/"):
        someone = user(of_account, arn=f"arn:aws:iam::{ACCOUNT}:user{path}ada")
        assert find_grants(someone, parameters()) == (grant("boss", "inline policy boss of user"),)


LOST = Policy(name="lost", document=UNREADABLE)
LOST_SOURCE = GrantSource(policy="lost", inline=True, unreadable=True)


@pytest.mark.parametrize(
    ("someone", "given", "unreadable"),
    [
        pytest.param(user(LOST), {}, True, id="it could allow anything"),
        pytest.param(user(("ops", LOST)), {}, True, id="of a group"),
        pytest.param(user(LOST), {"AdministratorDefinition": "AdministratorAccess"}, None, id="if ARNs decide"),
        pytest.param(user(LOST, ADMIN), {}, False, id="with AdministratorAccess"),
        pytest.param(user(replace(ADMIN, document=UNREADABLE)), {}, False, id="of AdministratorAccess itself"),
        pytest.param(user(LOST, POWER, IAM_FULL), {}, False, id="with policies that are full access in combination"),
        pytest.param(user(LOST, POWER), {}, True, id="with one half of full access"),
        pytest.param(user(ADMIN, LOST), {"PrivilegeModel": "effective"}, True, id="it could deny"),
        pytest.param(
            user(ADMIN, boundary=LOST), {"PrivilegeModel": "effective"}, True, id="it could be a limiting boundary"
        ),
        pytest.param(user(ADMIN, boundary=LOST), {}, False, id="a boundary that does not count"),
        pytest.param(user(LOST, of_aws("AWSDenyAll")), {"PrivilegeModel": "effective"}, None, id="denied in any case"),
    ],
)
def test_an_unreadable_policy_makes_an_administrator_and_is_marked(
    someone: IamUser, given: dict[str, str], *, unreadable: bool | None
) -> None:
    grants = find_grants(someone, parameters(**given))
    assert isinstance(grants, tuple)
    assert bool(grants) is (unreadable is not None)
    if grants:
        assert all(found.unreadable for found in grants) is unreadable


def test_an_unreadable_policy_is_reported_as_unreadable() -> None:
    assert find_grants(user(LOST), parameters()) == (AdminGrant(sources=(LOST_SOURCE,)),)
    assert LOST_SOURCE.words() == "inline policy lost of user (unreadable)"


def test_roles_under_reserved_paths_are_guarded_by_aws() -> None:
    def guarded(path: str) -> bool:
        return Role(role_name="r", arn=f"arn:aws:iam::{ACCOUNT}:role/{path}r").guarded_by_aws

    assert guarded("aws-service-role/ec2.amazonaws.com/")
    assert guarded("aws-reserved/sso.amazonaws.com/")
    assert not guarded("x:role/aws-reserved/")
    assert not guarded("mine/aws-reserved/")
    assert not guarded("aws-reserved-not/")
