"""Figures add up, in whatever portions they are counted; percentiles err upwards, and little."""

from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from schemas.capabilities import CAPABILITY_OF
from store.statistics.counting import Seen, Tally, count
from store.statistics.durations import bucket_of, percentile

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
LONGEST = timedelta(days=365 * 30) // timedelta(microseconds=1)
moments = st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda ahead: NOON + ahead)
documents = st.sampled_from(
    [
        "{",
        '{"size": 5, "instrument": "kb01"}',
        '{"size": 7, "instrument": "kb02"}',
        '{"resource_id": "r", "project": "p"}',
    ]
)
events = st.lists(
    st.builds(
        Seen,
        position=st.integers(1, 2**62),
        type=st.sampled_from(["somebody.else", *sorted(CAPABILITY_OF)]),
        recorded_at=moments,
        caused_at=st.none() | moments,
        ours=st.booleans(),
        data=documents,
    ),
    max_size=30,
)


def sorted_uses(tally: Tally) -> dict[str, list[int]]:
    return {name: sorted(positions) for name, positions in tally.uses.items()}


@given(events, st.integers(0, 30), st.randoms())
def test_order_and_portions_do_not_matter(seen: list[Seen], cut: int, chance: Random) -> None:
    at_once = count(seen)
    shuffled = [*seen]
    chance.shuffle(shuffled)
    portions = count(shuffled[cut:], count(shuffled[:cut]))
    assert portions.hours == at_once.hours
    assert portions.totals() == at_once.totals()
    assert portions.durations == at_once.durations
    assert portions.resources == at_once.resources
    assert sorted_uses(portions) == sorted_uses(at_once)


@given(events)
def test_every_event_is_in_every_sum(seen: list[Seen]) -> None:
    tally = count(seen)
    totals = tally.totals().values()
    timed = sum(one.caused_at is not None for one in seen)
    assert sum(one.events for one in totals) == len(seen)
    assert sum(one.timed for one in totals) == tally.durations.total() == timed
    assert all(one.microseconds >= 0 for one in totals)


@given(
    st.lists(st.integers(0, LONGEST), min_size=1, max_size=50),
    st.floats(0, 1, allow_nan=False),
)
def test_a_percentile_is_never_too_low_and_at_most_a_fifth_too_high(
    durations: list[int], part: float
) -> None:
    buckets: dict[int, int] = {}
    for one in durations:
        buckets[bucket_of(one)] = buckets.get(bucket_of(one), 0) + 1
    exact = sorted(durations)[max(1, ceil(part * len(durations))) - 1] / 1_000_000
    told = percentile(buckets, part)
    assert told is not None
    # The edge itself is a number that a computer rounds.
    assert exact <= told * (1 + 1e-9)
    assert told <= max(exact * 1.2, 0.001)
