"""Requests for packages, as they are accepted."""

from datetime import datetime

from sqlalchemy import select

from schemas.package_parameters import CheckedRequest
from store.database import Database, Transaction
from store.package_ports import PackageRequest
from store.packages import can_be_given, request_row
from store.tables import package_requests, packages


def is_ready(database: Database, digest: str, now: datetime, younger_than: datetime) -> bool:
    """Whether there is a package that can be given to whoever asks for the same."""
    found = select(packages.c.id).where(can_be_given(digest, now, younger_than)).limit(1)
    return bool(database.query(found))


def accepted(checked: CheckedRequest, event_key: str, now: datetime) -> PackageRequest:
    """Return a checked request as it is kept with its event."""
    return PackageRequest(
        event_key=event_key,
        kind=checked.kind,
        resource_id=checked.resource_id,
        format=checked.format,
        host=checked.host,
        digest=checked.digest,
        parameters=checked.parameters,
        api_key=checked.api_key,
        email=checked.email,
        asked_by=checked.asked_by,
        count=checked.count,
        accepted_at=now,
    )


def keep_request(transaction: Transaction, request: PackageRequest) -> None:
    """Remember what was asked for, and by whom, in the transaction that accepts the event."""
    transaction.insert(package_requests, [request_row(request)])
