"""Run the demonstration with `python -m demo`, and report an error in one sentence."""

import sys

from admin_mfa.errors import AdminMfaError
from demo import run


def main() -> int:
    """Run the demonstration and return its exit code: 0, 3 if it cannot be completed, or 130 on Ctrl-C."""
    try:
        run()
    except AdminMfaError as error:
        return _stop(f"error: {error}", 3)
    except KeyboardInterrupt:
        return _stop("Interrupted.", 130)
    return 0


def _stop(sentence: str, exit_code: int) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the demonstration's own standard error
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
