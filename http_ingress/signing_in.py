"""Pages that show operators more than others: browsers send credentials when asked for them."""

from aiohttp import web

from http_ingress.keys import GATE, USER
from http_ingress.routes import Parameter

SIGN_IN = Parameter("sign_in", "query", "Ask for credentials, which browsers wait for.")


async def may_see_all(request: web.Request) -> bool:
    """Whether the client is shown what operators are; who says `sign_in` has to be somebody."""
    user = request.get(USER)
    if user is None and SIGN_IN.name in request.query:
        # Browsers send no credentials before they are asked for them.
        user = await request.app[GATE].admit(request)
    return user is not None and user.may_administer
