"""Users of the archive: their tokens, their ranks, and what the portal may say of them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import select

from store.accounts import AccountError, Accounts
from store.archive.portal_ports import Profile
from store.archive.user_rows import ArchiveUser
from store.archive.users import ArchiveUsers, NameTakenError
from store.database import Database
from store.tables import archive_users, users

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRET = "known to this archive alone"


@pytest.fixture
def accounts(database: Database) -> Accounts:
    accounts = Accounts(
        database, lambda: NOON, lambda: str(uuid_utils.uuid7()), secrets.token_urlsafe
    )
    accounts.add_user("ada", "correct horse battery")
    return accounts


@pytest.fixture
def people(database: Database, accounts: Accounts) -> ArchiveUsers:
    del accounts
    return ArchiveUsers(database, lambda: SECRET, lambda: NOON)


def bea(**said: Any) -> Profile:  # noqa: ANN401 - fields of a profile
    return Profile(**{"username": "bea", "api_token": "b" * 40, **said})


def name_of(user: ArchiveUser | None) -> str | None:
    return None if user is None else user.name


def test_every_user_has_one_token_which_only_its_digest_is_kept_of(
    database: Database, people: ArchiveUsers
) -> None:
    token = people.token("ada")
    assert len(token) == 40
    assert int(token, 16)
    assert people.token("ada") == token, "it stays the same"
    assert name_of(people.authenticate(token)) == "ada"
    row = dict(database.query(select(archive_users))[0])
    assert token not in str(row)
    assert people.authenticate(token[:-1] + ("0" if token[-1] != "0" else "1")) is None
    assert people.authenticate("") is None


def test_a_revoked_token_is_dead_and_there_is_another(people: ArchiveUsers) -> None:
    first = people.token("ada")
    people.revoke("ada")
    second = people.token("ada")
    assert second != first
    assert people.authenticate(first) is None
    assert name_of(people.authenticate(second)) == "ada"


def test_a_token_can_be_revoked_before_anybody_saw_it(people: ArchiveUsers) -> None:
    people.revoke("ada")
    assert name_of(people.authenticate(people.token("ada"))) == "ada"


def test_tokens_of_another_secret_end_when_the_new_ones_are_given(
    database: Database, people: ArchiveUsers
) -> None:
    old = people.token("ada")
    renewed = ArchiveUsers(database, lambda: "another", lambda: NOON)
    new = renewed.token("ada")
    assert new != old
    assert name_of(renewed.authenticate(new)) == "ada"
    assert renewed.authenticate(old) is None


def test_a_token_of_muniment_s_own_is_as_good(people: ArchiveUsers, accounts: Accounts) -> None:
    token_id, secret = accounts.create_token("ada", "ingester")
    assert name_of(people.authenticate(secret)) == "ada"
    accounts.revoke_token(token_id)
    assert people.authenticate(secret) is None


@pytest.mark.parametrize("name", ["nobody", "anonymous", "", "a\0b", "x" * 300])
def test_who_is_not_there_has_no_token(people: ArchiveUsers, name: str) -> None:
    for do in (people.token, people.revoke):
        with pytest.raises(AccountError):
            do(name)


def test_ranks(people: ArchiveUsers, accounts: Accounts) -> None:
    def ranks(name: str) -> tuple[bool, bool]:
        user = people.find(name)
        assert user is not None
        return user.staff, user.superuser

    accounts.add_user("boss", None, superuser=True)
    accounts.add_user("duty", None, operator=True)
    assert [ranks(one) for one in ("ada", "boss", "duty")] == [
        (False, False),
        (True, True),
        (True, False),
    ]
    people.set_rank("ada", staff=True, superuser=None)
    assert ranks("ada") == (True, False)
    people.set_rank("ada", staff=None, superuser=True)
    assert ranks("ada") == (True, True)
    assert not accounts.users()[0].superuser, "of the archive alone"
    people.set_rank("ada", staff=False, superuser=False)
    assert ranks("ada") == (False, False)


def test_a_local_user_is_a_member_of_what_was_said(people: ArchiveUsers) -> None:
    assert people.set_proposals("ada", ["P-2", "P-1", "P-2"]).proposals == {"P-1", "P-2"}
    assert people.set_proposals("ada", []).proposals == frozenset()
    people.keep(bea())
    with pytest.raises(AccountError, match="portal"):
        people.set_proposals("bea", ["P-1"])


def test_the_portal_makes_a_user_and_changes_it(people: ArchiveUsers) -> None:
    made = people.keep(bea(staff=True, superuser=True, email="bea@example.org"))
    assert (made.name, made.from_portal, made.staff, made.superuser) == ("bea", True, True, True)
    assert name_of(people.authenticate("b" * 40)) == "bea"
    changed = people.keep(bea(staff=False, superuser=False, api_token="c" * 40))
    assert (changed.staff, changed.superuser) == (False, False)
    assert people.authenticate("b" * 40) is None
    assert name_of(people.authenticate("c" * 40)) == "bea"


def test_what_the_portal_does_not_say_stays(people: ArchiveUsers) -> None:
    people.keep(bea(staff=True))
    kept = people.keep(Profile(username="bea"))
    assert (kept.staff, kept.portal_token) == (True, "b" * 40)
    assert people.keep(bea(api_token="")).portal_token is None


def test_the_portal_s_users_get_nothing_of_muniment_itself(
    database: Database, people: ArchiveUsers, accounts: Accounts
) -> None:
    people.keep(bea(staff=True, superuser=True), password_hash="a digest")
    row = database.query(select(users).where(users.c.name == "bea"))[0]
    assert (row["superuser"], row["operator"], row["password_hash"]) == (False, False, None)
    assert accounts.authenticate_token(people.token("bea")) is None
    assert accounts.authenticate_token("b" * 40) is None


@pytest.mark.parametrize("seen_before", [False, True])
def test_the_portal_takes_over_no_local_account(
    database: Database, people: ArchiveUsers, accounts: Accounts, *, seen_before: bool
) -> None:
    accounts.add_user("boss", "correct horse battery", superuser=True)
    if seen_before:
        people.token("boss")
    before = [database.query(select(table)) for table in (users, archive_users)]
    for said in (bea(username="boss"), bea(username="ada", superuser=True)):
        with pytest.raises(NameTakenError):
            people.keep(said, password_hash="a digest")
    assert [database.query(select(table)) for table in (users, archive_users)] == before
    assert people.authenticate("b" * 40) is None


@pytest.mark.parametrize(
    "name",
    ["anonymous", "", "\N{FULLWIDTH LATIN SMALL LETTER A}da", "-bea", "b ea", "b\0", "x" * 151],
)
def test_some_names_of_the_portal_are_none_here(people: ArchiveUsers, name: str) -> None:
    with pytest.raises(AccountError):
        people.keep(bea(username=name))
    assert [user.name for user in people.users()] == ["ada"]


def test_who_was_disabled_the_portal_does_not_enable(
    people: ArchiveUsers, accounts: Accounts
) -> None:
    people.keep(bea())
    accounts.disable("bea")
    assert people.keep(bea(superuser=True)).disabled


def test_a_token_of_the_portal_is_whose_it_says(people: ArchiveUsers) -> None:
    people.keep(bea())
    people.keep(bea(username="cyd"))
    assert name_of(people.authenticate("b" * 40)) == "cyd"


def test_an_archive_token_goes_before_one_of_the_portal_s(people: ArchiveUsers) -> None:
    people.keep(bea(api_token=people.token("ada")))
    assert name_of(people.authenticate(people.token("ada"))) == "ada"


def test_many_at_once_make_one_user_with_one_token(people: ArchiveUsers) -> None:
    tokens: list[str] = []
    barrier = Barrier(6)

    def meet(do: Callable[[], object]) -> None:
        barrier.wait(timeout=30)
        do()
        tokens.append(people.token("ada"))

    threads = [
        Thread(target=meet, args=(do,))
        for do in [lambda: people.keep(bea(staff=True)), lambda: people.token("ada")] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 6
    assert len(set(tokens)) == 1
    assert [user.name for user in people.users()] == ["ada", "bea"]
