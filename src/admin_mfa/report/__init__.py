"""Verdicts to text: one module for each format, and one table that names them all.

Pure: a renderer is given a `Report` and says nothing to anybody else. Modules that need a heavy library import it
when they render, so that naming the formats costs nothing.
"""

from admin_mfa.findings import asff, junit, ocsf, sarif
from admin_mfa.findings.content import NotAudited, Report
from admin_mfa.findings.format import Format, RenderOptions
from admin_mfa.findings.order import summary_line
from admin_mfa.report import csv_table, json_document, markdown, page, table

__all__ = ["FORMATS", "Format", "NotAudited", "RenderOptions", "Report", "summary_line"]

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format(
            name="table",
            media_type="text/plain",
            suffix=".txt",
            description="for a terminal, worst first",
            render=table.render,
        ),
        Format(
            name="html",
            media_type="text/html",
            suffix=".html",
            description="one page to open, print and attach",
            render=page.render,
        ),
        Format(
            name="json",
            media_type="application/json",
            suffix=".json",
            description="everything; `admin-mfa schema` prints the schema",
            render=json_document.render,
        ),
        Format(
            name="csv",
            media_type="text/csv",
            suffix=".csv",
            description="one row for each user, safe to open in a spreadsheet",
            render=csv_table.render,
        ),
        Format(
            name="markdown",
            media_type="text/markdown",
            suffix=".md",
            description="for a ticket",
            render=markdown.render,
        ),
        Format(
            name="junit",
            media_type="application/xml",
            suffix=".xml",
            description="test results for a pipeline",
            render=junit.render,
        ),
        Format(
            name="sarif",
            media_type="application/sarif+json",
            suffix=".sarif",
            description="SARIF 2.1.0 for code-scanning services",
            render=sarif.render,
        ),
        Format(
            name="asff",
            media_type="application/json",
            suffix=".asff.json",
            description="findings for AWS Security Hub",
            render=asff.render,
        ),
        Format(
            name="ocsf",
            media_type="application/json",
            suffix=".ocsf.json",
            description="OCSF compliance findings for security lakes",
            render=ocsf.render,
        ),
    )
}
"""Every format by its name, in the order in which help lists them."""
