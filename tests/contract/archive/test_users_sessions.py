"""Sessions of people with browsers: how they begin and end, and what no other site can do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest

from http_ingress.archive.sessions import COOKIE, CSRF_COOKIE
from tests.equipment.archive import FORM, JSON
from tests.equipment.archive_portal import PASSWORD, Observatory, observatory
from tests.equipment.installations import Answer

LOGIN = "/api-auth/login/"
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Observatory]:
    with observatory(request, tmp_path_factory.mktemp("observatory")) as running:
        yield running


@dataclass(frozen=True)
class Seen:
    """What a browser was answered."""

    status: int
    headers: Mapping[str, str]
    cookies: SimpleCookie
    body: bytes


def browse(there: Observatory, path: str, said: dict[str, str] | None, cookie: str = "") -> Seen:
    """Send a form, or get a page."""
    address = urlsplit(there.archive.running.url).netloc
    connection = HTTPConnection(address, timeout=60)
    body = None if said is None else urlencode(said)
    headers = {"Cookie": cookie, "Content-Type": FORM}
    connection.request("GET" if said is None else "POST", f"/archive{path}", body, headers)
    response = connection.getresponse()
    cookies: SimpleCookie = SimpleCookie()
    for line in response.headers.get_all("Set-Cookie", []):
        cookies.load(line)
    named = {name.lower(): value for name, value in response.headers.items()}
    seen = Seen(response.status, named, cookies, response.read())
    connection.close()
    return seen


def sign_in(there: Observatory, *, cookie: str | None = None, **fields: str) -> Seen:
    """Get the form and send it."""
    page = browse(there, LOGIN, None)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    token = re.search(rb'name="token" value="([^"]+)"', page.body)
    assert token is not None
    own = f"muniment-form={page.cookies['muniment-form'].value}"
    said = {"token": token[1].decode(), "username": "bob", "password": PASSWORD, **fields}
    return browse(there, LOGIN, said, own if cookie is None else cookie)


@dataclass(frozen=True)
class Session:
    """What a browser keeps of a session."""

    cookie: str
    token: str


def session_of(seen: Seen) -> Session:
    """Return the session that began."""
    return Session(seen.cookies[COOKIE].value, seen.cookies[CSRF_COOKIE].value)


@pytest.fixture(scope="module")
def session(there: Observatory) -> Session:
    """Bob's."""
    return session_of(sign_in(there))


def in_session(
    there: Observatory, cookie: str, method: str, path: str, **headers: str | None
) -> Answer:
    """Send a request as the browser would."""
    sent = f"{COOKIE}={cookie}"
    return there.archive.call(method, path, b"{}", content_type=JSON, cookie=sent, **headers)


def test_a_session_begins_with_a_cookie_that_scripts_and_other_sites_do_not_get(
    there: Observatory,
) -> None:
    answer = sign_in(there)
    assert (answer.status, answer.headers["location"]) == (302, "/archive/")
    morsel = answer.cookies[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Lax", "")
    assert (morsel["path"], int(morsel["max-age"])) == ("/archive", 12 * 3600)
    assert not answer.cookies[CSRF_COOKIE]["httponly"]


def test_a_session_is_somebody(there: Observatory, session: Session) -> None:
    answer = in_session(there, session.cookie, "GET", "/profile/")
    assert answer.json["username"] == "bob"
    assert in_session(there, session.cookie, "GET", "/versions/").status == 403


def test_a_header_goes_before_a_session(there: Observatory, session: Session) -> None:
    token = f"Token {there.archive.tokens['ada']}"
    answer = in_session(there, session.cookie, "GET", "/profile/", authorization=token)
    assert answer.json["username"] == "ada"
    answer = in_session(there, session.cookie, "GET", "/profile/", authorization="Token wrong")
    assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "CSRF Failed: CSRF token missing."),
        (
            {"x_csrftoken": "wrong"},
            "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect.",
        ),
        (
            {"origin": EVIL},
            f"CSRF Failed: Origin checking failed - {EVIL} does not match any trusted origins.",
        ),
    ],
)
def test_what_another_site_s_page_began_is_refused(
    there: Observatory, session: Session, headers: dict[str, str], said: str
) -> None:
    answer = in_session(there, session.cookie, "POST", "/revoke_token/", **headers)
    assert (answer.status, answer.json) == (403, {"detail": said})


