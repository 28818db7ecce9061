"""JUnit XML for pipelines: one test case for each user and one for the root user; a finding is a failure."""

import re
import xml.etree.ElementTree as ET
from collections import Counter

from admin_mfa.model import Audit, Compliance
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.order import worst_first

SUITE = "admin-mfa"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped. Source: https://www.w3.org/TR/xml/#charsets"""


def render(report: Report, _: Look) -> str:
    """Write one suite for each account. NOT_APPLICABLE is skipped, for there is nothing to fail."""
    suites = ET.Element("testsuites", {"name": SUITE})
    totals: Counter[str] = Counter()
    for audit in report.audits:
        totals += _suite(suites, audit)
    suites.attrib |= _counts(totals)
    ET.indent(suites)
    body = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(suites: ET.Element, audit: Audit) -> Counter[str]:
    cases = [
        ("root user", audit.account.compliance, audit.account.annotation),
        *((v.user_name, v.compliance, v.annotation) for v in worst_first(audit.verdicts)),
    ]
    found = Counter(compliance.value for _, compliance, _ in cases)
    suite = ET.SubElement(
        suites,
        "testsuite",
        {
            "name": f"{SUITE} {audit.account_id}",
            **_counts(found),
            "timestamp": f"{audit.evaluated_at:%Y-%m-%dT%H:%M:%S}",
        },
    )
    for name, compliance, annotation in cases:
        case = ET.SubElement(
            suite, "testcase", {"name": _xml(name), "classname": f"{SUITE}.{audit.account_id}", "time": "0"}
        )
        if compliance is Compliance.NON_COMPLIANT:
            ET.SubElement(case, "failure", {"type": compliance.value, "message": _xml(annotation)}).text = _xml(
                annotation
            )
        elif compliance is Compliance.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", {"message": _xml(annotation)})
    return found


def _counts(found: Counter[str]) -> dict[str, str]:
    return {
        "tests": str(found.total()),
        "failures": str(found[Compliance.NON_COMPLIANT]),
        "errors": "0",
        "skipped": str(found[Compliance.NOT_APPLICABLE]),
    }


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
