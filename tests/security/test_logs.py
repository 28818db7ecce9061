"""No log of the rule holds more about a person than the user name, and none of IAM's events, whatever goes wrong."""

import contextlib
import json

import pytest

from admin_mfa.errors import AdminMfaError
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, handle, prepare, reevaluate

ACTIONS = ("iam:GetAccountAuthorizationDetails", "iam:ListMFADevices", "config:PutEvaluations")


@pytest.mark.parametrize("fails", [None, *ACTIONS])
def test_what_is_written_is_nobodys(aws: EmbeddedAws, fails: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    tags = {"Email": "ada@example.com", "Phone": "+44 20 7946 0000"}
    aws.iam.user("ada", path="/division/", policies=["AdministratorAccess"], tags=tags, access_keys=1)
    aws.iam.user("grace", policies=["AdministratorAccess"], devices=["virtual", "fido", "hardware"])
    prepare(aws)
    events = [
        aws.config.scheduled_event(RULE),
        aws.config.change_event(RULE, "ada"),
        aws.config.oversized_event(RULE, "ada"),
    ]
    if fails:
        aws.faults.add(fails, Kind.ACCESS_DENIED, times=None)
    for event in events:
        with contextlib.suppress(AdminMfaError):
            aws.config.invoke(handle, rule_name=RULE, event=event)
    written = "".join(capfd.readouterr())
    keys = [key.access_key_id for key in aws.iam.state.backend.users["ada"].access_keys]
    private = [
        *tags.values(),
        *keys,
        ":user/division/ada",
        ":mfa/",
        ":u2f/",
        "GAKT",
        *(event["resultToken"] for event in events),
    ]
    assert written
    assert [text for text in private if text in written] == []


@pytest.mark.parametrize("fails", [None, "config:DescribeConfigRules", "config:StartConfigRulesEvaluation"])
def test_of_an_event_nothing_is_written(
    aws: EmbeddedAws, fails: str | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    prepare(aws)
    (rule,) = aws.client("config").describe_config_rules()["ConfigRules"]
    monkeypatch.setenv("RULE_FUNCTION_ARN", rule["Source"]["SourceIdentifier"])
    monkeypatch.setenv("RULE_NAME", rule["ConfigRuleName"])
    detail = {
        "userIdentity": {"userName": "grace", "accessKeyId": "AKIAGRACE", "principalId": "AIDAGRACE"},
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {"userName": "ada", "tags": [{"key": "Email", "value": "ada@example.com"}]},
    }
    body = json.dumps({"time": "2020-01-01T00:00:00Z", "detail": detail})
    if fails:
        aws.faults.add(fails, Kind.ACCESS_DENIED, times=None)
    with pytest.raises(AdminMfaError) if fails else contextlib.nullcontext():
        reevaluate({"Records": [{"messageId": "m1", "body": body}, {"messageId": "m2", "body": f"no JSON {body}"}]})
    written = "".join(capfd.readouterr())
    private = ["grace", "ada", "AKIAGRACE", "AIDAGRACE", "203.0.113.7", "example.com"]
    assert [text for text in private if text in written.replace(rule["Source"]["SourceIdentifier"], "")] == []
