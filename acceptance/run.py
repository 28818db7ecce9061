"""The steps of the acceptance run, in their order, and the removal of everything that they made."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from acceptance.deployment import CHECKS, all_of
from acceptance.permissions import ADMINISTRATOR_ACCESS, PREFIX
from acceptance.stack import AcceptanceError, SkippedError, Stack
from demo.totp import codes

USER_TYPE = "AWS::IAM::User"
POLL_SECONDS = 15
_LATER = frozenset(("LimitExceededException", "ResourceInUseException"))
_GONE = frozenset(("NoSuchEntity", "NoSuchEntityException", "AWS.SimpleQueueService.NonExistentQueue", "NotFound"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a step went.

    Attributes:
        name: What was proven.
        result: `passed`, `skipped` or `failed`.
        seconds: How long it took.
        detail: What was found, or why it was skipped or failed.
    """

    name: str
    result: str
    seconds: float
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class Clock:
    """How the run waits; a test replaces both."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Run:
    """One acceptance run.

    Attributes:
        session: A botocore session in the account and region of the stack.
        stack: What is proven.
        minutes: How long each wait may take.
        clock: How it waits.
        report: Called with each step as it ends.
    """

    session: Session
    stack: Stack
    minutes: float = 30
    clock: Clock = field(default_factory=Clock)
    report: Callable[[Step], None] = lambda _: None
    steps: list[Step] = field(default_factory=list)
    _undo: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    def __call__(self) -> list[Step]:
        """Run every step until one fails, and remove everything in any case, also on Ctrl-C."""
        name = f"{PREFIX}{secrets.token_hex(4)}"
        try:
            self._all(name)
        except AcceptanceError:
            pass  # The failed step is in the report.
        finally:
            self._clean_up()
        return self.steps

    def _all(self, name: str) -> None:
        config, rule_name = self._client("config"), self.stack.outputs["RuleName"]
        for check in CHECKS:
            with self._step(check.name):
                check(config, rule_name)
        with self._step("the notices' topic has a queue of the run"):
            queue = self._queue(name)
        with self._step("an administrator without credentials exists"):
            user_id = self._user(name)
        with self._step("AWS Config holds the user to be NON_COMPLIANT"):
            self._wait_for(user_id, "NON_COMPLIANT")
        with self._step("the notice arrives"):
            self._notice(queue, name)
        with self._step("the user enrols a virtual MFA device"):
            serial = self._enrol(name)
        with self._step("AWS Config holds the user to be COMPLIANT"):
            self._wait_for(user_id, "COMPLIANT")
        with self._step("BackoutAdminMfa removes the device"):
            self._back_out(name, serial)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = self.clock.now()

        def end(result: str, detail: str = "") -> None:
            step = Step(name=name, result=result, seconds=round(self.clock.now() - began, 1), detail=detail)
            self.steps.append(step)
            self.report(step)

        try:
            yield
        except SkippedError as reason:
            end("skipped", str(reason))
        except (AcceptanceError, ClientError, BotoCoreError) as error:
            end("failed", str(error))
            raise AcceptanceError(str(error)) from error
        else:
            end("passed")

    def _client(self, service: str) -> Any:
        return self.session.create_client(service)

    def _until(self, what: str, found: Callable[[], Any]) -> Any:
        deadline = self.clock.now() + self.minutes * 60
        while True:
            if answer := found():
                return answer
            if self.clock.now() >= deadline:
                raise AcceptanceError(f"{what} did not happen within {self.minutes:g} minutes. Run `admin-mfa doctor`.")
            self.clock.pause(POLL_SECONDS)

    def _rules(self) -> list[str]:
        config, prefix = self._client("config"), self.stack.outputs["RuleName"]
        names = [rule["ConfigRuleName"] for rule in all_of(config, "describe_config_rules", "ConfigRules")]
        ours = [name for name in names if name == prefix or name.startswith(f"{prefix}-conformance-pack-")]
        if not ours:
            raise AcceptanceError(f"No AWS Config rule is called {prefix}. Deploy the stack, or the conformance pack.")
        return ours

    def _queue(self, name: str) -> str:
        topic = self.stack.outputs["NoticesTopicArn"]
        if topic.split(":")[4] != self.stack.account_id:
            return ""
        sqs, sns = self._client("sqs"), self._client("sns")
        url: str = sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": "true"})["QueueUrl"]
        self._later("the queue", lambda: sqs.delete_queue(QueueUrl=url))
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowed})
        subscribed = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"user": [name]})},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self._later("the subscription", lambda: sns.unsubscribe(SubscriptionArn=subscribed))
        return url

    def _user(self, name: str) -> str:
        iam = self._client("iam")
        made = iam.create_user(UserName=name, Tags=[{"Key": "purpose", "Value": "admin-mfa acceptance run"}])
        self._later("the user", lambda: iam.delete_user(UserName=name))
        policy = ADMINISTRATOR_ACCESS.format(partition=self.stack.partition)
        self._later("the policy", lambda: self._detach(name))
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
        return str(made["User"]["UserId"])

    def _detach(self, name: str) -> None:
        iam = self._client("iam")
        for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])

    def _wait_for(self, user_id: str, compliance: str) -> None:
        config, rules = self._client("config"), self._rules()

        def held() -> bool:
            whose = {"ResourceType": USER_TYPE, "ResourceId": user_id}
            # A page holds ten results, and other rules may judge the user as well.
            for result in all_of(config, "get_compliance_details_by_resource", "EvaluationResults", **whose):
                rule = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ConfigRuleName"]
                if rule in rules and result["ComplianceType"] == compliance:
                    return True
            # IAM's events start an evaluation as well; one more is refused while one runs or within a minute.
            try:
                config.start_config_rules_evaluation(ConfigRuleNames=rules)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _LATER:
                    raise
            return False

        self._until(f"{compliance} in AWS Config", held)

    def _notice(self, queue: str, name: str) -> None:
        if not queue:
            raise SkippedError("the topic belongs to another account; look there")
        if self.stack.parameters.get("AutomaticRemediation") == "false":
            raise SkippedError("AutomaticRemediation is false")
        sqs = self._client("sqs")

        def arrived() -> bool:
            messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
            return any(json.loads(message["Body"]).get("user_name") == name for message in messages)

        self._until("The notice", arrived)

    def _enrol(self, name: str) -> str:
        iam = self._client("iam")
        key, _, value = self.stack.parameters.get("ManagedDeviceTag", "").partition("=")
        tags = {"Tags": [{"Key": key, "Value": value}]} if key else {}
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **tags)["VirtualMFADevice"]
        serial: str = device["SerialNumber"]
        self._later("the device", lambda: self._remove(name, serial))
        older, newer = codes(device["Base32StringSeed"], time.time())
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1=older, AuthenticationCode2=newer)
        return serial

    def _remove(self, name: str, serial: str) -> None:
        iam = self._client("iam")
        if any(device["SerialNumber"] == serial for device in iam.list_mfa_devices(UserName=name)["MFADevices"]):
            iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
        iam.delete_virtual_mfa_device(SerialNumber=serial)

    def _back_out(self, name: str, serial: str) -> None:
        ssm, outputs = self._client("ssm"), self.stack.outputs
        inputs = {
            "AutomationAssumeRole": outputs["BackoutAdminMfaRoleArn"],
            "HelperFunctionArn": outputs["RemediationFunctionArn"],
            "UserName": name,
            "SerialNumber": serial,
            "Reason": "acceptance run",
        }
        started = ssm.start_automation_execution(
            DocumentName=outputs["BackoutAdminMfaDocumentName"],
            Parameters={name: [value] for name, value in inputs.items()},
        )["AutomationExecutionId"]

        def ended() -> str:
            execution = ssm.get_automation_execution(AutomationExecutionId=started)["AutomationExecution"]
            status = str(execution["AutomationExecutionStatus"])
            return status if status not in ("InProgress", "Pending", "Waiting") else ""

        if (status := self._until("The end of BackoutAdminMfa", ended)) != "Success":
            raise AcceptanceError(f"BackoutAdminMfa ended with {status}; look at the execution {started}.")
        if self._client("iam").list_mfa_devices(UserName=name)["MFADevices"]:
            raise AcceptanceError("BackoutAdminMfa succeeded, and the user still has the device.")

    def _later(self, what: str, undo: Callable[[], None]) -> None:
        self._undo.append((what, undo))

    def _clean_up(self) -> None:
        """Remove everything, the newest first; what cannot be removed is reported and stops nothing else.

        Another Ctrl-C gives up what is being removed at that moment, and no more.
        """
        began, left = self.clock.now(), []
        while self._undo:
            what, undo = self._undo.pop()
            try:
                undo()
            except ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    left.append(f"{what}: {error}")
            except BotoCoreError as error:
                left.append(f"{what}: {error}")
            except KeyboardInterrupt:
                left.append(f"{what}: interrupted")
        detail = f"Remove by hand what begins with {PREFIX}. {'; '.join(left)}" if left else ""
        seconds = round(self.clock.now() - began, 1)
        step = Step(name="everything is removed", result="failed" if left else "passed", seconds=seconds, detail=detail)
        self.steps.append(step)
        self.report(step)


def as_json(stack: Stack, steps: list[Step]) -> str:
    """Return the report as JSON."""
    passed = all(step.result != "failed" for step in steps)
    content = {"account_id": stack.account_id, "passed": passed, "steps": [asdict(step) for step in steps]}
    return json.dumps(content, indent=2) + "\n"
