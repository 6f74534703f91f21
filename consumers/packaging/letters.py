"""What is written to those who asked for a package: that it is there, or that it will not be.

The texts are the operator's, or our own (`letter_texts`). Placeholders in braces are replaced once
and by name: what a value holds is not looked at again, and braces that name nothing stay.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote

from consumers.packaging import letter_texts as ours
from schemas.packaging import Letters
from store.package_ports import Package, PackageRequest

PLACEHOLDERS = (
    "resource_id",
    "zip_file_name",
    "ckan_host",
    "doi",
    "doi_url",
    "doi_body",
    "doi_body_html",
    "download_url",
    "expires",
    "size",
    "rows",
)
"""What may stand in braces in every text.

resource_id, doi: as they were asked for; zip_file_name: of the zip; ckan_host: of the repository,
with its port if that is odd; doi_url: the DOI as a link, percent-encoded; doi_body, doi_body_html:
the texts of these names, if there is a DOI; download_url: where the zip is; expires: the day on
which it is removed, UTC, as `2026-11-28`; size: of the zip, as `1.4 MB`; rows: in it, as `1,234`,
nothing for a file. What there is not is replaced by nothing.
"""

_PLACEHOLDER = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")
_MARKUP = {"doi_body_html"}
"""What is HTML already."""
_NOT_IN_A_NAME = re.compile(r"""[<>()\[\]"\\,;@]""")
"""What would make a part of the address of a value in the field From."""
_DOI_SAFE = "/:;()-._~,@!$*=+"
"""What stays as it is in the link of a DOI, beside letters and digits."""
_KILO = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail's sender and its texts."""

    sender: str
    subject: str
    text: str
    html: str


def delivery(
    letters: Letters, request: PackageRequest, package: Package, download_url: str, doi: str
) -> Letter:
    """Return the letter that says where the package is; `doi` is empty if there is none."""
    values = {
        **_asked(request),
        "zip_file_name": package.name,
        "doi": doi,
        "doi_url": f"https://doi.org/{quote(doi, safe=_DOI_SAFE, errors='replace')}" if doi else "",
        "download_url": download_url,
        "expires": package.expires_at.astimezone(UTC).date().isoformat(),
        "size": human_size(package.size),
        "rows": "" if package.rows is None else f"{package.rows:,}",
    }
    if doi:
        doi_body = _or(letters.doi_body, ours.DOI_BODY)
        doi_body_html = _or(letters.doi_body_html, ours.DOI_BODY_HTML)
        values |= {
            "doi_body": _in_text(doi_body, values),
            "doi_body_html": _in_html(doi_body_html, values),
        }
    is_file = package.rows is None
    return _letter(
        letters.sender,
        _or(letters.subject, ours.SUBJECT),
        _or(letters.body, ours.FILE_BODY if is_file else ours.ROWS_BODY),
        _or(letters.body_html, ours.FILE_BODY_HTML if is_file else ours.ROWS_BODY_HTML),
        values,
    )


def apology(letters: Letters, request: PackageRequest) -> Letter:
    """Return the letter that says that there will be no package."""
    return _letter(
        letters.sender,
        _or(letters.apology_subject, ours.APOLOGY_SUBJECT),
        _or(letters.apology_body, ours.APOLOGY_BODY),
        _or(letters.apology_body_html, ours.APOLOGY_BODY_HTML),
        _asked(request),
    )


def human_size(size: int) -> str:
    """Return a number of bytes for people: `812 bytes`, `1.4 MB` (of 1,000,000 bytes)."""
    if size < _KILO:
        return "1 byte" if size == 1 else f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        number /= _KILO
        # 999.96 kB would be shown as 1000.0 kB.
        if round(number, 1) < _KILO or unit == "TB":
            break
    return f"{number:,.1f} {unit}"


def _asked(request: PackageRequest) -> dict[str, str]:
    return {"resource_id": request.resource_id, "ckan_host": request.host}


def _or(text: str | None, built_in: str) -> str:
    return built_in if text is None else text


def _letter(sender: str, subject: str, text: str, markup: str, values: Mapping[str, str]) -> Letter:
    named = {name: _NOT_IN_A_NAME.sub(" ", value) for name, value in values.items()}
    return Letter(
        sender=_in_one_line(sender, named),
        subject=_in_one_line(subject, values),
        text=_in_text(text, values),
        html=_in_html(markup, values),
    )


def _in_text(template: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), template)


def _in_html(template: str, values: Mapping[str, str]) -> str:
    escaped = {
        name: value if name in _MARKUP else html.escape(value) for name, value in values.items()
    }
    return _in_text(template, escaped)


def _in_one_line(template: str, values: Mapping[str, str]) -> str:
    """Fill in a header: whatever is not printed in a line becomes a blank."""
    line = _in_text(template, values)
    return " ".join("".join(one if one.isprintable() else " " for one in line).split())
