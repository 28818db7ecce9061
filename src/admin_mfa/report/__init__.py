"""Verdicts to text: one module for each format, and one table that names them all.

Pure: a renderer is given an `Audit` and says nothing to anybody else. Modules that need a heavy library import it
when they render, so that naming the formats costs nothing.
"""

from admin_mfa.report import json_document, table
from admin_mfa.report.format import Format, Look
from admin_mfa.report.order import summary_line

__all__ = ["FORMATS", "Format", "Look", "summary_line"]

FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format(
            name="table",
            media_type="text/plain",
            suffix=".txt",
            description="for people at a terminal, worst first",
            render=table.render,
        ),
        Format(
            name="json",
            media_type="application/json",
            suffix=".json",
            description="everything, in the shape that `admin-mfa schema` prints",
            render=json_document.render,
        ),
    )
}
"""Every format by its name, in the order in which help lists them."""
