"""Events of a project come out nowhere but before those who may read the project."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from sqlalchemy import delete

from http_ingress.ports import Limits
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.projects import ProjectCreated, ProjectUpdated
from schemas.records import RecordCreated, RecordPutRequested
from store import tables
from store.parked import Parked, park
from tests.equipment.ingress import Ingress, serving
from tests.equipment.installations import Answer, Caller
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, prober
from tests.equipment.streams import following, listening, told
from tests.equipment.world import World, new_id
from tests.services.waiting import until

EVERYBODY = {
    "nobody": {"open"},
    "stranger": {"open"},
    "member": {"open", "secret"},
    "operator": {"open", "secret"},
    "superuser": {"open", "secret"},
}
"""Who looks, and which projects each of them may read."""
OUTSIDERS = ("nobody", "stranger")
HTML = "text/html"


@dataclass
class Scene:
    """A public and a private project of `ada`, each with a record; and somebody's probe."""

    world: World
    ingress: Ingress
    tokens: dict[str, str | None]
    keys: dict[str, str]
    """Of the requests that made the records, by project."""

    def ask(self, who: str, path: str, **headers: str | None) -> Answer:
        """Ask for something with the credentials of somebody."""
        token = self.tokens[who]
        said = {"authorization": token and f"Bearer {token}", **headers}
        return Caller(self.ingress.url, "").call("GET", path, None, **said)

    def revoke(self) -> None:
        """Take the member's permission away."""
        table = tables.permissions
        with self.world.database.transaction() as transaction:
            transaction.execute(delete(table).where(table.c.project == "secret"))

    def park(self, event: Envelope | None, reason: str) -> str:
        """Have something parked."""
        key, message = (event.key, None) if event else (None, '{"properties":{},"body_base64":""}')
        item = Parked(new_id(), NAME, key, message, reason, None, 1, self.world.clock())
        with self.world.database.transaction() as transaction:
            park(transaction, item)
        return item.id


@pytest.fixture
def scene(make_embedded_world: MakeWorld) -> Iterator[Scene]:
    world = make_embedded_world(prober(Script()))
    now = world.clock()
    with world.database.transaction() as transaction:
        for project, users in {"secret": ["ada"], "open": ["ada", "anonymous"]}.items():
            named = {"id": project, "name": "", "description": ""}
            transaction.insert(tables.projects, [{**named, "created_by": "ada", "created_at": now}])
            granted = {"project": project, "granted_by": "ada", "granted_at": now}
            transaction.insert(
                tables.permissions, [{**granted, "user_name": name} for name in users]
            )
    keys = {project: fill(world, project) for project in ("open", "secret")}
    # Who waits in vain for a stream to end is not kept alive by its heartbeats.
    with serving(world, consumer=NAME, limits=Limits(heartbeat_seconds=3600)) as ingress:
        ingress.accounts.add_user("ada", None)
        ingress.accounts.add_user("olga", None, operator=True)
        tokens = {name: ingress.accounts.create_token(name, "t")[1] for name in ("ada", "olga")}
        names = ("nobody", "stranger", "member", "operator", "superuser")
        known = (None, ingress.token, tokens["ada"], tokens["olga"], ingress.operator_token)
        yield Scene(world, ingress, dict(zip(names, known, strict=True)), keys)


def put(project: str, label: str = "run-1") -> RecordPutRequested:
    return RecordPutRequested(
        project=project, label=label, user="ada", fields=("label",), size=1, sha256="0" * 64
    )


def fill(world: World, project: str) -> str:
    """Have a project with one record, and something public that is called the same."""
    _, asked = world.accept(ProjectCreated(project=project, user="ada"), put(project))
    answer = RecordCreated(project=project, label="run-1", user="ada", revision=1)
    world.accept(world.stamp.put_on(answer, cause=asked))
    world.accept(
        ProbeRequested(probe=project), ProjectUpdated(project=project, user="ada", fields=())
    )
    return asked.key


def expected(who: str) -> list[str]:
    """Return the subjects that somebody sees, in their order."""
    found = []
    for project in ("open", "secret"):
        record = f"{project}/run-1"
        ours = [project, record, record, project, project]
        found += ours if project in EVERYBODY[who] else [project]
    return found


