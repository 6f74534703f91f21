"""Who gets into the console, for how long, and what no other site can do."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from http_ingress.console.sessions import COOKIE
from http_ingress.sealing import CSRF_COOKIE, CSRF_FIELD, SECONDS, Seal
from ops.stores import clock
from tests.equipment.console import HOME, LOGIN, PASSWORDS, Desk, Installation
from tests.equipment.recording import FORM
from tests.unit.http_ingress.test_pages import Strict

EVIL = "https://evil.example"


def test_the_console_begins_with_a_slash(console: Installation) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = console.desk().call(method, "/admin")
        assert (answer.status, answer.headers["location"]) == (301, HOME)


@pytest.mark.parametrize("accept", [None, "application/json", "text/html", "*/*"])
def test_who_checks_that_it_is_up_ends_at_a_page(console: Installation, accept: str | None) -> None:
    desk, path = console.desk(), "/admin"
    for _ in range(3):
        answer = desk.call("GET", path, accept=accept)
        path = answer.headers.get("location", "")
        if not path:
            break
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    Strict(answer.body.decode())
    assert desk.call("GET", HOME, accept=accept).headers["location"] == f"{LOGIN}?next={HOME}"


@pytest.mark.parametrize(
    "path", ["/admin/users/", "/admin/nothing", "/admin/audit/?what=user:ann", "/admin/users/ann/"]
)
def test_nobody_sees_anything_but_the_way_to_sign_in(console: Installation, path: str) -> None:
    answer = console.desk().get(path)
    assert answer.status == 302
    assert answer.headers["location"].startswith(f"{LOGIN}?next=/admin/")
    assert answer.body == b""


def test_who_signs_in_is_led_back(console: Installation) -> None:
    desk = console.desk()
    answer = desk.sign_in("olga", next="/admin/audit/?what=user:ann")
    assert (answer.status, answer.headers["location"]) == (302, "/admin/audit/?what=user:ann")
    assert desk.get(LOGIN).headers["location"] == HOME


@pytest.mark.parametrize(
    "wanted",
    [
        *("", "/", "//evil.example", "https://evil.example", "/admin", "/adminx/"),
        *("/admin/../events", "/admin/\\evil", "/admin/login/", "/admin/logout/", "javascript:1"),
    ],
)
def test_nobody_is_led_anywhere_else(console: Installation, wanted: str) -> None:
    desk = console.desk()
    assert f'name="next" value="{HOME}"' in desk.page(f"{LOGIN}?{urlencode({'next': wanted})}")
    assert desk.sign_in("olga", next=wanted).headers["location"] == HOME


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(
    console: Installation,
) -> None:
    desk = console.desk()
    desk.sign_in("olga")
    session, token = desk.given[COOKIE], desk.given[CSRF_COOKIE]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "Lax", "/")
    assert (int(session["max-age"]), session["secure"]) == (SECONDS, "")
    assert (token["httponly"], token["samesite"], token["path"]) == ("", "Lax", "/")
    answer = desk.get(HOME)
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "password", "status", "said"),
    [
        ("olga", "wrong", 400, "do not go together"),
        ("nobody", "wrong", 400, "do not go together"),
        ("olga", "", 400, "This is needed."),
        ("", "secret", 400, "This is needed."),
        ("olga", "x" * 5000, 400, "No password is longer"),
        ("x" * 5000, "secret", 400, "do not go together"),
        ("o\0lga", "sec\0ret", 400, "do not go together"),
        ("<script>alert(1)</script>", "secret", 400, "&lt;script&gt;"),
        ("ann", PASSWORDS["ann"], 403, "ann may not administer"),
    ],
)
def test_who_is_not_let_in_is_told_so(
    console: Installation, name: str, password: str, status: int, said: str
) -> None:
    desk = console.desk()
    answer = desk.sign_in(name, password)
    assert answer.status == status
    text = answer.body.decode()
    Strict(text)
    assert said in text
    assert "<script" not in text
    assert COOKIE not in desk.cookies
    assert not desk.is_in


def test_a_token_does_for_a_password_as_long_as_it_is_valid(console: Installation) -> None:
    accounts, desk = console.running.store.accounts, console.desk()
    token_id, secret = accounts.create_token("otto", "for the console")
    assert desk.sign_in("otto", secret).status == 302
    assert desk.is_in
    assert console.desk().sign_in("olga", secret).status == 400
    accounts.revoke_token(token_id)
    assert not desk.is_in
    assert desk.sign_in("otto", secret).status == 400


def test_the_first_operator_gets_in_by_the_token_of_the_first_start(console: Installation) -> None:
    desk = console.desk()
    assert desk.sign_in("operator", console.caller.token).status == 302
    assert desk.is_in


def test_a_session_ends_by_signing_out(console: Installation) -> None:
    desk = console.desk("olga")
    answer = desk.do("/admin/logout/", "")
    assert (answer.status, answer.headers["location"]) == (302, LOGIN)
    assert {COOKIE, CSRF_COOKIE} & desk.cookies.keys() == set()
    assert not desk.is_in
    assert desk.do("/admin/logout/", "").status == 302, "sent twice"
    assert desk.get("/admin/logout/").status == 405


def test_nobody_gets_in_by_a_copy_of_a_session_that_was_ended(console: Installation) -> None:
    desk, other = console.desk("olga"), console.desk("olga")
    assert desk.cookies[COOKIE] != other.cookies[COOKIE], "in the same second, too"
    kept = {**desk.cookies}
    assert desk.do("/admin/logout/", "").status == 302
    desk.cookies.update(kept)
    assert not desk.is_in
    assert other.is_in
    assert desk.sign_in("olga").status == 302
    assert desk.is_in


def test_a_session_ends_when_the_user_is_disabled_or_gets_another_password(
    console: Installation,
) -> None:
    accounts = console.running.store.accounts
    accounts.add_user("eva", "her first password", operator=True)
    accounts.add_user("ben", None)
    desk = console.desk()

    def enter(password: str) -> None:
        assert desk.sign_in("eva", password).status == 302
        assert desk.is_in

    enter("her first password")
    accounts.disable("eva")
    assert not desk.is_in
    assert desk.sign_in("eva", "her first password").status == 400
    accounts.enable("eva")
    assert not desk.is_in, "within the time of the same session"
    enter("her first password")
    accounts.set_role("eva", superuser=None, operator=False)
    assert not desk.is_in
    accounts.set_role("eva", superuser=None, operator=True)
    accounts.set_password("eva", "her second password")
    assert not desk.is_in
    # Other doors remember a password for half a minute. A session would last for hours.
    assert desk.sign_in("eva", "her first password").status == 400
    enter("her second password")


def test_a_session_ends_after_its_time(console: Installation) -> None:
    store, desk = console.running.store, console.desk("olga")
    seal = Seal(store.console_secret, "console")
    said = seal.read(desk.cookies[COOKIE], clock().timestamp())
    assert said is not None
    almost = clock() - timedelta(seconds=SECONDS - 60)
    desk.cookies[COOKIE] = seal.seal(said, almost.timestamp(), "n")
    assert desk.is_in
    desk.cookies[COOKIE] = seal.seal(said, (clock() - timedelta(seconds=SECONDS)).timestamp(), "n")
    assert not desk.is_in


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "..", '"', "x" * 5000, "b2xnYQ.99999999999."])
def test_what_is_no_session_of_ours_lets_nobody_in(console: Installation, cookie: str) -> None:
    desk = console.desk()
    desk.cookies[COOKIE] = cookie
    assert not desk.is_in


def test_a_session_of_the_archive_is_none_of_the_console(console: Installation) -> None:
    desk = console.desk()
    for realm, text in (("archive", "olga"), ("console", "olga"), ("console", "olga\n0:password:")):
        seal = Seal(console.running.store.console_secret, realm)
        desk.cookies[COOKIE] = seal.seal(text, clock().timestamp(), "n")
        assert not desk.is_in


@pytest.mark.parametrize(
    ("token", "header", "origin", "status"),
    [
        ("right", None, None, 303),
        ("right", None, "own", 303),
        ("wrong", "right", None, 303),
        (None, "right", None, 303),
        (None, None, None, 403),
        ("", None, None, 403),
        ("wrong", None, None, 403),
        ("right", "wrong", None, 403),
        ("right", "", None, 403),
        ("right", None, EVIL, 403),
        ("right", "right", "null", 403),
        ("of another session", None, None, 403),
        ("cookie set by somebody", None, None, 403),
    ],
)
def test_a_change_brings_the_sessions_token(
    console: Installation,
    token: str | None,
    header: str | None,
    origin: str | None,
    status: int,
) -> None:
    desk = console.desk("olga")
    right = desk.cookies[CSRF_COOKIE]
    if token == "of another session":
        token = console.desk("otto").cookies[CSRF_COOKIE]
    elif token == "cookie set by somebody":
        token = desk.cookies[CSRF_COOKIE] = "planted"
    fields = {"do": "zero"} if token is None else {"do": "zero", CSRF_FIELD: token}
    if token == "right":
        fields[CSRF_FIELD] = right
    answer = desk.send(
        "/admin/components/service/",
        fields,
        x_csrftoken=right if header == "right" else header,
        origin=console.running.url if origin == "own" else origin,
    )
    assert answer.status == status, answer
    assert status == 303 or b"CSRF Failed" in answer.body


@pytest.mark.parametrize("missing", ["cookie", "field", "origin", "both"])
def test_no_other_site_signs_anybody_in(console: Installation, missing: str) -> None:
    desk = Desk(console.running.url)
    desk.page(LOGIN)
    fields = {"username": "olga", "password": PASSWORDS["olga"], CSRF_FIELD: "x"}
    if missing != "field":
        fields[CSRF_FIELD] = desk.cookies[CSRF_COOKIE]
    if missing in {"cookie", "both"}:
        desk.cookies.clear()
    if missing == "both":
        fields[CSRF_FIELD] = ""
    answer = desk.send(LOGIN, fields, origin=EVIL if missing == "origin" else None)
    assert answer.status == 403
    assert COOKIE not in desk.cookies


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"username=%FF", FORM, 400),
        (b"&".join(b"f%d=" % number for number in range(1000)), FORM, 400),
        (b"username=" + b"x" * 300_000, FORM, 413),
        (b"{}", "application/json", 415),
        (b"", FORM, 403),
    ],
)
def test_a_form_that_is_none_is_refused(
    console: Installation, content: bytes, content_type: str, status: int
) -> None:
    answer = console.desk().call("POST", LOGIN, content, content_type=content_type)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
