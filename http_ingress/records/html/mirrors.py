"""Where an output file can be fetched, when the run kept it in a mirrored data store."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

_MIRRORED = "MirroredFileSystemDataStore"
_UNRESERVED = "/%:@!$&'()*+,;=~"
"""Left as it is in the base, which is a URL already."""


def mirror_url(datastore: Mapping[str, Any], path: str) -> str | None:
    """Return the URL of a file on the mirror: `mirror_base_url`, a slash and the path.

    None: the store has no mirror, its URL is not http or https or has more than a path, or the path
    leads out of it. What somebody wrote before `@` in the URL is left out: it may be a password.
    """
    base = datastore["parameters"].get("mirror_base_url")
    if datastore["type"] != _MIRRORED or not isinstance(base, str):
        return None
    try:
        parts = urlsplit(base)
        host = parts.netloc.rpartition("@")[2]
        within = quote(parts.path.rstrip("/"), safe=_UNRESERVED)
        # Names of files that are not UTF-8 come as surrogates, and are on the mirror as bytes.
        below = quote(path.lstrip("/"), errors="surrogateescape")
        host = quote(host, safe="[]:._-")
    except ValueError:  # UnicodeEncodeError among them
        return None
    leads_out = any(segment in {".", ".."} for segment in path.split("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or leads_out:
        return None
    if parts.query or parts.fragment or not below:
        return None
    return f"{parts.scheme}://{host}{within}/{below}"