def subjects(found: list[dict[str, dict[str, str]]]) -> list[str]:
    return [one["event"]["subject"] for one in found]


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_ledger_shows_what_somebody_may_see_page_by_page(scene: Scene, who: str) -> None:
    assert subjects(scene.ask(who, "/events").json["events"]) == expected(who)
    seen, following = [], "/events?limit=1"
    while following:
        page = scene.ask(who, following).json
        seen += subjects(page["events"])
        following = page["next"]
    assert seen == expected(who)
    page = scene.ask(who, "/events", accept=HTML).body.decode()
    assert ("secret/run-1" in page) is ("secret" in EVERYBODY[who])
    assert "open/run-1" in page


@pytest.mark.parametrize("who", OUTSIDERS)
def test_a_search_finds_no_more_than_for_what_is_not_there(scene: Scene, who: str) -> None:
    hidden: dict[str, object] = {"events": [], "next": None}
    for search in ("subject=secret/run-1", f"correlation={scene.keys['secret']}"):
        assert scene.ask(who, f"/events?{search}&limit=1").json == hidden
        assert len(scene.ask("member", f"/events?{search}").json["events"]) == 2
    assert subjects(scene.ask(who, "/events?subject=secret&limit=1").json["events"]) == ["secret"]


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("path", ["/events/{}", "/events/{}/why", "/operations/{}"])
@pytest.mark.parametrize("accept", ["application/json", HTML, "text/event-stream"])
def test_what_is_hidden_looks_like_what_is_not_there(
    scene: Scene, who: str, path: str, accept: str
) -> None:
    key, unknown, began = scene.keys["secret"], new_id(), time.monotonic()
    hidden, missing = (
        scene.ask(who, path.format(one), accept=accept, prefer="wait=30") for one in (key, unknown)
    )
    assert (hidden.status, missing.status) == (404, 404)
    assert hidden.body.decode().replace(key, unknown) == missing.body.decode()
    assert time.monotonic() - began < 30, "what may not be seen is not waited for"


@pytest.mark.parametrize("who", sorted(set(EVERYBODY) - set(OUTSIDERS)))
def test_what_may_be_seen_is_shown(scene: Scene, who: str) -> None:
    for path in ("/events/{}", "/events/{}/why", "/operations/{}"):
        for accept in ("application/json", HTML):
            answer = scene.ask(who, path.format(scene.keys["secret"]), accept=accept)
            assert answer.status == 200
            assert "secret/run-1" in answer.body.decode()


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_name_stands_for_the_newest_of_what_may_be_seen(scene: Scene, who: str) -> None:
    for project in ("open", "secret"):
        found = scene.ask(who, f"/events/{project}/why").json["steps"][0]["type"]
        may_read = project in EVERYBODY[who]
        assert found == (ProjectUpdated.TYPE if may_read else ProbeRequested.TYPE)
        record = f"/events/{quote(project + '/run-1', safe='')}/why"
        assert scene.ask(who, record).status == (200 if may_read else 404)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_tree_is_shown_without_what_is_hidden(scene: Scene, who: str) -> None:
    world = scene.world
    [root] = world.accept(ProbeRequested(probe="root"))
    [inner] = world.accept(world.stamp.put_on(put("secret", "inner"), cause=root))
    world.accept(world.stamp.put_on(ProbeAnswered(probe="leaf", position=1), cause=inner))
    steps = scene.ask(who, f"/events/{root.key}/why").json["steps"]
    inside = ["secret/inner"] if "secret" in EVERYBODY[who] else []
    assert [one["subject"] for one in steps] == ["root", *inside, "leaf"]
    tree = scene.ask(who, f"/operations/{root.key}?tree=true").json["tree"]
    assert tree["steps"] == steps
    page = scene.ask(who, f"/events/{root.key}", accept=HTML).body.decode()
    assert ("secret/inner" in page) is bool(inside)
    assert "leaf" in page


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_status_shows_the_latest_that_may_be_seen(scene: Scene, who: str) -> None:
    latest = scene.ask(who, "/status").json["latest"]
    assert [one["subject"] for one in latest] == expected(who)[::-1]
    page = scene.ask(who, "/", accept=HTML).body.decode()
    assert ("secret/run-1" in page) is ("secret" in EVERYBODY[who])


