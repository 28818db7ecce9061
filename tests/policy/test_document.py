"""Test every form of a policy document, and the coverage of its patterns."""

import json
import re
import string
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_mfa.administrator import find_grants, full_access
from admin_mfa.errors import PolicyDocumentError
from admin_mfa.escalation.snapshot import TrustStatement
from admin_mfa.escalation.trust_document import parse_trust
from admin_mfa.model import IamUser
from admin_mfa.parameters import Parameters, PrivilegeModel
from admin_mfa.policy.coverage import ACTION_FORM, NAME_FORM, Account, every_resource, every_resource_exactly
from admin_mfa.policy.document import parse_document
from admin_mfa.policy.language import cover, literal
from admin_mfa.policy.wildcard import prepare
from admin_mfa.statements import Attachment, Condition, Effect, Policy, PolicyDocument, Statement
from tests.support.values import ACCOUNT, allow, user

HERE = Account("aws", ACCOUNT)


def test_scalars_become_lists_and_every_element_is_kept() -> None:
    document = {
        "Version": "2012-10-17",
        "Id": "x",
        "Statement": [
            {
                "Sid": "1",
                "Effect": "Allow",
                "Action": "IAM:Get*",
                "Resource": ["*", "arn:aws:s3:::Records"],
                "Condition": {
                    "Bool": {"aws:MultiFactorAuthPresent": True},
                    "NumericLessThan": {"aws:MultiFactorAuthAge": [3600, 1.5]},
                    "StringLike": {"aws:PrincipalTag/a": ["A", "b"], "aws:username": "ada"},
                },
            },
            {"Effect": "Deny", "NotAction": ["sts:*"], "NotResource": "arn:aws:s3:::records"},
        ],
    }
    assert parse_document(document) == PolicyDocument(
        statements=(
            Statement(
                effect=Effect.ALLOW,
                actions=("iam:get*",),
                resources=("*", "arn:aws:s3:::Records"),
                conditions=(
                    Condition(operator="Bool", key="aws:MultiFactorAuthPresent", values=("true",)),
                    Condition(operator="NumericLessThan", key="aws:MultiFactorAuthAge", values=("3600", "1.5")),
                    Condition(operator="StringLike", key="aws:PrincipalTag/a", values=("A", "b")),
                    Condition(operator="StringLike", key="aws:username", values=("ada",)),
                ),
            ),
            Statement(effect=Effect.DENY, not_actions=("sts:*",), not_resources=("arn:aws:s3:::records",)),
        )
    )


@pytest.mark.parametrize(
    ("elements", "statement"),
    [
        pytest.param(
            '"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"',
            Statement(effect=Effect.ALLOW, actions=("*",), resources=("*",)),
            id="the last of two effects counts",
        ),
        pytest.param(
            '"Effect": "Allow", "Action": "*", "Action": ["s3:*", "EC2:*"], "Resource": "a", "Resource": "*"',
            Statement(effect=Effect.ALLOW, actions=("*", "s3:*", "ec2:*"), resources=("a", "*")),
            id="actions and resources add up",
        ),
        pytest.param(
            '"Effect": "Allow", "Action": "*", "action": "s3:*", "Resource": "*"',
            Statement(effect=Effect.ALLOW, actions=("*", "s3:*"), resources=("*",)),
            id="also in another case",
        ),
        pytest.param(
            '"Effect": "Allow", "Action": ["*", null], "Resource": [null, "*"]',
            Statement(effect=Effect.ALLOW, actions=("*",), resources=("*",)),
            id="a null in a list is ignored",
        ),
    ],
)
def test_irregular_documents_are_parsed_as_by_iam(elements: str, statement: Statement) -> None:
    assert parse_document(f'{{"Statement": {{{elements}}}}}').statements == (statement,)


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        pytest.param({"Version": "2012-10-17"}, "2012-10-17", id="the current one"),
        pytest.param({"Version": "2008-10-17"}, "2008-10-17", id="the older one"),
        pytest.param({}, "2008-10-17", id="none"),
        pytest.param({"Version": ["x"]}, "2008-10-17", id="another"),
    ],
)
def test_only_the_current_version_has_variables(version: dict[str, Any], kept: str) -> None:
    statement = allow(resource="x/${aws:username}", Condition={"StringLike": {"aws:userid": "${aws:username}"}})
    document = parse_document({**version, "Statement": statement})
    (found,) = document.statements
    assert document.version == kept
    escaped = "${$}{aws:username}" if kept == "2008-10-17" else "${aws:username}"
    assert found.resources == (f"x/{escaped}",)
    assert found.conditions[0].values == (escaped,)


