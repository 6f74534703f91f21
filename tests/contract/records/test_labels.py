"""Labels: any characters, in the ways that Sumatra's client and others write them into a target."""

import json
from urllib.parse import quote

import pytest

from tests.equipment.line import line_to
from tests.equipment.recording import PASSWORDS, Recording, basic, finished

ODD = [
    "a b",
    "  both sides  ",
    "a/b",
    "/a",
    "a/",
    "a//b",
    "/",
    ".",
    "..",
    "...",
    "../..",
    "a/../b",
    "a/./b",
    ".hidden",
    "-dash",
    "a|b",
    "a:b",
    "a#b",
    "a?b",
    "a?b=c&d",
    "a%b",
    "a%2Fb",
    "%",
    "%25",
    "%zz",
    "a+b",
    "a;b",
    "a&b=c",
    "a\\b",
    "'\"<script>alert(1)</script>",
    "{label}",
    "Grüße",
    "日本語",
    "🦑",
    "e\N{COMBINING ACUTE ACCENT}",
    "null",
    "l" * 255,
    "\N{SQUID}" * 255,
    "last/",
    "last/x",
]


@pytest.mark.parametrize("label", ODD)
def test_an_encoded_label_is_kept_listed_and_deleted(store: Recording, label: str) -> None:
    project = store.project()
    path = store.record(project, label)
    assert store.get(path).json["label"] == label
    (url,) = store.get(f"/{project}/").json["records"]
    assert url == f"{store.url}/records{path}"
    assert store.get(f"/{project}/last/").json["label"] == label
    assert store.put(path, {"label": label, "reason": "again"}).status == 200
    assert store.call("DELETE", path).status == 204
    assert store.get(path).status == 404


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("a b", "a%20b"),
        ("Grüße", "Gr%C3%BC%C3%9Fe"),
        ("a/b", "a/b"),
        ("a/b/c", "a/b/c"),
        ("a//b", "a//b"),
        ("/a", "/a"),
        ("..", ".."),
        ("a/../b", "a/../b"),
        (".", "."),
        ("a|b", "a|b"),
        ("a:b", "a:b"),
        ("a%b", "a%b"),
        ("100%", "100%"),
        ("a%zz", "a%zz"),
        ("a\\b", "a\\b"),
        ("a+b", "a+b"),
        ("a'b", "a'b"),
        ("http://example.org/x", "http://example.org/x"),
        ("at x://y", "at%20x://y"),
        ('a"b<c>', 'a"b<c>'),
    ],
)
def test_a_raw_label_is_the_same_label(embedded: Recording, label: str, target: str) -> None:
    project = embedded.project()
    ann = basic("ann", PASSWORDS["ann"])
    with line_to(embedded.url) as line:
        for slash in ("/", ""):
            line.ask(
                "PUT",
                f"/records/{project}/{target}{slash}",
                json.dumps(finished(label=label)).encode(),
                authorization=ann,
            )
            assert line.answer().status in {200, 201}
            line.ask("GET", f"/records/{project}/{target}{slash}", authorization=ann)
            assert line.answer().json["label"] == label
    assert embedded.labels(project) == [label]
    assert embedded.get(f"/{project}/{quote(label, safe='')}/").json["label"] == label


@pytest.mark.parametrize(
    ("label", "target"),
    [("a?b", "a?b/"), ("a#b", "a"), ("a?b", "a"), ("a%41", "a%41"), ("a/b", "a")],
)
def test_a_label_that_the_target_cut_off_is_refused(
    embedded: Recording, label: str, target: str
) -> None:
    project = embedded.project()
    answer = embedded.put(f"/{project}/{target}", finished(label=label))
    assert answer.status == 400
    assert b"label" in answer.body
    assert embedded.labels(project) == []


@pytest.mark.parametrize("label", ["l" * 256, "\N{SQUID}" * 256, "a/" * 128])
def test_a_label_has_at_most_255_characters(embedded: Recording, label: str) -> None:
    project = embedded.project()
    path = f"/{project}/{quote(label, safe='')}/"
    answer = embedded.put(path, finished(label=label))
    assert answer.status == 400
    assert b"label" in answer.body
    assert embedded.get(path).status == 404
    assert embedded.labels(project) == []


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, *range(0x80, 0xA0)])
def test_a_label_has_no_control_characters(embedded: Recording, code: int) -> None:
    project = embedded.project()
    label = f"a{chr(code)}b"
    path = f"/{project}/{quote(label)}/"
    assert embedded.put(path, finished(label=label)).status == 400
    assert embedded.put(f"/{project}/ab/", finished(label=label)).status == 400
    assert embedded.get(path).status == 404
    assert embedded.call("DELETE", path).status == 404
    assert embedded.labels(project) == []


def test_what_is_not_utf_8_is_no_label(embedded: Recording) -> None:
    project = embedded.project()
    assert embedded.put(f"/{project}/a%FF/", finished(label="a\udcff")).status == 400
    assert embedded.get(f"/{project}/a%FF/").status == 404
    with line_to(embedded.url) as line:
        line.say(f"GET /records/{project}/a".encode() + b"\xff HTTP/1.1\r\nhost: x\r\n\r\n")
        assert line.answer().status in {400, 404}


@pytest.mark.parametrize("name", ["Reef growth", "Grüße", "a%b", "a:b|c", ".hidden", "x" * 255])
def test_projects_are_called_what_people_like(store: Recording, name: str) -> None:
    path = f"/{quote(name, safe='')}/"
    assert store.put(path, {}).status in {200, 201}
    document = store.get(path).json
    assert (document["id"], document["name"]) == (name, name)
    record = store.record(name, "run") if not document["records"] else f"{path}run/"
    assert store.get(path).json["records"] == [f"{store.url}/records{record}"]
    assert name in [one["id"] for one in store.get("/").json]


@pytest.mark.parametrize("name", ["x" * 256, "a%2Fb", "a%00b", "%0A", ".", "..", "%2E%2E", "%FF"])
def test_some_names_are_not_for_projects(embedded: Recording, name: str) -> None:
    before = embedded.get("/").json
    assert embedded.put(f"/{name}/", {}).status == 400
    assert embedded.get(f"/{name}/").status == 404
    assert embedded.get("/").json == before
