"""What the pages of one record show: the record, its diff, its history."""

from dataclasses import replace

import pytest

from http_ingress.records.html import pages
from http_ingress.records.html.excerpts import MOST_CHARACTERS, MOST_ROWS, Excerpt
from schemas.record_document import Document
from store.record_ports import LongText
from store.record_views import Past
from tests.equipment.record_pages import (
    NOON,
    addresses,
    diff_view,
    history_view,
    project_view,
    read,
    record_view,
    stored,
    text_of,
)

# --- a record -------------------------------------------------------------------------------------


def test_a_version_with_uncommitted_changes_has_a_star_and_a_diff() -> None:
    dirty = pages.record_page(record_view(stored("x", version="9f2c1e", diff="+1")))
    assert "9f2c1e*" in text_of(dirty)
    assert "/records/p/run%201/?view=diff" in addresses(read(dirty))
    clean = pages.record_page(record_view(stored("x", version="9f2c1e")))
    assert "9f2c1e*" not in text_of(clean)
    assert "/records/p/run%201/?view=diff" not in addresses(read(clean))


def test_a_diff_that_is_kept_apart_is_one() -> None:
    one = replace(stored("x", version="9f"), texts={"diff": LongText(None, "a" * 64)})
    assert "9f*" in text_of(pages.record_page(record_view(one)))


def test_secrets_are_masked_in_records_and_histories() -> None:
    kept = {"type": "DavFsDataStore", "parameters": {"root": "/d", "dav_pw": "geheim"}}
    code = {"url": "https://ann:geheim@x.org/r", "type": "GitRepository", "upstream": None}
    one = stored("x", datastore=kept, repository=code)
    past = Past(2, "updated", NOON, "ann", "k", {"datastore": kept})
    for response in (
        pages.record_page(record_view(one)),
        pages.project_page(project_view(records=[one])),
        pages.history_page(history_view(past)),
    ):
        assert "geheim" not in text_of(response)
        assert "••••" in text_of(response)


def output_links(base: object, path: str = "a b.txt", kind: str = "Mirrored") -> list[str]:
    place = {
        "type": f"{kind}FileSystemDataStore",
        "parameters": {"root": "/d", "mirror_base_url": base},
    }
    file: Document = {"path": path, "digest": "0" * 40, "metadata": {}, "creation": None}
    page = read(pages.record_page(record_view(stored("x", datastore=place, output_data=[file]))))
    assert path in page.text
    return [one["href"] or "" for tag, one in page.tags if one.get("rel") == "noreferrer"]


def test_an_output_file_links_to_its_mirror() -> None:
    assert output_links("https://m.org/data/") == ["https://m.org/data/a%20b.txt"]
    assert output_links("http://m.org:81", "d/ä?#") == ["http://m.org:81/d/%C3%A4%3F%23"]
    assert output_links("https://ann:geheim@m.org/") == ["https://m.org/a%20b.txt"]
    assert output_links('https://m.org/"><b>/') == ["https://m.org/%22%3E%3Cb%3E/a%20b.txt"]


@pytest.mark.parametrize(
    "base",
    [
        *("javascript:alert(1)//", "JavaScript://m.org/%0aalert(1)//", "java\nscript:alert(1)"),
        *("data:text/html,x", "//m.org/", "m.org/", "", "https://", "https://[::1", "ftp://m.org/"),
        *("https://m.org/?file=", "https://m.org/#a", None, 5, ["https://m.org/"]),
    ],
)
def test_what_is_no_address_of_a_mirror_is_no_link(base: object) -> None:
    assert output_links(base) == []


def test_a_file_outside_of_the_mirror_is_no_link() -> None:
    assert output_links("https://m.org/a/", "../b") == []
    assert output_links("https://m.org/a/", "b/../../c") == []
    assert output_links("https://m.org/", kind="") == []


