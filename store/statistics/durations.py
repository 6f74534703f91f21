"""Durations as counts in buckets: they add up exactly, whoever counts, and tell percentiles.

Bucket n holds what took more than 2^((n-1)/4) and at most 2^(n/4) milliseconds: four buckets for
each doubling, so a percentile read from them is at most a fifth too high. Bucket 0 holds all up to
a millisecond.
"""

from collections.abc import Mapping
from math import ceil, log2

_PER_DOUBLING = 4
LARGEST = 160
"""The last bucket: all above 35 years."""


def bucket_of(microseconds: int) -> int:
    """Return the bucket of a duration. What seems to have taken less than nothing took nothing."""
    if microseconds <= 1000:  # noqa: PLR2004 - the first bucket ends at a millisecond
        return 0
    # A duration on an edge belongs below it, whatever the logarithm's last digit says.
    bucket = ceil(_PER_DOUBLING * log2(microseconds / 1000) - 1e-9)
    return min(bucket, LARGEST)


def seconds_of(bucket: int) -> float:
    """Return the longest duration that a bucket holds, seconds."""
    return float(2 ** (bucket / _PER_DOUBLING)) / 1000


def percentile(buckets: Mapping[int, int], part: float) -> float | None:
    """Return the seconds within which `part` (0 to 1) of what is counted ended; None: nothing is.

    It is the upper edge of a bucket, so it is never too low.
    """
    total = sum(buckets.values())
    if total == 0:
        return None
    wanted = max(1, ceil(part * total))
    reached = 0
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= wanted:
            return seconds_of(bucket)
    raise AssertionError("unreachable: the last bucket reaches the total")
