"""Users of the observation portal: let in, told of, refused, and what an outage does."""

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from store.tables import archive_users, events, users
from tests.equipment.archive_people import SERVER_KEY
from tests.equipment.archive_portal import PASSWORD, Observatory, observatory
from tests.equipment.portal import CLIENT_SECRET, Astronomer
from tests.services.waiting import until


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Observatory]:
    with observatory(request, tmp_path_factory.mktemp("observatory")) as running:
        yield running


@pytest.fixture
def there(running: Observatory) -> Observatory:
    running.portal.mood = "well"
    return running


def told(**changes: object) -> dict[str, object]:
    """Return what the portal tells of a user."""
    return {**Astronomer("dot").profile, **changes}


def test_a_bearer_of_the_portal_s_token_is_known_with_proposals(there: Observatory) -> None:
    flo = there.portal.add(Astronomer("flo", proposals=["PROP-2", "PROP-1"], staff=True))
    assert there.whom(f"Bearer {flo.bearer}") == ("flo", ["PROP-1", "PROP-2"], True)
    assert there.whom(f"Token {flo.api_token}") == ("flo", ["PROP-1", "PROP-2"], True)


def test_a_password_of_the_portal_gets_the_archive_s_own_token(there: Observatory) -> None:
    gus = there.portal.add(Astronomer("gus", proposals=["PROP-1"]))
    answer = there.log_in({"username": "gus", "password": gus.password})
    assert answer.status == 200
    token = answer.json["token"]
    assert len(token) == 40
    assert token != gus.api_token
    assert there.whom(f"Token {token}") == ("gus", ["PROP-1"], False)


def test_superusers_of_the_portal_are_superusers_of_the_archive_alone(there: Observatory) -> None:
    hal = there.portal.add(Astronomer("hal", superuser=True))
    for credentials in (f"Bearer {hal.bearer}", f"Token {hal.api_token}"):
        assert there.ask("/versions/", credentials).status == 200
        assert there.ask("/frames/", credentials, "POST").status == 400, "but let in"
    names = [user.name for user in there.archive.running.store.accounts.users() if user.superuser]
    assert "hal" not in names


def test_a_new_member_need_not_wait(there: Observatory) -> None:
    private = there.archive.post(public_date=None, proposal_id="PROP-NEW")
    ivy = there.portal.add(Astronomer("ivy", proposals=["PROP-OLD"]))
    path = f"/frames/{private['id']}/"
    assert there.ask(path, f"Token {ivy.api_token}").status == 401, "never heard of"
    assert there.ask(path, f"Bearer {ivy.bearer}").status == 404
    ivy.proposals.append("PROP-NEW")
    until(
        lambda: there.ask(path, f"Token {ivy.api_token}").status == 200,
        seconds=60,
        what="the frame to be shown",
    )


def test_an_outage_is_no_wrong_answer(there: Observatory) -> None:
    jon = there.portal.add(Astronomer("jon", proposals=["PROP-1"]))
    assert there.log_in({"username": "jon", "password": jon.password}).status == 200
    kim = there.portal.add(Astronomer("kim"))
    there.portal.mood = "garbage"
    for answer in (
        there.ask("/frames/", f"Bearer {kim.bearer}"),
        there.log_in({"username": "kim", "password": kim.password}),
    ):
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "portal" in answer.json["detail"]
    assert there.log_in({"username": "jon", "password": jon.password}).status == 200
    assert there.whom(f"Token {jon.api_token}")[0] == "jon"
    answer = there.log_in({"username": "root", "password": PASSWORD})
    assert answer.json == {"token": there.archive.tokens["root"]}
    there.portal.mood = "refusing"
    answer = there.ask("/frames/", f"Bearer {kim.bearer}")
    assert (answer.status, answer.json) == (401, {"detail": "No Such User"})


