"""What LCO's `.fits.fz` files lack and their names tell, by the rules of ocs-archive 0.5.

A name is `<site><telescope>-<instrument>-<day>-<number>-<letter><level>`, for instance
`lsc1m005-kb78-20151007-0214-e91`; that of a catalogue ends in `_cat`.
"""

from pydantic import JsonValue

from store.fits.keys import HeaderMapping

_CATALOGUE = "_cat"
_PARTS = 5
"""Of a name that tells a type."""
_TYPES = {
    "b": "BIAS",
    "d": "DARK",
    "f": "SKYFLAT",
    "g": "GUIDE",
    "s": "STANDARD",
    "w": "LAMPFLAT",
    "x": "EXPERIMENTAL",
}


def repair(headers: dict[str, JsonValue], basename: str, mapping: HeaderMapping) -> bool:
    """Add what the name tells to `headers`; False: there is no type, nor does the name tell one."""
    if _CATALOGUE in basename:
        if not headers.get(mapping.catalog_target_frame_key):
            headers[mapping.catalog_target_frame_key] = basename.replace(_CATALOGUE, "")
        headers[mapping.configuration_type_key] = "CATALOG"
    if str(headers.get(mapping.configuration_type_key) or "UNKNOWN").strip() == "UNKNOWN":
        told = _told_type(headers, basename, mapping)
        if told is None:
            return False
        headers[mapping.configuration_type_key] = told
    if headers.get(mapping.reduction_level_key) in (None, ""):
        headers[mapping.reduction_level_key] = _told_level(basename)
    return True


def _told_type(headers: dict[str, JsonValue], basename: str, mapping: HeaderMapping) -> str | None:
    parts = basename.split("-")
    if len(parts) < _PARTS or not parts[4]:
        return None
    if parts[0] in ("trace", "arc"):
        return parts[0].upper()
    if parts[3] in ("bias", "bpm"):
        return parts[3].upper()
    letter = parts[4][0]
    # NRES, the spectrograph: its enclosures are called igla to igld.
    nres = any("igl" in str(headers.get(key)) for key in ("ENCID", mapping.telescope_id_key))
    if letter == "a":
        return "DOUBLE" if nres else "ARC"
    if letter == "e":
        # FLOYDS, the other spectrograph: its cameras are en05, en06, en12.
        exposed = "SPECTRUM" if "en" in parts[1] else "EXPOSE"
        return "TARGET" if nres else exposed
    return _TYPES.get(letter)


def _told_level(basename: str) -> int:
    try:
        return int(basename.replace(_CATALOGUE, "")[-2:])
    except ValueError:
        return 0
