"""`admin-mfa audit` of many accounts: every account once, none overlooked, and each that cannot be read named."""

import csv
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from admin_mfa.cli import app
from admin_mfa.cli.permissions import organization_policy, read_only_policy
from admin_mfa.report import FORMATS
from admin_mfa.report.json_document import organization_schema
from demo.emulator import EmbeddedAws, Kind, in_environment
from tests.support.organization_fixture import Organization, one_administrator_without_mfa_in_every_third

from .conftest import Result, Run

ROLE = "OrganizationAccountAccessRole"
pytestmark = pytest.mark.xdist_group("organization")


def document(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(text)
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(json.loads(organization_schema()), format_checker=checker).validate(parsed)
    return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifty:
    """50 accounts and the management account: three that cannot be assumed, one that is suspended."""

    aws: EmbeddedAws
    organization: Organization
    accounts: tuple[str, ...]
    denied: tuple[str, ...]
    suspended: str

    def run(self, *arguments: str) -> Result:
        with in_environment(self.aws.environment):
            found = CliRunner().invoke(app, ["audit", "--organization", *arguments], env={"COLUMNS": "80"})
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Result(exit_code=found.exit_code, stdout=found.stdout, stderr=found.stderr)


@pytest.fixture(scope="module")
def fifty() -> Iterator[Fifty]:
    with EmbeddedAws() as aws:
        organization = Organization(aws)
        aws.iam.root(mfa=True)
        accounts = organization.accounts(50, one_administrator_without_mfa_in_every_third)
        denied, suspended = tuple(sorted((accounts[1], accounts[30], accounts[48]))), accounts[2]
        organization.close(suspended)
        for account_id in denied:
            aws.faults.add(
                "sts:AssumeRole",
                Kind.ACCESS_DENIED,
                times=None,
                when=lambda given, account_id=account_id: account_id in given["RoleArn"],  # type: ignore[misc]
            )
        yield Fifty(aws=aws, organization=organization, accounts=accounts, denied=denied, suspended=suspended)


def reason(account_id: str) -> str:
    return (
        f"arn:aws:sts::123456789012:user/moto may not assume arn:aws:iam::{account_id}:role/{ROLE}: the role does not "
        "exist, does not trust that identity, or requires an external id; or nothing allows that identity to assume it."
    )


COMPLAINT = "error: 3 accounts could not be audited, so the result is incomplete. The report lists the reasons.\n"


def test_fifty_accounts_are_audited_and_those_that_cannot_be_are_named_with_their_reasons(fifty: Fifty) -> None:
    fifty.aws.calls.clear()
    found = fifty.run("--format", "json")
    written = document(found.stdout)
    assert (found.exit_code, found.stderr) == (3, COMPLAINT)
    # Every third account has grace without a device: 17 of them, two of which cannot be read. ada has one in the
    # others but for one that cannot be read and the suspended one: 33 - 2. Root lacks a device in every tenth: 5,
    # one of which cannot be read; three of the other four have no other finding.
    assert written["summary"] == {
        "accounts": 50,
        "audited": 47,
        "not_audited": 3,
        "non_compliant_accounts": 18,
        "root_with_credentials": 47,
        "root_non_compliant": 4,
        "users": 92,
        "administrators": 46,
        "compliant": 77,
        "non_compliant": 15,
    }
    readable = sorted({*fifty.accounts, fifty.aws.account_id} - {*fifty.denied, fifty.suspended})
    assert [account["account_id"] for account in written["accounts"]] == readable
    names = {account_id: f"team-{number:04d}" for number, account_id in enumerate(fifty.accounts)}
    assert {account["account_id"]: account["account_name"] for account in written["accounts"]} == {
        account_id: names.get(account_id, "master") for account_id in readable
    }
    assert written["not_audited"] == [
        {"account_id": account_id, "account_name": names[account_id], "reason": reason(account_id)}
        for account_id in fifty.denied
    ]
    assert written["left_out"] == [
        {
            "account_id": fifty.suspended,
            "account_name": "team-0002",
            "reason": "AWS Organizations reports the account as SUSPENDED.",
        }
    ]


def test_each_account_is_read_under_its_own_session_once_and_the_management_account_without_one(fifty: Fifty) -> None:
    fifty.aws.calls.clear()
    fifty.run()
    assumed = [call.parameters["RoleArn"].split(":")[4] for call in fifty.aws.calls.of("sts") if call.action[0] == "A"]
    assert sorted(assumed) == sorted(set(fifty.accounts) - {fifty.suspended})
    read = {call.account_id for call in fifty.aws.calls.of("iam")}
    assert read == {*fifty.accounts, fifty.aws.account_id} - {*fifty.denied, fifty.suspended}


def test_a_session_can_do_no_more_than_read(fifty: Fifty) -> None:
    fifty.aws.calls.clear()
    fifty.run("--account", fifty.accounts[0])
    (call,) = [call for call in fifty.aws.calls.of("sts") if call.action == "AssumeRole"]
    (statement,) = json.loads(call.parameters["Policy"])["Statement"]
    assert statement == {key: value for key, value in read_only_policy()["Statement"][0].items() if key != "Sid"}
    assert call.parameters["DurationSeconds"] == 900
    assert "ExternalId" not in call.parameters


def test_every_call_is_in_the_printed_policies(fifty: Fifty) -> None:
    unit = fifty.organization.unit("nothing-in-it")
    fifty.aws.calls.clear()
    fifty.run("--tag", "Owner")
    fifty.run("--ou", unit)
    printed = {
        action
        for statement in organization_policy(ROLE)["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    made = set(fifty.aws.calls.counts()) - {"sts:GetCallerIdentity"}
    assert made <= printed
    listing = {action for action in printed if action.startswith(("organizations:", "sts:"))}
    assert listing - made == {"sts:AssumeRole"}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_marks_what_was_not_audited_and_the_exit_code_is_3(fifty: Fifty, format_: str) -> None:
    found = fifty.run("--format", format_)
    assert (found.exit_code, found.stderr) == (3, COMPLAINT)
    for account_id in fifty.denied:
        assert account_id in found.stdout


def test_the_csv_has_a_row_for_what_was_not_audited_before_all_others(fifty: Fifty) -> None:
    rows = list(csv.DictReader(StringIO(fifty.run("--format", "csv").stdout, newline="")))
    assert [(row["account_id"], row["compliance"], row["annotation"]) for row in rows[:3]] == [
        (account_id, "NOT_AUDITED", reason(account_id)) for account_id in fifty.denied
    ]
    assert len(rows) == 3 + 47 + 92


def test_junit_has_a_suite_for_each_account_and_an_error_where_there_is_no_audit(fifty: Fifty) -> None:
    root = ET.fromstring(fifty.run("--format", "junit").stdout)  # noqa: S314 - our own output
    assert {key: root.attrib[key] for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": str(47 + 92 + 3),
        "failures": str(15 + 4),
        "errors": "3",
        "skipped": "0",
    }
    assert len(root) == 50
    errors = root.findall("testsuite/testcase/error")
    assert [error.get("message") for error in errors] == [reason(account_id) for account_id in fifty.denied]


def test_sarif_is_one_run_that_says_it_was_not_successful(fifty: Fifty) -> None:
    (run,) = json.loads(fifty.run("--format", "sarif").stdout)["runs"]
    assert run["automationDetails"] == {"id": "admin-mfa/organization/"}
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [told["message"]["text"] for told in invocation["toolExecutionNotifications"]] == [
        f"Account {account_id} was not audited: {reason(account_id)}" for account_id in fifty.denied
    ]
    assert len(run["results"]) == 15 + 4
    assert len({json.dumps(result["partialFingerprints"]) for result in run["results"]}) == 15 + 4


@pytest.fixture
def small(aws: EmbeddedAws) -> Organization:
    """The management account and an account in each of two units, one of which is inside of the other."""
    organization = Organization(aws)
    aws.iam.root(mfa=True)
    outer = organization.unit("workloads")
    inner = organization.unit("production", outer)
    for name, unit in (("outer", outer), ("inner", inner)):
        account_id = organization.account(name, unit=unit, tags={"Stage": name})
        iam = aws.account(account_id).iam
        iam.root(mfa=True)
        iam.user("ada", policies=["AdministratorAccess"], devices=["virtual"])
    organization.units = {"outer": outer, "inner": inner}  # type: ignore[attr-defined]
    return organization


def names(found: Result) -> list[str]:
    return sorted(account["account_name"] for account in document(found.stdout)["accounts"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], ["inner", "master", "outer"], id="all"),
        pytest.param(["--ou", "{outer}"], ["inner", "outer"], id="a unit and what is below it"),
        pytest.param(["--ou", "{inner}"], ["inner"], id="the inner unit"),
        pytest.param(["--ou", "{inner}", "--ou", "{outer}"], ["inner", "outer"], id="both units, each account once"),
        pytest.param(["--ou", "{root}"], ["inner", "master", "outer"], id="the root"),
        pytest.param(["--tag", "Stage"], ["inner", "outer"], id="a tag with any value"),
        pytest.param(["--tag", "Stage=inner"], ["inner"], id="a tag with its value"),
        pytest.param(["--ou", "{outer}", "--tag", "Stage=outer"], ["outer"], id="unit and tag"),
        pytest.param(["--account", "123456789012"], ["master"], id="one account"),
        pytest.param(["--exclude-account", "123456789012"], ["inner", "outer"], id="all but one"),
    ],
)
def test_filters_choose_accounts(run: Run, small: Organization, arguments: list[str], expected: list[str]) -> None:
    units = {**small.units, "root": small.root}  # type: ignore[attr-defined]
    found = run("audit", "--organization", "-f", "json", *(part.format_map(units) for part in arguments))
    assert (names(found), found.exit_code, found.stderr) == (expected, 0, "")


@pytest.mark.usefixtures("small")
def test_the_table_shows_findings_and_counts_the_rest(run: Run, aws: EmbeddedAws) -> None:
    aws.iam.user("grace", policies=["AdministratorAccess"])
    found = run("audit", "--organization", "--exclude-account", "000000000000")
    assert found.stdout.splitlines()[1:] == (
        dedent("""\

        3 of 3 accounts audited: 1 of 3 administrators lacks the required MFA; 0 root
        users without MFA.

        ACCOUNT                ADMINS  NO MFA  ROOT USER
        123456789012 (master)       1       1  COMPLIANT

        Account 123456789012 (master)
        - grace is an administrator (AdministratorAccess, attached directly) and has no
          MFA device.

        2 accounts have no findings (use --all to list them).

        Next steps
        1) Enrol an MFA device (grace in 123456789012). The user can do this in the
           console, under Security credentials.
        """).splitlines()
    )
    assert (found.exit_code, found.stderr) == (1, "")
    everyone = run("audit", "--organization", "--all", env={"COLUMNS": "50"}).stdout
    assert everyone.count("ada") >= 2


@pytest.mark.usefixtures("small")
def test_an_exemption_that_means_somebody_in_one_account_is_no_mistake(run: Run) -> None:
    found = run("audit", "--organization", "-p", "ExemptUsers=ada,nobody")
    assert found.stderr == "warning: ExemptUsers names nobody, but no user has that name, id or ARN.\n"


def test_accounts_come_from_a_file_too(run: Run, aws: EmbeddedAws, small: Organization, tmp_path: Path) -> None:
    listed = [account for account in small.client.list_accounts()["Accounts"] if account["Name"] != "master"]
    file = tmp_path / "accounts.txt"
    lines = [f"{account['Id']}\t{account['Name']} of ours  # {account['Email']}" for account in listed]
    file.write_text("\ufeff# our accounts\n\n" + "\n".join([*lines, listed[0]["Id"]]) + "\n", encoding="utf-8")
    aws.calls.clear()
    found = run(
        "audit", "--accounts", str(file), "-f", "json", "--role-name", "audit/AdminMfaAudit", "--external-id", "a:b"
    )
    assert (names(found), found.exit_code) == (["inner of ours", "outer of ours"], 0)
    assert aws.calls.of("organizations") == ()
    assumed = [call.parameters for call in aws.calls.of("sts") if call.action == "AssumeRole"]
    assert sorted(given["RoleArn"] for given in assumed) == sorted(
        f"arn:aws:iam::{account['Id']}:role/audit/AdminMfaAudit" for account in listed
    )
    assert {given["ExternalId"] for given in assumed} == {"a:b"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [pytest.param("cn-north-1", "aws-cn", id="China"), pytest.param("us-gov-west-1", "aws-us-gov", id="GovCloud")],
)
def test_roles_are_assumed_in_the_partition_and_region_of_the_caller(
    run: Run, aws: EmbeddedAws, tmp_path: Path, region: str, partition: str
) -> None:
    file = tmp_path / "accounts"
    file.write_text("210987654321")
    aws.account("210987654321", region).iam.user("ada", policies=["AdministratorAccess"])
    (account,) = document(run("audit", "--accounts", str(file), "--region", region, "-f", "json").stdout)["accounts"]
    assert account["partition"] == partition
    assert [user["arn"] for user in account["users"]] == [f"arn:{partition}:iam::210987654321:user/ada"]
    (assumed,) = [call for call in aws.calls.of("sts") if call.action == "AssumeRole"]
    assert (assumed.parameters["RoleArn"], assumed.region) == (f"arn:{partition}:iam::210987654321:role/{ROLE}", region)


@pytest.mark.usefixtures("small", "impatient")
def test_an_account_that_cannot_be_read_to_its_end_is_not_audited(run: Run, aws: EmbeddedAws) -> None:
    aws.faults.add("iam:ListVirtualMFADevices", Kind.SERVICE_FAILURE, times=1)
    found = run("audit", "--organization", "-f", "json", "--concurrency", "1")
    written = document(found.stdout)
    assert found.exit_code == 3
    assert len(written["accounts"]) == 2
    assert [account["reason"] for account in written["not_audited"]] == [
        "iam:ListVirtualMFADevices failed on every retry (ServiceFailure). Repeat the command later."
    ]


@pytest.mark.usefixtures("small")
def test_the_state_is_read_where_organizations_still_calls_it_status(run: Run, small: Organization) -> None:
    small.without_state()
    assert names(run("audit", "--organization", "-f", "json")) == ["inner", "master", "outer"]


def test_a_report_in_which_no_account_could_be_read_is_still_a_report(
    run: Run, aws: EmbeddedAws, tmp_path: Path
) -> None:
    file = tmp_path / "accounts"
    file.write_text("210987654321")
    aws.faults.add("sts:AssumeRole", Kind.ACCESS_DENIED, times=None)
    for format_ in FORMATS:
        found = run("audit", "--accounts", str(file), "-f", format_)
        assert found.exit_code == 3
        assert "210987654321" in found.stdout
    written = document(run("audit", "--accounts", str(file), "-f", "json").stdout)
    assert (written["evaluated_at"], written["accounts"]) == (None, [])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["--organization", "--accounts", "x"], "Pass --organization or --accounts, not both.", id="both sources"
        ),
        pytest.param(
            ["--role-name", "x"], "--role-name needs --organization or --accounts.", id="role without many accounts"
        ),
        pytest.param(["--ou", "ou-ab12-cd34ef56"], "--ou needs --organization.", id="unit without an organization"),
        pytest.param(
            ["--accounts", "x", "--tag", "a"],
            "--tag needs --organization: --accounts already lists the accounts.",
            id="filter of a file",
        ),
        pytest.param(
            ["--organization", "--ou", "production"],
            "--ou takes the id of an organizational unit such as ou-ab12-cd34ef56, or of a root, not 'production'.",
            id="name of a unit",
        ),
        pytest.param(
            ["--organization", "--account", "1234"],
            "--account takes an account id of 12 digits, not '1234'.",
            id="short account id",
        ),
        pytest.param(
            ["--organization", "--exclude-account", "12345678901\u0662"],
            "--exclude-account takes an account id of 12 digits, not '12345678901٢'.",
            id="digits of another script",
        ),
        pytest.param(
            ["--organization", "--role-name", "arn:aws:iam::123456789012:role/x y"],
            "--role-name takes a role name, with its path if it has one, not an ARN, not "
            "'arn:aws:iam::123456789012:role/x y'.",
            id="no role name",
        ),
        pytest.param(
            ["--organization", "--role-name", "arn:aws:iam::123456789012:role/x"],
            "--role-name takes a role name, with its path if it has one, not an ARN, not "
            "'arn:aws:iam::123456789012:role/x'.",
            id="ARN of a role",
        ),
        pytest.param(
            ["--organization", "--external-id", "x"],
            "--external-id takes 2 to 1,224 letters, digits and +=,.@:/_-, not 'x'.",
            id="short external id",
        ),
        pytest.param(
            ["--organization", "--tag", "=x"], "--tag takes a tag as Key or Key=Value, not '=x'.", id="tag without key"
        ),
        pytest.param(
            ["--organization", "--concurrency", "33"],
            "Invalid value for '--concurrency': 33 is not in the range 1<=x<=32.",
            id="too many at once",
        ),
        pytest.param(
            ["--accounts", "/nowhere/accounts"],
            "--accounts '/nowhere/accounts' cannot be read: no such file or directory.",
            id="file that does not exist",
        ),
        pytest.param(
            ["--accounts", "/dev/null"],
            "--accounts '/dev/null' lists no account. Write one account id of 12 digits per line.",
            id="empty file",
        ),
        pytest.param(["--accounts", "/dev/zero"], "--accounts '/dev/zero' is larger than 10 MB.", id="endless file"),
    ],
)
def test_a_wrong_command_line_is_refused_before_aws_is_asked(
    run: Run, aws: EmbeddedAws, arguments: list[str], sentence: str
) -> None:
    found = run("audit", *arguments)
    assert (found.exit_code, found.stdout, found.stderr) == (2, "", f"error: {sentence}\n")
    assert aws.calls.all() == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"123456789012\n12345\n", "line 2: '12345' is not an account id of 12 digits.", id="short id"),
        pytest.param(
            b"production 123456789012\n", "line 1: 'production' is not an account id of 12 digits.", id="name first"
        ),
    ],
)
def test_a_file_with_a_wrong_line_is_refused(run: Run, tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "accounts"
    file.write_bytes(content)
    found = run("audit", "--accounts", str(file))
    assert (found.exit_code, found.stderr) == (2, f"error: --accounts {str(file)!r}, {sentence}\n")


def test_a_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_bytes(b"\xff\xfe1")
    assert run("audit", "--accounts", str(file)).stderr == f"error: --accounts {str(file)!r} is not UTF-8 text.\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        pytest.param(
            ["--account", "999999999999"],
            2,
            "--account 999999999999 is not an account of the organization.",
            id="no account",
        ),
        pytest.param(
            ["--tag", "Owner=nobody"],
            2,
            "--ou, --tag, --account and --exclude-account select no active account of the organization.",
            id="tag that no account has",
        ),
    ],
)
@pytest.mark.usefixtures("small")
def test_nothing_to_audit_is_a_usage_error(run: Run, arguments: list[str], exit_code: int, sentence: str) -> None:
    found = run("audit", "--organization", *arguments)
    assert (found.exit_code, found.stdout, found.stderr) == (exit_code, "", f"error: {sentence}\n")


