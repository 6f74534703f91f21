"""Runs that are recorded while things break, and what has to be there of them in the end."""

import json
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select

from ops.chaos.accepted import Accepted
from schemas.record_document import read_kept
from schemas.records import RecordClosed, RecordCreated
from store.database import Database
from store.tables import events, record_drafts, record_history, records

PROJECT = "chaos"

_CLOSED = "_finished_"


def stages(label: str, came_of_it: str, diff: str) -> Iterator[bytes]:
    """Yield the bodies that are sent for one run: as it begins, and as it ends."""
    begun = {
        "label": label,
        "timestamp": "2024-05-01 10:00:00+0000",
        "reason": "chaos",
        "outcome": "",
        "tags": ["_initialized_"],
        "duration": None,
        "executable": {"path": "/bin/true", "version": "1", "name": "true", "options": ""},
        "repository": {"url": "/chaos", "type": "GitRepository", "upstream": None},
        "main_file": "chaos.py",
        "version": "1",
        "parameters": {"content": "n = 3", "type": "SimpleParameterSet"},
        "launch_mode": {"type": "SerialLaunchMode", "parameters": {}},
        "datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/chaos"}},
        "diff": diff,
        "platforms": [],
        "dependencies": [],
    }
    yield json.dumps(begun).encode()
    yield json.dumps({"tags": [_CLOSED], "outcome": came_of_it, "duration": 0.5}).encode()


def wrong(database: Database, accepted: Accepted) -> Iterator[tuple[str, str, bool]]:
    """Yield what is wrong: the label of a record, in words, and whether something came twice."""
    kept = {
        row["label"]: _said(row["document"])
        for row in database.query(
            select(records.c.label, records.c.document).where(records.c.project == PROJECT)
        )
    }
    created = _times(database, RecordCreated.TYPE)
    closed = _times(database, RecordClosed.TYPE)
    begun = Counter(
        row["label"]
        for row in database.query(
            select(record_history.c.label).where(record_history.c.happened == "created")
        )
    )
    for label, came_of_it in sorted(accepted.records.items()):
        if label not in kept:
            yield label, "its record is not there", False
        elif kept[label] != (came_of_it, [_CLOSED]):
            yield label, "its record does not say what came of it", False
        if closed[label] != 1:
            yield label, f"was closed {closed[label]} times", closed[label] > 1
    for label in sorted(kept):
        if (begun[label], created[label]) != (1, 1):
            times = f"{begun[label]} times in its history, {created[label]} in the ledger"
            yield label, f"was created {times}", max(begun[label], created[label]) > 1
    for row in database.query(select(record_drafts.c.event_key)):
        yield row["event_key"], "what was sent with it was never applied", False


def _said(document: str) -> tuple[str, list[str]]:
    read = read_kept(document)
    return read["outcome"], read["tags"]


def _times(database: Database, type_: str) -> Counter[str]:
    rows = database.query(select(events.c.subject).where(events.c.type == type_))
    return Counter(row["subject"].removeprefix(f"{PROJECT}/") for row in rows)
