"""Secrets in the data directory: made at the first start, and read by this account only."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from store.errors import SetupError

_log = logging.getLogger(__name__)


def secret_of(said: SecretStr | None, path: Path, *, setting: str, of: str) -> str:
    """Return what a setting says, or else what is kept in a file.

    Raises SetupError, in words of `setting` and of whose secret it is, when there is neither.
    """
    if said is not None:
        return said.get_secret_value()
    if not path.exists():
        raise SetupError(
            f"there is no secret for {of}: set {setting}, or start "
            f"`muniment ingress` once, which makes {path}"
        )
    return path.read_text().strip()


def keep_secret(path: Path, secret: str) -> None:
    """Write a secret. Raises SetupError: this user cannot."""
    make_folder(path.parent)
    # Named when it is whole: a file without its secret would keep everybody out, for good.
    draft = path.with_suffix(".draft")
    with _writing(path):
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secret + "\n")
        draft.replace(path)
    _log.info("a new secret is in %s", path)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it is in. Raises SetupError: this user cannot."""
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"cannot write {path}: {error.strerror}; make MUNIMENT_DATA_DIR writable for this "
            "user, with room in it, or choose another"
        ) from error
