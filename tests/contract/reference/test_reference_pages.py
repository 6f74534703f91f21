"""Section 6: pages as scrapers know them, and their forms."""

import re
from html import unescape

import pytest

from schemas.capabilities import CAPABILITIES
from tests.equipment.descriptions import INFO
from tests.equipment.reference import FORM, HTML, JSON, Reference

NASTY = {
    **INFO,
    "name": "<b>Bold</b> & \"quoted\" 'it'",
    "synopsis": "<script>alert(1)</script>",
    "version": "{{ 7 * 7 }}",
    "institution": "</p><p>",
    "supportEmail": "o'hara+help@example.org",
    "tags": ["two words", "<i>"],
}


def page(reference: Reference, path: str, status: int = 200) -> str:
    """Return what a page says."""
    answer = reference.get(path, accept="text/html")
    assert (answer.status, answer.headers["content-type"]) == (status, HTML)
    return answer.body.decode()


def paragraphs(text: str) -> list[tuple[str, str]]:
    """Return class and text of each paragraph that scrapers read."""
    found = re.findall(r'<p class="(ref\w+)">([^<]*)</p>', text)
    return [(name, unescape(words)) for name, words in found]


def head(text: str) -> tuple[str, str]:
    """Return a page's title and its heading."""
    [title], [heading] = (re.findall(f"<{tag}>(.*?)</{tag}>", text) for tag in ("title", "h1"))
    return title, heading


@pytest.mark.parametrize("component", ["service", "platform"])
def test_the_page_of_what_it_is(reference: Reference, component: str) -> None:
    assert reference.describe(component, NASTY).status == 200
    text = page(reference, f"{component}/info")
    assert head(text) == ("Info result", f"{component.title()} Info")
    category = [("refInst", "Category: Other")] if component == "service" else []
    assert paragraphs(text) == [
        ("refName", f"Name: {NASTY['name']}"),
        ("refSyn", "Synopsis: <script>alert(1)</script>"),
        ("refVer", "Version: {{ 7 * 7 }}"),
        ("refRel", "Release time (UTC): 2024-02-29T23:59:59Z"),
        ("refInst", "Institution: </p><p>"),
        ("refInst", "Support email: o'hara+help@example.org"),
        *category,
        ("refInst", "Research subject: Software and development"),
        ("refInst", "Tags: two words <i>"),
    ]
    assert "<script>alert" not in text


def test_the_page_of_how_often(reference: Reference) -> None:
    since = reference.put("service/reset").json["lastReset"]
    for _ in range(3):
        reference.put("service/add")
    text = page(reference, "service/stats")
    assert head(text) == ("Stats result", "Service Stats")
    assert paragraphs(text) == [
        ("refInv", "invocations: 3"),
        ("refReset", f"Last reset (UTC): {since}"),
    ]
    since = reference.put("platform/reset").json["lastReset"]
    text = page(reference, "platform/stats")
    assert head(text) == ("Platform Stats result", "Stats")
    assert paragraphs(text) == [
        ("refInv", "interactions: 0"),
        ("refReset", f"Last reset (UTC): {since}"),
    ]


def test_the_page_of_the_counter(reference: Reference) -> None:
    since = reference.put("service/reset").json["lastReset"]
    for _ in range(3):
        reference.put("service/add")
    for path in ("service/app", "service/tryme"):
        text = page(reference, path)
        assert head(text) == ("Counter Service", "Service Counter")
        [counter] = re.findall(r'<div class="refCounter">(.*?)</div>', text, re.DOTALL)
        told = [("refInv", "invocations : 3"), ("refReset", f"Last reset (UTC): {since}")]
        assert paragraphs(counter) == paragraphs(text) == told
        [form] = re.findall(r"<form.*?</form>", text, re.DOTALL)
        assert 'method="post" action="/reference/service/update"' in form
        assert re.search(r'<input type="hidden" name="csrfmiddlewaretoken" value="[^"]+">', form)
        assert '<input type="submit" name="add" value="Count">' in form
        assert '<input type="submit" name="reset" value="Reset">' in form


def test_the_page_of_the_platform(reference: Reference) -> None:
    reference.put("platform/stop")
    since = reference.put("platform/reset").json["lastReset"]
    for path in ("platform/app", "platform/tryme"):
        text = page(reference, path)
        assert head(text) == ("Reference Platform", "Reference Platform")
        [counter] = re.findall(r'<div class="refCounter">(.*?)</div>', text, re.DOTALL)
        told = [("refInv", "Interactions : 0"), ("refReset", f"Last reset (UTC): {since}")]
        assert paragraphs(counter) == told
        [poll] = re.findall(r'<div class="servicePoll">(.*?)</div>', text, re.DOTALL)
        assert "Service poll data" in poll
        assert [one for one in paragraphs(poll) if one[0] in {"refRun", "refMin", "refMax"}] == [
            ("refRun", "Polling: False"),
            ("refMin", "Minimum time period: 1 (sec)"),
            ("refMax", "Maximum time period: 10 (sec)"),
        ]
        [form] = re.findall(r"<form.*?</form>", text, re.DOTALL)
        assert 'method="post" action="/reference/platform/update"' in form
        for name in ("start", "stop", "reset"):
            assert f'<input type="submit" name="{name}" value="{name.title()}">' in form


