"""Versions that are sent with a frame: what is wrong with them is told beside each."""

import pytest
from pydantic import JsonValue

from tests.unit.schemas.frame_bodies import (
    BLANK,
    LEAST,
    MD5,
    NULL,
    REQUIRED,
    VERSION,
    errors_of,
    longest,
    read,
)

NO_OBJECT = {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}
BAD_MD5 = {"md5": ["An MD5 has 32 hexadecimal digits."]}
TWICE = "version with this {} already exists."


@pytest.mark.parametrize(
    ("versions", "errors"),
    [
        ([{}], [{"key": REQUIRED, "md5": REQUIRED, "extension": REQUIRED}]),
        (["k"], [NO_OBJECT]),
        ([None], [{"non_field_errors": ["No data provided"]}]),
        ([{**VERSION, "key": ""}], [{"key": BLANK}]),
        ([{**VERSION, "key": "k" * 1025}], [{"key": longest(1024)}]),
        ([{**VERSION, "md5": "0" * 33}], [{"md5": longest(32)}]),
        ([{**VERSION, "md5": "0" * 31}], [BAD_MD5]),
        ([{**VERSION, "md5": "g" * 32}], [BAD_MD5]),
        ([{**VERSION, "md5": None}], [{"md5": NULL}]),
        ([{**VERSION, "extension": "." + "x" * 20}], [{"extension": longest(20)}]),
        ([{**VERSION, "extension": ""}], [{"extension": BLANK}]),
        ([VERSION, {**VERSION, "md5": ""}], [{}, {"md5": BLANK}]),
        ([VERSION, VERSION], [{}, {name: [TWICE.format(name)] for name in ("key", "md5")}]),
        ([VERSION, {**VERSION, "key": "j"}], [{}, {"md5": [TWICE.format("md5")]}]),
        (
            [VERSION, {**VERSION, "key": "j", "md5": MD5.upper()}],
            [{}, {"md5": [TWICE.format("md5")]}],
        ),
    ],
)
def test_what_is_wrong_with_versions(versions: JsonValue, errors: JsonValue) -> None:
    assert errors_of({**LEAST, "version_set": versions}) == {"version_set": errors}


def test_an_unknown_extension_is_refused() -> None:
    errors = errors_of({**LEAST, "version_set": [{**VERSION, "extension": ".exe"}]})
    known = ".fits.fz, .fits, .tar.gz, .pdf, .jpg, .jpeg"
    message = f'".exe" is not a known extension; known are {known}.'
    assert errors == {"version_set": [{"extension": [message]}]}


def test_a_key_may_be_long() -> None:
    key = "k" * 1024
    assert read(version_set=[{**VERSION, "key": key}]).versions[0].key == key