def test_a_denied_list_of_accounts_says_who_may_list(run: Run, aws: EmbeddedAws) -> None:
    aws.faults.add("organizations:ListAccounts", Kind.ACCESS_DENIED, times=None)
    found = run("audit", "--organization")
    assert (found.exit_code, found.stdout) == (3, "")
    assert found.stderr == (
        "error: AWS denies organizations:ListAccounts to arn:aws:sts::123456789012:user/moto. Only the management "
        "account and delegated administrators can list accounts, with the policy that `admin-mfa permissions "
        "--organization` prints. Otherwise, list the accounts in a file and pass it with --accounts.\n"
    )


def test_the_schema_of_many_accounts_is_a_schema_and_holds_that_of_one(run: Run) -> None:
    printed = json.loads(run("schema", "--organization").stdout)
    Draft202012Validator.check_schema(printed)
    one = json.loads(run("schema").stdout)
    account = printed["$defs"]["account"]
    assert account["properties"].keys() - one["properties"].keys() == {"account_name"}
    # The requirements are the same for all accounts, so the document lists them once.
    assert printed["properties"]["supports"] == one["properties"].pop("supports")
    assert {key: account["properties"][key] for key in one["properties"]} == one["properties"]


def test_the_printed_policy_of_the_caller_lists_and_assumes_in_the_organization_only(run: Run) -> None:
    policy = json.loads(run("permissions", "--organization", "--role-name", "audit/AdminMfaAudit").stdout)
    assert policy["Statement"][1:] == [
        {
            "Sid": "ListTheAccounts",
            "Effect": "Allow",
            "Action": [
                "organizations:ListAccounts",
                "organizations:ListAccountsForParent",
                "organizations:ListOrganizationalUnitsForParent",
                "organizations:ListTagsForResource",
            ],
            "Resource": "*",
        },
        {
            "Sid": "AssumeTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:*:iam::*:role/audit/AdminMfaAudit",
            "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
        },
    ]
    assert policy["Statement"][0] == read_only_policy()["Statement"][0]
