"""Accounts, regions, processes and embedded AWSes do not see one another."""

import os
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.config import default_user_config

from demo.emulator import EmbeddedAws, EmbeddedAwsError, in_environment

OTHER = "210987654321"


def user_names(client: Any) -> list[str]:
    return [user["UserName"] for user in client.list_users()["Users"]]


def test_accounts_hold_their_own_users(aws: EmbeddedAws) -> None:
    aws.iam.user("ada")
    aws.account(OTHER).iam.user("grace")
    found = (user_names(aws.client("iam")), user_names(aws.account(OTHER).client("iam")))
    identity = aws.account(OTHER).client("sts").get_caller_identity()["Account"]
    assert (found, identity) == ((["ada"], ["grace"]), OTHER)
    assert [(call.action, call.account_id) for call in aws.calls.of("iam")] == [
        ("ListUsers", "123456789012"),
        ("ListUsers", OTHER),
    ]


def test_an_assumed_role_acts_in_its_account(aws: EmbeddedAws) -> None:
    aws.iam.user("ada")
    aws.account(OTHER).iam.user("grace", devices=("virtual",))
    role = f"arn:aws:iam::{OTHER}:role/audit"
    got = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="audit")["Credentials"]
    client = aws.client(
        "iam",
        aws_access_key_id=got["AccessKeyId"],
        aws_secret_access_key=got["SecretAccessKey"],
        aws_session_token=got["SessionToken"],
    )
    (device,) = client.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert (user_names(client), device["SerialNumber"]) == (["grace"], f"arn:aws:iam::{OTHER}:mfa/grace")


def test_a_role_can_be_refused_by_account(aws: EmbeddedAws) -> None:
    aws.faults.add("sts:AssumeRole", "AccessDenied", times=None, when=lambda given: OTHER in given["RoleArn"])
    client = aws.client("sts")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/audit", RoleSessionName="audit")
    client.assume_role(RoleArn="arn:aws:iam::111122223333:role/audit", RoleSessionName="audit")


def test_config_is_another_one_in_each_account_and_region_and_iam_is_not(aws: EmbeddedAws) -> None:
    elsewhere = aws.account(region="eu-central-1")
    aws.iam.user("ada")
    aws.config.rule("here")
    elsewhere.config.rule("there")
    aws.account(OTHER).config.rule("other")
    found = [
        [rule["ConfigRuleName"] for rule in account.client("config").describe_config_rules()["ConfigRules"]]
        for account in (aws, elsewhere, aws.account(OTHER))
    ]
    assert (found, user_names(elsewhere.client("iam"))) == ([["here"], ["there"], ["other"]], ["ada"])


def test_the_account_can_be_another_one() -> None:
    with EmbeddedAws(account_id=OTHER, region="eu-west-1") as aws:
        aws.iam.user("ada", devices=("virtual",))
        (device,) = aws.client("iam").list_mfa_devices(UserName="ada")["MFADevices"]
        identity = aws.client("sts").get_caller_identity()
    assert (device["SerialNumber"], identity["Account"]) == (f"arn:aws:iam::{OTHER}:mfa/ada", OTHER)


def test_one_inside_another_sets_it_aside_and_gives_it_back() -> None:
    with EmbeddedAws() as outer:
        outer.iam.user("ada")
        outer.client("sns").create_topic(Name="kept")
        with EmbeddedAws() as inner:
            inner.iam.user("grace")
            assert user_names(inner.client("iam")) == ["grace"]
            with pytest.raises(EmbeddedAwsError, match="cannot be reset"):
                outer.reset()
        assert user_names(outer.client("iam")) == ["ada"]
        assert len(outer.client("sns").list_topics()["Topics"]) == 1


def test_nothing_is_left_behind() -> None:
    before = (dict(os.environ), default_user_config["iam"]["load_aws_managed_policies"])
    with EmbeddedAws() as aws:
        aws.iam.user("ada")
    with EmbeddedAws() as aws:
        assert user_names(aws.client("iam")) == []
    assert (dict(os.environ), default_user_config["iam"]["load_aws_managed_policies"]) == before


def test_a_reset_forgets_everything(aws: EmbeddedAws) -> None:
    aws.iam.user("ada")
    aws.iam.root(mfa=True)
    aws.config.rule("here")
    aws.faults.add("iam:*", "AccessDenied", times=None)
    aws.throttle(rate=0.001, burst=1)
    aws.reset()
    client = aws.client("iam")
    assert user_names(client) == []
    assert client.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert aws.client("config").describe_config_rules()["ConfigRules"] == []
    assert aws.calls.counts() == {"iam:ListUsers": 1, "iam:ListVirtualMFADevices": 1, "config:DescribeConfigRules": 1}


def test_a_client_ignores_the_profile_and_files_of_the_machine(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-somebody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/does/not/exist")
    aws.iam.user("ada")
    assert user_names(aws.client("iam")) == ["ada"]


def test_the_environment_is_put_in_and_taken_out(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-somebody")
    aws.iam.user("ada")
    with in_environment(aws.environment):
        assert "AWS_PROFILE" not in os.environ
        assert user_names(boto3.Session().client("iam")) == ["ada"]
    assert os.environ["AWS_PROFILE"] == "of-somebody"
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_another_process_can_use_it(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-somebody")
    aws.iam.user("ada")
    program = "import boto3; print(boto3.client('iam').list_users()['Users'][0]['UserName'])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=aws.process_environment(), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("ada\n", "")


def test_importing_the_package_imports_no_aws() -> None:
    program = "import admin_mfa, sys; print([name for name in ('boto3', 'botocore', 'moto') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_mistake_inside_an_answer_is_raised_at_the_end() -> None:
    def use() -> None:
        with EmbeddedAws(page_size=lambda _: (0,)) as aws, pytest.raises(ClientError, match="InternalFailure"):
            aws.client("iam").list_users()

    with pytest.raises(EmbeddedAwsError, match=r"page sizes \[0\] of ListUsers would never end"):
        use()


def test_attaching_one_of_awss_policies_in_one_account_is_not_seen_in_another(aws: EmbeddedAws) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    aws.iam.user("ada", policies=(arn,))
    counts = [
        account.client("iam").get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"]
        for account in (aws, aws.account(OTHER))
    ]
    assert counts == [1, 0]
