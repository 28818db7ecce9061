"""The guide's commands run in their order with the AWS CLI; what the embedded AWS lacks is held against AWS's models.

Each of those is listed here.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo.emulator import EmbeddedAws, Kind
from demo.emulator.models import service_model, violations
from tests.organization.conftest import Produced
from tests.support.doc_blocks import SHELLS, blocks, run, section, start, substitute
from tests.support.organization_fixture import Organization
from tests.support.tools import ROOT, require_tool

DOCUMENT = "organization/README.md"
pytestmark = [
    pytest.mark.xdist_group("organization"),
    # moto says so of each type that it leaves out of a stack, when it updates one.
    pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning"),
]

NOT_EMULATED: Mapping[str, str] = {
    "cloudformation ActivateOrganizationsAccess": "",
    "cloudformation ExecuteChangeSet": "",
    # moto knows few of the services that can be delegated.
    "organizations RegisterDelegatedAdministrator": "",
    "organizations DeregisterDelegatedAdministrator": "",
    "cloudformation ListStackInstances": "111111111111\tSUCCEEDED\tNone\n",
    "config SelectAggregateResourceConfig": '{"accountId":"111111111111","COUNT(*)":2}\n',
    "config GetStoredQuery": "SELECT accountId WHERE resourceType = 'AWS::Config::ResourceCompliance'\n",
    "config DescribeAggregateComplianceByConfigRules": "111111111111\tus-east-1\tiam-admin-user-mfa-enabled-pack-x\n",
    "config GetAggregateComplianceDetailsByConfigRule": "111111111111\tAIDAADA\tada is an administrator\n",
}
"""What the embedded AWS does not implement, by service and operation, and what the CLI is said to have printed."""

NAMES = {"configservice": "config"}
"""What the CLI calls otherwise than the signature does."""


STAND_IN = """
import subprocess, sys

import boto3

service, operation = sys.argv[1:3]
deploys = operation == "deploy"
named = "ExecuteChangeSet" if deploys else "".join(map(str.capitalize, operation.split("-")))
done = subprocess.run([AWS, *sys.argv[1:]], capture_output=True, text=True)
answer = KNOWN.get(f"{NAMES.get(service, service)} {named}")
refused = done.returncode == 252 or "arameter validation" in done.stderr
if refused or answer is None or not (done.returncode or deploys):
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)  # 252 is the CLI's word for a wrong command line, which no answer of ours may hide
sys.stdout.write(answer)
if deploys:
    arguments = sys.argv[3:]
    given = dict(one.split("=", 1) for one in arguments[arguments.index("--parameter-overrides") + 1 :])
    if "OrganizationId" in given:
        client, name = boto3.client("cloudformation"), arguments[arguments.index("--stack-name") + 1]
        client.delete_stack(StackName=name)
        template = open(arguments[arguments.index("--template-file") + 1]).read()
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
        client.create_stack(StackName=name, TemplateBody=template, Parameters=parameters)
"""
"""The CLI, but for what the embedded AWS lacks: that is asked for all the same, and then answered from the table.

