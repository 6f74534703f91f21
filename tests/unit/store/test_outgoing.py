"""The guard of outgoing requests lets through what it should, to where it judged, and no more."""

import gzip
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from store.errors import SourceNotFoundError, SourceRefusedError, SourceUnavailableError
from store.outgoing import Outgoing
from tests.web import Answer, Request, Web, serve

HOST = "archive.example"
OTHER = "other.example"


def hello(_: Request) -> Answer:
    return Answer(body=b"hello")


def local(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def web(authority: trustme.CA) -> Iterator[Web]:
    """A TLS server whose certificate names `HOST` alone."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(tls)
    with serve(hello, tls) as web:
        yield web


@pytest.fixture
def plain() -> Iterator[Web]:
    with serve(hello) as web:
        yield web


@pytest.fixture
def outgoing(bundle: str) -> Outgoing:
    return Outgoing([HOST, OTHER], bundle, local)


def get(outgoing: Outgoing, url: str) -> bytes:
    response = outgoing.get(url)
    try:
        return response.read()
    finally:
        response.close()


def test_a_listed_host_is_read(outgoing: Outgoing, web: Web) -> None:
    assert get(outgoing, f"https://{HOST}:{web.port}/a/b?c=d&e#f") == b"hello"
    (request,) = web.requests
    assert (request.method, request.path) == ("GET", "/a/b?c=d&e")
    assert request.headers["host"] == f"{HOST}:{web.port}"
    assert {"authorization", "cookie", "proxy-authorization"}.isdisjoint(request.headers)


def test_the_path_is_sent_as_a_path(outgoing: Outgoing, web: Web) -> None:
    get(outgoing, f"https://{HOST}:{web.port}/a//b/%2e%2e/\u00e9")
    get(outgoing, f"https://{HOST}:{web.port}?query")
    assert [each.path for each in web.requests] == ["/a//b/%2E%2E/%C3%A9", "/?query"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "\uff11\uff12\uff17.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    for url in (f"https://{host}/", f"https://{host}:8443/x"):
        with pytest.raises(SourceRefusedError, match="MUNIMENT_FETCH_ALLOW") as caught:
            Outgoing([]).get(url)
        assert caught.value.source == url


def test_a_name_of_a_private_address_is_refused_and_the_address_is_not_told() -> None:
    with pytest.raises(SourceRefusedError, match="not on the public internet") as caught:
        Outgoing([], resolve=lambda *_: ["10.20.30.40"]).get("https://intranet.example/")
    assert "10.20.30.40" not in str(caught.value)


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_judged(
    web: Web, bundle: str
) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.99"]])
    outgoing = Outgoing(["127.0.0.1/32"], bundle, lambda *_: next(answers))
    assert get(outgoing, f"https://{HOST}:{web.port}/") == b"hello"
    assert next(answers) == ["127.0.0.99"]


def test_of_several_addresses_only_those_that_may_are_tried(web: Web, bundle: str) -> None:
    found = ["10.0.0.1", "::1", "127.0.0.1"]
    outgoing = Outgoing(["127.0.0.1"], bundle, lambda *_: found)
    assert get(outgoing, f"https://{HOST}:{web.port}/") == b"hello"


def test_an_address_that_refuses_leads_to_the_next(web: Web, bundle: str) -> None:
    outgoing = Outgoing([HOST], bundle, lambda *_: ["127.0.0.77", "127.0.0.1"])
    assert get(outgoing, f"https://{HOST}:{web.port}/") == b"hello"


def test_the_certificate_must_name_the_host(outgoing: Outgoing, web: Web) -> None:
    with pytest.raises(SourceRefusedError, match=r"'other\.example' is not trusted"):
        outgoing.get(f"https://{OTHER}:{web.port}/")
    assert web.requests == []


def test_the_certificate_must_be_signed_by_someone_trusted(web: Web) -> None:
    with pytest.raises(SourceRefusedError, match=r"'archive\.example' is not trusted"):
        Outgoing([HOST], None, local).get(f"https://{HOST}:{web.port}/")
    assert web.requests == []


def test_http_is_for_listed_places(plain: Web) -> None:
    url = f"http://{HOST}:{plain.port}/"
    assert get(Outgoing([f"{HOST}:{plain.port}"], None, local), url) == b"hello"
    assert get(Outgoing(["127.0.0.0/8"], None, local), url) == b"hello"
    with pytest.raises(SourceRefusedError, match=r"by http: .* not listed"):
        Outgoing([OTHER], None, local).get(url)
    with pytest.raises(SourceRefusedError, match=r"by http: .* not listed"):
        Outgoing([], None, lambda *_: ["8.8.8.8"]).get("http://public.example/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://user:secret@archive.example/", "credentials"),
        ("https://@archive.example/", "credentials"),
        ("https:///path", "names no host"),
        ("https://", "names no host"),
        ("https://[fe80::1%25eth0]/", "names no host"),
        ("https://archive.example:port/", "Port"),
        ("https://archive.example:99999/", "Port"),
        ("https://[::1/", "Invalid IPv6"),
        ("https://a..b/", "idna"),
        ("https://archive.example/a b", "space"),
        ("https://archive.example/a\r\nHost: evil", "control"),
        ("https://archive.example\\@evil.example/", "backslash"),
        ("ftp://archive.example/", "only https: and http:"),
        ("file:///etc/passwd", "only https: and http:"),
        ("gopher:x", "only https: and http:"),
        ("", "only https: and http:"),
    ],
)
def test_a_url_that_is_odd_is_refused(outgoing: Outgoing, url: str, reason: str) -> None:
    with pytest.raises(SourceRefusedError, match=reason):
        outgoing.get(url)


def test_redirects_are_followed(outgoing: Outgoing, web: Web) -> None:
    steps = {
        "/1": f"https://{HOST}:{web.port}/2",
        "/2": "/a/3",
        "/a/3": "4?x",
        "/a/4?x": "?y",
        "/a/4?y": "//" + f"{HOST}:{web.port}/end",
    }

    def redirect(request: Request) -> Answer:
        if request.path in steps:
            return Answer(302, b"moved", {"Location": steps[request.path]})
        return Answer(body=request.path.encode())

    web.answering = redirect
    assert get(outgoing, f"https://{HOST}:{web.port}/1") == b"/end"


def test_a_sixth_redirect_is_one_too_many(outgoing: Outgoing, web: Web) -> None:
    web.answering = lambda _: Answer(307, headers={"Location": "/again"})
    with pytest.raises(SourceRefusedError, match="more than 5 times"):
        outgoing.get(f"https://{HOST}:{web.port}/")
    assert len(web.requests) == 6


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/meta-data/",
        "http://public.example/",
        "file:///etc/passwd",
        "https://user:secret@archive.example/",
        "https://[::1]:6379/",
    ],
)
def test_each_redirect_is_judged_anew(bundle: str, web: Web, location: str) -> None:
    places = {HOST: "127.0.0.1", "public.example": "8.8.8.8"}
    outgoing = Outgoing([HOST], bundle, lambda host, _: [places.get(host, host)])
    web.answering = lambda _: Answer(301, headers={"Location": location})
    url = f"https://{HOST}:{web.port}/"
    with pytest.raises(SourceRefusedError, match="it redirects to") as caught:
        outgoing.get(url)
    assert caught.value.source == url
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_nothing_there(outgoing: Outgoing, web: Web, status: int) -> None:
    web.answering = lambda _: Answer(status)
    with pytest.raises(SourceNotFoundError):
        outgoing.get(f"https://{HOST}:{web.port}/")


@pytest.mark.parametrize("status", [204, 206, 300, 302, 304, 400, 401, 403, 405, 451])
def test_an_answer_that_will_not_change_is_a_refusal(
    outgoing: Outgoing, web: Web, status: int
) -> None:
    web.answering = lambda _: Answer(status)
    with pytest.raises(SourceRefusedError, match=f"status {status}"):
        outgoing.get(f"https://{HOST}:{web.port}/")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_for_now(outgoing: Outgoing, web: Web, status: int) -> None:
    web.answering = lambda _: Answer(status)
    with pytest.raises(SourceUnavailableError, match=f"status {status} for now"):
        outgoing.get(f"https://{HOST}:{web.port}/")


def test_a_server_that_says_nothing_is_down(bundle: str, web: Web) -> None:
    web.answering = lambda _: Answer(silent=True)
    outgoing = Outgoing([HOST], bundle, local, read_timeout=0.2)
    with pytest.raises(SourceUnavailableError, match="timed out"):
        outgoing.get(f"https://{HOST}:{web.port}/")


def test_a_server_that_is_not_there_is_down(outgoing: Outgoing, free_port: int) -> None:
    with pytest.raises(SourceUnavailableError, match="refused"):
        outgoing.get(f"https://{HOST}:{free_port}/")


def test_a_server_that_speaks_no_tls_is_down(outgoing: Outgoing, plain: Web) -> None:
    with pytest.raises(SourceUnavailableError, match="does not answer"):
        outgoing.get(f"https://{HOST}:{plain.port}/")


@pytest.mark.parametrize(
    ("error", "expected", "reason"),
    [
        (socket.EAI_NONAME, SourceRefusedError, "there is no host"),
        (socket.EAI_AGAIN, SourceUnavailableError, "cannot look up"),
    ],
)
def test_a_name_that_cannot_be_looked_up(
    error: int, expected: type[Exception], reason: str
) -> None:
    def fail(*_: object) -> Sequence[str]:
        raise socket.gaierror(error, "as the resolver says")

    with pytest.raises(expected, match=reason):
        Outgoing([], resolve=fail).get("https://public.example/")


def test_bytes_come_as_they_are(outgoing: Outgoing, web: Web) -> None:
    packed = gzip.compress(b"hello")
    web.answering = lambda _: Answer(body=packed, headers={"Content-Encoding": "gzip"})
    assert get(outgoing, f"https://{HOST}:{web.port}/") == packed
    assert web.requests[0].headers["accept-encoding"] == "identity"
