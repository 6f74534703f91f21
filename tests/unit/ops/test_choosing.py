"""Which consumers run, and how they try again: as the settings say."""

import pytest
from pydantic_settings import SettingsError

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import choose
from store.errors import SetupError


def test_a_policy_is_changed_where_the_settings_say_so() -> None:
    settings = Settings(retry={"ingest-file": {"attempts": 3, "jitter": 0.0}})
    ingest, probe = (
        next(iter(choose(settings, [name]))) for name in ("ingest-file", "answer-probe")
    )
    assert (ingest.retry.attempts, ingest.retry.jitter) == (3, 0.0)
    unchanged = {one.name: one.retry for one in CONSUMERS}
    assert ingest.retry.base_seconds == unchanged["ingest-file"].base_seconds
    assert probe.retry == unchanged["answer-probe"]


def test_the_environment_says_it_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNIMENT_RETRY", '{"answer-probe": {"cap_seconds": 5}}')
    (probe,) = choose(Settings(), ["answer-probe"])
    assert probe.retry.cap_seconds == 5


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (Settings(), ["no-such"]),
        (Settings(retry={"no-such": {"attempts": 1}}), ["ingest-file"]),
    ],
)
def test_a_consumer_that_there_is_not_is_named(settings: Settings, names: list[str]) -> None:
    with pytest.raises(SetupError, match="no consumer no-such; there are: answer-probe"):
        choose(settings, names)


@pytest.mark.parametrize(
    "wrong",
    ['{"ingest-file": {"attempts": 0}}', '{"ingest-file": {"tries": 3}}', "[]", "nonsense"],
)
def test_a_policy_that_cannot_be_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNIMENT_RETRY", wrong)
    with pytest.raises((ValueError, SettingsError)):
        Settings()
