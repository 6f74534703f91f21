"""Configuration types come from a configuration database, where there is one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.configuration_types import BELIEVED, ConfigurationTypes
from store.errors import ConfigurationUnavailableError
from tests.contract.bus_under_test import Clock
from tests.equipment.archive import archiving, frame_body
from tests.services.waiting import until
from tests.web import Answer, Web, serve

LISTED: tuple[str, ...] = ("EXPOSE", "BIAS")


def said(*instruments: list[str]) -> Answer:
    results = [
        {
            "code": "kb27",
            "instrument_type": {"configuration_types": [{"code": code} for code in codes]},
        }
        for codes in instruments
    ]
    return Answer(200, json.dumps({"count": len(results), "results": results}).encode())


@pytest.fixture
def configdb() -> Iterator[Web]:
    """A configuration database of two instruments."""
    with serve(lambda _: said(["EXPOSE", "ARC"], ["ARC", "DOUBLE"])) as web:
        yield web


def types_of(web: Web, clock: Clock) -> ConfigurationTypes:
    return ConfigurationTypes(f"http://{web.host}:{web.port}/api/", LISTED, clock)


def test_without_a_database_there_is_the_list() -> None:
    types = ConfigurationTypes("", LISTED, lambda: datetime.now(UTC))
    types.refresh()
    assert types.known == LISTED


def test_the_database_is_asked_once_an_hour(configdb: Web) -> None:
    clock = Clock()
    types = types_of(configdb, clock)
    assert types.known == LISTED
    types.refresh()
    types.refresh()
    assert [*types.known] == ["ARC", "DOUBLE", "EXPOSE"]
    assert [one.path for one in configdb.requests] == ["/api/instruments/"]
    clock.advance(BELIEVED + timedelta(seconds=1))
    configdb.answering = lambda _: said(["SPECTRUM"])
    types.refresh()
    assert [*types.known] == ["SPECTRUM"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(302, headers={"Location": "http://127.0.0.1:1/"}),
        Answer(200, b"<html>"),
        Answer(200, b'{"results": 7}'),
        Answer(200, b" " * (17 * 1024**2)),
    ],
    ids=["failing", "elsewhere", "no JSON", "other JSON", "too much"],
)
def test_what_is_no_answer_changes_nothing(configdb: Web, answer: Answer) -> None:
    configdb.answering = lambda _: answer
    types = types_of(configdb, Clock())
    with pytest.raises(ConfigurationUnavailableError):
        types.refresh()
    assert types.known == LISTED
    configdb.answering = lambda _: said(["ARC"])
    types.refresh()
    assert [*types.known] == ["ARC"]


def test_a_database_that_knows_none_changes_nothing(configdb: Web) -> None:
    configdb.answering = lambda _: said([])
    types = types_of(configdb, Clock())
    types.refresh()
    assert types.known == LISTED


def test_frames_of_its_types_are_taken(
    request: pytest.FixtureRequest, tmp_path: Path, configdb: Web
) -> None:
    url = f"http://{configdb.host}:{configdb.port}/api"
    with archiving(request, tmp_path, archive_configdb_url=url) as archive:
        body = frame_body(configuration_type="DOUBLE")
        until(
            lambda: archive.send("POST", "/frames/", body).status == 201,
            seconds=60,
            what="a frame of a type of the database's",
        )
        refused = archive.send("POST", "/frames/", frame_body(configuration_type="BIAS"))
        assert refused.json == {"configuration_type": ['"BIAS" is not a valid choice.']}
        assert archive.get("/frames/?exclude_OBSTYPE=DOUBLE").status == 200
