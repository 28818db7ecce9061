"""The organization in an emulator that enforces policies: a finding in a member account reaches the central topic."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from demo.emulator import EmbeddedAws
from scripts import member_template
from tests.deploy.emulator import ministack
from tests.deploy.runtime import libraries
from tests.deploy.templates import Resolver
from tests.organization.conftest import GIVEN, loaded
from tests.organization.emulated import ADMINISTRATOR, MEMBERS, STRANGER, UNKNOWN, Emulator, gate, stack_template

pytestmark = pytest.mark.xdist_group("deployment")

OPTIONS = {
    "Mode": "Notify",
    "GracePeriodDays": "14",
    "ReminderDays": "0",
    "MaxEnforcementsPerDay": "5",
    "EnforceWithoutConsolePassword": "false",
    "EnforceDespiteAccessKeys": "false",
}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The organization, with what its stacks made by logical id, and a queue that hears the central topic."""

    emulator: Emulator
    aws: EmbeddedAws
    central: dict[str, str]
    members: dict[str, dict[str, str]]
    member_template: dict[str, Any]
    queue: str

    def heard(self) -> list[dict[str, Any]]:
        """The notices that came, each taken from the queue."""
        sqs = self.emulator.client("sqs", ADMINISTRATOR)
        found = []
        while got := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            found += [json.loads(one["Body"]) for one in got]
            for one in got:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def deployed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("organization")
    runtime = libraries(tmp_path_factory.mktemp("runtime"))
    member_template.main(built, folder)
    member = loaded(folder / "member.yaml")
    with EmbeddedAws() as aws, ministack(folder / "log.txt") as port:
        emulator = Emulator(port)
        ids = [emulator.organization_of(account_id) for account_id in (ADMINISTRATOR, *MEMBERS)]
        central = emulator.deploy(
            ADMINISTRATOR,
            "organization",
            stack_template(ids),
            {"OrganizationId": ids[0], "TargetOrganizationalUnitIds": "ou-ab12-cd34ef56"},
        )
        key = emulator.client("kms", ADMINISTRATOR).describe_key(KeyId=central["CentralTopicKey"])["KeyMetadata"]["Arn"]
        given = {
            "CentralTopicArn": central["CentralTopicArn"],
            "CentralTopicKeyArn": key,
            "AuditorAccountId": ADMINISTRATOR,
        }
        members = {}
        for account_id in MEMBERS:
            # ministack's functions find no code in another account's bucket.
            bucket = emulator.bucket(account_id, folder / "code")
            members[account_id] = emulator.deploy(account_id, "member", member, {**given, "ArtifactBucket": bucket})
        gates = {account_id: gate(aws, account_id) for account_id in MEMBERS}
        try:
            for account_id, opened in gates.items():
                url = opened.__enter__()
                for function in ("RuleFunction", "RemediationFunction"):
                    emulator.lead_to(url, account_id, members[account_id][function], runtime)
            yield Deployed(
                emulator=emulator,
                aws=aws,
                central=central,
                members=members,
                member_template=member,
                queue=_listen(emulator, central["CentralTopicArn"]),
            )
        finally:
            for opened in gates.values():
                opened.__exit__(None, None, None)


