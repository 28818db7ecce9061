"""Saved answers: what they decide is what a live audit decides, and what they leave out is never compliant."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from admin_mfa.audit.account import audit
from admin_mfa.audit.accounts import Identity
from admin_mfa.audit.collect import collect
from admin_mfa.audit.offline.answers import SavedAnswers
from admin_mfa.audit.offline.errors import SavedAnswersError
from admin_mfa.audit.offline.files import SavedFile
from admin_mfa.audit.offline.reader import audit_saved
from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import ReadError
from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.policy.document import parse_document
from demo.emulator import EmbeddedAws
from tests.security.test_hostile_input import refusal
from tests.support import hostile
from tests.support.accounts import FULL_ACCESS, HARMLESS, allow, deny, trust

Saved = Mapping[str, Mapping[str, Any]]

PARAMETERS = [
    {},
    {"AdministratorDefinition": "Escalation", "ApiAccess": "require-mfa"},
    {"AdministratorDefinition": "AdministratorAccess", "NonAdminCompliance": "NOT_APPLICABLE"},
    {"PrivilegeModel": "effective", "ConsoleUsersOnly": "true", "ApiAccess": "require-mfa"},
    {"AllowedMfaTypes": "fido,hardware", "ExemptTag": "mfa-exempt", "ExemptUsers": "u0@2000-01-31,u1"},
    {"ManagedDeviceTag": "managed=yes"},
]
DOCUMENTS = [
    {"Version": "2012-10-17", "Statement": [statement]}
    for statement in (FULL_ACCESS, HARMLESS, allow("iam:*"), deny("*"), allow(["iam:AttachUserPolicy", "s3:*"]))
]
MANAGED = ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "ReadOnlyAccess"]
DEVICES = st.lists(st.sampled_from(["virtual", "fido", "hardware", "sms"]), max_size=2)


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "policies": draw(st.lists(st.sampled_from(MANAGED), max_size=2, unique=True)),
        "inline": draw(st.dictionaries(st.sampled_from("pq"), st.sampled_from(DOCUMENTS), max_size=2)),
        "groups": draw(st.lists(st.sampled_from(["ops", "dev"]), max_size=2, unique=True)),
        "boundary": draw(st.sampled_from([None, None, "ReadOnlyAccess", "AdministratorAccess"])),
        "password": draw(st.booleans()),
        "access_keys": draw(st.integers(0, 2)),
        "devices": draw(DEVICES),
        "device_tags": draw(st.sampled_from([{}, {"managed": "yes"}])),
        "tags": draw(st.sampled_from([{}, {"mfa-exempt": "yes"}, {"mfa-exempt": "soon"}])),
    }


ACCOUNTS = st.fixed_dictionaries(
    {
        "root": st.sampled_from([{"mfa": True}, {"mfa": False}, {"mfa": False, "password": False}]),
        "users": st.lists(users(), max_size=4),
        "group": st.sampled_from(DOCUMENTS),
        "local": st.sampled_from(DOCUMENTS),
    }
)


def fill(aws: EmbeddedAws, account: dict[str, Any]) -> None:
    aws.reset()
    iam = aws.iam
    iam.root(**account["root"])
    local = iam.policy("local", account["local"])
    iam.group("ops", ["AdministratorAccess"])
    iam.group("dev", [local], {"inline": account["group"]})
    iam.role("deploy", {"Version": "2012-10-17", "Statement": trust({"AWS": "*"})}, ["AdministratorAccess"])
    for number, user in enumerate(account["users"]):
        iam.user(f"u{number}", **user)


def saved_by(aws: EmbeddedAws, parameters: Parameters | None = None) -> Saved:
    caller = Identity(account_id="123456789012", arn="arn:aws:iam::123456789012:user/auditor")
    found = collect(aws.client("iam"), caller, parameters or Parameters())
    decoded: Saved = json.loads(json.dumps(found))
    return decoded


def opened(saved: Saved) -> SavedAnswers:
    def file(name: str) -> SavedFile | None:
        content = saved.get(name)
        return None if content is None else SavedFile(name=name, content=content, saved_at=datetime.now(UTC))

    return SavedAnswers((found for name in saved if "/" not in name if (found := file(name))), file)


def live(aws: EmbeddedAws, parameters: Parameters) -> Audit:
    with IamReader(aws.client("iam")) as reader:
        return audit(reader, account_id="123456789012", partition="aws", parameters=parameters)


def essence(verdict: Verdict) -> tuple[object, ...]:
    return verdict.user_id, verdict.compliance, verdict.annotation, verdict.grants, verdict.bypass


# Without shrinking: an example takes a hundred calls, and a failing one is small enough to read.
SHARED = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=10, **SHARED)  # type: ignore[arg-type]
@given(account=ACCOUNTS, data=st.data())
def test_offline_equals_live_and_a_missing_file_makes_nobody_compliant(
    aws: EmbeddedAws, account: dict[str, Any], data: st.DataObject
) -> None:
    fill(aws, account)
    saved = saved_by(aws)
    for given_parameters in data.draw(st.lists(st.sampled_from(PARAMETERS), min_size=2, max_size=2, unique_by=str)):
        parameters = parse_parameters(given_parameters)
        expected = live(aws, parameters)
        found = audit_saved(opened(saved), parameters)
        assert replace(found, evaluated_at=expected.evaluated_at, saved=False) == expected
        assert found.evaluated_at.replace(tzinfo=UTC) <= expected.evaluated_at

        kept = data.draw(st.sets(st.sampled_from(sorted(saved))))
        known = {verdict.user_id: essence(verdict) for verdict in expected.verdicts}
        try:
            partial = audit_saved(opened({name: saved[name] for name in kept}), parameters)
        except (ReadError, SavedAnswersError):
            continue
        assert [essence(one) for one in partial.verdicts] == [known[one.user_id] for one in partial.verdicts]
        judged = {one.user_id for one in partial.verdicts}
        unknown = {one.user.user_id for one in partial.unknown}
        assert judged | unknown == set(known)
        assert not judged & unknown
        if partial.account.credentials and partial.account.credentials.virtual_mfa is None:
            assert partial.account.credentials == replace(expected.account.credentials, virtual_mfa=None)  # type: ignore[type-var]
        else:
            assert partial.account in (expected.account, audit_saved(opened(EMPTY), parameters).account)


EMPTY: Saved = {
    "details.json": {
        "UserDetailList": [],
        "RoleDetailList": [
            {
                "RoleName": "r",
                "RoleId": "AROA",
                "Arn": "arn:aws:iam::123456789012:role/r",
                "AssumeRolePolicyDocument": "{}",
            }
        ],
    }
}


ADA = {
    "UserName": "ada",
    "UserId": "AIDAADA",
    "Arn": "arn:aws:iam::123456789012:user/ada",
    "AttachedManagedPolicies": [
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ],
    "GroupList": [],
}
BOB = {
    "UserName": "bob",
    "UserId": "AIDABOB",
    "Arn": "arn:aws:iam::123456789012:user/bob",
    "AttachedManagedPolicies": [],
    "GroupList": [],
}
OPS = {
    "GroupName": "ops",
    "GroupId": "AGPA",
    "Arn": "arn:aws:iam::123456789012:group/ops",
    "AttachedManagedPolicies": [],
    "GroupPolicyList": [],
}
DEVICE = {"SerialNumber": "arn:aws:iam::123456789012:mfa/ada", "EnableDate": "2026-01-01T00:00:00+00:00"}
DETAILS: Saved = {"details.json": {"UserDetailList": [ADA], "GroupDetailList": [], "Policies": []}}
REPORT = {"Content": "dXNlcixtZmFfYWN0aXZlCmFkYSx0cnVlCg==", "ReportFormat": "text/csv"}
LOCAL = {"PolicyName": "mine", "PolicyArn": "arn:aws:iam::123456789012:policy/mine"}


@pytest.mark.parametrize(
    ("more", "compliance", "missing"),
    [
        pytest.param({}, None, "aws iam list-mfa-devices --user-name ada", id="details alone"),
        pytest.param(
            {"report.json": REPORT}, None, "aws iam list-mfa-devices --user-name ada", id="a credential report is stale"
        ),
        pytest.param(
            {"virtual.json": {"VirtualMFADevices": []}},
            None,
            "aws iam list-mfa-devices --user-name ada",
            id="no virtual device, but perhaps another one",
        ),
        pytest.param(
            {"virtual.json": {"VirtualMFADevices": [DEVICE | {"User": ADA}]}}, Compliance.COMPLIANT, "", id="virtual"
        ),
        pytest.param(
            {"virtual.json": {"VirtualMFADevices": [DEVICE]}},
            None,
            "aws iam list-mfa-devices --user-name ada",
            id="an unassigned device",
        ),
        pytest.param(
            {"list-mfa-devices/ada.json": {"MFADevices": []}}, Compliance.NON_COMPLIANT, "", id="an empty list is known"
        ),
        pytest.param(
            {"list-mfa-devices/ada.json": {"MFADevices": [DEVICE | {"UserName": "ada"}]}},
            Compliance.COMPLIANT,
            "",
            id="listed for the user",
        ),
        pytest.param(
            {"list-mfa-devices/ada.json": {"Error": {"Code": "AccessDenied"}}}, None, "AccessDenied", id="denied"
        ),
        pytest.param(
            {"details.json": {"UserDetailList": [BOB | {"AttachedManagedPolicies": [LOCAL]}]}},
            None,
            "aws iam get-policy --policy-arn arn:aws:iam::123456789012:policy/mine",
            id="a policy without its document",
        ),
        pytest.param({"details.json": {"UserDetailList": [BOB]}}, Compliance.COMPLIANT, "", id="not an administrator"),
    ],
)
def test_a_verdict_needs_the_answer_that_it_depends_on(
    more: Saved, compliance: Compliance | None, missing: str
) -> None:
    if missing == "AccessDenied":
        with pytest.raises(ReadError, match=r"iam:ListMFADevices failed \(AccessDenied\)"):
            audit_saved(opened({**DETAILS, **more}), Parameters())
        return
    found = audit_saved(opened({**DETAILS, **more}), Parameters())
    assert [one.missing for one in found.unknown] == ([missing] if missing else [])
    assert [one.compliance for one in found.verdicts] == ([compliance] if compliance else [])


OTHER = "arn:aws:iam::999999999999:user/eve"
INCOMPLETE = "so no user can be evaluated. Save the responses again."


@pytest.mark.parametrize(
    ("saved", "problem"),
    [
        pytest.param({}, "do not include the output of `aws iam get-account-authorization-details`", id="nothing"),
        pytest.param({"a.json": []}, "'a.json' is not what the AWS CLI writes: it is not an object", id="a list"),
        pytest.param(
            {"a.json": {"UserDetailList": [{"UserName": "ada"}]}},
            "'a.json' is not what `aws iam get-account-authorization-details --output json` writes: "
            "UserDetailList[0] has no UserId.",
            id="half a user",
        ),
        *(
            pytest.param(
                {"a.json": {kind: [{name: value for name, value in whole.items() if name != missing}]}},
                f"{kind}[0] has no {missing}.",
                id=f"{whole['Arn'].rpartition('/')[2]} without {missing}",  # type: ignore[attr-defined]
            )
            for kind, whole, missing in (
                ("UserDetailList", ADA, "AttachedManagedPolicies"),
                ("UserDetailList", ADA, "GroupList"),
                ("GroupDetailList", OPS, "AttachedManagedPolicies"),
                ("GroupDetailList", OPS, "GroupPolicyList"),
            )
        ),
        pytest.param(
            {"a.json": {"UserDetailList": [ADA | {"Tags": None}]}}, "UserDetailList[0].Tags is not a list", id="null"
        ),
        pytest.param(
            {"a.json": {"UserDetailList": [ADA | {"UserName": 5}]}}, "UserDetailList[0].UserName is not text", id="5"
        ),
        pytest.param(
            {**DETAILS, "b.json": {"SummaryMap": {"Users": True}}}, "SummaryMap.Users is not a number", id="no number"
        ),
        pytest.param(
            {**DETAILS, "b.json": {"UserDetailList": [ADA | {"Arn": OTHER}]}},
            "'b.json' is about account 999999999999 (aws), other files are about account 123456789012 (aws)",
            id="two accounts",
        ),
        pytest.param(
            {**DETAILS, "b.json": {"Account": "999999999999", "Arn": OTHER, "UserId": "A"}},
            "'b.json' is about account 999999999999",
            id="the caller of another account",
        ),
        pytest.param(
            {**DETAILS, "b.json": {"VirtualMFADevices": [{"SerialNumber": "arn:aws:iam::999999999999:mfa/ada"}]}},
            "'b.json' is about account 999999999999",
            id="the devices of another account",
        ),
        pytest.param(
            {**DETAILS, "list-mfa-devices/ada.json": {"MFADevices": [DEVICE | {"UserName": "bob"}]}},
            "'list-mfa-devices/ada.json' lists a device of another user: 'bob'",
            id="the devices of another user",
        ),
        pytest.param(
            {**DETAILS, "list-mfa-devices/ada.json": {"MFADevices": [], "NextToken": "x"}},
            "'list-mfa-devices/ada.json' is only the first page",
            id="the first page of a user's devices",
        ),
        pytest.param(
            {**DETAILS, "list-mfa-devices/ada.json": {"AccessKeyMetadata": []}},
            "the whole has no MFADevices",
            id="another answer under this name",
        ),
        pytest.param(
            {**DETAILS, "b.json": {"UserDetailList": [ADA | {"AttachedManagedPolicies": []}]}},
            "'b.json' contradicts another file about 'arn:aws:iam::123456789012:user/ada'",
            id="contradiction",
        ),
        pytest.param(
            {"a.json": {"UserDetailList": [ADA], "IsTruncated": True, "Marker": "x"}},
            f"do not include the last page of `aws iam get-account-authorization-details`, {INCOMPLETE}",
            id="only the first page",
        ),
        pytest.param(
            {**DETAILS, "b.json": {"SummaryMap": {"Users": 3}}},
            f"do not include 2 of 3 users (get-account-summary has their number), {INCOMPLETE}",
            id="fewer users than the summary counts",
        ),
        pytest.param(
            {"a.json": {"UserDetailList": [ADA | {"GroupList": ["ops"]}]}},
            f"do not include the group 'ops', of which 'ada' is a member, {INCOMPLETE}",
            id="a group that was filtered out",
        ),
        pytest.param(
            {**DETAILS, "b.json": {"collected_at": "yesterday"}}, "'b.json': collected_at is not a date", id="no date"
        ),
        pytest.param(
            {"a.json": {"UserDetailList": [ADA]}},
            f"do not include roles, which AdministratorDefinition=Escalation depends on, {INCOMPLETE}",
            id="escalation without roles",
        ),
        pytest.param({"a.json": {"UserDetailList": []}}, "The files name no AWS account.", id="no account"),
    ],
)
def test_files_that_cannot_be_judged_are_refused_in_a_sentence(saved: Saved, problem: str) -> None:
    definition = "Escalation" if "Escalation" in problem else "FullAccess"
    parameters = parse_parameters({"AdministratorDefinition": definition})
    said = refusal(lambda: audit_saved(opened(saved), parameters), SavedAnswersError, ReadError)
    assert problem in said
    assert "\n" not in said


def test_pages_are_joined_in_any_order() -> None:
    first = {"UserDetailList": [ADA], "IsTruncated": True, "Marker": "x"}
    last = {"UserDetailList": [BOB], "IsTruncated": False}
    for pages in ((first, last), (last, first)):
        found = audit_saved(opened({f"{n}.json": page for n, page in enumerate(pages)}), Parameters())
        assert [one.user_name for one in found.verdicts] == ["bob"]
        assert [one.user.user_name for one in found.unknown] == ["ada"]


def test_exemptions_are_judged_on_the_day_of_the_collection() -> None:
    parameters = parse_parameters({"ExemptUsers": "ada@2026-01-31"})
    for day, compliance in (("2026-01-31", [Compliance.COMPLIANT]), ("2026-02-01", [])):
        found = audit_saved(opened({**DETAILS, "c.json": {"collected_at": f"{day}T23:59:59Z"}}), parameters)
        assert found.evaluated_at == datetime.fromisoformat(f"{day}T23:59:59Z")
        assert [one.compliance for one in found.verdicts] == compliance


def test_documents_are_read_as_objects_and_as_text() -> None:
    document = {"Version": "2012-10-17", "Statement": [FULL_ACCESS]}
    for written in (document, json.dumps(document)):
        user = BOB | {"UserPolicyList": [{"PolicyName": "all", "PolicyDocument": written}]}
        saved: Saved = {"a.json": {"UserDetailList": [user]}, "list-mfa-devices/bob.json": {"MFADevices": []}}
        (verdict,) = audit_saved(opened(saved), Parameters()).verdicts
        assert verdict.compliance is Compliance.NON_COMPLIANT
    assert parse_document(document) == parse_document(json.dumps(document))


WHOLE: dict[str, Any] = {
    "a.json": {
        "UserDetailList": [
            ADA | {"GroupList": ["ops"], "Tags": [{"Key": "mfa-exempt", "Value": "v"}]},
            BOB
            | {
                "AttachedManagedPolicies": [LOCAL],
                "PermissionsBoundary": {"PermissionsBoundaryArn": LOCAL["PolicyArn"]},
                "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}],
            },
        ],
        "GroupDetailList": [
            OPS,
        ],
        "RoleDetailList": EMPTY["details.json"]["RoleDetailList"],
        "Policies": [
            {
                "PolicyName": "mine",
                "Arn": "arn:aws:iam::123456789012:policy/mine",
                "DefaultVersionId": "v2",
                "PolicyVersionList": [
                    {"VersionId": "v2", "Document": {"Version": "2012-10-17", "Statement": [FULL_ACCESS]}},
                    {"VersionId": "v1", "Document": "{}"},
                ],
            }
        ],
    },
    "b.json": {"VirtualMFADevices": [DEVICE | {"User": ADA}]},
    "c.json": {"SummaryMap": {"Users": 2, "AccountMFAEnabled": 1}},
    "list-mfa-devices/ada.json": {"MFADevices": [DEVICE | {"UserName": "ada"}]},
    "list-access-keys/ada.json": {"AccessKeyMetadata": [{"Status": "Active"}]},
    "get-login-profile/ada.json": {"LoginProfile": {"UserName": "ada"}},
    "list-mfa-device-tags/arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fada.json": {"Tags": []},
}


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """Return the files with one part, at any depth and also in lists, removed or replaced with junk."""
    found: dict[str, Any] = json.loads(json.dumps(WHOLE))
    part: Any = found
    while True:
        places = sorted(part) if isinstance(part, dict) else range(len(part))
        place = draw(st.sampled_from(places))
        inner = part[place]
        if not (isinstance(inner, dict | list) and inner and draw(st.integers(0, 4))):
            break
        part = inner
    if draw(st.booleans()):
        del part[place]
    else:
        part[place] = draw(hostile.JUNK)
    return found


@settings(max_examples=300, deadline=None)
@given(changed(), st.sampled_from(PARAMETERS))
def test_any_files_are_judged_or_refused(saved: dict[str, Any], given_parameters: dict[str, str]) -> None:
    parameters = parse_parameters(given_parameters)
    said = refusal(lambda: audit_saved(opened(saved), parameters), SavedAnswersError, ReadError)
    assert len(said) < 600
