"""Where notices of archived frames go: to a broker of their own, to the bus, or nowhere."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from ops.settings import Settings
from producers.notices import AmqpNotices, NoNotices
from store.notice_ports import Notices


def broker_of(settings: Settings) -> str:
    """Return the URL of the broker that notices go to; empty: nobody is told."""
    if not settings.notice_exchange:
        return ""
    return settings.bus_url if settings.announces_on_bus else settings.notice_amqp_url


@contextmanager
def noticing(settings: Settings, process: str) -> Iterator[Notices]:
    """Yield the way to the subscribers' exchange; nothing is connected before it is needed.

    `process` is what the connection is called where people look. Raises SetupError.
    """
    url = broker_of(settings)
    if not url:
        yield NoNotices()
        return
    name = f"notices@{process}"
    declares = not settings.announces_on_bus
    with closing(AmqpNotices(url, settings.notice_exchange, name, declares=declares)) as notices:
        yield notices
