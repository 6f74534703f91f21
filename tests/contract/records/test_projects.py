"""The list of projects, a project's document, and PUT of a project."""

import json
from urllib.parse import quote

import pytest

from tests.equipment.recording import Recording

CREATED, REPLACED = 201, 200
NOT_A_PROJECT = [
    b"",
    b" ",
    b"{",
    b"[]",
    b"null",
    b'"reef"',
    b"1",
    b"true",
    b"{} {}",
    b"name=reef",
    b"\xff\xfe{}",
    b'{"name": "\xff"}',
    b'{"name": null}',
    b'{"name": 1}',
    b'{"name": ["x"]}',
    b'{"name": {"x": 1}}',
    b'{"description": null}',
    b'{"description": false}',
    b'{"name": "fine", "description": 1.5}',
    b'{"name": NaN}',
    rb'{"name": "a\u0000b"}',
    rb'{"name": "\ud83d"}',
    rb'{"description": "\udc00"}',
    b'{"x": 1e999}',
    b'{"x": ' + b"[" * 100_000,
    b'{"x": ' + b"1" * 10_000 + b"}",
]


def fresh(store: Recording) -> str:
    """Return a project's name that is free: a project was made for it, and nobody made this."""
    return f"{store.project()}-new"


@pytest.mark.parametrize("content", NOT_A_PROJECT, ids=range(len(NOT_A_PROJECT)))
def test_what_is_no_project_makes_none(embedded: Recording, content: bytes) -> None:
    name = fresh(embedded)
    answer = embedded.call("PUT", f"/{name}/", content)
    assert answer.status == 400
    assert 0 < len(answer.body) < 200
    assert embedded.get(f"/{name}/").status == 404
    assert embedded.put(f"/{name}/", {}).status == CREATED


@pytest.mark.parametrize("content", NOT_A_PROJECT, ids=range(len(NOT_A_PROJECT)))
def test_what_is_no_project_changes_none(embedded: Recording, content: bytes) -> None:
    name = fresh(embedded)
    assert embedded.put(f"/{name}/", {"name": "n", "description": "d"}).status == CREATED
    before = embedded.get(f"/{name}/").json
    assert embedded.call("PUT", f"/{name}/", content).status == 400
    assert embedded.get(f"/{name}/").json == before


@pytest.mark.parametrize("field", ["name", "description"])
def test_a_refusal_names_the_field(embedded: Recording, field: str) -> None:
    answer = embedded.put(f"/{fresh(embedded)}/", {field: 1})
    assert answer.status == 400
    assert field in answer.body.decode()


def test_a_project_is_created_once_and_belongs_to_its_creator(store: Recording) -> None:
    name = fresh(store)
    created = store.put(f"/{name}/", {})
    assert (created.status, created.body) == (CREATED, b"")
    again = store.put(f"/{name}/", {})
    assert (again.status, again.body) == (REPLACED, b"")
    assert store.get(f"/{name}/").json == {
        "id": name,
        "name": name,
        "description": "",
        "tags": None,
        "user": "ann",
        "access": ["ann"],
        "records": [],
    }


def test_given_keys_are_replaced_and_others_kept(store: Recording) -> None:
    path = f"/{fresh(store)}/"
    assert store.put(path, {"name": "First", "description": "One"}).status == CREATED
    for given in ({}, {"name": "Second"}, {"description": "Two\nlines"}, {"unknown": 1}):
        before = store.get(path).json
        answer = store.put(path, given)
        assert (answer.status, answer.body) == (REPLACED, b"")
        known = {key: value for key, value in given.items() if key != "unknown"}
        assert store.get(path).json == {**before, **known}
    assert store.put(path, {"name": "", "description": ""}).status == REPLACED
    assert store.get(path).json["name"] == path.strip("/")


