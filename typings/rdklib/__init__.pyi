# The parts of rdklib 0.3.10 that we use. rdklib has no type hints, and its submodules are not its public interface.
from collections.abc import Mapping
from typing import Any, Final, Literal, overload

from mypy_boto3_config import ConfigServiceClient
from mypy_boto3_iam import IAMClient
from mypy_boto3_sts import STSClient

MY_VERSION: Final[str]

class InvalidParametersError(Exception): ...
class MissingTriggerHandlerError(Exception): ...

class ComplianceType:
    NOT_APPLICABLE: Final = "NOT_APPLICABLE"
    COMPLIANT: Final = "COMPLIANT"
    NON_COMPLIANT: Final = "NON_COMPLIANT"

class Evaluation:
    annotation: str
    complianceResourceType: str | None
    complianceType: str
    complianceResourceId: str | None
    orderingTimestamp: str | None
    def __init__(
        self,
        complianceType: str,
        resourceId: str | None = None,
        resourceType: str | None = None,
        annotation: str = "",
    ) -> None: ...
    def import_fields_from_periodic_event(self, event: Mapping[str, Any]) -> None: ...
    def get_json(self) -> dict[str, Any]: ...

class ClientFactory:
    def __init__(self, role_arn: str | None, region: str | None = None, assume_role_mode: bool = True) -> None: ...
    @overload
    def build_client(
        self, service: Literal["iam"], region: str | None = None, assume_role_mode: bool = True
    ) -> IAMClient: ...
    @overload
    def build_client(
        self, service: Literal["config"], region: str | None = None, assume_role_mode: bool = True
    ) -> ConfigServiceClient: ...
    @overload
    def build_client(
        self, service: Literal["sts"], region: str | None = None, assume_role_mode: bool = True
    ) -> STSClient: ...

class ConfigRule:
    delete_old_evaluations_on_scheduled_notification: bool
    def __init__(self) -> None: ...
    # The other two methods receive the unchanged result of evaluate_parameters, so its type is the rule's choice.
    def evaluate_parameters(self, rule_parameters: dict[str, str]) -> Any: ...
    def evaluate_change(
        self,
        event: Mapping[str, Any],
        client_factory: ClientFactory,
        configuration_item: Mapping[str, Any],
        valid_rule_parameters: Any,
    ) -> list[Evaluation]: ...
    def evaluate_periodic(
        self, event: Mapping[str, Any], client_factory: ClientFactory, valid_rule_parameters: Any
    ) -> list[Evaluation]: ...
    def get_execution_role_arn(self, event: Mapping[str, Any]) -> str: ...
    def get_assume_role_region(self, event: Mapping[str, Any]) -> str | None: ...
    def get_assume_role_mode(self, event: Mapping[str, Any]) -> bool: ...

class Evaluator:
    def __init__(
        self,
        config_rule: ConfigRule,
        expected_resource_types: list[str] | None = None,
        is_applicable_status: bool = False,
    ) -> None: ...
    # A list of evaluations, or a dict that describes an error: callers must check which.
    def handle(self, event: Mapping[str, Any], context: object) -> list[dict[str, Any]] | dict[str, Any]: ...
