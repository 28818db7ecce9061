"""What the search found, in words: an escalation path becomes the grant that reports show.

The only module of this package that writes sentences.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from admin_mfa.escalation.index import subject_of
from admin_mfa.escalation.path import Administrator, Path, Use
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import WAYS
from admin_mfa.model import AdminGrant, GrantSource

_WAYS = {way.name: way for way in WAYS}


def grant_of(path: Path) -> AdminGrant:
    """Return the grant that reports a path."""
    uses = (*path.removals, *path.uses)
    sources = [_sources(use) for use in uses]
    abilities = _abilities(path)
    *first, last = abilities
    and_then = ", and " if path.removals or _note(uses[0]) else " and "
    effects = f"{', '.join(first)}{and_then}{last}" if first else last
    all_sources = tuple(dict.fromkeys(source for found in sources for source in found))
    return AdminGrant(
        sources=all_sources,
        way=path.uses[-1].way.name,
        how=f"can {effects}: {_actions(tuple(use.way.name for use in uses))}",
        steps=(*_lines(path, abilities, sources), *_steps(path.onward)),
        doubts=tuple(source for source in _doubts(path) if source not in all_sources),
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


@lru_cache(maxsize=8192)
def _steps(onward: Path | Administrator | None) -> tuple[str, ...]:
    """Return a path step by step, down to the policy that makes an administrator. Many paths end like another one."""
    match onward:
        case Path():
            sources = [_sources(use) for use in (*onward.removals, *onward.uses)]
            return (*_lines(onward, _abilities(onward), sources), *_steps(onward.onward))
        case Administrator():
            return (f"{label(onward.arn)} is an administrator: {onward.grant}",)
        case _:
            return ()


def _lines(path: Path, abilities: Iterable[str], sources: Iterable[Iterable[GrantSource]]) -> Iterator[str]:
    """Yield one line for each way that the actor of a path uses."""
    for able, use, found in zip(abilities, (*path.removals, *path.uses), sources, strict=True):
        actions = " + ".join(step.action for step in use.way.steps)
        yield f"{label(path.actor.arn)} can {able}: {actions}, {_joined(source.words() for source in found)}"


@lru_cache(maxsize=1024)
def _actions(names: tuple[str, ...]) -> str:
    """Return the actions that some rows take, each once."""
    return _joined(step.action for name in names for step in _WAYS[name].steps)


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
