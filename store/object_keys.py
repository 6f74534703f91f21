"""What a key of the object store may look like, whichever store keeps the object."""

from schemas.types import check_file_name


def check_key(key: str) -> str:
    """Return `key`, or raise ValueError with what is wrong with it.

    Stricter than S3 on purpose: a key is also a path below a folder, and SeaweedFS takes double
    slashes and backslashes for single slashes. Top names that begin with a dot are the stores' own.
    """
    try:
        plain = check_file_name(key)
    except ValueError as error:
        raise ValueError(f"object key {key[:200]!r} {error}") from None
    if plain != key or key.startswith("."):
        raise ValueError(f"object key {key!r} must be in Unicode NFC and not begin with a dot")
    return key


def check_prefix(prefix: str) -> str:
    """Return `prefix` if keys can begin with it, or raise ValueError."""
    folder, slash, _ = prefix.rpartition("/")
    if slash:
        check_key(folder)
    return prefix


def check_range(start: int, length: int | None) -> None:
    """Raise ValueError unless a stream can begin at `start` and have `length` bytes."""
    if start < 0 or (length is not None and length < 0):
        raise ValueError(f"start {start} and length {length} must not be negative")
