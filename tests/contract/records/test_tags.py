"""Tags: whole ones, chosen by address or query, and everything with one deleted at once."""

import json
from urllib.parse import quote

import pytest

from tests.equipment.recording import Recording, finished

ODD = [
    "two words",
    "a,b",
    "red",
    "Red",
    "redder",
    "Grüße 日本 🦑",
    "a/b",
    "a//b",
    "a?b",
    "a#b",
    "a%b",
    "a+b",
    "..",
    ".",
    "'; DROP TABLE record_tags; --",
    "%",
    "_",
    "*",
    "<script>alert(1)</script>",
    "_finished_",
    "last",
    "permissions",
    "x" * 300,
]


@pytest.fixture(scope="module")
def tagged(store: Recording) -> str:
    """A project with a record of every odd tag, and one of none."""
    project = store.project()
    for number, tag in enumerate(ODD):
        store.record(project, f"run-{number}", tags=[tag])
    store.record(project, "bare", tags=[])
    return project


@pytest.mark.parametrize("way", ["tag", "tagged"])
@pytest.mark.parametrize("tag", ODD)
def test_an_address_has_the_records_of_exactly_its_tag(
    store: Recording, tagged: str, tag: str, way: str
) -> None:
    document = store.get(f"/{tagged}/{way}/{quote(tag, safe='')}/").json
    whole = store.get(f"/{tagged}/").json
    expected = [f"{store.url}/records/{tagged}/run-{ODD.index(tag)}/"]
    assert document == {**whole, "tags": tag, "records": expected}


def test_an_address_of_no_record(store: Recording, tagged: str) -> None:
    document = store.get(f"/{tagged}/tag/re/").json
    assert (document["tags"], document["records"]) == ("re", [])


@pytest.mark.parametrize(
    ("query", "tags", "found"),
    [
        ("?tags=red", "red", ["red"]),
        ("?tags=red,Red", "red,Red", ["red", "Red"]),
        ("?tags=Red,red,red", "Red,red,red", ["red", "Red"]),
        ("?tags=two+words", "two words", ["two words"]),
        ("?tags=two%20words,red", "two words,red", ["two words", "red"]),
        (
            "?tags=Gr%C3%BC%C3%9Fe%20%E6%97%A5%E6%9C%AC%20%F0%9F%A6%91",
            "Grüße 日本 🦑",
            ["Grüße 日本 🦑"],
        ),
        ("?tags=re", "re", []),
        ("?tags=RED", "RED", []),
        ("?tags=a,b", "a,b", []),
        ("?tags=%25", "%", ["%"]),
        ("?tags=_", "_", ["_"]),
        ("?tags=*", "*", ["*"]),
        ("?tags=none,red", "none,red", ["red"]),
        ("?tags=%27;+DROP+TABLE+record_tags;+--", ODD[14], [ODD[14]]),
        ("?tag=a,b", None, ["a,b"]),
        ("?tag=a%2Cb&tag=red", None, ["a,b", "red"]),
    ],
)
def test_a_query_chooses_by_any_of_its_tags(
    store: Recording, tagged: str, query: str, tags: str | None, found: list[str]
) -> None:
    document = store.get(f"/{tagged}/{query}").json
    assert document["tags"] == tags
    labels = [f"run-{ODD.index(tag)}" for tag in sorted(found, key=ODD.index, reverse=True)]
    assert store.labels(tagged, query) == labels


@pytest.mark.parametrize("query", ["", "?tags=", "?tags", "?", "?unknown=1"])
def test_an_empty_query_chooses_all(store: Recording, tagged: str, query: str) -> None:
    document = store.get(f"/{tagged}/{query}").json
    assert document["tags"] is None
    assert len(document["records"]) == len(ODD) + 1


def test_only_commas_are_no_tags(store: Recording, tagged: str) -> None:
    assert store.get(f"/{tagged}/?tags=,,").status == 200


@pytest.mark.parametrize("way", ["tag", "tagged"])
def test_deleting_by_tag_counts_and_takes_exactly_those(store: Recording, way: str) -> None:
    project = store.project("bo")
    for number in range(5):
        store.record(project, f"run-{number}", tags=["two words"] if number < 3 else ["two"])
    path = f"/{project}/{way}/two%20words/"
    for expected in (b"3", b"0"):
        answer = store.call("DELETE", path, user="bo")
        assert (answer.status, answer.body) == (200, expected)
        assert answer.headers["content-type"].startswith("text/plain")
        assert store.labels(project) == ["run-4", "run-3"]
    assert store.get(f"/{project}/run-0/").status == 404
    store.record(project, "run-0", tags=[])


def test_deleting_by_tag_takes_more_than_a_page_at_once(store: Recording) -> None:
    project = store.project()
    lines = b"\n".join(_line(number) for number in range(1100))
    answer = store.call("POST", f"/{project}/", lines, content_type="application/x-ndjson")
    assert answer.status == 200
    gone = store.call("DELETE", f"/{project}/tag/many/")
    assert (gone.status, gone.body) == (200, b"1100")
    assert store.labels(project) == []


def _line(number: int) -> bytes:
    return json.dumps(finished(label=f"run-{number}", tags=["many"])).encode()


def test_tags_follow_changes(store: Recording, project: str) -> None:
    path = store.record(project, "run", tags=["old", "both"])
    assert store.put(path, {"tags": ["both", "new"]}).status == 200
    assert store.labels(project, "?tags=old") == []
    assert store.labels(project, "?tags=new") == ["run"]
    assert store.labels(project, "?tags=both") == ["run"]
    assert store.call("DELETE", f"/{project}/tag/old/").body == b"0"
    assert store.call("DELETE", f"/{project}/tag/new/").body == b"1"


def test_one_project_does_not_see_the_tags_of_another(store: Recording, project: str) -> None:
    other = store.project()
    store.record(project, "run", tags=["same"])
    store.record(other, "run", tags=["same"])
    assert store.call("DELETE", f"/{project}/tag/same/").body == b"1"
    assert store.labels(other, "?tags=same") == ["run"]


def test_tags_that_no_address_can_say_are_kept(store: Recording, project: str) -> None:
    odd = ["nul\0", "half\ud83d", "line\nbreak", "\t"]
    path = store.record(project, "run", tags=odd)
    assert store.get(path).json["tags"] == sorted(odd)
    assert store.put(path, {"tags": []}).status == 200
    assert store.get(path).json["tags"] == []
