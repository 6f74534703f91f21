"""Who may do what, in private and public projects; the order of checks, and whole bodies read."""

import json

import pytest

from tests.equipment.recording import FORM, Recording, body, finished

READS = ["/{p}/", "/{p}/?tags=red", "/{p}/run/", "/{p}/last/", "/{p}/tag/red/", "/{p}/tagged/red/"]
READS += [
    "/{p}/?expand=records",
    "/{p}/?format=ndjson",
    "/{p}/?format=html",
    "/{p}/run/?format=html",
]
CHANGES: list[tuple[str, str, object]] = [
    ("PUT", "/{p}/", {"name": "mine now"}),
    ("PUT", "/{p}/new/", finished(label="new")),
    ("PUT", "/{p}/run/", {"label": "run", "reason": "changed"}),
    ("DELETE", "/{p}/run/", None),
    ("DELETE", "/{p}/tag/red/", None),
    ("DELETE", "/{p}/tagged/red/", None),
    ("POST", "/{p}/permissions/", "user=cy"),
    ("DELETE", "/{p}/permissions/ann/", None),
]


def change(store: Recording, project: str, user: str | None, number: int) -> int:
    method, path, content = CHANGES[number]
    if isinstance(content, str):
        data, kind = content.encode(), FORM
    else:
        data, kind = json.dumps(content).encode(), "application/json"
    answer = store.call(method, path.format(p=project), data, user=user, content_type=kind)
    if answer.status in {401, 403}:
        assert answer.body == (b"Authorization Required" if answer.status == 401 else b"")
    return answer.status


def all_of(store: Recording, project: str) -> object:
    return store.get(f"/{project}/?expand=records").json


def filled(store: Recording, *members: str, public: bool = False) -> str:
    project = store.project(*members, public=public)
    store.record(project, "run", tags=["red"])
    return project


@pytest.mark.parametrize(
    ("public", "user", "reads", "writes"),
    [
        (False, None, 401, 401),
        (False, "bo", 403, 403),
        (True, None, 200, 401),
        (True, "bo", 200, 403),
    ],
)
def test_who_has_no_permission_changes_nothing(
    store: Recording, *, public: bool, user: str | None, reads: int, writes: int
) -> None:
    project = filled(store, public=public)
    before = all_of(store, project)
    for path in READS:
        answer = store.get(path.format(p=project), user)
        assert answer.status == reads, path
        if reads == 403:
            assert answer.body == b""
    for number in range(len(CHANGES)):
        assert change(store, project, user, number) == writes, CHANGES[number]
    permissions = store.get(f"/{project}/permissions/", user)
    assert permissions.status == (401 if user is None else 403)
    assert all_of(store, project) == before


@pytest.mark.parametrize("user", ["ann", "bo", "root"])
@pytest.mark.parametrize("public", [False, True])
def test_who_has_permission_may_do_all(store: Recording, user: str, *, public: bool) -> None:
    project = filled(store, "bo", public=public)
    for path in [*READS, "/{p}/permissions/"]:
        assert store.get(path.format(p=project), user).status == 200, path
    found = [change(store, project, user, number) for number in range(len(CHANGES))]
    assert found == [200, 201, 200, 204, 200, 200, 302, 204]


def test_a_granted_user_may_grant(store: Recording) -> None:
    project = store.project("bo")
    store.grant(project, "cy", user="bo")
    assert store.get(f"/{project}/", "cy").json["access"] == ["ann", "bo", "cy"]


def test_the_public_never_writes_even_with_the_right_body(store: Recording) -> None:
    project = filled(store, public=True)
    for path, document in (("new", finished(label="new")), ("run", body(label="run"))):
        assert store.put(f"/{project}/{path}/", document, None).status == 401
    assert store.labels(project) == ["run"]


def test_a_stranger_does_not_rename(store: Recording) -> None:
    project = filled(store)
    documents: list[object] = [{}, {"name": "x"}, {"description": "x"}, {"name": 1}, [], "junk"]
    for document in documents:
        assert store.put(f"/{project}/", document, "bo").status == 403
    assert store.call("PUT", f"/{project}/", b"\xff{", user="bo").status == 403
    assert store.get(f"/{project}/").json["name"] == project


def test_access_comes_before_the_label(store: Recording) -> None:
    private, public = filled(store), filled(store, public=True)
    for label in ("run", "no-such-run"):
        assert store.get(f"/{private}/{label}/", None).status == 401
        assert store.get(f"/{private}/{label}/", "bo").status == 403
        assert store.call("DELETE", f"/{public}/{label}/", user="bo").status == 403
        assert store.call("DELETE", f"/{public}/{label}/", user=None).status == 401
    missing = store.get(f"/{private}/no-such-run/")
    assert (missing.status, missing.body) == (404, b"")
    assert store.get(f"/{public}/no-such-run/", None).status == 404
    assert store.get(f"/{public}/no-such-run/", "bo").status == 404


@pytest.mark.parametrize("label", ["last", "tag/red", "tagged/red"])
def test_access_comes_before_what_is_reserved(embedded: Recording, label: str) -> None:
    project = filled(embedded, public=True)
    document = finished(label=label)
    assert embedded.put(f"/no-such-project/{label}/", document).status == 404
    assert embedded.put(f"/{project}/{label}/", document, None).status == 401
    assert embedded.put(f"/{project}/{label}/", document, "bo").status == 403
    assert embedded.put(f"/{project}/{label}/", document).status == 400


def test_access_comes_before_the_body(store: Recording) -> None:
    project = filled(store, public=True)
    for junk in (b"", b"{", b"\xff", b"[]", json.dumps(body(label="other")).encode()):
        assert store.call("PUT", f"/{project}/run/", junk, user="bo").status == 403
        assert store.call("PUT", f"/{project}/run/", junk, user=None).status == 401
        assert store.call("PUT", "/no-such-project/run/", junk, user=None).status == 404
        assert store.call("PUT", f"/{project}/permissions/bo/run/", junk).status == 405


def test_revoked_is_revoked_at_once(store: Recording) -> None:
    project = filled(store, "bo")
    assert store.get(f"/{project}/run/", "bo").status == 200
    assert store.call("DELETE", f"/{project}/permissions/bo/").status == 204
    assert store.get(f"/{project}/run/", "bo").status == 403
    assert store.put(f"/{project}/run/", {"label": "run"}, "bo").status == 403
