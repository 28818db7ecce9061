"""`admin-mfa audit` from the command line to the last byte that it prints."""

import json
import stat
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from admin_mfa.aws.account_details import ACTIONS
from admin_mfa.aws.iam import BULK_ACTIONS
from admin_mfa.report import FORMATS
from admin_mfa.report.json_document import schema
from demo.emulator import EmbeddedAws
from demo.emulator.faults import Kind

from .conftest import EVERYTHING, Run

if TYPE_CHECKING:
    from demo.emulator.iam_state import RootMfa

NO_WAY: dict[str, Any] = {"way": None, "how": None, "steps": []}


def document(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(text)
    Draft202012Validator(json.loads(schema()), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(parsed)
    return parsed


@pytest.mark.usefixtures("two_users")
def test_the_table_says_who_lacks_a_device_and_exits_with_1(run: Run) -> None:
    found = run("audit")
    assert (
        found.stdout.splitlines()[1:]
        == dedent("""\

        1 of 2 administrators lacks the required MFA; root user has MFA.
        Root user: COMPLIANT. The root user has an MFA device.

        USER          WHY AN ADMINISTRATOR               MFA       VERDICT
        ada           AdministratorAccess via group ops  none      NON_COMPLIANT
        grace         inline policy everything of user   virtual   COMPLIANT

        1 user is not an administrator (use --all to list them).

        Next steps
        1) Enrol an MFA device (ada). The user can do this in the console, under
           Security credentials.
        """).splitlines()
    )
    assert found.stdout.startswith("Account 123456789012 (aws), ")
    assert (found.exit_code, found.stderr) == (1, "")


def test_the_json_document_follows_its_schema(run: Run, two_users: EmbeddedAws) -> None:
    found = run("audit", "--format", "json")
    written = document(found.stdout)
    evaluated_at = written.pop("evaluated_at")
    parameters = written.pop("parameters")
    assert set(written.pop("supports")) == {"users", "root"}
    assert (found.exit_code, found.stderr) == (1, "")
    assert evaluated_at.endswith("Z")
    assert parameters["AdministratorDefinition"] == "FullAccess"
    ids = {name: two_users.iam.user_id(name) for name in ("ada", "grace", "reader")}
    assert written == {
        "schema_version": 1,
        "account_id": "123456789012",
        "partition": "aws",
        "account_alias": None,
        "activity_at": None,
        "account": {
            "root_mfa": "ENABLED",
            "compliance": "COMPLIANT",
            "annotation": "The root user has an MFA device.",
            "root_mfa_type": "virtual",
            "root_password": True,
            "root_access_keys": False,
        },
        "summary": {"users": 3, "administrators": 2, "compliant": 2, "non_compliant": 1},
        "users": [
            {
                "user_name": "ada",
                "user_id": ids["ada"],
                "arn": "arn:aws:iam::123456789012:user/ada",
                "compliance": "NON_COMPLIANT",
                "administrator": True,
                "grants": [{"policy": "AdministratorAccess", "via": "group ops", **NO_WAY}],
                "mfa_devices": [],
                "exempt_until": None,
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
            },
            {
                "user_name": "grace",
                "user_id": ids["grace"],
                "arn": "arn:aws:iam::123456789012:user/grace",
                "compliance": "COMPLIANT",
                "administrator": True,
                "grants": [{"policy": "everything", "via": "inline policy everything of user", **NO_WAY}],
                "mfa_devices": [{"serial_number": "arn:aws:iam::123456789012:mfa/grace", "type": "virtual"}],
                "exempt_until": None,
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "grace is an administrator (inline policy everything of user) and has an MFA device "
                "(virtual).",
            },
            {
                "user_name": "reader",
                "user_id": ids["reader"],
                "arn": "arn:aws:iam::123456789012:user/reader",
                "compliance": "COMPLIANT",
                "administrator": False,
                "grants": [],
                "mfa_devices": [],
                "exempt_until": None,
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "reader is not an administrator.",
            },
        ],
    }


def test_names_at_the_edge_of_what_iam_allows_stay_whole_in_the_document(run: Run, aws: EmbeddedAws) -> None:
    names = ["+=,.@-_", "x" * 64, "O.Brien@example.com"]
    policy = aws.iam.policy("p" * 128, EVERYTHING)
    for name in names:
        aws.iam.user(name, path="/division_abc/sub/", policies=[policy])
    users = document(run("audit", "-f", "json").stdout)["users"]
    assert {user["user_name"]: user["grants"] for user in users} == {
        name: [{"policy": "p" * 128, "via": "user", **NO_WAY}] for name in names
    }


@pytest.mark.parametrize(
    ("root", "devices", "exit_code"),
    [
        pytest.param({"mfa": True}, ["virtual"], 0, id="all compliant"),
        pytest.param({"mfa": True}, [], 1, id="a user is not"),
        pytest.param({"mfa": None}, ["virtual"], 1, id="the root user is not"),
        pytest.param({"mfa": None, "password": False}, ["virtual"], 0, id="root has no credentials"),
    ],
)
@pytest.mark.parametrize("format_", FORMATS)
def test_the_exit_code_tells_users_and_root(
    run: Run, aws: EmbeddedAws, root: dict[str, Any], devices: list[Any], exit_code: int, format_: str
) -> None:
    aws.iam.root(**root)
    aws.iam.user("ada", policies=["AdministratorAccess"], devices=devices)
    assert run("audit", "--format", format_).exit_code == exit_code


@pytest.mark.usefixtures("two_users")
def test_parameters_change_the_verdict_and_stand_in_the_document(run: Run) -> None:
    found = run("audit", "--format=json", "--parameter", "ExemptUsers=ada@2199-12-31", "-p", "ExemptTag=mfa=exempt")
    written = document(found.stdout)
    assert found.exit_code == 0
    assert written["parameters"]["ExemptUsers"] == "ada@2199-12-31"
    assert written["parameters"]["ExemptTag"] == "mfa=exempt"
    assert written["users"][0]["exempt_until"] == "2199-12-31"


@pytest.mark.usefixtures("two_users")
def test_warnings_go_to_standard_error(run: Run) -> None:
    found = run(
        "audit", "-f", "json", "-p", "ExemptUsers=nobody", "-p", "ExecutionRoleName=auditor", "-p", "AssumeRoleMode= "
    )
    document(found.stdout)
    assert found.stderr.splitlines() == [
        "warning: ExecutionRoleName has no effect here: the command uses the caller's own credentials.",
        "warning: ExemptUsers names nobody, but no user has that name, id or ARN.",
    ]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        pytest.param("eu-central-1", "aws", id="commercial"),
        pytest.param("cn-north-1", "aws-cn", id="China"),
        pytest.param("us-gov-west-1", "aws-us-gov", id="GovCloud"),
    ],
)
def test_the_region_decides_the_partition(run: Run, aws: EmbeddedAws, region: str, partition: str) -> None:
    aws.account(region=region).iam.user("ada", policies=["AdministratorAccess"])
    written = document(run("audit", "-f", "json", "--region", region).stdout)
    assert written["partition"] == partition
    assert [user["arn"] for user in written["users"]] == [f"arn:{partition}:iam::123456789012:user/ada"]


