"""The stack in an emulator that enforces IAM, with IAM and AWS Config answered by the embedded AWS.

ministack makes the stack's resources and runs the functions under their own roles. What a function asks of IAM and of
AWS Config passes through a gate: ministack, which knows the role, says whether it is allowed; the embedded AWS, which
knows MFA devices and Config's rules, answers.
"""

import io
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.config import Config

from demo.emulator import EmbeddedAws
from tests.deploy.runtime import free_port
from tests.deploy.templates import ACCOUNT, plain
from tests.support.tools import require_ministack

# What ministack does not make. Everything else in the template has to be created, or the deployment fails.
NOT_EMULATED = frozenset(("AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration", "AWS::SSM::Document"))
STACK = "admin-mfa"
# Whatever a condition guards is created too.
EVERYTHING_ON = {"NotificationEmail": "security@example.com"}


class Stack:
    """The deployed stack, and clients of the emulator that act as the account's root user."""

    def __init__(self, port: int, gate: str, runtime: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._gate = gate
        self._runtime = runtime

    def client(self, service: str) -> Any:
        """A client that acts as the account's root user and never retries."""
        return root_client(service, self.url, ACCOUNT)

    def deploy(self, artifacts: Path) -> None:
        """Create the stack from the translated template and the built artifacts, and wait until it is there."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket="artifacts")
        template = plain()
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                s3.put_object(Bucket="artifacts", Key=f"{name}.zip", Body=_zip(artifacts / name))
                resource["Properties"]["Code"] = {"S3Bucket": "artifacts", "S3Key": f"{name}.zip"}
        template = emulated(template, NOT_EMULATED)
        s3.put_object(Bucket="artifacts", Key="template.json", Body=json.dumps(template))
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=STACK,
            TemplateURL=f"{self.url}/artifacts/template.json",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in EVERYTHING_ON.items()],
        )
        formation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        for function in self.resources("AWS::Lambda::Function").values():
            self._lead_to_the_gate(function)

    def resources(self, kind: str | None = None) -> dict[str, str]:
        """Physical ids by logical id."""
        found = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        return {
            r["LogicalResourceId"]: r["PhysicalResourceId"]
            for r in found
            if kind in (None, r["ResourceType"]) and r["ResourceStatus"] == "CREATE_COMPLETE"
        }

    def _lead_to_the_gate(self, function: str) -> None:
        client = self.client("lambda")
        variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        places = {"AWS_ENDPOINT_URL_IAM": self._gate, "AWS_ENDPOINT_URL_CONFIG_SERVICE": self._gate}
        client.update_function_configuration(
            FunctionName=function,
            Environment={"Variables": variables | places | {"PYTHONPATH": str(self._runtime)}},
        )

    def invoke(self, function: str, event: Mapping[str, Any]) -> tuple[Any, str]:
        """Invoke a function and get what it answered, and its kind of error; empty if it succeeded."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read()), answer.get("FunctionError", "")

    @contextmanager
    def without(self, role: str, action: str) -> Iterator[None]:
        """Take one action out of a role's policies for a while."""
        client = self.client("iam")
        before = {
            name: client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in client.list_role_policies(RoleName=role)["PolicyNames"]
        }
        attached = {
            policy["PolicyArn"]: _document(client, policy["PolicyArn"])
            for policy in client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        }
        try:
            for number, (arn, document) in enumerate(attached.items()):
                client.put_role_policy(
                    RoleName=role, PolicyName=f"less-{number}", PolicyDocument=json.dumps(_less(document, action))
                )
                client.detach_role_policy(RoleName=role, PolicyArn=arn)
            for name, document in before.items():
                client.put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=json.dumps(_less(document, action))
                )
            yield
        finally:
            for name, document in before.items():
                client.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
            for number, arn in enumerate(attached):
                client.attach_role_policy(RoleName=role, PolicyArn=arn)
                client.delete_role_policy(RoleName=role, PolicyName=f"less-{number}")


def _document(client: Any, arn: str) -> dict[str, Any]:
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found: dict[str, Any] = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return found


