"""Test reading IAM with the minimum number of calls, with any pages, and never incompletely."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin_mfa.audit.account import audit, judge_user, judge_users, unreadable_warnings
from admin_mfa.aws import iam_answers, iam_devices
from admin_mfa.aws.config import ACTIONS, OVERSIZED_ACTIONS
from admin_mfa.aws.iam import BULK_ACTIONS, SINGLE_ACTIONS, IamReader
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import ReadError
from admin_mfa.evaluate import evaluate
from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance, MfaType, Unread, Verdict
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.policy.document import UNREADABLE, parse_document
from admin_mfa.statements import Policy, Statement
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, handle, run
from tests.support.values import ACCOUNT, allow, parameters

ADMIN = "AdministratorAccess"
TODAY = date(2026, 11, 24)
NC = "NON_COMPLIANT"


def look(aws: EmbeddedAws, **given: str) -> Audit:
    """Reset the call counters, and audit the account with a client like the command's."""
    aws.calls.clear()
    with IamReader(cast("Any", aws_session().create_client("iam"))) as reader:
        return audit(reader, account_id=aws.account_id, partition="aws", parameters=parameters(**given))


def without_virtual(aws: EmbeddedAws, administrators: list[str]) -> int:
    enrolled = {device.user.name for device in aws.iam.state.backend.virtual_mfa_devices.values() if device.user}
    return len(set(administrators) - enrolled)


@pytest.mark.parametrize(("users", "groups", "policies"), [(1000, 100, 200), (1000, 0, 0), (5000, 300, 500)], ids=str)
@pytest.mark.parametrize("order", ["listed", "reversed", "shuffled"])
def test_calls_grow_with_pages_and_not_with_users(
    aws: EmbeddedAws, users: int, groups: int, policies: int, order: Any
) -> None:
    administrators = aws.iam.crowd(users, groups=groups, policies=policies)
    aws.paging.order = order
    found = look(aws)
    virtual = len(aws.iam.state.backend.virtual_mfa_devices)
    counts = aws.calls.counts()
    assert counts.pop("iam:GetAccountAuthorizationDetails") <= math.ceil((users + groups + policies) / 1000) + 1
    assert counts == {
        "iam:ListVirtualMFADevices": math.ceil(virtual / 1000),
        "iam:ListMFADevices": without_virtual(aws, administrators),
        "iam:GetAccountSummary": 1,
    }
    assert {v.user_name for v in found.verdicts if v.administrator} == set(administrators)
    assert len(found.verdicts) == users
    assert sum(v.compliance == NC for v in found.verdicts) == without_virtual(aws, administrators)


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param((1000,), id="full"),
        pytest.param((7,), id="short"),
        pytest.param((0, 13, 0, 0, 200), id="some of them empty"),
        pytest.param((1, 1, 1000), id="one by one, then all"),
    ],
)
@pytest.mark.parametrize("order", ["listed", "reversed", "shuffled"])
def test_pages_of_any_size_and_order_give_the_same_result(aws: EmbeddedAws, sizes: tuple[int, ...], order: Any) -> None:
    aws.iam.crowd(120, groups=12, policies=20, administrators=0.3)
    expected = look(aws).verdicts
    aws.paging.size, aws.paging.order = lambda _: sizes, order
    assert look(aws).verdicts == expected
    assert aws.calls.counts()["iam:GetAccountAuthorizationDetails"] > 2 or sizes == (1000,)


def calls_made(aws: EmbeddedAws) -> Counter[tuple[str, str]]:
    return Counter((call.permission, repr(sorted(call.parameters.items()))) for call in aws.calls.of("iam"))


DEMANDING = {
    "PrivilegeModel": "effective",
    "ManagedDeviceTag": "managed",
    "ConsoleUsersOnly": "true",
    "AllowedMfaTypes": "virtual,fido",
    "ApiAccess": "require-mfa",
}


