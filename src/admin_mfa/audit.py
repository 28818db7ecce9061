"""One look at one account: read in bulk, judge, read what verdicts still depend on, judge again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

from admin_mfa.evaluate import evaluate, unmatched_exemptions
from admin_mfa.iam import IamReader
from admin_mfa.model import Audit, IamUser, Unread, Verdict
from admin_mfa.parameters import Parameters

Progress = Callable[[str], None]
"""Is told in a few words what is being done; must not raise."""


def _silent(_: str) -> None:
    pass


def judge_users(
    reader: IamReader, parameters: Parameters, today: date, progress: Progress = _silent
) -> tuple[Verdict, ...]:
    """Give every user exactly one verdict, in the order of their names.

    Users who vanish while the account is read have none.

    Raises:
        ReadError: Something could not be read. There are no partial results.
    """
    progress("reading users, groups, policies and virtual MFA devices")
    users = reader.users()
    progress(f"judging {len(users)} users")
    return tuple(sorted(_judge(reader, users, parameters, today, progress), key=lambda v: v.user_name.casefold()))


def judge_user(reader: IamReader, user_name: str, user_id: str, parameters: Parameters, today: date) -> Verdict | None:
    """Judge one user from live IAM, in about ten calls; None if no user has that id any more.

    Raises:
        ReadError: Something could not be read.
    """
    user = reader.user(user_name, user_id)
    return judge_read_user(reader, user, parameters, today) if user else None


def judge_read_user(reader: IamReader, user: IamUser, parameters: Parameters, today: date) -> Verdict | None:
    """Judge a user who has been read; None if the user vanishes while more about it is read.

    Raises:
        ReadError: Something could not be read.
    """
    verdicts = _judge(reader, (user,), parameters, today, _silent)
    return verdicts[0] if verdicts else None


def audit(
    reader: IamReader,
    *,
    account_id: str,
    partition: str,
    parameters: Parameters,
    region: str = "",
    progress: Progress = _silent,
) -> Audit:
    """Look at one account: all its users and its root user.

    Raises:
        ReadError: Something could not be read. There are no partial results.
    """
    now = datetime.now(UTC)
    beside = ThreadPoolExecutor(1)
    try:
        account = beside.submit(reader.account_status)
        verdicts = judge_users(reader, parameters, now.date(), progress)
        return Audit(
            account_id=account_id,
            partition=partition,
            evaluated_at=now,
            parameters=tuple(parameters.as_text().items()),
            account=account.result(),
            verdicts=verdicts,
            warnings=exemption_warnings(verdicts, parameters),
            region=region,
        )
    finally:
        # Whoever is told of an error, or pressed Ctrl-C, does not wait for a call that nobody needs any more.
        beside.shutdown(wait=False, cancel_futures=True)


def exemption_warnings(verdicts: tuple[Verdict, ...], parameters: Parameters) -> tuple[str, ...]:
    """Say which entries of ExemptUsers mean nobody."""
    return tuple(
        f"ExemptUsers names {entry}, but no user has that name, id or ARN."
        for entry in unmatched_exemptions(verdicts, parameters)
    )


def _judge(
    reader: IamReader, users: tuple[IamUser, ...], parameters: Parameters, today: date, progress: Progress
) -> list[Verdict]:
    verdicts: list[Verdict] = []
    while users:
        unread: list[tuple[IamUser, Unread]] = []
        for user in users:
            answer = evaluate(user, parameters, today)
            if isinstance(answer, Verdict):
                verdicts.append(answer)
            else:
                unread.append((user, answer))
        if unread:
            progress(f"asking IAM about {len(unread)} administrators")
        users = reader.read(unread)
    return verdicts
