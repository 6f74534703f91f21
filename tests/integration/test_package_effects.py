"""What is told of packages and mails as effects of a request: enough, and no secret."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from schemas.probes import ProbeRequested
from store.effects import effects
from store.mails import SqlMails
from store.tables import mails, packages
from tests.equipment.making import MakeWorld
from tests.equipment.packages import keep_mail, keep_package
from tests.equipment.world import World


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world()


def test_a_package_and_its_mail_are_told_without_link_and_address(world: World) -> None:
    [request] = world.accept(ProbeRequested(probe="stands for a request"))
    now = world.clock()
    later = now + timedelta(days=7)
    keep_package(world.database, world.objects, request.key, built_at=now, expires_at=later)
    keep_mail(world, request)

    def told() -> list[tuple[str, str]]:
        found = effects(world.database, [request.key])[request.key]
        assert ".zip" not in str(found)
        assert "ada@" not in str(found)
        return [(one.kind, one.text) for one in found]

    assert told() == [
        ("package", "package of r-1, 3 bytes, 5 rows"),
        ("mail", "package mail about r-1, not sent yet"),
    ]
    [row] = world.rows(mails)
    for sent, outcome in ((True, "sent"), (False, "not sent")):
        with world.database.transaction() as transaction:
            SqlMails(transaction, world.database).end(row["id"], now, sent=sent)
        assert told()[1] == ("mail", f"package mail about r-1, {outcome}")
    world.database.run(update(packages).values(removed_at=now, rows=None))
    assert told()[0] == ("package", "package of r-1, 3 bytes (removed)")
