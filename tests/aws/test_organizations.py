"""Test that all accounts are listed, with any pages from AWS Organizations."""

from collections.abc import Mapping
from typing import Any

import pytest

from admin_mfa.aws.organizations import MemberAccount, Selection, list_accounts

PAGES: Mapping[str, list[dict[str, Any]]] = {
    "list_accounts": [
        {"Accounts": [], "NextToken": "1"},
        {"Accounts": [{"Id": "000000000002", "Name": "two", "State": "ACTIVE"}], "NextToken": "2"},
        {"Accounts": [], "NextToken": "3"},
        {"Accounts": [{"Id": "000000000001", "Name": "one", "Status": "SUSPENDED"}, {"Id": "000000000003"}]},
    ]
}


class Pages:
    """A client of AWS Organizations that returns empty pages too, as the documentation warns."""

    def __getattr__(self, operation: str) -> Any:
        return lambda **given: PAGES[operation][int(given.get("NextToken", "0"))]


def test_empty_pages_do_not_end_the_list_and_accounts_come_in_the_order_of_their_ids() -> None:
    found = list_accounts(Pages(), Selection())  # type: ignore[arg-type]
    assert found == (
        MemberAccount(account_id="000000000001", name="one", state="SUSPENDED"),
        MemberAccount(account_id="000000000002", name="two"),
        MemberAccount(account_id="000000000003", state="UNKNOWN"),
    )


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(Selection(account_ids=frozenset({"000000000002"})), ["000000000002"], id="one included"),
        pytest.param(
            Selection(excluded_ids=frozenset({"000000000002"})), ["000000000001", "000000000003"], id="one excluded"
        ),
    ],
)
def test_accounts_are_selected_by_id(selection: Selection, expected: list[str]) -> None:
    found = list_accounts(Pages(), selection)  # type: ignore[arg-type]
    assert [account.account_id for account in found] == expected
