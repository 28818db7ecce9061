"""The function that IAM's events start, as AWS Lambda loads and invokes it."""

from unittest.mock import patch

import pytest
from botocore.session import get_session

from demo.emulator import EmbeddedAws
from demo.rule import load_module
from tests.support.handler import RULE


def test_loading_the_function_makes_no_session_and_a_warm_container_keeps_one(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    monkeypatch.setenv("RULE_FUNCTION_ARN", f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}")
    event = {"Records": [{"messageId": "1", "body": "{}"}]}
    with patch("admin_mfa.aws.session.get_session", wraps=get_session) as made:
        function = load_module("functions/reevaluate/start_evaluation.py")
        assert made.call_count == 0
        for _ in range(2):
            function.lambda_handler(event, None)
        assert made.call_count == 1
    assert aws.config.pending() == (RULE,)
