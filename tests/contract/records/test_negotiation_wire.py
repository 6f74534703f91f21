"""Which form is answered, as it goes over the wire: by `Accept`, and by `?format=`."""

from collections.abc import Mapping

import pytest

from tests.equipment.recording import Recording
from tests.equipment.records import output

VENDOR = "application/vnd.sumatra"
PATHS = {
    "project-list": "/",
    "project": "/{p}/",
    "record": "/{p}/run/",
    "permissions": "/{p}/permissions/",
}
ALSO: Mapping[str, list[str]] = {
    "record": ["/{p}/last/"],
    "project": ["/{p}/?tags=red", "/{p}/tag/red/", "/{p}/tagged/red/"],
}
KINDS = ("project-list", "project", "record")


@pytest.fixture(scope="module")
def filled(embedded: Recording) -> str:
    """A project with one record that made a file."""
    name = embedded.project()
    embedded.record(name, "run", tags=["red"], output_data=[output(), output(creation=None)])
    return name


def paths(kind: str, project: str) -> list[str]:
    return [path.format(p=project) for path in (PATHS[kind], *ALSO.get(kind, []))]


def types_of(kind: str) -> dict[str, str]:
    if kind == "permissions":
        return {"json": "application/json", "html": "text/html"}
    vendor = f"{VENDOR}.{kind}"
    return {
        f"{kind}-v4+json": f"{vendor}-v4+json",
        f"{kind}-v3+json": f"{vendor}-v3+json",
        "json": "application/json",
        "html": "text/html",
    }


def cases(kind: str) -> dict[str | None, str | None]:
    """What is answered to each `Accept`; None: nothing acceptable."""
    by_name = types_of(kind)
    default = "application/json" if kind == "permissions" else by_name[f"{kind}-v4+json"]
    return {
        **{accept: accept for accept in by_name.values()},
        **{accept.upper(): accept for accept in by_name.values()},
        None: default,
        "": default,
        "*/*": default,
        "application/*": default,
        "text/*": "text/html",
        "application/json;charset=utf-8": "application/json",
        "application/json; charset=utf-8; indent=4": "application/json",
        "text/html;level=1": "text/html",
        "text/html;q=0.5, application/json;q=0.9": "application/json",
        "text/html;q=0.9, application/json;q=0.5": "text/html",
        "text/html ; Q=0.9 , application/json ; q=0.5": "text/html",
        "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8": "text/html",
        "application/json;q=0, text/html;q=0.1": "text/html",
        "image/png, application/json;q=0.1": "application/json",
        "rubbish, ;;;, application/json": "application/json",
        "/, text, q=1, application/json": "application/json",
        "application/json;q=abc, text/html": "text/html",
        f"{default}, application/json": default,
        "image/png": None,
        "application/json;q=0": None,
        "application/xml, text/plain": None,
        "rubbish": None,
        "application/x-ndjson": "application/x-ndjson" if kind == "project" else None,
        **{f"{VENDOR}.{other}-v4+json": None for other in KINDS if other != kind},
        **{f"{VENDOR}.{other}-v3+json": None for other in KINDS if other != kind},
        f"{VENDOR}.{kind}-v2+json": None,
        f"{VENDOR}.{kind}-v5+json": None,
    }


@pytest.mark.parametrize(
    ("kind", "accept", "expected"),
    [(kind, accept, found) for kind in PATHS for accept, found in cases(kind).items()],
)
def test_accept_decides(
    embedded: Recording, filled: str, kind: str, accept: str | None, expected: str | None
) -> None:
    for path in paths(kind, filled):
        answer = embedded.get(path, accept=accept)
        if expected is None:
            assert (answer.status, answer.body) == (406, b"")
        else:
            assert answer.status == 200, answer
            assert answer.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize("kind", PATHS)
def test_format_overrides_accept(embedded: Recording, filled: str, kind: str) -> None:
    for path in paths(kind, filled):
        query = f"{path}{'&' if '?' in path else '?'}format="
        for name, expected in types_of(kind).items():
            for written in {name, name.replace("+", "%2B"), name.replace("+", "%20")}:
                for accept in (None, "image/png", "text/html", "application/json"):
                    answer = embedded.get(query + written, accept=accept)
                    assert answer.status == 200, answer
                    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
        wrong = [
            "xml",
            "HTML",
            "v4",
            f"{kind}-v2+json",
            "application/json",
            "%00",
            "%FF",
            "x" * 999,
        ]
        wrong += [f"{other}-v4+json" for other in KINDS if other != kind]
        for name in wrong:
            answer = embedded.get(query + name, accept="*/*")
            assert (answer.status, answer.body) == (406, b""), name


@pytest.mark.parametrize("kind", ["record"])
def test_version_3_has_no_creation_of_outputs(embedded: Recording, filled: str, kind: str) -> None:
    for path in paths(kind, filled):
        v4 = embedded.get(path).json
        v3 = embedded.get(path, accept=f"{VENDOR}.record-v3+json").json
        assert [set(one) for one in v4["output_data"]] == [
            {"path", "digest", "metadata", "creation"}
        ] * 2
        expected = [
            {name: value for name, value in one.items() if name != "creation"}
            for one in v4["output_data"]
        ]
        assert v3 == {**v4, "output_data": expected}
        assert embedded.get(f"{path}?format=record-v3+json").json == v3
        assert embedded.get(path, accept="application/json").json == v4


@pytest.mark.parametrize("kind", ["project-list", "project"])
def test_version_3_is_version_4_for_all_else(embedded: Recording, filled: str, kind: str) -> None:
    for path in paths(kind, filled):
        assert embedded.get(path, accept=f"{VENDOR}.{kind}-v3+json").body == (
            embedded.get(path, accept=f"{VENDOR}.{kind}-v4+json").body
        )
        assert embedded.get(path, accept="application/json").body == embedded.get(path).body


def test_several_accept_headers_are_one(embedded: Recording, filled: str) -> None:
    for lines in (("image/png", "text/html"), ("text/html", "image/png")):
        answer = embedded.get(f"/{filled}/run/", accept=lines[0], Accept=lines[1])
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/xml", "junk", f"{VENDOR}.record-v4+json"]
)
def test_the_type_of_what_is_sent_says_nothing(
    embedded: Recording, content_type: str | None
) -> None:
    project = f"typed-{abs(hash(content_type))}"
    sent = {"content_type": content_type}
    assert embedded.put(f"/{project}/", {"name": "é"}, **sent).status == 201
    assert embedded.get(f"/{project}/").json["name"] == "é"
    document = {"label": "run", "reason": "ü"}
    embedded.record(project, "run")
    assert embedded.put(f"/{project}/run/", document, **sent).status == 200
    assert embedded.get(f"/{project}/run/").json["reason"] == "ü"


def test_no_proxy_confuses_two_clients(embedded: Recording, filled: str) -> None:
    for path in ("/", f"/{filled}/", f"/{filled}/run/", f"/{filled}/permissions/"):
        answer = embedded.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert {"accept", "authorization"} <= {
            one.strip() for one in answer.headers["vary"].lower().split(",")
        }