def test_with_its_token_a_session_may_change_things(there: Observatory, session: Session) -> None:
    token = session.token
    answer = in_session(there, session.cookie, "POST", "/revoke_token/", x_csrftoken=token)
    assert (answer.status, answer.json) == (200, {"message": "API token revoked."})


def test_a_token_in_a_header_needs_no_other(there: Observatory, session: Session) -> None:
    token = f"Token {there.archive.tokens['ada']}"
    answer = in_session(there, session.cookie, "POST", "/api-token-auth/", authorization=token)
    assert answer.status == 200


def test_a_cookie_that_was_tampered_with_is_nobody_s(there: Observatory, session: Session) -> None:
    who, nonce, until, signature = session.cookie.split(".")
    for forged in (
        f"{who}.{nonce}.{int(until) + 1}.{signature}",
        f"cm9vdA.{nonce}.{until}.{signature}",
        f"{who}.n.{until}.{signature}",
        f"{who}.{nonce}.{until}.{'0' * 64}",
        f"{who}.{nonce}.{until}.\xfc",
        session.token,
        "..",
        "",
    ):
        answer = in_session(there, forged, "GET", "/profile/")
        assert answer.json["username"] == ""


def test_who_is_disabled_has_no_session(there: Observatory) -> None:
    accounts = there.archive.running.store.accounts
    accounts.add_user("eve", PASSWORD)
    eve = session_of(sign_in(there, username="eve"))
    accounts.disable("eve")
    answer = in_session(there, eve.cookie, "GET", "/profile/")
    assert (answer.status, answer.json["username"]) == (200, "")


@pytest.mark.parametrize("change", ["another password", "disabled, and enabled again"])
def test_a_session_ends_before_its_time(there: Observatory, change: str) -> None:
    accounts = there.archive.running.store.accounts
    name = change.partition(",")[0].replace(" ", "-")
    accounts.add_user(name, PASSWORD)
    begun = session_of(sign_in(there, username=name))
    if change == "another password":
        accounts.set_password(name, PASSWORD)
    else:
        accounts.disable(name)
        accounts.enable(name)
    assert in_session(there, begun.cookie, "GET", "/profile/").json["username"] == ""
    anew = session_of(sign_in(there, username=name))
    assert in_session(there, anew.cookie, "GET", "/profile/").json["username"] == name


def test_a_session_ends(there: Observatory, session: Session) -> None:
    for method in ("GET", "POST"):
        said = None if method == "GET" else {"next": "/archive/"}
        begun = session_of(sign_in(there))
        for _ in ("once", "and again"):
            answer = browse(there, "/api-auth/logout/", said, f"{COOKIE}={begun.cookie}")
            assert (answer.status, answer.headers["location"]) == (302, "/archive/")
            assert answer.cookies[COOKIE]["max-age"] == "0"
        # Nobody gets in by a copy of it; another of the same user goes on.
        assert in_session(there, begun.cookie, "GET", "/profile/").json["username"] == ""
        assert in_session(there, session.cookie, "GET", "/profile/").json["username"] == "bob"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "wrong"}, 400),
        ({"username": "nobody"}, 400),
        ({"username": ""}, 400),
        ({"token": "of another page"}, 403),
        ({"cookie": "muniment-form=another"}, 403),
        ({"cookie": "none=at all"}, 403),
    ],
)
def test_who_is_not_let_in_sees_the_form_again(
    there: Observatory, fields: dict[str, str], status: int
) -> None:
    answer = sign_in(there, **fields)
    assert answer.status == status
    assert b'role="alert"' in answer.body
    assert COOKIE not in answer.cookies
    assert PASSWORD.encode() not in answer.body


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/archive/frames/?limit=3", "/archive/frames/?limit=3"),
        ("/archive/../events", "/archive/"),
        ("//evil.example/", "/archive/"),
        ("https://evil.example/archive/", "/archive/"),
        ("/\\evil.example/", "/archive/"),
        ("/archive/\r\nSet-Cookie: a=b", "/archive/"),
        ('/archive/"><script>', '/archive/"><script>'),
    ],
)
def test_it_leads_to_places_of_the_archive_alone(there: Observatory, wanted: str, led: str) -> None:
    answer = sign_in(there, next=wanted)
    assert (answer.status, answer.headers["location"]) == (302, led)
    page = browse(there, f"{LOGIN}?{urlencode({'next': wanted})}", None)
    assert page.status == 200
    assert b"<script>" not in page.body
