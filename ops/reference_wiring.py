"""The part of the composition root that is the reference service's, and its polling platform's."""

from ipaddress import ip_address

from http_ingress.reference.ports import ReferencePorts
from ops.settings import Settings
from store.components.pollster import SECONDS, WebPollster
from store.outgoing import Outgoing
from store.targets import parse_target

_ADD = "/reference/service/add"


def reference_ports(settings: Settings) -> ReferencePorts:
    """Return what /reference is given."""
    return ReferencePorts(requires_operator=settings.reference_requires_operator)


def service_url(settings: Settings, port: int) -> str:
    """Return what the platform polls unless an operator has said otherwise.

    That is our own counter, on the port that the ingress listens on: what stands before it, and
    makes the public URL work, need not be there.
    """
    if settings.reference_service_url:
        return settings.reference_service_url
    host = settings.http_host
    try:
        address = ip_address(host)
    except ValueError:
        pass  # a name
    else:
        if address.is_unspecified:
            # What listens everywhere listens here.
            host = "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{_ADD}"


def pollster(settings: Settings, url: str) -> WebPollster:
    """Return what sends polls: to where requests may go anyway, and to the origin of `url`."""
    ours = parse_target(url).origin
    host = f"[{ours.host}]" if ":" in ours.host else ours.host
    # With the port, whichever it is: of our own machine, nothing else is meant.
    allowed = [*settings.fetch_allow, f"{host}:{ours.port}"]
    return WebPollster(Outgoing(allowed, read_timeout=SECONDS))
