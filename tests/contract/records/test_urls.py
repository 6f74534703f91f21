"""Addresses: a slash at the end says nothing, nothing is redirected, some labels are reserved."""

import pytest

from tests.equipment.recording import Recording, body, finished

PATHS = [
    "/",
    "/{p}/",
    "/{p}/permissions/",
    "/{p}/last/",
    "/{p}/tag/red/",
    "/{p}/tagged/red/",
    "/{p}/run-1/",
]


@pytest.fixture(scope="module")
def filled(embedded: Recording) -> str:
    """A project with two records, one of them red."""
    name = embedded.project()
    embedded.record(name, "run-1", tags=["red"])
    embedded.record(name, "run-2", timestamp="2024-05-02 10:00:00+0000")
    return name


@pytest.mark.parametrize("query", ["", "?tags=red"])
@pytest.mark.parametrize("path", PATHS)
def test_a_slash_at_the_end_says_nothing(
    embedded: Recording, filled: str, path: str, query: str
) -> None:
    path = path.format(p=filled)
    with_slash, without = (embedded.get(one + query) for one in (path, path.rstrip("/")))
    assert (with_slash.status, without.status) == (200, 200)
    assert with_slash.body == without.body
    assert with_slash.headers["content-type"] == without.headers["content-type"]


def test_every_change_goes_without_the_slash_too(embedded: Recording) -> None:
    project = "without-slash"
    assert embedded.put(f"/{project}", {}).status == 201
    assert embedded.put(f"/{project}/run", body(label="run")).status == 201
    form = b"user=bo"
    kind = "application/x-www-form-urlencoded"
    granted = embedded.call("POST", f"/{project}/permissions", form, content_type=kind)
    assert granted.status == 302
    assert embedded.call("DELETE", f"/{project}/tag/none").status == 200
    assert embedded.call("DELETE", f"/{project}/run").status == 204


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ("permissions", 405),
        ("last", 400),
        ("tag/red", 400),
        ("tag%2Fred", 400),
        ("tagged/red", 400),
        ("tagged/red/blue", 400),
    ],
)
def test_reserved_labels_are_refused(
    embedded: Recording, filled: str, label: str, status: int
) -> None:
    plain = label.replace("%2F", "/")
    before = embedded.labels(filled)
    assert embedded.put(f"/{filled}/{label}/", finished(label=plain)).status == status
    assert embedded.labels(filled) == before


@pytest.mark.parametrize(
    "label", ["permission", "lasting", "Last", "tags", "tagged", "tag", "tag:x"]
)
def test_labels_that_only_look_reserved_are_taken(embedded: Recording, label: str) -> None:
    project = embedded.project()
    path = embedded.record(project, label)
    assert embedded.get(path).json["label"] == label
    assert embedded.labels(project) == [label]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", [*PATHS, "/no-such-project/", "/no-such-project/run/", "//x/"])
@pytest.mark.parametrize("user", ["ann", "bo", None])
def test_nothing_is_redirected_cached_or_fails(
    embedded: Recording, method: str, path: str, user: str | None
) -> None:
    project = embedded.project()
    embedded.record(project, "run-1", tags=["red"])
    for one in (path.format(p=project), path.format(p=project).rstrip("/")):
        answer = embedded.call(method, one, user=user)
        assert answer.status in {200, 204, 400, 401, 403, 404, 405}, answer
        assert "location" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert not {"etag", "expires"} & answer.headers.keys()
        if answer.status == 405:
            assert method not in answer.headers["allow"].split(", ")


def test_nothing_lies_beside_the_prefix(embedded: Recording) -> None:
    for path in ("x", "x/reef/", "%2F", ":"):
        assert embedded.get(path).status == 404
