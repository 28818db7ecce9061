"""The paths on which policies reach an administrator, as the picture draws them and advice names them."""

from admin_mfa.model import AdminGrant, GrantSource

DIRECTLY = "Attached directly"
"""In place of a group, for a policy that is attached to the user."""

TRUST_POLICY = "trust policy"
"""In place of a policy, for a role whose trust policy names the user. No policy has a blank in its name."""


def steps(grant: AdminGrant) -> tuple[tuple[str, str], ...]:
    """Return the path of each policy in a grant: what it comes through (a group, a role or `DIRECTLY`), and its name.

    A grant has several paths if its policies are full access only together.

    >>> steps(AdminGrant(sources=(GrantSource(policy="AdministratorAccess", group="ops"),)))
    (('ops', 'AdministratorAccess'),)
    >>> steps(AdminGrant(sources=(GrantSource(policy="B", group="ops", inline=True),)))
    (('ops', 'B (inline)'),)
    """
    return tuple(map(_step, grant.sources))


def _step(source: GrantSource) -> tuple[str, str]:
    if source.role is not None:
        return f"role {source.role}", TRUST_POLICY
    return source.group or DIRECTLY, f"{source.policy} (inline)" if source.inline else source.policy
