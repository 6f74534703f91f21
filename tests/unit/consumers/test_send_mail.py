"""How patient `send-mail` is with servers that put a mail off."""

from itertools import accumulate

import pytest

from consumers.send_mail import CONSUMER


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_a_mail_is_tried_within_seconds_and_for_half_a_day(chance: float) -> None:
    policy = CONSUMER.retry
    delays = [policy.delay(attempt, chance) or 0.0 for attempt in range(1, policy.attempts)]
    tries = list(accumulate(delays))
    assert tries[0] <= 5
    # Greylisting of half an hour costs at most half an hour more.
    assert any(30 * 60 <= seconds <= 60 * 60 for seconds in tries)
    assert 9 * 3600 <= tries[-1] <= 12.5 * 3600
