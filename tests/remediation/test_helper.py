"""The helper function: what it refuses, what it logs, and its optional channels."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto.ses.models import ses_backends
from typer.testing import CliRunner

from admin_mfa.aws.session import LAST_RETRY_SECONDS
from admin_mfa.cli.commands import app
from admin_mfa.errors import AdminMfaError, InvalidInputError, InvalidParametersError, ReadError, RemediationError
from admin_mfa.followup.channels import chat_notification
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import write
from demo.emulator import Kind
from tests.deploy.templates import Resolver
from tests.followup.test_notices import ADA

from .world import ACCOUNT, HELPER_ARN, RULE, World, every_channel, helper

REMEDIATE = {
    "Action": "remediate",
    "ConfigRuleName": RULE,
    "UserId": "AIDACKCEVSQ6C2EXAMPLE",
    "Mode": "Notify",
    "GracePeriodDays": "14",
    "ReminderDays": "0",
    "MaxEnforcementsPerDay": "5",
    "EnforceWithoutConsolePassword": "false",
    "EnforceDespiteAccessKeys": "false",
}


@pytest.mark.parametrize(
    ("event", "says"),
    [
        pytest.param(None, "The input must be a JSON object, not NoneType.", id="nothing"),
        pytest.param([REMEDIATE], "The input must be a JSON object, not list.", id="a list"),
        pytest.param({}, "Unknown action None; allowed are remediate, sweep, ", id="no action"),
        pytest.param({"Action": ["sweep"]}, "Unknown action ['sweep']", id="an action that is no text"),
        pytest.param({"Action": "settle"}, "Unknown action 'settle'", id="the end of a finding, by the caller's word"),
        pytest.param({"Action": "report"}, "Unknown action 'report'", id="an announcement, by the caller's word"),
        pytest.param(
            {**REMEDIATE, "Standing": "x"}, "The action remediate takes no 'Standing'.", id="an input too many"
        ),
        pytest.param({"Action": "remediate", "ConfigRuleName": RULE}, "UserId is None, which", id="an input too few"),
        pytest.param(
            {**REMEDIATE, "UserId": "ada"}, "UserId is 'ada', which the action remediate does not", id="name as id"
        ),
        pytest.param(
            {**REMEDIATE, "UserId": 7}, "UserId is 7, which the action remediate does not allow.", id="a number"
        ),
        pytest.param({**REMEDIATE, "ConfigRuleName": "x" * 129}, "ConfigRuleName is 'xxx", id="too long"),
        pytest.param({**REMEDIATE, "ConfigRuleName": "ad\u00e4"}, "ConfigRuleName is 'ad", id="not ASCII"),
        pytest.param({**REMEDIATE, "Mode": "Enforce\n"}, "Mode is", id="line break"),
    ],
)
def test_malformed_input_is_refused_and_nothing_is_done(world: World, event: Any, says: str) -> None:
    world.aws.calls.clear()
    with pytest.raises(InvalidInputError, match=re.escape(says)):
        helper().lambda_handler(event, SimpleNamespace(invoked_function_arn=HELPER_ARN))
    assert world.aws.calls.all() == ()


def test_handler_answers_as_lambda_calls_it(world: World) -> None:
    ada = world.administrator("ada")
    context = SimpleNamespace(invoked_function_arn=HELPER_ARN)
    assert helper().lambda_handler({**REMEDIATE, "UserId": ada}, context) == {
        "State": "NonCompliant",
        "UserName": "ada",
        "Annotation": "ada is an administrator (AdministratorAccess, attached directly) and has no MFA device.",
        "Notice": "found",
        "Enforcement": "None",
        "Reason": "Mode is Notify",
    }


PACK_RULE = f"{RULE}-conformance-pack-ab12cd34e"


PACKS = "config-conforms.amazonaws.com"


def _rule(world: World, name: str, created_by: str | None = PACKS, pack: str | None = RULE, **parameters: str) -> None:
    """Have AWS Config create a rule for our function, as it does from our conformance pack."""
    world.aws.config.rule(
        name,
        {"AssumeRoleMode": "false", **parameters},
        created_by=created_by,
        function=RULE,
        pack=pack if created_by else None,
    )


@pytest.mark.parametrize("pack_rule", [PACK_RULE, f"awsconfigconforms-{PACK_RULE}"], ids=["as seen", "as documented"])
def test_a_rule_of_a_pack_is_found_by_the_name_that_the_pack_declares(world: World, pack_rule: str) -> None:
    """A pack cannot refer to the name with the suffix, which the sweep uses: one record, one notice."""
    ada = world.administrator("ada")
    world.aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    _rule(world, pack_rule)
    assert world.remediate(ada).succeeded
    assert world.remediate(ada, ConfigRuleName=pack_rule).succeeded
    assert world.events() == ["root", "found"]
    assert f"{pack_rule}#{ada}" in {item["finding"]["S"] for item in world.items()}


def test_a_name_that_two_packs_declare_is_refused(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    for suffix in ("a", "b"):
        _rule(world, f"{PACK_RULE}{suffix}")
    with pytest.raises(InvalidInputError, match=r"Several rules begin with .* Give the full name of one of them"):
        world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})


def test_a_rule_that_nobody_declares_is_missing(world: World) -> None:
    ada = world.administrator("ada")
    with pytest.raises(ReadError, match="NoSuchConfigRule"):
        world.ask(HELPER_ARN, {**REMEDIATE, "ConfigRuleName": "another", "UserId": ada})


@pytest.mark.parametrize(
    ("name", "created_by"),
    [
        pytest.param("everyone", None, id="another name"),
        pytest.param(PACK_RULE, None, id="a pack's name, created by a person"),
        pytest.param(PACK_RULE, "securityhub.amazonaws.com", id="created by another service"),
        pytest.param("other-conformance-pack-a", PACKS, id="another pack"),
        pytest.param(f"{PACK_RULE}x", "config-multiaccountsetup.amazonaws.com", id="a pack's name, listed by no pack"),
    ],
)
def test_a_rule_that_the_deployment_did_not_create_is_not_trusted(
    world: World, name: str, created_by: str | None
) -> None:
    ada = world.enforced()
    _rule(world, name, created_by, RULE if created_by == PACKS else None, ExemptUsers="ada")
    with pytest.raises(InvalidInputError, match="was not created by the deployment"):
        world.ask(HELPER_ARN, {**REMEDIATE, "ConfigRuleName": name, "UserId": ada})
    event = {"Action": "compliance_changed", "ConfigRuleName": name, "UserId": ada}
    assert world.ask(HELPER_ARN, event) == {"started": False}
    world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    started = [call.parameters["Parameters"]["ConfigRuleName"] for call in world.aws.calls.of("ssm")]
    assert started == [[RULE]]


def test_a_user_is_released_only_when_every_trusted_rule_clears(world: World) -> None:
    ada = world.enforced()
    _rule(world, PACK_RULE, ExemptUsers="ada")
    judged = {**REMEDIATE, "ConfigRuleName": PACK_RULE, "UserId": ada}
    assert world.ask(HELPER_ARN, judged)["State"] == "Settled"
    assert world.carries("ada")
    assert "released" not in world.events()
    world.aws.iam.device("ada")
    assert world.ask(HELPER_ARN, judged)["State"] == "ReleaseDue"


def test_a_trusted_rule_that_cannot_be_read_clears_no_user_and_stops_no_sweep(world: World) -> None:
    ada = world.enforced()
    grace = world.administrator("grace")
    _rule(world, PACK_RULE, Unknown="1")
    world.aws.iam.device("ada")
    assert world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})["State"] == "Settled"
    assert world.carries("ada")
    world.aws.calls.clear()
    with pytest.raises(RemediationError, match=r"The parameters of the rule .* cannot be read"):
        world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    assert {call.parameters["Parameters"]["ResourceId"][0] for call in world.aws.calls.of("ssm")} == {ada, grace}


def _sweep_and_review(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Sweep, and return the rules that the log names, with the reasons; the metric counts as many."""
    counted: list[str] = []
    monkeypatch.setattr(helper().metrics, "add_metric", lambda name, **_: counted.append(name))
    handler = helper().logger.registered_handler
    before = handler.setStream(io.StringIO())
    try:
        world.ask(HELPER_ARN, {"Action": "sweep"})
    finally:
        written = handler.setStream(before)
        world.aws.automations.wait()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    found = [(line["rule"], line["reason"]) for line in lines if line["message"] == "rule to review"]
    assert all(line["level"] == "ERROR" for line in lines if line["message"] == "rule to review")
    assert counted.count("RulesToReview") == len(found)
    return found


