"""A stand-in for Solr, so that a CKAN starts: it takes every document, and finds none.

CKAN cannot create a dataset without its search index, yet the datastore, which is what our tests
are about, never asks it. Solr is in no registry of packages that tests may install from.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.web import Answer, Request, serve

_NOTHING = {"responseHeader": {"status": 0}, "response": {"numFound": 0, "start": 0, "docs": []}}
_JSON = {"Content-Type": "application/json"}


@contextmanager
def solr_stub(schema: Path) -> Iterator[str]:
    """Yield the URL of a core which says that its schema is that file."""
    with serve(_answering(schema.read_bytes())) as web:
        yield f"http://{web.host}:{web.port}/solr/ckan"


def _answering(schema: bytes) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        if urlsplit(request.path).path.endswith("/schema"):  # CKAN reads its version at the start
            return Answer(body=schema, headers={"Content-Type": "application/xml"})
        return _json(_NOTHING)

    return answer


def _json(answer: Mapping[str, object]) -> Answer:
    return Answer(body=json.dumps(answer).encode(), headers=_JSON)
