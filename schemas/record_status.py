"""Status tags: what Sumatra's client says about a run by one tag of the form `_…_`.

`_initialized_`, `_pre_run_`, `_running_`, then `_finished..._`, `_failed..._` or `_killed..._`
while results are gathered, and the same without dots in the end. People set `_succeeded_` and
`_crashed_` by hand.
"""

import re
from collections.abc import Iterable

INITIALIZED = "_initialized_"
"""The run was just made up; nothing has been started."""
UNDER_WAY = frozenset({INITIALIZED, "_pre_run_", "_running_"})
ENDED = frozenset({"_finished_", "_failed_", "_killed_", "_succeeded_", "_crashed_"})

_GATHERING = re.compile(r"_.+\.\.\._", re.DOTALL)
_STATUS = re.compile(r"_.+_", re.DOTALL)


def is_open(tags: Iterable[str]) -> bool:
    """Whether the run has not ended, so that the client will send more about it."""
    return any(tag in UNDER_WAY or _GATHERING.fullmatch(tag) is not None for tag in tags)


def begins(tags: Iterable[str]) -> bool:
    """Whether these are the tags of a run that is sent for the first time."""
    return INITIALIZED in tags


def status_of(tags: Iterable[str]) -> str | None:
    """Return the status tag: one that the client knows, else the first of its form."""
    found = [tag for tag in tags if _STATUS.fullmatch(tag) is not None]
    known = [tag for tag in found if tag in UNDER_WAY | ENDED or _GATHERING.fullmatch(tag)]
    return next(iter(known + found), None)
