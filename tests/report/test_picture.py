"""The picture: the right people through the right groups, at five and at five hundred."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from admin_mfa.findings.paths import steps
from admin_mfa.findings.people import UserStatus, people
from admin_mfa.report import Report
from admin_mfa.report.picture import Picture, picture

from .audits import EVERYONE, READER, audit
from .reports import ORGANIZATION, crowd


def drawn(report: Report) -> Picture:
    found = picture(people(report))
    assert found is not None
    return found


SMALL = Report(audits=(EVERYONE,))
LARGE = Report(audits=(crowd(2000, 500),))


def test_nobody_to_draw_is_no_picture() -> None:
    assert picture(people(Report(audits=(audit(READER),)))) is None


def test_few_people_are_drawn_one_by_one_with_all_their_ways() -> None:
    found = drawn(SMALL)
    assert [(block.label, block.note) for block in found.blocks] == [
        ("ada", ""),
        ("breakglass", ""),
        ("pipeline", ""),
        ("grace", ""),
        ("ops", "4 users, 1 without MFA"),
        ("Attached directly", "1 user"),
        ("AdministratorAccess", "4 users, 1 without MFA"),
        ("everything (inline)", "1 user"),
    ]
    assert Counter(band.label for band in found.bands) == Counter(
        [
            "ada \u2013 ops without MFA",
            "breakglass \u2013 ops exempt",
            "pipeline \u2013 ops without MFA, not required",
            "grace \u2013 ops with MFA",
            "grace \u2013 Attached directly with MFA",
            "ops \u2013 AdministratorAccess without MFA",
            "ops \u2013 AdministratorAccess exempt",
            "ops \u2013 AdministratorAccess without MFA, not required",
            "ops \u2013 AdministratorAccess with MFA",
            "Attached directly \u2013 everything (inline) with MFA",
        ]
    )


def test_many_people_are_drawn_as_one_block_for_each_state() -> None:
    everyone = people(LARGE)
    counts = Counter(person.state for person in everyone)
    labels = [block.label for block in drawn(LARGE).blocks]
    assert labels[:3] == [
        f"{counts[UserStatus.LACKS_MFA]} without MFA",
        f"{counts[UserStatus.EXEMPT]} exempt",
        f"{counts[UserStatus.HAS_MFA]} with MFA",
    ]
    assert len(labels) <= 3 + 11 + 8
    assert "17 other groups" in labels


def test_the_words_count_every_group_whole() -> None:
    found = drawn(LARGE)
    walked = [
        {holder for grant in person.verdict.grants for holder, _ in steps(grant)}
        for person in people(LARGE)
        if person.verdict.administrator
    ]
    expected = Counter(holder for some in walked for holder in some)
    assert {way.through: way.states.total() for way in found.ways} == dict(expected)


@pytest.mark.parametrize("report", [SMALL, LARGE, ORGANIZATION], ids=["5", "500", "an organization"])
def test_nothing_overlaps_or_leaves_the_picture(report: Report) -> None:
    found = drawn(report)
    for left in {block.x for block in found.blocks}:
        column = sorted((block for block in found.blocks if block.x == left), key=lambda block: block.y)
        for above, below in pairwise(column):
            assert above.y + above.height < below.y
        assert column[0].y >= 0
        assert column[-1].y + column[-1].height <= found.height
        for block in column:
            assert sum(part.height for part in block.slices) == pytest.approx(block.height, abs=0.1)
    for band in found.bands:
        assert all(0 <= float(number) <= found.width for number in re.findall(r"-?[\d.]+", band.path))
