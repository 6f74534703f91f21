"""One request to each capability's real entry point, with what is answered: for `tryme`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request that anybody can send, and its answer."""

    about: str
    method: str = "GET"
    path: str
    """With its query."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of a form."""
    answer: str
    """JSON, with values such as really come; `…` stands for what differs."""

    def command(self, base: str) -> str:
        """Return it as people type it; `base` is the root of the site."""
        words = [f"-d {name}='{value}'" for name, value in self.fields.items()]
        if not words:
            words = ["-H 'Accept: application/json'"]
        return " \\\n  ".join(["curl", *words, f"'{base}{self.path}'"])


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        "packager": Example(
            about=(
                "Ask for a file to be packed, with the secret that the repository knows. "
                "The link to the zip comes by mail; `operation_url` tells how far it is."
            ),
            method="POST",
            path="/packager/package_url",
            fields={
                "secret": "SECRET",
                "resource_id": "05ff2255-c38a-40c9-b657-4ccb55ab2feb",
                "resource_url": "https://data.example.org/specimens.csv",
                "email": "ada@example.org",
            },
            answer="""{
  "status": "success",
  "message": "…",
  "success": true,
  "msg": "…",
  "operation": "019aa7c2-…",
  "operation_url": "…/operations/019aa7c2-…"
}""",
        ),
        "archive": Example(
            about="Ask for a frame that everybody may see.",
            path="/archive/frames/?limit=1",
            answer="""{
  "count": 1,
  "count_estimated": false,
  "next": null,
  "previous": null,
  "results": [{"id": 1, "basename": "tst1m0a-kb27-20240304-0001-e00", "…": "…"}]
}""",
        ),
        "records": Example(
            about="Ask which projects everybody may read.",
            path="/records/",
            answer="""[{
  "id": "bacteria-growth",
  "name": "Growth of bacteria",
  "description": "…",
  "uri": "…/records/bacteria-growth/",
  "last_updated": "2024-03-05T04:05:06Z"
}]""",
        ),
    }
)
"""By the name of the capability."""
