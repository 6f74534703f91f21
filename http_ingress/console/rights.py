"""What an operator may do to another user: nothing that makes a superuser of them."""

from http_ingress.console.places import Refused
from store.entrance import User


def may_change(actor: User, user: User) -> bool:
    """Whether somebody may let a user in and out: a superuser's may only superusers."""
    return actor.superuser or not user.superuser


def check_may_change(actor: User, user: User) -> None:
    """Refuse what only superusers may do to superusers. Raises Refused."""
    if not may_change(actor, user):
        raise Refused(
            403,
            "This is not allowed to you",
            f"{user.name} is a superuser: only superusers may change how they get in.",
        )


def check_superuser(actor: User) -> None:
    """Refuse what only superusers may do. Raises Refused."""
    if not actor.superuser:
        raise Refused(
            403, "This is not allowed to you", "Only superusers give rights and take them."
        )
