"""Many together, or one alone; and who wants to be alone does not wait for ever."""

from threading import Event as Flag
from threading import Thread

import pytest

from consumers.runtime.solitude import Solitude
from tests.services.waiting import until

PATIENCE_SECONDS = 60.0


def test_many_are_together() -> None:
    solitude = Solitude()
    with solitude.together(), solitude.together():
        pass


def test_one_alone_waits_for_all_and_others_wait_for_it() -> None:
    solitude = Solitude(patience_seconds=PATIENCE_SECONDS)
    order: list[str] = []
    together, wants, leave = Flag(), Flag(), Flag()

    def first() -> None:
        with solitude.together():
            together.set()
            assert leave.wait(PATIENCE_SECONDS)
            order.append("first")

    def alone() -> None:
        wants.set()
        with solitude.alone():
            order.append("alone")

    def late() -> None:
        with solitude.together():
            order.append("late")

    threads = [Thread(target=first)]
    threads[0].start()
    assert together.wait(PATIENCE_SECONDS)
    threads.append(Thread(target=alone))
    threads[1].start()
    assert wants.wait(PATIENCE_SECONDS)
    until(lambda: solitude.wanted, seconds=PATIENCE_SECONDS, what="the wish to be alone")
    threads.append(Thread(target=late))
    threads[2].start()
    leave.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert order == ["first", "alone", "late"]


def test_it_is_left_when_the_work_fails() -> None:
    solitude = Solitude()
    for enter in (solitude.alone, solitude.together):
        with pytest.raises(ZeroDivisionError), enter():
            _ = 1 / 0
    with solitude.alone():
        pass


def test_nobody_is_kept_waiting_for_ever() -> None:
    solitude = Solitude(patience_seconds=0.01)
    with solitude.alone(), solitude.together(), solitude.alone():
        pass
    with solitude.alone():
        assert not solitude.wanted
