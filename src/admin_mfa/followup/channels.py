"""The ways by which a notice leaves: the topic always, a chat topic, mail and Security Hub where they are switched on.

Each channel sends one notice and raises if it could not; the messenger decides what was sent already. The topic is
required: its record begins the grace period. The others are optional, and their failure stops nothing.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError, RemediationError
from admin_mfa.findings import rule
from admin_mfa.findings.asff import asff
from admin_mfa.findings.comparison import EarlierFinding
from admin_mfa.findings.finding import Finding, gone_finding, user_finding
from admin_mfa.followup.case import Case
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import SEVERITY, Text
from admin_mfa.model import IamUser

if TYPE_CHECKING:
    from mypy_boto3_securityhub import SecurityHubClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

TOPIC_ACTIONS = ("sns:Publish",)
MAIL_ACTIONS = ("ses:SendEmail",)
SECURITY_HUB_ACTIONS = ("securityhub:BatchImportFindings", "securityhub:BatchUpdateFindings")

_ADDRESS = re.compile(r"[A-Za-z0-9_.+=/-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
"""What an address looks like as far as an IAM tag can hold one."""

_MAX_ADDRESS = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a channel is given.

    Attributes:
        text: What to say.
        case: What it is about.
        user: The user, if the notice is about one who exists.
        now: The time, in UTC.
    """

    text: Text
    case: Case
    user: IamUser | None
    now: datetime


class Channel(Protocol):
    """One way out; the names are part of what is remembered."""

    @property
    def name(self) -> str:
        """Empty for the topic."""
        ...

    @property
    def required(self) -> bool:
        """Whether the run fails if the notice could not be sent here."""
        ...

    def wants(self, delivery: Delivery) -> bool:
        """Whether this notice goes out here at all."""
        ...

    def send(self, delivery: Delivery) -> None:
        """Send it.

        Raises:
            RemediationError: It could not be sent.
        """
        ...


@contextmanager
def _sending(action: str) -> Iterator[None]:
    try:
        with reading(action):
            yield
    except ReadError as error:
        raise RemediationError(f"A notice could not be sent: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """An Amazon SNS topic: plain text for people, JSON for machines, attributes for subscription filters."""

    client: "SNSClient"
    arn: str
    name: str = ""
    required: bool = True

    def wants(self, delivery: Delivery) -> bool:  # noqa: ARG002 - a channel's signature
        """Everything goes here."""
        return True

    def send(self, delivery: Delivery) -> None:
        """Publish one body for each protocol.

        Source: https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
        """
        text, case = delivery.text, delivery.case
        machine = json.dumps(text.data, sort_keys=True)
        bodies = {
            "default": text.body,
            "email": text.body,
            "sms": text.summary,
            **dict.fromkeys(("email-json", "http", "https", "sqs", "lambda", "firehose"), machine),
        }
        attributes = {
            "account": case.account_id,
            "event": text.notice.value,
            "severity": SEVERITY[text.notice],
            "user": case.user_name,
        }
        with _sending("sns:Publish"):
            self.client.publish(
                TopicArn=self.arn,
                Subject=text.subject,
                Message=json.dumps(bodies),
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A second topic whose subscriber is Amazon Q Developer in chat applications.

    Source: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    """

    client: "SNSClient"
    arn: str
    name: str = "chat"
    required: bool = False

    def wants(self, delivery: Delivery) -> bool:  # noqa: ARG002 - a channel's signature
        """Everything goes here."""
        return True

    def send(self, delivery: Delivery) -> None:
        """Publish a custom notification. All notices about one user make one thread."""
        with _sending("sns:Publish"):
            self.client.publish(TopicArn=self.arn, Message=json.dumps(chat_notification(delivery.text, delivery.case)))


def chat_notification(text: Text, case: Case) -> dict[str, Any]:
    """Return the custom notification for a chat channel."""
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": text.subject,
            # Without a code span, underscores in names would turn into italics.
            "description": text.summary.replace(case.user_name, f"`{case.user_name}`", 1),
            "keywords": ["MFA", case.account_id],
        },
        "metadata": {
            "threadId": f"{case.account_id}-{case.user_id or case.user_name}",
            "summary": text.summary,
            "eventType": text.notice.value,
            "additionalContext": {"severity": SEVERITY[text.notice]},
        },
    }


