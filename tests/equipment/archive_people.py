"""The archive's users over a database, as an ingress is given them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network

from http_ingress.archive.user_ports import UserPorts
from store.accounts import Accounts
from store.archive.logins import ArchiveLogins
from store.archive.members import ArchiveMembers
from store.archive.portal import NoPortal
from store.archive.portal_ports import Portal
from store.archive.users import ArchiveUsers
from store.archive.visits import ArchiveVisits
from store.database import Database

SECRET = "known to this archive alone"
SERVER_KEY = "known to the portal and this archive"


def archive_people(  # noqa: PLR0913 - each is something that a test may choose
    database: Database,
    accounts: Accounts,
    clock: Callable[[], datetime],
    portal: Portal | None = None,
    *,
    users: ArchiveUsers | None = None,
    anonymous_per_day: int = 0,
    users_per_day: int = 0,
) -> UserPorts:
    """Return who may come in, and how often: as often as they like, unless a test says so."""
    portal = NoPortal() if portal is None else portal
    users = users or ArchiveUsers(database, lambda: SECRET, clock)
    return UserPorts(
        users=users,
        logins=ArchiveLogins(users, accounts, portal),
        members=ArchiveMembers(users, portal, clock, timedelta(minutes=10)),
        visits=ArchiveVisits(database, clock),
        secret=SECRET,
        server_key=SERVER_KEY,
        anonymous_per_day=anonymous_per_day,
        users_per_day=users_per_day,
        trusted_proxies=[ip_network("127.0.0.1")],
    )
