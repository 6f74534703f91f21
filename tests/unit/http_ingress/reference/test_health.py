"""Whether a capability can do its work, by what was found out last."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from http_ingress.board import Board
from http_ingress.reference.health import OLDEST, Part, health_of, store_down
from schemas.capabilities import ARCHIVE, PACKAGER
from store.workers import WorkerSign

NOW = datetime(2026, 11, 21, 1, 46, 52, tzinfo=UTC)
FINE: Mapping[str, str | None] = {"database": None, "objects": None, "bus": None}
OK = Part("Ok", "Ok")


def sign(consumer: str, waits_for: str | None = None) -> WorkerSign:
    """Return a sign of life."""
    return WorkerSign("host.1", consumer, waits_for, NOW, NOW)


def board(
    *signs: WorkerSign,
    dependencies: Mapping[str, str | None] = FINE,
    at: datetime = NOW,
    told: bool = True,
) -> Board:
    """Return what was found out; not `told`: who is at work was not."""
    return Board(at, dependencies, None, None, None, workers=signs if told else None)


ALL = [sign(name) for name in ARCHIVE.consumers]


def test_all_is_well() -> None:
    health = health_of(ARCHIVE, board(*ALL), NOW)
    assert health.ok
    assert health.parts == {"Queue": OK, "Store": OK}
    assert health.at == NOW


@pytest.mark.parametrize(
    ("dependency", "name"), [("database", "database"), ("objects", "object store")]
)
def test_a_store_is_down(dependency: str, name: str) -> None:
    down = {**FINE, dependency: "nothing at host:1234"}
    health = health_of(ARCHIVE, board(*ALL, dependencies=down), NOW)
    assert not health.ok
    told = f"The {name} does not answer, or takes nothing"
    assert health.parts == {"Queue": OK, "Store": Part("Down", told)}
    assert health.parts["Store"].words == f"Down : {told}"


def test_the_bus_is_down() -> None:
    health = health_of(ARCHIVE, board(*ALL, dependencies={**FINE, "bus": "no broker"}), NOW)
    assert health.parts == {
        "Queue": Part("Down", "The bus does not answer, or takes nothing"),
        "Store": OK,
    }


def test_a_store_of_others_is_none_of_ours() -> None:
    down = {**FINE, "file store": "nowhere"}
    assert health_of(PACKAGER, board(*map(sign, PACKAGER.consumers), dependencies=down), NOW).ok


@pytest.mark.parametrize("missing", ARCHIVE.consumers)
def test_each_consumer_is_needed(missing: str) -> None:
    rest = [one for one in ALL if one.consumer != missing]
    queue = health_of(ARCHIVE, board(*rest), NOW).parts["Queue"]
    assert queue.status == "Down"
    assert missing in queue.message


def test_who_waits_does_not_work() -> None:
    [first, *rest] = ARCHIVE.consumers
    waiting = [sign(first, "file store"), *map(sign, rest)]
    queue = health_of(ARCHIVE, board(*waiting), NOW).parts["Queue"]
    assert queue == Part("Down", f"the consumer {first} waits for the file store")
    assert health_of(ARCHIVE, board(*waiting, sign(first)), NOW).ok


def test_who_is_at_work_cannot_be_told() -> None:
    health = health_of(ARCHIVE, board(told=False), NOW)
    assert health.parts["Queue"].status == "Unknown status"
    assert not health.ok


@pytest.mark.parametrize("at", [None, NOW - OLDEST - timedelta(seconds=1)])
def test_what_is_old_says_nothing(at: datetime | None) -> None:
    health = health_of(ARCHIVE, None if at is None else board(*ALL, at=at), NOW)
    assert not health.ok
    assert {part.status for part in health.parts.values()} == {"Unknown status"}
    assert health.at == at


def test_a_message_has_an_end() -> None:
    health = store_down(health_of(ARCHIVE, board(*ALL), NOW), "x" * 1000)
    assert health.parts["Store"].message == "x" * 256


def test_a_store_that_went_down_just_now() -> None:
    health = store_down(health_of(ARCHIVE, board(*ALL), NOW), "gone")
    assert health.parts == {"Queue": OK, "Store": Part("Down", "gone")}
