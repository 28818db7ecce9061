"""The options of `audit` that select many accounts, and the file that lists them."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin_mfa.cli.errors import CommandError, ExitCode

MAX_BYTES = 10_000_000
"""Limit for a file of accounts, far above a line for each account of the largest organizations."""

DEFAULT_ROLE = "OrganizationAccountAccessRole"
"""AWS Organizations creates this role in the accounts that it creates; it trusts the management account.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
"""

DEFAULT_CONCURRENCY = 8
MAX_CONCURRENCY = 32

_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_PARENT_ID = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_ROLE = re.compile(r"(?!arn:)(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_BLANK = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts the command line selects.

    Attributes:
        organization: Whether AWS Organizations lists the accounts.
        file: The file that lists them instead; `-` is standard input.
        role_name: The role to assume in each account.
        external_id: The external id that the role's trust policy requires.
        parents: Organizational units, or the root.
        account_ids: The accounts to include; empty for all.
        excluded_ids: The accounts to skip.
        tags: Tags that an account must have, as Key or Key=Value.
        concurrency: The number of accounts to read at once.
    """

    organization: bool
    file: Path | None
    role_name: str | None
    external_id: str | None
    parents: tuple[str, ...]
    account_ids: tuple[str, ...]
    excluded_ids: tuple[str, ...]
    tags: tuple[str, ...]
    concurrency: int | None

    @property
    def many(self) -> bool:
        """Return whether the audit covers many accounts."""
        return self.organization or self.file is not None

    def validate(self) -> None:
        """Validate every option before the first call to AWS.

        Raises:
            CommandError: Options contradict each other, or a value is malformed.
        """
        if self.organization and self.file is not None:
            raise _usage("Pass --organization or --accounts, not both.")
        self._refuse_options_without_effect()
        _each(
            "--ou", self.parents, _PARENT_ID, "the id of an organizational unit such as ou-ab12-cd34ef56, or of a root"
        )
        _each("--account", self.account_ids, _ACCOUNT_ID, "an account id of 12 digits")
        _each("--exclude-account", self.excluded_ids, _ACCOUNT_ID, "an account id of 12 digits")
        if self.role_name is not None:
            refuse_role_name(self.role_name)
        _each("--external-id", _given(self.external_id), _EXTERNAL_ID, "2 to 1,224 letters, digits and +=,.@:/_-")
        for tag in self.tags:
            if not tag.partition("=")[0].strip():
                raise _usage(f"--tag takes a tag as Key or Key=Value, not {tag!r:.200}.")

    def _refuse_options_without_effect(self) -> None:
        of_many = {"--role-name": self.role_name, "--external-id": self.external_id, "--concurrency": self.concurrency}
        of_organization = {
            "--ou": self.parents,
            "--tag": self.tags,
            "--account": self.account_ids,
            "--exclude-account": self.excluded_ids,
        }
        if not self.many:
            for option, value in (of_many | of_organization).items():
                if value:
                    raise _usage(f"{option} needs --organization{' or --accounts' if option in of_many else ''}.")
        elif not self.organization:
            for option, value in of_organization.items():
                if value:
                    raise _usage(f"{option} needs --organization: --accounts already lists the accounts.")


def refuse_role_name(name: str) -> None:
    """Refuse a malformed role name.

    Raises:
        CommandError: It is malformed, or an ARN.
    """
    _each("--role-name", (name,), _ROLE, "a role name, with its path if it has one, not an ARN")


def read_file(file: Path) -> tuple[tuple[str, str], ...]:
    """Return the account ids in a file, each with the name that follows it; repeated ids are ignored.

    Empty lines and comments, which start with #, are ignored.

    Raises:
        CommandError: The file cannot be read, is malformed, or is empty.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(_text(file).splitlines(), start=1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        account_id, *rest = _BLANK.split(words, maxsplit=1)
        if not _ACCOUNT_ID.fullmatch(account_id):
            raise _usage(
                f"--accounts {str(file)!r}, line {number}: {account_id!r:.100} is not an account id of 12 digits."
            )
        found.setdefault(account_id, rest[0].strip() if rest else "")
    if not found:
        raise _usage(f"--accounts {str(file)!r} lists no account. Write one account id of 12 digits per line.")
    return tuple(found.items())


def _text(file: Path) -> str:
    try:
        if file == Path("-"):
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _usage(f"--accounts {str(file)!r} is larger than {MAX_BYTES // 1_000_000} MB.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _usage(f"--accounts {str(file)!r} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except UnicodeDecodeError as error:
        raise _usage(f"--accounts {str(file)!r} is not UTF-8 text.") from error


def pairs(tags: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Split tags at their first equals sign; None means any value."""
    split: list[tuple[str, Any, str]] = [tag.partition("=") for tag in tags]
    return tuple((key.strip(), value if equals else None) for key, equals, value in split)


def _given(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _each(option: str, values: Sequence[str], pattern: re.Pattern[str], allowed: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise _usage(f"{option} takes {allowed}, not {value!r:.200}.")


def _usage(text: str) -> CommandError:
    return CommandError(text, ExitCode.USAGE)
