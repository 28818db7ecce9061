"""The functions, loaded from the repository as AWS Lambda loads them from their artifacts: by their files.

The folders `rules/` and `remediation/` are no packages, so they are found by their place: beside `src/` in a clone,
into which `make` installs the project for editing. A wheel does not hold them, and they are not looked for in the
current directory, because a demonstration must not run whatever code lies there.
"""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import admin_mfa
from admin_mfa.demo.errors import DemoError

Handler = Callable[[dict[str, Any], Any], Any]

_IDENTIFIER = "IAM_ADMIN_USER_MFA_ENABLED"


def load_handler() -> Handler:
    """Return the rule's real `lambda_handler`, from a module made anew.

    The module makes its AWS session when it is loaded, so the environment must already be that of the embedded AWS.

    Raises:
        DemoError: This installation has no rule beside it.
    """
    handler: Handler = load_module(f"rules/{_IDENTIFIER}/{_IDENTIFIER}.py").lambda_handler
    return handler


def load_module(path: str) -> ModuleType:
    """Return a function's module, made anew.

    Raises:
        DemoError: This installation has no such file beside it.
    """
    file = beside_the_package(path)
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise DemoError(f"{path} is no Python module.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def beside_the_package(path: str) -> Path:
    """Return a file of the repository.

    Raises:
        DemoError: This installation has no such file beside it.
    """
    file = Path(admin_mfa.__file__).resolve().parents[2] / path
    if not file.is_file():
        raise DemoError(
            f"The demonstration needs {path}, which this installation does not have beside it: clone the repository "
            "and run `make demo` there."
        )
    return file
