"""Settings of packages and mail, as their consumers are given them."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from ops.settings import Settings
from ops.stores import open_store, prepare
from schemas.package_parameters import PUBLISHED_SECRETS
from schemas.packaging import Letters, Packaging
from store.errors import SetupError


def test_defaults_are_those_of_the_consumers() -> None:
    given = Settings().packaging()
    assert given == Packaging(letters=Letters(), darwin_core=given.darwin_core)
    assert given.darwin_core == {
        "id_field": "_id",
        "core": None,
        "additional": [],
        "dynamic_term": "dynamicProperties",
    }


def test_times_have_their_units() -> None:
    given = Settings(packager_cache_seconds=60, packager_keep_days=2).packaging()
    assert (given.cache, given.keep) == (timedelta(minutes=1), timedelta(days=2))


def test_a_text_is_itself_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "body.txt").write_text("Göteborg\n{download_url}\n")
    letters = (
        Settings(
            packager_email_subject="Your data",
            packager_email_body=f"@{tmp_path / 'body.txt'}",
        )
        .packaging()
        .letters
    )
    assert letters.subject == "Your data"
    assert letters.body == "Göteborg\n{download_url}\n"
    assert letters.body_html is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    with pytest.raises(SetupError, match=r"missing\.txt"):
        Settings(packager_doi_body=f"@{missing}").packaging()


@pytest.mark.parametrize(
    "wrong",
    [
        {"packager_page_size": 0},
        {"packager_keep_days": 0},
        {"packager_largest_request": 1024},
        {"packager_anonymize": "yes"},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_secret_is_made_once_and_kept_to_ourselves(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    found = []
    for _ in range(2):
        with open_store(settings) as store:
            prepare(store, may_upgrade=True)
            found.append(store.packager_secret)
    assert len(found[0]) > 40
    assert found[0] == found[1]
    assert settings.packager_secret_file.stat().st_mode & 0o777 == 0o600


def test_without_a_secret_it_is_said_how_to_come_by_one(tmp_path: Path) -> None:
    with (
        open_store(Settings(data_dir=tmp_path)) as store,
        pytest.raises(SetupError, match="MUNIMENT_PACKAGER_SECRET"),
    ):
        _ = store.packager_secret


@pytest.mark.parametrize("known", sorted(PUBLISHED_SECRETS))
def test_a_secret_that_everybody_knows_is_none(tmp_path: Path, known: str) -> None:
    settings = Settings(data_dir=tmp_path, packager_secret=SecretStr(known))
    with open_store(settings) as store, pytest.raises(SetupError, match="everybody knows"):
        _ = store.packager_secret


def test_a_keyed_hash_needs_its_key(tmp_path: Path) -> None:
    lacking = Settings(data_dir=tmp_path, packager_anonymize="keyed")
    with open_store(lacking) as store, pytest.raises(SetupError, match="PEPPER"):
        _ = store.anonymise
    hashes = set()
    for pepper in ("one", "two"):
        settings = lacking.model_copy(update={"packager_pepper": SecretStr(pepper)})
        with open_store(settings) as store:
            hashes.add(store.anonymise("ada@example.org"))
    assert len(hashes) == 2
    assert all("ada" not in found for found in hashes)
