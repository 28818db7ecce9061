"""Serve the simulated account over loopback HTTP in a separate process: `python -m benchmarks.server USERS`.

The server responds from memory after a fixed delay, so that only the measured program takes time. It prints its address
on the first line. Paths under `/-/` are for the benchmark itself.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.account import Account, Field, answer

SECONDS_PER_CALL = 0.030
RATE, BURST = 20.0, 40.0
_RESULTS_A_PAGE = 100

_THROTTLED = (
    b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
    b"<Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>id</RequestId></ErrorResponse>"
)
_ROOT = {"AccountMFAEnabled": 1, "AccountPasswordPresent": 1, "AccountAccessKeysPresent": 0}
Answer = tuple[int, bytes]


class Simulation:
    """The account, its results in AWS Config, and the number of calls."""

    def __init__(self, users: int) -> None:
        self.account = Account(users=users)
        self.account.warm()
        self.calls: Counter[str] = Counter()
        self.evaluations = 0
        self._results: dict[str, dict[str, Any]] = {}
        self._throttled = False
        self._tokens, self._at = BURST, 0.0

    def reset(self, *, throttled: bool, forget: bool) -> None:
        """Reset the counters and fill the token bucket; `forget` deletes the results in AWS Config."""
        self.calls.clear()
        self.evaluations = 0
        self._throttled, self._tokens, self._at = throttled, BURST, time.monotonic()
        if forget:
            self._results.clear()

    def answer(self, target: str, body: bytes) -> Answer:
        """Return the response to one request to IAM, STS or AWS Config."""
        if target:
            action = target.rpartition(".")[2]
            self.calls[f"config:{action}"] += 1
            return 200, json.dumps(_CONFIG[action](self, json.loads(body))).encode()
        form = dict(parse_qsl(body.decode()))
        action = form["Action"]
        if action == "GetCallerIdentity":
            self.calls["sts:GetCallerIdentity"] += 1
            return 200, _CALLER
        self.calls[f"iam:{action}"] += 1
        if self._throttled and not self._take():
            self.calls["Throttling"] += 1
            return 400, _THROTTLED
        return 200, self._iam(action, form)

    def _take(self) -> bool:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._at) * RATE)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _iam(self, action: str, form: dict[str, str]) -> bytes:
        page = int(form.get("Marker", "page-0").removeprefix("page-"))
        if action == "GetAccountAuthorizationDetails":
            kinds = tuple(value for name, value in form.items() if name.startswith("Filter.member."))
            return self.account.details(kinds, page)
        if action == "ListVirtualMFADevices":
            return self.account.virtual_devices(page)
        if action == "ListMFADevices":
            return self.account.devices(form["UserName"])
        if action == "GetPolicy":
            return self.account.policy(form["PolicyArn"])
        if action == "GetPolicyVersion":
            return self.account.policy_version(form["PolicyArn"])
        if action == "GetAccountSummary":
            entries: list[Field] = [("entry", [("key", key), ("value", str(value))]) for key, value in _ROOT.items()]
            return answer(action, [("SummaryMap", entries)])
        raise LookupError(action)

    def put_evaluations(self, request: dict[str, Any]) -> dict[str, Any]:
        """Record evaluations."""
        for evaluation in request["Evaluations"]:
            self._results[evaluation["ComplianceResourceId"]] = evaluation
            self.evaluations += 1
        return {"FailedEvaluations": []}

    def compliance_details(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a page of the recorded results."""
        start = int(request.get("NextToken", 0))
        end = start + min(int(request.get("Limit", 10)), _RESULTS_A_PAGE)
        held = list(self._results.values())
        page = [
            {
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": request["ConfigRuleName"],
                        "ResourceType": result["ComplianceResourceType"],
                        "ResourceId": result["ComplianceResourceId"],
                        "EvaluationMode": "DETECTIVE",
                    },
                    "OrderingTimestamp": 1763953200.0,
                },
                "ComplianceType": result["ComplianceType"],
                "ResultRecordedTime": 1763953201.123,
                "ConfigRuleInvokedTime": 1763953200.456,
                "Annotation": result.get("Annotation", ""),
            }
            for result in held[start:end]
        ]
        return {"EvaluationResults": page, **({"NextToken": str(end)} if end < len(held) else {})}


_CONFIG: dict[str, Callable[[Simulation, dict[str, Any]], dict[str, Any]]] = {
    "PutEvaluations": Simulation.put_evaluations,
    "GetComplianceDetailsByConfigRule": Simulation.compliance_details,
}
_CALLER = answer(
    "GetCallerIdentity",
    [("Arn", "arn:aws:iam::123456789012:user/auditor"), ("UserId", "AIDAAUDITOR"), ("Account", "123456789012")],
)


class _Connection(asyncio.Protocol):
    """The part of HTTP/1.1 with keep-alive that AWS's clients use."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, rest = self._received.split(b"\r\n\r\n", 1)
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if headers.get("expect") == "100-continue" and len(rest) < length:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            self._serve(first.split(" ")[1], headers.get("x-amz-target", ""), body)

    def _serve(self, path: str, target: str, body: bytes) -> None:
        if path == "/-/reset":
            self._simulation.reset(**json.loads(body))
            self._send((200, b"{}"))
        elif path == "/-/figures":
            figures = {"calls": self._simulation.calls, "evaluations": self._simulation.evaluations}
            self._send((200, json.dumps(figures).encode()))
        else:
            response = self._simulation.answer(target, body)
            asyncio.get_running_loop().call_later(SECONDS_PER_CALL, self._send, response)

    def _send(self, response: Answer) -> None:
        status, body = response
        reason = "OK" if status == 200 else "Bad Request"
        kind = "text/xml" if body.startswith(b"<") else "application/x-amz-json-1.1"
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def _run(users: int) -> None:
    simulation = Simulation(users)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(simulation), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    # The parent process keeps standard input open for as long as it needs the server.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
