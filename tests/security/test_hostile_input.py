"""Whatever comes in, what comes out is an answer or one of our errors, soon, and nothing false is recorded."""

import json
import re
import time
import tracemalloc
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from admin_mfa.administrator import find_grants
from admin_mfa.annotation import MAX_ANNOTATION
from admin_mfa.aws.config_event import check_event
from admin_mfa.cli import app
from admin_mfa.errors import AdminMfaError, InvalidEventError, InvalidParametersError, PolicyDocumentError
from admin_mfa.evaluate import evaluate
from admin_mfa.model import IamUser, Unread, Verdict
from admin_mfa.parameters import PARAMETERS, Parameters, parse_parameters
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy, PolicyDocument
from demo.emulator import EmbeddedAws
from tests.support import hostile
from tests.support.handler import RULE, handle, held, prepare

TODAY = date(2026, 11, 24)
BOTH_MODELS = (Parameters(), parse_parameters({"PrivilegeModel": "effective"}))
# The embedded AWS is one for all examples of a test; each example leaves it as it was.
SHARED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(call: Callable[[], object], *errors: type[AdminMfaError]) -> str:
    """What one of our errors says; nothing if there was none. Any other error fails the test."""
    try:
        call()
    except errors as refused:
        return str(refused)
    return ""


# The core


def parsed(document: Any) -> PolicyDocument | None:
    """A document, or nothing if it is refused, in a sentence that stays short whatever the document holds."""
    said = refusal(lambda: parse_document(document), PolicyDocumentError)
    assert len(said) < 300
    return None if said else parse_document(document)


def user(name: str, *documents: Any, **fields: Any) -> IamUser:
    policies = [Policy(name=f"p{number}", document=document) for number, document in enumerate(documents)]
    attachments = tuple(Attachment(policy=policy) for policy in policies)
    return IamUser(user_name=name, user_id="AIDAHOSTILE0000000001", arn="arn", attachments=attachments, **fields)


@given(st.lists(hostile.ANY_DOCUMENTS, max_size=4))
def test_any_policy_document_is_read_or_refused(documents: list[Any]) -> None:
    read = [document for document in map(parsed, documents) if document]
    for parameters in BOTH_MODELS:
        assert isinstance(find_grants(user("ada", *read), parameters), tuple)


@given(
    st.text(min_size=1, max_size=64),
    st.lists(hostile.DOCUMENTS, max_size=3),
    st.lists(st.tuples(hostile.TEXTS, hostile.TEXTS), max_size=3),
    st.dictionaries(st.sampled_from([row.name for row in PARAMETERS]), hostile.TEXTS, max_size=3),
)
def test_any_user_has_an_answer(
    name: str, documents: list[Any], tags: list[tuple[str, str]], given_parameters: dict[str, str]
) -> None:
    try:
        parameters = parse_parameters(given_parameters)
    except InvalidParametersError:
        parameters = parse_parameters({"ExemptTag": "exempt"})
    admin = parse_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    found = evaluate(
        user(name, admin, *[d for d in map(parsed, documents) if d], tags=tuple(tags), mfa_devices_complete=True),
        parameters,
        TODAY,
    )
    if isinstance(found, Verdict):
        assert name in found.annotation
        assert 1 <= len(found.annotation) <= MAX_ANNOTATION
    else:
        assert isinstance(found, Unread)
        assert found.facts or found.policy_arns


@given(st.dictionaries(st.sampled_from([row.name for row in PARAMETERS]) | hostile.TEXTS, hostile.JUNK, max_size=4))
def test_any_parameters_are_read_or_refused_in_one_sentence(raw: dict[str, Any]) -> None:
    said = refusal(lambda: parse_parameters(raw), InvalidParametersError)
    assert len(said) < 2000
    assert "\n" not in said


LARGE = {
    "every pattern a wildcard": ["*" * number for number in range(1, 100)],
    "wildcards between letters": [("*a" * 200)[: 60 + number] for number in range(60)],
    "question marks": ["?" * number for number in range(1, 100)],
    "wildcards of every kind": ["*?" * 30 + ":" + "?*" * 30 for _ in range(40)],
    "every letter": [f"{first}{second}*" for first in "abcdefghijklmnopqrstuvwxyz" for second in "abcdefghijklm"],
    "one long pattern": ["iam:" + "*x" * 2900],
}