def test_sizes_that_cannot_be_are_passed_over() -> None:
    for size in (-1, 10**400, True, "9", 1.5, None, [5]):
        file: Document = {"path": "f", "digest": "a", "metadata": {"size": size}, "creation": None}
        pages.record_page(record_view(stored("x", output_data=[file])))


def test_many_dependencies_are_folded() -> None:
    one = dict.fromkeys(("path", "name", "module", "diff", "source", "version"), "x")
    few = read(pages.record_page(record_view(stored("x", dependencies=[one] * 20))))
    many = read(pages.record_page(record_view(stored("x", dependencies=[one] * 21))))
    assert ("details", {}) not in few.tags
    assert ("details", {}) in many.tags
    assert "21 dependencies" in many.text


def test_what_is_endless_is_cut() -> None:
    file: Document = {"path": "out.txt", "digest": "a", "metadata": {}, "creation": None}
    long = "m" * (MOST_CHARACTERS + 1)
    one = stored("x", output_data=[file] * (MOST_ROWS + 1), outcome=long)
    page = read(pages.record_page(record_view(one)))
    assert page.text.count("out.txt") == MOST_ROWS
    assert "The first 1\N{NARROW NO-BREAK SPACE}000 of 1\N{NARROW NO-BREAK SPACE}001" in page.text
    assert "m" * MOST_CHARACTERS + " …" in page.text
    assert long not in page.text


def test_what_was_printed_is_shown_from_its_beginning() -> None:
    link = "/records/p/run%201/?format=json"
    beginning = read(pages.record_page(record_view(stored("x"), Excerpt("hello", whole=False))))
    assert "hello" in beginning.text
    assert addresses(beginning).count(link) == 2
    elsewhere = read(pages.record_page(record_view(stored("x"), Excerpt(None, whole=False))))
    assert "kept apart" in elsewhere.text
    assert "Nothing was printed" in read(pages.record_page(record_view(stored("x")))).text


def test_a_record_links_to_the_one_it_repeats() -> None:
    page = read(pages.record_page(record_view(stored("x", repeats="a/b"))))
    assert "/records/p/a%2Fb/" in addresses(page)


# --- diff, history, permissions -------------------------------------------------------------------


def test_changed_lines_are_marked_by_more_than_their_colour() -> None:
    page = text_of(pages.diff_page(diff_view("@@ -1 +1 @@\n-<a>\n+b\n")))
    assert "<del>-&lt;a&gt;\n</del>" in page
    assert "<ins>+b\n</ins>" in page


def test_a_diff_without_end_is_cut() -> None:
    page = read(pages.diff_page(diff_view("line\n" * (pages.MOST_DIFF_LINES + 1))))
    assert page.text.count("line\n") == pages.MOST_DIFF_LINES
    assert "This is the beginning" in page.text
    page = read(pages.diff_page(diff_view("y" * (pages.MOST_DIFF_CHARACTERS + 1))))
    assert page.text.count("y" * pages.MOST_DIFF_CHARACTERS) == 1
    assert "This is the beginning" in page.text
    whole = read(pages.diff_page(diff_view("line\n" * pages.MOST_DIFF_LINES)))
    assert "This is the beginning" not in whole.text
    assert "This is the beginning" in read(pages.diff_page(diff_view("x", whole=False))).text


def test_history_has_events_as_its_evidence() -> None:
    before = {"outcome": "", "reason": "why\nnot", "tags": ["a"]}
    view = history_view(
        Past(2, "superseded", NOON, "user:ann", "key 2", before),
        Past(1, "created", NOON, "user:ann", "key 1", {}),
    )
    page = read(pages.history_page(view))
    assert {"/events/key%202", "/events/key%201"} <= set(addresses(page))
    assert "It would have said:" in page.text
    for word in ("empty", "why\nnot", '["a"]', "user:ann"):
        assert word in page.text
    assert "/records/p/run%201/?view=history&format=json" in addresses(page)
