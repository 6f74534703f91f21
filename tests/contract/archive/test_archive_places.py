"""Addresses, methods, forms of answers, and what every answer has."""

import pytest

from tests.equipment.archive import FORM, JSON, Archive

READING = "GET, HEAD, OPTIONS"
PLACES = {
    "/": READING,
    "/frames/": "GET, POST, HEAD, OPTIONS",
    "/frames/1/": "GET, PATCH, DELETE, HEAD, OPTIONS",
    "/frames/1/headers/": READING,
    "/frames/1/related/": READING,
    "/frames/1/sky.svg": READING,
    "/basket/": "GET, POST, HEAD, OPTIONS",
    "/frames/aggregate/": READING,
    "/versions/": READING,
    "/versions/1/": READING,
    "/thumbnails/": "GET, POST, HEAD, OPTIONS",
    "/thumbnails/1/": "GET, PATCH, DELETE, HEAD, OPTIONS",
    "/api-token-auth/": "POST, OPTIONS",
    "/revoke_token/": "POST, OPTIONS",
    "/profile/": READING,
    "/authprofile/addupdateuser/": "POST, OPTIONS",
    "/health/": READING,
    "/robots.txt": READING,
    "/openapi/": READING,
    "/redoc/": READING,
    "/admin/": READING,
}
STANDING = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
NOT_FOUND = {"detail": "Not found."}


@pytest.mark.parametrize("path", PLACES)
def test_every_place_says_what_can_be_done_there(archive: Archive, path: str) -> None:
    answer = archive.call("OPTIONS", path, user="root")
    assert (answer.status, answer.headers["allow"]) == (200, PLACES[path])
    assert answer.json.keys() == {"name", "description", "renders", "parses"}
    assert answer.json["renders"] == [JSON, "text/html"]
    assert answer.json["parses"] == [JSON, FORM, "multipart/form-data"]
    assert answer.json["name"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, allowed in PLACES.items()
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
        if method not in allowed.split(", ")
    ],
)
def test_no_other_method_is_taken(archive: Archive, method: str, path: str) -> None:
    answer = archive.call(method, path, user="root")
    assert (answer.status, answer.headers["allow"]) == (405, PLACES[path])
    if method != "HEAD":
        assert answer.json == {"detail": f'Method "{method}" not allowed.'}


@pytest.mark.parametrize("path", [*PLACES, "/nowhere", "/frames/999/"])
def test_what_every_answer_has(archive: Archive, path: str) -> None:
    answer = archive.get(path)
    assert STANDING.items() <= answer.headers.items()
    assert {"Accept", "origin"} <= {one.strip() for one in answer.headers["vary"].split(",")}
    assert "access-control-allow-origin" not in answer.headers
    foreign = archive.call("GET", path, origin="https://elsewhere.example.org")
    assert foreign.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *((path, NOT_FOUND) for path in ("/nothing/", "/frames/x/", "/frames/1.0/", "/frames/-1/")),
        *((path, NOT_FOUND) for path in ("/frames/1/nothing/", "/versions/x/", "/thumbnails/x/")),
        *((path, NOT_FOUND) for path in ("//frames/", "/frames//", "/frames/%D9%A1/", "/Frames/")),
        ("/frames/999/", {"detail": "No Frame matches the given query."}),
        ("/frames/0/", {"detail": "No Frame matches the given query."}),
        (f"/frames/{2**31}/", {"detail": "No Frame matches the given query."}),
        (f"/frames/{'9' * 30}/related/", {"detail": "No Frame matches the given query."}),
        ("/frames/999/headers/", {"detail": "No Frame matches the given query."}),
        ("/versions/999/", {"detail": "No Version matches the given query."}),
        ("/thumbnails/999/", {"detail": "No Thumbnail matches the given query."}),
    ],
)
def test_what_is_not_there(archive: Archive, path: str, said: object) -> None:
    answer = archive.get(path, "root")
    assert (answer.status, answer.json) == (404, said)
    assert answer.headers["content-type"] == JSON


@pytest.mark.parametrize("path", ["/frames", "/frames/1", "/versions?md5=x", "/health", ""])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_reads_is_led_to_the_slash(archive: Archive, path: str, method: str) -> None:
    answer = archive.call(method, path)
    place, question, query = path.partition("?")
    wanted = f"/archive{place}/{question}{query}"
    assert (answer.status, answer.headers["location"]) == (301, wanted)


def test_who_sends_is_never_redirected(archive: Archive) -> None:
    assert archive.send("POST", "/frames", {}).status == 400
    assert archive.call("DELETE", "/frames/999", user="root").status == 404


