"""Every type of event there is, and the only way to read an event's data."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from schemas.base import Event
from schemas.datasets import (
    DatasetFailed,
    DatasetPackaged,
    DatasetPackageRequested,
    DatasetSmallPackageRequested,
)
from schemas.envelope import Envelope
from schemas.files import FileArchived, FileIngestRequested, FileRejected, FileUnchanged
from schemas.frames import (
    FrameArchived,
    FrameDeleted,
    FrameFixityFailed,
    FramePostRequested,
    FrameRejected,
    FrameUpdated,
    ThumbnailStored,
)
from schemas.mail import MailFailed, MailRequested, MailSent
from schemas.polls import PollFailed, PollRequested, PollSucceeded
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.projects import PermissionGranted, PermissionRevoked, ProjectCreated, ProjectUpdated
from schemas.records import (
    RecordClosed,
    RecordCreated,
    RecordDeleted,
    RecordDeletionRequested,
    RecordPutRequested,
    RecordRefused,
    RecordUpdated,
)
from schemas.routing import is_request, is_type_name


class UnknownTypeError(ValueError):
    """No event of this type is known; `known` lists those that are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.known = sorted(EVENTS)
        super().__init__(f"unknown event type {name!r}; known: {', '.join(self.known)}")


class InvalidDataError(ValueError):
    """The data does not fit its type; `problems` has one (field path, message) each."""

    def __init__(self, name: str, problems: Sequence[tuple[str, str]]) -> None:
        self.name = name
        self.problems = problems
        text = "; ".join(f"{field}: {message}" for field, message in self.problems)
        super().__init__(f"data of {name} is not valid: {text}")


def _index(classes: Iterable[type[Event]]) -> Mapping[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for cls in classes:
        if not is_type_name(cls.TYPE):
            raise ValueError(f"{cls.__name__}.TYPE is not a type name: {cls.TYPE!r}")
        if cls.TYPE in found:
            raise ValueError(f"{cls.__name__} and {found[cls.TYPE].__name__} share {cls.TYPE}")
        found[cls.TYPE] = cls
    return MappingProxyType(found)


EVENTS = _index(
    (
        FileIngestRequested,
        FileArchived,
        FileUnchanged,
        FileRejected,
        ProbeRequested,
        ProbeAnswered,
        ProjectCreated,
        ProjectUpdated,
        PermissionGranted,
        PermissionRevoked,
        RecordPutRequested,
        RecordCreated,
        RecordUpdated,
        RecordClosed,
        RecordRefused,
        RecordDeletionRequested,
        RecordDeleted,
        DatasetPackageRequested,
        DatasetSmallPackageRequested,
        DatasetPackaged,
        DatasetFailed,
        MailRequested,
        MailSent,
        MailFailed,
        FramePostRequested,
        FrameArchived,
        FrameUpdated,
        FrameDeleted,
        FrameRejected,
        FrameFixityFailed,
        ThumbnailStored,
        PollRequested,
        PollSucceeded,
        PollFailed,
    )
)
"""Type name → class."""

POSTABLE = tuple(name for name in sorted(EVENTS) if is_request(name) and EVENTS[name].POSTABLE)
"""The types that may come from outside, or from a schedule."""

CONFIDENTIAL = frozenset(name for name, cls in EVENTS.items() if cls.PROJECT is not None)
"""The types whose events belong to a project, and are not for everybody's eyes."""

NOBODYS = ""
"""Id of a project that nobody has: that of events that do not say theirs."""


def decode(envelope: Envelope) -> Event:
    """Return the envelope's data as an instance of its type's class.

    Raises UnknownTypeError or InvalidDataError.
    """
    cls = EVENTS.get(envelope.type)
    if cls is None:
        raise UnknownTypeError(envelope.type)
    try:
        return cls.model_validate(from_json(envelope.data, allow_inf_nan=False))
    except ValidationError as error:
        raise InvalidDataError(envelope.type, _problems(error)) from error
    except ValueError as error:
        raise InvalidDataError(envelope.type, [("data", f"is not JSON: {error}")]) from error


def project_of(envelope: Envelope) -> str | None:
    """Return the project whose readers alone may see the event; None: its type has none.

    What does not say its project as its type should is `NOBODYS`, and so is what is hidden.
    """
    cls = EVENTS.get(envelope.type)
    if cls is None or not (cls.HIDDEN or cls.HIDDEN_WITH or cls.PROJECT):
        return None
    if cls.HIDDEN:
        return NOBODYS
    try:
        data = from_json(envelope.data)
    except ValueError:
        return NOBODYS
    said = data if isinstance(data, dict) else {}
    if cls.PROJECT is None:
        return None if said and said.get(cls.HIDDEN_WITH) is None else NOBODYS
    project = said.get(cls.PROJECT)
    # No project is called this, and one database cannot even be asked for it.
    return project if isinstance(project, str) and "\0" not in project else NOBODYS


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [(".".join(("data", *map(str, item["loc"]))), _message(item)) for item in found]


def _message(error: ErrorDetails) -> str:
    # The library's own words name the class.
    if error["type"] == "model_type":
        return "must be a JSON object"
    return error["msg"].removeprefix("Value error, ")


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the data of events of type `name`.

    Raises UnknownTypeError.
    """
    if name not in EVENTS:
        raise UnknownTypeError(name)
    schema = EVENTS[name].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **schema}
