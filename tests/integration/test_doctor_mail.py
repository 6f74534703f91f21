"""The doctor asks the mail server: nothing is wrong while no mail waits for it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.settings import Settings
from ops.stores import open_store, prepare
from store import tables
from tests.equipment.doctoring import doctor
from tests.equipment.post_office import serve_mail

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation whose mail server is not there."""
    settings = Settings(data_dir=tmp_path / "data", smtp_url="smtp://127.0.0.1:1")
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
    return settings


def write_mail(settings: Settings) -> None:
    row = {
        "id": "m",
        "request": "r",
        "purpose": "package",
        "about": "r-1",
        "sender": "archive@example.org",
        "recipient": "ada@example.org",
        "subject": "",
        "text": "",
        "html": "",
        "written_at": NOON,
    }
    with open_store(settings) as store, store.database.transaction() as transaction:
        transaction.insert(tables.mails, [row])


def test_without_mails_there_need_be_no_server(settings: Settings) -> None:
    assert doctor(settings)["mail"].state == "ok"


def test_mails_that_cannot_leave_are_told(settings: Settings) -> None:
    write_mail(settings)
    found = doctor(settings)["mail"]
    assert found.state == "wrong"
    assert found.text.startswith("mails that wait: 1;")
    assert "MUNIMENT_SMTP_URL" in found.advice


def test_a_server_that_answers_is_told(settings: Settings) -> None:
    write_mail(settings)
    with serve_mail() as office:
        there = settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{office.port}"})
        assert doctor(there)["mail"].state == "ok"
