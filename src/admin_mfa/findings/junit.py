"""JUnit XML for pipelines: one test case for each user and one for the root user; a finding is a failure."""

import re
import xml.etree.ElementTree as ET

from admin_mfa.findings.audits import Audit, NotAudited
from admin_mfa.findings.comparison import ROOT
from admin_mfa.findings.content import Report
from admin_mfa.findings.finding import findings_of
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import worst_first
from admin_mfa.model import Compliance

SUITE = "admin-mfa"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped. Source: https://www.w3.org/TR/xml/#charsets"""


def render(report: Report, _: RenderOptions) -> str:
    """Write one suite for each account. NOT_APPLICABLE is skipped, for there is nothing to fail.

    An account that could not be audited is a suite with one error in it.
    """
    suites = ET.Element("testsuites", {"name": SUITE})
    for audit in report.audits:
        _suite(suites, audit)
    for account in report.not_audited:
        _error(suites, account)
    for count in ("tests", "failures", "errors", "skipped"):
        suites.set(count, str(sum(int(suite.attrib[count]) for suite in suites)))
    ET.indent(suites)
    body = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _error(suites: ET.Element, account: NotAudited) -> None:
    name = f"{SUITE} {account.account_id}"
    suite = ET.SubElement(
        suites, "testsuite", {"name": name, "tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
    )
    case = ET.SubElement(
        suite, "testcase", {"name": "account", "classname": f"{SUITE}.{account.account_id}", "time": "0"}
    )
    reason = _xml(account.reason)
    ET.SubElement(case, "error", {"type": "NOT_AUDITED", "message": reason}).text = reason


def _suite(suites: ET.Element, audit: Audit) -> None:
    found = list(findings_of(audit, worst_first(audit.verdicts)))
    compliances = [finding.compliance for finding in found]
    counts = {
        "tests": str(len(found)),
        "failures": str(compliances.count(Compliance.NON_COMPLIANT)),
        "errors": str(compliances.count(None)),
        "skipped": str(compliances.count(Compliance.NOT_APPLICABLE)),
    }
    suite = ET.SubElement(
        suites,
        "testsuite",
        {"name": f"{SUITE} {audit.account_id}", **counts, "timestamp": f"{audit.evaluated_at:%Y-%m-%dT%H:%M:%S}"},
    )
    for finding in found:
        name = "root user" if finding.subject == ROOT else finding.name
        case = ET.SubElement(
            suite, "testcase", {"name": _xml(name), "classname": f"{SUITE}.{audit.account_id}", "time": "0"}
        )
        annotation = _xml(finding.annotation)
        if finding.failed:
            failure = {"type": Compliance.NON_COMPLIANT.value, "message": annotation}
            ET.SubElement(case, "failure", failure).text = annotation
        elif finding.compliance is None:
            ET.SubElement(case, "error", {"type": "UNKNOWN", "message": annotation}).text = annotation
        elif finding.compliance is Compliance.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", {"message": annotation})


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