def test_sweep_reports_rules_whose_parameters_are_not_those_deployed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULE_PARAMETERS", json.dumps({"ExemptUsers": "", "AllowedMfaTypes": "virtual , fido"}))
    world.set_rule_parameters(AllowedMfaTypes="fido,virtual")
    assert _sweep_and_review(world, monkeypatch) == []
    world.set_rule_parameters(AllowedMfaTypes="fido,virtual", ExemptUsers="mallory")
    assert _sweep_and_review(world, monkeypatch) == [(RULE, "its parameters differ from those deployed: ExemptUsers")]


def test_sweep_reports_rules_that_name_our_function_without_being_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rule(world, "everyone", None)
    ((name, reason),) = _sweep_and_review(world, monkeypatch)
    assert (name, "did not create it" in reason) == ("everyone", True)


def test_while_packs_cannot_be_read_their_rules_clear_no_user_and_the_sweep_fails_at_its_end(world: World) -> None:
    ada = world.enforced()
    grace = world.administrator("grace")
    _rule(world, PACK_RULE)
    world.evaluate(PACK_RULE)
    world.aws.iam.device("ada")
    world.aws.faults.add("config:DescribeConformancePackCompliance", Kind.ACCESS_DENIED, times=None)
    assert world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})["State"] == "Settled"
    target = {"ConfigRuleName": PACK_RULE, "UserId": ada}
    for event in ({**REMEDIATE, **target}, {"Action": "compliance_changed", **target}):
        with pytest.raises(ReadError, match="DescribeConformancePackCompliance"):
            world.ask(HELPER_ARN, event)
    world.aws.calls.clear()
    with pytest.raises(RemediationError, match=f"packs cannot be read, so these rules were not trusted: {PACK_RULE}"):
        world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    started = {call.parameters["Parameters"]["ConfigRuleName"][0] for call in world.aws.calls.of("ssm")}
    assert started == {RULE}
    assert grace


