"""The floor of the archive: the very rows of frames by plain SQL, in threads.

A frame is written with its version, its headers and its cells of the sky, in a transaction of its
own; a page is read with the versions of its frames; a version is found by its digest. Everything
that can be known beforehand is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection

from pydantic_core import to_json
from sqlalchemy import Table, bindparam, insert, select

from ops.bench.exposures import PAGE, Exposure, Work
from ops.bench.floor_jobs import Job, open_for, work_off
from schemas.frame_post import Post, PostRules
from schemas.frame_posting import read_post
from store.columns import Row
from store.database import Database
from store.frame_tables import LISTED
from store.frames.composing import empty_row, filled, path_of, version_row
from store.frames.ids import Ids
from store.frames.rows import SHOWN
from store.sky.area import read_area
from store.sky.cells import cells_of_all
from store.tables import frame_cells, frame_headers, frame_versions, frames

Rows = Mapping[Table, list[Row]]
"""Of one frame."""

_AT_ONCE = 1000
_RULES = PostRules(configuration_types=("EXPOSE",), thumbnail_sizes=())
_PAGE = (
    select(*SHOWN)
    .where(LISTED)
    .order_by(frames.c.observation_date.desc(), frames.c.id.desc())
    .limit(PAGE)
)
_VERSIONS = select(frame_versions).where(
    frame_versions.c.frame.in_(bindparam("frames", expanding=True))
)
_BY_MD5 = select(frame_versions).where(frame_versions.c.md5 == bindparam("wanted"))
_INSERTS = {table: insert(table) for table in (frames, frame_versions, frame_headers, frame_cells)}


@dataclass(frozen=True, slots=True)
class Floor:
    """What is to be done."""

    work: Work
    database_url: str
    exposures: Sequence[Exposure]
    """What to write, or to ask for; a page is read for each of them."""
    threads: int


def work(pipe: Connection, floor: Floor) -> None:
    """Say that everything is built, wait, do it all, say a Posted."""
    database = open_for(floor.database_url, floor.threads)
    work_off(pipe, database, _jobs(database, floor), floor.threads)


def fill(database: Database, exposures: Sequence[Exposure]) -> None:
    """Have frames, very many at once."""
    for some in _portions(exposures):
        made = _made(database, some)
        with database.transaction() as transaction:
            for table in _INSERTS:
                transaction.insert(table, [row for rows in made for row in rows[table]])


def _jobs(database: Database, floor: Floor) -> list[Job]:
    if floor.work == "create":
        made = [rows for some in _portions(floor.exposures) for rows in _made(database, some)]
        return [partial(_write, rows) for rows in made]
    if floor.work == "list":
        return [_page] * len(floor.exposures)
    return [partial(_find, one.md5) for one in floor.exposures]


def _write(rows: Rows, database: Database) -> None:
    with database.transaction() as transaction:
        for table, statement in _INSERTS.items():
            transaction.execute(statement, rows[table])


def _page(database: Database) -> object:
    rows = database.query(_PAGE)
    return rows, database.query(_VERSIONS, {"frames": [row["id"] for row in rows]})


def _find(md5: str, database: Database) -> object:
    return database.query(_BY_MD5, {"wanted": md5})


def _portions(exposures: Sequence[Exposure]) -> list[Sequence[Exposure]]:
    return [exposures[start : start + _AT_ONCE] for start in range(0, len(exposures), _AT_ONCE)]


def _made(database: Database, exposures: Sequence[Exposure]) -> list[Rows]:
    """Return the rows that these come to, with numbers that no other frame gets."""
    posts = [read_post(one.said(), _RULES, read_area) for one in exposures]
    cells = cells_of_all([post.area or "" for post in posts])
    with database.transaction() as transaction:
        ids = Ids(transaction)
        for table in (frames, frame_versions):
            ids.expect(table, len(posts))
        numbers = [(ids.next(frames), ids.next(frame_versions)) for _ in posts]
    now = datetime.now(UTC)
    return [
        _rows(post, *pair, some, now)
        for post, pair, some in zip(posts, numbers, cells, strict=True)
    ]


def _rows(post: Post, frame: int, version: int, cells: Sequence[int], now: datetime) -> Rows:
    row = {**filled(empty_row(frame, post.basename, now), post, now), "newest": version}
    (posted,) = post.versions
    path = path_of(row, post.headers, post.basename, posted.extension)
    uid = f"floor-{version}"
    return {
        frames: [row],
        frame_versions: [version_row(version, uid, frame, posted, path=path, copy=None, now=now)],
        frame_headers: [{"frame": frame, "document": to_json(post.headers).decode()}],
        frame_cells: [{"cell": cell, "frame": frame} for cell in cells],
    }
