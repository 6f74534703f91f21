"""Where the tap goes on, by what it finds in the topic."""

import pytest

from consumers.tap_kafka import resumption
from producers.kafka_records import NOTHING, Ends, Last


@pytest.mark.parametrize(
    ("there", "after"),
    [
        pytest.param({0: NOTHING, 1: NOTHING}, 0, id="the topic is new: all again"),
        pytest.param({0: Last(9, "i"), 1: Last(10, "j")}, 10, id="as far as the tap knows"),
        pytest.param({0: Last(15, "i"), 1: NOTHING}, 10, id="further, which its row missed"),
        pytest.param({0: Last(7, "i"), 1: Last(8, "j")}, 7, id="its end was lost"),
        pytest.param({0: Last(7, "i"), 1: NOTHING}, 0, id="the end, and a partition"),
        pytest.param({0: Last(7, "i"), 1: None}, 10, id="old records were removed"),
        pytest.param({0: None, 1: None}, 10, id="all of them were"),
    ],
)
def test_it_goes_on_where_nothing_is_missing(there: Ends, after: int) -> None:
    assert resumption(10, there) == after


def test_a_tap_that_begins_has_lost_nothing() -> None:
    assert resumption(0, {0: NOTHING}) == 0