def _listen(emulator: Emulator, topic: str) -> str:
    sqs, sns = emulator.client("sqs", ADMINISTRATOR), emulator.client("sns", ADMINISTRATOR)
    queue = str(sqs.create_queue(QueueName="listener")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return queue


def test_every_resource_is_created_or_known_not_to_be_emulated(deployed: Deployed) -> None:
    for template, created in (
        (deployed.member_template, deployed.members[MEMBERS[0]]),
        (stack_template([]), deployed.central),
    ):
        missing = {n: r for n, r in template["Resources"].items() if n not in created}
        emulated = {n for n, r in missing.items() if r["Type"] not in UNKNOWN and "Condition" not in r}
        assert emulated == set()


def _pack(deployed: Deployed, account_id: str) -> dict[str, dict[str, Any]]:
    """Return what AWS Config makes of the pack that the account's stack gives it."""
    member = Resolver(GIVEN, template=deployed.member_template, account_id=account_id).resources()
    text = member["ConformancePack"]["Properties"]["TemplateBody"]
    return Resolver(template=yaml_parse(text), account_id=account_id).resources()


def _rule_of_the_pack(deployed: Deployed, account_id: str) -> str:
    """Make the rule as AWS Config makes it from the pack, with a suffix to its name."""
    pack = _pack(deployed, account_id)
    rule = pack["ConfigRule"]["Properties"]
    name = f"{rule['ConfigRuleName']}-conformance-pack-ab12cd34e"
    return deployed.aws.account(account_id).config.rule(
        name,
        rule["InputParameters"],
        function=rule["Source"]["SourceIdentifier"].rsplit(":", 1)[-1],
        pack=rule["ConfigRuleName"],
    )


def test_the_pack_names_what_the_members_stack_made(deployed: Deployed) -> None:
    for account_id, made in deployed.members.items():
        pack = _pack(deployed, account_id)
        assert pack["ConfigRule"]["Properties"]["Source"]["SourceIdentifier"] == made["RuleFunctionArn"]
        parameters = {
            name: parameter["StaticValue"]["Values"][0]
            for name, parameter in pack["RemediationConfiguration"]["Properties"]["Parameters"].items()
            if "StaticValue" in parameter
        }
        assert parameters["AutomationAssumeRole"] == made["RequireAdminMfaRoleArn"]
        assert parameters["HelperFunctionName"] == made["RemediationFunctionName"]


def test_a_finding_in_each_member_reaches_the_central_topic_once(deployed: Deployed) -> None:
    for account_id, made in deployed.members.items():
        account = deployed.aws.account(account_id)
        user_id = account.iam.user(f"ada-{account_id[0]}", policies=["AdministratorAccess"], password=True)
        rule = _rule_of_the_pack(deployed, account_id)
        deployed.emulator.invoke(account_id, made["RuleFunction"], account.config.scheduled_event(rule))
        assert {user: result[0] for user, result in account.config.results(rule).items()} == {user_id: "NON_COMPLIANT"}
        target = {"ConfigRuleName": rule, "UserId": user_id}
        for _ in range(2):
            event = {"Action": "remediate", **target, **OPTIONS}
            deployed.emulator.invoke(account_id, made["RemediationFunction"], event)
    notices = deployed.heard()
    assert sorted((notice["account_id"], notice["user_name"]) for notice in notices) == [
        (account_id, name) for account_id in MEMBERS for name in (f"ada-{account_id[0]}", "root")
    ]


def _publish(deployed: Deployed, account_id: str, role: str) -> None:
    """Publish to the central topic under a role of an account."""
    iam = deployed.emulator.client("iam", account_id)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    trust = {"Version": "2012-10-17", "Statement": [everybody]}
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(everything))
    sts = deployed.emulator.client("sts", account_id)
    session = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    import boto3  # noqa: PLC0415 - only this function makes a client of a session

    sns: Any = boto3.Session().client(
        "sns",
        endpoint_url=deployed.emulator.url,
        region_name="us-east-1",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    sns.publish(TopicArn=deployed.central["CentralTopicArn"], Message="false alarm")


@pytest.mark.parametrize(
    ("account_id", "role"),
    [
        pytest.param(
            STRANGER, "iam-admin-user-mfa-enabled-remediation", id="our role's name outside of the organization"
        ),
        pytest.param(MEMBERS[0], "another-role", id="another role of a member"),
        pytest.param(MEMBERS[1], "iam-admin-user-mfa-enabled-test", id="a member's role of the same beginning"),
    ],
)
def test_nobody_else_publishes_to_the_central_topic(deployed: Deployed, account_id: str, role: str) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: sns:Publish"):
        _publish(deployed, account_id, role)
    assert deployed.heard() == []
