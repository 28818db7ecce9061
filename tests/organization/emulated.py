"""An organization in an emulator that enforces policies: its delegated administrator, two members, and a stranger.

ministack makes the resources and runs the functions under their own roles. What a function asks of IAM and AWS Config
is answered by the embedded AWS's account of the same id.
"""

import json
import re
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from demo.emulator import EmbeddedAws
from tests.deploy.emulator import NOT_EMULATED
from tests.support.tools import ROOT

ADMINISTRATOR, STRANGER = "333333333333", "444444444444"
MEMBERS = ("111111111111", "222222222222")
REGION = "us-east-1"
UNKNOWN = NOT_EMULATED | {
    "AWS::CloudFormation::StackSet",
    "AWS::Config::ConfigurationAggregator",
    "AWS::Config::ConformancePack",
    "AWS::Config::OrganizationConformancePack",
    "AWS::Config::StoredQuery",
}
"""What ministack does not make. Everything else has to be created, or the deployment fails."""


class Emulator:
    """ministack, asked by any of the accounts' root users."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def client(self, service: str, account_id: str) -> Any:
        """A client that acts as the account's root user and never retries."""
        return boto3.Session().client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=account_id,
            aws_secret_access_key="emulated",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def organization_of(self, account_id: str) -> str:
        """The id of the organization that an account is in: to ministack, each account is in one of its own."""
        client = self.client("organizations", account_id)
        return str(client.describe_organization()["Organization"]["Id"])

    def deploy(
        self, account_id: str, name: str, template: dict[str, Any], parameters: Mapping[str, str]
    ) -> dict[str, str]:
        """Create a stack of what is emulated, and get its outputs and the ids of its resources."""
        s3 = self.client("s3", account_id)
        s3.create_bucket(Bucket=f"templates-{account_id}")
        s3.put_object(Bucket=f"templates-{account_id}", Key=f"{name}.json", Body=json.dumps(emulated(template)))
        formation = self.client("cloudformation", account_id)
        formation.create_stack(
            StackName=name,
            TemplateURL=f"{self.url}/templates-{account_id}/{name}.json",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
        resources = formation.describe_stack_resources(StackName=name)["StackResources"]
        return {
            **{output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
            **{
                resource["LogicalResourceId"]: resource["PhysicalResourceId"]
                for resource in resources
                if resource["ResourceStatus"] == "CREATE_COMPLETE"
            },
        }

    def bucket(self, account_id: str, folder: Path) -> str:
        """Make a bucket with the files of a folder in it, under the folder's name."""
        s3, name = self.client("s3", account_id), f"artifacts-{account_id}"
        s3.create_bucket(Bucket=name)
        for file in folder.iterdir():
            s3.put_object(Bucket=name, Key=f"{folder.name}/{file.name}", Body=file.read_bytes())
        return name

    def lead_to(self, gate: str, account_id: str, function: str, runtime: Path) -> None:
        """Make a function ask IAM and AWS Config somewhere else."""
        client = self.client("lambda", account_id)
        configuration = client.get_function_configuration(FunctionName=function)
        assert configuration["CodeSize"], "the emulator found no code, and would answer in the function's place"
        variables = configuration["Environment"]["Variables"]
        places = {"AWS_ENDPOINT_URL_IAM": gate, "AWS_ENDPOINT_URL_CONFIG_SERVICE": gate, "PYTHONPATH": str(runtime)}
        client.update_function_configuration(FunctionName=function, Environment={"Variables": variables | places})

    def invoke(self, account_id: str, function: str, event: Mapping[str, Any]) -> Any:
        """Invoke a function that must succeed, and get what it answered."""
        answer = self.client("lambda", account_id).invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload


def emulated(template: dict[str, Any]) -> dict[str, Any]:
    """Take out of a template what ministack does not make, and the outputs that speak of it.

    A resource that is left and refers to one that is gone would fail the deployment, so nothing is missed. Statements
    that want TLS go too: the emulator enforces them, and speaks HTTP on the loopback interface.
    """
    found: dict[str, Any] = json.loads(json.dumps(template))
    resources = found["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in UNKNOWN}
    for name in gone:
        del resources[name]
    for name, output in list(found.get("Outputs", {}).items()):
        if any(f'"{lost}"' in json.dumps(output) for lost in gone):
            del found["Outputs"][name]
    for resource in resources.values():
        document = resource.get("Properties", {}).get("PolicyDocument", {})
        if resource["Type"].endswith(("Policy",)) and "Statement" in document:
            document["Statement"] = [s for s in document["Statement"] if s.get("Sid") != "TlsOnly"]
    return found


def stack_template(organizations: Sequence[str]) -> dict[str, Any]:
    """What the delegated administrator deploys, in the words of the emulator.

    The organization has several ids there, see `organization_of`; and where AWS compares aws:PrincipalArn with the
    ARN of a role, ministack does with that of the role's session.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    template = yaml_parse((ROOT / "organization" / "stack.yaml").read_text(encoding="utf-8"))
    text = json.dumps(template)
    for said, meant in (
        ('"aws:PrincipalOrgID": {"Ref": "OrganizationId"}', f'"aws:PrincipalOrgID": {json.dumps(organizations)}'),
        (":iam::*:role/${RuleName}-*", ":sts::*:assumed-role/${RuleName}-*"),
    ):
        assert said in text
        text = text.replace(said, meant)
    found: dict[str, Any] = json.loads(text)
    return found


@contextmanager
def gate(aws: EmbeddedAws, account_id: str) -> Iterator[str]:
    """Where the functions of an account ask IAM and AWS Config: the embedded AWS's account of the same id."""
    ours = aws.account(account_id).credentials["aws_access_key_id"]

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers.items())
            headers["Authorization"] = re.sub(r"Credential=[^/]+/", f"Credential={ours}/", headers["Authorization"])
            request = urllib.request.Request(f"{aws.url}{self.path}", body, headers)  # noqa: S310 - loopback
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
