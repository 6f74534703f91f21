"""Projects and their records, as somebody with a browser finds and changes them; no script."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.equipment.browsing import Visitor, visiting
from tests.equipment.recording import Recording


@pytest.fixture
def ann(browser: Browser, store: Recording) -> Iterator[Visitor]:
    """A member of every project, signed in; what her browser complains of fails the test."""
    with visiting(browser, store.url, "ann", java_script_enabled=False) as ann:
        ann.open("/records/")
        ann.follow("Sign in")
        yield ann
        assert ann.complaints == []


def parameters(content: str) -> dict[str, Any]:
    return {"content": content, "type": "SimpleParameterSet"}


def expect_labels(visitor: Visitor, *labels: str) -> None:
    """Wait until these are the labels on the page of a project."""
    expect(visitor.page.locator("tbody th a:not(.badge)")).to_have_text([*labels])


def test_from_signing_in_to_a_record_by_clicking(browser: Browser, store: Recording) -> None:
    project = store.project()
    store.record(project, "a/b ü?#%", reason="of a difficult name")
    with visiting(browser, store.url, "ann", java_script_enabled=False) as ann:
        page = ann.open("/records/")
        expect(page.get_by_text("Only public projects are shown.")).to_be_visible()
        expect(page.get_by_role("link", name=project)).to_have_count(0)
        ann.follow("Sign in")
        expect(page.get_by_text("Signed in as ann.")).to_be_visible()
        ann.follow(project)
        ann.follow("a/b ü?#%")
        expect(page.get_by_role("heading", level=1)).to_have_text("a/b ü?#%")
        expect(page.get_by_text("of a difficult name")).to_be_visible()
        ann.follow(f"All records of {project}")
        expect(page.get_by_role("heading", level=1)).to_have_text(project)
        assert ann.complaints == []


def test_a_search_by_parameter_and_tags(ann: Visitor, store: Recording) -> None:
    project = store.project()
    for label, content, tags in (
        ("one", "n = 3\nseed = 1", ["_finished_", "red"]),
        ("two", "n = 3", ["_failed_", "red", "two words"]),
        ("three", "n = 30", ["_finished_", "two words"]),
    ):
        store.record(project, label, parameters=parameters(content), tags=tags)
    page = ann.open(f"/records/{project}/")
    page.get_by_label("Parameter").fill("n=3")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="2 records fit")).to_be_visible()
    expect_labels(ann, "two", "one")
    page.get_by_label("Tag", exact=True).fill("two words")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 record fits")).to_be_visible()
    expect(page.get_by_label("Parameter")).to_have_value("n=3")
    expect_labels(ann, "two")
    page.get_by_role("checkbox", name="two words").uncheck()
    page.get_by_label("Parameter").fill("seed")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 record fits")).to_be_visible()
    expect_labels(ann, "one")
    ann.follow("Show all")
    page.get_by_role("list", name="Tags in this project").get_by_role(
        "link", name="red", exact=True
    ).click()
    expect(page.get_by_role("heading", name="2 records fit")).to_be_visible()
    expect_labels(ann, "two", "one")


def test_pages_are_turned_by_links(ann: Visitor, store: Recording) -> None:
    project = store.project()
    for number in range(5):
        store.record(project, f"run {number}", tags=["_finished_", "odd" if number % 2 else "even"])
    page = ann.open(f"/records/{project}/?limit=2")
    expect_labels(ann, "run 4", "run 3")
    for labels in (["run 2", "run 1"], ["run 0"]):
        ann.follow("Next page")
        expect_labels(ann, *labels)
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    ann.follow("Previous page")
    expect_labels(ann, "run 2", "run 1")
    page.get_by_label("Tag", exact=True).fill("even")
    page.get_by_role("button", name="Search").click()
    expect_labels(ann, "run 4", "run 2")
    ann.follow("Last page")
    expect_labels(ann, "run 0")


def test_a_project_is_renamed(ann: Visitor, store: Recording) -> None:
    project = store.project()
    page = ann.open(f"/records/{project}/")
    page.get_by_role("textbox", name="Name").fill("Reef & <growth>")
    page.get_by_role("textbox", name="Description").fill("two\nlines")
    assert ann.press("Save").status == 303
    expect(page.get_by_role("heading", level=1)).to_have_text("Reef & <growth>")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Reef & <growth>")
    told = store.get(f"/{project}/").json
    assert (told["name"], told["description"]) == ("Reef & <growth>", "two\nlines")


def test_access_is_given_and_taken(ann: Visitor, store: Recording) -> None:
    project = store.project()
    ann.open(f"/records/{project}/")
    ann.follow("Change who has access")
    here, page = ann.page.url, ann.page
    for member in ("bo", "anonymous"):
        page.goto(here)
        page.get_by_label("A user name").fill(member)
        assert ann.press("Give access").status == 302
        expect(page).to_have_url(f"{ann.home}/records/{project}/")
    assert store.get(f"/{project}/permissions/").json["access"] == ["ann", "anonymous", "bo"]
    expect(page.get_by_text("Everybody may read this project.")).to_be_visible()

    page.goto(here)
    for member in ("everybody", "bo"):
        assert ann.press(f"Revoke the access of {member}").status == 303
        expect(page).to_have_url(here)
        expect(page.get_by_role("button", name=f"Revoke the access of {member}")).to_have_count(0)
    assert store.get(f"/{project}/permissions/").json["access"] == ["ann"]
    expect(page.get_by_text("The last member stays")).to_be_visible()


def test_the_diff_and_the_history(ann: Visitor, store: Recording) -> None:
    project = store.project()
    diff = "--- a/grow.py\n+++ b/grow.py\n@@ -1,2 +1,2 @@\n same\n-old line\n+new line\n"
    path = store.record(project, "run", diff=diff, outcome="as it was")
    assert store.put(path, {"outcome": "as it is"}).status == 200
    page = ann.open(f"/records{path}")
    ann.follow("Diff")
    expect(page.locator("ins")).to_have_text(["+new line"])
    expect(page.locator("del")).to_have_text(["-old line"])
    page.go_back()
    ann.follow("History")
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(
        ["Changed", "Created"]
    )
    expect(page.get_by_text("as it was")).to_be_visible()
