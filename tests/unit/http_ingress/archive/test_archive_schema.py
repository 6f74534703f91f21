"""The OpenAPI document of the archive."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from http_ingress.archive.schema_api import describe
from http_ingress.archive.url_map import PLACES


def test_the_document_is_valid_and_has_every_place() -> None:
    document = describe(PLACES, "https://x.example")
    OpenAPIV31SpecValidator(document).validate()
    assert set(document["paths"]) == {place.path for place in PLACES}
    assert document["servers"] == [{"url": "https://x.example/archive"}]


def test_every_place_says_what_it_is() -> None:
    for place in PLACES:
        assert place.about.endswith("."), place.path
        for method, do in place.methods.items():
            described = describe([place], "")["paths"][place.path][method.lower()]
            assert described["summary"], do


def test_lists_say_what_may_be_asked_of_them() -> None:
    paths = describe(PLACES, "")["paths"]
    for path, own in (("/frames/", "covers"), ("/versions/", "md5"), ("/thumbnails/", "size")):
        names = {one["name"] for one in paths[path]["get"]["parameters"]}
        assert {own, "limit", "offset", "pagination_style", "cursor"} <= names
    assert paths["/frames/"]["post"]["parameters"] == []


def test_no_place_hides_another() -> None:
    for place in PLACES:
        address = place.path.replace("{id}", "1").replace("{name}", "n")
        [first, *_] = [one for one in PLACES if one.pattern.fullmatch(address)]
        assert first is place
