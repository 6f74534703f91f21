"""Many clients at once: one creates, one order for all, and nothing is lost or doubled."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests.equipment.recording import Recording, body, finished

MANY = 64


def at_once(many: int, do: Callable[[int], Any]) -> Sequence[Any]:
    """Return what each of many threads got, all of which began together."""
    barrier = Barrier(many)

    def begin(number: int) -> Any:  # noqa: ANN401 - as `do` returns
        barrier.wait(timeout=60)
        return do(number)

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(begin, range(many)))


def test_one_label_is_created_once(store: Recording, project: str) -> None:
    path = f"/{project}/run/"

    def put(number: int) -> int:
        return store.put(path, body(label="run", reason=f"reason {number}")).status

    assert Counter(at_once(MANY, put)) == {201: 1, 200: MANY - 1}
    assert store.labels(project) == ["run"]
    assert store.get(path).json["reason"].startswith("reason ")
    assert store.call("DELETE", path).status == 204
    assert store.labels(project) == []


def test_many_labels_are_all_created(store: Recording, project: str) -> None:
    def put(number: int) -> int:
        label = f"run-{number % 16}"
        return store.put(f"/{project}/{label}/", finished(label=label)).status

    assert Counter(at_once(MANY, put)) == {201: 16, 200: MANY - 16}
    assert sorted(store.labels(project)) == sorted(f"run-{number}" for number in range(16))


def test_one_project_is_created_once(store: Recording) -> None:
    path = f"/{store.project()}-new/"

    def put(number: int) -> int:
        return store.put(path, {"name": f"n{number}"}).status

    assert Counter(at_once(MANY, put)) == {201: 1, 200: MANY - 1}
    assert store.get(path).json["access"] == ["ann"]


def test_two_who_create_one_project_do_not_share_it(store: Recording) -> None:
    path = f"/{store.project()}-new/"
    users = ("ann", "bo")
    found = at_once(16, lambda number: (users[number % 2], store.put(path, {}, users[number % 2])))
    statuses = Counter((user, answer.status) for user, answer in found)
    (owner,) = (user for user in users if statuses[user, 201])
    (other,) = set(users) - {owner}
    assert statuses == {(owner, 201): 1, (owner, 200): 7, (other, 403): 8}
    assert store.get(path, owner).json["access"] == [owner]


def test_one_grant_is_one(store: Recording, project: str) -> None:
    form, kind = b"user=bo", "application/x-www-form-urlencoded"
    path = f"/{project}/permissions/"
    found = at_once(32, lambda _: store.call("POST", path, form, content_type=kind).status)
    assert set(found) == {302}
    assert store.get(path).json["access"] == ["ann", "bo"]


def test_the_last_two_members_do_not_lock_each_other_out(store: Recording) -> None:
    for _ in range(5):
        project = store.project("bo")
        path = f"/{project}/permissions"
        found = at_once(
            2,
            lambda number, path=path: (
                store.call(  # type: ignore[misc]
                    "DELETE", f"{path}/{('ann', 'bo')[number]}/", user=("bo", "ann")[number]
                ).status
            ),
        )
        assert Counter(found)[204] == 1
        assert set(found) <= {204, 403, 409}
        assert len(store.get(f"{path}/", "root").json["access"]) == 1


def test_a_record_is_deleted_once(store: Recording, project: str) -> None:
    path = store.record(project, "run")
    found = at_once(32, lambda _: store.call("DELETE", path).status)
    assert Counter(found) == {204: 1, 404: 31}


def test_a_tag_is_deleted_once(store: Recording, project: str) -> None:
    for number in range(20):
        store.record(project, f"run-{number}", tags=["red"])
    path = f"/{project}/tag/red/"
    answers = at_once(8, lambda _: store.call("DELETE", path))
    assert {answer.status for answer in answers} == {200}
    assert sum(int(answer.body) for answer in answers) == 20
    assert store.labels(project) == []


def test_puts_and_deletes_of_one_label_never_fail(store: Recording, project: str) -> None:
    path = f"/{project}/run/"

    def act(number: int) -> int:
        if number % 4 == 3:
            return store.call("DELETE", path).status
        return store.put(path, body(label="run", reason=str(number))).status

    statuses = Counter(at_once(MANY, act))
    # Refused for having been overtaken is right, if rare; who asks again is served.
    assert set(statuses) <= {200, 201, 204, 404, 409}
    created, deleted = statuses[201], statuses[204]
    assert created - deleted == len(store.labels(project))
    assert store.put(path, body(label="run", reason="last")).status in {200, 201}
    assert store.get(path).json["reason"] == "last"


def test_one_clients_puts_are_applied_in_their_order(store: Recording) -> None:
    project = store.project()

    def run(number: int) -> bool:
        path = f"/{project}/run-{number}/"
        label = f"run-{number}"
        assert store.put(path, body(label=label)).status == 201
        for step in range(10):
            assert store.put(path, {"label": label, "user": str(step)}).status == 200
            assert store.get(path).json["user"] == str(step)
        return True

    assert all(at_once(8, run))
    assert len(store.labels(project)) == 8