def test_nobody_is_led_elsewhere(archive: Archive) -> None:
    answer = archive.call("GET", "/%2F%2Felsewhere.example.org")
    assert answer.status == 404


def test_the_root_says_where_the_lists_are(archive: Archive) -> None:
    base = f"{archive.running.url}/archive"
    assert archive.get("/").json == {
        "frames": f"{base}/frames/",
        "versions": f"{base}/versions/",
        "thumbnails": f"{base}/thumbnails/",
    }


def test_links_begin_as_the_client_reached_us(archive: Archive) -> None:
    answer = archive.call("GET", "/", host="data.example.org", x_forwarded_proto="https")
    assert answer.json["frames"] == "https://data.example.org/archive/frames/"


def test_health_and_robots_are_for_everybody(archive: Archive) -> None:
    health = archive.call("GET", "/health/", authorization="Token wrong")
    assert (health.status, health.body, health.headers["content-type"]) == (200, b'"ok"', JSON)
    robots = archive.call("GET", "/robots.txt", accept="image/png")
    assert (robots.status, robots.body) == (200, b"User-agent: *\nDisallow: /")
    assert robots.headers["content-type"].startswith("text/plain")


# --- forms of answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("", None, 200),
        ("", "*/*", 200),
        ("", "application/*", 200),
        ("", "application/json; q=0.1, image/png", 200),
        ("?format=json", "text/html", 200),
        ("?format=json", "image/png", 200),
        ("?format=", None, 200),
        ("?format=xml&format=json", None, 200),
        ("", "image/png", 406),
        ("", "application/xml", 406),
        ("?format=xml", None, 404),
        ("?format=JSON", None, 404),
    ],
)
def test_the_form_that_is_asked_for(
    archive: Archive, query: str, accept: str | None, status: int
) -> None:
    answer = archive.call("GET", f"/frames/{query}", accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (status, JSON)
    if status == 406:
        assert answer.json == {"detail": "Could not satisfy the request Accept header."}
    if status == 404:
        assert answer.json == NOT_FOUND


def test_json_is_compact_and_says_letters_as_they_are(archive: Archive) -> None:
    frame = archive.post(target_name="Café ☉")
    body = archive.get(f"/frames/{frame['id']}/").body
    assert '"target_name":"Café ☉"'.encode() in body
    assert b'": ' not in body


@pytest.mark.parametrize("asks_first", [True, False])
def test_a_script_of_another_site_is_told_what_it_may_send(
    archive: Archive,
    asks_first: bool,  # noqa: FBT001 - a case
) -> None:
    method = "PATCH" if asks_first else None
    answer = archive.call(
        "OPTIONS", "/frames/", origin="https://x.example", access_control_request_method=method
    )
    assert answer.status == 200
    assert bool(answer.body) == (not asks_first)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-max-age"] == "86400"
    methods = set(answer.headers["access-control-allow-methods"].split(", "))
    assert methods == {"DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"}
    names = set(answer.headers["access-control-allow-headers"].split(", "))
    assert {"authorization", "content-type", "x-csrftoken", "accept"} <= names
    assert "access-control-allow-credentials" not in answer.headers


# --- who may --------------------------------------------------------------------------------------

ABSENT = {"detail": "Authentication credentials were not provided."}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
WRITES = [
    ("POST", "/frames/"),
    ("PATCH", "/frames/1/"),
    ("DELETE", "/frames/1/"),
    ("PUT", "/frames/1/"),
    ("POST", "/thumbnails/"),
    ("PATCH", "/thumbnails/1/"),
    ("DELETE", "/thumbnails/1/"),
]
STAFFS = [
    ("GET", "/versions/"),
    ("GET", "/versions/1/"),
    ("POST", "/versions/"),
    ("GET", "/admin/"),
]


@pytest.mark.parametrize(("method", "path"), [*WRITES, *STAFFS])
def test_nobody_in_particular_is_asked_who_they_are(
    archive: Archive, method: str, path: str
) -> None:
    answer = archive.call(method, path)
    assert (answer.status, answer.json) == (401, ABSENT)
    assert answer.headers["www-authenticate"] == "Token"


@pytest.mark.parametrize(
    ("method", "path", "user"),
    [
        *((*write, user) for write in WRITES for user in ("ada", "stan")),
        *((*read, "ada") for read in STAFFS),
    ],
)
def test_who_is_known_and_may_not(archive: Archive, method: str, path: str, user: str) -> None:
    answer = archive.call(method, path, user=user)
    assert (answer.status, answer.json) == (403, FORBIDDEN)


def test_staff_reads_versions(archive: Archive) -> None:
    assert archive.get("/versions/", "stan").status == 200
    assert archive.call("POST", "/versions/", user="stan").status == 405
