"""Who may let whom in, and what is told of it."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.equipment.console import HOME, PASSWORDS, Desk, Installation
from tests.equipment.installations import Caller
from tests.equipment.recording import basic
from tests.unit.http_ingress.test_pages import Strict

USERS = "/admin/users/"
SECRET = re.compile(r"mnt_[\w-]+")
NASTY = "<script>alert('x')</script>\"&{{7*7}}"

_numbers = count(1)


def of(name: str) -> str:
    """Return where a user's page is."""
    return f"{USERS}{name}/"


def new_user(desk: Desk, **fields: str) -> str:
    """Add a user by the form; return the name."""
    name = f"zoe-{next(_numbers)}"
    page = desk.done(USERS, "add", name=name, **fields)
    assert "The user has been added." in page
    Strict(page)
    return name


def new_token(desk: Desk, name: str, label: str = "night run") -> tuple[str, str]:
    """Make a token by the form; return its id and its secret."""
    found = re.search(
        r'name="id" value="([0-9a-f-]{36})">\s*<div class="field"><label for="token-label"',
        desk.page(of(name)),
    )
    assert found is not None
    answer = desk.do(of(name), "token", label=label, id=found[1])
    assert answer.status == 200
    text = answer.body.decode()
    Strict(text)
    secret = SECRET.search(text)
    assert secret is not None
    return found[1], secret[0]


def test_a_user_is_let_in_and_out(console: Installation, olga: Desk) -> None:
    name = new_user(olga, password="her very first", again="her very first")
    zoe = Caller(console.running.url, "")

    def gets_in(password: str) -> bool:
        # Doors remember whom they let in for half a minute; nobody is remembered as unknown.
        proof = console.running.store.accounts.authenticate_password(name, password)
        return proof is not None and not proof.disabled

    asked = zoe.call("GET", "/parked", authorization=basic(name, "her very first"))
    assert asked.status == 200
    assert "gets in no more" in olga.done(of(name), "disable")
    olga.done(of(name), "disable")
    assert not gets_in("her very first")
    assert "gets in again" in olga.done(of(name), "enable")
    assert gets_in("her very first")
    olga.done(of(name), "password", password="her second one", again="her second one")
    assert not gets_in("her very first")
    assert gets_in("her second one")
    assert console.audit(f"user:{name}") == [
        ("user:olga", "password", None, "changed"),
        ("user:olga", "disabled", True, False),
        ("user:olga", "disabled", False, True),
        ("user:olga", "user", None, {"superuser": False, "operator": False, "password": True}),
    ]
    whole = console.caller.call("GET", "/audit?limit=500").body.decode()
    assert "her very" not in whole
    assert "argon2" not in whole


def test_a_token_is_shown_once_and_made_once(console: Installation, olga: Desk) -> None:
    name = new_user(olga)
    assert "No tokens yet." in olga.page(of(name))
    token_id, secret = new_token(olga, name, label=NASTY)
    program = Caller(console.running.url, secret)
    assert program.call("GET", "/parked").status == 200
    page = olga.page(of(name))
    assert secret not in page
    assert NASTY not in page
    again = olga.do(of(name), "token", label="night run", id=token_id)
    assert again.status == 422
    assert "has been made already" in again.body.decode()
    assert SECRET.search(again.body.decode()) is None

    assert "lets nobody in" in olga.done(of(name), "revoke", id=token_id)
    olga.done(of(name), "revoke", id=token_id)
    assert console.running.store.accounts.authenticate_token(secret) is None
    assert console.audit(f"token:{token_id}") == [
        ("user:olga", "revoked", False, True),
        ("user:olga", "token", None, {"user": name, "label": NASTY}),
    ]
    assert secret not in console.caller.call("GET", "/audit?limit=500").body.decode()


def test_rights_are_given_by_superusers_alone(
    console: Installation, root: Desk, olga: Desk
) -> None:
    name = new_user(root, operator="yes")
    assert "Rights" not in olga.page(of(name))
    for desk, path, do, fields in (
        (olga, of(name), "rights", {"superuser": "yes"}),
        (olga, of("olga"), "rights", {"superuser": "yes"}),
        (olga, USERS, "add", {"name": "new", "superuser": "yes"}),
        (olga, USERS, "add", {"name": "new", "operator": "yes"}),
        (olga, of("root"), "password", {"password": "xxxxxxxx", "again": "xxxxxxxx"}),
        (olga, of("root"), "disable", {}),
        (olga, of("root"), "enable", {}),
        (olga, of("root"), "token", {"label": "", "id": "0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10"}),
        (olga, of("operator"), "revoke", {"id": "0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10"}),
    ):
        answer = desk.do(path, do, **fields)
        assert answer.status == 403, (path, do)
        assert "superuser" in answer.body.decode()
    page = root.done(of(name), "rights", superuser="yes")
    assert "A superuser: may do everything." in page
    assert console.audit(f"user:{name}")[:2] == [
        ("user:root", "operator", True, False),
        ("user:root", "superuser", False, True),
    ] or console.audit(f"user:{name}")[:2] == [
        ("user:root", "superuser", False, True),
        ("user:root", "operator", True, False),
    ]
    root.done(of(name), "rights")
    assert "May write." in root.page(of(name))


def test_nobody_locks_themselves_out(root: Desk, olga: Desk) -> None:
    answer = olga.do(of("olga"), "disable")
    assert (answer.status, "This is you" in answer.body.decode()) == (422, True)
    answer = root.do(of("root"), "rights", operator="yes")
    assert (answer.status, "This is you" in answer.body.decode()) == (422, True)
    assert "A superuser" in root.page(of("root"))


