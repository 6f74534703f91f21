"""How the parts of a record are checked: small checks, put together to objects and lists.

A check takes any JSON value and returns it normalised, or raises FieldError. Those of objects
and lists raise DocumentError, which says where.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

from schemas.record_faults import MOST_FAULTS, DocumentError, FieldError, faults_at
from schemas.record_literals import check_json, check_number, read_parameters
from schemas.record_moments import read_moment, write_moment

Check = Callable[[Any], Any]


def text(value: object) -> str:
    """Return any text, empty too."""
    if not isinstance(value, str):
        raise FieldError("must be a text")
    return value


def text_or_null(value: object) -> str | None:
    """Return any text, or None."""
    if value is not None and not isinstance(value, str):
        raise FieldError("must be a text or null")
    return value


def number_or_null(value: object) -> float | None:
    """Return a number as it is, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError("must be a number or null")
    check_number(value)
    return value


def moment(value: object) -> str:
    """Return a timestamp in the form that is served."""
    return write_moment(read_moment(value if isinstance(value, str) else ""))


def moment_or_null(value: object) -> str | None:
    """Return a timestamp in the form that is served, or None."""
    return None if value is None else moment(value)


def anything(value: object) -> object:
    """Return any JSON value as it is, within bounds of depth and numbers."""
    check_json(value)
    return value


def free_object(value: object) -> dict[str, Any]:
    """Return an object whose keys are nobody's business, as it is."""
    if not isinstance(value, dict):
        raise FieldError("must be an object")
    check_json(value)
    return value


def parameters_object(value: object) -> dict[str, Any]:
    """Return the parameters of a launch mode or data store, also from their older text form."""
    return read_parameters(value) if isinstance(value, str) else free_object(value)


def metadata_object(value: object) -> dict[str, Any]:
    """Return the metadata of a file; some clients sent an empty text when there are none."""
    return {} if value == "" else free_object(value)


def object_of(fields: Mapping[str, Check], **defaults: object) -> Check:
    """Return the check of an object that keeps exactly these fields, and drops all others."""

    def check(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise FieldError("must be an object")
        return check_fields({**defaults, **value}, fields, required=fields)

    return check


def list_of(item: Check) -> Check:
    """Return the check of a list, all of whose items pass the same check."""

    def check(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise FieldError("must be a list")
        checked, faults = [], []
        for index, one in enumerate(value):
            try:
                checked.append(item(one))
            except (FieldError, DocumentError) as error:
                faults += faults_at(str(index), error)
                if len(faults) >= MOST_FAULTS:
                    break
        if faults:
            raise DocumentError(faults)
        return checked

    return check


def check_fields(
    given: Mapping[str, Any], fields: Mapping[str, Check], *, required: Container[str]
) -> dict[str, Any]:
    """Return the given ones of `fields`, in their order; raise DocumentError with every fault."""
    checked: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, check in fields.items():
        if name not in given:
            if name in required:
                faults.append((name, "is missing"))
            continue
        try:
            checked[name] = check(given[name])
        except (FieldError, DocumentError) as error:
            faults += faults_at(name, error)
    if faults:
        raise DocumentError(faults)
    return checked
