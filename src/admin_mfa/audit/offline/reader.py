"""The reader of accounts over saved answers, and the audit made from it.

Everything but the source of the answers is `IamReader`'s, so an offline audit decides as a live one does.
"""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from botocore.hooks import HierarchicalEmitter

from admin_mfa.audit.account import exemption_warnings, judge_users, root_status, unreadable_warnings
from admin_mfa.audit.offline.answers import SavedAnswers
from admin_mfa.audit.offline.errors import NotSavedError
from admin_mfa.aws.iam import IamReader
from admin_mfa.escalation.search import Survey
from admin_mfa.evaluate import grants_in_force
from admin_mfa.findings.audits import Audit, Unknown
from admin_mfa.model import IamUser, Unread
from admin_mfa.parameters import AdministratorDefinition, Parameters
from admin_mfa.root_user import RootCredentials


class SavedReader(IamReader):
    """Reads one account from saved answers.

    Attributes:
        unknown: The users whose verdict depends on an answer that was not saved.
    """

    def __init__(self, answers: SavedAnswers) -> None:
        # Events of a client that never calls.
        silent: Any = SimpleNamespace(meta=SimpleNamespace(events=HierarchicalEmitter()))
        super().__init__(silent)
        self._answers = answers
        self.unknown: list[Unknown] = []

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the saved answer to a call."""
        return self._answers.answer(operation, arguments)

    def read(self, wanted: Sequence[tuple[IamUser, Unread]]) -> tuple[IamUser, ...]:
        """Read what is still unread about users; those about whom it was not saved become unknown."""
        found: list[IamUser] = []
        for user, unread in wanted:
            try:
                found += super().read([(user, unread)])
            except NotSavedError as error:
                self.unknown.append(Unknown(user=user, missing=error.command))
        return tuple(found)


def audit_saved(answers: SavedAnswers, parameters: Parameters, *, region: str = "") -> Audit:
    """Audit the account that the answers are about, as of the day on which they were saved.

    Raises:
        SavedAnswersError: A file about one user is not what the AWS CLI writes.
        ReadError: Nothing can be concluded from the files.
    """
    with SavedReader(answers) as reader:
        verdicts = judge_users(reader, parameters, answers.saved_at.date())
        if not answers.lists_virtual_devices:
            reader.root_virtual_mfa = None
        return Audit(
            account_id=answers.account.account_id,
            partition=answers.account.partition,
            evaluated_at=answers.saved_at,
            parameters=tuple(parameters.as_text().items()),
            account=root_status(_root(reader), reader, parameters),
            verdicts=verdicts,
            warnings=(
                *answers.unused,
                *exemption_warnings(verdicts, parameters, (one.user for one in reader.unknown)),
                *unreadable_warnings(verdicts),
            ),
            region=region,
            unknown=_with_grants(reader, parameters),
            saved=True,
        )


def _with_grants(reader: SavedReader, parameters: Parameters) -> tuple[Unknown, ...]:
    """Return the unknown users by name, each with what makes it an administrator, as far as policies show that."""
    if not reader.unknown:
        return ()
    escalation = parameters.administrator_definition is AdministratorDefinition.ESCALATION
    survey = Survey(reader.snapshot(), parameters) if escalation else None
    found = []
    for one in sorted(reader.unknown, key=lambda one: one.user.user_name.casefold()):
        grants = grants_in_force(one.user, parameters, survey)
        found.append(one if isinstance(grants, Unread) else replace(one, grants=grants))
    return tuple(found)


def _root(reader: SavedReader) -> RootCredentials | None:
    try:
        return reader.root_credentials()
    except NotSavedError:
        return None
