"""Test the cases that a correct implementation must handle, through the real handler, with IAM and Config over HTTP.

The id of each test begins with the number of the case.
"""

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import ReadError
from admin_mfa.model import Compliance
from admin_mfa.root_user import RootMfa, account_status
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, compliances, handle, held, prepare, rule_module, run
from tests.support.values import allow, deny

C, NC = "COMPLIANT", "NON_COMPLIANT"
TODAY = date(2026, 11, 24)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
ADMIN = "AdministratorAccess"
EVERYTHING = {"Statement": [allow()]}
S3 = {"Statement": [allow("s3:*")]}
BUCKET = "arn:aws:s3:::records"

Setup = Callable[[EmbeddedAws], Any]
Expected = dict[str, str]


@pytest.fixture(autouse=True)
def _fixed_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge every case on the same date, so that a run across midnight changes no result."""
    monkeypatch.setattr(rule_module(), "_today", lambda: TODAY)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def who(**inline: dict[str, Any]) -> Setup:
    """Return a setup that creates users without devices, each with one inline policy of one statement."""

    def setup(aws: EmbeddedAws) -> None:
        for name, statement in inline.items():
            aws.iam.user(name, inline={"mine": document(statement)})

    return setup


def case_2(aws: EmbeddedAws) -> None:
    aws.iam.group("admins", [ADMIN])
    aws.iam.user("ada", groups=["admins"], devices=["virtual"])
    aws.iam.user("grace", groups=["admins"])


def case_4(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[aws.iam.policy(ADMIN, S3)])
    aws.iam.user("grace", policies=[aws.iam.policy(ADMIN, S3, "/aws/")])
    aws.iam.user("linus", policies=[ADMIN])


def case_6(aws: EmbeddedAws) -> None:
    boss = aws.iam.policy("boss", EVERYTHING)
    aws.iam.group("g-managed", [boss])
    aws.iam.group("g-inline", inline={"mine": EVERYTHING})
    aws.iam.user("managed", policies=[boss])
    aws.iam.user("inline", inline={"mine": EVERYTHING})
    aws.iam.user("group-managed", groups=["g-managed"])
    aws.iam.user("group-inline", groups=["g-inline"])
    aws.iam.user("some", inline={"mine": S3})


def case_8(aws: EmbeddedAws) -> None:
    object_ = '{"Statement": {"effect": "Allow", "action": "*", "resource": "*"}}'
    aws.iam.user("object", inline={"mine": object_})
    aws.iam.user("capitals", inline={"mine": {"Statement": allow()}})
    aws.iam.user("percent", inline={"mine": {"Statement": allow(resource=["*", f"{BUCKET}/a%2Fb+c%20{{d}}"])}})
    aws.iam.user("some", inline={"mine": {"Statement": allow("s3:*", resource=quote("*"))}})


def case_11(aws: EmbeddedAws) -> None:
    aws.iam.user("denied", policies=[ADMIN], inline={"no": document(deny())})
    aws.iam.user("denied-by-aws", policies=[ADMIN, "AWSDenyAll"])
    aws.iam.user("fenced", policies=[ADMIN], boundary=aws.iam.policy("fence", S3))
    aws.iam.user("fenced-by-aws", policies=[ADMIN], boundary="ReadOnlyAccess")
    aws.iam.user("fenced-wide", policies=[ADMIN], boundary=ADMIN)
    aws.iam.user("denied-iam", policies=[ADMIN], inline={"no": document(deny("iam:*"))})


def case_13(aws: EmbeddedAws) -> None:
    aws.iam.user("several", policies=[ADMIN], devices=["sms", "hardware", "fido", "virtual"])
    aws.iam.user("sms", policies=[ADMIN], devices=["sms"])
    aws.iam.user("hardware", policies=[ADMIN], devices=["hardware"])
    aws.iam.user("none", policies=[ADMIN])


def case_14(aws: EmbeddedAws) -> None:
    aws.iam.user("untagged", policies=[ADMIN], devices=["virtual"])
    aws.iam.user("fido-beside", policies=[ADMIN], devices=["virtual", "fido"])
    aws.iam.user("tagged", policies=[ADMIN], devices=["virtual"], device_tags={"managed": "yes"})
    aws.iam.user("otherwise", policies=[ADMIN], devices=["virtual"], device_tags={"managed": "no"})


def case_15(aws: EmbeddedAws) -> None:
    for name in ("for-ever", "ended", "ends-today", "ends-tomorrow", "not-exempt"):
        aws.iam.user(name, policies=[ADMIN])


NAMES = ("a+b=c,d.e@f-g_h", "u" * 64, "Ada", "mfa", "AIDAADAADAADAADAADAAD", "a@2026-01-01")


def case_17(aws: EmbeddedAws) -> None:
    for number, name in enumerate(NAMES):
        path = "/" if number % 2 else "/division/x/"
        aws.iam.user(name, path=path, policies=[ADMIN])
        aws.iam.user(f"x{name}"[:64].replace("u" * 63, "v" * 63), path=path, policies=[ADMIN], devices=["virtual"])


def case_25(aws: EmbeddedAws) -> None:
    aws.iam.user("keys-only", policies=[ADMIN], access_keys=1)
    aws.iam.user("console", policies=[ADMIN], password=True)


def case_27(aws: EmbeddedAws) -> None:
    for name, value in {
        "tagged": "yes",
        "ended": str(YESTERDAY),
        "today": str(TODAY),
        "impossible": "2026-02-30",
    }.items():
        aws.iam.user(name, policies=[ADMIN], tags={"mfa-exempt": value})
    aws.iam.user("other", policies=[ADMIN], tags={"owner": "x"})


def case_3(aws: EmbeddedAws) -> None:
    aws.iam.group("admins", [ADMIN])


@pytest.mark.parametrize(
    ("setup", "given", "expected"),
    [
        pytest.param(
            lambda aws: (aws.iam.user("ada", policies=[ADMIN]), aws.iam.user("grace", policies=["ReadOnlyAccess"])),
            {},
            {"ada": NC, "grace": C},
            id="1 AdministratorAccess attached to the user, no MFA",
        ),
        pytest.param(case_2, {}, {"ada": C, "grace": NC}, id="2 group with a member with MFA and one without"),
        pytest.param(case_3, {}, {}, id="3 administrators' group without members, account without users"),
        pytest.param(case_4, {}, {"ada": C, "grace": C, "linus": NC}, id="4 customer policy named AdministratorAccess"),
        pytest.param(
            case_6,
            {},
            {"managed": NC, "inline": NC, "group-managed": NC, "group-inline": NC, "some": C},
            id="6 customer-managed, inline, inline of a group",
        ),
        pytest.param(
            case_6,
            {"AdministratorDefinition": "AdministratorAccess"},
            {"managed": C, "inline": C, "group-managed": C, "group-inline": C, "some": C},
            id="6 none of them with AdministratorDefinition=AdministratorAccess",
        ),
        pytest.param(
            who(
                colon=allow("*:*"),
                stars=allow("**"),
                listed=allow(["*"]),
                capitals=allow([f"{letter}*" for letter in "ABCDEFGHIJKLMnopqrstuvwxyz"]),
                resources=allow(resource=["*", BUCKET]),
                reading=allow("*:Get*"),
                bucket=allow(resource=[BUCKET]),
            ),
            {},
            {"colon": NC, "stars": NC, "listed": NC, "capitals": NC, "resources": NC, "reading": C, "bucket": C},
            id="7 wildcard forms",
        ),
        pytest.param(
            case_8, {}, {"object": NC, "capitals": NC, "percent": NC, "some": C}, id="8 one statement, URL-encoded"
        ),
        pytest.param(
            # Decision record 16: a policy that excludes IAM is not full access; one that excludes another service is.
            who(
                **{
                    "not-iam": allow(NotAction="iam:*"),
                    "not-s3": allow(NotAction="s3:*"),
                    "not-one-bucket": allow(NotResource=BUCKET),
                    "not-anything": allow(NotResource="*"),
                }
            ),
            {},
            {"not-iam": C, "not-s3": NC, "not-one-bucket": NC, "not-anything": C},
            id="9 NotAction iam:* is not an administrator, NotAction s3:* is, NotResource one bucket is",
        ),
        pytest.param(
            who(
                mfa=allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                address=allow(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
                s3=allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            ),
            {},
            {"mfa": NC, "address": NC, "s3": C},
            id="10 a condition does not clear",
        ),
        pytest.param(
            case_11,
            {},
            dict.fromkeys(("denied", "denied-by-aws", "fenced", "fenced-by-aws", "fenced-wide", "denied-iam"), NC),
            id="11 Deny and boundary in the attached model",
        ),
        pytest.param(
            case_11,
            {"PrivilegeModel": "effective"},
            {
                "denied": C,
                "denied-by-aws": C,
                "fenced": C,
                "fenced-by-aws": C,
                "fenced-wide": NC,
                "denied-iam": NC,
            },
            id="11 Deny and boundary in the effective model",
        ),
        pytest.param(
            lambda aws: aws.iam.user("ada", boundary=ADMIN), {}, {"ada": C}, id="12 a boundary grants nothing"
        ),
        pytest.param(
            case_13,
            {},
            {"several": C, "sms": C, "hardware": C, "none": NC},
            id="13 several devices of several types",
        ),
        pytest.param(
            case_13,
            {"AllowedMfaTypes": "virtual,fido"},
            {"several": C, "sms": NC, "hardware": NC, "none": NC},
            id="13 AllowedMfaTypes decides",
        ),
        pytest.param(
            case_14,
            {"ManagedDeviceTag": "managed=yes"},
            {"untagged": NC, "fido-beside": C, "tagged": C, "otherwise": NC},
            id="14 virtual device without the ManagedDeviceTag, with a FIDO device",
        ),
        pytest.param(
            case_15,
            {"ExemptUsers": f"for-ever,ended@{YESTERDAY},ends-today@{TODAY},ends-tomorrow@{TOMORROW}"},
            {"for-ever": C, "ended": NC, "ends-today": C, "ends-tomorrow": C, "not-exempt": NC},
            id="15 exempt, ended yesterday, ends today",
        ),
        pytest.param(
            case_17,
            {},
            dict.fromkeys(NAMES, NC) | {f"x{name}"[:64].replace("u" * 63, "v" * 63): C for name in NAMES},
            id="17 names, paths, lengths",
        ),
        pytest.param(
            lambda aws: aws.iam.user(
                "ada",
                policies=[ADMIN],
                inline={"force": document(deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))},
            ),
            {},
            {"ada": NC},
            id="24 Deny-unless-MFA and no device",
        ),
        pytest.param(
            lambda aws: aws.iam.user(
                "ada",
                policies=[ADMIN],
                inline={"force": document(deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))},
            ),
            {"PrivilegeModel": "effective"},
            {"ada": NC},
            id="24 Deny-unless-MFA and no device, effective",
        ),
        pytest.param(case_25, {}, {"keys-only": NC, "console": NC}, id="25 without a console password"),
        pytest.param(
            case_25, {"ConsoleUsersOnly": "true"}, {"keys-only": C, "console": NC}, id="25 ConsoleUsersOnly=true"
        ),
        pytest.param(
            lambda aws: (
                aws.iam.user("both", policies=["PowerUserAccess", "IAMFullAccess"]),
                aws.iam.user("power", policies=["PowerUserAccess"]),
                aws.iam.user("iam", policies=["IAMFullAccess"]),
            ),
            {},
            {"both": NC, "power": C, "iam": C},
            id="26 PowerUserAccess and IAMFullAccess on one user",
        ),
        pytest.param(
            case_27,
            {"ExemptTag": "mfa-exempt"},
            {"tagged": C, "ended": NC, "today": C, "impossible": NC, "other": NC},
            id="27 exempt by tag, ended, impossible",
        ),
    ],
)
def test_case(aws: EmbeddedAws, setup: Setup, given: dict[str, str], expected: Expected) -> None:
    setup(aws)
    assert compliances(run(aws, **given)) == expected


@pytest.mark.parametrize(
    ("setup", "given", "name", "annotation"),
    [
        pytest.param(
            case_2,
            {},
            "grace",
            "grace is an administrator (AdministratorAccess via group admins) and has no MFA device.",
            id="2 the user and the group are named",
        ),
        pytest.param(
            case_13,
            {},
            "sms",
            "sms is an administrator (AdministratorAccess, attached directly) and has an MFA device "
            "(only SMS, which AWS has withdrawn).",
            id="13 SMS counts only with any, and is named",
        ),
        pytest.param(
            case_15,
            {"ExemptUsers": f"ends-today@{TODAY}"},
            "ends-today",
            "ends-today is an administrator (AdministratorAccess, attached directly) and exempt from MFA "
            f"until {TODAY}.",
            id="15 exempt, with the end",
        ),
        pytest.param(
            case_15,
            {"ExemptUsers": f"ended@{YESTERDAY}"},
            "ended",
            "ended is an administrator (AdministratorAccess, attached directly) and has no MFA device; "
            f"its exemption ended on {YESTERDAY}.",
            id="15 ended, with the date",
        ),
        pytest.param(
            case_25,
            {"ConsoleUsersOnly": "true"},
            "keys-only",
            "keys-only is an administrator (AdministratorAccess, attached directly) and has no console password; "
            "only console access was evaluated.",
            id="25 explains that only the console counts",
        ),
        pytest.param(
            case_27,
            {"ExemptTag": "mfa-exempt"},
            "tagged",
            "tagged is an administrator (AdministratorAccess, attached directly) and exempt from MFA without end.",
            id="27 exempt by tag, with the reason",
        ),
    ],
)
def test_annotation_of_case(aws: EmbeddedAws, setup: Setup, given: dict[str, str], name: str, annotation: str) -> None:
    setup(aws)
    assert run(aws, **given)[name][1] == annotation


@pytest.mark.parametrize(
    "region", [pytest.param("cn-north-1", id="5 China"), pytest.param("us-gov-west-1", id="5 GovCloud")]
)
def test_case_5_other_partitions(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    there = aws.account(region=region)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    there.iam.user("ada", policies=[ADMIN])
    there.iam.user("grace", policies=[ADMIN], devices=["virtual"])
    there.iam.user("linus", policies=["ReadOnlyAccess"])
    assert compliances(run(there)) == {"ada": NC, "grace": C, "linus": C}


def test_case_16_an_exempt_name_without_a_user_is_logged(aws: EmbeddedAws, caplog: pytest.LogCaptureFixture) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    with caplog.at_level(logging.WARNING):
        assert compliances(run(aws, ExemptUsers="grace,ADA")) == {"ada": C}
    # The log contains no names; the rule's parameters contain the entry.
    assert [(record.getMessage(), vars(record)["positions"]) for record in caplog.records] == [
        ("Entries of ExemptUsers mean nobody.", [1])
    ]


def test_case_17_names_are_case_insensitive(aws: EmbeddedAws) -> None:
    aws.iam.user("Ada", policies=[ADMIN])
    assert compliances(run(aws, ExemptUsers="aDA")) == {"Ada": C}


@pytest.mark.parametrize(
    "action", ["iam:GetAccountAuthorizationDetails", "iam:ListVirtualMFADevices", "iam:ListMFADevices"]
)
def test_case_18_a_throttled_call_is_retried(aws: EmbeddedAws, action: str) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    fault = aws.faults.add(action, Kind.THROTTLING, times=2)
    assert compliances(run(aws)) == {"ada": NC}
    assert fault.hits == 2


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        pytest.param("iam:GetAccountAuthorizationDetails", Kind.ACCESS_DENIED, id="19 details denied"),
        pytest.param("iam:ListVirtualMFADevices", Kind.ACCESS_DENIED, id="19 virtual devices denied"),
        pytest.param("iam:ListMFADevices", Kind.ACCESS_DENIED, id="19 devices denied"),
        pytest.param("iam:ListMFADeviceTags", Kind.ACCESS_DENIED, id="19 tags denied"),
        pytest.param("iam:GetLoginProfile", Kind.ACCESS_DENIED, id="19 login profile denied"),
        pytest.param("iam:GetPolicy", Kind.ACCESS_DENIED, id="19 policy denied"),
        pytest.param("iam:GetPolicyVersion", Kind.ACCESS_DENIED, id="19 policy version denied"),
        pytest.param("config:GetComplianceDetailsByConfigRule", Kind.ACCESS_DENIED, id="19 results denied"),
        pytest.param("iam:ListMFADevices", Kind.MALFORMED_XML, id="19 malformed response"),
        pytest.param("iam:GetAccountAuthorizationDetails", Kind.MALFORMED_XML, id="19 malformed bulk response"),
    ],
)
def test_case_19_a_failed_read_raises_and_neither_reports_nor_clears(aws: EmbeddedAws, action: str, kind: Kind) -> None:
    given = {
        "ManagedDeviceTag": "managed",
        "ConsoleUsersOnly": "true",
        "PrivilegeModel": "effective",
    }
    aws.iam.user("gone", policies=[ADMIN], password=True)
    aws.iam.user("ada", policies=[ADMIN, "ReadOnlyAccess"], password=True, devices=["virtual"])
    before = run(aws, **given)
    assert compliances(before) == {"gone": NC, "ada": NC}
    aws.iam.delete_user("gone")
    aws.iam.user("grace", policies=[ADMIN], devices=["fido"])
    aws.config.clear_recorded()
    fault = aws.faults.add(action, kind, times=None)
    with pytest.raises(ReadError, match=action.replace(":", r"\:")):
        aws.config.invoke(handle, rule_name=RULE)
    assert fault.hits >= 1
    assert aws.config.recorded == ()
    assert sorted(compliances(held(aws)).values()) == [NC, NC]


def test_case_20_a_user_deleted_between_the_reads_has_no_verdict(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace", policies=[ADMIN], devices=["virtual"])

    def delete_user(parameters: Any) -> bool:
        if parameters["UserName"] == "ada" and "ada" in aws.iam.state.backend.users:
            aws.iam.delete_user("ada")
        return False

    aws.faults.add("iam:ListMFADevices", Kind.SLOW, when=delete_user)
    assert compliances(run(aws)) == {"grace": C}


def test_case_21_a_user_deleted_since_the_last_run_is_cleared(aws: EmbeddedAws) -> None:
    user_id = aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace", policies=[ADMIN])
    assert compliances(run(aws)) == {"ada": NC, "grace": NC}
    aws.iam.delete_user("ada")
    assert compliances(run(aws)) == {user_id: "NOT_APPLICABLE", "grace": NC}


def test_case_22_a_large_account_in_short_pages_lists_every_user_once(aws: EmbeddedAws) -> None:
    administrators = set(aws.iam.crowd(5000, groups=300, policies=500))
    aws.paging.size = lambda _: (700, 0, 333, 1000)
    aws.paging.order = "shuffled"
    prepare(aws)
    answer = aws.config.invoke(handle, rule_name=RULE)
    ids = [evaluation["ComplianceResourceId"] for evaluation in answer]
    assert len(ids) == len(set(ids)) == 5000
    enrolled = {name for name, user in aws.iam.state.backend.users.items() if user.mfa_devices}
    assert {
        name for name, compliance in compliances(held(aws)).items() if compliance == NC
    } == administrators - enrolled


@pytest.mark.parametrize(
    ("root", "state", "compliance"),
    [
        pytest.param({"mfa": True}, "ENABLED", "COMPLIANT", id="23 root with MFA"),
        pytest.param({"mfa": "hardware", "password": False}, "ENABLED", "COMPLIANT", id="23 root with a token"),
        pytest.param({}, "DISABLED", "NON_COMPLIANT", id="23 root without MFA"),
        pytest.param({"password": False}, "NO_CREDENTIALS", "NOT_APPLICABLE", id="23 root without credentials"),
        pytest.param(
            {"password": False, "access_keys": True}, "DISABLED", "NON_COMPLIANT", id="23 root with an access key"
        ),
    ],
)
def test_case_23_the_root_user(aws: EmbeddedAws, root: dict[str, Any], state: str, compliance: str) -> None:
    aws.iam.root(**root)
    with IamReader(aws.client("iam")) as reader:
        found = account_status(reader.root_credentials())
    assert (found.root_mfa, found.compliance) == (RootMfa(state), Compliance(compliance))
