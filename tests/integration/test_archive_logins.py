"""Who is let into the archive by password or OAuth token, and of which proposals a member."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import uuid_utils
from sqlalchemy import select

from store.accounts import Accounts
from store.archive.logins import ArchiveLogins
from store.archive.members import AGAIN, REST, ArchiveMembers
from store.archive.portal import HttpPortal
from store.archive.portal_ports import Profile
from store.archive.user_rows import ArchiveUser
from store.archive.users import ArchiveUsers
from store.database import Database, open_database
from store.errors import PortalUnavailableError
from store.tables import archive_users, metadata
from tests.contract.bus_under_test import StillClock
from tests.equipment.portal import (
    PROFILE_PATH,
    TOKEN_PATH,
    Astronomer,
    Mood,
    TestPortal,
    portal,
)
from tests.services.waiting import until

BELIEVED = timedelta(minutes=10)
LOCAL = "a local password"


@pytest.fixture(scope="module")
def running() -> Iterator[TestPortal]:
    with portal() as running:
        yield running


class Way:
    """An archive's way to a portal, which is given up soon only where that is silent."""

    present = True

    def __init__(self, there: TestPortal) -> None:
        self._there = there
        self._patient, self._impatient = there.client(), there.client(seconds=0.3)

    @property
    def _client(self) -> HttpPortal:
        return self._impatient if self._there.mood == "silent" else self._patient

    def log_in(self, username: str, password: str) -> Profile | None:
        """As the portal."""
        return self._client.log_in(username, password)

    def profile(self, bearer: str) -> Profile | None:
        """As the portal."""
        return self._client.profile(bearer)

    def proposals(self, api_token: str) -> frozenset[str]:
        """As the portal."""
        return self._client.proposals(api_token)

    def check(self) -> None:
        """As the portal."""
        self._client.check()


class Scene:
    """An archive with a portal."""

    def __init__(self, database: Database, there: TestPortal) -> None:
        there.mood = "well"
        there.users.clear()
        there.web.requests.clear()
        self.portal = there
        self.database = database
        self.clock = StillClock()
        self.accounts = Accounts(
            database, self.clock, lambda: str(uuid_utils.uuid7()), secrets.token_urlsafe
        )
        self.accounts.add_user("ada", LOCAL, superuser=True)
        self.users = ArchiveUsers(database, lambda: "secret", self.clock)
        way = Way(there)
        self.logins = ArchiveLogins(self.users, self.accounts, way)
        self.members = ArchiveMembers(self.users, way, self.clock, BELIEVED)

    def log_in(self, name: str, password: str) -> ArchiveUser | None:
        """As the ingress does."""
        found = self.logins.by_local_password(name, password)
        return found or self.logins.by_portal_password(name, password)

    def proposals(self, user: ArchiveUser) -> frozenset[str]:
        """As the ingress does for every request."""
        newest = self.users.find(user.name)
        assert newest is not None
        return self.members.ask(newest) if self.members.due(newest) else newest.proposals

    def ask(self, user: ArchiveUser) -> frozenset[str]:
        """As the ingress does after a miss."""
        newest = self.users.find(user.name)
        assert newest is not None
        return self.members.ask(newest)

    def bea(self, *proposals: str) -> ArchiveUser:
        """Return a user whom the portal knows, and has let in."""
        bea = self.portal.add(Astronomer("bea", proposals=[*proposals]))
        user = self.logins.by_bearer(bea.bearer)
        assert user is not None
        return user


@pytest.fixture
def scene(tmp_path: Path, running: TestPortal) -> Iterator[Scene]:
    with closing(open_database(f"sqlite:///{tmp_path / 'muniment.db'}")) as database:
        metadata.create_all(database.engine)
        yield Scene(database, running)


def test_local_accounts_go_first_and_their_passwords_are_not_shown_to_the_portal(
    scene: Scene,
) -> None:
    scene.portal.add(Astronomer("ada", password="the portal's ada"))
    user = scene.log_in("ada", LOCAL)
    assert user is not None
    assert user.superuser
    assert scene.log_in("ada", "mistyped") is None
    assert scene.log_in("ada", "the portal's ada") is None
    assert scene.portal.web.requests == []


def test_somebody_of_the_portal_becomes_a_user(scene: Scene) -> None:
    bea = scene.portal.add(Astronomer("bea"))
    user = scene.log_in("bea", bea.password)
    assert user is not None
    assert (user.name, user.from_portal) == ("bea", True)
    for name, password in (("bea", "wrong"), ("nobody", "wrong"), ("bea", "")):
        assert scene.logins.by_portal_password(name, password) is None
    kept = scene.database.query(select(archive_users.c.password_hash))[0]["password_hash"]
    assert kept.startswith("$argon2id$")


