"""Hold what the product asks, and what the emulator answers, to botocore's service models.

`make compare-aws-models` records the demonstration and a few tests that between them call every operation which the
rule, the remediation, the command, doctor and the acceptance run declare. It fails for a deviation that
`demo.emulator.conformity` does not list with its reason, for a listed one that no longer occurs, and for an operation
that was not called.
"""

import sys

import pytest

from acceptance import permissions
from admin_mfa.audit import doctor
from admin_mfa.aws import config, iam, organizations, reevaluate
from admin_mfa.followup import channels, records, rule, sweep, users
from demo import run
from demo.emulator import EmbeddedAws
from demo.emulator.conformity import Exchange, compare

_DECLARED = frozenset(
    (
        *(*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS),
        *(*config.ACTIONS, *config.OVERSIZED_ACTIONS, *organizations.ACTIONS, *reevaluate.ACTIONS),
        *(*doctor.ACTIONS, *permissions.ACTIONS),
        *(*channels.TOPIC_ACTIONS, *channels.MAIL_ACTIONS, *channels.SECURITY_HUB_ACTIONS),
        *(*records.ACTIONS, *rule.ACTIONS, *sweep.ACTIONS, *users.ACTIONS),
    )
)

RECORDED = (
    "tests/acceptance/test_run.py::test_it_calls_what_its_policy_allows_and_no_more",
    "tests/audit/test_doctor.py::test_a_sound_deployment_gives_nothing_to_do",
    "tests/cli/test_organization.py::test_filters_choose_accounts",
    "tests/remediation/test_helper.py",
    "tests/remediation/test_repeats.py::test_who_is_spared_is_enforced_upon_only_where_asked_for",
    "tests/remediation/test_repeats.py::test_what_was_sent_when_the_finding_was_settled_meanwhile_leaves_nothing_behind",
    "tests/rules/test_handler.py",
)
"""The tests that are recorded beside the demonstration."""

TAGS_AT_CREATION = frozenset(("iam:TagMFADevice", "iam:TagUser"))
"""Permissions that a creation with tags needs; the operations themselves are not called."""

CALLED = _DECLARED - TAGS_AT_CREATION
"""What the product declares that it calls."""


def main() -> int:
    """Record, compare, and print what is wrong; 0 if nothing is."""
    exchanges: list[Exchange] = []
    EmbeddedAws.observe = exchanges.append
    try:
        run()
        failed = pytest.main(["--quiet", "-p", "no:cacheprovider", "-n0", *RECORDED])
    finally:
        EmbeddedAws.observe = None
    deviating, unneeded = compare(exchanges)
    called = {exchange.request.permission for exchange in exchanges}
    _print(f"{len(exchanges)} calls of {len(called)} operations were compared with the models of botocore.")
    wrong = [
        *(f"{text} ({count} calls)" for text, count in deviating.items()),
        *(f"{expected.permission}: listed and not found any more: {expected.text}" for expected in unneeded),
        *(f"{name}: declared and not called; add a test to RECORDED" for name in sorted(CALLED - called)),
    ]
    for sentence in wrong:
        _print(f"  {sentence}")
    return 1 if wrong or failed else 0


def _print(text: str) -> None:
    print(text)  # noqa: T201 - the output of the program


if __name__ == "__main__":
    sys.exit(main())