@pytest.mark.parametrize(
    "text",
    [
        "Grüße 日本 🦑",
        "<script>alert(1)</script>",
        "line\r\nline\ttab",
        "'; DROP TABLE projects; --",
        "x" * 400_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_texts_come_back_as_they_were(store: Recording, text: str) -> None:
    path = f"/{fresh(store)}/"
    assert store.put(path, {"name": text, "description": text}).status == CREATED
    document = store.get(path).json
    assert (document["name"], document["description"]) == (text, text)
    assert text in [one["description"] for one in store.get("/").json]
    assert store.put(path, {"name": text + "!"}).status == REPLACED
    assert store.get(path).json["name"] == text + "!"
    for page in ("/", path):
        shown = store.get(page, accept="text/html")
        assert shown.status == 200
        assert b"<script>alert(1)" not in shown.body


def test_the_list_has_what_the_caller_may_read_the_newest_first(store: Recording) -> None:
    dated = {store.project("bo"): f"2031-01-0{day} 10:00:00+0200" for day in (2, 3, 1)}
    for name, timestamp in dated.items():
        store.record(name, "old", timestamp="1999-01-01 00:00:00")
        store.record(name, "new", timestamp=timestamp)
    empty, public, secret = store.project("bo"), store.project(public=True), store.project()
    assert store.put(f"/{empty}/", {"name": "Ünnamed", "description": "Runs"}).status == REPLACED
    listed = store.get("/", "bo").json
    days = sorted(dated, key=lambda name: dated[name], reverse=True)
    mine = [one for one in listed if one["id"] in {*dated, empty, public, secret}]
    assert [one["id"] for one in mine[:3]] == days
    assert {one["id"] for one in mine[3:]} == {empty, public}
    assert listed == sorted(listed, key=lambda one: one["last_updated"], reverse=True)
    assert mine[0] == {
        "id": days[0],
        "name": days[0],
        "description": "",
        "uri": f"{store.url}/records/{days[0]}/",
        "last_updated": "2031-01-03T08:00:00Z",
    }
    (nothing_yet,) = (one for one in mine if one["id"] == empty)
    assert nothing_yet == {
        "id": empty,
        "name": "Ünnamed",
        "description": "Runs",
        "uri": f"{store.url}/records/{empty}/",
        "last_updated": "1970-01-01T00:00:00Z",
    }
    everything = {one["id"] for one in store.get("/", "root").json}
    assert {*dated, empty, public, secret} <= everything
    for_all = [one["id"] for one in store.get("/", None).json]
    assert public in for_all
    assert not {*dated, empty, secret} & set(for_all)


def test_records_are_listed_newest_run_first_ties_last_created_first(store: Recording) -> None:
    project = store.project(public=True)
    same = "2024-05-01 10:00:00+0000"
    for label, timestamp in (
        ("tie-1", same),
        ("newest", "2024-05-01 10:00:01+0000"),
        ("tie-2", "2024-05-01 12:00:00+0200"),
        ("oldest", "0001-01-01 00:00:00"),
        ("tie-3", "2024-05-01T10:00:00.9Z"),
    ):
        store.record(project, label, timestamp=timestamp)
    # What happens to a record later does not move it.
    assert store.put(f"/{project}/tie-1/", {"label": "tie-1", "reason": "again"}).status == 200
    expected = ["newest", "tie-3", "tie-2", "tie-1", "oldest"]
    assert store.labels(project) == expected
    assert store.labels(project, user=None) == expected
    assert store.get(f"/{project}/last/").json["label"] == "newest"


def test_access_is_for_those_who_are_signed_in(store: Recording) -> None:
    project = store.project("cy", "bo", "bo", public=True)
    mine = store.get(f"/{project}/").json
    assert mine["access"] == ["ann", "anonymous", "bo", "cy"]
    for user in ("bo", "root"):
        assert store.get(f"/{project}/", user).json == {**mine, "user": user}
    without = {key: value for key, value in mine.items() if key != "access"}
    assert store.get(f"/{project}/", None).json == {**without, "user": "anonymous"}


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, None),
        ({"Host": "data.example.org"}, "http://data.example.org"),
        ({"Host": "data.example.org:8443"}, "http://data.example.org:8443"),
        ({"Host": "[::1]:8080"}, "http://[::1]:8080"),
        ({"X-Forwarded-Proto": "https"}, "https://{host}"),
        (
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "data.example.org"},
            "https://data.example.org",
        ),
        ({"X-Forwarded-Proto": "HTTPS, http", "X-Forwarded-Host": "a.org, b.org"}, "https://a.org"),
        ({"X-Forwarded-Host": "a.org:99999"}, None),
        ({"X-Forwarded-Host": "a.org/evil"}, None),
        ({"X-Forwarded-Host": 'a"><script>'}, None),
        ({"X-Forwarded-Proto": "javascript"}, None),
    ],
)
def test_urls_are_those_by_which_the_client_came(
    embedded: Recording, headers: dict[str, str], base: str | None
) -> None:
    project = "Reef growth & 100%"
    path = f"/{quote(project, safe='')}/"
    if embedded.put(path, {}).status == CREATED:
        embedded.record(project, "a/b c")
    host = embedded.url.removeprefix("http://")
    expected = (base or embedded.url).format(host=host) + "/records/Reef%20growth%20%26%20100%25/"
    document = embedded.get(path, **headers).json
    assert document["records"] == [f"{expected}a%2Fb%20c/"]
    tagged = embedded.get(f"{path}tag/_finished_/", **headers).json
    assert tagged["records"] == document["records"]
    uris = [one["uri"] for one in embedded.get("/", **headers).json]
    assert expected in uris


def test_the_last_of_equal_keys_counts(embedded: Recording) -> None:
    path = f"/{fresh(embedded)}/"
    content = b'\xef\xbb\xbf{"name": "first", "name": "last"}'
    assert embedded.call("PUT", path, content).status == CREATED
    assert embedded.get(path).json["name"] == json.loads(content.decode("utf-8-sig"))["name"]
