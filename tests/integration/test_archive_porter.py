"""What is remembered of the archive's visitors, and how many may wait."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Semaphore
from typing import TypeVar

import pytest

from http_ingress.archive.answers import Refused
from http_ingress.archive.porter import Porter
from http_ingress.threads import Threads
from ops.stores import clock, new_id
from store.accounts import Accounts
from store.archive.portal import NoPortal
from store.archive.portal_ports import Profile
from store.archive.user_rows import ArchiveUser
from store.archive.users import ArchiveUsers
from store.database import Database, open_database
from store.tables import metadata
from tests.equipment.archive_people import SECRET, archive_people

T = TypeVar("T")


class Asked(ArchiveUsers):
    """Users that count how often they are asked."""

    times = 0

    def authenticate(self, key: str) -> ArchiveUser | None:
        """Count."""
        self.times += 1
        return super().authenticate(key)


class Slow(NoPortal):
    """A portal that answers when it may."""

    present = True

    def __init__(self) -> None:
        self.go = Semaphore(0)

    def profile(self, bearer: str) -> Profile | None:
        """Answer, as soon as it may."""
        self.go.acquire()
        return Profile(username=bearer)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(f"sqlite:///{tmp_path / 'muniment.db'}")) as database:
        metadata.create_all(database.engine)
        yield database


def within(
    database: Database, do: Callable[[Porter, Asked], Awaitable[T]], portal: Slow | None = None
) -> T:
    """Return what happens before a porter."""
    accounts = Accounts(database, clock, new_id, secrets.token_urlsafe)
    accounts.add_user("ada", None)
    users = Asked(database, lambda: SECRET, clock)
    people = archive_people(database, accounts, clock, portal, users=users)
    threads = Threads()

    async def run() -> T:
        return await do(Porter(people, threads, "secret"), users)

    try:
        return asyncio.run(run())
    finally:
        threads.close()


def test_a_burst_asks_the_database_once(database: Database) -> None:
    async def burst(porter: Porter, users: Asked) -> None:
        key = users.token("ada")
        found = await asyncio.gather(*(porter.by_token(key) for _ in range(50)))
        assert {user.name for user in found if user is not None} == {"ada"}
        assert await porter.by_token(key) is not None
        assert users.times == 1

    within(database, burst)


def test_who_is_not_known_is_looked_up_again(database: Database) -> None:
    async def twice(porter: Porter, users: Asked) -> None:
        for _ in range(2):
            assert await porter.by_token("unknown") is None
        assert users.times == 2

    within(database, twice)


def test_what_has_changed_counts_at_once(database: Database) -> None:
    async def revoke(porter: Porter, users: Asked) -> None:
        key = users.token("ada")
        assert await porter.by_token(key) is not None
        users.revoke("ada")
        porter.forget()
        assert await porter.by_token(key) is None

    within(database, revoke)


def test_a_slow_portal_keeps_nobody_else_waiting_and_no_more_than_a_few(
    database: Database,
) -> None:
    portal = Slow()

    async def crowd(porter: Porter, users: Asked) -> None:
        waiting = [asyncio.ensure_future(porter.by_bearer(f"user-{n}")) for n in range(64)]
        await asyncio.sleep(0)
        with pytest.raises(Refused) as raised:
            await porter.by_bearer("one-too-many")
        assert raised.value.status == 503
        assert await porter.by_token(users.token("ada")) is not None
        portal.go.release(64)
        found = await asyncio.gather(*waiting)
        assert [user.name for user in found if user] == [f"user-{n}" for n in range(64)]

    within(database, crowd, portal)
