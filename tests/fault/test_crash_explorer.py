"""An installation is killed wherever it has an effect, and nothing is lost or done twice.

A dry run finds the points. By default so many deaths are died that the test takes two minutes at
most; with `MUNIMENT_TEST_EVERY_DEATH=1` all of them, more than twice at points that are come to
often, and at least 600.
"""

import json
import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from schemas.probes import ProbeRequested
from schemas.routing import FACTS, is_request
from store.database import Database, open_database
from store.statistics.verifying import verify
from store.tables import events, files, frame_versions
from tests import foreign_amqp as foreign
from tests.equipment.ckan import running_ckan
from tests.equipment.installations import settings_of
from tests.equipment.post_office import serve_mail
from tests.fault.explorer.asking import Client
from tests.fault.explorer.exploring import Exploration, explore, survey, tally
from tests.fault.explorer.lives import Lives, lives
from tests.fault.explorer.points import Death
from tests.fault.explorer.reckoning import at_rest, blamed, reckon, unsent, waiting
from tests.fault.explorer.scenarios import PROJECT, FailingOnce, Outside, event, said_by, scenarios
from tests.services.waiting import until
from tests.web import serve

EVERY = bool(os.environ.get("MUNIMENT_TEST_EVERY_DEATH"))
OCCURRENCES = 12 if EVERY else 2
DEATHS = 600 if EVERY else 80
STEP = 1 if EVERY else 4
"""Of the points of a first start, each so many is one to die at: each costs two starts."""
WITNESS = "witness"
NOTICES = "notices"
_log = logging.getLogger(__name__)
PACKAGED = (
    *("INSERT package_requests", "INSERT package_builds", "os.pwrite", "os.fdatasync"),
    *("UPDATE leases", "DELETE package_builds", "INSERT packages", "INSERT mails"),
    *("store/scratch:remove", "store/smtp:_transmit", "UPDATE mails", "INSERT packager_requests"),
)
FRAMED = (
    *("INSERT frame_drafts", "INSERT frames", "INSERT frame_versions", "INSERT frame_notices"),
    *("INSERT frame_combinations", "DELETE frame_drafts", "UPDATE frame_versions"),
)
COUNTED = ("INSERT statistics_hours", "INSERT statistics_totals", "UPDATE counters")
KNOWN = {
    "embedded": (
        *("_commit", "INSERT events", "INSERT deliveries", "HTTP/1.1 200", "INSERT probes"),
        *("INSERT files", "INSERT inbox", "DELETE deliveries", "INSERT failures", "os.link"),
        *("BufferedWriter.write", "os.fsync", "os.unlink", "INSERT record_drafts"),
        *("INSERT record_objects", "DELETE record_drafts", "INSERT records", "DELETE records"),
        *("INSERT record_history", *PACKAGED, *FRAMED, *COUNTED),
    ),
    "deployed": (
        *("_commit", "INSERT events", "INSERT outbox", "HTTP/1.1 200", "INSERT probes"),
        *("INSERT files", "INSERT inbox", "DELETE outbox", "INSERT failures", "sendall PUT"),
        *("Basic.Publish", "Basic.Ack", "INSERT record_drafts", "INSERT record_objects"),
        *("DELETE record_drafts", "INSERT records", "DELETE records", "INSERT record_history"),
        *PACKAGED,
        *FRAMED,
        *COUNTED,
        "DELETE frame_notices",
    ),
}
"""Effects that are there for certain."""


@dataclass(frozen=True)
class Installation:
    """Where its processes live and die."""

    world: str
    settings: dict[str, Any]
    database_url: str
    bus_url: str
    folder: Path

    @property
    def shared(self) -> Path:
        """Where clients put the bytes of frames."""
        return self.folder / "shared"


