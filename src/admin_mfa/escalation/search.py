"""Who of an account is an administrator already, and who can become one.

The table of ways (`admin_mfa.escalation.ways`) is applied round by round: a principal that can change its own
permissions, or gain access to an administrator of an earlier round, is an administrator of the next. Only IAM's own
facts count. Resources that carry a role, such as functions and instances, are not looked at: permission to rewrite
functions counts where a role is an administrator and Lambda may assume it.
"""

from admin_mfa.escalation.conditions import RequestContext
from admin_mfa.escalation.finder import PathFinder
from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex
from admin_mfa.escalation.path import Administrator, Path, Reached
from admin_mfa.escalation.rights import View
from admin_mfa.escalation.snapshot import Snapshot
from admin_mfa.escalation.wording import grant_of
from admin_mfa.model import AdminGrant, IamUser
from admin_mfa.parameters import Parameters


class Survey:
    """One account, searched once for all of its users.

    Args:
        snapshot: The account as it was read; every policy has its document.
        parameters: The definition of administrator without any way, and the privilege model.
    """

    def __init__(self, snapshot: Snapshot, parameters: Parameters) -> None:
        self._holding = holding = Holding(parameters)
        self._index = AccountIndex(snapshot)
        self._finder = PathFinder(self._index, holding)
        self._grants = {arn: found for arn, who in self._index.principals.items() if (found := holding.grants(who))}
        for arn, found in self._grants.items():
            self._finder.reached[arn] = Reached(rank=0, how=Administrator(arn=arn, grant=found[0]))
        self._spread()

    def grants(self, user: IamUser) -> tuple[AdminGrant, ...]:
        """Return what makes the user an administrator without any way, Deny and boundary considered."""
        return self._grants.get(user.arn, ()) if self._index.holds(user) else self._holding.grants(user)

    def ways(self, user: IamUser) -> tuple[AdminGrant, ...]:
        """Return the ways in which the user can become administrator, each row of the table at most once."""
        if self._index.holds(user) and user.arn not in self._finder.reached:
            return ()
        return tuple(map(grant_of, self._finder.paths(self._finder.actor(user))))

    def ways_in_session(self, user: IamUser, session: RequestContext, *, calls_iam: bool) -> tuple[AdminGrant, ...]:
        """Return the ways that are open in a session of which more is known, such as that it has no MFA.

        Deny statements that are surely met count then in either privilege model.

        Args:
            user: Whose session it is.
            session: What is known of it.
            calls_iam: Whether it can call IAM, see `View`.
        """
        actor = self._finder.acting(user, View(effective=True, session=session, calls_iam=calls_iam))
        return tuple(map(grant_of, self._finder.paths(actor)))

    def _spread(self) -> None:
        reached = self._finder.reached
        waiting = sorted(arn for arn in self._index.principals if arn not in reached and self._can_anything(arn))
        rank, fresh = 1, frozenset(reached)
        while fresh or rank == 1:
            # What a later round adds, it adds through an administrator of the round before: only those are new.
            found = [(arn, path) for arn in waiting if (path := self._first_path(arn, None if rank == 1 else fresh))]
            # Only now: within a round no principal profits from another, so that their order decides nothing.
            reached |= {arn: Reached(rank=rank, how=path) for arn, path in found}
            waiting = [arn for arn in waiting if arn not in reached]
            rank, fresh = rank + 1, frozenset(arn for arn, _ in found)

    def _first_path(self, arn: str, administrators: frozenset[str] | None) -> Path | None:
        """Return a principal's first path; where administrators are given, the first one through one of them."""
        finder, actor = self._finder, self._finder.actor(self._index.principals[arn])
        through = administrators is not None and arn not in finder.unsettled
        return next(finder.through(actor, administrators or ()) if through else finder.paths(actor), None)

    def _can_anything(self, arn: str) -> bool:
        return self._finder.can_anything(self._index.principals[arn]) or bool({arn, "*"} & self._index.trusted.keys())
