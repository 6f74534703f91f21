"""Frames are archived while the broker of the notices is away; on a real one, by a cable."""

from contextlib import closing
from pathlib import Path

from consumers.announce_archived import CONSUMER
from consumers.ingest_frame import CONSUMER as INGEST
from producers.notices import AmqpNotices
from store import tables
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.equipment.frame_posts import Observatory, post
from tests.equipment.world import PATIENCE_SECONDS, open_world
from tests.services.waiting import until

EXCHANGE = "archived_fits"
MANY = 1000


def test_a_thousand_frames_are_announced_once_each_when_the_broker_is_back(
    amqp_url: str, tmp_path: Path
) -> None:
    foreign.declare(amqp_url, "pipeline")
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare(EXCHANGE, "fanout", durable=True)
        channel.queue_bind("pipeline", EXCHANGE)
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with (
        Cable(amqp_url) as cable,
        closing(AmqpNotices(cable.url, EXCHANGE, "test", declares=True)) as notices,
        open_world([INGEST, CONSUMER], database_url=url, folder=tmp_path) as world,
    ):
        world.notices = notices
        cable.unplug()
        with world.working(CONSUMER, probes={"notices": notices.check}):
            posts = (post(f"frame-{number}", b"%d" % number, area=None) for number in range(MANY))
            world.accept(*Observatory(world).carry_out(*posts))
            until(
                lambda: "notices" in world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause"
            )
            assert world.count(tables.frame_notices) == MANY
            cable.plug()
            world.wait_for(tables.inbox, MANY, consumer=CONSUMER.name)
        assert world.count(tables.frame_notices) == 0
        told = [one.properties.message_id for one in foreign.empty(amqp_url, "pipeline")]
        assert sorted(told) == sorted(row["uid"] for row in world.rows(tables.frame_versions))
        # Before that, the bus may have been waited for: to connect can take its time.
        assert world.tally.pauses[-2:] == ["notices", None]
