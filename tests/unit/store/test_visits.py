"""A visit goes to one judged address, keeps its connection, and tells what went wrong."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
import trustme

from store.errors import SourceNotFoundError, SourceRefusedError, SourceUnavailableError
from store.outgoing import Outgoing
from tests.equipment.ckan import ACTION, Ckan, Trouble, WebFile, running_ckan
from tests.services.waiting import until
from tests.web import Answer, serve

HOST = "ckan.example"
OTHER = "other.example"
KEY = "a-very-secret-key"
MIB = 1024 * 1024
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PATIENCE_SECONDS = 60


def local(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
def ckan() -> Iterator[Ckan]:
    with running_ckan() as ckan:
        yield ckan


@pytest.fixture(scope="module")
def web() -> Outgoing:
    # A server may say nothing for longer than any test waits.
    silence = 2 * PATIENCE_SECONDS
    return Outgoing([HOST, OTHER, "127.0.0.1"], None, local, silence, clock=lambda: NOW)


def named(ckan: Ckan, path: str = ACTION, host: str = HOST) -> str:
    return ckan.url.replace("127.0.0.1", host) + path


def answering(ckan: Ckan, status: int, body: bytes = b"", **headers: str) -> None:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    ckan.always = Trouble(status=status, body=body, headers=told)


def post(web: Outgoing, url: str, *, largest: int = MIB, **headers: str) -> bytes:
    with web.visit(url, headers) as visit:
        return visit.post(b"{}", largest=largest)


def test_json_is_posted(web: Outgoing, ckan: Ckan) -> None:
    answering(ckan, 200, b"answer")
    assert post(web, named(ckan), Authorization=KEY) == b"answer"
    (asked,) = ckan.asked
    assert (asked.method, asked.path, asked.body) == ("POST", ACTION, b"{}")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"] == KEY
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["host"] == named(ckan, "").removeprefix("http://")


def test_one_connection_serves_all_requests(web: Outgoing, ckan: Ckan) -> None:
    answering(ckan, 200, b"x" * 3 * MIB)
    with web.visit(named(ckan)) as visit:
        for _ in range(3):
            assert len(visit.post(b"{}", largest=3 * MIB)) == 3 * MIB
    assert ckan.connections == 1


def test_the_name_is_looked_up_once_and_later_requests_go_where_it_was_judged(ckan: Ckan) -> None:
    answering(ckan, 200, b"answer")
    names = iter([["127.0.0.1"], ["127.0.0.99"]])
    web = Outgoing(["127.0.0.1/32"], None, lambda *_: next(names))
    ckan.troubles[0] = Trouble(status=200, headers={"Connection": "close"})
    with web.visit(named(ckan)) as visit:
        assert visit.post(b"{}", largest=MIB) == b""
        assert visit.post(b"{}", largest=MIB) == b"answer"
    assert ckan.connections == 2
    assert next(names) == ["127.0.0.99"]


def test_an_address_that_refuses_leads_to_the_next_which_is_kept(ckan: Ckan) -> None:
    answering(ckan, 200, b"answer")
    web = Outgoing([HOST], None, lambda *_: ["127.0.0.77", "127.0.0.1"])
    with web.visit(named(ckan)) as visit:
        assert [visit.post(b"{}", largest=MIB) for _ in range(2)] == [b"answer", b"answer"]
    assert ckan.connections == 1


def test_a_place_that_is_not_listed_is_refused_at_once() -> None:
    with pytest.raises(SourceRefusedError, match="MUNIMENT_FETCH_ALLOW"):
        Outgoing([]).visit("http://127.0.0.1/api")


def test_tls_is_kept_as_well(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with serve(lambda request: Answer(body=request.body), tls) as server:
        web = Outgoing([HOST], str(tmp_path / "ca.pem"), local)
        assert post(web, f"https://{HOST}:{server.port}/") == b"{}"


# --- redirects ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed(
    web: Outgoing, ckan: Ckan, status: int
) -> None:
    ckan.troubles[0] = Trouble(status=status, headers={"Location": "/elsewhere"}, body=b"moved")
    answering(ckan, 200, b"answer")
    assert post(web, named(ckan)) == b"answer"
    assert [(each.path, each.body) for each in ckan.asked] == [
        (ACTION, b"{}"),
        ("/elsewhere", b"{}"),
    ]
    assert ckan.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_never_becomes_a_get(web: Outgoing, ckan: Ckan, status: int) -> None:
    answering(ckan, status, Location="/elsewhere")
    with pytest.raises(SourceRefusedError, match=f"/elsewhere' with status {status}.*into a GET"):
        post(web, named(ckan))
    assert len(ckan.asked) == 1


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "only https: and http:"),
        ("http://169.254.169.254/latest/meta-data/", "MUNIMENT_FETCH_ALLOW"),
        ("http://[::1", "Invalid IPv6"),
    ],
)
def test_each_redirect_is_judged(ckan: Ckan, location: str, reason: str) -> None:
    web = Outgoing([HOST], None, lambda host, _: ["127.0.0.1"] if host == HOST else [host])
    answering(ckan, 307, Location=location)
    ckan.files["/"] = WebFile(status=302, headers={"Location": location})
    with pytest.raises(SourceRefusedError, match=reason):
        post(web, named(ckan))
    with pytest.raises(SourceRefusedError, match=reason), web.visit(named(ckan, "/")) as visit:
        visit.get()


def test_a_sixth_redirect_is_one_too_many(web: Outgoing, ckan: Ckan) -> None:
    answering(ckan, 308, Location="/again")
    with pytest.raises(SourceRefusedError, match="more than 5 times"):
        post(web, named(ckan))
    assert len(ckan.asked) == 6


def test_the_key_is_told_to_no_other_host(web: Outgoing, ckan: Ckan) -> None:
    ckan.troubles[0] = Trouble(status=307, headers={"Location": "/here"})
    ckan.troubles[1] = Trouble(status=307, headers={"Location": named(ckan, "/x", OTHER)})
    answering(ckan, 200)
    post(web, named(ckan), Authorization=KEY, Accept="application/json")
    assert [each.headers.get("authorization") for each in ckan.asked] == [KEY, KEY, None]
    assert [each.headers["accept"] for each in ckan.asked] == ["application/json"] * 3


# --- answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_that_is_too_large_is_refused(web: Outgoing, *, length: bool) -> None:
    told = -1 if length else None
    with (
        serve(lambda _: Answer(body=b"x" * 1001, length=told)) as server,
        pytest.raises(SourceRefusedError, match=r"1000 bytes.*MUNIMENT_PACKAGER_PAGE_SIZE"),
    ):
        post(web, f"http://{HOST}:{server.port}/", largest=1000)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_tells_what_the_server_says(web: Outgoing, ckan: Ckan, status: int) -> None:
    answering(ckan, status, b'{"success": false, "error": {"message": "Access denied"}}')
    with pytest.raises(SourceRefusedError, match=f"status {status}: Access denied"):
        post(web, named(ckan))


def test_a_refusal_does_not_tell_the_key(web: Outgoing, ckan: Ckan) -> None:
    answering(ckan, 403, f'{{"error": "no user has the key {KEY}"}}'.encode())
    with pytest.raises(SourceRefusedError, match="no user has the key …") as caught:
        post(web, named(ckan), Authorization=KEY)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["a\r\nHost: evil", "a\nb", "clé", "a\0b"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_told(
    web: Outgoing, ckan: Ckan, key: str
) -> None:
    with pytest.raises(SourceRefusedError, match="no header 'Authorization' can hold") as caught:
        post(web, named(ckan), Authorization=key)
    assert key not in str(caught.value)
    assert ckan.asked == []


def test_nothing_there(web: Outgoing, ckan: Ckan) -> None:
    answering(ckan, 404, b"<h1>Not Found</h1>")
    with pytest.raises(SourceNotFoundError):
        post(web, named(ckan))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_for_now(web: Outgoing, ckan: Ckan, status: int) -> None:
    answering(ckan, status, b'{"message": "Later"}')
    with pytest.raises(SourceUnavailableError, match=f"status {status} for now: Later") as caught:
        post(web, named(ckan))
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("told", "seconds"), [("120", 120.0), ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0)]
)
def test_the_server_says_when_to_come_again(
    web: Outgoing, ckan: Ckan, told: str, seconds: float
) -> None:
    answering(ckan, 503, Retry_After=told)
    with pytest.raises(SourceUnavailableError) as caught:
        post(web, named(ckan))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("cut", [-1, 0, 3])
def test_an_answer_that_breaks_off_may_come_later(web: Outgoing, ckan: Ckan, cut: int) -> None:
    ckan.troubles[0] = Trouble(status=200, body=b"answer", cut=cut)
    answering(ckan, 200, b"answer")
    with web.visit(named(ckan)) as visit:
        with pytest.raises(SourceUnavailableError):
            visit.post(b"{}", largest=MIB)
        assert visit.post(b"{}", largest=MIB) == b"answer"


def test_a_server_that_says_nothing_is_down(ckan: Ckan) -> None:
    ckan.always = Trouble(silent=True)
    web = Outgoing([HOST], None, local, read_timeout=0.2)
    with pytest.raises(SourceUnavailableError, match="timed out"):
        post(web, named(ckan))


def test_a_server_that_is_not_there_is_down(web: Outgoing, free_port: int) -> None:
    with pytest.raises(SourceUnavailableError, match=r"answer: Connection refused$"):
        post(web, f"http://{HOST}:{free_port}/")


CHUNKED = {"Transfer-Encoding": "chunked"}


def test_chunks_are_put_together_and_a_missing_one_is_noticed(web: Outgoing) -> None:
    whole = Answer(body=b"3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n", headers=CHUNKED, length=None)
    cut = Answer(body=b"3\r\nans\r\n", headers=CHUNKED, length=None)
    with serve(lambda _: whole) as server:
        url = f"http://{HOST}:{server.port}/"
        assert post(web, url) == b"answer"
        assert download(web, url) == (b"answer", None, True)
        server.answering = lambda _: cut
        for ask in (post, download):
            with pytest.raises(SourceUnavailableError, match="broke off"):
                ask(web, url)


# --- downloads ----------------------------------------------------------------------------------


def download(web: Outgoing, url: str, **headers: str) -> tuple[bytes, int | None, bool]:
    with web.visit(url, headers) as visit:
        found = visit.get()
        with found.body:
            return found.body.read(), found.length, found.marked


def test_a_file_is_read(web: Outgoing, ckan: Ckan) -> None:
    ckan.files["/a.csv"] = WebFile(b"a,b\n" * MIB)
    body, length, marked = download(web, named(ckan, "/a.csv"), Authorization=KEY)
    assert (body, length, marked) == (b"a,b\n" * MIB, 4 * MIB, True)
    assert ckan.asked[0].headers["authorization"] == KEY


def test_a_file_of_unknown_length_is_read(web: Outgoing, ckan: Ckan) -> None:
    ckan.files["/a"] = WebFile(b"bytes", length=False)
    assert download(web, named(ckan, "/a")) == (b"bytes", None, False)


def test_a_redirect_to_another_host_gets_no_key(web: Outgoing, ckan: Ckan) -> None:
    ckan.files["/a"] = WebFile(status=302, headers={"Location": named(ckan, "/b", OTHER)})
    ckan.files["/b"] = WebFile(b"bytes")
    assert download(web, named(ckan, "/a"), Authorization=KEY)[0] == b"bytes"
    assert [each.headers.get("authorization") for each in ckan.asked] == [KEY, None]


def test_a_file_that_breaks_off_never_looks_whole(web: Outgoing, ckan: Ckan) -> None:
    ckan.files["/a"] = WebFile(b"bytes" * MIB, trouble=Trouble(cut=3 * MIB))
    with pytest.raises(SourceUnavailableError, match="broke off"):
        download(web, named(ckan, "/a"))


# --- closing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Trouble(silent=True), Trouble(hold=Event())])
def test_closing_ends_a_request_that_waits(web: Outgoing, ckan: Ckan, trouble: Trouble) -> None:
    ckan.always = Trouble(status=200, body=b"answer", hold=trouble.hold, silent=trouble.silent)
    with ThreadPoolExecutor(1) as thread, closing(web.visit(named(ckan))) as visit:
        waiting = thread.submit(lambda: visit.post(b"{}", largest=MIB))
        until(lambda: ckan.asked, seconds=PATIENCE_SECONDS, what="the request")
        visit.close()
        assert isinstance(waiting.exception(PATIENCE_SECONDS), SourceUnavailableError)
    if trouble.hold is not None:
        trouble.hold.set()


@pytest.mark.parametrize("again", [lambda visit: visit.post(b"", largest=1), lambda v: v.get()])
def test_a_closed_visit_asks_nothing(
    web: Outgoing, ckan: Ckan, again: Callable[[object], object]
) -> None:
    visit = web.visit(named(ckan))
    visit.close()
    with pytest.raises(SourceUnavailableError, match="is over"):
        again(visit)
    assert ckan.asked == []
