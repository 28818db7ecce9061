"""Fuzz the definition `FullAccess` differentially against an independent policy simulator.

    python -m tests.policy.fuzz_simulator [--users 20000] [--seed 0]

Our definition and `@cloud-copilot/iam-simulate` judge users with random policies, group policies and boundaries. The
simulator evaluates one action at a time. The comparison checks two claims:

- A user who is allowed every probe is an administrator.
- If an administrator is denied a probe, a named part of the definition explains why, see `EXPLANATIONS`.

The simulator does not support wildcards in the prefix of an action; tests/policy/test_coverage.py tests those.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from admin_mfa.administrator import find_grants
from admin_mfa.model import IamUser
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.policy.document import parse_document
from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.statements import Attachment, Policy
from tests.support.policy_simulator import run_simulator

ACCOUNT = "123456789012"
_BATCH = 500
Document = dict[str, Any]

# Each part that the random policies leave out is missed by one of them.
UNBIND = ("iam:DeleteUserPermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:user/ada")
PROBES: tuple[tuple[str, str], ...] = (
    UNBIND,
    ("s3:GetObject", "arn:aws:s3:::zq-records/key"),
    ("s3:ListAllMyBuckets", "*"),
    ("ec2:TerminateInstances", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0123456789abcdef0"),
    ("ec2:DescribeInstances", "*"),
    ("sns:Publish", f"arn:aws:sns:eu-west-1:{ACCOUNT}:zq"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:zq"),
    ("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:zq"),
    ("xray:PutTraceSegments", "*"),
    # Patterns of ARNs that leave out `arn:aws:i*` leave out more than IAM.
    ("imagebuilder:StartImagePipelineExecution", f"arn:aws:imagebuilder:eu-west-1:{ACCOUNT}:image-pipeline/zq"),
    ("organizations:ListAccounts", "*"),
    ("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/zq"),
    ("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/team/zq"),
    ("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/zq"),
    ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/zq"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/team/zq"),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/zq"),
    ("iam:ListUsers", "*"),
)
EVERY_PROBE = PROBES + tuple(
    (action, f"arn:aws:iam::{ACCOUNT}:{kind}/{path}zq")
    for action, kinds in IAM_ACTIONS.items()
    for kind in sorted(kinds)
    for path in ("", "team/")
)
"""The probes for users who seem to be missed, because several narrow statements can allow all of `PROBES`."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PROBED = frozenset(action.lower() for action, _ in PROBES)


@dataclass(frozen=True, slots=True)
class RandomUser:
    """A random user, the input of both sides.

    Attributes:
        policies: The policies of the user and of groups.
        grouped: The number of them, from the end, that belong to a group.
        boundary: The permissions boundary, if any.
    """

    policies: tuple[Document, ...]
    grouped: int
    boundary: Document | None

    def read(self) -> IamUser:
        """Return the user in the form of a reader."""
        own = len(self.policies) - self.grouped
        return IamUser(
            user_name="ada",
            user_id="AIDAADAADAADAADAADAAD",
            arn=f"arn:aws:iam::{ACCOUNT}:user/ada",
            attachments=tuple(
                Attachment(
                    policy=Policy(name=f"p{number}", document=parse_document(document)),
                    group=None if number < own else "ops",
                )
                for number, document in enumerate(self.policies)
            ),
            boundary=Policy(name="boundary", document=parse_document(self.boundary)) if self.boundary else None,
        )

    def statements(self) -> Iterator[Document]:
        """Yield every statement, including those of the boundary."""
        for document in (*self.policies, *([self.boundary] if self.boundary else [])):
            yield from document["Statement"]


