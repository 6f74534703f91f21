"""Permissions: seen by members, granted by form or JSON, revoked; the last member stays."""

from urllib.parse import quote

import pytest

from tests.equipment.installations import Answer
from tests.equipment.recording import FORM, Recording


def post(store: Recording, project: str, form: bytes, user: str | None = "ann") -> Answer:
    return store.call("POST", f"/{project}/permissions/", form, user=user, content_type=FORM)


def access(store: Recording, project: str) -> object:
    return store.get(f"/{project}/permissions/").json["access"]


def test_members_see_who_has_access(store: Recording) -> None:
    project = store.project("bo", public=True)
    assert store.put(f"/{project}/", {"name": "Reef growth"}).status == 200
    for user in ("ann", "bo", "root"):
        assert store.get(f"/{project}/permissions/", user).json == {
            "id": project,
            "name": "Reef growth",
            "access": ["ann", "anonymous", "bo"],
        }
    assert store.get(f"/{project}/permissions/", "cy").status == 403
    assert store.get(f"/{project}/permissions/", None).status == 401
    assert store.get(f"/{store.project()}/permissions/").json["name"] != ""


def test_granting_sends_back_to_the_project(store: Recording) -> None:
    project = store.project()
    for _ in range(2):  # granting twice is a no-op
        answer = post(store, project, b"user=bo")
        assert (answer.status, answer.headers["location"]) == (
            302,
            f"{store.url}/records/{project}/",
        )
        assert access(store, project) == ["ann", "bo"]
    assert store.get(f"/{project}/", "bo").status == 200


def test_json_grants_too(store: Recording) -> None:
    project = store.project()
    for _ in range(2):
        answer = store.call(
            "POST", f"/{project}/permissions/", b'{"user": "bo"}', content_type="application/json"
        )
        assert answer.status == 200
    assert access(store, project) == ["ann", "bo"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", FORM),
        (b"user=", FORM),
        (b"user", FORM),
        (b"usr=bo", FORM),
        (b"user=nobody", FORM),
        (b"user=Bo", FORM),
        (b"user=1", FORM),
        (b"user=%00", FORM),
        (b"user=%FF%FE", FORM),
        (b"\xff\xfe", FORM),
        (b"user=%ZZ", FORM),
        (b"&".join([b"a=1"] * 5000), FORM),
        (b"user=" + b"b" * 100_000, FORM),
        (b'{"user": "nobody"}', "application/json"),
        (b'{"user": 1}', "application/json"),
        (b'{"user": null}', "application/json"),
        (b'{"user": ["bo"]}', "application/json"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b"", "application/json"),
    ],
)
def test_who_is_not_there_gets_nothing(embedded: Recording, content: bytes, kind: str) -> None:
    project = embedded.project()
    answer = embedded.call("POST", f"/{project}/permissions/", content, content_type=kind)
    assert answer.status == 400
    assert b"user" in answer.body or b"form" in answer.body
    assert len(answer.body) < 200
    assert access(embedded, project) == ["ann"]


def test_a_project_becomes_public_and_private_again(store: Recording) -> None:
    project = store.project()
    store.record(project, "run")
    assert store.get(f"/{project}/run/", None).status == 401
    store.grant(project, "anonymous")
    assert store.get(f"/{project}/run/", None).status == 200
    assert store.get(f"/{project}/run/", "bo").status == 200
    assert store.call("DELETE", f"/{project}/permissions/anonymous/").status == 204
    assert store.get(f"/{project}/run/", None).status == 401
    assert store.get(f"/{project}/run/", "bo").status == 403


def test_the_last_member_stays(store: Recording) -> None:
    project = store.project("bo", public=True)
    assert store.call("DELETE", f"/{project}/permissions/ann/", user="bo").status == 204
    refused = store.call("DELETE", f"/{project}/permissions/bo/", user="bo")
    assert refused.status == 409
    assert access_of(store, project, "bo") == ["anonymous", "bo"]


def access_of(store: Recording, project: str, user: str) -> object:
    return store.get(f"/{project}/permissions/", user).json["access"]


@pytest.mark.parametrize("member", ["cy", "nobody", "Ann", "a/b", "%00", "%FF", "x" * 999])
def test_who_has_no_access_cannot_lose_it(embedded: Recording, member: str) -> None:
    project = embedded.project("bo")
    answer = embedded.call("DELETE", f"/{project}/permissions/{member}/")
    assert answer.status == 404
    assert access(embedded, project) == ["ann", "bo"]


def test_names_with_signs_are_granted_and_revoked(store: Recording) -> None:
    project = store.project()
    name = "d.ora+x@example.org"
    if name not in [user.name for user in store.running.store.accounts.users()]:
        store.running.store.accounts.add_user(name, "a password")
    assert post(store, project, f"user={quote(name)}".encode()).status == 302
    assert access(store, project) == ["ann", name]
    revoked = store.call("DELETE", f"/{project}/permissions/{quote(name, safe='')}/")
    assert revoked.status == 204
    assert access(store, project) == ["ann"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_grants_nothing(embedded: Recording, headers: dict[str, str]) -> None:
    project = embedded.project()
    answer = embedded.call(
        "POST", f"/{project}/permissions/", b"user=bo", content_type=FORM, **headers
    )
    assert answer.status == 403
    assert access(embedded, project) == ["ann"]


def test_the_api_needs_no_token_against_forgery(embedded: Recording) -> None:
    project = embedded.project()
    headers = {"Origin": embedded.url, "Sec-Fetch-Site": "same-origin"}
    answer = embedded.call(
        "POST", f"/{project}/permissions/", b"user=bo", content_type=FORM, **headers
    )
    assert answer.status == 302


def test_the_page_lists_no_accounts(embedded: Recording) -> None:
    project = embedded.project("bo")
    page = embedded.get(f"/{project}/permissions/", accept="text/html").body.decode()
    assert 'method="post"' in page.lower()
    assert 'name="user"' in page
    assert "bo" in page
    assert "root" not in page
