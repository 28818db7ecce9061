"""Reference: botocore at its minimum cost for the same calls, as tuned as we can make it.

No boto3, a single pass over the XML instead of botocore's parser, groups and policies in a chain of their own, MFA
devices as soon as an administrator is known, the results in AWS Config beside all of that, and batches side by side.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from benchmarks.programs.common import CONNECTIONS, report
from benchmarks.programs.scan import Scan, virtual_owners

_CONFIG = Config(max_pool_connections=CONNECTIONS, retries={"mode": "standard", "total_max_attempts": 6})
_RULE = "iam-admin-user-mfa-enabled"
_BATCH = 100


def main() -> None:
    session = get_session()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        config: Any = session.create_client("config", config=_CONFIG) if "--config" in sys.argv else None
        held = pool.submit(_held, config) if config else None
        iam: Any = session.create_client("iam", config=_CONFIG)
        scan = Scan()
        _take_over(iam, scan)
        virtual = pool.submit(_virtual, iam)
        shared = pool.submit(_details, iam, ["Group", "LocalManagedPolicy"])
        _details(iam, ["User"])
        shared.result()
        administrators, owners = scan.administrators(), virtual.result()
        unsure = [name for name in administrators if name not in owners]
        listed = pool.map(lambda name: iam.list_mfa_devices(UserName=name)["MFADevices"], unsure)
        without = {name for name, devices in zip(unsure, listed, strict=True) if not devices}
        if held:
            _put(config, pool, _changed(scan.ids, without, held.result()))
    report(scan.users, len(administrators), len(without))


def _take_over(iam: Any, scan: Scan) -> None:
    """Parse the long lists in one pass, and leave the rest of botocore in place."""

    def details(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] == 200:
            customized_response_dict["Following"] = scan.page(response_dict["body"])
            response_dict["body"] = b"<a><GetAccountAuthorizationDetailsResult/></a>"

    def devices(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] == 200:
            owners, following = virtual_owners(response_dict["body"])
            customized_response_dict.update(Owners=owners, Following=following)
            response_dict["body"] = b"<a><ListVirtualMFADevicesResult/></a>"

    iam.meta.events.register("before-parse.iam.GetAccountAuthorizationDetails", details)
    iam.meta.events.register("before-parse.iam.ListVirtualMFADevices", devices)


def _details(iam: Any, kinds: list[str]) -> None:
    arguments: dict[str, Any] = {"Filter": kinds, "MaxItems": 1000}
    while following := iam.get_account_authorization_details(**arguments)["Following"]:
        arguments["Marker"] = following


def _virtual(iam: Any) -> set[str]:
    owners: set[str] = set()
    arguments: dict[str, Any] = {"AssignmentStatus": "Assigned", "MaxItems": 1000}
    while True:
        page = iam.list_virtual_mfa_devices(**arguments)
        owners |= page["Owners"]
        if not page["Following"]:
            return owners
        arguments["Marker"] = page["Following"]


def _held(config: Any) -> dict[str, str]:
    """Return the compliance that AWS Config holds, by user id."""
    found: dict[str, str] = {}
    arguments: dict[str, Any] = {"ConfigRuleName": _RULE, "Limit": 100}
    while True:
        page = config.get_compliance_details_by_config_rule(**arguments)
        for result in page["EvaluationResults"]:
            qualifier = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
            found[qualifier["ResourceId"]] = result["ComplianceType"]
        if not page.get("NextToken"):
            return found
        arguments["NextToken"] = page["NextToken"]


def _changed(ids: Mapping[str, str], without: Iterable[str], held: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    now, strayed = datetime.now(UTC), frozenset(without)
    for name, user_id in ids.items():
        compliance = "NON_COMPLIANT" if name in strayed else "COMPLIANT"
        if held.get(user_id) != compliance:
            yield {
                "ComplianceResourceId": user_id,
                "ComplianceResourceType": "AWS::IAM::User",
                "ComplianceType": compliance,
                "Annotation": f"{name} is not an administrator.",
                "OrderingTimestamp": now,
            }


def _put(config: Any, pool: ThreadPoolExecutor, changed: Iterable[dict[str, Any]]) -> None:
    """Put all evaluations, and an empty list if there are none, as the handler does."""
    evaluations = list(changed)
    batches = [evaluations[start : start + _BATCH] for start in range(0, max(len(evaluations), 1), _BATCH)]
    for done in [pool.submit(config.put_evaluations, ResultToken="token", Evaluations=batch) for batch in batches]:
        done.result()


if __name__ == "__main__":
    main()