def test_a_busy_private_project_is_not_taken_for_an_empty_ledger(scene: Scene) -> None:
    scene.world.accept(*(put("secret", str(number)) for number in range(200)))
    assert scene.ask("nobody", "/status").json["latest"] == []
    page = scene.ask("nobody", "/", accept=HTML).body.decode()
    assert "projects that you may not read" in page
    assert len(scene.ask("member", "/status").json["latest"]) == 20


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_stream_sends_what_may_be_seen_and_its_position_goes_on(scene: Scene, who: str) -> None:
    with listening(scene.ingress, "?after=0", token=scene.tokens[who]) as messages:
        sent = [json.loads(next(told(messages)).data)["subject"] for _ in expected(who)]
        assert sent == expected(who)
        scene.world.accept(put("secret"), ProbeRequested(probe="end"))
        seen = [next(told(messages)) for _ in range(2 if "secret" in EVERYBODY[who] else 1)]
    assert json.loads(seen[-1].data)["subject"] == "end"
    assert int(seen[-1].id) == scene.world.count(tables.events)


def test_a_revoked_permission_ends_what_a_running_stream_shows(scene: Scene) -> None:
    token = scene.tokens["member"]
    with listening(scene.ingress, token=token) as messages:
        next(messages)

        def is_shown() -> bool:
            scene.world.accept(put("secret"), ProbeRequested(probe="next"))
            first = next(told(messages))
            if first.event == ProbeRequested.TYPE:
                return False
            return next(told(messages)).event == ProbeRequested.TYPE

        assert is_shown()
        scene.revoke()
        until(lambda: not is_shown(), seconds=60, what="the stream to show the project no more")


def test_a_revoked_permission_ends_a_followed_operation(scene: Scene) -> None:
    token, key = scene.tokens["member"], scene.keys["secret"]
    with following(scene.ingress, key, token=token) as operations:
        assert next(operations)["subject"] == "secret/run-1"
        scene.revoke()
        assert list(operations) == []
    assert scene.ask("member", f"/operations/{key}").status == 404


@pytest.mark.parametrize("who", [who for who in EVERYBODY if who != "nobody"])
def test_parked_items_of_a_project_are_shown_to_its_readers(scene: Scene, who: str) -> None:
    events: dict[str, Event] = {
        "secret/lost": put("secret", "lost"),
        "open/lost": put("open", "lost"),
    }
    accepted = dict(zip(events, scene.world.accept(*events.values()), strict=True))
    subjects = ["secret/lost", "secret/lost", "open/lost", "secret/lost"]
    ids = [scene.park(accepted[one], f"about {one}") for one in subjects]
    ids.append(scene.park(None, "no event"))
    seen = [one for one, name in zip(ids, [*subjects, "open"], strict=True)
            if name.partition("/")[0] in EVERYBODY[who]]  # fmt: skip
    found, following = [], "/parked?limit=1"
    while following:
        page = scene.ask(who, following).json
        assert len(page["items"]) == 1
        found.append(page["items"][0]["id"])
        following = page["next"]
    assert found == seen
    search = scene.ask(who, "/parked?reason=secret&limit=1").json
    assert (search["items"] == []) is (search["next"] is None) is (ids[0] not in seen)
    page = scene.ask(who, "/parked", accept=HTML).body.decode()
    assert ("about secret" in page) is (ids[0] in seen)
    reasons = [one["reason"] for one in scene.ask(who, "/parked/groups").json["groups"]]
    assert ("about secret/lost" in reasons) is (who in {"operator", "superuser"})
    item, unknown = scene.ask(who, f"/parked/{ids[0]}"), new_id()
    missing = scene.ask(who, f"/parked/{unknown}")
    assert item.status == (200 if ids[0] in seen else 404)
    if item.status == 404:
        assert item.body.decode().replace(ids[0], unknown) == missing.body.decode()


def test_wrong_credentials_are_refused_where_none_are_needed(scene: Scene) -> None:
    for path in ("/events", "/status", f"/events/{scene.keys['open']}", "/files"):
        assert scene.ask("nobody", path).status == 200
        assert scene.ask("nobody", path, authorization="Bearer mnt_wrong").status == 401
