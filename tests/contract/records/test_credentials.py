"""Credentials: Basic as Sumatra's client sends it, and whatever else comes in that header."""

from base64 import b64encode
from urllib.parse import quote

import pytest

from tests.equipment.installations import Answer
from tests.equipment.recording import PASSWORDS, Recording, basic, body

LIST = "application/vnd.sumatra.project-list-v4+json"
HARD = {
    "dora": "a:b::c colon",
    "emil": "käse-wasser-日本",
    "fay": "p%40ss-as-it-is",
    "gus": "p@ss/word?",
    "h@l": "hal's password",
}


def encoded(text: bytes) -> str:
    return b64encode(text).decode()


NO_CREDENTIALS = [
    None,
    "",
    "Basic",
    "Basic ",
    "Basic !!!",
    "Basic =",
    "Basic YW5u",  # no colon
    f"Basic {encoded(b'')}",
    f"Basic {encoded(b':')}",
    f"Basic {encoded(b':password')}",
    f"Basic {encoded(bytes([0xFF, 0xFE, 0x3A, 0xFF]))}",
    f"Basic {encoded(b'ann:' + bytes([0xFF]))}",
    "Bearer",
    "Bearer abc",
    "Digest username=ann",
    "Negotiate abc",
    "???",
    "x" * 20_000,
]
WRONG = [
    basic("ann", "wrong-password"),
    basic("ann", ""),
    basic("ANN", PASSWORDS["ann"]),
    basic("nobody", "no-password"),
    basic("anonymous", ""),
    basic("anonymous", "anonymous"),
    basic("a\0nn", PASSWORDS["ann"]),
    basic("ann", PASSWORDS["ann"] + "\0"),
    basic("ann" * 10_000, "x"),
    "Bearer mnt_wrong",
]


@pytest.fixture(scope="module")
def public(embedded: Recording) -> str:
    """A project that everybody may read."""
    return embedded.project(public=True)


@pytest.fixture(scope="module")
def private(embedded: Recording) -> str:
    """A project of Ann's alone."""
    return embedded.project()


@pytest.fixture(scope="module", autouse=True)
def _users(embedded: Recording) -> None:
    for name, password in HARD.items():
        embedded.running.store.accounts.add_user(name, password)


def assert_challenged(answer: Answer) -> None:
    assert (answer.status, answer.body) == (401, b"Authorization Required")
    realm = 'Basic realm="Sumatra Server API"'
    assert answer.headers["www-authenticate"] in {realm, realm + ', charset="UTF-8"'}


@pytest.mark.parametrize("header", NO_CREDENTIALS)
def test_what_cannot_be_read_is_as_if_it_were_not_there(
    embedded: Recording, public: str, private: str, header: str | None
) -> None:
    assert embedded.get(f"/{public}/", None, authorization=header).json["user"] == "anonymous"
    assert embedded.get("/", None, authorization=header).status == 200
    assert_challenged(embedded.get(f"/{private}/", None, authorization=header))
    assert_challenged(embedded.put(f"/{public}/run/", body(), None, authorization=header))
    assert_challenged(embedded.get("/", None, authorization=header, accept=LIST))


@pytest.mark.parametrize("header", WRONG)
def test_wrong_credentials_are_challenged_everywhere(
    embedded: Recording, public: str, private: str, header: str
) -> None:
    for path in ("/", f"/{public}/", f"/{private}/", f"/{public}/run/", f"/{public}/last/"):
        assert_challenged(embedded.get(path, None, authorization=header))
    assert_challenged(embedded.put("/not-made/", {}, None, authorization=header))
    assert embedded.get("/not-made/").status == 404


@pytest.mark.parametrize("path", ["/none/", "/none/run/", "/none/last/", "/none/tag/x/"])
@pytest.mark.parametrize("header", [None, WRONG[0], "Basic !!!"])
def test_an_unknown_project_is_404_to_everybody(
    embedded: Recording, path: str, header: str | None
) -> None:
    answer = embedded.get(path, None, authorization=header)
    assert (answer.status, answer.body) == (404, b"")
    if path == "/none/run/":
        assert embedded.put(path, body(), None, authorization=header).status == 404


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
def test_the_scheme_may_be_written_in_any_case(
    embedded: Recording, private: str, scheme: str
) -> None:
    header = basic("ann", PASSWORDS["ann"]).replace("Basic", scheme)
    assert embedded.get(f"/{private}/", None, authorization=header).json["user"] == "ann"


@pytest.mark.parametrize(("user", "password"), HARD.items())
def test_odd_passwords_get_in_as_they_are_and_as_a_url_says_them(
    embedded: Recording, public: str, user: str, password: str
) -> None:
    for name, secret in ((user, password), (quote(user, safe=""), quote(password, safe=""))):
        answer = embedded.get(f"/{public}/", None, authorization=basic(name, secret))
        assert (answer.status, answer.json["user"]) == (200, user)
    twice = quote(quote(password, safe=""), safe="")
    assert twice == quote(password, safe="") or (
        embedded.get(f"/{public}/", None, authorization=basic(user, twice)).status == 401
    )


def test_a_disabled_user_is_challenged(embedded: Recording, public: str) -> None:
    accounts = embedded.running.store.accounts
    accounts.add_user("ida", "ida's password")
    accounts.disable("ida")
    header = basic("ida", "ida's password")
    assert_challenged(embedded.get(f"/{public}/", None, authorization=header))


def test_a_token_stands_in_for_the_password(embedded: Recording, public: str) -> None:
    _, token = embedded.running.store.accounts.create_token("bo", "tests")
    for header in (basic("bo", token), f"Bearer {token}"):
        answer = embedded.get(f"/{public}/", None, authorization=header)
        assert answer.json["user"] == "bo"
    assert_challenged(embedded.get(f"/{public}/", None, authorization=basic("ann", token)))


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (f"{LIST}, application/json", 401),
        (LIST, 401),
        ("application/vnd.sumatra.project-list-v3+json", 401),
        (f"application/json, {LIST};q=0.1", 401),
        (LIST.upper(), 401),
        (None, 200),
        ("*/*", 200),
        ("application/json", 200),
        ("text/html", 200),
        ("application/*", 200),
    ],
)
def test_sumatras_client_is_asked_who_it_is_before_it_is_given_a_list(
    embedded: Recording, public: str, private: str, accept: str | None, status: int
) -> None:
    answer = embedded.get("/", None, accept=accept)
    assert answer.status == status
    if status == 401:
        assert_challenged(answer)
    elif accept != "text/html":
        listed = [one["id"] for one in answer.json]
        assert public in listed
        assert private not in listed
    mine = [one["id"] for one in embedded.get("/", accept=LIST).json]
    assert {public, private} <= set(mine)
