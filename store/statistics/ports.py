"""What a consumer that counts may ask of the statistics."""

from datetime import datetime
from typing import Protocol


class Statistics(Protocol):
    """The figures of what has happened."""

    def count(self, key: str, now: datetime) -> None:
        """Count the event of this key, which is in the ledger, when the transaction commits.

        To be called once for each event: the caller's inbox sees to that.
        """
        ...


class HasStatistics(Protocol):
    """Work that may count."""

    @property
    def statistics(self) -> Statistics: ...  # noqa: D102 - the protocol's docstring says it
