"""Policies that deny, and what removes them.

A Deny counts only as long as its policy is attached: a principal that can detach or delete the policy, or leave the
group that carries it, is not held back by it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from admin_mfa.escalation.index import Principal
from admin_mfa.escalation.ways import On, Way
from admin_mfa.model import IamUser
from admin_mfa.statements import Attachment, Effect

_DETACHES = frozenset(("iam:DetachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachRolePolicy"))


def detaches(way: Way) -> bool:
    """Whether a way detaches a managed policy, so that a request names the policy's ARN."""
    return way.steps[0].action in _DETACHES


def removable(way: Way, principal: Principal) -> Iterator[tuple[Attachment, ...]]:
    """Yield the policies of a principal that deny something and that a way removes, each with what goes with it."""
    (step,) = way.steps
    denying = [attachment for attachment in principal.attachments if _has(attachment, Effect.DENY)]
    if step.action == "iam:RemoveUserFromGroup":
        for group in dict.fromkeys(attachment.group for attachment in denying if attachment.group is not None):
            yield tuple(attachment for attachment in principal.attachments if attachment.group == group)
        return
    for attachment in denying:
        of_group, managed = attachment.group is not None, attachment.policy.arn is not None
        if of_group is (step.on is On.GROUP) and managed is detaches(way):
            yield (attachment,)


def without(principal: Principal, way: Way, attachments: Sequence[Attachment]) -> Principal:
    """Return a principal without some of its policies, and outside of their group where the way takes it out."""
    rest = tuple(attachment for attachment in principal.attachments if attachment not in attachments)
    if isinstance(principal, IamUser) and way.name == "RemoveUserFromGroup":
        groups = tuple(name for name in principal.groups if name != attachments[0].group)
        return replace(principal, attachments=rest, groups=groups)
    return replace(principal, attachments=rest)


def allows_nothing(attachments: Sequence[Attachment]) -> bool:
    """Whether policies only deny, so that nothing is lost with them."""
    return not any(_has(attachment, Effect.ALLOW) for attachment in attachments)


def _has(attachment: Attachment, effect: Effect) -> bool:
    document = attachment.policy.document
    return document is not None and any(statement.effect is effect for statement in document.statements)
