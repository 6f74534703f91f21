"""Plots: whole SVGs that anybody can show anywhere, and that say what the figures say."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from http_ingress.statistics.plots.drawing import PLOTS, draw
from http_ingress.statistics.plots.looks import LOOKS, SIZES
from store.statistics.views import Days, QueuePeak
from tests.unit.http_ingress.statistics.reports import empty, full

SVG = "{http://www.w3.org/2000/svg}"
SAID = {
    "uses": ("Uses by capability", "requests per day", "1 Nov", "30 000", "Record store"),
    "outcomes": ("Outcomes", "results per day", "served", "failed", "2026, UTC"),
    "bytes": ("Bytes archived", "GB per day", "2", "7 Nov"),
    "latency": ("Time from request to result", "Science archive", "1 s", "90%"),
    "queue-depth": ("Queue depth", "deliveries, at most", "80", "update-stats"),
    "queue-age": ("Age of the oldest that waits", "minutes, at most", "4", "store-record"),
}


def texts(svg: bytes) -> list[str]:
    """Return what is written in a picture, as it is read."""
    found = ET.fromstring(svg).iter(f"{SVG}text")  # noqa: S314 - ours
    spaces = re.compile("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]")
    return [spaces.sub(" ", "".join(one.itertext())) for one in found]


@pytest.mark.parametrize("name", PLOTS)
def test_it_says_what_it_shows(name: str) -> None:
    written = texts(draw(name, full(), "light", "wide"))
    assert not set(SAID[name]) - set(written), written


@pytest.mark.parametrize("name", PLOTS)
def test_with_nothing_to_show_it_says_what_to_do(name: str) -> None:
    title, *said = texts(draw(name, empty(), "dark", "narrow"))
    assert title == SAID[name][0]
    assert said[0].endswith("these days.")
    assert said[-1].startswith("muniment ")


@pytest.mark.parametrize("name", PLOTS)
def test_it_is_complete_in_itself(name: str) -> None:
    root = ET.fromstring(draw(name, full(by="hour"), "dark", "half"))  # noqa: S314 - ours
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in {"script", "image", "foreignObject", "a"}
        for attribute, value in element.attrib.items():
            assert not attribute.lower().startswith("on")
            if attribute.endswith("href"):
                assert value.startswith("#")
            assert "url(" not in value.replace("url(#", "")


def test_the_same_is_drawn_the_same() -> None:
    first = draw("latency", full(), "light", "half")
    assert draw("uses", full(), "light", "half") != first
    assert draw("latency", full(), "light", "half") == first


def test_each_theme_has_its_ground_and_each_shape_its_size() -> None:
    for theme, look in LOOKS.items():
        assert look.ground.encode() in draw("uses", full(), theme, "half")
    widths = {shape: draw("uses", empty(), "light", shape) for shape in SIZES}
    boxes = {shape: ET.fromstring(svg).get("viewBox") for shape, svg in widths.items()}  # noqa: S314 - ours
    assert len(set(boxes.values())) == len(SIZES)


def test_queues_in_which_nothing_waits_are_one_entry_of_the_legend() -> None:
    idle = [QueuePeak(one.at, one.queue, 0, 0.0) for one in full().peaks]
    written = texts(draw("queue-depth", replace(full(), peaks=idle), "light", "half"))
    assert written.count("all") == 1


def test_colours_of_one_plot_differ() -> None:
    for look in LOOKS.values():
        assert len(set(look.series)) == len(look.series)
        assert look.good != look.bad


def test_days_across_a_new_year_and_a_single_one_are_drawn() -> None:
    across = Days(date(2025, 12, 1), date(2026, 11, 30))
    assert "2025\N{EN DASH}2026, UTC" in texts(draw("uses", full(across), "light", "wide"))
    alone = Days(date(2026, 11, 21), date(2026, 11, 21))
    assert "requests per hour" in texts(draw("uses", full(alone, "hour"), "light", "narrow"))
    assert "06:00" in texts(draw("queue-age", full(alone, "hour"), "light", "narrow"))


def test_an_ingress_that_draws_nothing_does_not_pay_for_it() -> None:
    program = "import sys, http_ingress.application; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
