"""What a format is: a name, what its files are called, and a pure renderer."""

from collections.abc import Callable
from dataclasses import dataclass

from admin_mfa.findings.content import Report

DEFAULT_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """How text for people is to look; formats for machines pay no heed to it.

    Attributes:
        width: Columns there are.
        colour: Whether terminal colours may be used. They never carry meaning alone.
        everyone: Whether to list users who are no administrators too, and not only count them.
    """

    width: int = DEFAULT_WIDTH
    colour: bool = False
    everyone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of the table of formats.

    Attributes:
        name: As in `--format NAME`.
        media_type: The type's registered name.
        suffix: What files of it end in, with the dot.
        description: A few words for the help text.
        render: Turns a report into the whole text, which ends in a line break.
    """

    name: str
    media_type: str
    suffix: str
    description: str
    render: Callable[[Report, RenderOptions], str]
