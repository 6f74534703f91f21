"""Parameters of a query, each by itself: what its text says, and what may be wrong with it.

Of several equal parameters the last counts. Texts of errors are those of Django's forms.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from unicodedata import normalize

from multidict import MultiMapping

from schemas.frame_moments import read_day, read_time
from store.frames.search import AtLeast, Equal, Filter, NotPublic

Read = Callable[[str], Filter | None]
"""Takes what a parameter says, not empty; returns what it asks for, None: nothing."""

ReadEqual = Callable[[str], Equal]
"""One that asks for what a column is."""

NOTHING = Equal("id", -1)
"""No frame is like this."""

_LARGEST = 2**63 - 1
_MOST_DIGITS = 1000
_HUGE = Decimal("1e50")
_TRUE, _FALSE = ("true", "True", "1"), ("false", "False", "0")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


class WrongParameter(ValueError):  # noqa: N818 - a judgement on a value
    """This is not what the parameter may be."""


def text_of(query: MultiMapping[str], name: str) -> str:
    """Return a parameter without space around it; empty: it says nothing. Raises WrongParameter."""
    text = last(query, name)
    if "\0" in text:
        raise WrongParameter("Null characters are not allowed.")
    # What is no character is in no database either.
    return text.encode(errors="replace").decode()


def query_flag(query: MultiMapping[str], name: str) -> bool | None:
    """Return what a parameter says that is yes or no; None: neither."""
    text = last(query, name)
    return True if text in _TRUE else False if text in _FALSE else None


def last(query: MultiMapping[str], name: str) -> str:
    """Return a parameter without space around it, whatever characters it has."""
    values = query.getall(name, ())
    return values[-1].strip() if values else ""


def folded(text: str) -> str:
    """Return a text in ASCII, as far as its letters are ASCII's but for their dress."""
    # A name without any such letter would become the name of everything.
    return normalize("NFKD", text).encode("ascii", "ignore").decode().strip() or text


def exactly(column: str) -> ReadEqual:
    """Return the reader of what a text column is exactly."""
    return lambda text: Equal(column, text)


def number_of(column: str) -> ReadEqual:
    """Return the reader of what a column of whole numbers is."""

    def read(text: str) -> Equal:
        number = _number(text)
        whole = number == number.to_integral_value() and abs(number) <= _LARGEST
        return Equal(column, int(number)) if whole else NOTHING

    return read


def _number(text: str) -> Decimal:
    try:
        if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
            raise WrongParameter("Enter a number.")
        number = Decimal(text)
    except InvalidOperation as error:
        raise WrongParameter("Enter a number.") from error
    if number > _HUGE:
        raise WrongParameter("Ensure this value is less than or equal to 1e+50.")
    return number


def at_least_number(column: str) -> Read:
    """Return the reader of the least that a column of numbers is."""
    return lambda text: AtLeast(column, float(_number(text)))


def read_moment(text: str) -> datetime:
    """Return a time. Raises WrongParameter."""
    try:
        return read_time(text)
    except ValueError as error:
        raise WrongParameter("Enter a valid date/time.") from error


def day(text: str) -> Filter:
    """Return what asks for a night. Raises WrongParameter."""
    try:
        return Equal("observation_day", read_day(text))
    except ValueError as error:
        raise WrongParameter("Enter a valid date.") from error


def not_public(text: str) -> Filter | None:
    """Return what `public` asks for: with anything but a clear no, nothing."""
    return NotPublic() if text in _FALSE else None


def not_a_choice(value: str) -> str:
    """Return what is said of a word that is not one of those known."""
    return f"Select a valid choice. {value[:200]} is not one of the available choices."
