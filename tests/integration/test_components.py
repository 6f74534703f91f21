"""Counters, descriptions and settings of components, and the line that each change leaves."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from producers.components import Components
from schemas.component_descriptions import DescriptionError, default_description
from schemas.component_settings import LARGEST_COUNT, SettingsError
from schemas.components import COMPONENTS, PLATFORM, SERVICE
from schemas.probes import ProbeRequested
from store import audit, tables
from store.components.counters import CounterError
from store.database import Database, open_database
from store.statistics.writing import add_uses
from tests.equipment.component_settings import change_setting
from tests.equipment.making import MakeWorld
from tests.equipment.probing import Script, prober
from tests.equipment.world import World

WHO = "user:ada"
OWN = "http://127.0.0.1:8080/reference/service/add"
THEN = datetime(2020, 2, 29, tzinfo=UTC)


def components_of(world: World, database: Database | None = None) -> Components:
    parts = (world.bus.ledger, world.stamp, world.clock)
    return Components(database or world.database, *parts, OWN)


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world(prober(Script()))


@pytest.fixture
def components(world: World) -> Components:
    return components_of(world)


@pytest.fixture
def processes(world: World, make_embedded_world: MakeWorld) -> Iterator[list[Components]]:
    """Two that share a database, and no lock in memory, as processes do."""
    with (
        closing(open_database(make_embedded_world.database_url)) as one,
        closing(open_database(make_embedded_world.database_url)) as other,
    ):
        yield [components_of(world, one), components_of(world, other)]


def lines(world: World) -> list[tuple[str, str, str, Any, Any]]:
    """Return the audit, oldest first."""
    return [
        (line.who, line.what, line.field, json.loads(line.old or "0"), json.loads(line.new or "0"))
        for line in reversed(audit.page(world.database))
    ]


# --- counters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [SERVICE, PLATFORM, "packager"])
def test_a_counter_begins_at_its_first_use(components: Components, name: str) -> None:
    first = components.counter(name)
    assert (first.component, first.value) == (name, 0)
    assert components.counter(name) == first


def test_forty_that_come_first_all_get_the_same_counter(processes: list[Components]) -> None:
    barrier = Barrier(40)

    def read(number: int) -> object:
        barrier.wait(30)
        return processes[number % 2].counter(SERVICE)

    with ThreadPoolExecutor(40) as threads:
        found = list(threads.map(read, range(40)))
    assert len(set(found)) == 1


def test_every_add_counts_and_learns_a_number_of_its_own(processes: list[Components]) -> None:
    barrier = Barrier(20)

    def add(number: int) -> list[int]:
        barrier.wait(30)
        return [processes[number % 2].add(SERVICE).value for _ in range(10)]

    with ThreadPoolExecutor(20) as threads:
        answers = [value for some in threads.map(add, range(20)) for value in some]
    assert sorted(answers) == list(range(1, 201))
    assert processes[0].counter(SERVICE).value == 200


def test_adding_leaves_the_time_of_the_last_reset_alone(components: Components) -> None:
    began = components.counter(SERVICE).last_reset
    assert components.add(SERVICE, 5).last_reset == began
    assert components.add(SERVICE).value == 6


def test_a_reset_zeroes_and_moves_the_time_with_it(world: World, components: Components) -> None:
    before = components.add(SERVICE, 5)
    world.clock.advance(timedelta(hours=1))
    reset = components.reset(SERVICE, WHO)
    assert reset.value == 0
    assert reset.last_reset >= before.last_reset + timedelta(hours=1)
    assert components.counter(SERVICE) == reset
    ((who, what, field, old, new),) = lines(world)
    assert (who, what, field) == (WHO, "component:service", "counter")
    assert (old["value"], new["value"]) == (5, 0)


def test_resets_and_adds_come_one_after_the_other(processes: list[Components]) -> None:
    """What was added is in what a reset has ended, or comes after it; nothing else is lost."""
    barrier = Barrier(10)

    def work(number: int) -> list[int]:
        barrier.wait(30)
        mine = processes[number % 2]
        if number == 0:
            return [mine.reset(SERVICE, WHO).value for _ in range(10)]
        return [mine.add(SERVICE).value for _ in range(20)]

    with ThreadPoolExecutor(10) as threads:
        resets, *adds = threads.map(work, range(10))
    assert resets == [0] * 10
    database = processes[0].database
    rows = database.query(select(tables.audit.c.old))
    ended = sum(json.loads(row["old"])["value"] for row in rows)
    assert ended + processes[0].counter(SERVICE).value == sum(map(len, adds)) == 180


@pytest.mark.parametrize("value", [-1, LARGEST_COUNT + 1, 10**400])
def test_what_no_counter_holds_is_refused(world: World, components: Components, value: int) -> None:
    with pytest.raises(CounterError, match=str(LARGEST_COUNT)):
        components.correct(SERVICE, value, None, WHO)
    assert components.counter(SERVICE).value == 0
    assert lines(world) == []


def test_after_the_largest_number_comes_zero(world: World, components: Components) -> None:
    full = components.correct(SERVICE, LARGEST_COUNT - 1, THEN, WHO)
    assert full.last_reset == THEN
    assert components.add(SERVICE) == replace(full, value=LARGEST_COUNT)
    wrapped = components.add(SERVICE)
    assert wrapped.value == 0
    assert wrapped.last_reset > world.clock() - timedelta(minutes=1)
    components.correct(SERVICE, LARGEST_COUNT, THEN, WHO)
    assert components.add(SERVICE, 3).value == 2


def test_a_counter_can_be_corrected(world: World, components: Components) -> None:
    components.add(SERVICE, 3)
    began = components.counter(SERVICE).last_reset
    assert components.correct(SERVICE, 2, None, WHO).last_reset == began
    assert components.correct(SERVICE, 9, THEN, WHO) == components.counter(SERVICE)
    assert components.correct(SERVICE, 0, None, WHO).last_reset > THEN
    assert [line[3]["value"] for line in lines(world)] == [3, 2, 9]
    assert lines(world)[1][4] == {"value": 9, "last_reset": "2020-02-29T00:00:00Z"}


def test_a_capability_counts_on_from_where_it_was_set(world: World, components: Components) -> None:
    """What happened before is not counted once more, however late its consumer comes."""

    def use(*positions: int) -> int:
        with world.database.transaction() as transaction:
            add_uses(transaction, "packager", positions, world.clock())
        return components.counter("packager").value

    world.accept(*[ProbeRequested(probe=str(number)) for number in range(10)])
    assert use(1, 2) == 2
    components.correct("packager", 100, None, WHO)
    assert use(3, 10) == 100
    assert use(11, 12) == 102
    (row,) = world.rows(tables.counters, component="packager")
    assert (row["base"], row["since"]) == (100, 10)
    world.accept(*[ProbeRequested(probe=str(number)) for number in range(2)])
    assert components.reset("packager", WHO).value == 0
    assert use(11, 12) == 0
    assert use(13) == 1


def test_values_survive(world: World, processes: list[Components]) -> None:
    told = processes[0].add(SERVICE, 7)
    processes[0].database.close()
    assert processes[1].counter(SERVICE) == told
    assert components_of(world).counter(SERVICE) == told


@pytest.mark.parametrize("name", ["", "nobody", "service\0"])
def test_there_is_nothing_else_to_count(world: World, components: Components, name: str) -> None:
    with pytest.raises(KeyError):
        components.add(name)
    with pytest.raises(KeyError):
        components.counter(name)
    with pytest.raises(KeyError):
        components.description(name)
    assert world.count(tables.counters) == 0


# --- descriptions ---------------------------------------------------------------------------------


def test_the_newest_description_is_served_and_the_others_kept(
    world: World, components: Components
) -> None:
    default = default_description(COMPONENTS[SERVICE])
    assert components.description(SERVICE) == default
    first = replace(default, name="Première", tags=("two words", "é"), release_time=THEN)
    second = replace(default, name="Seconde", category="Nothing of the kind")
    components.describe(SERVICE, first, "anonymous")
    assert components.describe(SERVICE, second, WHO) == second
    assert components.description(SERVICE) == second
    assert components.current()[SERVICE] == second
    assert components.current()[PLATFORM] == default_description(COMPONENTS[PLATFORM])
    kept = components.descriptions(SERVICE)
    assert [one.description for one in kept] == [second, first]
    assert [one.described_by for one in kept] == [WHO, "anonymous"]

    assert components.drop_newest(SERVICE, WHO)
    assert components.description(SERVICE) == first
    assert components.drop_newest(SERVICE, WHO)
    assert components.description(SERVICE) == default
    assert not components.drop_newest(SERVICE, WHO)
    told = [(line[3]["name"], line[4]["name"]) for line in lines(world)]
    names = (default.name, "Première", "Seconde", "Première", default.name)
    assert told == list(pairwise(names))
    assert world.count(tables.counters, value=0) == world.count(tables.counters)


def test_a_platform_has_no_category(components: Components) -> None:
    told = replace(default_description(COMPONENTS[PLATFORM]), name="Another platform")
    components.describe(PLATFORM, told, WHO)
    assert components.description(PLATFORM) == told
    assert "category" not in components.description(PLATFORM).info()


def test_no_two_services_have_one_name(world: World, components: Components) -> None:
    default = default_description(COMPONENTS[SERVICE])
    with pytest.raises(DescriptionError) as caught:
        components.describe(SERVICE, replace(default, name="Dataset packager"), WHO)
    assert caught.value.errors.keys() == {"name"}
    # A platform is another matter; and whoever has a name keeps it.
    components.describe(PLATFORM, replace(default, name="Dataset packager", category=None), WHO)
    components.describe(SERVICE, default, WHO)
    assert len(lines(world)) == 2


def test_who_comes_second_with_a_name_is_refused(processes: list[Components]) -> None:
    barrier = Barrier(8)
    names = [name for name, one in COMPONENTS.items() if one.kind == "service"][:4]

    def describe(number: int) -> bool:
        name = names[number % len(names)]
        told = replace(default_description(COMPONENTS[name]), name="The one")
        barrier.wait(30)
        try:
            processes[number % 2].describe(name, told, WHO)
        except DescriptionError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(describe, range(8)))
    assert any(done)
    now = [one.name for one in processes[0].current().values()]
    assert now.count("The one") == 1


# --- settings -------------------------------------------------------------------------------------


def test_a_setting_is_kept_and_told_of_once(world: World, components: Components) -> None:
    assert components.settings(SERVICE)["doc"] == ""
    for _ in range(2):
        assert change_setting(components, SERVICE, "doc", " https://a.example ", WHO) == (
            "https://a.example"
        )
    assert components.settings(SERVICE)["doc"] == "https://a.example"
    assert components.settings(PLATFORM)["doc"] == ""
    assert change_setting(components, SERVICE, "doc", "", WHO) == ""
    assert lines(world) == [
        (WHO, "component:service", "doc", "", "https://a.example"),
        (WHO, "component:service", "doc", "https://a.example", ""),
    ]


def test_the_platform_polls_ourselves_unless_told_otherwise(components: Components) -> None:
    assert components.settings(PLATFORM)["service_url"] == OWN
    change_setting(components, PLATFORM, "service_url", "https://b.example/add", WHO)
    assert components.settings(PLATFORM)["service_url"] == "https://b.example/add"
    change_setting(components, PLATFORM, "service_url", "", WHO)
    assert components.settings(PLATFORM)["service_url"] == OWN


def test_what_cannot_be_a_value_changes_nothing(world: World, components: Components) -> None:
    for name, text in (("min_sec", "ten"), ("min_sec", "11"), ("max_sec", "0"), ("doc", "x")):
        with pytest.raises(SettingsError):
            change_setting(components, PLATFORM, name, text, WHO)
    assert (components.poll().min_sec, components.poll().max_sec) == (1, 10)
    assert lines(world) == []


def test_bounds_stay_in_order_whoever_sets_them(processes: list[Components]) -> None:
    barrier = Barrier(2)

    def change(number: int) -> None:
        name, text = (("min_sec", "9"), ("max_sec", "2"))[number]
        barrier.wait(30)
        try:
            change_setting(processes[number], PLATFORM, name, text, WHO)
        except SettingsError:
            return

    for _ in range(5):
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(change, range(2)))
        state = processes[0].poll()
        assert (state.min_sec, state.max_sec) in {(9, 10), (1, 2)}
        change_setting(processes[0], PLATFORM, "max_sec", "", WHO)
        change_setting(processes[0], PLATFORM, "min_sec", "", WHO)


# --- the audit ------------------------------------------------------------------------------------


def test_the_audit_is_read_page_by_page(world: World, components: Components) -> None:
    for number in range(5):
        change_setting(components, SERVICE, "doc", f"https://a.example/{number}", WHO)
    components.reset(PLATFORM, "anonymous")
    newest = audit.page(world.database, most=2)
    assert [line.what for line in newest] == ["component:platform", "component:service"]
    older = audit.page(world.database, before=newest[-1].id, most=100)
    assert len(older) == 4
    assert [line.new for line in audit.page(world.database, what="component:service")] == [
        f'"https://a.example/{number}"' for number in (4, 3, 2, 1, 0)
    ]
