"""What posts need to know of frames before they are carried out, asked once for many of them.

Statements are built once: to build one takes as long as to run it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import bindparam, or_, select

from schemas.frame_post import Post, PostedVersion
from store.columns import Row
from store.database import Database, Transaction
from store.frames.drafts import look
from store.frames.locks import What, hold
from store.tables import frame_versions, frames

T = TypeVar("T")

_AT_ONCE = 5000
"""Values in one statement: databases have their limits."""

_THERE = select(frames).where(frames.c.basename.in_(bindparam("names", expanding=True)))
_NAME_OF = select(frames.c.basename).where(frames.c.id == bindparam("number"))
_NAME_OF_VERSION = (
    select(frames.c.basename)
    .join(frame_versions, frame_versions.c.frame == frames.c.id)
    .where(frame_versions.c.uid == bindparam("uid"))
)
_TAKEN = select(frame_versions.c.key, frame_versions.c.md5).where(
    or_(
        frame_versions.c.key.in_(bindparam("keys", expanding=True)),
        frame_versions.c.md5.in_(bindparam("md5s", expanding=True)),
    )
)


class HeldFrames:
    """Rows of `frames` that nobody else changes until commit, and keys and digests likewise.

    What has been read is not read again: it is as the locks keep it, or as `put` has it.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._rows: dict[str, Row | None] = {}
        """By basename; None: there is no such frame."""
        self._found: dict[int, Row] = {}
        """By id, as they were in the database."""
        self._asked: set[What] = set()
        self._taken: set[What] = set()

    def hold(self, names: Iterable[str], versions: Iterable[PostedVersion] = ()) -> None:
        """Hold frames by name, and what must be unique of versions; costs little if it has been."""
        fresh = set(names) - self._rows.keys()
        claims = {claim for one in versions for claim in claims_of(one)} - self._asked
        if not (fresh or claims):
            return
        hold(self._transaction, [*(("frame", name) for name in fresh), *claims])
        self._rows.update(dict.fromkeys(fresh))
        for row in _there(self._transaction, fresh):
            self._rows[row["basename"]] = self._found[row["id"]] = row
        self._asked |= claims
        for key, md5 in _taken(self._transaction, claims):
            self._taken |= {("key", key), ("md5", md5)}

    def named(self, name: str) -> Row | None:
        """Hold a frame by its name; None: there is none."""
        self.hold([name])
        return self.row(name)

    def numbered(self, number: int) -> Row | None:
        """Hold a frame by its id; None: there is none."""
        name = self._transaction.execute(_NAME_OF, {"number": number}).scalar_one_or_none()
        row = None if name is None else self.named(name)
        # Between finding and holding it, its name may have been given to another.
        return row if row is not None and row["id"] == number else None

    def of_version(self, uid: str) -> Row | None:
        """Hold the frame of a version; None: there is none."""
        name = self._transaction.execute(_NAME_OF_VERSION, {"uid": uid}).scalar_one_or_none()
        return None if name is None else self.named(name)

    def row(self, name: str) -> Row | None:
        """Return the row of a frame that is held; None: there is none."""
        return self._rows[name]

    def put(self, row: Row) -> None:
        """Note how a row is to be."""
        self._rows[row["basename"]] = row

    def forget(self, name: str) -> None:
        """Note that a frame is gone."""
        self._rows[name] = None

    def is_taken(self, what: What) -> bool:
        """Whether another version has this key or digest."""
        return what in self._taken

    def take(self, version: PostedVersion) -> None:
        """Note that a version has its key and its digest now."""
        self._taken.update(claims_of(version))

    def changes(self) -> list[tuple[Row | None, Row | None]]:
        """Return what has become of rows: as they were in the database, and as they are now."""
        now = {row["id"]: row for row in self._rows.values() if row is not None}
        return [
            (self._found.get(number), now.get(number))
            for number in self._found.keys() | now.keys()
            if self._found.get(number) is not now.get(number)
        ]


def claims_of(version: PostedVersion) -> tuple[What, What]:
    """Return what must be unique of a version."""
    return ("key", version.key), ("md5", version.md5)


def expected(
    database: Database, drafts: Collection[str]
) -> list[tuple[Post, Row | None, tuple[PostedVersion, ...]]]:
    """Return what came with requests, which frames there are, and which versions are new.

    Outside of any transaction: by the time they are carried out, it may be otherwise.
    """
    posts = look(database, drafts)
    with_versions = [post for post in posts.values() if post.versions]
    claims = {claim for post in with_versions for one in post.versions for claim in claims_of(one)}
    if not claims:
        return []
    names = [post.basename for post in with_versions]
    there: dict[str, Row] = {
        row["basename"]: dict(row) for row in database.query(_THERE, {"names": names})
    }
    taken: set[What] = set()
    for row in database.query(_TAKEN, _split(claims)):
        taken |= {("key", row["key"]), ("md5", row["md5"])}
    return [
        (
            post,
            there.get(post.basename),
            tuple(one for one in post.versions if taken.isdisjoint(claims_of(one))),
        )
        for post in with_versions
    ]


def _there(transaction: Transaction, names: Collection[str]) -> Iterator[Row]:
    for some in _portions(names):
        for row in transaction.execute(_THERE, {"names": some}).mappings():
            yield dict(row)


def _taken(transaction: Transaction, claims: Collection[What]) -> Iterator[tuple[str, str]]:
    for some in _portions(claims):
        for row in transaction.execute(_TAKEN, _split(some)):
            yield row.key, row.md5


def _portions(values: Collection[T]) -> Iterator[Sequence[T]]:
    ordered = list(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _split(claims: Iterable[What]) -> Mapping[str, list[str]]:
    asked: dict[str, list[str]] = {"key": [], "md5": []}
    for kind, value in claims:
        asked[kind].append(value)
    return {"keys": asked["key"], "md5s": asked["md5"]}
