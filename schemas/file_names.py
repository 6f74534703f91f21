"""Names for files that come from elsewhere."""

from schemas.types import check_file_name


def safe_name(name: str) -> str | None:
    """Return a name as the catalogue of files may have it; None: it cannot."""
    try:
        return check_file_name(name)
    except ValueError:
        return None
