"""Audit one account: read in bulk, then read what verdicts still depend on until every user has one.

`evaluate` returns a verdict or names the facts it needs, the reader reads them, and `evaluate` judges again.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from admin_mfa.aws.account_details import DetailsReader
from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import ReadError
from admin_mfa.evaluate import evaluate
from admin_mfa.model import GrantSource, IamUser, Unread, Verdict
from admin_mfa.parameters import AdministratorDefinition, Parameters
from admin_mfa.root_user import AccountStatus, RootCredentials, account_status

if TYPE_CHECKING:
    from admin_mfa.escalation.search import Survey
    from admin_mfa.findings.audits import Audit

Progress = Callable[[str], None]
"""Receives a few words about what is being done; must not raise."""


def silent(_: str) -> None:
    """Report no progress."""


def root_status(root: RootCredentials | None, reader: IamReader, parameters: Parameters) -> AccountStatus:
    """Return the verdict on the root user, once the virtual devices have been read; None is unknown credentials."""
    known = replace(root, virtual_mfa=reader.root_virtual_mfa) if root else None
    return account_status(known, hardware_only=parameters.root_mfa_types is not None)


def judge_users(
    reader: IamReader, parameters: Parameters, today: date, progress: Progress = silent, *, leave_out: str = ""
) -> tuple[Verdict, ...]:
    """Give every user exactly one verdict, in the order of their names.

    Users who vanish while the account is read have none.

    Args:
        reader: Reads IAM.
        parameters: The rule's.
        today: For exemptions with an end.
        progress: Receives a few words about what is being done.
        leave_out: The ARN of a policy to judge without: the remediation's enforcement policy must not satisfy the
            rule because of which it is attached.

    Raises:
        ReadError: Something could not be read. There are no partial results.
    """
    judged = judged_users(reader, parameters, today, progress, leave_out=leave_out)
    return tuple(verdict for _, verdict in judged)


def judged_users(
    reader: IamReader, parameters: Parameters, today: date, progress: Progress = silent, *, leave_out: str = ""
) -> tuple[tuple[IamUser, Verdict], ...]:
    """Return every user with the verdict; see `judge_users`."""
    progress("reading users, groups, policies and virtual MFA devices")
    users, survey = _read(reader, parameters, leave_out)
    progress(f"judging {len(users)} users")
    by_id = {user.user_id: user for user in users}
    verdicts = _judge(reader, users, survey, parameters, today, progress)
    ordered = sorted(verdicts, key=lambda verdict: verdict.user_name.casefold())
    return tuple((by_id[verdict.user_id], verdict) for verdict in ordered)


def judge_user(
    reader: IamReader, user_name: str, user_id: str, parameters: Parameters, today: date, *, leave_out: str = ""
) -> Verdict | None:
    """Judge one user from live IAM, in about ten calls; None if no user has that id any more.

    With `AdministratorDefinition=Escalation` the answer depends on everybody, and so it takes the bulk calls of
    `judge_users`: one page for each thousand users, one for each thousand groups, roles and policies, one for each
    thousand virtual devices.

    Raises:
        ReadError: Something could not be read.
    """
    if parameters.administrator_definition is AdministratorDefinition.ESCALATION:
        return _judge_among_all(reader, user_id, parameters, today, leave_out)
    user = reader.user(user_name, user_id)
    return judge_read_user(reader, user, parameters, today, leave_out=leave_out) if user else None


def judge_read_user(
    reader: IamReader, user: IamUser, parameters: Parameters, today: date, *, leave_out: str = ""
) -> Verdict | None:
    """Judge a user who has been read; None if the user vanishes while more about it is read.

    With `AdministratorDefinition=Escalation` it is read again, with everybody else, see `judge_user`.

    Raises:
        ReadError: Something could not be read.
    """
    if parameters.administrator_definition is AdministratorDefinition.ESCALATION:
        return _judge_among_all(reader, user.user_id, parameters, today, leave_out)
    verdicts = _judge(reader, (_without(user, leave_out),), None, parameters, today, silent)
    return verdicts[0] if verdicts else None


def _judge_among_all(
    reader: IamReader, user_id: str, parameters: Parameters, today: date, leave_out: str
) -> Verdict | None:
    everybody, survey = _read(reader, parameters, leave_out)
    users = tuple(user for user in everybody if user.user_id == user_id)
    verdicts = _judge(reader, users, survey, parameters, today, silent)
    return verdicts[0] if verdicts else None


def audit(
    reader: IamReader,
    *,
    account_id: str,
    partition: str,
    parameters: Parameters,
    region: str = "",
    progress: Progress = silent,
) -> "Audit":
    """Look at one account: all its users and its root user.

    Raises:
        ReadError: Something could not be read. There are no partial results.
    """
    # The rule, which judges with this module too, makes no report.
    from admin_mfa.findings.audits import Audit  # noqa: PLC0415

    now = datetime.now(UTC)
    beside = ThreadPoolExecutor(1)
    try:
        root = beside.submit(reader.root_credentials)
        verdicts = judge_users(reader, parameters, now.date(), progress)
        return Audit(
            account_id=account_id,
            partition=partition,
            evaluated_at=now,
            parameters=tuple(parameters.as_text().items()),
            account=root_status(root.result(), reader, parameters),
            verdicts=verdicts,
            warnings=(*exemption_warnings(verdicts, parameters), *unreadable_warnings(verdicts)),
            region=region,
        )
    finally:
        # After an error or Ctrl-C, do not wait for pending calls.
        beside.shutdown(wait=False, cancel_futures=True)


def with_details(result: "Audit", reader: DetailsReader) -> "Audit":
    """Return the audit with the account's alias and the activity of its users.

    Neither changes a verdict, so a credential report that cannot be read is a warning.
    """
    found = replace(result, account_alias=reader.alias())
    try:
        return replace(found, activity=reader.activity())
    except ReadError as error:
        warning = f"The credential report could not be read, so no activity is shown: {error}"
        return replace(found, warnings=(*found.warnings, warning))


def unmatched_exemptions(users: Iterable[IamUser | Verdict], parameters: Parameters) -> tuple[str, ...]:
    """Return the entries of ExemptUsers that match no user: misspelt, or of a deleted user."""
    known = tuple(users)
    return tuple(entry.identity for entry in parameters.exempt_users if not any(entry.matches(user) for user in known))


def exemption_warnings(
    verdicts: tuple[Verdict, ...], parameters: Parameters, unknown: Iterable[IamUser] = ()
) -> tuple[str, ...]:
    """Return a warning for each exemption that has no effect; unknown users have no verdict, but names."""
    unmatched = (
        f"ExemptUsers names {entry}, but no user has that name, id or ARN."
        for entry in unmatched_exemptions((*verdicts, *unknown), parameters)
    )
    invalid = (
        f"{verdict.user_name} has the tag {parameters.exempt_tag}, but its value is not a date (YYYY-MM-DD), "
        "true, yes or empty, so it grants no exemption."
        for verdict in verdicts
        if verdict.exempt_tag_invalid
    )
    return (*unmatched, *invalid)


def unreadable_policies(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return the names of the policies that count because they could not be read, sorted."""
    return tuple(sorted(_unreadable(verdicts)))


