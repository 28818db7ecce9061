"""`admin-mfa explain` from the command line to the last byte that it prints."""

from textwrap import dedent
from typing import Any

import pytest

from demo.emulator import EmbeddedAws

from .conftest import Run


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@pytest.fixture
def chain(aws: EmbeddedAws) -> EmbeddedAws:
    """An account in which carol can become administrator over ada and a role."""
    root = {"AWS": f"arn:aws:iam::{aws.account_id}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": root}
    aws.iam.role("deploy", document(trust), ["AdministratorAccess"])
    aws.iam.group("dev", inline={"assume": document(allow("sts:AssumeRole"))})
    aws.iam.user("ada", groups=["dev"], devices=["virtual"], access_keys=1)
    aws.iam.user("carol", inline={"keys": document(allow("iam:CreateAccessKey", "arn:aws:iam::*:user/a*"))})
    aws.calls.clear()
    return aws


def test_the_chain_of_one_user_is_told_step_by_step(run: Run, chain: EmbeddedAws) -> None:
    found = run("explain", "carol", "-p", "AdministratorDefinition=Escalation")

    user_id = chain.iam.user_id("carol")
    assert found.stdout == dedent(f"""\
        carol: NON_COMPLIANT
          carol is an administrator (can create access keys for the administrator ada:
          iam:CreateAccessKey, inline policy keys of user) and has no MFA device.
          id {user_id}
          arn:aws:iam::123456789012:user/carol
        Groups: none

        Why an administrator
          1. can create access keys for the administrator ada: iam:CreateAccessKey,
             inline policy keys of user
             - user carol can create access keys for the administrator ada:
               iam:CreateAccessKey, inline policy keys of user
             - user ada can assume the administrator role deploy, whose trust policy
               asks for no MFA: sts:AssumeRole, inline policy assume of group dev
             - role deploy is an administrator: AdministratorAccess, attached directly

        MFA devices: none
        Console password: no
        Access keys: none active

        Settings that decided
          - AdministratorDefinition=Escalation
          - PrivilegeModel=attached

        What would change the verdict
          - Enrol an MFA device of type virtual: COMPLIANT
          - Delete the policy keys from the user: COMPLIANT, not an administrator
          - Exempt the user (ExemptUsers): COMPLIANT
          - Set AdministratorDefinition=AdministratorAccess: COMPLIANT, not an
            administrator
          - Set AdministratorDefinition=FullAccess: COMPLIANT, not an administrator
        """)
    assert (found.exit_code, found.stderr) == (1, "")


@pytest.mark.parametrize("named", ["ADA", "arn:aws:iam::123456789012:user/ada", None])
def test_a_user_is_found_by_name_arn_and_id(run: Run, chain: EmbeddedAws, named: str | None) -> None:
    found = run("explain", named or chain.iam.user_id("ada"))

    assert found.stdout.startswith("ada: COMPLIANT\n")
    assert "Access keys: 1 active\n" in found.stdout
    assert found.exit_code == 0


def test_it_asks_about_the_one_user_alone(run: Run, chain: EmbeddedAws) -> None:
    run("explain", "ada")

    assert chain.calls.counts() == {
        "sts:GetCallerIdentity": 1,
        "iam:GetAccountAuthorizationDetails": 2,
        "iam:ListVirtualMFADevices": 1,
        "iam:ListMFADevices": 1,
        "iam:ListMFADeviceTags": 1,
        "iam:GetLoginProfile": 1,
        "iam:ListAccessKeys": 1,
    }


@pytest.mark.usefixtures("chain")
def test_nobody_of_that_name_is_one_sentence(run: Run) -> None:
    found = run("explain", "nobody")

    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "error: Account 123456789012 has no IAM user with the name, id or ARN 'nobody'.\n"
