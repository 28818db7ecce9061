"""Reference: boto3 as documented, with the minimum number of calls, parallel reads, and only the totals as output."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.programs.common import ADMINISTRATOR_ACCESS, CONNECTIONS, allows_all, report

_CONFIG = Config(max_pool_connections=CONNECTIONS, retries={"mode": "adaptive", "total_max_attempts": 6})


def main() -> None:
    iam: Any = boto3.client("iam", config=_CONFIG)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        held = pool.submit(_held) if "--config" in sys.argv else None
        virtual = pool.submit(_virtual, iam)
        users, groups, policies = [], [], []
        pages = iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["User", "Group", "LocalManagedPolicy"], PaginationConfig={"PageSize": 1000}
        )
        for page in pages:
            users += page["UserDetailList"]
            groups += page["GroupDetailList"]
            policies += page["Policies"]
        wide = {
            policy["Arn"]
            for policy in policies
            for version in policy["PolicyVersionList"]
            if version["IsDefaultVersion"] and allows_all(version["Document"])
        }
        strong = {group["GroupName"] for group in groups if _strong(group, "GroupPolicyList", wide)}
        administrators = [
            user["UserName"]
            for user in users
            if _strong(user, "UserPolicyList", wide) or not strong.isdisjoint(user["GroupList"])
        ]
        unsure = [name for name in administrators if name not in virtual.result()]
        devices = pool.map(lambda name: iam.list_mfa_devices(UserName=name)["MFADevices"], unsure)
        without = sum(not found for found in devices)
        if held:
            held.result()
    report(len(users), len(administrators), without)


def _strong(holder: dict[str, Any], inline: str, wide: set[str]) -> bool:
    attached = (policy["PolicyArn"] for policy in holder["AttachedManagedPolicies"])
    return any(arn.endswith(ADMINISTRATOR_ACCESS) or arn in wide for arn in attached) or any(
        allows_all(policy["PolicyDocument"]) for policy in holder.get(inline, ())
    )


def _virtual(iam: Any) -> set[str]:
    pages = iam.get_paginator("list_virtual_mfa_devices").paginate(
        AssignmentStatus="Assigned", PaginationConfig={"PageSize": 1000}
    )
    return {device["User"]["UserName"] for page in pages for device in page["VirtualMFADevices"]}


def _held() -> None:
    """Call AWS Config like the handler on an unchanged account: read all results, then put an empty list."""
    config: Any = boto3.client("config", config=_CONFIG)
    arguments: dict[str, Any] = {"ConfigRuleName": "iam-admin-user-mfa-enabled", "Limit": 100}
    while True:
        page = config.get_compliance_details_by_config_rule(**arguments)
        if not page.get("NextToken"):
            break
        arguments["NextToken"] = page["NextToken"]
    config.put_evaluations(ResultToken="token", Evaluations=[])


if __name__ == "__main__":
    main()
