"""Whatever is sent for a frame or asked of a list of frames, it is understood or refused."""

import string
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import JsonValue

from http_ingress.archive.answers import Refused
from http_ingress.archive.pagination import read_place
from http_ingress.archive.parameters import PARAMETERS, Types, read_search
from http_ingress.archive.receiving import of_json
from schemas.frame_post import PLAIN_FIELDS, Post, PostRules
from schemas.frame_posting import PostError, read_changes, read_post
from store.database import Database, open_database
from store.frames import views as frame_views
from store.frames.values import Sight
from store.sky.area import read_area
from store.tables import metadata

RULES = PostRules(configuration_types=("EXPOSE",), thumbnail_sizes=("small",))
TYPES = Types(known=("EXPOSE",), science=("EXPOSE",))
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGHT = Sight(NOW, proposals=frozenset({"PROP-1"}), known=True)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2024-03-04", "20240304", "EXPOSE", "0" * 32, ".fits", "POINT(1 2)"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
versions = st.lists(
    values | st.fixed_dictionaries({}, optional=dict.fromkeys(("key", "md5", "extension"), values)),
    max_size=3,
)
FIELDS = (
    *("basename", "version_set", "area", "headers", "related_frame_filenames", "related_frames"),
    *("frame_basename", "size", *PLAIN_FIELDS),
)
bodies = values | st.fixed_dictionaries(
    {}, optional={name: versions if name == "version_set" else values for name in FIELDS}
)


def refusal(do: Callable[[], object]) -> Refused | PostError | None:
    """Return how something is refused; None: it is not."""
    try:
        do()
    except (Refused, PostError) as refused:
        return refused
    return None


@settings(max_examples=50)
@given(bodies, st.booleans())
def test_a_body_is_a_post_or_has_errors(body: JsonValue, thumbnail: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    def read() -> None:
        post = read_post(body, RULES, read_area, thumbnail=thumbnail)
        assert Post.read(post.write()) == post

    for refused in (refusal(read), refusal(lambda: read_changes(body, RULES))):
        assert refused is None or (isinstance(refused, PostError) and refused.errors)


@settings(max_examples=50)
@given(st.binary() | st.text().map(str.encode))
def test_a_body_is_json_or_refused(body: bytes) -> None:
    refused = refusal(lambda: of_json(body))
    assert refused is None or (isinstance(refused, Refused) and refused.status == 400)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database without any frame."""
    folder: Path = tmp_path_factory.mktemp("frames")
    with closing(open_database(f"sqlite:///{folder / 'frames.db'}")) as opened:
        metadata.create_all(opened.engine)
        yield opened


texts = (
    st.text(max_size=20)
    | st.text(string.digits + "-+.eTZ: ", max_size=20)
    | st.sampled_from(["EXPOSE", "false", "2024-01-01", "POINT(1 2)", "-id,basename", "%", "1e50"])
)
queries = st.lists(
    st.tuples(st.sampled_from([*PARAMETERS, "ordering", "cursor"]) | st.text(max_size=5), texts),
    max_size=5,
)


@settings(max_examples=50)
@given(query=queries)
def test_a_query_is_answered_or_refused(database: Database, query: list[tuple[str, str]]) -> None:
    asked = MultiDict(query)

    def answer() -> None:
        search = read_search(asked, TYPES)
        assert frame_views.find(database, search, SIGHT, limit=1).count == 0
        place = read_place(asked, search.order)
        assert frame_views.find_after(database, search, SIGHT, limit=1, place=place).found == []

    refused = refusal(answer)
    assert refused is None or (isinstance(refused, Refused) and refused.status in {400, 404})
