"""Write a result to standard output or, atomically, to a file."""

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from admin_mfa.cli.errors import CommandError, ExitCode

STANDARD_OUTPUT = Path("-")


def probe(path: Path | None) -> None:
    """Check that a file can be written before AWS is called.

    Raises:
        CommandError: It cannot; the text says why.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    with _naming(path, ExitCode.USAGE):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a directory")
        if not _is_device(path):
            descriptor, name = _beside(path)
            os.close(descriptor)
            Path(name).unlink()


def write(text: str, path: Path | None) -> None:
    """Write a result.

    A file is replaced in one step, so a partial file is never visible. Only its owner can read it, because it names
    users and what they lack.

    Raises:
        CommandError: It could not be written; a file that was there before is unchanged.
    """
    if path is None or path == STANDARD_OUTPUT:
        _print(text)
        return
    with _naming(path, ExitCode.INCOMPLETE):
        if _is_device(path):
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path.resolve(), text)


def _print(text: str) -> None:
    try:
        # Names in IAM are ASCII; anything else is replaced in a locale that cannot print it.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has exited. The interpreter flushes once more at exit, which must not fail.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CommandError(f"Standard output cannot be written: {reason(error)}.") from error


def _replace(path: Path, text: str) -> None:
    descriptor, name = _beside(path)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync_directory(path.parent)


def _beside(path: Path) -> tuple[int, str]:
    """Create an empty file in the same directory that only the owner can read."""
    return tempfile.mkstemp(prefix=".admin-mfa-", dir=path.resolve().parent)


def _sync_directory(path: Path) -> None:
    """Make the rename durable, if the file system supports it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_device(path: Path) -> bool:
    """Return whether a path is a device such as /dev/null, which must not be replaced."""
    return path.exists() and not stat.S_ISREG(path.stat().st_mode)


@contextmanager
def _naming(path: Path, exit_code: ExitCode) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"{str(path)!r} cannot be written: {reason(error)}. Pass another file with --output.",
            exit_code,
        ) from error


_REASONS = {
    errno.ENOENT: "its directory does not exist",
    errno.ENOTDIR: "its directory is a file",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EISDIR: "it is a directory",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space left",
}


def reason(error: OSError) -> str:
    """Return in a few words why the system refused."""
    return _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
