"""Projects and permissions: each change and its fact, once, in one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from producers.projects import LastMemberError, NotPermittedError, Projects
from schemas.base import Event
from schemas.catalogue import decode
from schemas.projects import (
    PermissionGranted,
    PermissionRevoked,
    ProjectCreated,
    ProjectUpdated,
)
from store import tables
from store.ledger import Ledger, envelope_of
from store.projects import members, readable, standing
from store.user_names import ANONYMOUS
from tests.equipment.making import MakeWorld
from tests.equipment.world import World

REEF = "Récif 100%"


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    """A world without consumers."""
    return make_embedded_world()


@pytest.fixture
def projects(world: World) -> Projects:
    """What changes projects."""
    return Projects(world.database, world.bus.ledger, world.stamp, world.clock)


def put(projects: Projects, user: str, *, anyway: bool = False, **given: str | None) -> bool:
    return projects.put(REEF, user, given.get("name"), given.get("description"), anyway=anyway)


def facts(world: World) -> list[Event]:
    """Everything in the ledger, in order."""
    rows = sorted(world.rows(tables.events), key=lambda row: row["position"])
    return [decode(envelope_of(row)) for row in rows]  # type: ignore[arg-type]  # reads like one


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Call all at the same moment; return what each returned or raised."""
    barrier = Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        barrier.wait()
        try:
            return one()
        except (LastMemberError, NotPermittedError) as error:
            return type(error)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


# --- putting --------------------------------------------------------------------------------------


def test_a_project_belongs_to_whoever_creates_it(world: World, projects: Projects) -> None:
    assert put(projects, "ann", name="Reef", description="Runs for paper 2")
    (row,) = world.rows(tables.projects)
    created = row.pop("created_at")
    assert row == {
        "id": REEF,
        "name": "Reef",
        "description": "Runs for paper 2",
        "created_by": "ann",
    }
    (permission,) = world.rows(tables.permissions)
    assert permission == {
        "project": REEF,
        "user_name": "ann",
        "granted_by": "ann",
        "granted_at": created,
    }
    assert facts(world) == [ProjectCreated(project=REEF, user="ann")]
    (event,) = world.rows(tables.events)
    assert (event["entry"], event["actor"], event["subject"]) == ("accepted", "user:ann", REEF)


def test_what_is_not_given_stays_and_what_is_the_same_is_no_news(
    world: World, projects: Projects
) -> None:
    put(projects, "ann", name="Reef")
    assert not put(projects, "ann", description="d")
    assert not put(projects, "ann", name="Reef", description="d")
    assert not put(projects, "ann")
    assert not put(projects, "ann", name="", description="e")
    (row,) = world.rows(tables.projects)
    assert (row["name"], row["description"]) == ("", "e")
    assert facts(world)[1:] == [
        ProjectUpdated(project=REEF, user="ann", fields=("description",)),
        ProjectUpdated(project=REEF, user="ann", fields=("name", "description")),
    ]


def test_a_stranger_changes_nothing_unless_he_may_anyway(world: World, projects: Projects) -> None:
    put(projects, "ann")
    for name in (None, "Mine"):
        with pytest.raises(NotPermittedError, match="bo has no permission"):
            put(projects, "bo", name=name)
    assert facts(world) == [ProjectCreated(project=REEF, user="ann")]
    assert not put(projects, "root", name="Theirs", anyway=True)
    assert members(world.database, REEF) == ["ann"]
    assert facts(world)[1:] == [ProjectUpdated(project=REEF, user="root", fields=("name",))]


@pytest.mark.parametrize("second", ["ann", "bo"])
def test_of_two_who_create_a_project_at_once_one_does(
    world: World, projects: Projects, second: str
) -> None:
    for _ in range(10):
        seen = together(lambda: put(projects, "ann"), lambda: put(projects, second))
        assert sorted(map(str, seen)) == sorted(
            [str(True), str(False) if second == "ann" else str(NotPermittedError)]
        )
        (owner,) = members(world.database, REEF)
        assert facts(world) == [ProjectCreated(project=REEF, user=owner)]
        forget(world)


