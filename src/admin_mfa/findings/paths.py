"""The paths on which policies reach an administrator, as the picture draws them and advice names them."""

from admin_mfa.model import AdminGrant

DIRECTLY = "Attached directly"
"""In place of a group, for a policy that is attached to the user."""

TRUST_POLICY = "trust policy"
"""In place of a policy, for a role whose trust policy names the user. No policy has a blank in its name."""

_INLINE = "inline policy "
_TRUST = "trust policy of "


def steps(grant: AdminGrant) -> tuple[tuple[str, str], ...]:
    """Return the path of each policy in a grant: what it comes through (a group, a role or `DIRECTLY`), and its name.

    A grant has several paths if its policies are full access only together.

    >>> steps(AdminGrant(policy="AdministratorAccess", via="group ops"))
    (('ops', 'AdministratorAccess'),)
    >>> steps(AdminGrant(policy="B", via="inline policy B of group ops"))
    (('ops', 'B (inline)'),)
    """
    return tuple(_step(part.policy, part.via) for part in grant.parts())


def _step(policy: str, via: str) -> tuple[str, str]:
    holder = via
    if via.startswith(_TRUST):
        return via.removeprefix(_TRUST), TRUST_POLICY
    if via.startswith(_INLINE):
        policy = f"{policy} (inline)"
        holder = via.rpartition(" of ")[2]
        if " of group " in via:
            holder = via.split(" of group ", 1)[1]
            return holder, policy
    if holder == "user":
        return DIRECTLY, policy
    return holder.removeprefix("group "), policy
