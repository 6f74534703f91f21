"""How the stream app and its readers are put together."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING

from consumers.streams import app, serve
from ops.settings import Settings
from producers.kafka_servers import EXTRA, SETTING, KafkaServers, load, read_servers
from producers.stream_reader import StreamReader
from producers.stream_topics import make_topics
from store.errors import KafkaUnavailableError, SetupError

if TYPE_CHECKING:
    from faust import App


def stream_reader(settings: Settings) -> StreamReader | None:
    """Return what reads the tables, not connected; None: Kafka, or the extra, is not there."""
    if not settings.kafka_url or find_spec("aiokafka") is None:
        return None
    return StreamReader(read_servers(settings.kafka_url), settings.kafka_streams)


def need_reader(settings: Settings) -> StreamReader:
    """Return the same. Raises SetupError when it cannot be had."""
    reader = stream_reader(settings)
    if reader is None:
        raise SetupError(_missing())
    return reader


def stream_app(settings: Settings, clock: Callable[[], datetime]) -> "App":
    """Make the topics of the tables, and return the app, not started.

    Raises SetupError without Kafka, the extra, or the topic of events; KafkaUnavailableError.
    """
    if not settings.kafka_url:
        raise SetupError(_missing())
    load("faust")
    servers = read_servers(settings.kafka_url)
    name, topic = settings.kafka_streams, settings.kafka_topic
    partitions = make_topics(servers, topic, name)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return app(
        name=name,
        servers=servers,
        topic=topic,
        partitions=partitions,
        folder=settings.data_dir.absolute() / "streams",
        clock=clock,
    )


class StreamWorker:
    """The app at work on a thread of its own."""

    def __init__(self, application: "App", servers: KafkaServers) -> None:
        self._application = application
        self._servers = servers
        self._loop = asyncio.new_event_loop()
        self._told = asyncio.Event()
        self._ended: Future[None] = Future()
        # Without Kafka it may not come to its end; the process has to.
        self._thread = Thread(target=self._run, name="streams", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def over(self) -> bool:
        """Whether it has ended, by itself or told."""
        return self._ended.done()

    def stop(self, seconds: float) -> None:
        """Have it stop, and return when it has.

        Raises what it ended with: KafkaUnavailableError, also when it takes longer than `seconds`.
        """
        with suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._told.set)
        kafka_error = load("aiokafka.errors").KafkaError
        try:
            self._ended.result(seconds)
        except TimeoutError as error:
            told = f"Kafka at {self._servers}: it could not be left within {seconds:g} s"
            raise KafkaUnavailableError(told) from error
        except (kafka_error, OSError) as error:
            reason = str(error) or type(error).__name__
            raise KafkaUnavailableError(f"Kafka at {self._servers}: {reason}") from error

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(serve(self._application, self._told))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it can be seen
            self._ended.set_exception(error)
        else:
            self._ended.set_result(None)


def _missing() -> str:
    return f"the stream app needs {SETTING}, for example kafka://127.0.0.1:9092, and {EXTRA}"