@pytest.mark.parametrize("component", ["service", "platform"])
def test_the_page_of_whom_to_ask(reference: Reference, component: str) -> None:
    assert reference.describe(component, {**NASTY, "name": f"Of {component}"}).status == 200
    text = page(reference, f"{component}/support")
    assert head(text) == ("Reference Service Support Page", f"{component.title()} Support")
    [address] = re.findall(r"<address>(.*?)</address>", text)
    assert 'href="mailto:o%27hara+help@example.org"' in address
    assert unescape(re.sub("<[^>]*>", "", address)) == "o'hara+help@example.org"


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability_has_the_page_too(reference: Reference, name: str) -> None:
    text = page(reference, f"service/{name}/info")
    assert head(text)[0] == "Info result"
    assert paragraphs(text)[0] == ("refName", f"Name: {CAPABILITIES[name].title}")


@pytest.mark.parametrize(
    "path", ["service/app", "service/archive/doc", "", "documents/service/doc"]
)
def test_pages_run_nothing(reference: Reference, path: str) -> None:
    answer = reference.get(path, accept="text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"<script" not in answer.body
    assert b" style=" not in answer.body


MULTIPART = "multipart/form-data; boundary=b"


def multipart(*names: str) -> bytes:
    """Return a form of these fields, each of them saying `x`."""
    parts = [f'--b\r\nContent-Disposition: form-data; name="{one}"\r\n\r\nx\r\n' for one in names]
    return "".join([*parts, "--b--\r\n"]).encode()


@pytest.mark.parametrize(
    ("body", "kind", "count"),
    [
        (b"add=Count", FORM, 6),
        (b"add=", FORM, 6),
        (b"add", FORM, 6),
        (b"add=%FF%00", FORM, 6),
        (b"add=Count&csrfmiddlewaretoken=wrong", f"{FORM}; charset=utf-8", 6),
        (b"reset=Reset&add=Count", FORM, 6),
        (b"add=1&add=2", FORM, 6),
        (b"reset=", FORM, 0),
        (multipart("add"), MULTIPART, 6),
        (multipart("reset"), MULTIPART, 0),
        (multipart("other", "reset", "add"), MULTIPART, 6),
        (b"other=1", FORM, 5),
        (b"", FORM, 5),
        (b"Add=1", FORM, 5),
        (b"&".join([b"a=1"] * 5000) + b"&add=1", FORM, 5),
        (b'{"add":"Count"}', JSON, 5),
        (b'{"add":"Count"}', FORM, 5),
        (b"add=Count", "text/plain", 5),
        (multipart("add")[:-9], MULTIPART, 5),
        (multipart("add"), "multipart/form-data", 5),
        (b"\xff\xfe\x00", MULTIPART, 5),
        (multipart(*["x"] * 1001, "add"), MULTIPART, 5),
        (b"\xff\xfe\x00", FORM, 5),
    ],
)
def test_the_buttons_of_the_service(
    reference: Reference, body: bytes, kind: str, count: int
) -> None:
    reference.components.correct("service", 5, None, "user:vera")
    answer = reference.press("service", body, kind)
    assert (answer.status, answer.headers["location"]) == (302, "/reference/service/app")
    assert reference.count() == count


def test_a_form_without_type_presses_nothing(reference: Reference) -> None:
    before = reference.count()
    assert reference.call("POST", "service/update", b"add=1", accept="junk").status == 302
    assert reference.call("POST", "service/update?add=1").status == 302
    assert reference.count() == before


@pytest.mark.parametrize(
    ("body", "wanted", "counted"),
    [
        (b"start=Start", True, 1),
        (b"stop=Stop", False, 1),
        (b"reset=&stop=&start=", True, 1),
        (b"reset=&stop=", False, 1),
        (b"add=1", False, 0),
    ],
)
def test_the_buttons_of_the_platform(
    reference: Reference, *, body: bytes, wanted: bool, counted: int
) -> None:
    reference.put("platform/stop")
    reference.put("platform/reset")
    answer = reference.press("platform", body)
    assert (answer.status, answer.headers["location"]) == (302, "/reference/platform/app")
    assert reference.components.poll().wanted is wanted
    assert reference.count("platform") == counted
    reference.press("platform", b"reset=")
    assert reference.count("platform") == 0


def test_a_form_too_large_presses_nothing(reference: Reference) -> None:
    before = reference.count()
    answer = reference.press("service", b"add=1&x=" + b"x" * 2_621_440)
    assert (answer.status, answer.headers["content-type"]) == (413, JSON)
    assert reference.count() == before
