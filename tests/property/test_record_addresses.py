"""Whatever a record is called, its URL leads back to it, and no target breaks the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from http_ingress.base_urls import base_url
from http_ingress.records.addresses import (
    NoSuchPlaceError,
    Place,
    parse,
    record_url,
    record_urls,
    tag_url,
)
from http_ingress.records.negotiating import asks_for_list, choose
from schemas.record_names import is_reserved

BASE = "http://data.example.org:8080"
letters = st.characters(exclude_categories=["Cc", "Cs"])
hostile_letters = st.sampled_from("/%.?#+:;,|&= 2fFé\\")
projects = st.text(letters | hostile_letters, min_size=1, max_size=255).filter(
    lambda name: "/" not in name
)
names = st.text(letters | hostile_letters, min_size=1, max_size=255)
labels = names.filter(lambda label: not is_reserved(label))
targets = (
    st.text()
    | st.text("/records%2fFaAtg.?#\x00\udcc3\udca9:[]", max_size=30).map("/records/".__add__)
    | st.tuples(st.sampled_from(["permissions", "last", "tag", "tagged"]), st.text("/%2Fa?")).map(
        lambda parts: "/records/p/" + "".join(parts)
    )
)


@given(projects, labels)
def test_a_records_url_leads_back_to_it(project: str, label: str) -> None:
    url = record_url(BASE, project, label)
    assert url.isascii()
    assert url.startswith(f"{BASE}/records/")
    assert url.count("/") == 6, "a slash of a name is encoded"
    assert parse(url) == Place("record", project, label=label)
    assert record_urls(BASE, project, [label]) == [url]


@given(projects, labels.filter(lambda label: not label.endswith("/")))
def test_it_does_without_the_slash_at_its_end_too(project: str, label: str) -> None:
    url = record_url(BASE, project, label).removesuffix("/")
    assert parse(url) == Place("record", project, label=label)


@given(projects, labels.map(lambda label: f"{label}/").filter(lambda label: not is_reserved(label)))
def test_a_label_that_ends_with_a_slash_needs_the_one_at_its_end(project: str, label: str) -> None:
    url = record_url(BASE, project, label)
    assert parse(url) == Place("record", project, label=label)
    assert parse(f"{url}?tags=a/") == Place("record", project, label=label)


@given(projects, names)
def test_a_tags_url_leads_back_to_it(project: str, tag: str) -> None:
    assert parse(tag_url(BASE, project, tag)) == Place("tag", project, tag=tag)


@given(targets)
def test_a_target_is_a_place_or_nowhere(target: str) -> None:
    try:
        place = parse(target)
    except NoSuchPlaceError:
        return
    assert (place.label != "") == (place.kind == "record")
    assert (place.tag != "") == (place.kind == "tag")
    assert (place.user != "") == (place.kind == "permission")
    assert (place.project == "") == (place.kind == "list")


@given(st.text() | st.text("ab.:[]01/@ \n", max_size=12))
def test_a_base_is_never_more_than_a_scheme_and_a_host(host: str) -> None:
    base = base_url({"X-Forwarded-Proto": host, "X-Forwarded-Host": host}, "http", host, BASE)
    assert base.isascii()
    assert base.count("/") == 2
    assert not set(base) & set(" @?#\"'<>\\\n")


@given(st.text() | st.text('aq/*;=,."\\01 ', max_size=40))
@pytest.mark.parametrize("kind", ["project", "permissions"])
def test_whatever_is_accepted_is_answered_or_not(kind: str, accept: str) -> None:
    found = choose("project" if kind == "project" else "permissions", accept, None)
    assert found is None or found.content_type.endswith("; charset=utf-8")
    assert isinstance(asks_for_list(accept), bool)
