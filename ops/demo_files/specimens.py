"""A table of museum specimens, its columns named by Darwin Core terms (dwc.tdwg.org)."""

import csv
import io
from datetime import date, timedelta
from random import Random

_ROWS = 400
_COLUMNS = (
    "catalogNumber",
    "scientificName",
    "family",
    "eventDate",
    "country",
    "decimalLatitude",
    "decimalLongitude",
    "individualCount",
    "basisOfRecord",
)
_TAXA = (
    ("Bombus terrestris (Linnaeus, 1758)", "Apidae"),
    ("Osmia bicornis (Linnaeus, 1758)", "Megachilidae"),
    ("Andrena fulva (Müller, 1766)", "Andrenidae"),
    ("Papilio machaon Linnaeus, 1758", "Papilionidae"),
    ("Carabus auratus Linnaeus, 1761", "Carabidae"),
)
_COUNTRIES = (
    ("Österreich", 47.6, 14.1),
    ("España", 40.2, -3.6),
    ("United Kingdom", 52.6, -1.5),
    ("Ísland", 64.9, -18.6),
)


def specimens_csv(random: Random) -> bytes:
    """Return some hundred rows of made-up but plausible specimens, UTF-8."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for number in range(1, _ROWS + 1):
        name, family = random.choice(_TAXA)
        country, latitude, longitude = random.choice(_COUNTRIES)
        collected = date(1990, 4, 1) + timedelta(days=random.randrange(12_000))
        rows.writerow(
            (
                f"DEMO-ENT-{number:06d}",
                name,
                family,
                collected.isoformat(),
                country,
                f"{random.gauss(latitude, 0.8):.5f}",
                f"{random.gauss(longitude, 0.8):.5f}",
                random.randint(1, 9),
                "PreservedSpecimen",
            )
        )
    return text.getvalue().encode()
