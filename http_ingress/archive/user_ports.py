"""What the archive's part of the ingress is given to know its users by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from store.archive.logins import ArchiveLogins
from store.archive.members import ArchiveMembers
from store.archive.users import ArchiveUsers
from store.archive.visits import ArchiveVisits

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPorts:
    """Users, and what an operator decides about them."""

    users: ArchiveUsers
    logins: ArchiveLogins
    members: ArchiveMembers
    visits: ArchiveVisits
    secret: str = field(repr=False)
    """What sessions are signed with."""
    server_key: str = field(default="", repr=False)
    """By which the portal is known; empty: nobody is taken for it."""
    anonymous_per_day: int = 1000
    """Requests from one address in 24 hours by who is not signed in; 0: as many as they like."""
    users_per_day: int = 50_000
    """Requests by one user in 24 hours; 0: as many as they like."""
    trusted_proxies: Sequence[Network] = ()
    """Who is believed about whose request it passes on."""