def test_deployed_parameters_that_cannot_be_read_stop_no_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULE_PARAMETERS", '{"ManagedDeviceTag": """}')
    counted: list[str] = []
    monkeypatch.setattr(helper().metrics, "add_metric", lambda name, **_: counted.append(name))
    assert world.ask(HELPER_ARN, {"Action": "sweep"})["started"] == 0
    assert "RulesToReview" in counted


def test_a_removal_is_announced_only_when_it_happened(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada", "fido")
    device = {"UserName": "ada", "SerialNumber": serial}
    inputs = {**device, "Reason": "sign in at example.net"}
    with world.aws.automations.running("BackoutAdminMfa", inputs, world.hooks) as hooks:
        removal = {"Action": "notify_removal", "ExecutionId": hooks.execution_id, **inputs}
        with pytest.raises(InvalidInputError, match="has begun; no notice was sent"):
            world.ask(HELPER_ARN, removal)
        world.ask(HELPER_ARN, {"Action": "check_device", "ExecutionId": hooks.execution_id, **device})
        with pytest.raises(RemediationError, match="is still enabled"):
            world.ask(HELPER_ARN, removal)
        with pytest.raises(InvalidInputError, match="another Reason"):
            world.ask(HELPER_ARN, {**removal, "Reason": "another text"})
    assert world.events() == []
    for _ in range(2):
        assert world.back_out("ada", serial).succeeded
    assert world.events() == ["device-removed"]


@contextmanager
def _removing(world: World) -> Iterator[dict[str, str]]:
    """Remove a device of ada's during an execution of the document, and yield the request for its notice."""
    device = {"UserName": "ada", "SerialNumber": world.aws.iam.device("ada", "virtual")}
    inputs = {**device, "Reason": "lost"}
    with world.aws.automations.running("BackoutAdminMfa", inputs, world.hooks) as hooks:
        execution = {"ExecutionId": hooks.execution_id}
        world.ask(HELPER_ARN, {"Action": "check_device", **execution, **device})
        world.aws.iam.remove_devices("ada")
        yield {"Action": "notify_removal", **execution, **inputs}


def test_removals_are_announced_a_limited_number_of_times_an_hour(world: World) -> None:
    """The same device can be enabled and removed again and again."""
    world.aws.iam.user("ada")

    for _ in range(8):
        with _removing(world) as removal:
            for _ in range(2):
                world.ask(HELPER_ARN, removal)
    with _removing(world) as removal:
        with pytest.raises(
            RemediationError, match="removals of ada: 8 notices were sent this hour, which is the limit"
        ):
            world.ask(HELPER_ARN, removal)
        assert world.events() == ["device-removed"] * 8
        world.now += timedelta(hours=1)
        world.ask(HELPER_ARN, removal)
    assert world.events() == ["device-removed"] * 9


def test_a_removal_that_could_not_be_announced_does_not_count(world: World) -> None:
    world.aws.iam.user("ada")
    with _removing(world) as removal:
        world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
        for _ in range(9):
            with pytest.raises(RemediationError, match="sns:Publish"):
                world.ask(HELPER_ARN, removal)
        world.aws.faults.clear()
        world.ask(HELPER_ARN, removal)
    assert world.events() == ["device-removed"]


def test_releases_of_a_policy_that_was_attached_by_hand_are_announced_once_an_hour(world: World) -> None:
    user_id = world.aws.iam.user("ada")
    for hours in (0, 0, 0, 1, 0):
        world.now += timedelta(hours=hours)
        world.aws.iam.attach("ada", world.policy_arn)
        assert world.remediate(user_id).outputs["ReadAnswer.State"] == "ReleaseDue"
        assert not world.carries("ada")
    assert world.events() == ["released"] * 2


def test_log_is_json_and_holds_no_personal_data_but_the_name(world: World) -> None:
    ada = world.administrator("ada", tags={"Email": "ada@example.com", "Phone": "+44 20 7946 0000"})
    handler = helper().logger.registered_handler
    before = handler.setStream(io.StringIO())
    try:
        assert world.remediate(ada).succeeded
    finally:
        written = handler.setStream(before)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["action"] for line in lines] == ["remediate"]
    assert "example.com" not in json.dumps(lines)
    assert "7946" not in json.dumps(lines)


