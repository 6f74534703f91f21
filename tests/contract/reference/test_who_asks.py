"""Sections 6 and 9: credentials, sessions and their tokens, and what may be kept for operators."""

import json
import re
from collections.abc import Iterator
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.equipment.descriptions import INFO
from tests.equipment.reference import (
    JSON,
    OPERATOR,
    PASSWORD,
    USER,
    Reference,
    basic,
    referring,
)

CALLS = (
    *("service/add", "service/reset", "service/setinfo"),
    *("platform/start", "platform/stop", "platform/reset", "platform/setinfo"),
)
READ = ("service/info", "service/stats", "platform/info", "platform/stats", "")
CAPABILITY = ("service/archive/info", "service/archive/stats", "service/archive/status")
BAD = (
    *(basic(OPERATOR, "wrong"), basic("nobody"), basic(OPERATOR, ""), basic(""), "Basic"),
    *("Basic !!!", "basic =", "Basic OmE=", "BASIC /////w==", "Bearer mnt_nothing"),
)


def state(reference: Reference) -> list[bytes]:
    """Return all that a call could have changed."""
    paths = [f"{one}/{what}" for one in ("service", "platform") for what in ("info", "stats")]
    return [reference.get(path).body for path in paths]


@pytest.mark.parametrize("path", [*READ, *CAPABILITY, *CALLS])
def test_wrong_credentials_are_refused_everywhere(reference: Reference, path: str) -> None:
    before = state(reference)
    method = "PUT" if path in CALLS else "GET"
    answer = reference.call(method, path, authorization=basic(OPERATOR, "no"), accept=JSON)
    assert (answer.status, answer.headers["content-type"]) == (401, JSON)
    assert answer.json == {"detail": "Invalid username/password."}
    assert state(reference) == before


@pytest.mark.parametrize("credentials", BAD)
def test_credentials_that_are_nobodys(reference: Reference, credentials: str) -> None:
    count = reference.count()
    assert reference.get("service/info", authorization=credentials).status == 401
    assert reference.put("service/add", authorization=credentials).status == 401
    assert reference.count() == count


def test_wrong_credentials_press_no_button(reference: Reference) -> None:
    before = state(reference)
    answer = reference.press("service", b"add=1", authorization=basic(OPERATOR, "wrong"))
    assert (answer.status, answer.headers["content-type"]) == (401, JSON)
    assert state(reference) == before


@pytest.mark.parametrize("path", [*READ, *CAPABILITY[:1]])
def test_right_credentials_read(reference: Reference, path: str) -> None:
    for name in (OPERATOR, USER):
        assert reference.get(path, authorization=basic(name)).status == 200


def test_credentials_that_are_none_of_ours_are_passed_over(reference: Reference) -> None:
    for credentials in ("Bearer x", "Token x", "Digest username=x", "junk", "", "Negotiate"):
        assert reference.get("service/info", authorization=credentials).status == 200


def test_who_is_disabled_is_not_known(reference: Reference) -> None:
    accounts = reference.running.store.accounts
    accounts.add_user("gone", PASSWORD)
    accounts.disable("gone")
    assert reference.get("service/info", authorization=basic("gone")).status == 401


def test_pages_ignore_who_asks(reference: Reference) -> None:
    for path in ("service/app", "service/archive/doc", "service/support"):
        assert reference.get(path, authorization=basic(OPERATOR, "wrong")).status == 200


def test_a_browser_is_not_made_to_send_credentials_by_another_site(reference: Reference) -> None:
    before = state(reference)
    known = basic(OPERATOR)
    for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}):
        answer = reference.put("service/add", authorization=known, **headers)
        assert (answer.status, answer.headers["content-type"]) == (403, JSON)
    assert state(reference) == before
    assert reference.put("service/add", authorization=known, origin=reference.url).status == 200


# --- sessions -------------------------------------------------------------------------------------


def sign_in(reference: Reference) -> dict[str, str]:
    """Return the cookies of a browser in which an operator has signed in at the console."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    with browser.open(f"{reference.url}/admin/") as page:
        text = page.read().decode()
    [token] = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', text)
    said = {"username": OPERATOR, "password": PASSWORD, "next": "/admin/"}
    form = urlencode({**said, "csrfmiddlewaretoken": token}).encode()
    with browser.open(f"{reference.url}/admin/login/", form) as page:
        assert page.status == 200
    return {one.name: one.value or "" for one in jar}


@pytest.fixture(scope="module")
def cookies(reference: Reference) -> dict[str, str]:
    """The cookies of an operator's session."""
    return sign_in(reference)


