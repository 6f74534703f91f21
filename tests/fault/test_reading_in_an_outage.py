"""Reading while nobody can be known: what needs no database is shown, nothing is hidden wrongly."""

from pathlib import Path

from schemas.projects import ProjectCreated
from store import tables
from tests.equipment.ingress import serving
from tests.equipment.installations import Caller
from tests.equipment.probing import Script, prober
from tests.equipment.world import open_world
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until


def test_who_signs_in_sees_what_can_be_shown(
    private_postgresql: PrivatePostgreSQL, tmp_path: Path
) -> None:
    consumers = [prober(Script())]
    with (
        private_postgresql.fresh_database() as url,
        open_world(consumers, database_url=url, folder=tmp_path) as world,
        serving(world) as ingress,
    ):
        ingress.accounts.add_user("ada", None)
        member = Caller(ingress.url, ingress.accounts.create_token("ada", "t")[1])
        granted = {"granted_by": "ada", "granted_at": world.clock()}
        with world.database.transaction() as transaction:
            row = {"project": "secret", "user_name": "ada", **granted}
            transaction.insert(tables.permissions, [row])
        [event] = world.accept(ProjectCreated(project="secret", user="ada"))
        private_postgresql.kill()
        # A server process that has outlived its parent may still answer for a moment.
        until(
            lambda: member.call("GET", "/status").json["latest"] is None,
            seconds=60,
            what="the status to tell that the ledger cannot be read",
        )
        for path in ("/", "/metrics"):
            assert member.call("GET", path).status == 200
        for path in ("/events", f"/events/{event.key}", "/files"):
            answer = member.call("GET", path)
            assert (answer.status, answer.json["dependency"]) == (503, "database")
        private_postgresql.start()
        until(
            lambda: member.call("GET", f"/events/{event.key}").status == 200,
            seconds=60,
            what="the member to be known again",
        )
