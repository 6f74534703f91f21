"""Logs: fields, formats, and what never gets into a line."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest

from ops.logs import blot, configure


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], threading.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_a_record_is_one_json_object_with_its_facts_as_fields() -> None:
    stream = io.StringIO()
    configure(stream, log_format="json")
    facts = {"event_id": "e1", "correlation_id": "c1", "consumer": "ingest-file", "attempt": 2}
    logging.getLogger("consumers.runtime").warning("trying again: %s", "disk", extra=facts)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "consumers.runtime",
        "message": "trying again: disk",
        **facts,
    }


def test_what_is_no_terminal_gets_json_by_itself() -> None:
    stream = io.StringIO()
    configure(stream)
    logging.getLogger("any").info("hello")
    assert json.loads(stream.getvalue())["message"] == "hello"


def test_the_console_shows_message_and_facts_without_colours_where_there_are_none() -> None:
    stream = io.StringIO()
    configure(stream, log_format="console")
    logging.getLogger("any").info("hello", extra={"consumer": "ingest-file"})
    assert "hello" in stream.getvalue()
    assert "consumer=ingest-file" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values_of_variables(log_format: str) -> None:
    stream = io.StringIO()
    configure(stream, log_format="json" if log_format == "json" else "console")
    password = f"hunter-{1 + 1}"
    try:
        int(password.partition("-")[0])
    except ValueError:
        logging.getLogger("any").exception("failed")
    assert "ValueError: invalid literal" in stream.getvalue()
    assert "hunter-2" not in stream.getvalue()


def test_lines_below_the_level_are_dropped_and_chatty_libraries_are_quiet() -> None:
    stream = io.StringIO()
    configure(stream, level="INFO")
    logging.getLogger("any").debug("no")
    logging.getLogger("pika.adapters").error("no")
    logging.getLogger("any").info("yes")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["yes"]


def test_configuring_again_replaces_what_was_there() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure(first)
    configure(second)
    logging.getLogger("any").info("once")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_the_death_of_a_thread_is_logged_with_its_traceback() -> None:
    stream = io.StringIO()
    configure(stream)
    thread = threading.Thread(target=[].pop, name="relay")
    thread.start()
    thread.join()
    line = json.loads(stream.getvalue())
    assert line["message"] == "thread relay ended with an error"
    assert "IndexError" in line["exception"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("amqp://guest:s3cr@t@rabbit/v", "amqp://guest:***@rabbit/v"),
        ("postgresql+psycopg2://m:pw@db/muniment", "postgresql+psycopg2://m:***@db/muniment"),
        ("Authorization: Bearer mun_abcdefgh12", "Authorization: Bearer ***"),
        ('{"to": "a.person@example.org"}', '{"to": "***@***"}'),
        ("mailto:a@example.org", "mailto:***@***"),
        ("amqp://guest@rabbit.example.org/v", "amqp://guest@rabbit.example.org/v"),
        ("relay@node1 took 3 rows", "relay@node1 took 3 rows"),
    ],
)
def test_secrets_and_addresses_are_blotted_out(line: str, expected: str) -> None:
    assert blot(line) == expected
