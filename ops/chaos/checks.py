"""The account: every request against the inbox, its effect, its follow-on, and the stored bytes.

Every figure of the statistics is held against the ledger, too. Rows are read one after another;
what is kept in memory is an id or a digest for each.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, Select, func, select

from ops.chaos import runs
from ops.chaos.accepted import REQUESTS, Accepted
from schemas.files import FileRejected
from schemas.probes import ProbeRequested
from schemas.records import RecordClosed, RecordPutRequested
from schemas.routing import WATCHERS
from store.database import Database
from store.errors import MunimentError
from store.fixity import CHUNK
from store.ports import ObjectStore
from store.statistics.verifying import verify
from store.tables import events, files, inbox, parked, probes

_SHOWN = 20
_ROWS = 1000


@dataclass
class Findings:
    """What is wrong of one kind: with how much, and with the first of it in words."""

    shown: dict[str, str] = field(default_factory=dict)
    """By the key of a request, or the name of a file."""
    _wrong: set[str] = field(default_factory=set)

    @property
    def number(self) -> int:
        """How much is wrong; one request counts once, whatever it lacks."""
        return len(self._wrong)

    def add(self, key: str, what: str) -> None:
        """Add what is wrong with one request, or one file."""
        self._wrong.add(key)
        if key in self.shown:
            self.shown[key] += f"; {what}"
        elif len(self.shown) < _SHOWN:
            self.shown[key] = what

    def lines(self) -> list[str]:
        """Return what is wrong in words."""
        return [f"{key}: {what}" for key, what in self.shown.items()]


@dataclass
class Account:
    """How it came out."""

    accepted: int = 0
    """Requests that somebody was promised, or that are in the ledger all the same."""
    ended: int = 0
    """Of those, the ones with exactly one row in the inbox."""
    lost: Findings = field(default_factory=Findings)
    doubled: Findings = field(default_factory=Findings)


def settle(
    database: Database, objects: ObjectStore, accepted: Accepted, seen: set[str] | None
) -> Account:
    """Return the account; `seen` are the keys of what the witness got, None where there is none."""
    account = Account()
    keys = _requests(database, accepted, account)
    _effects(database, accepted, account)
    _follow_ons(database, keys, seen, account)
    _versions(database, objects, accepted, account)
    for label, what, twice in runs.wrong(database, accepted):
        (account.doubled if twice else account.lost).add(label, what)
    _figures(database, account)
    for row in _rows(database, select(parked.c.consumer, parked.c.event_key, parked.c.reason)):
        account.doubled.add(str(row["event_key"]), f"parked by {row['consumer']}: {row['reason']}")
    return account


def _requests(database: Database, accepted: Accepted, account: Account) -> set[str]:
    """Each request has ended, once; return their keys."""
    owned = select(inbox.c.event_key).where(inbox.c.consumer.not_in(WATCHERS))
    ended = Counter(row["event_key"] for row in _rows(database, owned))
    requests = select(events.c.key).where(events.c.entry != "emitted", events.c.type.in_(REQUESTS))
    keys = accepted.keys() | {row["key"] for row in _rows(database, requests)}
    account.accepted = len(keys)
    for key in sorted(keys):
        if ended[key] == 1:
            account.ended += 1
        elif ended[key]:
            account.doubled.add(key, f"has ended {ended[key]} times")
        else:
            account.lost.add(key, "was accepted and has not ended")
    return keys


def _effects(database: Database, accepted: Accepted, account: Account) -> None:
    """Each probe has its row; each file was archived, or was there already."""
    answered = {row["event_key"] for row in _rows(database, select(probes.c.event_key))}
    requested = select(events.c.key).where(events.c.type == ProbeRequested.TYPE)
    for key in sorted(accepted.probes | {row["key"] for row in _rows(database, requested)}):
        if key not in answered:
            account.lost.add(key, "has no row of its probe")
    contents = {
        (row["name"], row["sha256"])
        for row in _rows(database, select(files.c.name, files.c.sha256))
    }
    for key, content in sorted(accepted.uploads.items()):
        if content not in contents:
            account.lost.add(key, f"its file {content[0]} is not in the catalogue")


def _follow_ons(
    database: Database, keys: set[str], seen: set[str] | None, account: Account
) -> None:
    """Each request has one follow-on of its consumer, and the witness has seen it.

    But a record that is sent again has none, and one that is closed thereby has another.
    """
    emitted = select(events.c.key, events.c.type, events.c.cause, events.c.actor).where(
        events.c.entry == "emitted"
    )
    causes: Counter[tuple[str, str]] = Counter()
    for row in _rows(database, emitted):
        causes[row["cause"], row["actor"]] += row["type"] != RecordClosed.TYPE
        if row["type"] == FileRejected.TYPE:
            account.lost.add(row["cause"], "its file was rejected")
        if seen is not None and row["key"] not in seen:
            account.lost.add(row["cause"], f"the witness lacks its {row['type']}")
    for (cause, actor), number in causes.items():
        if number > 1:
            account.doubled.add(cause, f"has {number} follow-ons of {actor}")
    sent = select(events.c.key).where(events.c.type == RecordPutRequested.TYPE)
    followed = {cause for cause, _ in causes} | {row["key"] for row in _rows(database, sent)}
    for key in sorted(keys - followed):
        account.lost.add(key, "has no follow-on")


def _versions(
    database: Database, objects: ObjectStore, accepted: Accepted, account: Account
) -> None:
    """Each content of a name is one version, and its object holds those bytes."""
    contents = accepted.contents()
    same = (
        select(files.c.name, files.c.sha256, func.count().label("versions"))
        .group_by(files.c.name, files.c.sha256)
        .having(func.count() > 1)
    )
    for row in _rows(database, same):
        account.doubled.add(row["name"], f"{row['versions']} versions hold the same bytes")
    gaps = (
        select(files.c.name)
        .group_by(files.c.name)
        .having(func.max(files.c.version) != func.count())
    )
    for row in _rows(database, gaps):
        account.lost.add(row["name"], "its versions have a gap")
    for row in _rows(database, select(files).order_by(files.c.name, files.c.version)):
        known = contents.get(row["name"])
        if known is not None and row["sha256"] not in known:
            account.doubled.add(row["name"], f"has bytes that nobody sent: {row['sha256']}")
        if trouble := _trouble(objects, row["object_key"], row["sha256"]):
            account.lost.add(row["id"], f"{row['name']} version {row['version']}: {trouble}")


def _figures(database: Database, account: Account) -> None:
    """Every event of the ledger is counted, once."""
    verdict = verify(database, lambda _done, _all: None)
    if verdict.waiting:
        account.lost.add("statistics", f"{verdict.waiting} events are not counted")
    for one in verdict.differences:
        is_not = f"{one.figure} is {one.found} and should be {one.expected}"
        account.doubled.add(f"{one.table} {one.key}", is_not)


def _trouble(objects: ObjectStore, key: str, sha256: str) -> str | None:
    found = hashlib.sha256()
    try:
        with objects.open(key) as stream:
            while piece := stream.read(CHUNK):
                found.update(piece)
    except MunimentError as error:
        return str(error)
    return None if found.hexdigest() == sha256 else f"its object {key} has other bytes"


def _rows(database: Database, statement: Select[Any]) -> Iterator[RowMapping]:
    with database.engine.connect() as connection:
        streaming = connection.execution_options(yield_per=_ROWS)
        yield from streaming.execute(statement).mappings()
