"""What the pages of projects show."""

from urllib.parse import parse_qs, urlsplit

import pytest
from multidict import MultiDict

from http_ingress.records.html import pages
from http_ingress.records.searching import Search, read_search
from store.record_views import Listed
from tests.equipment.record_pages import (
    EMPTY,
    NOON,
    SITE,
    addresses,
    project,
    project_view,
    queries,
    read,
    record_view,
    stored,
    text_of,
    visit,
)

# --- projects -------------------------------------------------------------------------------------


def test_a_project_without_a_name_is_called_by_its_id() -> None:
    page = read(pages.projects_page([Listed(project(""), None)], "ann", SITE))
    assert "/records/p/" in addresses(page)
    assert "no records yet" in page.text


def test_who_has_no_projects_is_told_how_to_make_one() -> None:
    page = read(pages.projects_page([], "ann@x", f"{SITE}:8443"))
    assert "You have no projects." in page.text
    assert "smt init -s https://ann%40x:PASSWORD@data.example.org:8443/records/ " in page.text


def test_who_is_not_signed_in_can() -> None:
    page = read(pages.projects_page([Listed(project(""), NOON)], None, SITE))
    assert "/records/?sign_in=1" in addresses(page)
    assert "Only public projects are shown" in page.text
    assert "/records/?sign_in=1" not in addresses(read(EMPTY["no projects"]()))


# --- a project ------------------------------------------------------------------------------------


def test_only_members_are_told_the_members_and_may_edit() -> None:
    member = read(pages.project_page(project_view(members=["ann", "bo", "anonymous"])))
    assert "Members: ann, bo." in member.text
    assert "/records/p/permissions/" in addresses(member)
    assert [one["method"] for tag, one in member.tags if tag == "form"] == ["get", "post"]
    other = read(pages.project_page(project_view(visit=visit(public=True), members=["ann"])))
    assert "ann" not in other.text
    assert [one["method"] for tag, one in other.tags if tag == "form"] == ["get"]


def test_the_table_says_what_people_look_for() -> None:
    one = stored(
        "x",
        reason="why",
        outcome="what for",
        duration=192.4,
        executable={"path": "/py", "version": "3.11.7", "name": "Python", "options": ""},
        repository={"url": "/home/ann/reef/", "type": "GitRepository", "upstream": None},
        version="0123456789abcdef",
        main_file="grow.py",
        tags=["_finished_", "reef"],
    )
    page = read(pages.project_page(project_view(records=[one])))
    for word in ("why", "what for", "3 min 12 s", "Python 3.11.7", "reef", "0123456789…"):
        assert word in page.text
    assert "finished" in page.text
    assert "_finished_" not in page.text
    assert "/records/p/run%201/" in addresses(page)


@pytest.mark.parametrize(
    ("tags", "word", "tone"),
    [
        (["_initialized_"], "running", "waits"),
        (["_failed..._"], "running", "waits"),
        (["_finished_"], "finished", "good"),
        (["_crashed_"], "crashed", "bad"),
        (["_by_hand_"], "by hand", "plain"),
    ],
)
def test_a_status_is_a_word_and_a_colour(tags: list[str], word: str, tone: str) -> None:
    text = text_of(pages.record_page(record_view(stored("x", tags=tags))))
    assert f'<span class="badge {tone}">{word}</span>' in text


@pytest.mark.parametrize("tag", ["a b&c", "a,b", "#?%", "ä", "tags=x"])
def test_a_tag_links_to_all_records_that_have_it(tag: str) -> None:
    page = read(pages.project_page(project_view(records=[stored("x", tags=[tag])], tags={})))
    links = [
        one["href"] or "" for kind, one in page.tags if (kind, one.get("class")) == ("a", "tag")
    ]
    assert len(links) == 1
    assert urlsplit(links[0]).path == "/records/p/"
    query = parse_qs(urlsplit(links[0]).query)
    pairs = MultiDict([(name, value) for name, values in query.items() for value in values])
    assert read_search(pairs) == Search(tags=(tag,))


