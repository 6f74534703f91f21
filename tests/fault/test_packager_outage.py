"""The packager while its database is away: nothing is promised, and every client may try again."""

from pathlib import Path
from urllib.parse import urlencode

from store.tables import events, package_requests
from tests.equipment.ingress import PACKAGER_SECRET, serving
from tests.equipment.packaging import DATASTORE, FORM
from tests.equipment.probing import Script, prober
from tests.equipment.world import open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

PATHS = ("/status", "/package_datastore", "/statistics", "/statistics/requests", "/clear_caches")


def test_a_request_is_kept_or_refused(
    private_postgresql: PrivatePostgreSQL, tmp_path: Path
) -> None:
    form = urlencode({"secret": PACKAGER_SECRET, **DATASTORE}).encode()
    with (
        private_postgresql.fresh_database() as url,
        open_world([prober(Script())], database_url=url, folder=tmp_path) as world,
        serving(world) as ingress,
    ):

        def status_of(path: str) -> int:
            caller = ingress.caller
            return caller.call("POST", f"/packager{path}", form, content_type=FORM).status

        assert [status_of(path) for path in PATHS] == [200] * len(PATHS)
        private_postgresql.kill()
        # A server process that has outlived its parent may still answer for a moment.
        until(lambda: status_of("/status") == 503, seconds=60, what="the status to be refused")
        zips = ingress.caller.call("GET", f"/packager/resources/{'A' * 43}.zip")
        assert (zips.status, zips.json["status"]) == (503, "failed")
        for path in PATHS:
            answer = ingress.caller.call("POST", f"/packager{path}", form, content_type=FORM)
            assert (answer.status, answer.json["error"]) == (503, "UnavailableError")
            assert int(answer.headers["retry-after"]) > 0
        private_postgresql.start()
        until(lambda: status_of("/status") == 200, seconds=60, what="the status to be told again")
        # What is left in the pool leads to the server that was killed.
        world.database.close()
        assert world.count(package_requests) == world.count(events) == 1
