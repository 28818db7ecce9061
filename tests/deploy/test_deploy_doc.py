"""docs/deploy.md: its commands run, and what it says of the template is so."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from demo.emulator import EmbeddedAws
from tests.deploy.standing import stand
from tests.deploy.templates import Resolver, of_type
from tests.support.doc_blocks import ROOT, SHELLS, blocks, run
from tests.support.handler import RULE

DOCUMENT = "docs/deploy.md"
TEXT = (ROOT / DOCUMENT).read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_commands_do_what_they_say(aws: EmbeddedAws, tmp_path: Path, shell: str) -> None:
    aws.iam.user("ada", policies=("AdministratorAccess",))
    stand(aws)
    shutil.copy(ROOT / "samconfig.toml", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    deployed = {"MaximumExecutionFrequency": "One_Hour", "LogRetentionInDays": "90", "RuleName": RULE}
    aws.client("cloudformation").create_stack(
        StackName="admin-mfa",
        TemplateBody=json.dumps(
            {
                "Parameters": {name: {"Type": "String"} for name in deployed},
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            }
        ),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in deployed.items()],
    )
    _, examined, found, parameters, drift, listed, _, _, cost = run(blocks(DOCUMENT), aws.environment, tmp_path, shell)
    assert "ok      rule: The rule iam-admin-user-mfa-enabled invokes the function." in examined.splitlines()
    assert "ada is an administrator (AdministratorAccess, attached directly) and has no MFA device." in found
    assert found.strip() == listed.strip()
    assert "LogRetentionInDays\t90" in parameters
    assert "WARNING parameters: LogRetentionInDays is '90' in the stack admin-mfa and '365' in samconfig.toml" in drift
    assert cost.strip() in ("", "None")
    assert aws.config.pending() == (RULE,)
    changed = tomllib.loads((tmp_path / "samconfig.toml").read_text())["prod"]["deploy"]["parameters"]
    assert 'RemediationMode="Enforce" MaxEnforcementsPerDay="1"' in changed["parameter_overrides"]


def test_the_guide_begins_with_doctor_and_ends_with_the_acceptance_run() -> None:
    sections = re.findall(r"^## .+?\n(.+?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert re.findall(r"admin-mfa doctor|make \w+", sections[0])[0] == "admin-mfa doctor"
    assert re.findall(r"^make \w+", sections[-1], re.MULTILINE) == ["make acceptance"]


@pytest.mark.parametrize("kind", ["AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::Config::ConfigRule"])
def test_every_function_queue_and_rule_is_in_the_table(kind: str) -> None:
    names = {
        name.replace(RULE, "RuleName")
        for properties in of_type(Resolver().resources(), kind).values()
        for key, name in properties.items()
        if key in {"FunctionName", "QueueName", "ConfigRuleName"}
    }
    assert names
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_the_prices_go_by_what_the_template_has() -> None:
    resources = Resolver().resources()
    assert len(of_type(resources, "AWS::CloudWatch::Alarm")) == 9
    assert "nine alarms at 0.10 | 0.90" in TEXT
    shown = set(re.findall(r'\["AdminMfa", "(\w+)"', resources["Dashboard"]["Properties"]["DashboardBody"]))
    assert len(shown) == 11
    assert "11 metrics on the dashboard at 0.30 | 3.30" in TEXT


def test_the_guide_begins_with_the_preflight_check_and_ends_with_the_acceptance_run() -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert "`admin-mfa doctor` as a preflight check" in TEXT.partition(f"## {headings[0]}")[2].partition("\n## ")[0]
    assert "make acceptance" in TEXT.partition(f"## {headings[-1]}")[2]


def test_the_regions_are_those_of_the_guard() -> None:
    (rule,) = Resolver().template["Rules"].values()
    (regions,) = re.findall(r"us-east-1, in China (\S+), in GovCloud (\S+)\. Deployment fails", TEXT)
    assert all(region in str(rule["Assertions"]) for region in regions)


def test_the_readme_states_the_same_cost() -> None:
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)
    costs = {name: tuple(map(float, figures)) for name, *figures in rows}
    evaluations = {name: figures for name, figures in costs.items() if name.startswith("evaluations")}
    assert list(evaluations.values()) == [(0.01, 0.50, 5.00), (0.00, 0.03, 0.25)]
    others = [sum(column) for column in zip(*(costs[name] for name in costs.keys() - evaluations.keys()), strict=True)]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"It costs [about ${others[0]:.2f} a month]" in readme