def test_a_plain_document_is_not_decoded_a_second_time() -> None:
    text = json.dumps({"Statement": allow("s3:GetObject", "arn:aws:s3:::records/100%25")})
    for plain in (text, f"\n {text}"):
        (statement,) = parse_document(plain).statements
        assert statement.resources == ("arn:aws:s3:::records/100%25",)


@pytest.mark.parametrize("form", [json.dumps, lambda document: quote(json.dumps(document)), lambda document: document])
def test_every_element_of_a_trust_policy_is_kept(form: Any) -> None:
    document = {
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": ["123456789012", "*"], "Service": "ec2.amazonaws.com"},
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": True}},
            },
            {"Effect": "Allow", "Action": ["sts:Assume*"], "Principal": "*"},
            {
                "Effect": "Deny",
                "NotAction": "sts:TagSession",
                "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"},
            },
        ]
    }
    assert parse_trust(form(document)) == (
        TrustStatement(
            effect=Effect.ALLOW,
            actions=("sts:assumerole",),
            principals=(("AWS", "123456789012"), ("AWS", "*"), ("Service", "ec2.amazonaws.com")),
            conditions=(Condition(operator="Bool", key="aws:MultiFactorAuthPresent", values=("true",)),),
        ),
        TrustStatement(effect=Effect.ALLOW, actions=("sts:assume*",), principals=(("AWS", "*"),)),
        TrustStatement(
            effect=Effect.DENY,
            not_actions=("sts:tagsession",),
            principals=(("AWS", "arn:aws:iam::123456789012:root"),),
            all_but=True,
        ),
    )


@pytest.mark.parametrize(
    ("elements", "sentence"),
    [
        ({"Principal": "*"}, "A statement must have either Action or NotAction."),
        ({"Action": "*"}, "A statement must have either Principal or NotPrincipal."),
        ({"Action": "*", "Principal": "ada"}, "Principal must be * or an object."),
        ({"Action": "*", "Principal": {"AWS": 1}}, "Principal must be text or a list of texts, not int."),
        ({"Action": 1, "Principal": "*"}, "Action must be text or a list of texts, not int."),
        ({"NotAction": 1, "Principal": "*"}, "NotAction must be text or a list of texts, not int."),
    ],
)
def test_an_unreadable_trust_policy_is_refused(elements: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PolicyDocumentError) as refused:
        parse_trust({"Statement": {"Effect": "Allow", **elements}})
    assert str(refused.value) == sentence