def test_who_changes_the_own_password_signs_in_with_it(console: Installation, root: Desk) -> None:
    name = new_user(root, operator="yes", password="zoe's first", again="zoe's first")
    desk = console.desk()
    assert desk.sign_in(name, "zoe's first").status == 302
    answer = desk.do(of(name), "password", password="zoe's second", again="zoe's second")
    assert answer.status == 303
    assert not desk.is_in
    assert desk.sign_in(name, "zoe's second").status == 302


@pytest.mark.parametrize(
    ("do", "fields", "field"),
    [
        ("add", {}, "name"),
        ("add", {"name": NASTY}, "name"),
        ("add", {"name": "anonymous"}, "name"),
        ("add", {"name": "olga"}, "name"),
        ("add", {"name": "nul\0"}, "name"),
        ("add", {"name": "x" * 151}, "name"),
        ("add", {"name": "x", "password": "short", "again": "short"}, "password"),
        ("add", {"name": "x", "password": "long enough", "again": "differs"}, "again"),
        ("add", {"name": "x", "password": "long enough"}, "again"),
        ("add", {"name": "x", "password": "x" * 2000, "again": "x" * 2000}, "password"),
    ],
    ids=str,
)
def test_a_user_that_is_not_taken_is_told(
    olga: Desk, do: str, fields: dict[str, str], field: str
) -> None:
    answer = olga.do(USERS, do, **fields)
    text = answer.body.decode()
    assert answer.status == 422
    Strict(text)
    assert f'href="#{do}-{field}"' in text
    assert NASTY not in text
    assert "long enough" not in text, "no password is shown again"
    name = fields.get("name", "")
    if "\0" not in name:
        assert (
            f'value="{html.escape(name, quote=True)}"'.replace("&#x27;", "&#39;").replace(
                "&quot;", "&#34;"
            )
            in text
        )


@pytest.mark.parametrize(
    ("do", "fields", "field"),
    [
        ("password", {}, "password"),
        ("password", {"password": "long enough", "again": ""}, "again"),
        ("token", {}, "id"),
        ("token", {"id": "../../etc"}, "id"),
        ("token", {"id": "x", "label": "y" * 300}, "label"),
        ("token", {"id": "x", "label": "two\nlines"}, "label"),
        ("revoke", {}, "id"),
        ("revoke", {"id": "0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10"}, "id"),
    ],
    ids=str,
)
def test_a_change_of_a_user_that_is_not_taken_is_told(
    olga: Desk, do: str, fields: dict[str, str], field: str
) -> None:
    answer = olga.do(of("ann"), do, **fields)
    assert answer.status == 422
    text = answer.body.decode()
    Strict(text)
    assert f'href="#{do}-{field}"' in text


@pytest.mark.parametrize("name", ["nobody", "OLGA", "anonymous", "%00", "%FF", "x" * 4000])
def test_there_is_no_page_of_nobody(olga: Desk, name: str) -> None:
    assert olga.get(of(name)).status == 404
    assert olga.do(of(name), "disable").status == 404


def test_a_token_of_another_is_not_revoked_by_way_of_somebody(
    console: Installation, root: Desk, olga: Desk
) -> None:
    token_id, secret = new_token(root, "root")
    answer = olga.do(of("ann"), "revoke", id=token_id)
    assert answer.status == 422
    assert console.running.store.accounts.authenticate_token(secret) is not None


def test_the_last_superuser_stays(console: Installation, root: Desk) -> None:
    """Two of the last two remove each other at the same time: one of them stays."""
    accounts = console.running.store.accounts
    rita = console.desk("rita")
    others = [one.name for one in accounts.users() if one.superuser and one.name[0] != "r"]
    for name in others:
        accounts.set_role(name, superuser=False, operator=True)
    with ThreadPoolExecutor(2) as pool:
        pending = [
            pool.submit(root.do, of("rita"), "disable"),
            pool.submit(rita.do, of("root"), "rights"),
        ]
        statuses = [one.result().status for one in pending]
    left = [one.name for one in accounts.users() if one.superuser and not one.disabled]
    assert len(left) == 1
    assert 303 in statuses
    assert set(statuses) <= {303, 302, 403, 422}
    accounts.enable("rita")
    accounts.set_role("root", superuser=True, operator=None)
    for name in others:
        accounts.set_role(name, superuser=True, operator=False)


def test_the_audit_is_paged_and_for_operators_alone(console: Installation, olga: Desk) -> None:
    for number in range(3):
        olga.done("/admin/components/records/", "correct", value=str(number))
    first = console.caller.call("GET", "/audit?limit=2&what=component:records").json
    assert [one["new"]["value"] for one in first["lines"]] == [2, 1]
    rest = console.caller.call("GET", first["next"]).json
    assert [one["new"]["value"] for one in rest["lines"]][:1] == [0]
    page = olga.page("/admin/audit/?limit=2&what=component:records")
    Strict(page)
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert "user:olga" in olga.page(html.unescape(following[1]))
    assert "Nothing of this was changed." in olga.page("/admin/audit/?what=component:nothing")
    ann = Caller(console.running.url, "")
    assert ann.call("GET", "/audit", authorization=None).status == 401
    credentials = basic("ann", PASSWORDS["ann"])
    assert ann.call("GET", "/audit", authorization=credentials).status == 403
    assert console.caller.call("GET", "/audit?limit=x").status == 400
    assert console.caller.call("GET", "/audit?wat=x").status == 400
    Strict(olga.page(HOME))
