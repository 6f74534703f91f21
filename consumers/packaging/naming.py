"""Names in a Darwin Core Archive: what a field, a file and a key of a JSON object are called.

All three follow what ckanpackager wrote, as harvesters have learnt to look for it.
"""

import re
from collections.abc import Sequence

_BEFORE_CAPITALS = re.compile(r"(?<=[^A-Z])(?=[A-Z])")
_UNSAFE = re.compile(r"[^a-z0-9]+")


def camel_case(field: str) -> str:
    """Return the name that a field would have as a term: `Event date` becomes `eventDate`.

    A word in capitals is an abbreviation and stays; `Taxon resource ID` is `taxonResourceID`. A
    name without a blank is a first word, too: `unknownField` becomes `unknownfield`.
    """
    first, *others = field.split() or [""]
    return _unless_capitals(first, first.lower()) + "".join(
        _unless_capitals(word, word[:1].upper() + word[1:].lower()) for word in others
    )


def _unless_capitals(word: str, changed: str) -> str:
    """Return `word` itself when it is all upper case or has no letters."""
    return word if word == word.upper() else changed


def file_stem(extension: str) -> str:
    """Return what the file of an extension is called: `MeasurementOrFact`, `measurement_or_fact`.

    Only a-z, 0-9 and `_` are left, as the name becomes a member of a zip. It may be empty.
    """
    return _UNSAFE.sub("_", _BEFORE_CAPITALS.sub("_", extension).lower()).strip("_")


def json_keys(fields: Sequence[str]) -> Sequence[str]:
    """Return a key for each field of one JSON object: its name in camel case.

    Of fields that would share a key, the first has it and the others keep their own names, so
    that no value takes the place of another.
    """
    keys: dict[str, None] = {}
    for field in fields:
        key = camel_case(field)
        if key in keys:
            key = field
        while key in keys:
            key += "_"
        keys[key] = None
    return list(keys)
