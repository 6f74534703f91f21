"""Sessions: who they are of, how long, and what a form has to bring."""

from http.cookies import SimpleCookie

import pytest
from aiohttp import web

from http_ingress.archive import sessions
from http_ingress.archive.answers import Refused
from http_ingress.archive.session_api import onward
from store.archive.user_rows import ArchiveUser

SECRET, OTHER = "known to this archive alone", "known to another"
NOW = 1_800_000_000.7


def user(name: str) -> ArchiveUser:
    """Return somebody of whom nothing else is known."""
    return ArchiveUser(
        name=name,
        staff=False,
        superuser=False,
        disabled=False,
        from_portal=False,
        standing="as ever",
    )


@pytest.mark.parametrize("name", ["ada", "_", "ann@example.org", "Søren.K", "x" * 150])
def test_a_session_is_of_one_user_for_its_time(name: str) -> None:
    cookie = sessions.new_session(SECRET, user(name), NOW, "n")
    assert sessions.read_session(SECRET, cookie, NOW) == (name, "as ever")
    assert sessions.read_session(SECRET, cookie, NOW + sessions.SECONDS - 1) == (name, "as ever")
    assert sessions.read_session(SECRET, cookie, NOW + sessions.SECONDS) is None
    assert sessions.read_session(OTHER, cookie, NOW) is None


def test_no_character_of_a_session_can_be_changed() -> None:
    cookie = sessions.new_session(SECRET, user("ada"), NOW, "n")
    for place, character in enumerate(cookie):
        changed = cookie[:place] + ("A" if character != "A" else "B") + cookie[place + 1 :]
        assert sessions.read_session(SECRET, changed, NOW) is None
        assert sessions.read_session(SECRET, cookie[:place], NOW) is None


def test_a_token_is_no_session_and_of_one_session_only() -> None:
    ada, bob = (sessions.new_session(SECRET, user(name), NOW, "n") for name in ("ada", "bob"))
    token = sessions.csrf_token(SECRET, ada)
    said = ada.rpartition(".")[0]
    assert sessions.read_session(SECRET, f"{said}.{token}", NOW) is None
    assert token not in {sessions.csrf_token(SECRET, bob), sessions.csrf_token(OTHER, ada)}


@pytest.mark.parametrize(
    ("header", "form", "said"),
    [
        (None, {}, "missing"),
        (None, {"csrfmiddlewaretoken": 7}, "missing"),
        (None, {"csrfmiddlewaretoken": "wrong"}, "from POST incorrect"),
        ("wrong", {"csrfmiddlewaretoken": "right"}, "HTTP header incorrect"),
        (None, {"csrfmiddlewaretoken": "right"}, None),
        ("right", {}, None),
    ],
)
def test_the_token_comes_by_header_or_form(
    header: str | None, form: dict[str, object], said: str | None
) -> None:
    cookie = sessions.new_session(SECRET, user("ada"), NOW, "n")
    right = sessions.csrf_token(SECRET, cookie)
    sent = {} if header is None else {"X-CSRFToken": right if header == "right" else header}
    brought = {name: right if value == "right" else value for name, value in form.items()}
    if said is None:
        sessions.check_csrf(sent, SECRET, cookie, brought)
        return
    with pytest.raises(Refused) as raised:
        sessions.check_csrf(sent, SECRET, cookie, brought)
    assert raised.value.status == 403
    assert said in str(raised.value.said)


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        (None, True),
        ("http://inside:8080", True),
        ("https://archive.example.org", True),
        ("https://ARCHIVE.example.org", True),
        ("https://evil.example", False),
        ("https://archive.example.org.evil.example", False),
        ("null", False),
        ("", False),
        ("https://\xfc", False),
    ],
)
def test_other_sites_pages_begin_nothing(origin: str | None, *, ours: bool) -> None:
    headers = {} if origin is None else {"Origin": origin}
    if ours:
        sessions.check_origin(headers, "inside:8080", "https://archive.example.org/")
    else:
        with pytest.raises(Refused):
            sessions.check_origin(headers, "inside:8080", "https://archive.example.org/")


@pytest.mark.parametrize("secure", [False, True])
def test_by_https_cookies_go_by_https_alone(*, secure: bool) -> None:
    response = web.Response()
    sessions.begin(
        response, SECRET, sessions.new_session(SECRET, user("ada"), NOW, "n"), secure=secure
    )
    cookies: SimpleCookie = response.cookies
    assert [bool(morsel["secure"]) for morsel in cookies.values()] == [secure, secure]


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "/",
        "/archive",
        "/archivex/",
        "//archive/",
        "/archive/../events",
        "/archive/\\evil",
        "/archive/\n",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_who_signs_in_is_led_to_the_archive(wanted: str | None) -> None:
    assert onward(wanted) == "/archive/"
    assert onward("/archive/frames/?covers=POINT(1 2)") == "/archive/frames/?covers=POINT(1 2)"
