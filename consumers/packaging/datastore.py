"""The rows of a CKAN resource, page by page: the action `datastore_search`.

First a request for no rows tells the columns and the back end; then pages are asked for until one
is empty, or all the rows that are wanted have come.
"""

import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self, cast

from pydantic import JsonValue

from consumers.packaging.answers import Answer, Record
from consumers.packaging.asking import Asking, Pause
from consumers.packaging.copied_rows import OddRowsError, copied_rows, reads_alike
from consumers.packaging.positions import END, Course, Position, first_position, next_position
from consumers.packaging.steady import steady_sort
from store.errors import SourceRefusedError
from store.web_ports import Web

_LARGEST = 128 * 1024 * 1024
_AS_CSV: Mapping[str, JsonValue] = {"records_format": "csv", "include_total": False}
"""CKAN counts all rows for each page unless it is told not to."""

_Received = tuple[Answer, Sequence[Record] | None, bytes | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which rows are wanted, and of whom."""

    api_url: str
    """The action `datastore_search` of a CKAN."""
    resource_id: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    """Whatever else the action is given: `filters`, `q`, `sort` …; what is None is left out."""
    limit: int | None = None
    """The most rows that are wanted; None and 0 mean all."""
    offset: int = 0
    page_size: int = 5000
    """Rows that one request asks for."""
    key: str | None = field(default=None, repr=False)
    """The API key, sent as `Authorization`."""
    most_rows: int | None = None
    """A resource that gives more rows than that is refused: it may have no end."""
    largest: int = _LARGEST
    """Bytes of the largest answer that is read."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows, as `records` or as `csv`, but for an empty resource at least one."""

    records: Sequence[Record] | None
    csv: bytes | None
    """Rows in the dialect of our CSV files, without the line of field names."""
    count: int
    cursor: JsonValue
    """Given back to `pages`, it goes on after this page."""
    total: int | None
    """Rows expected in all, if the server says: as an estimate, since rows may come and go."""


class Datastore:
    """Asks for what `query` says. Use it from one thread.

    `pause(seconds)` waits before a failed request is made again; a page that does not come within
    some seconds raises SourceUnavailableError. SourceRefusedError and SourceNotFoundError are
    final.
    """

    def __init__(self, web: Web, query: Query, pause: Pause | None = None) -> None:
        self._web = web
        self._query = query
        self._pause = pause
        self._asking = self._new_asking()

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns, in order. The first use asks the server."""
        return [name for name, _ in self._probe.fields]

    def pages(
        self,
        cursor: JsonValue = None,
        done: int = 0,
        *,
        as_csv: bool = False,
        columns: Sequence[str] | None = None,
    ) -> Generator[Page, None, None]:
        """Yield the pages, after that with `cursor`, when `done` rows have come until then.

        With `as_csv` pages come as CSV where CKAN can write it and the text would be the same;
        where a try goes on that another began, `columns` are those of the other. The page after
        the one that is yielded is on its way meanwhile. Closing the generator ends that at once.
        """
        same = columns is None or list(columns) == self.columns
        try:
            walk = _Walk(self._query, self._probe, self._asking, cursor, done)
            walk.as_csv = walk.as_csv and as_csv and same
            yield from _one_ahead(walk, self._asking)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connection; another is made when there is need of it."""
        self._asking.close()
        self._asking = self._new_asking()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _probe(self) -> Answer:
        answer = self._asking.ask(_body(self._query, 0, {"offset": 0}))
        _ = answer.fields  # what has no columns ends here
        return answer

    def _new_asking(self) -> Asking:
        query = self._query
        headers = {"Authorization": query.key} if query.key else {}
        return Asking(self._web, query.api_url, headers, query.largest, self._pause)


def _one_ahead(walk: "_Walk", asking: Asking) -> Iterator[Page]:
    with ThreadPoolExecutor(1, thread_name_prefix="datastore") as thread:
        try:
            coming = thread.submit(walk.next_page)
            while page := coming.result():
                coming = thread.submit(walk.next_page)
                yield page
        finally:
            asking.close()  # so that the thread need not be waited for


class _Walk:
    """One walk through the rows."""

    def __init__(
        self, query: Query, probe: Answer, asking: Asking, cursor: JsonValue, done: int
    ) -> None:
        self._query = query
        self._probe = probe
        self._asking = asking
        self._wanted = query.limit or None
        self._total = probe.total
        self._done = done
        self._here: Position = (
            cursor if isinstance(cursor, dict) else first_position(probe.backend, query.offset)
        )
        self._course = Course(self._here)
        self._before: Sequence[Record] | None = None
        self.as_csv = probe.backend is None and "offset" in self._here and reads_alike(probe.fields)
        self._sort = _steady_sort(query, probe)
        self._is_steady = done > 0 or (self._expected or 0) > query.page_size

    def next_page(self) -> Page | None:
        """Return the next page; None at the end."""
        size = self._query.page_size
        if self._wanted is not None:
            size = min(size, self._wanted - self._done)
        if size <= 0 or self._here == END:
            return None
        answer, records, text, count = self._receive(size)
        is_first = self._done == 0 and not self._is_steady
        if is_first and self._sort is not None and 0 < count < (self._expected or 0):
            # The server gives fewer rows at once than it was asked for: there will be more pages.
            self._is_steady = True
            answer, records, text, count = self._receive(size)
        if count == 0 or not self._advances(answer, records, count):
            return None
        kept = min(count, size) if self._wanted is not None else count
        self._done += kept
        self._check_rows()
        self._total = self._total if answer.total is None else answer.total
        return Page(
            records=None if records is None else records[:kept],
            csv=text,
            count=kept,
            cursor=dict(self._here),
            total=self._expected,
        )

    @property
    def _expected(self) -> int | None:
        if self._total is None:
            return None
        rest = max(0, self._total - self._query.offset)
        return rest if self._wanted is None else min(rest, self._wanted)

    def _receive(self, size: int) -> _Received:
        """Ask for the page; return what came, as records or as CSV, and how many rows that is."""
        if self.as_csv:
            try:
                return self._receive_csv(size)
            except (OddRowsError, SourceRefusedError):
                self.as_csv = False  # objects tell whether anything else is wrong
        answer = self._ask(size, {})
        return answer, answer.records, None, len(answer.records)

    def _receive_csv(self, size: int) -> _Received:
        answer = self._ask(size, _AS_CSV)
        if answer.text is None:
            self.as_csv = False  # a server that does not know what it was asked for
            return answer, answer.records, None, len(answer.records)
        if list(answer.fields) != list(self._probe.fields):
            raise OddRowsError("the columns have changed")
        most = size if self._wanted is not None else sys.maxsize
        text, count = copied_rows(answer.text, len(self._probe.fields), most)
        return answer, None, text, count

    def _ask(self, size: int, more: Mapping[str, JsonValue]) -> Answer:
        steady = {"sort": self._sort} if self._sort is not None and self._is_steady else {}
        return self._asking.ask({**_body(self._query, size, self._here), **steady, **more})

    def _advances(self, answer: Answer, records: Sequence[Record] | None, count: int) -> bool:
        """Move on; False when the same page has come twice, which was then the last one."""
        onward = next_position(self._here, cast("Mapping[str, JsonValue]", answer.result), count)
        if onward != self._here:
            if onward != END and self._course.circles(onward):
                raise self._refused(f"its pages lead in a circle after {self._done} rows")
        # Some servers never change a cursor that is good; with others it means that this is all.
        elif records == self._before:
            if self._expected is not None and self._done < self._expected:
                raise self._refused(
                    f"it gives the same page again after {self._done} of {self._expected} rows"
                )
            return False
        self._here = onward
        self._before = None if "offset" in onward else records
        return True

    def _check_rows(self) -> None:
        most = self._query.most_rows
        if most is not None and self._done > most:
            raise self._refused(f"it has more than {most} rows, the most that one package may hold")

    def _refused(self, reason: str) -> SourceRefusedError:
        return SourceRefusedError(self._query.api_url, reason)


def _steady_sort(query: Query, probe: Answer) -> str | None:
    if probe.backend is not None:
        return None
    return steady_sort(query.fields, [name for name, _ in probe.fields])


def _body(query: Query, limit: int, position: Position) -> dict[str, JsonValue]:
    given = {name: value for name, value in query.fields.items() if value is not None}
    return given | {"resource_id": query.resource_id, "limit": limit} | dict(position)