def test_a_rule_of_another_function_is_none_of_our_business(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.config.rule("somebody-elses")
    with pytest.raises(InvalidInputError, match="The rule somebody-elses is not evaluated by arn:aws:lambda"):
        world.ask(HELPER_ARN, {**REMEDIATE, "ConfigRuleName": "somebody-elses", "UserId": ada})


def test_a_rule_that_does_not_exist_is_named(world: World) -> None:
    with pytest.raises(ReadError, match=r"config:DescribeConfigRules failed.*'no-such-rule'"):
        world.ask(HELPER_ARN, {**REMEDIATE, "ConfigRuleName": "no-such-rule"})


def test_the_rules_own_parameters_decide(world: World) -> None:
    ada = world.administrator("ada")
    world.set_rule_parameters(ExemptUsers="ada")
    assert world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})["State"] == "Settled"
    world.set_rule_parameters(AdministratorDefinition="Everybody")
    with pytest.raises(InvalidParametersError, match="AdministratorDefinition is 'Everybody'"):
        world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})


def test_the_id_decides_who_is_meant_after_renaming_and_after_a_new_user_took_the_name(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.client("iam").update_user(UserName="ada", NewUserName="countess")
    world.administrator("ada", policies=[])
    answer = world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})
    assert (answer["Notice"], answer["UserName"]) == ("found", "countess")
    assert world.published()[-1]["attributes"]["user"] == "countess"


