"""Reference: the plain program with a single pass over the XML instead of botocore's parser; boto3's minimum cost."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.programs.common import CONNECTIONS, report
from benchmarks.programs.plain import _held, _virtual
from benchmarks.programs.scan import Scan

_CONFIG = Config(max_pool_connections=CONNECTIONS, retries={"mode": "adaptive", "total_max_attempts": 6})


def main() -> None:
    iam: Any = boto3.client("iam", config=_CONFIG)
    scan = Scan()

    def parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] == 200:
            customized_response_dict["Following"] = scan.page(response_dict["body"])
            response_dict["body"] = b"<a><GetAccountAuthorizationDetailsResult/></a>"

    iam.meta.events.register("before-parse.iam.GetAccountAuthorizationDetails", parse)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        held = pool.submit(_held) if "--config" in sys.argv else None
        virtual = pool.submit(_virtual, iam)
        arguments: dict[str, Any] = {"Filter": ["User", "Group", "LocalManagedPolicy"], "MaxItems": 1000}
        while following := iam.get_account_authorization_details(**arguments)["Following"]:
            arguments["Marker"] = following
        administrators = scan.administrators()
        unsure = [name for name in administrators if name not in virtual.result()]
        devices = pool.map(lambda name: iam.list_mfa_devices(UserName=name)["MFADevices"], unsure)
        without = sum(not found for found in devices)
        if held:
            held.result()
    report(scan.users, len(administrators), without)


if __name__ == "__main__":
    main()