def test_while_the_portal_is_away_the_last_password_lets_in(scene: Scene) -> None:
    bea = scene.portal.add(Astronomer("bea"))
    log_in = scene.logins.by_portal_password
    assert log_in("bea", bea.password) is not None
    moods: list[Mood] = ["failing", "garbage", "silent"]
    for mood in moods:
        scene.portal.mood = mood
        again = log_in("bea", bea.password)
        assert again is not None
        assert again.name == "bea"
    for name, password in (("bea", "wrong"), ("cyd", "never seen")):
        with pytest.raises(PortalUnavailableError):
            log_in(name, password)


def test_a_password_that_was_changed_at_the_portal_is_none_any_more(scene: Scene) -> None:
    bea = scene.portal.add(Astronomer("bea", password="an old one"))
    log_in = scene.logins.by_portal_password
    assert log_in("bea", "an old one") is not None
    bea.password = "a new one"
    assert log_in("bea", "an old one") is None
    assert log_in("bea", "a new one") is not None
    scene.portal.mood = "failing"
    with pytest.raises(PortalUnavailableError):
        log_in("bea", "an old one")


def test_an_oauth_token_is_the_portal_s_to_judge(scene: Scene) -> None:
    bea = scene.portal.add(Astronomer("bea", staff=True))
    user = scene.logins.by_bearer(bea.bearer)
    assert user is not None
    assert (user.name, user.staff, user.superuser) == ("bea", True, False)
    assert scene.logins.by_bearer("unknown") is None
    for mood in ("failing", "refusing"):
        scene.portal.mood = mood
        assert scene.logins.by_bearer(bea.bearer) is None
    scene.portal.mood = "garbage"
    with pytest.raises(PortalUnavailableError):
        scene.logins.by_bearer(bea.bearer)


def test_nobody_becomes_a_local_user_by_their_name_at_the_portal(scene: Scene) -> None:
    impostor = scene.portal.add(Astronomer("ada", superuser=True))
    assert scene.logins.by_bearer(impostor.bearer) is None
    assert scene.users.authenticate(impostor.api_token) is None
    assert scene.log_in("ada", LOCAL) is not None


def test_proposals_are_asked_for_once_in_a_while(scene: Scene) -> None:
    user = scene.bea("P-1")
    asked = scene.portal.asked(PROFILE_PATH)
    assert scene.proposals(user) == {"P-1"}
    scene.portal.users["bea"].proposals = ["P-2"]
    scene.clock.advance(BELIEVED - timedelta(seconds=5))
    assert scene.proposals(user) == {"P-1"}
    assert scene.portal.asked(PROFILE_PATH) == asked + 1
    scene.clock.advance(timedelta(seconds=6))
    assert scene.proposals(user) == {"P-2"}
    found = scene.users.find("bea")
    assert found is not None
    assert found.proposals == {"P-2"}


def test_who_is_a_member_of_none_is_looked_up_again(scene: Scene) -> None:
    user = scene.bea()
    assert scene.proposals(user) == frozenset()
    scene.portal.users["bea"].proposals = ["P-1"]
    scene.clock.advance(AGAIN)
    assert scene.proposals(user) == {"P-1"}


def test_after_a_miss_the_portal_is_asked_but_not_for_every_miss(scene: Scene) -> None:
    user = scene.bea("P-1")
    scene.proposals(user)
    scene.portal.users["bea"].proposals = ["P-1", "P-2"]
    assert scene.ask(user) == {"P-1"}, "it was asked only just now"
    scene.clock.advance(AGAIN)
    asked = scene.portal.asked(PROFILE_PATH)
    for _ in range(5):
        assert scene.ask(user) == {"P-1", "P-2"}
    assert scene.portal.asked(PROFILE_PATH) == asked + 1


def test_an_outage_makes_nobody_less_of_a_member_and_is_waited_for_once(scene: Scene) -> None:
    user = scene.bea("P-1")
    scene.proposals(user)
    scene.portal.mood = "silent"
    scene.clock.advance(BELIEVED)
    asked = len(scene.portal.web.requests)
    for _ in range(5):
        assert scene.proposals(user) == {"P-1"}
    # It hears of the question when it does, though nobody waits for its answer any more.
    until(lambda: len(scene.portal.web.requests) > asked, seconds=60, what="the question")
    assert len(scene.portal.web.requests) == asked + 1
    scene.portal.mood = "well"
    scene.portal.users["bea"].proposals = ["P-2"]
    scene.clock.advance(REST)
    assert scene.proposals(user) == {"P-2"}


def test_a_token_that_the_portal_refuses_is_a_member_of_nothing(scene: Scene) -> None:
    user = scene.bea("P-1")
    scene.proposals(user)
    scene.portal.mood = "refusing"
    scene.clock.advance(BELIEVED)
    assert scene.proposals(user) == frozenset()


def test_nothing_is_asked_about_local_users(scene: Scene) -> None:
    user = scene.users.set_proposals("ada", ["P-9"])
    scene.clock.advance(BELIEVED)
    assert scene.proposals(user) == scene.ask(user) == {"P-9"}
    assert scene.portal.asked(TOKEN_PATH) == scene.portal.asked(PROFILE_PATH) == 0
