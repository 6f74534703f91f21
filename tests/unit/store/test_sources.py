"""Bytes come from the places that the settings allow, whole, and from nowhere else."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from store.errors import (
    SetupError,
    SourceNotFoundError,
    SourceRefusedError,
    SourceUnavailableError,
)
from store.sources import GuardedSources
from tests.web import Answer, Web, serve


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    (inbox / "night 1").mkdir(parents=True)
    (inbox / "night 1/a.fits").write_bytes(b"stars")
    (tmp_path / "inbox2").mkdir()
    (tmp_path / "inbox2/secret").write_bytes(b"secret")
    return inbox


@pytest.fixture
def sources(inbox: Path) -> GuardedSources:
    return GuardedSources([inbox.parent / "other", inbox], ["public-data"], None, [])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def web(authority: trustme.CA) -> Iterator[Web]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with serve(lambda _: Answer(body=b"stars"), tls) as web:
        yield web


@pytest.fixture
def fetching(authority: trustme.CA, web: Web, tmp_path: Path) -> GuardedSources:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return GuardedSources([], [], None, [f"localhost:{web.port}"], str(tmp_path / "ca.pem"))


def read(sources: GuardedSources, source: str) -> bytes:
    with sources.open(source) as stream:
        return stream.read()


# --- files --------------------------------------------------------------------------------------


def test_a_file_in_an_inbox(sources: GuardedSources, inbox: Path) -> None:
    assert read(sources, f"{inbox}/night 1/a.fits") == b"stars"
    assert read(sources, f"{inbox}/night 1/../night 1//./a.fits") == b"stars"


def test_a_file_url(sources: GuardedSources, inbox: Path) -> None:
    assert read(sources, f"file://{inbox}/night%201/a.fits") == b"stars"
    assert read(sources, f"file://localhost{inbox}/night%201/a.fits") == b"stars"
    assert read(sources, f"FILE:{inbox}/night%201/a.fits") == b"stars"


def test_a_link_may_stay_inside(sources: GuardedSources, inbox: Path) -> None:
    (inbox / "latest").symlink_to("night 1")
    (inbox / "absolute").symlink_to(inbox / "latest/a.fits")
    assert read(sources, f"{inbox}/latest/a.fits") == b"stars"
    assert read(sources, f"{inbox}/absolute") == b"stars"


def test_the_inbox_itself_may_be_a_link(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(inbox)
    sources = GuardedSources([tmp_path / "link"], [], None, [])
    assert read(sources, f"{tmp_path}/link/night 1/a.fits") == b"stars"


def test_a_link_that_leads_out_is_refused(sources: GuardedSources, inbox: Path) -> None:
    (inbox / "secret").symlink_to("../inbox2/secret")
    (inbox / "folder").symlink_to(inbox.parent / "inbox2")
    (inbox / "passwd").symlink_to("/etc/passwd")
    (inbox / "zero").symlink_to("/dev/zero")
    for name in ("secret", "folder/secret", "folder/nothing", "passwd", "zero"):
        with pytest.raises(SourceRefusedError, match="outside"):
            sources.open(f"{inbox}/{name}")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/",
        "{inbox}/../inbox2/secret",
        "{inbox}2/secret",
        "{inbox}/night 1/../../inbox2/secret",
        "file:///etc/passwd",
        "file://{inbox}/%2e%2e/inbox2/secret",
        "file://{inbox}/..%2finbox2/secret",
    ],
)
def test_a_path_elsewhere_is_refused_and_says_what_is_allowed(
    sources: GuardedSources, inbox: Path, path: str
) -> None:
    source = path.format(inbox=inbox)
    with pytest.raises(SourceRefusedError, match="outside") as caught:
        sources.open(source)
    assert caught.value.source == source
    assert f"files below {inbox}, s3://public-data/, https: URLs" in caught.value.reason


@pytest.mark.parametrize("source", ["file://elsewhere{inbox}/a", "file:a", "file:", "{inbox}/\0"])
def test_a_path_that_is_odd_is_refused(sources: GuardedSources, inbox: Path, source: str) -> None:
    with pytest.raises(SourceRefusedError, match="allowed are"):
        sources.open(source.format(inbox=inbox))


@pytest.mark.timeout(60)
def test_only_regular_files_are_read(sources: GuardedSources, inbox: Path) -> None:
    os.mkfifo(inbox / "fifo")
    for name in ("night 1", "", ".", "fifo"):
        with pytest.raises(SourceRefusedError, match="not a regular file"):
            sources.open(f"{inbox}/{name}")


@pytest.mark.parametrize("name", ["nothing", "night 1/nothing", "night 1/a.fits/b", "x" * 300])
def test_nothing_there(sources: GuardedSources, inbox: Path, name: str) -> None:
    with pytest.raises(SourceNotFoundError):
        sources.open(f"{inbox}/{name}")


def test_an_inbox_that_is_gone_is_waited_for(inbox: Path) -> None:
    sources = GuardedSources([inbox / "disk"], [], None, [])
    with pytest.raises(SourceUnavailableError, match="for now"):
        sources.open(f"{inbox}/disk/a.fits")


# --- the web ------------------------------------------------------------------------------------


def test_a_url(fetching: GuardedSources, web: Web) -> None:
    assert read(fetching, f"https://localhost:{web.port}/a.fits") == b"stars"


def test_a_url_in_chunks(fetching: GuardedSources, web: Web) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    body = b"5\r\nstars\r\n5\r\n more\r\n0\r\n\r\n"
    web.answering = lambda _: Answer(body=body, headers=chunked, length=None)
    assert read(fetching, f"https://localhost:{web.port}/") == b"stars more"


def test_an_empty_body(fetching: GuardedSources, web: Web) -> None:
    web.answering = lambda _: Answer()
    assert read(fetching, f"https://localhost:{web.port}/") == b""


def test_a_body_that_is_cut_short_is_not_the_end(fetching: GuardedSources, web: Web) -> None:
    web.answering = lambda _: Answer(body=bytes(1_000_000), length=1_000_001)
    with fetching.open(f"https://localhost:{web.port}/") as stream:
        assert stream.read(500_000) == bytes(500_000)
        with pytest.raises(SourceUnavailableError, match="broke off"):
            stream.read()


@pytest.mark.parametrize("body", [b"5\r\nstars\r\n", b"5\r\nsta", b"zz\r\n"])
def test_chunks_that_break_off_are_not_the_end(
    fetching: GuardedSources, web: Web, body: bytes
) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    web.answering = lambda _: Answer(body=body, headers=chunked, length=None)
    with pytest.raises(SourceUnavailableError, match="broke off"):
        read(fetching, f"https://localhost:{web.port}/")


def test_a_body_of_unknown_length_is_refused(fetching: GuardedSources, web: Web) -> None:
    web.answering = lambda _: Answer(body=b"who knows", length=None)
    with pytest.raises(SourceRefusedError, match="how long"):
        fetching.open(f"https://localhost:{web.port}/")


def test_a_url_that_the_guard_refuses(sources: GuardedSources) -> None:
    with pytest.raises(SourceRefusedError, match="MUNIMENT_FETCH_ALLOW"):
        sources.open("https://127.0.0.1/")
    with pytest.raises(SourceRefusedError, match="MUNIMENT_FETCH_ALLOW"):
        sources.open("HTTP://127.0.0.1/")


# --- all else -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    ["", "a.fits", "../a.fits", "ftp://example.org/a", "data:,x", "upload:1", "s3:x", "~/a"],
)
def test_anything_else_is_refused_and_says_what_is_allowed(
    sources: GuardedSources, source: str
) -> None:
    with pytest.raises(SourceRefusedError, match=r"allowed are files below .*https: URLs"):
        sources.open(source)


@pytest.mark.parametrize("source", ["s3://public-data/a", "s3://other/a", "s3://"])
def test_no_bucket_without_a_server(sources: GuardedSources, source: str) -> None:
    with pytest.raises(SourceRefusedError, match="listed bucket"):
        sources.open(source)


def test_a_wrong_setting_is_told_at_once() -> None:
    with pytest.raises(SetupError, match="write a host"):
        GuardedSources([], [], None, ["10.0.0.1/8"])
