"""The OpenAPI 3.1 document of the archive, made from its places."""

import re
from collections.abc import Sequence
from inspect import cleandoc
from typing import Any

from aiohttp import web

from http_ingress.archive.answers import answer
from http_ingress.archive.filter_texts import FILTERS
from http_ingress.archive.places import Access, At, Call, Do, Place
from http_ingress.archive.receiving import READ
from http_ingress.archive.root_api import PREFIX
from http_ingress.base_urls import base_for
from http_ingress.negotiation import JSON
from store.frames.search import ORDERABLE

_ERRORS = {
    "400": "What is wrong: by field a list of texts, or `detail`.",
    "401": "Nobody is known by these credentials, or somebody has to ask.",
    "404": "There is no such thing, or not for this visitor.",
    "429": "Too many requests in 24 hours; `Retry-After` says when to come again.",
    "503": "Something is down, or not done yet; send it again after `Retry-After` seconds.",
}
_CREDENTIALS: Sequence[dict[str, list[str]]] = ({"token": []}, {"bearer": []}, {"session": []})
_PAGING = {
    "limit": "Results of a page.",
    "offset": "Results before the page.",
    "pagination_style": "`cursor`: pages by cursor, without a count.",
    "cursor": "From a link `next` or `previous`.",
}
_PARAMETERS = {
    "/frames/": {
        **FILTERS,
        **_PAGING,
        "ordering": f"Comma list of {', '.join(ORDERABLE)}; `-` in front of one descends.",
        "include_related_frames": "`false` leaves them out.",
        "include_thumbnails": "`true` adds them.",
    },
    "/versions/": {"md5": "The MD5 digest of its file, hexadecimal.", **_PAGING},
    "/thumbnails/": {
        "frame_basename": "The basename of its frame.",
        "proposal_id": "The proposal of its frame.",
        "observation_id": "The observation of its frame, a number.",
        "request_id": "The request of its frame, a number.",
        "size": "What the size is called.",
        **_PAGING,
    },
}
"""What lists take."""


def schema_place(places: Sequence[Place]) -> Place:
    """Return the place where the others are described."""

    async def get_schema(request: web.Request, _: Call) -> web.Response:
        """Describe this API (OpenAPI 3.1)."""
        return answer(describe(places, base_for(request)))

    return At()("/openapi/", "Schema", "Describes this API.", GET=get_schema)


def describe(places: Sequence[Place], base: str) -> dict[str, Any]:
    """Return the document; `base` is scheme, host and port."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Science archive",
            "version": "2.7",
            "description": "A catalogue of observations, as the OCS Science Archive has it.",
        },
        "servers": [{"url": f"{base}{PREFIX}"}],
        "paths": {
            place.path: {
                method.lower(): _operation(place, method, do)
                for method, do in place.methods.items()
            }
            for place in places
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token <key>`",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "muniment-archive-session"},
            }
        },
    }


def _operation(place: Place, method: str, do: Do) -> dict[str, Any]:
    writes = method != "GET"
    success = {("POST", "superusers_write"): "201", ("DELETE", "superusers_write"): "204"}
    status = success.get((method, place.access), "200")
    described: dict[str, Any] = {
        "summary": cleandoc(do.__doc__ or place.about).partition("\n")[0],
        "security": _security(place.access, writes=writes),
        "parameters": [*_path_parameters(place), *_query_parameters(place, method)],
        "responses": {
            status: {"description": "Done." if writes else place.about},
            **{code: {"description": text} for code, text in _ERRORS.items()},
        },
    }
    if method in {"POST", "PATCH"}:
        content: dict[str, Any] = {kind: {"schema": {"type": "object"}} for kind in READ}
        described["requestBody"] = {"content": content}
    if status != "204":
        described["responses"][status]["content"] = {JSON: {}}
    return described


def _security(access: Access, *, writes: bool) -> list[dict[str, list[str]]]:
    needed = access == "staff" or (access == "superusers_write" and writes)
    return [*_CREDENTIALS] if needed else [{}, *_CREDENTIALS]


def _path_parameters(place: Place) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", place.path)
    ]


def _query_parameters(place: Place, method: str) -> list[dict[str, Any]]:
    described = _PARAMETERS.get(place.path, {}) if method == "GET" else {}
    return [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in described.items()
    ]
