"""AWS Config in one account and region: it answers requests, and it calls rules as the service does."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.iam.models import User

from .config_events import changed, item, oversized, scheduled
from .config_operations import OPERATIONS, Place
from .config_state import Recorded, Rule, Store, Token
from .errors import AwsError, EmbeddedAwsError
from .iam_state import AccountIam
from .models import service_model, validation_message, violations
from .paging import Paging
from .protocol import json_answer

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]


@dataclass(slots=True, kw_only=True)
class LambdaContext:
    """What Lambda gives a handler beside the event."""

    function_name: str = "iam-admin-user-mfa-enabled"
    function_version: str = "$LATEST"
    invoked_function_arn: str
    memory_limit_in_mb: str = "512"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_group_name: str = "/aws/lambda/iam-admin-user-mfa-enabled"
    log_stream_name: str = "2026/01/01/[$LATEST]0"
    remaining_milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may still run."""
        return self.remaining_milliseconds


class Config:
    """AWS Config in one account and region.

    Every request and every answer is held against botocore's model of the service, limits included.
    """

    def __init__(self, iam: AccountIam, region: str, paging: Paging) -> None:
        self._place = Place(iam=iam, region=region, paging=paging)
        self._store = Store()
        self.recorder()

    # What the service does

    def answer(self, action: str, parameters: Mapping[str, Any]) -> bytes:
        """The body of the answer to a request.

        Raises:
            AwsError: As the service would.
            EmbeddedAwsError: Our own answer is not one that the service could give.
        """
        operation = OPERATIONS.get(action)
        if operation is None:
            raise AwsError("UnknownOperationException", f"The embedded AWS Config does not implement {action}.")
        model = service_model("config").operation_model(action)
        if model.input_shape is not None:
            _check(model.input_shape, parameters)
        with self._store.lock:
            result = operation(self._store, self._place, parameters)
        found = list(violations(model.output_shape, result))
        if found:
            raise EmbeddedAwsError(f"answer of {action}: {validation_message(found)}")
        return json_answer(model.output_shape, result)

    # What a test or a demonstration sets

    def rule(
        self,
        name: str = "iam-admin-user-mfa-enabled",
        parameters: Mapping[str, str] | None = None,
        *,
        change_triggered: bool = False,
        created_by: str | None = None,
        function: str | None = None,
        pack: str | None = None,
    ) -> str:
        """Make our rule or change it, and get its name; its function has the rule's name unless another is given.

        A conformance pack that is named lists the rule, which AWS Config's own service has created then.
        """
        place = self._place
        account = place.iam.account_id
        kinds = (
            ["ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"]
            if change_triggered
            else ["ScheduledNotification"]
        )
        definition: dict[str, Any] = {
            "ConfigRuleName": name,
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": (
                    f"arn:{place.iam.partition}:lambda:{place.region}:{account}:function:{function or name}"
                ),
                "SourceDetails": [{"EventSource": "aws.config", "MessageType": kind} for kind in kinds],
            },
            **({"InputParameters": json.dumps(dict(parameters))} if parameters else {}),
        }
        self.answer("PutConfigRule", {"ConfigRule": definition})
        if pack:
            if pack not in self._store.packs:
                self.conformance_pack(pack)
            self._store.pack_rules.setdefault(pack, []).append(name)
        if created_by or pack:
            self._store.rules[name].definition["CreatedBy"] = created_by or "config-conforms.amazonaws.com"
        return name

    def recorder(
        self,
        *,
        recording: bool = True,
        resource_types: Iterable[str] | None = None,
        excluded: Iterable[str] | None = None,
    ) -> None:
        """Have a configuration recorder of all resource types, of some, or of all but some."""
        place = self._place
        types, left_out = list(resource_types or ()), list(excluded or ())
        strategy = "INCLUSION_BY_RESOURCE_TYPES" if types else "ALL_SUPPORTED_RESOURCE_TYPES"
        if left_out:
            strategy = "EXCLUSION_BY_RESOURCE_TYPES"
        self._store.recorder = {
            "name": "default",
            "arn": place.arn("configuration-recorder/default/embedded"),
            "roleARN": self._service_role,
            "recordingGroup": {
                "allSupported": not types and not left_out,
                "includeGlobalResourceTypes": not types and not left_out,
                "resourceTypes": types,
                "exclusionByResourceTypes": {"resourceTypes": left_out},
                "recordingStrategy": {"useOnly": strategy},
            },
            "recordingMode": {"recordingFrequency": "CONTINUOUS"},
        }
        self._store.recording = recording
        self._store.channel = {"name": "default", "s3BucketName": f"config-bucket-{place.iam.account_id}"}

    def no_recorder(self) -> None:
        """Have no configuration recorder and no delivery channel."""
        self._store.recorder = self._store.channel = None

    def conformance_pack(self, name: str) -> None:
        """Have a conformance pack of this name."""
        identifier = f"conformance-pack-{len(self._store.packs) + 1:06x}"
        self._store.packs[name] = {
            "ConformancePackName": name,
            "ConformancePackId": identifier,
            "ConformancePackArn": self._place.arn(f"conformance-pack/{name}/{identifier}"),
            "ConformancePackInputParameters": [],
            "LastUpdateRequestedTime": self._store.clock(),
        }

    def organization(self, name: str, status: str = "CREATE_SUCCESSFUL", failed: Iterable[str] = ()) -> None:
        """Administer an organization with a pack in this status, and an aggregator that lacks some accounts."""
        now = self._store.clock()
        self._store.organization_packs = [
            {"OrganizationConformancePackName": name, "Status": status, "LastUpdateTime": now}
        ]
        own = self._place.iam.account_id
        self._store.aggregators[name] = [
            {
                "SourceId": account,
                "SourceType": "ACCOUNT",
                "AwsRegion": self._place.region,
                "LastUpdateStatus": "FAILED" if account in failed else "SUCCEEDED",
                "LastUpdateTime": now,
            }
            for account in {own: None, **dict.fromkeys(failed)}
        ]

    def set_clock(self, clock: Callable[[], datetime]) -> None:
        """Have Config live at another time, in UTC."""
        self._store.clock = clock

    def tell_status_of_custom_rules(self, tells: bool) -> None:  # noqa: FBT001 - the one thing that is set
        """Have AWS Config tell the status of custom Lambda rules, as recorded answers do, or not, as it documents."""
        self._store.tells_custom_status = tells

    def decide(self, **undocumented: bool) -> None:
        """Have AWS Config decide what it does not document, see `counts_empty_runs` and its neighbours in `Store`."""
        for name, value in undocumented.items():
            setattr(self._store, name, value)

    def expire_tokens(self) -> None:
        """Let every result token given so far expire."""
        expired = self._store.clock() - self._store.token_lifetime - timedelta(seconds=1)
        for token in self._store.tokens.values():
            token.issued_at = expired

    def fail_evaluations(self, when: Callable[[Mapping[str, Any]], bool] | None) -> None:
        """Send evaluations back as failed, inside a successful answer, where the function says so; None ends it."""
        self._store.fails = when

    def execution(self, rule_name: str, resource_id: str, state: str, error: str | None = None) -> None:
        """Let a remediation execution have got to a state: QUEUED, IN_PROGRESS, SUCCEEDED or FAILED."""
        now = self._store.clock()
        step = {"Name": "Step", "State": state if state in ("SUCCEEDED", "FAILED") else "PENDING"}
        self._rule(rule_name).executions["AWS::IAM::User", resource_id] = {
            "ResourceKey": {"resourceType": "AWS::IAM::User", "resourceId": resource_id},
            "State": state,
            "StepDetails": [{**step, **({"ErrorMessage": error} if error else {})}],
            "InvocationTime": now,
            "LastUpdatedTime": now,
        }

    # What a test asks

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """The evaluations that Config recorded, and billed, since `clear_recorded`."""
        return tuple(self._store.recorded)

    def clear_recorded(self) -> None:
        """Count recorded evaluations from here."""
        self._store.recorded.clear()

    def results(self, rule_name: str) -> dict[str, tuple[str, str | None]]:
        """What a rule's results are now: resource id to compliance and annotation, NOT_APPLICABLE included."""
        return {
            result.resource_id: (result.compliance, result.annotation)
            for result in self._rule(rule_name).results.values()
        }

    def runs_completed(self, rule_name: str) -> int:
        """How many scheduled runs Config saw completed, because an evaluation came back with their token."""
        return self._rule(rule_name).runs_completed

    def pending(self) -> tuple[str, ...]:
        """The rules whose evaluation was started and has not completed."""
        return tuple(rule.name for rule in self._store.rules.values() if rule.pending)

    # Events

    def scheduled_event(self, rule_name: str) -> Event:
        """The event of a scheduled run."""
        now = self._store.clock()
        return self._event(rule_name, scheduled(self._place.iam.account_id, now), scheduled=True)

    def change_event(
        self, rule_name: str, user_name: str, *, status: str = "OK", event_left_scope: bool = False
    ) -> Event:
        """The event of a change to a user; what the item holds is what IAM holds now."""
        now = self._store.clock()
        held = self._record(user_name, status, now)
        return self._event(rule_name, changed(held, now), event_left_scope=event_left_scope)

    def oversized_event(self, rule_name: str, user_name: str, *, status: str = "OK") -> Event:
        """The event of a change to a user whose item is too big to be sent along."""
        now = self._store.clock()
        return self._event(rule_name, oversized(self._record(user_name, status, now), now))

    def deleted_event(self, rule_name: str, user_name: str) -> Event:
        """The event of a user's deletion; ask for it before the user is deleted."""
        return self.change_event(rule_name, user_name, status="ResourceDeleted", event_left_scope=True)

    def invoke(self, handler: Handler, *, rule_name: str, event: Event | None = None, retries: int = 0) -> Any:
        """Call a Lambda handler as Config does, with a scheduled event if none is given, and get what it returns.

        Lambda retries an asynchronous event that failed twice, the same event each time, so `retries` may be 2.

        Raises:
            Exception: The last one that the handler raised.
            TypeError: What the handler returned is not JSON.
        """
        event = event if event is not None else self.scheduled_event(rule_name)
        rule = self._rule(rule_name)
        rule.invoked_at = self._store.clock()
        context = LambdaContext(invoked_function_arn=rule.definition["Source"]["SourceIdentifier"])
        for attempt in range(retries + 1):
            try:
                returned = handler(json.loads(json.dumps(event)), context)
            except BaseException as error:
                rule.failed_at, rule.last_error = self._store.clock(), str(error)
                if attempt == retries:
                    rule.pending = False
                    raise
            else:
                json.dumps(returned)
                return returned
        return None

    def run_pending(self, handler: Handler) -> tuple[str, ...]:
        """Call the handler once for each rule whose evaluation was started, and get their names."""
        names = self.pending()
        for name in names:
            self.invoke(handler, rule_name=name)
        return names

    @property
    def _service_role(self) -> str:
        role = "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        return self._place.iam.arn(role)

    def _rule(self, name: str) -> Rule:
        rule = self._store.rules.get(name)
        if rule is None:
            raise EmbeddedAwsError(f"there is no rule {name}")
        return rule

    def _user(self, name: str) -> User:
        user = self._place.iam.backend.users.get(name)
        if user is None:
            raise EmbeddedAwsError(f"there is no user {name}")
        return user

    def _record(self, user_name: str, status: str, now: datetime) -> dict[str, Any]:
        held = item(self._place.iam, self._user(user_name), status, now)
        self._store.history.setdefault((held["resourceType"], held["resourceId"]), []).append(held)
        return held

    def _event(
        self,
        rule_name: str,
        invoking_event: Mapping[str, Any],
        *,
        scheduled: bool = False,
        event_left_scope: bool = False,
    ) -> Event:
        rule = self._rule(rule_name)
        token = f"{uuid.uuid4().hex}{uuid.uuid4().hex}"
        self._store.tokens[token] = Token(rule_name=rule_name, issued_at=self._store.clock(), scheduled=scheduled)
        return {
            "version": "1.0",
            "invokingEvent": json.dumps(dict(invoking_event)),
            "ruleParameters": rule.definition.get("InputParameters", "{}"),
            "resultToken": token,
            "eventLeftScope": event_left_scope,
            "executionRoleArn": self._service_role,
            "configRuleArn": rule.definition["ConfigRuleArn"],
            "configRuleName": rule.name,
            "configRuleId": rule.definition["ConfigRuleId"],
            "accountId": self._place.iam.account_id,
        }


def _check(shape: Any, parameters: Mapping[str, Any]) -> None:
    found = list(violations(shape, dict(parameters)))
    if found:
        raise AwsError("ValidationException", validation_message(found))
