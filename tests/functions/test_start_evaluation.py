"""Test the function that IAM events start, loaded and invoked as by AWS Lambda."""

from unittest.mock import patch

import pytest
from botocore.session import get_session

from demo.emulator import EmbeddedAws
from demo.rule import load_module
from tests.support.handler import RULE


def test_loading_the_function_creates_no_session_and_a_warm_container_keeps_one(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    monkeypatch.setenv("RULE_FUNCTION_ARN", f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}")
    monkeypatch.setenv("RULE_NAME", RULE)
    event = {"Records": [{"messageId": "1", "body": "{}"}]}
    with patch("admin_mfa.aws.session.get_session", wraps=get_session) as made:
        function = load_module("functions/reevaluate/start_evaluation.py")
        assert made.call_count == 0
        for _ in range(2):
            function.lambda_handler(event, None)
        assert made.call_count == 1
    assert aws.config.pending() == (RULE,)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"time": "9999-12-31T23:59:59Z"}', id="dated 9999"),
        pytest.param("[" * 100_000, id="nested too deeply"),
    ],
)
def test_a_message_that_cannot_be_answered_is_refused_alone(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    monkeypatch.setenv("RULE_FUNCTION_ARN", f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}")
    monkeypatch.setenv("RULE_NAME", RULE)
    function = load_module("functions/reevaluate/start_evaluation.py")
    good, bad = {"messageId": "1", "body": "{}"}, {"messageId": "2", "body": body}
    assert function.lambda_handler({"Records": [bad]}, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert aws.config.pending() == ()
    assert function.lambda_handler({"Records": [good, bad]}, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert aws.config.pending() == (RULE,)