def test_aws_region_wins_over_aws_default_region(run: Run, aws: EmbeddedAws) -> None:
    aws.account(region="cn-north-1").iam.user("ada")
    written = document(
        run("audit", "-f", "json", env={"AWS_REGION": "cn-north-1", "AWS_DEFAULT_REGION": "us-east-1"}).stdout
    )
    assert written["partition"] == "aws-cn"


@pytest.mark.usefixtures("two_users")
def test_no_region_need_be_configured(run: Run) -> None:
    found = run("audit", "-f", "json", env={"AWS_REGION": None, "AWS_DEFAULT_REGION": None})
    assert document(found.stdout)["summary"]["users"] == 3


@pytest.mark.usefixtures("two_users")
def test_a_profile_brings_its_credentials_region_and_endpoint(run: Run, aws: EmbeddedAws, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile audit]\nregion = eu-west-1\nendpoint_url = {aws.url}\n"
        f"aws_access_key_id = {aws.environment['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = embedded\n",
        encoding="utf-8",
    )
    aws.calls.clear()
    nothing = dict.fromkeys(aws.environment)
    by_option = run("audit", "-f", "json", "--profile", "audit", env={**nothing, "AWS_CONFIG_FILE": str(config)})
    assert document(by_option.stdout)["account_id"] == "123456789012"
    by_variable = run("audit", env={**nothing, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "audit"})
    assert by_variable.exit_code == 1
    assert {call.region for call in aws.calls.of("sts")} == {"eu-west-1"}


@pytest.mark.usefixtures("two_users")
def test_every_call_is_in_the_printed_policy_or_needs_no_permission(run: Run, aws: EmbeddedAws) -> None:
    aws.iam.user("edge", policies=["AdministratorAccess"], devices=["virtual"], boundary="ReadOnlyAccess")
    aws.calls.clear()
    run("audit", "-p", "ConsoleUsersOnly=true", "-p", "ManagedDeviceTag=managed", "-p", "PrivilegeModel=effective")
    run("audit", "-p", "ConsoleUsersOnly=true", "-p", "ManagedDeviceTag=managed")
    run("audit", "-p", "ApiAccess=require-mfa")
    (statement,) = json.loads(run("permissions").stdout)["Statement"]
    made = set(aws.calls.counts())
    assert made - {"sts:GetCallerIdentity"} == set(statement["Action"])


