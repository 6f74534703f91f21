"""Beyond what Sumatra's client asks: searching, pages, and whole projects out and in."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.equipment.installations import Answer
from tests.equipment.recording import Recording, finished

LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def filled(store: Recording) -> str:
    """A project with five runs, a day after one another, the last of them first."""
    project = store.project(public=True)
    for day in range(1, 6):
        store.record(
            project,
            f"run-{day}",
            timestamp=f"2024-05-0{day} 12:00:00+0000",
            reason=f"Because of {'REEF growth' if day % 2 else '100% sea_level'}",
            outcome="Größer" if day == 3 else "",
            main_file="scripts/grow.py" if day < 4 else "shrink.py",
            parameters={"content": f"n = {day}\nname = 'a b'", "type": "SimpleParameterSet"},
            tags=["all", "odd" if day % 2 else "even", f"day-{day}"],
        )
    return project


def runs(*days: int) -> list[str]:
    return [f"run-{day}" for day in days]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("?tags=odd,day-2", [5, 3, 2, 1]),
        ("?tags=all,odd&match=all", [5, 3, 1]),
        ("?tags=odd,day-2&match=all", []),
        ("?tags=odd&match=any", [5, 3, 1]),
        ("?tag=odd&tag=day-3&match=all", [3]),
        ("?since=2024-05-03", [5, 4, 3]),
        ("?since=2024-05-03T12:00:00Z", [5, 4, 3]),
        ("?since=2024-05-03T12:00:01Z", [5, 4]),
        ("?since=2024-05-03T14:00:00+02:00", [5, 4, 3]),
        ("?until=2024-05-03", [3, 2, 1]),
        ("?since=2024-05-02&until=2024-05-04", [4, 3, 2]),
        ("?limit=2", [5, 4]),
        ("?limit=2&offset=2", [3, 2]),
        ("?offset=4", [1]),
        ("?offset=5", []),
        ("?limit=2&tags=odd&offset=1", [3, 1]),
        ("?main_file=grow.py", [3, 2, 1]),
        ("?main_file=scripts/grow.py", [3, 2, 1]),
        ("?main_file=row.py", []),
        ("?main_file=%25", []),
        ("?parameter=n%3D3", [3]),
        ("?parameter=n+%3D+3", [3]),
        ("?parameter=n", [5, 4, 3, 2, 1]),
        ("?parameter=na", []),
        ("?q=reef", [5, 3, 1]),
        ("?q=100%25", [4, 2]),
        ("?q=sea_level", [4, 2]),
        ("?q=seaXlevel", []),
        ("?q=gr%C3%B6%C3%9Fer", [3]),
        ("?q=RUN-4", [4]),
        ("?q=%27%22%5C", []),
        ("?since=&until=&limit=&q=&tags=&main_file=&parameter=&match=&expand=", [5, 4, 3, 2, 1]),
    ],
)
def test_a_search_finds_and_orders(
    store: Recording, filled: str, query: str, days: Sequence[int]
) -> None:
    assert store.labels(filled, query) == runs(*days)
    assert store.labels(filled, query, user=None) == runs(*days)
    expanded = store.get(f"/{filled}/{query}&expand=records".replace("expand=&", "")).json
    if "expand=&" not in query and not query.endswith("expand="):
        assert [record["label"] for record in expanded["records"]] == runs(*days)
        lines = store.get(f"/{filled}/{query}&format=ndjson").body.splitlines()
        assert [json.loads(line)["label"] for line in lines] == runs(*days)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1e3",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "offset=-1",
        "offset=99999999999999999999",
        "offset=%D9%A1",
        "match=some",
        "expand=all",
        "since=yesterday",
        "since=2024-13-01",
        "since=2024-05-01T10:00:00Z&since=2024-05-01",
        "until=9999-99-99",
        "until=0000-01-01",
        "q=a&q=b",
        "q=%00",
        "tags=%00",
        "tag=%0A",
        "main_file=%00",
        "parameter=%01",
    ],
)
def test_a_search_that_cannot_be_read_names_its_parameter(embedded: Recording, query: str) -> None:
    project = embedded.project()
    answer = embedded.get(f"/{project}/?{query}")
    assert answer.status == 400
    assert query.split("=", maxsplit=1)[0] in answer.body.decode()


@pytest.mark.parametrize(
    "query",
    [
        "tags=%FF",
        "q=%ED%A0%80",
        "main_file=%FF",
        "tags=" + "a," * 5000,
        "tags=" + ",".join(map(str, range(10_000))),
        "q=" + "x" * 20_000,
        "tag=%F0%9F%A6%91",
        "parameter=%3D",
        "parameter=",
        "until=9999-12-31",
        "since=0001-01-01",
    ],
    ids=lambda query: query[:20],
)
def test_an_odd_search_never_fails(store: Recording, filled: str, query: str) -> None:
    for more in ("", "&expand=records", "&format=html", "&format=ndjson", "&match=all"):
        assert store.get(f"/{filled}/?{query}{more}").status in {200, 400}


def test_an_export_is_the_records_themselves(store: Recording, filled: str) -> None:
    each = [store.get(f"/{filled}/{label}/").json for label in store.labels(filled)]
    expanded = store.get(f"/{filled}/?expand=records").json
    plain = store.get(f"/{filled}/").json
    assert expanded == {**plain, "records": each}
    answer = store.get(f"/{filled}/", accept=LINES)
    assert answer.headers["content-type"] == f"{LINES}; charset=utf-8"
    assert [json.loads(line) for line in answer.body.splitlines()] == each


def test_an_empty_project_is_exported_empty(store: Recording, project: str) -> None:
    assert store.get(f"/{project}/?expand=records").json["records"] == []
    assert store.get(f"/{project}/?format=ndjson").body == b""


def bulk(store: Recording, project: str, lines: bytes, user: str | None = "ann") -> Answer:
    return store.call("POST", f"/{project}/", lines, user=user, content_type=LINES)


def said(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.body.splitlines()]


def test_a_project_moves_to_another_place(store: Recording, filled: str, project: str) -> None:
    exported = store.get(f"/{filled}/", accept=LINES).body
    first = bulk(store, project, exported)
    assert first.status == 200
    assert [one["status"] for one in said(first)] == [201] * 5
    assert [one["status"] for one in said(bulk(store, project, exported))] == [200] * 5
    moved = [json.loads(line) for line in store.get(f"/{project}/", accept=LINES).body.splitlines()]
    assert moved == [{**json.loads(one), "project_id": project} for one in exported.splitlines()]


def test_each_line_is_judged_by_itself(store: Recording, project: str) -> None:
    lines = [
        json.dumps(finished(label="good")),
        "",
        "{",
        "[]",
        json.dumps(finished(label="")),
        json.dumps(finished(label="last")),
        json.dumps(finished(label="permissions")),
        json.dumps(finished(label="tag/x")),
        json.dumps(finished(label="a\0b")),
        json.dumps(finished(label="half\ud83d")),
        json.dumps({"label": "partial", "reason": "x"}),
        json.dumps({"reason": "no label"}),
        json.dumps(finished(label="bad", tags=1)),
        json.dumps(finished(label="a/b c?d#e%")),
        json.dumps({"label": "good", "reason": "changed"}),
    ]
    answer = bulk(store, project, "\n".join(lines).encode() + b"\n\xff\n")
    assert answer.status == 200
    statuses = {one["line"]: one["status"] for one in said(answer)}
    bad = dict.fromkeys([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16], 400)
    assert statuses == {1: 201, 14: 201, 15: 200, **bad}
    assert all(one["error"] for one in said(answer) if one["status"] == 400)
    assert sorted(store.labels(project)) == ["a/b c?d#e%", "good"]
    assert store.get(f"/{project}/good/").json["reason"] == "changed"


def test_who_may_not_write_may_not_import(store: Recording, filled: str) -> None:
    line = json.dumps(finished(label="new")).encode()
    assert bulk(store, filled, line, "bo").status == 403
    assert bulk(store, filled, line, None).status == 401
    assert bulk(store, "no-such-project", line).status == 404
    assert bulk(store, filled, b"").status == 200
    assert "run-5" in store.labels(filled)
    assert "new" not in store.labels(filled)
