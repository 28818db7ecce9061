"""Test that the credential report is read as IAM writes it, and never decides about MFA."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from admin_mfa.activity import AccessKeyActivity, UserActivity, parse_credential_report
from admin_mfa.aws.account_details import DetailsReader
from admin_mfa.errors import ReadError

MOMENT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HEADER = (
    "user,arn,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n"
)


def key(rotated: date | None, used: date | None = None) -> AccessKeyActivity:
    return AccessKeyActivity(rotated=rotated, used=used)


@pytest.mark.parametrize(
    ("row", "expected", "words"),
    [
        pytest.param(
            "2026-11-20T23:59:59+00:00,true,true,2025-11-24T00:00:00+00:00,2026-11-01T00:00:00+00:00,false,N/A,N/A",
            UserActivity(signed_in=date(2026, 11, 20), access_keys=(key(date(2025, 11, 24), date(2026, 11, 1)),)),
            "last sign-in 2026-11-20; access key 365 days old, last used 2026-11-01",
            id="password and one key",
        ),
        pytest.param(
            "no_information,false,TRUE,2026-11-23T00:00:00+00:00,N/A,true,N/A,N/A",
            UserActivity(access_keys=(key(date(2026, 11, 23)), key(None))),
            "no recorded sign-in; access key 1 days old, never used; access key of unknown age, never used",
            id="two keys that were never used",
        ),
        pytest.param(
            "N/A,not_supported,false,2020-01-01T00:00:00+00:00,N/A,not_supported,,",
            UserActivity(),
            "no recorded sign-in",
            id="an inactive key does not count",
        ),
    ],
)
def test_a_row_is_read(row: str, expected: UserActivity, words: str) -> None:
    found = parse_credential_report(f"{HEADER}ada,arn:aws:iam::123456789012:user/ada,{row}\n", MOMENT)
    assert found.users == {"arn:aws:iam::123456789012:user/ada": expected}
    assert found.created_at == MOMENT
    assert expected.words(MOMENT.date()) == words


class Client:
    """Creates the report on the given attempt."""

    def __init__(self, attempts: int) -> None:
        self.left = attempts

    def generate_credential_report(self) -> dict[str, Any]:
        self.left -= 1
        return {"State": "INPROGRESS" if self.left else "COMPLETE"}

    def get_credential_report(self) -> dict[str, Any]:
        return {"Content": HEADER.encode(), "GeneratedTime": MOMENT}


def test_the_report_is_polled_until_it_is_complete() -> None:
    pauses: list[float] = []
    assert DetailsReader(Client(3)).activity(pauses.append).users == {}  # type: ignore[arg-type]
    assert len(pauses) == 2
    with pytest.raises(ReadError, match="did not complete within a minute"):
        DetailsReader(Client(31)).activity(pauses.append)  # type: ignore[arg-type]
    assert sum(pauses[2:]) == 60