def test_the_portal_tells_of_users(there: Observatory) -> None:
    before = there.tell(told(is_staff=False))
    assert (before.status, before.json) == (200, {"message": "User account updated"})
    answer = there.tell(told(is_staff=True, tokens={"api_token": "d" * 40}))
    assert answer.status == 200
    assert there.whom("Token " + "d" * 40)[::2] == ("dot", True)
    assert there.tell(told(is_staff=False, tokens={"api_token": "d" * 40})).status == 200
    assert there.whom("Token " + "d" * 40)[::2] == ("dot", False), "it counts at once"


@pytest.mark.parametrize("key", [None, "", "wrong", SERVER_KEY + "x", "\xfc"])
def test_who_does_not_know_the_key_is_not_the_portal(there: Observatory, key: str | None) -> None:
    answer = there.tell(told(username="mallory"), key)
    assert (answer.status, answer.json) == (403, {"detail": "Invalid or missing API Key."})
    assert there.archive.running.store.archive_users.find("mallory") is None


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({}, "username", "This field is required."),
        ([], "non_field_errors", "Invalid data. Expected a dictionary, but got list."),
        (told(username=""), "username", "This field may not be blank."),
        (told(username=7), "username", "Not a valid string."),
        (told(is_staff="perhaps"), "is_staff", "Must be a valid boolean."),
        (told(email="x" * 301), "email", "Ensure this field has no more than 300 characters."),
        (told(first_name="a\0b"), "first_name", "Null characters are not allowed."),
        (told(tokens={"api_token": "a\0b"}), "tokens", "Null characters are not allowed."),
        (told(username="a b"), "username", "Enter a valid username."),
        (told(username="root"), "username", "A user with that username already exists."),
        (told(username="ada"), "username", "A user with that username already exists."),
        (told(username="anonymous"), "username", "Enter a valid username."),
    ],
)
def test_what_the_portal_cannot_say(
    there: Observatory, said: object, field: str, message: str
) -> None:
    database = there.archive.running.store.database
    before = [set(database.query(select(table))) for table in (users, archive_users)]
    answer = there.tell(said)
    assert answer.status == 400
    assert list(answer.json) == [field]
    assert answer.json[field][0].startswith(message)
    assert [set(database.query(select(table))) for table in (users, archive_users)] == before


def test_nobody_of_the_portal_becomes_a_local_user(there: Observatory) -> None:
    impostor = there.portal.add(Astronomer("root", superuser=True))
    answer = there.ask("/versions/", f"Bearer {impostor.bearer}")
    assert (answer.status, answer.json) == (401, {"detail": "No Such User"})
    assert there.log_in({"username": "root", "password": impostor.password}).status == 400
    assert there.ask("/versions/", f"Token {impostor.api_token}").status == 401
    assert there.whom(f"Token {there.archive.tokens['root']}")[::2] == ("root", True)


def test_no_secret_is_in_logs_or_events(
    there: Observatory, caplog: pytest.LogCaptureFixture
) -> None:
    lea = there.portal.add(Astronomer("lea", superuser=True))
    with caplog.at_level(logging.DEBUG):
        token = there.log_in({"username": "lea", "password": lea.password}).json["token"]
        for credentials in (f"Token {token}", f"Bearer {lea.bearer}", f"Token {lea.api_token}"):
            assert there.ask("/frames/", credentials).status == 200
        impostor = there.portal.add(Astronomer("bob"))
        assert there.ask("/frames/", f"Bearer {impostor.bearer}").status == 401
        there.portal.mood = "garbage"
        assert there.ask("/frames/", "Bearer another").status == 503
    ledger = there.archive.running.store.database.query(select(events))
    assert "was not let in" in caplog.text, "something is logged"
    kept = caplog.text + str([dict(row) for row in ledger])
    secrets = (token, lea.password, lea.bearer, lea.api_token, impostor.bearer, impostor.api_token)
    for secret in (*secrets, CLIENT_SECRET, SERVER_KEY):
        assert secret not in kept
