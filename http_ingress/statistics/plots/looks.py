"""How plots look: colours that everybody can tell apart, on light and on dark, wide and narrow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.capabilities import CAPABILITIES

Theme: TypeAlias = Literal["light", "dark"]
Shape: TypeAlias = Literal["wide", "half", "narrow"]
"""As wide as a page, half as wide, or as wide as a telephone."""

SIZES: Mapping[Shape, tuple[float, float]] = {
    "wide": (10.9, 3.5),
    "half": (5.3, 3.5),
    "narrow": (3.75, 3.4),
}
"""Inches, of 96 pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of one theme: those of the pages, and those of Okabe and Ito for what is told."""

    ground: str
    ink: str
    soft: str
    line: str
    series: Sequence[str]
    """Told apart by whoever sees fewer colours, too."""
    good: str
    bad: str
    rest: str
    """What is not told apart."""

    def of_capability(self, name: str) -> str:
        """Return the colour of a capability, the same in every plot."""
        return self.series[list(CAPABILITIES).index(name) % len(self.series)]


LOOKS: Mapping[Theme, Look] = {
    "light": Look(
        ground="#ffffff",
        ink="#211d17",
        soft="#645c4f",
        line="#dcd5c6",
        series=("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
        good="#0072b2",
        bad="#d55e00",
        rest="#b9b1a2",
    ),
    "dark": Look(
        ground="#1f1c16",
        ink="#ece6d9",
        soft="#aca390",
        line="#3b362b",
        series=("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00"),
        good="#56b4e9",
        bad="#e8743b",
        rest="#6f6757",
    ),
}
