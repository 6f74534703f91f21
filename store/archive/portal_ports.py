"""What the archive asks of an observation portal: who somebody is, and of which proposals."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Somebody, as the portal describes them."""

    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    api_token: str | None = field(default=None, repr=False)
    """The user's at the portal; empty: there is none any more; None: nothing was said of it, and
    what is known stays as it is."""
    staff: bool | None = None
    """None: likewise; a new user is none."""
    superuser: bool | None = None
    """Likewise."""


class Portal(Protocol):
    """The observation portal.

    Every method blocks, and raises PortalUnavailableError when there is no answer that means
    anything.
    """

    @property
    def present(self) -> bool:
        """Whether there is one."""
        ...

    def log_in(self, username: str, password: str) -> Profile | None:
        """Return whose password this is; None: nobody's."""
        ...

    def profile(self, bearer: str) -> Profile | None:
        """Return whose OAuth token this is; None: nobody's, or it has expired."""
        ...

    def proposals(self, api_token: str) -> frozenset[str]:
        """Return of which proposals this token's user is a member; none, of a token unknown."""
        ...

    def check(self) -> None:
        """See that it is where it is said to be; it is told nothing that it should not know."""
        ...
