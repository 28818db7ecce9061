"""Sends one notice through every channel, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from admin_mfa.errors import AdminMfaError, RemediationError
from admin_mfa.followup.case import Case
from admin_mfa.followup.channels import Channel, Delivery, SecurityHub
from admin_mfa.followup.decisions import notice_of
from admin_mfa.followup.finding import Notice, Record
from admin_mfa.followup.notices import write
from admin_mfa.followup.records import Records, claimed
from admin_mfa.model import IamUser


def ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger:
    """Sends notices and remembers through which channel each went out.

    Attributes:
        records: What is remembered.
        channels: The ways by which notices leave.
        now: The time, in UTC.
        unsent: Called with the name of an optional channel and the reason why it did not send a notice.
    """

    records: Records
    channels: tuple[Channel, ...]
    now: datetime
    unsent: Callable[[str, RemediationError], None] = ignore

    def send(
        self, key: str, notice_key: str, case: Case, user: IamUser | None = None, record: Record | None = None
    ) -> bool:
        """Send a notice through every channel that has not sent it yet; false if another run is sending it.

        Raises:
            AdminMfaError: The topic failed, or the table. The others were tried all the same, and what they sent stays
                sent. The failure of another channel is reported to `unsent`, and the next run tries that channel again.
        """
        delivery = Delivery(text=write(notice_of(notice_key), case), case=case, user=user, now=self.now)
        known = record.sent if record else {}
        failures: list[AdminMfaError] = []
        sent = True
        for channel in self.channels:
            name = f"{notice_key}@{channel.name}" if channel.name else notice_key
            if name in known or not channel.wants(delivery):
                continue
            try:
                with claimed(self.records, key, name, self.now) as claim:
                    if claim:
                        channel.send(delivery)
                    else:
                        sent = sent and not self._under_way(key, name)
            except RemediationError as error:
                if channel.required:
                    failures.append(error)
                else:
                    self.unsent(channel.name, error)
            except AdminMfaError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return sent

    def _under_way(self, key: str, name: str) -> bool:
        record = self.records.read(key)
        return record is None or name not in record.sent

    def resolve(self, case: Case, user: IamUser | None, record: Record) -> None:
        """Resolve the finding in Security Hub, if it was created there."""
        hubs = [channel for channel in self.channels if isinstance(channel, SecurityHub)]
        if not hubs or not any(name.endswith(f"@{hubs[0].name}") for name in record.sent):
            return
        try:
            hubs[0].resolve(Delivery(text=write(Notice.RELEASED, case), case=case, user=user, now=self.now))
        except RemediationError as error:
            self.unsent(hubs[0].name, error)
