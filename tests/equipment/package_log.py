"""The packager's totals as they stand, and as its rows say they should be."""

from collections import defaultdict

from sqlalchemy import select

from store.database import Database
from store.package_log import ALL
from store.tables import packager_errors, packager_requests, packager_totals

Totals = dict[str, tuple[int, int, int]]
"""Requests, addresses and errors by resource."""


def totals(database: Database) -> Totals:
    """Return the rows of totals."""
    return {
        row["resource_id"]: (row["requests"], row["emails"], row["errors"])
        for row in database.query(select(packager_totals))
    }


def recounted(database: Database) -> Totals:
    """Count the rows anew."""
    served: defaultdict[str, list[str]] = defaultdict(list)
    failed: defaultdict[str, int] = defaultdict(int)
    for row in database.query(select(packager_requests)):
        for resource in (ALL, row["resource_id"]):
            served[resource].append(row["email"])
    for row in database.query(select(packager_errors)):
        for resource in (ALL, row["resource_id"]):
            failed[resource] += 1
    return {
        resource: (len(served[resource]), len(set(served[resource])), failed[resource])
        for resource in served.keys() | failed.keys()
    }
