"""What the audit is told of users and tokens, who proves to be whom, and who is last."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import uuid_utils
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from store import tables
from store.accounts import AccountError, Accounts
from store.audit import page
from store.database import Database
from store.errors import MunimentError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database, lambda: NOON, lambda: str(uuid_utils.uuid7()), secrets.token_urlsafe)


def told(database: Database) -> list[tuple[str, str, str, str | None, str | None]]:
    """Return what the audit was told, the first line first."""
    lines = reversed(page(database))
    return [(one.who, one.what, one.field, one.old, one.new) for one in lines]


# --- the audit ------------------------------------------------------------------------------------


def test_every_change_is_told_with_who_made_it(accounts: Accounts, database: Database) -> None:
    accounts.add_user("ada", None, operator=True)
    accounts.set_password("ada", PASSWORD, by="user:root")
    accounts.set_role("ada", superuser=True, operator=None, by="cli")
    accounts.disable("ada", by="cli")
    accounts.enable("ada", by="cli")
    token_id, secret = accounts.create_token("ada", "nightly", by="user:root")
    accounts.revoke_token(token_id, by="user:root")
    rights = '{"superuser":false,"operator":true,"password":false}'
    assert told(database) == [
        ("muniment", "user:ada", "user", None, rights),
        ("user:root", "user:ada", "password", None, '"changed"'),
        ("cli", "user:ada", "superuser", "false", "true"),
        ("cli", "user:ada", "disabled", "false", "true"),
        ("cli", "user:ada", "disabled", "true", "false"),
        ("user:root", f"token:{token_id}", "token", None, '{"user":"ada","label":"nightly"}'),
        ("user:root", f"token:{token_id}", "revoked", "false", "true"),
    ]
    assert {line.at for line in page(database)} == {NOON}
    everything = repr(page(database))
    assert PASSWORD not in everything
    assert secret not in everything


def test_what_changes_nothing_is_not_told(accounts: Accounts, database: Database) -> None:
    accounts.add_user("ada", PASSWORD)
    token_id, _ = accounts.create_token("ada", "", token_id="t1")
    accounts.revoke_token(token_id)
    before = told(database)
    accounts.enable("ada")
    accounts.set_role("ada", superuser=False, operator=None)
    accounts.revoke_token(token_id)
    for refused in (
        lambda: accounts.add_user("ada", PASSWORD),
        lambda: accounts.create_token("ada", "", token_id="t1"),
        lambda: accounts.set_password("ada", "short"),
        lambda: accounts.disable("nobody"),
        lambda: accounts.revoke_token("nothing"),
        lambda: accounts.create_token("nobody", ""),
    ):
        with pytest.raises(AccountError):
            refused()
    assert told(database) == before


def test_what_cannot_be_told_is_not_done(accounts: Accounts, database: Database) -> None:
    accounts.add_user("ada", PASSWORD)
    token_id, _ = accounts.create_token("ada", "")
    before = [database.query(select(table)) for table in (tables.users, tables.tokens)]
    tables.audit.drop(database.engine)
    changes: list[Callable[[], object]] = [
        lambda: accounts.add_user("bob", None),
        lambda: accounts.set_password("ada", "another battery"),
        lambda: accounts.disable("ada"),
        lambda: accounts.set_role("ada", superuser=True, operator=True),
        lambda: accounts.create_token("ada", ""),
        lambda: accounts.revoke_token(token_id),
    ]
    try:
        for change in changes:
            with pytest.raises((SQLAlchemyError, MunimentError)):
                change()
    finally:
        # The next test finds the same tables.
        tables.audit.create(database.engine)
    assert [database.query(select(table)) for table in (tables.users, tables.tokens)] == before


# --- the last superuser ---------------------------------------------------------------------------


def test_the_last_superuser_who_gets_in_is_spared_where_asked(accounts: Accounts) -> None:
    accounts.add_user("ada", None, superuser=True)
    accounts.add_user("bob", None, superuser=True)
    accounts.add_user("eve", None)
    accounts.disable("bob", spare_last=True)
    for refused in (
        lambda: accounts.disable("ada", spare_last=True),
        lambda: accounts.set_role("ada", superuser=False, operator=True, spare_last=True),
    ):
        with pytest.raises(AccountError, match="last superuser"):
            refused()
    accounts.disable("eve", spare_last=True)
    accounts.disable("ada")
    assert all(user.disabled for user in accounts.users()), "who has the database may do anything"


def test_two_of_the_last_two_do_not_remove_each_other(accounts: Accounts) -> None:
    for round_ in range(5):
        names = [f"ada-{round_}", f"bob-{round_}"]
        for name in names:
            accounts.add_user(name, None, superuser=True)
        for user in accounts.users():
            if user.name not in names:
                accounts.disable(user.name)
        together = Barrier(2)

        def remove(name: str, together: Barrier = together) -> bool:
            together.wait(60)
            try:
                accounts.disable(name, spare_last=True)
            except AccountError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(remove, names))
        assert sorted(done) == [False, True]
        assert len([user for user in accounts.users() if not user.disabled]) == 1


# --- proofs ---------------------------------------------------------------------------------------


def test_a_proof_holds_as_long_as_its_password(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    accounts.add_user("bob", PASSWORD)
    proof = accounts.prove("ada", PASSWORD)
    assert proof is not None
    assert PASSWORD not in proof.by
    user = accounts.who_proved("ada", proof.by)
    assert user is not None
    assert user.name == "ada"
    assert accounts.who_proved("bob", proof.by) is None, "whose password is the same"
    accounts.set_password("ada", PASSWORD)
    assert accounts.who_proved("ada", proof.by) is None, "set anew, if to the same"


@pytest.mark.parametrize("kind", ["password", "token"])
def test_a_proof_does_not_outlive_that_the_user_is_disabled(accounts: Accounts, kind: str) -> None:
    accounts.add_user("ada", PASSWORD)
    accounts.add_user("bob", PASSWORD)
    secret = accounts.create_token("ada", "")[1] if kind == "token" else PASSWORD
    proof, other = accounts.prove("ada", secret), accounts.prove("bob", PASSWORD)
    assert proof is not None
    assert other is not None
    accounts.disable("ada")
    accounts.enable("ada")
    assert accounts.who_proved("ada", proof.by) is None
    assert accounts.who_proved("bob", other.by) is not None
    anew = accounts.prove("ada", secret)
    assert anew is not None
    assert accounts.who_proved("ada", anew.by) is not None


def test_a_proof_holds_as_long_as_its_token(accounts: Accounts) -> None:
    accounts.add_user("ada", None)
    accounts.add_user("bob", None)
    token_id, secret = accounts.create_token("ada", "")
    proof = accounts.prove("ada", secret)
    assert proof is not None
    assert secret not in proof.by
    assert accounts.who_proved("ada", proof.by) is not None
    assert accounts.who_proved("bob", proof.by) is None
    assert accounts.prove("bob", secret) is None
    accounts.set_password("ada", PASSWORD)
    assert accounts.who_proved("ada", proof.by) is not None
    accounts.revoke_token(token_id)
    assert accounts.who_proved("ada", proof.by) is None
    assert accounts.prove("ada", secret) is None


@pytest.mark.parametrize("by", ["", "password:", "0:password:", "0:token:", "0:", "x:y"])
def test_what_is_no_proof_is_nobodys(accounts: Accounts, by: str) -> None:
    accounts.add_user("ada", None)
    assert accounts.who_proved("ada", by) is None
    assert accounts.who_proved("nobody", by) is None
