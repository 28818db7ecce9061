"""The names that a principal, a group or a policy can have that an actor creates."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.arn_pattern import common, example
from admin_mfa.escalation.index import Principal
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import Subject
from admin_mfa.model import IamUser
from admin_mfa.policy.wildcard import ANY

NEW = {Subject.NEW_USER: Subject.USER, Subject.NEW_ROLE: Subject.ROLE}
"""What a new principal is, once it is there."""

_NEW_NAME = "new-administrator"
_MOST_COMPARED = 64


def new_principal(arn: str) -> Principal:
    """Return a user or a role that does not exist yet, without policies."""
    kind, name = arn.split(":", 5)[-1].split("/", 1)
    last = name.rsplit("/", 1)[-1]
    return Role(role_name=last, arn=arn) if kind == Subject.ROLE else IamUser(user_name=last, user_id="", arn=arn)


def new_arns(actor: Actor, kind: str, actions: Iterable[str], limits: Iterable[str] = ()) -> Iterator[str]:
    """Yield ARNs that something new can have, as far as the actor's policies say.

    A name that several patterns allow together is found by comparing each pair of them, which takes time with the
    square of their number. Of more than `_MOST_COMPARED` patterns with wildcards not all pairs are compared: such
    a name may exist, so the last ARN then ends in a wildcard, which `Privileges.allowing` takes for any name.

    Args:
        actor: Who creates it.
        kind: The kind of resource, such as `user`.
        actions: What the actor does with it, in lower case.
        limits: Prepared patterns that the ARN should match too, such as those of conditions.
    """
    partition, account = actor.arn.split(":")[1], actor.arn.split(":")[4]
    prepared = {*limits, *(pattern for action in actions for pattern in actor.rights.resource_patterns(action))}
    texts = {example(pattern, _NEW_NAME) for pattern in prepared}
    wild = sorted(prepared - texts)
    compared = combinations(wild[:_MOST_COMPARED], 2)
    texts |= {text for one, other in compared if (text := common(one, other, _NEW_NAME))}
    names = {text.split(":", 5)[-1] for text in texts} | {f"{kind}/{_NEW_NAME}"}
    found = sorted(name for name in names if name.startswith(f"{kind}/"))
    if len(wild) > _MOST_COMPARED:
        found.append(f"{kind}/{ANY}")
    yield from (f"arn:{partition}:iam::{account}:{name}" for name in found)
