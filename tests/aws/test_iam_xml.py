"""Test that the fast parser of GetAccountAuthorizationDetails matches botocore's, or leaves the response to it."""

import gc
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from admin_mfa.aws import iam_xml
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.iam_answers import (
    DEVICES,
    GROUPS,
    OTHER_VERSIONS,
    POLICIES,
    USERS,
    groups_of,
    other_versions_of,
    policies_of,
    users_of,
)
from admin_mfa.aws.iam_devices import devices_of
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import ReadError
from demo.emulator import EmbeddedAws

DETAILS = "GetAccountAuthorizationDetails"

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

NAMESPACE = ' xmlns="https://iam.amazonaws.com/doc/2010-05-08/"'

DOCUMENT = quote('{"Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]}')

EMPTY = quote('{"Statement": []}')

ADA = "<UserName>ada</UserName><UserId>AIDAEXAMPLEADA000001</UserId><Arn>arn:aws:iam::123456789012:user/ada</Arn>"

OPS = (
    "<GroupName>ops</GroupName><GroupId>AGPAEXAMPLEOPS000001</GroupId><Arn>arn:aws:iam::123456789012:group/ops</Arn>"
    "<GroupPolicyList><member><PolicyName>look</PolicyName>"
    f"<PolicyDocument>{DOCUMENT}</PolicyDocument></member></GroupPolicyList>"
    "<AttachedManagedPolicies><member><PolicyName>AdministratorAccess</PolicyName>"
    "<PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn></member></AttachedManagedPolicies>"
)

POLICY = (
    "<PolicyName>reading</PolicyName><Arn>arn:aws:iam::123456789012:policy/reading</Arn>"
    "<DefaultVersionId>v2</DefaultVersionId><PolicyVersionList>"
    f"<member><VersionId>v1</VersionId><Document>{EMPTY}</Document></member>"
    f"<member><VersionId>v2</VersionId><Document>{DOCUMENT}</Document></member></PolicyVersionList>"
)


DEVICE = (
    "<SerialNumber>arn:aws:iam::123456789012:mfa/ada</SerialNumber><EnableDate>2024-03-05T09:30:00Z</EnableDate>"
    f"<User>{ADA}<Path>/</Path><CreateDate>2024-03-05T09:30:00Z</CreateDate></User>"
)

ROOT_DEVICE = (
    "<SerialNumber>arn:aws:iam::123456789012:mfa/root-account-mfa-device</SerialNumber>"
    "<User><UserId>123456789012</UserId><Arn>arn:aws:iam::123456789012:root</Arn></User>"
)


def _answer(*lists: str, operation: str = DETAILS, namespace: str = NAMESPACE, gap: str = "") -> bytes:
    result = f"<IsTruncated>true</IsTruncated>{gap}<Marker>next</Marker>{gap}{gap.join(lists)}"
    return (
        f"<{operation}Response{namespace}>{gap}<{operation}Result>{gap}{result}{gap}</{operation}Result>{gap}"
        f"<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>{gap}</{operation}Response>"
    ).encode()


def _list(name: str, *items: str) -> str:
    return f"<{name}>{''.join(f'<member>{item}</member>' for item in items)}</{name}>"


def _taken_over(body: bytes, status: int = 200) -> tuple[bytes, dict[str, Any]]:
    response = {"status_code": status, "body": body}
    found: dict[str, Any] = {}
    iam_xml.take_over(response_dict=response, customized_response_dict=found)
    left = response["body"]
    assert isinstance(left, bytes)
    return left, found


def _parsed_by_botocore(body: bytes, operation: str = DETAILS) -> dict[str, Any]:
    model = ServiceModel(Loader().load_service_model("iam", "service-2"))
    shape = model.operation_model(operation).output_shape
    assert shape is not None
    parsed: dict[str, Any] = create_parser("query").parse({"status_code": 200, "body": body, "headers": {}}, shape)
    return parsed