def demanding(aws: EmbeddedAws) -> None:
    """Create an account that requires every call."""
    aws.iam.group("readers", ["ReadOnlyAccess"], {"x": {"Statement": [allow("s3:*")]}})
    for number in range(12):
        aws.iam.user(
            f"user-{number}",
            policies=[ADMIN, "ReadOnlyAccess"],
            groups=["readers"],
            inline={"y": {"Statement": [allow("s3:*")]}},
            boundary=ADMIN,
            devices=[["virtual"], ["sms", "virtual"], ["fido"], []][number % 4],  # type: ignore[arg-type]
        )
    aws.iam.user("nobody", policies=["ReadOnlyAccess"], devices=["virtual"])


def test_each_call_of_a_run_is_made_once(aws: EmbeddedAws) -> None:
    demanding(aws)
    look(aws, **DEMANDING)
    assert {call: times for call, times in calls_made(aws).items() if times > 1} == {}
    assert aws.calls.counts()["iam:GetPolicy"] == aws.calls.counts()["iam:GetPolicyVersion"] == 1


BESIDE = ("AmazonS3FullAccess", "IAMReadOnlyAccess", "ReadOnlyAccess", "SecurityAudit")


@pytest.mark.parametrize(
    ("newer", "given", "more"),
    [
        pytest.param(0, {}, {}, id="published when the table was made"),
        pytest.param(1, {}, {"iam:GetPolicy": 1, "iam:GetPolicyVersion": 1}, id="one is newer"),
        pytest.param(3, {}, {"iam:GetAccountAuthorizationDetails": 1}, id="several are newer: one page for all"),
        pytest.param(
            0,
            {"PrivilegeModel": "effective"},
            {"iam:GetAccountAuthorizationDetails": 1},
            id="all can clear an administrator: one page for all",
        ),
    ],
)
def test_calls_follow_the_formula_whatever_aws_managed_policies_users_hold(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, newer: int, given: dict[str, str], more: dict[str, int]
) -> None:
    monkeypatch.setattr("admin_mfa.administrator.published", lambda arn: arn.rsplit("/", 1)[1] not in BESIDE[:newer])
    for half in ("PowerUserAccess", "IAMFullAccess"):
        for number, name in enumerate(BESIDE):
            aws.iam.user(f"{half}-{number}", policies=[half, name, BESIDE[number - 1]])
    aws.iam.user("root-like", policies=[ADMIN, *BESIDE], devices=["virtual"])

    found = look(aws, **given)

    assert [v.user_name for v in found.verdicts if v.administrator] == ["root-like"]
    minimum = {"iam:GetAccountAuthorizationDetails": 2, "iam:GetAccountSummary": 1, "iam:ListVirtualMFADevices": 1}
    assert aws.calls.counts() == Counter(minimum) + Counter(more)


def test_a_policy_that_the_page_lacks_is_read_by_itself(aws: EmbeddedAws) -> None:
    """IAM lists the policies in use, so one is missing that was detached meanwhile."""
    arns = frozenset(f"arn:aws:iam::aws:policy/{name}" for name in ("SecurityAudit", "ReadOnlyAccess"))
    aws.iam.user("ada", policies=["SecurityAudit"])
    with IamReader(aws.client("iam")) as reader:
        (ada,) = reader.users()
        (read,) = reader.read([(ada, Unread(policy_arns=arns))])
    assert all(attachment.policy.document for attachment in read.attachments)
    assert aws.calls.counts()["iam:GetPolicy"] == 1


def test_users_who_are_not_administrators_cost_no_calls(aws: EmbeddedAws) -> None:
    demanding(aws)
    look(aws, **DEMANDING)
    about = {call.parameters.get("UserName", call.parameters.get("SerialNumber", "")) for call in aws.calls.of("iam")}
    assert "nobody" not in about
    assert f"arn:aws:iam::{ACCOUNT}:mfa/nobody" not in about


def test_tags_of_devices_are_read_only_when_a_tag_is_required(aws: EmbeddedAws) -> None:
    demanding(aws)
    look(aws)
    assert aws.calls.counts()["iam:ListMFADeviceTags"] == 0
    look(aws, ManagedDeviceTag="managed")
    assert aws.calls.counts()["iam:ListMFADeviceTags"] == 6
    assert {
        ":mfa/" in call.parameters["SerialNumber"] for call in aws.calls.all() if call.action == "ListMFADeviceTags"
    }
    look(aws, ManagedDeviceTag="managed", AllowedMfaTypes="fido")
    assert aws.calls.counts()["iam:ListMFADeviceTags"] == 0