moto makes stacks. The change sets of `deploy` it cannot execute where a parameter is a list, and may say it has.
"""


@pytest.fixture
def folder(produced: Produced, tmp_path: Path) -> Path:
    """A clone as far as the guide needs it, after `make organization`, and a CLI that knows what is not emulated."""
    (tmp_path / "organization").mkdir()
    (tmp_path / "organization" / "stack.yaml").symlink_to(ROOT / "organization" / "stack.yaml")
    (tmp_path / "organization" / "build").symlink_to(produced.folder)
    (tmp_path / "bin").mkdir()
    aws = require_tool("aws", "runs the commands of the guide")
    stand_in = tmp_path / "bin" / "aws"
    facts = f"AWS = {str(aws)!r}\nKNOWN, NAMES = {dict(NOT_EMULATED)!r}, {dict(NAMES)!r}\n"
    stand_in.write_text(f"#!{sys.executable}\n{facts}{STAND_IN}")
    stand_in.chmod(0o755)
    return tmp_path


@pytest.fixture
def organization(aws: EmbeddedAws) -> Organization:
    """An organization with a unit for canaries and one for the rest."""
    found = Organization(aws)
    aws.faults.add(
        "sts:AssumeRole", Kind.ACCESS_DENIED, times=None, when=lambda given: "iam-admin" not in given["RoleArn"]
    )
    return found


@pytest.mark.parametrize("shell", SHELLS)
def test_the_commands_of_the_guide_do_what_they_say(
    aws: EmbeddedAws, organization: Organization, folder: Path, shell: str
) -> None:
    canary, workloads = organization.unit("canary"), organization.unit("workloads")
    administrator, excluded = organization.account("security"), organization.account("excluded", unit=canary)
    for account_id in (administrator, excluded):
        aws.account(account_id).iam.root(mfa=True)
    aws.faults.add("sts:AssumeRole", Kind.ACCESS_DENIED, when=lambda given: excluded in given["RoleArn"])
    environment = {
        **aws.environment,
        "AWS_MAX_ATTEMPTS": "1",
        "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
    }
    names = {"ADMINISTRATOR": administrator, "CANARY": canary, "WORKLOADS": workloads, "EXCLUDED": excluded}
    run(substitute(blocks(DOCUMENT), names), environment, folder, shell)

    made = {f"{call.service} {call.action}" for call in aws.calls.all()}
    assert set(NOT_EMULATED) <= made
    wrong = {
        f"{call.service} {call.action}": found
        for call in aws.calls.all()
        if f"{call.service} {call.action}" in NOT_EMULATED
        and (
            found := list(
                violations(service_model(call.service).operation_model(call.action).input_shape, dict(call.parameters))
            )
        )
    }
    assert wrong == {}
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"] == []
    services = {
        s["ServicePrincipal"]
        for s in organization.client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    }
    assert services == {"config.amazonaws.com", "config-multiaccountsetup.amazonaws.com"}
    asked = {call.parameters["ServicePrincipal"] for call in aws.calls.all() if call.action.startswith("RegisterDeleg")}
    assert asked == services | {"member.org.stacksets.cloudformation.amazonaws.com"}
    report = (folder / "audit.csv").read_text()
    assert f"{excluded},<account>,,,NOT_AUDITED" in report
    assert f"{administrator},<root>" in report
    assert json.loads((folder / "versions.json").read_text())["Objects"]
    removal = [
        {p["ParameterKey"]: p["ParameterValue"] for p in call.parameters["Parameters"] if "ParameterValue" in p}
        if call.action == "CreateChangeSet"
        else call.action
        for call in aws.calls.all()
        if call.action in REMOVAL
    ]
    assert removal[-5:] == [
        {"RemediationMode": "Notify"},
        {"Version": "", "OrganizationPack": "false"},
        "DeleteObjects",
        "DeleteStack",
        "DeregisterDelegatedAdministrator",
    ]


REMOVAL = ("CreateChangeSet", "DeleteObjects", "DeleteStack", "DeregisterDelegatedAdministrator")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_missing_name_stops_the_guide(aws: EmbeddedAws, organization: Organization, folder: Path, shell: str) -> None:
    names = {"ADMINISTRATOR": organization.account("security"), "WORKLOADS": organization.unit("workloads")}
    text = "".join(block.text for block in substitute(section(DOCUMENT, "Before you begin"), names))
    done = start(text + 'echo "stack: <$STACK>"\n', aws.environment, folder, shell)
    assert "STOP: CANARY is empty" in done.stdout
    assert "stack: <>" in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "appended", "removed"),
    [
        ("break-glass@2027-12-31", "break-glass@2027-12-31,joan@2027-01-31", "break-glass@2027-12-31"),
        ("", "joan@2027-01-31", ""),
    ],
)
def test_exemptions_of_others_stay(folder: Path, shell: str, before: str, appended: str, removed: str) -> None:
    add, remove = [block for block in section(DOCUMENT, "5. Change, upgrade, exclude") if "ENTRY" in block.text]
    (add,) = substitute((add,), {"ENTRY": "joan@2027-01-31"})
    deployed = """aws() {
  case "$2" in
    describe-stacks) printf '%s\\n' "$VALUE" ;;
    deploy) for last in "$@"; do :; done; VALUE=${last#ExemptUsers=}; echo "list: $VALUE" ;;
  esac
}
"""
    done = start(f"STACK=a\nVALUE='{before}'\n{deployed}{add.text}{remove.text}", {}, folder, shell)
    assert [line for line in done.stdout.splitlines() if line.startswith("list: ")] == [
        f"list: {appended}",
        f"list: {removed}",
    ]
