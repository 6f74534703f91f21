"""Events in the life of a project: a room for records, and who may enter it."""

from typing import ClassVar

from schemas.base import Event


class ProjectEvent(Event):
    """What every event of a project says."""

    SUBJECT: ClassVar[str] = "project"
    PROJECT: ClassVar[str | None] = "project"

    project: str
    """Its id: what stands in URLs."""
    user: str
    """Who did it."""


class ProjectCreated(ProjectEvent):
    """There is a new project, and its creator has access."""

    TYPE: ClassVar[str] = "muniment.project.created.v1"


class ProjectUpdated(ProjectEvent):
    """The name or description of a project is another one."""

    TYPE: ClassVar[str] = "muniment.project.updated.v1"

    fields: tuple[str, ...]
    """Those that changed: `name`, `description`."""


class PermissionGranted(ProjectEvent):
    """Somebody has access to a project who had none; `anonymous`: it can be read by everybody."""

    TYPE: ClassVar[str] = "muniment.permission.granted.v1"

    member: str
    """Who may enter now."""


class PermissionRevoked(ProjectEvent):
    """Somebody has no access to a project any more."""

    TYPE: ClassVar[str] = "muniment.permission.revoked.v1"

    member: str
    """Who may enter no more."""
