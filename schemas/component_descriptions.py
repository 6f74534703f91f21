"""How a component is described (contract "CANARIE RPI", section 5).

As long as nobody has described it, it has a description all the same (section 10).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

from schemas.components import CATEGORIES, PLATFORM, SERVICE, Component
from schemas.mail_addresses import check_address
from schemas.release import RELEASED, VERSION
from schemas.types import has_control_characters

LONGEST = 254
"""Characters of a text, but for the synopsis and the tags."""
LONGEST_PROSE = 10_000
"""Characters of the synopsis, and of all tags together: every description is kept for ever."""
MOST_TAGS = 100

_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:Z|([+-])(\d{2}):(\d{2}))",
    re.ASCII | re.IGNORECASE,
)
_LINE_ENDS = str.maketrans("", "", "\t\n\r")

T = TypeVar("T")


class DescriptionError(ValueError):
    """What was said describes no component; `errors` says what is wrong, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{field} {text}" for field, text in errors.items()))


@dataclass(frozen=True, slots=True)
class Description:
    """What a component says of itself."""

    name: str
    synopsis: str
    version: str
    institution: str
    release_time: datetime
    """UTC, whole seconds."""
    support_email: str
    category: str | None
    """None: it is a platform."""
    research_subject: str
    tags: tuple[str, ...]

    def info(self) -> dict[str, object]:
        """Return it as JSON that clients know."""
        return {
            "name": self.name,
            "synopsis": self.synopsis,
            "version": self.version,
            "institution": self.institution,
            "releaseTime": write_moment(self.release_time),
            "supportEmail": self.support_email,
            **({} if self.category is None else {"category": self.category}),
            "researchSubject": self.research_subject,
            "tags": list(self.tags),
        }


def write_moment(moment: datetime) -> str:
    """Return a time as every answer of a component has it: UTC, to the second, with a `Z`."""
    utc = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{utc.isoformat()}Z"


def default_description(component: Component) -> Description:
    """Return what is said of a component that nobody has described."""
    if component.capability is not None:
        return Description(
            name=component.capability.title,
            synopsis=component.capability.synopsis,
            version=VERSION,
            institution="(INSERT INSTITUTION)",
            release_time=RELEASED,
            support_email="postmaster@localhost",
            category=component.capability.category,
            research_subject=component.capability.subject,
            tags=component.capability.tags,
        )
    return _DEFAULTS[component.name]


def _for_demonstration(kind: str, category: str | None, synopsis: str) -> Description:
    return Description(
        name=f"Reference {kind.title()} (INSERT LOCATION)",
        synopsis=synopsis,
        version="2.0",
        institution="CANARIE",
        release_time=RELEASED,
        support_email="support@science.canarie.ca",
        category=category,
        research_subject="Software and development",
        tags=("CANARIE", "RPI", "reference", kind),
    )


_DEFAULTS: Mapping[str, Description] = {
    SERVICE: _for_demonstration(
        "service",
        "Other",
        "A counter that shows how a research service describes itself and tells its use "
        "(CANARIE's interface for services, revision 6).",
    ),
    PLATFORM: _for_demonstration(
        "platform",
        None,
        "A platform that uses the reference service now and then, and shows how it describes "
        "itself and tells its use (CANARIE's interface for platforms, revision 2).",
    ),
}


# --- reading --------------------------------------------------------------------------------------


def read_description(component: Component, said: object) -> Description:
    """Return what was said of a component, as JSON; what nobody knows is ignored.

    Raises DescriptionError with all that is wrong.
    """
    if not isinstance(said, dict):
        raise DescriptionError({"body": "must be a JSON object"})
    reading = _Reading(said)
    description = Description(
        name=reading.field("name", _line, ""),
        synopsis=reading.field("synopsis", _synopsis, ""),
        version=reading.field("version", _line, ""),
        institution=reading.field("institution", _line, ""),
        release_time=reading.field("releaseTime", read_moment, RELEASED),
        support_email=reading.field("supportEmail", _address, ""),
        category=(
            None
            if component.kind == "platform"
            else reading.field("category", _line if component.capability is None else _known, "")
        ),
        research_subject=reading.field("researchSubject", _line, ""),
        tags=reading.field("tags", _tags, ()),
    )
    if reading.errors:
        raise DescriptionError(reading.errors)
    return description


def read_moment(said: object) -> datetime:
    """Return a time that was said in JSON, UTC. Raises ValueError: it is none, to the second."""
    found = _MOMENT.fullmatch(_string(said))
    if found is None:
        raise ValueError("must be a time such as 2024-02-29T23:59:59Z")
    numbers = [int(text) for text in found.group(1, 2, 3, 4, 5, 6)]
    sign, hours, minutes = found.group(7, 8, 9)
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = numbers
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is no time that there is: {error}") from error


class _Reading:
    """Reads field by field, and goes on where one is wrong."""

    def __init__(self, said: Mapping[str, object]) -> None:
        self._said = said
        self.errors: dict[str, str] = {}

    def field(self, name: str, check: Callable[[object], T], otherwise: T) -> T:
        if name not in self._said:
            self.errors[name] = "is missing"
            return otherwise
        try:
            return check(self._said[name])
        except ValueError as error:
            self.errors[name] = str(error)
            return otherwise


def _string(said: object) -> str:
    if not isinstance(said, str):
        raise ValueError("must be a string")  # noqa: TRY004 - bad data, not a bad call
    if not said.strip():
        raise ValueError("must not be empty")
    return said


def _synopsis(said: object) -> str:
    text = _string(said)
    if has_control_characters(text.translate(_LINE_ENDS)):
        raise ValueError("must not contain control characters but tabs and line ends")
    if len(text) > LONGEST_PROSE:
        raise ValueError(f"must not be longer than {LONGEST_PROSE} characters")
    return text


def _one_line(said: object) -> str:
    text = _string(said)
    if has_control_characters(text):
        raise ValueError("must not contain control characters")
    return text


def _line(said: object) -> str:
    text = _one_line(said)
    if len(text) > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST} characters")
    return text


def _address(said: object) -> str:
    text = _line(said)
    try:
        return check_address(text)
    except ValueError as error:
        raise ValueError(f"must be an e-mail address: {error}") from error


def _known(said: object) -> str:
    text = _line(said)
    if text not in CATEGORIES:
        raise ValueError(f"must be one of: {', '.join(CATEGORIES)}")
    return text


def _tags(said: object) -> tuple[str, ...]:
    if not isinstance(said, list):
        raise ValueError("must be an array of strings")  # noqa: TRY004 - bad data, not a bad call
    if not said:
        raise ValueError("must not be empty")
    if len(said) > MOST_TAGS:
        raise ValueError(f"must not be more than {MOST_TAGS}")
    tags = []
    for number, tag in enumerate(said, 1):
        try:
            tags.append(_one_line(tag))
        except ValueError as error:
            raise ValueError(f"number {number} {error}") from error
    if sum(map(len, tags)) > LONGEST_PROSE:
        raise ValueError(f"must not be longer than {LONGEST_PROSE} characters together")
    return tuple(tags)
