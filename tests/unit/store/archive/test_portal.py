"""The way to the observation portal: what it is asked, and what is made of its answers."""

import logging
from collections.abc import Iterator
from contextlib import closing

import pytest

from store.archive.portal import HttpPortal, NoPortal
from store.errors import PortalUnavailableError
from tests.equipment.portal import CLIENT_SECRET, PROFILE_PATH, Astronomer, Mood, TestPortal, portal
from tests.services.ports import free_ports


@pytest.fixture(scope="module")
def running() -> Iterator[TestPortal]:
    with portal() as portal_:
        yield portal_


@pytest.fixture
def there(running: TestPortal) -> TestPortal:
    running.mood = "well"
    running.users.clear()
    running.web.requests.clear()
    return running


def test_somebody_is_known_by_a_password_and_what_is_said_of_them_is_read(
    there: TestPortal,
) -> None:
    ada = there.add(Astronomer("ada", password="päss&word=1", staff=True))
    profile = there.client().log_in("ada", "päss&word=1")
    assert profile is not None
    assert (profile.username, profile.email) == ("ada", "ada@example.org")
    assert profile.api_token == ada.api_token
    assert (profile.staff, profile.superuser) == (True, False)
    assert there.client().log_in("ada", "wrong") is None
    assert there.client().log_in("nobody", "wrong") is None


def test_somebody_is_known_by_an_oauth_token(there: TestPortal) -> None:
    ada = there.add(Astronomer("ada"))
    profile = there.client().profile(ada.bearer)
    assert profile is not None
    assert profile.username == "ada"
    for bearer in ("unknown", "", "two\r\nX-Header: lines", "ümlaut"):
        assert there.client().profile(bearer) is None
    assert len(there.web.requests) == 3, "what no header can hold is not sent"


def test_proposals_are_those_of_the_token_s_user(there: TestPortal) -> None:
    ada = there.add(Astronomer("ada", proposals=["PROP-1", "PROP-2"]))
    assert there.client().proposals(ada.api_token) == {"PROP-1", "PROP-2"}
    assert there.client().proposals("unknown") == frozenset()


@pytest.mark.parametrize("mood", ["garbage", "huge", "silent", "failing"])
def test_what_is_no_answer_is_an_outage(there: TestPortal, mood: Mood) -> None:
    ada = there.add(Astronomer("ada"))
    there.mood = mood
    client = there.client(seconds=0.2 if mood == "silent" else 60)
    for ask in (client.profile, client.proposals):
        with pytest.raises(PortalUnavailableError) as raised:
            ask(ada.api_token)
        assert raised.value.answered is (mood == "failing")
    with pytest.raises(PortalUnavailableError):
        client.log_in("ada", ada.password)


def test_what_no_database_could_keep_is_no_answer(there: TestPortal) -> None:
    ada = there.add(Astronomer("ada", proposals=["PROP\0"], api_token="a\0b"))
    with pytest.raises(PortalUnavailableError):
        there.client().profile(ada.bearer)
    ada.api_token = "sound"
    with pytest.raises(PortalUnavailableError):
        there.client().proposals("sound")


def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    client = HttpPortal(token_url=url, profile_url=url, client_id="", client_secret="")
    with pytest.raises(PortalUnavailableError):
        client.profile("something")


def test_a_slow_trickle_comes_to_an_end(there: TestPortal) -> None:
    there.add(Astronomer("ada"))
    ticks = iter(range(0, 3000, 90))
    client = HttpPortal(
        token_url="",
        profile_url=there.url + PROFILE_PATH,
        client_id="",
        client_secret="",
        seconds=60,
        clock=lambda: float(next(ticks)),
    )
    with closing(client), pytest.raises(PortalUnavailableError, match="more than 60 s"):
        client.profile(there.users["ada"].bearer)


def test_a_search_waits_less_for_proposals_than_a_password_may_take(there: TestPortal) -> None:
    ada = there.add(Astronomer("ada", proposals=["PROP-1"]))
    ticks = iter(range(0, 1000, 20))
    client = HttpPortal(
        token_url="",
        profile_url=there.url + PROFILE_PATH,
        client_id="",
        client_secret="",
        seconds=60,
        clock=lambda: float(next(ticks)),
    )
    with closing(client):
        assert client.profile(ada.bearer) is not None
        with pytest.raises(PortalUnavailableError, match="more than 15 s"):
            client.proposals(ada.api_token)


def test_no_password_follows_a_redirect(there: TestPortal) -> None:
    there.mood = "moved"
    assert there.client().log_in("ada", "secret") is None
    assert there.asked("/elsewhere/") == 0


@pytest.mark.parametrize("mood", ["garbage", "huge", "failing", "silent"])
def test_no_secret_is_logged_or_stands_in_an_error(
    there: TestPortal, mood: Mood, caplog: pytest.LogCaptureFixture
) -> None:
    ada = there.add(Astronomer("ada"))
    there.mood = mood
    client = there.client(seconds=0.2 if mood == "silent" else 60)
    with caplog.at_level(logging.DEBUG):
        for ask in (
            lambda: client.log_in("ada", ada.password),
            lambda: client.profile(ada.bearer),
            lambda: client.proposals(ada.api_token),
        ):
            with pytest.raises(PortalUnavailableError) as raised:
                ask()
            said = caplog.text + str(raised.value) + repr(raised.value.__cause__)
            for secret in (ada.password, ada.bearer, ada.api_token, CLIENT_SECRET):
                assert secret not in said


def test_where_there_is_no_portal_nobody_is_known() -> None:
    nothing = NoPortal()
    assert nothing.log_in("ada", "x") is nothing.profile("x") is None
    assert nothing.proposals("x") == frozenset()
    nothing.check()
