"""The stored queries follow AWS Config's grammar and ask for properties that its schema has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.organization.test_stack import resolver

SCHEMA = json.loads((Path(__file__).parent / "resource_compliance.json").read_text(encoding="utf-8"))
"""Names from https://github.com/awslabs/aws-config-resource-schema, AWS::Config::ResourceCompliance."""

# https://docs.aws.amazon.com/config/latest/developerguide/query-components.html, and LIKE with a wildcard at the end.
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z][\w.]*)|(?P<sign>=|,|\(|\)|\*))", re.ASCII)
KEYWORDS = {"SELECT", "WHERE", "GROUP", "ORDER", "BY", "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ASC", "DESC"}
FUNCTIONS = {"AVG", "COUNT", "MAX", "MIN", "SUM"}
MAX_QUERY = 4096
MAX_NAME, MAX_DESCRIPTION = 64, 256


class Query:
    """Reads one query, and raises where it does not follow the grammar."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.properties: list[str] = []
        self.grouped: str | None = None
        self.selected: list[str] = []
        self.aggregates = 0
        self._query()

    def _next(self, *wanted: str) -> str:
        kind, token = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        if wanted and token.upper() not in wanted and kind not in wanted:
            raise SyntaxError(f"{token!r} where {' or '.join(wanted)} was expected")
        self.at += 1
        return token

    def _is(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1].upper() in words

    def _property(self) -> str:
        name = self._next("name")
        if name.upper() in KEYWORDS:
            raise SyntaxError(f"{name} where a property was expected")
        self.properties.append(name)
        return name

    def _query(self) -> None:
        self._next("SELECT")
        self._column()
        while self._is(","):
            self._next(",")
            self._column()
        if self._is("WHERE"):
            self._next("WHERE")
            self._condition()
        if self._is("GROUP"):
            self._next("GROUP")
            self._next("BY")
            self.grouped = self._property()
        if self._is("ORDER"):
            self._next("ORDER")
            self._next("BY")
            self._sorted()
            while self._is(","):
                self._next(",")
                self._sorted()
        if self.at != len(self.tokens):
            raise SyntaxError(f"{self.tokens[self.at][1]!r} after the end")

    def _column(self) -> None:
        if self._is(*FUNCTIONS):
            self._next()
            self._next("(")
            if self._is("*"):
                self._next("*")
            else:
                self._property()
            self._next(")")
            self.aggregates += 1
        else:
            self.selected.append(self._property())

    def _sorted(self) -> None:
        self._property()
        if self._is("ASC", "DESC"):
            self._next()

    def _condition(self) -> None:
        self._term()
        while self._is("AND", "OR"):
            self._next()
            self._term()

    def _term(self) -> None:
        if self._is("NOT"):
            self._next()
        if self._is("("):
            self._next("(")
            self._condition()
            self._next(")")
            return
        self._property()
        operator = self._next("=", "IN", "BETWEEN", "LIKE").upper()
        if operator == "IN":
            self._next("(")
            self._next("text")
            while self._is(","):
                self._next(",")
                self._next("text")
            self._next(")")
            return
        value = self._next("text")
        if operator == "LIKE" and "%" in value[1:-2]:
            raise SyntaxError(f"LIKE {value}: a wildcard stands at the end only")
        if operator == "BETWEEN":
            self._next("AND")
            self._next("text")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        if match is None:
            raise SyntaxError(f"no token at {text[at:]!r}")
        yield str(match.lastgroup), str(match[str(match.lastgroup)])
        at = match.end()


def unknown(query: Query) -> set[str]:
    return set(query.properties) - set(SCHEMA)


@pytest.fixture(scope="module")
def queries(stack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        r["Properties"]["QueryName"]: r["Properties"]
        for r in resolver(stack).resources().values()
        if r["Type"] == "AWS::Config::StoredQuery"
    }


def test_every_query_follows_the_grammar_and_asks_for_what_there_is(queries: dict[str, dict[str, Any]]) -> None:
    assert set(queries) == {
        "iam-admin-user-mfa-enabled-by-account",
        "iam-admin-user-mfa-enabled-users",
        "iam-admin-user-mfa-enabled-root-users",
    }
    for name, properties in queries.items():
        query = Query(properties["QueryExpression"])
        assert unknown(query) == set(), name
        assert len(properties["QueryExpression"]) <= MAX_QUERY
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,%d}" % MAX_NAME, name)  # noqa: UP031 - braces are the pattern's
        assert len(properties["QueryDescription"]) <= MAX_DESCRIPTION
        if query.aggregates:
            assert query.selected == [query.grouped]


def test_queries_ask_for_our_rules_by_the_beginning_of_their_names(
    queries: dict[str, dict[str, Any]], produced: Any
) -> None:
    rules = {
        r["Properties"]["ConfigRuleName"]
        for r in produced.pack["Resources"].values()
        if r["Type"] == "AWS::Config::ConfigRule"
    }
    asked = {
        match
        for properties in queries.values()
        for match in re.findall(r"configRuleName LIKE '([\w-]+)%'", properties["QueryExpression"])
    }
    assert asked == rules


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("resourceId WHERE resourceType = 'x'", id="no SELECT"),
        pytest.param("SELECT resourceId FROM resources", id="FROM"),
        pytest.param("SELECT resourceId WHERE resourceType LIKE '%x'", id="wildcard in front"),
        pytest.param("SELECT resourceId WHERE resourceType", id="no operator"),
        pytest.param("SELECT resourceId WHERE resourceType <> 'x'", id="another operator"),
        pytest.param('SELECT resourceId WHERE resourceType = "x"', id="double quotes"),
        pytest.param("SELECT COUNT(*) GROUP resourceId", id="GROUP without BY"),
        pytest.param("SELECT resourceId, WHERE resourceType = 'x'", id="comma too many"),
        pytest.param("SELECT accountId, COUNT(*) GROUP BY accountId, awsRegion", id="two groups"),
    ],
)
def test_the_reader_refuses_what_is_no_query(text: str) -> None:
    with pytest.raises(SyntaxError):
        Query(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("SELECT resourceId WHERE resourceType='AWS::EC2::Instance'", id="AWS's first example"),
        pytest.param(
            "SELECT configuration.complianceType, COUNT(*) WHERE resourceType = 'AWS::Config::ResourceCompliance' "
            "GROUP BY configuration.complianceType",
            id="AWS's second example",
        ),
    ],
)
def test_the_reader_takes_what_is_one(text: str) -> None:
    assert unknown(Query(text)) == set()


def test_a_property_that_the_schema_has_not_is_seen() -> None:
    assert unknown(Query("SELECT configuration.annotation")) == {"configuration.annotation"}