@pytest.mark.parametrize(
    "lists",
    [
        pytest.param([_list("UserDetailList", ADA)], id="a user without policies, groups or tags"),
        pytest.param(
            [
                _list(
                    "UserDetailList",
                    ADA + "<Path>/</Path><GroupList><member>ops</member><member>dev</member></GroupList>"
                    "<Tags><member><Key>b</Key><Value/></member><member><Key>a</Key><Value>1</Value></member></Tags>"
                    "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
                    "<PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/b</PermissionsBoundaryArn>"
                    "</PermissionsBoundary><UserPolicyList/><AttachedManagedPolicies/>",
                )
            ],
            id="groups, tags without a value, boundary, empty lists",
        ),
        pytest.param([_list("UserDetailList"), _list("GroupDetailList", OPS)], id="no users, a group"),
        pytest.param([_list("Policies", POLICY), _list("UserDetailList", ADA)], id="the default version of a policy"),
        pytest.param([_list("UserDetailList", ADA + "<New><member/></New>")], id="an unknown element"),
        pytest.param(
            [_list("RoleDetailList", "<RoleName>r</RoleName>"), _list("UserDetailList", ADA)],
            id="roles are left to botocore",
        ),
        pytest.param([_list("UserDetailList", ADA.replace(">ada<", "><"))], id="an empty name"),
        pytest.param([], id="no lists at all"),
    ],
)
@pytest.mark.parametrize("namespace", [NAMESPACE, ""], ids=["namespace", "no namespace"])
@pytest.mark.parametrize("gap", ["", "\n  "], ids=["one line", "indented"])
def test_a_page_is_parsed_as_by_botocore(lists: list[str], namespace: str, gap: str) -> None:
    lists = [text.replace("><member", f">{gap}<member").replace("</member><", f"</member>{gap}<") for text in lists]
    body = _answer(*lists, namespace=namespace, gap=gap)
    whole = _parsed_by_botocore(body)

    left, found = _taken_over(body)
    page = _parsed_by_botocore(left) | found

    if "UserDetailList" in whole:
        assert users_of(page) == users_of(whole)
    else:
        assert USERS not in page
    assert groups_of(page) == groups_of(whole)
    assert policies_of(page) == policies_of(whole)
    assert other_versions_of(page) == other_versions_of(whole)
    assert (page["IsTruncated"], page["Marker"]) == (whole["IsTruncated"], whole["Marker"]) == (True, "next")
    assert page.get("RoleDetailList") == whole.get("RoleDetailList")
    assert page["ResponseMetadata"] == whole["ResponseMetadata"]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([], id="none"),
        pytest.param([DEVICE], id="the device of a user"),
        pytest.param([ROOT_DEVICE, DEVICE, DEVICE.replace("ada", "grace")], id="including that of the root user"),
        pytest.param(["<SerialNumber>arn:aws:iam::123456789012:mfa/x</SerialNumber>"], id="without a user"),
    ],
)
def test_virtual_devices_are_parsed_as_by_botocore(items: list[str]) -> None:
    body = _answer(_list("VirtualMFADevices", *items), operation="ListVirtualMFADevices")
    whole = _parsed_by_botocore(body, "ListVirtualMFADevices")

    left, found = _taken_over(body)
    page = _parsed_by_botocore(left, "ListVirtualMFADevices") | found

    assert DEVICES in page
    assert devices_of(page) == devices_of(whole)
    assert (page["IsTruncated"], page["Marker"]) == (whole["IsTruncated"], whole["Marker"])


def test_a_missing_list_of_devices_is_refused() -> None:
    left, found = _taken_over(_answer(operation="ListVirtualMFADevices"))

    with pytest.raises(ReadError, match="ListVirtualMFADevices answered without VirtualMFADevices"):
        devices_of(_parsed_by_botocore(left, "ListVirtualMFADevices") | found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", 400, id="an error"),
        pytest.param(_answer(_list("UserDetailList", ADA)), 500, id="an error that looks like a valid response"),
        pytest.param(_answer(_list("UserDetailList", ADA))[:-20], 200, id="truncated"),
        pytest.param(b"", 200, id="nothing"),
        pytest.param(b"<Other/>", 200, id="another document"),
        pytest.param(_answer(_list("UserDetailList", "<UserName>ada</UserName>")), 200, id="a user without an id"),
        pytest.param(_answer(_list("Policies", POLICY.replace(">v2</D", ">v3</D"))), 200, id="no default version"),
        pytest.param(
            _answer(_list("VirtualMFADevices", f"<User>{ADA}</User>"), operation="ListVirtualMFADevices"),
            200,
            id="a device without a serial number",
        ),
        pytest.param(
            _answer(_list("UserDetailList", ADA + "<Tags><member><Key>a</Key></member></Tags>")),
            200,
            id="an incomplete tag",
        ),
    ],
)
def test_an_unknown_response_is_left_to_botocore(body: bytes, status: int) -> None:
    assert _taken_over(body, status) == (body, {})


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        yield embedded


def test_a_whole_account_reads_the_same_with_and_without(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.iam.crowd(users=300, groups=20, policies=30)
    aws.iam.user(
        "weird+=,.@-_",
        path="/division/x/",
        inline={"own": EVERYTHING},
        tags={"empty": "", "note": "ü <&> \u202e"},
        boundary="arn:aws:iam::aws:policy/PowerUserAccess",
        devices=("virtual", "fido"),
    )
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)

    session = boto3.Session(botocore_session=aws_session())

    with IamReader(session.client("iam")) as fast:
        read_fast = fast.users()
    client = session.client("iam")
    with IamReader(client) as slow:
        for event in iam_xml.EVENTS:
            client.meta.events.unregister(event, unique_id=f"admin-mfa-{event}")
        read_slow = slow.users()

    assert read_fast == read_slow
    assert len(read_fast) == 301


def test_a_page_is_released_as_soon_as_it_is_parsed() -> None:
    # Pages of a large account are over a megabyte each, and garbage collection may not run before the last one.
    page = _answer(_list("UserDetailList", *[ADA] * 1000))
    response: dict[str, Any] = {"status_code": 200, "body": page}
    found: dict[str, Any] = {}
    gc.disable()
    try:
        before = sys.getrefcount(page)
        iam_xml.take_over(response_dict=response, customized_response_dict=found)
        # The response contained the page, and now contains only the rest that botocore parses.
        assert sys.getrefcount(page) == before - 1
    finally:
        gc.enable()
    assert len(found[USERS]) == 1000


def test_our_names_for_parsed_data_do_not_collide_with_those_of_aws() -> None:
    model = ServiceModel(Loader().load_service_model("iam", "service-2"))
    shapes = [model.operation_model(event.rpartition(".")[2]).output_shape for event in iam_xml.EVENTS]

    assert {USERS, GROUPS, POLICIES, OTHER_VERSIONS, DEVICES}.isdisjoint(
        name for shape in shapes if shape for name in shape.members
    )
