"""Asking for packages: what is answered, what is kept, and what rides in an event."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from schemas.package_parameters import check_request
from store.tables import events, outbox, package_requests
from tests.equipment.installations import Caller
from tests.equipment.packaging import DATASTORE, LEAST, SECRET, Packager

KINDS = {
    "/package_datastore": "datastore",
    "/package_url": "url",
    "/package_dwc_archive": "dwc_archive",
}
SLOW = "muniment.dataset.package_requested.v1"
FAST = "muniment.dataset.small_package_requested.v1"


def kind_of_event(packager: Packager, key: str) -> str:
    """Return the type of the event that asks."""
    [event] = packager.rows(events, key=key)
    return str(event["type"])


@pytest.mark.parametrize("path", LEAST)
def test_a_request_is_answered_as_both_manuals_say(packager: Packager, path: str) -> None:
    answer = packager.post(path, LEAST[path])
    message = packager.running.settings.packager_success_message
    key = answer.json["operation"]
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == {
        "status": "success",
        "message": message,
        "success": True,
        "msg": message,
        "operation": key,
        "operation_url": f"{packager.url}/operations/{key}",
    }


@pytest.mark.parametrize("path", LEAST)
def test_a_request_is_kept_in_a_row_and_told_of_in_an_event(packager: Packager, path: str) -> None:
    key = packager.ask(path, key="k-1", doi="10.5072/x", q="Käfer")
    row = packager.request(key)
    asked = check_request(
        KINDS[path],  # type: ignore[arg-type] # the three there are
        {**LEAST[path], "key": "k-1", "doi": "10.5072/x", "q": "Käfer"},
    )
    assert json.loads(row["parameters"]) == asked.parameters
    assert (row["kind"], row["resource_id"], row["host"]) == (
        KINDS[path],
        "r-1",
        "data.example.org",
    )
    assert (row["email"], row["asked_by"]) == ("ada@example.org", "a…@example.org")
    assert (row["api_key"], row["digest"], row["count"]) == ("k-1", asked.digest, None)
    assert (row["ended_at"], row["package"]) == (None, None)
    [event] = packager.rows(events, key=key)
    assert event["actor"] == "packager"
    assert event["subject"] == "r-1"
    told = {"resource_id": "r-1", "kind": KINDS[path], "host": "data.example.org"}
    expected = told if path == "/package_url" else {**told, "format": "csv"}
    assert json.loads(event["data"]) == expected


def test_no_secret_and_no_address_leaves_the_row(packager: Packager) -> None:
    key = packager.ask(email="grace.hopper@example.org", key="topsecret", q="hush")
    [event] = packager.rows(events, key=key)
    elsewhere = repr(event) + repr(packager.rows(outbox))
    stranger = Caller(packager.url, token="")
    for path in (
        f"/operations/{key}?tree=true",
        f"/events/{key}",
        f"/events/{key}/why",
        "/packages",
    ):
        answer = stranger.call("GET", path, authorization=None)
        assert answer.status == 200, path
        elsewhere += answer.body.decode()
    for hidden in ("grace", "topsecret", "hush", SECRET):
        assert hidden not in elsewhere, hidden
    assert SECRET not in repr(packager.request(key))


@pytest.mark.parametrize(
    ("path", "changes", "expected"),
    [
        ("/package_datastore", {}, SLOW),
        ("/package_datastore", {"limit": "0"}, SLOW),
        ("/package_datastore", {"limit": "50000"}, FAST),
        ("/package_datastore", {"limit": "50001", "offset": "10"}, SLOW),
        ("/package_dwc_archive", {"limit": "1"}, FAST),
        ("/package_dwc_archive", {}, SLOW),
        ("/package_url", {}, FAST),
    ],
)
def test_what_is_small_waits_in_the_fast_lane(
    packager: Packager, path: str, changes: dict[str, str], expected: str
) -> None:
    assert kind_of_event(packager, packager.ask(path, **changes)) == expected


def test_what_is_there_already_waits_in_the_fast_lane(packager: Packager) -> None:
    asked = {**DATASTORE, "resource_id": "there already", "key": "k"}
    digest = check_request("datastore", asked).digest
    now = datetime.now(UTC)

    def lane(**changes: str) -> str:
        return kind_of_event(packager, packager.ask(**{**asked, **changes}))

    packager.put(digest=digest, built_at=now - timedelta(seconds=90_000))
    packager.put(digest=digest, removed_at=now)
    assert lane() == SLOW
    packager.put(digest=digest)
    assert lane() == FAST
    assert lane(email="bo@example.org") == FAST
    assert lane(key="") == SLOW
    assert lane(key="other") == SLOW


def test_asking_twice_is_asking_twice(packager: Packager) -> None:
    keys = {packager.ask(resource_id="twice") for _ in range(2)}
    rows = packager.rows(package_requests, resource_id="twice")
    assert {row["event_key"] for row in rows} == keys
    assert len({row["digest"] for row in rows}) == 1


def test_what_ckans_extension_sends_is_taken(packager: Packager) -> None:
    key = packager.ask(
        api_url="http://ckan.example.org:5000/api/action/datastore_search",
        format="tsv",
        key="0f3a6c1e-9c9c-4e0e-9d7e-6f2f1c1f0a11",
        filters='{"family": ["Felidae", "Canidae"]}',
        q="lion",
        limit="731",
        offset="0",
        sort="_id asc",
        resource_url="http://ckan.example.org:5000/dataset/x/resource/y/download/z.csv",
    )
    row = packager.request(key)
    assert (row["host"], row["format"], row["count"]) == ("ckan.example.org:5000", "tsv", "731")


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        ("/package_datastore", {"api_url": None}, "Parameter api_url is required"),
        ("/package_dwc_archive", {"email": None}, "Parameter email is required"),
        ("/package_url", {"resource_url": None}, "Parameter resource_url is required"),
        ("/package_datastore", {"filters": "{"}, "Parameter filters must be JSON"),
        ("/package_datastore", {"limit": "many"}, "Parameter limit must be an integer"),
        ("/package_datastore", {"format": "pdf"}, "Parameter format must be one of"),
        ("/package_datastore", {"email": "a@b\r\nBcc: c@d"}, "Parameter email must be one"),
        ("/package_url", {"resource_id": ""}, "Parameter resource_id must not be empty"),
        ("/package_url", {"resource_url": "file:///etc/passwd"}, "Parameter resource_url must be"),
        ("/package_datastore", {"api_url": "http://a:b@h/"}, "Parameter api_url must not"),
    ],
)
def test_bad_values_are_named_and_nothing_is_accepted(
    embedded: Packager, path: str, changes: dict[str, str | None], message: str
) -> None:
    before = embedded.rows(events), embedded.rows(package_requests)
    fields = {n: v for n, v in {**LEAST[path], **changes}.items() if v is not None}
    answer = embedded.post(path, fields)
    assert (answer.status, answer.json["status"]) == (400, "failed")
    assert answer.json["error"] == "BadRequestError"
    assert answer.json["message"].startswith(message)
    assert (embedded.rows(events), embedded.rows(package_requests)) == before
    # Whoever does not know the secret does not learn what else is wrong.
    assert embedded.post(path, fields, secret="x").status == 401


def test_nothing_that_can_be_sent_is_an_error_of_ours(embedded: Packager) -> None:
    odd = ("\0", "\ud800", "é" * 5000, "[" * 5000, "9" * 5000, "null")
    for path, least in LEAST.items():
        names = (
            *least,
            "filters",
            "q",
            "limit",
            "offset",
            "format",
            "doi",
            "key",
            "eml",
            "for_gbif",
        )
        for name in names:
            for value in odd:
                answer = embedded.post(path, {**least, name: value})
                assert answer.status in {200, 400}, (path, name, value, answer)


def test_the_text_of_every_script_is_kept(packager: Packager) -> None:
    said = {"q": "Käfer 🪲\n\0", "sort": "größe", "eml": "<é>{x}</é>", "doi": "10.5072/ü"}
    row = packager.request(packager.ask("/package_dwc_archive", **said))
    assert json.loads(row["parameters"]).items() >= said.items()
