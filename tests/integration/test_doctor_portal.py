"""The doctor asks the observation portal, where there is one, and gives nothing away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ops.doctor import Finding
from ops.settings import Settings
from ops.stores import open_store, prepare
from tests.equipment.doctoring import doctor
from tests.equipment.portal import (
    CLIENT_SECRET,
    PROFILE_PATH,
    TOKEN_PATH,
    Mood,
    TestPortal,
    portal,
)


@pytest.fixture
def there() -> Iterator[TestPortal]:
    with portal() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation without a portal."""
    settings = Settings(data_dir=tmp_path / "data")
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
    return settings


def found(settings: Settings, there: TestPortal, **changes: Any) -> Finding:  # noqa: ANN401 - settings
    named = {
        "portal_oauth_token_url": there.url + TOKEN_PATH,
        "portal_oauth_profile_url": there.url + PROFILE_PATH,
        "portal_oauth_client_id": "archive",
        "portal_oauth_client_secret": SecretStr(CLIENT_SECRET),
        "portal_oauth_server_key": SecretStr("the server key"),
        **changes,
    }
    return doctor(settings.model_copy(update=named))["portal"]


def test_there_need_be_none(settings: Settings) -> None:
    finding = doctor(settings)["portal"]
    assert (finding.state, "there is none" in finding.text) == ("ok", True)


def test_a_portal_that_answers_is_told_no_credentials(
    settings: Settings, there: TestPortal
) -> None:
    assert found(settings, there).state == "ok"
    assert [one.path for one in there.web.requests] == [PROFILE_PATH, TOKEN_PATH]
    for one in there.web.requests:
        assert (one.method, one.body) == ("GET", b"")
        assert not {"authorization", "cookie"} & one.headers.keys()
        assert CLIENT_SECRET not in str(one)


@pytest.mark.parametrize(("mood", "said"), [("failing", "status 503"), ("moved", "status 302")])
def test_a_portal_that_cannot_be_asked_is_told(
    settings: Settings, there: TestPortal, mood: Mood, said: str
) -> None:
    there.mood = mood
    finding = found(settings, there)
    assert (finding.state, said in finding.text) == ("wrong", True)
    assert "MUNIMENT_PORTAL_OAUTH_PROFILE_URL" in finding.advice
    assert there.asked("/elsewhere/") == 0


def test_a_wrong_address_is_told(settings: Settings, there: TestPortal) -> None:
    finding = found(settings, there, portal_oauth_token_url=f"{there.url}/token")
    assert finding.state == "wrong"
    assert finding.text == "the observation portal answers with status 404 at the token URL"


def test_where_passwords_are_not_asked_for_it_is_said(
    settings: Settings, there: TestPortal
) -> None:
    finding = found(settings, there, portal_oauth_token_url="")
    assert (finding.state, "no passwords" in finding.text) == ("ok", True)
    assert there.asked(TOKEN_PATH) == 0


def test_half_a_portal_is_told(settings: Settings, there: TestPortal) -> None:
    finding = found(settings, there, portal_oauth_profile_url="")
    assert finding.state == "wrong"
    assert "MUNIMENT_PORTAL_OAUTH_PROFILE_URL" in finding.advice
