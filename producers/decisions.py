"""Carries out what people decide about parked events: replay, edit, discard.

Large selections are done in several transactions. Where one fails, those before it stand: the same
again goes on with the rest.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from producers.stamping import Stamp
from schemas.catalogue import decode
from schemas.envelope import Envelope
from store import parked
from store.database import Database
from store.errors import MunimentError
from store.ledger import Entry, Ledger
from store.parked import Decision, Filter, Listed, Pace, Parked
from store.parked_views import get

AT_ONCE = 500
"""Items of one transaction."""

_NO_EVENT = (
    "this message is no event, so no consumer can be given it; post what it should have been, "
    "then discard it"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An item about which nothing was done."""

    id: str
    why: str
    item: Parked | None
    """None: there is no such item."""


class RefusedError(MunimentError):
    """Nothing was done about the one item that was asked for."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__(refused.why)


@dataclass(slots=True)
class Done:
    """What was done, or would be."""

    ids: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    kinds: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    """How many of each consumer and type of event."""


Act = Callable[[Sequence[str]], Collection[str]]
"""Does something about at most AT_ONCE items; returns the ids of those it was done for."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Carries out decisions. Its methods raise UnavailableError, too."""

    database: Database
    ledger: Ledger
    stamp: Stamp
    clock: Callable[[], datetime]
    consumers: Collection[str]
    """Those that there are; nothing can be delivered to others."""

    def replay(
        self, chosen: Filter, by: str, *, rate: float, note: str | None = None, dry_run: bool
    ) -> Done:
        """Have the chosen events delivered to their consumers again, `rate` of them per second."""
        decision = Decision(by, self.clock(), note)
        spacing = timedelta(seconds=1 / rate)
        due = decision.at

        def act(ids: Sequence[str]) -> Collection[str]:
            nonlocal due
            with self.database.transaction() as transaction:
                pace = Pace(due, spacing)
                done = parked.replay(transaction, self.ledger.outlet, ids, decision, pace)
            due += spacing * len(done)
            return done

        return self._decide(chosen, self._undeliverable, None if dry_run else act)

    def discard(self, chosen: Filter, by: str, *, reason: str, dry_run: bool) -> Done:
        """Decide that the chosen items are not to be handled."""
        decision = Decision(by, self.clock(), reason)

        def act(ids: Sequence[str]) -> Collection[str]:
            with self.database.transaction() as transaction:
                return parked.discard(transaction, ids, decision)

        return self._decide(chosen, lambda _: None, None if dry_run else act)

    def edit(self, item_id: str, data: bytes, by: str, note: str | None) -> Envelope:
        """Have an event with other data handled in the place of a parked one, and return it.

        Raises InvalidDataError when the data does not fit the type, RefusedError.
        """
        found = get(self.database, item_id)
        if found is None:
            raise RefusedError(_unknown(item_id))
        item, event = found
        why = _decided(item) or self._undeliverable(Listed.of(item, event))
        if event is None or why is not None:
            raise RefusedError(Refused(item_id, why or _NO_EVENT, item))
        edited = decode(replace(event, data=data))
        # The data goes as it was written: fields that this release does not know are not lost.
        envelope = replace(self.stamp.put_on(edited, cause=event), data=data)
        now = self.clock()
        with self.database.transaction() as transaction:
            decision = Decision(by, now, note)
            if parked.replace(transaction, item_id, envelope.key, decision) is not None:
                entry = Entry(envelope, "accepted", by, now, queue=item.consumer)
                self.ledger.append(transaction, [entry])
                return envelope
        raise RefusedError(self._lost([item_id])[0])

    # ----------------------------------------------------------------------------------------------

    def _decide(
        self, chosen: Filter, obstacle: Callable[[Listed], str | None], act: Act | None
    ) -> Done:
        result = Done()
        if chosen.ids is not None:
            chosen = replace(chosen, state="any")
        else:
            # What is parked from now on, perhaps again because of this, was not meant.
            now = self.clock()
            chosen = replace(chosen, state="waiting", before=min(now, chosen.before or now))
        seen = set()
        for batch in self._batches(chosen):
            fit = {}
            for one in batch:
                item = one.item
                seen.add(item.id)
                why = _decided(item) or obstacle(one)
                if why is None:
                    fit[item.id] = one
                else:
                    result.refused.append(Refused(item.id, why, item))
            done = set(fit) if act is None or not fit else set(act(list(fit)))
            result.refused += self._lost([one for one in fit if one not in done])
            result.ids += [one for one in fit if one in done]
            result.kinds.update((fit[one].item.consumer, fit[one].type) for one in done)
        result.refused += [_unknown(one) for one in chosen.ids or () if one not in seen]
        return result

    def _batches(self, chosen: Filter) -> Iterator[list[Listed]]:
        after = ""
        while batch := parked.find(self.database, chosen, after=after, most=AT_ONCE):
            yield batch
            after = batch[-1].item.id

    def _lost(self, ids: Sequence[str]) -> list[Refused]:
        """Return what others were quicker about."""
        if not ids:
            return []
        found = parked.find(self.database, Filter(ids=ids, state="any"), most=len(ids))
        return [Refused(one.item.id, _decided(one.item) or _NO_EVENT, one.item) for one in found]

    def _undeliverable(self, one: Listed) -> str | None:
        if one.type is None:
            return _NO_EVENT
        if one.item.consumer not in self.consumers:
            return f"there is no consumer {one.item.consumer} any more; discard it"
        return None


def _decided(item: Parked) -> str | None:
    if item.ending is None:
        return None
    at = "" if item.ended_at is None else f" at {item.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    why = "" if item.note is None else f": {item.note}"
    return f"{item.ended_by} has {item.ending} it{at}{why}"


def _unknown(item_id: str) -> Refused:
    return Refused(item_id, "there is no such item", None)
