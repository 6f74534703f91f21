"""Section 11: `stats` of a capability says 503 while it cannot do its work, and `status` why."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from http_ingress.reference.health import OLDEST
from ops.wiring import system
from schemas.capabilities import CAPABILITIES
from tests.equipment.installations import Answer
from tests.equipment.reference import HTML, JSON, Reference, referring
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

SECONDS = OLDEST.total_seconds()
ARCHIVE = CAPABILITIES["archive"]
WORKERS = ARCHIVE.consumers
PATH = "service/archive/stats"
OK = {"status": "Ok", "message": "Ok"}


def comes(reference: Reference, status: int, path: str = PATH) -> Answer:
    """Wait until `stats` is answered so."""

    def answered() -> Answer | None:
        answer = reference.get(path)
        # Whatever happens, it is one or the other.
        assert answer.status in {200, 503}, answer
        assert answer.headers["content-type"] == JSON
        return answer if answer.status == status else None

    return until(answered, seconds=SECONDS, what=f"{status} from {path}")


def goes_down(reference: Reference, part: str, path: str = PATH) -> Answer:
    """Wait until `stats` is answered with 503 for this part; before, nobody may have looked."""

    def told() -> Answer | None:
        answer = comes(reference, 503, path)
        return answer if answer.json["monitoring"][part]["status"] == "Down" else None

    return until(told, seconds=SECONDS, what=f"{part} to be down")


def check_down(reference: Reference, part: str, *, looks: bool = True) -> str:
    """See that this part is down and what that looks like; return why it is.

    Not `looks`: a look at the installation finds nothing; only who asks for the count notices.
    """
    answer = goes_down(reference, part)
    assert answer.headers["cache-control"] == "no-store"
    assert "Accept" in answer.headers["vary"]
    assert answer.json.keys() == {"service", "monitoring"}
    assert answer.json["service"] == "archive"
    monitoring = answer.json["monitoring"]
    assert monitoring.keys() == {"Queue", "Store"}
    page = reference.get(PATH, accept="text/html")
    assert (page.status, page.headers["content-type"]) == (503, HTML)
    headed = reference.call("HEAD", PATH, accept=JSON)
    assert (headed.status, headed.body) == (503, b"")

    def told() -> bool:
        status = reference.get("service/archive/status")
        assert status.status == 200
        assert status.json["lastStatusUpdate"].endswith("Z")
        return bool(status.json[part].startswith("Down : "))

    # What `stats` has just met itself, `status` is told by the next look.
    if looks:
        until(told, seconds=SECONDS, what=f"{part} to be told as down")
    message = monitoring[part]["message"]
    assert isinstance(message, str)
    assert 0 < len(message) <= 256
    return message


def check_up(reference: Reference) -> None:
    """See what is told when nothing is wrong."""
    answer = comes(reference, 200)
    assert answer.json.keys() == {"lastReset", "invocations"}

    def told() -> bool:
        status = reference.get("service/archive/status").json
        assert status.keys() == {"lastStatusUpdate", "Queue", "Store"}
        return bool(status["Queue"] == status["Store"] == "Ok")

    until(told, seconds=SECONDS, what="both parts to be told as well")
    assert b"Ok" in reference.get("service/archive/status", accept="text/html").body


@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_nobody_is_at_work(request: pytest.FixtureRequest, tmp_path: Path, world: str) -> None:
    with referring(request, tmp_path, world=world) as reference:
        message = check_down(reference, "Queue")
        assert all(name in message for name in WORKERS)
        settings = reference.running.settings
        with system(settings, consumers=WORKERS[:1]):
            until(
                lambda: WORKERS[0] not in comes(reference, 503).body.decode(),
                seconds=SECONDS,
                what="the first consumer to be seen",
            )
        with system(settings, consumers=WORKERS):
            check_up(reference)
            down = goes_down(reference, "Queue", "service/records/stats")
            assert down.json["monitoring"]["Store"] == OK
        check_down(reference, "Queue")


def test_the_broker_is_away(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    private_rabbitmq: PrivateRabbitMQ,
    postgresql_url: str,
) -> None:
    away = {"bus_url": private_rabbitmq.url, "database_url": postgresql_url}
    with referring(request, tmp_path, consumers=WORKERS, **away) as reference:
        check_up(reference)
        private_rabbitmq.stop()
        check_down(reference, "Queue")
        assert reference.put("service/add").status == 200
        assert reference.get("service/stats").status == 200
        private_rabbitmq.start()
        check_up(reference)


def test_the_database_is_away(
    request: pytest.FixtureRequest, tmp_path: Path, private_postgresql: PrivatePostgreSQL
) -> None:
    with (
        private_postgresql.fresh_database() as url,
        referring(request, tmp_path, consumers=WORKERS, database_url=url) as reference,
    ):
        check_up(reference)
        count = reference.count()
        private_postgresql.stop()
        check_down(reference, "Store")
        for call in everything(reference):
            answer = call()
            assert (answer.status, answer.headers["content-type"]) == (503, JSON)
            assert answer.json["detail"]
        page = reference.get("service/info", accept="text/html")
        assert (page.status, page.headers["content-type"]) == (503, HTML)
        private_postgresql.start()
        check_up(reference)
        assert comes(reference, 200, "service/stats").json["invocations"] == count


def everything(reference: Reference) -> list[Callable[[], Answer]]:
    """Return calls that need the database."""
    return [
        *(
            partial(reference.get, path)
            for path in ("service/info", "service/stats", "platform/stats", "")
        ),
        lambda: reference.put("service/add"),
        lambda: reference.put("service/reset"),
        lambda: reference.put("platform/start"),
        lambda: reference.put("platform/stop"),
        lambda: reference.press("service", b"add=1"),
    ]


def test_the_objects_are_away(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with referring(request, tmp_path, consumers=WORKERS) as reference:
        check_up(reference)
        folder = tmp_path / "data" / "objects"
        folder.rename(tmp_path / "elsewhere")
        check_down(reference, "Store")
        (tmp_path / "elsewhere").rename(folder)
        check_up(reference)


def test_the_database_takes_very_long(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql_url: str
) -> None:
    with referring(request, tmp_path, consumers=WORKERS, database_url=postgresql_url) as reference:
        check_up(reference)
        count = reference.count()
        with reference.running.store.database.transaction() as transaction:
            # Whoever reads a number now waits until the block ends.
            transaction.execute(text("LOCK TABLE counters IN ACCESS EXCLUSIVE MODE"))
            check_down(reference, "Store", looks=False)
            demonstration = reference.get("service/stats")
            assert (demonstration.status, demonstration.headers["content-type"]) == (503, JSON)
        check_up(reference)
        assert reference.count() == count
