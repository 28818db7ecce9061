"""What travels is held to botocore's models as it is on the wire, where botocore's own parsers drop and mend."""

import json

import pytest

from demo.emulator import EmbeddedAws, in_environment
from demo.emulator.conformity import Exchange, compare, deviations
from demo.emulator.protocol import Request
from tests.support.handler import RULE, handle

CONFIG = "config", "DescribeConfigRules", "json"
IAM = "iam", "GetUser", "query"


def exchange(
    about: tuple[str, str, str], body: str, *, status: int = 200, sent: dict[str, object] | None = None
) -> Exchange:
    service, action, protocol = about
    request = Request(
        service=service,
        action=action,
        parameters=sent or {},
        protocol=protocol,
        access_key_id="AKIAEXAMPLE",
        region="us-east-1",
    )
    return Exchange(request=request, path="/", sent=b"", status=status, received=body.encode())


def get_user(inside: str) -> str:
    """Return an answer of GetUser with the required members and something else."""
    required = (
        "<Path>/</Path><UserName>ada</UserName><UserId>AIDAEXAMPLEEXAMPLE</UserId>"
        "<Arn>arn:aws:iam::123456789012:user/ada</Arn>"
    )
    return f"<GetUserResponse><GetUserResult><User>{required}{inside}</User></GetUserResult></GetUserResponse>"


CREATED = "<CreateDate>2026-11-24T03:00:00Z</CreateDate>"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(exchange(IAM, get_user(CREATED)), [], id="a good answer in XML"),
        pytest.param(exchange(CONFIG, json.dumps({"ConfigRules": []})), [], id="a good answer in JSON"),
        pytest.param(exchange(IAM, get_user("")), ["createDate' failed", "not be null"], id="a member is missing"),
        pytest.param(exchange(IAM, get_user(f"{CREATED}<Colour/>")), ["<Colour> in <User> is unknown"], id="unknown"),
        pytest.param(
            exchange(IAM, get_user("<CreateDate>today</CreateDate>")), ["'today' in <CreateDate>"], id="time in XML"
        ),
        pytest.param(exchange(IAM, "<GetUserResponse/>"), ["there is no GetUserResult"], id="no result"),
        pytest.param(exchange(CONFIG, '{"NextToken": null}'), ["null at '.NextToken'"], id="null"),
        pytest.param(exchange(CONFIG, '{"Rules": []}'), ["Unknown member 'rules'"], id="unknown in JSON"),
        pytest.param(
            exchange(
                ("config", "DescribeConfigRuleEvaluationStatus", "json"),
                '{"ConfigRulesEvaluationStatus": [{"FirstActivatedTime": "2026-11-24"}]}',
            ),
            ["'2026-11-24' at", "is not how this service writes a timestamp"],
            id="time in JSON",
        ),
        pytest.param(
            exchange(
                ("config", "DescribeComplianceByConfigRule", "json"),
                '{"ComplianceByConfigRules": [{"Compliance": {"ComplianceType": "FINE"}}]}',
            ),
            ["satisfy enum value set"],
            id="enumeration",
        ),
        pytest.param(
            exchange(CONFIG, '{"__type": "NoSuchThing"}', status=400),
            ["the code NoSuchThing is not one of"],
            id="error",
        ),
        pytest.param(
            exchange(CONFIG, '{"__type": "NoSuchConfigRuleException"}', status=400), [], id="an error of the operation"
        ),
        pytest.param(
            exchange(CONFIG, "{}", sent={"ConfigRuleNames": "one"}), ["input: Value of type str"], id="an input"
        ),
        pytest.param(exchange(("config", "Describe", "json"), "{}"), ["no such operation"], id="no such operation"),
    ],
)
def test_what_a_model_does_not_allow_is_found(seen: Exchange, expected: list[str]) -> None:
    found = list(deviations(seen))
    assert bool(found) == bool(expected)
    assert [part for part in expected if part not in " ".join(found)] == []


def test_known_deviations_are_told_apart_from_new_ones() -> None:
    boundary = (
        "<PermissionsBoundary><PermissionsBoundaryType>{}</PermissionsBoundaryType>"
        "<PermissionsBoundaryArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PermissionsBoundaryArn></PermissionsBoundary>"
    )
    known, new = (exchange(IAM, get_user(CREATED + boundary.format(kind))) for kind in ("Policy", "Role"))
    assert compare([known])[0] == {}
    ((text, count),) = compare([new, new, known])[0].items()
    assert "Value 'Role'" in text
    assert count == 2


def test_a_run_of_the_rule_asks_and_is_answered_as_the_models_say(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanges: list[Exchange] = []
    monkeypatch.setattr(EmbeddedAws, "observe", exchanges.append)
    aws.iam.root(mfa="virtual")
    aws.iam.user("ada", policies=["AdministratorAccess"], devices=["virtual", "fido"])
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    with in_environment(aws.environment):
        aws.config.invoke(handle, rule_name=RULE)
    assert {one.request.action for one in exchanges} >= {"GetAccountAuthorizationDetails", "PutEvaluations"}
    assert compare(exchanges)[0] == {}
