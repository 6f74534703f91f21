"""The SDK against a running Muniment, embedded and deployed, over a cable that can be cut."""

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

import muniment
from consumers.registry import CONSUMERS
from ops.settings import EMBEDDED, Settings
from ops.topology import apply, derive
from ops.wiring import System, system
from schemas.envelope import Envelope
from tests.cable import Cable
from tests.services.waiting import until

ALL = [consumer.name for consumer in CONSUMERS]
LARGE = os.urandom(6 * 1024 * 1024 + 1)


@dataclass(frozen=True)
class World:
    """How to start a Muniment."""

    settings: Settings

    def start(self, stack: ExitStack, port: int = 0, consumers: list[str] | None = None) -> System:
        """Run it for as long as the stack lasts."""
        settings = self.settings.model_copy(update={"http_port": port})
        names = ALL if consumers is None else consumers
        return stack.enter_context(system(settings, ingress=True, consumers=names))


both_worlds = pytest.mark.parametrize("world", ["embedded", "deployed"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Embedded, unless the test asks for both."""
    bus, database = EMBEDDED, ""
    if getattr(request, "param", "embedded") == "deployed":
        bus = request.getfixturevalue("amqp_url")
        database = request.getfixturevalue("postgresql_url")
        assert apply(bus, derive(CONSUMERS)) == []
    return World(
        Settings(
            bus_url=bus,
            database_url=database,
            objects_url="",
            data_dir=tmp_path / "data",
            http_host="127.0.0.1",
            public_url="",
            instance="test",
        )
    )


@pytest.fixture
def running(world: World) -> Iterator[System]:
    with ExitStack() as stack:
        yield world.start(stack)


def client_of(running: System, url: str | None = None) -> muniment.Client:
    token = running.settings.operator_token.read_text().strip()
    return muniment.Client(url or running.url, token, patience_seconds=60)


@pytest.fixture
def client(running: System) -> Iterator[muniment.Client]:
    with client_of(running) as client:
        yield client


@pytest.fixture
def cable(running: System) -> Iterator[Cable]:
    with Cable(running.url) as cable:
        yield cable


@pytest.fixture
def distant(running: System, cable: Cable) -> Iterator[muniment.Client]:
    """A client at the other end of the cable."""
    with client_of(running, f"http://localhost:{urlsplit(cable.url).port}") as client:
        yield client


# --- events -------------------------------------------------------------------------------------


@both_worlds
def test_a_post_is_answered_and_its_end_can_be_waited_for(client: muniment.Client) -> None:
    operation = client.post(muniment.ProbeRequested(probe="a", payload={"n": 1}), wait=60)
    assert operation.state == "succeeded"
    assert operation.outcome is not None
    answered = operation.outcome.event
    assert isinstance(answered, muniment.ProbeAnswered)
    assert answered.probe == "a"
    assert client.operation(operation.id) == operation


def test_a_batch_is_accepted_whole_and_in_order(client: muniment.Client) -> None:
    probes = [muniment.ProbeRequested(probe=str(number)) for number in range(50)]
    operations = client.post(probes, wait=60)
    assert [one.state for one in operations] == ["succeeded"] * 50
    names = [one.outcome.data for one in operations if one.outcome]
    assert [dict(data)["probe"] for data in names if isinstance(data, dict)] == [
        probe.probe for probe in probes
    ]


def test_a_batch_with_one_bad_event_leaves_nothing(client: muniment.Client) -> None:
    good = muniment.ProbeRequested(probe="good")
    bad = Envelope(id="1", source="/t", type=good.TYPE, data=b'{"probe":""}')
    with pytest.raises(muniment.ProblemError) as caught:
        client.post([good, bad])
    assert caught.value.status == 422
    assert [error["index"] for error in caught.value.errors] == [1]
    with client.subscribe(after=0) as subscription:
        client.post(muniment.ProbeRequested(probe="later"))
        assert next(subscription).envelope.subject == "later"


def test_the_same_event_again_is_the_same_operation(client: muniment.Client) -> None:
    data = b'{"probe":"once"}'
    event = Envelope(
        id="mine-1", source="/t", type=muniment.ProbeRequested.TYPE, subject="once", data=data
    )
    first = client.post(event, wait=60)
    assert client.post(event, wait=60) == first
    client.post(muniment.ProbeRequested(probe="end"), wait=60)
    with client.subscribe("probe.#", after=0) as subscription:
        subjects = [received.envelope.subject for received in islice(subscription, 4)]
    assert subjects == ["once", "once", "end", "end"]


def test_a_cause_puts_the_event_below_it(client: muniment.Client) -> None:
    with client.subscribe("probe.answered.v1") as subscription:
        client.post(muniment.ProbeRequested(probe="first"))
        answered = next(subscription)
        second = client.post(
            muniment.ProbeRequested(probe="second"), cause=answered.envelope, wait=60
        )
    steps = client.why(second.id)["steps"]
    assert [(step["depth"], step["subject"]) for step in steps] == [
        (0, "first"),
        (1, "first"),
        (2, "second"),
        (3, "second"),
    ]


def test_who_is_not_known_is_refused(running: System) -> None:
    stranger = muniment.Client(running.url, "mnt_wrong")
    with stranger, pytest.raises(muniment.ProblemError) as caught:
        stranger.post(muniment.ProbeRequested(probe="x"))
    assert caught.value.status == 401
    assert caught.value.advice


def test_what_is_unknown_is_said_to_be(client: muniment.Client) -> None:
    for look in (client.operation, client.why, client.file):
        with pytest.raises(muniment.ProblemError, match="404"):
            look("no such thing/at all")


@both_worlds
def test_a_client_outlives_a_restart_of_the_ingress(world: World, free_port: int) -> None:
    with ExitStack() as clients:
        with ExitStack() as first:
            # No port that may be given to whoever connects while nobody listens there.
            running = world.start(first, free_port)
            client = clients.enter_context(client_of(running))
            client.post(muniment.ProbeRequested(probe="before"), wait=60)
        thread_result: list[muniment.Operation] = []
        thread = Thread(
            target=lambda: thread_result.append(
                client.post(muniment.ProbeRequested(probe="between"), wait=60)
            )
        )
        thread.start()
        with ExitStack() as second:
            world.start(second, free_port)
            thread.join()
        assert [one.state for one in thread_result] == ["succeeded"]


# --- files --------------------------------------------------------------------------------------


@both_worlds
def test_a_file_goes_up_and_comes_back(client: muniment.Client, tmp_path: Path) -> None:
    path = tmp_path / "m51.fits"
    path.write_bytes(LARGE)
    told: list[int] = []
    file = client.upload(
        path, metadata={"Ünit": ["m", 1]}, wait=60, progress=lambda done, _: told.append(done)
    )
    assert (file.name, file.version, file.size) == ("m51.fits", 1, len(LARGE))
    assert file.media_type == "application/fits"
    assert file.metadata == {"Ünit": ["m", 1]}
    assert told[0] == 0
    assert told[-1] == len(LARGE)
    assert client.file(file.id) == file
    back = tmp_path / "back"
    assert client.download(file.id, back) == file
    assert back.read_bytes() == LARGE
    assert [each.name for each in tmp_path.iterdir() if "back" in each.name] == ["back"]


def test_the_same_again_is_unchanged_and_something_else_a_new_version(
    client: muniment.Client,
) -> None:
    first = client.upload(io.BytesIO(b"one"), "a/b.csv", wait=60)
    again = client.upload(io.BytesIO(b"one"), "a/b.csv", wait=60)
    other = client.upload(io.BytesIO(b"two"), "a/b.csv", wait=60)
    assert (first.unchanged, again.unchanged, other.unchanged) == (False, True, False)
    assert again.id == first.id
    assert other.version == 2


def test_any_good_name_survives_the_way(client: muniment.Client) -> None:
    names = ["ä ö.txt", "100%25.txt", "a?b#c&d=e", "deep/er/still", "日本"]
    assert [client.upload(io.BytesIO(b""), name, wait=60).name for name in names] == names


@pytest.mark.parametrize("name", ["../up", "a/../b", "", "/root", "nul\0", "back\\slash"])
def test_a_bad_name_does_not_leave_the_house(name: str) -> None:
    with (
        muniment.Client("http://127.0.0.1:1") as client,
        pytest.raises(muniment.MunimentError, match="the name"),
    ):
        client.upload(io.BytesIO(b"x"), name)


def test_a_pipe_can_be_uploaded(client: muniment.Client) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as sink:
            sink.write(LARGE)

    thread = Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb") as source:
        file = client.upload(source, "piped", wait=60)
    thread.join()
    assert file.size == len(LARGE)


def test_without_waiting_the_operation_tells_later(client: muniment.Client) -> None:
    operation = client.upload(io.BytesIO(b"later"), "later.txt")
    assert operation.type == muniment.FileIngestRequested.TYPE
    ended = client.operation(operation.id, wait=60)
    assert ended.outcome is not None
    assert isinstance(ended.outcome.event, muniment.FileArchived)


def test_what_is_not_archived_in_time_is_pending(world: World) -> None:
    with ExitStack() as stack:
        client = stack.enter_context(client_of(world.start(stack, consumers=[])))
        with pytest.raises(muniment.PendingError) as caught:
            client.upload(io.BytesIO(b"x"), "x", wait=0.5)
    assert caught.value.operation.state == "accepted"


def test_an_upload_that_breaks_off_is_sent_again_and_archived_once(
    distant: muniment.Client, cable: Cable
) -> None:
    cuts = [cable.cut]

    def cut_once(done: int, _total: int | None) -> None:
        if done > len(LARGE) // 2 and cuts:
            cuts.pop()()

    file = distant.upload(io.BytesIO(LARGE), "broken.bin", wait=60, progress=cut_once)
    assert cuts == []
    assert (file.version, file.size, file.unchanged) == (1, len(LARGE), False)


def test_a_download_that_breaks_off_is_resumed(
    distant: muniment.Client, cable: Cable, tmp_path: Path
) -> None:
    file = distant.upload(io.BytesIO(LARGE), "large.bin", wait=60)
    told: list[int] = []

    def cut_once(done: int, _total: int | None) -> None:
        if not told:
            cable.cut()
        told.append(done)

    distant.download(file.id, tmp_path / "large.bin", progress=cut_once)
    assert (tmp_path / "large.bin").read_bytes() == LARGE
    assert told == sorted(told)


def test_a_download_that_is_not_what_was_archived_leaves_nothing(
    running: System, client: muniment.Client, tmp_path: Path
) -> None:
    file = client.upload(io.BytesIO(b"right"), "right", wait=60)
    [stored] = [
        path
        for path in (running.settings.data_dir / "objects").rglob("*")
        if path.is_file() and path.read_bytes() == b"right"
    ]
    stored.chmod(0o600)
    stored.write_bytes(b"wrong")
    with pytest.raises(muniment.DigestMismatchError):
        client.download(file.id, tmp_path / "right")
    assert not (tmp_path / "right").exists()
    assert not list(tmp_path.glob(".right*"))


# --- subscriptions ------------------------------------------------------------------------------


def probe_many(client: muniment.Client, names: range) -> None:
    client.post([muniment.ProbeRequested(probe=str(name)) for name in names], wait=60)


def test_a_subscription_receives_what_happens_after_it_was_made(client: muniment.Client) -> None:
    client.post(muniment.ProbeRequested(probe="before"), wait=60)
    with client.subscribe("probe.requested.v1") as subscription:
        probe_many(client, range(5))
        received = list(islice(subscription, 5))
    assert [one.envelope.subject for one in received] == ["0", "1", "2", "3", "4"]
    assert isinstance(received[0].event, muniment.ProbeRequested)
    assert [one.position for one in received] == sorted(one.position or 0 for one in received)


def test_all_that_ever_happened_can_be_received(client: muniment.Client) -> None:
    probe_many(client, range(3))
    with client.subscribe(after=0) as subscription:
        assert [one.position for one in islice(subscription, 6)] == [1, 2, 3, 4, 5, 6]


@both_worlds
def test_a_subscription_resumes_without_gap_or_repeat(
    client: muniment.Client, distant: muniment.Client, cable: Cable
) -> None:
    seen: list[int | None] = []
    with distant.subscribe("probe.requested.v1", after=0) as subscription:
        for cut in (cable.cut, cable.unplug, cable.plug, cable.cut):
            probe_many(client, range(3))
            cut()
            if cut == cable.unplug:
                probe_many(client, range(3))
                continue
            seen += [one.position for one in islice(subscription, 3)]
        seen += [one.position for one in islice(subscription, 6)]
    with client.subscribe("probe.requested.v1", after=0) as subscription:
        assert seen == [one.position for one in islice(subscription, 15)]


def test_a_subscription_that_breaks_before_its_first_event_misses_none(
    client: muniment.Client, distant: muniment.Client, cable: Cable
) -> None:
    client.post(muniment.ProbeRequested(probe="before"), wait=60)
    with distant.subscribe("probe.requested.v1") as subscription:
        received: list[muniment.Received] = []
        thread = Thread(target=lambda: received.append(next(subscription)))
        thread.start()
        until(lambda: subscription.position, seconds=60, what="the beginning of the stream")
        cable.unplug()
        client.post(muniment.ProbeRequested(probe="meanwhile"), wait=60)
        cable.plug()
        thread.join()
    assert [one.envelope.subject for one in received] == ["meanwhile"]


def test_closing_ends_who_waits_for_the_next_event(client: muniment.Client) -> None:
    subscription = client.subscribe()
    ended: list[list[muniment.Received]] = []
    thread = Thread(target=lambda: ended.append(list(subscription)))
    thread.start()
    subscription.close()
    thread.join(60)
    assert ended == [[]]
    assert list(subscription) == []


def test_a_position_of_another_ledger_is_a_gap_and_can_be_resumed(client: muniment.Client) -> None:
    probe_many(client, range(1))
    with client.subscribe(after=1000) as subscription, pytest.raises(muniment.GapError) as caught:
        next(subscription)
    assert caught.value.resume_after == 2
    with client.subscribe(after=caught.value.resume_after) as subscription:
        client.post(muniment.ProbeRequested(probe="next"))
        assert next(subscription).position == 3
