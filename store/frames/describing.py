"""How files that are archived become frames: what an operator decides of that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from schemas.frame_post import PostRules
from store.fits.keys import HeaderMapping


@dataclass(frozen=True, slots=True)
class Describing:
    """How archived files become frames."""

    wanted: bool
    """Whether they do."""
    mapping: HeaderMapping
    rules: Callable[[], PostRules]
    """Returns what may be posted, which may change."""


class HasDescribing(Protocol):
    """Work that makes frames of archived files."""

    @property
    def describing(self) -> Describing: ...  # noqa: D102 - the protocol's docstring says it