def test_a_virtual_device_of_the_root_user_is_a_finding_if_it_is_not_allowed(run: Run, aws: EmbeddedAws) -> None:
    strict = ("-p", "RootMfaTypes=fido,hardware")
    calls = []
    cases: tuple[tuple[RootMfa, tuple[str, ...], int], ...] = (
        ("virtual", (), 0),
        ("virtual", strict, 1),
        ("hardware", strict, 0),
    )
    for kind, arguments, code in cases:
        aws.iam.root(mfa=kind)
        aws.calls.clear()
        found = run("audit", *arguments)
        calls.append(aws.calls.counts())
        assert found.exit_code == code
        assert ("root user has only virtual MFA" in found.stdout) is bool(code)
    assert calls[0] == calls[1] == calls[2]
    refused = run("audit", "-p", "RootMfaTypes=fido")
    assert refused.exit_code == 2


def test_activity_adds_alias_and_credential_report(run: Run, two_users: EmbeddedAws) -> None:
    two_users.client("iam").create_account_alias(AccountAlias="example-corp")
    two_users.client("iam").create_access_key(UserName="ada")
    two_users.calls.clear()
    found = document(run("audit", "--activity", "-f", "json").stdout)
    assert found["account_alias"] == "example-corp"
    assert found["activity_at"] == "2015-02-02T20:02:02Z"  # moto dates every report so
    (key,) = found["users"][0]["activity"]["access_keys"]
    assert (found["users"][0]["activity"]["last_sign_in"], key["last_used"]) == (None, None)
    allowed = json.loads(run("permissions", "--activity").stdout)["Statement"][0]["Action"]
    made = set(two_users.calls.counts()) - {"sts:GetCallerIdentity"}
    assert set(ACTIONS) <= made <= set(allowed)
    assert set(allowed) == {*BULK_ACTIONS, *ACTIONS}
    table = run("audit", "--activity").stdout
    assert table.startswith("Account 123456789012 (example-corp) (aws), ")
    assert "- ada: no recorded sign-in; access key 0 days old, never used\n" in table
    two_users.calls.clear()
    run("audit")
    assert not set(ACTIONS) & set(two_users.calls.counts())


def test_activity_that_cannot_be_read_is_a_warning(run: Run, two_users: EmbeddedAws) -> None:
    for action in ACTIONS:
        two_users.faults.add(action, Kind.ACCESS_DENIED, times=None)
    found = run("audit", "--activity", "-f", "json")
    assert found.exit_code == 1
    assert "warning: The credential report could not be read, so no activity is shown: " in found.stderr
    assert {document(found.stdout)[key] for key in ("account_alias", "activity_at")} == {None}
    refused = run("audit", "--activity", "--organization")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "error: --activity audits one account: omit --organization and --accounts.\n"


@pytest.mark.usefixtures("two_users")
def test_output_replaces_a_file_whole_and_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "audit.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o644)
    found = run("audit", "--format", "json", "--output", str(target))
    assert document(target.read_text(encoding="utf-8"))["summary"]["users"] == 3
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (f"{target}: 1 of 2 administrators lacks the required MFA; root user has MFA.\n")


@pytest.mark.usefixtures("two_users")
def test_output_follows_a_link_and_keeps_it(run: Run, tmp_path: Path) -> None:
    link, target = tmp_path / "latest.json", tmp_path / "real.json"
    link.symlink_to(target)
    run("audit", "-f", "json", "-o", str(link))
    assert link.is_symlink()
    document(target.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("two_users")
def test_a_hyphen_is_standard_output_and_a_device_is_left_in_its_place(run: Run) -> None:
    assert document(run("audit", "-f", "json", "-o", "-").stdout)["summary"]["users"] == 3
    assert run("audit", "-o", "/dev/null").stdout == ""
    assert not Path("/dev/null").is_file()


def test_the_version_is_the_package_s(run: Run) -> None:
    assert run("--version").stdout == f"admin-mfa {version('admin-mfa')}\n"


def test_the_printed_schema_is_the_packaged_one(run: Run) -> None:
    assert run("schema").stdout == schema()


def test_the_printed_policy_reads_only(run: Run) -> None:
    policy = json.loads(run("permissions").stdout)
    assert policy["Version"] == "2012-10-17"
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    assert all(action.startswith(("iam:Get", "iam:List")) for action in statement["Action"])