def test_the_default_reads_no_document_and_no_password(aws: EmbeddedAws) -> None:
    demanding(aws)
    look(aws)
    assert aws.calls.counts().keys() == {
        "iam:GetAccountAuthorizationDetails",
        "iam:GetAccountSummary",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
    }


def test_the_root_users_device_belongs_to_no_user(aws: EmbeddedAws) -> None:
    aws.iam.root(mfa=True)
    aws.iam.user("root-account-mfa-device", policies=[ADMIN])
    (found,) = look(aws).verdicts
    assert (found.compliance, found.mfa_devices) == (NC, ())


def test_the_owner_of_a_device_comes_from_iam_and_not_from_its_name(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    aws.iam.user("grace", policies=[ADMIN])
    client = aws.client("iam")
    serial = client.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]["SerialNumber"]
    client.enable_mfa_device(
        UserName="grace", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    assert [v.compliance for v in look(aws).verdicts] == [NC, "COMPLIANT"]


def test_an_unassigned_device_belongs_to_no_user(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=[ADMIN])
    aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="ada")
    assert [v.compliance for v in look(aws).verdicts] == [NC]


def test_a_policys_default_version_decides(aws: EmbeddedAws) -> None:
    arn = aws.iam.policy("boss", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    aws.iam.user("ada", policies=[arn])
    client = aws.client("iam")
    narrow = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    client.create_policy_version(PolicyArn=arn, PolicyDocument=narrow, SetAsDefault=False)
    assert [v.administrator for v in look(aws).verdicts] == [True]
    client.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert [v.administrator for v in look(aws).verdicts] == [False]


def test_a_throttled_account_is_read_correctly(aws: EmbeddedAws) -> None:
    aws.iam.administrators(70)
    aws.throttle(rate=20, burst=40)
    found = look(aws).verdicts
    assert [v.compliance for v in found] == [NC] * 70
    assert aws.calls.counts()["iam:ListMFADevices"] > 70


class FakeIam:
    """An IAM client that returns the given responses in order, and then repeats the last one."""

    def __init__(self, **answers: Any) -> None:
        self.answers: Mapping[str, Any] = answers
        self.meta = SimpleNamespace(
            events=SimpleNamespace(register=lambda *_, **__: None, unregister=lambda *_, **__: None)
        )
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            kinds = arguments.get("Filter", [""])
            name = f"{operation}_{kinds[0].lower()}" if kinds != [""] else operation
            answers = self.answers[name] if isinstance(self.answers[name], list) else [self.answers[name]]
            self.calls[name] += 1
            return answers[min(self.calls[name], len(answers)) - 1]

        return call


ADA = {"UserName": "ada", "UserId": "AIDA1", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada", "Path": "/"}
EMPTY = {
    "get_account_authorization_details_user": {"UserDetailList": [ADA], "IsTruncated": False},
    "get_account_authorization_details_group": {"IsTruncated": False},
    "list_virtual_mfa_devices": {"VirtualMFADevices": [], "IsTruncated": False},
}


@pytest.mark.parametrize(
    ("answers", "sentence", "code"),
    [
        pytest.param(
            {"get_account_authorization_details_user": {"UserDetailList": [], "IsTruncated": True, "Marker": "m"}},
            "iam:GetAccountAuthorizationDetails reports more results but returned no new marker.",
            "Marker",
            id="a repeated marker",
        ),
        pytest.param(
            {
                "list_virtual_mfa_devices": [
                    {"VirtualMFADevices": [], "IsTruncated": True, "Marker": marker} for marker in ("a", "b", "a", "b")
                ]
            },
            "iam:ListVirtualMFADevices reports more results but returned no new marker.",
            "Marker",
            id="two alternating markers",
        ),
        pytest.param(
            {"get_account_authorization_details_group": {"IsTruncated": True}},
            "iam:GetAccountAuthorizationDetails reports more results but returned no new marker.",
            "Marker",
            id="no marker",
        ),
        pytest.param(
            {"get_account_authorization_details_user": {"IsTruncated": False}},
            "iam:GetAccountAuthorizationDetails answered without UserDetailList.",
            "IncompleteAnswer",
            id="no users",
        ),
        pytest.param(
            {"list_virtual_mfa_devices": {"IsTruncated": False}},
            "iam:ListVirtualMFADevices answered without VirtualMFADevices.",
            "IncompleteAnswer",
            id="no devices",
        ),
        pytest.param(
            {
                "get_account_authorization_details_user": {
                    "UserDetailList": [ADA | {"GroupList": ["ops"]}],
                    "IsTruncated": False,
                }
            },
            "Group ops was deleted while the account was read; run the command again.",
            "Inconsistent",
            id="a deleted group",
        ),
        pytest.param(
            {
                "get_account_authorization_details_group": {
                    "Policies": [{"Arn": "arn:x", "DefaultVersionId": "v2", "PolicyVersionList": []}],
                    "IsTruncated": False,
                }
            },
            "IAM returned no default version of arn:x.",
            "NoDefaultVersion",
            id="no default version",
        ),
    ],
)
def test_an_incomplete_response_is_refused(answers: Any, sentence: str, code: str) -> None:
    with IamReader(cast("Any", FakeIam(**EMPTY | answers))) as reader, pytest.raises(ReadError) as refused:
        reader.users()
    assert (str(refused.value), refused.value.code) == (sentence, code)


def test_a_user_on_two_pages_has_one_verdict() -> None:
    pages = [
        {"UserDetailList": [ADA], "IsTruncated": True, "Marker": "m"},
        {"UserDetailList": [ADA], "IsTruncated": False},
    ]
    client = FakeIam(**EMPTY | {"get_account_authorization_details_user": pages})
    with IamReader(cast("Any", client)) as reader:
        assert [user.user_name for user in reader.users()] == ["ada"]


def test_a_policy_deleted_during_the_run_grants_nothing(aws: EmbeddedAws) -> None:
    arn = aws.iam.policy("boss", {"Statement": [allow()]})
    aws.iam.user("ada", policies=[arn])
    with IamReader(aws.client("iam")) as reader:
        (ada,) = reader.users()
        assert reader.read(()) == ()
    aws.iam.delete_user("ada")
    unread = iam_answers.join(
        iam_answers.user_entity(
            ADA | {"AttachedManagedPolicies": [{"PolicyArn": f"{arn}-gone", "PolicyName": "boss-gone"}]}
        ),
        iam_answers.shared(),
        mfa_devices=(),
    )
    answer = evaluate(unread, Parameters(), TODAY)
    assert isinstance(answer, Unread)
    with IamReader(aws.client("iam")) as reader:
        (known,) = reader.read([(unread, answer)])
    verdict = evaluate(known, Parameters(), TODAY)
    assert isinstance(verdict, Verdict)
    assert not verdict.administrator
    assert ada.attachments[0].policy.document is not None


# One user


@pytest.fixture
def reader(aws: EmbeddedAws) -> Iterator[IamReader]:  # noqa: ARG001 - it sets the endpoint in the environment
    with IamReader(cast("Any", aws_session().create_client("iam"))) as found:
        yield found


def test_one_ordinary_user_takes_at_most_ten_calls(aws: EmbeddedAws, reader: IamReader) -> None:
    boss = aws.iam.policy("boss", {"Statement": [allow("s3:*")]})
    aws.iam.crowd(50)
    aws.iam.group("ops", [ADMIN], {"x": {"Statement": [allow("s3:*")]}})
    user_id = aws.iam.user(
        "ada", policies=[boss], groups=["ops", "web"], inline={"y": {"Statement": [allow("s3:*")]}}, devices=["virtual"]
    )
    judge_user(reader, "ada", user_id, parameters(ManagedDeviceTag="managed"), TODAY)
    assert aws.calls.counts() == {
        "iam:GetUser": 1,
        "iam:ListAttachedUserPolicies": 1,
        "iam:ListUserPolicies": 1,
        "iam:GetUserPolicy": 1,
        "iam:ListGroupsForUser": 1,
        "iam:GetAccountAuthorizationDetails": 1,
        "iam:ListMFADevices": 1,
        "iam:ListMFADeviceTags": 1,
    }


def test_one_user_without_groups_takes_no_bulk_read(aws: EmbeddedAws, reader: IamReader) -> None:
    user_id = aws.iam.user("ada", policies=[ADMIN])
    judge_user(reader, "ada", user_id, Parameters(), TODAY)
    assert aws.calls.counts()["iam:GetAccountAuthorizationDetails"] == 0


@pytest.mark.parametrize(
    "action",
    [
        "iam:GetUser",
        "iam:ListAttachedUserPolicies",
        "iam:ListUserPolicies",
        "iam:ListGroupsForUser",
        "iam:ListMFADevices",
    ],
)
def test_a_user_deleted_between_two_calls_gets_no_verdict(aws: EmbeddedAws, reader: IamReader, action: str) -> None:
    user_id = aws.iam.user("ada", policies=[ADMIN])

    def delete_user(_: Any) -> bool:
        if "ada" in aws.iam.state.backend.users:
            aws.iam.delete_user("ada")
        return False

    aws.faults.add(action, Kind.SLOW, when=delete_user)
    assert judge_user(reader, "ada", user_id, Parameters(), TODAY) is None


def test_the_id_identifies_the_user(aws: EmbeddedAws, reader: IamReader) -> None:
    ada, grace = aws.iam.user("ada", policies=[ADMIN]), aws.iam.user("grace")
    found = judge_user(reader, "ada", grace, Parameters(), TODAY)
    assert found is not None
    assert (found.user_name, found.administrator) == ("grace", False)
    found = judge_user(reader, ada, ada, Parameters(), TODAY)
    assert found is not None
    assert (found.user_name, found.administrator) == ("ada", True)
    assert judge_user(reader, "ada", "AIDANOBODY", Parameters(), TODAY) is None


def test_the_calls_made_match_the_declared_ones(aws: EmbeddedAws) -> None:
    """No permission is missing, and none is unused."""
    demanding(aws)
    aws.iam.user("power", policies=["PowerUserAccess", "ReadOnlyAccess"])
    bulk: set[str] = set()
    for given in ({}, DEMANDING):
        look(aws, **given)
        bulk |= aws.calls.counts().keys()
    assert bulk == set(BULK_ACTIONS)
    scheduled: set[str] = set()
    for given in ({}, DEMANDING):
        aws.calls.clear()
        run(aws, **given)
        scheduled |= aws.calls.counts().keys()
    assert scheduled - {"config:PutConfigRule"} == set(BULK_ACTIONS) | set(ACTIONS)
    aws.calls.clear()
    for event in ("change_event", "oversized_event"):
        for name in ("user-0", "user-1", "user-2", "user-3", "power"):
            aws.config.invoke(handle, rule_name=RULE, event=getattr(aws.config, event)(RULE, name))
    changed = aws.calls.counts().keys()
    assert changed - set(BULK_ACTIONS) - set(ACTIONS) == set(SINGLE_ACTIONS) | set(OVERSIZED_ACTIONS)
    assert all(action.split(":")[1].startswith(("Get", "List")) for action in (*BULK_ACTIONS, *SINGLE_ACTIONS))


def test_every_user_has_one_verdict_in_the_order_of_names(aws: EmbeddedAws, reader: IamReader) -> None:
    for name in ("linus", "Grace", "ada"):
        aws.iam.user(name)
    heard: list[str] = []
    found = judge_users(reader, Parameters(), TODAY, heard.append)
    assert [v.user_name for v in found] == ["ada", "Grace", "linus"]
    assert heard == ["reading users, groups, policies and virtual MFA devices", "judging 3 users"]


@pytest.mark.parametrize(
    ("serial", "kind"),
    [
        ("arn:aws:iam::123456789012:mfa/ada", MfaType.VIRTUAL),
        ("arn:aws-cn:iam::123456789012:mfa/x/y/ada", MfaType.VIRTUAL),
        ("arn:aws-us-gov:iam::123456789012:u2f/user/ada/key-ABC", MfaType.FIDO),
        ("arn:aws:iam::123456789012:u2f/root-account/key-ABC", MfaType.FIDO),
        ("arn:aws:iam::123456789012:sms-mfa/ada", MfaType.SMS),
        ("arn:aws:iam::123456789012:retina/ada", MfaType.OTHER),
        ("arn:aws:iam::123456789012:mfa-new/ada", MfaType.OTHER),
        ("arn:", MfaType.OTHER),
        ("GAKT12345678", MfaType.HARDWARE),
        ("GAHT12345678", MfaType.HARDWARE),
        ("mfa/ada", MfaType.HARDWARE),
    ],
)
def test_the_form_of_the_serial_number_tells_the_type(serial: str, kind: MfaType) -> None:
    assert iam_devices.mfa_type(serial) is kind


ADMIN_TWICE = '{"Statement": {"Effect": "Allow", "Action": "*", "Action": "s3:*", "Resource": "*"}}'


def test_an_unreadable_document_does_not_end_the_run(aws: EmbeddedAws, reader: IamReader) -> None:
    aws.iam.user("ada", inline={"old": {"Statement": {"Effect": "Maybe"}}})
    aws.iam.user("grace")
    found = {verdict.user_name: verdict for verdict in judge_users(reader, Parameters(), TODAY)}
    assert found["ada"].compliance is Compliance.NON_COMPLIANT
    assert found["ada"].annotation == (
        "ada is an administrator (inline policy old of user (unreadable)) and has no MFA device."
    )
    assert not found["ada"].enforceable
    assert found["grace"].compliance is Compliance.COMPLIANT
    assert unreadable_warnings(found.values()) == (
        "The policy old cannot be read, so its holders count as administrators; save it again in IAM's grammar.",
    )


def test_a_trust_policy_that_cannot_be_read_is_one_role_and_not_the_end(aws: EmbeddedAws, reader: IamReader) -> None:
    aws.iam.user("ada", devices=("virtual",))
    aws.iam.role("app", {"Version": "2012-10-17", "Statement": {"Effect": "Maybe"}}, ["AdministratorAccess"])
    aws.iam.role("web", {"Version": "2012-10-17", "Statement": {"Effect": "Maybe"}})
    (found,) = judge_users(reader, parse_parameters({"AdministratorDefinition": "Escalation"}), TODAY)
    assert found.administrator
    assert not found.enforceable
    (warning,) = unreadable_warnings([found])
    assert warning == (
        "The trust policy of role app cannot be read, so any principal may assume the role; "
        "save it again in IAM's grammar."
    )


@pytest.mark.parametrize(
    ("document", "statements"),
    [
        pytest.param("{}", UNREADABLE.statements, id="unreadable"),
        pytest.param(ADMIN_TWICE, parse_document(ADMIN_TWICE).statements, id="a duplicate element"),
    ],
)
@pytest.mark.parametrize(
    ("read", "detail"),
    [
        pytest.param(
            lambda detail: iam_answers.user_entity(detail).inline[0],
            {"UserName": "ada", "UserId": "AIDA1", "Arn": "arn", "UserPolicyList": "inline"},
            id="inline policy of a user",
        ),
        pytest.param(
            lambda detail: iam_answers.group_entity(detail).inline[0],
            {"GroupName": "ops", "GroupId": "AGPA1", "Arn": "arn", "GroupPolicyList": "inline"},
            id="inline policy of a group",
        ),
        pytest.param(
            iam_answers.local_policy,
            {
                "PolicyName": "p",
                "Arn": "arn:aws:iam::123456789012:policy/p",
                "DefaultVersionId": "v1",
                "PolicyVersionList": "versions",
            },
            id="managed policy",
        ),
    ],
)
def test_any_document_is_parsed_or_assumed_to_allow_everything(
    read: Callable[[dict[str, Any]], Policy],
    detail: dict[str, Any],
    document: str,
    statements: tuple[Statement, ...],
) -> None:
    lists = {
        "inline": [{"PolicyName": "own", "PolicyDocument": document}],
        "versions": [{"VersionId": "v1", "Document": document}],
    }
    found = read({name: lists.get(value, value) for name, value in detail.items()})
    assert found.document is not None
    assert found.document.statements == statements
    assert found.unreadable is (document == "{}")
