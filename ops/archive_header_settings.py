"""Settings of FITS headers: which key means what, and which frames are public.

They are those of ocs-ingester 3.2 and ocs-archive 0.5, with their defaults: MUNIMENT_ARCHIVE_ and
the name there. Where ocs-ingester is used as well, both are to have the same.
"""

from dataclasses import fields
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.setting_types import Names
from store.fits.keys import HeaderMapping

_PREFIX = "archive_"

Key = Annotated[str, Field(max_length=80)]
_DEFAULT = HeaderMapping()


class ArchiveHeaderSettings(BaseSettings):
    """What an operator may decide about headers of frames."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    archive_required_headers: Names = _DEFAULT.required_headers
    """Keys without which a FITS file is no frame; their values may be anything."""
    archive_header_blacklist: Names = _DEFAULT.header_blacklist
    """Keys that are left out."""
    archive_null_header_values: Names = _DEFAULT.null_header_values
    """Texts that say that there is no value."""
    archive_related_frame_keys: Names = _DEFAULT.related_frame_keys
    """Keys whose values name other frames."""

    archive_calibration_types: Names = _DEFAULT.calibration_types
    """Types of frames that are public at once."""
    archive_public_proposals: Names = _DEFAULT.public_proposals
    """Parts of names of proposals whose frames are public at once."""
    archive_private_proposals: Names = _DEFAULT.private_proposals
    """Parts of names of proposals whose frames are never public."""
    archive_private_file_types: Names = _DEFAULT.private_file_types
    """Parts of names of files that are never public."""
    archive_days_until_public: Annotated[int, Field(ge=0, le=365 * 999)] = (
        _DEFAULT.days_until_public
    )
    """For all other frames: days from the observation."""

    archive_observation_date_key: Key = _DEFAULT.observation_date_key
    """Key of the time of the observation, UTC."""
    archive_observation_day_key: Key = _DEFAULT.observation_day_key
    """Key of the observatory's night, YYYYMMDD."""
    archive_reduction_level_key: Key = _DEFAULT.reduction_level_key
    """Key of the reduction level; 0 is raw."""
    archive_exposure_time_key: Key = _DEFAULT.exposure_time_key
    """Key of the exposure time, seconds."""
    archive_instrument_id_key: Key = _DEFAULT.instrument_id_key
    """Key of the instrument."""
    archive_site_id_key: Key = _DEFAULT.site_id_key
    """Key of the site."""
    archive_telescope_id_key: Key = _DEFAULT.telescope_id_key
    """Key of the telescope."""
    archive_observation_id_key: Key = _DEFAULT.observation_id_key
    """Key of the observation's number."""
    archive_configuration_id_key: Key = _DEFAULT.configuration_id_key
    """Key of the configuration's number."""
    archive_primary_optical_element_key: Key = _DEFAULT.primary_optical_element_key
    """Key of the filter."""
    archive_target_name_key: Key = _DEFAULT.target_name_key
    """Key of the target's name."""
    archive_request_id_key: Key = _DEFAULT.request_id_key
    """Key of the request's number."""
    archive_requestgroup_id_key: Key = _DEFAULT.requestgroup_id_key
    """Key of the number of the group of requests."""
    archive_configuration_type_key: Key = _DEFAULT.configuration_type_key
    """Key of the type: EXPOSE, BIAS ..."""
    archive_proposal_id_key: Key = _DEFAULT.proposal_id_key
    """Key of the proposal."""
    archive_catalog_target_frame_key: Key = _DEFAULT.catalog_target_frame_key
    """Key of the frame that a catalogue is of."""
    archive_public_date_key: Key = _DEFAULT.public_date_key
    """Key of the time at which the frame becomes public; it prevails over the rules above."""
    archive_thumbnail_frame_basename_key: Key = _DEFAULT.thumbnail_frame_basename_key
    """Key of the frame that a thumbnail is of."""
    archive_thumbnail_size_key: Key = _DEFAULT.thumbnail_size_key
    """Key of a thumbnail's size."""
    archive_radius_key: Key = _DEFAULT.radius_key
    """Key of the radius of a round field of view, arc seconds."""
    archive_ra_key: Key = _DEFAULT.ra_key
    """Key of its middle: right ascension, hours."""
    archive_dec_key: Key = _DEFAULT.dec_key
    """Key of its middle: declination, degrees."""

    def header_mapping(self) -> HeaderMapping:
        """Return how headers are read."""
        said = {one.name: getattr(self, _PREFIX + one.name) for one in fields(HeaderMapping)}
        return HeaderMapping(**said)
