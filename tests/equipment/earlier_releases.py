"""Rows of every table that earlier releases had."""

import json
from datetime import UTC, datetime

from tests.equipment.earlier_frames import frame_rows
from tests.equipment.earlier_packages import package_rows

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
PROBE = "muniment.probe.requested.v1"


def event(key: str) -> dict[str, object]:
    return {
        "key": key,
        "id": key,
        "source": "/before",
        "type": PROBE,
        "subject": "x",
        "time": NOON,
        "recorded_at": NOON,
        "entry": "accepted",
        "actor": "user:before",
        "correlation": key,
        "cause": None,
        "envelope": None,
        "data": json.dumps({"probe": key}),
    }


HANDLED, WAITING, RETRYING, PARKED = (f"0192b1c4-0000-7000-8000-00000000000{n}" for n in range(4))
Rows = dict[str, list[dict[str, object]]]
FIRST: Rows = {
    "events": [event(key) for key in (HANDLED, WAITING, RETRYING, PARKED)],
    "outbox": [
        {
            "id": number,
            "event_key": RETRYING,
            "exchange": "",
            "routing_key": "answer-probe",
            "attempt": 2,
            "tries": 0,
            "not_before": NOON,
        }
        # A crash could schedule the same delivery twice.
        for number in ("1", "2")
    ],
    "deliveries": [
        {
            "queue": "answer-probe",
            "event_key": WAITING,
            "attempt": 1,
            "taken": 0,
            "not_before": NOON,
            "lease_owner": None,
            "lease_until": None,
        }
    ],
    "inbox": [
        {
            "consumer": "answer-probe",
            "event_key": HANDLED,
            "outcome": "succeeded",
            "outcome_key": None,
            "attempt": 1,
            "started_at": NOON,
            "handled_at": NOON,
        }
    ],
    "failures": [
        {
            "consumer": "answer-probe",
            "event_key": key,
            "attempt": 1,
            "error": "ValueError: before",
            "failed_at": NOON,
            "retry_at": retry_at,
        }
        # Of a try that failed twice, as copies could, the later stays.
        for key, retry_at in ((RETRYING, None), (RETRYING, NOON), (PARKED, None))
    ],
    "parked": [
        {
            "id": "p1",
            "consumer": "answer-probe",
            "event_key": PARKED,
            "message": None,
            "reason": "ValueError: before",
            "traceback": None,
            "attempts": 1,
            "parked_at": NOON,
        }
    ],
    "idempotency": [
        {
            "principal": "user:before",
            "key": "k",
            "fingerprint": "f",
            "operations": "[]",
            "accepted_at": NOON,
        }
    ],
    "uploads": [
        {
            "id": "u",
            "object_key": "staging/u",
            "size": 1,
            "sha256": "0" * 64,
            "md5": "0" * 32,
            "media_type": None,
            "received_at": NOON,
        }
    ],
    "files": [
        {
            "id": "f",
            "name": "a.fits",
            "version": 1,
            "size": 2**40,
            "sha256": "0" * 64,
            "md5": "0" * 32,
            "media_type": "image/fits",
            "metadata": "{}",
            "object_key": "content/f",
            "archived_at": NOON,
            "archived_by": HANDLED,
        }
    ],
    "probes": [{"event_key": HANDLED, "probe": "x", "answered_at": NOON}],
    "users": [
        {
            "name": "before",
            "password_hash": None,
            "superuser": True,
            "disabled": False,
            "created_at": NOON,
        }
    ],
    "tokens": [
        {
            "id": "t",
            "user_name": "before",
            "digest": "d",
            "label": "x",
            "created_at": NOON,
            "revoked_at": None,
        }
    ],
}
KEPT: Rows = {**FIRST, "outbox": FIRST["outbox"][1:], "failures": FIRST["failures"][1:]}
SECOND: Rows = {
    **KEPT,
    "failures": [{**row, "kind": "permanent"} for row in KEPT["failures"]],
    "parked": [
        {**row, "kind": "permanent", "fingerprint": "f", "ending": None} for row in KEPT["parked"]
    ],
    "leases": [
        {
            "consumer": "no-longer-there",
            "event_key": HANDLED,
            "attempt": 1,
            "token": 2,
            "owner": None,
            "until": None,
            "crashes": 1,
            "began_at": NOON,
            "checkpoint": '{"page":3}',
            "done": 2**40,
            "total": None,
            "unit": "bytes",
        }
    ],
    "schedules": [
        {
            "name": "nightly",
            "type": PROBE,
            "data": "{}",
            "due_at": NOON,
            "next_at": NOON,
            "every_seconds": 60.0,
            "jitter_seconds": 0.0,
            "catch_up": "skip",
            "paused": True,
            "changed_at": NOON,
            "changed_by": "user:before",
            "fired_at": None,
            "fired_key": None,
        }
    ],
    "workers": [
        {
            "process": "before.1",
            "consumer": "answer-probe",
            "waits_for": None,
            "since": NOON,
            "seen_at": NOON,
        }
    ],
}
THIRD: Rows = {
    **SECOND,
    "users": [{**row, "operator": False} for row in SECOND["users"]],
    "projects": [
        {"id": "p", "name": "", "description": "", "created_by": "before", "created_at": NOON}
    ],
    "permissions": [
        {"project": "p", "user_name": "before", "granted_by": "before", "granted_at": NOON}
    ],
    "records": [
        {
            "id": HANDLED,
            "project": "p",
            "label": "run",
            "timestamp": NOON,
            "born": 1,
            "sequence": 1,
            "revision": 1,
            "open": True,
            "document": "{}",
            "diff": '""',
            "diff_sha256": None,
            "stdout_stderr": None,
            "stdout_stderr_sha256": "0" * 64,
            "main_file": "",
            "said": "",
            "parameters": "",
            "changed_at": NOON,
            "changed_by": "before",
        }
    ],
    "record_tags": [{"record": HANDLED, "project": "p", "tag": "t"}],
    "record_history": [
        {
            "id": 1,
            "project": "p",
            "label": "run",
            "record": HANDLED,
            "revision": 1,
            "sequence": 1,
            "event_key": HANDLED,
            "happened": "created",
            "at": NOON,
            "by": "before",
            "fields": "[]",
            "before": "{}",
        }
    ],
    "record_objects": [{"sha256": "0" * 64}],
    "record_drafts": [
        {
            "event_key": WAITING,
            "fingerprint": "f",
            "document": "{}",
            "diff": None,
            "diff_sha256": None,
            "stdout_stderr": None,
            "stdout_stderr_sha256": None,
            "accepted_at": NOON,
        }
    ],
}
FOURTH: Rows = {**THIRD, **package_rows(HANDLED, WAITING, NOON)}
FIFTH: Rows = {
    **FOURTH,
    "files": [{**row, "frame": None} for row in FOURTH["files"]],
    **frame_rows(HANDLED, NOON),
}
RELEASES = {
    "0001": (FIRST, KEPT),
    "0002": (SECOND, SECOND),
    "0003": (THIRD, THIRD),
    "0004": (FOURTH, FOURTH),
    "0005": (FIFTH, FIFTH),
}
"""By revision: the rows that are there, and those that are left of them, as far as they said."""
