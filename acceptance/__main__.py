"""`python -m acceptance`, or `make acceptance`: prove a deployed stack, and report each step with its time."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from acceptance.permissions import policy
from acceptance.recording import record
from acceptance.run import Run, Step, as_json
from acceptance.stack import AcceptanceError, read_stack


def main(words: list[str] | None = None) -> int:
    """Run it; 0 if every step passed or was skipped, 1 if one failed, 2 if it was refused, 130 on Ctrl-C."""
    given = _parser().parse_args(words)
    session = Session(profile=given.profile)
    if given.region:
        session.set_config_variable("region", given.region)
    try:
        if given.print_policy:
            sts: Any = session.create_client("sts")
            identity = sts.get_caller_identity()
            _print(json.dumps(policy(identity["Arn"].split(":")[1], identity["Account"]), indent=2))
            return 0
        stack = read_stack(session, given.stack_name)
        _confirm(stack.account_id, given.account_id)
        if given.record:
            record(session, given.record)
        run = Run(session, stack, minutes=given.minutes, report=_tell)
        steps = run()
    except (AcceptanceError, BotoCoreError, ClientError) as error:
        _print(f"error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        _print("Interrupted. What the run created has been removed, or is listed above.", error=True)
        return 130
    if given.json:
        given.json.write_text(as_json(stack, steps), encoding="utf-8")
    return 1 if any(step.result == "failed" for step in steps) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="acceptance",
        description="Prove a deployed stack with one test user, which is an administrator without a password and "
        "without access keys. Everything that the run creates is removed at the end, also on Ctrl-C.",
    )
    parser.add_argument("--stack-name", default="admin-mfa")
    parser.add_argument("--account-id", help="the account's id, in place of typing it")
    parser.add_argument("--profile")
    parser.add_argument("--region")
    parser.add_argument("--minutes", type=float, default=30, help="how long each wait may take (default: 30)")
    parser.add_argument("--json", type=Path, help="write the report to this file")
    parser.add_argument("--record", type=Path, help="store every answer in this folder, without ids and secrets")
    parser.add_argument("--print-policy", action="store_true", help="print the least-privilege policy and end")
    return parser


def _confirm(account_id: str, typed: str | None) -> None:
    if typed is None:
        typed = input(f"This creates an administrator in the account {account_id}. Type the account id to go on: ")
    if typed.strip() != account_id:
        raise AcceptanceError(f"The account is {account_id}, not {typed.strip() or 'empty'}. Nothing was created.")


def _tell(step: Step) -> None:
    _print(f"{step.result:<8}{step.seconds:>8.1f} s  {step.name}{': ' if step.detail else ''}{step.detail}")


def _print(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
