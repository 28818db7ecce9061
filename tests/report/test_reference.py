"""The table of parameters holds every parameter, in cells that Markdown keeps apart."""

from admin_mfa.parameters import PARAMETERS
from admin_mfa.report.reference import parameters_markdown


def test_every_parameter_has_its_row() -> None:
    lines = parameters_markdown().splitlines()
    assert lines[:2] == ["| Parameter | Default | Allowed | Meaning |", "|---|---|---|---|"]
    assert [line.split("|")[1].strip() for line in lines[2:]] == [f"`{row.name}`" for row in PARAMETERS]
    assert {line.count("|") for line in lines} == {5}
    assert lines[3] == (
        "| `PrivilegeModel` | `attached` | attached or effective | attached: every attached policy counts. "
        "effective: an unconditional Deny of every action on every resource outweighs it, and so does a permissions "
        "boundary that is not itself full access, unless the user can delete that boundary. |"
    )
