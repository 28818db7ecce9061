"""Test that every page is read once, and that a service that repeats pages endlessly is refused."""

from typing import Any

import pytest

from admin_mfa.aws.paging import MARKER, NEXT_TOKEN, Style, pages
from admin_mfa.errors import ReadError


def serving(*answers: dict[str, Any]) -> tuple[list[dict[str, Any]], Any]:
    """Return the recorded arguments of calls, and a function that returns the responses in order."""
    calls: list[dict[str, Any]] = []
    waiting = list(answers)

    def call(**arguments: Any) -> dict[str, Any]:
        calls.append(arguments)
        return waiting.pop(0)

    return calls, call


@pytest.mark.parametrize(
    ("style", "answers", "sent"),
    [
        pytest.param(NEXT_TOKEN, [{"NextToken": "b"}, {"NextToken": "c"}, {}], [None, "b", "c"], id="tokens"),
        pytest.param(NEXT_TOKEN, [{"NextToken": ""}], [None], id="an empty token ends the list"),
        pytest.param(
            MARKER,
            [{"IsTruncated": True, "Marker": "b"}, {"IsTruncated": False, "Marker": "c"}],
            [None, "b"],
            id="a marker without further pages",
        ),
    ],
)
def test_every_page_is_requested_once(style: Style, answers: list[dict[str, Any]], sent: list[str | None]) -> None:
    calls, call = serving(*answers)
    assert list(pages(call, "x:List", style=style, Limit=5)) == answers
    assert calls == [{"Limit": 5} | ({} if token is None else {style.token: token}) for token in sent]


@pytest.mark.parametrize(
    ("style", "answers"),
    [
        pytest.param(NEXT_TOKEN, [{"NextToken": "a"}, {"NextToken": "b"}, {"NextToken": "a"}], id="a cycle"),
        pytest.param(MARKER, [{"IsTruncated": True}], id="truncated, without a marker"),
        pytest.param(MARKER, [{"IsTruncated": True, "Marker": "a"}] * 2, id="the same marker again"),
    ],
)
def test_endless_pages_are_refused(style: Style, answers: list[dict[str, Any]]) -> None:
    _, call = serving(*answers)
    with pytest.raises(ReadError, match=r"^x:List reports more results but returned no new marker\.$"):
        list(pages(call, "x:List", style=style))
