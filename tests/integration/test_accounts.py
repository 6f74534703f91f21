"""Users and tokens, on both databases."""

import secrets
from datetime import UTC, datetime

import pytest
import uuid_utils
from sqlalchemy import select, update

from store.accounts import AccountError, Accounts
from store.database import Database
from store.entrance import TOKEN_PREFIX
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
    assert (user.name, user.superuser, user.operator) == ("ada", True, False)
    assert (user.disabled, user.created_at) == (False, NOON)
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
    [
        "a",
        "_",
        "7",
        "Ann",
        "ann@example.org",
        "bo+x",
        "a.b-c_d",
        "\N{LATIN SMALL LETTER E WITH ACUTE}ve",
        "\N{CYRILLIC SMALL LETTER YA}",
        "a" * 150,
    ],
)
def test_a_user_keeps_the_name_it_has_elsewhere(accounts: Accounts, name: str) -> None:
    assert accounts.add_user(name, PASSWORD) == name
    _, secret = accounts.create_token(name, "first")
    for user in (
        accounts.authenticate_password(name, PASSWORD),
        accounts.authenticate_token(secret, of=name),
    ):
        assert user is not None
        assert user.name == name


def test_a_name_is_the_same_however_it_is_typed(accounts: Accounts) -> None:
    composed, decomposed = "\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}"
    assert accounts.add_user(decomposed, PASSWORD) == composed
    with pytest.raises(AccountError, match="already"):
        accounts.add_user(composed, None)
    _, secret = accounts.create_token(decomposed, "first")
    assert accounts.authenticate_token(secret, of=decomposed) is not None
    assert accounts.authenticate_password(decomposed, PASSWORD) is not None
    accounts.disable(decomposed)
    assert [(user.name, user.disabled) for user in accounts.users()] == [(composed, True)]


def test_names_differ_by_case_and_are_listed_in_one_order(accounts: Accounts) -> None:
    for name in ("ann", "bo", "Ann", "_ann"):
        accounts.add_user(name, PASSWORD)
    assert [user.name for user in accounts.users()] == ["Ann", "_ann", "ann", "bo"]
    accounts.set_password("Ann", "another battery")
    assert accounts.authenticate_password("ann", PASSWORD) is not None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "a:b",
        "a/b",
        "-a",
        ".a",
        "@a",
        "+a",
        "a" * 151,
        "a\n",
        "a\0",
        "a\udcff",
        "<b>",
        "\N{COMBINING ACUTE ACCENT}" * 100_000,
    ],
)
def test_what_is_no_user_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="is not a user name: take 1 to 150 letters"):
        accounts.add_user(name, None)
    assert accounts.users() == []
    assert accounts.authenticate_password(name, PASSWORD) is None
    assert not accounts.exists(name)
    with pytest.raises(AccountError, match="there is no user"):
        accounts.disable(name)


def test_anonymous_is_nobody(accounts: Accounts, database: Database) -> None:
    for name in ("anonymous", "\N{FULLWIDTH LATIN SMALL LETTER A}nonymous"):
        with pytest.raises(AccountError, match="everybody who is not signed in"):
            accounts.add_user(name, PASSWORD)
    assert accounts.exists("anonymous")
    # As it may have been called before the name was reserved.
    accounts.add_user("before", PASSWORD)
    _, secret = accounts.create_token("before", "first")
    with database.transaction() as transaction:
        transaction.execute(update(users).values(name="anonymous"))
        transaction.execute(update(tokens).values(user_name="anonymous"))
    assert accounts.authenticate_password("anonymous", PASSWORD) is None
    assert accounts.authenticate_token(secret) is None
    assert accounts.users() == []
    with pytest.raises(AccountError, match="there is no user"):
        accounts.create_token("anonymous", "x")


def test_what_can_be_granted_to(accounts: Accounts) -> None:
    accounts.add_user("Ann", None)
    assert [accounts.exists(name) for name in ("Ann", "ann", "nobody")] == [True, False, False]
    assert not accounts.exists("\N{FULLWIDTH LATIN CAPITAL LETTER A}nn"), "not as it is kept"
    accounts.disable("Ann")
    assert not accounts.exists("Ann")


def test_a_role_is_given_and_taken(accounts: Accounts) -> None:
    accounts.add_user("ada", None, operator=True)
    accounts.add_user("bob", None)
    changes: list[tuple[bool | None, bool | None]] = [
        (None, None),
        (True, None),
        (None, False),
        (False, None),
    ]
    seen = []
    for superuser, operator in changes:
        user = accounts.set_role("ada", superuser=superuser, operator=operator)
        assert user == accounts.users()[0]
        seen.append((user.superuser, user.operator, user.may_administer))
    assert seen == [
        (False, True, True),
        (True, True, True),
        (True, False, True),
        (False, False, False),
    ]
    assert not accounts.users()[1].may_administer


def test_a_token_is_of_its_user_alone(accounts: Accounts) -> None:
    accounts.add_user("ada", None)
    accounts.add_user("bob", None)
    _, secret = accounts.create_token("ada", "first")
    assert accounts.authenticate_token(secret, of="ada") is not None
    for other in ("bob", "Ada", "nobody", "", "a\0"):
        assert accounts.authenticate_token(secret, of=other) is None


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
        lambda: accounts.set_role("nobody", superuser=True, operator=None),
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