DEEP: Any = "x"
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        pytest.param("", "A policy document is not JSON: ''.", id="empty"),
        pytest.param("x", "A policy document is not JSON: 'x'.", id="a word"),
        pytest.param("%7B", "A policy document is not JSON: '{'.", id="truncated, encoded"),
        pytest.param("{" * 100, f"A policy document is not JSON: '{'{' * 80}'.", id="truncated"),
        pytest.param('{"Statement":' * 100_000, None, id="a deep text"),
        pytest.param("[" * 100_000, None, id="a deep list"),
        pytest.param("9" * 10_000, None, id="a long number"),
        pytest.param("[]", "A policy document must be a JSON object, not list.", id="list"),
        pytest.param("null", "A policy document must be a JSON object, not NoneType.", id="null"),
        pytest.param(None, "A policy document must be a JSON object, not NoneType.", id="None"),
        pytest.param({}, "Statement must be an object or a list of objects.", id="no statement"),
        pytest.param({"Statement": "x"}, "Statement must be an object or a list of objects.", id="statement as text"),
        pytest.param({"Statement": ["x"]}, "Statement must be an object or a list of objects.", id="list of texts"),
        pytest.param(
            {"Statement": {"Action": "*", "Resource": "*"}},
            "Effect must be Allow or Deny, not NoneType.",
            id="no effect",
        ),
        pytest.param(
            {"Statement": allow() | {"Effect": "allow"}}, "Effect must be Allow or Deny, not 'allow'.", id="case"
        ),
        pytest.param(
            {"Statement": allow() | {"Effect": DEEP}}, "Effect must be Allow or Deny, not list.", id="deep effect"
        ),
        pytest.param(
            {"Statement": allow() | {"NotAction": "*"}},
            "A statement must have either Action or NotAction.",
            id="Action and NotAction",
        ),
        pytest.param(
            {"Statement": {"Effect": "Allow", "Resource": "*"}},
            "A statement must have either Action or NotAction.",
            id="neither",
        ),
        pytest.param(
            {"Statement": {"Effect": "Allow", "Action": "*"}},
            "A statement must have either Resource or NotResource.",
            id="no resource",
        ),
        pytest.param(
            {"Statement": allow() | {"NotResource": "*"}},
            "A statement must have either Resource or NotResource.",
            id="Resource and NotResource",
        ),
        pytest.param(
            {"Statement": allow() | {"Action": 1}}, "Action must be text or a list of texts, not int.", id="1"
        ),
        pytest.param(
            {"Statement": allow() | {"Resource": None}},
            "Resource must be text or a list of texts, not NoneType.",
            id="null as resource",
        ),
        pytest.param(
            '{"Statement": [], "Statement": []}', "A policy document has the key 'Statement' twice.", id="twice"
        ),
        pytest.param(
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {}, "Bool": {}}}}',
            "A policy document has the key 'Bool' twice.",
            id="two conditions with one operator",
        ),
        pytest.param(
            {"Statement": allow() | {"Effect": "x" * 100}},
            f"Effect must be Allow or Deny, not '{'x' * 80}'.",
            id="a long effect",
        ),
        pytest.param(
            {"Statement": allow(NotResource=[1])},
            "NotResource must be text or a list of texts, not int.",
            id="a number in NotResource",
        ),
        pytest.param(
            {"Statement": allow(NotAction=[["iam:*"]])},
            "NotAction must be text or a list of texts, not list.",
            id="a list in a list",
        ),
        pytest.param(
            {"Statement": allow(Condition=[])}, "Condition must be an object of objects.", id="condition list"
        ),
        pytest.param(
            {"Statement": allow(Condition={"Bool": "true"})}, "Condition must be an object of objects.", id="no key"
        ),
        pytest.param(
            {"Statement": allow(Condition={"Bool": {"a": DEEP}})},
            "The values of a Condition must be texts, numbers, booleans or a list of them.",
            id="deep condition",
        ),
        pytest.param(
            {"Statement": allow(Condition={"Bool": {"a": None}})},
            "The values of a Condition must be texts, numbers, booleans or a list of them.",
            id="null condition",
        ),
    ],
)
def test_an_unreadable_document_is_refused_without_guessing(document: Any, sentence: str | None) -> None:
    with pytest.raises(PolicyDocumentError) as refused:
        parse_document(document)
    assert sentence is None or str(refused.value) == sentence
    assert len(str(refused.value)) < 200


LETTERS = string.ascii_lowercase
IN_NAME = LETTERS + string.digits
IN_SERVICE = IN_NAME + "-:"
BUT_I = [f"{character}*" for character in LETTERS if character != "i"]


def all_covered(patterns: list[str], prefix: str) -> bool:
    """Whether patterns match every action, of all services or of the one of a prefix."""
    return cover(map(prepare, patterns), (*literal(prefix), *NAME_FORM) if prefix else ACTION_FORM, undecided=False)


