"""Many accounts at the command line: which ones, by which role, and one look at all of them."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admin_mfa.cli.errors import CommandError, ExitCode

MAX_BYTES = 10_000_000
"""Of a file of accounts; a line for each account of the largest organizations is far below."""

DEFAULT_ROLE = "OrganizationAccountAccessRole"
"""Accounts that were made by AWS Organizations have it, and it trusts the management account.

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
    """What the command line says about many accounts.

    Attributes:
        organization: Whether AWS Organizations is asked which accounts there are.
        file: Where they are listed instead; `-` is standard input.
        role_name: What to assume in each of them.
        external_id: What its trust policy may ask for.
        parents: Organizational units, or the root.
        account_ids: Only these accounts.
        excluded_ids: Not these accounts.
        tags: Tags that an account must have, as Key or Key=Value.
        concurrency: How many accounts are read at once.
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
        """Whether many accounts are meant at all."""
        return self.organization or self.file is not None

    def validate(self) -> None:
        """RenderOptions at every option before anybody waits for AWS.

        Raises:
            CommandError: Options do not go together, or a value has not the form that AWS gives it.
        """
        if self.organization and self.file is not None:
            raise _usage("Give --organization or --accounts, not both.")
        self._refuse_options_without_a_place()
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

    def _refuse_options_without_a_place(self) -> None:
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
                    raise _usage(f"{option} needs --organization: --accounts names the accounts already.")


def refuse_role_name(name: str) -> None:
    """Refuse what is no role's name.

    Raises:
        CommandError: It is none, or an ARN.
    """
    _each("--role-name", (name,), _ROLE, "a role's name, with its path where it has one, and no ARN")


def read_file(file: Path) -> tuple[tuple[str, str], ...]:
    """Read account ids, each with a name if something follows it on its line; the first of each id counts.

    Empty lines, and what follows a #, mean nothing.

    Raises:
        CommandError: The file cannot be read, is no list of accounts, or is empty.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(_text(file).splitlines(), start=1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        account_id, *rest = _BLANK.split(words, maxsplit=1)
        if not _ACCOUNT_ID.fullmatch(account_id):
            raise _usage(f"--accounts {str(file)!r}, line {number}: {account_id!r:.100} is no account id of 12 digits.")
        found.setdefault(account_id, rest[0].strip() if rest else "")
    if not found:
        raise _usage(f"--accounts {str(file)!r} names no account; it takes one account id of 12 digits a line.")
    return tuple(found.items())


def _text(file: Path) -> str:
    try:
        if file == Path("-"):
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _usage(f"--accounts {str(file)!r} is too long for a list of accounts.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _usage(f"--accounts {str(file)!r} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except UnicodeDecodeError as error:
        raise _usage(f"--accounts {str(file)!r} is no text in UTF-8.") from error


def pairs(tags: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Split tags at their first equals sign; None stands for any value."""
    split: list[tuple[str, Any, str]] = [tag.partition("=") for tag in tags]
    return tuple((key.strip(), value if equals else None) for key, equals, value in split)


def _given(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _each(option: str, values: Sequence[str], pattern: re.Pattern[str], allowed: str) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise _usage(f"{option} takes {allowed}; {value!r:.200} is none.")


def _usage(text: str) -> CommandError:
    return CommandError(text, ExitCode.USAGE)
