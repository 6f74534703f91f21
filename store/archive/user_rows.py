"""Users as the archive's rows tell of them: Muniment's account, and what the archive adds to it."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic_core import from_json
from sqlalchemy import RowMapping, func, select

from store.entrance import digest_of
from store.tables import archive_users, audit, users
from store.user_names import ANONYMOUS

_TURNED = (
    select(func.max(audit.c.id))
    .where(audit.c.what == "user:" + users.c.name, audit.c.field == "disabled")
    .scalar_subquery()
    .label("turned")
)
EVERYBODY = (
    select(
        users.c.name,
        users.c.disabled,
        users.c.password_hash,
        _TURNED,
        users.c.operator,
        users.c.superuser.label("superuser_of_all"),
        archive_users.c.staff,
        archive_users.c.superuser,
        archive_users.c.from_portal,
        archive_users.c.portal_token,
        archive_users.c.proposals,
        archive_users.c.proposals_at,
    )
    .join_from(users, archive_users, archive_users.c.user_name == users.c.name, isouter=True)
    .where(users.c.name != ANONYMOUS)
)
"""Every user, with a row of the archive's or without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveUser:
    """Somebody who may be let into the archive."""

    name: str
    staff: bool
    """May see versions, and is not throttled; superusers and operators always are."""
    superuser: bool
    """Sees and does everything in the archive."""
    disabled: bool
    from_portal: bool
    """The portal made this account, and keeps it."""
    standing: str = field(repr=False)
    """Another one after another password, and once the user was disabled; tells no password."""
    portal_token: str | None = field(default=None, repr=False)
    """The user's own at the portal."""
    proposals: frozenset[str] = frozenset()
    """Of which this user is a member, as far as was known at `proposals_at`."""
    proposals_at: datetime | None = None
    """When the portal said so; None: it was not asked."""


def user_of(row: RowMapping) -> ArchiveUser:
    """Return the user of a row of `EVERYBODY`."""
    superuser = row["superuser_of_all"] or bool(row["superuser"])
    return ArchiveUser(
        name=row["name"],
        staff=superuser or row["operator"] or bool(row["staff"]),
        superuser=superuser,
        disabled=row["disabled"],
        from_portal=bool(row["from_portal"]),
        standing=digest_of(f"{row['turned']}:{row['password_hash']}"),
        portal_token=row["portal_token"],
        proposals=frozenset(from_json(row["proposals"] or "[]")),
        proposals_at=row["proposals_at"],
    )
