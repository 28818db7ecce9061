"""Explain the verdict on one user, and what would change it.

Each possible change is applied to a copy of the user, and the copy is evaluated like every user.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from admin_mfa.audit.account import Progress, silent
from admin_mfa.aws.iam import IamReader
from admin_mfa.bypass import find_bypass
from admin_mfa.escalation.search import Survey
from admin_mfa.evaluate import evaluate
from admin_mfa.model import AdminGrant, Fact, GrantSource, IamUser, MfaDevice, MfaType, Unread, Verdict
from admin_mfa.parameters import AdministratorDefinition, ExemptUser, Parameters
from admin_mfa.report.explanation import Change, Explanation
from admin_mfa.statements import Attachment

_NEW_DEVICES = {
    MfaType.VIRTUAL: "arn:aws:iam::123456789012:mfa/new",
    MfaType.FIDO: "arn:aws:iam::123456789012:u2f/user/new/key",
    MfaType.HARDWARE: "GAKT00000000",
}


def explain_one(
    reader: IamReader, user: str, parameters: Parameters, progress: Progress = silent
) -> Explanation | None:
    """Read the account and explain one user; None if no user has that name, unique id or ARN.

    Takes the calls of an audit with `AdministratorDefinition=Escalation`, and about four about the user.

    Raises:
        ReadError: Something could not be read.
    """
    progress("reading users, groups, roles, policies and virtual MFA devices")
    snapshot = reader.snapshot()
    found = [one for one in snapshot.users if ExemptUser(identity=user).matches(one)]
    progress("reading the user")
    # Devices first: their tags are read device by device.
    for facts in ({Fact.MFA_DEVICES, Fact.CONSOLE_PASSWORD, Fact.ACCESS_KEYS}, {Fact.MFA_DEVICE_TAGS}):
        found = list(reader.read([(one, Unread(facts=frozenset(facts))) for one in found]))
    if not found:
        return None
    # The explanation lists ways to become administrator under every definition, over administrators of every kind.
    widest = replace(parameters, administrator_definition=AdministratorDefinition.ESCALATION)
    return explain(found[0], parameters, datetime.now(UTC).date(), Survey(snapshot, widest))


def explain(user: IamUser, parameters: Parameters, today: date, account: Survey) -> Explanation | None:
    """Explain a user; None if a fact about the user is still unread.

    Args:
        user: The user, with every fact read.
        parameters: The rule parameters.
        today: In UTC.
        account: The account as `Survey` found it.
    """
    judge = _Judge(parameters, today, account)
    verdict = judge.verdict(user)
    if verdict is None:
        return None
    return Explanation(
        user=user,
        verdict=verdict,
        parameters=parameters,
        accepted=tuple(device for device in user.mfa_devices if parameters.accepts(device)),
        ways=account.ways(user),
        bypass=find_bypass(user, parameters, judge.account(parameters)) if verdict.administrator else None,
        changes=tuple(_changes(user, verdict, judge)),
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Evaluates changed copies of a user."""

    parameters: Parameters
    today: date
    survey: Survey

    def account(self, parameters: Parameters) -> Survey | None:
        """Return the survey if the definition depends on it."""
        escalation = parameters.administrator_definition is AdministratorDefinition.ESCALATION
        return self.survey if escalation else None

    def verdict(
        self, user: IamUser, *, parameters: Parameters | None = None, today: date | None = None
    ) -> Verdict | None:
        asked = parameters or self.parameters
        found = evaluate(user, asked, today or self.today, self.account(asked))
        return found if isinstance(found, Verdict) else None


def _changes(user: IamUser, verdict: Verdict, judge: _Judge) -> Iterator[Change]:
    """Yield the changes to another compliance, or to or from being an administrator."""
    for action, then in _possible(user, verdict, judge):
        if then and (then.compliance, then.administrator) != (verdict.compliance, verdict.administrator):
            yield Change(action=action, then=then)


def _possible(user: IamUser, verdict: Verdict, judge: _Judge) -> Iterator[tuple[str, Verdict | None]]:
    parameters = judge.parameters
    for mfa_type, serial in _NEW_DEVICES.items():
        if parameters.allows(mfa_type):
            tag = parameters.managed_device_tag if mfa_type is MfaType.VIRTUAL else None
            device = MfaDevice(serial_number=serial, type=mfa_type, tags=((tag.key, tag.value or ""),) if tag else ())
            tagged = f" with the tag {tag}" if tag else ""
            enrolled = replace(user, mfa_devices=(*user.mfa_devices, device))
            yield f"enrol an MFA device of type {mfa_type}{tagged}", judge.verdict(enrolled)
            break
    if user.mfa_devices:
        yield "remove the MFA devices", judge.verdict(replace(user, mfa_devices=()))
    if user.active_access_keys:
        yield "deactivate the access keys", judge.verdict(replace(user, active_access_keys=0))
    for action, attachments, groups in _fewer_rights(user, verdict.grants):
        yield action, judge.verdict(replace(user, attachments=attachments, groups=groups))
    exempt = replace(parameters, exempt_users=(*parameters.exempt_users, ExemptUser(identity=user.user_id)))
    yield "exempt the user (ExemptUsers)", judge.verdict(user, parameters=exempt)
    if verdict.exempt_until:
        after = verdict.exempt_until + timedelta(days=1)
        yield f"wait until {after}, when the exemption has ended", judge.verdict(user, today=after)
    for definition in AdministratorDefinition:
        if definition is not parameters.administrator_definition:
            other = replace(parameters, administrator_definition=definition)
            yield f"set AdministratorDefinition={definition}", judge.verdict(user, parameters=other)


def _fewer_rights(
    user: IamUser, grants: Iterable[AdminGrant]
) -> Iterator[tuple[str, tuple[Attachment, ...], tuple[str, ...]]]:
    """Yield the user's permissions without one policy, without one group, and without all of the grants."""
    named = {source for grant in grants for source in grant.sources}
    matter = [a for a in user.attachments if GrantSource.of(a) in named]
    for attachment in matter:
        left = tuple(other for other in user.attachments if other is not attachment)
        verb = "delete" if attachment.policy.arn is None else "detach"
        holder = f"from the group {attachment.group}" if attachment.group else "from the user"
        yield f"{verb} the policy {attachment.policy.name} {holder}", left, user.groups
    groups = list(dict.fromkeys(attachment.group for attachment in matter if attachment.group))
    for name in groups:
        left = tuple(other for other in user.attachments if other.group != name)
        yield f"remove the user from the group {name}", left, tuple(other for other in user.groups if other != name)
    if len(matter) > 1:
        left = tuple(other for other in user.attachments if other not in matter)
        kept = tuple(other for other in user.groups if other not in groups)
        yield "remove all of these policies and groups", left, kept
