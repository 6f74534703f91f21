"""Rows of the packager's statistics: requests that were served, errors, and totals.

Whoever counts takes the row of the grand total first, and so waits until everybody who counted
before has committed. Hence no count is lost, no address is counted as new by two at once, and
since the rows of resources are only taken by who has that one, nobody waits in a circle.
"""

from datetime import datetime

from sqlalchemy import Select, insert, select, update

from store.anonymity import Anonymise, domain_of, without
from store.database import Transaction
from store.package_ports import PackageRequest
from store.tables import packager_errors, packager_requests, packager_totals

__all__ = ["ALL", "Anonymise", "SqlPackageLog", "add_to_totals", "domain_of", "storable"]

ALL = "*"
"""The resource that stands for all of them."""


class SqlPackageLog:
    """Statistics within one transaction."""

    def __init__(self, transaction: Transaction, anonymise: Anonymise) -> None:
        self._transaction = transaction
        self._anonymise = anonymise

    def written(self, email: str) -> str:
        """Return an address as it is stored."""
        return self._anonymise(email)

    def delivered(self, request: PackageRequest, written: str, now: datetime) -> None:
        """Count a request whose mail has been sent."""
        self._count(request.resource_id, requests=1)
        row = packager_requests.c
        known = select(row.id).where(row.email == written).limit(1)
        if not self._is_there(known):
            add_to_totals(self._transaction, ALL, emails=1)
        if request.resource_id != ALL and not self._is_there(
            known.where(row.resource_id == request.resource_id)
        ):
            add_to_totals(self._transaction, request.resource_id, emails=1)
        self._transaction.execute(
            insert(packager_requests).values(
                timestamp=int(now.timestamp()),
                resource_id=request.resource_id,
                email=written,
                domain=domain_of(request.email),
                count=request.count,
            )
        )

    def failed(self, request: PackageRequest, written: str, message: str, now: datetime) -> None:
        """Count a request that finally failed.

        Mail servers repeat the address in what they say; where it is stored as a hash, it is
        taken out of the message.
        """
        if written != request.email:
            message = without(request.email, message)
        self._count(request.resource_id, errors=1)
        self._transaction.execute(
            insert(packager_errors).values(
                timestamp=int(now.timestamp()),
                resource_id=request.resource_id,
                email=written,
                message=storable(message),
            )
        )

    def _count(self, resource_id: str, **more: int) -> None:
        # Somebody may call a resource `*`: that is counted once, too.
        for resource in dict.fromkeys((ALL, resource_id)):
            add_to_totals(self._transaction, resource, **more)

    def _is_there(self, wanted: Select[tuple[int]]) -> bool:
        return self._transaction.execute(wanted).first() is not None


def add_to_totals(transaction: Transaction, resource_id: str, **more: int) -> None:
    """Add to the totals of one resource: `requests`, `emails`, `errors`.

    Its row is locked until the commit; `ALL` comes before any other.
    """
    empty = {"resource_id": resource_id, "requests": 0, "emails": 0, "errors": 0}
    transaction.insert_new(packager_totals, empty)
    columns = packager_totals.c
    transaction.execute(
        update(packager_totals)
        .where(columns.resource_id == resource_id)
        .values({name: columns[name] + count for name, count in more.items()})
    )


def storable(text: str) -> str:
    """Return a text without what PostgreSQL cannot hold: NUL, halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="replace").decode()
