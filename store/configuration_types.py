"""Which configuration types there are: what OCS Configuration Database says, or else a list.

Its address is the operator's, so it may be anywhere; but no redirect is followed, and answers are
read up to a size.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from store.errors import ConfigurationUnavailableError

BELIEVED = timedelta(hours=1)
"""So long it is not asked again."""

_SECONDS = 5.0
_LARGEST = 16 * 1024**2
"""Bytes of an answer."""


class _Type(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=200)]


class _InstrumentType(BaseModel):
    configuration_types: list[_Type] = []


class _Instrument(BaseModel):
    instrument_type: _InstrumentType


class _Instruments(BaseModel):
    results: list[_Instrument]


class ConfigurationTypes:
    """Knows them. Safe to use from many threads; only `refresh` blocks."""

    def __init__(self, url: str, listed: tuple[str, ...], clock: Callable[[], datetime]) -> None:
        """`url` is the database's; empty: there is none. `listed` are the types till it answers."""
        self._url = f"{url.rstrip('/')}/instruments/" if url else ""
        self._known = listed
        self._clock = clock
        self._asked = datetime.min.replace(tzinfo=UTC)
        self._pool = PoolManager(retries=False, timeout=Timeout(_SECONDS))

    @property
    def known(self) -> tuple[str, ...]:
        """The types, as far as is known now."""
        return self._known

    def refresh(self) -> None:
        """Ask, unless it was asked within the hour.

        Raises ConfigurationUnavailableError; then all stays as it was.
        """
        if not self._url or self._clock() - self._asked < BELIEVED:
            return
        found = self._ask()
        types = (
            kind.code for one in found.results for kind in one.instrument_type.configuration_types
        )
        self._known = tuple(sorted(set(types))) or self._known
        self._asked = self._clock()

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def _ask(self) -> _Instruments:
        try:
            response = self._pool.request(
                "GET",
                self._url,
                headers={"Accept": "application/json", "User-Agent": "muniment"},
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            with closing(response):
                body = response.read(_LARGEST + 1)
        except (HTTPError, OSError) as error:
            raise _failing(f"does not answer ({type(error).__name__})") from error
        if response.status != HTTPStatus.OK:
            raise _failing(f"answers with status {response.status}")
        if len(body) > _LARGEST:
            raise _failing(f"answers with more than {_LARGEST} bytes")
        try:
            return _Instruments.model_validate(from_json(body))
        except (ValueError, ValidationError):
            raise _failing("answers what nobody here understands") from None


def _failing(what: str) -> ConfigurationUnavailableError:
    return ConfigurationUnavailableError(f"the configuration database {what}")
