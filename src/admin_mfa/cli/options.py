"""Options that several commands share."""

import configparser
import os
from pathlib import Path
from typing import Annotated

import typer

from admin_mfa.cli.raw_parameters import complete_parameter


def complete_profile(incomplete: str) -> list[str]:
    """Complete the name of a profile from the AWS CLI's files, without loading botocore."""
    found: dict[str, None] = {}
    files = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
    for variable, default in files:
        parser = configparser.RawConfigParser(default_section="", strict=False)
        try:
            parser.read(Path(os.environ.get(variable) or default).expanduser(), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in parser.sections():
            kind, _, name = section.partition(" ")
            if kind == "profile" or (not name and kind):
                found[name.strip(" \"'") or kind] = None
    return [name for name in sorted(found) if name.startswith(incomplete)]


Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", autocompletion=complete_profile, help="Profile in the AWS config file, like AWS_PROFILE."
    ),
]

Region = Annotated[
    str | None, typer.Option(metavar="REGION", help="Region, like AWS_REGION; it selects the partition.")
]

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print no progress, warnings or notes; errors are still printed.")
]

RuleParameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        "-p",
        metavar="KEY=VALUE",
        autocompletion=complete_parameter,
        help="A rule parameter; repeat for more. `admin-mfa parameters` lists them.",
    ),
]