class Generator:
    """Generates users; about every third one is an administrator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def user(self) -> RandomUser:
        """Return one user."""
        policies = tuple(self._document() for _ in range(self._random.choice((1, 1, 2, 2, 3))))
        return RandomUser(
            policies=policies,
            grouped=self._random.randint(0, len(policies)),
            boundary=self._document() if self._one_in(4) else None,
        )

    def _one_in(self, number: int) -> bool:
        return self._random.randrange(number) == 0

    def _document(self) -> Document:
        statements = [self._statement() for _ in range(self._random.choice((1, 1, 2, 3)))]
        return {"Version": self._random.choice(("2012-10-17", "2012-10-17", "2008-10-17")), "Statement": statements}

    def _statement(self) -> Document:
        statement: Document = {"Effect": "Deny" if self._one_in(8) else "Allow"}
        if self._one_in(3):
            statement["NotAction"] = self._actions(narrow=True)
        else:
            statement["Action"] = self._actions(narrow=False)
        if self._one_in(6):
            statement["NotResource"] = self._resources(narrow=True)
        else:
            statement["Resource"] = "*" if self._one_in(2) else self._resources(narrow=False)
        if self._one_in(8):
            statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        return statement

    def _actions(self, *, narrow: bool) -> list[str]:
        choose: Sequence[Callable[[], list[str]]] = (
            lambda: ["iam:*"],
            lambda: ["iam:*", "organizations:*"],
            lambda: ["s3:*"],
            lambda: [self._random.choice(("iam:?*", "iam:???*", "IAM:*", "s3:Get*", "iam:Get*", "iam:P*"))],
            self._one_by_one,
            self._letters_of_iam,
            *(() if narrow else (lambda: ["*"], lambda: ["*", "s3:*"])),
        )
        return self._random.choice(choose)()

    def _one_by_one(self) -> list[str]:
        return sorted(self._all_but_one(list(IAM_ACTIONS), sorted(_PROBED & IAM_ACTIONS.keys())))

    def _letters_of_iam(self) -> list[str]:
        return [f"iam:{letter}*" for letter in self._all_but_one(list(_LETTERS), list("apucl"))]

    def _all_but_one(self, items: list[str], missed: list[str]) -> list[str]:
        if self._one_in(2):
            items.remove(self._random.choice(missed))
        return items

    def _resources(self, *, narrow: bool) -> list[str]:
        kinds = [f"arn:aws:iam::{self._random.choice(('*', ACCOUNT))}:{kind}/*" for kind in ("user", "group", "role")]
        policies = "arn:aws:iam::*:policy/*"
        choose: Sequence[Callable[[], list[str]]] = (
            lambda: [*kinds, policies],
            lambda: kinds,
            lambda: [policies],
            lambda: [f"arn:aws:iam::{ACCOUNT}:*"],
            lambda: ["arn:aws:iam::*:*"],
            lambda: ["arn:aws:s3:::zq-records/*"],
            lambda: ["arn:aws:iam::*:user/${aws:username}"],
            lambda: [f"arn:aws:iam::210987654321:{kind}/*" for kind in ("user", "group", "role", "policy")],
            lambda: [f"arn:aws:iam::${{aws:PrincipalAccount}}:{k}/*" for k in ("user", "group", "role", "policy")],
            *(() if narrow else (lambda: [f"arn:aws:*:*:{ACCOUNT}:*"], lambda: ["arn:aws:*:*:*:*"], self._arns)),
        )
        return self._random.choice(choose)()

    def _arns(self) -> list[str]:
        return [f"arn:aws:{letter}*:*:*:*" for letter in self._all_but_one(list(_LETTERS), list("slei"))]


def simulate(users: Sequence[RandomUser], probes: Sequence[tuple[str, str]] = PROBES) -> list[list[str]]:
    """Return the simulator's results for all probes of administrators, and up to the first denial for other users."""
    request = {
        "probes": probes,
        "users": [
            {
                "policies": user.policies,
                "boundary": user.boundary,
                "every": bool(find_grants(user.read(), Parameters())),
            }
            for user in users
        ],
    }
    answers: list[list[str]] = run_simulator("policy/simulate_accounts.mjs", request, timeout=600)
    assert {answer for found in answers for answer in found} <= {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"}
    return answers


# Why an administrator by our definition can be denied a probe. Each gets the user, the denied probe, the simulator's
# answer, and the model: `attached` also where the user may delete its boundary.


def _allowing(user: RandomUser) -> Iterator[Document]:
    return (statement for statement in user.statements() if statement["Effect"] == "Allow")


def a_condition_does_not_clear(user: RandomUser, _action: str, _resource: str, _answer: str, _model: str) -> bool:
    """Return whether an Allow has a condition, which our definition assumes to be met."""
    return any("Condition" in statement for statement in _allowing(user))


def a_partial_deny_does_not_clear(_user: RandomUser, _action: str, _resource: str, answer: str, _model: str) -> bool:
    """Return whether a Deny applies: only a Deny of everything clears, and only in the effective model."""
    return answer == "ExplicitlyDenied"


def a_boundary_that_does_not_count(user: RandomUser, _action: str, _resource: str, _answer: str, model: str) -> bool:
    """Where what is attached counts, boundaries do not, and neither does one that the user may delete from itself."""
    return model == "attached" and user.boundary is not None


def all_but_a_list(user: RandomUser, _action: str, _resource: str, _answer: str, _model: str) -> bool:
    """Return whether a NotAction applies: with IAM allowed, it is full access except for some actions."""
    return any("NotAction" in statement for statement in _allowing(user))


def all_but_some_resources(user: RandomUser, _action: str, _resource: str, _answer: str, _model: str) -> bool:
    """Return whether a NotResource applies, which counts as every resource except for some."""
    return any("NotResource" in statement for statement in _allowing(user))


def not_about_an_arn_of_the_account(user: RandomUser, _action: str, resource: str, _answer: str, _model: str) -> bool:
    """Return whether the probe has no ARN of the account: patterns for these ARNs omit `*` and buckets."""
    patterned = any(
        str(pattern).startswith("arn:aws:*") or str(pattern).startswith("arn:aws:a*")
        for statement in _allowing(user)
        for pattern in statement.get("Resource", ())
    )
    return patterned and (resource == "*" or f":{ACCOUNT}:" not in resource)


def not_about_principals_or_policies(_user: RandomUser, action: str, resource: str, _answer: str, _model: str) -> bool:
    """Return whether an IAM action is not on a user, group, role or policy, which alone count as all of IAM."""
    return action.startswith("iam:") and resource == "*"


EXPLANATIONS = (
    a_partial_deny_does_not_clear,
    not_about_principals_or_policies,
    not_about_an_arn_of_the_account,
    a_boundary_that_does_not_count,
    a_condition_does_not_clear,
    all_but_some_resources,
    all_but_a_list,
)


@dataclass(slots=True)
class Outcome:
    """The result of a comparison.

    Attributes:
        users: The number of users compared.
        administrators: The number of administrators by our definition, by model.
        allowed_all: The number of users for whom the simulator allows every probe.
        explained: The number of denied probes of administrators, by the first explanation.
        disagreements: Sentences, each with the user.
    """

    users: int = 0
    allowed_all: int = 0
    administrators: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


def compare(number: int, seed: int) -> Outcome:
    """Compare both sides on the given number of users."""
    generator, outcome = Generator(seed), Outcome()
    while outcome.users < number:
        users = [generator.user() for _ in range(min(_BATCH, number - outcome.users))]
        missed: list[tuple[RandomUser, str]] = []
        for user, answers in zip(users, simulate(users), strict=True):
            missed += _compare(user, answers, outcome)
        for (user, model), answers in zip(missed, simulate([user for user, _ in missed], EVERY_PROBE), strict=True):
            if set(answers) == {"Allowed"}:
                outcome.disagreements.append(f"allowed everything, and not an administrator ({model}): {user}")
        outcome.users += len(users)
    return outcome


def _compare(user: RandomUser, answers: Sequence[str], outcome: Outcome) -> Iterator[tuple[RandomUser, str]]:
    """Count the results of one user, and yield the user if an administrator may have been missed."""
    denied = [(*probe, answer) for probe, answer in zip(PROBES, answers, strict=False) if answer != "Allowed"]
    outcome.allowed_all += not denied
    for model in ("attached", "effective"):
        administrator = bool(find_grants(user.read(), parse_parameters({"PrivilegeModel": model})))
        outcome.administrators[model] += administrator
        if not denied and not administrator:
            yield user, model
        if not administrator:
            continue
        unbound = dict(zip(PROBES, answers, strict=False))[UNBIND] == "Allowed"
        for action, resource, answer in denied:
            why = next(
                (e for e in EXPLANATIONS if e(user, action, resource, answer, "attached" if unbound else model)), None
            )
            if why is None:
                outcome.disagreements.append(f"administrator ({model}), and denied {action} on {resource}: {user}")
            else:
                outcome.explained[why.__name__] += 1


def main() -> int:
    """Compare, print the result, and return 1 if there are disagreements."""
    parser = argparse.ArgumentParser(description="Compare FullAccess with a policy simulator.")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcome = compare(options.users, options.seed)
    print(f"{outcome.users} users, {outcome.allowed_all} of them allowed every probe")
    for model, count in outcome.administrators.items():
        print(f"{count} administrators ({model})")
    for name, count in outcome.explained.most_common():
        print(f"{count} denied probes: {name}")
    print(f"{len(outcome.disagreements)} disagreements")
    for sentence in outcome.disagreements[:20]:
        print(sentence, file=sys.stderr)
    return bool(outcome.disagreements)


if __name__ == "__main__":
    sys.exit(main())
