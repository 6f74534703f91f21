"""Who is let in by what, what is remembered of it, and how many may wait."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from threading import Semaphore
from typing import TypeVar

import pytest

from http_ingress.authentication import Gate, basic
from http_ingress.problems import Problem
from http_ingress.threads import Threads
from ops.stores import clock, new_id
from store.accounts import Accounts
from store.database import Database
from store.entrance import User

T = TypeVar("T")
PASSWORD = "p@ss:w%rd 100%"
ENCODED = "p%40ss%3Aw%25rd%20100%25"


class Asked(Accounts):
    """Accounts that keep what they were asked, and answer about passwords when they may."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, clock, new_id, secrets.token_urlsafe)
        self.passwords: list[tuple[str, str]] = []
        self.tokens_asked = 0
        self.held = False
        self.go = Semaphore(0)

    def authenticate_password(self, name: str, password: str) -> User | None:
        """Verify, as soon as it may."""
        self.passwords.append((name, password))
        if self.held:
            self.go.acquire()
        return super().authenticate_password(name, password)

    def authenticate_token(self, secret: str, *, of: str | None = None) -> User | None:
        """Verify."""
        self.tokens_asked += 1
        return super().authenticate_token(secret, of=of)


@pytest.fixture
def accounts(database: Database) -> Asked:
    accounts = Asked(database)
    accounts.add_user("ann@example.org", PASSWORD)
    return accounts


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    yield threads
    threads.close()


@pytest.fixture
def at_gate(accounts: Asked, threads: Threads) -> Callable[[Callable[[Gate], Awaitable[T]]], T]:
    """Run something with a gate, in an event loop."""

    def run(work: Callable[[Gate], Awaitable[T]]) -> T:
        async def inner() -> T:
            try:
                return await asyncio.wait_for(work(Gate(accounts, threads, "secret")), 60)
            finally:
                # A test that failed must not leave a thread waiting.
                accounts.go.release(100)

        return asyncio.run(inner())

    return run


AtGate = Callable[[Callable[[Gate], Awaitable[T]]], T]


def named(user: User | None) -> str | None:
    return None if user is None else user.name


def credentials(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        (credentials("ann@example.org", PASSWORD), ("ann@example.org", PASSWORD)),
        ("bAsIc " + b64encode("é:ü".encode()).decode(), ("é", "ü")),
        (credentials("ann", ""), ("ann", "")),
        (credentials("ann", "a\0b"), ("ann", "a\0b")),
        (None, None),
        ("", None),
        ("Basic", None),
        ("Basic ", None),
        ("Basic !!!", None),
        ("Basic YW5uOng", None),
        ("Basic YW5u\udcff", None),
        ("Basic " + b64encode(b"no colon").decode(), None),
        ("Basic " + b64encode(b"ann:\xff").decode(), None),
        (credentials("", "x"), None),
        ("Bearer mnt_x", None),
        ("Basically " + b64encode(b"ann:x").decode(), None),
    ],
)
def test_basic_credentials_are_read_strictly(
    header: str | None, pair: tuple[str, str] | None
) -> None:
    assert basic(header) == pair


@pytest.mark.parametrize(
    ("header", "status"),
    [("Basic !!!", 400), (credentials("", "x"), 400), ("Digest x", 401), ("", 401)],
)
def test_what_cannot_be_read_is_no_stranger_but_a_problem(
    at_gate: AtGate[None], header: str, status: int
) -> None:
    async def work(gate: Gate) -> None:
        with pytest.raises(Problem) as caught:
            await gate.identify(header)
        assert caught.value.kind.status == status

    at_gate(work)


# --- passwords ----------------------------------------------------------------------------------


def test_who_is_known_is_verified_once(accounts: Asked, at_gate: AtGate[None]) -> None:
    async def work(gate: Gate) -> None:
        asked = [gate.identify_basic("ann@example.org", PASSWORD) for _ in range(5)]
        assert set(map(named, await asyncio.gather(*asked))) == {"ann@example.org"}
        assert named(await gate.identify(credentials("ann@example.org", PASSWORD)))
        assert accounts.passwords == [("ann@example.org", PASSWORD)]

    at_gate(work)


def test_who_is_not_known_is_verified_each_time(accounts: Asked, at_gate: AtGate[None]) -> None:
    async def work(gate: Gate) -> None:
        assert await gate.identify_basic("bo", "long enough") is None
        assert await gate.identify_basic("ann@example.org", "wrong") is None
        accounts.add_user("bo", "long enough")
        accounts.set_password("ann@example.org", "long enough")
        assert named(await gate.identify_basic("bo", "long enough")) == "bo"
        assert await gate.identify_basic("ann@example.org", "long enough") is not None
        assert await gate.identify_basic("ann@example.org", "wrong") is None

    at_gate(work)


def test_an_encoded_pair_is_verified_once_and_only_where_asked(
    accounts: Asked, at_gate: AtGate[None]
) -> None:
    literal = ("ann%40example.org", ENCODED)

    async def work(gate: Gate) -> None:
        for _ in range(3):
            user = await gate.identify_basic(*literal, decoded_too=True)
            assert named(user) == "ann@example.org"
        assert accounts.passwords == [literal, ("ann@example.org", PASSWORD)]
        assert await gate.identify_basic(*literal) is None
        assert await gate.identify(credentials(*literal)) is None

    at_gate(work)


