"""Run the remediation in the demonstration: the real documents, the real helper and an adjustable clock.

`demo.emulator.automation` runs the documents, because AWS's own simulator needs node. Tests compare the steps of both.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import yaml

from admin_mfa.followup.enforcement import policy_document
from admin_mfa.followup.records import KEY
from demo.emulator import EmbeddedAws
from demo.emulator.automation import Execution
from demo.rule import load_module, repository_file

_FUNCTION = "admin-mfa-remediation"
_TABLE = "admin-mfa-remediation"
_DOCUMENTS = {"RequireAdminMfa": "require_admin_mfa", "BackoutAdminMfa": "backout_admin_mfa"}
_HELP = "Write to security@example.com."


@dataclass(slots=True, kw_only=True)
class Remediation:
    """The remediation as the acts use it.

    Attributes:
        aws: The embedded AWS.
        rule_name: The rule whose findings are remediated.
        policy_arn: The enforcement policy.
        topic_arn: The topic that receives notices.
        now: The time, as the helper sees it.
    """

    aws: EmbeddedAws
    rule_name: str
    policy_arn: str
    topic_arn: str
    helper: ModuleType
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def pass_days(self, days: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(days=days)
        self.aws.config.set_clock(lambda: self.now)

    def require(self, user_name: str, **inputs: str) -> Execution:
        """Run RequireAdminMfa for a user, as AWS Config and the daily sweep do, and wait for its end."""
        user_id = self.aws.client("iam").get_user(UserName=user_name)["User"]["UserId"]
        return self._run(
            "RequireAdminMfa",
            {
                "ResourceId": [user_id],
                "ConfigRuleName": [self.rule_name],
                "HelperFunctionName": [_FUNCTION],
                **{name: [value] for name, value in inputs.items()},
            },
        )

    def compliance_changed(self, user_name: str) -> None:
        """Send AWS Config's compliance event for a user to the helper, and wait until its executions have ended."""
        user_id = self.aws.client("iam").get_user(UserName=user_name)["User"]["UserId"]
        self._invoke({"Action": "compliance_changed", "ConfigRuleName": self.rule_name, "UserId": user_id})
        self.aws.automations.wait()

    def back_out(self, user_name: str, serial_number: str, reason: str) -> Execution:
        """Run BackoutAdminMfa for a device, and wait for its end."""
        inputs = {
            "UserName": user_name,
            "SerialNumber": serial_number,
            "Reason": reason,
            "HelperFunctionArn": self._function_arn,
        }
        return self._run("BackoutAdminMfa", {name: [value] for name, value in inputs.items()})

    def has_policy(self, user_name: str) -> bool:
        """Return whether the enforcement policy is attached to the user."""
        attached = self.aws.client("iam").list_attached_user_policies(UserName=user_name)["AttachedPolicies"]
        return self.policy_arn in {policy["PolicyArn"] for policy in attached}

    def notices(self) -> list[dict[str, Any]]:
        """Return the notices that reached the topic: subject, event and text."""
        return [
            {
                "subject": call.parameters["Subject"],
                "event": _attribute(call.parameters, "event"),
                "text": json.loads(call.parameters["Message"])["email"],
            }
            for call in self.aws.calls.of("sns")
            if call.action == "Publish"
        ]

    def _run(self, document: str, inputs: Mapping[str, list[str]]) -> Execution:
        account = self.aws.account_id
        self.aws.client("ssm").start_automation_execution(
            DocumentName=document,
            Parameters={
                "AutomationAssumeRole": [f"arn:aws:iam::{account}:role/{document}"],
                **inputs,
            },
        )
        return self.aws.automations.wait()[-1]

    @property
    def _function_arn(self) -> str:
        return f"arn:aws:lambda:{self.aws.region}:{self.aws.account_id}:function:{_FUNCTION}"

    def _invoke(self, event: Mapping[str, Any]) -> Any:
        return self.helper.answer(dict(event), self._function_arn, self.now)


def _attribute(parameters: Mapping[str, Any], name: str) -> str:
    """Return a message attribute of a Publish call."""
    attributes = parameters["MessageAttributes"]
    return str(attributes[name]["StringValue"])


@contextmanager
def remediation_of(aws: EmbeddedAws, rule_name: str) -> Iterator[Remediation]:
    """Deploy the remediation into the embedded AWS for the duration of the `with` block.

    Raises:
        DemoError: The clone lacks a file of the remediation.
    """
    policy_arn = aws.iam.policy("AdminMfaEnforcement", policy_document("aws", aws.account_id))
    topic_arn = aws.client("sns").create_topic(Name="admin-mfa-notices")["TopicArn"]
    aws.client("dynamodb").create_table(
        TableName=_TABLE,
        KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    (rule,) = aws.client("config").describe_config_rules(ConfigRuleNames=[rule_name])["ConfigRules"]
    for name, file in _DOCUMENTS.items():
        text = repository_file(f"remediation/{file}.yaml").read_text(encoding="utf-8")
        aws.automations.document(name, yaml.safe_load(text), default_version="1")
    remediation = Remediation(
        aws=aws,
        rule_name=rule_name,
        policy_arn=policy_arn,
        topic_arn=topic_arn,
        helper=load_module("remediation/handler.py"),
    )
    aws.automations.function(_FUNCTION, remediation._invoke)  # noqa: SLF001 - our own class, see above
    with _set(
        {
            "TABLE_NAME": _TABLE,
            "TOPIC_ARN": topic_arn,
            "RULE_FUNCTION_ARN": rule["Source"]["SourceIdentifier"],
            "RULE_NAME": rule_name,
            "ENFORCEMENT_POLICY_ARN": policy_arn,
            "DOCUMENT_NAME": "RequireAdminMfa",
            "BACKOUT_DOCUMENT_NAME": "BackoutAdminMfa",
            "BACKOUT_APPROVERS": "",
            "APPROVAL_TOPIC_ARN": topic_arn,
            "AUTOMATION_INPUTS": json.dumps(
                {
                    "AutomationAssumeRole": f"arn:aws:iam::{aws.account_id}:role/RequireAdminMfa",
                    "HelperFunctionName": _FUNCTION,
                    "Mode": "Enforce",
                }
            ),
            "HELP": _HELP,
        }
    ):
        yield remediation


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
