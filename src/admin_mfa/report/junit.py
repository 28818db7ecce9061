"""JUnit XML for pipelines: one test case for each user and one for the root user; a finding is a failure."""

import re
import xml.etree.ElementTree as ET

from admin_mfa.model import Audit, Compliance
from admin_mfa.report.format import Look
from admin_mfa.report.order import worst_first

SUITE = "admin-mfa"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped. Source: https://www.w3.org/TR/xml/#charsets"""


def render(audit: Audit, _: Look) -> str:
    """Write one suite. NOT_APPLICABLE is skipped, for there is nothing to fail."""
    cases = [
        ("root user", audit.account.compliance, audit.account.annotation),
        *((v.user_name, v.compliance, v.annotation) for v in worst_first(audit.verdicts)),
    ]
    compliances = [compliance for _, compliance, _ in cases]
    counts = {
        "tests": str(len(cases)),
        "failures": str(compliances.count(Compliance.NON_COMPLIANT)),
        "errors": "0",
        "skipped": str(compliances.count(Compliance.NOT_APPLICABLE)),
    }
    suites = ET.Element("testsuites", {"name": SUITE, **counts})
    suite = ET.SubElement(
        suites,
        "testsuite",
        {"name": f"{SUITE} {audit.account_id}", **counts, "timestamp": f"{audit.evaluated_at:%Y-%m-%dT%H:%M:%S}"},
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
    ET.indent(suites)
    body = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
