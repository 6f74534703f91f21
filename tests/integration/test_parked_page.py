"""The pages of parked events, as a browser uses them: signed in by Basic, without any script."""

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from consumers.contract import Reject
from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.ingress import Ingress, serving
from tests.equipment.installations import Answer, Caller
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, prober
from tests.equipment.world import World
from tests.unit.http_ingress.test_pages import Strict

PASSWORD = "correct horse battery"
NASTY = "<script>alert('x')</script>{{7*7}}"


def refuse(event: ProbeRequested, _run: int) -> None:
    raise Reject(f"no such source: {event.probe}")


class Browser:
    """Keeps its cookie, and says where its requests come from."""

    def __init__(self, ingress: Ingress, user: str) -> None:
        basic = b64encode(f"{user}:{PASSWORD}".encode()).decode()
        self._caller = Caller(ingress.url, "")
        self._headers = {"authorization": f"Basic {basic}", "accept": "text/html"}
        self.cookie: str | None = None
        self.url = ingress.url

    def open(self, path: str) -> str:
        """Open a page, which has to be well-formed."""
        answer = self._caller.call("GET", path, None, **self._headers, cookie=self.cookie)
        assert answer.status == 200, answer.body
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        text = answer.body.decode()
        Strict(text)
        assert NASTY not in text
        return text

    def send(self, path: str, fields: dict[str, str], **headers: str | None) -> Answer:
        """Send a form."""
        said = {
            **self._headers,
            "cookie": self.cookie,
            "origin": self.url,
            "sec_fetch_site": "same-origin",
            "content_type": "application/x-www-form-urlencoded",
            **headers,
        }
        return self._caller.call("POST", path, urlencode(fields).encode(), **said)

    def token(self, page: str) -> str:
        """Return the token in a page's forms."""
        return str(re.findall(r'name="token" value="([^"]+)"', page)[0])


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    consumer = prober(Script(refuse))
    world = make_embedded_world(consumer)
    world.accept(*(ProbeRequested(probe=f"{NASTY} {number}") for number in range(3)))
    world.work_off(consumer)
    return world


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    with serving(world, consumer=NAME) as ingress:
        ingress.accounts.add_user("ada", PASSWORD, superuser=True)
        ingress.accounts.add_user("bob", PASSWORD)
        ingress.accounts.add_user("cleo@example.org", PASSWORD, operator=True)
        yield ingress


@pytest.fixture
def ada(ingress: Ingress) -> Browser:
    return Browser(ingress, "ada")


def test_a_group_is_replayed_by_one_button(world: World, ada: Browser) -> None:
    page = ada.open("/parked")
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert "3 wait for a decision" in page
    answer = ada.send("/parked/replay", hidden)
    assert (answer.status, answer.headers["location"]) == (303, "/parked")
    assert world.count(tables.parked, ending="replayed", ended_by="user:ada") == 3
    assert "Every event has been handled" in ada.open("/parked")


def test_an_item_is_replayed_edited_and_discarded(world: World, ada: Browser) -> None:
    first, second, third = (row["id"] for row in world.rows(tables.parked))
    page = ada.open(f"/parked/{first}")
    token = ada.token(page)
    assert "Traceback" in page
    answer = ada.send(f"/parked/{first}/replay", {"token": token, "note": ""})
    assert (answer.status, answer.headers["location"]) == (303, f"/parked/{first}")
    data = {"token": token, "data": '{"probe": "m51"}', "note": "was\r\nwrong"}
    answer = ada.send(f"/parked/{second}/edit", data)
    (row,) = world.rows(tables.parked, id=second)
    assert (answer.status, answer.headers["location"]) == (303, f"/events/{row['replaced_by']}")
    assert (row["ending"], row["note"]) == ("edited", "was\nwrong")
    answer = ada.send(f"/parked/{third}/discard", {"token": token, "reason": NASTY})
    assert answer.status == 303
    assert "Discarded" in ada.open(f"/parked/{third}")
    again = ada.send(f"/parked/{third}/replay", {"token": token})
    assert (again.status, again.headers["content-type"]) == (409, "text/html; charset=utf-8")
    for state in ("replayed", "edited", "discarded", "any"):
        assert "user:ada" in ada.open(f"/parked?state={state}")


