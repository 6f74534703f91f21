"""Settings of headers: all that a mapping has, under the names of ocs-ingester."""

from dataclasses import fields

import pytest
from pydantic import ValidationError

from ops.archive_header_settings import ArchiveHeaderSettings
from ops.settings import Settings, environment
from store.fits.keys import HeaderMapping


def test_every_part_of_a_mapping_can_be_set_and_has_its_default() -> None:
    names = {f"archive_{one.name}" for one in fields(HeaderMapping)}
    assert names == set(ArchiveHeaderSettings.model_fields)
    assert Settings().header_mapping() == HeaderMapping()


def test_what_is_said_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "REQUIRED_HEADERS": "PROPID, DATE-OBS",
        "PUBLIC_PROPOSALS": "",
        "DAYS_UNTIL_PUBLIC": "30",
        "TELESCOPE_ID_KEY": "TELESCOP",
    }
    for name, value in said.items():
        monkeypatch.setenv(f"MUNIMENT_ARCHIVE_{name}", value)
    settings = Settings()
    assert settings.header_mapping() == HeaderMapping(
        required_headers=("PROPID", "DATE-OBS"),
        public_proposals=(),
        days_until_public=30,
        telescope_id_key="TELESCOP",
    )
    assert environment(settings)["MUNIMENT_ARCHIVE_REQUIRED_HEADERS"] == "PROPID,DATE-OBS"


def test_days_are_none_or_some() -> None:
    with pytest.raises(ValidationError, match="archive_days_until_public"):
        Settings(archive_days_until_public=-1)
