# ruff: noqa: D102 - a test's name is its sentence
"""A build goes on where it was, and where it cannot, it begins anew: the zip is the same."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import pytest
from sqlalchemy import update

from consumers.zip_dataset import SLOW
from schemas.datasets import DatasetPackaged
from store import tables
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import Resource, counted, wide
from tests.equipment.ordering import Counter
from tests.equipment.packager_fixtures import ROWS
from tests.equipment.world import PATIENCE_SECONDS
from tests.services.waiting import until

ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
FOURTH_PAGE = 4
"""The POST that asks for it; the probe is POST 0."""


def stop_in_the_middle(counter: Counter, ckan: Ckan) -> dict[str, Any]:
    """Have a worker drained in the middle of the fourth page; return what the checkpoint says."""
    hold = Flag()
    ckan.troubles[FOURTH_PAGE] = Trouble(hold=hold)
    with counter.world.working(SLOW) as worker:
        until(lambda: checkpoint(counter).get("rows") == 15, seconds=PATIENCE_SECONDS, what="15")
        worker.drain()
        hold.set()
    assert counter.world.rows(tables.inbox) == []
    (lease,) = counter.world.rows(tables.leases)
    assert lease["owner"] is None
    return checkpoint(counter)


def checkpoint(counter: Counter) -> dict[str, Any]:
    rows = counter.world.rows(tables.leases)
    said: dict[str, Any] = json.loads(rows[0]["checkpoint"] or "{}") if rows else {}
    return said


def offsets(ckan: Ckan) -> list[int]:
    return [body["offset"] for body in ckan.bodies if body["limit"]]


def check_as_undisturbed(counter: Counter, **order: object) -> None:
    """The zip has the bytes that another build has, and was mailed once."""
    (said,) = counter.said(DatasetPackaged.TYPE)
    assert len(counter.world.rows(tables.mails)) == 1
    assert counter.world.rows(tables.leases) == counter.world.rows(tables.failures) == []
    assert counter.scratch() == []
    disturbed = counter.zip()
    counter.world.clock.advance(timedelta(days=2))
    counter.order(**order)  # type: ignore[arg-type]
    counter.work_off(SLOW)
    first, second = counter.packages()
    assert counter.zip(second) == disturbed == counter.zip(first)
    assert said["digest"] == first["sha256"] == second["sha256"]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_stopping_process_hands_back_and_the_next_goes_on(
    counter: Counter, ckan: Ckan, format_: str
) -> None:
    counter.order(format=format_)
    said = stop_in_the_middle(counter, ckan)
    assert said["rows"] == 20
    before = len(offsets(ckan))
    counter.work_off(SLOW)
    assert offsets(ckan)[before:] == [20, 23]
    assert counter.world.rows(tables.inbox)[0]["attempt"] == 1
    check_as_undisturbed(counter, format=format_)


def remove_scratch(counter: Counter, _said: dict[str, Any]) -> None:
    shutil.rmtree(counter.world.inbox.parent / "scratch")


def remove_folder(counter: Counter, said: dict[str, Any]) -> None:
    shutil.rmtree(counter.world.inbox.parent / "scratch" / said["folder"])


def cut_member(counter: Counter, said: dict[str, Any]) -> None:
    folder = counter.world.inbox.parent / "scratch" / said["folder"]
    (member,) = folder.iterdir()
    with member.open("r+b") as file:
        file.truncate(said["members"][0][1] - 1)


def write_in(text: str) -> Callable[[Counter, dict[str, Any]], None]:
    def write(counter: Counter, _said: dict[str, Any]) -> None:
        with counter.world.database.transaction() as transaction:
            transaction.execute(update(tables.leases).values(checkpoint=text))

    return write


@ONE_IS_ENOUGH
class TestBegunAnew:
    """What was left is of no use."""

    @pytest.mark.parametrize(
        "spoil",
        [
            remove_scratch,
            remove_folder,
            cut_member,
            write_in('{"page": 3}'),
            write_in(
                '{"folder": "x", "cursor": null, "rows": 5, "columns": [], "whole": false,'
                ' "members": [["resource.csv", "long", 1, 1]]}'
            ),
        ],
    )
    def test_when_less_is_there_than_the_checkpoint_says(
        self,
        counter: Counter,
        ckan: Ckan,
        spoil: Callable[[Counter, dict[str, Any]], None],
    ) -> None:
        counter.order()
        spoil(counter, stop_in_the_middle(counter, ckan))
        before = len(offsets(ckan))
        counter.work_off(SLOW)
        assert offsets(ckan)[before:] == [0, 5, 10, 15, 20, 23]
        assert len(counter.table()) == ROWS + 1

    @pytest.mark.parametrize("resource", [counted(ROWS), wide(ROWS, width=3)])
    def test_when_the_columns_have_changed(
        self, counter: Counter, ckan: Ckan, resource: Resource
    ) -> None:
        counter.order()
        stop_in_the_middle(counter, ckan)
        ckan.resources["r-1"] = resource
        counter.work_off(SLOW)
        table = counter.table()
        assert table[0] == [name for name, _ in resource.columns]
        assert [row[0] for row in table[1:]] == [str(number) for number in range(1, ROWS + 1)]
        check_as_undisturbed(counter)


@ONE_IS_ENOUGH
class TestGoingOn:
    """However it was left."""

    def test_what_a_former_owner_writes_later_changes_nothing(
        self, counter: Counter, ckan: Ckan
    ) -> None:
        counter.order()
        said = stop_in_the_middle(counter, ckan)
        hold = Flag()
        ckan.troubles[len(ckan.bodies) + 2] = Trouble(hold=hold)
        former = counter.world.inbox.parent / "scratch" / said["folder"] / "0.deflated"
        with former.open("r+b") as file, counter.world.working(SLOW):
            # The one before goes when the checkpoint has been committed.
            until(
                lambda: counter.scratch() == [checkpoint(counter)["folder"]] != [said["folder"]],
                seconds=PATIENCE_SECONDS,
                what="another folder, and no other",
            )
            file.write(bytes(100_000))
            hold.set()
            counter.world.wait_for(tables.inbox, 1)
        check_as_undisturbed(counter)

    @pytest.mark.parametrize("backend", ["solr", "versioned-datastore"])
    def test_with_the_cursor_of_its_back_end(
        self, counter: Counter, ckan: Ckan, backend: str
    ) -> None:
        ckan.resources["r-1"] = wide(ROWS, backend=backend)
        counter.order()
        stop_in_the_middle(counter, ckan)
        before = len(ckan.bodies)
        counter.work_off(SLOW)
        assert len(ckan.bodies) - before <= 3
        check_as_undisturbed(counter)

    def test_a_darwin_core_archive_names_the_same_package(
        self, counter: Counter, ckan: Ckan
    ) -> None:
        counter.order("dwc_archive", eml="<eml id='{package_id}' at='{date_stamp}'/>")
        stop_in_the_middle(counter, ckan)
        counter.work_off(SLOW)
        assert sorted(counter.members()) == ["eml.xml", "meta.xml", "occurrence.csv"]
        assert len(counter.members()["occurrence.csv"].splitlines()) == ROWS + 1
        assert counter.scratch() == []

    def test_by_time_where_pages_are_quick(self, counter: Counter) -> None:
        counter.world.packaging = replace(counter.world.packaging, checkpoint_seconds=3600)
        saved = []

        def is_built() -> bool:
            saved.append(checkpoint(counter).get("rows"))
            return bool(counter.packages())

        counter.order()
        with counter.world.working(SLOW):
            until(is_built, seconds=PATIENCE_SECONDS, what="the package")
        # Only when all rows are there, since packing them may fail.
        assert set(saved) <= {None, ROWS}