@pytest.mark.parametrize(
    ("patterns", "prefix", "expected"),
    [
        (["*"], "", True),
        ([], "", False),
        (["iam:*"], "iam:", True),
        (["iam:?*"], "iam:", True),
        (["iam:??*"], "iam:", True),
        (["iam:????*"], "iam:", False),
        (["iam*"], "iam:", True),
        (["iam:get*"], "iam:", False),
        (["i*"], "iam:", True),
        (["i*:*"], "iam:", True),
        (["i*:get*"], "iam:", False),
        (["*m:*"], "iam:", True),
        (["*x:*"], "iam:", False),
        (["[i]am:*"], "iam:", False),
        (["iam:[a-z]*"], "iam:", False),
        (["*:*"], "iam:", True),
        (["*:getuser"], "iam:", False),
        ([f"iam:{c}*" for c in string.ascii_lowercase], "iam:", True),
        ([f"iam:{c}*" for c in string.ascii_lowercase[1:]], "iam:", False),
        ([f"{c}*" for c in string.ascii_lowercase], "", True),
        ([f"{c}*:*" for c in string.ascii_lowercase], "", True),
        ([f"{c}?*:*" for c in string.ascii_lowercase], "", False),
        ([f"{c}*:*" for c in string.ascii_lowercase[:-1]], "", False),
        (["*a*", "*e*", "*i*", "*o*", "*u*"], "", False),
        # Split once more: more characters are valid in the name of a service than of an action.
        ([*BUT_I, *(f"i{c}*" for c in IN_SERVICE)], "", True),
        ([*BUT_I, *(f"i{c}*" for c in IN_SERVICE if c != ":")], "", False),
        ([*BUT_I, *(f"i{c}*" for c in IN_SERVICE if c != "-")], "", False),
        ([*(f"iam:{c}" for c in BUT_I), *(f"iam:i{c}*" for c in IN_NAME)], "iam:", True),
        ([*(f"iam:{c}" for c in BUT_I), *(f"iam:i{c}*" for c in LETTERS)], "iam:", False),
        # No action has two colons.
        (["iam:*:*"], "iam:", False),
    ],
)
def test_covers(patterns: list[str], prefix: str, *, expected: bool) -> None:
    assert all_covered(patterns, prefix) is expected


# An independent reference: each pattern is a regular expression, matched against each action.


def matches(action: str, pattern: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, action) is not None


def followers(prefix: str) -> str:
    if not prefix or prefix.endswith(":"):
        return LETTERS
    return IN_NAME if ":" in prefix else IN_SERVICE


def completed(prefix: str) -> str:
    """Return an action that begins with the prefix; patterns can match nothing else of it."""
    if ":" not in prefix:
        return f"{prefix}qq:zzqq"
    return f"{prefix}zzqq"


