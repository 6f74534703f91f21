"""Caches: nothing is kept on a reader's disk, and nothing is answered from one."""

import pytest

from tests.equipment.recording import Recording, finished

PATHS = ["/", "/{p}/", "/{p}/run/", "/{p}/last/", "/{p}/tag/red/", "/{p}/permissions/"]
PATHS += ["/{p}/?expand=records", "/{p}/?format=ndjson", "/{p}/none/", "/none/", "/{p}/?limit=x"]
CONDITIONS = [
    {"If-None-Match": "*"},
    {"If-None-Match": '"x"'},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If-Match": '"x"'},
    {"If-Unmodified-Since": "Fri, 01 Jan 1999 00:00:00 GMT"},
    {"Range": "bytes=0-1"},
    {"Cookie": "sessionid=x; muniment-form=y"},
]


@pytest.fixture(scope="module")
def filled(embedded: Recording) -> str:
    """A project with a record, whose diff is kept as an object."""
    name = embedded.project()
    embedded.record(name, "run", tags=["red"], diff="d" * 100_000)
    return name


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("user", ["ann", "bo", None])
def test_no_answer_may_be_kept(
    embedded: Recording, filled: str, path: str, accept: str, user: str | None
) -> None:
    for method in ("GET", "HEAD"):
        answer = embedded.call(method, path.format(p=filled), user=user, accept=accept)
        assert answer.headers["cache-control"] == "no-store"
        assert not {"etag", "last-modified", "expires"} & answer.headers.keys()


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: next(iter(condition)))
@pytest.mark.parametrize("path", PATHS[:6])
def test_conditions_change_nothing(
    embedded: Recording, filled: str, path: str, condition: dict[str, str]
) -> None:
    target = path.format(p=filled)
    plain, conditional = embedded.get(target), embedded.get(target, **condition)
    assert (conditional.status, conditional.body) == (200, plain.body)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: next(iter(condition)))
def test_conditions_keep_nobody_from_writing(
    embedded: Recording, condition: dict[str, str]
) -> None:
    project = embedded.project()
    path = f"/{project}/run/"
    assert embedded.put(path, finished(label="run"), **condition).status == 201
    assert embedded.put(path, {"reason": "again"}, **condition).status == 200
    assert embedded.put(f"/{project}/", {"name": "again"}, **condition).status == 200
    assert embedded.get(path).json["reason"] == "again"
    assert embedded.call("DELETE", path, None, **condition).status == 204
