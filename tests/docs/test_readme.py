"""What the README says is so."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin_mfa.audit.account import audit
from admin_mfa.aws.iam import IamReader
from admin_mfa.cli.errors import ExitCode
from admin_mfa.cli.permissions import read_only_policy
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import FORMATS, RenderOptions, Report
from demo.account import fill, rule_parameters
from demo.emulator import EmbeddedAws
from tests.support.demo_output import demo_output, normalised
from tests.support.doc_blocks import ROOT, all_blocks, blocks, run
from tests.support.organization_fixture import Organization

DOCUMENT = "README.md"
README = (ROOT / DOCUMENT).read_text(encoding="utf-8")
COMPARISON = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
LEFT_OUT = "[...]\n"


def fenced(language: str) -> list[str]:
    return [block.text for block in all_blocks(DOCUMENT) if block.language == language]


@pytest.mark.parametrize("quoted", [pytest.param(text, id=text.splitlines()[0]) for text in fenced("text")])
def test_the_quoted_output_is_what_the_demonstration_prints(quoted: str) -> None:
    rest = normalised(demo_output().stdout)
    for part in normalised(quoted).split(LEFT_OUT):
        assert part.strip("\n") in rest
        rest = rest.split(part.strip("\n"), 1)[1]


def test_the_quoted_policy_is_the_one_that_the_command_needs() -> None:
    assert json.loads(fenced("json")[0]) == read_only_policy()


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    """The account of the demonstration, one enrolment later; it manages an organization."""
    with EmbeddedAws() as aws:
        fill(aws)
        Organization(aws).account("team-0001")
        yield aws


def test_the_commands_do_what_they_say(aws: EmbeddedAws, tmp_path: Path) -> None:
    run(blocks(DOCUMENT), aws.environment, tmp_path)
    report = json.loads((tmp_path / "audit.json").read_text())
    assert report["account_id"] == aws.account_id


def test_the_quoted_user_is_one_of_the_report(aws: EmbeddedAws) -> None:
    parameters = parse_parameters(rule_parameters(datetime.now(UTC).date()))
    with IamReader(aws.client("iam")) as reader:
        found = audit(reader, account_id=aws.account_id, partition="aws", parameters=parameters)
    users = json.loads(normalised(FORMATS["json"].render(Report.of(found), RenderOptions())))["users"]
    (quoted,) = [block.text for block in all_blocks("docs/reports.md") if block.language == "json"]
    assert json.loads(normalised(quoted)) in users


def test_it_is_short_and_begins_with_one_sentence_and_one_picture() -> None:
    lines = README.splitlines()
    assert len(lines) <= 200
    assert lines[0] == "# admin-mfa"
    assert (
        README.index("<picture>") < README.index("uvx --from") < README.index("make demo") < README.index("make test")
    )
    sections = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert sections[:3] == ["Audit a real account", "Deploy the rule", "Deploy to an organization"]


def test_every_exit_code_is_explained() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \| ", README, re.MULTILINE)] == sorted(ExitCode)


FIGURE = re.compile(r"\$\d|\d (?:MB|GB|KB|ms|seconds?|calls)\b|\d for each|^\| admin-mfa \| \d", re.MULTILINE)


def test_every_section_with_a_figure_points_to_where_it_was_measured() -> None:
    prose = re.sub(
        r"^```.*?^```$",
        "",
        README + COMPARISON.replace("# Comparison", "## Comparison"),
        flags=re.MULTILINE | re.DOTALL,
    )
    sections = [section for section in re.split(r"^## ", prose, flags=re.MULTILINE) if FIGURE.search(section)]
    assert [section.splitlines()[0] for section in sections if "performance.md#" not in section] == []
    assert len(sections) == 3


def test_the_calls_are_those_of_the_measurement() -> None:
    measured = (
        (ROOT / "docs/performance.md").read_text(encoding="utf-8").partition("## Calls compared with other tools")[2]
    )
    rows = re.findall(r"^\| .*\|$", measured, re.MULTILINE)
    assert len(rows) == 4
    assert [row for row in rows if row not in COMPARISON.splitlines()] == []


@pytest.mark.parametrize(("column", "users"), [pytest.param(2, 1000), pytest.param(3, 5000)])
def test_the_number_of_calls_is_what_is_counted(column: int, users: int) -> None:
    (row,) = re.findall(r"^\| admin-mfa \| \d+ \| \d+ \|$", COMPARISON, re.MULTILINE)
    with EmbeddedAws() as aws:
        aws.iam.crowd(users=users)
        with IamReader(aws.client("iam")) as reader:
            audit(reader, account_id=aws.account_id, partition="aws", parameters=parse_parameters({}))
        assert str(len(aws.calls.of("iam"))) == row.split("|")[column].strip()
