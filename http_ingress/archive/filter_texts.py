"""What each filter of a list of frames finds, in a few words, for people."""

from collections.abc import Mapping

from http_ingress.archive.parameters import OLD_NAMES

_EXACT = {
    "proposal_id": "The proposal, exactly.",
    "configuration_type": "The type of the observation, exactly.",
    "instrument_id": "The instrument, exactly.",
    "reduction_level": "The level of reduction; 0 is raw.",
    "site_id": "The site, exactly.",
    "telescope_id": "The telescope, exactly.",
    "primary_optical_element": "The filter, exactly.",
    "observation_id": "The number of the observation.",
    "request_id": "The number of the request.",
    "exposure_time": "So many seconds of exposure at least.",
}

FILTERS: Mapping[str, str] = {
    "start": "Observed then or later: ISO 8601, without offset UTC.",
    "end": "Observed then or earlier.",
    "DATE_OBS": "Observed at this very instant.",
    "dayobs": "The day of the observatory's night, YYYY-MM-DD.",
    "DAY_OBS": "The same.",
    "basename": "A part of the file name without extension, whatever the case.",
    "basename_exact": "The file name without extension.",
    "OBJECT": "A part of the target's name, whatever the case.",
    "target_name": "A part of the target's name, whatever the case, in ASCII.",
    "target_name_exact": "The target's name, in ASCII.",
    "empty_target_name": "With any value: frames whose target has no name.",
    "L1PUBDAT": "Public from this very instant.",
    "public": "`false`: what is not public yet; for members all of their proposals' frames.",
    "submitter": "Who submitted the request: header USERID, exactly.",
    **_EXACT,
    **{old: f"The same as `{name}`." for old, name in OLD_NAMES.items()},
    "exclude_configuration_type": "Leaves out a type; may be repeated.",
    "exclude_OBSTYPE": "The same.",
    "include_configuration_type": "One of the types; may be repeated.",
    "exclude_calibrations": "`true`: only types of science.",
    "covers": "The area covers a geometry: WKT, EWKT, HEXEWKB or GeoJSON, degrees.",
    "intersects": "The area intersects a geometry.",
}
"""By parameter."""
