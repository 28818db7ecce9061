"""An organization in an emulator that enforces policies: its delegated administrator, two members, and a stranger.

ministack makes the resources and runs the functions under their own roles. What a function asks of IAM and AWS Config
is answered by the embedded AWS's account of the same id.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from demo.emulator import EmbeddedAws
from tests.deploy.emulator import NOT_EMULATED, Answer, answering, emulated, post, root_client
from tests.support.tools import ROOT

ADMINISTRATOR, STRANGER = "333333333333", "444444444444"
MEMBERS = ("111111111111", "222222222222")
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
        return root_client(service, self.url, account_id)

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
        s3.put_object(
            Bucket=f"templates-{account_id}", Key=f"{name}.json", Body=json.dumps(emulated(template, UNKNOWN))
        )
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


def stack_template(organizations: Sequence[str]) -> dict[str, Any]:
    """What the delegated administrator deploys, in the words of the emulator.

    The organization has several ids there, see `organization_of`, and no paths of units. Where AWS compares
    aws:PrincipalArn with the ARN of a role, ministack compares it with that of the role's session.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    template = yaml_parse((ROOT / "organization" / "stack.yaml").read_text(encoding="utf-8"))
    text = json.dumps(template)
    for said, meant in (
        ('"aws:PrincipalOrgID": {"Ref": "OrganizationId"}', f'"aws:PrincipalOrgID": {json.dumps(organizations)}'),
        (":iam::*:role/${RuleName}-remediation", ":sts::*:assumed-role/${RuleName}-remediation/*"),
        (":iam::*:role/${RuleName}-backout", ":sts::*:assumed-role/${RuleName}-backout/*"),
    ):
        assert said in text
        text = text.replace(said, meant)
    found: dict[str, Any] = json.loads(text)
    for name, document in (("CentralTopicPolicy", "PolicyDocument"), ("CentralTopicKey", "KeyPolicy")):
        for statement in found["Resources"][name]["Properties"][document]["Statement"]:
            statement.get("Condition", {}).pop("ForAnyValue:StringLike", None)
    return found


@contextmanager
def gate(aws: EmbeddedAws, account_id: str) -> Iterator[str]:
    """Where the functions of an account ask IAM and AWS Config: the embedded AWS's account of the same id."""
    ours = aws.account(account_id).credentials["aws_access_key_id"]

    def answer(path: str, headers: dict[str, str], body: bytes) -> Answer:
        headers["Authorization"] = re.sub(r"Credential=[^/]+/", f"Credential={ours}/", headers["Authorization"])
        return post(f"{aws.url}{path}", headers, body)

    with answering(answer) as address:
        yield address
