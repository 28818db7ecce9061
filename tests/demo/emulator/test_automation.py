"""The interpreter of Automation documents refuses what Systems Manager refuses."""

from typing import Any

import pytest

from demo.emulator.automation import Execution, Hooks, run


def _approved(topic: str) -> Execution:
    step: dict[str, Any] = {
        "name": "Approve",
        "action": "aws:approve",
        "inputs": {"NotificationArn": topic, "Approvers": ["arn:aws:iam::123456789012:user/grace"]},
        "isEnd": True,
    }
    hooks = Hooks(invoke=lambda *_: {}, client=lambda _: None, approve=lambda _: True)
    return run({"mainSteps": [step]}, {}, hooks)


@pytest.mark.parametrize(
    ("name", "succeeds"),
    [
        pytest.param("Automation-mfa", True, id="the prefix that AWS asks for"),
        pytest.param("iam-admin-user-mfa-enabled-notices", False, id="another name"),
        pytest.param("automation-mfa", False, id="lower case"),
    ],
)
def test_a_request_for_approval_goes_to_a_topic_whose_name_begins_with_automation(name: str, *, succeeds: bool) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html"""
    execution = _approved(f"arn:aws:sns:us-east-1:123456789012:{name}")
    assert execution.succeeded is succeeds
    assert succeeds or "must begin with Automation" in execution.failure