def written(cookies: dict[str, str]) -> str:
    """Return a header with these cookies."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 5000])
def test_a_session_without_its_token_changes_nothing(
    reference: Reference, cookies: dict[str, str], path: str, token: str | None
) -> None:
    before = state(reference)
    body = json.dumps({**INFO, "csrfmiddlewaretoken": cookies["csrftoken"]}).encode()
    answer = reference.call("PUT", path, body, cookie=written(cookies), x_csrftoken=token)
    assert (answer.status, answer.headers["content-type"]) == (403, JSON)
    assert answer.json["detail"].startswith("CSRF Failed: ")
    assert state(reference) == before


def test_a_session_with_its_token_calls_and_is_named(
    reference: Reference, cookies: dict[str, str]
) -> None:
    known = {"cookie": written(cookies), "x_csrftoken": cookies["csrftoken"]}
    count = reference.count()
    assert reference.put("service/add", **known).json["invocations"] == count + 1
    assert reference.describe("service", INFO, **known).status == 200
    assert reference.components.descriptions("service")[0].described_by == f"user:{OPERATOR}"
    for call in ("service/reset", "platform/start", "platform/stop", "platform/reset"):
        assert reference.put(call, **known).status == 200


def test_a_session_presses_buttons_with_its_token_alone(
    reference: Reference, cookies: dict[str, str]
) -> None:
    count = reference.count()
    cookie = written(cookies)
    for body in (b"add=1", b"add=1&csrfmiddlewaretoken=wrong", b"add=1&csrfmiddlewaretoken="):
        answer = reference.press("service", body, cookie=cookie)
        assert (answer.status, answer.headers["content-type"]) == (403, JSON)
        assert answer.json["detail"].startswith("CSRF Failed: ")
    assert reference.count() == count
    page = reference.get("service/app", cookie=cookie).body.decode()
    [token] = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token == cookies["csrftoken"]
    body = urlencode({"add": "Count", "csrfmiddlewaretoken": token}).encode()
    assert reference.press("service", body, cookie=cookie).status == 302
    multipart = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("add", ""), ("csrfmiddlewaretoken", token))
    )
    kind = "multipart/form-data; boundary=b"
    sent = f"{multipart}--b--\r\n".encode()
    assert reference.press("service", sent, kind, cookie=cookie).status == 302
    assert reference.count() == count + 2


def test_a_session_reads_without_a_token(reference: Reference, cookies: dict[str, str]) -> None:
    for path in READ:
        assert reference.get(path, cookie=written(cookies)).status == 200


@pytest.mark.parametrize("value", ["", "junk", "a.b.c", "YQ.99999999999.00", "x" * 5000])
def test_a_cookie_that_is_no_session_needs_no_token(reference: Reference, value: str) -> None:
    assert reference.put("service/add", cookie=f"sessionid={value}").status == 200


# --- where operators are wanted -------------------------------------------------------------------

GUARDED = tuple(one for one in CALLS if one != "service/add")


@pytest.fixture(scope="module")
def strict(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    """A reference service that only operators change."""
    folder = tmp_path_factory.mktemp("strict")
    with referring(request, folder, reference_requires_operator=True) as running:
        yield running


@pytest.mark.parametrize("path", GUARDED)
def test_nobody_in_particular_is_asked_who_they_are(strict: Reference, path: str) -> None:
    before = state(strict)
    answer = strict.call("PUT", path, json.dumps(INFO).encode())
    assert (answer.status, answer.headers["content-type"]) == (401, JSON)
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json["detail"]
    assert state(strict) == before


@pytest.mark.parametrize("component", ["service", "platform"])
def test_buttons_are_for_operators(strict: Reference, component: str) -> None:
    before = state(strict)
    for body in (b"add=1", b"reset=1", b"start=1", b"stop=1", b""):
        answer = strict.press(component, body)
        assert (answer.status, answer.headers["www-authenticate"][:5]) == (401, "Basic")
        known = basic(USER)
        assert strict.press(component, body, authorization=known).status == 403
    assert state(strict) == before
    assert strict.press(component, b"", authorization=basic(OPERATOR)).status == 302


@pytest.mark.parametrize("path", GUARDED)
def test_who_is_no_operator_may_not(strict: Reference, path: str) -> None:
    before = state(strict)
    answer = strict.call("PUT", path, json.dumps(INFO).encode(), authorization=basic(USER))
    assert (answer.status, answer.headers["content-type"]) == (403, JSON)
    assert answer.json["detail"]
    assert state(strict) == before


@pytest.mark.parametrize("path", GUARDED)
def test_an_operator_may(strict: Reference, path: str) -> None:
    body = json.dumps(INFO).encode()
    assert strict.call("PUT", path, body, authorization=basic(OPERATOR)).status == 200
    token = strict.running.settings.operator_token.read_text().strip()
    assert strict.call("PUT", path, body, authorization=f"Bearer {token}").status == 200


def test_an_operators_session_may_with_its_token(strict: Reference) -> None:
    cookies = sign_in(strict)
    known = {"cookie": written(cookies), "x_csrftoken": cookies["csrftoken"]}
    assert strict.put("service/reset", **known).status == 200
    assert strict.put("service/reset", cookie=written(cookies)).status == 403


def test_counting_and_reading_stay_open(strict: Reference) -> None:
    count = strict.count()
    assert strict.put("service/add").json["invocations"] == count + 1
    for path in (*READ, "service/app", "platform/app", "service/doc"):
        assert strict.get(path).status in {200, 302}
