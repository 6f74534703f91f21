"""Reports to be drawn and written: full ones, and an empty one."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from http_ingress.statistics.report import Asked, Report
from schemas.capabilities import CAPABILITIES
from store.statistics.counting import Figures
from store.statistics.views import Counted, Days, QueuePeak, Step, Took

DAYS = Days(date(2026, 11, 1), date(2026, 11, 10))
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
QUEUES = ("ingest-file", "store-record", "update-stats")


def empty(days: Days = DAYS, by: Step = "day") -> Report:
    """Return a report of days in which nothing happened."""
    return Report(
        asked=Asked(days, by), at=NOON, counted=(), durations={}, took=(), peaks=(), totals={}
    )


def full(days: Days = DAYS, by: Step = "day") -> Report:
    """Return a report: day `n` (from 1) and capability `c` (from 1) have 1000 n + c uses."""
    counted, took, peaks = [], [], []
    for number, at in enumerate(days.steps(by), 1):
        for place, one in enumerate(CAPABILITIES.values(), 1):
            count = 1000 * number + place
            uses = Figures(count, uses=count)
            # In some a use is served at once: the same event says both.
            served = replace(uses, bytes=2_000_000_000 if one.name == "archive" else 0)
            figures = {one.uses[0]: uses, one.served[0]: served, one.failures[0]: Figures(number)}
            counted += [Counted(at, name, found) for name, found in sorted(figures.items())]
            took.append(Took(at, one.name, Counter({10 * place: 8, 40: 1, 60: 1})))
        for place, queue in enumerate(QUEUES):
            peaks.append(QueuePeak(at, queue, 40 * place, 130.0 * place))
    totals = {one.type: one.figures for one in counted if one.at == days.begin}
    return Report(
        asked=Asked(days, by),
        at=NOON + timedelta(hours=1),
        counted=counted,
        durations={},
        took=took,
        peaks=peaks,
        totals=totals,
    )
