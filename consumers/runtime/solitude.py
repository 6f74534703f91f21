"""Who may work beside whom in one process: many together, or one alone.

What has taken processes down before is run alone, so that it takes nobody with it. But not at any
price: what takes long, and may be innocent, keeps nobody waiting for longer than a while.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_PATIENCE_SECONDS = 30.0


class Solitude:
    """A lock that many share, or one has. Whoever wants to be alone goes first.

    Nobody waits for longer than `patience_seconds`; after that, each goes on as it is.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._changed = Condition()
        self._together = 0
        self._alone = 0
        self._wanted = 0

    @property
    def wanted(self) -> bool:
        """Whether somebody waits to be alone."""
        return self._wanted > 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Work beside others, once nobody is or wants to be alone."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._alone or self._wanted), self._patience)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work when nobody else does."""
        with self._changed:
            self._wanted += 1
            self._changed.wait_for(lambda: not (self._alone or self._together), self._patience)
            self._wanted -= 1
            self._alone += 1
        try:
            yield
        finally:
            with self._changed:
                self._alone -= 1
                self._changed.notify_all()
