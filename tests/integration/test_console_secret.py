"""What sessions of the console are signed with: made once, kept to oneself, or as it is set."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from ops.settings import Settings
from ops.stores import open_store, prepare
from store.errors import SetupError


def test_it_is_made_at_the_first_start_and_stays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    path = tmp_path / "var" / "console.secret"
    with open_store(settings) as store:
        with pytest.raises(SetupError, match="MUNIMENT_CONSOLE_SECRET"):
            store.console_secret  # noqa: B018 - it is looked for
        prepare(store, may_upgrade=True)
        secret = store.console_secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(secret) > 40
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
        assert store.console_secret == secret != store.archive_secret


def test_what_is_set_is_the_same_in_every_ingress(tmp_path: Path) -> None:
    for name in ("one", "two"):
        settings = Settings(data_dir=tmp_path / name, console_secret=SecretStr("known to us"))
        with open_store(settings) as store:
            prepare(store, may_upgrade=True)
            assert store.console_secret == "known to us"
        assert not (tmp_path / name / "console.secret").exists()
        assert "known to us" not in repr(settings)
