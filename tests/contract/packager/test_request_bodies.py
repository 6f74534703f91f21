"""Bodies: forms of both kinds, JSON, and what is none of these."""

import json
from collections.abc import Iterator

import pytest

from tests.equipment.line import line_to
from tests.equipment.packaging import DATASTORE, FORM, SECRET, Packager, packaging

JSON = "application/json"
BOUNDARY = "frontier"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(*fields: tuple[str, bytes]) -> bytes:
    """Return a form of these fields."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value
        for name, value in fields
    ]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def known(*fields: tuple[str, bytes]) -> bytes:
    """Return a form of these fields and the secret."""
    return multipart(("secret", SECRET.encode()), *fields)


def test_a_multipart_form_says_the_same(embedded: Packager) -> None:
    fields = [(name, value.encode()) for name, value in DATASTORE.items()]
    body = known(*fields, ("q", "Käfer\r\n--frontie".encode()), ("limit", b"5"))
    answer = embedded.call("POST", "/package_datastore", body, content_type=MULTIPART)
    assert answer.status == 200, answer
    said = json.loads(embedded.request(answer.json["operation"])["parameters"])
    assert (said["q"], said["limit"]) == ("Käfer\r\n--frontie", "5")


def test_json_says_the_same_with_numbers_and_objects(embedded: Packager) -> None:
    answer = embedded.post_json(
        "/package_datastore", **DATASTORE, limit=5, offset=2, filters={"b": ["ü"], "a": 1}, q=None
    )
    assert answer.status == 200, answer
    row = embedded.request(answer.json["operation"])
    assert json.loads(row["parameters"]) == {
        "api_url": DATASTORE["api_url"],
        "resource_id": "r-1",
        "filters": '{"a":1,"b":["ü"]}',
        "limit": "5",
        "offset": "2",
        "format": "csv",
    }
    assert row["count"] == "5"


def test_parameters_of_a_content_type_change_nothing(embedded: Packager) -> None:
    for body, content_type in (
        (f"secret={SECRET}".encode(), f"{FORM}; charset=UTF-8"),
        (json.dumps({"secret": SECRET}).encode(), "Application/JSON;charset=utf-8"),
        (known(), f'Multipart/Form-Data; Boundary="{BOUNDARY}"'),
    ):
        answer = embedded.call("POST", "/status", body, content_type=content_type)
        assert answer.status == 200, content_type


def test_the_first_of_equal_fields_counts(embedded: Packager) -> None:
    form = f"secret={SECRET}&secret=x&limit=0&limit=x".encode()
    answer = embedded.call("POST", "/statistics/requests", form, content_type=FORM)
    assert answer.status == 200
    body = known(("secret", b"x"), ("limit", b"0"), ("limit", b"x"))
    answer = embedded.call("POST", "/statistics/requests", body, content_type=MULTIPART)
    assert answer.status == 200
    body = multipart(("secret", b"x"), ("secret", SECRET.encode()))
    answer = embedded.call("POST", "/statistics/requests", body, content_type=MULTIPART)
    assert answer.status == 401


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "x", "", None, "application/x-json"]
)
def test_what_nobody_reads_has_no_secret(embedded: Packager, content_type: str | None) -> None:
    for body in (b"", f"secret={SECRET}".encode(), json.dumps({"secret": SECRET}).encode()):
        answer = embedded.call("POST", "/status", body, content_type=content_type)
        assert answer.status == 401


@pytest.mark.parametrize("content_type", [FORM, JSON])
@pytest.mark.parametrize("body", [None, b"", b" "])
def test_nothing_has_no_secret(embedded: Packager, body: bytes | None, content_type: str) -> None:
    assert embedded.call("POST", "/status", body, content_type=content_type).status == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        *((body, JSON) for body in (b"{", b"{} {}", b"\xff", b"\0")),
        (b'{"secret": NaN}', JSON),
        (b'{"secret": "\xff"}', JSON),
        (b'{"x":' * 100_000, JSON),
        (b'{"x":' + b"9" * 5000 + b"}", JSON),
        (json.dumps({"secret": SECRET}).encode("utf-16"), JSON),
        (f"secret={SECRET}&q=%FF".encode(), FORM),
        (f"q=\xff&secret={SECRET}".encode("latin-1"), FORM),
        (f"secret={SECRET}&".encode() + b"a&" * 5000, FORM),
        (known(("q", b"\xff")), MULTIPART),
        (known(("q", b"x"))[:-10], MULTIPART),
        (known(*[("x", b"")] * 2000), MULTIPART),
    ],
)
def test_what_cannot_be_read_is_refused(embedded: Packager, body: bytes, content_type: str) -> None:
    answer = embedded.call("POST", "/status", body, content_type=content_type)
    assert (answer.status, answer.json["error"]) == (400, "BadRequestError")
    assert answer.json["status"] == "failed"
    assert answer.json["message"]


def test_a_stranger_is_refused_before_the_rest_is_read(embedded: Packager) -> None:
    for body, content_type in (
        *((body, FORM) for body in (b"q=%FF&secret=x", b"q=%FF", b"%FF=1&secret=x")),
        *((body, FORM) for body in (b"secret=%FF", b"secret=\xff", b"a&" * 5000)),
        (b"secret=" + b"%41" * 100_000, FORM),
        *((body, JSON) for body in (b"[]", b"null", b'"x"', b"1")),
        (multipart(("secret", b"\xff")), MULTIPART),
        (multipart(("q", b"\xff"), ("secret", b"x")), MULTIPART),
        (multipart(*[("x", b"")] * 2000), MULTIPART),
        (b"nonsense", MULTIPART),
        (known(), "multipart/form-data"),
    ):
        answer = embedded.call("POST", "/status", body, content_type=content_type)
        assert answer.status == 401, body[:50]
    body = f"q=%FF&secret={SECRET}".encode()
    assert embedded.call("POST", "/status", body, content_type=FORM).status == 400


@pytest.mark.parametrize("value", [1, None, True, [SECRET], {"secret": SECRET}, {}])
def test_a_secret_is_text(embedded: Packager, value: object) -> None:
    assert embedded.post_json("/status", secret=value).status == 401


def test_a_compressed_body_is_not_read(embedded: Packager) -> None:
    answer = embedded.call("POST", "/status", b"x", content_encoding="gzip", content_type=FORM)
    assert answer.status == 415
    assert answer.json["status"] == "failed"


# --- large ones -----------------------------------------------------------------------------------

LARGEST = 8 * 1024**2


@pytest.fixture(scope="module")
def narrow(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packager]:
    """An embedded packager that takes as little as it may be told to."""
    folder = tmp_path_factory.mktemp("narrow")
    with packaging("embedded", request, folder, packager_largest_request=LARGEST) as running:
        yield running


@pytest.mark.parametrize("content_type", [FORM, JSON, MULTIPART])
def test_a_large_template_is_taken(narrow: Packager, content_type: str) -> None:
    eml = "<é> " * 250_000
    fields = {"secret": SECRET, **DATASTORE, "eml": eml}
    if content_type == FORM:
        answer = narrow.post("/package_dwc_archive", fields)
    elif content_type == JSON:
        answer = narrow.post_json("/package_dwc_archive", **fields)
    else:
        body = multipart(*((name, value.encode()) for name, value in fields.items()))
        answer = narrow.call("POST", "/package_dwc_archive", body, content_type=MULTIPART)
    assert answer.status == 200, answer.body[:200]
    row = narrow.request(answer.json["operation"])
    assert json.loads(row["parameters"])["eml"] == eml


def test_what_is_too_large_is_refused_and_lets_the_next_request_through(narrow: Packager) -> None:
    form = f"secret={SECRET}&q=".encode().ljust(LARGEST + 1, b"x")
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(form), form)
    with line_to(narrow.url) as line:
        for body, head in ((form, {}), (chunked, {"transfer_encoding": "chunked"})):
            line.ask("POST", "/packager/status", body, content_type=FORM, **head)
            answer = line.answer()
            assert (answer.status, answer.json["error"]) == (413, "RequestTooLargeError")
            assert str(LARGEST) in answer.json["message"]
        line.ask("POST", "/packager/status", form[:-1], content_type=FORM)
        assert line.answer().status == 200
