"""The documents really run: in our interpreter and in AWS's own simulator, with the real helper behind them."""

import pytest

from tests.support.tools import require_tool

from .played import BOOKS, play, played


@pytest.mark.xdist_group("remediation stories")
@pytest.mark.parametrize(
    ("book", "name"), [pytest.param(book, name, id=name) for book, stories in BOOKS.items() for name in stories]
)
def test_story_holds_in_our_interpreter_and_in_the_simulator_of_aws_by_the_same_steps(
    book: str, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = played(book)[name]
    node = require_tool("node", "runs the documents in AWS's simulator, which is a jsii library")
    monkeypatch.setenv("JSII_NODE", str(node))
    from .simulator import run  # noqa: PLC0415 - importing it starts node, and takes seconds

    assert play(BOOKS[book][name], run) == ours
    assert "Executing Step" in capfd.readouterr().out