def _taken(text: str) -> tuple[float, int]:
    """Seconds of the processor and the most bytes that judging a user with twenty such policies takes."""
    parse_document.__globals__["_parse_text"].cache_clear()
    started = time.process_time()
    tracemalloc.start()
    for parameters in BOTH_MODELS:
        find_grants(user("ada", *[parse_document(text) for _ in range(20)]), parameters)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return time.process_time() - started, most


@pytest.mark.parametrize("element", ["Action", "NotAction", "Resource", "NotResource"])
@pytest.mark.parametrize("patterns", LARGE.values(), ids=LARGE.keys())
def test_the_largest_policy_takes_bounded_time_and_memory(patterns: list[str], element: str) -> None:
    """6,144 characters are what IAM allows of a managed policy, and 20 of them of a user."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", element: patterns}
    if element.startswith("Not"):
        del statement[element.removeprefix("Not")]
    text = json.dumps({"Statement": statement})
    assert len(text) < 7000
    # Whatever else runs in this process is counted too and can only add, so the least of several measurements counts.
    seconds, most = map(min, zip(*(_taken(text) for _ in range(3)), strict=True))
    assert seconds < 2
    assert most < 8_000_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="a hundred thousand lists"),
        pytest.param('{"Statement":' * 10_000, id="ten thousand statements"),
        pytest.param("%257B" * 2000, id="encoded twice"),
        pytest.param('{"Statement": [' + "9" * 6000 + "]}", id="a number of 6,000 digits"),
    ],
)
def test_a_document_that_would_exhaust_a_parser_is_refused(text: str) -> None:
    with pytest.raises(PolicyDocumentError):
        parse_document(text)


# The handler


ITEM = {
    "configurationItemCaptureTime": "2026-11-24T03:00:00.000Z",
    "configurationItemStatus": "OK",
    "resourceId": "AIDAHOSTILE0000000001",
    "resourceName": "ada",
    "resourceType": "AWS::IAM::User",
}
INVOKING: dict[str, dict[str, Any]] = {
    "scheduled": {"messageType": "ScheduledNotification", "notificationCreationTime": "2026-11-24T03:00:00.000Z"},
    "changed": {"messageType": "ConfigurationItemChangeNotification", "configurationItem": ITEM},
    "oversized": {
        "messageType": "OversizedConfigurationItemChangeNotification",
        "notificationCreationTime": "2026-11-24T03:00:00.000Z",
        "recordVersion": "1.0",
        "configurationItemSummary": ITEM,
    },
}


def event_of(invoking: object, **parts: Any) -> dict[str, Any]:
    return {
        "invokingEvent": json.dumps(invoking),
        "ruleParameters": json.dumps({"AssumeRoleMode": "false"}),
        "resultToken": "token",
        "eventLeftScope": False,
        "executionRoleArn": "arn:aws:iam::123456789012:role/config",
        "configRuleName": RULE,
        "accountId": "123456789012",
        **parts,
    }


@pytest.fixture
def judged(aws: EmbeddedAws) -> EmbeddedAws:
    """Two users, one of them an administrator without a device, as AWS Config knows."""
    aws.iam.user("ada", policies=["AdministratorAccess"])
    aws.iam.user("grace")
    prepare(aws)
    aws.config.invoke(handle, rule_name=RULE)
    return aws


def answer_or_refuse(aws: EmbeddedAws, event: Any) -> None:
    before = held(aws)
    assert {name: compliance for name, (compliance, _) in before.items()} == {
        "ada": "NON_COMPLIANT",
        "grace": "COMPLIANT",
    }
    refusal(lambda: handle(event, None), AdminMfaError)
    assert held(aws) == before, "an event that Config did not send changes nothing that Config holds"


@SHARED
@given(data=st.data(), kind=st.sampled_from(sorted(INVOKING)))
def test_a_broken_event_is_answered_or_refused(judged: EmbeddedAws, data: st.DataObject, kind: str) -> None:
    invoking = data.draw(hostile.broken(INVOKING[kind]))
    event = event_of(invoking)
    if data.draw(st.booleans()):
        event = data.draw(hostile.broken(event))
    event["ruleParameters"] = event.get("ruleParameters") or "{}"
    if "AssumeRoleMode" not in str(event["ruleParameters"]):
        event["ruleParameters"] = json.dumps({"AssumeRoleMode": "false"})
    answer_or_refuse(judged, event)


@given(hostile.JUNK | hostile.JUNK.map(event_of))
def test_junk_is_no_event(junk: Any) -> None:
    with pytest.raises(InvalidEventError):
        check_event(junk)


@SHARED
@given(st.dictionaries(st.sampled_from([row.name for row in PARAMETERS]), hostile.JUNK, min_size=1, max_size=3))
def test_the_handler_reads_any_parameters_or_refuses_them(judged: EmbeddedAws, raw: dict[str, Any]) -> None:
    raw = {name: value for name, value in raw.items() if not name.startswith("ExecutionRole")}
    raw |= {"AssumeRoleMode": "false"}
    event = event_of(INVOKING["scheduled"], ruleParameters=json.dumps(raw))
    answer_or_refuse(judged, event)


USER_NAMES = st.text(alphabet="abcXYZ019+=,.@_-", min_size=1, max_size=64)
NOT_USER_NAMES = st.text(min_size=1, max_size=80).filter(
    lambda name: not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII)
)


@SHARED
@given(name=USER_NAMES.filter(lambda name: name.casefold() not in ("ada", "grace")), enrolled=st.booleans())
def test_any_name_that_iam_allows_is_judged(judged: EmbeddedAws, *, name: str, enrolled: bool) -> None:
    judged.iam.user(name, policies=["AdministratorAccess"], devices=["virtual"] if enrolled else [])
    try:
        expected = "COMPLIANT" if enrolled else "NON_COMPLIANT"
        for event in (None, judged.config.change_event(RULE, name), judged.config.oversized_event(RULE, name)):
            judged.config.invoke(handle, rule_name=RULE, event=event)
            compliance, annotation = held(judged)[name]
            assert compliance == expected
            assert annotation is not None
            assert annotation.startswith(f"{name} is an administrator")
    finally:
        judged.iam.delete_user(name)
        judged.config.invoke(handle, rule_name=RULE)


@SHARED
@given(NOT_USER_NAMES)
def test_an_item_with_a_name_that_nobody_can_have_is_judged_by_id(judged: EmbeddedAws, name: str) -> None:
    before = held(judged)
    event = judged.config.change_event(RULE, "ada")
    invoking = json.loads(event["invokingEvent"])
    invoking["configurationItem"]["resourceName"] = name
    handle(event | {"invokingEvent": json.dumps(invoking)}, None)
    assert held(judged) == before


TAGS = st.dictionaries(st.text(min_size=1, max_size=128), st.text(max_size=256), max_size=5)


@SHARED
@given(TAGS, st.sampled_from(["exempt", "exempt=yes", ""]))
def test_any_tags_are_read(judged: EmbeddedAws, tags: dict[str, str], exempt: str) -> None:
    # XML cannot carry these, and so IAM allows them in no tag.
    tags = {key: value for key, value in tags.items() if f"{key}{value}".isprintable()}
    judged.iam.user("tagged", policies=["AdministratorAccess"], tags=tags)
    try:
        prepare(judged, **({"ExemptTag": exempt} if exempt else {}))
        judged.config.invoke(handle, rule_name=RULE)
        exempted = bool(exempt) and "exempt" in tags and (exempt == "exempt" or tags["exempt"] == "yes")
        assert held(judged)["tagged"][0] == ("COMPLIANT" if exempted else "NON_COMPLIANT")
    finally:
        judged.iam.delete_user("tagged")
        judged.config.invoke(handle, rule_name=RULE)


# The command


@pytest.mark.usefixtures("judged")
@SHARED
@given(
    st.lists(hostile.TEXTS, max_size=3), st.lists(st.sampled_from(["-p", "--format", "--region", "--x"]), max_size=3)
)
def test_the_command_answers_or_refuses_in_one_line(texts: list[str], options: list[str]) -> None:
    words = [word for pair in zip(options, texts, strict=False) for word in pair]
    run = CliRunner().invoke(app, ["audit", *words])
    assert run.exit_code in (0, 1, 2, 3), run.output
    assert run.exception is None or isinstance(run.exception, SystemExit)
    if run.exit_code >= 2:
        assert run.stdout == ""
        assert len(run.stderr.strip().splitlines()) == 1
        assert run.stderr.startswith("error: ")
