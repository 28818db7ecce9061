"""The handler, called as AWS Config calls it: what it records, when it raises, and what it never hides."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.session import get_session

from admin_mfa.errors import EvaluationError, ReadError
from demo.emulator import EmbeddedAws, Kind
from demo.rule import load_handler
from tests.support.handler import IDENTIFIER, RULE, compliances, handle, held, new_container, prepare, rule_module, run
from tests.support.values import allow

C, NC, NA = "COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"
ADMIN = "AdministratorAccess"


def recorded(aws: EmbeddedAws) -> list[tuple[str, str]]:
    names = {user.id: name for name, user in aws.iam.state.backend.users.items()}
    return [(names.get(e.resource_id, e.resource_id), e.compliance) for e in aws.config.recorded]


def again(aws: EmbeddedAws, event: dict[str, Any] | None = None) -> Any:
    """Run once more, counting recorded evaluations and calls from here."""
    aws.config.clear_recorded()
    aws.calls.clear()
    return aws.config.invoke(handle, rule_name=RULE, event=event)


@pytest.fixture
def sts_asked(aws: EmbeddedAws) -> Iterator[list[str]]:
    """Bring requests for the regional STS endpoint, which rdklib spells out, to the embedded one; tell which came."""
    asked: list[str] = []

    def redirect(request: Any, **_: Any) -> None:
        if not request.url.startswith(aws.url):
            asked.append(request.url)
            request.url = aws.url

    container = new_container()
    container.register("before-send.sts", redirect, unique_id="tests")
    yield asked
    container.unregister("before-send.sts", unique_id="tests")


def put(aws: EmbeddedAws) -> list[list[tuple[str, str]]]:
    """Return the batches that were put, each as resource ids and compliances."""
    return [
        [(e["ComplianceResourceId"], e["ComplianceType"]) for e in call.parameters.get("Evaluations", ())]
        for call in aws.calls.of("config")
        if call.action == "PutEvaluations"
    ]


@pytest.fixture
def two(aws: EmbeddedAws) -> EmbeddedAws:
    """An account of two administrators without a device, judged once."""
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace", policies=[ADMIN])
    run(aws)
    return aws


def test_a_first_run_records_every_user(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace")
    assert compliances(run(aws)) == {"ada": NC, "grace": C}
    assert sorted(recorded(aws)) == [("ada", NC), ("grace", C)]
    assert aws.config.runs_completed(RULE) == 1


TABLE = "remembered"


@pytest.fixture
def table(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> str:
    """The table of the remediation, which the template gives the function, and the rule."""
    prepare(aws)
    aws.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "finding", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "finding", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setenv("TABLE_NAME", TABLE)
    return TABLE


def remembered(aws: EmbeddedAws) -> dict[str, str]:
    """Return when which rule's last run began, as the table holds it."""
    items = aws.client("dynamodb").scan(TableName=TABLE)["Items"]
    return {item["finding"]["S"]: item["completed_at"]["S"] for item in items}


