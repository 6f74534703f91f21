"""Rows of the tables of packages and mails, as the release that brought them had them."""

from datetime import datetime


def package_rows(packaged: str, waiting: str, at: datetime) -> dict[str, list[dict[str, object]]]:
    """Return them by table; for a request that was packaged, and one that waits."""
    return {
        "package_requests": [
            {
                "event_key": packaged,
                "kind": "datastore",
                "resource_id": "r",
                "format": "csv",
                "host": "repository.example",
                "digest": "0" * 64,
                "parameters": None,
                "api_key": None,
                "email": None,
                "asked_by": "192.0.2.0",
                "count": "10",
                "accepted_at": at,
                "package": packaged,
                "ended_at": at,
            }
        ],
        "package_builds": [{"digest": "1" * 64, "event_key": waiting, "began_at": at}],
        "packages": [
            {
                "id": packaged,
                "name": "package.zip",
                "digest": "0" * 64,
                "kind": "datastore",
                "resource_id": "r",
                "format": "csv",
                "host": "repository.example",
                "size": 2**40,
                "sha256": "0" * 64,
                "rows": 2**40,
                "built_at": at,
                "expires_at": at,
                "pinned": True,
                "removed_at": None,
            }
        ],
        "mails": [
            {
                "id": "m",
                "request": packaged,
                "purpose": "package",
                "about": "r",
                "sender": "archive@example.org",
                "recipient": None,
                "subject": None,
                "text": None,
                "html": None,
                "written_at": at,
                "ended_at": at,
                "sent": True,
            }
        ],
        "packager_requests": [
            {
                "id": 1,
                "timestamp": 2**40,
                "resource_id": "r",
                "email": "before@example.org",
                "domain": "example.org",
                "count": "10",
            }
        ],
        "packager_errors": [
            {
                "id": 1,
                "timestamp": 2**40,
                "resource_id": "r",
                "email": "before@example.org",
                "message": "before",
            }
        ],
        "packager_totals": [{"resource_id": "*", "requests": 1, "emails": 1, "errors": 1}],
    }
