"""Durable acceptance: what is answered with a 2xx has been committed before.

One thread commits for everybody: while one commit is on its way to the disk, further requests
gather and share the next. Each request stays all or nothing by itself.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from time import sleep

from pydantic_core import from_json, to_json
from sqlalchemy import select, tuple_

from schemas.envelope import Envelope
from store.database import Database, Transaction
from store.errors import ConflictError, DatabaseUnavailableError, MunimentError
from store.ledger import Entry, Ledger, known
from store.tables import idempotency

MOST_EVENTS = 200
"""Events that share a commit, unless one request brings more."""

GATHER_SECONDS = 0.005
"""How long further requests may gather after a commit that several have shared."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What one request asks to have accepted, all or nothing."""

    envelopes: Sequence[Envelope]
    """Stamped; their data has been validated."""
    principal: str
    """Who asks: `user:NAME`."""
    idempotency_key: str | None = None
    fingerprint: str = ""
    """SHA-256 of what was asked; compared when the idempotency key comes again."""
    keep: Callable[[Transaction], None] | None = None
    """Writes down what came with the events and does not ride in them: the rows of an upload."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was accepted: one operation per event, named by the event's key, in order."""

    operations: Sequence[str]
    repeated: bool = False
    """These very events had been accepted before; nothing was added."""


Answer = Receipt | MunimentError
Done = Callable[[Answer], None]
"""Told the answer, in the acceptor's thread, after the commit."""


class Acceptor:
    """Commits acceptances; `start` it before the first, `stop` finishes what was submitted."""

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._queue: SimpleQueue[tuple[Acceptance, Done] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="acceptor")

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what has been submitted, then end."""
        self._queue.put(None)
        self._thread.join()

    def submit(self, acceptance: Acceptance, done: Done) -> None:
        """Have it committed and `done` told.

        The answer is a Receipt; ConflictError (the id or the idempotency key already stands for
        something else: nothing was accepted); or DatabaseUnavailableError (nobody knows; asking
        again with the same ids is safe).
        """
        self._queue.put((acceptance, done))

    def _run(self) -> None:
        running = True
        while running:
            group, running = self._gather()
            if group:
                answers = self._answer([acceptance for acceptance, _ in group])
                for (_, done), answer in zip(group, answers, strict=True):
                    _tell(done, answer)
                if len(group) > 1 and _events(group) < MOST_EVENTS:
                    # Who has been answered may ask again: let them share the next commit, too.
                    # A client that is alone does not wait.
                    sleep(GATHER_SECONDS)

    def _gather(self) -> tuple[list[tuple[Acceptance, Done]], bool]:
        group: list[tuple[Acceptance, Done]] = []
        events = 0
        while events < MOST_EVENTS and (not group or not self._queue.empty()):
            item = self._queue.get()
            if item is None:
                return group, False
            group.append(item)
            events += len(item[0].envelopes)
        return group, True

    def _answer(self, group: Sequence[Acceptance]) -> Sequence[Answer]:
        try:
            return self._commit(group)
        except DatabaseUnavailableError as error:
            return [error] * len(group)
        except Exception:  # noqa: BLE001 - the thread serves everybody and must outlive it
            _log.exception("a commit of %d requests failed", len(group))
            if len(group) > 1:
                # One of them is the cause; the others must not suffer for it.
                return [self._answer([acceptance])[0] for acceptance in group]
            return [MunimentError("the request could not be stored; see the log")]

    def _commit(self, group: Sequence[Acceptance]) -> list[Answer]:
        now = self._clock()
        with self._database.transaction() as transaction:
            self._ledger.lock(transaction)
            judge = _Judge(transaction, group)
            answers: list[Answer] = []
            entries: list[Entry] = []
            for acceptance in group:
                answer = judge.answer(acceptance)
                answers.append(answer)
                if isinstance(answer, Receipt) and not answer.repeated:
                    entries += [
                        Entry(envelope, "accepted", acceptance.principal, now)
                        for envelope in acceptance.envelopes
                    ]
                    _remember(transaction, acceptance, answer, now)
            self._ledger.append(transaction, entries)
        return answers


def _tell(done: Done, answer: Answer) -> None:
    try:
        done(answer)
    except Exception:  # noqa: BLE001 - who asked is gone; the thread serves everybody else, too
        _log.exception("an answer could not be delivered")


class _Judge:
    """Knows what is in the ledger already, or comes earlier in the same group."""

    def __init__(self, transaction: Transaction, group: Sequence[Acceptance]) -> None:
        self._events = known(transaction, [e.key for a in group for e in a.envelopes])
        self._keys = _known_idempotency(transaction, group)

    def answer(self, acceptance: Acceptance) -> Answer:
        """Say what becomes of one request; what is accepted is known from then on."""
        name = (acceptance.principal, acceptance.idempotency_key or "")
        if acceptance.idempotency_key is not None and name in self._keys:
            fingerprint, operations = self._keys[name]
            if fingerprint != acceptance.fingerprint:
                return ConflictError(
                    "Idempotency-Key", "this key was used for another request; take a fresh one"
                )
            return Receipt(operations, repeated=True)
        keys = [envelope.key for envelope in acceptance.envelopes]
        conflict = self._conflict(acceptance.envelopes)
        if conflict is not None:
            return conflict
        repeated = bool(keys) and all(key in self._events for key in keys)
        self._events.update(zip(keys, acceptance.envelopes, strict=True))
        if acceptance.idempotency_key is not None:
            self._keys[name] = (acceptance.fingerprint, keys)
        return Receipt(keys, repeated=repeated)

    def _conflict(self, envelopes: Sequence[Envelope]) -> ConflictError | None:
        fresh = set()
        for envelope in envelopes:
            key = envelope.key
            earlier = self._events.get(key)
            if key in fresh or (earlier is not None and not _same(earlier, envelope)):
                return ConflictError("id", f"id {envelope.id!r} already names another event")
            if earlier is None:
                fresh.add(key)
        if fresh and len(fresh) < len(envelopes):
            return ConflictError("id", "some events of the batch were accepted before, others not")
        return None


def _events(group: Sequence[tuple[Acceptance, Done]]) -> int:
    return sum(len(acceptance.envelopes) for acceptance, _ in group)


def _same(one: Envelope, other: Envelope) -> bool:
    return (one.id, one.source, one.type, one.data) == (
        other.id,
        other.source,
        other.type,
        other.data,
    )


def _known_idempotency(
    transaction: Transaction, group: Iterable[Acceptance]
) -> dict[tuple[str, str], tuple[str, list[str]]]:
    names = [(a.principal, a.idempotency_key) for a in group if a.idempotency_key is not None]
    if not names:
        return {}
    rows = transaction.execute(
        select(idempotency).where(tuple_(idempotency.c.principal, idempotency.c.key).in_(names))
    ).mappings()
    return {
        (row["principal"], row["key"]): (row["fingerprint"], from_json(row["operations"]))
        for row in rows
    }


def _remember(
    transaction: Transaction, acceptance: Acceptance, receipt: Receipt, now: datetime
) -> None:
    if acceptance.idempotency_key is not None:
        row = {
            "principal": acceptance.principal,
            "key": acceptance.idempotency_key,
            "fingerprint": acceptance.fingerprint,
            "operations": to_json(receipt.operations).decode(),
            "accepted_at": now,
        }
        transaction.insert(idempotency, [row])
    if acceptance.keep is not None:
        acceptance.keep(transaction)
