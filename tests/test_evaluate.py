"""Test that every user gets one verdict, or the list of facts that it still needs."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admin_mfa.annotation import MAX_ANNOTATION
from admin_mfa.aws.iam_devices import mfa_device
from admin_mfa.evaluate import evaluate
from admin_mfa.model import Compliance, Fact, IamUser, MfaDevice, Unread, Verdict
from admin_mfa.parameters import ExemptUser, Parameters, TagFilter
from admin_mfa.root_user import AccountStatus, RootCredentials, RootMfa, account_status
from admin_mfa.statements import Policy
from tests.support.values import (
    ACCOUNT,
    ADA_ID,
    admin_grant,
    allow,
    fido,
    hardware,
    inline,
    of_aws,
    parameters,
    sms,
    user,
    virtual,
)

TODAY = date(2026, 11, 24)
ADMIN = of_aws("AdministratorAccess")
NO, YES = Compliance.NON_COMPLIANT, Compliance.COMPLIANT
GRANT = (admin_grant(policy="AdministratorAccess", via="user"),)


def ada(*devices: MfaDevice, complete: bool = True, **fields: Any) -> IamUser:
    return user(ADMIN, mfa_devices=devices, mfa_devices_complete=complete, **fields)


def verdict(someone: IamUser, **given: str) -> Verdict:
    found = evaluate(someone, parameters(**given), TODAY)
    assert isinstance(found, Verdict), found
    return found


def judged(someone: IamUser, **given: str) -> tuple[Compliance, str]:
    found = verdict(someone, **given)
    return found.compliance, found.annotation


ADMINISTRATOR = "ada is an administrator (AdministratorAccess, attached directly)"


def test_a_verdict_names_the_user_the_grant_and_the_missing_device() -> None:
    assert verdict(ada()) == Verdict(
        user_name="ada",
        user_id=ADA_ID,
        arn=f"arn:aws:iam::{ACCOUNT}:user/ada",
        compliance=NO,
        annotation=f"{ADMINISTRATOR} and has no MFA device.",
        grants=GRANT,
    )


def test_a_verdict_contains_the_devices_of_the_user() -> None:
    assert verdict(ada(virtual(), fido())) == Verdict(
        user_name="ada",
        user_id=ADA_ID,
        arn=f"arn:aws:iam::{ACCOUNT}:user/ada",
        compliance=YES,
        annotation=f"{ADMINISTRATOR} and has an MFA device (virtual).",
        grants=GRANT,
        mfa_devices=(virtual(), fido()),
    )


INVALID_TAG = "; the value of its exemption tag is not valid"


@pytest.mark.parametrize(
    ("given", "compliance"),
    [
        ({}, Compliance.COMPLIANT),
        ({"NonAdminCompliance": "COMPLIANT"}, Compliance.COMPLIANT),
        ({"NonAdminCompliance": "NOT_APPLICABLE"}, Compliance.NOT_APPLICABLE),
    ],
)
def test_a_user_who_is_not_an_administrator_needs_no_device(given: dict[str, str], compliance: Compliance) -> None:
    assert judged(user(), **given) == (compliance, "ada is not an administrator.")
    assert judged(ada(), **given)[0] is NO


@pytest.mark.parametrize(
    ("attachments", "why"),
    [
        pytest.param((ADMIN,), "AdministratorAccess, attached directly", id="the user's"),
        pytest.param((("ops", ADMIN),), "AdministratorAccess via group ops", id="a group's"),
        pytest.param((inline("mine", allow()),), "inline policy mine of user", id="inline"),
        pytest.param((("ops", inline("mine", allow())),), "inline policy mine of group ops", id="inline of a group"),
        pytest.param((ADMIN, ("ops", ADMIN)), "AdministratorAccess, attached directly and 1 more", id="two"),
        pytest.param(
            (ADMIN, ("a", ADMIN), ("b", ADMIN)), "AdministratorAccess, attached directly and 2 more", id="three"
        ),
        pytest.param(
            (of_aws("PowerUserAccess"), ("ops", of_aws("IAMFullAccess"))),
            "PowerUserAccess, attached directly + IAMFullAccess via group ops",
            id="in combination",
        ),
        pytest.param(
            (inline("power", allow(NotAction="iam:*")), ("ops", of_aws("IAMFullAccess"))),
            "inline policy power of user + IAMFullAccess via group ops",
            id="in combination, one inline",
        ),
    ],
)
def test_the_annotation_explains_the_grant(attachments: tuple[Policy, ...], why: str) -> None:
    someone = user(*attachments, mfa_devices_complete=True)
    assert judged(someone) == (NO, f"ada is an administrator ({why}) and has no MFA device.")


@pytest.mark.parametrize(
    ("devices", "allowed", "compliance", "ending"),
    [
        pytest.param((), "any", NO, "has no MFA device", id="any, none"),
        pytest.param((virtual(),), "any", YES, "has an MFA device (virtual)", id="any, virtual"),
        pytest.param((fido(),), "any", YES, "has an MFA device (fido)", id="any, fido"),
        pytest.param((hardware(),), "any", YES, "has an MFA device (hardware)", id="any, hardware"),
        pytest.param((sms(),), "any", YES, "has an MFA device (only SMS, which AWS has withdrawn)", id="any, SMS"),
        pytest.param((sms(), hardware()), "any", YES, "has an MFA device (hardware)", id="any, SMS and hardware"),
        pytest.param((hardware(), fido(), virtual()), "any", YES, "has an MFA device (virtual)", id="any, three"),
        pytest.param(
            (mfa_device("arn:aws:iam::123456789012:retina/ada"),),
            "any",
            YES,
            "has an MFA device (other)",
            id="any, an unknown kind",
        ),
        pytest.param(
            (mfa_device("arn:aws:iam::123456789012:retina/ada"), sms()),
            "any",
            YES,
            "has an MFA device (other)",
            id="any, an unknown kind and SMS",
        ),
        pytest.param((), "virtual", NO, "has no MFA device of type virtual", id="virtual, none"),
        pytest.param((virtual(),), "virtual", YES, "has an MFA device (virtual)", id="virtual, virtual"),
        pytest.param((fido(),), "virtual", NO, "has no MFA device of type virtual, only fido", id="virtual, fido"),
        pytest.param((virtual(),), "fido", NO, "has no MFA device of type fido, only virtual", id="fido, virtual"),
        pytest.param((virtual(), fido()), "fido", YES, "has an MFA device (fido)", id="fido, both"),
        pytest.param((fido(),), "hardware", NO, "has no MFA device of type hardware, only fido", id="hardware, fido"),
        pytest.param((hardware(),), "hardware", YES, "has an MFA device (hardware)", id="hardware, hardware"),
        pytest.param(
            (sms(), virtual()),
            "fido,hardware",
            NO,
            "has no MFA device of type fido or hardware, only virtual and sms",
            id="two types, others",
        ),
        pytest.param(
            (sms(),),
            "virtual,fido,hardware",
            NO,
            "has no MFA device of type virtual or fido or hardware, only sms",
            id="all types, SMS",
        ),
        pytest.param(
            (mfa_device("arn:aws:iam::123456789012:retina/ada"),),
            "virtual,fido,hardware",
            NO,
            "has no MFA device of type virtual or fido or hardware, only other",
            id="all types, an unknown kind",
        ),
    ],
)
def test_only_allowed_types_count(
    devices: tuple[MfaDevice, ...], allowed: str, compliance: Compliance, ending: str
) -> None:
    assert judged(ada(*devices), AllowedMfaTypes=allowed) == (compliance, f"{ADMINISTRATOR} and {ending}.")


@pytest.mark.parametrize(
    ("devices", "tag", "compliance", "ending"),
    [
        pytest.param((virtual(tags={"m": "x"}),), "m", YES, "has an MFA device (virtual)", id="key"),
        pytest.param((virtual(tags={"m": "x"}),), "m=x", YES, "has an MFA device (virtual)", id="key and value"),
        pytest.param((virtual(tags={"m": "x"}),), "m=y", NO, "its virtual MFA device lacks the tag m=y", id="value"),
        pytest.param((virtual(tags={"m": "x"}),), "M", NO, "its virtual MFA device lacks the tag M", id="case of keys"),
        pytest.param(
            (virtual(tags={"m": "x"}),), "m=X", NO, "its virtual MFA device lacks the tag m=X", id="of values"
        ),
        pytest.param((virtual(tags={"m": ""}),), "m=", YES, "has an MFA device (virtual)", id="empty value"),
        pytest.param((virtual(tags={"m": "x"}),), "m=", NO, "its virtual MFA device lacks the tag m=", id="not empty"),
        pytest.param((virtual(tags={}),), "m", NO, "its virtual MFA device lacks the tag m", id="no tag"),
        pytest.param((), "m", NO, "has no MFA device", id="no device"),
        pytest.param((virtual(tags={}), fido()), "m", YES, "has an MFA device (fido)", id="FIDO needs no tag"),
        pytest.param(
            (virtual(tags={}), hardware()), "m", YES, "has an MFA device (hardware)", id="hardware needs no tag"
        ),
        pytest.param((virtual(tags={"m": "x"}), fido()), "m", YES, "has an MFA device (virtual)", id="both count"),
        pytest.param(
            (virtual(tags={}), virtual("ada-2", {"m": "1"})),
            "m",
            YES,
            "has an MFA device (virtual)",
            id="second of two",
        ),
    ],
)
def test_a_virtual_device_counts_only_with_the_tag(
    devices: tuple[MfaDevice, ...], tag: str, compliance: Compliance, ending: str
) -> None:
    assert judged(ada(*devices), ManagedDeviceTag=tag) == (compliance, f"{ADMINISTRATOR} and {ending}.")


def facts(*found: Fact) -> Unread:
    return Unread(facts=frozenset(found))


@pytest.mark.parametrize(
    ("someone", "given", "answer"),
    [
        pytest.param(ada(complete=False), {}, facts(Fact.MFA_DEVICES), id="no virtual device"),
        pytest.param(ada(virtual(), complete=False), {}, YES, id="a virtual device is enough"),
        pytest.param(ada(complete=False), {"AllowedMfaTypes": "virtual"}, facts(Fact.MFA_DEVICES), id="virtual only"),
        pytest.param(
            ada(virtual(), complete=False), {"AllowedMfaTypes": "fido"}, facts(Fact.MFA_DEVICES), id="another type"
        ),
        pytest.param(user(), {}, YES, id="nothing for a user who is not an administrator"),
        pytest.param(
            user(), {"ConsoleUsersOnly": "true", "ManagedDeviceTag": "m"}, YES, id="nothing, with any parameters"
        ),
        pytest.param(ada(complete=False), {"ExemptUsers": "ada"}, YES, id="nothing for an exempt user"),
        pytest.param(
            ada(virtual(), complete=False), {"ManagedDeviceTag": "m"}, facts(Fact.MFA_DEVICE_TAGS), id="the tags"
        ),
        pytest.param(
            ada(virtual(), fido()), {"ManagedDeviceTag": "m"}, facts(Fact.MFA_DEVICE_TAGS), id="tags before another"
        ),
        pytest.param(
            ada(virtual(), fido()),
            {"ManagedDeviceTag": "m", "AllowedMfaTypes": "fido"},
            YES,
            id="no tags of types that are not allowed",
        ),
        pytest.param(
            ada(virtual(tags={}), complete=False),
            {"ManagedDeviceTag": "m"},
            facts(Fact.MFA_DEVICES),
            id="then other devices",
        ),
        pytest.param(ada(), {"ConsoleUsersOnly": "true"}, facts(Fact.CONSOLE_PASSWORD), id="the password last"),
        pytest.param(
            ada(complete=False), {"ConsoleUsersOnly": "true"}, facts(Fact.MFA_DEVICES), id="devices before the password"
        ),
        pytest.param(ada(virtual()), {"ConsoleUsersOnly": "true"}, YES, id="no password of a user with a device"),
    ],
)
def test_only_facts_that_can_change_the_verdict_are_requested(
    someone: IamUser, given: dict[str, str], answer: Unread | Compliance
) -> None:
    found = evaluate(someone, parameters(**given), TODAY)
    assert (found.compliance if isinstance(found, Verdict) else found) == answer


@pytest.mark.parametrize(
    ("password", "given", "compliance", "ending"),
    [
        pytest.param(False, {}, NO, "has no MFA device", id="by default"),
        pytest.param(
            False,
            {"ConsoleUsersOnly": "true"},
            YES,
            "has no console password; only console access was evaluated",
            id="without a password",
        ),
        pytest.param(True, {"ConsoleUsersOnly": "true"}, NO, "has no MFA device", id="with a password"),
        pytest.param(False, {"ConsoleUsersOnly": "false"}, NO, "has no MFA device", id="switched off"),
    ],
)
def test_console_users_only(password: bool, given: dict[str, str], compliance: Compliance, ending: str) -> None:  # noqa: FBT001
    assert judged(ada(console_password=password), **given) == (compliance, f"{ADMINISTRATOR} and {ending}.")


@pytest.mark.parametrize(
    ("entry", "exempt"),
    [
        pytest.param("ada", "without end", id="name"),
        pytest.param("ADA", "without end", id="name in another case"),
        pytest.param("grace, ada", "without end", id="second of a list"),
        pytest.param("ad", None, id="part of the name"),
        pytest.param("ada2", None, id="longer name"),
        pytest.param(ADA_ID, "without end", id="unique id"),
        pytest.param(ADA_ID.lower(), None, id="unique id in another case"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:user/ada", "without end", id="ARN"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:user/x/ada", None, id="ARN with another path"),
        pytest.param("arn:aws:iam::999999999999:user/ada", None, id="ARN of another account"),
        pytest.param("ada@2026-11-24", "until 2026-11-24", id="ends today"),
        pytest.param("ada@2026-11-25", "until 2026-11-25", id="ends tomorrow"),
        pytest.param(f"{ADA_ID}@2026-11-24", "until 2026-11-24", id="id, ends today"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:user/ada@9999-12-31", "until 9999-12-31", id="ARN, ends late"),
        pytest.param("ada@2026-11-24, ada@2027-01-01", "until 2027-01-01", id="the later of two ends"),
        pytest.param("ada@2026-11-24, ada", "without end", id="one without an end"),
    ],
)
def test_an_exempt_user_is_compliant_and_the_annotation_gives_the_end(entry: str, exempt: str | None) -> None:
    expected = (
        (YES, f"{ADMINISTRATOR} and exempt from MFA {exempt}.")
        if exempt
        else (NO, f"{ADMINISTRATOR} and has no MFA device.")
    )
    assert judged(ada(), ExemptUsers=entry) == expected


@pytest.mark.parametrize(
    ("value", "exempt"),
    [
        pytest.param("", "without end", id="empty"),
        pytest.param("true", "without end", id="true"),
        pytest.param(" Yes ", "without end", id="yes, case and spaces ignored"),
        pytest.param("2026-11-24", "until 2026-11-24", id="today"),
        pytest.param(" 2026-11-25 ", "until 2026-11-25", id="tomorrow between spaces"),
        pytest.param("2026-11-23", "; its exemption ended on 2026-11-23", id="yesterday"),
        *(
            pytest.param(value, INVALID_TAG, id=f"invalid: {value}")
            for value in (
                "false",
                "no",
                "expired",
                "approved by the board",
                "2026",
                "20270131",
                "31/01/2027",
                "31.12.2027",
                "2027/01/01",
                "2027-1-1",
                "2026-02-30",
                "0000-01-01",
                "2027-01-01T00:00:00Z",
                "2027-W01-1",
                "\u0662\u0660\u0662\u0667-01-01",
            )
        ),
    ],
)
def test_the_value_of_an_exempt_tag_is_a_date_or_a_value_for_no_end(value: str, exempt: str) -> None:
    expected = (
        (NO, f"{ADMINISTRATOR} and has no MFA device{exempt}.")
        if exempt.startswith(";")
        else (YES, f"{ADMINISTRATOR} and exempt from MFA {exempt}.")
    )
    tagged = ada(tags=(("mfa-exempt", value),))
    assert judged(tagged, ExemptTag="mfa-exempt") == expected
    found = verdict(tagged, ExemptTag="mfa-exempt")
    assert found.exempt_tag_invalid is (exempt == INVALID_TAG)
    assert found.exemption_ended == (date(2026, 11, 23) if value == "2026-11-23" else None)


@pytest.mark.parametrize(
    ("tags", "exempt_tag", "exempt"),
    [
        ((("mfa-exempt", "yes"),), "mfa-exempt=yes", True),
        ((("mfa-exempt", "no"),), "mfa-exempt=yes", False),
        ((("mfa-exempt", "approved"),), "mfa-exempt=approved", True),
        ((("MFA-Exempt", "yes"),), "mfa-exempt=yes", False),
        ((("other", "yes"),), "mfa-exempt", False),
        ((), "mfa-exempt", False),
    ],
)
def test_an_exempt_tag_matches_key_and_value(
    tags: tuple[tuple[str, str], ...], exempt_tag: str, *, exempt: bool
) -> None:
    assert judged(ada(tags=tags), ExemptTag=exempt_tag)[0] is (YES if exempt else NO)


def test_a_verdict_reports_the_exemption_that_applies() -> None:
    assert [verdict(ada(), ExemptUsers=entry).exempt for entry in ("ada", "ada@2026-11-23", "grace")] == [
        True,
        False,
        False,
    ]
    assert verdict(ada(), ExemptUsers="ada@2026-12-31").exempt_until == date(2026, 12, 31)
    assert verdict(ada(), ExemptUsers="ada").exempt_until is None
    assert verdict(ada(), ExemptUsers="ada@2026-11-23").exempt_until is None
    both = {"ExemptUsers": "ada@2026-11-23", "ExemptTag": "e"}
    assert verdict(ada(tags=(("e", "2027-01-01"),)), **both).exempt_until == date(2027, 1, 1)
    assert verdict(ada(tags=(("e", "2026-13-01"),)), **both).annotation.endswith("; its exemption ended on 2026-11-23.")


@pytest.mark.parametrize(
    ("tags", "parameters", "reason"),
    [
        ((("e", ""), ("e-reason", " ops, INC-7 ")), {"ExemptTag": "e"}, "ops, INC-7"),
        ((("e", "yes"), ("e-reason", "ops")), {"ExemptTag": "e=yes"}, "ops"),
        ((("e-reason", "ops"),), {"ExemptTag": "e", "ExemptUsers": "ada"}, "ops"),
        ((("e", ""), ("e-reason", "  ")), {"ExemptTag": "e"}, ""),
        ((("e", ""), ("reason", "ops")), {"ExemptTag": "e"}, ""),
        ((("e-reason", "ops"),), {"ExemptUsers": "ada"}, ""),
    ],
)
def test_the_tag_beside_exempt_tag_gives_the_reason(
    tags: tuple[tuple[str, str], ...], parameters: dict[str, str], reason: str
) -> None:
    found = verdict(ada(tags=tags), **parameters)
    assert (found.exempt, found.exempt_reason) == (True, reason)
    shown = f" ({reason})" if reason else ""
    assert found.annotation == f"{ADMINISTRATOR} and exempt from MFA without end{shown}."


def test_a_reason_alone_exempts_no_user() -> None:
    found = verdict(ada(tags=(("e-reason", "ops"),)), ExemptTag="e")
    assert (found.exempt, found.exempt_reason) == (False, "")


def test_a_device_counts_whether_or_not_an_exemption_has_ended() -> None:
    assert judged(ada(virtual()), ExemptUsers="ada@2026-11-23")[0] is YES


def test_a_user_who_is_not_an_administrator_is_not_called_exempt() -> None:
    assert judged(user(), ExemptUsers="ada") == (YES, "ada is not an administrator.")


def test_a_user_named_after_an_exempt_users_id_is_not_exempt() -> None:
    impostor = ada(user_name=ADA_ID, user_id="AIDAMALLORYMALLORYMAL")
    assert judged(impostor, ExemptUsers=ADA_ID)[0] is NO


@pytest.mark.parametrize(
    ("mfa", "password", "access_keys", "root", "compliance", "annotation"),
    [
        (True, True, True, "ENABLED", "COMPLIANT", "The root user has an MFA device."),
        (True, False, False, "ENABLED", "COMPLIANT", "The root user has an MFA device."),
        (False, True, False, "DISABLED", "NON_COMPLIANT", "The root user has credentials and no MFA device."),
        (False, False, True, "DISABLED", "NON_COMPLIANT", "The root user has credentials and no MFA device."),
        (
            False,
            False,
            False,
            "NO_CREDENTIALS",
            "NOT_APPLICABLE",
            "The root user has no credentials, so there is nothing to protect.",
        ),
    ],
)
def test_the_root_user(
    root: str, compliance: str, annotation: str, *, mfa: bool, password: bool, access_keys: bool
) -> None:
    root_user = RootCredentials(mfa=mfa, password=password, access_keys=access_keys)
    assert account_status(root_user) == AccountStatus(
        root_mfa=RootMfa(root), compliance=Compliance(compliance), annotation=annotation, credentials=root_user
    )


VIRTUAL_ROOT = (
    "The root user has a virtual MFA device, but only security keys, passkeys and hardware tokens are allowed."
)
UNLISTED_ROOT = "Unknown, because the files do not include the output of `aws iam list-virtual-mfa-devices`."


@pytest.mark.parametrize(
    ("mfa", "virtual_mfa", "compliance", "annotation"),
    [
        pytest.param(True, True, NO, VIRTUAL_ROOT, id="virtual"),
        pytest.param(True, None, None, UNLISTED_ROOT, id="devices not listed"),
        pytest.param(True, False, YES, "The root user has an MFA device.", id="FIDO or hardware"),
        pytest.param(False, False, NO, "The root user has credentials and no MFA device.", id="none"),
    ],
)
def test_a_virtual_device_of_the_root_user_may_not_be_allowed(
    compliance: Compliance | None, annotation: str, *, mfa: bool, virtual_mfa: bool | None
) -> None:
    root_user = RootCredentials(mfa=mfa, password=True, access_keys=False, virtual_mfa=virtual_mfa)
    found = account_status(root_user, hardware_only=True)
    assert (found.compliance, found.annotation) == (compliance, annotation)


NAMES = st.text(alphabet="abcXYZ019+=,.@_-{}%", min_size=1)
LONG_POLICY, LONG_GROUP, LONG_USER = "P" * 128, "G" * 128, "u" * 64


@st.composite
def administrators(draw: st.DrawFn) -> IamUser:
    name = draw(st.one_of(NAMES, st.just(LONG_USER)))[:64]
    holders = st.one_of(st.none(), NAMES, st.just(LONG_GROUP))
    policies: list[Any] = []
    for number in range(draw(st.integers(1, 3))):
        policy = draw(st.one_of(NAMES, st.just(LONG_POLICY)))[:128]
        group = draw(holders)
        made = draw(
            st.sampled_from(
                [
                    inline(policy, allow()),
                    Policy(
                        name=policy,
                        arn=f"arn:aws:iam::{ACCOUNT}:policy/{policy}",
                        document=inline("", allow()).document,
                    ),
                    inline(policy, allow(NotAction="iam:*") if number else allow("iam:*")),
                ]
            )
        )
        policies.append(made if group is None else (group[:128], made))
    devices = draw(st.lists(st.sampled_from([virtual(tags={}), fido(), hardware(), sms()]), unique=True))
    return user(
        ADMIN if draw(st.booleans()) else policies[0],
        *policies,
        user_name=name,
        mfa_devices=tuple(devices),
        mfa_devices_complete=True,
        console_password=draw(st.booleans()),
        tags=draw(st.sampled_from([(), (("e", "2020-01-01"),), (("e", "2026-99-99"),), (("e", ""),)])),
    )


TAGS = st.one_of(
    st.none(),
    st.builds(TagFilter, key=st.just("k" * 128), value=st.one_of(st.none(), st.just("v" * 256), NAMES)),
)
GIVEN = st.builds(
    Parameters,
    allowed_mfa_types=st.one_of(
        st.none(),
        st.sampled_from(["fido", "virtual,fido,hardware"]).map(
            lambda text: parameters(AllowedMfaTypes=text).allowed_mfa_types
        ),
    ),
    managed_device_tag=TAGS,
    exempt_tag=st.sampled_from([None, TagFilter(key="e")]),
    exempt_users=st.sampled_from([(), (ExemptUser(identity=LONG_USER, until=date(2026, 1, 1)),)]),
    console_users_only=st.booleans(),
)


@given(administrators(), GIVEN)
@example(
    user(("G" * 128, inline("P" * 128, allow())), user_name=LONG_USER, mfa_devices_complete=True),
    Parameters(),
)
@example(
    user(
        ("G" * 128, inline("P" * 128, allow(NotAction="iam:*"))),
        ("H" * 128, inline("Q" * 128, allow("iam:*"))),
        user_name=LONG_USER,
        mfa_devices=(virtual(tags={}),),
        mfa_devices_complete=True,
        tags=(("e", "2026-99-99"),),
    ),
    Parameters(
        managed_device_tag=TagFilter(key="k" * 128, value="v" * 256),
        exempt_tag=TagFilter(key="e"),
    ),
)
def test_an_annotation_is_a_complete_sentence_that_config_accepts(someone: IamUser, given: Parameters) -> None:
    found = evaluate(someone, given, TODAY)
    if isinstance(found, Unread):
        assert found.facts == {Fact.MFA_DEVICES} or not found.facts
        return
    assert len(found.annotation) <= MAX_ANNOTATION == 256
    assert found.annotation.startswith(f"{someone.user_name} is ")
    assert found.annotation.endswith(".")
    assert found.annotation.count("(") <= 2 + someone.user_name.count("(")


def test_a_sentence_that_fits_is_not_shortened() -> None:
    someone = replace(ada(), user_name="u", attachments=user(("g", inline("P" * 100, allow()))).attachments)
    assert "P" * 100 in verdict(someone).annotation


def test_a_sentence_of_exactly_the_limit_is_not_shortened() -> None:
    def sentence(length: int) -> str:
        return verdict(user(("g", inline("P" * length, allow())), mfa_devices_complete=True)).annotation

    fits = 100 + MAX_ANNOTATION - len(sentence(100))
    assert len(sentence(fits)) == MAX_ANNOTATION
    assert "..." not in sentence(fits)
    assert "..." in sentence(fits + 1)


def test_the_longest_sentence_keeps_the_user_and_the_missing_device() -> None:
    someone = user(
        ("G" * 128, inline("P" * 128, allow())),
        user_name=LONG_USER,
        mfa_devices=(virtual(tags={}),),
        mfa_devices_complete=True,
        tags=(("e", "2026-99-99"),),
    )
    given = {"ManagedDeviceTag": f"{'k' * 128}={'v' * 256}", "ExemptTag": "e"}
    why, tag = f"inline policy {'P' * 15}...", f"{'k' * 29}..."
    missing = f"its virtual MFA device lacks the tag {tag}; the value of its exemption tag is not valid"
    assert judged(someone, **given) == (NO, f"{LONG_USER} is an administrator ({why}) and {missing}.")


# Cases that `make mutation` found: without them a mutant survives.


def test_a_user_who_is_not_an_administrator_has_no_grants() -> None:
    found = evaluate(user(), parameters(), TODAY)
    assert isinstance(found, Verdict)
    assert found.grants == ()


@pytest.mark.parametrize("types", ["any", "virtual", "virtual,fido"])
def test_the_tags_of_a_virtual_device_are_requested_if_it_could_count(types: str) -> None:
    device = mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/ada")
    given = parameters(ManagedDeviceTag="managed", AllowedMfaTypes=types)
    ada = user(of_aws("AdministratorAccess"), mfa_devices=(device,), mfa_devices_complete=True)
    assert evaluate(ada, given, TODAY) == Unread(facts=frozenset((Fact.MFA_DEVICE_TAGS,)))
    untagged = replace(ada, mfa_devices=(replace(device, tags=()),))
    verdict = evaluate(untagged, given, TODAY)
    assert isinstance(verdict, Verdict)
    assert verdict.annotation.endswith("and its virtual MFA device lacks the tag managed.")


def test_the_tags_of_a_virtual_device_are_not_requested_if_it_cannot_count() -> None:
    device = mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/ada")
    ada = user(of_aws("AdministratorAccess"), mfa_devices=(device,), mfa_devices_complete=True)
    verdict = evaluate(ada, parameters(ManagedDeviceTag="managed", AllowedMfaTypes="fido"), TODAY)
    assert isinstance(verdict, Verdict)
    assert verdict.annotation.endswith("and has no MFA device of type fido, only virtual.")
