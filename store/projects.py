"""Projects, and who has access to them: rows of `projects` and `permissions`."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, delete, func, or_, select, update

from store.database import Database, Transaction
from store.tables import permissions, projects
from store.user_names import ANONYMOUS


@dataclass(frozen=True, slots=True)
class Project:
    """A room for records."""

    id: str
    """What stands in URLs."""
    name: str
    """For people; empty: none was given."""
    description: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A project, and what it is to somebody."""

    project: Project
    member: bool
    """Has a permission."""
    public: bool
    """Everybody may read it."""


Asker = tuple[str, str | None]
"""A project, and a user; None: nobody in particular."""

_STANDINGS = (
    select(projects, permissions.c.user_name)
    .outerjoin(
        permissions,
        (permissions.c.project == projects.c.id)
        & permissions.c.user_name.in_(bindparam("users", expanding=True)),
    )
    .where(projects.c.id.in_(bindparam("projects", expanding=True)))
)


def standing(database: Database, project: str, user: str | None) -> Standing | None:
    """Return the project and what it is to a user (None: to nobody in particular)."""
    return standings(database, [(project, user)]).get((project, user))


def standings(database: Database, asked: Collection[Asker]) -> dict[Asker, Standing]:
    """Return the projects and what they are to users; those that there are not are missing."""
    names = {user for _, user in asked if user is not None} | {ANONYMOUS}
    ids = {project for project, _ in asked}
    rows = database.query(_STANDINGS, {"users": list(names), "projects": list(ids)})
    found = {row["id"]: _project(row) for row in rows}
    permitted = {(row["id"], row["user_name"]) for row in rows}
    return {
        (project, user): Standing(
            found[project],
            member=user is not None and (project, user) in permitted,
            public=(project, ANONYMOUS) in permitted,
        )
        for project, user in asked
        if project in found
    }


def readable(database: Database, user: str | None, wanted: Collection[str]) -> set[str]:
    """Return those of the project ids that a user (None: nobody in particular) may read."""
    rows = database.query(
        select(permissions.c.project).where(
            permissions.c.project.in_(wanted),
            or_(permissions.c.user_name == user, permissions.c.user_name == ANONYMOUS),
        )
    )
    return {row["project"] for row in rows}


def members(database: Database, project: str) -> list[str]:
    """Return who has a permission, by name."""
    rows = database.query(
        select(permissions.c.user_name)
        .where(permissions.c.project == project)
        .order_by(permissions.c.user_name)
    )
    return [row["user_name"] for row in rows]


# --- changes, within a transaction ----------------------------------------------------------------


def create(transaction: Transaction, project: Project) -> bool:
    """Add a project, with a permission for its creator; False: there is one of that id."""
    if not transaction.insert_new(projects, asdict(project)):
        return False
    return grant(
        transaction, project.id, project.created_by, project.created_by, project.created_at
    )


def change(
    transaction: Transaction, project: str, name: str | None, description: str | None
) -> list[str]:
    """Replace what is given; return the names of the fields that are other ones now."""
    row = (
        transaction.execute(select(projects).where(projects.c.id == project).with_for_update())
        .mappings()
        .one()
    )
    given = {"name": name, "description": description}
    changed = {
        field: value for field, value in given.items() if value is not None and value != row[field]
    }
    if changed:
        transaction.execute(update(projects).where(projects.c.id == project).values(changed))
    return list(changed)


def grant(transaction: Transaction, project: str, member: str, by: str, at: datetime) -> bool:
    """Give access; False: there was access already."""
    row = {"project": project, "user_name": member, "granted_by": by, "granted_at": at}
    return transaction.insert_new(permissions, row) == 1


def revoke(transaction: Transaction, project: str, member: str) -> bool:
    """Take access away, but not from the last member; False: nothing was done."""
    # Locked, so that two who are the last do not lock each other out at once.
    transaction.execute(select(projects.c.id).where(projects.c.id == project).with_for_update())
    others = transaction.execute(
        select(func.count())
        .select_from(permissions)
        .where(
            permissions.c.project == project,
            permissions.c.user_name.not_in([member, ANONYMOUS]),
        )
    ).scalar_one()
    if others == 0 and member != ANONYMOUS:
        return False
    gone = transaction.execute(
        delete(permissions).where(
            permissions.c.project == project, permissions.c.user_name == member
        )
    )
    return bool(gone.rowcount)


def may_change(transaction: Transaction, project: str, user: str) -> bool:
    """Whether somebody has a permission, now and until commit."""
    found = transaction.execute(
        select(permissions.c.project)
        .where(permissions.c.project == project, permissions.c.user_name == user)
        .with_for_update()
    )
    return found.first() is not None


def _project(row: RowMapping) -> Project:
    return Project(row["id"], row["name"], row["description"], row["created_by"], row["created_at"])