def test_enforcement_policy_does_not_clear_its_carrier_under_the_effective_model(world: World) -> None:
    ada = world.enforced()
    world.set_rule_parameters(PrivilegeModel="effective")
    assert world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})["State"] == "NonCompliant"


# Channels


def test_mail_goes_to_the_address_in_the_users_tag_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_FROM", "mfa@example.com")
    monkeypatch.setenv("MAIL_TAG", "Email")
    world.aws.client("sesv2").create_email_identity(EmailIdentity="mfa@example.com")
    ada = world.administrator("ada", tags={"Email": "ada@example.com"})
    for _ in range(2):
        assert world.remediate(ada).succeeded
    (mail,) = ses_backends[ACCOUNT]["us-east-1"].sent_messages
    assert mail.destinations["ToAddresses"] == ["ada@example.com"]
    assert mail.source == "mfa@example.com"
    assert "What to do (five minutes)" in mail.body


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({}, id="no tag"),
        pytest.param({"Email": ""}, id="empty"),
        pytest.param({"Email": "ada"}, id="no address"),
        pytest.param({"Email": "ada@example.com bob@example.com"}, id="two"),
        pytest.param({"Email": f"{'a' * 65}@example.com"}, id="too long"),
    ],
)
def test_no_mail_where_the_tag_holds_no_address(
    world: World, monkeypatch: pytest.MonkeyPatch, tags: dict[str, str]
) -> None:
    monkeypatch.setenv("MAIL_FROM", "mfa@example.com")
    monkeypatch.setenv("MAIL_TAG", "Email")
    ada = world.administrator("ada", tags=tags)
    assert world.remediate(ada).succeeded
    assert world.aws.calls.of("ses") == ()
    assert sorted(world.events()) == ["found", "root"]


def _logged(world: World, user_id: str) -> list[dict[str, Any]]:
    """Remediate a user, which must succeed, and return the log lines about notices that were not sent."""
    handler = helper().logger.registered_handler
    before = handler.setStream(io.StringIO())
    try:
        run = world.remediate(user_id)
    finally:
        written = handler.setStream(before)
    assert run.succeeded, run.failure
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["message"] == "notice not sent"]


def _unverified(world: World) -> None:
    """Amazon SES in its sandbox, or without the sender's identity: MessageRejected."""
    world.aws.faults.clear()


def _denied(world: World) -> None:
    """The default configuration set needs a permission that the role lacks."""
    world.aws.faults.add("ses:SendEmail", Kind.ACCESS_DENIED, times=None)


def _no_hub(world: World) -> None:
    world.aws.security_hub.enabled = False


