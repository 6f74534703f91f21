# ruff: noqa: D102 - a test's name is its sentence
"""Packages that cannot be had, now or ever: who is told what, and what is told to nobody."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.contract import RetryPolicy
from consumers.zip_dataset import FAST, SLOW
from schemas.datasets import DatasetFailed, DatasetPackaged
from store import tables
from store.errors import ObjectsUnavailableError
from tests.equipment.ckan import Ckan, Trouble, WebFile
from tests.equipment.ckan_rows import texts
from tests.equipment.objects import InterceptedObjects
from tests.equipment.ordering import EMAIL, Counter
from tests.equipment.packager_fixtures import ROWS

ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
PATIENT = Trouble(status=503, headers={"Retry-After": "11"})
"""More than what is waited for on the spot."""
KEY = "api-key-5b1f"
TOKEN = "token-93ac"


def check_apologised(counter: Counter, reason: str) -> None:
    """One event, one errors row and one mail say that it failed; nothing is parked or left."""
    world = counter.world
    (failed,) = counter.said(DatasetFailed.TYPE)
    (error,) = world.rows(tables.packager_errors)
    assert reason in failed["reason"]
    assert error["message"] == failed["reason"]
    assert (error["email"], error["resource_id"]) == (EMAIL, "r-1")
    (mail,) = world.rows(tables.mails)
    assert (mail["purpose"], mail["recipient"]) == ("apology", EMAIL)
    assert "r-1" in mail["text"]
    assert reason not in mail["text"]
    assert world.rows(tables.packager_requests) == world.rows(tables.packages) == []
    assert world.rows(tables.parked) == world.rows(tables.package_builds) == []
    (request,) = world.rows(tables.package_requests)
    assert request["ended_at"] is not None
    assert request["email"] is request["api_key"] is request["parameters"] is None
    assert list(world.objects.list("")) == []
    assert [row["outcome"] for row in world.rows(tables.inbox)] == ["failed"]


def test_a_source_that_is_away_for_a_while(counter: Counter) -> None:
    counter.ckan.troubles = {0: PATIENT, 3: PATIENT}
    counter.order()
    counter.work_off(SLOW)
    assert len(counter.table()) == ROWS + 1
    (said,) = counter.said(DatasetPackaged.TYPE)
    assert said["rows"] == ROWS
    assert counter.world.count(tables.failures) == 2
    assert counter.world.rows(tables.packager_errors) == []
    assert [row["purpose"] for row in counter.world.rows(tables.mails)] == ["package"]
    # Rows that had come were not asked for again.
    offsets = [body["offset"] for body in counter.ckan.bodies if body["limit"]]
    assert offsets == [0, 5, 5, 10, 15, 20, 23]
    assert counter.scratch() == []


def test_a_source_that_is_down_for_good(counter: Counter) -> None:
    counter.ckan.always = PATIENT
    counter.order()
    counter.work_off(replace(SLOW, retry=RetryPolicy(attempts=3, base_seconds=1)))
    check_apologised(counter, "503")
    assert len(counter.ckan.bodies) == 3
    assert counter.scratch() == []
    # The same request works at once when the source does.
    counter.ckan.always = Trouble()
    counter.order()
    counter.work_off(SLOW)
    assert len(counter.table()) == ROWS + 1


def says(**answer: Any) -> Trouble:  # noqa: ANN401 - JSON values
    """Return the trouble of an answer with some of its members changed."""
    return Trouble(change=lambda said: said.update(answer))


@ONE_IS_ENOUGH
class TestForGood:
    """Nothing is tried again."""

    @pytest.mark.parametrize(
        ("trouble", "reason"),
        [
            (says(success=False, error={"message": "no such field"}), "no such field"),
            (says(result={"fields": [], "records": []}), "no fields"),
            (says(result={"records": []}), "no fields"),
            (Trouble(status=403, body=b"go away"), "403"),
            (Trouble(status=404), "nothing is at"),
            (Trouble(status=302, headers={"Location": "/elsewhere"}), "redirects"),
            (Trouble(status=307, headers={"Location": "http://10.0.0.1/x"}), "10.0.0.1"),
            (Trouble(status=200, body=b"<html>"), "no JSON"),
        ],
    )
    def test_a_source_that_will_not_say_anything_else(
        self, counter: Counter, trouble: Trouble, reason: str
    ) -> None:
        counter.ckan.always = trouble
        counter.order()
        counter.work_off(SLOW)
        check_apologised(counter, reason)
        assert counter.world.rows(tables.failures) == []
        assert counter.scratch() == []

    def test_a_refusal_in_the_middle_leaves_nothing(self, counter: Counter) -> None:
        counter.ckan.troubles[3] = Trouble(status=400)
        counter.order(format="tsv")
        counter.work_off(SLOW)
        check_apologised(counter, "400")
        assert counter.scratch() == []

    def test_more_rows_than_a_package_may_hold(self, counter: Counter) -> None:
        counter.world.packaging = replace(counter.world.packaging, most_rows=ROWS - 1)
        counter.order()
        counter.work_off(SLOW)
        check_apologised(counter, f"more than {ROWS - 1} rows")

    @pytest.mark.parametrize("length", [32_768, 200_000])
    def test_a_cell_that_no_sheet_holds(self, counter: Counter, length: int) -> None:
        counter.ckan.resources["r-1"] = texts("short", "x" * length, name="story")
        counter.order(format="xlsx")
        counter.work_off(SLOW)
        check_apologised(counter, "row 2, column 'story'")
        assert counter.scratch() == []

    @pytest.mark.parametrize(
        ("place", "reason"),
        [
            ("http://10.0.0.1/x", "10.0.0.1"),
            ("http://[::1]/x", "::1"),
            ("http://169.254.169.254/latest", "169.254.169.254"),
            ("file:///etc/passwd", "redirects to 'file:///etc/passwd'"),
        ],
    )
    def test_a_file_that_leads_inside(
        self, counter: Counter, ckan: Ckan, place: str, reason: str
    ) -> None:
        ckan.files["/file"] = WebFile(status=302, headers={"Location": place})
        counter.order("url", resource_url=f"{ckan.url}/file")
        counter.work_off(FAST)
        check_apologised(counter, reason)

    def test_a_file_that_is_larger_than_allowed(self, counter: Counter, ckan: Ckan) -> None:
        counter.world.packaging = replace(counter.world.packaging, largest_file=2_000_000)
        ckan.files["/file"] = WebFile(bytes(3_000_000), length=False)
        counter.order("url", resource_url=f"{ckan.url}/file")
        counter.work_off(FAST)
        check_apologised(counter, "more than 2000000 bytes")
        assert counter.scratch() == []

    def test_a_request_that_nobody_remembers_fails(self, counter: Counter) -> None:
        asked = counter.order()
        with counter.world.database.transaction() as transaction:
            transaction.execute(tables.package_requests.delete())
        with counter.world.working(SLOW):
            counter.world.wait_for(tables.inbox, 1, event_key=asked.key, outcome="failed")
        assert len(counter.said(DatasetFailed.TYPE)) == 1


def test_an_object_store_that_is_down_is_waited_for(counter: Counter) -> None:
    down = iter([True])

    def instant(what: str) -> None:
        if what == "written" and next(down, False):
            raise ObjectsUnavailableError("the object store is away")

    counter.world.objects = InterceptedObjects(counter.world.objects, instant)
    counter.order()
    counter.work_off(SLOW)
    assert len(counter.table()) == ROWS + 1
    # Before that, the broker may have been waited for: to connect can take its time.
    assert counter.world.tally.pauses[-2:] == ["objects", None]
    assert counter.world.tally.pauses.count("objects") == 1
    assert counter.world.rows(tables.failures) == []
    assert counter.world.rows(tables.inbox)[0]["attempt"] == 1
    # All rows were there already.
    assert len(counter.ckan.bodies) == 1 + 5 + 1
    assert counter.scratch() == []


@pytest.fixture
def talkative(counter: Counter) -> Counter:
    """A source that repeats what it was told in secret, whatever is asked for."""
    told = f"may not: Authorization {KEY}; see http://127.0.0.1:1/login?next={TOKEN}".encode()
    counter.ckan.always = replace(PATIENT, body=told)
    counter.ckan.files[f"/file?token={TOKEN}"] = WebFile(told, 503, {"Retry-After": "11"})
    return counter


@ONE_IS_ENOUGH
@pytest.mark.parametrize("give_up", [SLOW.give_up, None])
@pytest.mark.parametrize("kind", ["datastore", "url"])
def test_keys_and_addresses_with_secrets_are_told_nowhere(
    talkative: Counter,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    give_up: Any,  # noqa: ANN401
) -> None:
    caplog.set_level("INFO")  # libraries say nothing below errors, see ops/logs.py
    counter, world = talkative, talkative.world
    more = {"resource_url": f"{counter.ckan.url}/file?token={TOKEN}"} if kind == "url" else {}
    counter.order(kind, key=KEY, **more)
    consumer = FAST if kind == "url" else SLOW
    policy = RetryPolicy(attempts=2, base_seconds=1)
    counter.work_off(replace(consumer, retry=policy, give_up=give_up))
    assert world.count(tables.failures) == (1 if give_up else 2)
    assert world.count(tables.parked) == (0 if give_up else 1)
    told = {
        table.name: str(world.rows(table))
        for table in tables.metadata.sorted_tables
        if give_up or table is not tables.package_requests
    }
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    for name, text in {**told, "log": logged}.items():
        assert KEY not in text, name
        assert TOKEN not in text, name
    assert "503" in told["failures"]
    assert "503" in logged
