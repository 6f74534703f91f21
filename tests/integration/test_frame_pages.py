"""Orders of frames and their pages, by offset and by place; also those of searches of the sky."""

from datetime import timedelta

import pytest

from store.database import Database
from store.frames import views as frame_views
from store.frames.paging import Key, Place, key_of, read_key, write_key
from store.frames.search import Equal, NotPublic, Order, Search, Sky
from store.frames.values import Frame, Sight
from store.sky.geometry import read_geometry
from tests.equipment.frames import NOW, OBSERVED, SQUARE, Maker, keep

EVERYTHING = Sight(NOW, superuser=True, known=True)
ANYBODY = Sight(NOW)


@pytest.fixture
def maker() -> Maker:
    """Makes frames."""
    return Maker()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("basename", ["B", "_", "a", "é"]),
        ("target_name", ["", " x", "B", "a", "a", "é"]),
        ("exposure_time", [0.0, 1e-9, 2.5, 2.5, None, None]),
        ("reduction_level", [-1, 0, 0, 91]),
        ("observation_date", [OBSERVED, OBSERVED, OBSERVED + timedelta(microseconds=1)]),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_both_databases_sort_alike(
    database: Database, maker: Maker, name: str, values: list[object], *, descending: bool
) -> None:
    made = [maker.having(name, value) for value in values]
    keep(database, *reversed(made))
    groups: dict[object, list[int]] = {}
    for value, one in zip(values, made, strict=True):
        groups.setdefault(value, []).append(one.id)
    ordered = [sorted(group, reverse=True) for group in groups.values()]
    wanted = [number for group in (ordered[::-1] if descending else ordered) for number in group]
    order = ((name, descending),)
    found = frame_views.find(database, Search((), order), EVERYTHING, limit=100)
    assert [one.id for one in found.frames] == wanted
    for size in (1, 2, 5):
        assert forwards(database, Search((), order), size) == wanted
        assert backwards(database, Search((), order), size) == wanted


def forwards(database: Database, search: Search, size: int) -> list[int]:
    """Go through all pages by their places."""
    found: list[Frame] = []
    key = None
    while True:
        page = frame_views.find_after(database, search, EVERYTHING, limit=size, place=Place(key))
        found += page.found
        if not page.more:
            return [one.id for one in found]
        key = reread(found[-1], search.order)


def backwards(database: Database, search: Search, size: int) -> list[int]:
    """Go through all pages from the end."""
    found: list[Frame] = []
    key = None
    while True:
        page = frame_views.find_after(
            database, search, EVERYTHING, limit=size, place=Place(key, backwards=True)
        )
        found = page.found + found
        if not page.more:
            return [one.id for one in found]
        key = reread(found[0], search.order)


def reread(frame: Frame, order: tuple[Order, ...]) -> Key:
    key = key_of(frame, order)
    assert read_key(write_key(key), order) == key
    return key


def test_pages_by_offset_make_up_the_whole(database: Database, maker: Maker) -> None:
    made = [maker.frame() for _ in range(7)]
    keep(database, *made)
    pages = [
        frame_views.find(database, Search(), EVERYTHING, limit=3, offset=offset)
        for offset in (0, 3, 6, 9, 10**30)
    ]
    assert [page.count for page in pages] == [7] * 5
    found = [[one.id for one in page.frames] for page in pages]
    assert found == [[7, 6, 5], [4, 3, 2], [1], [], []]


AROUND = "POLYGON((149 1,151 1,151 3,149 3,149 1))"


def test_the_sky_is_searched_together_with_all_else(database: Database, maker: Maker) -> None:
    far = SQUARE.replace("150.05", "10.05").replace("149.95", "9.95")
    made = [maker.frame(area=SQUARE, site_id=site) for site in ("aaa", "bbb", "aaa", "aaa")]
    keep(database, *made, maker.frame(area=far), maker.frame(), maker.frame(area='{"type":1}'))
    point = Sky("covers", read_geometry("POINT(-210 2)"))
    around = Sky("intersects", read_geometry(AROUND))
    for filters, numbers in (
        ((point,), [4, 3, 2, 1]),
        ((around,), [4, 3, 2, 1]),
        ((Sky("covers", read_geometry(AROUND)),), []),
    ):
        assert forwards(database, Search(filters), 9) == numbers
        assert frame_views.find(database, Search(filters), EVERYTHING, limit=1).count == len(
            numbers
        )
    wanted = (point, around, Equal("site_id", "aaa"))
    page = frame_views.find(database, Search(wanted), EVERYTHING, limit=1, offset=1)
    assert ([one.id for one in page.frames], page.count) == ([made[2].id], 3)
    for size in (1, 2):
        assert forwards(database, Search(wanted), size) == [4, 3, 1]
        assert backwards(database, Search(wanted), size) == [4, 3, 1]
    nothing = frame_views.find(database, Search((*wanted, NotPublic())), ANYBODY, limit=9)
    assert (nothing.frames, nothing.count) == ([], 0)