def _no_chat(world: World) -> None:
    world.aws.client("sns").delete_topic(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:chat")


@pytest.mark.parametrize(
    ("channel", "spoil", "code"),
    [
        pytest.param("mail", _unverified, "MessageRejected", id="SES refuses an address that is not verified"),
        pytest.param("mail", _denied, "AccessDenied", id="no permission on the configuration set"),
        pytest.param("securityhub", _no_hub, "InvalidAccessException", id="Security Hub is off"),
        pytest.param("chat", _no_chat, "NotFound", id="the chat topic is gone"),
    ],
)
def test_an_optional_channel_never_stops_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch, channel: str, spoil: Callable[[World], None], code: str
) -> None:
    for name, value in every_channel(world).items():
        monkeypatch.setenv(name, value)
    if spoil is _unverified:
        monkeypatch.setenv("MAIL_FROM", "nobody@elsewhere.example.com")
    counted: list[str] = []
    monkeypatch.setattr(helper().metrics, "add_metric", lambda name, **_: counted.append(name))
    world.aws.iam.root(mfa=True)
    world.options["Mode"] = "Enforce"
    ada = world.administrator("ada", password=True, tags={"Email": "ada@example.com"})
    spoil(world)
    (line,) = _logged(world, ada)
    assert line["channel"] == channel
    assert code in line["reason"]
    assert counted.count("NoticesNotSent") == 1
    world.remediate_over(ada, 12, 1, 1.1)
    assert world.events() == ["found", "final", "enforced"]
    assert world.carries("ada")


def test_every_channel_sends_the_second_final_notice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in every_channel(world).items():
        monkeypatch.setenv(name, value)
    ada = world.enforced(tags={"Email": "ada@example.com"})
    world.pass_days(1)
    world.aws.client("iam").detach_user_policy(UserName="ada", PolicyArn=world.policy_arn)
    for _ in range(2):
        assert world.remediate(ada).succeeded
    mails = ses_backends[ACCOUNT]["us-east-1"].sent_messages
    assert sum("last notice" in mail.subject for mail in mails) == 2
    chats = [c.parameters for c in world.aws.calls.of("sns") if c.parameters.get("TopicArn", "").endswith(":chat")]
    assert sum('"final"' in parameters["Message"] for parameters in chats) == 2


