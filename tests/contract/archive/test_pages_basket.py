"""The basket: put by, page after page, looked at, thinned out, and had as one zip."""

import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from http_ingress.archive import sessions
from http_ingress.archive.html.basket import MOST
from store.archive.user_rows import EVERYBODY, user_of
from store.tables import users
from tests.equipment.archive import FORM, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder
from tests.equipment.installations import Answer
from tests.equipment.reading_pages import ReadPage


@pytest.fixture(scope="module")
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    with ingesting_into_folder(request, tmp_path_factory.mktemp("basket")) as ingester:
        yield ingester


@dataclass
class Browser:
    """Keeps cookies, and sends forms."""

    ingester: Ingester
    jar: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> ReadPage:
        """Open a page."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return ReadPage(answer.body)

    def send(self, path: str, *pairs: tuple[str, object], **headers: str) -> Answer:
        """Send a form."""
        body = urlencode(pairs).encode()
        return self.ask("POST", path, body, content_type=FORM, **headers)

    def do(self, what: str, *frames: int, **headers: str) -> Answer:
        """Do something with the basket."""
        pairs = [("frame_ids", one) for one in frames]
        return self.send("/basket/", *pairs, ("do", what), **headers)

    def basket(self) -> list[int]:
        """Return what is in it, as programs are told."""
        answer = self.ask("GET", "/basket/?format=json")
        found = answer.json["frame_ids"]
        assert isinstance(found, list)
        return sorted(found)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request as a browser does."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        sent = {"accept": "text/html", "cookie": cookie, **headers}
        answer = self.ingester.archive.call(method, path, body, **sent)
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self.jar[name] = morsel.value
        return answer


@pytest.fixture
def browser(ingester: Ingester) -> Browser:
    return Browser(ingester)


def sign_in(browser: Browser, name: str) -> None:
    running = browser.ingester.archive.running
    (row,) = running.store.database.query(EVERYBODY.where(users.c.name == name))
    secret = running.store.archive_secret
    browser.jar[sessions.COOKIE] = sessions.new_session(secret, user_of(row), time.time(), "n")


def test_frames_are_put_in_and_taken_out(ingester: Ingester, browser: Browser) -> None:
    one, two, three = (ingester.ingest(f"data {n}".encode())["id"] for n in range(3))
    assert browser.basket() == []
    assert browser.do("add", one, two).status == 303
    assert browser.do("add", two, three).status == 303
    assert browser.basket() == [one, two, three]
    assert "Basket: 3 frames" in browser.open("/frames/").text
    assert browser.do("take", two, 999).status == 303
    seen = browser.open("/basket/")
    assert [one["value"] for one in seen.all("input", name="frame_ids")] == [str(three), str(one)]
    assert browser.do("empty").status == 303
    assert "Nothing is in it" in browser.open("/basket/").text


def test_it_leads_back_to_where_the_form_was_and_nowhere_else(browser: Browser) -> None:
    for wanted, leads in (
        ("/archive/frames/?site_id=a%26b", "/archive/frames/?site_id=a%26b"),
        ("https://evil.example/archive/", "/archive/"),
        ("//evil.example/archive/", "/archive/"),
        ("", "/archive/"),
    ):
        answer = browser.send("/basket/", ("do", "add"), ("next", wanted))
        assert (answer.status, answer.headers["location"]) == (303, leads)


def test_nobody_sees_more_by_it(ingester: Ingester, browser: Browser) -> None:
    frame = ingester.ingest(b"secret", public_date=in_days(9))
    browser.do("add", frame["id"])
    seen = browser.open("/basket/")
    assert frame["basename"] not in seen.text
    assert "1 more is not there any more, or not for you" in seen.text
    sign_in(browser, "ada")
    assert frame["basename"] in browser.open("/basket/").text


def test_it_holds_only_so_much(browser: Browser) -> None:
    assert browser.do("add", *range(1, MOST + 1)).status == 303
    answer = browser.do("add", MOST + 1)
    assert answer.status == 400
    assert f"The basket holds {MOST} frames" in ReadPage(answer.body).text
    assert browser.do("add", 2**31 - 1 - MOST).status == 400
    # The largest numbers still fit a cookie.
    browser.jar.clear()
    assert browser.do("add", *range(2**31 - MOST, 2**31)).status == 303
    assert max(len(f"{name}={value}") for name, value in browser.jar.items()) < 4096


@pytest.mark.parametrize("cookie", ["x", "1.x.-2.٣.99999999999999", "." * 5000, "0", "1;2"])
def test_a_cookie_that_is_none_of_ours(browser: Browser, cookie: str) -> None:
    browser.jar["muniment-archive-basket"] = cookie.encode().decode("latin-1")
    browser.open("/basket/")


@pytest.mark.parametrize(
    ("do", "headers", "status"),
    [
        ("burn", {}, 400),
        ("", {}, 400),
        ("add", {"origin": "https://evil.example"}, 403),
    ],
)
def test_what_is_refused(browser: Browser, do: str, headers: dict[str, str], status: int) -> None:
    answer = browser.do(do, 1, **headers)
    assert answer.status == status
    assert ReadPage(answer.body).all("h1")
    assert browser.jar == {}


def test_a_member_has_private_frames_in_a_zip(ingester: Ingester, browser: Browser) -> None:
    frames = [ingester.ingest(f"own {n}".encode(), public_date=in_days(9)) for n in range(2)]
    ids = [("frame_ids", one["id"]) for one in frames]
    sign_in(browser, "ada")
    # Another site's form has no token, which it could not know.
    assert browser.do("add", 1).status == 403
    assert browser.send("/frames/zip/", *ids).status == 403
    token = ("csrfmiddlewaretoken", browser.open("/frames/").value("csrfmiddlewaretoken"))
    assert browser.send("/basket/", *ids, ("do", "add"), token).status == 303
    assert browser.basket() == sorted(one["id"] for one in frames)
    answer = browser.send("/frames/zip/", *ids, token, ("next", "/x"))
    assert answer.status == 200, answer
    with zipfile.ZipFile(io.BytesIO(answer.body)) as found:
        assert {found.read(name) for name in found.namelist()} == {b"own 0", b"own 1"}


def test_a_zip_of_nothing_is_refused_with_a_page(browser: Browser) -> None:
    for pairs, text in (
        ([], "frame_ids: This field is required."),
        ([("frame_ids", 10**9)], "None of these frames is there, or not for you."),
    ):
        answer = browser.send("/frames/zip/", *pairs)
        assert answer.status in {400, 404}
        assert text in ReadPage(answer.body).text
