"""`/packager/package_*`: requests for packages, answered once they are durable."""

from aiohttp import web

from http_ingress.keys import ACCEPTING, PORTS, THREADS
from http_ingress.packager.answers import answer, bad_request
from http_ingress.packager.receiving import Fields
from producers.acceptor import Acceptance
from schemas.datasets import (
    DatasetPackageRequested,
    DatasetSmallPackageRequested,
    PackageKind,
    PackageRequested,
)
from schemas.package_parameters import CheckedRequest, Lane, check_request
from schemas.package_values import ParameterError
from store.database import Transaction
from store.package_requests import accepted, is_ready, keep_request

_PRINCIPAL = "packager"
"""Who asks: all clients share one secret."""
_ASKED: dict[Lane, type[PackageRequested]] = {
    "fast": DatasetSmallPackageRequested,
    "slow": DatasetPackageRequested,
}


async def ask_for_package(request: web.Request, fields: Fields, kind: PackageKind) -> web.Response:
    """Accept a request; the link is mailed when the package is there."""
    ports = request.app[PORTS]
    now, packager = ports.clock(), ports.packager

    def check() -> tuple[CheckedRequest, bool]:
        checked = check_request(kind, fields)
        return checked, is_ready(ports.database, checked.digest, now, now - packager.cache)

    try:
        checked, ready = await request.app[THREADS].query(check)
    except ParameterError as error:
        raise bad_request(str(error)) from error
    lane = checked.lane(packager.slow_request, is_ready=ready)
    event = _ASKED[lane](
        resource_id=checked.resource_id, kind=kind, host=checked.host, format=checked.format
    )
    envelope = ports.stamp.put_on(event)
    asked = accepted(checked, envelope.key, now)

    def keep(transaction: Transaction) -> None:
        keep_request(transaction, asked)

    await request.app[ACCEPTING].accept(Acceptance([envelope], _PRINCIPAL, keep=keep))
    message = packager.success_message
    return answer(
        {
            "status": "success",
            "message": message,
            # As ckanpackager's manual calls them.
            "success": True,
            "msg": message,
            "operation": envelope.key,
            "operation_url": f"{ports.public_url}/operations/{envelope.key}",
        }
    )
