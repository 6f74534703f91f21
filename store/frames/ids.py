"""Numbers of frames, versions and thumbnails, known before their rows are written.

Events name them, and they stand in URLs, which clients keep in 32 bits.
"""

from collections import defaultdict, deque

from sqlalchemy import Table, bindparam, column, func, select, table

from store.database import Transaction
from store.errors import ExhaustedError

LAST = 2**31 - 1

_NEXT = select(
    func.nextval(func.pg_get_serial_sequence(bindparam("table"), "id")).label("id")
).select_from(func.generate_series(1, bindparam("count")))
_SEQUENCE = table("sqlite_sequence", column("name"), column("seq"))
_LAST = select(_SEQUENCE.c.seq).where(_SEQUENCE.c.name == bindparam("table"))


class Ids:
    """Hands out numbers within one transaction; one whose rows are not written is lost at most.

    PostgreSQL has a sequence for each table. SQLite, with its one writer, remembers the last
    number that a row had: also of a row that is gone, since the tables say AUTOINCREMENT.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._reserved: dict[Table, deque[int]] = defaultdict(deque)
        self._last: dict[Table, int] = {}

    def expect(self, of: Table, count: int) -> None:
        """Reserve numbers for so many rows, with one statement."""
        lacking = count - len(self._reserved[of])
        if lacking <= 0:
            return
        if self._transaction.is_postgresql:
            asked = {"table": of.name, "count": lacking}
            numbers = list(self._transaction.execute(_NEXT, asked).scalars())
        else:
            last = self._sqlite_last(of)
            numbers = list(range(last + 1, last + lacking + 1))
            self._last[of] = numbers[-1]
        self._reserved[of].extend(sorted(numbers))

    def next(self, of: Table) -> int:
        """Return a number for a row of the table. Raises ExhaustedError."""
        self.expect(of, 1)
        number = self._reserved[of].popleft()
        if number > LAST:
            raise ExhaustedError(of.name, LAST)
        return number

    def _sqlite_last(self, of: Table) -> int:
        if of not in self._last:
            found = self._transaction.execute(_LAST, {"table": of.name})
            self._last[of] = found.scalar_one_or_none() or 0
        return self._last[of]