@pytest.mark.usefixtures("table")
def test_a_completed_run_is_remembered_because_config_may_not_tell_of_it(aws: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html"""
    event = aws.config.scheduled_event(RULE)
    again(aws, event)
    begun = json.loads(event["invokingEvent"])["notificationCreationTime"]
    (at,) = remembered(aws).values()
    assert set(remembered(aws)) == {f"run#{RULE}"}
    assert datetime.fromisoformat(at) == datetime.fromisoformat(begun)


@pytest.mark.usefixtures("table")
def test_an_older_run_does_not_replace_a_newer_one(aws: EmbeddedAws) -> None:
    older, newer = aws.config.scheduled_event(RULE), aws.config.scheduled_event(RULE)
    early = {**json.loads(older["invokingEvent"]), "notificationCreationTime": "2020-01-01T00:00:00.000Z"}
    for event in (newer, {**older, "invokingEvent": json.dumps(early)}):
        again(aws, event)
    assert not remembered(aws)[f"run#{RULE}"].startswith("2020")


@pytest.mark.usefixtures("table")
def test_a_run_that_failed_or_was_triggered_by_a_change_is_not_remembered(two: EmbeddedAws) -> None:
    before = remembered(two)
    again(two, two.config.change_event(RULE, "ada"))
    two.faults.add("iam:GetAccountAuthorizationDetails", Kind.ACCESS_DENIED, times=None)
    with pytest.raises(ReadError):
        again(two)
    assert remembered(two) == before


@pytest.mark.usefixtures("table")
def test_a_run_that_cannot_be_remembered_is_completed_all_the_same(
    two: EmbeddedAws, caplog: pytest.LogCaptureFixture
) -> None:
    two.faults.add("dynamodb:*", Kind.ACCESS_DENIED, times=None)
    completed = two.config.runs_completed(RULE)
    with caplog.at_level(logging.WARNING):
        again(two)
    assert two.config.runs_completed(RULE) == completed + 1
    assert "The completed run was not remembered." in caplog.messages


def test_without_a_table_nothing_is_written(two: EmbeddedAws) -> None:
    again(two)
    assert two.calls.of("dynamodb") == ()


def test_an_unchanged_account_records_nothing_and_the_run_is_completed(two: EmbeddedAws) -> None:
    event = two.config.scheduled_event(RULE)
    assert again(two, event) == []
    assert recorded(two) == []
    assert put(two) == [[]]
    (call,) = [call for call in two.calls.of("config") if call.action == "PutEvaluations"]
    assert call.parameters["ResultToken"] == event["resultToken"]
    assert two.config.runs_completed(RULE) == 2


def test_one_enrolment_records_one_evaluation(two: EmbeddedAws) -> None:
    two.iam.device("ada")
    again(two)
    assert recorded(two) == [("ada", C)]


def test_one_more_device_of_a_compliant_user_records_nothing(two: EmbeddedAws) -> None:
    two.iam.device("ada")
    again(two)
    two.iam.device("ada", "fido")
    again(two)
    assert recorded(two) == []


def test_a_failed_read_records_nothing_and_raises(two: EmbeddedAws) -> None:
    two.iam.device("ada")
    two.iam.delete_user("grace")
    two.faults.add("iam:ListVirtualMFADevices", Kind.ACCESS_DENIED)
    with pytest.raises(ReadError, match=r"iam:ListVirtualMFADevices failed \(AccessDenied\)"):
        again(two)
    assert recorded(two) == []
    assert put(two) == []
    assert two.config.runs_completed(RULE) == 1


def test_lambdas_retry_of_a_failed_run_succeeds(two: EmbeddedAws) -> None:
    two.iam.device("ada")
    two.config.clear_recorded()
    two.faults.add("iam:ListVirtualMFADevices", Kind.ACCESS_DENIED)
    two.config.invoke(handle, rule_name=RULE, retries=2)
    assert recorded(two) == [("ada", C)]


def test_a_duplicate_event_records_nothing_anew(two: EmbeddedAws) -> None:
    two.iam.device("ada")
    event = two.config.scheduled_event(RULE)
    again(two, event)
    assert recorded(two) == [("ada", C)]
    again(two, event)
    assert recorded(two) == []


def test_a_deleted_user_is_cleared_once(two: EmbeddedAws) -> None:
    user_id = two.iam.user_id("ada")
    two.iam.delete_user("ada")
    again(two)
    assert recorded(two) == [(user_id, NA)]
    again(two)
    assert recorded(two) == []


def test_a_user_made_again_under_the_same_name_is_another_one(two: EmbeddedAws) -> None:
    old = two.iam.user_id("ada")
    two.iam.delete_user("ada")
    new = two.iam.user("ada", policies=[ADMIN], devices=["virtual"])
    again(two)
    assert sorted(two.config.results(RULE)[user_id][0] for user_id in (old, new)) == [C, NA]


def test_non_admin_compliance_switches_both_ways(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace")
    assert compliances(run(aws, NonAdminCompliance=NA)) == {"ada": NC}
    assert compliances(run(aws)) == {"ada": NC, "grace": C}
    assert compliances(run(aws, NonAdminCompliance=NA)) == {"ada": NC, "grace": NA}
    aws.config.clear_recorded()
    run(aws, NonAdminCompliance=NA)
    assert recorded(aws) == []


def test_deleting_the_results_forces_a_full_report(two: EmbeddedAws) -> None:
    two.client("config").delete_evaluation_results(ConfigRuleName=RULE)
    again(two)
    assert sorted(recorded(two)) == [("ada", NC), ("grace", NC)]


@pytest.mark.parametrize(
    ("action", "kind", "error", "sentence"),
    [
        ("config:PutEvaluations", Kind.ACCESS_DENIED, EvaluationError, r"The rule failed \(AccessDeniedException\)"),
        (
            "config:GetComplianceDetailsByConfigRule",
            Kind.ACCESS_DENIED,
            ReadError,
            r"config:GetComplianceDetailsByConfigRule failed \(AccessDeniedException\)",
        ),
    ],
)
def test_what_rdklib_answers_with_a_dictionary_is_raised(
    two: EmbeddedAws, action: str, kind: Kind, error: type[Exception], sentence: str
) -> None:
    two.iam.device("ada")
    two.faults.add(action, kind, times=None)
    with pytest.raises(error, match=sentence):
        again(two)
    assert recorded(two) == []


def test_rdklibs_own_answer_to_the_same_failure_looks_like_success(two: EmbeddedAws) -> None:
    """If this ever fails, rdklib raises by itself and our turning of its answers can go."""
    module = rule_module()
    two.faults.add("config:PutEvaluations", Kind.ACCESS_DENIED, times=None)
    evaluator = module.Evaluator(module.IAM_ADMIN_USER_MFA_ENABLED(), ["AWS::IAM::User"])
    assert set(evaluator.handle(two.config.scheduled_event(RULE), None)) == {
        "internalErrorMessage",
        "internalErrorDetails",
        "customerErrorMessage",
        "customerErrorCode",
    }


def test_a_value_error_is_raised_and_not_answered(two: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def slip(*_: object, **__: object) -> None:
        raise ValueError("a slip of ours")

    monkeypatch.setattr(rule_module(), "judge_users", slip)
    with pytest.raises(EvaluationError, match=r"The rule failed: a slip of ours \(a slip of ours\)"):
        again(two)
    assert put(two) == []


def test_loading_the_rule_makes_no_session_and_invoking_it_leaves_none_behind(two: EmbeddedAws) -> None:
    before = boto3.DEFAULT_SESSION
    with patch("admin_mfa.aws.session.get_session", wraps=get_session) as made:
        handler = load_handler()
        assert made.call_count == 0
        for _ in range(2):
            two.config.invoke(handler, rule_name=RULE)
        assert made.call_count == 1
    assert boto3.DEFAULT_SESSION is before


def test_a_warm_container_makes_no_client_again(two: EmbeddedAws) -> None:
    container = new_container()
    with patch.object(container, "create_client", wraps=container.create_client) as made:
        for _ in range(2):
            again(two)
            assert sorted(call.args[0] for call in made.call_args_list) == ["config", "iam"]


@pytest.fixture
def crowd(aws: EmbeddedAws) -> EmbeddedAws:
    """An account of 250 administrators, which takes three batches."""
    aws.iam.administrators(250)
    prepare(aws)
    return aws


def test_batches_hold_a_hundred(crowd: EmbeddedAws) -> None:
    answer = again(crowd)
    assert [len(batch) for batch in put(crowd)] == [100, 100, 50]
    assert len(recorded(crowd)) == 250
    assert sorted(e["ComplianceResourceId"] for e in answer) == sorted(
        name for batch in put(crowd) for name, _ in batch
    )


def test_a_batch_that_fails_raises_and_the_next_run_puts_the_rest(crowd: EmbeddedAws) -> None:
    crowd.faults.add("config:PutEvaluations", Kind.ACCESS_DENIED, after=1)
    with pytest.raises(EvaluationError):
        again(crowd)
    assert len(recorded(crowd)) == 100
    again(crowd)
    assert [len(batch) for batch in put(crowd)] == [100, 50]
    assert len(held(crowd)) == 250


def test_evaluations_handed_back_raise_and_are_put_again(crowd: EmbeddedAws) -> None:
    unlucky = crowd.iam.user_id("administrator-0120")
    crowd.config.fail_evaluations(lambda evaluation: evaluation["ComplianceResourceId"] == unlucky)
    with pytest.raises(EvaluationError, match=f"AWS Config did not take 1 evaluations, the first about {unlucky}"):
        again(crowd)
    assert "administrator-0120" not in held(crowd)
    crowd.config.fail_evaluations(None)
    again(crowd)
    assert len(held(crowd)) == 250


def test_results_that_fill_many_pages_are_read_to_the_end(crowd: EmbeddedAws) -> None:
    again(crowd)
    again(crowd)
    assert recorded(crowd) == []
    assert crowd.calls.counts()["config:GetComplianceDetailsByConfigRule"] == 3


def test_no_finding_is_cleared_when_the_list_of_differences_is_short(two: EmbeddedAws) -> None:
    """rdklib's clean-up would clear every user that the list leaves out."""
    two.iam.device("ada")
    again(two)
    assert compliances(held(two)) == {"ada": C, "grace": NC}
    assert put(two) == [[(two.iam.user_id("ada"), C)]]
    assert two.calls.counts()["config:GetComplianceDetailsByConfigRule"] == 1


def test_an_account_without_users_clears_what_it_held_only_after_a_good_read(two: EmbeddedAws) -> None:
    ids = {two.iam.user_id(name) for name in ("ada", "grace")}
    for name in ("ada", "grace"):
        two.iam.delete_user(name)
    two.faults.add("iam:GetAccountAuthorizationDetails", Kind.ACCESS_DENIED)
    with pytest.raises(ReadError):
        again(two)
    assert recorded(two) == []
    again(two)
    assert set(recorded(two)) == {(user_id, NA) for user_id in ids}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"Nonsense": "x"}, r"Unknown rule parameter 'Nonsense'; allowed are AdministratorDefinition, "),
        ({"AllowedMfaTypes": "sms"}, r"AllowedMfaTypes is 'sms': sms; allowed is any, or a comma-separated list"),
        ({"ConsoleUsersOnly": True}, r"ConsoleUsersOnly must be text, not bool; allowed is true or false, in quotes"),
        ({"AssumeRoleMode": False}, r"AssumeRoleMode must be text, not bool; allowed is true or false, in quotes"),
        ({"AssumeRoleMode": None}, r"AssumeRoleMode must be text, not NoneType; allowed is true or false"),
        ({"AssumeRoleMode": "maybe"}, r"AssumeRoleMode is 'maybe'; allowed is true or false"),
    ],
)
def test_invalid_parameters_raise_a_sentence_that_names_them(
    two: EmbeddedAws, given: dict[str, Any], sentence: str
) -> None:
    event = two.config.scheduled_event(RULE)
    event["ruleParameters"] = json.dumps({"AssumeRoleMode": "false", **given})
    with pytest.raises(EvaluationError, match=r"The rule failed \(InvalidParameterValueException\): " + sentence):
        again(two, event)
    assert two.calls.all() == ()


