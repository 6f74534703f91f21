"""A place from which files are to be fetched, and what becomes of that while it is broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from schemas.files import FileIngestRequested
from tests.equipment.installations import Caller
from tests.services.waiting import until
from tests.web import Answer, Web, serve


@dataclass
class Quarry:
    """A web server that answers 503 until it is mended."""

    web: Web

    def park(self, caller: Caller, name: str) -> str:
        """Ask for a file that cannot be fetched now; return the id of what is parked."""
        source = f"http://127.0.0.1:{self.web.port}/{name}"
        accepted = caller.post(name, FileIngestRequested.TYPE, name=name, source=source)
        assert accepted.status == 202, accepted
        event = f"/events/{accepted.json['operations'][0]['id']}"

        def parked() -> str | None:
            items = caller.call("GET", "/parked?state=any").json["items"]
            return next((one["id"] for one in items if one["event"] == event), None)

        return until(parked, seconds=60, what=f"the parking of {name}")

    def mend(self) -> None:
        """Have every file to give from now on."""
        self.web.answering = lambda _: Answer(body=b"marble")


@contextmanager
def quarrying() -> Iterator[Quarry]:
    """Run the web server for a block."""
    with serve(lambda _: Answer(503)) as web:
        yield Quarry(web)
