"""The rule's handler, loaded from the repository as AWS Lambda loads it from the artifact: by its file.

The folder `rules/` is RDK's layout and no package, so it is found by its place: beside `src/` in a clone, into which
`make` installs the project for editing. A wheel does not hold it, and it is not looked for in the current directory,
because a demonstration must not run whatever code lies there.
"""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import admin_mfa
from admin_mfa.demo.errors import DemoError

Handler = Callable[[dict[str, Any], Any], Any]

_IDENTIFIER = "IAM_ADMIN_USER_MFA_ENABLED"


def load_handler() -> Handler:
    """Return the real `lambda_handler`, from a module made anew.

    The module makes its AWS session when it is loaded, so the environment must already be that of the embedded AWS.

    Raises:
        DemoError: This installation has no rule beside it.
    """
    file = Path(admin_mfa.__file__).resolve().parents[2] / "rules" / _IDENTIFIER / f"{_IDENTIFIER}.py"
    spec = spec_from_file_location(_IDENTIFIER, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise DemoError(
            f"The demonstration calls the rule in rules/{_IDENTIFIER}, which this installation does not have beside "
            "it: clone the repository and run `make demo` there."
        )
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Handler = module.lambda_handler
    return handler
