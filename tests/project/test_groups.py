"""Test that tests with a shared expensive fixture are found by their marks."""

import pytest

from tests.support.groups import group_of


@pytest.mark.parametrize(
    ("test", "group"),
    [
        pytest.param(
            "tests/deploy/test_runtime.py::test_a_batch_of_events_starts_one_evaluation", "deployment", id="file"
        ),
        pytest.param("tests/deploy/test_artifact.py::test_x[RuleFunction]", "deployment", id="file, with a parameter"),
        pytest.param("tests/organization/test_guide.py::test_x", "organization", id="file, in a list of marks"),
        pytest.param("tests/aws/test_session.py::test_x[a@b]", "tests/aws/test_session.py::test_x[a@b]", id="none"),
        pytest.param(
            "tests/docs/test_performance.py::test_an_organization_takes_the_calls_and_no_more_memory_than_stated",
            "organization",
            id="mark on the test",
        ),
        pytest.param(
            "tests/remediation/test_documents_broken.py::test_broken_document_is_found_out[x]",
            "remediation stories",
            id="mark above others",
        ),
        pytest.param(
            "tests/docs/test_performance.py::other",
            "tests/docs/test_performance.py::other",
            id="another test in that file",
        ),
        pytest.param(
            "src/admin_mfa/aws/reevaluate.py::admin_mfa.aws.reevaluate.newest", None, id="example in a docstring"
        ),
    ],
)
def test_a_group_is_read_from_the_marks_in_the_file(test: str, group: str | None) -> None:
    assert group_of(test) == (group or test)
