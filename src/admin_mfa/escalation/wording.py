"""What the search found, in words: an escalation path becomes the grant that reports show.

The only module of this package that writes sentences.
"""

from collections.abc import Iterable
from functools import lru_cache

from admin_mfa.escalation.index import subject_of
from admin_mfa.escalation.path import Administrator, Path, Use
from admin_mfa.escalation.snapshot import Role
from admin_mfa.model import AdminGrant, GrantSource


def grant_of(path: Path) -> AdminGrant:
    """Return the grant that reports a path."""
    uses = (*path.removals, *path.uses)
    sources = dict.fromkeys(source for use in uses for source in _sources(use))
    *first, last = _abilities(path)
    and_then = ", and " if path.removals or _note(uses[0]) else " and "
    effects = f"{', '.join(first)}{and_then}{last}" if first else last
    actions = _joined(step.action for use in uses for step in use.way.steps)
    return AdminGrant(
        sources=tuple(sources),
        way=path.uses[-1].way.name,
        how=f"can {effects}: {actions}",
        steps=_steps(path),
        doubts=tuple(source for source in _doubts(path) if source not in sources),
    )


def _doubts(path: Path) -> dict[GrantSource, None]:
    """Return what could not be read of all that the path rests on, up to the administrator at its end."""
    found: list[GrantSource] = []
    onward: Path | Administrator | None = path
    while isinstance(onward, Path):
        for use in (*onward.removals, *onward.uses):
            found += (GrantSource.of(attachment) for attachment in use.attachments if attachment.policy.unreadable)
            if use.unreadable_trust and isinstance(onward.subject, Role):
                found.append(GrantSource(role=onward.subject.role_name, unreadable=True))
        onward = onward.onward
    return dict.fromkeys((*found, *(onward.grant.unread if onward else ())))


def _steps(path: Path) -> tuple[str, ...]:
    """Return the path step by step, down to the policy that makes an administrator."""
    lines: list[str] = []
    onward: Path | Administrator | None = path
    while isinstance(onward, Path):
        lines += (
            f"{label(onward.actor.arn)} can {able}: {' + '.join(step.action for step in use.way.steps)}, "
            f"{_joined(source.words() for source in _sources(use))}"
            for able, use in zip(_abilities(onward), (*onward.removals, *onward.uses), strict=True)
        )
        onward = onward.onward
    if onward:
        lines.append(f"{label(onward.arn)} is an administrator: {onward.grant}")
    return tuple(lines)


def _abilities(path: Path) -> list[str]:
    """Return what the actor can do, one phrase for each way that it uses."""
    whom = _whom(path)
    own = path.subject is path.actor
    removals = [use.way.can.format(subject="itself", of="its own") for use in path.removals]
    return removals + [
        use.way.can.format(subject=name, of="its own" if own else f"{name}'s" if name == whom else "its") + _note(use)
        for use, name in zip(path.uses, (whom, "it"), strict=False)
    ]


def _whom(path: Path) -> str:
    if path.subject is path.actor:
        return "itself"
    if path.new:
        return f"a new {subject_of(path.subject)}"
    if len(path.uses) > 1:
        return label(path.subject.arn)
    return f"the administrator {label(path.subject.arn).removeprefix('user ')}"


def _note(use: Use) -> str:
    """Return what is worth adding to a phrase; empty for most."""
    if use.boundary_first:
        return ", once its permissions boundary is gone"
    if use.mfa_required is None:
        return ""
    return f", whose trust policy asks for {'MFA' if use.mfa_required else 'no MFA'}"


def _sources(use: Use) -> list[GrantSource]:
    """Return where the permissions of a use come from, each policy once."""
    if use.trust_policy_of:
        return [GrantSource(role=use.trust_policy_of.rsplit("/", 1)[-1], unreadable=use.unreadable_trust)]
    return list(dict.fromkeys(map(GrantSource.of, use.attachments)))


@lru_cache(maxsize=8192)
def label(arn: str) -> str:
    """Return `user ada` or `role deploy`: kind and name, without the path."""
    kind, name = arn.split(":", 5)[-1].split("/", 1)
    return f"{kind} {name.rsplit('/', 1)[-1]}"


def _joined(texts: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(texts))
