"""What records are found by: the assignments in their parameters, whatever the format.

A record's parameters are kept as the text they came as, in one of five formats and more. They are
skimmed here, not parsed: nothing is evaluated, and the time is in proportion to the length.
"""

import re
from collections.abc import Iterator

LONGEST_SKIMMED = 1024 * 1024
"""Characters of parameters that are looked at."""
LONGEST_SEARCHABLE = 64 * 1024
"""Bytes of UTF-8 that are kept of them."""

# Nothing may be repeated without a bound, nor given back for another try (the "+" after a bound):
# a text that is made to be slow would stop the whole store.
_ASSIGNMENT = re.compile(
    r"""
    (?: ^ | [{\[,] ) [ \t]{0,200}+ (?: -[ \t]{1,200}+ )?
    (?: "(?P<double>[^"\n]{1,200}+)" | '(?P<single>[^'\n]{1,200}+)'
      | (?P<bare>[^\s:=,{}\[\]"'#][^:=,{}\[\]"'\n]{0,199}+) )
    [ \t]{0,200}+ [:=] [ \t]{0,200}+
    (?P<value> "[^"\n]{0,200}+" | '[^'\n]{0,200}+' | \[[^\[\]{}\n]{0,200}+\]
      | \([^()\[\]{}\n]{0,200}+\) | [^,{}\[\]\n]{0,200}+ )
    """,
    re.VERBOSE | re.MULTILINE,
)
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


def searchable(content: str) -> str:
    r"""Return one line `NAME=VALUE` for each assignment, in all like `\nn=3\nname=x y\n`.

    Without quotes, and fit for a database's text column; empty when there are none.
    """
    lines = [""]
    room = LONGEST_SEARCHABLE - 1
    for name, value in _assignments(content[:LONGEST_SKIMMED]):
        line = f"{name}={value}"
        room -= len(line.encode()) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join([*lines, ""]) if len(lines) > 1 else ""


def search_term(asked: str) -> str:
    r"""Return what to look for in what `searchable` returned.

    A name alone becomes `\nn=`, an assignment in any of the formats `\nn=3\n`.
    """
    one_line = _one_line(asked)
    for name, value in _assignments(one_line[:LONGEST_SKIMMED]):
        return f"\n{name}={value}\n" if value else f"\n{name}="
    return f"\n{_bare(_UNKEEPABLE.sub('', one_line))}="


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for found in _ASSIGNMENT.finditer(_UNKEEPABLE.sub("", text)):
        name = found["double"] or found["single"] or found["bare"]
        value = found["value"]
        if value[:1] not in {'"', "'"}:
            value = value.partition(" #")[0]
        yield _one_line(name), _bare(value)


def _bare(text: str) -> str:
    text = _one_line(text).rstrip(", ")
    if len(text) > 1 and text[0] == text[-1] and text[0] in {'"', "'"}:
        return text[1:-1].strip()
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
