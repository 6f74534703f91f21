"""Every walk through the rows of a resource ends, and so does the thread that reads ahead."""

import tracemalloc
from itertools import islice
from threading import Event
from time import monotonic
from typing import Any

import pytest

from consumers.packaging.datastore import Datastore, Query
from store.errors import SourceRefusedError
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import counted, wide
from tests.equipment.ckan_walks import WEB, asking, ids, walking
from tests.services.waiting import until

# --- no end -------------------------------------------------------------------------------------


def stuck(said: dict[str, Any]) -> None:
    said["result"]["next_cursor"] = said["result"]["after"] = "again"
    said["result"]["records"] = [{"_id": 1}, {"_id": 2}]


@pytest.mark.parametrize("backend", ["solr", "versioned-datastore"])
def test_the_same_page_for_ever_ends(ckan: Ckan, backend: str) -> None:
    ckan.always = Trouble(change=stuck)
    datastore = asking(ckan, counted(None, backend=backend))
    assert ids(datastore) == [1, 2]
    with pytest.raises(SourceRefusedError, match="the same page again after 2 of 10 rows"):
        ids(asking(ckan, counted(10, backend=backend)))


@pytest.mark.parametrize("backend", ["solr", "versioned-datastore"])
def test_an_unchanged_cursor_without_records_ends(ckan: Ckan, backend: str) -> None:
    def end(said: dict[str, Any]) -> None:
        stuck(said)
        said["result"]["records"] = []

    ckan.troubles[2] = Trouble(change=end)
    assert ids(asking(ckan, counted(None, backend=backend), page_size=2)) == [1, 2]


def test_a_cursor_that_is_good_for_every_page_is_used_on(ckan: Ckan) -> None:
    """As those of a scroll, which the server moves."""

    def page(*rows: int) -> Trouble:
        def change(said: dict[str, Any]) -> None:
            said["result"]["next_cursor"] = "scroll"
            said["result"]["records"] = [{"_id": each} for each in rows]

        return Trouble(change=change)

    ckan.troubles |= {1: page(1, 2), 2: page(3, 4), 3: page(5), 4: page()}
    assert ids(asking(ckan, counted(5, backend="solr"))) == [1, 2, 3, 4, 5]


def test_cursors_in_a_circle_are_refused(ckan: Ckan) -> None:
    def change(said: dict[str, Any]) -> None:
        for record in said["result"]["records"]:
            said["result"]["next_cursor"] = str(record["_id"] % 20)

    ckan.always = Trouble(change=change)
    with pytest.raises(SourceRefusedError, match="in a circle"):
        ids(asking(ckan, counted(None, backend="solr"), page_size=5))


def test_a_resource_without_end_stops_at_what_is_allowed(ckan: Ckan) -> None:
    with pytest.raises(SourceRefusedError, match="more than 250 rows"):
        ids(asking(ckan, counted(None), page_size=100, most_rows=250))
    assert len(ids(asking(ckan, counted(250), page_size=100, most_rows=250))) == 250


@pytest.mark.parametrize("as_csv", [True, False])
def test_rows_without_end_take_no_more_memory_than_a_few_pages(ckan: Ckan, *, as_csv: bool) -> None:
    ckan.remember = False
    with asking(ckan, wide(None), page_size=500) as datastore:
        pages = datastore.pages(as_csv=as_csv)
        for _ in islice(pages, 3):
            pass
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            size = sum(page.count for page in islice(pages, 20))
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        pages.close()
    assert size == 10_000
    assert grown < 4_000_000


# --- one ahead ----------------------------------------------------------------------------------


def test_the_next_page_is_asked_for_while_one_is_worked_on_and_no_other(ckan: Ckan) -> None:
    pages = asking(ckan, counted(100), page_size=10).pages()
    next(pages)
    until(lambda: len(ckan.asked) == 3, seconds=60, what="the request for the second page")
    next(pages)
    until(lambda: len(ckan.asked) == 4, seconds=60, what="the request for the third page")
    assert [body["offset"] for body in ckan.bodies[1:]] == [0, 10, 20]
    pages.close()
    assert walking() == []


@pytest.mark.parametrize("trouble", [Trouble(silent=True), Trouble(hold=Event())])
def test_closing_ends_the_thread_in_the_middle_of_an_answer(ckan: Ckan, trouble: Trouble) -> None:
    ckan.troubles[2] = trouble
    pages = asking(ckan, counted(9), page_size=3).pages()
    next(pages)
    until(lambda: len(ckan.asked) == 3, seconds=60, what="the request for the second page")
    pages.close()
    assert walking() == []
    if trouble.hold is not None:
        trouble.hold.set()


def test_closing_ends_a_pause(ckan: Ckan) -> None:
    ckan.resources["r"] = counted(9)
    pause = 10  # the longest that is waited for
    ckan.always = Trouble(status=503, headers={"Retry-After": str(pause)})
    ckan.troubles |= {0: Trouble(), 1: Trouble()}
    query = Query(api_url=ckan.api_url, resource_id="r", page_size=3)
    pages = Datastore(WEB, query).pages()
    began = monotonic()
    next(pages)
    until(lambda: len(ckan.asked) >= 3, seconds=60, what="the request for the second page")
    pages.close()
    assert walking() == []
    # The pause may have been over by itself, where this thread was kept waiting for so long.
    assert len(ckan.asked) == 3 or monotonic() - began > pause


def test_a_datastore_can_be_asked_again_after_it_was_closed(ckan: Ckan) -> None:
    with asking(ckan, counted(3)) as datastore:
        assert ids(datastore) == ids(datastore) == [1, 2, 3]
    assert ids(datastore) == [1, 2, 3]
