"""A principal that acts, with what it may do."""

from dataclasses import dataclass, replace

from admin_mfa.escalation.index import Principal
from admin_mfa.escalation.rights import Privileges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actor:
    """A principal and its permissions under one view.

    Attributes:
        principal: As it is, or as it would be with other policies or in other groups.
        rights: Its permissions.
    """

    principal: Principal
    rights: Privileges

    @property
    def arn(self) -> str:
        """The principal's ARN."""
        return self.principal.arn

    def become(self, principal: Principal) -> "Actor":
        """Return the actor with other policies or groups, under the same view."""
        return replace(self, principal=principal, rights=self.rights.of(principal))
