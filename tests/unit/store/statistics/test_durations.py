"""Durations in buckets."""

import pytest

from store.statistics.durations import LARGEST, bucket_of, percentile, seconds_of


@pytest.mark.parametrize(
    ("microseconds", "bucket"),
    [(-1, 0), (0, 0), (1000, 0), (1001, 1), (2000, 4), (2001, 5), (4000, 8), (10**30, LARGEST)],
)
def test_a_bucket_holds_what_took_no_longer_than_its_edge(microseconds: int, bucket: int) -> None:
    assert bucket_of(microseconds) == bucket


@pytest.mark.parametrize("bucket", range(LARGEST + 1))
def test_an_edge_belongs_below_it(bucket: int) -> None:
    assert bucket_of(int(seconds_of(bucket) * 1_000_000)) == bucket


def test_nothing_has_no_percentiles() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({3: 0}, 0.5) is None


@pytest.mark.parametrize(
    ("part", "bucket"), [(0.0, 0), (0.5, 0), (0.51, 4), (0.9, 4), (0.91, 8), (1.0, 8)]
)
def test_a_percentile_is_the_edge_that_so_many_reach(part: float, bucket: int) -> None:
    assert percentile({8: 10, 0: 50, 4: 40}, part) == seconds_of(bucket)
