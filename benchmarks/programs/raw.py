"""Reference: the same calls over plain HTTP with the standard library; no SDK, signatures, retries or checks."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from benchmarks.programs.common import CONNECTIONS, report
from benchmarks.programs.scan import Scan, virtual_owners

_HOST = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
_local = threading.local()


def call(action: str, **parameters: str) -> bytes:
    """Call IAM, with one connection for each thread."""
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = HTTPConnection(_HOST)
    form = urlencode(
        {"Action": action, "Version": "2010-05-08", **{k.replace("_", "."): v for k, v in parameters.items()}}
    )
    connection.request("POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded"})
    body: bytes = connection.getresponse().read()
    return body


def main() -> None:
    scan = Scan()
    kinds = {f"Filter_member_{n}": kind for n, kind in enumerate(("User", "Group", "LocalManagedPolicy"), 1)}
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        virtual = pool.submit(_virtual)
        marker = scan.page(call("GetAccountAuthorizationDetails", MaxItems="1000", **kinds))
        while marker:
            marker = scan.page(call("GetAccountAuthorizationDetails", MaxItems="1000", Marker=marker, **kinds))
        administrators = scan.administrators()
        unsure = [name for name in administrators if name not in virtual.result()]
        devices = pool.map(lambda name: b"<SerialNumber>" in call("ListMFADevices", UserName=name), unsure)
        without = sum(not found for found in devices)
    report(scan.users, len(administrators), without)


def _virtual() -> set[str]:
    names: set[str] = set()
    marker: str | None = ""
    while marker is not None:
        more = {"Marker": marker} if marker else {}
        body = call("ListVirtualMFADevices", AssignmentStatus="Assigned", MaxItems="1000", **more)
        owners, marker = virtual_owners(body)
        names |= owners
    return names


if __name__ == "__main__":
    main()
