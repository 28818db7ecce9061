"""Generate hostile and malformed inputs."""

import json
from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["", "*", "\x00", "{", "%7B%7D", "{user}", "{0}", "a" * 3000, "\u202e", "\ud800", "arn:", "iam:*", "AIDA", "-1"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JUNK = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))

WILDCARDS = st.text(alphabet="*?:ai-", max_size=30)
ACTIONS = WILDCARDS | st.sampled_from(["*", "*:*", "iam:*", "s3:Get*", "iam:PassRole", "IAM:*", "i?m:*", "*:get*"])
RESOURCES = WILDCARDS | st.sampled_from(["*", "arn:aws:s3:::x", "arn:*", "arn:aws:iam::*:user/${aws:username}"])


def one_or_many(items: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return a scalar or a list, both of which the grammar allows."""
    return items | st.lists(items, max_size=4)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    """Return a statement that follows IAM's grammar, or almost follows it."""
    found: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Action", "NotAction"])): draw(one_or_many(ACTIONS)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(one_or_many(RESOURCES)),
    }
    if draw(st.booleans()):
        found["Condition"] = {draw(TEXTS): {draw(TEXTS): draw(one_or_many(TEXTS))}}
    if draw(st.integers(0, 5)) == 0:
        found[draw(st.sampled_from([*found, "Sid", "Principal"]))] = draw(JUNK)
    return found


DOCUMENTS = st.fixed_dictionaries({"Statement": statements() | st.lists(statements(), max_size=4)})
ANY_DOCUMENTS = DOCUMENTS | JUNK | DOCUMENTS.map(json.dumps) | TEXTS


@st.composite
def broken(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """Return a valid value with one part, at any depth, removed, replaced with junk, or supplemented."""
    found: dict[str, Any] = json.loads(json.dumps(whole))
    part = found
    while True:
        name = draw(st.sampled_from(sorted(part)))
        if not (isinstance(part[name], dict) and part[name] and draw(st.booleans())):
            break
        part = part[name]
    what = draw(st.sampled_from(["remove", "junk", "supplement"]))
    if what == "remove":
        del part[name]
    elif what == "junk":
        part[name] = draw(JUNK)
    else:
        part[draw(TEXTS)] = draw(JUNK)
    return found
