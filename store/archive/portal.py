"""The observation portal over HTTP, as OCS Observation Portal speaks: OAuth and a profile.

Its addresses are the operator's, so they may be anywhere; but no redirect is followed, which could
carry passwords elsewhere, answers are read up to a size and a time, and nothing that is sent to the
portal or comes from it is logged or stands in an error.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from time import monotonic
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import AfterValidator, AliasPath, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError, from_json
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from store.archive.portal_ports import Profile
from store.errors import PortalUnavailableError

_CONNECT_SECONDS = 10.0
_PROPOSALS_SECONDS = 15.0
"""A search waits for it, and does without."""
_LARGEST = 4 * 1024**2
"""Bytes of an answer: those of who is a member of all proposals are the largest."""
_PIECE = 64 * 1024
_ELSEWHERE = {*range(300, 400), HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
"""Statuses of an address at which nothing is to be had: no redirect is followed."""


def _without_null(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("null_character", "no database keeps a null character")
    return text


_Text = Annotated[str, Field(max_length=300), AfterValidator(_without_null)]
_Token = Annotated[str, Field(max_length=4096), AfterValidator(_without_null)]
Answer = TypeVar("Answer", bound=BaseModel)


class _Grant(BaseModel):
    access_token: Annotated[_Token, Field(min_length=1)]


class _Proposal(BaseModel):
    id: _Text


class _Proposals(BaseModel):
    proposals: list[_Proposal] = []


class ProfileBody(BaseModel):
    """What the portal says of a user; it says much more, which is not read."""

    username: Annotated[str, Field(min_length=1, max_length=300)]
    first_name: _Text = ""
    last_name: _Text = ""
    email: _Text = ""
    api_token: Annotated[
        _Token | None, Field(validation_alias=AliasPath("tokens", "api_token"))
    ] = None
    is_staff: bool | None = None
    is_superuser: bool | None = None

    def profile(self) -> Profile:
        """Return the same in our words."""
        return Profile(
            username=self.username,
            first_name=self.first_name,
            last_name=self.last_name,
            email=self.email,
            api_token=self.api_token,
            staff=self.is_staff,
            superuser=self.is_superuser,
        )


class NoPortal:
    """There is none: nobody is known to it."""

    present = False

    def log_in(self, username: str, password: str) -> Profile | None:  # noqa: ARG002 - as `Portal`
        """See `Portal`."""
        return None

    def profile(self, bearer: str) -> Profile | None:  # noqa: ARG002 - as `Portal`
        """See `Portal`."""
        return None

    def proposals(self, api_token: str) -> frozenset[str]:  # noqa: ARG002 - as `Portal`
        """See `Portal`."""
        return frozenset()

    def check(self) -> None:
        """See `Portal`."""


class HttpPortal:
    """The portal at two URLs: where it gives tokens for passwords, and where it says who is who."""

    present = True

    def __init__(  # noqa: PLR0913 - what an operator says of a portal
        self,
        *,
        token_url: str,
        profile_url: str,
        client_id: str,
        client_secret: str,
        seconds: float = 60.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Wait for an answer so many `seconds`; `clock` counts them."""
        self._token_url = token_url
        self._profile_url = profile_url
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._seconds = seconds
        self._clock = clock
        self._pools = PoolManager(num_pools=2, maxsize=8, retries=False)

    def log_in(self, username: str, password: str) -> Profile | None:
        """See `Portal`."""
        if not self._token_url:
            return None
        given = {"grant_type": "password", "username": username, "password": password}
        body = urlencode({**given, **self._client}, errors="replace").encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        granted = self._ask("POST", self._token_url, form, _Grant, body=body)
        return None if granted is None else self.profile(granted.access_token)

    def profile(self, bearer: str) -> Profile | None:
        """See `Portal`."""
        body = self._who(f"Bearer {bearer}", ProfileBody)
        return None if body is None else body.profile()

    def proposals(self, api_token: str) -> frozenset[str]:
        """See `Portal`."""
        found = self._who(f"Token {api_token}", _Proposals, min(self._seconds, _PROPOSALS_SECONDS))
        return frozenset(one.id for one in found.proposals) if found is not None else frozenset()

    def check(self) -> None:
        """See `Portal`."""
        asked = {"profile": self._profile_url, "token": self._token_url}
        for name, url in asked.items():
            if url:
                with self._asking("GET", url, {}, min(self._seconds, _CONNECT_SECONDS)) as response:
                    status = response.status
                if status in _ELSEWHERE:
                    raise _failing(f"answers with status {status} at the {name} URL")

    def close(self) -> None:
        """Let go of the connections."""
        self._pools.clear()

    def _who(
        self, authorisation: str, kind: type[Answer], seconds: float | None = None
    ) -> Answer | None:
        if not self._profile_url or not (authorisation.isascii() and authorisation.isprintable()):
            return None
        headers = {"Authorization": authorisation}
        return self._ask("GET", self._profile_url, headers, kind, seconds=seconds)

    def _ask(  # noqa: PLR0913 - a request and its answer
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        kind: type[Answer],
        *,
        body: bytes | None = None,
        seconds: float | None = None,
    ) -> Answer | None:
        """Return what is answered; None: with a status other than 200. Raises as `Portal` does."""
        seconds = self._seconds if seconds is None else seconds
        until = self._clock() + seconds
        gathered = bytearray()
        with self._asking(method, url, headers, seconds, body) as response:
            if response.status != HTTPStatus.OK:
                return None
            while piece := response.read1(_PIECE):
                gathered += piece
                if len(gathered) > _LARGEST:
                    raise _failing(f"answers with more than {_LARGEST} bytes")
                if self._clock() > until:
                    raise _failing(f"takes more than {seconds:.0f} s to answer")
        try:
            return kind.model_validate(from_json(bytes(gathered), allow_inf_nan=False))
        except (ValueError, ValidationError):
            # Without its cause, which quotes what was said.
            raise _failing("answers what nobody here understands") from None

    @contextmanager
    def _asking(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        seconds: float,
        body: bytes | None = None,
    ) -> Iterator[BaseHTTPResponse]:
        """Give what is answered to a block, which may read it. Raises as `Portal` does."""
        fields = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            response = self._pools.request(
                method,
                url,
                body=body,
                headers={**fields, "User-Agent": "muniment"},
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            )
            with closing(response):
                if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise _failing(f"answers with status {response.status}", answered=True)
                yield response
        except (HTTPError, OSError) as error:
            raise _failing(f"does not answer ({type(error).__name__})") from error


def _failing(what: str, *, answered: bool = False) -> PortalUnavailableError:
    return PortalUnavailableError(f"the observation portal {what}", answered=answered)
