# ruff: noqa: D102 - a test's name is its sentence
"""Equal requests share one package, whoever comes first and whatever becomes of that one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event as Flag

import pytest
from sqlalchemy import func, select, text, update

from consumers.contract import RetryPolicy
from consumers.zip_dataset import SLOW
from schemas.datasets import DatasetFailed, DatasetPackaged
from store import tables
from store.package_ports import Claim, Mine, Package, Ready
from store.packages import SqlPackages
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ordering import Counter
from tests.equipment.packager_fixtures import PAGE, ROWS
from tests.equipment.world import PATIENCE_SECONDS, new_id
from tests.services.waiting import until

ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
QUESTIONS = 1 + -(-ROWS // PAGE) + 1
"""The probe, the pages, and one that is empty."""


def mailed(counter: Counter) -> list[tuple[str, bool]]:
    """Return to whom mails were written, and whether with the link of the one package."""
    (package,) = counter.packages()
    rows = counter.world.rows(tables.mails)
    return sorted((row["recipient"], package["name"] in row["text"]) for row in rows)


def test_equal_requests_at_the_same_time_share_one_build(counter: Counter, ckan: Ckan) -> None:
    hold = Flag()
    ckan.troubles[2] = Trouble(hold=hold)
    first = counter.order(email="ada@example.org")
    second = counter.order(email="bob@example.org")
    with counter.world.working(SLOW):
        until(
            lambda: counter.world.tally.endings["postponed"] >= 1,
            seconds=PATIENCE_SECONDS,
            what="one of them to wait",
        )
        hold.set()
        counter.world.wait_for(tables.packages, 1)
    counter.work_off(SLOW)
    assert len(ckan.bodies) == QUESTIONS
    assert mailed(counter) == [("ada@example.org", True), ("bob@example.org", True)]
    said = counter.said(DatasetPackaged.TYPE)
    assert [one["shared"] for one in said] == [False, True]
    assert {one["artefact"] for one in said} == {counter.packages()[0]["id"]}
    assert counter.packages()[0]["id"] in {first.key, second.key}
    assert {row["attempt"] for row in counter.world.rows(tables.inbox)} == {1}


@ONE_IS_ENOUGH
class TestOneAfterTheOther:
    """The second comes when the first has ended."""

    def test_within_the_time_of_the_cache_the_same_package_is_mailed(
        self, counter: Counter
    ) -> None:
        counter.order(email="ada@example.org", filters='{"a": 1, "b": [2]}')
        counter.work_off(SLOW)
        asked = len(counter.ckan.bodies)
        counter.world.clock.advance(counter.world.packaging.cache - timedelta(minutes=1))
        counter.order(email="bob@example.org", filters='{ "b":[2], "a":1 }', offset="0")
        counter.work_off(SLOW)
        assert len(counter.ckan.bodies) == asked
        assert mailed(counter) == [("ada@example.org", True), ("bob@example.org", True)]
        assert counter.said(DatasetPackaged.TYPE)[1]["shared"]
        assert counter.world.rows(tables.package_builds) == []

    def test_after_the_time_of_the_cache_it_is_built_anew(self, counter: Counter) -> None:
        counter.order()
        counter.work_off(SLOW)
        counter.world.clock.advance(counter.world.packaging.cache + timedelta(minutes=1))
        counter.order()
        counter.work_off(SLOW)
        assert len(counter.ckan.bodies) == 2 * QUESTIONS
        first, second = counter.packages()
        assert first["name"] != second["name"]
        assert counter.zip(first) == counter.zip(second)

    @pytest.mark.parametrize(
        ("kind", "other"),
        [
            ("datastore", {"key": "another"}),
            ("datastore", {}),
            ("datastore", {"key": "one", "format": "tsv"}),
            ("dwc_archive", {"key": "one"}),
        ],
    )
    def test_what_is_not_the_same_is_not_shared(
        self, counter: Counter, kind: str, other: dict[str, str]
    ) -> None:
        counter.order(key="one")
        counter.order(kind, **other)
        counter.work_off(SLOW)
        assert len(counter.packages()) == 2
        assert not any(one["shared"] for one in counter.said(DatasetPackaged.TYPE))

    def test_a_package_that_was_removed_is_built_anew(self, counter: Counter) -> None:
        counter.order()
        counter.work_off(SLOW)
        with counter.world.database.transaction() as transaction:
            gone = {"removed_at": counter.world.clock()}
            transaction.execute(update(tables.packages).values(gone))
        counter.order()
        counter.work_off(SLOW)
        assert len(counter.packages()) == 2


@ONE_IS_ENOUGH
class TestTheFirstDoesNotEnd:
    """Somebody else has to build it."""

    def test_after_a_failure_the_second_builds_it_itself(self, counter: Counter) -> None:
        counter.ckan.troubles[0] = Trouble(status=400)
        counter.order(email="ada@example.org")
        counter.order(email="bob@example.org")
        counter.work_off(replace(SLOW, threads=1))
        assert len(counter.said(DatasetFailed.TYPE)) == 1
        (package,) = counter.packages()
        (said,) = counter.said(DatasetPackaged.TYPE)
        assert (said["artefact"], said["shared"]) == (package["id"], False)

    def test_while_the_first_waits_for_its_next_try_the_second_builds_it(
        self, counter: Counter
    ) -> None:
        counter.ckan.troubles[0] = Trouble(status=503, headers={"Retry-After": "11"})
        counter.order()
        counter.order()
        counter.work_off(replace(SLOW, threads=1))
        assert [one["shared"] for one in counter.said(DatasetPackaged.TYPE)] == [False, True]
        assert len(counter.packages()) == 1
        assert counter.world.rows(tables.package_builds) == []

    @pytest.mark.parametrize("seconds_left", [-61, 20])
    def test_a_build_of_the_dead_is_taken_over_and_one_of_the_living_is_not(
        self, counter: Counter, seconds_left: int
    ) -> None:
        dead, asked = counter.order(), counter.order()
        digest = counter.world.rows(tables.package_requests)[0]["digest"]
        now = counter.world.clock()
        lease = {
            "consumer": SLOW.name,
            "event_key": dead.key,
            "attempt": 1,
            "token": 1,
            "owner": "dead.1",
            "until": now + timedelta(seconds=seconds_left),
            "crashes": 0,
            "began_at": now,
        }
        build = {"digest": digest, "event_key": dead.key, "began_at": now}
        with counter.world.database.transaction() as transaction:
            transaction.insert(tables.leases, [lease])
            transaction.insert(tables.package_builds, [build])
        with counter.world.working(SLOW):
            if seconds_left > 0:
                until(
                    lambda: counter.world.tally.endings["postponed"] >= 1,
                    seconds=PATIENCE_SECONDS,
                    what="it to wait",
                )
                assert counter.packages() == []
            else:
                counter.world.wait_for(tables.inbox, 1)
                assert [one["id"] for one in counter.packages()] == [asked.key]

    def test_a_parked_request_holds_up_no_equal_one(self, counter: Counter) -> None:
        impatient = replace(SLOW, retry=RetryPolicy(attempts=1), give_up=None)
        counter.ckan.troubles[0] = Trouble(status=503, headers={"Retry-After": "11"})
        parked = counter.order()
        counter.work_off(impatient)
        assert [row["event_key"] for row in counter.world.rows(tables.parked)] == [parked.key]
        other = counter.order()
        counter.work_off(SLOW)
        assert [one["id"] for one in counter.packages()] == [other.key]


@pytest.mark.parametrize("make_world", ["postgresql"], indirect=True)
def test_who_asks_while_a_package_is_being_committed_waits_and_gets_it(counter: Counter) -> None:
    world = counter.world
    first, second = counter.order(), counter.order()
    now = world.clock()
    digest = world.rows(tables.package_requests)[0]["digest"]
    long_ago = now - timedelta(days=1)

    def claim(key: str) -> Claim:
        with world.database.transaction() as transaction:
            packages = SqlPackages(transaction, world.database, new_id)
            return packages.claim(digest, key, now, long_ago)

    assert claim(first.key) == Mine()
    package = Package(
        id=first.key,
        name="a.zip",
        digest=digest,
        kind="datastore",
        resource_id="r-1",
        format="csv",
        host="h",
        size=1,
        sha256="0" * 64,
        rows=1,
        built_at=now,
        expires_at=now + timedelta(days=7),
    )
    with ThreadPoolExecutor(1) as thread:
        with world.database.transaction() as transaction:
            SqlPackages(transaction, world.database, new_id).add(package)
            transaction.flush()
            claiming = thread.submit(claim, second.key)
            blocked = select(func.count().label("n")).where(
                text("cardinality(pg_blocking_pids(pid)) > 0 AND datname = current_database()")
            )
            until(
                lambda: world.database.query(blocked.select_from(text("pg_stat_activity")))[0]["n"],
                seconds=PATIENCE_SECONDS,
                what="the other to wait",
            )
        assert claiming.result(PATIENCE_SECONDS) == Ready(package)
    assert world.rows(tables.package_builds) == []