def test_a_tag_that_no_address_can_say_is_no_link() -> None:
    page = read(pages.project_page(project_view(records=[stored("x", tags=["a\nb"])], tags={})))
    assert not [one for kind, one in page.tags if (kind, one.get("class")) == ("a", "tag")]
    assert "a\nb" in page.text


def test_pages_are_turned_by_links_that_keep_the_search() -> None:
    search = Search(tags=("a",), text="x", offset=10, limit=10)
    page = read(pages.project_page(project_view(search=search, total=35)))
    assert queries(page, "prev") == {"tags": ["a"], "q": ["x"], "limit": ["10"]}
    assert queries(page, "next") == {"tags": ["a"], "q": ["x"], "limit": ["10"], "offset": ["20"]}
    assert "/records/p/?limit=10&offset=30&q=x&tags=a" in addresses(page)
    assert "11 to 11 of 35" in page.text


@pytest.mark.parametrize(
    ("offset", "total", "links"),
    [
        (0, 0, set()),
        (0, 10, set()),
        (0, 11, {"Next page", "Last page"}),
        (10, 20, {"First page", "Previous page"}),
        (5, 100, {"First page", "Previous page", "Next page", "Last page"}),
    ],
)
def test_pages_lead_only_to_where_something_is(offset: int, total: int, links: set[str]) -> None:
    page = read(pages.project_page(project_view(search=Search(offset=offset), total=total)))
    names = {"First page", "Previous page", "Next page", "Last page"}
    assert {name for name in names if name in page.text} == links


def test_from_far_behind_the_way_back_is_to_what_is_there() -> None:
    view = project_view(records=[], total=25, search=Search(offset=1000))
    assert queries(read(pages.project_page(view)), "prev") == {"offset": ["20"]}


def test_what_is_searched_stands_in_the_form() -> None:
    search = read_search(
        MultiDict(
            [
                *(("q", "x"), ("since", "2024-05-01"), ("until", "2024-05-02T10:00:00Z")),
                *(("main_file", "m"), ("parameter", "n=3"), ("tag", "a,b"), ("match", "all")),
            ]
        )
    )
    page = read(pages.project_page(project_view(search=search)))
    sent = MultiDict(
        (one["name"] or "", one.get("value") or "")
        for tag, one in page.tags
        if tag == "input" and (one.get("type") != "checkbox" or "checked" in one)
    )
    sent.popall("name")  # of the other form
    assert read_search(sent) == search
    kinds = {one["name"]: one.get("type") for tag, one in page.tags if tag == "input"}
    assert (kinds["since"], kinds["until"]) == ("date", "text")
    assert "Show all" in page.text


def test_all_records_are_a_link_away_in_other_forms() -> None:
    plain = addresses(read(pages.project_page(project_view())))
    assert {"/records/p/?format=json", "/records/p/?format=ndjson"} <= set(plain)
    narrow = addresses(read(pages.project_page(project_view(search=Search(text="x")))))
    assert "/records/p/?q=x&format=ndjson" in narrow


# --- permissions ---


def forms(members: list[str]) -> list[dict[str, str | None]]:
    page = read(pages.permissions_page(project(""), members))
    return [one for tag, one in page.tags if tag in {"form", "input", "button"}]


def test_access_is_given_by_name_and_taken_by_a_button() -> None:
    fields = forms(["ann", "anonymous", "bo"])
    revoked = [one["value"] for one in fields if one.get("name") == "revoke"]
    assert revoked == ["ann", "bo", "anonymous"]
    assert [one.get("type", "text") for one in fields if one.get("name") == "user"] == ["text"]
    assert ("POST", ".") in [(one.get("method"), one.get("action")) for one in fields]
    assert {"formaction": "/records/p/permissions/"} in fields


def test_the_last_member_cannot_be_taken_away() -> None:
    fields = forms(["ann", "anonymous"])
    assert [one["value"] for one in fields if one.get("name") == "revoke"] == ["anonymous"]


def test_a_public_project_is_called_so() -> None:
    public = read(pages.permissions_page(project(""), ["ann", "anonymous"]))
    assert "Everybody may read this project" in public.text
    private = read(pages.permissions_page(project(""), ["ann"]))
    assert "Only members may read this project" in private.text
