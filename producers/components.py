"""Counts, describes and sets components, and has the platform poll.

Each change and the audit line that tells of it are one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from producers.poll_chain import PollChain
from producers.polling import Polling, PollState
from producers.stamping import Stamp
from schemas.component_descriptions import (
    Description,
    DescriptionError,
    default_description,
    write_moment,
)
from schemas.component_settings import (
    SettingError,
    SettingsError,
    check_bounds,
    read_setting,
)
from schemas.components import COMPONENTS, PLATFORM
from store import audit
from store.components import counters, descriptions, settings
from store.components.counters import Counter
from store.components.descriptions import Kept
from store.database import Database, Transaction
from store.ledger import Ledger


@dataclass(frozen=True)
class Components:
    """What can be asked of components, and done about them.

    Its methods block. They raise UnavailableError, and KeyError for a component that there is not.
    `who` is `user:NAME` or `anonymous`.
    """

    database: Database
    ledger: Ledger
    stamp: Stamp
    clock: Callable[[], datetime]
    service_url: str
    """What the platform polls unless an operator says otherwise."""

    # --- counters ---------------------------------------------------------------------------------

    def counter(self, name: str) -> Counter:
        """Return how often a component was used."""
        return counters.read(self.database, COMPONENTS[name].name, self.clock())

    def add(self, name: str, count: int = 1) -> Counter:
        """Count uses, at least one, and return the counter as it is right after them."""
        with self.database.transaction() as transaction:
            return counters.add(transaction, COMPONENTS[name].name, count, self.clock())

    def reset(self, name: str, who: str) -> Counter:
        """Let the counter begin again."""
        return self.correct(name, 0, None, who)

    def correct(self, name: str, value: int, last_reset: datetime | None, who: str) -> Counter:
        """Set the counter, and when it last began, where that is given; at zero, it begins now.

        Raises CounterError.
        """
        now = self.clock()
        with self.database.transaction() as transaction:
            old = counters.hold(transaction, COMPONENTS[name].name, now)
            began = last_reset or (old.last_reset if value else now)
            new = counters.put(transaction, name, value, began)
            self._tell(transaction, who, name, "counter", _counted(old), _counted(new))
        return new

    # --- descriptions -----------------------------------------------------------------------------

    def description(self, name: str) -> Description:
        """Return the newest description, or what is said as long as there is none."""
        default = default_description(COMPONENTS[name])
        kept = descriptions.history(self.database, name, most=1)
        return kept[0].description if kept else default

    def current(self) -> Mapping[str, Description]:
        """Return the description of every component, by name."""
        return _current(descriptions.newest(self.database))

    def descriptions(self, name: str) -> Sequence[Kept]:
        """Return every description that was given, newest first."""
        return descriptions.history(self.database, COMPONENTS[name].name)

    def describe(self, name: str, description: Description, who: str) -> Description:
        """Keep a description, which is served from now on.

        Raises DescriptionError: another component of its kind has that name.
        """
        kind = COMPONENTS[name].kind
        with self.database.transaction() as transaction:
            self._hold_all(transaction)
            current = _current(descriptions.newest_now(transaction))
            for other, one in current.items():
                if (
                    other != name
                    and COMPONENTS[other].kind == kind
                    and one.name == description.name
                ):
                    raise DescriptionError({"name": f"is that of {other} already: choose another"})
            descriptions.keep(transaction, name, description, who, self.clock())
            old = current[name].info()
            self._tell(transaction, who, name, "description", old, description.info())
        return description

    def drop_newest(self, name: str, who: str, newest: int | None = None) -> bool:
        """Forget the newest description, so that the one before is served; False: there is none.

        With `newest`, the id of a description, only if that is it: then it is safe to repeat.
        """
        with self.database.transaction() as transaction:
            self._hold_all(transaction)
            kept = descriptions.newest_now(transaction).get(COMPONENTS[name].name)
            if kept is None or newest not in {None, kept.id}:
                return False
            descriptions.drop(transaction, kept)
            now = _current(descriptions.newest_now(transaction))[name]
            old = kept.description.info()
            self._tell(transaction, who, name, "description", old, now.info())
        return True

    def _hold_all(self, transaction: Transaction) -> None:
        """Keep others from describing anything until commit: no two may have one name."""
        for name in sorted(COMPONENTS):
            counters.hold(transaction, name, self.clock())

    # --- settings ---------------------------------------------------------------------------------

    def settings(self, name: str) -> Mapping[str, str]:
        """Return every setting, by name; of what is not set, the default."""
        found = settings.read(self.database, COMPONENTS[name].name)
        return self._shown(name, found)

    def change_settings(
        self, name: str, asked: Mapping[str, tuple[str, str | None]], who: str
    ) -> Mapping[str, str]:
        """Set some at once, or none of them, and return every setting as it is kept.

        `asked` is, by name, the text and what the setting was when it was decided (None: whatever
        it was): what somebody else has set since then stays. Raises SettingsError.
        """
        component = COMPONENTS[name].name
        values, errors = _read_all(component, {one: text for one, (text, _) in asked.items()})
        with self.database.transaction() as transaction:
            counters.hold(transaction, component, self.clock())
            old = settings.read_now(transaction, component)
            shown = self._shown(component, old)
            for one, value in values.items():
                was = asked[one][1]
                if was not in {None, shown[one]} and value != old[one]:
                    errors[one] = f"somebody else has set this to {shown[one]!r} meanwhile"
            new = {**old, **values}
            if component == PLATFORM and not errors:
                _check_bounds(new, errors)
            if errors:
                raise SettingsError(errors)
            for one in values:
                if new[one] != old[one]:
                    settings.put(transaction, component, one, new[one])
                    self._tell(transaction, who, component, one, old[one], new[one])
        return new

    def _shown(self, name: str, found: Mapping[str, str]) -> Mapping[str, str]:
        if name != PLATFORM:
            return found
        return {**found, "service_url": found["service_url"] or self.service_url}

    # --- polling ----------------------------------------------------------------------------------

    @cached_property
    def _polling(self) -> Polling:
        chain = PollChain(self.ledger, self.stamp)
        return Polling(self.database, chain, self.clock, self.service_url)

    def start(self, who: str) -> None:
        """Have the platform poll, which is a use of it, whether or not it does already."""
        with self.database.transaction() as transaction:
            counters.add(transaction, PLATFORM, 1, self.clock())
            self._polling.start(transaction, who)

    def stop(self, who: str) -> None:
        """Have it poll no more, which is a use of it, too."""
        with self.database.transaction() as transaction:
            counters.add(transaction, PLATFORM, 1, self.clock())
            self._polling.stop(transaction, who)

    def poll(self) -> PollState:
        """Return how it stands with polling."""
        return self._polling.state()

    def _tell(  # noqa: PLR0913, PLR0917 - a line has so many columns
        self, transaction: Transaction, who: str, name: str, field: str, old: object, new: object
    ) -> None:
        audit.write(
            transaction,
            at=self.clock(),
            who=who,
            what=f"component:{name}",
            field=field,
            old=old,
            new=new,
        )


def _current(kept: Mapping[str, Kept]) -> Mapping[str, Description]:
    return {
        name: kept[name].description if name in kept else default_description(one)
        for name, one in COMPONENTS.items()
    }


def _read_all(component: str, asked: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return values as they are kept, and what is wrong with others; both by setting."""
    values, errors = {}, {}
    for name, text in asked.items():
        try:
            values[name] = read_setting(component, name, text)
        except SettingError as error:
            errors[name] = str(error)
    return values, errors


def _check_bounds(new: Mapping[str, str], errors: dict[str, str]) -> None:
    try:
        check_bounds(int(new["min_sec"]), int(new["max_sec"]))
    except SettingError as error:
        errors["max_sec"] = str(error)


def _counted(counter: Counter) -> dict[str, object]:
    return {"value": counter.value, "last_reset": write_moment(counter.last_reset)}