@pytest.mark.parametrize(
    ("data", "shown"), [('{"probe": 7}', "data.probe"), ("{nonsense", "is not JSON")]
)
def test_what_was_typed_is_not_lost(world: World, ada: Browser, data: str, shown: str) -> None:
    item = world.rows(tables.parked)[0]["id"]
    token = ada.token(ada.open(f"/parked/{item}"))
    answer = ada.send(f"/parked/{item}/edit", {"token": token, "data": data})
    text = answer.body.decode()
    Strict(text)
    assert answer.status == 422
    assert shown in text
    assert data.replace('"', "&#34;") in text


def test_forms_from_elsewhere_are_refused(world: World, ada: Browser) -> None:
    item = world.rows(tables.parked)[0]["id"]
    path = f"/parked/{item}/replay"
    token = ada.token(ada.open("/parked"))
    good = {"token": token}
    refused = [
        ada.send(path, {}),
        ada.send(path, {"token": "x" * len(token)}),
        ada.send(path, {"token": "é"}),
        ada.send(path, good, cookie=None),
        ada.send(path, {"token": ""}, cookie="muniment-form="),
        ada.send(path, good, origin="https://elsewhere.example"),
        ada.send(path, good, origin="null"),
        ada.send(path, good, sec_fetch_site="cross-site"),
        ada.send(path, good, sec_fetch_site="same-site", origin=None),
    ]
    assert [one.status for one in refused] == [403] * len(refused)
    for one in refused:
        assert "did not come from a page of ours" in one.body.decode()
    bare = ada.send(path, {}, content_type=None, origin="https://elsewhere.example")
    assert bare.status == 403
    assert ada.send(path, {}, content_type="text/plain").status == 415
    assert world.count(tables.parked, ending="replayed") == 0
    assert ada.send(path, good, sec_fetch_site=None, origin=None).status == 303


def test_who_may_not_administer_sees_no_forms(world: World, ingress: Ingress) -> None:
    bob = Browser(ingress, "bob")
    assert 'method="post"' not in bob.open("/parked")
    item = world.rows(tables.parked)[0]["id"]
    assert 'method="post"' not in bob.open(f"/parked/{item}")


def test_an_operator_decides_as_a_superuser_does(world: World, ingress: Ingress) -> None:
    cleo = Browser(ingress, "cleo@example.org")
    item = world.rows(tables.parked)[0]["id"]
    token = cleo.token(cleo.open(f"/parked/{item}"))
    assert cleo.send(f"/parked/{item}/replay", {"token": token}).status == 303
    assert world.count(tables.parked, ending="replayed", ended_by="user:cleo@example.org") == 1
    bob = Browser(ingress, "bob")
    bob.open("/parked")
    assert bob.send("/parked/replay", {}).status == 403


def test_a_browser_is_asked_to_sign_in(ingress: Ingress) -> None:
    caller = Caller(ingress.url, "")
    answer = caller.call("GET", "/parked", accept="text/html", authorization=None)
    assert answer.status == 401
    assert "Basic" in answer.headers["www-authenticate"]


def test_the_status_page_says_how_many_wait(ada: Browser) -> None:
    answer = Caller(ada.url, "").call("GET", "/", accept="text/html", authorization=None)
    assert '<b class="waiting">3</b>' in answer.body.decode()


def test_a_filter_keeps_its_words(ada: Browser) -> None:
    page = ada.open(f"/parked?{urlencode({'reason': NASTY, 'limit': 2})}")
    assert 'rel="next"' in page
    assert "&lt;script&gt;" in page
    assert "Nothing fits" in ada.open("/parked?consumer=other")