def forget(world: World) -> None:
    with world.database.transaction() as transaction:
        for table in (tables.projects, tables.permissions, tables.events):
            transaction.execute(table.delete())


# --- permissions ----------------------------------------------------------------------------------


def test_access_is_granted_once_and_revoked_once(world: World, projects: Projects) -> None:
    put(projects, "ann")
    for _ in range(2):
        projects.grant(REEF, "ann", "bo")
    assert members(world.database, REEF) == ["ann", "bo"]
    assert projects.revoke(REEF, "bo", "ann")
    assert not projects.revoke(REEF, "bo", "ann")
    assert members(world.database, REEF) == ["bo"]
    assert facts(world)[1:] == [
        PermissionGranted(project=REEF, user="ann", member="bo"),
        PermissionRevoked(project=REEF, user="bo", member="ann"),
    ]
    with pytest.raises(NotPermittedError):
        put(projects, "ann", name="Mine")


def test_the_last_member_stays(world: World, projects: Projects) -> None:
    put(projects, "ann")
    projects.grant(REEF, "ann", ANONYMOUS)
    with pytest.raises(LastMemberError, match="ann is the last"):
        projects.revoke(REEF, "ann", "ann")
    assert members(world.database, REEF) == ["ann", ANONYMOUS]
    assert projects.revoke(REEF, "ann", ANONYMOUS)
    assert facts(world)[1:] == [
        PermissionGranted(project=REEF, user="ann", member=ANONYMOUS),
        PermissionRevoked(project=REEF, user="ann", member=ANONYMOUS),
    ]


def test_two_members_do_not_lock_each_other_out(world: World, projects: Projects) -> None:
    for _ in range(10):
        put(projects, "ann")
        projects.grant(REEF, "ann", "bo")
        seen = together(
            lambda: projects.revoke(REEF, "ann", "bo"), lambda: projects.revoke(REEF, "bo", "ann")
        )
        assert sorted(map(str, seen)) == sorted([str(True), str(LastMemberError)])
        assert len(members(world.database, REEF)) == 1
        forget(world)


def test_who_is_revoked_twice_at_once_is_gone_once(world: World, projects: Projects) -> None:
    for _ in range(10):
        put(projects, "ann")
        projects.grant(REEF, "ann", "bo")
        seen = together(*[lambda: projects.revoke(REEF, "ann", "bo")] * 3)
        assert sorted(seen) == [False, False, True]
        assert facts(world)[2:] == [PermissionRevoked(project=REEF, user="ann", member="bo")]
        forget(world)


def test_a_change_that_is_undone_tells_nothing(world: World, projects: Projects) -> None:
    class Full:
        """A way out that is blocked."""

        def dispatch(self, *_: object) -> None:
            raise ZeroDivisionError

        def schedule(self, *_: object) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put(replace(projects, ledger=Ledger(Full())), "ann")
    assert world.count(tables.projects) == world.count(tables.permissions) == 0
    assert facts(world) == []


# --- looking --------------------------------------------------------------------------------------


def test_what_a_project_is_to_somebody(world: World, projects: Projects) -> None:
    put(projects, "ann", name="Reef")
    assert standing(world.database, "other", "ann") is None

    def told(user: str | None) -> tuple[bool, bool]:
        found = standing(world.database, REEF, user)
        assert found is not None
        assert (found.project.id, found.project.name) == (REEF, "Reef")
        return found.member, found.public

    assert [told(user) for user in ("ann", "bo", None)] == [
        (True, False), (False, False), (False, False)
    ]  # fmt: skip
    projects.grant(REEF, "ann", ANONYMOUS)
    assert [told(user) for user in ("ann", "bo", None)] == [
        (True, True), (False, True), (False, True)
    ]  # fmt: skip


def test_what_somebody_may_read(world: World, projects: Projects) -> None:
    for name in ("mine", "public", "theirs"):
        projects.put(name, "ann" if name == "mine" else "bo", None, None, anyway=False)
    projects.grant("public", "bo", ANONYMOUS)
    every = ["mine", "public", "theirs", "nowhere"]
    assert readable(world.database, "ann", every) == {"mine", "public"}
    assert readable(world.database, None, every) == {"public"}
    assert readable(world.database, "ann", []) == set()
