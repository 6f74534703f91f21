"""How often somebody may come: the words, who is counted, and how processes share it."""

from collections.abc import Iterator

import pytest

from ops.stores import clock
from store.archive.visit_rows import visited
from tests.equipment.archive import JSON, Archive
from tests.equipment.archive_people import SERVER_KEY
from tests.equipment.archive_portal import Observatory, observatory
from tests.equipment.installations import Answer
from tests.services.waiting import until


@pytest.fixture(scope="module")
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Observatory]:
    folder = tmp_path_factory.mktemp("observatory")
    limits = {"archive_anonymous_per_day": 3, "archive_users_per_day": 5}
    with observatory(request, folder, **limits) as running:
        yield running


def come(archive: Archive, address: str, user: str | None = None) -> Answer:
    """Come by a proxy that is believed."""
    return archive.call("GET", "/frames/", user=user, x_forwarded_for=address)


def refused(answer: Answer) -> bool:
    """Return whether this was one too many, having looked at what is said then."""
    if answer.status != 429:
        assert answer.status == 200, answer
        return False
    seconds = int(answer.headers["retry-after"])
    assert 86_300 < seconds <= 86_400
    said = f"Request was throttled. Expected available in {seconds} seconds."
    assert answer.json == {"detail": said}
    return True


def test_from_one_address_so_many_come_in(there: Observatory) -> None:
    archive = there.archive
    assert [refused(come(archive, "192.0.2.1")) for _ in range(5)] == [False] * 3 + [True] * 2
    assert not refused(come(archive, "192.0.2.2")), "another address"


def test_a_user_may_come_oftener_from_wherever_and_staff_always(there: Observatory) -> None:
    def times(user: str) -> list[bool]:
        return [refused(come(there.archive, f"192.0.2.{n}", user)) for n in range(100, 107)]

    assert times("ada") == [False] * 5 + [True] * 2
    assert times("stan") == times("root") == [False] * 7


def test_what_is_not_counted(there: Observatory) -> None:
    archive, address = there.archive, "192.0.2.3"
    for _ in range(5):
        assert archive.call("GET", "/health/", x_forwarded_for=address).status == 200
        told = archive.call(
            "POST",
            "/authprofile/addupdateuser/",
            b"{}",
            content_type=JSON,
            authorization=f"Server {SERVER_KEY}",
            x_forwarded_for=address,
        )
        assert told.status == 400
    assert not refused(come(archive, address))


def test_all_addresses_of_one_network_are_one_visitor(there: Observatory) -> None:
    came = [refused(come(there.archive, f"2001:db8:1:2::{n}")) for n in range(5)]
    assert came == [False] * 3 + [True] * 2
    assert not refused(come(there.archive, "2001:db8:1:3::1"))


def test_only_what_the_trusted_proxy_has_seen_counts(there: Observatory) -> None:
    came = [refused(come(there.archive, f"198.51.100.{n}, 192.0.2.9")) for n in range(5)]
    assert came == [False] * 3 + [True] * 2


def test_signing_in_is_counted_by_address(there: Observatory) -> None:
    statuses = [
        there.archive.call(
            "POST", path, b"{}", content_type=JSON, x_forwarded_for="192.0.2.7"
        ).status
        for path in ("/api-token-auth/", "/api-auth/login/") * 2
    ]
    assert statuses == [400, 403, 400, 429]


def test_counts_are_kept_for_others_to_see(there: Observatory) -> None:
    store = there.archive.running.store
    come(there.archive, "192.0.2.200")
    come(there.archive, "192.0.2.200")
    until(
        lambda: (
            {one.visitor: one.requests for one in visited(store.database, clock())}.get(
                "address:192.0.2.200"
            )
            == 2
        ),
        seconds=60,
        what="the counts in the database",
    )
