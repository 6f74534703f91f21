"""The places of `/archive` that are about its users."""

from collections.abc import Iterator

from http_ingress.archive.places import At, Place
from http_ingress.archive.portal_api import add_or_update_user
from http_ingress.archive.profile_api import get_profile
from http_ingress.archive.session_api import log_in, log_out, show_login
from http_ingress.archive.tokens_api import give_token, revoke_token


def _places() -> Iterator[Place]:
    answered, own, browser = At(), At(access="own"), At(access="own", negotiated=False)
    about = "Gives the token of who sends a username and a password."
    yield answered("/api-token-auth/", "Obtain Auth Token", about, POST=give_token)
    about = "Ends the token of who asks; /api-token-auth/ gives the next."
    yield answered("/revoke_token/", "Revoke Api Token", about, POST=revoke_token)
    about = "Says who asks, and of which proposals a member."
    yield answered("/profile/", "Profile", about, GET=get_profile)
    about = "Takes what the observation portal says of a user."
    yield own("/authprofile/addupdateuser/", "Add Update User", about, POST=add_or_update_user)
    about = "Signs in a browser."
    yield browser("/api-auth/login/", "Login", about, GET=show_login, POST=log_in)
    about = "Signs out a browser."
    yield browser("/api-auth/logout/", "Logout", about, GET=log_out, POST=log_out)


USER_PLACES: tuple[Place, ...] = (*_places(),)