def test_an_event_without_parameters_has_the_defaults(two: EmbeddedAws, sts_asked: list[str]) -> None:
    event = two.config.scheduled_event(RULE)
    del event["ruleParameters"]
    assert again(two, event) == []
    assert sts_asked


@pytest.mark.parametrize("message_type", ["ConfigurationSnapshotDeliveryCompleted", "ScheduledNotifications"])
def test_an_unknown_message_type_raises(two: EmbeddedAws, message_type: str) -> None:
    event = two.config.scheduled_event(RULE)
    event["invokingEvent"] = json.dumps({"messageType": message_type})
    with pytest.raises(EvaluationError, match=r"The rule failed: Unexpected message type"):
        again(two, event)


def test_testmode_puts_nothing_for_real(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    prepare(aws)
    event = aws.config.scheduled_event(RULE) | {"resultToken": "TESTMODE"}
    (evaluation,) = again(aws, event)
    assert (evaluation["ComplianceResourceId"], evaluation["ComplianceType"]) == (aws.iam.user_id("ada"), NC)
    assert recorded(aws) == []
    assert [call.parameters["TestMode"] for call in aws.calls.of("config") if call.action == "PutEvaluations"] == [True]


def test_nobodys_name_is_logged(two: EmbeddedAws, caplog: pytest.LogCaptureFixture) -> None:
    prepare(two, ExemptUsers="hopper")
    with caplog.at_level(logging.INFO):
        again(two)
    told = [str(vars(record)) for record in caplog.records if record.filename == f"{IDENTIFIER}.py"]
    assert len(told) == 2
    assert [name for name in ("ada", "grace", "hopper") for text in told if name in text] == []


# Changes


@pytest.fixture
def changing(aws: EmbeddedAws) -> EmbeddedAws:
    """An account with a rule that changes trigger."""
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace", policies=[ADMIN], devices=["virtual"])
    aws.iam.user("linus")
    aws.config.rule(RULE, {"AssumeRoleMode": "false"}, change_triggered=True)
    return aws


@pytest.mark.parametrize(("name", "compliance"), [("ada", NC), ("grace", C), ("linus", C)])
@pytest.mark.parametrize("status", ["OK", "ResourceDiscovered"])
@pytest.mark.parametrize("kind", ["change_event", "oversized_event"])
def test_a_change_is_judged_from_live_iam(
    changing: EmbeddedAws, name: str, compliance: str, status: str, kind: str
) -> None:
    event = getattr(changing.config, kind)(RULE, name, status=status)
    (answer,) = again(changing, event)
    assert recorded(changing) == [(name, compliance)]
    assert answer["ComplianceType"] == compliance
    assert isinstance(answer["OrderingTimestamp"], str)


def test_the_item_is_not_believed(changing: EmbeddedAws) -> None:
    event = changing.config.change_event(RULE, "ada")
    changing.iam.device("ada", "fido")
    again(changing, event)
    assert recorded(changing) == [("ada", C)]


@pytest.mark.parametrize("status", ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"])
def test_a_deletion_is_not_applicable_without_a_read(changing: EmbeddedAws, status: str) -> None:
    event = changing.config.change_event(RULE, "ada", status=status)
    again(changing, event)
    assert recorded(changing) == [("ada", NA)]
    assert changing.calls.of("iam") == ()


def test_an_item_that_left_the_scope_is_not_applicable_without_a_read(changing: EmbeddedAws) -> None:
    again(changing, changing.config.change_event(RULE, "ada", event_left_scope=True))
    assert recorded(changing) == [("ada", NA)]
    assert changing.calls.of("iam") == ()


def test_an_item_of_another_type_is_not_applicable_without_a_read(changing: EmbeddedAws) -> None:
    event = changing.config.change_event(RULE, "ada")
    invoking = json.loads(event["invokingEvent"])
    invoking["configurationItem"] |= {"resourceType": "AWS::IAM::Group", "resourceId": "AGPA1"}
    event["invokingEvent"] = json.dumps(invoking)
    again(changing, event)
    assert put(changing) == [[("AGPA1", NA)]]
    assert changing.calls.of("iam") == ()


def test_a_user_gone_before_the_event_came_is_not_applicable(changing: EmbeddedAws) -> None:
    event = changing.config.change_event(RULE, "ada")
    user_id = changing.iam.user_id("ada")
    changing.iam.delete_user("ada")
    again(changing, event)
    assert recorded(changing) == [(user_id, NA)]


def test_a_user_made_again_under_the_same_name_is_not_taken_for_the_old_one(changing: EmbeddedAws) -> None:
    event = changing.config.change_event(RULE, "ada")
    user_id = changing.iam.user_id("ada")
    changing.iam.delete_user("ada")
    changing.iam.user("ada", policies=[ADMIN], devices=["virtual"])
    again(changing, event)
    assert recorded(changing) == [(user_id, NA)]


@pytest.mark.parametrize("kind", ["change_event", "oversized_event"])
def test_a_user_renamed_before_the_event_came_is_judged_by_id(changing: EmbeddedAws, kind: str) -> None:
    event = getattr(changing.config, kind)(RULE, "ada")
    users = changing.iam.state.backend.users
    users["countess"] = users.pop("ada")
    users["countess"].name = "countess"
    again(changing, event)
    assert recorded(changing) == [("countess", NC)]


def test_a_failed_read_on_a_change_raises_and_puts_nothing(changing: EmbeddedAws) -> None:
    event = changing.config.change_event(RULE, "ada")
    for action in (
        "iam:GetUser",
        "iam:ListAttachedUserPolicies",
        "iam:ListUserPolicies",
        "iam:ListGroupsForUser",
        "iam:ListMFADevices",
    ):
        changing.faults.clear()
        changing.faults.add(action, Kind.ACCESS_DENIED)
        with pytest.raises(ReadError, match=rf"{action} failed \(AccessDenied\)"):
            again(changing, event)
        assert put(changing) == []


def test_an_oversized_item_that_cannot_be_read_raises(changing: EmbeddedAws) -> None:
    event = changing.config.oversized_event(RULE, "ada")
    changing.faults.add("config:GetResourceConfigHistory", Kind.ACCESS_DENIED, times=None)
    with pytest.raises(Exception, match="GetResourceConfigHistory"):
        again(changing, event)
    assert put(changing) == []


MODES: list[dict[str, str]] = [
    {},
    {"AllowedMfaTypes": "virtual"},
    {"AllowedMfaTypes": "fido,hardware"},
    {"ManagedDeviceTag": "managed=yes"},
    {"ManagedDeviceTag": "managed", "AllowedMfaTypes": "virtual"},
    {"PrivilegeModel": "effective", "ConsoleUsersOnly": "true"},
    {"AdministratorDefinition": "AdministratorAccess", "NonAdminCompliance": NA},
    {"ExemptTag": "exempt", "ExemptUsers": "user-1@2020-01-01,user-2"},
]


def every_kind_of_user(aws: EmbeddedAws) -> list[str]:
    """Make users of every kind of policy, device and tag, crossed."""
    boss = aws.iam.policy("boss", {"Statement": [allow()]})
    aws.iam.group("admins", [ADMIN, boss], {"extra": {"Statement": [allow()]}})
    aws.iam.group("power", ["PowerUserAccess"])
    policies: list[dict[str, Any]] = [
        {"policies": [ADMIN]},
        {"groups": ["power", "admins"], "policies": [boss]},
        {"policies": ["IAMFullAccess"], "groups": ["power"]},
        {
            "policies": [boss, "ReadOnlyAccess"],
            "inline": {"b": {"Statement": [allow()]}, "a": {"Statement": [allow()]}},
        },
        {"policies": ["ReadOnlyAccess"]},
    ]
    devices: list[dict[str, Any]] = [
        {},
        {"devices": ["virtual"]},
        {"devices": ["fido", "virtual"], "device_tags": {"managed": "yes"}},
        {"devices": ["fido", "virtual", "sms"], "device_tags": {"managed": "no"}},
        {"devices": ["hardware", "virtual", "virtual"], "tags": {"exempt": "2020-01-01"}},
        {"devices": ["sms"], "password": True},
    ]
    names: list[str] = []
    for policy in policies:
        for device in devices:
            names.append(f"user-{len(names)}")
            aws.iam.user(names[-1], **policy, **device)
    aws.iam.user("fenced", policies=[ADMIN], boundary=boss)
    aws.iam.user("fenced-in", policies=[ADMIN], boundary="PowerUserAccess", password=True)
    return [*names, "fenced", "fenced-in"]


@pytest.mark.parametrize("given", MODES, ids=lambda given: " ".join(given) or "defaults")
def test_a_change_and_a_schedule_say_the_same_word_for_word(aws: EmbeddedAws, given: dict[str, str]) -> None:
    """Else Config would record, and charge for, each user twice over and over."""
    names = every_kind_of_user(aws)
    scheduled = run(aws, **given)
    changed = {}
    for name in names:
        (answer,) = again(aws, aws.config.change_event(RULE, name))
        if answer["ComplianceType"] != NA:
            changed[name] = (answer["ComplianceType"], answer["Annotation"])
        # In the effective model two calls more for each AWS managed policy that may deny.
        assert len(aws.calls.of("iam")) <= (12 if "PrivilegeModel" in given else 10), name
    assert changed == scheduled


# Roles


@pytest.mark.parametrize(
    ("given", "role", "region"),
    [
        pytest.param({}, "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "us-east-1", id="Config's"),
        pytest.param({"AssumeRoleMode": "true", "ExecutionRoleName": "Auditor"}, "Auditor", "us-east-1", id="by name"),
        pytest.param({"ExecutionRoleName": "x/y/Auditor"}, "x/y/Auditor", "us-east-1", id="with its path"),
        pytest.param(
            {"ExecutionRoleName": "Auditor", "ExecutionRoleRegion": "eu-west-1"}, "Auditor", "eu-west-1", id="elsewhere"
        ),
    ],
)
def test_the_role_that_was_asked_for_is_assumed_where_it_was_asked_for(
    two: EmbeddedAws, sts_asked: list[str], given: dict[str, str], role: str, region: str
) -> None:
    event = two.config.scheduled_event(RULE)
    event["ruleParameters"] = json.dumps(given)
    there = two.account(region=region)
    if region != two.region:
        there.config.rule(RULE)
        event = there.config.scheduled_event(RULE)
        event["ruleParameters"] = json.dumps(given)
    two.calls.clear()
    handle(event, None)
    assert {call.parameters["RoleArn"] for call in two.calls.of("sts")} == {
        f"arn:aws:iam::{two.account_id}:role/{role}"
    }
    assert set(sts_asked) == {f"https://sts.{region}.amazonaws.com/"}
    assert {call.region for call in two.calls.of("config")} == {region}


def test_without_assuming_a_role_sts_is_not_asked(two: EmbeddedAws) -> None:
    again(two)
    assert two.calls.of("sts") == ()


def test_a_role_that_may_not_be_assumed_raises(two: EmbeddedAws, sts_asked: list[str]) -> None:
    two.faults.add("sts:AssumeRole", Kind.ACCESS_DENIED, times=None)
    event = two.config.scheduled_event(RULE)
    event["ruleParameters"] = "{}"
    with pytest.raises(EvaluationError, match=r"The rule failed \(AccessDenied\): AWS Config does not have permission"):
        again(two, event)
    assert put(two) == []
    assert sts_asked
