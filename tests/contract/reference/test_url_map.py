"""Section 1: every address, each method, and what is none."""

from urllib.parse import urlsplit

import pytest

from schemas.capabilities import CAPABILITIES
from tests.equipment.component_settings import change_setting
from tests.equipment.descriptions import INFO
from tests.equipment.installations import Caller
from tests.equipment.reference import HTML, JSON, Reference
from tests.services.waiting import until

READ = ("info", "stats")
DOCUMENTS = ("doc", "releasenotes", "source", "licence", "provenance")
PAGES = ("support", "tryme", "app")
SERVICE = [f"service/{one}" for one in (*READ, *DOCUMENTS, *PAGES)]
PLATFORM = [f"platform/{one}" for one in (*READ, *DOCUMENTS, "factsheet", *PAGES)]
CAPABILITY = [
    f"service/{name}/{one}"
    for name in CAPABILITIES
    for one in (*READ, *DOCUMENTS, "factsheet", "support", "tryme", "status")
]
CALLS = (
    *("service/add", "service/reset", "service/setinfo"),
    *("platform/start", "platform/stop", "platform/reset", "platform/setinfo"),
)
FORMS = ("service/update", "platform/update")
READABLE = ("", *SERVICE, *PLATFORM, *CAPABILITY)
NOWHERE = (
    *("service", "service/", "platform", "platform/", "service/packager", "service/packager/"),
    *("service/nothing", "service/license", "service/start", "service/stop", "service/status"),
    *("platform/add", "platform/status", "Service/info", "service/Info", "SERVICE/INFO"),
    *("service/info%0A", "service/info%0a%0d", "service/info%00", "service/info%20", "service/%FF"),
    *("service//info", "/service/info", "service/info//", "service/./info", "service/info/x"),
    *("service/preservation/info", "service/preservation/stats", "service/unknown/stats"),
    *("service/packager/add", "service/packager/app", "service/packager/start", "platform/archive"),
    *("service/packager/update", "service/packager/setinfo", "service/packager/reset", "%2e%2e/"),
    *("documents/", "documents/service", "documents/packager/doc", "documents/service/tryme"),
)


@pytest.fixture(scope="module")
def looking(reference: Reference) -> Reference:
    """The service, once it has looked at what its capabilities need: that changes their pages."""
    until(
        lambda: b"Unknown status" not in reference.get("service/archive/status").body,
        seconds=60,
        what="the first look",
    )
    return reference


@pytest.mark.parametrize("path", READABLE)
def test_what_can_be_read_is_read_with_get_and_head(looking: Reference, path: str) -> None:
    got, headed = looking.call("GET", path), looking.call("HEAD", path)
    assert got.status in ({200, 204, 302, 503} if path in CAPABILITY else {200, 302})
    assert (headed.status, headed.body) == (got.status, b"")
    assert headed.headers.keys() == got.headers.keys()
    for name in ("content-type", "location", "vary", "cache-control", "allow", "content-length"):
        # A page with a form has a token that is another one each time, of the same length.
        assert headed.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_what_can_be_read_can_be_nothing_else(reference: Reference, method: str) -> None:
    for path in READABLE:
        answer = reference.call(method, path)
        assert (answer.status, answer.headers["content-type"]) == (405, JSON), path
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.json == {"detail": f'Method "{method}" not allowed.'}


@pytest.mark.parametrize("path", [*CALLS, *FORMS])
def test_what_can_be_called_is_called_by_one_method(reference: Reference, path: str) -> None:
    wanted = "POST" if path in FORMS else "PUT"
    for method in {"GET", "HEAD", "DELETE", "PATCH", "POST", "PUT"} - {wanted}:
        answer = reference.call(method, path, accept=JSON)
        assert (answer.status, answer.headers["allow"]) == (405, f"{wanted}, OPTIONS")
        if method != "HEAD":
            assert answer.json == {"detail": f'Method "{method}" not allowed.'}
    assert reference.count() == reference.count("platform") == 0


def test_every_address_says_what_it_is(reference: Reference) -> None:
    for path in (*READABLE, *CALLS, *FORMS):
        answer = reference.call("OPTIONS", path)
        assert (answer.status, answer.headers["content-type"]) == (200, JSON), path
        allowed = "GET, HEAD" if path in READABLE else "POST" if path in FORMS else "PUT"
        assert answer.headers["allow"] == f"{allowed}, OPTIONS"
        assert answer.json["name"] == f"/reference/{path}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_what_is_nowhere_is_not_found(reference: Reference, method: str) -> None:
    for path in NOWHERE:
        answer = reference.call(method, path, accept=JSON)
        assert (answer.status, answer.headers["content-type"]) == (404, JSON), path
        assert "location" not in answer.headers
        if method != "HEAD":
            assert answer.json == {"detail": "Not found."}


def test_who_looks_for_what_is_nowhere_is_shown_a_page(reference: Reference) -> None:
    answer = reference.get("service/nothing", accept="text/html")
    assert (answer.status, answer.headers["content-type"]) == (404, HTML)
    assert b"Not Found" in answer.body


