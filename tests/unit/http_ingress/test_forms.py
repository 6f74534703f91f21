"""multipart/form-data, in any pieces."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from http_ingress.forms import Form, boundary_of, parameter
from http_ingress.problems import Problem

Fields = list[tuple[str, str | None, bytes]]


async def _come(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def read(pieces: Iterable[bytes], boundary: str = "b") -> Fields:
    """Return (name, file name, data) of each part."""

    async def take() -> Fields:
        return [
            (part.name, part.file_name, b"".join([piece async for piece in part.data]))
            async for part in Form(_come(pieces), boundary).parts()
        ]

    return asyncio.run(take())


def written(fields: Iterable[tuple[str, bytes]]) -> bytes:
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), data)
        for name, data in fields
    ]
    return b"".join(parts) + b"--b--\r\n"


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.binary(max_size=60)), max_size=4),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_a_form_is_read_in_whatever_pieces_it_comes(
    fields: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    fields = [(name, data.replace(b"\r\n--b", b"")) for name, data in fields]
    whole = written(fields)
    marks = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(marks) if start < end]
    assert read(pieces) == [(name, None, data) for name, data in fields]


def test_what_is_almost_a_boundary_is_data() -> None:
    data = b"\r\n--a\r\n-\r\n--\r\n\r\n-b"
    assert read([written([("x", data)])]) == [("x", None, data)]


def test_a_preamble_and_an_epilogue_are_skipped() -> None:
    whole = b"this is\r\n\r\n" + written([("x", b"1")]) + b"the end"
    assert read([whole[:5], whole[5:]]) == [("x", None, b"1")]


def test_a_part_that_is_not_read_is_skipped() -> None:
    async def names() -> list[str]:
        form = Form(_come([written([("x", b"1" * 1000), ("y", b"2")])]), "b")
        return [part.name async for part in form.parts()]

    assert asyncio.run(names()) == ["x", "y"]


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"no form",
        b"--b\r\n",
        b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\nno end",
        b"--bb\r\nX: y\r\n\r\n\r\n--b--",
        b"--b\r\nno header\r\n\r\n\r\n--b--",
        b"--b\r\nX: " + b"y" * 20_000,
    ],
)
def test_a_malformed_form_is_refused(whole: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read([whole])
    assert caught.value.kind.status == 400


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('form-data; name="a"; filename="b c.txt"', "b c.txt"),
        ("attachment; filename*=UTF-8''%e2%82%ac.txt", "\N{EURO SIGN}.txt"),
        (
            "attachment; filename*=iso-8859-1''%e4.txt",
            "\N{LATIN SMALL LETTER A WITH DIAERESIS}.txt",
        ),
        ('attachment; filename="a\\"b"', 'a"b'),
        ("attachment", None),
        ("", None),
    ],
)
def test_file_names_are_read_in_every_spelling(value: str, name: str | None) -> None:
    assert parameter(value, "filename") == name


@pytest.mark.parametrize(
    "value", ["multipart/form-data", "multipart/form-data; boundary=", "x; boundary=" + "b" * 71]
)
def test_a_form_without_a_boundary_is_refused(value: str) -> None:
    with pytest.raises(Problem):
        boundary_of(value)
    assert boundary_of('multipart/form-data; boundary="b"') == "b"