def test_a_table_that_cannot_be_written_stops_the_run_whatever_the_channel(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in every_channel(world).items():
        monkeypatch.setenv(name, value)
    ada = world.administrator("ada")
    world.aws.faults.add("dynamodb:UpdateItem", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded


def test_what_an_optional_channel_did_not_send_the_next_run_sends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in every_channel(world).items():
        monkeypatch.setenv(name, value)
    ada = world.administrator("ada", tags={"Email": "ada@example.com"})
    world.aws.faults.add("ses:*", Kind.ACCESS_DENIED, times=2)
    assert world.remediate(ada).succeeded
    assert ses_backends[ACCOUNT]["us-east-1"].sent_messages == []
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert sorted(world.events()) == ["found", "root"]
    assert len(ses_backends[ACCOUNT]["us-east-1"].sent_messages) == 1


def test_optional_channels_leave_time_for_what_is_required() -> None:
    """All of them hanging at every notice, and one required call tried to the end, fit into the function's time."""
    config = helper().OPTIONAL
    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    timeout = Resolver().resources()["RemediationFunction"]["Properties"]["Timeout"]
    # A run sends three notices at most: about the root user, the one that is due, and about enforcement.
    assert 3 * 3 * longest + LAST_RETRY_SECONDS < timeout


def test_chat_topic_gets_a_custom_notification(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = world.aws.client("sns").create_topic(Name="chat")["TopicArn"]
    monkeypatch.setenv("CHAT_TOPIC_ARN", chat)
    ada = world.administrator("ada")
    assert world.remediate(ada).succeeded
    sent = [
        json.loads(c.parameters["Message"]) for c in world.aws.calls.of("sns") if c.parameters.get("TopicArn") == chat
    ]
    assert [notification["metadata"]["eventType"] for notification in sent] == ["root", "found"]


def test_custom_notification_in_full() -> None:
    assert chat_notification(write(Notice.FOUND, ADA), ADA) == {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": "MFA required: ada in 123456789012",
            "description": "`ada` is an administrator of AWS account 123456789012 and has no MFA device.",
            "keywords": ["MFA", "123456789012"],
        },
        "metadata": {
            "threadId": "123456789012-AIDACKCEVSQ6C2EXAMPLE",
            "summary": "ada is an administrator of AWS account 123456789012 and has no MFA device.",
            "eventType": "found",
            "additionalContext": {"severity": "HIGH"},
        },
    }


def test_security_hub_finding_is_created_and_resolved_under_one_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURITY_HUB", "true")
    world.aws.security_hub.enabled = True
    ada = world.administrator("ada")

    def states() -> list[tuple[str, str, str]]:
        return [
            (item["RecordState"], item["Compliance"]["Status"], item["Workflow"]["Status"])
            for item in world.aws.security_hub.findings()
        ]

    assert world.remediate(ada).succeeded
    assert states() == [("ACTIVE", "FAILED", "NEW")]
    device = world.aws.iam.device("ada")
    assert world.remediate(ada).succeeded
    assert states() == [("ACTIVE", "PASSED", "RESOLVED")]
    world.aws.client("iam").deactivate_mfa_device(UserName="ada", SerialNumber=device)
    assert world.remediate(ada).succeeded
    assert states() == [("ACTIVE", "FAILED", "NEW")]
    (item,) = world.aws.security_hub.findings()
    assert {resource["Id"] for resource in item["Resources"]} == {"arn:aws:iam::123456789012:user/ada"}
    assert world.items()[0]["finding"]["S"] == "account#123456789012"


@pytest.mark.parametrize("rule_name", [RULE, PACK_RULE])
def test_a_report_and_the_remediation_make_one_security_hub_finding(
    world: World, monkeypatch: pytest.MonkeyPatch, rule_name: str
) -> None:
    monkeypatch.setenv("SECURITY_HUB", "true")
    world.aws.security_hub.enabled = True
    ada = world.administrator("ada")
    if rule_name != RULE:
        _rule(world, PACK_RULE)
    assert world.remediate(ada, ConfigRuleName=rule_name).succeeded
    (imported,) = world.aws.security_hub.findings()
    report = CliRunner().invoke(app, ["audit", "--format", "asff", "--region", "us-east-1"])
    reported = next(item for item in json.loads(report.stdout) if ada in item["Id"])
    ours = {name: imported[name] for name in reported if name not in ("CreatedAt", "UpdatedAt")}
    assert ours == {name: value for name, value in reported.items() if name not in ("CreatedAt", "UpdatedAt")}
    # What only Security Hub and the remediation add is no part of an import.
    assert set(imported) - set(reported) == {"Workflow"}


def test_a_user_who_is_gone_is_archived_and_resolved(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITY_HUB", "true")
    world.aws.security_hub.enabled = True
    ada = world.administrator("ada")
    assert world.remediate(ada).succeeded
    world.aws.iam.delete_user("ada")
    assert world.remediate(ada).succeeded
    (item,) = world.aws.security_hub.findings()
    assert (item["RecordState"], item["Compliance"]["Status"], item["Workflow"]["Status"]) == (
        "ARCHIVED",
        "PASSED",
        "RESOLVED",
    )


def test_a_topic_that_is_gone_fails_the_step_and_leaves_no_claim(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.iam.root(mfa=True)
    world.aws.client("sns").delete_topic(TopicArn=world.topic_arn)
    with pytest.raises(RemediationError, match=r"A notice could not be sent: sns:Publish failed \(NotFound"):
        world.ask(HELPER_ARN, {**REMEDIATE, "UserId": ada})
    (record,) = world.items()
    assert set(record) == {"finding", "expires_at"}


def test_every_error_of_the_helper_is_one_sentence(world: World) -> None:
    world.aws.faults.add("*", Kind.ACCESS_DENIED, times=None)
    with pytest.raises(AdminMfaError) as caught:
        world.ask(HELPER_ARN, REMEDIATE)
    assert "\n" not in str(caught.value)
