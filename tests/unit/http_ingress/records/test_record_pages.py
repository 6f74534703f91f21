"""What all pages of projects and records are made of."""

import pytest

from tests.equipment.record_pages import NASTY, PAGES, broken, full, read, text_of
from tests.unit.http_ingress.test_pages import Strict


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_plain_and_keeps_to_itself(name: str) -> None:
    response = PAGES[name]()
    page = read(response)
    tags = [tag for tag, _ in page.tags]
    assert [tags.count(tag) for tag in ("h1", "title", "main")] == [1, 1, 1]
    assert not {"script", "style"} & set(tags)
    assert page.tags[0] == ("html", {"lang": "en"})
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Vary"] == "Accept, Authorization"
    for _, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on") or key == "style"]
        for place in ("href", "src", "action", "formaction"):
            assert (attributes.get(place) or "/").startswith(("/", "#", ".")), attributes


@pytest.mark.parametrize("name", PAGES)
def test_what_identifies_is_there_and_only_once(name: str) -> None:
    page = read(PAGES[name]())
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(ids) == len(set(ids))
    labelled = [one["aria-labelledby"] for _, one in page.tags if "aria-labelledby" in one]
    assert set(labelled) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_every_field_of_a_form_has_a_label(name: str) -> None:
    within = Labels()
    within.feed(text_of(PAGES[name]()))
    assert within.bare == []


class Labels(Strict):
    """Finds fields of forms outside of a label."""

    def __init__(self) -> None:
        self.bare: list[dict[str, str | None]] = []
        super().__init__("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one."""
        super().handle_starttag(tag, attrs)
        field = tag in {"input", "textarea", "select"} and dict(attrs).get("type") != "hidden"
        if field and "label" not in self.open:
            self.bare.append(dict(attrs))


@pytest.mark.parametrize("name", full(NASTY))
def test_what_others_wrote_stays_text(name: str) -> None:
    page = read(full(NASTY)[name]())
    assert "<script>alert" in page.text
    assert not [one for _, one in page.tags if NASTY in one]


@pytest.mark.parametrize("name", broken())
def test_what_is_no_character_is_shown_as_such(name: str) -> None:
    text = text_of(broken()[name]())
    assert "\0" not in text
    assert "a\N{REPLACEMENT CHARACTER}b?c?" in text
