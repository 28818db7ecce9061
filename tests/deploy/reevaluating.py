"""The small function that starts evaluations, called in this process."""

import json
import os
from datetime import datetime
from typing import Any
from unittest.mock import patch

from demo.emulator import EmbeddedAws
from tests.support import handler
from tests.support.handler import RULE


def reevaluate(aws: EmbeddedAws, at: datetime) -> Any:
    """Hand one event of IAM to the handler, loaded anew as in a cold start."""
    function = f"arn:aws:lambda:us-east-1:{aws.account_id}:function:{RULE}"
    body = json.dumps({"eventName": "EnableMFADevice", "time": at.isoformat()})
    with patch.dict(os.environ, aws.environment | {"RULE_FUNCTION_ARN": function, "RULE_NAME": RULE}):
        return handler.reevaluate({"Records": [{"messageId": "1", "body": body}]})
