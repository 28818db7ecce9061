"""Who is an administrator by what it holds, under the definition and the privilege model in force."""

from dataclasses import dataclass

from admin_mfa.administrator import attached_grants, denies_everything, doubted, withholds
from admin_mfa.escalation.index import Principal
from admin_mfa.escalation.snapshot import Group
from admin_mfa.model import AdminGrant
from admin_mfa.parameters import Parameters, PrivilegeModel
from admin_mfa.policy.coverage import Account
from admin_mfa.statements import Attachment, Policy


@dataclass(frozen=True, slots=True)
class Holding:
    """The definition of administrator, applied to principals whose policies all have their documents.

    Attributes:
        parameters: The definition of administrator without any way, and the privilege model.
    """

    parameters: Parameters

    @property
    def effective(self) -> bool:
        """Whether Deny statements and permissions boundaries count."""
        return self.parameters.privilege_model is PrivilegeModel.EFFECTIVE

    def grants(self, principal: Principal) -> tuple[AdminGrant, ...]:
        """Return what makes the principal an administrator, Deny and boundary considered where they count."""
        grants = self.attached(principal)
        if not grants or not self.effective:
            return grants
        if self.bounded(principal) or self.denied(principal):
            return ()
        return doubted(grants, principal.attachments, principal.boundary)

    def attached(self, holder: Principal | Group) -> tuple[AdminGrant, ...]:
        """Return what its policies grant, Deny and boundary ignored."""
        return attached_grants(holder.attachments, self.parameters, Account.of(holder.arn))

    def bounded(self, principal: Principal) -> bool:
        """Whether a permissions boundary keeps the principal from being an administrator."""
        return self.effective and withholds(principal.boundary, Account.of(principal.arn))

    def denied(self, principal: Principal) -> bool:
        """Whether the principal's policies deny everything."""
        return self.effective and denies_everything(attachment.policy for attachment in principal.attachments)

    def full_access(self, policy: Policy) -> bool:
        """Whether a policy alone makes its holder an administrator; it is named by its ARN."""
        account = Account.of(policy.arn or "")
        return bool(attached_grants((Attachment(policy=policy),), self.parameters, account))
