"""What projects, records and tags may be called."""

from schemas.record_faults import FieldError
from schemas.types import has_control_characters

LONGEST_NAME = 255
"""Characters in a project's name or a record's label."""
LONGEST_TAG = 400
"""Characters in a tag: in UTF-8, beside a project's name, still short enough for an index."""
MOST_TAGS = 1000
"""Tags of one record."""

_RESERVED = {"permissions", "last"}
_RESERVED_BEGINNINGS = ("permissions/", "tag/", "tagged/")


def check_label(label: str) -> str:
    """Return the label of a record, or raise FieldError with what is wrong with it."""
    return _check_name(label)


def check_project(project: str) -> str:
    """Return the id of a project, one segment of a path, or raise FieldError."""
    if "/" in project:
        raise FieldError("must not contain a slash")
    if project in {".", ".."}:
        raise FieldError("must not be '.' or '..'")
    return _check_name(project)


def is_reserved(label: str) -> bool:
    """Whether an address that ends in this label means something else than a record."""
    return label in _RESERVED or label.startswith(_RESERVED_BEGINNINGS)


def check_tags(given: object) -> list[str]:
    """Return tags sorted and each once, or raise FieldError.

    Clients before 0.4 sent one text with commas between the tags.
    """
    if isinstance(given, str):
        given = [tag for part in given.split(",") if (tag := part.strip())]
    if not isinstance(given, list):
        raise FieldError("must be a list of tags")
    if len(given) > MOST_TAGS:
        raise FieldError(f"must not be more than {MOST_TAGS} tags")
    for tag in given:
        if not isinstance(tag, str) or not tag:
            raise FieldError("must be a list of texts, none of them empty")
        if len(tag) > LONGEST_TAG:
            raise FieldError(f"must not have a tag longer than {LONGEST_TAG} characters")
    return sorted(set(given))


def _check_name(name: str) -> str:
    if not name:
        raise FieldError("must not be empty")
    if len(name) > LONGEST_NAME:
        raise FieldError(f"must not be longer than {LONGEST_NAME} characters")
    if has_control_characters(name):
        raise FieldError("must not contain control characters")
    return name
