"""AWS Security Hub in one account and region, as far as a product of the account imports findings; moto lacks the rest.

What a customer uses for an investigation, Workflow among it, is set when a finding is created, and afterwards changes
by BatchUpdateFindings only.

Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from .errors import AwsError
from .models import service_model, validation_message, violations
from .protocol import json_answer

Finding = dict[str, Any]
_CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")


@dataclass(slots=True)
class SecurityHub:
    """The findings of an account and region.

    Attributes:
        enabled: Whether the account has Security Hub at all.
    """

    enabled: bool = False
    _findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answers(self, action: str) -> bool:
        """Whether this answers an operation."""
        return action in _OPERATIONS

    def answer(self, action: str, parameters: Mapping[str, Any]) -> bytes:
        """The body of the answer to a request.

        Raises:
            AwsError: As the service would.
        """
        model = service_model("securityhub").operation_model(action)
        if found := list(violations(model.input_shape, dict(parameters))):
            raise AwsError("InvalidInputException", validation_message(found))
        if not self.enabled:
            raise AwsError("InvalidAccessException", "The account is not subscribed to AWS Security Hub.", 401)
        with self._lock:
            return json_answer(model.output_shape, _OPERATIONS[action](self, parameters))

    def findings(self) -> tuple[Finding, ...]:
        """Every finding, as it is now."""
        return tuple(self._findings.values())

    def import_findings(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """BatchImportFindings."""
        for given in parameters["Findings"]:
            key = (given["ProductArn"], given["Id"])
            held = self._findings.get(key)
            if held is None:
                self._findings[key] = {"Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE", **given}
            else:
                self._update(held, {name: value for name, value in given.items() if name not in _CUSTOMERS})
        return {"FailedCount": 0, "SuccessCount": len(parameters["Findings"]), "FailedFindings": []}

    def _update(self, held: Finding, given: Finding) -> None:
        begins_again = (held["RecordState"], given.get("RecordState")) == ("ARCHIVED", "ACTIVE") or (
            held.get("Compliance", {}).get("Status"),
            given.get("Compliance", {}).get("Status"),
        ) == ("PASSED", "FAILED")
        held |= given
        if begins_again and held["Workflow"]["Status"] in ("NOTIFIED", "RESOLVED"):
            held["Workflow"] = {"Status": "NEW"}

    def update_findings(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """BatchUpdateFindings, without what only a customer changes."""
        processed, unprocessed = [], []
        for identifier in parameters["FindingIdentifiers"]:
            held = self._findings.get((identifier["ProductArn"], identifier["Id"]))
            if held is None:
                failure = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
                unprocessed.append({"FindingIdentifier": identifier, **failure})
                continue
            held |= {name: parameters[name] for name in ("Workflow", "Note") if name in parameters}
            processed.append(identifier)
        return {"ProcessedFindings": processed, "UnprocessedFindings": unprocessed}

    def get_findings(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """GetFindings, without its filters."""
        return {"Findings": list(self.findings())}


_OPERATIONS = {
    "BatchImportFindings": SecurityHub.import_findings,
    "BatchUpdateFindings": SecurityHub.update_findings,
    "GetFindings": SecurityHub.get_findings,
}
