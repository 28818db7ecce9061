"""Connect the acts with the embedded AWS, the rule's handler and the terminal."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from admin_mfa.aws.config import RESOURCE_TYPE
from demo.emulator import EmbeddedAws
from demo.errors import DemoError
from demo.remediation import Remediation
from demo.rule import Handler

RULE_NAME = "iam-admin-user-mfa-enabled"

_MAIL_WIDTH = 80

_STYLES = {"NON_COMPLIANT": "bold red", "COMPLIANT": "green", "NOT_APPLICABLE": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A line of AWS Config's compliance dashboard.

    Attributes:
        resource_id: The user's unique id.
        name: The user name; AWS Config calls it `resourceName`.
        compliance: COMPLIANT, NON_COMPLIANT or NOT_APPLICABLE.
        annotation: One sentence.
    """

    resource_id: str
    name: str
    compliance: str
    annotation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The effects of one run of the rule.

    Attributes:
        recorded: Ids of the users whose evaluations AWS Config recorded, in order.
        calls: The number of calls for each permission.
    """

    recorded: tuple[str, ...]
    calls: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The environment of every act.

    Attributes:
        aws: The embedded AWS, with the account's users.
        handler: The rule's `lambda_handler`.
        console: The output of the acts.
        output: The file for the report; each format replaces the extension.
        today: In UTC.
        remediation: The documents, the helper and their clock.
    """

    aws: EmbeddedAws
    handler: Handler
    console: Console
    output: Path
    today: date
    remediation: Remediation

    def print(self, text: str) -> None:
        """Print a text."""
        self.console.print(Text(text))

    def claim(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as `claim(condition, "sentence")`
        """Print a claim that was checked.

        Raises:
            DemoError: The claim is false.
        """
        if not holds:
            raise DemoError(f"The demonstration failed because this claim is false: {sentence}")
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_row(Text("ok", style="bold green"), Text(sentence))
        self.console.print(Padding(row, (0, 0, 0, 2)))

    def file(self, format_name: str) -> Path:
        """Return the file for the report in a format."""
        return self.output.with_suffix(f".{format_name}")

    def show_mail(self, subject: str, text: str) -> None:
        """Print a notice as the recipient sees it."""
        self.console.print(Panel(Text(text.rstrip()), title=Text(subject), title_align="left", width=_MAIL_WIDTH))

    def write(self, report: str, file: Path) -> None:
        """Write the report.

        Raises:
            DemoError: The file cannot be written; the text names the reason.
        """
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(report, encoding="utf-8")
        except OSError as error:
            raise DemoError(f"The report cannot be written to {file}: {error.strerror}.") from error

    def run_rule(self, *, keep_calls: bool = False) -> Run:
        """Invoke the handler as AWS Config does on a schedule.

        Args:
            keep_calls: Whether to keep counting from the previous calls.
        """
        if not keep_calls:
            self.aws.calls.clear()
        self.aws.config.clear_recorded()
        self.aws.config.invoke(self.handler, rule_name=RULE_NAME)
        return Run(
            recorded=tuple(evaluation.resource_id for evaluation in self.aws.config.recorded),
            calls=self.aws.calls.counts(),
        )

    def results(self) -> tuple[Result, ...]:
        """Return the rule's results from AWS Config; NON_COMPLIANT comes first."""
        pages = self.aws.client("config").get_paginator("get_compliance_details_by_config_rule")
        found = [item for page in pages.paginate(ConfigRuleName=RULE_NAME) for item in page["EvaluationResults"]]
        names = self._names()
        return tuple(sorted((_result(item, names) for item in found), key=lambda r: (_rank(r), r.name)))

    def _names(self) -> dict[str, str]:
        pages = self.aws.client("iam").get_paginator("list_users").paginate()
        return {user["UserId"]: user["UserName"] for page in pages for user in page["Users"]}

    def dashboard(self, results: Iterable[Result]) -> None:
        """Print results in the layout of AWS Config's console."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        table.add_column("Compliance", no_wrap=True)
        table.add_column(f"Resource ({RESOURCE_TYPE}) and annotation")
        for result in results:
            table.add_row(
                Text(result.compliance, style=_STYLES[result.compliance]),
                Text.assemble((result.name, "bold"), f"  {result.resource_id}\n", (result.annotation, "dim")),
            )
        self.console.print(table)

    def show_calls(self, calls: Counter[str]) -> None:
        """Print the number of calls for each permission."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for permission, count in sorted(calls.items()):
            table.add_row(f"{count:>6} x", permission)
        self.console.print(table)


def _rank(result: Result) -> int:
    return list(_STYLES).index(result.compliance)


def _result(item: dict[str, Any], names: dict[str, str]) -> Result:
    resource_id = item["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]
    return Result(
        resource_id=resource_id,
        name=names[resource_id],
        compliance=item["ComplianceType"],
        annotation=item.get("Annotation", ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A part of the demonstration.

    Attributes:
        title: A few words.
        introduction: A description of the step, for the reader.
        play: The function that performs the step, prints the result and checks its claims.
    """

    title: str
    introduction: str
    play: Callable[[Stage], None]
