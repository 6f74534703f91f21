"""A description of a component, as its operators send it."""

from typing import Any

INFO: dict[str, Any] = {
    "name": "Zip bench",
    "synopsis": "Packs things.",
    "version": "2.0",
    "institution": "Somewhere",
    "releaseTime": "2024-02-29T23:59:59Z",
    "supportEmail": "help@example.org",
    "category": "Other",
    "researchSubject": "Software and development",
    "tags": ["zip", "bench"],
}
"""What may be said of a service."""
