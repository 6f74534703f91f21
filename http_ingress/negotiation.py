"""What a client prefers: forms of an answer (RFC 9110 section 12.5.1) and waiting (RFC 7240)."""

from collections.abc import Iterator, Sequence

HTML = "text/html"
JSON = "application/json"
STREAM = "text/event-stream"


def best(accept: str | None, offers: Sequence[str]) -> str | None:
    """Return the offered media type that `Accept` likes best, the first of equals; None: none."""
    if not accept:
        return offers[0]
    said = list(ranges(accept))
    liked = max(offers, key=lambda offer: _quality(offer, said))
    return liked if _quality(liked, said) > 0 else None


def wants_html(accept: str | None) -> bool:
    """Whether a page is preferred to JSON; only who names HTML, as browsers do, gets one."""
    return accept is not None and HTML in accept.lower() and best(accept, (JSON, HTML)) == HTML


def wants_stream(accept: str | None) -> bool:
    """Whether server-sent events are preferred to JSON; only who names them gets them."""
    return (
        accept is not None and STREAM in accept.lower() and best(accept, (JSON, STREAM)) == STREAM
    )


def ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the media ranges of `Accept`, in lower case and without parameters, and their q."""
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = min(1.0, max(0.0, float(parameter[2:])))
                except ValueError:
                    quality = 0.0
        yield name, quality


def _quality(offer: str, said: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that takes the offer."""
    found = dict(reversed(said))
    for name in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if name in found:
            return found[name]
    return 0.0


def wait_seconds(prefer: str | None, longest: float) -> float | None:
    """Return how long `Prefer` asks to wait, `longest` at most; None: not at all.

    A preference that is malformed is no preference (RFC 7240 section 2).
    """
    for item in (prefer or "").lower().replace(";", ",").split(","):
        name, _, value = item.partition("=")
        digits = value.strip().strip('"')
        if name.strip() == "wait" and digits.isascii() and digits.isdigit():
            return min(float(digits[:9]), longest)
    return None


def responds_async(prefer: str | None) -> bool:
    """Whether `Prefer` says `respond-async`."""
    return any(item.strip() == "respond-async" for item in (prefer or "").lower().split(","))
