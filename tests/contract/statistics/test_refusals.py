"""Bad input at the statistics: a 4xx that names the field."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.equipment.ingress import Ingress, serving
from tests.equipment.world import open_world

PLACES = ("/statistics", "/statistics.json", "/statistics.csv", "/statistics/plots/uses.svg")


@pytest.fixture(scope="module")
def ingress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingress]:
    """An ingress over nothing."""
    folder: Path = tmp_path_factory.mktemp("statistics")
    with (
        open_world((), database_url=f"sqlite:///{folder / 'm.db'}", folder=folder) as world,
        serving(world) as ingress,
    ):
        yield ingress


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("since=20260101", "since"),
        ("since=2026-W01-1", "since"),
        ("since=0001-01-01", "since"),
        ("until=9999-12-31", "until"),
        ("until=2026-01-01T00:00:00", "until"),
        ("since=2026-01-02&until=2026-01-01", "until"),
        ("since=2020-01-01&until=2026-01-01", "since"),
        ("since=2026-01-01&until=2026-02-01&by=hour", "since"),
        ("until=%00", "until"),
        ("by=week", "by"),
        ("capability=cooking", "capability"),
        ("capability=archive&capability=records", "capability"),
        ("days=3", "days"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    ingress: Ingress, place: str, query: str, field: str
) -> None:
    answer = ingress.caller.call("GET", f"{place}?{query}")
    assert (answer.status, answer.json["field"]) == (400, field)
    assert answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/statistics.csv?what=everything", 400, "what"),
        ("/statistics/plots/uses.svg?theme=blue", 400, "theme"),
        ("/statistics/plots/uses.svg?shape=round", 400, "shape"),
        ("/statistics/plots/losses.svg", 404, "name"),
        ("/statistics/plots/..%2Fuses.svg", 404, "name"),
        ("/statistics.csv?what=resources", 403, "what"),
    ],
)
def test_what_there_is_not_is_refused(ingress: Ingress, path: str, status: int, field: str) -> None:
    answer = ingress.caller.call("GET", path)
    assert (answer.status, answer.json["field"]) == (status, field)


@pytest.mark.parametrize(
    "query",
    ["", "since=&until=&by=&capability=", "since=1970-01-01&until=1970-01-01", "until=9998-12-31"],
)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_empty_is_answered(ingress: Ingress, place: str, query: str) -> None:
    assert ingress.caller.call("GET", f"{place}?{query}").status == 200


def test_with_nothing_to_show_the_page_says_what_to_do(ingress: Ingress) -> None:
    page = ingress.caller.call("GET", "/statistics", accept="text/html").body.decode()
    assert "Nothing has been counted yet. <code>muniment demo</code>" in page
    assert "There are no samples of these days." in page


def test_a_page_of_a_bad_question_is_a_page(ingress: Ingress) -> None:
    answer = ingress.caller.call("GET", "/statistics?by=week", accept="text/html")
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/html")


def test_where_reads_are_not_public_nothing_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'm.db'}"
    with (
        open_world((), database_url=url, folder=tmp_path) as world,
        serving(world, public_reads=False) as ingress,
    ):
        for place in PLACES:
            assert ingress.caller.call("GET", place, authorization=None).status == 401
            assert ingress.caller.call("GET", place).status == 200
