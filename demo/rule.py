"""Load the functions from files of the repository, as AWS Lambda loads them from their artifacts.

The folders `rules/` and `remediation/` are not packages, so the files are found by their path in the clone.
"""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from demo.errors import DemoError

Handler = Callable[[dict[str, Any], Any], Any]

_ROOT = Path(__file__).resolve().parents[1]
_IDENTIFIER = "IAM_ADMIN_USER_MFA_ENABLED"


def load_handler() -> Handler:
    """Return the rule's real `lambda_handler`, from a newly loaded module, as in a new Lambda container.

    The first invocation creates its clients for the current environment; later invocations reuse them.

    Raises:
        DemoError: The clone lacks the file.
    """
    handler: Handler = load_module(f"rules/{_IDENTIFIER}/{_IDENTIFIER}.py").lambda_handler
    return handler


def load_module(path: str) -> ModuleType:
    """Return a new instance of a function's module.

    Raises:
        DemoError: The clone lacks the file.
    """
    file = repository_file(path)
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise DemoError(f"{path} is not a Python module.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def repository_file(path: str) -> Path:
    """Return a file of the repository.

    Raises:
        DemoError: The clone lacks the file.
    """
    file = _ROOT / path
    if not file.is_file():
        raise DemoError(f"The demonstration needs {path}, which is missing from this clone. Restore it with git.")
    return file
