"""An outage as strangers see it: what is down is named, and nothing of where it is."""

from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import system
from tests.equipment.console import HOME, administering
from tests.equipment.ingress import PACKAGER_SECRET
from tests.equipment.installations import Caller, settings_of
from tests.equipment.packaging import FORM
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

TOLD = b"database does not answer, or takes nothing"
REFUSED = (
    "/events",
    "/files",
    "/statistics",
    "/records/",
    "/archive/frames/",
    "/reference/service/archive/stats",
    "/reference/service/info",
)
SHOWN = ("/", "/status", "/readyz", "/readyz?canary=true", "/reference/service/archive/status")
NOWHERE = "nowhere.muniment.invalid"


def test_strangers_are_told_what_is_down_and_not_where(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    private_postgresql: PrivatePostgreSQL,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        private_postgresql.fresh_database() as url,
        administering("embedded", request, tmp_path, database_url=url) as console,
    ):
        stranger = Caller(console.running.url, "")
        port = str(urlsplit(url).port).encode()

        def get(path: str, accept: str) -> tuple[int, bytes]:
            answer = stranger.call("GET", path, authorization=None, accept=accept)
            return answer.status, answer.body

        olga = console.desk("olga")
        private_postgresql.kill()
        # A server process that has outlived its parent may still answer for a moment.
        until(lambda: get("/files", "*/*")[0] == 503, seconds=60, what="a 503")
        until(lambda: get("/readyz", "*/*")[0] == 503, seconds=60, what="/readyz to tell of it")
        for path in (*REFUSED, *SHOWN):
            for accept in ("application/json", "text/html"):
                status, body = get(path, accept)
                assert (path in SHOWN) or status == 503, (path, accept, status)
                assert port not in body, (path, accept, body)
                assert path not in REFUSED or TOLD in body, (path, accept, body)
        assert port not in olga.get(HOME).body
        form = urlencode({"secret": PACKAGER_SECRET}).encode()
        packager = stranger.call("POST", "/packager/status", form, content_type=FORM)
        assert port not in packager.body
        private_postgresql.start()
        assert any(port.decode() in record.getMessage() for record in caplog.records)


def test_who_may_administer_is_told_where(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings = settings_of("embedded", request, tmp_path, bus_url=f"amqp://guest:guest@{NOWHERE}/")
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        caller = Caller.of(running)
        for path in ("/readyz", "/status"):
            trouble = caller.call("GET", path).json["dependencies"]["bus"]
            assert NOWHERE in trouble
            stranger = caller.call("GET", path, authorization=None)
            assert stranger.json["dependencies"]["bus"] == "does not answer, or takes nothing"
        page = caller.call("GET", "/", authorization=None, accept="text/html").body.decode()
        assert NOWHERE not in page
        assert "<code>muniment doctor</code> says why" in page
        wrong = caller.call("GET", "/readyz", authorization="Bearer mnt_wrong")
        assert wrong.status == 503, "a probe is answered whatever it sends"
        assert NOWHERE.encode() not in wrong.body
