"""Judge published dumps of GetAccountAuthorizationDetails offline, and fail if one is not understood.

`make judge-dumps DUMPS='<file> ...'` reads files. Cloudsplaining publishes such dumps in its repository, not on PyPI:

    git clone --depth 1 https://github.com/salesforce/cloudsplaining
    make judge-dumps DUMPS="$(grep -rl --include='*.json' UserDetailList cloudsplaining/examples cloudsplaining/test)"

Prowler publishes none: its tests create their accounts with moto. A dump that joins several accounts is split. Dumps
contain no MFA devices, so every administrator must be unknown, and all other users compliant.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from admin_mfa.audit.offline.answers import BULK, DETAILS, SavedAnswers
from admin_mfa.audit.offline.errors import NotSavedError
from admin_mfa.audit.offline.files import SavedFile
from admin_mfa.audit.offline.reader import audit_saved
from admin_mfa.errors import AdminMfaError
from admin_mfa.model import Compliance
from admin_mfa.parameters import parse_parameters

DEFINITIONS = ("AdministratorAccess", "FullAccess", "Escalation")


def main(paths: list[Path]) -> int:
    """Judge every dump under every definition of administrator; return the number of dumps that failed."""
    failed = 0
    for path in paths:
        for account_id, dump in accounts(json.loads(path.read_text(encoding="utf-8"))):
            try:
                found = ", ".join(judge(path.name, dump, definition) for definition in DEFINITIONS)
            except AdminMfaError as error:
                print(f"{path}, account {account_id}: {error}")
                failed += 1
            else:
                print(f"{path}, account {account_id}: {len(dump['UserDetailList'])} users; administrators: {found}")
    return failed


def accounts(dump: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Split a dump by account; AWS's own policies go to each."""
    lists = {name: dump.get(name, []) for name in BULK[DETAILS]}
    owners = {account(one) for members in lists.values() for one in members} - {"aws"}
    for owner in sorted(owners):
        yield owner, {n: [one for one in members if account(one) in (owner, "aws")] for n, members in lists.items()}


def account(detail: Mapping[str, Any]) -> str:
    """Return the owner of a user, group, role or policy."""
    return str(detail["Arn"].split(":")[4])


def judge(name: str, dump: dict[str, Any], definition: str) -> str:
    """Return the number of administrators, all of whom must be unknown; or what the dump leaves out.

    Raises:
        AdminMfaError: The dump was not understood, or a verdict rests on nothing.
    """
    file = SavedFile(name=name, content=dump, saved_at=datetime.now(UTC))
    parameters = parse_parameters({"AdministratorDefinition": definition})
    try:
        found = audit_saved(SavedAnswers([file], lambda _: None), parameters)
    except NotSavedError as error:
        return f"{definition} needs `{error.command}`"
    judged = [one.user_id for one in found.verdicts] + [one.user.user_id for one in found.unknown]
    if sorted(judged) != sorted(user["UserId"] for user in dump["UserDetailList"]):
        raise AdminMfaError(f"{definition}: not every user has one result.")
    if any(one.administrator or one.compliance is not Compliance.COMPLIANT for one in found.verdicts):
        raise AdminMfaError(f"{definition}: an administrator was judged without its MFA devices.")
    return f"{definition} {len(found.unknown)}"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("Pass at least one file: make judge-dumps DUMPS='<file> ...'")
    sys.exit(min(main([Path(argument) for argument in sys.argv[1:]]), 1))
