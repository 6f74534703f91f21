"""Eyes: what they ask, how long they remember it, and what they make of the answer."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from http_ingress.discretion import REMEMBERED_SECONDS, Eyes
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from schemas.projects import ProjectCreated
from store.entrance import User
from store.errors import DatabaseUnavailableError
from store.views import Recorded

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROBE = ProbeRequested(probe="x")


def user(*, superuser: bool = False, operator: bool = False, name: str = "ada") -> User:
    return User(name, superuser, operator, disabled=False, has_password=True, created_at=NOON)


def of(project: str) -> ProjectCreated:
    return ProjectCreated(project=project, user="ada")


def recorded(*events: Event) -> list[Recorded]:
    return [
        Recorded(
            number,
            Envelope(
                id=str(number), source="/t", type=one.TYPE, data=one.model_dump_json().encode()
            ),
            "accepted",
            "user:x",
            NOON,
        )
        for number, one in enumerate(events)
    ]


@dataclass
class Scene:
    """One who looks, and what was asked about it."""

    who: User | None = field(default_factory=user)
    readable: set[str] = field(default_factory=lambda: {"open"})
    seconds: float = 0.0
    down: bool = False
    asked: list[tuple[str | None, set[str]]] = field(default_factory=list)
    looked: int = 0

    async def _look(self) -> User | None:
        self.looked += 1
        return self.who

    async def _read(self, name: str | None, projects: Collection[str]) -> set[str]:
        if self.down:
            raise DatabaseUnavailableError("down")
        self.asked.append((name, set(projects)))
        return self.readable & set(projects)

    @property
    def eyes(self) -> Eyes:
        """Those of who looks."""
        return Eyes(self._look, self._read, lambda: self.seconds)


def positions(eyes: Eyes, *events: Event) -> list[int]:
    return [one.position for one in asyncio.run(eyes.seen(recorded(*events)))]


def test_nothing_is_asked_where_everybody_may_see_everything() -> None:
    scene = Scene()
    assert positions(scene.eyes, PROBE, PROBE) == [0, 1]
    assert asyncio.run(scene.eyes.see(None))
    assert (scene.looked, scene.asked) == (0, [])


def test_one_question_is_asked_for_all_that_is_shown() -> None:
    scene = Scene()
    events = (of("secret"), PROBE, of("open"), of("secret"), of("open"))
    assert positions(scene.eyes, *events) == [1, 2, 4]
    assert scene.asked == [("ada", {"secret", "open"})]


def test_who_is_nobody_in_particular_is_asked_about_as_such() -> None:
    scene = Scene(who=None)
    assert positions(scene.eyes, of("open"), of("secret")) == [0]
    assert scene.asked == [(None, {"secret", "open"})]


@pytest.mark.parametrize("who", [user(superuser=True), user(operator=True)])
def test_who_may_administer_sees_all_even_what_is_nobodys(who: User) -> None:
    scene = Scene(who=who)
    assert positions(scene.eyes, of("secret"), of("")) == [0, 1]
    assert scene.asked == []


def test_what_is_nobodys_is_hidden_and_not_asked_about() -> None:
    scene = Scene(readable={""})
    assert positions(scene.eyes, of("")) == []
    assert scene.asked == []


def test_all_projects_of_a_thing_have_to_be_readable() -> None:
    scene = Scene()
    assert asyncio.run(scene.eyes.see("open", None))
    assert not asyncio.run(scene.eyes.see("open", "secret"))


def test_an_answer_is_remembered_for_seconds_and_then_asked_anew() -> None:
    scene = Scene()
    eyes = scene.eyes
    assert positions(eyes, of("open")) == [0]
    scene.readable = set()
    scene.seconds = REMEMBERED_SECONDS - 0.1
    assert positions(eyes, of("open"), of("secret")) == [0], "only what is not known is asked"
    assert scene.asked[1:] == [("ada", {"secret"})]
    scene.seconds = REMEMBERED_SECONDS
    assert positions(eyes, of("open"), of("secret")) == [], "both are as old as the first"
    assert scene.looked == 2


def test_rights_are_taken_away_as_soon() -> None:
    scene = Scene(who=user(superuser=True))
    eyes = scene.eyes
    assert positions(eyes, of("secret")) == [0]
    scene.who, scene.seconds = None, REMEMBERED_SECONDS
    assert positions(eyes, of("secret")) == []


def test_what_cannot_be_told_is_neither_shown_nor_hidden() -> None:
    scene = Scene(down=True)
    with pytest.raises(DatabaseUnavailableError):
        positions(scene.eyes, of("open"))
    eyes = scene.eyes
    with pytest.raises(DatabaseUnavailableError):
        asyncio.run(eyes.see("open"))
    scene.down = False
    assert asyncio.run(eyes.see("open")), "asked again at once"
