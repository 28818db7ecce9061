"""The events with which AWS Config calls a rule's Lambda function, member for member.

Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import User

from .iam_reads import attached, encoded, tags
from .iam_state import AccountIam, boundary_of

USER_TYPE = "AWS::IAM::User"
_CI_VERSION = "1.3"


def stamp(moment: datetime) -> str:
    """A moment as Config writes it: UTC with milliseconds."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def configuration(iam: AccountIam, user: User) -> dict[str, Any]:
    """What Config records of a user. No MFA device and no password is in it.

    Source: https://github.com/awslabs/aws-config-resource-schema (AWS::IAM::User)
    """
    arn = boundary_of(user)
    return {
        "path": user.path,
        "userName": user.name,
        "userId": user.id,
        "arn": user.arn,
        "createDate": stamp(user.create_date),
        "userPolicyList": [
            {"policyName": name, "policyDocument": encoded(document)} for name, document in user.policies.items()
        ],
        "groupList": [group.name for group in iam.groups_by_user().get(id(user), ())],
        "attachedManagedPolicies": [
            {"policyName": policy["PolicyName"], "policyArn": policy["PolicyArn"]}
            for policy in attached(user.managed_policies.values())
        ],
        "permissionsBoundary": {"permissionsBoundaryType": "Policy", "permissionsBoundaryArn": arn} if arn else None,
        "tags": [{"key": tag["Key"], "value": tag["Value"]} for tag in tags(iam, user)],
    }


def item(iam: AccountIam, user: User, status: str, captured: datetime) -> dict[str, Any]:
    """A configuration item of a user, as events carry it; a deleted user's has no configuration."""
    deleted = status.startswith("ResourceDeleted")
    held = None if deleted else configuration(iam, user)
    return {
        "relatedEvents": [],
        "relationships": [],
        "configuration": held,
        "supplementaryConfiguration": {},
        "tags": {} if deleted else {tag["Key"]: tag["Value"] for tag in tags(iam, user)},
        "configurationItemVersion": _CI_VERSION,
        "configurationItemCaptureTime": stamp(captured),
        "configurationStateId": int(captured.timestamp() * 1000),
        "awsAccountId": iam.account_id,
        "configurationItemStatus": status,
        "resourceType": USER_TYPE,
        "resourceId": user.id,
        "resourceName": user.name,
        "ARN": user.arn,
        "awsRegion": "global",
        "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": hashlib.sha256(json.dumps(held).encode()).hexdigest()[:32],
        "resourceCreationTime": None if deleted else stamp(user.create_date),
    }


def scheduled(account_id: str, now: datetime) -> dict[str, Any]:
    """The invoking event of a scheduled run."""
    return {
        "awsAccountId": account_id,
        "notificationCreationTime": stamp(now),
        "messageType": "ScheduledNotification",
        "recordVersion": "1.0",
    }


def changed(configuration_item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The invoking event of a change."""
    return {
        "configurationItemDiff": None,
        "configurationItem": dict(configuration_item),
        "notificationCreationTime": stamp(now),
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": _CI_VERSION,
    }


_NOT_IN_SUMMARY = {"relatedEvents", "relationships", "configuration", "supplementaryConfiguration", "tags"}


def oversized(configuration_item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The invoking event of a change whose item is too big to send: a summary says where to read it."""
    summary = {name: value for name, value in configuration_item.items() if name not in _NOT_IN_SUMMARY}
    account, kind, identifier = (summary[name] for name in ("awsAccountId", "resourceType", "resourceId"))
    place = f"config-bucket-{account}/AWSLogs/{account}/Config/OversizedChangeNotification/{kind}/{identifier}"
    return {
        "configurationItemSummary": {"changeType": "UPDATE", **summary},
        "s3DeliverySummary": {"s3BucketLocation": place, "errorCode": None, "errorMessage": None},
        "notificationCreationTime": stamp(now),
        "messageType": "OversizedConfigurationItemChangeNotification",
        "recordVersion": "1.0",
    }


def recorded(configuration_item: Mapping[str, Any]) -> dict[str, Any]:
    """The same item as GetResourceConfigHistory gives it: other member names, configuration as text."""
    moments = ("configurationItemCaptureTime", "resourceCreationTime")
    capture, creation = (
        datetime.fromisoformat(text) if (text := configuration_item[name]) else None for name in moments
    )
    found = {
        "version": configuration_item["configurationItemVersion"],
        "accountId": configuration_item["awsAccountId"],
        "configurationItemCaptureTime": capture,
        "configurationItemStatus": configuration_item["configurationItemStatus"],
        "configurationStateId": str(configuration_item["configurationStateId"]),
        "configurationItemMD5Hash": configuration_item["configurationStateMd5Hash"],
        "arn": configuration_item["ARN"],
        "resourceType": configuration_item["resourceType"],
        "resourceId": configuration_item["resourceId"],
        "resourceName": configuration_item["resourceName"],
        "awsRegion": configuration_item["awsRegion"],
        "availabilityZone": configuration_item["availabilityZone"],
        "resourceCreationTime": creation,
        "tags": configuration_item["tags"],
        "relatedEvents": [],
        "relationships": [],
        "configuration": json.dumps(configuration_item["configuration"]),
        "supplementaryConfiguration": {},
    }
    return {name: value for name, value in found.items() if value is not None}
