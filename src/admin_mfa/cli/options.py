"""Options that several commands have, told once."""

from typing import Annotated

import typer

from admin_mfa.cli.raw_parameters import complete_parameter

Profile = Annotated[str | None, typer.Option(metavar="NAME", help="Profile of the AWS config file, as AWS_PROFILE.")]

Region = Annotated[str | None, typer.Option(metavar="REGION", help="Region, as AWS_REGION; it decides the partition.")]

RuleParameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        "-p",
        metavar="KEY=VALUE",
        autocompletion=complete_parameter,
        help="A rule parameter; repeat it for more. `admin-mfa parameters` lists them.",
    ),
]