_TO_THE_USER = frozenset((Notice.FOUND, Notice.REMINDER, Notice.FINAL, Notice.ENFORCED, Notice.RELEASED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mail to the address in a tag on the user.

    Attributes:
        sender: An identity that Amazon SES has verified.
        tag: The tag's key. Anyone who can tag users can redirect their notices.
    """

    client: "SESV2Client"
    sender: str
    tag: str
    name: str = "mail"
    required: bool = False

    def wants(self, delivery: Delivery) -> bool:
        """Whether the notice is meant for the user and the tag holds an address."""
        return delivery.text.notice in _TO_THE_USER and self._address(delivery.user) is not None

    def send(self, delivery: Delivery) -> None:
        """Send plain text."""
        address = self._address(delivery.user)
        if address is None:
            raise RemediationError(
                f"The tag {self.tag} of {delivery.case.user_name} does not contain an email address."
            )
        with _sending("ses:SendEmail"):
            self.client.send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": delivery.text.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": delivery.text.body, "Charset": "UTF-8"}},
                    }
                },
            )

    def _address(self, user: IamUser | None) -> str | None:
        text = dict(user.tags).get(self.tag, "") if user else ""
        return text if len(text) <= _MAX_ADDRESS and _ADDRESS.fullmatch(text) else None


_ABOUT_A_FINDING = frozenset((Notice.FOUND, Notice.REMINDER, Notice.FINAL, Notice.ENFORCED))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHub:
    """A finding in AWS Security Hub, for accounts in which AWS Config's own integration is off."""

    client: "SecurityHubClient"
    region: str
    name: str = "securityhub"
    required: bool = False

    def wants(self, delivery: Delivery) -> bool:
        """Whether the notice is about a user's finding."""
        return delivery.text.notice in _ABOUT_A_FINDING and delivery.user is not None

    def send(self, delivery: Delivery) -> None:
        """Create the finding, or update it."""
        self._import(delivery)

    def resolve(self, delivery: Delivery) -> None:
        """Update the finding, and set its workflow status to RESOLVED, which an import cannot change.

        Security Hub resets that to NEW when the compliance status changes to FAILED.
        Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_WorkflowUpdate.html

        Raises:
            RemediationError: Security Hub did not take it.
        """
        item = self._import(delivery)
        with _sending("securityhub:BatchUpdateFindings"):
            answer = self.client.batch_update_findings(
                FindingIdentifiers=[{"Id": item["Id"], "ProductArn": item["ProductArn"]}],
                Workflow={"Status": "RESOLVED"},
            )
        if answer["UnprocessedFindings"]:
            failed = answer["UnprocessedFindings"][0]
            raise RemediationError(
                f"Security Hub did not resolve the finding ({failed['ErrorCode']}): {failed['ErrorMessage']}"
            )

    def _import(self, delivery: Delivery) -> dict[str, Any]:
        item = asff(finding_of(delivery.case, self.region, delivery.now))
        with _sending("securityhub:BatchImportFindings"):
            answer = self.client.batch_import_findings(Findings=[item])  # type: ignore[list-item]
        if answer["FailedCount"]:
            failed = answer["FailedFindings"][0]
            raise RemediationError(
                f"Security Hub did not take the finding ({failed['ErrorCode']}): {failed['ErrorMessage']}"
            )
        return item


def finding_of(case: Case, region: str, now: datetime) -> Finding:
    """Return the finding of a case, the same that a report makes of the user."""
    place = rule.FindingContext(account_id=case.account_id, partition=case.partition, region=region, at=now)
    if case.verdict is not None and case.parameters is not None:
        return user_finding(place, case.verdict, case.parameters)
    earlier = EarlierFinding(
        account_id=case.account_id,
        user_id=case.user_id,
        user_name=case.user_name,
        arn=f"arn:{case.partition}:iam::{case.account_id}:user/{case.user_name}",
        partition=case.partition,
        annotation="",
    )
    return gone_finding(place, earlier, "The user no longer exists.")
