"""What patterns of actions and resources cover: everything, all of a service, or less.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from collections.abc import Iterable

from admin_mfa.model import Statement
from admin_mfa.policy.wildcard import matches

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_IN_NAME = _LETTERS | frozenset("0123456789")
_IN_SERVICE = _IN_NAME | frozenset("-:")


def covers(patterns: Iterable[str], prefix: str = "") -> bool:
    """Whether the patterns together match every action that begins with `prefix`.

    Exact for patterns whose wildcards all stand at their end, alone or many together (`a*`, `b*`, … `z*` cover
    everything as `*` does), and for one that covers the prefix alone, such as `ia?:*` all of IAM. Several patterns
    with a wildcard in the middle, as in `iam:*User*`, are taken to leave something out.

    Args:
        patterns: Lower-case action patterns.
        prefix: Lower case; empty for all actions of all services.

    >>> covers(["*:*"]), covers(["s3:*", "iam:*"]), covers(["iam:get*"], "iam:"), covers(["i*"], "iam:")
    (True, False, False, True)
    """
    told = tuple(patterns)
    if any(pattern.endswith("*") and matches(pattern, prefix) for pattern in told):
        return True
    return _heads_cover({head for pattern in told if (head := _head(pattern)) is not None}, prefix)


def _heads_cover(heads: set[str], prefix: str) -> bool:
    if any(prefix.startswith(head) for head in heads):
        return True
    longer = {head for head in heads if head.startswith(prefix)}
    following = _following(prefix)
    # Looking one character ahead keeps the work linear: going deeper takes one head for each character that may follow.
    if not following <= {head[len(prefix)] for head in longer}:
        return False
    return all(_heads_cover(longer, prefix + character) for character in following)


def _following(prefix: str) -> frozenset[str]:
    """Return the characters that can follow in the name of an action: services and actions begin with a letter."""
    if not prefix or prefix.endswith(":"):
        return _LETTERS
    return _IN_NAME if ":" in prefix else _IN_SERVICE


def _head(pattern: str) -> str | None:
    """Return what begins all actions that the pattern covers, or None if it covers no whole prefix.

    `*:*` is every action, because each has a colon, and so is `?*`, because none is empty. Likewise `s*:*` is `s*`.
    """
    service, colon, name = pattern.partition(":")
    if colon and _everything(name) and (_everything(service) or _open_ended(service)):
        pattern = service
    head = pattern.rstrip("*?")
    if "*" in head or "?" in head or not _everything(pattern[len(head) :]):
        return None
    # Only behind a service or its colon is one more character sure to follow.
    return head if "?" not in pattern or ":" not in head or head.endswith(":") else None


def _everything(pattern: str) -> bool:
    """Whether the pattern matches every text that is not empty. A second `?` would leave the shortest texts out."""
    return "*" in pattern and not pattern.strip("*?") and pattern.count("?") <= 1


def _open_ended(service: str) -> bool:
    return service.endswith("*") and not service.rstrip("*").endswith("?")


def every_resource(statement: Statement) -> bool:
    """Whether the statement speaks of every resource, or of all but a part.

    A list is as wide as its widest pattern. `arn:*` and `arn:aws:*` count: all that they leave out are actions that
    have no resource. NotResource counts unless it excludes everything.

    >>> from admin_mfa.model import Effect
    >>> but_one_bucket = Statement(effect=Effect.ALLOW, actions=("*",), not_resources=("arn:aws:s3:::logs",))
    >>> every_resource(but_one_bucket)
    True
    """
    if statement.not_resources is not None:
        return not any(_every_arn(pattern) for pattern in statement.not_resources)
    return any(_every_arn(pattern) for pattern in statement.resources or ())


def _every_arn(pattern: str) -> bool:
    """Whether the pattern matches ARNs that have nothing in common but the partition and the form of an ARN.

    Each stands for a kind of ARN: without a region, without an account, with slashes and colons in the resource.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if not pattern.endswith(("*", "?")):
        return False  # an ARN in full, as nearly all are
    parts = pattern.split(":", 2)
    # Taken literally where it has a wildcard, as in arn:aws-cn*: the pattern then matches that text too.
    partition = parts[1] if len(parts) > 1 and parts[1].startswith("aws") else "aws"
    return all(matches(pattern, f"arn:{partition}:{rest}") for rest in ("b::0:c", "d:e::f", "gh:ij:12:kl/mn:op"))


def every_resource_exactly(statement: Statement) -> bool:
    """Whether the statement speaks of every resource without exception, as a Deny that clears must."""
    return any(pattern and not pattern.strip("*") for pattern in statement.resources or ())
