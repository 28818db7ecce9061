import re
from dataclasses import fields
from datetime import timedelta

import pytest

from admin_mfa.errors import InvalidInputError
from admin_mfa.followup.options import OPTIONS, Mode, Options, parse_options


def test_every_field_has_its_row_and_the_rows_defaults_are_the_fields() -> None:
    assert [row.field for row in OPTIONS] == [field.name for field in fields(Options)]
    assert parse_options({row.name: row.default for row in OPTIONS}) == Options() == parse_options({})


def test_texts_become_values() -> None:
    assert parse_options(
        {
            "Mode": "Enforce",
            "GracePeriodDays": "30",
            "ReminderDays": "7",
            "MaxEnforcementsPerDay": "0",
            "EnforceWithoutConsolePassword": "true",
            "EnforceDespiteAccessKeys": "true",
        }
    ) == Options(
        mode=Mode.ENFORCE,
        grace=timedelta(days=30),
        reminder=timedelta(days=7),
        max_enforcements_per_day=0,
        enforce_without_console_password=True,
        enforce_despite_access_keys=True,
    )


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        pytest.param({"Mode": "enforce"}, "Mode is 'enforce'; allowed is Notify or Enforce.", id="wrong case"),
        pytest.param({"Mode": "Enforce\n"}, "Mode is 'Enforce\\n'", id="line break"),
        pytest.param({"GracePeriodDays": "0"}, "allowed is a whole number of days from 1 to 999.", id="no grace"),
        pytest.param({"GracePeriodDays": "1000"}, "GracePeriodDays is '1000'", id="too long"),
        pytest.param(
            {"GracePeriodDays": 14}, "GracePeriodDays must be text, not int; allowed is a whole number", id="a number"
        ),
        pytest.param({"ReminderDays": "-1"}, "ReminderDays is '-1'", id="negative"),
        pytest.param({"Modus": "Notify"}, "Unknown option 'Modus'; allowed are Mode, ", id="unknown name"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(raw: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(says)):
        parse_options(raw)
