"""Which events of IAM matter, and that no call which can change a verdict is left out."""

import json
import re
from typing import Any

import botocore.session
import guardpycfn  # type: ignore[import-untyped]
import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tests.deploy.templates import source
from tests.deploy.test_guard import RULES
from tests.support.tools import ROOT

PATTERN = source()["Resources"]["IamEventRule"]["Properties"]["EventPattern"]
MATCHED = PATTERN["detail"]["eventName"]

# Calls that write and that no verdict depends on, by why.
CANNOT_MATTER = {
    "about roles, providers and features": r"\w*(Role|InstanceProfile|Provider|SAML|Organizations|RootC|RootSess"
    r"|Federation|Delegation|SecurityTokenService|AccountAlias|PasswordPolicy|ServiceLinked|HumanReadable)\w*"
    r"|PutAccountProperties",
    "about credentials that are neither password nor MFA device": r"\w*(AccessKey|SSHPublicKey|SigningCertificate"
    r"|ServerCertificate|ServiceSpecificCredential)\w*",
    "a policy that nobody has yet, or any more": r"CreatePolicy|DeletePolicy",
    "a version that is not the default one": r"DeletePolicyVersion",
    "a group without members": r"CreateGroup|DeleteGroup",
    "a device that is nobody's": r"CreateVirtualMFADevice|DeleteVirtualMFADevice",
    "a device or password that stays one": r"ResyncMFADevice|ChangePassword|UpdateLoginProfile",
    "tags that no parameter looks at": r"(Tag|Untag)Policy",
}
READS = re.compile(r"(Get|List|Generate|Simulate)\w+")


def test_every_name_is_a_call_to_iam_and_named_once() -> None:
    operations = botocore.session.get_session().get_service_model("iam").operation_names
    assert [name for name in MATCHED if name not in operations] == []
    assert sorted(set(MATCHED)) == MATCHED


def test_every_call_that_writes_is_matched_or_known_not_to_matter() -> None:
    operations = botocore.session.get_session().get_service_model("iam").operation_names
    writing = {name for name in operations if not READS.fullmatch(name)}
    reason = re.compile("|".join(CANNOT_MATTER.values()))
    assert {name for name in writing if name not in MATCHED and not reason.fullmatch(name)} == set()
    assert [name for name in MATCHED if reason.fullmatch(name)] == []


def cloudtrail_event(**detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": "123456789012",
        "time": "2026-11-24T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.09",
            "userIdentity": {"type": "IAMUser", "userName": "ada", "accountId": "123456789012"},
            "eventTime": "2026-11-24T03:00:00Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "EnableMFADevice",
            "awsRegion": "us-east-1",
            "requestParameters": {"userName": "ada", "serialNumber": "arn:aws:iam::123456789012:mfa/ada"},
            "responseElements": None,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            **detail,
        },
    }


def matches(pattern: Any, event: Any) -> bool:
    """Whether an event matches a pattern of names, values and `exists`, as EventBridge reads it."""
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            if not isinstance(event.get(name), dict) or not matches(wanted, event[name]):
                return False
        elif wanted == [{"exists": False}]:
            if name in event:
                return False
        elif event.get(name) not in wanted:
            return False
    return True


@pytest.mark.parametrize("name", MATCHED)
def test_a_call_that_matters_is_matched(name: str) -> None:
    assert matches(PATTERN, cloudtrail_event(eventName=name))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(cloudtrail_event(eventName="ListUsers"), id="a read"),
        pytest.param(cloudtrail_event(eventName="CreateRole"), id="a role"),
        pytest.param(cloudtrail_event(errorCode="AccessDenied"), id="a call that was denied"),
        pytest.param(cloudtrail_event(eventSource="sts.amazonaws.com"), id="another service"),
        pytest.param({**cloudtrail_event(), "source": "test.iam"}, id="somebody else's event"),
    ],
)
def test_a_call_that_cannot_matter_is_not_matched(event: dict[str, Any]) -> None:
    assert not matches(PATTERN, event)


# Sent on from the region of IAM

FORWARDING = yaml_parse((ROOT / "organization/forward-iam-events.yaml").read_text())


def test_what_is_sent_on_is_what_is_waited_for() -> None:
    assert FORWARDING["Resources"]["ForwardRule"]["Properties"]["EventPattern"] == PATTERN


def test_the_forwarding_template_keeps_to_the_rules() -> None:
    answer = guardpycfn.validate_with_guard(json.dumps(FORWARDING), rules=RULES, verbose=True)
    checked = [child["container"]["RuleCheck"] for child in answer["result"]["children"]]
    assert [rule["name"] for rule in checked if rule["status"] == "FAIL"] == []
    assert any(rule["status"] == "PASS" for rule in checked)
