"""The small function that starts evaluations, called in this process."""

import json
import os
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any
from unittest.mock import patch

from admin_mfa.embedded import EmbeddedAws
from tests.handler import RULE
from tests.tools import ROOT


def reevaluate(aws: EmbeddedAws, at: datetime) -> Any:
    """Hand one event of IAM to the handler, loaded anew as in a cold start."""
    spec = spec_from_file_location("start_evaluation", ROOT / "rules" / "reevaluate" / "start_evaluation.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    function = f"arn:aws:lambda:us-east-1:{aws.account_id}:function:{RULE}"
    with patch.dict(os.environ, aws.environment | {"RULE_FUNCTION_ARN": function}):
        spec.loader.exec_module(module)
        body = json.dumps({"eventName": "EnableMFADevice", "time": at.isoformat()})
        return module.lambda_handler({"Records": [{"messageId": "1", "body": body}]}, None)