@pytest.fixture(params=["embedded", "deployed"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    settings = settings_of(request.param, request, tmp_path)
    dumped = settings.model_dump(mode="json")
    if settings.s3_secret_key is not None:
        dumped["s3_secret_key"] = settings.s3_secret_key.get_secret_value()
    return Installation(request.param, dumped, settings.database, settings.bus_url, tmp_path)


@pytest.fixture
def database(installation: Installation) -> Iterator[Database]:
    with closing(open_database(installation.database_url)) as database:
        yield database


@pytest.mark.timeout(3600)
def test_a_death_at_any_point_loses_nothing_and_doubles_nothing(
    installation: Installation, database: Database
) -> None:
    with (
        serve(FailingOnce()) as web,
        running_ckan() as ckan,
        serve_mail() as office,
        lives(
            {
                **installation.settings,
                "fetch_allow": f"{web.host}:{web.port},{urlsplit(ckan.url).netloc}",
                "smtp_url": f"smtp://127.0.0.1:{office.port}",
                "archive_store_url": f"file:{installation.shared}",
            },
            installation.folder,
        ) as some,
    ):
        client = Client(first_start(some, installation))
        exploration = Exploration(client)
        secret = installation.folder / "data" / "packager.secret"
        outside = Outside(
            f"http://{web.host}:{web.port}",
            ckan,
            lambda: secret.read_text().strip(),
            installation.shared,
        )
        ways = scenarios(outside, database)
        survey(some, exploration, ways, OCCURRENCES)
        deaths = max(DEATHS, len(exploration.plans)) if EVERY else DEATHS
        explore(some, exploration, deaths)
        life = some.begin()
        assert life is not None
        until(lambda: client.insist(life.url), seconds=180, what="an answer to everything")
        wait_for_rest(database)
        exploration.replayed = blamed(database)
        client.call(life.url, "POST", "/parked/replay", b'{"filter": {}}')
        wait_for_rest(database)
        assert blamed(database) == 0
        contents = {
            row["name"]: client.call(life.url, "GET", f"/files/{row['id']}/content")
            for row in database.query(select(files.c.id, files.c.name))
        }
        said = {
            name: json.loads(client.call(life.url, "GET", f"{PROJECT}{name}/"))["stdout_stderr"]
            for name, scenario in exploration.asked.items()
            if scenario.title == "record"
        }
        assert not some.drain()
    say(exploration)
    assert client.surprises == []
    troubles = [
        f"{trouble} (died {died.death})"
        if (died := exploration.died.get(name))
        else f"{trouble} (its process was not killed)"
        for name, trouble in reckon(database, exploration.asked)
    ]
    assert troubles == []
    assert list(unsent(database, [one.message["message-id"] for one in office.posted])) == []
    # Frames' files are called by their paths.
    assert all(content.decode() == Path(name).stem for name, content in contents.items())
    assert all(text == said_by(name) for name, text in said.items())
    if installation.world == "deployed":
        check_witness(installation, database)
    verdict = verify(database, lambda _done, _total: None)
    assert (verdict.differences, verdict.waiting) == ([], 0), "every event is counted once"
    check_the_explorer_itself(installation, exploration, deaths)


def test_a_first_start_that_dies_is_made_good_by_the_next(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = settings_of("embedded", request, tmp_path).model_dump(mode="json")
    with lives(settings, tmp_path) as some:
        assert some.begin() is not None
        assert not some.drain()
        first = set(some.points())
        assert some.begin() is not None
        assert not some.drain()
        points = sorted(first - set(some.points()))[::STEP]
        assert len(points) > 20
        died, troubles = 0, []
        for number, point in enumerate(points):
            folder = tmp_path / str(number)
            life = some.begin(Death(point), data_dir=str(folder))
            died += life is None or some.drain()
            if trouble := trouble_at_the_next_start(some, folder):
                troubles.append(f"{trouble} (died {point})")
    assert troubles == []
    # What a thread of its own does is not done when the process ends before.
    assert died > 0.8 * len(points)


def trouble_at_the_next_start(some: Lives, folder: Path) -> str | None:
    """Start in a folder where a first start may have died, and say what is wrong."""
    life = some.begin(data_dir=str(folder))
    assert life is not None
    client = Client((folder / "operator.token").read_text().strip())
    name = str(uuid.uuid4())
    answered = client.ask(life.url, name, event(name, ProbeRequested.TYPE, probe=name))
    assert not some.drain()
    return None if answered else f"no 2xx: {client.surprises}"


def wait_for_rest(database: Database) -> None:
    try:
        until(lambda: at_rest(database), seconds=120, what="rest")
    except TimeoutError:
        pytest.fail(f"something waits for ever: {waiting(database)}")


def first_start(some: Lives, installation: Installation) -> str:
    """Make the tables, the queues and the project, and return the operator's token."""
    life = some.begin()
    assert life is not None
    if installation.world == "deployed":
        foreign.declare(installation.bus_url, WITNESS)
        with foreign.channel(installation.bus_url) as channel:
            channel.queue_bind(WITNESS, FACTS, "#")
        foreign.declare(installation.bus_url, NOTICES)
        with foreign.channel(installation.bus_url) as channel:
            channel.queue_bind(NOTICES, "archived_fits")
    token = (installation.folder / "data" / "operator.token").read_text().strip()
    Client(token).call(life.url, "PUT", PROJECT, b"{}")
    assert not some.drain()
    return token


def say(exploration: Exploration) -> None:
    """Log what was done; pytest shows it where the test fails, or with `-rP`."""
    _log.warning(
        "%d points; deaths planned: %s; left out: %s; killed before listening: %d, later: %s; "
        "replayed: %d",
        len(exploration.points),
        tally(exploration.plans),
        tally(exploration.left_out) or "none",
        len(exploration.died_early),
        tally(list(exploration.died.values())),
        exploration.replayed,
    )
    for plan in exploration.missed:
        _log.warning("not come to again: %s (%s)", plan.death, plan.scenario.title)
    for plan in exploration.left_out:
        _log.warning("left out: %s (%s)", plan.death, plan.scenario.title)


def check_witness(installation: Installation, database: Database) -> None:
    """See that whoever listens to facts was told each of them; a repeat is allowed."""
    facts = {
        row["id"]
        for row in database.query(select(events.c.id, events.c.type))
        if not is_request(row["type"])
    }
    told = {one.properties.message_id for one in foreign.empty(installation.bus_url, WITNESS)}
    assert told == facts
    announced = {one.properties.message_id for one in foreign.empty(installation.bus_url, NOTICES)}
    assert announced == {row["uid"] for row in database.query(select(frame_versions.c.uid))}


def check_the_explorer_itself(
    installation: Installation, exploration: Exploration, deaths: int
) -> None:
    """See that it killed what it should.

    An explorer that finds nothing must not look like one that finds nothing wrong.
    """
    points = exploration.points
    assert len(points) > 50
    for effect in KNOWN[installation.world]:
        for when in ("before", "after"):
            assert any(p.startswith(when) and effect in p for p in points), (when, effect)
    # What counts rests between batches: by then, all that was asked for may be over.
    missed = [one for one in exploration.missed if "store/statistics" not in one.death.point]
    assert len(missed) <= deaths // 10
    assert exploration.replayed <= deaths // 20
    assert len(exploration.died) > deaths // 3