@pytest.mark.parametrize(
    ("password", "tried"),
    [
        ("wrong", ["wrong"]),
        ("wr%6fng", ["wr%6fng", "wrong"]),
        ("100%", ["100%"]),
        ("%ff", ["%ff"]),
        ("%2541", ["%2541", "%41"]),
    ],
)
def test_a_pair_is_decoded_once_if_that_changes_it(
    accounts: Asked, at_gate: AtGate[None], password: str, tried: list[str]
) -> None:
    async def work(gate: Gate) -> None:
        assert await gate.identify_basic("ann@example.org", password, decoded_too=True) is None
        assert [password for _, password in accounts.passwords] == tried

    at_gate(work)


def test_the_pair_as_it_stands_comes_first(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.add_user("bo", "100%25 sure")

    async def work(gate: Gate) -> None:
        assert named(await gate.identify_basic("bo", "100%25 sure", decoded_too=True)) == "bo"
        assert len(accounts.passwords) == 1

    at_gate(work)


def test_a_disabled_user_is_told_as_such(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.disable("ann@example.org")

    async def work(gate: Gate) -> None:
        user = await gate.identify_basic("ann@example.org", PASSWORD)
        assert user is not None
        assert user.disabled

    at_gate(work)


def test_pairs_with_the_same_characters_are_not_taken_for_one_another(
    at_gate: AtGate[None],
) -> None:
    async def work(gate: Gate) -> None:
        assert await gate.identify_basic("ann@example.org", PASSWORD) is not None
        head, _, tail = PASSWORD.partition(":")
        for name, password in (
            (f"ann@example.org:{head}", tail),
            (f"ann@example.org\0{PASSWORD}", ""),
            ("ann@example.or", f"g{PASSWORD}"),
        ):
            assert await gate.identify_basic(name, password) is None

    at_gate(work)


# --- tokens -------------------------------------------------------------------------------------


def test_a_token_stands_in_for_its_users_password(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.add_user("bo", None)
    _, token = accounts.create_token("bo", "first")

    async def work(gate: Gate) -> None:
        assert named(await gate.identify(f"Bearer {token}")) == "bo"
        for _ in range(3):
            assert named(await gate.identify(credentials("bo", token))) == "bo"
        assert accounts.tokens_asked == 2
        assert named(await gate.identify_basic("%62o", token, decoded_too=True)) == "bo"
        assert accounts.passwords == [("%62o", token)], "a token costs no hashing"
        assert await gate.identify_basic("ann@example.org", token) is None
        assert await gate.identify_basic("nobody", token) is None

    at_gate(work)


def test_a_password_may_look_like_a_token(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.set_password("ann@example.org", "mnt_chosen by ann")

    async def work(gate: Gate) -> None:
        assert await gate.identify_basic("ann@example.org", "mnt_chosen by ann") is not None

    at_gate(work)


# --- many at once -------------------------------------------------------------------------------


def test_no_more_than_sixteen_passwords_wait(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.held = True

    async def work(gate: Gate) -> None:
        waiting = [
            asyncio.create_task(gate.identify_basic("nobody", f"password {number}"))
            for number in range(16)
        ]
        same = asyncio.create_task(gate.identify_basic("nobody", "password 3"))
        # One turn of the loop begins each task, another each verification.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Problem) as caught:
            await gate.identify_basic("ann@example.org", PASSWORD)
        assert (caught.value.kind.status, "Retry-After" in caught.value.headers) == (429, True)
        accounts.go.release(17)
        assert await asyncio.gather(*waiting, same) == [None] * 17
        assert await gate.identify_basic("ann@example.org", PASSWORD) is not None
        assert len(accounts.passwords) == 17

    at_gate(work)


def test_who_gives_up_leaves_the_answer_to_the_others(
    accounts: Asked, at_gate: AtGate[None]
) -> None:
    accounts.held = True

    async def work(gate: Gate) -> None:
        first, second = (
            asyncio.create_task(gate.identify_basic("ann@example.org", PASSWORD)) for _ in range(2)
        )
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        accounts.go.release()
        assert named(await second) == "ann@example.org"
        assert await gate.identify_basic("ann@example.org", PASSWORD) is not None
        assert len(accounts.passwords) == 1

    at_gate(work)


# --- proofs -------------------------------------------------------------------------------------


def test_a_proof_is_asked_for_anew_each_time(accounts: Asked, at_gate: AtGate[None]) -> None:
    async def work(gate: Gate) -> None:
        assert await gate.identify_basic("ann@example.org", PASSWORD) is not None
        accounts.set_password("ann@example.org", "another one")
        assert await gate.identify_basic("ann@example.org", PASSWORD) is not None, "remembered"
        assert await gate.prove("ann@example.org", PASSWORD) is None
        proof = await gate.prove("ann@example.org", "another one")
        assert proof is not None
        assert proof.user.name == "ann@example.org"

    at_gate(work)


def test_only_so_many_proofs_wait(accounts: Asked, at_gate: AtGate[None]) -> None:
    accounts.held = True

    async def work(gate: Gate) -> None:
        asked = [asyncio.ensure_future(gate.prove(f"u{n}", "x" * 8)) for n in range(17)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        [refused] = done
        problem = refused.exception()
        assert isinstance(problem, Problem)
        assert problem.kind.status == 429
        accounts.go.release(100)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [one for one in answers if one is not None] == [problem]

    at_gate(work)
