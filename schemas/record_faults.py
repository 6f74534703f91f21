"""What is wrong with a record that was sent.

ValueError
    FieldError      one value is not what it must be
    DocumentError   some fields are faulty; says which
"""

from collections.abc import Sequence

MOST_FAULTS = 100
"""Faults that are looked for in a list; a hostile one may have millions."""
_MOST_SHOWN = 24


class FieldError(ValueError):
    """One value is not what it must be; the text goes on after the name of its field."""


class DocumentError(ValueError):
    """A document is not that of a record; `faults` are paths of fields and what they must be.

    Its text is short: Sumatra's client shows it to people as it is.
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        shown = [f"{path}: {message}" for path, message in self.faults[:_MOST_SHOWN]]
        if len(self.faults) > _MOST_SHOWN:
            shown.append(f"and {len(self.faults) - _MOST_SHOWN} more")
        super().__init__("; ".join(shown))

    def __reduce__(self) -> tuple[type["DocumentError"], tuple[object, ...]]:
        return type(self), (self.faults,)


def faults_at(path: str, error: FieldError | DocumentError) -> list[tuple[str, str]]:
    """Return what is wrong at `path`, or below it."""
    if isinstance(error, DocumentError):
        return [(f"{path}.{inner}", message) for inner, message in error.faults]
    return [(path, str(error))]
