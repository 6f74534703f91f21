"""Mails are sent once and counted once, whatever the mail server and our processes do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from consumers.contract import RetryPolicy
from consumers.embedded import LEASE
from consumers.send_mail import CONSUMER, send_mail
from schemas.base import Event
from schemas.mail import MailFailed, MailRequested, MailSent
from store import tables
from store.outbox import GRACE
from store.ports import Work
from store.smtp import open_mailer
from tests.equipment import postman
from tests.equipment.killing import run_until_killed
from tests.equipment.letterbox import ADDRESS, RESOURCE, write_mail
from tests.equipment.making import MakeWorld
from tests.equipment.post_office import HANG_UP, PostOffice, serve_mail
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

QUICKLY = replace(CONSUMER, retry=RetryPolicy(attempts=3, base_seconds=0.02, factor=1.0))
ONE_IS_ENOUGH = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with serve_mail() as office:
        yield office


@pytest.fixture
def world(make_world: MakeWorld, office: PostOffice) -> World:
    world = make_world(QUICKLY)
    world.mailer = open_mailer(url_of(office))
    return world


def url_of(office: PostOffice) -> str:
    return f"smtp://127.0.0.1:{office.port}"


def totals(world: World) -> dict[str, tuple[int, int, int]]:
    return {
        row["resource_id"]: (row["requests"], row["emails"], row["errors"])
        for row in world.rows(tables.packager_totals)
    }


def check_sent(world: World, mail: str = "m-1") -> None:
    """Nobody can be told from the rows any more, and the event says that the mail was sent."""
    (row,) = world.rows(tables.mails, id=mail)
    assert (row["sent"], row["recipient"], row["text"], row["html"]) == (True, None, None, None)
    for request in world.rows(tables.package_requests, event_key=f"r-{mail}"):
        assert request["ended_at"] is not None
        assert request["email"] is request["api_key"] is request["parameters"] is None
    assert world.count(tables.events, type=MailSent.TYPE) == 1
    assert world.count(tables.parked) == 0


def the_failure(world: World) -> str:
    """Return why the one mail was not sent."""
    (row,) = world.rows(tables.mails)
    assert (row["sent"], row["recipient"], row["text"], row["html"]) == (False, None, None, None)
    (event,) = world.rows(tables.events, type=MailFailed.TYPE)
    assert ADDRESS not in event["data"]
    assert world.count(tables.parked) == 0
    return str(event["data"])


def test_a_mail_is_sent_and_counted_once(world: World, office: PostOffice) -> None:
    (sent,) = world.accept(write_mail(world))
    world.deliver(sent, CONSUMER.name)
    world.work_off(QUICKLY)
    world.deliver(sent, CONSUMER.name)
    world.work_off(QUICKLY)

    (posted,) = office.posted
    assert posted.recipients == (ADDRESS,)
    assert str(posted.message["Message-ID"]) == "<m-1@museum.example>"
    check_sent(world)
    (logged,) = world.rows(tables.packager_requests)
    assert (logged["resource_id"], logged["email"], logged["domain"], logged["count"]) == (
        RESOURCE,
        ADDRESS,
        "example.org",
        "500",
    )
    assert totals(world) == {"*": (1, 1, 0), RESOURCE: (1, 1, 0)}
    assert world.count(tables.packager_errors) == world.count(tables.failures) == 0


@ONE_IS_ENOUGH
def test_a_mail_server_that_is_down_is_waited_for(make_world: MakeWorld, free_port: int) -> None:
    once = replace(CONSUMER, retry=RetryPolicy(attempts=1))
    world = make_world(once)
    world.mailer = open_mailer(f"smtp://127.0.0.1:{free_port}")
    for number in range(3):
        world.accept(write_mail(world, f"m-{number}"))
    with world.working(once, probes={"mail": world.mailer.check}):
        until(lambda: world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause")
        with serve_mail(free_port) as office:
            world.wait_until_at_rest()
    assert len(office.posted) == 3
    assert world.tally.pauses == ["mail", None]
    assert world.count(tables.failures) == world.count(tables.packager_errors) == 0
    assert {row["attempt"] for row in world.rows(tables.inbox)} == {1}
    assert totals(world) == {"*": (3, 1, 0), RESOURCE: (3, 1, 0)}


@ONE_IS_ENOUGH
def test_greylisting_is_not_seen(world: World, office: PostOffice) -> None:
    office.say("RCPT", f"451 4.7.1 <{ADDRESS}>: greylisted", times=2)
    world.accept(write_mail(world))
    world.work_off(QUICKLY)

    assert len(office.posted) == 1
    check_sent(world)
    assert totals(world) == {"*": (1, 1, 0), RESOURCE: (1, 1, 0)}
    assert world.count(tables.packager_errors) == 0
    failures = world.rows(tables.failures)
    assert [row["attempt"] for row in failures] == [1, 2]
    assert ADDRESS not in str(failures)


@ONE_IS_ENOUGH
def test_a_mail_that_is_refused_is_an_error_of_its_request(
    world: World, office: PostOffice
) -> None:
    office.say("RCPT", f"550 5.1.1 <{ADDRESS}>: unknown")
    world.accept(write_mail(world))
    world.work_off(QUICKLY)

    assert office.posted == []
    assert "550 5.1.1 <a…@example.org>: unknown" in the_failure(world)
    (error,) = world.rows(tables.packager_errors)
    assert (error["resource_id"], error["email"]) == (RESOURCE, ADDRESS)
    assert "550 5.1.1 <a…@example.org>: unknown" in error["message"]
    assert totals(world) == {"*": (0, 0, 1), RESOURCE: (0, 0, 1)}
    (request,) = world.rows(tables.package_requests)
    assert request["email"] is None
    assert world.count(tables.failures) == 0


@ONE_IS_ENOUGH
def test_a_mail_that_is_put_off_for_ever_is_given_up(world: World, office: PostOffice) -> None:
    office.say("RCPT", f"450 4.2.2 <{ADDRESS}>: mailbox full", times=3)
    world.accept(write_mail(world))
    world.work_off(QUICKLY)

    assert office.posted == []
    assert office.asked["RCPT"] == 3
    assert "450 4.2.2 <a…@example.org>: mailbox full" in the_failure(world)
    assert world.count(tables.packager_errors) == 1
    assert totals(world) == {"*": (0, 0, 1), RESOURCE: (0, 0, 1)}


@ONE_IS_ENOUGH
@pytest.mark.parametrize("refused", [False, True])
def test_an_apology_is_not_counted(world: World, office: PostOffice, *, refused: bool) -> None:
    if refused:
        office.say("RCPT", "550 5.1.1 unknown")
    world.accept(write_mail(world, purpose="apology"))
    world.work_off(QUICKLY)

    if refused:
        assert "apology" in the_failure(world)
    else:
        check_sent(world)
    assert totals(world) == {}
    assert world.count(tables.packager_requests) == world.count(tables.packager_errors) == 0


@ONE_IS_ENOUGH
@pytest.mark.parametrize("refused", [False, True])
def test_a_mail_whose_request_has_gone_is_sent_all_the_same(
    world: World, office: PostOffice, *, refused: bool
) -> None:
    if refused:
        office.say("DATA", "554 5.7.1 no")
    world.accept(write_mail(world, asked=False))
    world.work_off(QUICKLY)

    assert len(office.posted) == (0 if refused else 1)
    if refused:
        assert "554 5.7.1 no" in the_failure(world)
    else:
        check_sent(world)
    assert totals(world) == {}


@ONE_IS_ENOUGH
def test_an_event_without_its_mail_ends_quietly(world: World, office: PostOffice) -> None:
    world.accept(MailRequested(mail="gone", purpose="package", about=RESOURCE))
    world.work_off(QUICKLY)
    assert not office.asked
    assert world.count(tables.inbox) == 1


@ONE_IS_ENOUGH
def test_a_mail_of_which_the_server_said_nothing_is_sent_again_as_it_was(
    world: World, office: PostOffice
) -> None:
    office.say("DATA", HANG_UP)
    world.accept(write_mail(world))
    world.work_off(QUICKLY)

    first, second = office.posted
    assert first == second
    check_sent(world)
    assert totals(world) == {"*": (1, 1, 0), RESOURCE: (1, 1, 0)}


@ONE_IS_ENOUGH
def test_a_mail_that_was_sent_is_not_sent_again_when_the_rest_fails(
    make_world: MakeWorld, office: PostOffice
) -> None:
    runs = iter(range(3))

    def handle(event: MailRequested, work: Work) -> Sequence[Event]:
        follow_ons = send_mail(event, work)
        if next(runs) < 2:
            raise ConnectionError("nothing can be committed")
        return follow_ons

    failing = replace(QUICKLY, handle=handle)
    world = make_world(failing)
    world.mailer = open_mailer(url_of(office))
    world.accept(write_mail(world))
    world.work_off(failing)

    assert len(office.posted) == 1
    check_sent(world)
    assert totals(world) == {"*": (1, 1, 0), RESOURCE: (1, 1, 0)}


@pytest.mark.parametrize(
    ("make_world", "instant", "mails"),
    [
        ("sqlite", postman.BEFORE, 1),
        ("sqlite", postman.TAKEN, 2),
        ("sqlite", postman.COMMITTING, 1),
    ],
    indirect=["make_world"],
)
def test_a_process_that_dies_sends_no_other_mail(
    make_world: MakeWorld, office: PostOffice, instant: str, mails: int
) -> None:
    world = make_world(CONSUMER)
    world.mailer = open_mailer(url_of(office))
    world.accept(write_mail(world))
    run_until_killed(
        "tests.equipment.postman",
        instant,
        url_of(office),
        make_world.database_url,
        make_world.bus_url,
        str(make_world.folder),
    )
    world.clock.advance(max(LEASE, GRACE) + timedelta(minutes=1))
    world.sweeper.sweep()
    world.work_off(CONSUMER)

    assert len(office.posted) == mails
    assert {posted.content for posted in office.posted} == {office.posted[0].content}
    check_sent(world)
    assert totals(world) == {"*": (1, 1, 0), RESOURCE: (1, 1, 0)}