def _unreadable(verdicts: Iterable[Verdict]) -> dict[str, GrantSource]:
    return {source.name: source for verdict in verdicts for grant in verdict.grants for source in grant.unread}


def unreadable_warnings(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return a warning for each policy that could not be read."""
    return tuple(
        f"The {f'policy {name}' if source.role is None else name} cannot be read, so "
        f"{'its holders count as administrators' if source.role is None else 'any principal may assume the role'}; "
        "save it again in IAM's grammar."
        for name, source in sorted(_unreadable(verdicts).items())
    )


def _without(user: IamUser, policy_arn: str) -> IamUser:
    if not policy_arn or all(attachment.policy.arn != policy_arn for attachment in user.attachments):
        return user
    return replace(user, attachments=tuple(a for a in user.attachments if a.policy.arn != policy_arn))


def _read(
    reader: IamReader, parameters: Parameters, leave_out: str = ""
) -> tuple[tuple[IamUser, ...], "Survey | None"]:
    """Read every user, and survey the account if the definition of administrator depends on it."""
    if parameters.administrator_definition is not AdministratorDefinition.ESCALATION:
        return tuple(_without(user, leave_out) for user in reader.users()), None
    from admin_mfa.escalation.search import Survey  # noqa: PLC0415 - most accounts are judged without it

    snapshot = reader.snapshot()
    snapshot = replace(snapshot, users=tuple(_without(user, leave_out) for user in snapshot.users))
    return snapshot.users, Survey(snapshot, parameters)


def _judge(
    reader: IamReader,
    users: tuple[IamUser, ...],
    survey: "Survey | None",
    parameters: Parameters,
    today: date,
    progress: Progress,
) -> list[Verdict]:
    """Return the verdict on each user who still exists when everything about the user has been read."""
    verdicts: list[Verdict] = []
    while users:
        unread: list[tuple[IamUser, Unread]] = []
        for user in users:
            answer = evaluate(user, parameters, today, survey)
            if isinstance(answer, Verdict):
                verdicts.append(answer)
            else:
                unread.append((user, answer))
        if unread:
            progress(f"reading MFA devices and credentials of {len(unread)} administrators")
        users = reader.read(unread)
    return verdicts