def test_a_last_slash_is_no_second_page(reference: Reference) -> None:
    for path in filter(None, READABLE):
        answer = reference.call("GET", f"{path}/?a=b")
        assert (answer.status, answer.headers["location"]) == (301, f"/reference/{path}?a=b")
        assert reference.call("PUT", f"{path}/").status == 404


def test_a_call_with_a_last_slash_is_none(reference: Reference) -> None:
    for path in (*CALLS, *FORMS):
        for method in ("GET", "PUT", "POST"):
            assert reference.call(method, f"{path}/").status == 404, path


def test_the_index_has_its_slash(reference: Reference) -> None:
    answer = Caller(reference.url, token="").call("GET", "/reference", authorization=None)
    assert (answer.status, answer.headers["location"]) == (301, "/reference/")
    assert Caller(reference.url, token="").call("GET", "/references").status == 404


@pytest.mark.parametrize("query", ["a=b", "format=api", "format=xml", "format=json", "%00", "&&=="])
def test_queries_are_ignored(reference: Reference, query: str) -> None:
    for path in ("service/info", "platform/stats", "service/app"):
        plain, asked = reference.get(path), reference.get(f"{path}?{query}")
        assert (plain.status, plain.headers["content-type"]) == (
            asked.status,
            asked.headers["content-type"],
        )


@pytest.mark.parametrize("component", ["service", "platform"])
@pytest.mark.parametrize("document", [*DOCUMENTS, "factsheet"])
def test_documents_of_the_demonstration_lead_somewhere(
    reference: Reference, component: str, document: str
) -> None:
    answer = reference.get(f"{component}/{document}")
    assert answer.status == 302
    where = urlsplit(answer.headers["location"])
    assert (where.scheme, f"http://{where.netloc}") == ("http", reference.url)
    shown = reference.get(where.path.removeprefix("/reference/"), accept=JSON)
    assert (shown.status, shown.headers["content-type"]) == (200, HTML)


def test_the_documents_of_the_base_are_those_of_the_proxy(reference: Reference) -> None:
    answer = reference.get(
        "service/doc", x_forwarded_proto="https", x_forwarded_host="rpi.example.org"
    )
    assert answer.headers["location"].startswith("https://rpi.example.org/reference/documents/")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_documents_of_a_capability_are_right_there(reference: Reference, name: str) -> None:
    for document in ("doc", "releasenotes", "support", "licence", "provenance", "factsheet"):
        answer = reference.get(f"service/{name}/{document}")
        assert (answer.status, answer.headers["content-type"]) == (200, HTML)
    source = reference.get(f"service/{name}/source")
    assert (source.status, source.body) == (204, b"")
    tried = reference.get(f"service/{name}/tryme")
    assert tried.status == 200
    assert f"{reference.url}{CAPABILITIES[name].entry}".encode() in tried.body
    assert b"curl" in tried.body


@pytest.mark.parametrize("name", ["service", "platform", *CAPABILITIES])
def test_a_configured_document_is_led_to(reference: Reference, name: str) -> None:
    path = f"service/{name}" if name in CAPABILITIES else name
    components = reference.components
    url = "https://docs.example.org/a?b=c%20d#e"
    names = [*DOCUMENTS, "factsheet", *(["tryme"] if name in CAPABILITIES else [])]
    for document in names:
        change_setting(components, name, document, url, "user:vera")
        for method in ("GET", "HEAD"):
            answer = reference.call(method, f"{path}/{document}", accept="text/plain")
            assert (answer.status, answer.headers["location"]) == (302, url)
        change_setting(components, name, document, "", "user:vera")
        assert reference.get(f"{path}/{document}").headers.get("location") != url


def test_the_index_tells_every_address(reference: Reference) -> None:
    page = reference.get("", accept=None)
    assert (page.status, page.headers["content-type"]) == (200, HTML)
    said = reference.get("", x_forwarded_proto="https", x_forwarded_host="rpi.example.org").json
    assert said.keys() == {"Services", "Platforms"}
    assert len(said["Services"]) == 1 + len(CAPABILITIES)
    [platform] = said["Platforms"].values()
    base = "https://rpi.example.org/reference"
    assert platform["info"] == f"{base}/platform/info"
    for shelf in said.values():
        for endpoints in shelf.values():
            assert endpoints.keys() >= {*READ, *DOCUMENTS, "support", "tryme"}
            for url in endpoints.values():
                path = url.removeprefix(f"{base}/")
                assert reference.call("HEAD", path).status in {200, 204, 302, 503}


def test_names_in_the_index_differ(reference: Reference) -> None:
    same = {**INFO, "name": "The same"}
    assert reference.describe("service", same).status == 200
    assert reference.describe("platform", same).status == 200
    said = reference.get("").json
    assert {"The same"} <= {*said["Services"]}
    assert len({*said["Services"], *said["Platforms"]}) == 2 + len(CAPABILITIES)
