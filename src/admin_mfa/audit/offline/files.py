"""Files of saved answers: bounded, regular, JSON; and their names."""

import hashlib
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from admin_mfa.audit.offline.errors import SavedAnswersError

MAX_BYTES = 256 * 2**20
"""Limit for one file. 5,000 users with 500 small policies take 3 MB; large policies in five versions take more."""

MAX_FILES = 1000
"""Limit for the files directly in a directory, which are pages. The output for one user is in a directory below."""

SUFFIX = ".json"

_MAX_NAME = 200
"""Characters of a file name that come from a name or an ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """One file.

    Attributes:
        name: As the caller named it; for messages.
        content: The parsed JSON.
        saved_at: When the file was last modified, in UTC.
    """

    name: str
    content: Any
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """A directory of saved answers, or a single file.

    Raises:
        SavedAnswersError: From every method, when a file cannot be used; the text says why.
    """

    path: Path

    def top(self) -> Iterator[SavedFile]:
        """Yield the JSON files directly in the directory, by name; or the single file."""
        for path in self._listed():
            yield _read(path)

    def others(self) -> tuple[str, ...]:
        """Return the names of files directly in the directory that are not JSON files by their ending."""
        if not self.path.is_dir():
            return ()
        return tuple(path.name for path in self._entries() if path.is_file() and path.suffix != SUFFIX)

    def get(self, name: str) -> SavedFile | None:
        """Return a file below the directory; None if it does not exist."""
        path = self.path / name
        return _read(path) if self.path.is_dir() and path.exists() else None

    def _listed(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        found = [path for path in self._entries() if path.suffix == SUFFIX and path.is_file()]
        if len(found) > MAX_FILES:
            raise SavedAnswersError(f"{str(self.path)!r} contains more than {MAX_FILES} JSON files.")
        return found

    def _entries(self) -> list[Path]:
        try:
            return sorted(self.path.iterdir())
        except OSError as error:
            raise _unreadable(self.path, error) from error


def file_name(command: str, identity: str) -> str:
    """Return the name of the file for a command's output about one user, device or policy.

    A user name is used as it is; anything that could leave the directory, or that is not portable, is percent-encoded.

    >>> file_name("list-mfa-devices", "ada@example.com"), file_name("list-mfa-devices", "../ada")
    ('list-mfa-devices/ada@example.com.json', 'list-mfa-devices/..%2Fada.json')
    >>> len(file_name("get-policy", "arn:aws:iam::123456789012:policy/" + "a" * 512).partition("/")[2])
    222
    """
    name = quote(identity, safe="+=,.@-_")
    if len(name) > _MAX_NAME:
        # ARNs can be longer than file names may be.
        name = f"{name[:_MAX_NAME]}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    return f"{command}/{name}{SUFFIX}"


def _read(path: Path) -> SavedFile:
    try:
        with path.open("rb") as stream:
            status = path.stat()
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(content) > MAX_BYTES:
        raise SavedAnswersError(f"{str(path)!r} is larger than {MAX_BYTES // 2**20} MB.")
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SavedAnswersError(
            f"{str(path)!r} is not JSON. Save the output of the AWS CLI with `--output json`."
        ) from error
    # A pipe has no time of its own.
    saved_at = datetime.fromtimestamp(status.st_mtime, UTC) if stat.S_ISREG(status.st_mode) else datetime.now(UTC)
    return SavedFile(name=str(path), content=parsed, saved_at=saved_at)


def _unreadable(path: Path, error: OSError) -> SavedAnswersError:
    return SavedAnswersError(f"{str(path)!r} cannot be read: {(error.strerror or str(error)).lower()}.")
