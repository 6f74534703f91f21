"""Pages as tests read them: tags that close in order, and the text between them."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img"}

Attributes = dict[str, str | None]


class ReadPage(HTMLParser):
    """What is on a page; refuses what is not well-formed."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(body.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what was opened last."""
        assert self._open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        """Gather the text."""
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[Attributes]:
        """Return the attributes of tags of a name that have some attributes."""
        return [
            one
            for name, one in self.tags
            if name == tag and all(one.get(key) == value for key, value in wanted.items())
        ]

    def links(self, containing: str = "") -> Iterator[str]:
        """Yield where links lead whose address has this in it."""
        for one in self.all("a"):
            href = one["href"] or ""
            if containing in href:
                yield href

    def value(self, name: str) -> str | None:
        """Return what a field of the form says."""
        (field,) = self.all("input", name=name)
        return field["value"]
