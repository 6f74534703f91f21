"""The documents that lie beside the tables of a Darwin Core Archive: `eml.xml` and `gbif.json`."""

import json
import re
from datetime import UTC, datetime

_PLACEHOLDER = re.compile(r"\{(package_id|pub_date|date_stamp)\}")


def eml_document(template: str, package_id: str, moment: datetime) -> bytes:
    """Return `eml.xml`: the requester's template, with three placeholders filled in.

    They are `{package_id}`, `{pub_date}` (`2026-11-21`) and `{date_stamp}`
    (`2026-11-21T14:49:06Z`), both of `moment` in UTC. Any other brace stays.
    """
    moment = moment.astimezone(UTC)
    values = {
        "package_id": package_id,
        "pub_date": moment.strftime("%Y-%m-%d"),
        "date_stamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    text = _PLACEHOLDER.sub(lambda found: values[found[1]], template)
    # Half of a surrogate pair, which JSON can name, is no character: it becomes a question mark.
    return text.encode(errors="replace")


def gbif_marker(moment: datetime) -> bytes:
    """Return `gbif.json`, by which harvesters tell a dump for GBIF: `{"time": 1790000000.25}`.

    The time is in seconds since 1970.
    """
    return json.dumps({"time": moment.timestamp()}).encode()
