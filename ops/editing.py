"""Has a person edit a text, in the editor of their choice."""

import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from store.errors import SetupError


def edited(text: str, name: str, editor: str) -> str:
    """Return what a person has made of a text; `name` tells the editor what it is.

    Raises SetupError when the editor cannot be run, fails, or changed nothing.
    """
    with TemporaryDirectory(prefix="muniment-") as folder:
        path = Path(folder) / name
        path.write_text(text)
        try:
            subprocess.run([*shlex.split(editor), path], check=True)  # noqa: S603 - the user's own
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise SetupError(f"the editor {editor!r} did not work: {error}") from error
        after = path.read_text()
    if after == text:
        raise SetupError("nothing was changed, so nothing was done")
    return after