def _less(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = []
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        # A statement without an action is none; one that allows nothing real stands in for it.
        left = [one for one in actions if one != action] or ["tag:GetComplianceSummary"]
        statements.append({**statement, "Action": left})
    return {**document, "Statement": statements}


def emulated(template: dict[str, Any], unknown: frozenset[str]) -> dict[str, Any]:
    """Copy a template without what ministack does not make, and without the outputs that refer to it.

    A resource that is left and refers to one that is gone would fail the deployment, so nothing is missed. Statements
    that require TLS go too: the emulator enforces them, and speaks HTTP on the loopback interface.
    """
    found: dict[str, Any] = json.loads(json.dumps(template))
    resources = found["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in unknown}
    for name in gone:
        del resources[name]
    for name, output in list(found.get("Outputs", {}).items()):
        if any(f'"{lost}"' in json.dumps(output) for lost in gone):
            del found["Outputs"][name]
    for resource in resources.values():
        document = resource.get("Properties", {}).get("PolicyDocument", {})
        if resource["Type"].endswith("Policy") and "Statement" in document:
            document["Statement"] = [s for s in document["Statement"] if s.get("Sid") != "TlsOnly"]
    return found


def _zip(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                opened.write(file, file.relative_to(folder))
    return archive.getvalue()


@contextmanager
def ministack(log: Path) -> Iterator[int]:
    """ministack with enforced permissions, on a port of its own."""
    program = require_ministack("deploys the stack and runs its functions under their roles")
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(log.parent),
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([program], cwd=log.parent, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _listens(port), what="ministack starts")
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], *, what: str, seconds: float = 90) -> None:
    """Wait until something is so, and fail with its name if it does not become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.05)


Answer = tuple[int, str, bytes]
"""Status, content type and body."""


@contextmanager
def answering(answer: Callable[[str, dict[str, str], bytes], Answer]) -> Iterator[str]:
    """Serve POST requests on the loopback interface: path, headers and body in, an answer out."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, found, content = answer(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            self.send_header("Content-Type", found)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signed request, which can be sent again as long as its signature is valid."""

    path: str
    headers: dict[str, str]
    body: bytes


def denial(emulator: int, sent: Sent) -> Answer | None:
    """Send a request to the emulator and return its answer where it denies it, as the resource has it."""
    url = f"http://127.0.0.1:{emulator}"
    found = post(f"{url}{sent.path}", sent.headers, sent.body)
    if not any(code in found[2] for code in (b"AccessDenied", b"AuthorizationError")) or _allowed_on_its_resource(
        url, found[2].decode(), sent.body.decode()
    ):
        return None
    return found


@contextmanager
def gate(emulator: int, aws: EmbeddedAws, *, see: Callable[[Sent], None] = lambda _: None) -> Iterator[str]:
    """Serve what is allowed by the emulator, with answers of the embedded AWS; `see` is called with each request."""

    def answer(path: str, headers: dict[str, str], body: bytes) -> Answer:
        sent = Sent(path=path, headers=headers, body=body)
        see(sent)
        return denial(emulator, sent) or post(f"{aws.url}{path}", headers, body)

    with answering(answer) as address:
        yield address


# Where ministack judges an action without the resource that the request names, and so denies it too much.
_RESOURCES: Mapping[str, Callable[[str], str]] = {
    "iam:ListMFADeviceTags": lambda body: parse_qs(body)["SerialNumber"][0],
    "iam:CreateVirtualMFADevice": lambda body: (
        f"arn:aws:iam::{ACCOUNT}:mfa/{parse_qs(body)['VirtualMFADeviceName'][0]}"
    ),
    "iam:DeleteVirtualMFADevice": lambda body: parse_qs(body)["SerialNumber"][0],
    "iam:TagMFADevice": lambda body: parse_qs(body)["SerialNumber"][0],
    "sns:Unsubscribe": lambda body: parse_qs(body)["SubscriptionArn"][0].rpartition(":")[0],
    "ssm:StartAutomationExecution": lambda body: (
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:automation-definition/{json.loads(body)['DocumentName']}:$DEFAULT"
    ),
    "ssm:GetAutomationExecution": lambda body: (
        f"arn:aws:ssm:us-east-1:{ACCOUNT}:automation-execution/{json.loads(body)['AutomationExecutionId']}"
    ),
    "config:StartConfigRulesEvaluation": lambda body: (
        f"arn:aws:config:us-east-1:{ACCOUNT}:config-rule/{json.loads(body)['ConfigRuleNames'][0]}"
    ),
}


def _allowed_on_its_resource(url: str, text: str, body: str) -> bool:
    """Ask ministack's policy simulator, which is told the resource, about the role that the denial names."""
    match = re.search(r":(?:assumed-(role)|(user))/([\w-]+).*perform: (\w+:\w+)", text)
    assert match, text
    role, user, name, action = match.groups()
    if action not in _RESOURCES:
        return False
    simulated = root_client("iam", url, ACCOUNT).simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:{role or user}/{name}",
        ActionNames=[action],
        ResourceArns=[_RESOURCES[action](body)],
    )
    return bool(simulated["EvaluationResults"][0]["EvalDecision"] == "allowed")


def root_client(service: str, url: str, account_id: str) -> Any:
    """A client that acts as an account's root user and never retries."""
    found: Any = boto3.Session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account_id,
        aws_secret_access_key="emulated",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )
    return found


def post(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send a request on, and return what it is answered with, errors too."""
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()
