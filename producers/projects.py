"""Changes projects and permissions: each change, and its fact, in one transaction.

Nobody has to wait for a consumer here, and a record that follows a moment later finds its project.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from producers.stamping import Stamp
from schemas.projects import (
    PermissionGranted,
    PermissionRevoked,
    ProjectCreated,
    ProjectEvent,
    ProjectUpdated,
)
from store import projects
from store.database import Database, Transaction
from store.errors import MunimentError
from store.ledger import Entry, Ledger
from store.projects import Project


class NotPermittedError(MunimentError):
    """The user has no permission in the project."""


class LastMemberError(MunimentError):
    """Without this member, nobody could enter the project any more."""


@dataclass(frozen=True, slots=True)
class Projects:
    """Carries out what people ask of projects. Its methods raise UnavailableError, too."""

    database: Database
    ledger: Ledger
    stamp: Stamp
    clock: Callable[[], datetime]

    def put(
        self, project: str, user: str, name: str | None, description: str | None, *, anyway: bool
    ) -> bool:
        """Create a project or replace what is given of it; True: it was created.

        `anyway`: without a permission, too. Raises NotPermittedError: it is somebody else's.
        """
        new = Project(project, name or "", description or "", user, self.clock())
        with self.database.transaction() as transaction:
            if projects.create(transaction, new):
                self._tell(transaction, ProjectCreated(project=project, user=user))
                return True
            if not anyway and not projects.may_change(transaction, project, user):
                raise NotPermittedError(f"{user} has no permission in {project}")
            changed = projects.change(transaction, project, name, description)
            if changed:
                fact = ProjectUpdated(project=project, user=user, fields=tuple(changed))
                self._tell(transaction, fact)
            return False

    def grant(self, project: str, user: str, member: str) -> None:
        """Give a user access; `anonymous`: let everybody read. Safe to repeat."""
        with self.database.transaction() as transaction:
            if projects.grant(transaction, project, member, user, self.clock()):
                fact = PermissionGranted(project=project, user=user, member=member)
                self._tell(transaction, fact)

    def revoke(self, project: str, user: str, member: str) -> bool:
        """Take a user's access away; False: there was none. Raises LastMemberError."""
        with self.database.transaction() as transaction:
            if not projects.may_change(transaction, project, member):
                return False
            if not projects.revoke(transaction, project, member):
                raise LastMemberError(f"{member} is the last who has access to {project}")
            fact = PermissionRevoked(project=project, user=user, member=member)
            self._tell(transaction, fact)
            return True

    def _tell(self, transaction: Transaction, fact: ProjectEvent) -> None:
        envelope = self.stamp.put_on(fact)
        entry = Entry(envelope, "accepted", f"user:{fact.user}", self.clock())
        self.ledger.append(transaction, [entry])
