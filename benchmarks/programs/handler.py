"""Load the rule's Lambda handler and invoke it once, like the first invocation of a new container."""

import json
import sys
from importlib import import_module
from pathlib import Path

_RULE = Path(__file__).resolve().parents[2] / "rules" / "IAM_ADMIN_USER_MFA_ENABLED"
EVENT = {
    "version": "1.0",
    "invokingEvent": json.dumps(
        {
            "awsAccountId": "123456789012",
            "notificationCreationTime": "2026-11-24T03:00:00.000Z",
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        }
    ),
    "ruleParameters": json.dumps({"AssumeRoleMode": "false"}),
    "resultToken": "token",
    "eventLeftScope": False,
    "executionRoleArn": "arn:aws:iam::123456789012:role/config",
    "configRuleArn": "arn:aws:config:us-east-1:123456789012:config-rule/config-rule-000001",
    "configRuleName": "iam-admin-user-mfa-enabled",
    "configRuleId": "config-rule-000001",
    "accountId": "123456789012",
}


def main() -> None:
    sys.path.insert(0, str(_RULE))
    rule = import_module("IAM_ADMIN_USER_MFA_ENABLED")
    print(json.dumps({"put": len(rule.lambda_handler(EVENT, None))}))


if __name__ == "__main__":
    main()
