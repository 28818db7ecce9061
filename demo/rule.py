"""The functions, loaded from the repository as AWS Lambda loads them from their artifacts: by their files.

The folders `rules/` and `remediation/` are not packages, so the files are found by their place in the clone.
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
    """Return the rule's real `lambda_handler`, from a module loaded anew, as in a new Lambda container.

    Its clients are made at the first invocation, for the environment of that moment, and re-used afterwards.

    Raises:
        DemoError: The clone lacks the file.
    """
    handler: Handler = load_module(f"rules/{_IDENTIFIER}/{_IDENTIFIER}.py").lambda_handler
    return handler


def load_module(path: str) -> ModuleType:
    """Return a function's module, made anew.

    Raises:
        DemoError: The clone lacks the file.
    """
    file = repository_file(path)
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise DemoError(f"{path} is no Python module.")
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
        raise DemoError(f"The demonstration needs {path}, which this clone lacks: restore it with git.")
    return file
