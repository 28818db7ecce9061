"""Which accounts an organization has: the only reader of AWS Organizations."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from admin_mfa.aws.paging import pages

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

ACTIONS = (
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListTagsForResource",
)
"""What listing can take. All of them read, and work from the management account and from delegated administrators only.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
"""

ACTIVE = "ACTIVE"

_CONNECTIONS = 4
"""Organizations allows few requests a second; more connections would only be throttled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAccount:
    """An account, as far as it has to be known before it is read.

    Attributes:
        account_id: Twelve digits.
        name: As Organizations calls it; empty where nobody asked.
        state: `ACTIVE`, or why it cannot be read, such as `SUSPENDED`.
    """

    account_id: str
    name: str = ""
    state: str = ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which accounts are meant; an empty field asks for nothing.

    Attributes:
        parents: Ids of organizational units, or of the root; what is below them is meant too.
        account_ids: Only these.
        excluded_ids: Not these.
        tags: Keys, each with the value that it must have or None for any; an account must have all of them.
    """

    parents: tuple[str, ...] = ()
    account_ids: frozenset[str] = frozenset()
    excluded_ids: frozenset[str] = frozenset()
    tags: tuple[tuple[str, str | None], ...] = ()


def list_accounts(client: "OrganizationsClient", selection: Selection) -> tuple[MemberAccount, ...]:
    """List the accounts that are meant, whatever their state, in the order of their ids.

    Raises:
        ReadError: The organization could not be read completely. There are no partial results.
    """
    reader = _Reader(client)
    listed = reader.below(selection.parents) if selection.parents else reader.accounts()
    meant = {account.account_id: account for account in listed if _named(account, selection)}
    if selection.tags:
        # Tags of a closed account tell nothing about who can be audited; they cost one call each.
        with ThreadPoolExecutor(_CONNECTIONS) as executor:
            tagged = executor.map(lambda account_id: _has(reader.tags(account_id), selection.tags), meant)
            meant = {account.account_id: account for account, has in zip(meant.values(), tagged, strict=True) if has}
    return tuple(meant[account_id] for account_id in sorted(meant))


def _named(account: MemberAccount, selection: Selection) -> bool:
    return account.account_id not in selection.excluded_ids and (
        not selection.account_ids or account.account_id in selection.account_ids
    )


def _has(tags: dict[str, str], wanted: tuple[tuple[str, str | None], ...]) -> bool:
    return all(key in tags and value in (None, tags[key]) for key, value in wanted)


class _Reader:
    def __init__(self, client: "OrganizationsClient") -> None:
        self._client = client

    def accounts(self) -> Iterator[MemberAccount]:
        return map(_account, self._all("ListAccounts", "Accounts"))

    def below(self, parents: tuple[str, ...]) -> Iterator[MemberAccount]:
        """List the accounts of parents and of all organizational units in them, each unit once."""
        waiting, seen = list(parents), set(parents)
        while waiting:
            parent = waiting.pop()
            yield from map(_account, self._all("ListAccountsForParent", "Accounts", ParentId=parent))
            for unit in self._all("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent):
                if unit["Id"] not in seen:
                    seen.add(unit["Id"])
                    waiting.append(unit["Id"])

    def tags(self, account_id: str) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self._all("ListTagsForResource", "Tags", ResourceId=account_id)}

    def _all(self, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        call = getattr(self._client, xform_name(operation))
        return (item for page in pages(call, f"organizations:{operation}", **arguments) for item in page[key])


def _account(listed: dict[str, Any]) -> MemberAccount:
    """Read the state where there is one: it takes the place of Status, which AWS has announced to remove.

    Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
    """
    return MemberAccount(
        account_id=listed["Id"],
        name=listed.get("Name", ""),
        state=listed.get("State") or listed.get("Status") or "UNKNOWN",
    )
