"""Lists beside the search: versions, thumbnails, placeholders."""

from datetime import timedelta

import pytest

from store.database import Database
from store.frames.placeholder_views import placeholders
from store.frames.search import Equal
from store.frames.thumbnail_views import picture, pictures
from store.frames.values import Sight
from store.frames.version_views import version, versions
from tests.equipment.frames import NOW, Maker, keep

ANYBODY = Sight(NOW)
SUPERUSER = Sight(NOW, superuser=True, known=True)
IMPOSSIBLE = [0, -1, 2**31, 10**30]


def test_a_version_is_found_by_its_digest_whosever_it_is(database: Database) -> None:
    maker = Maker()
    keep(
        database,
        maker.frame(versions=(".fits", ".fits.fz")),
        maker.frame(public_date=None),
        maker.frame(observation_date=None),
    )
    everyone = versions(database, limit=3)
    assert ([one.frame for one in everyone.versions], everyone.count) == ([3, 2, 1], 4)
    rest = versions(database, limit=3, offset=3)
    assert ([one.extension for one in rest.versions], rest.count) == ([".fits"], 4)
    assert versions(database, limit=3, offset=10**30).versions == []
    for one in (*everyone.versions, *rest.versions):
        found = versions(database, one.md5, limit=3)
        assert (found.versions, found.count) == ([one], 1)
        assert version(database, one.id) == one
    for unknown in ("f" * 32, everyone.versions[0].md5[:-1], "", "\0"):
        assert versions(database, unknown, limit=3).count == 0
    assert [version(database, number) for number in IMPOSSIBLE] == [None] * 4


def test_thumbnails_are_seen_by_who_sees_their_frame(database: Database) -> None:
    maker = Maker()
    both = ("small", "large")
    keep(
        database,
        maker.frame(pictures=both, observation_id=1),
        maker.frame(pictures=both, public_date=NOW + timedelta(days=1)),
        maker.frame(pictures=both, observation_date=None),
        maker.frame(pictures=both, versions=()),
    )
    seen = pictures(database, ANYBODY, limit=3)
    assert ([one.frame for one in seen.thumbnails], seen.count) == ([4, 4, 1], 4)
    assert len(pictures(database, ANYBODY, limit=3, offset=3).thumbnails) == 1
    assert pictures(database, ANYBODY, limit=3, offset=10**30).thumbnails == []
    assert pictures(database, SUPERUSER, limit=9).count == 6
    small = pictures(database, ANYBODY, size="small", limit=9)
    assert {one.size for one in small.thumbnails} == {"small"}
    first = pictures(database, ANYBODY, frame=[Equal("observation_id", 1)], limit=9)
    assert {one.frame for one in first.thumbnails} == {1}
    hidden = {one.id for one in pictures(database, SUPERUSER, limit=9).thumbnails}
    for number in hidden:
        found = picture(database, number, ANYBODY)
        assert (found is not None) is (picture(database, number, SUPERUSER) in seen_by(database))
    assert [picture(database, number, SUPERUSER) for number in IMPOSSIBLE] == [None] * 4


def seen_by(database: Database) -> list[object]:
    return list(pictures(database, ANYBODY, limit=9).thumbnails)


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_placeholders_are_listed_with_their_links(database: Database, limit: int) -> None:
    maker = Maker()
    one, other = maker.placeholder("one"), maker.placeholder("other")
    keep(database, one, other, *(maker.frame(related=[other]) for _ in range(2)))
    # These were sent.
    keep(database, maker.frame(observation_date=None), maker.frame(versions=()))
    first = placeholders(database, limit=limit)
    rest = placeholders(database, limit=9, offset=limit)
    assert first.count == rest.count == 2
    found = [*first.placeholders, *rest.placeholders]
    assert [(named.basename, named.links) for named in found] == [("other", 2), ("one", 0)]
