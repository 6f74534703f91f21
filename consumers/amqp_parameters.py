"""How pika connects to a server."""

import ssl

from pika import ConnectionParameters, PlainCredentials, SSLOptions

from producers.brokers import Broker, client_properties

_CONNECT_SECONDS = 5
_HEARTBEAT_SECONDS = 30


def parameters(broker: Broker, name: str) -> ConnectionParameters:
    """Return what pika needs to connect to a server under a name."""
    tls = None
    if broker.tls:
        context = ssl.create_default_context(cafile=broker.cacertfile)
        if broker.certfile is not None:
            context.load_cert_chain(broker.certfile, broker.keyfile)
        tls = SSLOptions(context, broker.host)
    return ConnectionParameters(
        host=broker.host,
        port=broker.port,
        virtual_host=broker.vhost,
        credentials=PlainCredentials(broker.user, broker.password),
        heartbeat=_HEARTBEAT_SECONDS,
        socket_timeout=_CONNECT_SECONDS,
        stack_timeout=2 * _CONNECT_SECONDS,
        ssl_options=tls,
        client_properties=client_properties(name),
    )