@st.composite
def cuts(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Split `*` into patterns for all following characters, split some of them again, and omit some."""
    heads = [""]
    for _ in range(draw(st.integers(0, 3))):
        head = draw(st.sampled_from(heads))
        heads.remove(head)
        heads += [head + character for character in followers(head)]
    left_out = draw(st.lists(st.sampled_from(heads), max_size=2))
    kept = [f"{head}*" for head in heads if head not in left_out]
    extra = draw(st.lists(st.sampled_from(["iam:*", "s3:get*", "i*", "iam:g*", "*get*", "s3:*", "a"]), max_size=3))
    return draw(st.permutations(kept + extra)), [completed(head) for head in heads]


@given(cuts())
@settings(max_examples=100, deadline=None)
def test_covers_agrees_with_an_exhaustive_search_on_patterns_that_end_in_wildcards(
    found: tuple[list[str], list[str]],
) -> None:
    patterns, universe = found
    for prefix in ("", "iam:"):
        reached = [action for action in universe if action.startswith(prefix)] if prefix else universe
        if prefix and not reached:
            reached = ["iam:zzqq", *(f"iam:{character}zzqq" for character in LETTERS)]
        reference = all(any(matches(action, pattern) for pattern in patterns) for action in reached)
        assert all_covered(patterns, prefix) is reference


SHORT = [
    f"{service}:{name}"
    for service in ("a", "b", "ab", "ba", "iam", "iama", "i-a")
    for name in ("aaa", "bbb", "abm", "bam", "babi", "am1")
]


@given(
    st.lists(st.text(alphabet="abi:m*?", max_size=6), max_size=8),
    st.sampled_from([[], list(LETTERS), [f"{letter}*" for letter in LETTERS if letter not in "ab"]]),
    st.sampled_from(["", "iam:"]),
)
@settings(max_examples=300, deadline=None)
def test_covers_is_never_true_if_an_action_is_missing(some: list[str], others: list[str], prefix: str) -> None:
    patterns = some + others
    if all_covered(patterns, prefix):
        assert [a for a in SHORT if a.startswith(prefix) and not any(matches(a, p) for p in patterns)] == []


def test_wildcards_take_linear_time() -> None:
    many = [f"{a}{b}{c}*" for a in LETTERS for b in LETTERS for c in LETTERS]
    hostile = [["*a" * 5_000], ["?*" * 5_000], ["*" * 10_000], many, [f"iam:{'*a' * 2_000}*"], ["a" * 10_000 + "*"]]
    started = time.process_time()
    for patterns in hostile:
        all_covered(patterns, "")
        all_covered(patterns, "iam:")
        statement = Statement(effect=Effect.ALLOW, actions=tuple(patterns), resources=tuple(patterns))
        every_resource(statement, HERE)
        full_access((statement,), HERE)
    # Each of these would take extremely long with backtracking, and takes a fraction of a second in our algorithm.
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    ("statement", "wide", "exact"),
    [
        (allow(), True, True),
        (allow(resource="**"), True, True),
        (allow(resource=["arn:aws:s3:::records", "*"]), True, True),
        (allow(resource="arn:aws:*"), True, False),
        (allow(resource=""), False, False),
        (allow(resource="X"), False, False),
        (allow(resource="?*"), True, False),
        (allow(resource="*?"), True, False),
        (allow(resource="arn:aws-cn:*:*:*:*"), False, False),
        (allow(resource="arn:aws-cn*"), False, False),
        (allow(resource="arn:aws:*:*:123456789012:*"), True, False),
        (allow(resource="arn:aws:*:*:210987654321:*"), False, False),
        (allow(resource="arn:aws:*:*:*:${aws:PrincipalTag/x}*", version=True), True, False),
        (allow(resource="arn:aws:*:*:*:${saml:sub, ''}*", version=True), True, False),
        (allow(resource="arn:aws:*:*:*:${saml:sub, 'x'}*", version=True), False, False),
        (allow(resource="arn:aws:*:*:*:${saml:sub}*", version=True), False, False),
        (allow(resource="arn:aws-cn:s3*"), False, False),
        (allow(NotResource="arn:aws:s3:::records"), True, False),
        (allow(NotResource=[]), True, False),
        (allow(NotResource="*"), False, False),
    ],
)
def test_every_resource(statement: dict[str, Any], *, wide: bool, exact: bool) -> None:
    version = {"Version": "2012-10-17"} if "version" in statement else {}
    elements = {name: value for name, value in statement.items() if name != "version"}
    (parsed,) = parse_document({"Statement": elements, **version}).statements
    assert (every_resource(parsed, HERE), every_resource_exactly(parsed)) == (wide, exact)


# Random documents, with and without IAM's grammar.

PATTERNS = st.one_of(
    st.sampled_from(["*", "*:*", "**", "iam:*", "IAM:*", "s3:*", "iam:Get*", "i*", "organizations:*", "*:Get*", ""]),
    st.text(alphabet="aims3:*?G", max_size=8),
)
RESOURCES = st.sampled_from(["*", "**", "arn:*", "arn:aws:*", "arn:aws:s3:::records", "arn:aws:iam::*:user/*", ""])
CONDITIONS = st.dictionaries(
    st.sampled_from(["Bool", "StringLike", "ForAnyValue:StringEquals"]),
    st.dictionaries(
        st.sampled_from(["aws:MultiFactorAuthPresent", "aws:username"]),
        st.one_of(st.text(max_size=5), st.booleans(), st.integers(), st.lists(st.text(max_size=3), max_size=2)),
        max_size=2,
    ),
    max_size=2,
)


def one_or_many(items: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.one_of(items, st.lists(items, max_size=4))


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "NotAction"])): draw(one_or_many(PATTERNS)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(one_or_many(RESOURCES)),
    }
    if draw(st.booleans()):
        statement["Condition"] = draw(CONDITIONS)
    return statement


DOCUMENTS = st.lists(statements(), max_size=5)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["Statement", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]),
                st.text(max_size=6),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


def holder(*documents: Any) -> IamUser:
    return user(
        *(
            Policy(
                name=f"p{number}", arn=f"arn:aws:iam::123456789012:policy/p{number}", document=parse_document(document)
            )
            for number, document in enumerate(documents)
        )
    )


def administrator(*documents: Any, model: PrivilegeModel = PrivilegeModel.ATTACHED) -> bool:
    return bool(find_grants(holder(*documents), Parameters(privilege_model=model)))


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_arbitrary_json_is_judged_or_refused(document: Any) -> None:
    for form in (document, {"Statement": document}, {"Statement": [document]}, json.dumps(document)):
        try:
            found = parse_document(form)
        except PolicyDocumentError:
            continue
        full_access(found.statements, HERE)


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_arbitrary_text_is_refused(text: str) -> None:
    with pytest.raises(PolicyDocumentError):
        parse_document(text)


@given(DOCUMENTS, st.sampled_from(PrivilegeModel))
@settings(max_examples=300, deadline=None)
def test_every_document_of_the_grammar_is_judged(document: list[dict[str, Any]], model: PrivilegeModel) -> None:
    someone = holder({"Statement": document})
    boundary = Policy(
        name="b", arn="arn:aws:iam::123456789012:policy/b", document=parse_document({"Statement": document})
    )
    fenced = IamUser(
        user_name="b",
        user_id="AIDAB",
        arn="",
        attachments=(Attachment(policy=holder({"Statement": allow()}).attachments[0].policy),),
        boundary=boundary,
    )
    for each in (someone, fenced):
        assert isinstance(find_grants(each, Parameters(privilege_model=model)), tuple)


@given(st.lists(DOCUMENTS, min_size=1, max_size=3), statements(effects=("Allow",)), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_an_additional_allow_never_clears_an_administrator(
    documents: list[list[dict[str, Any]]], more: dict[str, Any], at: int
) -> None:
    before = administrator(*({"Statement": document} for document in documents))
    longer = [[*documents[0][:at], more, *documents[0][at:]], *documents[1:]]
    assert administrator(*({"Statement": document} for document in longer)) >= before
    assert administrator(*({"Statement": document} for document in documents), {"Statement": more}) >= before


@given(DOCUMENTS, statements(effects=("Deny",)))
@settings(max_examples=100, deadline=None)
def test_a_deny_never_changes_the_attached_model_and_never_adds_to_the_effective_one(
    document: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    with_deny = {"Statement": [*document, more]}
    assert administrator(with_deny) is administrator({"Statement": document})
    effective = PrivilegeModel.EFFECTIVE
    assert administrator(with_deny, model=effective) <= administrator({"Statement": document}, model=effective)
    assert administrator(with_deny, model=effective) <= administrator(with_deny)


def listed(statement: dict[str, Any]) -> dict[str, Any]:
    return {k: [v] if isinstance(v, str) and k != "Effect" else v for k, v in statement.items()}


@given(DOCUMENTS, st.randoms(), st.sampled_from(PrivilegeModel))
@settings(max_examples=100, deadline=None)
def test_order_lists_case_and_the_way_a_document_is_split_never_matter(
    document: list[dict[str, Any]], mixer: Any, model: PrivilegeModel
) -> None:
    expected = administrator({"Statement": document}, model=model)
    shuffled = document[:]
    mixer.shuffle(shuffled)
    cut = mixer.randint(0, len(document))
    for documents in (
        [{"Statement": shuffled}],
        [{"Statement": [listed(statement) for statement in document]}],
        [{"Statement": document[:cut]}, {"Statement": document[cut:]}],
        [{"Statement": statement} for statement in shuffled],
        [json.dumps({"Statement": document})],
        [{"Statement": document}, {"Statement": document}],
    ):
        assert administrator(*documents, model=model) is expected
