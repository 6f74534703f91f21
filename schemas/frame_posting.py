"""From what was sent for a frame or a thumbnail to a `Post`, or to what is wrong with it.

The body is that of ocs-ingester 3.2; errors are told as the OCS Science Archive 2.7 tells them: one
entry per field, for versions a list beside theirs. Nothing that can be in JSON is an accident here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from schemas import frame_checks as checks
from schemas.frame_checks import NULL, REQUIRED, Check, Wrong
from schemas.frame_post import PLAIN_FIELDS, Field, Post, PostedVersion, PostRules

ReadArea = Callable[[object], str]
"""Takes what was sent as an area and returns what is kept of it; ValueError with the message:
`store.sky.area.read_area`."""

NON_FIELD = "non_field_errors"

_FIXED = ("basename", "area", "headers", "version_set", "related_frame_filenames")
_MOST_RELATED = 10_000
_MOST_VERSIONS = 100
_LARGEST_ID = 2**31 - 1
_LONGEST_KEY = 1024
"""AWS's version ids have 32 characters, those of other S3 servers more."""


class PostError(ValueError):
    """What was sent will not be taken."""

    def __init__(self, errors: Mapping[str, JsonValue]) -> None:
        """`errors` is the body of the answer."""
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a field may be, and whether it has to be there."""

    check: Check[Any]
    required: bool = False
    nullable: bool = False

    def read(self, body: Mapping[str, JsonValue], name: str) -> Any:  # noqa: ANN401 - as checked
        """Return what is kept of a field that is there. Raises Wrong."""
        if body[name] is not None:
            return self.check(body[name])
        if not self.nullable:
            raise Wrong(NULL)
        return None


def read_post(
    body: JsonValue, rules: PostRules, read_area: ReadArea, *, thumbnail: bool = False
) -> Post:
    """Return what was sent, checked. Raises PostError that names every wrong field."""
    known = {**_frame_rules(rules, read_area), **(_thumbnail_rules(rules) if thumbnail else {})}
    given = _read(body, known)
    versions = given["version_set"]
    if thumbnail and not versions:
        raise PostError({"version_set": {NON_FIELD: ["This list may not be empty."]}})
    return Post(
        basename=given["basename"],
        fields=_plain(given),
        headers=given["headers"],
        area=given["area"],
        related=given["related_frame_filenames"],
        versions=versions[:1] if thumbnail else versions,
        frame_basename=given.get("frame_basename"),
        size=given.get("size", ""),
    )


def read_changes(body: JsonValue, rules: PostRules) -> Mapping[str, Field]:
    """Return the plain fields that PATCH gives a new value. Raises PostError as `read_post` does.

    What makes a frame this frame, and what came with its bytes, is changed by another POST.
    """
    known = {name: _Rule(rule.check, nullable=rule.nullable) for name, rule in _plain_rules(rules)}
    fixed = [name for name in _FIXED if isinstance(body, dict) and name in body]
    if fixed:
        raise PostError(
            {name: ["This field cannot be changed; POST the frame again."] for name in fixed}
        )
    return _plain(_read(body, known))


def read_thumbnail_changes(body: JsonValue, rules: PostRules) -> str | None:
    """Return the size that PATCH gives a thumbnail, if it gives one. Raises PostError."""
    size = _read(body, {"size": _Rule(checks.one_of(rules.thumbnail_sizes))}).get("size")
    return None if size is None else str(size)


def _read(body: JsonValue, known: Mapping[str, _Rule]) -> dict[str, Any]:
    if body is None:
        raise PostError({NON_FIELD: ["No data provided"]})
    if not isinstance(body, dict):
        raise PostError({NON_FIELD: [checks.not_an_object(body)]})
    given: dict[str, Any] = {}
    errors: dict[str, JsonValue] = {}
    for name, rule in known.items():
        if name in body:
            try:
                given[name] = rule.read(body, name)
            except Wrong as error:
                errors[name] = error.says
        elif rule.required:
            errors[name] = [REQUIRED]
    if errors:
        raise PostError(errors)
    return given


def _plain(given: Mapping[str, Any]) -> dict[str, Field]:
    return {name: given[name] for name in PLAIN_FIELDS if name in given}


def _plain_rules(rules: PostRules) -> Iterator[tuple[str, _Rule]]:
    yield "reduction_level", _Rule(checks.integer(-(2**15), 2**15 - 1))
    yield "observation_day", _Rule(checks.day, required=True)
    yield "observation_date", _Rule(checks.time, nullable=True)
    yield "proposal_id", _Rule(checks.text(200))
    yield "instrument_id", _Rule(checks.text(64))
    yield "target_name", _Rule(checks.text(200))
    yield "site_id", _Rule(checks.text(3))
    yield "telescope_id", _Rule(checks.text(4))
    yield "exposure_time", _Rule(checks.number, nullable=True)
    yield "primary_optical_element", _Rule(checks.text(100))
    yield "public_date", _Rule(checks.time, nullable=True)
    yield "configuration_type", _Rule(checks.one_of(rules.configuration_types), required=True)
    yield "observation_id", _Rule(checks.integer(0, _LARGEST_ID), nullable=True)
    yield "request_id", _Rule(checks.integer(0, _LARGEST_ID), nullable=True)


def _frame_rules(rules: PostRules, read_area: ReadArea) -> dict[str, _Rule]:
    def area(value: JsonValue) -> str:
        try:
            return read_area(value)
        except ValueError as error:
            raise Wrong(str(error)) from error

    names = checks.texts(checks.text(1000, blank=False), _MOST_RELATED)
    return {
        "basename": _Rule(checks.basename, required=True),
        "area": _Rule(area, required=True, nullable=True),
        "related_frames": _Rule(_unsettable),
        "version_set": _Rule(_versions(rules), required=True),
        "headers": _Rule(checks.document, required=True),
        **dict(_plain_rules(rules)),
        "related_frame_filenames": _Rule(names, required=True),
    }


def _thumbnail_rules(rules: PostRules) -> dict[str, _Rule]:
    return {
        "frame_basename": _Rule(checks.basename, required=True),
        "size": _Rule(checks.one_of(rules.thumbnail_sizes), required=True),
    }


def _unsettable(_: JsonValue) -> None:
    raise Wrong("This field cannot be set; name frames in related_frame_filenames.")


def _versions(rules: PostRules) -> Check[tuple[PostedVersion, ...]]:
    known = {
        "key": _Rule(checks.text(_LONGEST_KEY, blank=False), required=True),
        "md5": _Rule(checks.md5, required=True),
        "extension": _Rule(checks.extension(rules.extensions), required=True),
    }

    def check(value: JsonValue) -> tuple[PostedVersion, ...]:
        if not isinstance(value, list):
            raise Wrong({NON_FIELD: [checks.not_a_list(value)]})
        if len(value) > _MOST_VERSIONS:
            most = f"Ensure this field has no more than {_MOST_VERSIONS} elements."
            raise Wrong({NON_FIELD: [most]})
        found: list[PostedVersion] = []
        errors: list[JsonValue] = []
        for one in value:
            try:
                version = PostedVersion(**_read(one, known))
                errors.append(_again(version, found))
                found.append(version)
            except PostError as error:
                errors.append(error.errors)
        if any(errors):
            raise Wrong(errors)
        return tuple(found)

    return check


def _again(version: PostedVersion, earlier: list[PostedVersion]) -> dict[str, JsonValue]:
    """Return what is wrong with a version whose key or digest another one of the body has."""
    return {
        name: [f"version with this {name} already exists."]
        for name in ("key", "md5")
        if any(getattr(version, name) == getattr(one, name) for one in earlier)
    }
