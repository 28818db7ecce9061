"""Create an organization whose accounts have findings."""

from collections.abc import Callable
from typing import Any

from moto.organizations.models import organizations_backends

from demo.emulator import EmbeddedAws

ADMINISTRATOR_ACCESS = "AdministratorAccess"


class Organization:
    """An organization whose management account is that of the embedded AWS."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._aws = aws
        self.client: Any = aws.client("organizations")
        self.id = str(self.client.create_organization(FeatureSet="ALL")["Organization"]["Id"])
        self.root = str(self.client.list_roots()["Roots"][0]["Id"])

    def unit(self, name: str, parent: str = "") -> str:
        """Create an organizational unit, and return its id."""
        made = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def account(self, name: str, *, unit: str = "", tags: dict[str, str] | None = None) -> str:
        """Create an account, and return its id."""
        made = self.client.create_account(
            Email=f"{name}@example.com",
            AccountName=name,
            Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        )
        account_id = str(made["CreateAccountStatus"]["AccountId"])
        if unit:
            self.client.move_account(AccountId=account_id, SourceParentId=self.root, DestinationParentId=unit)
        return account_id

    def accounts(self, count: int, fill: Callable[[EmbeddedAws, str, int], None]) -> tuple[str, ...]:
        """Create and fill accounts, and return their ids in the order of creation."""
        found = []
        for number in range(count):
            account_id = self.account(f"team-{number:04d}")
            fill(self._aws, account_id, number)
            found.append(account_id)
        return tuple(found)

    def close(self, account_id: str) -> None:
        """Close an account: like AWS, moto first marks it as SUSPENDED."""
        self.client.close_account(AccountId=account_id)

    def without_state(self) -> None:
        """Respond like AWS before it added State to Status."""
        for account in organizations_backends[self._aws.account_id]["aws"].accounts:
            account.describe = lambda old=account.describe: {  # type: ignore[method-assign,misc]
                key: value for key, value in old().items() if key != "State"
            }


def one_administrator_without_mfa_in_every_third(aws: EmbeddedAws, account_id: str, number: int) -> None:
    """Create a reader and an administrator, who has no device in every third account."""
    iam = aws.account(account_id).iam
    iam.root(mfa=number % 10 != 0)
    iam.user("reader")
    if number % 3:
        iam.user("ada", policies=[ADMINISTRATOR_ACCESS], devices=["virtual"])
    if number % 3 == 0:
        iam.user("grace", policies=[ADMINISTRATOR_ACCESS])
