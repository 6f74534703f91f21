"""Problems, as responses show them (RFC 9457)."""

from typing import Any

from pydantic import ConfigDict

from http_ingress.representations.base import Body


class ProblemBody(Body):
    """What is wrong, and what to do (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    errors: list[dict[str, Any]] | None = None
    advice: str
