"""Users and tokens, on both databases."""

import secrets
from datetime import UTC, datetime

import pytest
import uuid_utils
from sqlalchemy import select

from store.accounts import TOKEN_PREFIX, AccountError, Accounts
from store.database import Database
from store.tables import tokens, users

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database, lambda: NOON, lambda: str(uuid_utils.uuid7()), secrets.token_urlsafe)


def test_a_user_is_let_in_by_the_right_password_alone(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD, superuser=True)
    user = accounts.authenticate_password("ada", PASSWORD)
    assert user is not None
    assert (user.name, user.superuser, user.disabled, user.created_at) == ("ada", True, False, NOON)
    for name, password in (
        ("ada", "wrong horse battery"),
        ("ada", PASSWORD + "x" * 2000),
        ("ada", ""),
        ("Ada", PASSWORD),
        ("nobody", PASSWORD),
        ("a\0da", PASSWORD),
    ):
        assert accounts.authenticate_password(name, password) is None


def test_a_password_can_be_replaced(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    accounts.set_password("ada", "another battery")
    assert accounts.authenticate_password("ada", PASSWORD) is None
    assert accounts.authenticate_password("ada", "another battery") is not None


def test_a_user_without_password_gets_in_by_token_only(accounts: Accounts) -> None:
    accounts.add_user("robot", None)
    assert accounts.authenticate_password("robot", "") is None
    _, secret = accounts.create_token("robot", "nightly")
    user = accounts.authenticate_token(secret)
    assert user is not None
    assert (user.name, user.has_password) == ("robot", False)


def test_a_token_ends_when_it_is_revoked(accounts: Accounts) -> None:
    accounts.add_user("ada", None)
    first, first_secret = accounts.create_token("ada", "first")
    _, second_secret = accounts.create_token("ada", "second")
    accounts.revoke_token(first)
    accounts.revoke_token(first)
    assert accounts.authenticate_token(first_secret) is None
    assert accounts.authenticate_token(second_secret) is not None
    assert [(one.label, one.revoked_at) for one in accounts.tokens()] == [
        ("first", NOON),
        ("second", None),
    ]


@pytest.mark.parametrize("secret", ["", "mnt_", "mnt_\0", "mnt_\udcff", "x" * 100_000])
def test_no_other_secret_lets_in(accounts: Accounts, secret: str) -> None:
    accounts.add_user("ada", None)
    accounts.create_token("ada", "first")
    assert accounts.authenticate_token(secret) is None


def test_a_disabled_user_is_known_as_such_until_enabled(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    _, secret = accounts.create_token("ada", "first")
    accounts.disable("ada")
    for user in (
        accounts.authenticate_token(secret),
        accounts.authenticate_password("ada", PASSWORD),
    ):
        assert user is not None
        assert user.disabled
    accounts.enable("ada")
    assert [user.disabled for user in accounts.users()] == [False]


@pytest.mark.parametrize(
    "name",
    ["", "Ada", "a b", "a:b", "-a", ".a", "a" * 65, "\N{LATIN SMALL LETTER E WITH ACUTE}", "a\n"],
)
def test_what_is_no_user_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="is not a user name"):
        accounts.add_user(name, None)
    assert accounts.users() == []


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_what_is_no_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccountError, match="8 to 1024 characters"):
        accounts.add_user("ada", password)
    assert accounts.users() == []


def test_a_name_is_given_once(accounts: Accounts) -> None:
    accounts.add_user("ada", PASSWORD)
    with pytest.raises(AccountError, match="already"):
        accounts.add_user("ada", None)
    assert accounts.authenticate_password("ada", PASSWORD) is not None


def test_who_is_not_there_cannot_be_changed(accounts: Accounts) -> None:
    for change in (
        lambda: accounts.set_password("nobody", PASSWORD),
        lambda: accounts.disable("nobody"),
        lambda: accounts.create_token("nobody", "x"),
        lambda: accounts.revoke_token("nothing"),
    ):
        with pytest.raises(AccountError, match="there is no"):
            change()


def test_no_secret_is_kept(accounts: Accounts, database: Database) -> None:
    accounts.add_user("ada", PASSWORD)
    _, secret = accounts.create_token("ada", "first")
    assert secret.startswith(TOKEN_PREFIX)
    kept = str([*database.query(select(users)), *database.query(select(tokens))])
    assert "$argon2id$" in kept
    assert secret not in kept
    assert secret.removeprefix(TOKEN_PREFIX) not in kept
    assert PASSWORD not in kept
