"""The command `admin-mfa audit`: its options, and what they lead to."""

from pathlib import Path
from typing import Annotated

import typer

from admin_mfa.cli import output, terminal
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, MAX_CONCURRENCY, Wanted
from admin_mfa.cli.baseline import FailOn, compared, failing, load
from admin_mfa.cli.collect import Saved, refuse_live_options, refuse_unknown
from admin_mfa.cli.destination import destinations
from admin_mfa.cli.errors import CommandError, ExitCode, did_you_mean
from admin_mfa.cli.options import Profile, Quiet, Region, RuleParameters
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_given, parse_pairs
from admin_mfa.findings.order import common_warnings, counted
from admin_mfa.report import FORMATS, Report, summary_line


def _known_formats(given: list[str] | None) -> list[str] | None:
    for name in given or ():
        if name not in FORMATS:
            *names, last = FORMATS
            raise typer.BadParameter(
                f"{name!r:.50} is unknown.{did_you_mean(name, FORMATS)} Use {', '.join(names)} or {last}."
            )
    return given


def _complete_format(incomplete: str) -> list[tuple[str, str]]:
    return [(row.name, row.description) for row in FORMATS.values() if row.name.startswith(incomplete)]


def audit(  # noqa: PLR0913 - the arguments are the command's options
    *,
    profile: Profile = None,
    region: Region = None,
    parameter: RuleParameters = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            callback=_known_formats,
            autocompletion=_complete_format,
            help="; ".join(f"{row.name}: {row.description}" for row in FORMATS.values())
            + ". Repeat for several, with a directory for --output. Default: by the file extension of "
            "--output, or table.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file that only you can read, replaced atomically. - is standard output. "
            "In a directory, the file is named admin-mfa, with the extension of its format.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An earlier JSON report: shows what is new, fixed and unchanged since."),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 for any finding, or only for findings that are not in the baseline.")
    ] = FailOn.ANY,
    everyone: Annotated[
        bool, typer.Option("--all", help="In the table, also list users who are not administrators.")
    ] = False,
    activity: Annotated[
        bool,
        typer.Option(
            "--activity",
            help="Also show the account alias and, from the credential report, each user's last sign-in and the age of "
            "access keys. The report can be 4 hours old and never decides about MFA. "
            "`admin-mfa permissions --activity` prints the policy.",
        ),
    ] = False,
    organization: Annotated[
        bool, typer.Option("--organization", help="Audit every active account of the organization.")
    ] = False,
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Audit the accounts in a file: one id per line, optionally followed by a name. - is standard input.",
        ),
    ] = None,
    role_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Role to assume in each account, with its path if it has one. Default: {DEFAULT_ROLE}. "
            "A session policy makes the session read-only, whatever the role allows.",
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(metavar="ID", help="External id, if the role's trust policy requires one.")
    ] = None,
    ou: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only accounts in this organizational unit; repeat for more."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY[=VALUE]", help="Only accounts with this tag; repeat to require several."),
    ] = None,
    account: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this account; repeat for more.")] = None,
    exclude_account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Skip this account; repeat for more.")
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_CONCURRENCY,
            metavar="N",
            help=f"Accounts to read at once, 1 to {MAX_CONCURRENCY}. Default: {DEFAULT_CONCURRENCY}.",
        ),
    ] = None,
    saved: Saved = None,
    quiet: Quiet = False,
) -> None:
    """Audit the IAM users and root user of one or many accounts.

    Read-only; `admin-mfa permissions` prints the policy that it needs. With --organization or --accounts, accounts
    that cannot be read are listed as not audited, and the exit code is 3. With --from, users whose verdict depends on
    an answer that was not saved are listed as unknown, and the exit code is 3.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_given(given)
    earlier = load(baseline, fail_on)
    reports = destinations(formats, file)
    wanted = Wanted(
        organization=organization,
        file=accounts,
        role_name=role_name,
        external_id=external_id,
        parents=tuple(ou or ()),
        account_ids=tuple(account or ()),
        excluded_ids=tuple(exclude_account or ()),
        tags=tuple(tag or ()),
        concurrency=concurrency,
    )
    wanted.validate()
    refuse_live_options(saved, many=wanted.many, profile=profile)
    if activity and wanted.many:
        raise CommandError("--activity audits one account: omit --organization and --accounts.", ExitCode.USAGE)
    # AWS's library takes longer to load than everything else: `--help` and usage errors do without it.
    from admin_mfa.cli.account import audit_account, audit_accounts  # noqa: PLC0415

    if saved is not None:
        from admin_mfa.cli.offline import audit_files  # noqa: PLC0415 - loaded with --from only

        report = Report.of(audit_files(saved, parameters, region=region))
    elif wanted.many:
        report = Report.of(audit_accounts(wanted, parameters, profile=profile, region=region, quiet=quiet))
    else:
        report = Report.of(audit_account(parameters, profile=profile, region=region, quiet=quiet, activity=activity))
    report = compared(report, earlier, baseline)
    texts = [
        one.format.render(report, terminal.render_options(to_file=bool(one.file), everyone=everyone)) for one in reports
    ]
    warnings = () if quiet else (*ignored_parameters(given), *common_warnings(report.audits))
    for warning in warnings:
        terminal.warn(warning)
    for one, text in zip(reports, texts, strict=True):
        output.write(text, one.file)
    if reports[-1].file and not quiet:
        terminal.note(f"{', '.join(str(one.file) for one in reports)}: {summary_line(report)}")
        if report.comparison:
            terminal.note(report.comparison.line())
    if report.not_audited:
        missing = counted(len(report.not_audited), "account")
        raise CommandError(
            f"{missing} could not be audited, so the result is incomplete. The report lists the reasons."
        )
    refuse_unknown(report)
    raise typer.Exit(ExitCode.NON_COMPLIANT if failing(report, fail_on) else ExitCode.COMPLIANT)
