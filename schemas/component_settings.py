"""What an operator may set of a component, each with its kind: nothing else can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from schemas.components import COMPONENTS, Component
from schemas.types import has_control_characters

LARGEST_COUNT = 2**63 - 1
"""What a counter can hold."""
LONGEST_URL = 2000
"""Characters."""
LONGEST_WAIT = 86_400
"""Seconds between two polls."""
_MOST_DIGITS = 10


class SettingError(ValueError):
    """The text cannot be the value of the setting; says why."""


class SettingsError(ValueError):
    """Nothing was set; `errors` says what is wrong, setting by setting."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set, as text."""

    name: str
    kind: Literal["url", "seconds"]
    default: str
    """Empty: a page of our own, or nothing at all."""
    text: str
    """What it is, for who sets it."""


_DOCUMENTS = (
    Setting("doc", "url", "", "Documentation: what it does, its whole interface, examples"),
    Setting("releasenotes", "url", "", "Release notes: changes, known issues, ways around them"),
    Setting("source", "url", "", "Source code"),
    Setting("licence", "url", "", "Licence"),
    Setting("provenance", "url", "", "Who authorises releases, and how they are validated"),
    Setting("factsheet", "url", "", "Facts about the platform"),
)
_TRY_ME = Setting("tryme", "url", "", "Where it can be tried")
_POLLING = (
    Setting(
        "service_url",
        "url",
        "",
        "What is polled, from the next start on; empty: the reference service of this archive",
    ),
    Setting("min_sec", "seconds", "1", "Shortest time between two polls, whole seconds"),
    Setting("max_sec", "seconds", "10", "Longest time between two polls, whole seconds"),
)


def _settings(component: Component) -> Mapping[str, Setting]:
    some = _DOCUMENTS if component.capability is None else (*_DOCUMENTS, _TRY_ME)
    mine = (*some, *_POLLING) if component.kind == "platform" else some
    return MappingProxyType({one.name: one for one in mine})


SETTINGS: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {name: _settings(component) for name, component in COMPONENTS.items()}
)
"""Every setting by its component's name and its own."""


def read_setting(component: str, name: str, text: str) -> str:
    """Return the text as it is kept; where it is empty, the default.

    Raises SettingError: it cannot be a value, or there is no such setting.
    """
    setting = SETTINGS.get(component, {}).get(name)
    if setting is None:
        raise SettingError(f"{component} has no setting {name!r}")
    text = text.strip()
    if not text:
        return setting.default
    return _url(text) if setting.kind == "url" else _seconds(text)


def check_bounds(shortest: int, longest: int) -> None:
    """Return when one can wait at least the one, and at most the other. Raises SettingError."""
    if longest < shortest:
        raise SettingError(f"max_sec ({longest}) must not be below min_sec ({shortest})")


def _url(text: str) -> str:
    if len(text) > LONGEST_URL:
        raise SettingError(f"a URL has at most {LONGEST_URL} characters")
    if " " in text or "\\" in text or has_control_characters(text):
        raise SettingError("a URL holds no blanks, control characters and backslashes")
    try:
        parts = urlsplit(text)
        named = parts.hostname is not None and parts.port != 0
    except ValueError as error:
        raise SettingError(f"this is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not named:
        raise SettingError("a URL begins with https:// or http:// and names a host")
    if "@" in parts.netloc:
        raise SettingError("a URL must not carry a user name or a password: everybody can see it")
    return text


def _seconds(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise SettingError("seconds are a whole number, such as 10")
    seconds = int(text)
    if not 1 <= seconds <= LONGEST_WAIT:
        raise SettingError(f"seconds are 1 to {LONGEST_WAIT}")
    return str(seconds)
