"""An account with our rule, the helper behind its documents, and people who read what it sends."""

import copy
import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import yaml

from admin_mfa.followup.enforcement import policy_document
from demo.emulator import EmbeddedAws, automation, in_environment
from demo.emulator.automation import Execution, Hooks
from demo.emulator.calls import Call

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
RULE = "iam-admin-user-mfa-enabled"
HELPER_NAME = "admin-mfa-helper"
HELPER_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{HELPER_NAME}"
RULE_FUNCTION_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{RULE}"
APPROVAL_TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:Automation-{RULE}"
APPROVER = f"arn:aws:iam::{ACCOUNT}:role/security/approvers"
AUTOMATION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin-mfa/require"
RULE_MODULE = "rules/IAM_ADMIN_USER_MFA_ENABLED/IAM_ADMIN_USER_MFA_ENABLED.py"
TABLE = f"{RULE}-remediation"
START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
HELP = "Write to security@example.com."

Runner = Callable[[Mapping[str, Any], Mapping[str, Any], Hooks], Execution]


def document(name: str) -> dict[str, Any]:
    """Return a copy of one of the documents, parsed from its YAML once."""
    return copy.deepcopy(_parsed(name))


@cache
def _parsed(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "remediation" / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _module(path: str) -> ModuleType:
    """Import a function by its file, as AWS Lambda does."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def helper() -> ModuleType:
    """Return the helper."""
    return _module("remediation/handler.py")


@dataclass(slots=True, kw_only=True)
class World:
    """The account and its clock.

    Attributes:
        aws: The embedded AWS.
        policy_arn: The enforcement policy.
        topic_arn: Where notices go.
        now: The time; tests move it on.
        runner: The interpreter, or AWS's simulator.
        require: The document RequireAdminMfa; a test may break it.
        backout: The document BackoutAdminMfa.
        approves: What approvers answer.
        lies: What the helper answers instead, by action.
        options: Inputs of RequireAdminMfa that differ from their defaults.
        backout_name: The name of the backout document.
        used_by_helper: The permissions that the helper has used, as long as one automation runs at a time.
        helper_calls: Likewise, each call.
    """

    aws: EmbeddedAws
    policy_arn: str
    topic_arn: str
    now: datetime = START
    runner: Runner = automation.run
    require: dict[str, Any] = field(default_factory=lambda: document("require_admin_mfa"))
    backout: dict[str, Any] = field(default_factory=lambda: document("backout_admin_mfa"))
    approves: bool = False
    lies: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    backout_name: str = "BackoutAdminMfa"
    used_by_helper: set[str] = field(default_factory=set)
    helper_calls: list[Call] = field(default_factory=list)

    def administrator(self, name: str, **made: Any) -> str:
        """Make an administrator with a console password and no device, seen by the rule; return the unique id."""
        user_id = self.aws.iam.user(name, **{"policies": ["AdministratorAccess"], "password": True, **made})
        self.evaluate()
        return user_id

    def use_key(self, user_name: str, when: datetime) -> None:
        """Have an access key of the user used."""
        from moto.iam.models import AccessKeyLastUsed, iam_backends  # noqa: PLC0415 - no API says that a key was used

        for key in iam_backends[ACCOUNT]["aws"].users[user_name].access_keys:
            key.last_used = AccessKeyLastUsed(timestamp=when, service="s3", region="us-east-1")

    def set_rule_parameters(self, **parameters: str) -> None:
        """Change the rule's own parameters."""
        self.aws.config.rule(RULE, {"AssumeRoleMode": "false", **parameters})

    def enforced(self, name: str = "ada", **made: Any) -> str:
        """Make an administrator and let the remediation go on until the enforcement policy is attached."""
        user_id = self.administrator(name, **made)
        self.options["Mode"] = "Enforce"
        self.remediate_over(user_id, 0.0, 12.0, 1.0, 1.0)
        assert self.carries(name)
        return user_id

    def remediate_over(self, user_id: str, *days: float) -> Execution:
        """Run RequireAdminMfa for a user after so many days, and again after so many more; return the last run."""
        runs = []
        for passed in days:
            self.pass_days(passed)
            runs.append(self.remediate(user_id))
            assert runs[-1].succeeded, runs[-1].failure
        return runs[-1]

    def pass_days(self, days: float) -> None:
        """Let time pass, with the rule evaluated to the end of it."""
        self.now += timedelta(days=days)
        self.evaluate()

    def evaluate(self, rule_name: str = RULE) -> None:
        """Have AWS Config run the real rule now."""
        self.aws.config.set_clock(lambda: self.now)
        rule = _module(RULE_MODULE)
        self.aws.config.invoke(rule.lambda_handler, rule_name=rule_name)

    def except_from_remediation(self, user_id: str, says: str) -> None:
        """Put a user on AWS Config's list of remediation exceptions."""
        config = self.aws.client("config")
        config.put_remediation_configurations(
            RemediationConfigurations=[
                {"ConfigRuleName": RULE, "TargetType": "SSM_DOCUMENT", "TargetId": "RequireAdminMfa"}
            ]
        )
        config.put_remediation_exceptions(
            ConfigRuleName=RULE,
            ResourceKeys=[{"ResourceType": "AWS::IAM::User", "ResourceId": user_id}],
            Message=says,
        )

    def ask(self, function_arn: str, event: Mapping[str, Any]) -> Any:
        """Call the helper as AWS Lambda would: JSON in, JSON out."""
        assert function_arn in (HELPER_ARN, HELPER_NAME)
        if event["Action"] in self.lies:
            return self.lies[event["Action"]]
        before = len(self.aws.calls.all())
        try:
            answered = helper().answer(json.loads(json.dumps(event)), HELPER_ARN, self.now)
        finally:
            calls = self.aws.calls.all()[before:]
            self.helper_calls += calls
            self.used_by_helper |= {call.permission for call in calls}
        return json.loads(json.dumps(answered))

    @property
    def hooks(self) -> Hooks:
        """What the documents act upon."""
        automations = self.aws.automations
        return Hooks(
            invoke=self.ask,
            approve=lambda _: self.approves,
            payload=automations.payload,
            function_error_fails=automations.function_error_fails,
        )

    def remediate(self, user_id: str, **options: str) -> Execution:
        """Run RequireAdminMfa for a user."""
        inputs = {
            "AutomationAssumeRole": AUTOMATION_ROLE,
            "ResourceId": user_id,
            "ConfigRuleName": RULE,
            "HelperFunctionName": HELPER_NAME,
            **self.options,
            **options,
        }
        return self.runner(self.require, inputs, self.hooks)

    def back_out(self, user_name: str, serial_number: str, **options: Any) -> Execution:
        """Run BackoutAdminMfa for a device."""
        inputs = {
            "AutomationAssumeRole": AUTOMATION_ROLE,
            "UserName": user_name,
            "SerialNumber": serial_number,
            "Reason": "lost phone, ticket 42",
            "HelperFunctionArn": HELPER_ARN,
            **options,
        }
        with self.aws.automations.running(self.backout_name, inputs, self.hooks) as hooks:
            return self.runner(self.backout, inputs, hooks)

    def demand_approval(self) -> None:
        """Set the stack's approvers, until the world ends."""
        os.environ["BACKOUT_APPROVERS"] = "role/security/approvers"

    def published(self) -> list[dict[str, Any]]:
        """Return what was published successfully: subject, event, bodies by protocol."""
        from moto.sns.models import sns_backends  # noqa: PLC0415 - the one look behind the API that SNS does not offer

        topic = sns_backends[ACCOUNT]["us-east-1"].topics[self.topic_arn]
        return [
            {
                "subject": subject,
                "bodies": json.loads(message),
                "attributes": {name: value["Value"] for name, value in (attributes or {}).items()},
            }
            for _, message, subject, attributes, _ in topic.sent_notifications
        ]

    def events(self) -> list[str]:
        """Return the kinds of notices that were published, in order."""
        return [notice["attributes"]["event"] for notice in self.published()]

    def carries(self, user_name: str) -> bool:
        """Whether the user carries the enforcement policy."""
        attached = self.aws.client("iam").list_attached_user_policies(UserName=user_name)["AttachedPolicies"]
        return self.policy_arn in {policy["PolicyArn"] for policy in attached}

    def items(self) -> list[dict[str, Any]]:
        """Return everything that the table holds of findings, devices and days; runs of the rule are beside them."""
        items: list[dict[str, Any]] = self.aws.client("dynamodb").scan(TableName=TABLE)["Items"]
        return [item for item in items if not item["finding"]["S"].startswith("run#")]


def rule_of_the_world() -> Any:
    """Return the module of the rule that `World.evaluate` runs."""
    return _module(RULE_MODULE)


def environment(topic_arn: str, policy_arn: str) -> dict[str, str]:
    """What the template sets on the helper."""
    return {
        "TABLE_NAME": TABLE,
        "TOPIC_ARN": topic_arn,
        "RULE_FUNCTION_ARN": RULE_FUNCTION_ARN,
        "RULE_NAME": RULE,
        "RULE_PARAMETERS": "{}",
        "ENFORCEMENT_POLICY_ARN": policy_arn,
        "DOCUMENT_NAME": "RequireAdminMfa",
        "BACKOUT_DOCUMENT_NAME": "BackoutAdminMfa",
        "BACKOUT_APPROVERS": "",
        "APPROVAL_TOPIC_ARN": APPROVAL_TOPIC_ARN,
        "AUTOMATION_INPUTS": json.dumps(
            {"AutomationAssumeRole": AUTOMATION_ROLE, "HelperFunctionName": HELPER_NAME, "Mode": "Notify"}
        ),
        "HELP": HELP,
        "POWERTOOLS_METRICS_DISABLED": "true",
    }


def every_channel(world: World) -> dict[str, str]:
    """Return what the template sets where every optional channel is on, with what the channels need in place."""
    world.aws.client("sesv2").create_email_identity(EmailIdentity="mfa@example.com")
    world.aws.security_hub.enabled = True
    return {
        "CHAT_TOPIC_ARN": world.aws.client("sns").create_topic(Name="chat")["TopicArn"],
        "MAIL_FROM": "mfa@example.com",
        "MAIL_TAG": "Email",
        "SECURITY_HUB": "true",
    }


@contextmanager
def world() -> Iterator[World]:
    """Make an account in which our rule, the table, the topic, the policy and the document exist."""
    with EmbeddedAws(account_id=ACCOUNT) as aws:
        aws.config.recorder()
        aws.config.rule(RULE, {"AssumeRoleMode": "false"})
        aws.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "finding", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "finding", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        topic_arn = aws.client("sns").create_topic(Name="admin-mfa")["TopicArn"]
        policy_arn = aws.iam.policy(f"{RULE}-enforcement", policy_document("aws", ACCOUNT))
        for function, made_once in (
            (helper(), ("_session", "_client", "_optional_client")),
            (_module(RULE_MODULE), ("_session", "_clients", "_dynamodb")),
        ):
            for name in made_once:
                getattr(function, name).cache_clear()
        with in_environment(aws.environment), patch.dict(os.environ, environment(topic_arn, policy_arn)):
            # Nothing clears metrics that are disabled, and the hundredth value of one would be flushed all the same.
            for function in (helper(), _module(RULE_MODULE)):
                function.metrics.clear_metrics()
            made = World(aws=aws, policy_arn=policy_arn, topic_arn=topic_arn)
            aws.automations.document("RequireAdminMfa", made.require)
            aws.automations.document("BackoutAdminMfa", made.backout, default_version="1")
            aws.automations.function(HELPER_NAME, lambda event: made.ask(HELPER_ARN, event))
            made.evaluate()
            yield made
            aws.automations.wait()
