"""What moto's IAM lacks or does otherwise than AWS."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import EmbeddedAws

CODES = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADA = "arn:aws:iam::123456789012:mfa/ada"
KEY = "arn:aws:iam::123456789012:u2f/user/ada/key-0001"


def test_a_user_in_the_details_has_every_member_that_aws_sends(aws: EmbeddedAws) -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    aws.iam.user(
        "ada",
        path="/division/x/",
        policies=("AdministratorAccess",),
        inline={"files": document},
        groups=("ops",),
        tags={"team": "red"},
        boundary="ReadOnlyAccess",
    )
    aws.iam.user("grace")
    ada, grace = aws.client("iam").get_account_authorization_details(Filter=["User"])["UserDetailList"]
    assert {type(user.pop("CreateDate")) for user in (ada, grace)} == {datetime}
    assert ada == {
        "Path": "/division/x/",
        "UserName": "ada",
        "UserId": aws.iam.user_id("ada"),
        "Arn": "arn:aws:iam::123456789012:user/division/x/ada",
        "UserPolicyList": [{"PolicyName": "files", "PolicyDocument": document}],
        "GroupList": ["ops"],
        "AttachedManagedPolicies": [
            {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
        ],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
        "Tags": [{"Key": "team", "Value": "red"}],
    }
    assert grace == {
        "Path": "/",
        "UserName": "grace",
        "UserId": aws.iam.user_id("grace"),
        "Arn": "arn:aws:iam::123456789012:user/grace",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


def test_policy_documents_travel_percent_encoded(aws: EmbeddedAws) -> None:
    aws.iam.policy("local", '{"Statement": "*/é"}')
    client = aws.client("iam")
    bodies: list[bytes] = []
    client.meta.events.register("before-parse.iam", lambda response_dict, **_: bodies.append(response_dict["body"]))
    client.get_account_authorization_details(Filter=["LocalManagedPolicy"])
    assert b"<Document>%7B%22Statement%22%3A%20%22%2A%2F%C3%A9%22%7D</Document>" in bodies[0]


def test_a_policy_in_the_details_has_all_its_versions(aws: EmbeddedAws) -> None:
    old, new = (
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": a, "Resource": "*"}]}
        for a in ("s3:a", "s3:b")
    )
    arn = aws.iam.policy("local", old, path="/team/")
    client = aws.client("iam")
    client.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(new), SetAsDefault=True)
    aws.iam.user("ada", policies=(arn,), boundary=arn)
    (policy,) = client.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    for moment in ("CreateDate", "UpdateDate"):
        assert policy.pop(moment)
    assert policy.pop("PolicyId").startswith("ANPA")
    versions = [
        (version["VersionId"], version["IsDefaultVersion"], version["Document"])
        for version in policy.pop("PolicyVersionList")
    ]
    assert versions == [("v1", False, old), ("v2", True, new)]
    assert policy == {
        "PolicyName": "local",
        "Arn": "arn:aws:iam::123456789012:policy/team/local",
        "Path": "/team/",
        "DefaultVersionId": "v2",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 1,
        "IsAttachable": True,
    }


def test_unique_ids_tell_the_kind_and_are_never_given_twice(aws: EmbeddedAws) -> None:
    client = aws.client("iam")
    first = client.create_user(UserName="ada")["User"]["UserId"]
    client.delete_user(UserName="ada")
    second = client.create_user(UserName="ada")["User"]["UserId"]
    group = client.create_group(GroupName="ops")["Group"]["GroupId"]
    assert [(found[:4], len(found)) for found in (first, second, group)] == [("AIDA", 21), ("AIDA", 21), ("AGPA", 21)]
    assert first != second


def test_a_boundary_is_shown_by_get_user_and_can_be_taken_away(aws: EmbeddedAws) -> None:
    client = aws.client("iam")
    client.create_user(UserName="ada")
    client.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=BOUNDARY)
    shown = client.get_user(UserName="ada")["User"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY}
    client.delete_user_permissions_boundary(UserName="ada")
    assert "PermissionsBoundary" not in client.get_user(UserName="ada")["User"]


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        pytest.param({}, (0, 1, 0), id="a password and no device"),
        pytest.param({"mfa": True, "access_keys": True}, (1, 1, 1), id="everything"),
        pytest.param({"mfa": "hardware"}, (1, 1, 0), id="a hardware device"),
        pytest.param({"password": False}, (0, 0, 0), id="no credentials"),
    ],
)
def test_the_summary_tells_the_roots_credentials(
    aws: EmbeddedAws, root: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    aws.iam.root(**root)
    summary = aws.client("iam").get_account_summary()["SummaryMap"]
    members = ("AccountMFAEnabled", "AccountPasswordPresent", "AccountAccessKeysPresent")
    assert tuple(summary[name] for name in members) == expected


def test_the_summary_counts(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", groups=("ops",), devices=("virtual", "fido"))
    aws.iam.user("grace")
    aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="spare")
    summary = aws.client("iam").get_account_summary()["SummaryMap"]
    wanted = ("Users", "UsersQuota", "Groups", "GroupsQuota", "Policies", "MFADevices", "MFADevicesInUse")
    assert {name: summary[name] for name in wanted} == {
        "Users": 2,
        "UsersQuota": 5000,
        "Groups": 1,
        "GroupsQuota": 300,
        "Policies": 0,
        "MFADevices": 3,
        "MFADevicesInUse": 2,
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("Any", [("phone", None), ("ada", "ada"), ("spare", "-")], id="any"),
        pytest.param("Assigned", [("phone", None), ("ada", "ada")], id="assigned"),
        pytest.param("Unassigned", [("spare", "-")], id="unassigned"),
    ],
)
def test_virtual_devices_name_their_user_and_the_roots_has_no_name(
    aws: EmbeddedAws, status: Any, expected: list[tuple[str, str | None]]
) -> None:
    aws.iam.root(mfa="virtual", device="phone")
    aws.iam.user("ada", devices=("virtual", "hardware"))
    client = aws.client("iam")
    client.create_virtual_mfa_device(VirtualMFADeviceName="spare")
    found = client.list_virtual_mfa_devices(AssignmentStatus=status)["VirtualMFADevices"]
    assert [
        (device["SerialNumber"].rpartition("/")[2], device["User"].get("UserName") if "User" in device else "-")
        for device in found
    ] == expected


@pytest.mark.parametrize(
    ("region", "serials"),
    [
        pytest.param(
            "us-east-1",
            [ADA, KEY.replace("0001", "0002"), "GAKT00000003", "arn:aws:iam::123456789012:sms-mfa/ada-4"],
            id="commercial",
        ),
        pytest.param(
            "cn-north-1",
            [
                "arn:aws-cn:iam::123456789012:mfa/ada",
                "arn:aws-cn:iam::123456789012:u2f/user/ada/key-0002",
                "GAKT00000003",
                "arn:aws-cn:iam::123456789012:sms-mfa/ada-4",
            ],
            id="China",
        ),
        pytest.param(
            "us-gov-west-1",
            [
                "arn:aws-us-gov:iam::123456789012:mfa/ada",
                "arn:aws-us-gov:iam::123456789012:u2f/user/ada/key-0002",
                "GAKT00000003",
                "arn:aws-us-gov:iam::123456789012:sms-mfa/ada-4",
            ],
            id="GovCloud",
        ),
    ],
)
def test_each_partition_has_its_own_users_policies_and_serial_numbers(
    aws: EmbeddedAws, region: str, serials: list[str]
) -> None:
    account = aws.account(region=region)
    account.iam.user("ada", policies=("AdministratorAccess",), devices=("virtual", "fido", "hardware", "sms"))
    client = account.client("iam")
    partition = account.iam.state.partition
    assert [device["SerialNumber"] for device in client.list_mfa_devices(UserName="ada")["MFADevices"]] == serials
    assert client.list_attached_user_policies(UserName="ada")["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": f"arn:{partition}:iam::aws:policy/AdministratorAccess"}
    ]


def test_a_device_is_made_enabled_taken_away_and_deleted(aws: EmbeddedAws) -> None:
    client = aws.client("iam")
    aws.iam.user("ada")
    made = client.create_virtual_mfa_device(VirtualMFADeviceName="ada", Tags=[{"Key": "managed", "Value": "yes"}])
    assert made["VirtualMFADevice"]["SerialNumber"] == ADA
    assert len(base64.b32decode(made["VirtualMFADevice"]["Base32StringSeed"])) == 40
    client.enable_mfa_device(UserName="ada", SerialNumber=ADA, **CODES)
    assert [device["SerialNumber"] for device in client.list_mfa_devices(UserName="ada")["MFADevices"]] == [ADA]
    assert client.list_mfa_device_tags(SerialNumber=ADA)["Tags"] == [{"Key": "managed", "Value": "yes"}]
    client.tag_mfa_device(SerialNumber=ADA, Tags=[{"Key": "owner", "Value": "red"}])
    client.untag_mfa_device(SerialNumber=ADA, TagKeys=["managed"])
    assert client.list_mfa_device_tags(SerialNumber=ADA)["Tags"] == [{"Key": "owner", "Value": "red"}]
    client.deactivate_mfa_device(UserName="ada", SerialNumber=ADA)
    assert client.list_mfa_devices(UserName="ada")["MFADevices"] == []
    client.delete_virtual_mfa_device(SerialNumber=ADA)
    assert client.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_get_mfa_device_answers_for_a_fido_device(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", devices=("fido",))
    found = aws.client("iam").get_mfa_device(SerialNumber=KEY)
    assert {name: found[name] for name in ("UserName", "SerialNumber", "Certifications")} == {
        "UserName": "ada",
        "SerialNumber": KEY,
        "Certifications": {"FIDO": "L1"},
    }


@pytest.mark.parametrize(
    ("action", "arguments", "code"),
    [
        pytest.param(
            "enable_mfa_device",
            {"UserName": "grace", "SerialNumber": ADA, **CODES},
            "EntityAlreadyExists",
            id="device of another",
        ),
        pytest.param(
            "enable_mfa_device",
            {"UserName": "ada", "SerialNumber": ADA, **CODES},
            "EntityAlreadyExists",
            id="device enabled twice",
        ),
        pytest.param(
            "enable_mfa_device",
            {"UserName": "grace", "SerialNumber": ADA + "2", **CODES},
            "NoSuchEntity",
            id="device that does not exist",
        ),
        pytest.param(
            "enable_mfa_device",
            {"UserName": "nobody", "SerialNumber": KEY, **CODES},
            "NoSuchEntity",
            id="device for nobody",
        ),
        pytest.param(
            "enable_mfa_device",
            {"UserName": "full", "SerialNumber": "GAHT00000001", **CODES},
            "LimitExceeded",
            id="ninth device",
        ),
        pytest.param(
            "enable_mfa_device",
            {
                "UserName": "grace",
                "SerialNumber": "GAHT00000001",
                "AuthenticationCode1": "111111",
                "AuthenticationCode2": "111111",
            },
            "InvalidAuthenticationCode",
            id="the same code twice",
        ),
        pytest.param(
            "enable_mfa_device",
            {
                "UserName": "grace",
                "SerialNumber": "GAHT00000001",
                "AuthenticationCode1": "11111x",
                "AuthenticationCode2": "111111",
            },
            "ValidationError",
            id="a code that is no number",
        ),
        pytest.param(
            "deactivate_mfa_device",
            {"UserName": "grace", "SerialNumber": ADA},
            "NoSuchEntity",
            id="deactivate another's",
        ),
        pytest.param("delete_virtual_mfa_device", {"SerialNumber": ADA}, "DeleteConflict", id="delete one in use"),
        pytest.param("delete_virtual_mfa_device", {"SerialNumber": ADA + "2"}, "NoSuchEntity", id="delete none"),
        pytest.param("delete_user", {"UserName": "ada"}, "DeleteConflict", id="delete a user with a device"),
        pytest.param("create_user", {"UserName": "ADA"}, "EntityAlreadyExists", id="names differ in case only"),
        pytest.param(
            "create_user",
            {"UserName": "x", "PermissionsBoundary": BOUNDARY + "x"},
            "NoSuchEntity",
            id="boundary that does not exist",
        ),
        pytest.param(
            "put_user_permissions_boundary",
            {"UserName": "ada", "PermissionsBoundary": BOUNDARY + "x"},
            "NoSuchEntity",
            id="put a boundary that does not exist",
        ),
        pytest.param("list_mfa_devices", {"UserName": "nobody"}, "NoSuchEntity", id="devices of nobody"),
        pytest.param("list_mfa_device_tags", {"SerialNumber": KEY}, "InvalidInput", id="tags of a FIDO device"),
        pytest.param(
            "tag_mfa_device",
            {"SerialNumber": ADA + "2", "Tags": [{"Key": "a", "Value": "b"}]},
            "NoSuchEntity",
            id="tag none",
        ),
        pytest.param("get_mfa_device", {"SerialNumber": ADA}, "ValidationError", id="get a virtual device"),
        pytest.param(
            "attach_user_policy", {"UserName": "laden", "PolicyArn": BOUNDARY}, "LimitExceeded", id="eleventh policy"
        ),
        pytest.param(
            "attach_user_policy",
            {"UserName": "ada", "PolicyArn": BOUNDARY + "x"},
            "NoSuchEntity",
            id="policy that does not exist",
        ),
    ],
)
def test_refuses_what_aws_refuses(aws: EmbeddedAws, action: str, arguments: dict[str, Any], code: str) -> None:
    aws.iam.user("ada", devices=("virtual",))
    aws.iam.user("grace")
    aws.iam.user("full", devices=("fido",) * 8)
    document = {"Version": "2012-10-17", "Statement": []}
    aws.iam.user("laden", policies=[aws.iam.policy(f"p{number}", document) for number in range(10)])
    before = aws.client("iam").get_account_authorization_details()["UserDetailList"]
    with pytest.raises(ClientError) as caught:
        getattr(aws.client("iam"), action)(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert aws.client("iam").get_account_authorization_details()["UserDetailList"] == before


def test_a_deleted_user_leaves_nothing(aws: EmbeddedAws) -> None:
    aws.iam.user(
        "ada", policies=("AdministratorAccess",), groups=("ops",), devices=("virtual", "fido"), tags={"a": "b"}
    )
    aws.iam.delete_user("ada")
    client = aws.client("iam")
    assert client.list_users()["Users"] == []
    assert client.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert client.get_group(GroupName="ops")["Users"] == []
    assert client.get_account_authorization_details(Filter=["AWSManagedPolicy"])["Policies"] == []
