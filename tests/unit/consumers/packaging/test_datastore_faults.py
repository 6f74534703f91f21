"""A CKAN that fails for a moment is asked again; one that tells nonsense is refused."""

import pytest

from consumers.packaging.datastore import Datastore, Query
from store.errors import SourceNotFoundError, SourceRefusedError, SourceUnavailableError
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import counted
from tests.equipment.ckan_walks import WEB, asking, ids, walking

# --- moments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=503),
        Trouble(status=429),
        Trouble(status=500, body=b"<h1>Oops</h1>"),
        Trouble(cut=-1),
        Trouble(cut=0),
        Trouble(cut=40),
        pytest.param(Trouble(status=200, body=b'{"success": true, "resu'), id="cut off"),
    ],
)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_goes_away_within_seconds_is_not_noticed(
    ckan: Ckan, trouble: Trouble, number: int
) -> None:
    pauses: list[float] = []
    ckan.troubles |= {number: trouble, number + 1: trouble}
    datastore = asking(ckan, counted(3), pauses, page_size=2)
    assert ids(datastore) == [1, 2, 3]
    assert pauses == [1, 2]


def test_what_does_not_go_away_is_told(ckan: Ckan) -> None:
    pauses: list[float] = []
    ckan.always = Trouble(status=503, headers={"Retry-After": "3"})
    with pytest.raises(SourceUnavailableError, match="status 503") as caught:
        ids(asking(ckan, counted(3), pauses))
    assert caught.value.retry_after == 3
    assert pauses == [3, 3, 4]
    assert len(ckan.asked) == 4


def test_a_server_that_asks_for_a_long_pause_is_left_alone(ckan: Ckan) -> None:
    pauses: list[float] = []
    ckan.always = Trouble(status=503, headers={"Retry-After": "11"})
    with pytest.raises(SourceUnavailableError) as caught:
        ids(asking(ckan, counted(3), pauses))
    assert (caught.value.retry_after, pauses, len(ckan.asked)) == (11, [], 1)


def test_a_fault_comes_out_after_the_page_before_it(ckan: Ckan) -> None:
    ckan.troubles |= {number: Trouble(status=503) for number in range(2, 6)}
    pages = asking(ckan, counted(5), page_size=2).pages()
    assert next(pages).count == 2
    with pytest.raises(SourceUnavailableError):
        next(pages)
    assert walking() == []


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 409])
def test_refusals_are_final(ckan: Ckan, status: int) -> None:
    ckan.troubles[1] = Trouble(status=status, body=b'{"error": {"message": "No way"}}')
    with pytest.raises(SourceRefusedError, match=f"status {status}: No way"):
        ids(asking(ckan, counted(3)))
    assert len(ckan.asked) == 2


def test_a_resource_that_is_not_there(ckan: Ckan) -> None:
    with (
        pytest.raises(SourceRefusedError, match="Resource was not found"),
        Datastore(WEB, Query(api_url=ckan.api_url, resource_id="none")) as datastore,
    ):
        _ = datastore.columns
    ckan.always = Trouble(status=404)
    with pytest.raises(SourceNotFoundError):
        ids(asking(ckan, counted(3)))


def test_success_is_looked_at(ckan: Ckan) -> None:
    body = b'{"success": false, "error": {"message": "Search took too long"}, "result": {}}'
    ckan.troubles[1] = Trouble(status=200, body=body)
    with pytest.raises(SourceRefusedError, match="Search took too long"):
        ids(asking(ckan, counted(3)))
    assert len(ckan.asked) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON"),
        (b"<html>Please log in</html>", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 10_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no result"),
        (b'{"success": false}', "does not say why"),
        (b'{"success": "yes", "result": {}}', "does not say why"),
        (b'{"success": true, "result": []}', "no result"),
        (b'{"success": true, "result": {}}', "names no fields|no list of records"),
    ],
)
@pytest.mark.parametrize("number", [0, 1])
def test_answers_without_sense_are_refused(
    ckan: Ckan, body: bytes, reason: str, number: int
) -> None:
    ckan.troubles[number] = Trouble(status=200, body=body)
    with pytest.raises(SourceRefusedError, match=reason):
        ids(asking(ckan, counted(3)))


@pytest.mark.parametrize("fields", [None, [], {}, "id", ["id"], [{}], [{"id": 1}], [None]])
def test_fields_that_are_none_are_refused(ckan: Ckan, fields: object) -> None:
    ckan.always = Trouble(change=lambda said: said["result"].update(fields=fields))
    with pytest.raises(SourceRefusedError, match=r"no fields|no name"):
        ids(asking(ckan, counted(3)))


@pytest.mark.parametrize("records", [None, {}, 7, ["text"], [{}, None], [[1, 2]], "1,row 1\n"])
def test_records_that_are_none_are_refused(ckan: Ckan, records: object) -> None:
    ckan.troubles[1] = Trouble(change=lambda said: said["result"].update(records=records))
    with pytest.raises(SourceRefusedError, match=r"no list of records|no object"):
        ids(asking(ckan, counted(3)))


def test_an_answer_that_is_too_large_is_refused(ckan: Ckan) -> None:
    with pytest.raises(SourceRefusedError, match=r"10000 bytes.*MUNIMENT_PACKAGER_PAGE_SIZE"):
        ids(asking(ckan, counted(1000), largest=10_000))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://10.0.0.1/api"])
def test_a_redirect_to_where_nobody_may_go_is_refused(ckan: Ckan, location: str) -> None:
    ckan.troubles[1] = Trouble(status=307, headers={"Location": location})
    with pytest.raises(SourceRefusedError, match="it redirects to"):
        ids(asking(ckan, counted(3)))


def test_a_key_is_in_no_error(ckan: Ckan) -> None:
    for status in (403, 503):
        ckan.always = Trouble(status=status, body=b'{"error": "key secret-key is unknown"}')
        with pytest.raises(
            (SourceRefusedError, SourceUnavailableError), match=r"key … is"
        ) as caught:
            ids(asking(ckan, counted(3), key="secret-key"))
        assert "secret-key" not in str(caught.value)
